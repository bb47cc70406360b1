# The docstrings that data classes without one are given, and who sees them.
import inspect
import pickle
from dataclasses import dataclass, field, make_dataclass


@dataclass
class Plain:
    name: str
    count: int = 0
    parts: list = field(default_factory=list)


@dataclass
class Documented:
    """Its own."""

    x: int


@dataclass
class Derived(Plain):
    more: float = 0.5


class Undocumented(Plain):
    def above(self):
        return super().__doc__


@dataclass(slots=True)
class Slotted:
    a: int
    b: str = 'b'

    def of(self):
        return __class__.__doc__


@dataclass(frozen=True, kw_only=True)
class Frozen:
    later: 'Unknown' = None


@dataclass
class Odd(type):
    pass


@dataclass(init=False)
class Bare:
    x: int


for cls in (Plain, Documented, Derived, Undocumented, Slotted, Frozen, Odd, Bare, make_dataclass('Made', ['x', ('y', int, 5)])):
    print(cls.__name__, repr(cls.__doc__), repr(inspect.getdoc(cls)))

# Again, and through an instance.
print(Plain.__doc__, Plain('a').__doc__, Slotted(1).__doc__, Slotted(1).of())
print(Undocumented('b').__doc__, Undocumented('b').above())
print(type(vars(Plain)['__doc__']))


@dataclass
class Below(Plain):
    pass


class Reader(Below):
    def above(self):
        return super().__doc__


# Read through another class first.
print(Reader('c').above(), Below.__doc__)


@dataclass
class Changed:
    x: int


plain = Changed(1)
plain.__doc__ = 'of the instance'
print(plain.__doc__)
Changed.__doc__ = 'set'
print(Changed.__doc__, plain.__doc__)
del plain.__doc__
print(plain.__doc__, pickle.loads(pickle.dumps(plain)).__doc__)
try:
    Slotted(1).__doc__ = 'no'
except AttributeError as error:
    print(error)
