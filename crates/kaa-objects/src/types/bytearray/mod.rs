//! `bytearray`: bytes that can be changed. CPython: Objects/bytearrayobject.c.

mod core;
mod methods;
mod slots;

pub use self::core::PyByteArray;
