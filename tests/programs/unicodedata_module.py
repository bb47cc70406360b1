"""unicodedata: properties, names, normal forms, the old version, messages."""
import unicodedata
from unicodedata import ucd_3_2_0


def attempt(action):
    try:
        print(ascii(action()))
    except Exception as error:
        print(type(error).__name__, error)


for data in (unicodedata, ucd_3_2_0):
    print(data.unidata_version)
    for c in 'aé½²٣(\u0301名가\u200b\U0001f600\U00010d50\ud800\U00017000\n\U0001d400ﬁ':
        print(ascii(c), data.category(c), data.bidirectional(c), data.combining(c), data.mirrored(c),
              data.east_asian_width(c), ascii(data.decomposition(c)), data.decimal(c, None), data.digit(c, None),
              data.numeric(c, None), data.name(c, None))
    for text in ('é', 'e\u0301', 'ﬁ①', '각', '\u1100\u1161\u11a8', 'a\u0301\u0323', '\u0958', '\U0002f868', 'a\ud800\u0301'):
        print([ascii(data.normalize(form, text)) for form in ('NFC', 'NFD', 'NFKC', 'NFKD')],
              [data.is_normalized(form, text) for form in ('NFC', 'NFD', 'NFKC', 'NFKD')])
    for name in ('latin small letter a', 'LINE FEED', 'KEYCAP DIGIT ONE', 'HANGUL SYLLABLE GAG', 'TANGUT IDEOGRAPH-17000',
                 'CJK UNIFIED IDEOGRAPH-4e00', 'CJK UNIFIED IDEOGRAPH-04E00', 'no such', 'x' * 300, b'EURO SIGN', 3):
        attempt(lambda: data.lookup(name))
attempt(lambda: unicodedata.category('ab'))
attempt(lambda: unicodedata.category(3))
attempt(lambda: unicodedata.name('\n'))
attempt(lambda: unicodedata.digit('x'))
attempt(lambda: unicodedata.normalize('nfc', 'é'))
attempt(lambda: unicodedata.UCD())
