"""Prints CPython's instruction table, one figure a line, for `cargo xtask check-instructions`."""

import dis
import importlib.util
import opcode
import os
import re
import sysconfig
import _opcode

EFFECTS = ("EVAL_BREAK", "DEOPT", "ERROR", "ESCAPES", "EXIT", "PURE", "PASSTHROUGH", "OPARG_AND_1", "ERROR_NO_POP", "NO_SAVE_IP")
ARGUMENTS = (0, 1, 2, 3, 7, 255, 256, 513, 70000)


def header():
    path = os.path.join(sysconfig.get_path("include"), "internal", "pycore_opcode_metadata.h")
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def cases(text, function):
    body = text[text.index(f"int {function}(int opcode, int oparg)  {{"):]
    return dict(re.findall(r"case (\w+):\s+return (.*?);", body[: body.index("default:")]))


def main():
    print("magic", int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little"))
    numbers = opcode.opmap | opcode._specialized_opmap
    for name, number in sorted(numbers.items(), key=lambda item: item[1]):
        kinds = [kind for kind in ("arg", "const", "name", "jump", "free", "local", "exc") if getattr(_opcode, "has_" + kind)(number)]
        print("op", number, name, opcode._inline_cache_entries.get(name, 0), *kinds)
        if name in opcode._specialized_opmap:
            continue
        for argument in ARGUMENTS:
            # Without an argument dis refuses one.
            given = argument if _opcode.has_arg(number) else None
            effects = (dis.stack_effect(number, given, jump=jump) for jump in (None, True, False))
            print("effect", name, argument, *effects)
    for base, family in opcode._specializations.items():
        for name in family:
            print("base", name, base)
    for index, (name, symbol) in enumerate(opcode._nb_ops):
        print("nb", index, name, symbol)
    for kind in ("intrinsic1_descs", "intrinsic2_descs", "special_method_names"):
        for index, name in enumerate(getattr(_opcode, "get_" + kind)()):
            print(kind, index, name)
    for index, value in enumerate(opcode._common_constants):
        print("common", index, value.__name__, repr(value))
    for index, symbol in enumerate(opcode.cmp_op):
        code = compile(f"a {symbol} b", "", "eval")
        argument = next(i.arg for i in dis.get_instructions(code) if i.opname == "COMPARE_OP")
        print("compare", index, symbol, argument)
    for index, name in enumerate(dis.FUNCTION_ATTR_FLAGS):
        print("attribute", 1 << index, name)

    text = header()
    if text is None:
        print("noheader")
        return
    popped, pushed = cases(text, "_PyOpcode_num_popped"), cases(text, "_PyOpcode_num_pushed")
    for name in popped:
        if name in opcode._specialized_opmap:
            continue
        for argument in ARGUMENTS:
            values = (eval(each[name], {"oparg": argument}) for each in (popped, pushed))
            print("stack", name, argument, *values)
    body = text[text.index("const struct opcode_metadata _PyOpcode_opcode_metadata[267] = {"):]
    for name, flags in re.findall(r"\[(\w+)\] = \{ true, [-\w]+, (.*?) \}", body[: body.index("};")]):
        found = [flag for flag in EFFECTS if f"HAS_{flag}_FLAG" in flags.split(" | ")]
        print("flags", name, *found)
    body = text[text.index("_PyOpcode_PseudoTargets[11] = {"):]
    for name, sequence, targets in re.findall(r"\[(\w+)-256\] = \{ (\d), \{ (.*?) \} \}", body[: body.index("};")]):
        print("pseudo", name, sequence, *(target for target in targets.split(", ") if target != "0"))


main()
