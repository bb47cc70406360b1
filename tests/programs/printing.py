"""print, repr of everything, input-free builtins."""
print(1, "a", None, sep="|", end="!\n")
print(*[1, 2], sep="", end="")
print()
print(print, len, int.real, "".join, [].append is not None, type, object)  if False else print(len, type, int, None, ..., NotImplemented)
print(abs(-3), abs(-2.5), bin(5), chr(97), ord("é"), divmod(7, -2), hex(-1), isinstance(1, (str, int)), pow(2, 10), round(3.14159, 3), sum([1, 2], 10))
print(callable(len), getattr(1, "imag"), getattr(1, "nope", "default"), hasattr("", "join"), id(None) == id(None), len({1: 2}), repr("x"), vars().get("__name__"))
print(list(map(lambda a, b: a + b, [1, 2], [3, 4])), list(filter(lambda x: x > 1, [1, 2, 3])), sorted([3, 1]), type(1) is int, bool([]), format(5, "03"))
class C:
    def __repr__(self): return "C-repr"
class D:
    def __str__(self): return "D-str"
print(C(), [C()], str(C()), D(), f"{C()}", {C: 1}.__len__())
class E:
    def __repr__(self): return 5
try:
    repr(E())
except TypeError as e:
    print(e)
for bad in ("print(sep=1)", "print(1, foo=2)", "len()", "abs()", "chr('a')", "sum('ab')", "sum(['a'], '')", "isinstance(1, 2)", "int([])", "ord(5)", "getattr(1)", "round('a')", "hash({})", "pow('a', 2)", "type(1, 2)", "sorted(1)", "max(1)", "zip(1)", "map(1)", "setattr(1, 'a', 2)", "open"[:0] or "dir(1, 2)"):
    try:
        print(eval(bad))
    except Exception as e:
        print(bad, "->", type(e).__name__, e)
import sys
print("to stderr", file=sys.stderr)
class W:
    def __init__(self): self.parts = []
    def write(self, s): self.parts.append(s)
w = W()
print("a", 1, file=w)
print(w.parts)
