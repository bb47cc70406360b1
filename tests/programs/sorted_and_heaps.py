"""_bisect and _heapq: results, messages, lists that change meanwhile."""
import _bisect, _heapq
ns = dict(_bisect=_bisect, _heapq=_heapq)
def t(s):
    try: r=repr(eval(s,ns))
    except Exception as e: r=type(e).__name__+' '+str(e)
    print(s,'->',r)
for s in '''_heapq.heappush(1,2)
_heapq.heappop([])
_heapq.heappop_max([])
_heapq.heapreplace([],1)
_heapq.heapify((1,))
_heapq.heappush([1])
_heapq.heappushpop([],4)
_heapq.heappush([1],'a')
_bisect.bisect_left([1],1,-1)
_bisect.bisect_left(1,1)
_bisect.bisect_left([1],1,0,5)
_bisect.bisect_left([1],'a')
_bisect.bisect_left([1])
_bisect.bisect_left([1],1,0,'a')
_bisect.bisect_left([1,2],1,hi=-1)
_bisect.bisect_right([1,2],1,hi=-5)
_bisect.bisect_right([1,2,2,3],2)
_bisect.bisect_left([1,2,2,3],2)
_bisect.bisect_left('abc','b')
_bisect.bisect_left(['a','bb','ccc'],2,key=len)
_bisect.bisect_left([1],1,0,1,len)
_bisect.insort_left((1,),1)'''.split('\n'): t(s)
seed=7
def rnd(n):
    global seed
    seed=(seed*1103515245+12345)&0x7fffffff
    return (seed>>8)%n
class Lt:
    log=[]
    def __init__(s,v): s.v=v
    def __lt__(s,o): Lt.log.append((s.v,o.v)); return s.v<o.v
    def __repr__(s): return str(s.v)
for n in (0,1,2,3,10,31,100):
    for wrap in (int,Lt,float):
        for end in ('','_max'):
            Lt.log.clear()
            push,pop,rep,pp,hf=[getattr(_heapq,'heap'+x+end) for x in ('push','pop','replace','pushpop','ify')]
            h=[wrap(rnd(20)) for _ in range(n)]
            hf(h); print(h)
            for _ in range(5): push(h,wrap(rnd(20)))
            print(h, rep(h,wrap(5)), pp(h,wrap(9)), pp(h,wrap(0)), pp(h,wrap(25)), h)
            print([pop(h) for _ in range(len(h))], hash(tuple(Lt.log)))
    a=[]
    for _ in range(n): x=rnd(20); _bisect.insort_right(a,x); assert a==sorted(a)
    for _ in range(n): x=rnd(20); _bisect.insort_left(a,-x,key=lambda v:v)
    print(a, [(_bisect.bisect_left(a,x),_bisect.bisect_right(a,x)) for x in range(-20,20,3)])
class Grow:
    def __lt__(s,o): h.append(s); return True
for f in (lambda: _heapq.heapify(h), lambda: _heapq.heappop(h), lambda: _heapq.heappush(h,Grow())):
    h=[Grow() for _ in range(6)]
    try: f(); print('?')
    except RuntimeError as e: print(e)
class Clear:
    def __lt__(s,o): h.clear(); return True
for f in (lambda: _heapq.heapify(h), lambda: _heapq.heappop(h), lambda: _heapq.heappush(h,Clear()), lambda: _heapq.heappushpop(h,Clear())):
    h=[Clear() for _ in range(6)]
    try: f(); print('?')
    except (RuntimeError,IndexError) as e: print(e)
class Row:
    def __init__(s,*a): s.a=list(a)
    def __len__(s): return len(s.a)
    def __getitem__(s,i): return s.a[i]
    def insert(s,i,x): s.a.insert(i,x)
r=Row(1,3,5); _bisect.insort_left(r,4); print(r.a, _bisect.bisect_right(r,3))
