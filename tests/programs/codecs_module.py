"""The codec registry, encodings of the library, error handlers, escapes, format strings."""
import _codecs
import codecs
import string

print('é'.encode('cp437'), b'\x82'.decode('cp437'))


def handler(error):
    return '?!', error.end


codecs.register_error('own', handler)
print(b'ab\xffc'.decode('ascii', errors='own'), 'aé€'.encode('latin-1', 'own'), 'a€'.encode('cp437', 'own'))
print(codecs.lookup_error('strict'), codecs.lookup_error('own') is handler, _codecs._unregister_error('own'))
for action in (
    lambda: 'a'.encode('rot13'),
    lambda: codecs.encode('é', 'ascii'),
    lambda: b'a'.decode('no such thing'),
    lambda: codecs.lookup_error('own'),
    lambda: _codecs._unregister_error('strict'),
    lambda: codecs.register(1),
    lambda: b'a+AA\xff'.decode('utf-7'),
    lambda: rb'\N{no}'.decode('unicode_escape'),
    lambda: rb'\u12'.decode('raw_unicode_escape'),
    lambda: codecs.escape_decode(rb'\x4'),
    lambda: codecs.charmap_encode('a', None, {97: 256}),
):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error, getattr(error, '__notes__', ''))
print(codecs.encode('hello', 'rot13'))
for text in ('aé+b-€\U0001f600 x', '~\\\n', '\ud800x'):
    utf7, escaped = text.encode('utf-7'), text.encode('unicode_escape')
    print(utf7, utf7.decode('utf-7') == text, escaped, escaped.decode('unicode_escape') == text)
    print(text.encode('raw_unicode_escape'))
print(codecs.utf_7_decode(b'a+AGE', None, False), codecs.utf_16_ex_decode(b'\xff\xfea\0'))
print(codecs.unicode_escape_decode(rb'\N{EURO SIGN}\x41\101\u00'[:-2], None, False))
print(codecs.escape_decode(rb'\x41\n\q'[:-2]), codecs.escape_encode(b"a'\n\xff"))
print('exämple.org'.encode('idna'), 'bücher'.encode('punycode'))
decoder = codecs.getincrementaldecoder('utf-8')()
print([decoder.decode(bytes([byte])) for byte in 'a€'.encode()])
for name in ('ignore', 'replace', 'xmlcharrefreplace', 'backslashreplace', 'namereplace'):
    print(name, '[\u20ac\udc80]'.encode('ascii', name), codecs.lookup_error(name)(UnicodeEncodeError('x', 'a€b', 1, 2, '')))
print(b'[\xed\xa0\x80\xff]'.decode('utf-8', 'surrogateescape'). encode('utf-8', 'surrogateescape'))
print(string.Formatter().format('{0[a]} {1.real} {x!r:>5}', {'a': 1}, 5, x='q'))
print(list(string.Formatter().parse('a{b.c[d]!r:{e}}{{')))
