# What marshal writes and reads keeps what is shared, and values that hold themselves.
import io
import marshal

shared = ["a"]
value = marshal.loads(marshal.dumps((shared, {"k": shared}, shared)))
print(value, value[0] is value[2] is value[1]["k"])
loop = []
loop.append(loop)
again = marshal.loads(marshal.dumps(loop))
print(again, again[0] is again)
held = ({},)
held[0]["self"] = held
again = marshal.loads(marshal.dumps(held))
print(again[0]["self"] is again)
for data in (b"\xdb\x01\0\0\0r\0\0\0\0", b"\xa8\x01\0\0\0[\x01\0\0\0r\0\0\0\0"):
    print(marshal.loads(data))


def error(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


for version in range(6):
    print(version, error(marshal.dumps, loop, version), error(lambda: marshal.loads(marshal.dumps(slice(1, 2), version))))
around = slice([], None)
around.start.append(around)
print(error(marshal.dumps, around))
for value in (object(), [int], {1: {2: print}}, bytearray(b"ab"), memoryview(b"cd"), type("I", (int,), {})(5)):
    print(error(marshal.dumps, value))
for data in (b"", b"[", b"?", b"0", b"u\x02\0\0\0\xff\xfe", b"\xbe\x01\0\0\0r\0\0\0\0", b"\xfbr\0\0\0\0N0"):
    print(data, error(marshal.loads, data))

# Code objects of several files, and in other values.
one, two = compile("x", "one", "exec"), compile("y = 'text'", "two", "exec")
codes = marshal.loads(marshal.dumps([one, two, one]))
print([code.co_filename for code in codes], codes[0] is codes[2], codes[0] == one, codes[1] == two)
print(error(marshal.dumps, [one], allow_code=False), error(marshal.loads, marshal.dumps([one]), allow_code=False))

# Streams are read as far as the object goes, and no further.
stream = io.BytesIO()
for value in (1, ("a", [b"b", 2.5]), one, {"k": None}, 2**100):
    marshal.dump(value, stream)
    stream.write(b"between")
stream.seek(0)
for _ in range(5):
    print(type(marshal.load(stream)).__name__, stream.read(7))


class Stream(io.BytesIO):
    def readinto(self, buffer):
        return super().readinto(buffer) + 10**6


print(error(marshal.load, Stream(marshal.dumps("abcdef"))))
print(error(marshal.load, io.StringIO("N")), error(marshal.load, io.BytesIO(b"i\0")), error(marshal.load, io.BytesIO()))


class Item:
    def __hash__(self):
        return 0

    def __buffer__(self, flags):
        items.update(range(1000, 1400))
        return memoryview(b"abc")


items = {Item(), *range(1, 60)}
print(error(marshal.dumps, items))
