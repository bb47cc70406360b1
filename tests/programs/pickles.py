"""Pickles: the bytes of many objects for all protocols, hooks, files, and what is no pickle."""

import _pickle
import collections
import copyreg
import enum
import fractions
import functools
import hashlib
import io
import operator
import os
import pickle


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("a", "b")


class ListChild(list):
    pass


class DictChild(dict):
    pass


class Stateful:
    def __getstate__(self):
        return (1, 2)

    def __setstate__(self, state):
        self.state = state


class WithKeywords:
    def __new__(cls, a, *, b):
        made = object.__new__(cls)
        made.a, made.b = a, b
        return made

    def __getnewargs_ex__(self):
        return (self.a,), {"b": self.b}


class Outer:
    class Inner:
        class Deep:
            pass

        def method(self):
            pass


class Color(enum.Enum):
    RED = 1


class Reduced:
    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        return self.value


def function():
    pass


Pair = collections.namedtuple("Pair", "x y")

looped_list = []
looped_list.append(looped_list)
looped_dict = {}
looped_dict[1] = looped_dict
looped_tuple = ([],)
looped_tuple[0].append(looped_tuple)
looped = Plain()
looped.me = looped
slotted = Slotted()
slotted.a = 1
list_child = ListChild([1, 2])
list_child.name = 3
dict_child = DictChild(a=1)
dict_child.name = "x"

OBJECTS = [
    None, True, False, ..., NotImplemented,
    0, 1, -1, 255, 256, 65535, 65536, -128, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63, -(2**63), 10**40, 2**2050, -(2**2047),
    1.5, -0.0, float("inf"), 1e300, float("nan"),
    "", "abc", "\xe9", "\u1234", "\U0001f600", "\ud800", "a\n\\\r\0\x1a", "x" * 255, "x" * 256, "y" * 70000, "\u1234" * 40000,
    b"", b"abc", b"\xff" * 300, b"z" * 70000, bytearray(), bytearray(b"abc"), bytearray(b"q" * 70000),
    (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], [1, 2], list(range(1000)), list(range(1001)), list(range(2500)),
    {}, {1: 2}, {1: 2, 3: 4}, dict.fromkeys(range(1000)), dict.fromkeys(range(1001)), set(), {1}, set(range(1000)), frozenset([1]),
    looped_list, looped_dict, looped_tuple, looped, Plain(x=1, y="z"), slotted, list_child, dict_child, Stateful(), WithKeywords(1, b=2),
    Plain, Outer.Inner, Outer.Inner.Deep, Outer.Inner.method, int, type(None), type(...), len, function, Color.RED, Color, Pair(1, 2),
    collections.OrderedDict([(1, 2)]), collections.Counter("abca"), collections.deque([1, 2], 5), collections.defaultdict(list, {1: [2]}),
    range(5), slice(1, 2, 3), complex(1, 2), ValueError("x", 1), functools.partial(int, "5", base=7), operator.itemgetter(1, 2),
    fractions.Fraction(1, 3), [1].__len__, iter([1, 2]), map(str, [1]), [["x", "x"], "x"], [Plain, Plain(), Plain()], ["int", int, "builtins"],
    [len, "len", "builtins", max], dict.fromkeys,
]

for index, item in enumerate(OBJECTS):
    line = []
    for protocol in range(2 if item is slotted else 0, 6):
        data = pickle.dumps(item, protocol)
        line.append(f"{len(data)}:{hashlib.md5(data).hexdigest()[:8]}")
        file = io.BytesIO()
        pickle.dump(item, file, protocol)
        assert file.getvalue() == data
        file.seek(0)
        pickle.load(file)
        assert file.tell() == len(data)
        assert pickle.dumps(pickle.loads(data), protocol)
    print(index, *line)


def attempt(what, *args, **keywords):
    try:
        return what(*args, **keywords)
    except Exception as error:
        return type(error).__name__, str(error), getattr(error, "__notes__", None)


