"""Parameters of all kinds, defaults, attributes of functions."""
def f(a, b=2, /, c=3, *args, d, e=5, **kwargs):
    return a, b, c, args, d, e, kwargs

print(f(1, d=4))
print(f(1, 2, 3, 4, 5, d=6, x=7, a=8))
print(f(*range(5), **{"d": 1, "e": 2, "z": 3}))
for call in ("f()", "f(1)", "f(1, d=2, c=3, **{'c': 4})", "f(1, 2, 3, c=4, d=5)", "g(a=1)", "g(1, 2, 3)", "g(1, k=1, kk=2)", "h(x=1, y=2)"):
    def g(a, b, *, k=0): pass
    def h(x, y, /): pass
    try:
        eval(call)
    except TypeError as error:
        print(call, "->", error)
print(f.__defaults__, f.__kwdefaults__, f.__code__.co_varnames, f.__name__, f.__qualname__)
def grow(x, seen=[]):
    seen.append(x)
    return seen
grow(1)
print(grow(2), grow.__defaults__)
grow.__defaults__ = ((),)
grow.note = "attribute"
print(grow.note, grow.__dict__)
print((lambda *a, k=1: (a, k))(1, 2, k=3))
def nested():
    def inner(): pass
    return inner
print(nested().__qualname__)
