//! `accumulate` and `starmap`: functions applied to what an iterator gives.

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::operations::BinaryOp;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

/// `itertools.accumulate`.
#[repr(C)]
#[derive(Trace)]
pub struct PyAccumulate {
    header: Header,
    iterator: Slot,
    /// The function of two arguments; empty for addition.
    function: Slot,
    /// What was given last; empty before the first.
    total: Slot,
    /// What comes before all items, until it was given.
    initial: Slot,
}

#[py_type(
    name = "accumulate",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return series of accumulated sums (or other binary function results)."
)]
impl PyAccumulate {
    #[new("accumulate(iterable, func=None, *, initial=None)")]
    fn new(
        vm: &Vm,
        class: Gc<PyType>,
        iterable: Value,
        func: Option<Value>,
        initial: Option<Value>,
    ) -> PyResult<Gc<PyAccumulate>> {
        let iterator = vm.iter(iterable)?;
        vm.alloc_instance(
            class,
            PyAccumulate {
                header: Header::EMPTY,
                iterator: Slot::new(iterator),
                function: Slot::maybe(func),
                total: Slot::empty(),
                initial: Slot::maybe(initial),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyAccumulate>) -> PyResult<Option<Value>> {
        let next = match this.initial.get() {
            Some(initial) => {
                this.initial.clear();
                initial
            }
            None => {
                let Some(item) = vm.next(this.iterator.get_set())? else { return Ok(None) };
                match (this.total.get(), this.function.get()) {
                    (None, _) => item,
                    (Some(total), None) => vm.binary(BinaryOp::Add, total, item)?,
                    (Some(total), Some(function)) => vm.call(function, &[total, item])?,
                }
            }
        };
        this.total.set(vm, this, next);
        Ok(Some(next))
    }
}

/// `itertools.starmap`.
#[repr(C)]
#[derive(Trace)]
pub struct PyStarmap {
    header: Header,
    function: Slot,
    iterator: Slot,
}

#[py_type(
    name = "starmap",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence."
)]
impl PyStarmap {
    #[new("starmap(function, iterable, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, function: Value, iterable: Value) -> PyResult<Gc<PyStarmap>> {
        let iterator = vm.iter(iterable)?;
        vm.alloc_instance(
            class,
            PyStarmap { header: Header::EMPTY, function: Slot::new(function), iterator: Slot::new(iterator) },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyStarmap>) -> PyResult<Option<Value>> {
        let Some(args) = vm.next(this.iterator.get_set())? else { return Ok(None) };
        let args = vm.tuple_from(args)?;
        vm.call(this.function.get_set(), args.as_slice()).map(Some)
    }
}
