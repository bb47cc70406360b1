"""Methods of dict, order, views, merging, errors."""
d = {"b": 1, "a": 2}
d["c"] = 3
d["b"] = 9
del d["a"]
d["a"] = 4
print(d, list(d), d.get("x"), d.get("x", 0), d.pop("c"), d.pop("q", None), d.setdefault("n", []), d)
print(d.keys() & {"a", "z"}, sorted(d.keys() - {"b"}), d.items() >= {("a", 4)} if False else "a" in d.keys(), list(d.values()), list(reversed(d)))
print({"a": 1} | {"b": 2}, {"x": 1, **{"x": 2}}, dict([("k", "v")], z=1), dict.fromkeys("ab", 0), dict(zip("ab", (1, 2))))
e = dict(a=1)
e |= [("b", 2)]
e.update({"c": 3}, d=4)
print(e, e.popitem(), len(e), e == {"c": 3, "b": 2, "a": 1}, {1: "i", 1.0: "f", True: "t"})
for text in ("{}['k']", "{}.popitem()", "{[]: 1}", "dict([(1, 2, 3)])", "{}.pop(1)", "{} < {}", "dict(1)", "{1: 2}.update(3)"):
    try:
        print(eval(text))
    except Exception as err:
        print(text, "->", type(err).__name__, err)
try:
    for k in e: e[k + "!"] = 1
except RuntimeError as err:
    print(err)
try:
    for k in e: del e["a"]
except RuntimeError as err:
    print(err)
class D(dict):
    def __missing__(self, key): return f"missing {key}"
print(D(a=1)["a"], D()["z"], D().get("z"))
v = e.keys()
e.clear()
print(v, len(v), bool(e), {}.items())
big = {i: str(i) for i in range(1000)}
for i in range(0, 1000, 3): del big[i]
print(len(big), sum(big), list(big)[:5], big.get(3), 4 in big)
class K:
    def __hash__(self): return 1
    def __eq__(self, o): return self is o
ks = [K() for _ in range(20)]
print(len({k: 1 for k in ks}), {k: n for n, k in enumerate(ks)}[ks[7]])
r = {}
r["self"] = r
print(r, {frozenset([1]): (2,)}, {None: ...})
