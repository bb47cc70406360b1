# Every function of math, over ordinary and special arguments: values to the last bit (but where the
# C library's releases differ), and errors.
import math

FLOATS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -2.5, 3.0, 7.25, 23.0, 24.0, 150.5, 170.5, 171.7, -170.5, 1e-300,
          -5e-324, 1e15, 1e22, -1e300, 1.7976931348623157e308, math.pi, math.e, math.inf, -math.inf, math.nan]
OTHERS = [0, 1, -1, 2, 10, 2**53 + 1, 10**30, -(10**400), 10**400, True, "x", None]
PAIRS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.5, 1e300, 5e-324, math.inf, -math.inf, math.nan, 7, "x"]


VARYING = {"acosh", "asinh", "atanh", "cbrt", "erf", "erfc"}


def show(name, *args, **kwargs):
    try:
        result = getattr(math, name)(*args, **kwargs)
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    text = f"{result:.13g}" if name in VARYING and isinstance(result, float) else repr(result)
    print(name, *(repr(arg)[:24] for arg in args), *kwargs.items(), text if len(text) < 80 else len(text))


for name in ("acos acosh asin asinh atan atanh cbrt ceil cos cosh degrees erf erfc exp exp2 expm1 fabs floor frexp gamma "
             "isfinite isinf isnan lgamma log log10 log1p log2 modf radians sin sinh sqrt tan tanh trunc ulp").split():
    for x in FLOATS + OTHERS:
        show(name, x)
for name in "atan2 copysign fmod nextafter pow remainder hypot isclose log".split():
    for x in PAIRS:
        for y in PAIRS:
            show(name, x, y)
for x in FLOATS:
    for i in (0, 1, -1, 1000, -1074, -1100, 5000, 10**30, -(10**30), 1.0):
        show("ldexp", x, i)
for n in [0, 1, 2, 5, 20, 21, 30, 100, -1, -5, 2**70, 1.5, "x", True]:
    show("factorial", n)
    show("isqrt", n)
    show("perm", n) if n is not True and n != 2**70 else None
    for k in (0, 1, 2, 3, 10, 30, -1, None, 1.5):
        show("comb", n, k)
        show("perm", n, k) if k is not None else None
print(math.factorial(3000) % (10**30 + 57), math.comb(3000, 1400) % (10**30 + 57), math.perm(2**64, 9))
print([math.isqrt(10**n) for n in range(17, 60, 7)])
for integers in [(), (0,), (12, 18), (-12, 18, 27), (2**100, 2**90 * 3), (1, "x"), (0, 10**30), (7, 1.5)]:
    show("gcd", *integers)
    show("lcm", *integers)
show("lcm", 2**62, 3**40, 5**30)
for x, y in [(1.0, 2.0), (1.0, -1.0), (0.0, -0.0), (5e-324, -1.0), (math.inf, 0.0), (math.nan, 1.0), (1.0, math.nan)]:
    for steps in (0, 1, 2, 10**6, 2**63, 2**64, 10**40, -1, 1.5, None):
        show("nextafter", x, y, steps=steps)
for x in (0.0, 2.0, -1e300, math.inf, math.nan):
    for y in (0.0, 3.5, 1e300, -math.inf):
        for z in (1.0, -math.inf, math.nan):
            show("fma", x, y, z)
ROWS = [[], [1, 2, 3], [0.1] * 10, [1e308, 1e308, -1e308], [1e100, 1.0, -1e100], [math.inf, -math.inf],
        [math.nan, math.inf], [1, 0.5, True], [2**62, 4, 0.5], [10**400, 0.5], ["a", 2], [1e16, 1.0, 1e-16]]
for row in ROWS:
    show("fsum", row)
    show("prod", row)
    show("prod", row, start=0.5)
    for other in ROWS:
        show("sumprod", row, other)
        show("dist", row, other)
    show("hypot", *row)
show("prod", [2, 3], start=[1])
show("dist", (1, 2, 3), (4.0, 6, 3))
show("hypot", 3e-320, 4e-320)
show("hypot", *[1e-310] * 5)
show("isclose", 1.0, 1.0 + 1e-10)
show("isclose", 1.0, 2.0, rel_tol=-1.0)
show("isclose", 1.0, 1.1, abs_tol=0.2)


class Rounded:
    def __floor__(self):
        return "floor"

    def __ceil__(self):
        return "ceil"

    def __trunc__(self):
        return "trunc"


class Real:
    def __float__(self):
        return 2.25


show("floor", Real())
print(math.floor(Rounded()), math.ceil(Rounded()), math.trunc(Rounded()), math.sqrt(Real()))
