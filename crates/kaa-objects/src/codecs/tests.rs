//! The codecs of the library: UTF-7, escapes, mappings.

use super::{Errors, charmap, escapes, utf7};
use crate::thread::Thread;
use crate::types::str::PyStr;
use crate::vm::VmConfig;
use crate::{Gc, PyResult, Vm};

fn with_vm(check: impl Fn(&Vm)) {
    let thread = Thread::new(0, 1000);
    let heap = kaa_gc::Config { stress: 50, poison: true, evacuate_always: true, ..kaa_gc::Config::default() };
    let vm = Vm::new(VmConfig { heap, ..VmConfig::default() }, &thread).expect("an isolate");
    check(&vm);
}

fn text(result: PyResult<(Gc<PyStr>, usize)>) -> (String, usize) {
    let (text, used) = result.expect("no exception");
    (text.to_string_lossy(), used)
}

#[test]
fn utf_7() {
    with_vm(|vm| {
        let encoded = utf7::encode(vm, vm.new_str("a+é€😀-~").unwrap()).unwrap();
        assert_eq!(encoded.as_slice(), b"a+-+AOkgrNg93gA--+AH4-");
        assert_eq!(text(utf7::decode(vm, encoded.as_slice(), &Errors::Strict, true)).0, "a+é€😀-~");
        // What does not end is left for later, or a mistake.
        assert_eq!(text(utf7::decode(vm, b"a+AOk", &Errors::Strict, false)), ("a".to_owned(), 1));
        assert_eq!(text(utf7::decode(vm, b"a+AO", &Errors::Replace, true)).0, "a\u{fffd}");
        assert_eq!(text(utf7::decode(vm, b"x+!\xff", &Errors::Ignore, true)).0, "x");
    });
}

#[test]
fn escapes_of_text_and_bytes() {
    with_vm(|vm| {
        let plain = "a\\\n\u{7f}é€😀";
        let encoded = escapes::encode_unicode(vm, vm.new_str(plain).unwrap()).unwrap();
        assert_eq!(encoded.as_slice(), br"a\\\n\x7f\xe9\u20ac\U0001f600");
        assert_eq!(text(escapes::decode_unicode(vm, encoded.as_slice(), &Errors::Strict, true)).0, plain);
        let cut = text(escapes::decode_unicode(vm, br"\N{EURO SIGN}\101\x4", &Errors::Strict, false));
        assert_eq!(cut, ("€A".to_owned(), 17));
        assert_eq!(text(escapes::decode_raw_unicode(vm, br"\n\u20ac\", &Errors::Strict, true)).0, "\\n€\\");
        assert_eq!(escapes::decode_bytes(vm, br"\x41\n", None).unwrap().as_slice(), b"A\n");
        assert!(escapes::decode_bytes(vm, br"\x4", None).is_err());
    });
}

#[test]
fn mappings() {
    with_vm(|vm| {
        let table = vm.new_str("\0a€\u{fffe}").unwrap();
        let map = charmap::build(vm, table).unwrap();
        let encoded = charmap::encode(vm, vm.new_str("a€\0").unwrap(), &Errors::Strict, map).unwrap();
        assert_eq!(encoded.as_slice(), [1, 2, 0]);
        let decoded = charmap::decode(vm, &[1, 2, 3, 9], &Errors::Replace, table.value()).unwrap();
        assert_eq!(decoded.to_string_lossy(), "a€\u{fffd}\u{fffd}");
        assert!(charmap::encode(vm, vm.new_str("ax").unwrap(), &Errors::Strict, map).is_err());
    });
}
