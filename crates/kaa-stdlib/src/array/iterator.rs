//! `array.arrayiterator`.

use std::cell::Cell;

use kaa_objects::object::{Header, Slot};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::PyArray;

/// Iterates over the items of an array, which may change meanwhile.
#[repr(C)]
#[derive(Trace)]
pub struct PyArrayIterator {
    header: Header,
    /// The array; empty once exhausted.
    array: Slot<Gc<PyArray>>,
    index: Cell<usize>,
}

impl PyArrayIterator {
    pub fn over(vm: &Vm, array: Gc<PyArray>) -> PyResult<Gc<PyArrayIterator>> {
        let index = Cell::new(0);
        vm.alloc(PyArrayIterator { header: Header::EMPTY, array: Slot::new(array), index })
    }
}

#[py_type(name = "arrayiterator", module = "array", flags(DISALLOW_INSTANTIATION))]
impl PyArrayIterator {
    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyArrayIterator>) -> PyResult<Option<Value>> {
        let Some(array) = this.array.get() else { return Ok(None) };
        let index = this.index.get();
        if index >= array.len() {
            this.array.clear();
            return Ok(None);
        }
        this.index.set(index + 1);
        array.get(vm, index).map(Some)
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyArrayIterator>) -> PyResult<Gc<PyTuple>> {
        let iter = vm.builtin("iter")?;
        match this.array.get() {
            Some(array) => {
                let args = vm.new_tuple(&[array.value()])?;
                vm.new_tuple(&[iter, args.value(), Value::small_int(this.index.get() as i64)])
            }
            None => {
                let empty = vm.new_tuple(&[])?;
                let args = vm.new_tuple(&[empty.value()])?;
                vm.new_tuple(&[iter, args.value()])
            }
        }
    }

    #[method("__setstate__($self, state, /)", doc = "Set state information for unpickling.")]
    fn setstate(this: Gc<PyArrayIterator>, state: isize) {
        if let Some(array) = this.array.get() {
            this.index.set(usize::try_from(state).unwrap_or(0).min(array.len()));
        }
    }
}
