"""Values that live only through references in unusual places."""
class Node:
    def __init__(self, n, next=None): self.n, self.next = n, next
head = None
for i in range(5000): head = Node(i, head)
n, total = head, 0
while n: total += n.n; n = n.next
print(total)
def make():
    data = list(range(100))
    return lambda: sum(data)
fs = [make() for _ in range(100)]
print(sum(f() for f in fs))
gens = [(x * k for x in range(10)) for k in range(50)]
print(sum(next(g) for g in gens), sum(sum(g) for g in gens))
s = ""
for i in range(1000): s += chr(65 + i % 26)
print(len(s), s[:30])
d = {}
for i in range(3000): d[str(i)] = [i] * (i % 5)
print(sum(map(len, d.values())), sum(len(k) for k in d))
t = ()
for i in range(300): t += (i,)
print(len(t), sum(t))
a, b = [], []
a.append(b); b.append(a)
del a, b
try:
    raise ValueError([1] * 100)
except ValueError as e:
    kept = e
print(len(kept.args[0]), kept.__traceback__.tb_frame.f_code.co_name)
class Cache(dict):
    def __missing__(self, k):
        v = self[k] = (self[k - 1] + self[k - 2]) if k > 1 else k
        return v
print(Cache()[80])
