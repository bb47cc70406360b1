# What the module _opcode says about instructions.
import _opcode
import opcode


def shown(function, *args, **keywords):
    try:
        print(function(*args, **keywords))
    except Exception as error:
        print(type(error).__name__, error)


for name, number in sorted(opcode.opmap.items()):
    row = [getattr(_opcode, "has_" + what)(number) for what in ("arg", "const", "name", "jump", "free", "local", "exc")]
    effects = []
    for oparg in (None, 0, 1, 5, -1):
        for jump in (None, True, False):
            try:
                effects.append(_opcode.stack_effect(number, oparg, jump=jump))
            except ValueError:
                effects.append("invalid")
    print(name, "".join(".x"[has] for has in row), *effects)
shown(_opcode.stack_effect, 100000)
shown(_opcode.stack_effect, 52, "3")
shown(_opcode.stack_effect, 52, 3, jump=1)
shown(_opcode.is_valid, 137)
shown(_opcode.stack_effect, 137)
shown(_opcode.get_executor, 1, 0)
shown(_opcode.get_executor, shown.__code__, 0)
print(_opcode.get_intrinsic1_descs(), _opcode.get_intrinsic2_descs(), _opcode.get_special_method_names())
print(_opcode.get_nb_ops())
