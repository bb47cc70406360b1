# Special methods of classes with several bases, and what a namespace leaves to the maker of the class.


class Length:
    def __len__(self):
        return 3


class Call:
    def __call__(self, *args):
        return ('called', args)


class Iteration:
    def __init__(self):
        self.left = 3

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self.left


class Comparison:
    def __eq__(self, other):
        return 'equal'

    def __lt__(self, other):
        return 'less'


class Arithmetic:
    def __add__(self, other):
        return 'added'

    def __radd__(self, other):
        return 'added to'

    def __getitem__(self, key):
        return ('item', key)


class Text:
    def __repr__(self):
        return 'Text()'

    def __hash__(self):
        return 17


class All(Length, Call, Iteration, Comparison, Arithmetic, Text):
    pass


it = All()
print(len(it), it(1, 2), list(it), it == 1, it < 1, it + 1, 1 + it, it[5], it)
print(All.__hash__, All.__mro__)


class Hashed(Text, Comparison):
    pass


class Unhashed(Comparison, Text):
    pass


print(hash(Hashed()), Unhashed.__hash__)
try:
    hash(Unhashed())
except TypeError as e:
    print(e)

# Native bases, which are the layout, before and behind.
for native in int, str, tuple, list, dict, set, float, bytes:
    for bases in (native, Text), (Text, native), (Length, Text, native), (native, Length, Call), (Comparison, native):
        C = type('C', bases, {})
        c = C()
        row = [native.__name__, [base.__name__ for base in bases], repr(c), bool(c), callable(c)]
        for action in (hash, len, iter, lambda c: c == c, lambda c: c + c, lambda c: c < c):
            try:
                result = action(c)
                row.append(result if isinstance(result, (int, str, tuple)) else type(result).__name__)
            except TypeError as e:
                row.append(str(e))
        print(*row)


class Meta(type):
    def mro(cls):
        return [cls, Length, Text, object]


class Odd(Text, metaclass=Meta):
    pass


print(len(Odd()), repr(Odd()), Odd.__mro__)


# Changes of a base that is not the first are seen.
class First:
    pass


class Second:
    pass


class Both(First, Second):
    pass


b = Both()
Second.__len__ = lambda self: 7
print(len(b))
First.__len__ = lambda self: 8
print(len(b))
del First.__len__
print(len(b))
del Second.__len__
try:
    len(b)
except TypeError as e:
    print(e)


# Names that are not interned are the same names.
def text(*parts):
    return ''.join(parts)


namespace = {text('__qual', 'name__'): 'Outer.Inner', text('a', 'b'): 1, text('__le', 'n__'): lambda self: 9}
C = type('C', (), namespace)
print(C.__qualname__, C.ab, len(C()), '__qualname__' in C.__dict__, list(namespace))
for bad in {'__qualname__': 1}, {'__classcell__': 1}, {text('__class', 'dictcell__'): 1}:
    try:
        type('C', (), bad)
    except TypeError as e:
        print(e)


class WithCells[T]:
    x: T = 1

    def f(self):
        return __class__, super().__repr__

    g = lambda self: T


print(sorted(name for name in WithCells.__dict__ if 'cell' in name), WithCells().f()[0], WithCells().g())


class Prepared(type):
    @classmethod
    def __prepare__(metacls, name, bases):
        return {'prepared': name}


class P(metaclass=Prepared):
    own = 1


print(P.prepared, P.own)
many = type('Many', (), {f'name{i}': i for i in range(100)})
print([many.__dict__[f'name{i}'] for i in range(0, 100, 9)], int | None, None | int, int | int, (int | str) | None)
