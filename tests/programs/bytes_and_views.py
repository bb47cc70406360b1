"""bytes, bytearray, memoryview."""
b = b"Hello\x00\xff"
print(b, b[0], b[1:3], b.hex(), bytes.fromhex("48 65"), b.find(b"l"), b.replace(b"l", b"L"), list(b), bytes(3), bytes([1, 2]), b"%d-%s" % (5, b"x"))
a = bytearray(b"abc")
a.append(100); a.extend(b"ef"); a[0] = 65; a[1:2] = b"XYZ"; del a[-1]
print(a, a.pop(), a.decode(), a == b"AXYZcd", a.upper(), bytes(a), len(a), a * 2, a + b"!")
m = memoryview(a)
m[0] = 122
print(a[0], m[1:3].tobytes(), m.tolist()[:2], m.readonly, len(m), memoryview(b"xy") == b"xy", m.format, m.itemsize)
try:
    a.append(1)
except BufferError as e:
    print(e)
m.release()
a.append(1)
for text in ("b'a' + 'a'", "bytes('é')", "bytes([256])", "b'x'[5]", "bytearray(b'a')[0:1] + 1", "memoryview(5)", "b'é'", "bytes(-1)", "b'a' in 'abc'", "bytes.fromhex('4')"):
    try:
        print(eval(text))
    except Exception as e:
        print(text, "->", type(e).__name__, str(e).split(" (")[0])
print(b"a,b".split(b","), b" x ".strip(), b"ab".join([b"1", b"2"]), b"AbC".swapcase(), b"abc".translate(None, b"b"), b"a" < b"b", b"\n\t'\"\\", b'"', b"x".center(5, b"*"), hash(b"a") == hash(bytes(b"a")), 97 in b"abc", b"bc" in b"abc")
