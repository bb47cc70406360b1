"""Metaclasses, __prepare__, __init_subclass__, __set_name__, __class_getitem__."""
class Meta(type):
    def __prepare__(name, bases, **kw):
        print("prepare", name, bases, kw)
        return {"added": 1}
    def __new__(mcs, name, bases, ns, **kw):
        print("new", name, sorted(k for k in ns if not k.startswith("__")))
        return super().__new__(mcs, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw):
        print("init", name, kw)
        super().__init__(name, bases, ns)
    def __call__(cls, *args):
        print("call", args)
        return super().__call__(*args)
    def __instancecheck__(cls, x): return x == 5
    def __len__(cls): return 42
class A(metaclass=Meta, flag=True):
    def __init__(self, x): self.x = x
a = A(3)
print(a.x, isinstance(5, A), isinstance(6, A), len(A), A.added, type(A).__name__)
class Name:
    def __set_name__(self, owner, name): print("set_name", owner.__name__, name)
class Base:
    def __init_subclass__(cls, /, tag=None, **kw):
        super().__init_subclass__(**kw)
        print("subclass", cls.__name__, tag)
    def __class_getitem__(cls, item): return cls.__name__, item
class Sub(Base, tag="t"):
    n = Name()
print(Base[int, 3], Sub["x"])
try:
    class Bad(Base, other=1): pass
except TypeError as e:
    print(e)
class M1(type): pass
class M2(type): pass
try:
    class X(M1("a", (), {}), M2("b", (), {})): pass
except TypeError as e:
    print(e)
try:
    class Y(Base, object, Base): pass
except TypeError as e:
    print(e)
class O: pass
class P(O): pass
try:
    class Q(O, P): pass
except TypeError as e:
    print(e)
print(type("Made", (O,), {"k": 1}).k)
