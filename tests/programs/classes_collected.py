# Classes of all kinds are made, used until caches are warm, and dropped: they are collected, and
# what comes after them is not mistaken for them.
import abc
import collections
import dataclasses
import enum
import gc
import typing
import weakref


def plain(n):
    class Plain:
        shared = n

        def __init__(self):
            self.a = n
            self.b = -n

        def total(self):
            return self.a + self.b + self.shared

    return Plain, lambda: Plain().total()


def wide(n):
    # More attributes than are kept in the object itself, in an order that depends on n.
    class Wide:
        def fill(self):
            for i in range(12):
                setattr(self, f"w{(i * (n % 5 + 1)) % 13}", i)
            return self

        def read(self):
            return sum(vars(self).values()) + len(dir(self)) * 0

    return Wide, lambda: Wide().fill().read()


def slotted(n):
    class Slotted:
        __slots__ = ("x", "y", "__weakref__")

        def __init__(self):
            self.x, self.y = n, 1

    class Derived(Slotted):
        __slots__ = ("z",)

    def use():
        d = Derived()
        d.z = 5
        return d.x + d.y + d.z

    return Derived, use


def meta(n):
    class Meta(type):
        made = 0

        def __new__(mcls, name, bases, namespace, **keywords):
            mcls.made += 1
            return super().__new__(mcls, name, bases, namespace)

        def __init__(cls, name, bases, namespace, **keywords):
            super().__init__(name, bases, namespace)
            cls.keywords = keywords

        def __call__(cls, *args):
            made = super().__call__()
            made.args = args
            return made

        @property
        def double(cls):
            return cls.keywords["n"] * 2

    class Made(metaclass=Meta, n=n):
        def first(self):
            return self.args[0]

    return Made, lambda: Made(7).first() + Made.double + Meta.made


def hooked(n):
    registered = []

    class Base:
        def __init_subclass__(cls, /, tag, **keywords):
            super().__init_subclass__(**keywords)
            cls.tag = tag
            registered.append(weakref.ref(cls))

        def who(self):
            return type(self).tag

    class Left(Base, tag="left"):
        def who(self):
            return "L" + super().who()

    class Right(Base, tag="right"):
        def who(self):
            return "R" + super().who()

    class Both(Left, Right, tag="both"):
        pass

    return Both, lambda: (Both().who(), [ref().tag for ref in registered])


def abstract(n):
    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self): ...

        @property
        def name(self):
            return type(self).__name__

    class Square(Shape):
        def area(self):
            return n * n

    @Shape.register
    class Other:
        pass

    return Square, lambda: (Square().area(), Square().name, isinstance(Other(), Shape), isinstance(3, Shape))


def generic(n):
    class Box[T]:
        def __init__(self, value: T):
            self.value = value

    T = typing.TypeVar("T")

    class Old(typing.Generic[T]):
        def get(self):
            return n

    class Both(Box[int], Old[str]):
        pass

    return Both, lambda: (Both(n).value, Both(n).get(), Box[int].__args__, len(Both.__orig_bases__))


def data(n):
    @dataclasses.dataclass(order=True, slots=n % 2 == 0)
    class Point:
        x: int
        y: int = n

        def __add__(self, other):
            return Point(self.x + other.x, self.y + other.y)

    return Point, lambda: (repr(Point(1) + Point(2)).rpartition(".")[2], Point(1) < Point(2), hash(Point) == hash(Point))


def enumeration(n):
    class Color(enum.Enum):
        RED = n
        GREEN = n + 1

        def darker(self):
            return Color.RED

    class Bits(enum.IntFlag):
        A = 1
        B = 2

    return Color, lambda: (Color.GREEN.darker().value, [c.name for c in Color], int(Bits.A | Bits.B))


def tupled(n):
    Pair = collections.namedtuple("Pair", "left right")

    class Named(typing.NamedTuple):
        x: int
        y: int = n

    return Pair, lambda: (repr(Pair(1, n)._replace(left=3)), Named(2).y)


def exceptional(n):
    class Failure(Exception):
        def __init__(self, code):
            super().__init__(code)
            self.code = code

    def use():
        try:
            raise Failure(n)
        except Failure as failure:
            return failure.code, str(failure)

    return Failure, use


def sequence(n):
    class Text(str):
        def shout(self):
            return self.upper() + "!" * (n % 3)

    class Number(int):
        def __add__(self, other):
            return Number(int(self) + other + 1)

    class Many(list):
        def __getitem__(self, index):
            return super().__getitem__(index) * 2

    class Table(dict):
        def __missing__(self, key):
            return key * n

    return Text, lambda: (Text("a").shout(), Number(n) + 1, Many([n])[0], Table()[2])


