//! Pickling of arrays: items with a code that says what machine wrote them.

use kaa_objects::class::PyType;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::PyArray;
use super::kind::Kind;

/// How the items of another machine lie in bytes: the number of a code is twice the position in
/// this list, plus one for the highest byte first (but for the first two).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Machine {
    Int { size: usize, signed: bool },
    F32,
    F64,
    Utf16,
    Utf32,
}

impl Machine {
    /// Bytes of an item.
    fn size(self) -> usize {
        match self {
            Machine::Int { size, .. } => size,
            Machine::F32 | Machine::Utf32 => 4,
            Machine::F64 => 8,
            Machine::Utf16 => 2,
        }
    }
}

const LAST_CODE: i32 = 21;

fn machine(code: i32) -> (Machine, bool) {
    let machine = match code {
        0 => return (Machine::Int { size: 1, signed: false }, false),
        1 => return (Machine::Int { size: 1, signed: true }, false),
        2..=13 => {
            let step = (code - 2) / 2;
            Machine::Int { size: 2 << (step / 2), signed: step % 2 == 1 }
        }
        14 | 15 => Machine::F32,
        16 | 17 => Machine::F64,
        18 | 19 => Machine::Utf16,
        _ => Machine::Utf32,
    };
    (machine, code % 2 == 1)
}

/// The code of the items of a kind on this machine, whose lowest byte is first.
fn code_of(kind: Kind) -> i32 {
    match kind {
        Kind::U8 => 0,
        Kind::I8 => 1,
        Kind::U16 => 2,
        Kind::I16 => 4,
        Kind::U32 => 6,
        Kind::I32 => 8,
        Kind::U64(_) => 10,
        Kind::I64(_) => 12,
        Kind::F32 => 14,
        Kind::F64 => 16,
        Kind::Unicode(_) => 20,
    }
}

/// `__reduce_ex__`.
pub(super) fn reduce(vm: &Vm, this: Gc<PyArray>, protocol: i64) -> PyResult<Gc<PyTuple>> {
    let class = vm.class_of(this.value()).value();
    let dict = vm.get_attr_optional(this.value(), vm.intern("__dict__"))?.unwrap_or(Value::NONE);
    let code = vm.new_str_char(this.kind.code().into())?.value();
    if protocol < 3 {
        let list = super::methods::to_list(vm, this)?;
        let args = vm.new_tuple(&[code, list.value()])?;
        return vm.new_tuple(&[class, args.value(), dict]);
    }
    let module = vm.hooks.import.get().ok_or_else(|| vm.import_error("array"))?(vm, "array")?;
    let reconstructor = vm.get_attr_str(module, "_array_reconstructor")?;
    let bytes = vm.new_bytes(this.bytes())?;
    let machine = Value::small_int(code_of(this.kind).into());
    let args = vm.new_tuple(&[class, code, machine, bytes.value()])?;
    vm.new_tuple(&[reconstructor, args.value(), dict])
}

/// `_array_reconstructor`.
pub(super) fn reconstruct(vm: &Vm, class: Value, code: char, machine_code: i32, items: Value) -> PyResult {
    let Some(array_class) = vm.cast::<PyType>(class) else {
        let name = vm.class_name(class);
        return Err(vm.type_error(format_args!("first argument must be a type object, not {name}")));
    };
    if !array_class.is_subclass(vm.class::<PyArray>()) {
        let name = array_class.name_text();
        return Err(vm.type_error(format_args!("{name} is not a subtype of array.array")));
    }
    let Some(kind) = Kind::of(code) else {
        return Err(vm.value_error("second argument must be a valid type code"));
    };
    if !(0..=LAST_CODE).contains(&machine_code) {
        return Err(vm.value_error("third argument must be a valid machine format code."));
    }
    let Some(items) = vm.cast::<PyBytes>(items) else {
        let name = vm.class_name(items);
        return Err(vm.type_error(format_args!("fourth argument should be bytes, not {name}")));
    };
    let bytes = items.as_slice();
    if code_of(kind) == machine_code {
        if !bytes.len().is_multiple_of(kind.size()) {
            return Err(vm.value_error("bytes length not a multiple of item size"));
        }
        return made(vm, array_class, kind, items.value());
    }
    let (machine, big_endian) = machine(machine_code);
    if !bytes.len().is_multiple_of(machine.size()) {
        return Err(vm.value_error("string length not a multiple of item size"));
    }
    match machine {
        Machine::Int { size, signed } => {
            let kind = fitting(kind, size, signed);
            let native = vm.new_bytes(&in_native_order(bytes, size, big_endian))?;
            made(vm, array_class, kind, native.value())
        }
        Machine::F32 | Machine::F64 => {
            let list = vm.new_list(&[])?;
            for item in in_native_order(bytes, machine.size(), big_endian).chunks_exact(machine.size()) {
                let number = match item.try_into() {
                    Ok(single) => f64::from(f32::from_le_bytes(single)),
                    Err(_) => item.try_into().map_or(0.0, f64::from_le_bytes),
                };
                list.push(vm, vm.new_float(number)?)?;
            }
            made(vm, array_class, kind, list.value())
        }
        Machine::Utf16 | Machine::Utf32 => {
            let encoding = match (machine, big_endian) {
                (Machine::Utf16, false) => "utf-16-le",
                (Machine::Utf16, true) => "utf-16-be",
                (_, false) => "utf-32-le",
                (_, true) => "utf-32-be",
            };
            let text = vm.call_method_str(items.value(), "decode", &[vm.new_str(encoding)?.value()])?;
            made(vm, array_class, kind, text)
        }
    }
}

/// An array of a class, made of a type code and what is to be in it.
fn made(vm: &Vm, class: Gc<PyType>, kind: Kind, initial: Value) -> PyResult {
    let code = vm.new_str_char(kind.code().into())?;
    vm.call(class.value(), &[code.value(), initial])
}

/// A kind of integers of so many bytes: the one that was asked for if it is such, or the last that
/// is, as CPython finds it.
fn fitting(kind: Kind, size: usize, signed: bool) -> Kind {
    let fits = |kind: &Kind| kind.is_integer() && kind.size() == size && kind.is_signed() == signed;
    super::kind::TYPECODES.chars().filter_map(Kind::of).rfind(fits).unwrap_or(kind)
}

fn in_native_order(bytes: &[u8], size: usize, big_endian: bool) -> Vec<u8> {
    match big_endian {
        true => bytes.chunks_exact(size).flat_map(|item| item.iter().rev().copied()).collect(),
        false => bytes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_kinds_agree() {
        for kind in super::super::kind::TYPECODES.chars().filter_map(Kind::of) {
            let (machine, big_endian) = machine(code_of(kind));
            assert!(!big_endian);
            if let Machine::Int { size, signed } = machine {
                assert_eq!((size, signed), (kind.size(), kind.is_signed()), "{kind:?}");
            }
        }
    }

    #[test]
    fn kinds_that_fit() {
        assert_eq!(fitting(Kind::I8, 4, true), Kind::I32);
        assert_eq!(fitting(Kind::F32, 2, false), Kind::U16);
        assert_eq!(in_native_order(&[0, 1, 2, 3], 2, true), [1, 0, 3, 2]);
    }
}
