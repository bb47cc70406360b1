"""The module decimal: what it has, conversions, contexts, signals, messages."""

import copy
import decimal
import pickle
import threading
from decimal import *
from fractions import Fraction

D = Decimal


def show(*values):
    print(*(repr(value) for value in values))


def error(call, *args, **kwargs):
    try:
        show(call(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__, e)


print(sorted(name for name in dir(decimal) if not name.startswith("_")))
print(decimal.__version__, decimal.__libmpdec_version__, HAVE_THREADS, HAVE_CONTEXTVAR)
print(MAX_PREC, MAX_EMAX, MIN_EMIN, MIN_ETINY, decimal.IEEE_CONTEXT_MAX_BITS)
for name in sorted(dir(Decimal) + dir(Context)):
    print(name, end=" ")
print()
for signal in (DecimalException, InvalidOperation, ConversionSyntax, DivisionUndefined, DivisionByZero, Overflow, Underflow, FloatOperation):
    print([base.__name__ for base in signal.__mro__])

# Construction
for value in ["  1.50\n", "1_000", "\u0661\u0662.\u0663", "-Infinity", "nan0012", "1e-400", 10**40, -5, True, 0.1, -0.0, float("inf"), (1, (1, 2, 3), -2), [0, [], 5], (0, (1,), "F"), (1, (4, 5), "N"), D("7")]:
    show(D(value))
for value in ["", "1 2", "\u00e91", None, (1, 2), (2, (1,), 1), (0, (10,), 1), (0, (1,), "x"), (0, 1, 1), (0, (1,), 1.5), b"1", 1j]:
    error(D, value)
error(D, "1", 2)
error(D, 1, None, 3)
error(D, value="12", context=None)
show(D.from_float(0.5), D.from_number(3), D.from_number(0.25))
error(D.from_float, "1")
error(D.from_number, "1")
with localcontext(prec=3, traps=[]) as context:
    show(context.create_decimal("1.23456"), context.create_decimal(12345), context.create_decimal(1 / 3), context.create_decimal(" 1"))
    show(context.create_decimal_from_float(1e10), context.create_decimal("NaN12345"), D("1.23456"))
    print(context)

# Operators with other types
show(D(1) + 2, 3 - D("0.5"), 2 * D("1.10"), 7 // D(2), D(-7) % 3, divmod(D(-7), 2), 2 ** D(3), pow(D(3), 100, 7))
for other in (1.5, "1", None, Fraction(1, 2)):
    error(lambda: D(1) + other)
    error(lambda: D(1) < other)
    show(D(1) == other, D("1.5") == other, D("0.5") == other)
show(D(1) == 1 + 0j, D(1) == 1j, D("0.1") == 0.1, D("0.5") < 1, D("NaN") == D("NaN"), D("NaN") != 1)
error(lambda: D("NaN") < 1)
error(lambda: D("sNaN") == 1)
show(hash(D("1.0")) == hash(1), hash(D("0.5")) == hash(0.5), hash(D("1e30")) == hash(10**30), hash(D(1) / 3 * 3 == 1), hash(D("-inf")) == hash(float("-inf")))
show(hash(D(3) / 8) == hash(Fraction(3, 8)), hash(D("1e-20")) == hash(Fraction(1, 10**20)))
error(hash, D("sNaN"))
show(abs(D("-1.5")), -D("0"), +D("-0"), bool(D("0.0")), bool(D("0.1")), int(D("-12.9")), float(D("1e-5")), complex(D(2)))
show(D("2.5").__round__(), round(D("2.675"), 2), round(D("12345"), -2), D("2.5").__floor__(), D("2.5").__ceil__(), D("-2.5").__trunc__())
for special in ("nan", "inf"):
    error(int, D(special))
    error(D(special).as_integer_ratio)
error(float, D("snan"))
show(D("0.125").as_integer_ratio(), D("-1.20E+3").as_integer_ratio(), D(0.1).as_integer_ratio())
show(D("-1.20E+3").as_tuple(), D("inf").as_tuple(), D("nan12").as_tuple(), D("snan").as_tuple())
show(D("1.5").real, D("1.5").imag, D("1.5").conjugate(), D(7).radix(), D("1E+3").adjusted())

# Formats
for spec in ["", "f", ".2f", "e", ".3e", "g", ".3g", "%", ".1%", ",", "_.3f", "020,.2f", "*^20", "+.4_f", " f", "<12.1f|"[:-1], "=+15", "z.1f", "#.0f", "010", "n", "\u00e9>10", "E", "G"]:
    print(spec, [format(D(x), spec) for x in ("1234567.891", "-0.04", "0", "1E+10", "-1.5E-9", "inf", "-nan")])
for spec in ["x", ">010", ".", "5d", "0=05", ",n", "\ud800"]:
    error(format, D(1), spec)
print(D("123456.789").__format__("n", {"decimal_point": ",", "thousands_sep": ".", "grouping": "\x03"}))
print(str(D("1E+3")), D("1.23E+5").to_eng_string(), D("1E-8").to_eng_string(), f"{D('1.10'):>8}", "%s" % D("1.10"))

# Contexts
show(DefaultContext, BasicContext, ExtendedContext, IEEEContext(32), IEEEContext(128))
error(IEEEContext, 33)
for arguments in ({"prec": 0}, {"prec": "x"}, {"Emin": 1}, {"Emax": -1}, {"capitals": 2}, {"clamp": 3}, {"rounding": "ROUND"}, {"traps": [1]}, {"flags": {}}, {"flags": 5}, {"nothing": 1}, {"prec": 2**70}):
    error(Context, **arguments)
    error(localcontext, **arguments) if "nothing" in arguments else None
context = Context(prec=6, rounding=ROUND_UP, traps=[Inexact], flags=[Overflow], capitals=0, clamp=1)
show(context, context.copy(), copy.copy(context), pickle.loads(pickle.dumps(context)))
error(context.divide, 1, 3)
show(context.flags[Inexact], context.flags[Rounded], context.traps[Inexact], len(context.flags), list(context.flags)[0])
context.clear_flags()
context.clear_traps()
show(context.flags, context.flags == context.traps, context.flags == dict.fromkeys(context.flags, False), context.flags.copy())
context.flags[Clamped] = 1
context.traps = {signal: False for signal in context.flags}
show(context.to_sci_string(D("1E+9")), context.to_eng_string("1" and D("1E+9")), context.flags[Clamped])
for broken in (lambda: context.flags[1], lambda: context.flags.__delitem__(Inexact), lambda: setattr(context, "x", 1), lambda: delattr(context, "prec"), lambda: setattr(context, "flags", 1), lambda: context.power(1), lambda: context.add(1), lambda: context.abs(1, 2), lambda: context.add(1, "x"), lambda: setcontext(1), lambda: D(1).exp(5), lambda: D(1).quantize(1, "up")):
    error(broken)
with localcontext(Context(prec=4)) as outer:
    with localcontext() as inner:
        inner.prec = 9
        show(D(2).sqrt(), getcontext() is inner, inner is outer)
    show(D(2).sqrt(), getcontext() is outer)
show(D(2).sqrt())
setcontext(ExtendedContext)
show(getcontext() is ExtendedContext, getcontext().prec, D(1) / 0, D("snan") + 1)
setcontext(Context())


def in_thread():
    getcontext().prec = 3
    show(D(1) / 3, getcontext().prec)


thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
show(D(1) / 3)

# Traps
for traps in ([InvalidOperation, DivisionByZero, Overflow], [], [Inexact], [FloatOperation]):
    with localcontext(traps=traps):
        for call in (lambda: D(1) / 0, lambda: D(0) / 0, lambda: D("1e999999") * 10, lambda: D("x"), lambda: D(1) / 3, lambda: D(0.5), lambda: D(1) < 0.5, lambda: D(1) == 0.5, lambda: D(10) ** 30 // 7, lambda: D(-1).sqrt()):
            error(call)

# Functions
show(D(2).exp(), D(10).ln(), D(1000).log10(), D(2) ** D("0.5"), D(2) ** -3, D("1.0000000001").ln(), D("-1").fma(2, D("0.5")))
show(D("3.14").quantize(D(1), rounding=ROUND_CEILING), D("1.10").normalize(), D("100").normalize(), D("2.5").to_integral_value(ROUND_UP))
show(D(5).remainder_near(3), D(1).next_plus(), D(1).next_minus(), D(1).next_toward(2), D("123").logb(), D("1.5").scaleb(3))
show(D("1010").logical_and(D("1100")), D("1010").logical_xor(D("1100")), D("123456").shift(2), D("123456").rotate(-2, Context(prec=6)))
show(D(1).max(2), D(-3).max_mag(2), D(1).compare(D("1.0")), D(1).compare_total(D("1.0")), D("-0").number_class(), D(1).same_quantum(D("2")))
maximum = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
show(maximum.divide(4, 2), maximum.sqrt(4), maximum.power(400, -1), maximum.log10(10**223))
for call in (lambda: maximum.divide(1, 3), lambda: maximum.sqrt(2), lambda: maximum.add(D("1e999999999999999999"), 1)):
    error(call)

# Large numbers
with localcontext(prec=20000, Emax=MAX_EMAX):
    third = D(1) / 3
    square = third * third
    show(hash(square * 9 == 1), str(square)[:30], len(str(square)), str(D(2).sqrt())[-30:], int(D(7) ** 5000) == 7**5000, D(7**5000) == D(7) ** 5000)
    show((D(10) ** 12345 // (D(10) ** 4321 - 1)) % 1000000007, str(D(2) ** D("0.1"))[-20:] if False else None)


# Subclasses
class Money(Decimal):
    def __new__(cls, value, currency="EUR"):
        self = super().__new__(cls, value)
        self.currency = currency
        return self

    def __repr__(self):
        return f"Money({self}, {self.currency})"


amount = Money("12.50")
show(amount, amount + 1, amount == D("12.5"), hash(amount) == hash(D("12.5")), Money.from_float(0.5), copy.copy(amount), pickle.loads(pickle.dumps(amount)))
show(isinstance(amount, Decimal), D(amount), type(D(amount)), sum([amount, amount]), max(amount, D(13)))
