//! `memory_iterator`.

use std::cell::Cell;

use super::PyMemoryView;
use crate::object::{Header, Slot};
use crate::{Gc, PyResult, Value, Vm};

/// Iterates over the items of a view of one dimension.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyMemoryIterator {
    header: Header,
    /// The view; empty once exhausted.
    view: Slot<Gc<PyMemoryView>>,
    index: Cell<usize>,
}

impl PyMemoryIterator {
    pub(super) fn over(vm: &Vm, view: Gc<PyMemoryView>) -> PyResult<Gc<PyMemoryIterator>> {
        view.check(vm)?;
        match view.dimensions() {
            0 => return Err(vm.type_error("invalid indexing of 0-dim memory")),
            1 => {}
            _ => return Err(vm.not_implemented_error("multi-dimensional sub-views are not implemented")),
        }
        vm.alloc(PyMemoryIterator { header: Header::EMPTY, view: Slot::new(view), index: Cell::new(0) })
    }
}

#[kaa_macros::py_type(name = "memory_iterator", layout = custom, flags(DISALLOW_INSTANTIATION))]
impl PyMemoryIterator {
    #[slot(iter)]
    fn iter(this: Gc<PyMemoryIterator>) -> Gc<PyMemoryIterator> {
        this
    }

    #[slot(iternext)]
    fn next(&self, vm: &Vm) -> PyResult<Option<Value>> {
        let Some(view) = self.view.get() else { return Ok(None) };
        let index = self.index.get();
        if index >= view.layout.shape[0] {
            self.view.clear();
            return Ok(None);
        }
        view.check(vm)?;
        self.index.set(index + 1);
        view.item_at(vm, index as isize * view.layout.strides[0]).map(Some)
    }
}
