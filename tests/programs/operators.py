"""Special methods of arithmetic, comparison, containment, calls and truth."""
class V:
    def __init__(self, n): self.n = n
    def __repr__(self): return f"V({self.n})"
    def __add__(self, o): return V(self.n + o.n) if isinstance(o, V) else NotImplemented
    def __radd__(self, o): return f"radd {o}"
    def __iadd__(self, o): self.n += 100; return self
    def __neg__(self): return V(-self.n)
    def __eq__(self, o): return isinstance(o, V) and self.n == o.n
    def __lt__(self, o): return self.n < o.n
    def __hash__(self): return hash(self.n)
    def __bool__(self): return self.n != 0
    def __len__(self): return 3
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i * self.n
    def __contains__(self, x): return x == "in"
    def __call__(self, *a, **k): return a, k
    def __matmul__(self, o): return "matmul"
    def __index__(self): return self.n
    def __divmod__(self, o): return "divmod"
    def __pow__(self, o, m=None): return ("pow", o, m)
    def __invert__(self): return "invert"
    def __format__(self, s): return "fmt" + s
a, b = V(1), V(2)
print(a + b, 5 + a, -a, a == V(1), a != b, a < b, b > a, bool(V(0)), len(a), list(a), "in" in a, 3 in a, a(1, k=2), a @ b)
a += 1
print(a, [10, 20, 30][b], divmod(a, b), a ** 2, pow(a, 2, 3), ~a, f"{a:x}", {V(1): 1}[V(1)], hex(b), range(b), "abc"[b])
for text in ("a + 1", "a - b", "a <= b", "a > 3", "b()[5]", "-object()", "object() + 1", "object() < object()", "1 @ 2", "a // 1", "[] - []", "1 in 5", "None + 1", "abs('x')", "'a' < 1", "{} | 1"):
    try:
        print(text, eval(text))
    except Exception as e:
        print(text, "->", type(e).__name__, e)
class Base:
    def __add__(self, o): return "base add"
class Sub(Base):
    def __radd__(self, o): return "sub radd"
print(Base() + Sub(), Sub() + Base())
print(1 < 2 < 3, 1 < 3 > 2, not 1 == 2, 1 if [] else 2, [] or "or", 0 and 1, None is None, print is not None, (1, 2) == (1, 2.0))
print(7 & 3 | 8 ^ 1, -2 ** 2, 2 ** 3 ** 2, not True or True, 1 + 2 * 3 - 4 // 3 % 5, ~5 << 2, 10 - 3 - 2)
class G:
    def __getattribute__(self, n): return f"ga {n}"
    def __setattr__(self, n, v): print("sa", n, v)
    def __delattr__(self, n): print("da", n)
g = G(); g.x = 1; del g.y
print(g.anything)
