# descriptors, metaclasses, super, slots, properties, special methods
class Meta(type):
    def __new__(m, name, bases, ns, **kw):
        c = super().__new__(m, name, bases, ns)
        c.kw = kw
        return c
    def __init__(cls, name, bases, ns, **kw): super().__init__(name, bases, ns)
    def __call__(cls, *a, **k):
        print('call', cls.__name__, a, k)
        return super().__call__(*a, **k)
    def __getattr__(cls, n): return 'meta ' + n
    def __prepare__(name, bases, **kw): return {'prepared': True}
    def __instancecheck__(cls, o): return o == 1
    def __len__(cls): return 42
    def __iter__(cls): return iter((1,2))
    def __contains__(cls, x): return x == 3
    @property
    def prop(cls): return 'metaprop'
class A(metaclass=Meta, x=1, y=2):
    def __init__(self, a=0): self.a = a
print(A.kw, A(5).a, A.nope, A.prepared, isinstance(1, A), len(A), list(A), 3 in A, A.prop)
class D:
    def __init__(self, name=None): self.name = name
    def __set_name__(self, owner, name): print('set_name', owner.__name__, name); self.name = name
    def __get__(self, obj, cls=None): return self if obj is None else obj.__dict__.get(self.name, 'unset')
    def __set__(self, obj, v): obj.__dict__[self.name] = v * 2
    def __delete__(self, obj): del obj.__dict__[self.name]
class B:
    d = D()
    e: int = D()
b = B(); print(b.d); b.d = 4; print(b.d, b.__dict__); del b.d; print(b.d)
class P:
    def __init__(self): self._x = 1
    @property
    def x(self):
        "doc x"
        return self._x
    @x.setter
    def x(self, v): self._x = v
    @x.deleter
    def x(self): del self._x
    y = property(lambda s: 5)
p = P(); p.x = 7; print(p.x, P.x.__doc__, P.x.__name__); del p.x
def t(f):
    try: r = f()
    except BaseException as e: print(type(e).__name__, '|', e)
    else: print('ok', repr(r))
t(lambda: p.x); t(lambda: setattr(p, 'y', 1)); t(lambda: delattr(p, 'y')); t(lambda: P.x.fget(P())); t(lambda: property().__get__(1))
class Base:
    def f(self): return 'Base.f'
    @classmethod
    def c(cls): return cls.__name__
    @staticmethod
    def s(): return 's'
    def __init_subclass__(cls, **kw): print('init_subclass', cls.__name__, kw)
    def __class_getitem__(cls, k): return cls.__name__, k
class Left(Base, a=1):
    def f(self): return 'Left ' + super().f()
class Right(Base):
    def f(self): return 'Right ' + super().f()
class Both(Left, Right):
    def f(self): return 'Both ' + super().f()
    @classmethod
    def c(cls): return 'both ' + super().c()
print(Both().f(), Both.c(), Both.s(), Both[1], [c.__name__ for c in Both.__mro__], Both.__bases__)
s = super(Left, Both()); print(s.f()); t(lambda: super(Left, 5)); t(lambda: super(5)); t(lambda: s.nope); print(super(Left).__self__)
t(lambda: super())
class S:
    __slots__ = ('a', '__b')
    def __init__(self): self.a = 1; self.__b = 2
    def get(self): return self.__b
x = S(); print(x.get(), x._S__b, S.a, hasattr(x, '__dict__'))
t(lambda: setattr(x, 'c', 1)); 
class S2(S): pass
y = S2(); y.c = 3; print(y.__dict__, y.a)
class V:
    def __init__(self, v): self.v = v
    def __add__(self, o): return V(self.v + (o.v if isinstance(o, V) else o))
    def __radd__(self, o): return V(o + self.v)
    def __iadd__(self, o): self.v += o; return self
    def __eq__(self, o): return isinstance(o, V) and self.v == o.v
    def __lt__(self, o): return self.v < o.v
    def __hash__(self): return hash(self.v)
    def __repr__(self): return f'V({self.v})'
    def __getitem__(self, i): return (self.v, i)
    def __setitem__(self, i, x): print('set', i, x)
    def __delitem__(self, i): print('del', i)
    def __contains__(self, i): return i == self.v
    def __len__(self): return self.v
    def __call__(self, *a, **k): return a, k
    def __enter__(self): return self
    def __exit__(self, *a): print('exit'); return True
    def __bool__(self): return self.v > 2
    def __index__(self): return self.v
    def __neg__(self): return V(-self.v)
    def __pow__(self, o, m=None): return ('pow', o, m)
    def __rpow__(self, o, m=None): return ('rpow', o, m)
    def __divmod__(self, o): return 'dm'
    def __matmul__(self, o): return 'mm'
    def __format__(self, s): return f'<{s}>'
