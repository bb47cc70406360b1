"""_operator and _functools: results and messages."""
import _operator as operator, _functools as functools
def t(f):
    try: print(repr(f()))
    except Exception as e: print(type(e).__name__, e)
ns=dict(operator=operator,functools=functools)
for s in '''operator.add(1,2)
functools._PlaceholderType(1)
functools.Placeholder.__reduce__()
functools.partial()
functools.partial(1)
functools.partial(print,functools.Placeholder)
functools.partial(print,a=functools.Placeholder)
functools.partial(print,functools.Placeholder,1)()
functools.partial(print,1,a=2)
functools.partial(functools.partial(print,functools.Placeholder,1,a=2),5,b=3)
functools.partial(functools.partial(print,functools.Placeholder,1,functools.Placeholder,7,sep='-'),5)
functools.partial(functools.partial(functools.partial(print,functools.Placeholder,1,functools.Placeholder,7,sep='-'),5),8,9)(1,2,sep='+')
functools.partial(print,1,sep='-')(1,2,3,sep='+',end='!\\n')
functools.partial(print,1,2,sep='-')(1,2,3,end='!\\n')
functools.partial(print,1,2).func
functools.partial(print,1,2).args
functools.partial(print,1,2,a=4).keywords
functools.partial(print,1,2,a=4).__reduce__()
functools.partial(int,base=2)('1010')
functools.partial(print)(1,2,sep='::')
functools.reduce(1,2)
functools.reduce(1,[])
functools.reduce()
functools.reduce(operator.add,[1,2,3])
functools.reduce(operator.add,'abc','')
functools.reduce(operator.add,'abc',initial='z')
functools.reduce(1,[],initial=None)
functools.reduce(1,[],initial=3)
functools.cmp_to_key()
functools.cmp_to_key(1)(2)<3
functools.cmp_to_key(lambda a,b:a-b)(2)<functools.cmp_to_key(lambda a,b:a-b)(3)
functools.cmp_to_key(1)()
functools.cmp_to_key(1)(1,2)
functools.cmp_to_key(1)(obj=1).obj
functools.cmp_to_key(1).obj
hash(functools.cmp_to_key(1)(obj=1))
sorted([3,1,2],key=functools.cmp_to_key(lambda a,b:b-a))
type(functools.cmp_to_key(1))()
functools._lru_cache_wrapper(1,2,3,4)
functools._lru_cache_wrapper(print,'a',3,4)
functools._lru_cache_wrapper()
operator.itemgetter()
operator.itemgetter(1,2)
operator.itemgetter(1)(1,2)
operator.itemgetter(1)('abc')
operator.itemgetter(-1)((1,2))
operator.itemgetter(0)((1,2))
operator.itemgetter(5)((1,2))
operator.itemgetter('a','b')({'a':1,'b':2})
operator.itemgetter(1)(a=1)
operator.itemgetter(slice(1,2)).__reduce__()
operator.attrgetter(1)
operator.attrgetter()
operator.attrgetter('a.b','c')
operator.attrgetter('a.b','c').__reduce__()
operator.attrgetter('a')()
operator.attrgetter('a',x=1)
operator.attrgetter('real','imag')(3)
operator.attrgetter('real.imag')(3)
operator.attrgetter('real.foo')(3)
operator.attrgetter('__class__.__name__','__doc__')(())[0]
operator.methodcaller()
operator.methodcaller(1)
operator.methodcaller('a',1,b=2)
operator.methodcaller('split',',',maxsplit=1)('a,b,c')
operator.methodcaller('a')()
operator.methodcaller('a',1,b=2).__reduce__()
operator.methodcaller('a',1).__reduce__()
operator.call()
operator.call(dict,a=1)
operator.indexOf([1],2)
operator.indexOf([1,2],2)
operator.indexOf(1,2)
operator.countOf(1,2)
operator.countOf([1,2,1],1)
operator.concat(1,2)
operator.iconcat([],2)
operator.concat([1],2)
operator.concat([1],[2])
operator.index(True)
operator.add(1)
operator.length_hint([],'a')
operator.length_hint(1,-5)
operator.length_hint([1,2])
operator._compare_digest('a',b'a')
operator._compare_digest('\\xe9','a')
operator._compare_digest('abc','abc')
operator._compare_digest(b'abc',b'abd')
operator.itemgetter.__text_signature__
operator.itemgetter.__module__
operator.itemgetter.__doc__
operator.is_none(None)
operator.pow(2,10)
operator.imatmul(1,2)
operator.ipow(2,3)
operator.mod(7,3)
operator.mod.__name__
operator.delitem([1],0)
operator.setitem([1],0,1)
operator.contains([1],1)
operator.contains(1,1)
operator.truth([])
operator.not_([])
functools.partial.__doc__
functools.partial.__text_signature__
functools.reduce.__text_signature__
functools.Placeholder
functools.Placeholder'''.split('\n'):
    print(s,end=' -> ')
    t(lambda: eval(s,ns))
class CI:
    def __init__(self,*a): self.a=a
    def __repr__(self): return repr(self.a)
calls=[]
def f(*a,**k):
    calls.append((a,k)); return len(calls)
for maxsize in (None,0,1,2,3):
    for typed in (False,True):
        calls.clear()
        w=functools._lru_cache_wrapper(f,maxsize,typed,CI)
        for x in (1,2,1,3,1.0,'a','a',2,1,True,4,5,4,3,2,1): print(w(x),end=' ')
        print(w(1,2),w(1,2),w(a=1),w(a=1),w(1,a=2),w(1,a=2.0), w.cache_info())
        w.cache_clear(); print(w.cache_info(), w(1), w(1), w.cache_info())
        w.foo=3; print(w.foo, w.__dict__, w.__copy__() is w)
        try: w([])
        except TypeError as e: print(e)
class K:
    m=functools._lru_cache_wrapper(lambda self,x:(x),None,False,CI)
    p=functools.partial(lambda *a:a[1:],1)
    def __call__(self): pass
k=K()
print(k.m(4),K.m.cache_info(),k.m(4),K.m.cache_info(), k.p(2)[0] is k)
p=functools.partial(f,1)
p.x=5
print(p.__dict__, p.__reduce__()[2][3])
q=functools.partial(p,2); print(q.func is p)
r=functools.partial.__new__(functools.partial, f)
r.__setstate__((f,(1,2),{'z':1},{'y':2})); print(r.args,r.keywords,r.y)
for bad in (1,(1,2,3,4),(f,1,{},None),(f,(functools.Placeholder,),None,None)):
    try: r.__setstate__(bad)
    except TypeError as e: print(e)
class PS(functools.partial): pass
print(repr(PS(len)).split('(')[0], PS(len)('abc'))
try: p.func=1
except AttributeError as e: print(e)
try: r.__setstate__((f,(),{1:2},None)); r()
except TypeError as e: print(e)
