//! `bytearray`: bytes that can be changed. CPython: Objects/bytearrayobject.c.

mod core;

pub use self::core::PyByteArray;

use crate::ids;

#[kaa_macros::py_type(name = "bytearray", id = ids::BYTEARRAY, layout = custom, drop, flags(BASETYPE, SEQUENCE))]
impl PyByteArray {}