v = V(3); w = v; w += 1
print(v + 1, 1 + v, v, v == V(4), v != V(4), v < V(5), v > V(5), {v: 1}[V(4)], v[1:2], 4 in v, len(v), v(1, a=2), bool(v), -v, v ** 2, 2 ** v, pow(v, 2, 3), pow(2, v, 3), divmod(v, 1), v @ 1, f'{v:abc}', [0,1,2,3,4,5][v], range(v))
v[1] = 2; del v[3]
with v: 1/0
t(lambda: v <= V(1)); t(lambda: V(1) * 2)
class G:
    def __getattr__(self, n):
        if n.startswith('x'): return n
        raise AttributeError(n)
    def __setattr__(self, n, v): print('setattr', n, v); super().__setattr__(n, v)
    def __delattr__(self, n): print('delattr', n); super().__delattr__(n)
    def __getattribute__(self, n):
        if n == 'forbidden': raise AttributeError('no')
        return super().__getattribute__(n)
    def __dir__(self): return ['b', 'a']
g = G(); g.y = 1; print(g.y, g.xx); del g.y; t(lambda: g.y); t(lambda: g.forbidden); print(dir(g))
class N(int):
    def __new__(cls, v): o = super().__new__(cls, v); o.extra = 'e'; return o
    def __add__(self, o): return N(int(self) + o)
n = N(5); print(n + 1, (n + 1).extra, n.extra, n * 2, n == 5, type(n + 1).__name__, n.__dict__)
class T(tuple):
    def __new__(cls, *a): return super().__new__(cls, a)
    @property
    def first(self): return self[0]
q = T(1, 2); q.z = 3; print(q, q.first, len(q), q.z, q == (1, 2), q + (3,))
class L(list):
    def append(self, x): super().append(x * 2)
l = L([1]); l.append(2); print(l, len(l), l[1], isinstance(l, list)); l.attr = 1; print(l.attr)
class E(Exception):
    def __init__(self, a, b): super().__init__(a, b); self.a = a
    def __str__(self): return f'E({self.a})'
try: raise E(1, 2)
except E as e: print(e, repr(e), e.args, e.a, e.__dict__)
class DD(dict):
    def __missing__(self, k): return k * 2
print(DD(a=1)['b'], DD(a=1)['a'])
class F(float): pass
f = F(1.5); f.x = 1; print(f, f.x, f + 1)
class ST(str):
    def up(self): return self.upper()
st = ST('abc'); st.x = 1; print(st, st.up(), st.x, st == 'abc', {st: 1}['abc'], len(st), st + 'd')
class It:
    def __init__(self): self.i = 0
    def __iter__(self): return self
    def __next__(self):
        self.i += 1
        if self.i > 3: raise StopIteration
        return self.i
print(list(It()), [*It()], sum(It()), max(It()))
class Seq:
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i * 10
print(list(Seq()), 10 in Seq(), 5 in Seq())
print(type('X', (), {'a': 1}).a, type(5), type(type))
print(A.__name__, A.__qualname__, A.__module__, Both.__doc__, type(P.x).__name__)
class Ann:
    x: int
    y: 'str' = 1
print(Ann.__annotations__, Ann.__dict__.get('__annotations__'), Ann.__static_attributes__, Ann.__firstlineno__)
class O:
    def m(self): pass
print(O.m.__qualname__, O().m.__func__ is O.m, O().m == O().m)
try: O().z
except AttributeError as e: print(e.name, type(e.obj).__name__)
O.z = 5; print(O().z); del O.z
class H:
    def __eq__(self, o): return True
print(H.__hash__)
print(object.__reduce_ex__, int.__add__, (5).__add__, [].append, dict.fromkeys, str.join, type.__call__) if 0 else None
print(int.__add__, str.join, dict.__dict__['fromkeys'], type.__dict__['__name__'], S.__dict__['a'], property.__get__)
print(isinstance(True, int), issubclass(bool, (str, int)), isinstance(5, int | str))
