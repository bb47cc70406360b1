"""Stands in for an extension module of CPython's that test files import before anything else, so
that their methods that need nothing of it can run. Those that do need it fail."""


def _py_getbuiltwithassert():
    return False
