"""Accelerator of pickle: for now the classes and functions that pickle itself has."""

# pickle imports this module twice: in its first lines, where this fails and tells it that there
# is no PickleBuffer, and in its last, when all the names are there.
from pickle import (
    PickleError,
    PicklingError,
    UnpicklingError,
    _dump as dump,
    _dumps as dumps,
    _load as load,
    _loads as loads,
    _Pickler as Pickler,
    _Unpickler as Unpickler,
)
