# What abc is built on, and weak references to classes' instances.
from _abc import (get_cache_token, _abc_init, _abc_register, _abc_instancecheck, _abc_subclasscheck, _get_dump)
import _weakref
class ABCMeta(type):
    def __new__(mcls, name, bases, namespace, /, **kwargs):
        cls = super().__new__(mcls, name, bases, namespace, **kwargs)
        _abc_init(cls)
        return cls
    def register(cls, subclass): return _abc_register(cls, subclass)
    def __instancecheck__(cls, instance): return _abc_instancecheck(cls, instance)
    def __subclasscheck__(cls, subclass): return _abc_subclasscheck(cls, subclass)
def abstractmethod(f):
    f.__isabstractmethod__ = True
    return f
def t(f):
    try: r = f()
    except BaseException as e: print(type(e).__name__, '|', e)
    else: print('ok', repr(r))
class A(metaclass=ABCMeta):
    @abstractmethod
    def f(self): pass
    @property
    @abstractmethod
    def p(self): pass
class B(A):
    def f(self): return 1
class C(B):
    p = 5
t(A); t(B); t(lambda: C().f()); print(sorted(A.__abstractmethods__), B.__abstractmethods__)
t(lambda: isinstance(C(), A)); t(lambda: isinstance(5, A)); A.register(int); t(lambda: isinstance(5, A)); t(lambda: issubclass(bool, A)); t(lambda: issubclass(str, A)); t(lambda: issubclass(5, A)); t(lambda: A.register(5)); t(lambda: C.register(A))
class H(metaclass=ABCMeta):
    @classmethod
    def __subclasshook__(cls, c): return True if hasattr(c, 'quack') else NotImplemented
class Duck: quack = 1
t(lambda: issubclass(Duck, H)); t(lambda: isinstance(Duck(), H)); t(lambda: isinstance(5, H))
t(lambda: _get_dump(A)[3] >= 0); 
class S(metaclass=ABCMeta):
    __abc_tpflags__ = 1 << 5
class MySeq:
    def __init__(self, *a): self.a = a
    def __len__(self): return len(self.a)
    def __getitem__(self, i): return self.a[i]
S.register(MySeq)
match MySeq(1, 2):
    case [a, b]: print('seq', a, b)
    case _: print('no')
class Q: pass
q = Q(); r = _weakref.ref(q); p = _weakref.proxy(q); q.x = 5
print(r() is q, p.x, _weakref.getweakrefcount(q), len(_weakref.getweakrefs(q)), _weakref.ref(q) is r, type(p).__name__)
calls = []
r2 = _weakref.ref(q, calls.append)
class KR(_weakref.ref):
    __slots__ = ('key',)
    def __new__(cls, o, cb, key): s = super().__new__(cls, o, cb); s.key = key; return s
    def __init__(self, o, cb, key): super().__init__(o, cb)
k = KR(q, None, 'kk'); print(k.key, k() is q, k == r, hash(k) == hash(q))
