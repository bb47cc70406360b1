//! Iterators over whatever has `__getitem__`, and over calls up to a sentinel: what `iter` gives
//! when an object has no iterator of its own.

use std::cell::Cell;

use crate::object::{Header, Slot};
use crate::{PyResult, Trace, Value, Vm, py_type};

/// `iterator`: asks a sequence for one index after the other.
#[repr(C)]
#[derive(Trace)]
pub struct PySequenceIterator {
    pub(crate) header: Header,
    /// The sequence; empty at the end.
    pub(crate) sequence: Slot,
    /// The next index.
    pub(crate) index: Cell<isize>,
}

#[py_type(name = "iterator")]
impl PySequenceIterator {}

impl PySequenceIterator {
    /// An iterator over a sequence.
    pub fn over(vm: &Vm, sequence: Value) -> PyResult {
        let iterator = PySequenceIterator { header: Header::EMPTY, sequence: Slot::new(sequence), index: Cell::new(0) };
        Ok(vm.alloc(iterator)?.value())
    }
}
