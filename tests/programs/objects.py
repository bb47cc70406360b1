import weakref, types

# Members in __slots__ of str subclasses.
class Text(str):
    __slots__ = ("first", "second")
class Longer(Text):
    __slots__ = ("third", "__dict__")
t = Longer("grün €")
t.first, t.third, t.other = [1], [3], [4]
print(t, len(t), t.first, t.third, t.other, hasattr(t, "second"))
del t.first
try:
    t.first
except AttributeError as error:
    print(error)
for base in int, bytes, tuple, type:
    try:
        type("C", (base,), {"__slots__": "x"})
    except TypeError as error:
        print(error)

# Fields of native types.
for owner, name in (types.FunctionType, "__globals__"), (property, "fget"), (range, "start"), (slice, "stop"):
    member = owner.__dict__[name]
    print(type(member).__name__, member)
try:
    range(3).start = 1
except AttributeError as error:
    print(error)

# A class whose instances are called by instances of itself.
class Endless: pass
Endless.__call__ = Endless()
try:
    Endless()()
except RecursionError as error:
    print("RecursionError")

# Exceptions thrown into generators.
def inner():
    import sys
    try:
        yield
    except ValueError:
        frame, names = sys._getframe(), []
        while frame and frame.f_code.co_name != "<module>":
            names.append(frame.f_code.co_name)
            frame = frame.f_back
        yield names
def outer():
    yield from inner()
g = outer()
next(g)
print(g.throw(ValueError))
def handling():
    try:
        raise KeyError("a")
    except KeyError:
        yield
g = handling()
next(g)
try:
    g.throw(ValueError)
except ValueError as error:
    print(repr(error.__context__))
print(weakref.ref(g)() is g)

# The default of anext().
class Items:
    def __init__(self): self.left = 1
    def __aiter__(self): return self
    async def __anext__(self):
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return "item"
async def main():
    items = Items()
    print(await anext(items, "end"), await anext(items, "end"))
try:
    main().send(None)
except StopIteration:
    pass

# Asking how many items there are.
class Sized:
    def __iter__(self): return iter("ab")
    def __length_hint__(self): return "?"
for call in list, bytes, lambda x: [*x], sorted:
    try:
        call(Sized())
    except TypeError as error:
        print(error)
print(tuple(Sized()))

# Bases that mro() itself assigns.
class Meta(type):
    assigned = False
    def mro(cls):
        if not Meta.assigned:
            Meta.assigned = True
            cls.__bases__ += ()
        return type.mro(cls)
class Made(metaclass=Meta): pass
print(Made.__mro__)

# An ancestor that only mro() names; its changes are seen at once.
class Ancestor:
    value = 1
class Adopting(type):
    def mro(cls): return (cls, Ancestor, object)
class Adopted(metaclass=Adopting): pass
print(Adopted.value)
Ancestor.value = 2
print(Adopted.value)

# The variables of a comprehension in module code are there while it runs.
print([locals()["item"] for item in "ab"], "item" in locals())
