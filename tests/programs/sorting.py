"""sort and sorted: stability, keys, reverse, errors, min and max."""
words = "the quick brown fox jumps over the lazy dog".split()
print(sorted(words), sorted(words, key=len), sorted(words, key=len, reverse=True))
print(sorted(words, key=lambda w: (-len(w), w)), sorted({3, 1, 2}), sorted({"b": 1, "a": 2}))
data = [(1, "b"), (0, "a"), (1, "a"), (0, "b")]
data.sort(key=lambda p: p[0])
print(data)
data.sort(key=lambda p: p[0], reverse=True)
print(data)
for bad in ([1, "a"], [None, 1], [1j, 2j], [{}, {}]):
    try:
        sorted(bad)
    except TypeError as e:
        print(e)
class Rev:
    def __init__(self, n): self.n = n
    def __lt__(self, o): return self.n > o.n
    def __repr__(self): return f"R{self.n}"
print(sorted(map(Rev, [2, 3, 1])), min(map(Rev, [1, 5])), max(3, 1, key=lambda v: -v))
print(min("bca"), max([], default="none"), min([[2], [1, 9]]), sorted([2.5, 1, True, -1]), sorted("hello", reverse=True))
x = list(range(1000))
seed = 12345
for i in range(len(x) - 1, 0, -1):
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    j = seed % (i + 1)
    x[i], x[j] = x[j], x[i]
print(x[:10], sorted(x) == list(range(1000)), sorted(x, key=lambda v: v % 7)[:5])
l = [3, 1, 2]
try:
    l.sort(key=lambda v: l.append(v))
except (ValueError, TypeError) as e:
    print(type(e).__name__, e)
try:
    max([])
except ValueError as e:
    print(e)
print(list(reversed([1, 2, 3])), [1, 2, 3][::-1], sorted([float("nan"), 1.0])[1:] != [])
