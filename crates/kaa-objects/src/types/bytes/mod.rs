//! `bytes`: immutable bytes, stored in the object itself. CPython: Objects/bytesobject.c.

pub(crate) mod byte_string;
pub(crate) mod construct;
mod core;
pub mod hex;
mod iterator;
mod slots;

pub use self::core::PyBytes;
pub use iterator::{PyByteArrayIterator, PyBytesIterator};

use crate::{PyResult, Vm};

impl Vm {
    /// Warns, under `-b`, of bytes that are taken for text.
    pub(crate) fn warn_of_bytes(&self, text: &str) -> PyResult<()> {
        match self.hooks.warn.get() {
            Some(warn) if self.bytes_warning.get() => warn(self, self.exceptions().BytesWarning.value(), text, 1),
            _ => Ok(()),
        }
    }
}
