# What compile() takes and refuses: sources, names of files, modes, flags, versions.
import ast
import warnings

warnings.simplefilter("ignore")


class Path:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


class Index:
    def __index__(self):
        return 1


def show(label, *args, **kwargs):
    try:
        result = compile(*args, **kwargs)
    except Exception as error:
        print(label, type(error).__name__, ascii(error.args))
        return
    if isinstance(result, ast.AST):
        print(label, ast.dump(result))
    else:
        print(label, ascii(result.co_filename), result.co_flags, len(result.co_code))


for source in ("1", b"1", bytearray(b"1"), memoryview(b"12345")[::2], None, 1, Path("1"), "1\0", b"1\0", "\ud800",
               b"\xff", b"# coding: ascii\n\xff", b"# coding: hex_codec\n1", b"# coding: nothing\n1", "\ufeff1",
               b"Tru\xe1\xb5\x89", "\\", "x\\"):
    show("source", source, "f", "exec")
for filename in (b"f", b"\xff", "\udcff", "", Path("p"), Path(b"p"), Path(3), None, bytearray(b"x"), "a\0b", b"a\0b"):
    show("filename", "1", filename, "exec")
for mode in ("exec", "single", "func_type", "Exec", "ex\0ec", "\ud800", None, b"exec"):
    show("mode", "1", "f", mode)
    show("mode of a tree", "1", "f", mode, ast.PyCF_ONLY_AST)
for flags in (0x10, 0x100, 0x200, 0x1000000, 0x2000000, -1, 2**31, "1", None, Index()):
    show("flags", "1", "f", "exec", flags)
for optimize in (-2, 0, 2, 3, 2**64, None, Index()):
    show("optimize", "'doc'\nassert x", "f", "exec", optimize=optimize)
for version in (-1, 5, 8, 100, 2**40):
    show("version", "x: int", "f", "exec", ast.PyCF_ONLY_AST, _feature_version=version)
show("missing", "1")
show("unknown", "1", "f", "exec", other=1)
show("twice", "1", "f", "exec", source="2")
show("await", "await x", "f", "exec")
show("await", "await x", "f", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
show("incomplete", "if x:", "f", "exec", 0x4000)
show("incomplete", "(", "f", "single", 0x4200)
show("signature", "(int, *str) -> x", "f", "func_type", ast.PyCF_ONLY_AST)
show("comment", "x = 1 # type: int", "f", "exec", ast.PyCF_ONLY_AST | ast.PyCF_TYPE_COMMENTS)

# Warnings of the compiler come when code is made of a tree, not when the tree is.
warnings.simplefilter("error")
source = "def f():\n  try: pass\n  finally: return 1\n"
tree = ast.parse(source)
ast.parse(source, optimize=1)
show("warning", tree, "f", "exec")

# As deep as the stack allows, and no deeper.
compile("a" + ".b" * 900, "f", "eval")
for text in ("a" + ".b" * 300_000, "a" + "*a" * 300_000):
    try:
        compile(text, "f", "eval")
    except RecursionError:
        print("too deep")
namespace = {}
exec("from __future__ import annotations\ndef f(a: u'x', b: 'y'): pass", namespace)
print(namespace["f"].__annotations__)
