# The generator of _random: the same numbers as CPython's for the same seeds, and its errors.
import _random


def show(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)


for seed in (0, 1, -1, 42, 2**32, 2**64 + 5, -(10**50), True, 1.5, (1, 2)):
    r = _random.Random(seed)
    print(seed, [r.random() for _ in range(3)], [r.getrandbits(k) for k in (0, 1, 31, 32, 33, 64, 65, 200)])
r = _random.Random(7)
state = r.getstate()
first = [r.random() for _ in range(700)]
r.setstate(state)
print(first == [r.random() for _ in range(700)], len(state), state[-1], sum(r.getstate()))
print(_random.Random().random() != _random.Random().random())
for bad in (-1, 1.5, 2**70):
    show(lambda: r.getrandbits(bad))
for bad in (1, (1, 2), (1,) * 624 + (700,), ("x",) * 625, (-1,) * 625):
    show(lambda: r.setstate(bad))
show(lambda: r.seed([]))
show(lambda: r.seed(1, 2))
show(lambda: _random.Random(1, 2))
show(lambda: _random.Random(x=1))
show(r.getrandbits)


class Derived(_random.Random):
    pass


print(Derived(5).random() == _random.Random(5).random())
