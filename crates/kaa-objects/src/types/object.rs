//! `object`: the base of all classes.

use crate::object::Header;

/// A plain `object()`.
#[repr(C)]
pub struct PyObject {
    /// The header word.
    pub header: Header,
}

crate::native_type!(PyObject, name "object", id crate::ids::OBJECT, layout Values, flags BASETYPE);
