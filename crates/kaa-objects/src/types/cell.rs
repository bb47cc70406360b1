//! `cell`: a variable that functions share.

use crate::object::{Header, Slot};
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

/// A cell; empty while the variable is not bound.
#[repr(C)]
pub struct PyCell {
    header: Header,
    /// The variable's value.
    pub contents: Slot,
}

#[py_type(name = "cell", id = ids::CELL, layout = values)]
impl PyCell {}

impl Vm {
    /// A cell with the given contents.
    #[inline]
    pub fn new_cell(&self, contents: Option<Value>) -> PyResult<Gc<PyCell>> {
        self.alloc(PyCell { header: Header::EMPTY, contents: Slot::maybe(contents) })
    }
}
