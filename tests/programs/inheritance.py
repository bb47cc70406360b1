"""MRO, super, multiple inheritance, __new__, class attributes, isinstance."""
class A:
    def __init__(self): self.log = ["A"]
    def m(self): return "A.m"
class B(A):
    def __init__(self): super().__init__(); self.log.append("B")
    def m(self): return "B" + super().m()
class C(A):
    def __init__(self): super().__init__(); self.log.append("C")
    def m(self): return "C" + super().m()
class D(B, C):
    def __init__(self): super().__init__(); self.log.append("D")
    def m(self): return "D" + super().m()
print([k.__name__ for k in D.__mro__], D().log, D().m(), super(B, D()).m(), isinstance(D(), C), issubclass(D, (int, A)))
class N:
    count = 0
    def __new__(cls, *a):
        self = super().__new__(cls)
        cls.count += 1
        self.args = a
        return self
    def __init__(self, x, y=2): self.x = x
N(1); n = N(3, 4)
print(N.count, n.args, n.x, n.__dict__, vars(n) is n.__dict__)
class I(int):
    def __new__(cls, v): return super().__new__(cls, v * 2)
    def __add__(self, o): return I(int(self) + o)
i = I(5)
print(i, i + 1, type(i + 1).__name__, type(i * 2).__name__, isinstance(i, int), i.real, repr(I(1)))
class S(str):
    def shout(self): return self.upper() + "!"
class L(list):
    def __getitem__(self, k): return ("item", super().__getitem__(k))
print(S("hi").shout(), S("a") + "b", type(S("a").lower()).__name__, L([1, 2])[0], L("ab") == ["a", "b"])
class P:
    x = []
    __private = 1
    def get(self): return self.__private
print(P().get(), P._P__private, [k for k in vars(P) if "priv" in k])
p = P(); p.x = 1
print(P.x, p.x); del p.x; print(p.x)
for text in ("object(1)", "P(1)", "N()", "super()", "super(int, 'a')", "class_ + 1", "D.m()", "A.m(1)"):
    try:
        print(eval(text))
    except Exception as e:
        print(text, "->", type(e).__name__, e)
A.late = lambda self: "late"
print(D().late(), D.__bases__, D.__name__, D.__module__, D.__qualname__, D.m.__qualname__, A.__subclasses__())
d = D(); d.__class__ = C
print(type(d).__name__, d.m())
try:
    d.__class__ = int
except TypeError as e:
    print(e)
print(D.__doc__, type.__call__(A).log, type(A), A.__dict__["m"].__name__, callable(A), callable(D()))
