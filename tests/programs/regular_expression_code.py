# The code of patterns: what re.compile makes at once is what the library's Python code makes.
import _sre
import random
import re
import warnings
from re import _compiler, _parser

PATTERNS = [
    "", "a", "abc", "ab|ac", "a|b|[cd]|\\d", "a|a", "ab|a", "(?:a|b)c|(?:a|b)d", "|", "a||b", "(?!)|(?!)x",
    ".", "^a$", "\\Aa\\Z", "\\bx\\B\\z", "a*", "a+?b", "a?+b", "a{2}b{,3}c{4,}d{5,6}", "a{", "a{}", "a{x}", "a{1", "a{,}",
    "(?:ab)*", "(?:a*)*", "(?:(?:a))*", "(ab)+?", "((a)(b))?+", "(?i:a)*", "(?:[^\\W\\w])*", "[\\s\\S]+", "(?:a|b)*",
    "(a)\\1", "(?P<n>a)(?P=n)", "(?P<é>a)(?(é)b|c)", "(a)?(?(1)b)", "(?(1)a|)(b)", "(a)(?(1)|b)",
    "(?=a)b", "(?!a)b", "(?<=ab)c", "(?<!a|b)c", "(?<=(a))b", "(?<=a{3}b)c", "(a)(?<=\\1)b", "(?>a*)b", "(?>a|(b))",
    "(?i)abc", "(?i)ſtraßeKİıi", "(?i)[a-z]", "(?i)[ſ-ʀ]", "(?i)[^k]", "(?i)[µσςΣ]", "(?i)[\U00010400-\U0001044f]", "(?i)\U00010400x",
    "(?ia)[a-zſ\U00010400]", "(?i)[α-ω]", "(?i)ΐﬅ", "(?i)[А-я]", "(?i)[^ᲀ-ᲈ]", "(?i)[0-9-]", "(?i)[一-龥]",
    "(?a)\\w\\b", "(?a:\\w)\\W", "(?u:\\d)", "(?s).(?-s:.)", "(?m)^(?-m:^)$", "(?x) a b # c\n d", "(?x: a )\\ b", "(?x)a(?-x: b )",
    "(?x)[ #]\\#", "a(?#b)c", "a(?#b)*", "[]a]", "[^]a]", "[a-]", "[-a]", "[\\]\\-]", "[\\b\\n\\x41\\u0042\\U00000043\\104]", "[aab-cb-c]",
    "[\\d\\D]", "[^\\d\\D]", "[\\w\\s\\d]", "[\\wÿ-Ā]", "[acegik]", "[ace-gi\\d]", "[āăą]", "[āăąćé\\s]", "[\U0001f600-\U0001f64fa]",
    "[a\U0001f600c\U0001f602e\U0001f604g]", "[\u0100-\U0010ffff]", "[\0-\U0010ffff]", "[^\0-\uffff]", "[\ud800-\udfff]",
    "\\0\\01\\012\\0123\\101\\1010", "\\N{EM DASH}\\N{latin small letter a}[\\N{DIGIT ONE}-\\N{DIGIT NINE}]", "\\_\\é\\-\\/",
    "aba(b)a", "ab(?:c)d", "ab(?i:c)d", "(?:ab(c(?:d)))", "((a)b)c", "(?i)12(3)a", "aabaaab", "(?i:[-_])x", "(?:x|y)z", "(?:x|yy)z",
    "(?:[a-c]|d)e", "[ab](?:c|[^d])", "(?:(?:(?:a|b)|c)|d)", "(?:^|a)(?:$|b)", "\\d{3}-\\d{4}", "(?:\\d|[a-f]|_)+",
    "([01]?\\d|2[0-3]):([0-5]\\d)", "(?P<a>x)|(?P<b>y)|(?P<c>z)", "[^\\x00-\\x7F]+", "\\s*(?:#.*)?$", "'(?:[^'\\\\]|\\\\.)*'",
    "(?(1)a)(", "a)", "[", "*", "a**", "\\", "\\q", "(?P<n>a)(?P<n>b)", "(?<=a*)b", "[[a]]", "[a--b]", "a(?i)", "(?z)", "(?P=n)",
    b"", b"\xe9\\w", b"(?i)K\xe9[a-\xff]", b"(?L)\\w\\bx", b"(?Li)[\\w\xe9]a", b"(?i:\\xe9|\\377)", b"(?P<n>a)(?(n)b)", b"(?a)\\d", b"\\u0041",
]


