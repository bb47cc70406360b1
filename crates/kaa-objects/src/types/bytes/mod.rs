//! `bytes`: immutable bytes, stored in the object itself. CPython: Objects/bytesobject.c.

mod core;

pub use self::core::PyBytes;

use crate::buffer::request;
use crate::{Gc, PyResult, Value, Vm, ids};

crate::native_type!(PyBytes, name "bytes", id ids::BYTES, layout VariableRaw, flags BASETYPE | BYTES_SUBCLASS | SEQUENCE);

impl Vm {
    /// `bytes(value)` for what has `__bytes__`, is bytes-like or gives integers: CPython's
    /// `PyObject_Bytes`.
    pub fn bytes_from(&self, value: Value) -> PyResult<Gc<PyBytes>> {
        if let Some(bytes) = self.cast_exact::<PyBytes>(value) {
            return Ok(bytes);
        }
        if let Some(result) = self.call_special(value, self.names().__bytes__, &[])? {
            return self.cast::<PyBytes>(result).ok_or_else(|| {
                let class = self.class_name(result);
                self.type_error(format_args!("__bytes__ returned non-bytes (type {class})"))
            });
        }
        if self.slots_of(value).bf_getbuffer.is_some() {
            let buffer = self.buffer(value, request::SIMPLE)?;
            let copy = buffer.to_vec();
            buffer.release();
            return self.new_bytes(&copy);
        }
        if self.cast::<crate::types::str::PyStr>(value).is_some() {
            return Err(self.type_error("cannot convert 'str' object to bytes"));
        }
        if self.slots_of(value).iter.is_none() && !self.is_sequence(value) {
            let class = self.class_name(value);
            return Err(self.type_error(format_args!("cannot convert '{class}' object to bytes")));
        }
        let mut bytes = Vec::new();
        self.for_each(value, |item| {
            bytes.push(self.byte(item)?);
            Ok(())
        })?;
        self.new_bytes(&bytes)
    }

    /// An integer from 0 to 255.
    pub fn byte(&self, value: Value) -> PyResult<u8> {
        let number = self.index_clamped(value)?;
        u8::try_from(number).map_err(|_| self.value_error("bytes must be in range(0, 256)"))
    }
}
