//! `bytes(...)`, and the bytes of any value.

use super::PyBytes;
use crate::args::Signature;
use crate::buffer::request;
use crate::class::PyType;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm};

static SIGNATURE: Signature = Signature {
    name: "bytes",
    qualname: "bytes",
    params: &["source", "encoding", "errors"],
    positional_only: 0,
    positional: 3,
    required: 0,
    required_keywords: 0,
    var_positional: false,
    var_keyword: false,
    constructor: true,
    keywords_apart: false,
};

/// What `bytes(...)` and `bytearray(...)` are called with.
pub(crate) struct ByteSource {
    pub source: Option<Value>,
    pub encoding: Option<Gc<PyStr>>,
    pub errors: Option<Gc<PyStr>>,
}

impl ByteSource {
    /// Reads the arguments of a constructor.
    pub fn read(vm: &Vm, args: Args<'_>, signature: &'static Signature) -> PyResult<ByteSource> {
        let mut row = [None; 3];
        let given = signature.bind(vm, args, &mut row)?;
        let text = |index: usize| -> PyResult<Option<Gc<PyStr>>> {
            let Some(value) = given.get(index) else { return Ok(None) };
            match vm.cast::<PyStr>(value) {
                Some(text) => Ok(Some(text)),
                None => Err(signature.argument(index).bad_type(vm, "str", value)),
            }
        };
        Ok(ByteSource { source: given.get(0), encoding: text(1)?, errors: text(2)? })
    }

    /// The text and its encoding, when that is what is given; errors for other uses of them.
    pub fn encoded(&self, vm: &Vm) -> PyResult<Option<Gc<PyBytes>>> {
        let text = self.source.and_then(|source| vm.cast::<PyStr>(source));
        match (text, self.encoding) {
            (Some(text), Some(_)) => Ok(Some(vm.encode(text, self.encoding, self.errors)?)),
            (None, Some(_)) => Err(vm.type_error("encoding without a string argument")),
            (Some(_), None) => Err(vm.type_error("string argument without an encoding")),
            (None, None) if self.errors.is_some() => Err(vm.type_error("errors without a string argument")),
            (None, None) => Ok(None),
        }
    }
}

/// `bytes.__new__`.
pub(super) fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyBytes>> {
    let given = ByteSource::read(vm, args, &SIGNATURE)?;
    let bytes = make(vm, &given)?;
    if class == vm.class::<PyBytes>() { Ok(bytes) } else { vm.new_bytes_of_class(class, bytes.as_slice()) }
}

fn make(vm: &Vm, given: &ByteSource) -> PyResult<Gc<PyBytes>> {
    // `__bytes__` comes before the text that a subclass of `str` is.
    if let Some(source) = given.source.filter(|_| given.encoding.is_none()) {
        if let Some(exact) = vm.cast_exact::<PyBytes>(source).filter(|_| given.errors.is_none()) {
            return Ok(exact);
        }
        if let Some(bytes) = bytes_by_method(vm, source)? {
            return match given.errors {
                Some(_) => Err(vm.type_error("errors without a string argument")),
                None => Ok(bytes),
            };
        }
    }
    if let Some(encoded) = given.encoded(vm)? {
        return Ok(encoded);
    }
    let Some(source) = given.source else { return vm.new_bytes(b"") };
    if let Some(count) = count_of(vm, source)? {
        return vm.new_bytes_with(count, |_| {});
    }
    vm.bytes_from_object(source)
}

/// The number of zeros that an integer stands for; `None` for what is none.
pub(crate) fn count_of(vm: &Vm, source: Value) -> PyResult<Option<usize>> {
    if !vm.is_int(source) && vm.slots_of(source).nb_index.is_none() {
        return Ok(None);
    }
    let result = vm.index_to_isize(source, vm.exceptions().OverflowError);
    match vm.catch(result, vm.exceptions().TypeError)? {
        Ok(count) => match usize::try_from(count) {
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(vm.value_error("negative count")),
        },
        Err(_) => Ok(None),
    }
}

/// What `__bytes__` gives.
fn bytes_by_method(vm: &Vm, source: Value) -> PyResult<Option<Gc<PyBytes>>> {
    match vm.call_special(source, vm.names().__bytes__, &[])? {
        None => Ok(None),
        Some(result) => match vm.cast::<PyBytes>(result) {
            Some(bytes) => Ok(Some(bytes)),
            None => {
                let class = vm.class_name(result);
                Err(vm.type_error(format_args!("__bytes__ returned non-bytes (type {class})")))
            }
        },
    }
}

impl Vm {
    /// `bytes(value)` for what has `__bytes__`, is bytes-like or gives integers: CPython's
    /// `PyObject_Bytes`.
    pub fn bytes_from(&self, value: Value) -> PyResult<Gc<PyBytes>> {
        if let Some(bytes) = self.cast_exact::<PyBytes>(value) {
            return Ok(bytes);
        }
        match bytes_by_method(self, value)? {
            Some(bytes) => Ok(bytes),
            None => self.bytes_from_object(value),
        }
    }

    /// The bytes of a bytes-like object, or of the integers that an iterable gives: CPython's
    /// `PyBytes_FromObject`.
    pub fn bytes_from_object(&self, value: Value) -> PyResult<Gc<PyBytes>> {
        if let Some(bytes) = self.cast_exact::<PyBytes>(value) {
            return Ok(bytes);
        }
        if self.is_bytes_like(value) {
            let buffer = self.buffer(value, request::FULL_RO)?;
            return self.new_bytes(&buffer.to_vec());
        }
        let wrong = || {
            let class = self.class_name(value);
            self.type_error(format_args!("cannot convert '{class}' object to bytes"))
        };
        if self.cast::<PyStr>(value).is_some() || !self.is_iterable(value) {
            return Err(wrong());
        }
        let mut bytes = Vec::new();
        if !self.class_of(value).is_native.get() {
            self.length_hint(value, 64)?;
        }
        self.for_each(value, |item| {
            bytes.push(self.byte(item)?);
            Ok(())
        })?;
        self.new_bytes(&bytes)
    }

    /// Whether `iter` may be asked for.
    pub fn is_iterable(&self, value: Value) -> bool {
        self.cast::<PyList>(value).is_some()
            || self.cast::<PyTuple>(value).is_some()
            || self.slots_of(value).iter.is_some()
            || self.is_sequence(value)
    }

    /// An integer from 0 to 255.
    pub fn byte(&self, value: Value) -> PyResult<u8> {
        let number = self.index_clamped(value)?;
        u8::try_from(number).map_err(|_| self.value_error("bytes must be in range(0, 256)"))
    }
}
