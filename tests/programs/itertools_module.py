"""itertools: results, messages, order of what is asked."""
import itertools
from itertools import *
import operator
ns=dict(itertools=itertools,operator=operator)
ns.update(itertools.__dict__)
def t(s):
    try: r=eval(s,ns)
    except Exception as e: return print(s,'->',type(e).__name__, e)
    print(s,'->',r)
for s in '''zip_longest(x=1)
zip_longest(1)
zip_longest([],x=1,fillvalue=2)
list(zip_longest([1,2,3],'ab',(),fillvalue=9))
list(zip_longest())
list(zip_longest([1]))
chain(x=1)
list(chain(1))
list(chain('ab',[1],(),{2:3}))
list(chain.from_iterable(['ab','cd']))
islice()
islice([],x=1)
islice([],1,2,3,4)
islice([],-1)
islice([],-2)
islice([],'a')
islice([],'a',1)
islice([],1,-2)
islice([],1,2,0)
islice([],1,2,'a')
islice([],1,2**70)
[list(islice(range(20),*a)) for a in [(5,),(None,),(3,7),(3,None),(3,15,4),(None,None,5),(0,0),(7,3),(5,None,2**62)]]
product(repeat='a')
product(repeat=-1)
product(foo=1)
product([1],repeat=2**62)
product([1],foo=1)
list(product())
list(product([]))
list(product([1,2],'ab'))
list(product([1,2],repeat=2))
list(product([1,2],repeat=0))
list(product([1,2],'',[3]))
len(list(product('abc',repeat=5)))
permutations([1],'a')
permutations([1],-1)
permutations([1],2**80)
permutations()
list(permutations('abc'))
list(permutations('abc',2))
list(permutations('abc',0))
list(permutations('abc',4))
list(permutations('',0))
combinations([1])
combinations([1],-1)
combinations([1],None)
list(combinations('abcd',2))
list(combinations('abcd',0))
list(combinations('abcd',4))
list(combinations('abcd',5))
list(combinations_with_replacement('abc',2))
list(combinations_with_replacement('',2))
list(combinations_with_replacement('',0))
list(combinations_with_replacement('a',3))
combinations_with_replacement('ab',-1)
repeat()
repeat(1,2,3)
repeat(1,foo=2)
repeat(1,None)
repeat(1,'a')
repeat(1,2**70)
operator.length_hint(repeat(1))
repeat(1).__length_hint__()
repeat(1,5).__length_hint__()
repeat(1,times=-5)
repeat(1,5)
repeat([1])
list(repeat(1,3))
count('a')
count(1,2,3)
next(count(True))
next(count(True,2))
count(2**70)
count(2.5,True)
count(1,1.0)
count(1,-1)
count()
list(islice(count(2**62-2),5))
list(islice(count(2**63-2),5))
list(islice(count(5,-3),5))
list(islice(count(1.5,.5),5))
list(islice(count(2j,1),3))
tee([],-1)
tee([],n=3)
tee(1)
tee([],0)
[list(x) for x in tee(range(200))]==[list(range(200))]*2
[list(x) for x in tee('abc',3)]
len(set(map(id,tee(tee([1])[0],3))))
batched([1],0)
batched([1])
next(batched([1],2,strict=True))
list(batched('abcdefg',3))
list(batched('abcdefg',1))
list(batched('abcdef',3,strict=True))
list(batched(range(50),20))
takewhile(1)
takewhile(1,[],x=1)
list(takewhile(lambda x:x<3,[1,2,3,1]))
list(dropwhile(lambda x:x<3,[1,2,3,1]))
list(filterfalse(None,[0,1,'',3]))
list(filterfalse(bool,[0,1,'',3]))
list(filterfalse(lambda x:x%2,range(9)))
list(compress('abcdef',[1,0,1,0,1,1]))
list(compress('abcdef',[1,0]))
starmap(1,2)
list(starmap(pow,[1]))
list(starmap(pow,[(2,3),[3,2]]))
groupby()
[(k,list(g)) for k,g in groupby('aaabbc')]
[(k,list(g)) for k,g in groupby(range(10),lambda x:x//4)]
[k for k,g in groupby('aaabbcaa')]
[list(g) for k,g in list(groupby('aabb'))]
accumulate([1],1,2)
accumulate()
list(accumulate([1,2,3]))
list(accumulate([1,2,3],operator.mul))
list(accumulate([1,2,3],initial=10))
list(accumulate([],initial=10))
list(accumulate([1,2],func=max,initial=None))
list(accumulate('abc'))
cycle()
cycle(1,2)
cycle(x=1)
list(islice(cycle('abc'),8))
list(cycle([]))
chain.from_iterable()
chain.from_iterable(1)
chain[int]
compress([])
pairwise()
list(pairwise('abcd'))
list(pairwise('a'))
list(pairwise(''))
_grouper(1,2)
_tee_dataobject(1,2,3)
_tee()
_tee_dataobject(1,[1]*60,None)
list(_tee('abc'))
count.__doc__
count.__text_signature__
tee.__doc__
chain.__module__
itertools.__doc__'''.split('\n'): t(s)
a,b=tee(iter('abcdef'))
next(a);next(a)
c=a.__copy__()
print(next(c),next(a),list(b),list(c),list(a))
def g():
    yield 1
    next(it[0])
it=tee(g())
try:
    print(list(it[0]))
except Exception as e: print(type(e),e)
class R:
    def __init__(s): s.n=0
    def __iter__(s): return s
    def __next__(s):
        s.n+=1
        if s.n==1: next(p,None)
        if s.n>6: raise StopIteration
        return s.n
p=pairwise(R()); print(list(p))
def bad():
    yield 1
    raise KeyError('x')
for f in (lambda: zip_longest(bad(),[1,2,3]), lambda:cycle(bad()), lambda:pairwise(bad()), lambda:chain(bad(),[1]), lambda:batched(bad(),2), lambda:groupby(bad()), lambda:islice(bad(),5),lambda:chain([1],5,[2])):
    o=f()
    for i in range(4):
        try: print(repr(next(o)).split(' at ')[0],end=' ')
        except Exception as e: print(repr(e),end=' ')
    print()
class MyCount(count): pass
class MyRep(repeat): pass
print(MyCount(3), MyRep(1,2), repr(MyCount(1,2)))
class C2(chain):
    def __init__(self,*a,k=1): self.k=k
print(C2([1],k=4).k, list(C2([1],[2],k=3)))
gs=groupby('aab'); k,g1=next(gs); k2,g2=next(gs); print(list(g1),list(g2))
gs=groupby('aab'); k,g1=next(gs); print(next(g1),next(gs)[0],list(g1))
s=0
for x in islice(count(),100000): s+=x
print(s)
n=0
for p in permutations(range(8)): n+=p[0]*p[7]
print(n)
