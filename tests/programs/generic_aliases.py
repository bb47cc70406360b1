# list[int], int | str, and SimpleNamespace.
U=type(int|str); G=type(list[int])
class types: pass
import sys
types.GenericAlias=G; types.SimpleNamespace=type(sys.implementation)
U=type(int|str)
G=types.GenericAlias
def t(f):
    try: r=f()
    except BaseException as e: print(type(e).__name__, '|', e)
    else: print("ok", repr(r))
t(lambda: list[int]); t(lambda: list[int,str]); t(lambda: tuple[()]); t(lambda: tuple[int,...]); t(lambda: dict[str,list[int]])
t(lambda: list[[int,str]]); t(lambda: list['a']); t(lambda: list[None]); t(lambda: list[int].append); t(lambda: list[int]([1]))
t(lambda: list[int]==list[int]); t(lambda: list[int]==list[str]); t(lambda: hash(list[int])==hash(list[int]))
t(lambda: isinstance([],list[int])); t(lambda: issubclass(list,list[int])); t(lambda: list[int][str]); t(lambda: list[int].__origin__); t(lambda: list[int].__args__)
t(lambda: list[int].__parameters__); t(lambda: list[int].__mro_entries__(())); t(lambda: list[int].__reduce__())
t(lambda: list(list[int])); t(lambda: next(iter(list[int])).__unpacked__); t(lambda: [*tuple[int]]); t(lambda: list[int].__copy__)
t(lambda: list[int].__foo__); t(lambda: list[int].__class__); t(lambda: G(1)); t(lambda: G(list,int)); t(lambda: G(list,(int,)).__args__); t(lambda: G(1,2,3))
class L(list[int]): pass
print(L.__orig_bases__, L.__bases__)
t(lambda: int|str); t(lambda: int|None); t(lambda: None|int); t(lambda: int|int); t(lambda: int|str|int); t(lambda: int|5); t(lambda: int|list[int]); t(lambda: list[int]|None)
t(lambda: (int|str)==(str|int)); t(lambda: hash(int|str)==hash(str|int)); t(lambda: isinstance(1,int|str)); t(lambda: isinstance(1,list|str)); t(lambda: isinstance(None,int|None)); t(lambda: issubclass(int,int|str))
t(lambda: isinstance(1,int|list[int])); t(lambda: isinstance(1,str|list[int])); t(lambda: (int|str).__args__); t(lambda: (int|str).__parameters__); t(lambda: (int|str)[int]); t(lambda: (int|str).__origin__)
t(lambda: (int|str).__name__); t(lambda: (int|str).__foo); t(lambda: (int|str)()); t(lambda: U[int,str]); t(lambda: U[int]); t(lambda: U[None]); t(lambda: U[int,None]); t(lambda: U()); t(lambda: U[()])
t(lambda: type('X',(int|str,),{}))
def g():
    class X(int|str): pass
t(g)
t(lambda: issubclass(1,int|str)); t(lambda: (int|str)|(bytes|int)); t(lambda: int|U[str,bytes]); t(lambda: [1] | int)
class T:
    def __init__(self,n): self.n=n
    def __repr__(self): return self.n
    def __typing_subst__(self,x): return x
    def __ror__(self,o): return NotImplemented
a=T('a');b=T('b')
t(lambda: dict[a,b].__parameters__); t(lambda: dict[a,b][int,str]); t(lambda: dict[a,b][int]); t(lambda: dict[a,b][int,str,int]); t(lambda: dict[a,list[b]][int,str]); t(lambda: dict[a,list[b]].__parameters__)
t(lambda: list[[a,b]].__parameters__); t(lambda: list[[a,b]][int,str]); t(lambda: dict[a,a][int]); t(lambda: (int|list[a])[str]); t(lambda: (int|list[a]).__parameters__)
t(lambda: dict[int,T])
t(lambda: types.SimpleNamespace(a=1,b=2)); t(lambda: types.SimpleNamespace({'a':1},b=2)); t(lambda: types.SimpleNamespace(5)); t(lambda: types.SimpleNamespace({5:1})); t(lambda: types.SimpleNamespace(1,2))
t(lambda: types.SimpleNamespace(a=1)==types.SimpleNamespace(a=1)); t(lambda: types.SimpleNamespace(a=1)<types.SimpleNamespace(a=1)); t(lambda: types.SimpleNamespace(a=1).__reduce__()); t(lambda: types.SimpleNamespace(a=1).__replace__(a=2,b=3)); t(lambda: types.SimpleNamespace(a=1).__replace__(1))
n=types.SimpleNamespace(); n.x=n; t(lambda: n)
class SN(types.SimpleNamespace): pass
t(lambda: SN(a=1)); t(lambda: hash(n))
