"""_collections: deque, defaultdict, named tuples' descriptor, counting."""
import _collections
from _collections import deque, defaultdict
ns = dict(_collections=_collections, deque=deque, defaultdict=defaultdict)
def t(s):
    try: r=repr(eval(s,ns)).split(' at 0x')[0]
    except Exception as e: r=type(e).__name__+' '+str(e)
    print(s,'->',r)
for s in '''_collections._tuplegetter(1)
_collections._tuplegetter('a','b')
_collections._tuplegetter(1,x=2)
_collections._tuplegetter(1,'x')
_collections._tuplegetter(0,'doc').__get__(1)
_collections._tuplegetter(0,'doc').__get__((),1)
_collections._tuplegetter(0,'doc').__get__((5,6),1)
_collections._tuplegetter(-1,'doc').__get__((5,6),1)
_collections._tuplegetter(0,'doc').__set__((),1)
_collections._tuplegetter(0,'doc').__delete__(())
_collections._tuplegetter(0,'doc').__reduce__()
_collections._tuplegetter(0,'doc').__doc__
defaultdict(1)
defaultdict(list,1)
defaultdict(None,{1:2},a=3)
defaultdict(list)|{}
{}|defaultdict(list)
{1:2,3:4}|defaultdict(list,{1:5})
defaultdict(list,{1:5})|{1:2,3:4}
defaultdict(list)|[]
[]|defaultdict(list)
defaultdict(list).__missing__()
defaultdict().__missing__(1)
defaultdict(int).__missing__(1)
defaultdict()[1]
defaultdict(list)[1]
defaultdict(list)[[]]
defaultdict(list,{1:2}).__reduce__()
defaultdict().__reduce__()
defaultdict().copy()
defaultdict(int,a=1).copy()
defaultdict.fromkeys('ab',1)
defaultdict(int).default_factory
defaultdict().default_factory
defaultdict[int,str]
defaultdict(int,{1:2})=={1:2}
_collections._count_elements({},1)
_collections._count_elements(1,[1])
_collections._count_elements({},[[]])
_collections._count_elements({1:'a'},[1])
_collections._deque_iterator(1)
_collections._deque_iterator(deque([1,2,3]),1)
list(_collections._deque_iterator(deque([1,2,3]),1))
list(_collections._deque_iterator(deque([1,2,3]),9))
list(_collections._deque_reverse_iterator(deque([1,2,3]),1))
_collections._deque_iterator()
iter(deque([1,2])).__reduce__()
reversed(deque([1,2])).__length_hint__()
deque[int]
deque([1])<[1]
deque([1])==[1]
deque([1])*3
deque([1,2],3)*3
3*deque([1,2],3)
deque([1,2])*0
deque([1,2],3)*-5
deque([1,2,3],2).index(3,-5,9)
deque(5)
deque(None)
deque([1],maxlen=None)
deque([1],2**70)
deque('abc',maxlen=2)
deque('abc',maxlen=0)
deque(1,2,3)
deque(x=1)
deque([],'a')
deque([],-1)
deque().remove(1)
deque().index(1)
deque([1]).index(5,0,'a')
deque([1]).index()
deque('abcabc').index('a',1)
deque('abcabc').index('a',-2)
deque('abcabc').index('c',0,2)
deque([1])[5]
deque([1])[-2]
deque([1])['a']
deque([1])[0:1]
deque().insert(1)
deque([1],1).insert(0,1)
deque()+[]
deque([1])+deque([2],1)
deque([1],1)+deque([2],1)
deque().rotate(1,2)
deque().rotate('a')
deque().pop(1)
deque().pop()
deque().popleft()
deque().append()
deque().maxlen
deque([],3).maxlen
deque([],3).__reduce__()
deque([]).__reduce__()
hash(deque())
deque([1])*'a'
deque([1,2])<deque([1,3])
deque([1,2])<deque([1,2,3])
deque([1,2])>=deque([1,2])
deque([1,2])!=deque([1,2])
deque([1,2])>1
2 in deque([1,2])
bool(deque())
len(deque('abc'))
deque.__module__
deque.append.__doc__'''.split('\n'): t(s)
# A model: a list.
seed=12345
def rnd(n):
    global seed
    seed=(seed*1103515245+12345)&0x7fffffff
    return (seed>>8)%n
