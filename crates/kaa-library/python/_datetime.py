"""`_datetime`, by the library's own module in Python: a native one is not built."""

from _pydatetime import *
from _pydatetime import __all__, __doc__