for reduced in [
    [print, ()], (print,), (print, (), None, None, None, None, None), (42, ()), (print, []), (copyreg.__newobj__, ()),
    (copyreg.__newobj__, (str,)), (copyreg.__newobj__, (1,)), (copyreg.__newobj_ex__, ()), (copyreg.__newobj_ex__, (1, (), {})),
    (copyreg.__newobj_ex__, (Reduced, 42, {})), (copyreg.__newobj_ex__, (Reduced, (), [])), (list, (), None, 42),
    (dict, (), None, None, 42), (dict, (), None, None, iter([("a",)])), (print, (), "state", None, None, 42), (list, ([lambda: 0],)),
    (list, (), {"a": [1, lambda: 0]}),
]:
    for protocol in (1, 2, 5):
        result = attempt(pickle.dumps, Reduced(reduced), protocol)
        print(protocol, str(result).split(" at 0x")[0])

BAD = [
    b'\x80\x04\x95\x06\x00\x00\x00\x00\x00\x00\x00Vhelloworld\n.',
    b'\x80\x04\x95\x06\x00\x00\x00\x00\x00\x00\x00X\n\x00\x00\x00helloworld.',
    b'\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00C\nhelloworld.',
    b'\x80\x04\x95\t\x00\x00\x00\x00\x00\x00\x00cbuiltins\nprint\n.',
    b'\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00N\x95\x00\x00\x00\x00\x00\x00\x00\x00NN.',
    b'T\x00\x00\x00\x80',
    b'\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00KK.',
    b'\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00.',
    b'K',
    b'',
    b'I1',
    b'B\xff\xff\xff\x7f',
    b'\x8e\xff\xff\xff\xff\xff\xff\xff\xff',
    b'X\xff\xff\xff\xff',
    b'\x8d\xff\xff\xff\xff\xff\xff\xff\x7f',
    b'\x95\xff\xff\xff\xff\xff\xff\xff\x7f',
    b'\x95\xff\xff\xff\xff\xff\xff\xff\xff',
    b'(',
    b')',
    b'0.',
    b'1.',
    b'2.',
    b'a.',
    b'(a.',
    b'e.',
    b'](e.',
    b'(e.',
    b's.',
    b'K\x01s.',
    b'K\x01K\x01s.',
    b'(u.',
    b'}(K\x01u.',
    b'd.',
    b'(K\x01d.',
    b't.',
    b'\x85.',
    b'(\x85.',
    b'R.',
    b'K\x01R.',
    b'K\x01)R.',
    b'K\x01K\x01R.',
    b'b.',
    b'K\x01b.',
    b'K\x01K\x01b.',
    b'K\x01}b.',
    b'N(N}t.',
    b'\x81.',
    b'K\x01\x81.',
    b'K\x01)\x81.',
    b'c__builtin__\nint\nK\x01\x81.',
    b'K\x01)}\x92.',
    b'cbuiltins\nint\n)K\x01\x92.',
    b'c\n\n.',
    b'cfoo\nbar\n.',
    b'cbuiltins\nfoo\n.',
    b'i\n\n.',
    b'(ibuiltins\nint\n.',
    b'(o.',
    b'(cbuiltins\nint\no.',
    b'o.',
    b'h\x00.',
    b'g-1\n.',
    b'gx\n.',
    b'g\n.',
    b'j\xff\xff\xff\xff.',
    b'Np-1\n.',
    b'Npx\n.',
    b'q\x00.',
    b'\x94.',
    b'\x82\x00.',
    b'\x82\x01.',
    b'\x84\xff\xff\xff\xff.',
    b'\x93.',
    b'NN\x93.',
    b'\x90.',
    b']( \x90.',
    b'(\x90.',
    b'\x8f(]\x90.',
    b'\x91.',
    b'\x97.',
    b'\x98.',
    b'N\x98.',
    b'Pabc\n.',
    b'NQ.',
    b'P\xff\n.',
    b'S\n.',
    b"S'abc\n.",
    b"S'a\\q'\n.",
    b"S'\xff'\n.",
    b'U\x01\xff.',
    b'V\\ud800\n.',
    b'V\\u12\n.',
    b'F1.5x\n.',
    b'F\n.',
    b'F1_0\n.',
    b'F inf\n.',
    b'Fnan\n.',
    b'I0x10\n.',
    b'I010\n.',
    b'I 5\n.',
    b'I5 \n.',
    b'I1_0\n.',
    b'Ix\n.',
    b'I\n.',
    b'I5\x006\n.',
    b'L5L\n.',
    b'LxL\n.',
    b'L0x10L\n.',
    b'LL\n.',
    b'L\n.',
    b'\x8b\xff\xff\xff\xff.',
    b'\x8a\x00.',
    b'\x8a\x01\xff.',
    b'X\x01\x00\x00\x00\xff.',
    b'\x80\x06.',
    b'\x80\xff.',
    b'\xff',
    b"'",
    b'\\',
    b'~',
    b'\x00',
    b'N',
    b'NN.',
    b'(N.',
    b'N(.',
    b'(0.',
    b'N(0.',
    b'N(00.',
    b'(NN1N.',
    b'cbuiltins\nstr.upper\n.',
    b'\x80\x04cbuiltins\nstr.upper\n.',
    b'\x80\x04cbuiltins\nstr.foo.bar\n.',
    b'\x80\x04cbuiltins\nstr.<locals>.bar\n.',
    b'cbuiltins\nlist\n)\x81(K\x01K\x02e.',
    b'cbuiltins\ndict\n)R(K\x01K\x02u.',
    b'cbuiltins\nlist\n(K\x01e.',
    b'cbuiltins\nobject\n)\x81}U\x01aK\x01sb.',
    b'cbuiltins\nobject\n)\x81K\x01b.',
    b'cbuiltins\nobject\n)\x81(NK\x01tb.',
    b'cbuiltins\nobject\n)\x81N}U\x01aK\x01s\x86b.',
    b'}]K\x01s.',
    b'\x8f(]\x90.',
    b'](K\x01K\x02e(K\x03e.',
]