for bound in (None,0,1,3,8,20):
    d=deque(maxlen=bound); m=[]
    def cut(left):
        if bound is not None and len(m)>bound:
            if left: del m[bound:]
            else: del m[:len(m)-bound]
    for step in range(3000):
        op=rnd(14); v=rnd(50)
        if op in (0,1): d.append(v); m.append(v); cut(False)
        elif op in (2,3): d.appendleft(v); m.insert(0,v); cut(True)
        elif op==4 and m: assert d.pop()==m.pop()
        elif op==5 and m: assert d.popleft()==m.pop(0)
        elif op==6:
            n=rnd(40)-20; d.rotate(n)
            if m: n%=len(m); m[:]=m[-n:]+m[:-n] if n else m
        elif op==7 and (bound is None or len(m)<bound):
            i=rnd(30)-15; d.insert(i,v); m.insert(i,v)
        elif op==8 and m:
            i=rnd(len(m)); del d[i]; del m[i]
        elif op==9 and m:
            i=rnd(len(m)); d[i]=v; m[i]=v
        elif op==10 and v in m: d.remove(v); m.remove(v)
        elif op==11: d.reverse(); m.reverse()
        elif op==12:
            x=[rnd(9) for _ in range(rnd(5))]; d.extend(x); m.extend(x); cut(False)
        elif op==13:
            x=[rnd(9) for _ in range(rnd(5))]; d.extendleft(x)
            for y in x: m.insert(0,y); cut(True)
        assert list(d)==m and len(d)==len(m) and list(reversed(d))==m[::-1], (bound,step,op)
        for i in range(len(m)): assert d[i]==m[i]
        if len(m)>60: d.clear(); m.clear()
    print(bound, list(d), d.count(3), d.copy()==d, d.maxlen)
d=deque([1,2,3])
for action in (lambda: d.append(1), lambda: d.pop(), lambda: d.rotate(1), lambda: d.clear()):
    d=deque([1,2,3]); it=iter(d); next(it); action()
    try: print(next(it))
    except RuntimeError as e: print(e)
    print(list(it), it.__length_hint__()) if 0 else None
class Evil:
    def __init__(self, d): self.d=d
    def __eq__(self, other): self.d.clear(); return False
for f in (lambda d,e: d.remove(e), lambda d,e: d.count(e), lambda d,e: d.index(e), lambda d,e: e in d):
    d=deque([1,2]); e=Evil(d)
    try: f(d,e)
    except Exception as x: print(type(x).__name__,x)
d=deque(); d.append(d); print(d); d.append(defaultdict(None)); print(d)
dd=defaultdict(); dd.default_factory=dd.get; print(len(repr(dd))>10); dd.default_factory=lambda:5; print(dd['x'], dict(dd))
class D(deque):
    pass
x=D([1,2],5); x.foo=3; print(x, x.copy(), type(x.copy()), x.__reduce__()[:3], x*2, type(x+x))
class L(defaultdict):
    def __missing__(self,k): return k*2
print(L()[4], L(int).copy(), L(int)|{1:2})
d=deque([1,2,3]); d+=[4,5]; d*=2; print(d); d.extend(d); print(len(d)); d.extendleft(d); print(len(d))
m={}; _collections._count_elements(m,'abracadabra'); print(m)
class C(dict):
    def get(self,k,d): return dict.get(self,k,d)+10
m=C(); _collections._count_elements(m,'aab'); print(m)
class C2(dict): pass
m=C2(x=2**62-1); _collections._count_elements(m,'xxy'); print(m)
class P(tuple):
    a=_collections._tuplegetter(0,'first'); b=_collections._tuplegetter(1,'second')
p=P((7,8)); print(p.a,p.b,P.a,P.a.__doc__)
P.a.__doc__='new'; print(P.a.__doc__)
try: p.a=1
except AttributeError as e: print(e)
