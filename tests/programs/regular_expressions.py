# re over texts of every width and bytes: matches, groups, splitting, replacing, objects, errors.
import copy
import re

PATTERNS = [
    (r'(?:a|ab)(?:c|bcd)(d*)','abcd'),
    (r'((a)|b)*','abab'),
    (r'(a*)*?b','aab'),
    (r'(?>a+)b','aaab'),
    (r'(?:ab?)*+c','ababc aba'),
    (r'(?:ab?)++b','ab'),
    (r'a{2,3}+a','aaa aaaa'),
    (r'(?i)straße|ǅ|K','STRAßE ǆ \u212a'),
    (r'[^\W\d_]+','hé1_ŵ中\U0001d400 x'),
    (r'(?i)[α-ω]+','ΑΒΓδ'),
    (r'(\w+) \1','foo foo bar'),
    (r'(?i)(\w+) \1','foo FOO bar'),
    (r'(a)?b(?(1)c|d)','abc bd abd'),
    (r'(a)?b(?(1)c)','abc b'),
    (r'\bfoo\b','a foo, foob'),
    (r'(?<!a)b','ab cb b'),
    (r'(?=(a+))a*b\1','baaabac'),
    (r'(?:(?:ab)+|b)*c','ababbabc'),
    (r'x*','axb'),
    (r'\d+(?=%)','10% 20 30%'),
    (r'(.)*\Z','abc\n'),
    (r'(?m)^.*$','a\nb\n\nc'),
    (r'(?s).*','a\nb'),
    (r'(\d+)-(\d+)?','1-2 3-'),
    (r'a|b|cd|ef','efcdba'),
    (r'abcabd','abcabcabd'),
    (r'[\u0100-\u0200\u3000-\u30ff]+','aĀあアb'),
    (r'(?:.{1,3}?)*x','abcabcx'),
    (r'((.)(?:\2|c))+','aabbcc'),
    (r'(?:)*?a','ba'),
    (r'(?:a?){3}a{3}','aaa'),
    (r'(?P<y>\d{4})-(?P<m>\d\d)','2024-05'),
    (r'(a?)*?$','aaa'),
    (r'(?!(a))b|(a)','ab'),
]


def show(function):
    try:
        print(repr(function()))
    except Exception as error:
        print(type(error).__name__, error)


def check(pattern, text):
    r = re.compile(pattern)
    m = r.search(text)
    print(r, repr(text), m and (m.regs, m.lastindex, m.lastgroup, m.groups(), m.groupdict()))
    print(r.match(text), r.fullmatch(text), r.search(text, 1, 4))
    print(r.findall(text), r.split(text), r.split(text, 1), [m.span() for m in r.finditer(text)])
    print(r.subn(lambda m: m[0] + m[0], text, 2), r.sub(text[:0], text))
    s = r.scanner(text)
    print(s.match(), s.match(), s.search())


for pattern, text in PATTERNS:
    check(pattern, text)
    check(pattern, text + "\u1234")
    check(pattern, "\U00012345" + text)
    if (pattern + text).isascii():
        check(pattern.encode(), text.encode())
for flags in (re.I, re.M | re.S, re.A, re.X | re.I):
    print(re.findall(r"(?:^|\b) \w+ $ | é", "É a\nb", flags), re.compile("é", flags))
print(re.sub(r"(?P<a>\w)(\d)?", r"<\2\g<a>\n\g<0>>", "a1b"), re.sub(b"a", rb"\\", b"xax"))
print(re.sub("x", "y", "none"), re.escape("a.b*c"))
m = re.match(r"(?P<year>\d+)-(\w)?", "2024-")
print(m, m["year"], m[2], m.group(0, 1, "year"), m.groups("-"), m.groupdict(), m.expand(r"\1/\2/\g<year>"))
print(m.span(), m.start(1), m.end("year"), m.span(2), m.pos, m.endpos, m.string, m.re, m.regs, bool(m))
print(copy.copy(m) is m, copy.deepcopy(m.re) is m.re, re.Pattern[str], re.Match[bytes])
p = re.compile("a")
print(p == re.compile("a"), p == re.compile(b"a"), p != re.compile("a", re.I), hash(p) == hash(re.compile("a")))
print(p.flags, p.groups, m.re.groupindex, p.pattern, re.compile(b"a" * 300))
print(re.findall(b"\\w+", bytearray(b"a bc")), re.search(b"c", memoryview(b"abc")))
for bad in (
    lambda: p.match(1), lambda: p.match(b"a"), lambda: re.compile(b"a").match("a"), lambda: m.group(5),
    lambda: m.group("none"), lambda: m[2**70], lambda: p.sub(lambda m: 1, "xaa"), lambda: p.sub(b"1", "xaa"),
    lambda: p.sub(b"1", "xxx"), lambda: re.Pattern(), lambda: p < p, lambda: re.compile("(?<=a*)b"),
    lambda: re.compile("("), lambda: re.sub("a", r"\9", "a"), lambda: p.split("bac", -1), lambda: p.sub("b", "a", -1),
):
    show(bad)
print(re.match(r"(?:a|b)*c", "ab" * 100000), len(re.match(r"(?:(a)|b)*", "ab" * 100000)[0]))
