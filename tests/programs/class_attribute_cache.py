# What the cache of class attributes holds dies with a full collection, also when more is looked up
# before the next one than the cache keeps an account of.
import gc

ATTRIBUTES = [f'a{number}' for number in range(40)]


def classes(count, make):
    return [type('C', (), {name: make() for name in ATTRIBUTES}) for _ in range(count)]


def look_up(those):
    return sum(1 for cls in those for name in ATTRIBUTES if getattr(cls, name) is not None)


others = classes(200, int)
for size in range(3, 9):
    dying = classes(200, lambda: [None] * size)
    print(look_up(dying), end=' ')
    # Old, and dead.
    gc.collect()
    print(look_up(dying), end=' ')
    del dying
    gc.collect()
    # In their places, of other sizes.
    kept = [bytes(17 + number % 90) for number in range(9_000)]
    for cls in others:
        cls.changed = size
    print(look_up(others), end=' ')
    kept += [[number] * (number % 7) for number in range(30_000)]
    print(sum(map(len, kept)), all(cls.changed == size for cls in others))
