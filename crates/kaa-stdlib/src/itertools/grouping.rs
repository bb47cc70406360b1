//! Iterators over groups of items: `batched`, `groupby`, `pairwise`.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

/// `itertools.batched`.
#[repr(C)]
#[derive(Trace)]
pub struct PyBatched {
    header: Header,
    /// The iterator; empty at the end.
    iterator: Slot,
    size: Cell<usize>,
    /// Whether the last batch must be whole.
    strict: Cell<bool>,
}

#[py_type(
    name = "batched",
    module = "itertools",
    flags(BASETYPE),
    doc = "Batch data into tuples of length n. The last batch may be shorter than n.\n\nLoops over the input iterable and accumulates data into tuples\nup to size n.  The input is consumed lazily, just enough to\nfill a batch.  The result is yielded as soon as a batch is full\nor when the input iterable is exhausted.\n\n    >>> for batch in batched('ABCDEFG', 3):\n    ...     print(batch)\n    ...\n    ('A', 'B', 'C')\n    ('D', 'E', 'F')\n    ('G',)\n\nIf \"strict\" is True, raises a ValueError if the final batch is shorter\nthan n."
)]
impl PyBatched {
    #[new("batched(iterable, n, *, strict=False)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value, n: isize, strict: bool) -> PyResult<Gc<PyBatched>> {
        if n < 1 {
            return Err(vm.value_error("n must be at least one"));
        }
        let iterator = vm.iter(iterable)?;
        vm.alloc_instance(
            class,
            PyBatched {
                header: Header::EMPTY,
                iterator: Slot::new(iterator),
                size: Cell::new(n as usize),
                strict: Cell::new(strict),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyBatched>) -> PyResult<Option<Value>> {
        let Some(iterator) = this.iterator.get() else { return Ok(None) };
        let size = this.size.get();
        let mut batch = ValueVec::new();
        while batch.len() < size {
            match vm.next(iterator)? {
                Some(item) => batch.push(vm, item)?,
                None => {
                    this.iterator.clear();
                    if batch.is_empty() {
                        return Ok(None);
                    }
                    if this.strict.get() {
                        return Err(vm.value_error("batched(): incomplete batch"));
                    }
                    break;
                }
            }
        }
        Ok(Some(batch.to_tuple(vm)?.value()))
    }
}

/// `itertools.pairwise`.
#[repr(C)]
#[derive(Trace)]
pub struct PyPairwise {
    header: Header,
    /// The iterator; empty at the end.
    iterator: Slot,
    /// The second item of the last pair.
    old: Slot,
}

#[py_type(
    name = "pairwise",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ..."
)]
impl PyPairwise {
    #[new("pairwise(iterable, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value) -> PyResult<Gc<PyPairwise>> {
        let iterator = vm.iter(iterable)?;
        vm.alloc_instance(
            class,
            PyPairwise { header: Header::EMPTY, iterator: Slot::new(iterator), old: Slot::empty() },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyPairwise>) -> PyResult<Option<Value>> {
        let Some(iterator) = this.iterator.get() else { return Ok(None) };
        let old = match this.old.get() {
            Some(old) => old,
            None => {
                let Some(old) = next_or_end(vm, this, iterator)? else { return Ok(None) };
                this.old.set(vm, this, old);
                // The iterator may have asked for a pair itself, and come to the end.
                if this.iterator.get().is_none() {
                    this.old.clear();
                    return Ok(None);
                }
                old
            }
        };
        let Some(new) = next_or_end(vm, this, iterator)? else { return Ok(None) };
        this.old.set(vm, this, new);
        Ok(Some(vm.new_tuple(&[old, new])?.value()))
    }
}

/// The next item; at the end, or after an error, the iterator is given up.
fn next_or_end(vm: &Vm, this: Gc<PyPairwise>, iterator: Value) -> PyResult<Option<Value>> {
    let result = vm.next(iterator);
    if !matches!(result, Ok(Some(_))) {
        this.iterator.clear();
        this.old.clear();
    }
    result
}

