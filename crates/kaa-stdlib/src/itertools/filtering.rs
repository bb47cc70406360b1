//! Iterators that leave items out: `compress`, `dropwhile`, `filterfalse`, `islice`, `takewhile`.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

/// `itertools.compress`.
#[repr(C)]
#[derive(Trace)]
pub struct PyCompress {
    header: Header,
    data: Slot,
    selectors: Slot,
}

#[py_type(
    name = "compress",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors\nto choose the data elements."
)]
impl PyCompress {
    #[new("compress(data, selectors)")]
    fn new(vm: &Vm, class: Gc<PyType>, data: Value, selectors: Value) -> PyResult<Gc<PyCompress>> {
        let (data, selectors) = (vm.iter(data)?, vm.iter(selectors)?);
        vm.alloc_instance(
            class,
            PyCompress { header: Header::EMPTY, data: Slot::new(data), selectors: Slot::new(selectors) },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyCompress>) -> PyResult<Option<Value>> {
        let (data, selectors) = (this.data.get_set(), this.selectors.get_set());
        loop {
            let Some(item) = vm.next(data)? else { return Ok(None) };
            let Some(selector) = vm.next(selectors)? else { return Ok(None) };
            if vm.truth(selector)? {
                return Ok(Some(item));
            }
        }
    }
}

/// `itertools.dropwhile`.
#[repr(C)]
#[derive(Trace)]
pub struct PyDropwhile {
    header: Header,
    predicate: Slot,
    iterator: Slot,
    /// Whether the predicate failed once.
    started: Cell<bool>,
}

#[py_type(
    name = "dropwhile",
    module = "itertools",
    flags(BASETYPE),
    doc = "Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted."
)]
impl PyDropwhile {
    #[new("dropwhile(predicate, iterable, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, predicate: Value, iterable: Value) -> PyResult<Gc<PyDropwhile>> {
        let iterator = vm.iter(iterable)?;
        vm.alloc_instance(
            class,
            PyDropwhile {
                header: Header::EMPTY,
                predicate: Slot::new(predicate),
                iterator: Slot::new(iterator),
                started: Cell::new(false),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyDropwhile>) -> PyResult<Option<Value>> {
        let iterator = this.iterator.get_set();
        loop {
            let Some(item) = vm.next(iterator)? else { return Ok(None) };
            if this.started.get() {
                return Ok(Some(item));
            }
            let drops = vm.call(this.predicate.get_set(), &[item])?;
            if !vm.truth(drops)? {
                this.started.set(true);
                return Ok(Some(item));
            }
        }
    }
}

/// `itertools.takewhile`.
#[repr(C)]
#[derive(Trace)]
pub struct PyTakewhile {
    header: Header,
    predicate: Slot,
    iterator: Slot,
    /// Whether the predicate failed.
    stopped: Cell<bool>,
}

#[py_type(
    name = "takewhile",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return successive entries from an iterable as long as the predicate evaluates to true for each entry."
)]
impl PyTakewhile {
    #[new("takewhile(predicate, iterable, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, predicate: Value, iterable: Value) -> PyResult<Gc<PyTakewhile>> {
        let iterator = vm.iter(iterable)?;
        vm.alloc_instance(
            class,
            PyTakewhile {
                header: Header::EMPTY,
                predicate: Slot::new(predicate),
                iterator: Slot::new(iterator),
                stopped: Cell::new(false),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyTakewhile>) -> PyResult<Option<Value>> {
        if this.stopped.get() {
            return Ok(None);
        }
        let Some(item) = vm.next(this.iterator.get_set())? else { return Ok(None) };
        let takes = vm.call(this.predicate.get_set(), &[item])?;
        if vm.truth(takes)? {
            return Ok(Some(item));
        }
        this.stopped.set(true);
        Ok(None)
    }
}

/// `itertools.filterfalse`.
#[repr(C)]
#[derive(Trace)]
pub struct PyFilterfalse {
    header: Header,
    /// The predicate; empty when items are asked for their truth.
    predicate: Slot,
    iterator: Slot,
}

#[py_type(
    name = "filterfalse",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false."
)]
impl PyFilterfalse {
    #[new("filterfalse(function, iterable, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, function: Value, iterable: Value) -> PyResult<Gc<PyFilterfalse>> {
        let iterator = vm.iter(iterable)?;
        let asks_truth = function.is_none() || function == vm.class_of(Value::TRUE).value();
        let predicate = if asks_truth { None } else { Some(function) };
        vm.alloc_instance(
            class,
            PyFilterfalse { header: Header::EMPTY, predicate: Slot::maybe(predicate), iterator: Slot::new(iterator) },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyFilterfalse>) -> PyResult<Option<Value>> {
        let iterator = this.iterator.get_set();
        loop {
            let Some(item) = vm.next(iterator)? else { return Ok(None) };
            let answer = match this.predicate.get() {
                None => item,
                Some(predicate) => vm.call(predicate, &[item])?,
            };
            if !vm.truth(answer)? {
                return Ok(Some(item));
            }
        }
    }
}

