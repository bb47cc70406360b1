"""Decorators with and without arguments, on functions, methods and classes."""
log = []
def trace(label):
    log.append(f"make {label}")
    def wrap(f):
        log.append(f"wrap {label} {f.__name__}")
        def call(*a, **k):
            log.append(f"call {label}")
            return f(*a, **k)
        call.__name__ = f.__name__
        return call
    return wrap
@trace("outer")
@trace("inner")
def f(x): return x + 1
print(f(1), log)
def add(cls):
    cls.extra = lambda self: "extra"
    return cls
@add
class C:
    @staticmethod
    @trace("s")
    def s(): return "static"
    @property
    @trace("p")
    def p(self): return "prop"
print(C().extra(), C.s(), C().p)
class Count:
    def __init__(self, f): self.f, self.n = f, 0
    def __call__(self, *a):
        self.n += 1
        return self.f(*a)
    def __get__(self, obj, owner=None):
        from types import MethodType
        return MethodType(self, obj) if obj is not None else self
@Count
def g(x): return x * 2
g(1); g(2)
print(g.n, g(3))
table = {}
@table.setdefault("k", lambda f: f)
def h(): return "h"
print(h())
@(lambda f: "replaced")
def r(): pass
print(r)
@[trace][0]("sub")
def q(): return 1
print(q())
