# Trees as objects: from sources, to code, and what is refused on the way.
import _ast as ast
import os

ONLY, OPTIMIZED, COMMENTS = ast.PyCF_ONLY_AST, ast.PyCF_OPTIMIZED_AST, ast.PyCF_TYPE_COMMENTS


def parse(source, mode="exec", flags=0):
    return compile(source, "f", mode, ONLY | flags)


def dump(node):
    if isinstance(node, ast.AST):
        parts = [f"{name}={dump(getattr(node, name, None))}" for name in node._fields]
        return f"{type(node).__name__}({', '.join(parts)})"
    if isinstance(node, list):
        return "[" + ", ".join(map(dump, node)) + "]"
    return repr(node)


def shown(make):
    try:
        result = make()
    except Exception as error:
        result = type(error).__name__, error.args
    print(result if isinstance(result, (tuple, str)) else dump(result) if isinstance(result, ast.AST) else "code")


SOURCE = '''
"""doc"""
from __future__ import generator_stop
import a.b as c, d
from .. import (e as f, g)
@deco
async def h[T: int, *Ts, **P = [int]](a, b=1, /, c: int=2, *d, e, f=3, **g) -> T:
    global x; y = [*a, *(b for c in d if e)]
    async with a as b, c: await d
    async for i in j: pass
    else: yield
    return
class C[T](B, metaclass=M):
    x: int = 1
    (y): int
    del a.b, c[1:2:3]
try: raise a from b
except* (A, B) as e: assert a, b
else: pass
finally: x += 1
match a:
    case {"k": 1, **rest}: pass
    case [1, *_] | C(3, b=2) | None | -1 + 2j: pass
    case x if y: pass
type X[T] = list[T]
f"{a!r:>{b}} {c=}", t"{a}" if not -a < b == c is not d in e else lambda *a, b=1: (yield)
{1: 2, **a}, {1, 2}, {a: b for a, b in c}, {a for a in b}, b"x", u"u", 1j, 10**100, ..., None
while a and b or c: break
for a, b in c: continue
with (a): pass
x = y = (z := 100000000000000000000000)
'''
tree = parse(SOURCE)
print(dump(tree))
print(tree.body[0].value.lineno, tree.body[0].value.end_col_offset, tree)
shown(lambda: compile(tree, "f", "exec"))
code, again = compile(SOURCE, "f", "exec"), compile(tree, "f", "exec")
print(code.co_code == again.co_code, code.co_linetable == again.co_linetable, code.co_consts == again.co_consts)
shown(lambda: parse("(int, str) -> list", "func_type"))
shown(lambda: parse("x = 1 # type: int\ny # type: ignore[e]\n", flags=COMMENTS))
shown(lambda: parse("__debug__, '%s' % (a,)", flags=OPTIMIZED))
shown(lambda: compile(parse("__debug__"), "f", "exec", OPTIMIZED))

AT = dict(lineno=1, col_offset=0)
e = lambda body: compile(ast.Expression(body), "f", "eval")
m = lambda *body: compile(ast.Module(list(body), []), "f", "exec")
print(eval(e(ast.Constant((1, frozenset({2}), "a", b"c", 2**100, 1.5, 2j, None, ..., True, -2**80), **AT))))
for make in [lambda: e(ast.Name("a")), lambda: e(ast.Name("a", lineno=1, col_offset="a")), lambda: e(ast.Name("a", lineno=1, col_offset=2**40)),
             lambda: e(ast.Name(3, **AT)), lambda: e(ast.Name(None, **AT)), lambda: e(3), lambda: e(None),
             lambda: compile(ast.Module((), []), "f", "exec"), lambda: m(None), lambda: m(3), lambda: m(ast.Pass()),
             lambda: compile(ast.Pass(), "f", "exec"), lambda: compile(ast.Module([], []), "f", "eval"),
             lambda: e(ast.Constant([], **AT)), lambda: e(ast.Constant(1, kind=3, **AT)),
             lambda: e(ast.Tuple([None], ast.Load(), **AT)), lambda: e(ast.Tuple([], None, **AT)), lambda: e(ast.expr(**AT)),
             lambda: e(ast.BinOp(ast.Constant(1, **AT), ast.operator(), ast.Constant(1, **AT), **AT)),
             lambda: m(ast.Global([3], **AT)), lambda: m(ast.ImportFrom("a", [ast.alias("x", **AT)], -1, **AT)),
             lambda: m(ast.ImportFrom("a", [ast.alias("x", **AT)], **AT)), lambda: e(ast.Name("a", ast.Store(), **AT)),
             lambda: compile("return", "f", "exec"), lambda: compile(parse("return"), "f", "exec"),
             lambda: compile("def f(a, a): pass", "f", "exec"), lambda: compile("x", "f", "func_type"), lambda: parse("x", "y"),
             lambda: compile(3, "f", "exec"), lambda: ast.AST(1), lambda: ast.Name("a", id="b")]:
    shown(make)

node = ast.Name("a", ctx=ast.Store())
print(node.__replace__(id="b"), node.__reduce__(), ast.Name.__annotations__, ast.Module().body, ast.Name("x").ctx)
shown(lambda: node.__replace__(z=1))
del node.id
shown(lambda: node.__replace__(lineno=1))
deep = ast.Constant(1, **AT)
# Less for runs that check the whole heap at every allocation.
for _ in range(int(os.environ.get("KAA_TEST_DEPTH", 100_000))):
    deep = ast.UnaryOp(ast.Not(), deep, **AT)
try:
    e(deep)
except RecursionError:
    print("too deep")
while isinstance(deep, ast.UnaryOp):
    deep = deep.operand
