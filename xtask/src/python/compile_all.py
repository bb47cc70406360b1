"""Compiles files and dumps what came out, for `cargo xtask` to compare with.

Arguments: output folder, optimization level, "facts" or "". Standard input: one path a line.
For the n-th path it writes n.pyc or n.error, and prints n when done. With "facts", n.facts says
what `dis` and the code object's own methods make of it.
"""

import contextlib
import dis
import importlib._bootstrap_external as bootstrap
import io
import json
import re
import sys
import types
import warnings

sys.setrecursionlimit(20000)


def code_objects(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_objects(constant)


def disassembly(code, **options):
    out = io.StringIO()
    dis.repr = stable_repr
    with contextlib.redirect_stdout(out):
        dis.dis(code, **options)
    return re.sub(r"(?m)^(Disassembly of <code object .*) at 0x[0-9a-f]+, file ", r"\1 at 0x0, file ", out.getvalue())


def write_facts(code, out):
    for each in code_objects(code):
        print("code", ascii(each.co_qualname), file=out)
        print("lines", *(f"{a},{b},{c}" for a, b, c in each.co_lines()), file=out)
        positions = (",".join(str(-1 if p is None else p) for p in position) for position in each.co_positions())
        print("positions", *positions, file=out)
    out.write(disassembly(code))
    out.write(disassembly(code, show_caches=True, show_offsets=True, depth=1))
    out.write(disassembly(code, show_positions=True, depth=1))


def syntax_error(error):
    fields = ("msg", "lineno", "offset", "end_lineno", "end_offset", "text")
    found = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, SyntaxError):
        found |= {field: getattr(error, field) for field in fields}
    return found


def main():
    folder, optimize, facts = sys.argv[1:]
    warnings.simplefilter("ignore")
    for number, path in enumerate(sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines()):
        stem = f"{folder}/{number}"
        try:
            with open(path, "rb") as file:
                source = file.read()
            code = compile(source, path, "exec", dont_inherit=True, optimize=int(optimize))
        except Exception as error:
            with open(stem + ".error", "w", encoding="ascii") as file:
                json.dump(syntax_error(error), file)
        else:
            with open(stem + ".pyc", "wb") as file:
                # Held once more, as by the callers of importlib: marshal looks at that.
                held = [code]
                file.write(bootstrap._code_to_timestamp_pyc(code, 1, len(source)))
            if facts:
                text = io.StringIO()
                write_facts(code, text)
                with open(stem + ".facts", "w", encoding="utf-8", errors="replace") as file:
                    file.write(text.getvalue())
        print(number, flush=True)


main()
