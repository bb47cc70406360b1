//! `reversed`: the items of a sequence from its end.

use std::cell::Cell;

use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// `reversed`, for sequences without `__reversed__`.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyReversed {
    header: Header,
    /// The sequence; empty once exhausted.
    sequence: Slot,
    /// The next index.
    index: Cell<isize>,
}

#[kaa_macros::py_type(
    name = "reversed", id = ids::REVERSED, flags(BASETYPE),
    doc = "Return a reverse iterator over the values of the given sequence."
)]
impl PyReversed {
    #[new("reversed(sequence, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        let method = vm.special_method(object, vm.names().__reversed__)?;
        if method.is_some_and(Value::is_none) {
            let name = vm.class_name(object);
            return Err(vm.type_error(format_args!("'{name}' object is not reversible")));
        }
        if let Some(method) = method {
            return vm.call(method, &[]);
        }
        if !vm.is_sequence(object) {
            let name = vm.class_name(object);
            return Err(vm.type_error(format_args!("'{name}' object is not reversible")));
        }
        let index = Cell::new(vm.len(object)? as isize - 1);
        let reversed = PyReversed { header: Header::EMPTY, sequence: Slot::new(object), index };
        Ok(vm.alloc_instance(class, reversed)?.value())
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyReversed>) -> PyResult<Option<Value>> {
        let Some(sequence) = this.sequence.get() else { return Ok(None) };
        let index = this.index.get();
        if index >= 0 {
            let result = vm.sequence_item(sequence, index);
            let ended = [vm.exceptions().IndexError, vm.exceptions().StopIteration];
            match vm.catch(result, ended[0]) {
                Ok(Ok(item)) => {
                    this.index.set(index - 1);
                    return Ok(Some(item));
                }
                Ok(Err(_)) => {}
                Err(raised) => {
                    vm.catch::<()>(Err(raised), ended[1])?.ok();
                }
            }
        }
        this.sequence.clear();
        Ok(None)
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(vm: &Vm, this: Gc<PyReversed>) -> PyResult<usize> {
        let Some(sequence) = this.sequence.get() else { return Ok(0) };
        let left = (this.index.get() + 1).max(0) as usize;
        Ok(if vm.len(sequence)? < left { 0 } else { left })
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyReversed>) -> PyResult<Gc<PyTuple>> {
        let class = vm.class_of(this.value()).value();
        match this.sequence.get() {
            Some(sequence) => {
                let args = vm.new_tuple(&[sequence])?;
                vm.new_tuple(&[class, args.value(), Value::small_int(this.index.get() as i64)])
            }
            None => {
                let empty = vm.new_tuple(&[])?;
                let args = vm.new_tuple(&[empty.value()])?;
                vm.new_tuple(&[class, args.value()])
            }
        }
    }

    #[method("__setstate__($self, object, /)", doc = "Set state information for unpickling.")]
    fn setstate(vm: &Vm, this: Gc<PyReversed>, state: isize) -> PyResult<()> {
        if let Some(sequence) = this.sequence.get() {
            let last = vm.len(sequence)? as isize - 1;
            this.index.set(state.clamp(-1, last));
        }
        Ok(())
    }
}
