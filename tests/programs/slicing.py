"""Slices of lists, tuples, strings, bytes and ranges, with and without steps."""
for seq in (list(range(10)), tuple("abcdefghij"), "0123456789", b"abcdefghij", range(0, 100, 10)):
    print(seq[2:5], seq[:3], seq[-3:], seq[::3], seq[::-1], seq[8:2:-2], seq[5:2], seq[-100:100], seq[-1])
x = list(range(10))
x[2:4] = []
x[::2] = "abcd"
print(x)
x[3:3] = [7, 7]
print(x)
del x[-2:]
x[:] = x[::-1]
print(x)
for stmt in ("x[::2] = [1]", "x[10]", "x['a']", "x[1.0]", "()[0]", "''[1]", "x[::0]", "x[1:2] = 5", "x[99] = 1", "del x[99]", "range(3)[5]", "b'a'[2]"):
    try:
        exec(stmt)
    except Exception as e:
        print(stmt, "->", type(e).__name__, e)
print(slice(1, 2), slice(None, 5).indices(3), slice(-1, None, -1).indices(4), slice(1, 2) == slice(1, 2))
class Show:
    def __getitem__(self, key): return key
    def __setitem__(self, key, value): print("set", key, value)
    def __delitem__(self, key): print("del", key)
s = Show()
print(s[1], s[1:2], s[::], s[1, 2:3], s[...], s[()])
s[1:2] = 3
del s[:, 0]
