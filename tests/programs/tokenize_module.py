# The tokens that _tokenize finds, and the errors that end them.
import _tokenize


def show(source, extra):
    print(repr(source), extra)
    try:
        for token in _tokenize.TokenizerIter(iter(source.splitlines(True)).__next__, extra_tokens=extra):
            print("  ", token)
    except Exception as error:
        print("  ", type(error).__name__, error.args, error.lineno, error.offset, error.text)


for source in ["x = 1 # c\n", "x=1", "if x:\n  y\n\n# c\nz\n", "if x:\n  y", "a\r\nb\r\n", "'''a\nb''' c\n",
               "f'''a\n{x:>{3}}b\n''' + 1\n", "(\n", "x\\\n+1\n", "x\\\n", "'abc # d\n", "'''abc\n", "if 1:\n  x\n y\n",
               "1a\n", "0777\n", "$\n", "!\n", "é=1\n", "€\n", "1_\n", "f'{{a}}'\n", "a\x00b\n", "x\\ y\n", "\n", "", "# c",
               "if 1:\n\tx\n        y\n", ")\n", "(]\n", "'''a\r\nb'''\r\n", "x=(\n# c\n1,\n\n2)\n", "x = '\\\n'\n",
               "@a->b<>c!=d\n", "def f():\n    pass\n    # c\n# d\n\n\n", "f\"{'a'\n", "f'''\n{x}\n{y}\n'''\n"]:
    for extra in (True, False):
        show(source, extra)

try:
    list(_tokenize.TokenizerIter(iter(["x\n", b"y"]).__next__, extra_tokens=True))
except TypeError as error:
    print(error)
for arguments, keywords in [((), {}), ((1, 2), {}), ((1,), {}), ((1,), {"extra_tokens": 1, "encoding": 3})]:
    try:
        _tokenize.TokenizerIter(*arguments, **keywords)
    except TypeError as error:
        print(error)