/// `itertools.islice`.
#[repr(C)]
#[derive(Trace)]
pub struct PyIslice {
    header: Header,
    /// The iterator; empty at the end.
    iterator: Slot,
    /// The index of the next item to give.
    next: Cell<usize>,
    /// The index to stop before, if there is one.
    #[trace(skip)]
    stop: Cell<Option<usize>>,
    step: Cell<usize>,
    /// How many items were taken from the iterator.
    taken: Cell<usize>,
}

/// A bound of the slice; -1 for what cannot be one.
fn bound(vm: &Vm, value: Value) -> isize {
    match vm.index_to_isize(value, vm.exceptions().OverflowError) {
        Ok(bound) => bound,
        Err(raised) => {
            vm.take_exception(raised);
            -1
        }
    }
}

#[py_type(
    name = "islice",
    module = "itertools",
    flags(BASETYPE),
    doc = "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an iterator whose next() method returns selected values from an\niterable.  If start is specified, will skip all preceding elements;\notherwise, start defaults to zero.  Step defaults to one.  If\nspecified as another value, step determines how many values are\nskipped between successive calls.  Works like a slice() on a list\nbut returns an iterator."
)]
impl PyIslice {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyIslice>> {
        if class == vm.class::<PyIslice>() {
            args.no_keywords(vm, "islice")?;
        }
        let (iterable, start, stop, step) = match *args.positionals() {
            [iterable, stop] => (iterable, Value::NONE, stop, Value::NONE),
            [iterable, start, stop] => (iterable, start, stop, Value::NONE),
            [iterable, start, stop, step] => (iterable, start, stop, step),
            ref others => return Err(vm.wrong_positional_count("islice", others.len(), 2, 4)),
        };
        let start = start.not_none().map_or(0, |start| bound(vm, start));
        let stop = match stop.not_none() {
            None => None,
            Some(stop) => match bound(vm, stop) {
                -1 => {
                    return Err(
                        vm.value_error("Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
                    );
                }
                stop => Some(stop),
            },
        };
        if start < 0 || stop.is_some_and(|stop| stop < 0) {
            return Err(vm.value_error("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
        }
        let step = step.not_none().map_or(1, |step| bound(vm, step));
        if step < 1 {
            return Err(vm.value_error("Step for islice() must be a positive integer or None."));
        }
        let iterator = vm.iter(iterable)?;
        vm.alloc_instance(
            class,
            PyIslice {
                header: Header::EMPTY,
                iterator: Slot::new(iterator),
                next: Cell::new(start as usize),
                stop: Cell::new(stop.map(|stop| stop as usize)),
                step: Cell::new(step as usize),
                taken: Cell::new(0),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyIslice>) -> PyResult<Option<Value>> {
        let Some(iterator) = this.iterator.get() else { return Ok(None) };
        while this.taken.get() < this.next.get() {
            if vm.next(iterator)?.is_none() {
                this.iterator.clear();
                return Ok(None);
            }
            this.taken.set(this.taken.get() + 1);
        }
        if this.stop.get().is_some_and(|stop| this.taken.get() >= stop) {
            this.iterator.clear();
            return Ok(None);
        }
        let Some(item) = vm.next(iterator)? else {
            this.iterator.clear();
            return Ok(None);
        };
        this.taken.set(this.taken.get() + 1);
        // Without a stop, an index beyond all numbers is never reached.
        let next = this.next.get().saturating_add(this.step.get());
        this.next.set(this.stop.get().map_or(next, |stop| next.min(stop)));
        Ok(Some(item))
    }
}
