"""json: messages, hooks, forms, notes."""
import json


def attempt(action):
    try:
        print(repr(action()))
    except Exception as error:
        print(type(error).__name__, error, getattr(error, '__notes__', ''))


for text in (
    '[1,', '[', '[1', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '[1,]', '-', '1.', '1e+', '"\\ud800\\u',
    '"\\ud800\\uzzzz"', '"\\u12"', '"\\x"', '"\\', '"a', '"\n"', '[1 2]', '{"a" 1}', '{1:2}', 'nul', 'Infinity',
    '-Infinity', '-Infinit', 'NaN', '', '-0', '-0.0', '0123', '"\\ud83d\\ude00"', '"\\ud83dx"', '{"a":1 "b"}',
    '123456789012345678901234567890', '[1.5e300,-2.5E-3,1e5,"é€😀\\n"]', ' {"a": [true, false, null], "a": {}} ',
):
    attempt(lambda: (text, json.loads(text)))
attempt(lambda: json.loads('1' * 5000))
attempt(lambda: json.loads('{"a":1,"b":[{}]}', object_hook=lambda d: ('o', d)))
attempt(lambda: json.loads('{"a":1,"b":[{}]}', object_pairs_hook=lambda d: ('o', d)))
attempt(lambda: json.loads('[1,1.5,NaN]', parse_float=str, parse_int=lambda s: -int(s), parse_constant=lambda s: s * 2))
attempt(lambda: json.loads('"a\tb"', strict=False))
attempt(lambda: json.loads(b'\xff\xfe"\x00a\x00"\x00'))

value = {'a': [1, 2.5, None, True, {'b': (1,)}], 1: 2, 2.5: 'é€😀\n"\\\x7f', None: 0, True: 1, 'big': 10 ** 30, 'e': [{}, []]}
print(json.dumps(value))
print(json.dumps(value, ensure_ascii=False, separators=(',', ':')))
print(json.dumps({'b': [1, {'c': 2}], 'a': {}, 'd': []}, indent=2, sort_keys=True))
print(json.dumps([float('inf'), float('-inf'), float('nan'), 1e16, 1e-7]))
attempt(lambda: json.dumps([float('nan')], allow_nan=False))
attempt(lambda: json.dumps({(1, 2): 3}))
attempt(lambda: json.dumps({(1, 2): 3, 'a': 1}, skipkeys=True))
attempt(lambda: json.dumps({'q': [(object,)]}))
attempt(lambda: json.dumps({'q': [(1j,)]}, default=str))
attempt(lambda: json.dumps({'b': 1, 3: 4}, sort_keys=True))
circular = []
circular.append({'x': circular})
attempt(lambda: json.dumps(circular))
