//! `bytes`: immutable bytes, stored in the object itself. CPython: Objects/bytesobject.c.

pub(crate) mod byte_string;
pub(crate) mod construct;
mod core;
pub mod hex;
mod iterator;
mod slots;

pub use self::core::PyBytes;
pub use iterator::{PyByteArrayIterator, PyBytesIterator};
