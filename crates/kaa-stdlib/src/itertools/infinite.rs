//! Iterators that need not end: `count`, `cycle`, `repeat`.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::operations::BinaryOp;
use kaa_objects::types::complex::PyComplex;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::StrBuilder;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

/// `itertools.count`.
#[repr(C)]
#[derive(Trace)]
pub struct PyCount {
    header: Header,
    /// What is given next.
    next: Slot,
    step: Slot,
}

fn is_number(vm: &Vm, value: Value) -> bool {
    let slots = vm.slots_of(value);
    slots.nb_index.is_some()
        || slots.nb_int.is_some()
        || slots.nb_float.is_some()
        || vm.cast::<PyComplex>(value).is_some()
}

/// Whether a value is an `int` (or `bool`) equal to 1.
fn is_one(vm: &Vm, value: Value) -> bool {
    vm.is_int(value) && vm.int_to_i64(value) == Some(1)
}

#[py_type(
    name = "count",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n    def count(firstval=0, step=1):\n        x = firstval\n        while 1:\n            yield x\n            x += step"
)]
impl PyCount {
    #[new("count(start=0, step=1)")]
    fn new(vm: &Vm, class: Gc<PyType>, start: Value, step: Value) -> PyResult<Gc<PyCount>> {
        if !is_number(vm, start) || !is_number(vm, step) {
            return Err(vm.type_error("a number is required"));
        }
        // As in CPython, counting by ones from an `int` of 64 bits gives exact `int`s.
        let exact = if is_one(vm, step) && vm.is_int(start) { vm.int_to_i64(start) } else { None };
        let next = match exact {
            Some(start) => vm.new_int(start)?,
            None => start,
        };
        vm.alloc_instance(class, PyCount { header: Header::EMPTY, next: Slot::new(next), step: Slot::new(step) })
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyCount>) -> PyResult<Option<Value>> {
        let (current, step) = (this.next.get_set(), this.step.get_set());
        let next = match (current.as_small_int(), step.as_small_int()) {
            (Some(current), Some(step)) => vm.new_int(current + step)?,
            _ => vm.binary(BinaryOp::Add, current, step)?,
        };
        this.next.set(vm, this, next);
        Ok(Some(current))
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyCount>) -> PyResult {
        let mut out = StrBuilder::default();
        push_type_name(vm, &mut out, this.value());
        out.push_str("(");
        out.push_py(&*vm.repr(this.next.get_set())?);
        if !is_one(vm, this.step.get_set()) {
            out.push_str(", ");
            out.push_py(&*vm.repr(this.step.get_set())?);
        }
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }
}

/// Appends the `__name__` of a value's class, without its module.
fn push_type_name(vm: &Vm, out: &mut StrBuilder, value: Value) {
    out.push_py(&vm.class_of(value).name.get_set());
}

/// `itertools.cycle`.
#[repr(C)]
#[derive(Trace)]
pub struct PyCycle {
    header: Header,
    /// The iterator, as long as it gives items.
    iterator: Slot,
    /// What it gave.
    saved: Slot<Gc<PyList>>,
    /// The saved item to give next.
    index: Cell<usize>,
}

#[py_type(
    name = "cycle",
    module = "itertools",
    flags(BASETYPE),
    doc = "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely."
)]
impl PyCycle {
    #[new("cycle(iterable, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value) -> PyResult<Gc<PyCycle>> {
        let iterator = vm.iter(iterable)?;
        let saved = vm.new_list(&[])?;
        vm.alloc_instance(
            class,
            PyCycle {
                header: Header::EMPTY,
                iterator: Slot::new(iterator),
                saved: Slot::new(saved),
                index: Cell::new(0),
            },
        )
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyCycle>) -> PyResult<Option<Value>> {
        let saved = this.saved.get_set();
        if let Some(iterator) = this.iterator.get() {
            if let Some(item) = vm.next(iterator)? {
                saved.push(vm, item)?;
                return Ok(Some(item));
            }
            this.iterator.clear();
        }
        let index = this.index.get();
        let item = saved.get(index);
        this.index.set(if index + 1 >= saved.len() { 0 } else { index + 1 });
        Ok(item)
    }
}

/// `itertools.repeat`.
#[repr(C)]
#[derive(Trace)]
pub struct PyRepeat {
    header: Header,
    object: Slot,
    /// How many times it is still given; `None` for ever.
    #[trace(skip)]
    left: Cell<Option<usize>>,
}

#[py_type(
    name = "repeat",
    module = "itertools",
    flags(BASETYPE),
    doc = "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly."
)]
impl PyRepeat {
    #[new("repeat(object, times=<unrepresentable>)")]
    fn new(vm: &Vm, class: Gc<PyType>, object: Value, times: Option<isize>) -> PyResult<Gc<PyRepeat>> {
        let left = times.map(|times| usize::try_from(times).unwrap_or(0));
        vm.alloc_instance(class, PyRepeat { header: Header::EMPTY, object: Slot::new(object), left: Cell::new(left) })
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(_vm: &Vm, this: Gc<PyRepeat>) -> Option<Value> {
        match this.left.get() {
            Some(0) => return None,
            Some(left) => this.left.set(Some(left - 1)),
            None => {}
        }
        Some(this.object.get_set())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyRepeat>) -> PyResult {
        let mut out = StrBuilder::default();
        push_type_name(vm, &mut out, this.value());
        out.push_str("(");
        out.push_py(&*vm.repr(this.object.get_set())?);
        if let Some(left) = this.left.get() {
            out.push_str(&format!(", {left}"));
        }
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(vm: &Vm, this: Gc<PyRepeat>) -> PyResult<usize> {
        this.left.get().ok_or_else(|| vm.type_error("len() of unsized object"))
    }
}
