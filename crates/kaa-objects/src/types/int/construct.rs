//! `int(...)`.

use super::PyInt;
use super::big::Int;
use crate::class::PyType;
use crate::types::bytearray::PyByteArray;
use crate::types::bytes::PyBytes;
use crate::types::str::PyStr;
use crate::{Args, Gc, PyResult, Value, Vm};

/// `int.__new__(class, x=0, /, base=10)`: CPython's own reading of the arguments, whose errors
/// differ from those of a plain signature.
pub(super) fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
    let (x, base) = arguments(vm, args)?;
    let int = match (x, base) {
        (None, Some(_)) => return Err(vm.type_error("int() missing string argument")),
        (None, None) => Value::small_int(0),
        (Some(x), None) => to_int(vm, x)?,
        (Some(x), Some(base)) => with_base(vm, x, base)?,
    };
    if class == vm.class::<PyInt>() { Ok(int) } else { vm.new_int_of_class(class, int) }
}

fn arguments(vm: &Vm, args: Args<'_>) -> PyResult<(Option<Value>, Option<Value>)> {
    let positional = args.positionals();
    if args.all().len() > 2 {
        let count = args.all().len();
        return Err(vm.type_error(format_args!("int() takes at most 2 arguments ({count} given)")));
    }
    let mut base = positional.get(1).copied();
    for (name, value) in args.keywords() {
        if !name.equals_str("base") {
            return Err(vm.unexpected_keyword("int()", &["base"], args));
        }
        if base.is_some() {
            return Err(vm.type_error("argument for int() given by name ('base') and position (2)"));
        }
        base = Some(value);
    }
    Ok((positional.first().copied(), base))
}

fn with_base(vm: &Vm, x: Value, base: Value) -> PyResult {
    let base = vm.index_clamped(base)?;
    if base != 0 && !(2..=36).contains(&base) {
        return Err(vm.value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    if let Some(text) = vm.cast::<PyStr>(x) {
        return vm.int_from_str(text, base as u32);
    }
    if vm.cast::<PyBytes>(x).is_some() || vm.cast::<PyByteArray>(x).is_some() {
        let bytes = vm.bytes_like_text(x).unwrap_or_default();
        return vm.int_from_bytes_text(x, &bytes, base as u32);
    }
    Err(vm.type_error("int() can't convert non-string with explicit base"))
}

/// `int(x)`: `__int__`, `__index__`, or text.
pub fn to_int(vm: &Vm, x: Value) -> PyResult {
    if x.is_small_int() || vm.cast_exact::<PyInt>(x).is_some() {
        return Ok(x);
    }
    let slots = vm.slots_of(x);
    if let Some(nb_int) = slots.nb_int {
        let result = nb_int(vm, x)?;
        let result = vm.check_int_result(result, "__int__")?;
        return exact_int(vm, result);
    }
    if slots.nb_index.is_some() {
        let result = vm.index(x)?;
        return exact_int(vm, result);
    }
    if let Some(text) = vm.cast::<PyStr>(x) {
        return vm.int_from_str(text, 10);
    }
    if let Some(bytes) = vm.bytes_like_text(x) {
        return vm.int_from_bytes_text(x, &bytes, 10);
    }
    let class = vm.class_name(x);
    Err(vm.type_error(format_args!(
        "int() argument must be a string, a bytes-like object or a real number, not '{class}'"
    )))
}

fn exact_int(vm: &Vm, value: Value) -> PyResult {
    match vm.as_int(value) {
        Some(Int::Small(i)) => vm.new_int(i),
        Some(Int::Big(int)) if vm.cast_exact::<PyInt>(value).is_none() => {
            vm.new_int_from_words(int.is_negative(), int.words())
        }
        _ => Ok(value),
    }
}

impl Vm {
    /// An instance of a subclass of `int` with the value of an exact `int`.
    pub fn new_int_of_class(&self, class: Gc<PyType>, int: Value) -> PyResult {
        // The object keeps its own copy of the words.
        let words: ([u64; 1], bool);
        let source;
        let (negative, slice): (bool, &[u64]) = match self.as_int(int).expect("an exact int") {
            Int::Small(i) => {
                words = ([i.unsigned_abs()], i < 0);
                (words.1, if i == 0 { &[] } else { &words.0 })
            }
            Int::Big(big) => {
                source = big;
                (source.is_negative(), source.words())
            }
        };
        Ok(self.new_big_int_of_class(class, negative, slice)?.value())
    }
}
