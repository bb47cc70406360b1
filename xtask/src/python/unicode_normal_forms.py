# Prints the tables of kaa-text/src/normal_forms/tables.rs from what CPython's unicodedata says.
import unicodedata
from unicodedata import ucd_3_2_0

HANGUL = range(0xAC00, 0xAC00 + 11172)


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


tags, codes, offsets, units, pairs, corrections = {"": 0}, [], [], [], [], []
positions = {}
for code in range(0x110000):
    c = chr(code)
    if code in HANGUL:
        continue
    now, old = unicodedata.normalize("NFD", c), ucd_3_2_0.normalize("NFD", c)
    if now != old and ucd_3_2_0.category(c) != "Cn":
        corrections.append((code, ord(old)))
    mapping = unicodedata.decomposition(c).split()
    if not mapping:
        continue
    tag = mapping.pop(0)[1:-1] if mapping[0][0] == "<" else ""
    parts = [int(part, 16) for part in mapping]
    encoded = "".join(map(chr, parts)).encode("utf-16-le")
    sequence = tuple(int.from_bytes(encoded[at : at + 2], "little") for at in range(0, len(encoded), 2))
    if sequence not in positions:
        positions[sequence] = len(units)
        units.extend(sequence)
    codes.append(code | tags.setdefault(tag, len(tags)) << 21)
    offsets.append(positions[sequence] | len(sequence) << 16)
    if not tag and unicodedata.normalize("NFC", c) == c:
        pairs.append((*parts, code))

print("//! Written by `cargo xtask unicode-tables`: do not edit.\n")
print(f"pub static TAGS: [&str; {len(tags)}] = [{', '.join(f'"{tag}"' for tag in tags)}];\n")
print("/// Characters that are decomposed, and from bit 21 on their tags, in order of the characters.")
rows("DECOMPOSED", "u32", codes)
print("/// Where in `PARTS` the decomposition of each is; from bit 16 on its length.")
rows("PLACES", "u32", offsets)
print("/// The decompositions in UTF-16.")
rows("PARTS", "u16", units)
print("/// Two characters and the one that they make, in order.")
rows("PAIRS", "(u32, u32, u32)", sorted(pairs))
print("/// Characters that had another canonical decomposition in Unicode 3.2.")
rows("CORRECTIONS", "(u32, u32)", corrections)
