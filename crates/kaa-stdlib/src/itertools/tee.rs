//! `_tee`: iterators that share what they read from one iterator.
//!
//! What was read is kept in a chain of blocks; each `_tee` refers to the block with its next item.
//! A block that no `_tee` can reach any more is garbage.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::arrays::ValueArray;
use kaa_objects::types::list::PyList;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

/// Items of a block.
const BLOCK: usize = 57;

/// `itertools._tee_dataobject`: a block of items, and where more come from.
#[repr(C)]
#[derive(Trace)]
pub struct PyTeeDataObject {
    header: Header,
    iterator: Slot,
    items: Slot<Gc<ValueArray>>,
    next: Slot<Gc<PyTeeDataObject>>,
    /// How many items there are.
    read: Cell<usize>,
    /// Whether the iterator is being asked for an item.
    running: Cell<bool>,
}

impl PyTeeDataObject {
    fn over(vm: &Vm, class: Gc<PyType>, iterator: Value) -> PyResult<Gc<PyTeeDataObject>> {
        let items = vm.new_value_array(BLOCK)?;
        vm.alloc_instance(
            class,
            PyTeeDataObject {
                header: Header::EMPTY,
                iterator: Slot::new(iterator),
                items: Slot::new(items),
                next: Slot::empty(),
                read: Cell::new(0),
                running: Cell::new(false),
            },
        )
    }

    /// The block after this one, which is full.
    fn following(vm: &Vm, this: Gc<PyTeeDataObject>) -> PyResult<Gc<PyTeeDataObject>> {
        if let Some(next) = this.next.get() {
            return Ok(next);
        }
        let next = PyTeeDataObject::over(vm, vm.class::<PyTeeDataObject>(), this.iterator.get_set())?;
        this.next.set(vm, this, next);
        Ok(next)
    }

    /// The item at an index, which is read now if it is the next one.
    fn item(vm: &Vm, this: Gc<PyTeeDataObject>, index: usize) -> PyResult<Option<Value>> {
        let items = this.items.get_set();
        if index < this.read.get() {
            return Ok(items.slots()[index].get());
        }
        if this.running.get() {
            return Err(vm.runtime_error("cannot re-enter the tee iterator"));
        }
        this.running.set(true);
        let result = vm.next(this.iterator.get_set());
        this.running.set(false);
        let Some(item) = result? else { return Ok(None) };
        items.set(vm, this.read.get(), item);
        this.read.set(this.read.get() + 1);
        Ok(Some(item))
    }
}

#[py_type(
    name = "_tee_dataobject",
    module = "itertools",
    doc = "teedataobject(iterable, values, next, /)\n--\n\nData container common to multiple tee objects."
)]
impl PyTeeDataObject {
    #[new("teedataobject(iterable, values, next, /)")]
    fn new(
        vm: &Vm,
        class: Gc<PyType>,
        iterable: Value,
        values: Gc<PyList>,
        next: Value,
    ) -> PyResult<Gc<PyTeeDataObject>> {
        let invalid = || vm.value_error("Invalid arguments");
        let block = PyTeeDataObject::over(vm, class, iterable)?;
        if values.len() > BLOCK {
            return Err(invalid());
        }
        let items = block.items.get_set();
        for (index, &value) in values.as_slice().iter().enumerate() {
            items.set(vm, index, value);
        }
        block.read.set(values.len());
        if let Some(next) = next.not_none() {
            let next = vm.cast::<PyTeeDataObject>(next).filter(|_| values.len() == BLOCK).ok_or_else(invalid)?;
            block.next.set(vm, block, next);
        }
        Ok(block)
    }
}

/// `itertools._tee`.
#[repr(C)]
#[derive(Trace)]
pub struct PyTee {
    header: Header,
    block: Slot<Gc<PyTeeDataObject>>,
    /// The index of the next item in the block.
    index: Cell<usize>,
}

impl PyTee {
    /// A `_tee` over an iterator; over another one, a copy of that.
    pub fn over(vm: &Vm, class: Gc<PyType>, iterator: Value) -> PyResult<Gc<PyTee>> {
        if let Some(tee) = vm.cast::<PyTee>(iterator) {
            return PyTee::copied(vm, tee);
        }
        let block = PyTeeDataObject::over(vm, vm.class::<PyTeeDataObject>(), iterator)?;
        vm.alloc_instance(class, PyTee { header: Header::EMPTY, block: Slot::new(block), index: Cell::new(0) })
    }

    fn copied(vm: &Vm, this: Gc<PyTee>) -> PyResult<Gc<PyTee>> {
        let index = Cell::new(this.index.get());
        vm.alloc(PyTee { header: Header::EMPTY, block: Slot::new(this.block.get_set()), index })
    }
}

#[py_type(name = "_tee", module = "itertools", flags(MANAGED_WEAKREF), doc = "Iterator wrapped to make it copyable.")]
impl PyTee {
    #[new("_tee(iterable, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value) -> PyResult<Gc<PyTee>> {
        let iterator = vm.iter(iterable)?;
        PyTee::over(vm, class, iterator)
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyTee>) -> PyResult<Option<Value>> {
        if this.index.get() >= BLOCK {
            let next = PyTeeDataObject::following(vm, this.block.get_set())?;
            this.block.set(vm, this, next);
            this.index.set(0);
        }
        let item = PyTeeDataObject::item(vm, this.block.get_set(), this.index.get())?;
        if item.is_some() {
            this.index.set(this.index.get() + 1);
        }
        Ok(item)
    }

    #[method("__copy__($self, /)", doc = "Returns an independent iterator.")]
    fn copy(vm: &Vm, this: Gc<PyTee>) -> PyResult<Gc<PyTee>> {
        PyTee::copied(vm, this)
    }
}
