"""Deep recursion ends in RecursionError, in functions, reprs and comparisons."""
import os
import sys
# Less for runs that check the whole heap at every allocation.
DEPTH = int(os.environ.get("KAA_TEST_DEPTH", 100_000))
def f(n): return 0 if n == 0 else 1 + f(n - 1)
print(f(900))
for call in ("f(10 ** 6)",):
    try:
        eval(call)
    except RecursionError as e:
        print(e)
l = []
for _ in range(DEPTH): l = [l]
try:
    repr(l)
except RecursionError as e:
    print(type(e).__name__)
class R:
    def __getattr__(self, n): return getattr(self, n + "x")
try:
    R().a
except RecursionError as e:
    print(type(e).__name__)
old = sys.getrecursionlimit()
sys.setrecursionlimit(200)
def depth(n=0):
    try:
        return depth(n + 1)
    except RecursionError:
        return n
print(150 < depth() < 200)
sys.setrecursionlimit(old)
try:
    sys.setrecursionlimit(0)
except ValueError as e:
    print(e)
def gen(n):
    if n: yield from gen(n - 1)
    yield n
print(sum(gen(200)))
def even(n): return True if n == 0 else odd(n - 1)
def odd(n): return False if n == 0 else even(n - 1)
print(even(500))
