# What inline caches, shared tables and in-place growth rely on, and how it changes under them.

# Text that grows at its end: earlier strings keep what they had.
for part, wide in (("ab", "é"), ("é", "語"), ("語", "𝄞"), ("𝄞", "x")):
    text = part * 300
    kept = []
    for i in range(50):
        kept.append(text)
        text += part + str(i)
        if i == 25:
            branch = text
            branch += "left"
            text += "right"
    assert all(longer.startswith(shorter) for shorter, longer in zip(kept, kept[1:]))
    assert branch.endswith("25left") and "25right" in text
    assert len({hash(t) for t in kept}) == 50
    text += wide
    print(len(text), len(branch), text[-3:], text.count(part), text == "".join(list(text)))

# One attribute site, many shapes; then the classes change.
class A:
    kind = "A"
    def __init__(self): self.x = 1
    def name(self): return "A.name"
class B(A):
    def __init__(self):
        self.y = 0
        super().__init__()
    def name(self): return "B<" + super().name()
class C(A):
    __slots__ = ("z",)
    def name(self): return "C<" + super().name()
class D(B, C):
    def name(self): return "D<" + super().name()
class E(A):
    x = property(lambda self: "computed", lambda self, new: None)

objects = [A(), B(), C(), D(), E()]
def look():
    return [(o.x, o.kind, o.name()) for o in objects]
def write(value):
    for o in objects:
        o.x = value
        o.fresh = value
for round in range(300):
    seen = look()
print(seen)
B.kind = "B"
C.name = lambda self: "patched"
for round in range(300):
    seen = look()
print(seen)
A.x = property(lambda self: "late", lambda self, new: None)
print(look())
del A.x
write(5)
for round in range(300):
    write(round)
print(look(), [o.fresh for o in objects])
objects[0].name = lambda: "own"
print(look()[0])
A.name = lambda self: "new A.name"
print(look())

# A Python __getitem__ that changes.
class Row:
    def __init__(self, items): self.items = items
    def __getitem__(self, index): return self.items[index]
class Doubled(Row):
    def __getitem__(self, index): return super().__getitem__(index) * 2
def take(rows, index): return [row[index] for row in rows]
rows = [Row([1, 2, 3]), Doubled([4, 5, 6]), [7, 8, 9], (1, 2), "xyz"]
for round in range(300):
    seen = take(rows, 1)
print(seen)
Row.__getitem__ = lambda self, index, extra="default": extra
print(take(rows, 1))
try:
    take([Doubled([1])], 5)
    del Row.__getitem__
    take(rows, 0)
except (TypeError, AttributeError) as error:
    print(type(error).__name__, error)

# Containers that grow in place, with what refers into them.
numbers, table, members = [], {}, set()
for i in range(20_000):
    numbers.append(i)
    table[i] = numbers
    members.add(i % 7777)
    if i % 1000 == 0:
        numbers.extend((i, i))
        for key in range(i - 500, i):
            table.pop(key, None)
print(len(numbers), sum(numbers), len(table), list(table)[:3], len(members), sum(members))
print(set(range(30)) - {3, 4}, {1, 2} & {2, 3} | {9})

# Hashes of tuples are kept, integers of any size agree.
key = (1, ("a", 2.5), None)
print(hash((1, 2)), hash(key) == hash((1, ("a", 2.5), None)), hash(()))
values = [0, 1, -1, 2**62, -2**62, 2**63, 2**64 - 1, -(2**64), 10**30, -(10**40) + 1, 3**500, -(7**300)]
total = 0
for a in values:
    for b in values:
        parts = [a + b, a - b, a * b, a & b, a | b, a ^ b]
        if b:
            q, r = divmod(a, b)
            assert q * b + r == a and (r == 0 or (r < 0) == (b < 0)) and abs(r) < abs(b)
            assert (q, r) == (a // b, a % b)
            parts += [q, r]
        total = (total * 31 + sum(parts)) % (10**80 + 129)
    for by in (0, 1, 5, 63, 64, 65, 130):
        assert (a << by) >> by == a and a >> by == a // 2**by and a << by == a * 2**by
        total = (total * 7 + (a << by) + (a >> by)) % (10**80 + 129)
print(total)

# Generators that are given up inside and outside a `try`; awaited or not.
import gc
log = []
def plain():
    yield 1
    yield 2
def guarded(tag):
    try:
        yield 1
    finally:
        log.append(tag)
def delegating(tag):
    yield from guarded(tag)
def drop():
    for make in (plain, lambda: guarded("guarded"), lambda: delegating("delegated")):
        generator = make()
        next(generator)
# Words left on the native stack may keep the last ones alive for a while.
for _ in range(20):
    drop()
gc.collect()
print(sorted(set(log)), hasattr(object(), "missing"), getattr(3, "missing", "default"))
