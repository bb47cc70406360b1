//! `bytes`: immutable bytes, stored in the object itself.

use std::cell::Cell;

use crate::buffer::{Buffer, request};
use crate::object::Header;
use crate::{Gc, PyResult, Value, Vm, ids};

/// A `bytes` object. The bytes follow the fixed part.
#[repr(C)]
pub struct PyBytes {
    header: Header,
    /// The hash, or 0 when it was not computed yet.
    hash: Cell<i64>,
    len: usize,
    data: [u64; 0],
}

crate::native_type!(PyBytes, name "bytes", id ids::BYTES, layout VariableRaw, flags BASETYPE | BYTES_SUBCLASS | SEQUENCE);

impl PyBytes {
    /// The number of bytes.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `len` bytes follow the fixed part.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr().cast(), self.len) }
    }

    /// The hash, computed once.
    pub fn hash(&self, vm: &Vm) -> i64 {
        match self.hash.get() {
            0 => {
                let hash = crate::hash::hash_bytes(vm, self.as_slice());
                self.hash.set(hash);
                hash
            }
            hash => hash,
        }
    }
}

impl Vm {
    /// A `bytes` object with these bytes.
    pub fn new_bytes(&self, bytes: &[u8]) -> PyResult<Gc<PyBytes>> {
        let size = size_of::<PyBytes>() + bytes.len();
        let object: Gc<PyBytes> = self.alloc_raw(size, kaa_gc::RAW, ids::BYTES)?;
        // SAFETY: fresh memory of that size.
        unsafe {
            let raw = object.as_ptr();
            (*raw).hash = Cell::new(0);
            (*raw).len = bytes.len();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), (*raw).data.as_mut_ptr().cast(), bytes.len());
        }
        Ok(object)
    }

    /// The memory of an object, for a request of [`request`] bits.
    pub fn buffer(&self, value: Value, request: u32) -> PyResult<Buffer> {
        match self.slots_of(value).bf_getbuffer {
            Some(get) => get(self, value, request),
            None => {
                let class = self.class_name(value);
                Err(self.type_error(format_args!("a bytes-like object is required, not '{class}'")))
            }
        }
    }

    /// Whether an object shares its memory.
    pub fn is_bytes_like(&self, value: Value) -> bool {
        self.cast::<PyBytes>(value).is_some() || self.slots_of(value).bf_getbuffer.is_some()
    }

    /// A copy of what a bytes-like object holds, when it is one: for reading numbers from it.
    pub fn bytes_like_text(&self, value: Value) -> Option<Vec<u8>> {
        if let Some(bytes) = self.cast::<PyBytes>(value) {
            return Some(bytes.as_slice().to_vec());
        }
        self.slots_of(value).bf_getbuffer?;
        match self.buffer(value, request::SIMPLE) {
            Ok(buffer) => {
                let copy = buffer.to_vec();
                buffer.release();
                Some(copy)
            }
            Err(raised) => {
                self.take_exception(raised);
                None
            }
        }
    }

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
