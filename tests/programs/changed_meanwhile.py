# Containers that change while they are gone over, compared, sorted, hashed: errors, no crashes.
import sys, operator
def t(name):
    def d(f):
        try: r = f()
        except BaseException as e: r = f'{type(e).__name__}: {e}'
        r = repr(r)
        print(name, '->', r[:300])
        sys.stdout.flush()
    return d

# dicts changed while iterated
for meth in ['keys', 'values', 'items']:
    for rev in (False, True):
        @t(f'dict {meth} rev={rev} add')
        def _():
            d = {1: 1, 2: 2}
            for k in (reversed if rev else iter)(getattr(d, meth)()): d[len(d) + 10] = 1
        @t(f'dict {meth} rev={rev} del')
        def _():
            d = {1: 1, 2: 2, 3: 3}
            for k in (reversed if rev else iter)(getattr(d, meth)()): d.popitem()
        @t(f'dict {meth} rev={rev} replace')
        def _():
            d = {i: i for i in range(5)}; n = 0
            for k in (reversed if rev else iter)(getattr(d, meth)()):
                n += 1
                d.clear(); d.update({i + 10: i for i in range(5)})
                if n > 50: break
            return n
        @t(f'dict {meth} rev={rev} delete-insert')
        def _():
            d = {i: i for i in range(5)}; n = 0
            for k in (reversed if rev else iter)(getattr(d, meth)()):
                n += 1
                k2 = next(iter(d)); del d[k2]; d[n + 100] = n
                if n > 50: break
            return n
@t('set add')
def _():
    s = {1, 2, 3}
    for x in s: s.add(x + 100)
@t('set remove')
def _():
    s = {1, 2, 3}
    for x in s: s.discard(x)
@t('set clear refill')
def _():
    s = {1, 2, 3}; n = 0
    for x in s:
        s.clear(); s.update({7, 8, 9}); n += 1
        if n > 20: break
    return 'ended'
@t('list append while iterated')
def _():
    l = [1]; n = 0
    for x in l:
        n += 1
        if n < 100: l.append(x)
    return n, len(l)
@t('list clear while iterated')
def _():
    l = [1, 2, 3]; out = []
    for x in l: out.append(x); l.clear()
    return out
@t('reversed list shrinks')
def _():
    l = list(range(10)); out = []
    for x in reversed(l): out.append(x); del l[3:]
    return out
@t('bytearray iter shrinks')
def _():
    b = bytearray(b'abcdef'); out = []
    for x in b: out.append(x); del b[2:]
    return out
@t('bytearray exported')
def _():
    b = bytearray(b'abc'); m = memoryview(b); b.append(1)
@t('bytearray exported clear')
def _():
    b = bytearray(b'abc'); m = memoryview(b); b.clear()
@t('bytearray exported same-size slice')
def _():
    b = bytearray(b'abc'); m = memoryview(b); b[0:2] = b'xy'; return b
@t('bytearray exported slice')
def _():
    b = bytearray(b'abc'); m = memoryview(b); b[0:2] = b'xyz'
@t('bytearray exported del')
def _():
    b = bytearray(b'abc'); m = memoryview(b); del b[0]
@t('bytearray exported imul')
def _():
    b = bytearray(b'abc'); m = memoryview(b); b *= 3
@t('bytearray exported pop')
def _():
    b = bytearray(b'abc'); m = memoryview(b); b.pop()
@t('bytearray exported init')
def _():
    b = bytearray(b'abc'); m = memoryview(b); b.__init__(b'x')

class Eq:
    def __init__(self, h, act): self.h = h; self.act = act
    def __hash__(self): return self.h
    def __eq__(self, o): return self.act(self, o)
@t('dict eq clears')
def _():
    d = {}
    armed = []
    def act(a, b):
        if armed: d.clear()
        return False
    for i in range(5): d[Eq(1, act)] = i
    armed.append(1)
    d[Eq(1, act)] = 9
    return len(d)
@t('dict eq clears on get')
def _():
    d = {}; armed = []
    def act(a, b):
        if armed: d.clear()
        return True
    d[Eq(1, act)] = 1
    armed.append(1)
    return d.get(Eq(1, act), 'none'), len(d)
@t('dict eq grows on get')
def _():
    d = {}; armed = []
    def act(a, b):
        if armed:
            armed.pop()
            for i in range(1000): d[i + 100] = i
        return False
    d[Eq(1, act)] = 1
    armed.append(1)
    return d.get(Eq(1, act), 'none'), len(d)
