//! `array(typecode, initializer)`.

use kaa_objects::class::PyType;
use kaa_objects::types::bytearray::PyByteArray;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::kind::Kind;
use super::{PyArray, empty, of_bytes, push};

/// The kind of a type code, which must be a known one.
pub(super) fn kind_of(vm: &Vm, code: char) -> PyResult<Kind> {
    Kind::of(code).ok_or_else(|| vm.value_error("bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)"))
}

fn typecode(vm: &Vm, value: Value) -> PyResult<char> {
    let wrong = |what: &str| vm.type_error(format_args!("array() argument 1 must be a unicode character, not {what}"));
    let Some(text) = vm.cast::<PyStr>(value) else {
        return Err(wrong(&vm.class_name(value)));
    };
    match text.len() {
        // No type code is a surrogate.
        1 => Ok(char::from_u32(text.data().at(0)).unwrap_or('\0')),
        len => Err(wrong(&format!("a string of length {len}"))),
    }
}

/// Makes an array of the arguments of its class.
pub(super) fn construct(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyArray>> {
    if class == vm.class::<PyArray>() {
        args.no_keywords(vm, "array.array")?;
    }
    let (code, initial) = match *args.positionals() {
        [code] => (code, None),
        [code, initial] => (code, Some(initial)),
        [] => return Err(vm.type_error("array() takes at least 1 argument (0 given)")),
        ref given => {
            let count = given.len();
            return Err(vm.type_error(format_args!("array() takes at most 2 arguments ({count} given)")));
        }
    };
    let code = typecode(vm, code)?;
    if code == 'u' {
        let warning = vm.exceptions().DeprecationWarning.value();
        if let Some(warn) = vm.hooks.warn.get() {
            let text = "The 'u' type code is deprecated and will be removed in Python 3.16";
            warn(vm, warning, text, 1)?;
        }
    }
    let wanted = Kind::of(code);
    if let Some(initial) = initial
        && !matches!(code, 'u' | 'w')
    {
        if vm.cast::<PyStr>(initial).is_some() {
            return Err(vm.type_error(format_args!("cannot use a str to initialize an array with typecode '{code}'")));
        }
        if vm.cast::<PyArray>(initial).is_some_and(|array| array.kind.is_unicode()) {
            return Err(
                vm.type_error(format_args!("cannot use a unicode array to initialize an array with typecode '{code}'"))
            );
        }
    }
    let kind = match wanted {
        Some(kind) => kind,
        None => {
            // CPython asks for an iterator before it looks at the type code.
            if let Some(initial) = initial {
                vm.iter(initial)?;
            }
            kind_of(vm, code)?
        }
    };
    let Some(initial) = initial else { return empty(vm, class, kind) };
    fill(vm, class, kind, initial)
}

fn fill(vm: &Vm, class: Gc<PyType>, kind: Kind, initial: Value) -> PyResult<Gc<PyArray>> {
    if let Some(text) = vm.cast::<PyStr>(initial)
        && kind.is_unicode()
    {
        return of_bytes(vm, class, kind, &characters(text));
    }
    if let Some(array) = vm.cast::<PyArray>(initial)
        && (array.kind == kind || (array.kind.is_unicode() && kind.is_unicode()))
    {
        return of_bytes(vm, class, kind, array.bytes());
    }
    if vm.cast::<PyBytes>(initial).is_some() || vm.cast::<PyByteArray>(initial).is_some() {
        return vm.with_bytes(initial, |bytes| {
            if !bytes.len().is_multiple_of(kind.size()) {
                return Err(vm.value_error("bytes length not a multiple of item size"));
            }
            of_bytes(vm, class, kind, bytes)
        });
    }
    let array = empty(vm, class, kind)?;
    vm.for_each(initial, |value| push(vm, array, value))?;
    Ok(array)
}

/// The characters of a text as items.
pub(super) fn characters(text: Gc<PyStr>) -> Vec<u8> {
    text.data().iter().flat_map(u32::to_le_bytes).collect()
}
