"""What `argparse` asks for when it is about to print, and not before."""

import os
import sys


def columns():
    """The width of the terminal, as `shutil.get_terminal_size` finds it."""
    if shutil := sys.modules.get('shutil'):
        # It may have been replaced.
        return shutil.get_terminal_size().columns
    try:
        columns = int(os.environ['COLUMNS'])
    except (KeyError, ValueError):
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns
        except (AttributeError, ValueError, OSError):
            pass  # No terminal.
    return columns if columns > 0 else 80


def put_off(formatter, color):
    """Has the theme of a formatter chosen when it is first asked for."""
    state = vars(formatter)
    state.pop('_theme', None)
    state.pop('_decolor', None)
    formatter._color = color


class Chosen:
    """An attribute of formatters that is not there until it is asked for."""

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, formatter, owner=None):
        if formatter is None:
            raise AttributeError(f"type object {owner.__name__!r} has no attribute {self.name!r}")
        from _colorize import can_colorize, decolor, get_theme

        if formatter._color and can_colorize():
            theme, decolor = get_theme(force_color=True).argparse, decolor
        else:
            theme, decolor = get_theme(force_no_color=True).argparse, _same
        state = vars(formatter)
        state.setdefault('_theme', theme)
        state.setdefault('_decolor', decolor)
        return state[self.name]


def _same(text):
    return text
