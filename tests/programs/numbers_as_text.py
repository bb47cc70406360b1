# Floats, complex numbers and integers as text, in all formats; a checksum of many random ones.
import zlib

state = 88172645463325252


def random():
    global state
    state ^= (state << 13) & 0xFFFFFFFFFFFFFFFF
    state ^= state >> 7
    state ^= (state << 17) & 0xFFFFFFFFFFFFFFFF
    return state


def number(kind):
    bits = random()
    match kind % 5:
        case 0:
            return float.fromhex(f"0x1.{bits >> 12:013x}p{bits % 2046 - 1022}")
        case 1:
            return (bits % 2000001 - 1000000) / 1000
        case 2:
            return (bits % 2000001 - 1000000) / 1024
        case 3:
            return 2.0 ** (bits % 2098 - 1074)
        case _:
            return float(bits % 100000) / 8 * 10.0 ** (bits % 30 - 15)


specs = """
e f g n % E G F .0f .0e .0g .1f .3e .17g .25f .30e #g #.3g #.0e #.0f # .3 .0 .17 #.5 , _ ,.3f _.4f ,.2% .6,f ._f _.8_f
020 020, +.3 -12.3f ^20.4g *<15.2e >+20 =+20.1f z.1f z +z.0f 012_.2f 030,.5_f x=20,
""".split()
percents = "%f %e %g %.0f %.17g %.3e %#.3g %+.2f %-12.2e| %012.3f %#.0f %F %.20f %10.3g %r %s %d %x".split()


def attempt(function, *args):
    try:
        return str(function(*args))
    except (ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
        return f"{type(error).__name__}: {error}"


def texts(f, g):
    spec, percent = specs[random() % len(specs)], percents[random() % len(percents)]
    yield repr(f)
    yield attempt(format, f, spec)
    yield attempt(percent.__mod__, f)
    yield f.hex()
    yield attempt(round, f, random() % 50 - 25)
    yield repr(complex(f, g))
    yield attempt(format, complex(f, g), spec)
    integer = (random() >> random() % 60) - (1 << 30)
    yield attempt(format, integer, spec)
    yield attempt(percent.__mod__, integer)
    yield attempt(float.fromhex, f"{random():x}.{random():x}p{random() % 2200 - 1100}")
    assert float(repr(f)) == f == float.fromhex(f.hex())


for block in range(8):
    total = 0
    for step in range(100):
        for text in texts(number(step), number(random())):
            total = zlib.crc32(text.encode(), total)
    print(block, total, text)

for f in [0.1, 2**-25, 2**-44, 1e16, 1e15, 1e22, 5e-324, 1.7976931348623157e308, -0.0, float("inf"), float("-nan")]:
    print(f, complex(f, f), format(f, ".3e"), format(f, "015,.2f"), format(complex(f, 1), ".2"), "%-12g|" % f)
print(format(0.5, ".70000f")[:5], len(format(0.5, ".70000f")), len("%.70000d" % 7), format(1e308, "%"))
