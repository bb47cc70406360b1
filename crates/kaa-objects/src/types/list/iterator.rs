//! `list_iterator` and `list_reverseiterator`.

use std::cell::Cell;

use super::PyList;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// Iterates over a list, which may change meanwhile.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyListIterator {
    header: Header,
    /// The list; empty once exhausted.
    pub list: Slot<Gc<PyList>>,
    /// Position of the next item.
    pub index: Cell<usize>,
}

impl PyListIterator {
    /// An iterator over a list.
    pub fn over(vm: &Vm, list: Gc<PyList>) -> PyResult {
        Ok(vm.alloc(PyListIterator { header: Header::EMPTY, list: Slot::new(list), index: Cell::new(0) })?.value())
    }
}

#[kaa_macros::py_type(name = "list_iterator", id = ids::LIST_ITERATOR, layout = custom)]
impl PyListIterator {
    #[slot(iter)]
    fn iter(_vm: &Vm, this: Value) -> PyResult {
        Ok(this)
    }

    #[slot(iternext)]
    fn next(_vm: &Vm, this: Gc<PyListIterator>) -> PyResult<Option<Value>> {
        let Some(list) = this.list.get() else { return Ok(None) };
        let index = this.index.get();
        match list.get(index) {
            Some(item) => {
                this.index.set(index + 1);
                Ok(Some(item))
            }
            None => {
                this.list.clear();
                Ok(None)
            }
        }
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(_vm: &Vm, this: Gc<PyListIterator>) -> usize {
        this.list.get().map_or(0, |list| list.len().saturating_sub(this.index.get()))
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyListIterator>) -> PyResult<Gc<PyTuple>> {
        let iter = vm.builtin("iter")?;
        match this.list.get() {
            Some(list) => {
                let args = vm.new_tuple(&[list.value()])?;
                vm.new_tuple(&[iter, args.value(), Value::small_int(this.index.get() as i64)])
            }
            None => {
                let empty = vm.new_list(&[])?;
                let args = vm.new_tuple(&[empty.value()])?;
                vm.new_tuple(&[iter, args.value()])
            }
        }
    }

    #[method("__setstate__($self, state, /)", doc = "Set state information for unpickling.")]
    fn setstate(_vm: &Vm, this: Gc<PyListIterator>, state: isize) {
        if let Some(list) = this.list.get() {
            this.index.set(usize::try_from(state).unwrap_or(0).min(list.len()));
        }
    }
}

/// Iterates over a list from its end.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyListReverseIterator {
    header: Header,
    list: Slot<Gc<PyList>>,
    /// One more than the position of the next item.
    left: Cell<usize>,
}

impl PyListReverseIterator {
    /// An iterator over a list.
    pub fn over(vm: &Vm, list: Gc<PyList>) -> PyResult {
        let left = Cell::new(list.len());
        Ok(vm.alloc(PyListReverseIterator { header: Header::EMPTY, list: Slot::new(list), left })?.value())
    }
}

#[kaa_macros::py_type(name = "list_reverseiterator", layout = custom)]
impl PyListReverseIterator {
    #[slot(iter)]
    fn iter(_vm: &Vm, this: Value) -> PyResult {
        Ok(this)
    }

    #[slot(iternext)]
    fn next(_vm: &Vm, this: Gc<PyListReverseIterator>) -> PyResult<Option<Value>> {
        let Some(list) = this.list.get() else { return Ok(None) };
        let item = this.left.get().checked_sub(1).and_then(|index| list.get(index));
        match item {
            Some(_) => this.left.set(this.left.get() - 1),
            None => this.list.clear(),
        }
        Ok(item)
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(_vm: &Vm, this: Gc<PyListReverseIterator>) -> usize {
        let left = this.left.get();
        this.list.get().filter(|list| left <= list.len()).map_or(0, |_| left)
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyListReverseIterator>) -> PyResult<Gc<PyTuple>> {
        // Looking it up may run Python code, which may use the iterator.
        let reversed = vm.builtin("reversed")?;
        match this.list.get() {
            Some(list) => {
                let args = vm.new_tuple(&[list.value()])?;
                vm.new_tuple(&[reversed, args.value(), Value::small_int(this.left.get() as i64 - 1)])
            }
            None => {
                let empty = vm.new_list(&[])?;
                let args = vm.new_tuple(&[empty.value()])?;
                vm.new_tuple(&[reversed, args.value()])
            }
        }
    }

    #[method("__setstate__($self, state, /)", doc = "Set state information for unpickling.")]
    fn setstate(_vm: &Vm, this: Gc<PyListReverseIterator>, state: isize) {
        if let Some(list) = this.list.get() {
            this.left.set((state.max(-1) + 1).min(list.len() as isize) as usize);
        }
    }
}
