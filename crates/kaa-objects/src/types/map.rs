//! `map`: what a function gives for the items of iterables.

use std::cell::Cell;

use super::zip::{iterators, next_row, strict_keyword};
use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::types::value_vec::ValueVec;
use crate::{Args, Gc, PyResult, Value, Vm, ids};

/// `map`.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyMap {
    header: Header,
    function: Slot,
    iterators: Slot<Gc<PyTuple>>,
    strict: Cell<bool>,
}

#[kaa_macros::py_type(
    name = "map", id = ids::MAP, flags(BASETYPE),
    doc = "map(function, iterable, /, *iterables, strict=False)\n--\n\nMake an iterator that computes the function u\
           sing arguments from\neach of the iterables.  Stops when the shortest iterable is exhausted.\n\nIf strict \
           is true and one of the arguments is exhausted before the\nothers, raise a ValueError."
)]
impl PyMap {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyMap>> {
        let strict = strict_keyword(vm, args, "map")?;
        let Some((&function, iterables)) = args.positionals().split_first().filter(|(_, rest)| !rest.is_empty()) else {
            return Err(vm.type_error("map() must have at least two arguments."));
        };
        let iterators = iterators(vm, iterables)?;
        vm.alloc_instance(
            class,
            PyMap {
                header: Header::EMPTY,
                function: Slot::new(function),
                iterators: Slot::new(iterators),
                strict: Cell::new(strict),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyMap>) -> PyResult<Option<Value>> {
        let (function, iterators) = (this.function.get_set(), this.iterators.get_set());
        if let &[only] = iterators.as_slice() {
            let Some(item) = vm.next(only)? else { return Ok(None) };
            return vm.call(function, &[item]).map(Some);
        }
        match next_row(vm, iterators.as_slice(), this.strict.get(), "map")? {
            Some(row) => vm.call(function, row.as_slice()).map(Some),
            None => Ok(None),
        }
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyMap>) -> PyResult<Gc<PyTuple>> {
        let mut args = ValueVec::new();
        args.push(vm, this.function.get_set())?;
        for &iterator in this.iterators.get_set().as_slice() {
            args.push(vm, iterator)?;
        }
        let args = vm.new_tuple(args.as_slice())?;
        let class = vm.class_of(this.value()).value();
        if this.strict.get() {
            vm.new_tuple(&[class, args.value(), Value::TRUE])
        } else {
            vm.new_tuple(&[class, args.value()])
        }
    }

    #[method("__setstate__($self, object, /)", doc = "Set state information for unpickling.")]
    fn setstate(vm: &Vm, this: Gc<PyMap>, state: Value) -> PyResult<()> {
        this.strict.set(vm.truth(state)?);
        Ok(())
    }
}
