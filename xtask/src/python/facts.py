"""Says what an implementation of Python makes of sources, for `cargo xtask bytecode-diff`.

Arguments: output folder, and the plan as JSON: the aspects wanted, optimization levels, and flags of
`compile` with their names. Standard input: one path a line. For the n-th path the file n holds
records: name, length in bytes and a line end, then so many bytes. When it is written, n is printed.
"""

import contextlib
import dis
import io
import json
import marshal
import re
import sys
import warnings

sys.setrecursionlimit(20000)
ONLY_AST, TYPE_COMMENTS, OPTIMIZED_AST = 0x400, 0x1000, 0x8400


def disassembly(code):
    out = io.StringIO()
    dis.repr = stable_repr
    dis.dis(code, file=out)
    return re.sub(r"(?m)^(Disassembly of <code object .*) at 0x[0-9a-f]+, file ", r"\1 at 0x0, file ", out.getvalue())


def error_text(error):
    if not isinstance(error, SyntaxError):
        return f"{type(error).__name__}\nmessage {str(error)!r}\n"
    return (
        f"{type(error).__name__}\nmessage {error.msg!r}\n"
        f"line {error.lineno}, offset {error.offset}, end line {error.end_lineno}, end offset {error.end_offset}\n"
        f"text {error.text!r}\n"
    )


@contextlib.contextmanager
def warnings_caught():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def text_of(make):
    """The text that a function makes, or that of its error."""
    with warnings_caught():
        try:
            return make()
        except Exception as error:
            return "error " + error_text(error)


def tree_text(source, path, flags, level):
    # As ast.parse does it: compile is what takes flags.
    import ast

    tree = compile(source, path, "exec", flags, True, level)
    return ast.dump(tree, include_attributes=True)


def symbols_text(source, path):
    import _symtable

    lines = []
    pending = [(_symtable.symtable(source, path, "exec"), "")]
    while pending:
        table, indent = pending.pop()
        nested = " nested" if table.nested else ""
        lines.append(f"{indent}{table.name} type {table.type} line {table.lineno}{nested}")
        lines.append(f"{indent}  parameters: {' '.join(table.varnames)}")
        # Those that are only handed through come last, in the order of a set of CPython's.
        symbols = sorted(table.symbols.items(), key=lambda item: "" if item[1] & 0xFFF else item[0])
        lines += (f"{indent}  {name}: {flags:#x}" for name, flags in symbols)
        pending += ((child, indent + "    ") for child in reversed(table.children))
    return "\n".join(lines) + "\n"


def tokens_text(source):
    import tokenize

    lines, last = [], None
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            (row, column), (end_row, end_column) = token.start, token.end
            name = tokenize.tok_name[token.exact_type]
            lines.append(f"{row},{column}-{end_row},{end_column} {name} {token.string!r}")
            if token.line != last:
                last = token.line
                lines.append(f"  line {last!r}")
    except tokenize.TokenError as error:
        lines.append(f"TokenError {error.args[0]!r} {error.args[1]}")
    except Exception as error:
        lines.append("error " + error_text(error).rstrip("\n"))
    return "\n".join(lines) + "\n"


def records(path, plan):
    with open(path, "rb") as file:
        source = file.read()
    wanted = set(plan["aspects"])
    for name, flags in plan["flags"]:
        for level in plan["levels"]:
            variant = f" -O{level}{name}"
            code = refused = None
            with warnings_caught() as caught:
                try:
                    code = compile(source, path, "exec", flags, True, level)
                except Exception as error:
                    refused = error_text(error)
            if code is None:
                if "errors" in wanted:
                    yield "errors" + variant, refused
            else:
                if "code" in wanted:
                    # Held once more, as by the callers of importlib: marshal looks at that.
                    held = [code]
                    yield "code" + variant, marshal.dumps(code)
                if "dis" in wanted:
                    yield "dis" + variant, disassembly(code)
            if "warnings" in wanted:
                lines = (f"{w.lineno}: {w.category.__name__}: {w.message}\n" for w in caught)
                yield "warnings" + variant, "".join(lines)
            if "ast" in wanted:
                yield "ast optimized" + variant, text_of(lambda: tree_text(source, path, flags | OPTIMIZED_AST, level))
        if "ast" in wanted:
            yield "ast" + name, text_of(lambda: tree_text(source, path, flags | ONLY_AST, 0))
            with_comments = flags | ONLY_AST | TYPE_COMMENTS
            yield "ast with type comments" + name, text_of(lambda: tree_text(source, path, with_comments, 0))
    if "symtable" in wanted:
        yield "symtable", text_of(lambda: symbols_text(source, path))
    if "tokens" in wanted:
        yield "tokens", text_of(lambda: tokens_text(source))


def main():
    folder, plan = sys.argv[1], json.loads(sys.argv[2])
    for number, path in enumerate(sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines()):
        with open(f"{folder}/{number}", "wb") as file:
            for name, content in records(path, plan):
                if isinstance(content, str):
                    content = content.encode("utf-8", "surrogatepass")
                file.write(f"{name}\n{len(content)}\n".encode() + content)
        print(number, flush=True)


main()
