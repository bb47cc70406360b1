"""Methods of list, tuple, set and frozenset."""
l = [1, 2, 3]
l.append(4); l.extend("ab"); l.insert(0, 0); l.insert(-1, "x"); l += (9,)
print(l, l.pop(), l.pop(0), l.index("x"), l.count(1), l)
l.remove("x"); l.reverse()
print(l, l * 2, [0] * 3, l + [1], l == l[:], [1, 2] < [1, 3], [1] < [1, 0], l.copy() is l)
r = [1]; r.append(r)
print(r, [[]] * 2, [1, [2, (3, {4})]])
t = (1, 2, 2)
print(t.count(2), t.index(2), t + (3,), hash(t) == hash((1, 2, 2)), (1, "a") < (1, "b"))
s = {3, 1, 2}
s.add(4); s.discard(9); s.remove(1)
print(sorted(s), s | {7} == {2, 3, 4, 7}, s & {2, 9}, sorted(s - {2}), sorted(s ^ {2, 5}), s <= {2, 3, 4, 5}, s.isdisjoint({8}), {1} < {1, 2})
f = frozenset("ab")
print(f == {"a", "b"}, hash(f) == hash(frozenset("ba")), {f: 1}[frozenset("ab")], set(), frozenset(), {(1, 2)})
s.update([8, 9], (10,)); s.intersection_update({8, 9, 2}); s.symmetric_difference_update({2, 3})
print(sorted(s), sorted(s.union("a", "b"), key=str), s.pop() in {3, 8, 9}, len(s))
for text in ("[].pop()", "[1].remove(2)", "[1].index(5)", "{1}.remove(2)", "set().pop()", "{[]}", "(1).x", "[1] + (2,)", "(1,) + [2]", "{1} | [2]", "[] * 1.5", "[1, 2].insert('a', 1)", "hash([])", "{1, {2}}", "len(5)", "iter(5)", "[1, 2] > 3"):
    try:
        print(eval(text))
    except Exception as e:
        print(text, "->", type(e).__name__, e)
print(list(zip([1, 2], "ab", (None, None))), list(enumerate("ab", 1)), list(map(pow, [2, 3], [3, 2])), all([]), any([]))
try:
    list(zip([1], [1, 2], strict=True))
except ValueError as e:
    print(e)
n = [5, 6, 7]
for i in n:
    if len(n) < 6: n.append(i * 10)
print(n)