class Generator:
    """Random patterns. Most of them are valid."""
    LITERALS = "abckis19_ -\n\xb5\xdf\u0130\u017f\u03c3\u4e2d\U00010400"

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.groups = 0

    def choose(self, *options):
        return self.random.choice(options)

    def char_class(self):
        low, high = sorted(self.random.choice(self.LITERALS) for _ in range(2))
        part = self.choose(low, high, "\\d", "\\W", "\\" + low + "-\\U%08x" % ord(high)) if low.isalnum() else "\\s"
        return self.choose("[", "[^") + part + self.choose("", "x", "\\S", "a-f") + "]"

    def atom(self, depth):
        kind = self.random.randrange(12 if depth else 6)
        if kind < 4:
            return re.escape(self.random.choice(self.LITERALS))
        if kind < 6:
            return self.choose(".", "^", "$", "\\b", "\\w", "\\xe9", self.char_class())
        body = self.alternatives(depth - 1)
        if kind < 8:
            self.groups += 1
            return self.choose("(", "(?P<n%d>" % self.groups) + body + ")"
        return self.choose("(?:", "(?=", "(?!", "(?>", "(?i:", "(?s-i:", "(?<=") + body + ")"

    def sequence(self, depth):
        return "".join(
            self.atom(depth) + self.choose("", "", "", "*", "+?", "?", "{2}", "{,3}+") for _ in range(self.random.randrange(4)))

    def alternatives(self, depth):
        return "|".join(self.choose("", "ab") + self.sequence(depth) for _ in range(self.choose(1, 1, 2, 3)))


def by_library(pattern, flags):
    """What re._compiler.compile makes when nothing is native."""
    tree = _parser.parse(pattern, flags)
    state = tree.state
    names = [None] * state.groups
    for name, number in state.groupdict.items():
        names[number] = name
    code = _compiler._code(tree, flags)
    return _sre.compile(pattern, flags | state.flags, code, state.groups - 1, state.groupdict, tuple(names))


def facts(pattern):
    return pattern.flags, pattern.groups, list(pattern.groupindex.items()), repr(pattern)


# CPython has no native one.
native = getattr(_sre, "_compile_text", None)
valid = invalid = 0


def compare(pattern, flags):
    global valid, invalid
    try:
        expected = by_library(pattern, flags)
    except (re.error, ValueError, FutureWarning) as error:
        invalid += 1
        if native and native(pattern, flags) is not None:
            print("should be left to the library:", ascii(pattern), flags, error)
        return
    valid += 1
    made = native(pattern, flags) if native else expected
    if made is None:
        print("not native:", ascii(pattern), flags)
    elif made != expected or facts(made) != facts(expected):
        print("different:", ascii(pattern), flags)


warnings.simplefilter("error")
for pattern in PATTERNS:
    # Also flags that fit to one kind of pattern only.
    for flags in (0, re.I | re.M | re.S, re.X | re.A, re.L | re.I):
        compare(pattern, int(flags))
print(valid, invalid)
for seed in range(150):
    generator = Generator(seed)
    compare(generator.alternatives(2), generator.random.choice((0, 2, 8 | 16, 256 | 2)))
print(valid, invalid)

# What is compiled is what it was before.
warnings.simplefilter("default")
words = re.compile(r"(?P<first>\w+) (?P<second>\w+)|(x)")
print(words, words.groupindex, words.groups, words.match("a b").lastgroup, words.match("x").lastgroup)
print(re._compiler.compile(b"(?i)a", 0), re._compiler.compile("a", re.I) == re.compile("a", re.I))


class Text(str):
    pass


print(type(re.compile(Text("a.")).pattern), re.compile(Text("a.")).match("ab"))
for pattern in ("(a", "a{2,1}", "(?<=a*)b", b"(?u)a", "[z-a]"):
    try:
        re.compile(pattern)
    except re.error as error:
        print(error)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(re.compile("[[a]b]").match("[b]"))
    print([str(warning.message) for warning in caught])
deep = "(" * 150 + "a" + ")" * 150
print(re.compile(deep).match("a").span(150))
