"""Methods of str."""
s = "Hello, World"
print(s.upper(), s.lower(), s.swapcase(), s.title(), "ß".upper(), "ŉ".capitalize(), "ǅ".lower(), "İ".lower().encode())
print(s.find("o"), s.rfind("o"), s.index("W"), s.count("l"), s.replace("l", "L", 2), s.startswith(("x", "He")), s.endswith("d", 0, -1))
print("a,b,,c".split(","), "a b  c ".split(), "a,b,c".rsplit(",", 1), "l1\nl2\r\nl3\x0bl4".splitlines(), "x\ny\n".splitlines(True))
print("a-b-c".partition("-"), "a-b-c".rpartition("-"), "abc".partition("x"), "-".join("abc"), "".join([]))
print("[" + " x ".strip() + "]", "xxaxx".strip("x"), "abc".lstrip("ab"), "abc".rstrip("cb"), "prefix-x".removeprefix("prefix-"), "a.py".removesuffix(".py"))
print("7".zfill(3), "-7".zfill(4), "x".center(5, "*"), "x".ljust(3) + "|", "x".rjust(3), "a\tb".expandtabs(4))
print("abc".isalpha(), "a1".isalnum(), "12".isdigit(), "²".isdigit(), "½".isnumeric(), " ".isspace(), "Ab".istitle(), "ab".islower(), "x1".isidentifier(), "\n".isprintable(), "é".isascii())
print("abc".translate({97: "A", 98: None, 99: 0x43}), str.maketrans("ab", "xy", "z"), "abab".translate(str.maketrans("ab", "xy")))
print("abc" < "abd", "a" * 3, "b" in "abc", "Z" > "a", "é" == "\u00e9", len("日本"), "日本"[1], "x" "y")
print("é日😀".encode(), "é".encode("latin-1"), "é".encode("ascii", "replace"), "é".encode("ascii", "backslashreplace"), b"\xff".decode("utf-8", "replace"), "é".encode("utf-16-le"))
for text in ("''.join([1])", "'a'.index('b')", "'é'.encode('ascii')", "b'\\xff'.decode()", "'a' + 1", "1 + 'a'", "'a' * 'b'", "'{'.format()", "'{a}'.format()", "'%d' % 'x'", "'%s %s' % 1", "'abc'.split('')", "ord('ab')", "chr(-1)", "'x'.center(3, 'ab')"):
    try:
        print(eval(text))
    except Exception as e:
        print(text, "->", type(e).__name__, e)
print(repr("it's"), repr('"'), repr("'\""), repr("\n\t\\\x00\x7f\xa0\u200b😀\ud800"), ascii("é日😀"))
print("ABC".casefold(), "Straße".casefold(), "a".__add__("b"), "%-10s|%+d|%#o" % ("l", 5, 8), "tEST oF".capitalize())
print(str(b"x", "ascii"), str(3), str(None), str([1, "a"]), "a\\b", r"raw\n", "line \
continued")
