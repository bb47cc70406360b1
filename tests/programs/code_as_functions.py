# Functions made of other code than functions'; code that awaits at its top.
import ast
import types

code = compile("x = y + 1\nz = [x for _ in range(2)]", "<module>", "exec")
globals_ = {"y": 1}
print(types.FunctionType(code, globals_)(), globals_["x"], globals_["z"])

code = compile("await later()\na = 1\nfor i in range(2):\n    await later()\n", "<module>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
namespace = {}


class Later:
    def __await__(self):
        yield "waiting"


async def later():
    await Later()


async def outer():
    await eval(code, namespace)
    return namespace["a"], namespace["i"]


namespace["later"] = later
coroutine = outer()
steps = []
try:
    while True:
        steps.append(coroutine.send(None))
except StopIteration as stop:
    print(steps, stop.value)


# An import in a generator that a loop resumes.
def importing():
    for _ in range(2):
        import math
        yield math.floor(2.5)


print(list(importing()), [number for number in importing()])
