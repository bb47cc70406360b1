# Native operations that go through many objects end or raise RecursionError; they never overflow the
# stack. (Which of the two depends on how much of it they need. CPython crashes at some of them.)
import functools
import itertools
import operator
import os
import types

# Less for runs that check the whole heap at every allocation.
DEPTH = int(os.environ.get("KAA_TEST_DEPTH", 40_000))


def chain(step, start):
    value = start
    for _ in range(DEPTH):
        value = step(value)
    return value


def attempt(name, function):
    try:
        function()
    except (RecursionError, LookupError, AttributeError):
        pass
    print(name)


def linked(name, function):
    """An object with a method that is the native function that calls it."""

    class Own:
        pass

    setattr(Own, name, functools.partial(function))
    return Own()


proxies = chain(types.MappingProxyType, {})
attempt("proxy len", lambda: len(proxies))
attempt("proxy item", lambda: proxies[1])
attempt("proxy in", lambda: 1 in proxies)
attempt("proxy or", lambda: proxies | {})
attempt("proxy repr", lambda: repr(proxies))
slices = chain(slice, 1)
attempt("slice hash", lambda: hash(slices))
attempt("slice repr", lambda: repr(slices))
attempt("property", lambda: chain(property, len).__isabstractmethod__)
attempt("classmethod", lambda: chain(classmethod, len).__isabstractmethod__)
methods = chain(lambda m: types.MethodType(m, 1), len)
attempt("method hash", lambda: hash(methods))
attempt("method attribute", lambda: methods.missing)
attempt("map", lambda: list(chain(lambda m: map(int, m), iter([1]))))
attempt("chain", lambda: list(chain(itertools.chain, iter([1]))))
attempt("list repr", lambda: repr(chain(lambda x: [x], [])))
attempt("tuple hash", lambda: hash(chain(lambda x: (x,), ())))
attempt("__add__", lambda: linked("__add__", operator.add) + 1)
attempt("__len__", lambda: len(linked("__len__", len)))
attempt("__getattr__", lambda: linked("__getattr__", getattr).name)
attempt("__getitem__", lambda: linked("__getitem__", operator.getitem)[1])
attempt("__repr__", lambda: repr(linked("__repr__", repr)))
attempt("__hash__", lambda: hash(linked("__hash__", hash)))
attempt("__eq__", lambda: linked("__eq__", operator.eq) == 1)
attempt("__iter__", lambda: iter(linked("__iter__", iter)))
attempt("__next__", lambda: next(linked("__next__", next)))
attempt("__bool__", lambda: bool(linked("__bool__", bool)))
attempt("__index__", lambda: operator.index(linked("__index__", operator.index)))
attempt("__neg__", lambda: -linked("__neg__", operator.neg))
