"""Context managers: order, suppression, return, several at once."""
class CM:
    def __init__(self, name, suppress=False): self.name, self.suppress = name, suppress
    def __enter__(self):
        print("enter", self.name)
        return self.name
    def __exit__(self, cls, value, tb):
        print("exit", self.name, cls and cls.__name__, value, tb is not None)
        return self.suppress
with CM("a") as a, CM("b") as b:
    print(a, b)
with (
    CM("c", True) as c,
    CM("d"),
):
    raise ValueError("boom")
print("after")
def f():
    with CM("r"):
        return "returned"
print(f())
for i in range(3):
    with CM(f"loop{i}"):
        if i == 1: break
        continue
class NoExit:
    def __enter__(self): pass
class Nothing: pass
for cm in (NoExit(), Nothing(), 3):
    try:
        with cm: pass
    except TypeError as e:
        print(e)
try:
    with CM("x"):
        with CM("y"):
            1 / 0
except ZeroDivisionError as e:
    print("outside", e)
class Replace:
    def __enter__(self): return self
    def __exit__(self, *a): raise KeyError("replaced")
try:
    with Replace():
        raise ValueError("orig")
except KeyError as e:
    print(e, repr(e.__context__))
with CM("t") as (x, *y):
    print(x, y)