/// `itertools.groupby`.
#[repr(C)]
#[derive(Trace)]
pub struct PyGroupby {
    header: Header,
    iterator: Slot,
    /// The function that gives keys; empty when items are their own.
    key_function: Slot,
    /// The key of the group that was given last.
    target_key: Slot,
    /// The key of the item that was taken last.
    current_key: Slot,
    /// That item, until it is given.
    current_value: Slot,
    /// The group that is given at present.
    current_group: Slot<Gc<PyGrouper>>,
}

impl PyGroupby {
    /// Takes the next item and its key; `false` at the end.
    fn step(vm: &Vm, this: Gc<PyGroupby>) -> PyResult<bool> {
        let Some(value) = vm.next(this.iterator.get_set())? else { return Ok(false) };
        let key = match this.key_function.get() {
            None => value,
            Some(function) => vm.call(function, &[value])?,
        };
        this.current_value.set(vm, this, value);
        this.current_key.set(vm, this, key);
        Ok(true)
    }
}

#[py_type(
    name = "groupby",
    module = "itertools",
    flags(BASETYPE),
    doc = "make an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide into groups according to the key function.\n  key\n    A function for computing the group category for each element.\n    If the key function is not specified or is None, the element itself\n    is used for grouping."
)]
impl PyGroupby {
    #[new("groupby(iterable, key=None)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value, key: Option<Value>) -> PyResult<Gc<PyGroupby>> {
        let iterator = vm.iter(iterable)?;
        vm.alloc_instance(
            class,
            PyGroupby {
                header: Header::EMPTY,
                iterator: Slot::new(iterator),
                key_function: Slot::maybe(key),
                target_key: Slot::empty(),
                current_key: Slot::empty(),
                current_value: Slot::empty(),
                current_group: Slot::empty(),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyGroupby>) -> PyResult<Option<Value>> {
        this.current_group.clear();
        // Skips what is left of the last group.
        loop {
            let skip = match (this.current_key.get(), this.target_key.get()) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(current), Some(target)) => vm.identical_or_equal(target, current)?,
            };
            if !skip {
                break;
            }
            if !PyGroupby::step(vm, this)? {
                return Ok(None);
            }
        }
        let key = this.current_key.get_set();
        this.target_key.set(vm, this, key);
        let group = PyGrouper::start(vm, vm.class::<PyGrouper>(), this, key)?;
        Ok(Some(vm.new_tuple(&[key, group.value()])?.value()))
    }
}

/// `itertools._grouper`: the items of one group.
#[repr(C)]
#[derive(Trace)]
pub struct PyGrouper {
    header: Header,
    parent: Slot<Gc<PyGroupby>>,
    key: Slot,
}

impl PyGrouper {
    fn start(vm: &Vm, class: Gc<PyType>, parent: Gc<PyGroupby>, key: Value) -> PyResult<Gc<PyGrouper>> {
        let group = PyGrouper { header: Header::EMPTY, parent: Slot::new(parent), key: Slot::new(key) };
        let group = vm.alloc_instance(class, group)?;
        parent.current_group.set(vm, parent, group);
        Ok(group)
    }
}

#[py_type(name = "_grouper", module = "itertools")]
impl PyGrouper {
    #[new("_grouper(parent, tgtkey, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, parent: Gc<PyGroupby>, tgtkey: Value) -> PyResult<Gc<PyGrouper>> {
        PyGrouper::start(vm, class, parent, tgtkey)
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyGrouper>) -> PyResult<Option<Value>> {
        let parent = this.parent.get_set();
        if parent.current_group.get() != Some(this) {
            return Ok(None);
        }
        if parent.current_value.get().is_none() && !PyGroupby::step(vm, parent)? {
            return Ok(None);
        }
        let Some(current_key) = parent.current_key.get() else { return Ok(None) };
        if !vm.identical_or_equal(this.key.get_set(), current_key)? {
            return Ok(None);
        }
        let value = parent.current_value.get();
        parent.current_value.clear();
        parent.current_key.clear();
        Ok(value)
    }
}
