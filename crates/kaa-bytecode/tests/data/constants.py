"""Every kind of constant."""

NUMBERS = (0, -5, 256, 257, 2**31, -(2**31), 2**63, -(2**100), 10**40, 0.1, -0.0, 1e300, 2.5j, 1000, 1000)
TEXTS = ("", "a", "é", "name_like", "two words", "two words", "żółw", "\ud800", "x" * 300, b"", b"x", b"bytes", b"bytes")
SINGLES = (None, True, False, ..., (), ((), (None,), (True,)))


def function(value, items):
    if value in {1, "two words", 2.5, b"bytes"}:
        return items[1:2], items[::1000], items[None:"k"]
    return f"{value:{items}}" "tail %", (1, ("two words", 1000))


def other(value):
    return t"hello {value!r}", 2.5, "two words", items[1:2]