@t('dict eq raises')
def _():
    def act(a, b): raise ZeroDivisionError('eq')
    d = {Eq(1, act): 1}
    return d[Eq(1, act)]
@t('dict setdefault eq clears')
def _():
    d = {}; armed = []
    def act(a, b):
        if armed: d.clear()
        return False
    d[Eq(1, act)] = 1
    armed.append(1)
    return d.setdefault(Eq(1, act), 5), len(d)
@t('dict compare mutates')
def _():
    d = {i: i for i in range(5)}
    class V:
        def __eq__(self, o): d.clear(); e.clear(); return True
    e = {i: V() for i in range(5)}
    return d == e
@t('dict update self changes')
def _():
    d = {}
    class K:
        def __hash__(self): return 1
        def __eq__(self, o): src.clear(); return False
    src = {K(): 1, K(): 2} if False else {}
    class K2(K): pass
    src = dict.fromkeys([1, 2, 3])
    d[K()] = 1
    class E:
        def __hash__(self): return 1
        def __eq__(self, o): src[len(src) + 10] = 1; return False
    d2 = {E(): 1}
    d2.update(src)
    return len(d2)
@t('dict merge growth')
def _():
    src = {1: 1, 2: 2}
    class E:
        def __hash__(self): return 1
        def __eq__(self, o): src[len(src) + 100] = 1; return False
    d = {E(): 1}
    d |= src
    return len(d)
@t('dict keys() while key changes')
def _():
    class M:
        def keys(self): return 5
    return {}.update(M())
@t('dict update bad seq')
def _(): return {}.update([1])
@t('dict update bad seq2')
def _(): return {}.update([(1, 2, 3)])
@t('dict update str')
def _(): return {}.update(['ab', 'c'])
@t('set eq clears in contains')
def _():
    s = set(); armed = []
    def act(a, b):
        if armed: s.clear()
        return False
    for i in range(4): s.add(Eq(1, act))
    armed.append(1)
    return Eq(1, act) in s, len(s)
@t('set eq grows in add')
def _():
    s = set(); armed = []
    def act(a, b):
        if armed: armed.clear(); s.update(range(500))
        return False
    for i in range(4): s.add(Eq(1, act))
    armed.append(1)
    s.add(Eq(1, act))
    return len(s)
@t('set union mutates')
def _():
    s = set(); o = set(); armed = []
    def act(a, b):
        if armed: o.clear(); s.clear()
        return False
    for i in range(4): s.add(Eq(1, act)); o.add(Eq(1, act))
    armed.append(1)
    r = s | o
    return type(r).__name__
for op in ['intersection', 'difference', 'symmetric_difference', 'issubset', 'isdisjoint', 'update', 'difference_update', 'intersection_update', 'symmetric_difference_update', '__eq__', '__le__']:
    @t('set ' + op + ' mutated')
    def _():
        s = set(); o = set(); armed = []
        def act(a, b):
            if armed: o.clear(); s.clear()
            return False
        for i in range(4): s.add(Eq(1, act)); o.add(Eq(1, act))
        armed.append(1)
        getattr(s, op)(o)
        return 'no crash'
@t('list sort mutates append')
def _():
    l = [3, 1, 2]
    class K:
        def __init__(self, x): self.x = x
        def __lt__(self, o): l.append(1); return self.x < o.x
    l[:] = [K(3), K(1), K(2)]
    l.sort()
@t('list sort key mutates')
def _():
    l = [3, 1, 2]
    l.sort(key=lambda x: l.append(x))
@t('list sort key clears')
def _():
    l = [3, 1, 2]
    l.sort(key=lambda x: l.clear())
@t('list sort sees empty')
def _():
    l = [3, 1, 2]; seen = []
    l.sort(key=lambda x: seen.append(list(l)) or x)
    return seen, l
@t('list sort lt raises')
def _():
    class K:
        def __lt__(self, o): raise ZeroDivisionError
    l = [K(), K()]
    try: l.sort()
    except ZeroDivisionError: return len(l)
@t('list sort non bool')
def _():
    class K:
        def __lt__(self, o): return Bad()
    class Bad:
        def __bool__(self): raise ValueError('bool')
    [K(), K()].sort()
