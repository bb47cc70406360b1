# Prints the tables of kaa-text/src/characters/tables.rs from what CPython's str methods say.
import sys

FLAGS = [
    "ALPHA", "DECIMAL", "DIGIT", "NUMERIC", "LOWER", "UPPER", "TITLE", "SPACE", "PRINTABLE",
    "XID_START", "XID_CONTINUE", "CASE_IGNORABLE", "SPECIAL_CASE",
]
BLOCK = 128


def describe(code):
    c = chr(code)
    forms = c.lower(), c.upper(), c.title(), c.casefold()
    ignorable = ("A" + c + "\u03a3").lower()[-1] == "\u03c2" and (c + "\u03a3").lower()[-1] != "\u03c2"
    special = max(map(len, forms)) > 1 or forms[3] != forms[0]
    truths = [
        c.isalpha(), c.isdecimal(), c.isdigit(), c.isnumeric(), c.islower(), c.isupper(),
        c.istitle() and not c.isupper(), c.isspace(), c.isprintable(), c.isidentifier(),
        ("a" + c).isidentifier(), ignorable, special,
    ]
    flags = sum(truth << bit for bit, truth in enumerate(truths))
    deltas = (0, 0, 0) if special else tuple(ord(form) - code for form in forms[:3])
    return (flags, int(c) if c.isdecimal() else 0, *deltas), forms if special else None


def rows(name, kind, numbers):
    print(f"#[rustfmt::skip]\npub static {name}: [{kind}; {len(numbers)}] = [")
    line = "   "
    for number in numbers:
        text = f" {number},"
        if len(line) + len(text) > 119:
            print(line)
            line = "   "
        line += text
    print(line + "\n];\n")


records, index, special = {}, [], []
for code in range(0x110000):
    record, forms = describe(code)
    index.append(records.setdefault(record, len(records)))
    if forms:
        special.append((code, forms))
blocks = {}
starts = [blocks.setdefault(tuple(index[at : at + BLOCK]), len(blocks)) for at in range(0, 0x110000, BLOCK)]
while starts[-1] == starts[-2]:
    starts.pop()

print("//! Written by `cargo xtask unicode-tables`: do not edit.\n")
print("use super::{Record, SpecialCase};\n")
print(f"/// The version of Unicode.\npub const UNICODE_VERSION: &str = \"{__import__('unicodedata').unidata_version}\";\n")
for bit, name in enumerate(FLAGS):
    print(f"pub const {name}: u16 = 1 << {bit};")
print("\n/// What is known of characters; few differ.\n#[rustfmt::skip]")
print(f"pub static RECORDS: [Record; {len(records)}] = [")
for flags, digit, lower, upper, title in records:
    print(f"    Record {{ flags: {flags}, digit: {digit}, lower: {lower}, upper: {upper}, title: {title} }},")
print("];\n")
print("/// The block of each 128 code points; beyond the end, the last one.")
rows("BLOCK_OF", "u16", starts)
print("/// The record of each code point of a block.")
rows("BLOCKS", "u8", [number for block in blocks for number in block])
print("/// Cases that are several characters, or case foldings that are not the lower case.\n#[rustfmt::skip]")
print(f"pub static SPECIAL_CASES: [SpecialCase; {len(special)}] = [")
for code, forms in special:
    lower, upper, title, fold = ("[" + ", ".join(str(ord(c)) for c in form.ljust(3, "\0")) + "]" for form in forms)
    print(f"    SpecialCase {{ code: {code}, lower: {lower}, upper: {upper}, title: {title}, fold: {fold} }},")
print("];")
