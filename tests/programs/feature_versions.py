# ast.parse(..., feature_version=(3, N)) refuses syntax that came later.
import ast

SOURCES = [
    "(x := 1)",
    "match x:\n case 1: pass",
    "def f(a, /): pass",
    "with (a as b, c as d): pass",
    "type X = int",
    "x: int = 1",
    'f"{x}"',
    "async def f(): await x",
    "async def f(): pass",
    "async def f():\n async for x in y: pass",
    "async def f(): return [x async for x in y]",
    "async def f():\n async with x: pass",
    "def f[T](): pass",
    "def f[T = int](): pass",
    "try: pass\nexcept* E: pass",
    "@x[0]\ndef f(): pass",
    "1_000",
    "print(*a, **b)",
    't"a"',
    "try: pass\nexcept A, B: pass",
    "a @ b",
    "lambda a, /: a",
    "x = 1; x x",
]
for version in range(4, 15):
    for source in SOURCES:
        try:
            ast.parse(source, feature_version=(3, version))
        except SyntaxError as error:
            print(version, repr(source), error.msg, error.lineno, error.offset, error.end_offset)
compile("(x := 1)", "source", "exec", _feature_version=4)
