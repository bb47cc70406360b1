//! Iterators over whatever has `__getitem__`, and over calls up to a sentinel: what `iter` gives
//! when an object has no iterator of its own.

use std::cell::Cell;

use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

/// `iterator`: asks a sequence for one index after the other.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PySequenceIterator {
    header: Header,
    /// The sequence; empty at the end.
    sequence: Slot,
    /// The next index.
    index: Cell<isize>,
}

impl PySequenceIterator {
    /// An iterator over a sequence.
    pub fn over(vm: &Vm, sequence: Value) -> PyResult {
        let iterator = PySequenceIterator { header: Header::EMPTY, sequence: Slot::new(sequence), index: Cell::new(0) };
        Ok(vm.alloc(iterator)?.value())
    }
}

/// Whether an error means that a sequence has come to its end: it is taken.
fn ended(vm: &Vm, raised: crate::Raised) -> PyResult<()> {
    let raised = match vm.catch::<()>(Err(raised), vm.exceptions().IndexError) {
        Ok(_) => return Ok(()),
        Err(raised) => raised,
    };
    vm.catch::<()>(Err(raised), vm.exceptions().StopIteration).map(drop)
}

#[kaa_macros::py_type(name = "iterator")]
impl PySequenceIterator {
    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PySequenceIterator>) -> PyResult<Option<Value>> {
        let Some(sequence) = this.sequence.get() else { return Ok(None) };
        let index = this.index.get();
        if index == isize::MAX {
            return Err(vm.overflow_error("iter index too large"));
        }
        match vm.sequence_item(sequence, index) {
            Ok(item) => {
                this.index.set(index + 1);
                Ok(Some(item))
            }
            Err(raised) => {
                ended(vm, raised)?;
                this.sequence.clear();
                Ok(None)
            }
        }
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(vm: &Vm, this: Gc<PySequenceIterator>) -> PyResult {
        let Some(sequence) = this.sequence.get() else { return Ok(Value::small_int(0)) };
        let slots = vm.slots_of(sequence);
        if slots.sq_length.is_none() && slots.mp_length.is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        vm.new_int((vm.len(sequence)? as i64 - this.index.get() as i64).max(0))
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PySequenceIterator>) -> PyResult<Gc<PyTuple>> {
        let iter = vm.builtin("iter")?;
        match this.sequence.get() {
            Some(sequence) => {
                let args = vm.new_tuple(&[sequence])?;
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
    fn setstate(_vm: &Vm, this: Gc<PySequenceIterator>, state: isize) {
        if this.sequence.get().is_some() {
            this.index.set(state.max(0));
        }
    }
}

/// `callable_iterator`: what a function gives, up to a sentinel.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyCallIterator {
    header: Header,
    /// The function; empty at the end.
    function: Slot,
    sentinel: Slot,
}

impl PyCallIterator {
    /// `iter(function, sentinel)`.
    pub fn until(vm: &Vm, function: Value, sentinel: Value) -> PyResult {
        let iterator =
            PyCallIterator { header: Header::EMPTY, function: Slot::new(function), sentinel: Slot::new(sentinel) };
        Ok(vm.alloc(iterator)?.value())
    }
}

#[kaa_macros::py_type(name = "callable_iterator")]
impl PyCallIterator {
    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyCallIterator>) -> PyResult<Option<Value>> {
        let Some(function) = this.function.get() else { return Ok(None) };
        let result = vm.call(function, &[]);
        let Ok(item) = vm.catch(result, vm.exceptions().StopIteration)? else {
            this.function.clear();
            return Ok(None);
        };
        // The call may have ended the iterator.
        if this.function.get().is_none() {
            return Ok(None);
        }
        if vm.identical_or_equal(item, this.sentinel.get_set())? {
            this.function.clear();
            return Ok(None);
        }
        Ok(Some(item))
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyCallIterator>) -> PyResult<Gc<PyTuple>> {
        let iter = vm.builtin("iter")?;
        match this.function.get() {
            Some(function) => {
                let args = vm.new_tuple(&[function, this.sentinel.get_set()])?;
                vm.new_tuple(&[iter, args.value()])
            }
            None => {
                let empty = vm.new_tuple(&[])?;
                let args = vm.new_tuple(&[empty.value()])?;
                vm.new_tuple(&[iter, args.value()])
            }
        }
    }
}
