"""The iterator protocol, iter with a sentinel, for-else, ranges."""
class Up:
    def __init__(self, n): self.n, self.i = n, 0
    def __iter__(self): return self
    def __next__(self):
        if self.i >= self.n: raise StopIteration
        self.i += 1
        return self.i
print(list(Up(3)), sum(Up(4)), max(Up(5)), 2 in Up(3), dict(zip(Up(2), "ab")), [*Up(2)], tuple(Up(1)))
class Seq:
    def __getitem__(self, i):
        if i == 3: raise IndexError
        return i * i
    def __len__(self): return 3
print(list(Seq()), list(reversed(Seq())), 4 in Seq())
values = iter([1, 2, 3, 0, 4])
print(list(iter(lambda: next(values), 0)), next(values), next(values, "end"))
for x in range(3):
    if x == 5: break
else:
    print("no break")
while x:
    x -= 1
    if x == 1: continue
else:
    print("while else", x)
r = range(10, 0, -3)
print(list(r), len(r), 7 in r, 8 in r, r[1], r[-1], r[1:], r.index(4), r.count(7), range(0) == range(2, 2), r, hash(range(3)) == hash(range(0, 3, 1)), range(5)[::-1])
it = iter("ab")
print(next(it), list(it), list(it), it.__length_hint__())
for bad in ("next(5)", "iter(3, 4)", "next(iter([]))", "for_ in 3", "list(5)", "range(1, 2, 0)", "range(1.0)", "range('a')"):
    try:
        print(eval(bad))
    except Exception as e:
        print(bad, "->", type(e).__name__, e)
class Bad:
    def __iter__(self): return 5
class NoIter:
    __iter__ = None
for b in (Bad(), NoIter()):
    try:
        iter(b)
    except TypeError as e:
        print(e)
print(range(10 ** 20, 10 ** 20 + 3)[1], len(range(0, 10 ** 10, 7)), list(range(-2, 3, 2)))
a = [1, 2, 3, 4]
print([x for x, y in zip(a, a[1:]) if y > 2], list(zip()), list(map(None.__class__, [])))
