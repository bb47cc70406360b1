# cmath at special values and elsewhere, to 12 digits.
import cmath, math, random

R = random.Random(1)
special = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e308, 1e-310, 709.9, -745.0, math.pi]
names = 'acos acosh asin asinh atan atanh cos cosh exp log log10 sin sinh sqrt tan tanh phase polar isnan isinf'.split()

def part(x):
    return float('%.11e' % x)

def show(function, *args):
    try:
        result = function(*args)
    except (ValueError, OverflowError) as error:
        return str(error)
    if isinstance(result, complex):
        return complex(part(result.real), part(result.imag))
    if isinstance(result, tuple):
        return tuple(map(part, result))
    return result if isinstance(result, bool) else part(result)

points = [complex(a, b) for a in special for b in special]
points += [complex(R.gauss(0, 3), R.gauss(0, 3)) for _ in range(50)]
for z in points:
    print(z, [show(getattr(cmath, name), z) for name in names], show(cmath.rect, z.real, z.imag), show(cmath.log, z, 3))
print(cmath.isclose(1, 1.0000000001), cmath.isclose(1, 2, rel_tol=1), cmath.infj, cmath.nanj, (1-0j)+1, 2/(1+0j), 1j*2.0)
