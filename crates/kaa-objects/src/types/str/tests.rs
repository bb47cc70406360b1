//! Expected values come from CPython 3.14.

use super::{Kind, PyStr, StrData};
use crate::codecs::{ByteOrder, Encoding, Errors};
use crate::thread::Thread;
use crate::vm::VmConfig;
use crate::{Gc, PyResult, Value, Vm};

fn with_vm(check: impl Fn(&Vm)) {
    let thread = Thread::new(0, 1000);
    // Every allocation collects and moves what it can: references that the collector does not see
    // do not survive.
    let heap = kaa_gc::Config { stress: 50, poison: true, evacuate_always: true, ..kaa_gc::Config::default() };
    let vm = Vm::new(VmConfig { heap, ..VmConfig::default() }, &thread).expect("an isolate");
    check(&vm);
}

fn text(vm: &Vm, value: PyResult) -> String {
    match value {
        Ok(value) => vm.str(value).unwrap().to_string_lossy(),
        Err(raised) => {
            let exception = vm.take_exception(raised).value();
            format!("{}: {}", vm.class_name(exception), vm.str_lossy(exception))
        }
    }
}

fn call(vm: &Vm, this: &str, method: &str, args: &[&str]) -> String {
    let this = vm.new_str(this).unwrap();
    let list = vm.new_list(&[]).unwrap();
    for arg in args {
        list.push(vm, vm.new_str(arg).unwrap().value()).unwrap();
    }
    text(vm, vm.call_method_str(this.value(), method, list.as_slice()))
}

#[test]
fn methods() {
    with_vm(|vm| {
        for (this, method, args, expected) in [
            ("ΑΣ ΣΑ", "lower", &[][..], "ας σα"),
            ("straße", "upper", &[], "STRASSE"),
            ("ﬁne ǆ", "title", &[], "Fine ǅ"),
            ("Straße ſ", "casefold", &[], "strasse s"),
            ("a,b,,c", "split", &[","], "['a', 'b', '', 'c']"),
            ("中 文\u{3000}x", "split", &[], "['中', '文', 'x']"),
            ("a中b中c", "replace", &["中", "-"], "a-b-c"),
            ("aaa", "replace", &["", "é"], "éaéaéaé"),
            ("xxhixx", "strip", &["x"], "hi"),
            ("a🐍b", "partition", &["🐍"], "('a', '🐍', 'b')"),
            (
                "{}{0}",
                "format",
                &["x"],
                "ValueError: cannot switch from automatic field numbering to manual field specification",
            ),
            ("{0:é^5}|{0!r}", "format", &["a"], "ééaéé|'a'"),
            ("a\tbc\td", "expandtabs", &[], "a       bc      d"),
            ("it's", "__repr__", &[], "\"it's\""),
            ("a\u{378}\u{1f40d}\n", "__repr__", &[], "'a\\u0378🐍\\n'"),
            ("%5.1f|%-4d|%x", "__mod__", &["x"], "TypeError: must be real number, not str"),
            ("%-4s|%r", "__mod__", &["x"], "TypeError: not enough arguments for format string"),
        ] {
            assert_eq!(call(vm, this, method, args), expected, "{this}.{method}");
        }
    });
}

#[test]
fn equal_texts_have_one_form() {
    with_vm(|vm| {
        let wide = vm.new_str("中abc").unwrap();
        let narrow = vm.substring(wide, 1, 4).unwrap();
        assert_eq!((narrow.kind(), narrow.is_ascii()), (Kind::Latin1, true));
        let replaced = call(vm, "é中", "replace", &["中", ""]);
        assert_eq!(replaced, "é");
        let one: Gc<PyStr> = vm.new_str_from_data(StrData::Ucs2(&[0x78])).unwrap();
        assert_eq!(one, vm.intern("x"));
    });
}

#[test]
fn codecs_with_error_handlers() {
    with_vm(|vm| {
        let named = |name: &str| Errors::by_name(Some(vm.intern(name)));
        let encode = |codes: &[u32], encoding, errors: &str| {
            let string = vm.new_str_from_data(StrData::Ucs4(codes)).unwrap();
            text(vm, vm.encode_as(string, encoding, &named(errors)).map(Value::from))
        };
        let lone = [0x61, 0xdc80, 0xd800];
        assert_eq!(
            encode(&lone, Encoding::Utf8, "strict"),
            "UnicodeEncodeError: 'utf-8' codec can't encode characters in position 1-2: surrogates not allowed"
        );
        assert_eq!(encode(&lone[..2], Encoding::Utf8, "surrogateescape"), "b'a\\x80'");
        assert_eq!(encode(&lone, Encoding::Utf8, "surrogatepass"), "b'a\\xed\\xb2\\x80\\xed\\xa0\\x80'");
        assert_eq!(
            encode(&[0xe9, 0x20ac], Encoding::Ascii, "namereplace"),
            "b'\\\\N{LATIN SMALL LETTER E WITH ACUTE}\\\\N{EURO SIGN}'"
        );
        assert_eq!(encode(&[0x1f40d], Encoding::Utf16(ByteOrder::Big), "strict"), "b'\\xd8=\\xdc\\r'");
        let decode = |bytes: &[u8], encoding, errors: &str| {
            text(vm, vm.decode_as(bytes, encoding, &named(errors)).map(Value::from))
        };
        assert_eq!(decode(b"a\xe2\x82", Encoding::Utf8, "replace"), "a\u{fffd}");
        assert_eq!(decode(b"\xed\xa0\x80", Encoding::Utf8, "backslashreplace"), "\\xed\\xa0\\x80");
        assert_eq!(
            decode(b"\xc0x", Encoding::Utf8, "strict"),
            "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xc0 in position 0: invalid start byte"
        );
        assert_eq!(decode(b"\xff\xfeA\x00", Encoding::Utf16(ByteOrder::Marked), "strict"), "A");
    });
}
