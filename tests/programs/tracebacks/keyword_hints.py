# The module traceback proposes the keyword that was meant, from what the parser says of the source.
import traceback

SOURCES = [
    "with block ad something:\n  pass",
    "for a in b:\n  pass\nelso:\n  pass",
    "if x:\n  pass\nelseif y:\n  pass",
    "whille True:\n  pass",
    "impor math",
    "def foo():\n  returm result",
    "[123 fur x\nin range(3)\nif x]",
    "if x:\n  a\nelse:\n  b b",
    "try:\n  a\nexcept b:\n  c\nfinaly:\n  d",
    "def f():\n  for a in b:\n    pass\n  elso:\n    pass",
    "x = (1 2)",
]
for source in SOURCES:
    try:
        compile(source, "source", "exec")
    except SyntaxError as error:
        print(error._metadata[:2], error._metadata[2] == source + "\n")
        print("".join(traceback.format_exception_only(error)))


class Hidden:
    visible = 1

    def __getattr__(self, name):
        raise AttributeError


try:
    Hidden().visable
except AttributeError as error:
    print(error.name, type(error.obj).__name__, "".join(traceback.format_exception_only(error)))


def wrapped():
    try:
        raise ValueError(1)
    except* ValueError as group:
        line = group.__traceback__.tb_lineno - wrapped.__code__.co_firstlineno
    return line


print(wrapped())
