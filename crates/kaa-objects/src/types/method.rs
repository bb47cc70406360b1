//! `method`: a callable bound to an instance.

use crate::object::{Header, Slot};
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

/// A bound method.
#[repr(C)]
pub struct PyMethod {
    header: Header,
    /// `__func__`.
    pub function: Slot,
    /// `__self__`.
    pub this: Slot,
}

#[py_type(name = "method", id = ids::METHOD, layout = values)]
impl PyMethod {}

impl Vm {
    /// `function` bound to `this`.
    #[inline]
    pub fn new_method(&self, function: Value, this: Value) -> PyResult<Gc<PyMethod>> {
        self.alloc(PyMethod { header: Header::EMPTY, function: Slot::new(function), this: Slot::new(this) })
    }
}
