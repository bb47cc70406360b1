"""Two functions of CPython's own test extension, by what they stand for: printing as the
interpreter prints what nobody caught."""

import sys
import traceback


def exception_print(exception, legacy=False):
    sys.__excepthook__(type(exception), exception, getattr(exception, "__traceback__", None))


def traceback_print(tb, file):
    file.write("Traceback (most recent call last):\n")
    traceback.print_tb(tb, file=file)
