"""csv: dialects, rows in and out, messages."""
import csv
import io


def attempt(action):
    try:
        print(repr(action()))
    except Exception as error:
        print(type(error).__name__, error)


def written(row, **options):
    out = io.StringIO(newline='')
    csv.writer(out, **options).writerow(row)
    return out.getvalue()


for options in (
    {'delimiter': ''}, {'delimiter': 3}, {'quotechar': None}, {'quotechar': 'ab'}, {'quotechar': None, 'quoting': 1},
    {'lineterminator': None}, {'quoting': 'a'}, {'quoting': 17}, {'delimiter': '\n'}, {'escapechar': '"'}, {'bad': 1},
    {'lineterminator': 'x,'}, {'quotechar': ' ', 'skipinitialspace': True},
):
    attempt(lambda: csv.reader([], **options).dialect.quoting)
lines = ['a,"b ""c""",  d\n', '"two\n', 'lines", \\e,\n', ',1,"",2.5\n']
for options in (
    {}, {'skipinitialspace': True}, {'escapechar': '\\', 'quoting': csv.QUOTE_NONE}, {'quoting': csv.QUOTE_NOTNULL},
    {'quoting': csv.QUOTE_STRINGS}, {'doublequote': False, 'strict': True}, {'delimiter': ' '},
):
    attempt(lambda: list(csv.reader(lines, **options)))
    attempt(lambda: list(csv.reader(lines[3:], **options)))
attempt(lambda: list(csv.reader([b'a'])))
attempt(lambda: list(csv.reader(['a\rb'])))
attempt(lambda: list(csv.reader(['"a'], strict=True)))
attempt(lambda: list(csv.reader(['"a'])))
for style in range(6):
    for row in (['a', 1, 2.5, None, '', 'q"q', 'c,c', 'l\nl'], [''], [None], []):
        attempt(lambda: written(row, quoting=style, escapechar='\\'))
attempt(lambda: written(['a,b'], quoting=csv.QUOTE_NONE))
attempt(lambda: written(['é€', ' x'], delimiter='€', lineterminator='|'))
attempt(lambda: written(3))
csv.register_dialect('own', delimiter=';')
print(csv.list_dialects(), written([1, 2], dialect='own'), csv.get_dialect('own').delimiter)
csv.unregister_dialect('own')
attempt(lambda: csv.get_dialect('own'))
print(csv.field_size_limit(3), csv.field_size_limit())
attempt(lambda: list(csv.reader(['abc,abcd'])))
