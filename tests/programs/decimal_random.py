"""Random operations of decimal: prints checksums of their results and flags.

With arguments SEED COUNT it prints each operation: to be compared between implementations.
"""

import random
import sys
import zlib
from decimal import *

SEED, COUNT = (int(argument) for argument in sys.argv[1:3]) if len(sys.argv) > 2 else (1, 1500)
R = random.Random(SEED)
SPECIAL = (
    "0 -0 0E+3 0E-5 NaN sNaN -NaN12 sNaN7 Infinity -Infinity 1 -1 10 1E+3 0.1 9.99 -5 2 3 0.5 1.5 2.5 1E-7 -1E+20 "
    "1.000 99999 100"
).split()
LENGTHS = [1, 2, 3, 5, 9, 12, 17, 18, 19, 20, 27, 28, 29, 35, 36, 37, 38, 39, 40, 55, 80, 120]
UNARY = (
    "abs minus plus next_minus next_plus normalize to_integral_exact to_integral_value sqrt logb logical_invert "
    "copy_negate number_class to_sci_string to_eng_string is_normal is_subnormal _apply"
).split()
FUNCTIONS = "exp ln log10".split()
BINARY = (
    "add subtract multiply divide divide_int remainder remainder_near divmod compare compare_signal compare_total "
    "compare_total_mag max min max_mag min_mag next_toward quantize same_quantum copy_sign logical_and logical_or "
    "logical_xor"
).split()
SHIFTS = "scaleb shift rotate".split()
ROUNDINGS = [ROUND_UP, ROUND_DOWN, ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_05UP]


def digits(count):
    return "".join(R.choice("0123456789" if R.random() < 0.7 else "0059") for _ in range(count))


def operand():
    kind = R.random()
    if kind < 0.25:
        return Decimal(R.choice(SPECIAL))
    n = R.choice(LENGTHS) if kind < 0.97 else R.randrange(200, 900)
    text = digits(n)
    if R.random() < 0.25:
        text = R.choice(["9" * n, "1" + "0" * (n - 1), "5" + "0" * (n - 1), "4" + "9" * (n - 1)])
    near, far, farther = R.randrange(-40, 40), R.randrange(-400, 400), R.randrange(-1000, 1000)
    exponent = R.choice([0, 0, 0, 0, R.randrange(-5, 5), near, -n, -n + 1, -n - 2, far, farther])
    return Decimal(f"{R.choice(['', '-'])}{text}E{exponent}")


def small():
    return Decimal(f"{R.choice(['', '-'])}{digits(R.choice([1, 1, 2, 3]))}E{R.choice([0, 0, 0, -1, -2, 1])}")


def specification():
    spec = R.choice(["", "*", "\u00e9", "0"]) + R.choice("<>=^") if R.random() < 0.3 else ""
    spec += R.choice(["", "", "+", "-", " "]) + R.choice(["", "", "z"]) + R.choice(["", "", "#"])
    spec += R.choice(["", "", "", "0"]) + R.choice(["", "5", "12", "20", "30"]) + R.choice(["", "", ",", "_"])
    return spec + R.choice(["", "", ".0", ".1", ".3", ".10", ".5_", ".7,"]) + R.choice(["", *"eEfFgG%n"])


def context():
    if R.random() < 0.01:
        return Context(prec=R.choice([200, 1000]), traps=[])
    return Context(
        prec=R.choice([1, 2, 3, 5, 9, 16, 17, 18, 19, 28, 28, 28, 34, 35, 36, 37, 38, 50, 75]),
        rounding=R.choice(ROUNDINGS),
        Emin=R.choice([-6, -50, -400, -999999]),
        Emax=R.choice([6, 50, 400, 999999]),
        clamp=R.randrange(2),
        capitals=R.randrange(2),
        traps=[],
    )


def conversions(a):
    if not a.is_finite() or abs(a.adjusted()) >= 300:
        return a.as_tuple(), bool(a), str(a), repr(a)
    integers = int(a), a.__floor__(), a.__ceil__(), round(a), a.as_integer_ratio()
    return integers, float(a), hash(a), a.as_tuple(), bool(a), a.adjusted()


def comparisons(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b


def operation(c):
    """The name of an operation, its operands, and the call."""
    kind = R.random()
    if kind < 0.2:
        name = R.choice(UNARY)
        return name, [operand()], getattr(c, name)
    if kind < 0.26:
        name = R.choice(FUNCTIONS)
        return name, [R.choice([operand, small])()], getattr(c, name)
    if kind < 0.3:
        return "power", [R.choice([operand, small])(), small()], c.power
    if kind < 0.31:
        return "power", [operand(), small(), operand()], c.power
    if kind < 0.34:
        return "fma", [operand(), operand(), operand()], c.fma
    if kind < 0.38:
        a, spec = operand(), specification()
        return "format", [a, spec], format if -60 < a.adjusted() < 60 else lambda a, spec: None
    if kind < 0.41:
        return "convert", [operand()], conversions
    if kind < 0.43:
        return "create", [operand()], lambda a: (c.create_decimal(str(a)), c.create_decimal(a))
    if kind < 0.45:
        f = R.uniform(-1, 1) * 10 ** R.randrange(-30, 30)
        return "float", [f], lambda f: (Decimal(f), c.create_decimal_from_float(f), Decimal(f) == f, Decimal(str(f)) < f)
    if kind < 0.5:
        return "compare", [operand(), operand()], comparisons
    if kind < 0.52:
        i = R.getrandbits(R.choice([5, 60, 64, 100, 128, 130, 500, 3000])) - R.getrandbits(60)
        return "int", [i], lambda i: (Decimal(i), c.create_decimal(i), int(Decimal(i)) == i, c.plus(i))
    if kind < 0.57:
        name = R.choice(SHIFTS)
        return name, [operand(), R.choice([small(), operand(), Decimal(R.randrange(-40, 40))])], getattr(c, name)
    name = R.choice(BINARY)
    return name, [operand(), operand()], getattr(c, name)


checksum = 0
for index in range(1, COUNT + 1):
    c = context()
    name, operands, call = operation(c)
    try:
        with localcontext(c):
            result = call(*operands)
    except Exception as e:
        result = type(e).__name__, str(e)
    flags = [signal.__name__ for signal, met in c.flags.items() if met]
    limits = c.prec, c.rounding, c.Emin, c.Emax, c.clamp
    line = f"{name} {operands} {limits} -> {result} {flags}"
    if len(sys.argv) > 2:
        print(line)
    checksum = zlib.crc32(line.encode(), checksum)
    if index % 100 == 0:
        print(index, checksum)
