"""repr, rounding, special values, formatting of floats; complex numbers."""
for x in (0.1, 1e16, 1e15, 123456789012345680.0, 1e-5, 0.0001, 1e22, 1e23, 5e-324, 1.7976931348623157e308, -0.0, 0.1 + 0.2, 1 / 3, 100.0, 2.5e-7):
    print(repr(x), end=" ")
print()
inf, nan = float("inf"), float("nan")
print(inf, -inf, nan, nan == nan, inf > 10 ** 400, float("1_0.5"), float("-Infinity"), float(" 3 "))
print(round(2.5), round(3.5), round(2.675, 2), round(1234.5678, -2), round(-0.5), round(1e300, 5))
print(7.5 // 2, -7.5 // 2, 7.5 % -2, divmod(-7.5, 2), 2.0 ** 0.5, (-8) ** (1 / 3), 2.0 ** -1)
print((0.75).as_integer_ratio(), (3.5).is_integer(), (4.0).is_integer(), (255.5).hex(), float.fromhex("0x1.8p3"))
for text in ("1.0 / 0", "1.0 % 0", "float('x')", "10.0 ** 400", "float(10 ** 400)", "inf // 1", "round(nan)", "0.0 ** -1", "float([])"):
    try:
        print(text, eval(text))
    except Exception as e:
        print(text, type(e).__name__, e)
print(format(1234567.891, ",.2f"), f"{1e-7:f}", f"{123456789.0:g}", f"{0.00001234:g}", f"{1.0:#g}", f"{inf:F}", f"{nan:010}", f"{12.5:n}", f"{2.5:.0f}", f"{1e100:.3}")
print(1 + 2j, (1 + 2j) * (3 - 1j), abs(3 + 4j), (1j) ** 2, complex("1-2j"), -0j, (1 + 2j).conjugate(), 1j / 2, complex(1, -0.0))
print(min(1.5, 1, 2), sum([0.1] * 10), max(-0.0, 0.0), hash(1.0) == hash(1), hash(0.5), 3.0 == 3, 1.5 < 2, bool(0.0))
