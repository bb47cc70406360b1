"""Data and non-data descriptors, properties, __getattr__, slots."""
class Data:
    def __get__(self, obj, owner): return "get", obj is None, owner.__name__
    def __set__(self, obj, value): print("set", value)
    def __delete__(self, obj): print("delete")
class NonData:
    def __get__(self, obj, owner): return "nondata"
class C:
    d = Data()
    n = NonData()
    def __init__(self): self.__dict__["d"] = 1
    def __getattr__(self, name):
        if name.startswith("x"): return "getattr " + name
        raise AttributeError(name)
    @property
    def p(self):
        "The doc"
        return self._p
    @p.setter
    def p(self, v): self._p = v * 2
    @p.deleter
    def p(self): del self._p
    @staticmethod
    def s(a): return a
    @classmethod
    def k(cls): return cls.__name__
c = C()
print(c.d, C.d, c.n)
c.d = 5
del c.d
c.n = "own"
print(c.n, c.xyz)
c.p = 4
print(c.p, C.p.__doc__, c.s(1), C.k(), c.k())
del c.p
for bad in ("c.missing", "C.missing", "setattr(C(), 'q', 1) or C().q"):
    try:
        print(eval(bad))
    except AttributeError as e:
        print(type(e).__name__, e)
class R:
    @property
    def only(self): return 1
try:
    R().only = 2
except AttributeError as e:
    print(e)
class S:
    __slots__ = ("a", "b", "__dict__")
class T:
    __slots__ = ("a", "b")
t = T()
t.a = 1
print(t.a, T.a, hasattr(t, "b"), hasattr(t, "__dict__"))
for stmt in ("t.b", "t.c = 1", "del t.b"):
    try:
        exec(stmt)
    except AttributeError as e:
        print(e)
s = S(); s.z = 3; s.a = 4
print(s.__dict__, s.a)
