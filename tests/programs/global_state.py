"""sys, modules, docstrings, annotations, __main__."""
import sys
print(__name__, __doc__, __spec__, __package__, sys.argv[1:], sys.version_info[:2], sys.implementation.cache_tag)
def f(a: int, b: "str" = "x") -> None: "doc"
print(f.__annotations__, f.__doc__)
class C:
    x: int
    y: list[int] = []
print(C.__annotations__, sys.maxsize, sys.byteorder)
try:
    import no_such_module
except ModuleNotFoundError as e:
    print(e, e.name)
try:
    from sys import no_such_name
except ImportError as e:
    print(e)
import sys as system
from sys import path as p, argv
print(system is sys, p is sys.path, sys.modules["sys"] is sys, sys.exc_info())
try:
    1 / 0
except ZeroDivisionError:
    print(sys.exc_info()[0].__name__, sys.exception())
print(sys.intern("abc") is sys.intern("abc"), sys.getrecursionlimit(), type(sys).__name__)
assert True, "never"
try:
    assert 1 == 2, f"message {1}"
except AssertionError as e:
    print(e)
def late(x: Undefined): pass
try:
    late.__annotations__
except NameError as e:
    print(e)