@t('list sort mixed')
def _(): [1, 'a'].sort()
@t('list sort none')
def _(): [1, None, 2].sort()
@t('list sort args')
def _(): [1].sort(lambda x: x)
@t('list eq mutates')
def _():
    l = []
    class K:
        def __eq__(self, o): l.clear(); return True
    l[:] = [K(), K(), K()]
    return l == [1, 2, 3], l
@t('list eq mutates 2')
def _():
    m = [1, 2, 3]
    class K:
        def __eq__(self, o): m.append(1); return True
    return [K(), K(), K()] == m
@t('list index mutates')
def _():
    l = []
    class K:
        def __eq__(self, o): l.clear(); return False
    l[:] = [K(), K(), K()]
    return l.index(5)
@t('list count mutates')
def _():
    l = []
    class K:
        def __eq__(self, o): l.clear(); return True
    l[:] = [K(), K(), K()]
    return l.count(5)
@t('list remove mutates')
def _():
    l = []
    class K:
        def __eq__(self, o): l.clear(); return True
    l[:] = [K(), K(), K()]
    return l.remove(5), l
@t('list remove mutates 2')
def _():
    l = []
    class K:
        def __eq__(self, o): l.clear(); return False
    l[:] = [K(), K(), K()]
    return l.remove(5), l
@t('list contains mutates')
def _():
    l = []
    class K:
        def __eq__(self, o): l.clear(); return False
    l[:] = [K(), K(), K()]
    return 5 in l
@t('list index huge')
def _():
    class I:
        def __index__(self): l.clear(); return 1
    l = [1, 2, 3]
    return l[I()]
@t('list setitem index clears')
def _():
    class I:
        def __index__(self): l.clear(); return 1
    l = [1, 2, 3]
    l[I()] = 5
@t('list delitem index clears')
def _():
    class I:
        def __index__(self): l.clear(); return 1
    l = [1, 2, 3]
    del l[I()]
@t('list slice index clears')
def _():
    class I:
        def __index__(self): l.clear(); return 1
    l = [1, 2, 3]
    return l[I():3]
@t('list slice assign index clears')
def _():
    class I:
        def __index__(self): l.clear(); return 1
    l = [1, 2, 3]
    l[I():3] = [9, 9, 9]
    return l
@t('list ext slice assign index clears')
def _():
    class I:
        def __index__(self): l.clear(); return 1
    l = [1, 2, 3]
    l[I():3:2] = [9]
    return l
@t('list slice assign iter clears')
def _():
    l = [1, 2, 3]
    def g(): l.clear(); yield 1; yield 2
    l[1:2] = g()
    return l
@t('list ext slice assign self')
def _():
    l = [1, 2, 3, 4]
    l[::2] = l[::-2]
    l[1:3] = l
    return l
@t('list extend self')
def _():
    l = [1, 2]; l.extend(l); l += l; return l
@t('list extend iter of self')
def _():
    l = [1, 2]; it = iter(l); n = 0
    def g():
        for i, x in enumerate(it):
            if i > 10: return
            yield x
    l.extend(g()); return l
@t('list insert index clears')
def _():
    class I:
        def __index__(self): l.clear(); return 2
    l = [1, 2, 3]; l.insert(I(), 5); return l
@t('list pop index clears')
def _():
    class I:
        def __index__(self): l.clear(); return 2
    l = [1, 2, 3]; return l.pop(I())
@t('list mul index clears')
def _():
    class I:
        def __index__(self): l.clear(); return 2
    l = [1, 2, 3]; return l * I()
@t('list repr mutates')
def _():
    l = []
    class R:
        def __repr__(self): l.clear(); return 'R'
    l[:] = [R(), R(), R()]
    return repr(l)
@t('dict repr mutates')
def _():
    d = {}
    class R:
        def __repr__(self): d.clear(); return 'R'
    d.update({1: R(), 2: R()})
    return repr(d)
@t('set repr mutates')
def _():
    s = set()
    class R:
        def __repr__(self): s.clear(); return 'R'
    s.add(R()); s.add(R())
    return repr(s)
@t('deque mutates in iter')
def _():
    from collections import deque
    d = deque([1, 2, 3])
    for x in d: d.append(1)
@t('deque index mutates')
def _():
    from collections import deque
    d = deque()
    class K:
        def __eq__(self, o): d.clear(); return False
    d.extend([K(), K(), K()])
    return d.index(5)
