# What argparse chooses when it prints: width and colors.
import argparse
import os
import shutil
import sys

for name in ('COLUMNS', 'LINES', 'NO_COLOR', 'FORCE_COLOR', 'PYTHON_COLORS'):
    os.environ.pop(name, None)
os.environ['TERM'] = 'xterm'


def parser(**more):
    p = argparse.ArgumentParser(prog='tool', description='What the tool does, told in more words than fit into a narrow line.', **more)
    p.add_argument('path', nargs='*', help='what to look at')
    p.add_argument('-n', '--number', type=int, default=3, help='how many (%(default)s)')
    p.add_argument('--verbose', action='store_true')
    sub = p.add_mutually_exclusive_group()
    sub.add_argument('--old', metavar='DATE', help='only what is older than that')
    sub.add_argument('--new', choices=['day', 'week'])
    return p


print(parser().format_help())
for columns in ('40', '0', 'many', '120'):
    os.environ['COLUMNS'] = columns
    print(columns, parser().format_usage())
del os.environ['COLUMNS']

# The parser is there before the environment changes.
p = parser()
os.environ['FORCE_COLOR'] = '1'
print(ascii(p.format_usage()))
print(ascii(parser(color=False).format_usage()))
del os.environ['FORCE_COLOR']
print(ascii(parser(color=True).format_usage()))

# A formatter of one's own.
class Wide(argparse.HelpFormatter):
    def __init__(self, prog, **more):
        super().__init__(prog, width=200, **more)


print(parser(formatter_class=Wide).format_usage())
formatter = argparse.HelpFormatter('x')
formatter._set_color(True)
print(formatter._decolor('plain'), ascii(formatter._theme.usage), hasattr(argparse.HelpFormatter, '_theme'))
formatter._theme = 'own'
print(formatter._theme)

# Sub-commands take their program's name from a usage without colors.
os.environ['FORCE_COLOR'] = '1'
p = parser()
commands = p.add_subparsers()
print(ascii(commands.add_parser('run').prog))
del os.environ['FORCE_COLOR']


# Who replaces the function of shutil is asked.
def size(fallback=(80, 24)):
    return os.terminal_size((50, 20))


shutil.get_terminal_size = size
print(parser().format_usage())
try:
    p.parse_args(['--number', 'x'])
except SystemExit as e:
    print(e.code)
