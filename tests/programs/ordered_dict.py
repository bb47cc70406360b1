# OrderedDict: moving entries, both ends, views, iterators that notice changes.
import copy
import pickle
from collections import OrderedDict


def attempt(what, function):
    try:
        result = function()
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    print(what, "->", result)


od = OrderedDict(a=1, b=2, c=3)
print(od, OrderedDict(), len(od), list(reversed(od)))
od.move_to_end("a")
od.move_to_end("c", last=False)
print(od, od.keys(), od.values(), od.items())
print(list(reversed(od.keys())), list(reversed(od.values())), list(reversed(od.items())))
print(od.popitem(), od.popitem(last=False), od)
attempt("move", lambda: od.move_to_end("x"))
attempt("pop", lambda: od.pop("x"))
attempt("pop default", lambda: od.pop("x", 5))
attempt("pop nothing", lambda: OrderedDict().popitem())
attempt("setdefault", lambda: (od.setdefault("b", 9), od.setdefault("n", 9), od))
attempt("two", lambda: OrderedDict(1, 2))
attempt("update two", lambda: od.update(1, 2))
attempt("number", lambda: OrderedDict(1))
attempt("short pair", lambda: OrderedDict(["a"]))
attempt("empty pair", lambda: OrderedDict([()]))
attempt("long pair", lambda: OrderedDict([(1, 2, 3)]))
attempt("or", lambda: (od | {"z": 1}, {"z": 1} | od, type({} | od).__name__))
attempt("or number", lambda: od | 1)
attempt("fromkeys", lambda: OrderedDict.fromkeys("abc", 0))
print(OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict(a=1, b=2) == dict(b=2, a=1))
print(OrderedDict(a=1, b=2) != OrderedDict(a=1, b=2), OrderedDict(a=1) == 1)
od.self = od
od["me"] = od
print(od, od.__dict__.keys(), copy.copy(od).__dict__)
print(OrderedDict(x=1).__reduce__()[:4], pickle.loads(pickle.dumps(OrderedDict(x=[1], y=2))))


class Loud(OrderedDict):
    def __setitem__(self, key, value):
        print("set", key)
        super().__setitem__(key, value)


loud = Loud([(1, 2)], k=3)
loud |= {4: 5}
print(loud, loud.copy(), Loud.fromkeys([7]))


def while_iterating(change):
    od = OrderedDict.fromkeys("abcd")
    seen = []
    for key in od:
        seen.append(key)
        if len(seen) == 2:
            change(od)
    return seen


attempt("add", lambda: while_iterating(lambda od: od.update(x=1)))
attempt("remove", lambda: while_iterating(lambda od: od.pop("d")))
attempt("move", lambda: while_iterating(lambda od: od.move_to_end("a")))
attempt("clear", lambda: while_iterating(lambda od: od.clear()))
attempt("set", lambda: while_iterating(lambda od: od.update(a=1)))
it = iter(OrderedDict.fromkeys("abc").items())
next(it)
print(pickle.loads(pickle.dumps(it)).__class__.__name__, list(it), list(it))

# The same as with a list of keys, over many operations.
state = 12345


def random(bound):
    global state
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return (state >> 8) % bound


od, keys = OrderedDict(), []
for step in range(3000):
    key = random(60)
    match random(7):
        case 0 | 1:
            od[key] = step
            if key not in keys:
                keys.append(key)
        case 2 if key in keys:
            del od[key]
            keys.remove(key)
        case 3 | 4 if key in keys:
            last = random(2) == 0
            od.move_to_end(key, last)
            keys.remove(key)
            keys.insert(len(keys) if last else 0, key)
        case 5 if keys:
            last = random(2) == 0
            assert od.popitem(last)[0] == keys.pop(-1 if last else 0)
    if step % 50 == 0:
        assert list(od) == keys == list(od.keys()), step
        assert list(reversed(od)) == keys[::-1], step
        assert all(key in od for key in keys) and len(od) == len(keys)
print(list(od) == keys, len(keys))

# A queue and a stack at the front take linear time.
od = OrderedDict.fromkeys(range(5000))
for number in range(5000):
    od.move_to_end(number, last=False)
print(list(od)[:3])
while len(od) > 10:
    od.popitem(last=False)
    if len(od) % 7 == 0:
        od.move_to_end(next(iter(od)))
print(list(od))
plain = dict.fromkeys(range(5000))
while plain:
    del plain[next(iter(plain))]
    if len(plain) % 5 == 0 and plain:
        plain.popitem()
print(plain)
