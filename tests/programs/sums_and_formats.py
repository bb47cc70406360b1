# sum() of floats and complex numbers keeps what rounding would lose; odd formats, texts and mappings.
import collections
import fractions
import types


def outcome(function):
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


for numbers in (
    [0.1] * 10,
    [1.0, 10e100, 1.0, -10e100],
    [1.0, 10e100, 1.0, -10e100, 2j],
    [2 + 1j, 10e100j, 1j, -10e100j],
    [1j, 1, 10e100j, 1j, 1.0, -10e100j],
    [2j, 1.0, 10**100, 1.0, -(10**100)],
    [0.1j] * 10 + [fractions.Fraction(1, 10)],
    [2**62, 2**62, 0.5, 2**62],
    [True, 2.5, False, 1j, True],
    [1.5, "x"],
    [1.5, 10**400],
):
    print(outcome(lambda: sum(numbers)))
print(sum([0.1j] * 10, 0.5 + 2j), sum([[1], [2]], []), sum([1e308, 1e308]), sum([-0.0], -0.0))

print(format(1.5, "\0"), outcome(lambda: format(3, "\0")), format(1j, "\0"))


class Mapping:
    def __getitem__(self, key):
        raise KeyError(key)

    def keys(self):
        return "xyz"


class Dict(dict):
    def keys(self):
        return 1


print(eval("dir()", globals(), Mapping()), outcome(lambda: eval("dir()", globals(), Dict())))
print(outcome(lambda: type("A", (), {"__doc__": "x\udcdcy"})))
names = {"__builtins__": types.MappingProxyType({}), "x": iter([1, 2])}
print(outcome(lambda: eval("x.__reduce__()", names)))
names["__builtins__"] = types.MappingProxyType({"iter": "mine"})
print(eval("x.__reduce__()", names))


class Changing:
    def __init__(self, array):
        self.array = array

    def __iter__(self):
        self.array.clear()
        yield b"a"


separator = bytearray(b",")
print(outcome(lambda: separator.join(Changing(separator))), separator)
array = bytearray(b"abc")
print(outcome(lambda: array.__init__([1, 2, 300])), array)
array += b"x"
print(array.__alloc__() > len(array))

given = collections.deque([ValueError(1)])
group = ExceptionGroup("group", given)
given.clear()
print(repr(group), repr(ExceptionGroup("group", [KeyError()])), repr(ExceptionGroup("group", (KeyError(),))))


def overridden():
    def try_all():
        return all(x for x in [0])

    global all
    saved = all
    try:
        all = lambda x: "mine"
        return try_all()
    finally:
        all = saved


print(overridden(), str.maketrans.__self__, str.maketrans.__qualname__, dict.fromkeys.__self__)