@t('deque count mutates')
def _():
    from collections import deque
    d = deque()
    class K:
        def __eq__(self, o): d.clear(); return False
    d.extend([K(), K(), K()])
    return d.count(5)
@t('deque remove mutates')
def _():
    from collections import deque
    d = deque()
    class K:
        def __eq__(self, o): d.clear(); return True
    d.extend([K(), K(), K()])
    return d.remove(5)
@t('deque contains mutates')
def _():
    from collections import deque
    d = deque()
    class K:
        def __eq__(self, o): d.clear(); return False
    d.extend([K(), K(), K()])
    return 5 in d
@t('bytearray setitem index clears')
def _():
    class I:
        def __index__(self): b.clear(); return 1
    b = bytearray(b'abc'); b[I()] = 5; return b
@t('bytearray setitem value clears')
def _():
    class I:
        def __index__(self): b.clear(); return 1
    b = bytearray(b'abc'); b[2] = I(); return b
@t('bytearray slice assign clears')
def _():
    class I:
        def __index__(self): b.clear(); return 1
    b = bytearray(b'abc'); b[I():3] = b'xy'; return b
@t('bytearray slice assign iter')
def _():
    def g(): b.clear(); yield 1; yield 2
    b = bytearray(b'abc'); b[1:2] = g(); return b
@t('bytearray extend mutates')
def _():
    class I:
        def __index__(self): b.clear(); return 1
    b = bytearray(b'abc'); b.extend([I(), I()]); return b
@t('bytearray extend self')
def _():
    b = bytearray(b'abc'); b.extend(b); b += b; b[1:2] = b; return b
@t('bytearray insert')
def _():
    class I:
        def __index__(self): b.clear(); return 1
    b = bytearray(b'abc'); b.insert(2, I()); return b
@t('bytearray append')
def _():
    class I:
        def __index__(self): b.clear(); return 1
    b = bytearray(b'abc'); b.append(I()); return b
@t('bytearray remove')
def _():
    class I:
        def __index__(self): b.clear(); return 97
    b = bytearray(b'abc'); b.remove(I()); return b
@t('bytearray translate')
def _():
    b = bytearray(b'abc'); return b.translate(None, b), b.translate(b)
@t('bytearray mul')
def _():
    class I:
        def __index__(self): b.clear(); return 3
    b = bytearray(b'abc'); return b * I()
@t('bytearray del index')
def _():
    class I:
        def __index__(self): b.clear(); return 1
    b = bytearray(b'abc'); del b[I()]; return b
@t('memoryview index releases')
def _():
    class I:
        def __index__(self): m.release(); return 1
    m = memoryview(bytearray(b'abc')); return m[I()]
@t('memoryview set index releases')
def _():
    class I:
        def __index__(self): m.release(); return 1
    m = memoryview(bytearray(b'abc')); m[0] = I()
@t('memoryview set releases')
def _():
    class I:
        def __index__(self): m.release(); return 1
    m = memoryview(bytearray(b'abc')); m[I()] = 1
@t('memoryview of bytearray resize')
def _():
    b = bytearray(b'abc'); m = memoryview(b); m2 = m[1:]; m.release(); b.append(1)
@t('memoryview released')
def _():
    m = memoryview(b'abc'); m.release(); return m[0]
@t('memoryview released len')
def _():
    m = memoryview(b'abc'); m.release(); return len(m)
@t('memoryview hash writable')
def _(): return hash(memoryview(bytearray(b'a')))
@t('memoryview release exported')
def _():
    m = memoryview(b'abc'); m2 = memoryview(m); m.release(); return m2[0]
@t('hash returns str')
def _():
    class H:
        def __hash__(self): return 'a'
    return hash(H())
@t('hash None')
def _():
    class H: __hash__ = None
    return {H()}
@t('hash -1')
def _():
    class H:
        def __hash__(self): return -1
    return hash(H())
@t('hash list')
def _(): return {[]: 1}
@t('hash tuple list')
def _(): return hash((1, []))
@t('hash slice')
def _(): return hash(slice(1, [], 2))
@t('len negative')
def _():
    class L:
        def __len__(self): return -1
    return len(L())
@t('len huge')
def _():
    class L:
        def __len__(self): return 10**30
    return len(L())
@t('len str')
def _():
    class L:
        def __len__(self): return 'a'
    return len(L())
@t('bool int')
def _():
    class L:
        def __bool__(self): return 1
    return bool(L())
