"""f-strings with every conversion, nesting, and format specification."""
name, n, pi = "World", 42, 3.14159265
print(f"Hello {name!r:>10}|{name!s:<8}|{name!a:^9}|{n:05d}|{n:#x}|{n:+}|{n:b}|{n:,}|{1234567:_}")
print(f"{pi:.2f} {pi:10.3e} {pi:<10.4g}| {1e10:g} {0.5:%} {123.456:+08.1f}")
print(f"{n=} {n = } {n=:>6} {name=!s} {n + 1 = }")
width, prec = 10, 3
print(f"{pi:{width}.{prec}f}|{name:{'*'}^{width}}|{'nested ' + f'{n}' + f"{f'{n}'}"}")
print(f"{{}} {'a' if n else 'b'} {[i for i in range(3)]} {(lambda x: x * 2)(4)} { {1: 2}[1] }")
print(f"""multi
{n
}line""")
print(f"{'quotes: "double"'} {"same " "kind"} {'\n'.join(['a', 'b'])}")
class F:
    def __format__(self, spec): return f"<{spec}>"
    def __repr__(self): return "R"
    def __str__(self): return "S"
print(f"{F()} {F():abc} {F()!r} {F()!s:>3} {F()!r:^5}")
print(rf"\d{n}\n", f"\x41\N{BULLET}\u00e9", f"{n:c}{8364:c}", f"{True} {None} {True:5} {1+2j:.1f}")
for spec, value in (("z", 1), ("d", 1.5), (",d", "x"), (".3", 5), ("Q", 2.0), ("+", "s"), ("=10", "s")):
    try:
        print(format(value, spec))
    except ValueError as e:
        print(repr(value), e)
print("%s %r %5d|%-5s|%05.1f %x %o %c %% %e %(k)s" % () if False else "%s %r %5d|%-5s|%05.1f %x %o %c %% %e" % ("a", "b", 3, "l", 2.55, 255, 8, "z", 12345.678))
print("%(a)s-%(b)03d" % {"a": 1, "b": 2}, "{} {1} {0}".replace("{} ", "").format("x", "y"), "{0.real:>4} {a[1]} {b!r}".format(5, a=[1, 2], b="q"))