def built(n):
    Made = type("Made", (), {"value": n, "get": lambda self: self.value, "__call__": lambda self, x: x + n})
    other = Made()
    other.value = -n
    return Made, lambda: (Made().get(), other.get(), other(1))


def descriptive(n):
    class Descriptor:
        def __set_name__(self, owner, name):
            self.name = "_" + name

        def __get__(self, instance, owner):
            return self if instance is None else getattr(instance, self.name, n)

        def __set__(self, instance, value):
            setattr(instance, self.name, value)

    class Owner:
        field = Descriptor()

        @classmethod
        def make(cls):
            return cls()

        @staticmethod
        def fixed():
            return n

        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            return name

    def use():
        owner = Owner.make()
        before = owner.field
        owner.field = 9
        return before, owner.field, owner.fixed(), owner.unknown

    return Owner, use


def finalized(n):
    log = []

    class Dying:
        suffix = "x"

        def __del__(self):
            # The class still lives.
            log.append(type(self).__name__ + self.suffix)

    Dying()
    return Dying, lambda: (Dying.suffix, len(log) >= 0)


MAKERS = [plain, wide, slotted, meta, hooked, abstract, generic, data, enumeration, tupled, exceptional,
          sequence, built, descriptive, finalized]


# One place that sees objects of all classes: its inline caches name one class after the other.
def same_place(cls):
    try:
        return cls.__name__, cls.__mro__[-1], cls.marker
    except AttributeError:
        cls.marker = 1
        return cls.__name__, cls.__mro__[-1], cls.marker


def use_once(maker, n):
    cls, use = maker(n)
    for _ in range(3):
        result = use()
        same_place(cls)
    return weakref.ref(cls), result


def scrub(depth):
    # Overwrites what native stacks still hold.
    return [depth] if depth == 0 else scrub(depth - 1) + [depth]


ROUNDS = 12
for maker in MAKERS:
    refs, results = [], []
    for n in range(ROUNDS):
        ref, result = use_once(maker, n)
        refs.append(ref)
        results.append(result)
    print(maker.__name__, results[1], results[-1])
    scrub(30)
    gc.collect()
    gc.collect()
    alive = sum(ref() is not None for ref in refs)
    print("  gone" if alive <= 2 else f"  {alive} of {ROUNDS} alive")


# Subclasses are held weakly, in order.
class Root:
    pass


kept = [type(f"Kept{i}", (Root,), {}) for i in range(5)]
for i in range(50):
    type(f"Lost{i}", (Root,), {})
del kept[2]
scrub(30)
gc.collect()
names = [cls.__name__ for cls in Root.__subclasses__()]
print([name for name in names if name.startswith("Kept")][:2], len([n for n in names if n.startswith("Lost")]) <= 2)
kept.append(type("Last", (Root,), {}))
print(Root.__subclasses__()[-1].__name__)
Root.later = 5
print([cls.later for cls in kept])
Root.__call__ = lambda self: "called"
print(kept[0]()(), kept[-1]()())


# An object outlives every name of its class.
def orphan():
    class Orphan:
        def __init__(self):
            self.value = 3

        def get(self):
            return self.value

        def __del__(self):
            revived.append(self)

    return Orphan()


revived = []
child = orphan()
for _ in range(4):
    gc.collect()
    assert child.get() == 3
print(type(child).__name__, child.get())
del child
for _ in range(3):
    scrub(30)
    gc.collect()
if not revived:
    print("not finalized yet")
else:
    print(type(revived[0]).__name__, revived[0].get())


# A weak reference's callback, and a metaclass with a finalizer.
def called_back():
    class Watched:
        pass

    return weakref.ref(Watched, lambda ref: events.append("class gone"))


def watched_by_meta():
    class Mortal(type):
        def __del__(cls):
            events.append("finalized " + cls.__name__)

    class Ends(metaclass=Mortal):
        pass


events = []
watching = [called_back() for _ in range(3)]
for _ in range(3):
    watched_by_meta()
for _ in range(3):
    scrub(30)
    gc.collect()
print(sorted(set(events)))


# Many classes: numbers of shapes come again.
def churn(n):
    class A:
        def __init__(self):
            self.p = n
            self.q = n + 1

        def sum(self):
            return self.p + self.q

    class B(A):
        def __init__(self):
            self.q = 1
            self.p = 2
            self.r = n

        def sum(self):
            return super().sum() + self.r

    return A().sum() + B().sum() + A().sum() + B().sum()


total = 0
for n in range(400):
    total += churn(n)
    if n % 100 == 0:
        gc.collect()
print(total)