@t('int sub')
def _():
    class I(int): pass
    class L:
        def __index__(self): return I(1)
    return operator.index(L()), type(operator.index(L())).__name__
@t('float bad')
def _():
    class L:
        def __float__(self): return 'a'
    return float(L())
@t('complex bad')
def _():
    class L:
        def __complex__(self): return 'a'
    return complex(L())
@t('str bad')
def _():
    class L:
        def __str__(self): return 1
    return str(L())
@t('repr bad')
def _():
    class L:
        def __repr__(self): return 1
    return repr(L())
@t('format bad')
def _():
    class L:
        def __format__(self, s): return 1
    return format(L())
@t('bytes bad')
def _():
    class L:
        def __bytes__(self): return 1
    return bytes(L())
@t('iter bad')
def _():
    class L:
        def __iter__(self): return 1
    return iter(L())
@t('next bad')
def _():
    class L:
        def __iter__(self): return self
    return list(L())
@t('getitem iter')
def _():
    class L:
        def __getitem__(self, i): raise IndexError
    return list(L())
@t('length_hint bad')
def _():
    class L:
        def __iter__(self): return iter([1])
        def __length_hint__(self): return 'a'
    return list(L())
@t('length_hint neg')
def _():
    class L:
        def __iter__(self): return iter([1])
        def __length_hint__(self): return -1
    return list(L())
@t('length_hint raises')
def _():
    class L:
        def __iter__(self): return iter([1])
        def __length_hint__(self): raise ValueError('hint')
    return list(L())
@t('recursive list repr')
def _():
    l = []; l.append(l); d = {}; d[1] = d; d['l'] = l; s = [d, (l,)]
    return repr(s)
@t('str.startswith mutated')
def _(): return 'abc'.startswith(('a', 1))
@t('min mutates')
def _():
    l = []
    class K:
        def __lt__(self, o): l.clear(); return True
    l[:] = [K(), K(), K()]
    return type(min(l)).__name__
@t('sum mutates')
def _():
    l = []
    class K:
        def __radd__(self, o): l.clear(); return 1
    l[:] = [K(), K(), K()]
    return sum(l)
@t('join mutates')
def _():
    l = []
    class S(str): pass
    l[:] = ['a', S('b')]
    return ','.join(l)
@t('zip shrink')
def _():
    l = [1, 2, 3]; return [(a, l.clear()) for a, b in zip(l, l)]
@t('enumerate')
def _():
    l = [1, 2, 3]; return [(i, l.pop()) for i, a in enumerate(l)]
@t('tuple from mutating iter')
def _():
    l = [1, 2, 3]
    def g():
        for x in l: l.append(x) if len(l) < 10 else None; yield x
    return tuple(g())
@t('unpack mutates')
def _():
    class K:
        def __iter__(self): return self
        def __next__(self): raise ZeroDivisionError('n')
    a, b = K()
@t('unpack too many')
def _(): a, b = [1, 2, 3]
@t('unpack too many gen')
def _(): a, b = (i for i in range(5))
@t('unpack few')
def _(): a, b, *c = [1]
@t('unpack int')
def _(): a, b = 1
@t('dict unpack')
def _(): return {**5}
@t('call unpack')
def _(): return print(*5)
@t('call kw unpack')
def _(): return print(**5)
@t('call kw nonstr')
def _(): return print(**{1: 2})
@t('call dup kw')
def _(): return dict(a=1, **{'a': 2})
@t('dict from self popping')
def _():
    class M:
        def keys(self): return ['a', 'b']
        def __getitem__(self, k): raise KeyError(k)
    return dict(M())
@t('dict.fromkeys mutated')
def _():
    d = {1: 1, 2: 2}
    class E:
        def __hash__(self): return 1
        def __eq__(self, o): d[len(d) + 100] = 1; return False
    class D(dict): pass
    r = D.fromkeys([E(), 1, 2]); return len(r)
@t('dict views ops')
def _(): return {1: 2}.keys() & [1], {1: 2}.items() ^ [(1, 2), (3, 4)], {1: 2}.keys() - {1}, {1: []}.items() | set()
@t('dict |= bad')
def _():
    d = {}; d |= 5
@t('dict | bad')
def _(): return {} | []
@t('popitem empty')
def _(): return {}.popitem()
@t('set pop empty')
def _(): return set().pop()
@t('list pop empty')
def _(): return [].pop()
@t('bytearray pop empty')
def _(): return bytearray().pop()
