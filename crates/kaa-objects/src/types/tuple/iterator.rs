//! `tuple_iterator`.

use std::cell::Cell;

use super::PyTuple;
use crate::object::{Header, Slot};
use crate::{Gc, PyResult, Value, Vm, ids};

/// Iterates over a tuple.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyTupleIterator {
    header: Header,
    /// The tuple; empty once exhausted.
    pub tuple: Slot<Gc<PyTuple>>,
    /// Position of the next item.
    pub index: Cell<usize>,
}

impl PyTupleIterator {
    /// An iterator over a tuple.
    pub fn over(vm: &Vm, tuple: Gc<PyTuple>) -> PyResult {
        Ok(vm.alloc(PyTupleIterator { header: Header::EMPTY, tuple: Slot::new(tuple), index: Cell::new(0) })?.value())
    }
}

#[kaa_macros::py_type(name = "tuple_iterator", id = ids::TUPLE_ITERATOR)]
impl PyTupleIterator {
    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(_vm: &Vm, this: Gc<PyTupleIterator>) -> PyResult<Option<Value>> {
        let Some(tuple) = this.tuple.get() else { return Ok(None) };
        let index = this.index.get();
        match tuple.as_slice().get(index) {
            Some(&item) => {
                this.index.set(index + 1);
                Ok(Some(item))
            }
            None => {
                this.tuple.clear();
                Ok(None)
            }
        }
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(_vm: &Vm, this: Gc<PyTupleIterator>) -> usize {
        this.tuple.get().map_or(0, |tuple| tuple.len().saturating_sub(this.index.get()))
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyTupleIterator>) -> PyResult<Gc<PyTuple>> {
        let iter = vm.builtin("iter")?;
        let rest = this.tuple.get();
        let args = match rest {
            Some(tuple) => tuple.value(),
            None => vm.new_tuple(&[])?.value(),
        };
        let args = vm.new_tuple(&[args])?;
        match rest {
            Some(_) => vm.new_tuple(&[iter, args.value(), Value::small_int(this.index.get() as i64)]),
            None => vm.new_tuple(&[iter, args.value()]),
        }
    }

    #[method("__setstate__($self, state, /)", doc = "Set state information for unpickling.")]
    fn setstate(_vm: &Vm, this: Gc<PyTupleIterator>, state: isize) {
        if let Some(tuple) = this.tuple.get() {
            this.index.set(usize::try_from(state).unwrap_or(0).min(tuple.len()));
        }
    }
}
