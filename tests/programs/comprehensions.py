"""List, set and dict comprehensions, their scopes, walrus."""
print([x * y for x in range(4) if x for y in range(x)], {c.lower() for c in "aAbB"} == {"a", "b"})
print({k: v for k, v in zip("abc", range(3))}, [[j for j in range(i)] for i in range(4)])
x = "kept"
[x for x in range(3)]
print(x)
print([y := i ** 2 for i in range(4)], y)
class C:
    n = 3
    squares = [i * i for i in range(n)]
    try:
        bad = [n for _ in range(1)]
    except NameError as e:
        bad = str(e)
print(C.squares, C.bad)
def f(items):
    if (n := len(items)) > 2: return n
    return [last := i for i in items] and last
print(f([1, 2, 3]), f([8, 9]))
print([a + b for a, (b, *_) in [(1, (2, 3)), (4, (5,))]])
print([*range(3), *"ab"], {**{"a": 1}, "b": 2, **{"a": 3}}, {*[1, 2], 3}, (*[], 1))
print([f"{i=}" for i in range(2)], any(i > 2 for i in range(5)), list(filter(None, [0, 1, "", "a"])))
def g():
    try:
        return [1 / i for i in (1, 0)]
    except ZeroDivisionError:
        return locals()
print(g())
