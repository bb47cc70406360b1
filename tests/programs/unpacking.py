"""Assignment targets of all kinds, swaps, errors."""
a, b = 1, 2
a, b = b, a
print(a, b)
(c, [d, *e]), f = (1, "xyz"), 2
print(c, d, e, f)
*g, = range(3)
h, *i, j = "abcdef"
print(g, h, i, j)
k = l = [0, 0, 0]
k[0], l[1] = 5, 6
print(k, l)
class O: pass
o = O()
o.x, o.y = "xy"
print(o.x, o.y)
for n, (p, *q) in enumerate(["ab", "cde"]): print(n, p, q)
for bad, value in (("a, b", [1]), ("a, b", [1, 2, 3]), ("a, *b, c", [1]), ("a, b", 5), ("a, b", {1: 2}), ("a, b", iter("xyz"))):
    try:
        exec(f"{bad} = value")
    except (TypeError, ValueError) as err:
        print(bad, err)
x = [1, 2, 3, 4, 5]
x[1:3] = "abc"
print(x)
del x[::2]
print(x)
i = 0
i, x[i] = 1, "z"
print(i, x)
def args(*a, **k): return a, k
print(args(*[1], 2, *(3,), **{"a": 1}, b=2))
print([*{"k": 1}], max(*[3, 9, 2]), *"ab", sep="-")
y = 1,
print(y, (), (1,), tuple([]))
x, y = y, x = 1, 2
print(x, y)
first, *_ = {"only": 1}.items()
print(first, _)
z: int = 5
m: "not evaluated"
print(z)
z += 1; z **= 2; z //= 5; z %= 4; z <<= 3; z |= 1; z ^= 2
print(z)