for data in BAD:
    results = [attempt(pickle.loads, data), attempt(pickle.load, io.BytesIO(data))]
    results.append(attempt(pickle.load, io.BufferedReader(io.BytesIO(data))))
    same = results[0] == results[1] == results[2] or repr(results[0]) == repr(results[1]) == repr(results[2])
    print(data, ascii(results[0] if same else results))


class Persistent(pickle.Pickler):
    def persistent_id(self, obj):
        return "id-%d" % obj if type(obj) is int else None


class PersistentLoad(pickle.Unpickler):
    def persistent_load(self, pid):
        return "loaded", pid

    def find_class(self, module, name):
        return module, name


class Overriding(pickle.Pickler):
    dispatch_table = {complex: lambda value: (complex, (value.imag, value.real))}

    def reducer_override(self, obj):
        return (str, ("replaced",)) if obj is function else NotImplemented


for protocol in range(6):
    file = io.BytesIO()
    Persistent(file, protocol).dump([1, "a", {2: 3}])
    print(file.getvalue())
    file.seek(0)
    print(PersistentLoad(file).load())
    file = io.BytesIO()
    Overriding(file, protocol).dump([function, 1 + 2j])
    print(pickle.loads(file.getvalue()))

pickler = pickle.Pickler(io.BytesIO())
shared = ["shared"]
pickler.dump(shared)
print(sorted(number for number, _ in pickler.memo.copy().values()))
file = io.BytesIO()
second = pickle.Pickler(file)
second.memo = pickler.memo
second.dump([shared])
print(file.getvalue())
pickler.clear_memo()
print(pickler.memo.copy())
unpickler = pickle.Unpickler(io.BytesIO(pickle.dumps(["a", "b"]) + pickle.dumps(5)))
print(unpickler.load(), unpickler.memo.copy(), unpickler.load())
pickler.fast = 1
pickler.dump([shared, shared])
print(attempt(pickler.dump, looped_list)[0])

buffers = []
data = pickle.dumps([pickle.PickleBuffer(b"abc"), pickle.PickleBuffer(bytearray(b"def"))], 5, buffer_callback=buffers.append)
print(data, [bytes(buffer) for buffer in buffers], pickle.loads(data, buffers=buffers)[1].raw().tobytes())
print(pickle.dumps(pickle.PickleBuffer(b"abc"), 5), attempt(pickle.dumps, pickle.PickleBuffer(b"abc"), 4))
released = pickle.PickleBuffer(b"abc")
released.release()
print(attempt(released.raw))

# Less for runs that check the whole heap at every allocation.
DEPTH = int(os.environ.get("KAA_TEST_DEPTH", 200_000))
deep = []
for _ in range(DEPTH):
    deep = [deep]
print(attempt(pickle.dumps, deep)[0])
print(type(pickle.loads(b"]" * (DEPTH // 2) + b"a" * (DEPTH // 2 - 1) + b".")).__name__)
while deep:
    deep = deep[0]
