# What is refused, and in which words, when classes are made, changed and used.
def t(f):
    try: f()
    except BaseException as e: print(type(e).__name__, e, getattr(e,'__notes__',''))
    else: print("ok")
class A: pass
class B: pass
class X(A,B): pass
class Y(B,A): pass
t(lambda: type("Z",(X,Y),{}))
t(lambda: type("Z",(A,A),{}))
t(lambda: type("Z",(int,str),{}))
t(lambda: type("Z",(bool,),{}))
t(lambda: type("Z",(5,),{}))
t(lambda: type("Z",[A],{}))
t(lambda: type(5,(),{}))
t(lambda: type("a\0",(),{}))
t(lambda: type("a\ud800",(),{}))
t(lambda: type("Z",(),{'__slots__':5}))
t(lambda: type("Z",(),{'__slots__':(5,)}))
t(lambda: type("Z",(),{'__slots__':('a b',)}))
t(lambda: type("Z",(),{'__slots__':('a',),'a':1}))
t(lambda: type("Z",(A,),{'__slots__':('__dict__',)}))
t(lambda: type("Z",(A,),{'__slots__':('__weakref__',)}))
t(lambda: type("Z",(int,),{'__slots__':('a',)}))
t(lambda: type("Z",(),{'__qualname__':5}))
t(lambda: type("Z",(),{'__classcell__':5}))
t(lambda: type("Z",(),{'__classdictcell__':5}))
t(lambda: type())
t(lambda: type(1,2))
t(lambda: type.__new__(type))
t(lambda: type.__new__(type,1))
t(lambda: type("X",(),{},z=1))
class D:
    def __set_name__(self,o,n): 1/0
def f():
    class Q: d=D()
t(f)
t(lambda: object(1))
t(lambda: A(1))
t(lambda: object.__new__(A,1))
t(lambda: object.__init__(A(),1))
class N:
    def __new__(cls,*a): return object.__new__(cls,*a)
t(lambda: N(1))
class I:
    def __init__(self,*a): super().__init__(*a)
t(lambda: I(1))
t(lambda: A().__setattr__)
t(lambda: object().x)
def g(): object().x=1
t(g)
def g(): int.x=1
t(g)
def g(): A.zz
t(g)
def g(): del A.zz
t(g)
def g(): del int.real
t(g)
def g(): A().__class__=5
t(g)
def g(): A().__class__=int
t(g)
def g(): (5).__class__=A
t(g)
def g(): A.__name__=5
t(g)
def g(): del A.__name__
t(g)
def g(): A.__bases__=()
t(g)
def g(): A.__bases__=5
t(g)
def g(): A.__bases__=(5,)
t(g)
def g(): A.__bases__=(int,)
t(g)
def g(): int.__bases__=(int,)
t(g)
def g(): X.__bases__=(X,)
t(g)
def g(): A.__mro__=5
t(g)
def g(): A.__dict__=5
t(g)
def g(): A().__dict__=5
t(g)
def g(): A.__module__=5; print(A); del A.__module__
t(g)
def g(): A.__qualname__=5
t(g)
def g(): A.__abstractmethods__
t(g)
def g(): A.__doc__="s"; print(A.__doc__); del A.__doc__
t(g)
def g(): int.__doc__="s"
t(g)
def g():
    class M1(type):pass
    class M2(type):pass
    type("Z",(M1("a",(),{}),M2("b",(),{})),{})
t(g)
def g():
    class M(type):
        def mro(cls): return [cls,5]
    M("a",(),{})
t(g)
def g():
    class M(type):
        def mro(cls): return [cls,int]
    M("a",(),{})
t(g)
t(lambda: int.__add__())
t(lambda: int.__add__(1))
t(lambda: int.__add__('',1))
t(lambda: (1).__add__(1,2))
t(lambda: (1).__add__(x=2))
t(lambda: object.__setattr__(int,'a',1))
t(lambda: type.__setattr__(int,'a',1))
t(lambda: object.__new__())
t(lambda: object.__new__(5))
t(lambda: object.__new__(int))
t(lambda: int.__new__(str))
t(lambda: list.append())
t(lambda: list.append(5))
t(lambda: list.append(5,5))
t(lambda: [].append())
t(lambda: [].append(x=1))
t(lambda: dict.fromkeys())
t(lambda: dict.__dict__['fromkeys'].__get__(5))
t(lambda: dict.__dict__['fromkeys'](5))
t(lambda: dict.__dict__['fromkeys']())
t(lambda: type.__dict__['__dict__'].__get__(5))
t(lambda: print(repr(int.__dict__['real'])))
t(lambda: int.__dict__['real'].__set__(5,5))
t(lambda: int.__dict__['real'].__get__('',5))
t(lambda: int.__dict__['real'].__get__(None,None))
t(lambda: type.mro())
t(lambda: type.mro(5))
def g():
    class S: __slots__='a'
    s=S()
    s.a
t(g)
def g():
    class S: __slots__='a'
    s=S()
    del s.a
t(g)
def g():
    class S: __slots__='a'
    S.a.__get__(5)
t(g)
def g():
    class S: __slots__='a'
    s=S()
    s.b=1
t(g)
def g():
    class S: __slots__='a'; b=1
    s=S()
    s.b=1
t(g)
class C:
    def __len__(self): return -1
    def __hash__(self): return 'x'
    def __bool__(self): return 5
    def __iter__(self): return 5
    def __index__(self): return ''
    def __repr__(self): return 5
    def __init__(self, x=None): 
        if x: return
    def __contains__(self, x): return 5
    def __del__(self): pass
t(lambda: len(C()))
t(lambda: hash(C()))
t(lambda: bool(C()))
t(lambda: iter(C()))
t(lambda: repr(C()))
t(lambda: 5 in C())
class C:
    def __len__(self): return 'x'
    def __init__(self): return 5
    __iter__=None
    __contains__=None
    __hash__=None
    __call__=None
t(lambda: len(C.__new__(C)))
t(lambda: C())
t(lambda: iter(C.__new__(C)))
t(lambda: 5 in C.__new__(C))
t(lambda: hash(C.__new__(C)))
t(lambda: C.__new__(C)())
class C:
    def __len__(self): return 1<<70
t(lambda: len(C()))
