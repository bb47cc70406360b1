"""Integers of any size: arithmetic, division, powers, bits, text."""
a, b = 2 ** 200 + 12345, -(3 ** 90)
print(a, b, a * b, a + b, a - b, a // b, a % b, divmod(a, b), -a // 7, a // -7, -a % 7)
print(a >> 100, a << 3, a & -b, a | b, a ^ b, ~a, b >> 200, b >> 3)
print(hex(a), oct(-255), bin(10), int("ff", 16), int("-0b101", 0), int("  1_000 "), int("z", 36))
print(pow(3, 100, 7), pow(3, -1, 7), pow(2, -2), 7 ** 0, 0 ** 0, (-2) ** 3, (-8) % 3, -7 // 2)
print(a.bit_length(), (255).bit_count(), (1000).to_bytes(2, "big"), int.from_bytes(b"\xff\x00", "little", signed=True))
print(10 ** 30 == 1e30, 2 ** 53 + 1 == float(2 ** 53 + 1), 10 ** 20 > 1e19, hash(2 ** 61 - 1), hash(-1), hash(2 ** 100))
print(round(12345, -2), round(-15, -1), round(25, -1), int(1e20), int(-3.9), (5).__index__(), True + True)
for text in ("5 / 0", "5 // 0", "5 % 0", "0 ** -1", "1 << -1", "int('x')", "int('')", "int(float('nan'))", "int(float('inf'))", "int('9' * 5000)", "str(10 ** 5000)", "1 << (1 << 70)"):
    try:
        print(eval(text))
    except Exception as e:
        print(text, type(e).__name__, e)
print(a == 2 ** 200 + 12345, a is not b, sorted([a, b, 0, 5]), (a > b) + 1, 9007199254740993 / 3, 2 ** 1000 / 2 ** 990)
print(f"{a:,}", f"{2 ** 70:x}", f"{-5:08b}", "%d" % a, (2 ** 64).as_integer_ratio(), (7).numerator)
def factorial(n): return 1 if n < 2 else n * factorial(n - 1)
print(factorial(60), sum(range(10 ** 5)), str(3 ** 500)[-30:])
