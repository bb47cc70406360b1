"""Texts of objects that do not change from run to run: stands before the other scripts."""

import re
import types


def stable_repr(value):
    """As repr, without addresses, and sets in the order of their items' texts."""
    if isinstance(value, types.CodeType):
        return re.sub(r" at 0x[0-9a-f]+, file ", " at 0x0, file ", repr(value), count=1)
    if isinstance(value, tuple):
        return "(" + ", ".join(map(stable_repr, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, frozenset) and value:
        return "frozenset({" + ", ".join(sorted(map(stable_repr, value))) + "})"
    return repr(value)


