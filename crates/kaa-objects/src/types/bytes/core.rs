//! The representation of `bytes`, and how such objects are made.

use std::cell::Cell;

use crate::class::PyType;
use crate::object::Header;
use crate::{Gc, PyResult, Vm, ids};

/// A `bytes` object. The bytes follow the fixed part.
#[repr(C)]
pub struct PyBytes {
    header: Header,
    /// The hash, or 0 when it was not computed yet.
    hash: Cell<i64>,
    len: usize,
    data: [u64; 0],
}

/// Bytes before the first one.
pub(super) const BYTES_DATA: usize = size_of::<PyBytes>();

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
        let shared = match bytes {
            [] => self.empty_bytes(),
            [byte] => self.single_byte(*byte),
            _ => None,
        };
        if let Some(shared) = shared {
            return Ok(shared);
        }
        let size = BYTES_DATA + bytes.len();
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

    /// A `bytes` object of a length, whose bytes, all 0, a function writes. It must not allocate.
    pub fn new_bytes_with(&self, len: usize, write: impl FnOnce(&mut [u8])) -> PyResult<Gc<PyBytes>> {
        let size = BYTES_DATA.checked_add(len).filter(|&size| size <= isize::MAX as usize);
        let size = size.ok_or_else(|| self.overflow_error("byte string is too large"))?;
        let object: Gc<PyBytes> = self.alloc_zeroed(size, kaa_gc::RAW, ids::BYTES)?;
        // SAFETY: fresh zeroed memory of that size, which nothing else refers to yet.
        unsafe {
            (*object.as_ptr()).len = len;
            write(std::slice::from_raw_parts_mut((*object.as_ptr()).data.as_mut_ptr().cast(), len));
        }
        Ok(object)
    }

    /// A `bytes` object of a Python subclass: its dict is the object's last word.
    pub fn new_bytes_of_class(&self, class: Gc<PyType>, bytes: &[u8]) -> PyResult<Gc<PyBytes>> {
        let extra = class.appended_size();
        let size = (BYTES_DATA + bytes.len()).next_multiple_of(8) + extra;
        let object: Gc<PyBytes> = self.alloc_zeroed(size, class.trace_kind.get(), class.root_shape.get())?;
        // SAFETY: fresh zeroed memory of that size.
        unsafe {
            let raw = object.as_ptr();
            (*raw).len = bytes.len();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), (*raw).data.as_mut_ptr().cast(), bytes.len());
        }
        self.register_finalizer(class, object);
        Ok(object)
    }

    /// The bytes of an object as exact `bytes`: itself when it is such.
    pub fn exact_bytes(&self, bytes: Gc<PyBytes>) -> PyResult<Gc<PyBytes>> {
        match self.cast_exact::<PyBytes>(bytes.value()) {
            Some(exact) => Ok(exact),
            None => self.new_bytes(bytes.as_slice()),
        }
    }
}
