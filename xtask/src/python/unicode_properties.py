# Prints the tables of kaa-text/src/properties/tables.rs from what CPython's unicodedata says.
import unicodedata
from unicodedata import ucd_3_2_0

PAGE = 256
FORMS = "NFD", "NFC", "NFKD", "NFKC"
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


def names(name, values):
    print(f"pub static {name}: [&str; {len(values)}] = [{', '.join(f'"{value}"' for value in values)}];\n")


characters = [chr(code) for code in range(0x110000)]
seconds = {chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}
for c in characters:
    mapping = unicodedata.decomposition(c)
    if mapping and mapping[0] != "<" and unicodedata.normalize("NFC", c) == c and ord(c) not in HANGUL:
        seconds.add(chr(int(mapping.split()[1], 16)))


def stays(c):
    safe = [unicodedata.normalize(form, c) == c for form in FORMS]
    return sum((good and not ("C" in form and c in seconds)) << bit for bit, (form, good) in enumerate(zip(FORMS, safe)))


def describe(data, c):
    return (
        categories.setdefault(data.category(c), len(categories)),
        directions.setdefault(data.bidirectional(c), len(directions)),
        data.combining(c),
        widths.setdefault(data.east_asian_width(c), len(widths)),
        data.mirrored(c),
        numbers.setdefault(data.numeric(c, None), len(numbers)),
        data.digit(c, 255),
        data.decimal(c, 255),
        stays(c),
    )


categories, directions, widths, numbers = {}, {"": 0}, {}, {None: 0}
records, runs, old_records, old_runs = {}, [], {None: 0}, []
for c in characters:
    now = describe(unicodedata, c)
    old = describe(ucd_3_2_0, c)
    record = records.setdefault(now, len(records))
    old_record = old_records.setdefault(None if old == now else old, len(old_records))
    for rows_of, number in (runs, record), (old_runs, old_record):
        if not rows_of or rows_of[-1][1] != number:
            rows_of.append((ord(c), number))
# For each page the run that its first character is in.
pages, run = [], 0
for start in range(0, 0x110000, PAGE):
    while run + 1 < len(runs) and runs[run + 1][0] <= start:
        run += 1
    pages.append(run)
while pages[-1] == pages[-2]:
    pages.pop()


def print_records(name, given):
    texts = [f"p({', '.join(str(field) for field in record)})" for record in given]
    rows(name, "Properties", texts)


print("//! Written by `cargo xtask unicode-tables`: do not edit.\n")
print("use super::{Properties, record as p};\n")
names("CATEGORIES", list(categories))
names("DIRECTIONS", list(directions))
names("WIDTHS", list(widths))
print("/// Values of characters that stand for numbers; the first is none.")
rows("NUMBERS", "f64", [0.0] + [repr(float(number)) for number in list(numbers)[1:]])
print_records("RECORDS", records)
print("/// Where runs of characters with the same record start.")
rows("STARTS", "u32", [start for start, _ in runs])
print("/// The record of each run.")
rows("RECORD_OF", "u16", [record for _, record in runs])
print("/// The run of the first of each 256 characters; beyond the end, the last one.")
rows("PAGES", "u16", pages)
print("/// Records of Unicode 3.2 where it differs; number 1 is the first.")
print_records("OLD_RECORDS", list(old_records)[1:])
print("/// Where runs of characters with the same old record start.")
rows("OLD_STARTS", "u32", [start for start, _ in old_runs])
print("/// The old record of each run; 0 where nothing differs.")
rows("OLD_RECORD_OF", "u8", [record for _, record in old_runs])
