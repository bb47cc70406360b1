//! `range_iterator`, whose numbers fit 64 bits, and `longrange_iterator` for all others.

use std::cell::Cell;

use super::{ONE, ZERO};
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// An iterator over a range of 64-bit integers. Where the next item would be after the last one
/// fits 64 bits, too.
#[repr(C)]
pub struct PyRangeIterator {
    header: Header,
    next: Cell<i64>,
    step: i64,
    /// How many items are left.
    left: Cell<i64>,
}

impl PyRangeIterator {
    pub(super) fn over(vm: &Vm, start: i64, step: i64, left: i64) -> PyResult {
        let iterator = PyRangeIterator { header: Header::EMPTY, next: Cell::new(start), step, left: Cell::new(left) };
        Ok(vm.alloc(iterator)?.value())
    }

    /// Whether an item may not fit a word.
    #[inline(always)]
    pub fn is_large(&self) -> bool {
        !(Value::INT_MIN..=Value::INT_MAX).contains(&self.next.get())
    }

    /// The next item as a number; for loops that need no object of it.
    #[inline(always)]
    pub fn next_i64(&self) -> Option<i64> {
        let left = self.left.get();
        if left <= 0 {
            return None;
        }
        let item = self.next.get();
        self.next.set(item.wrapping_add(self.step));
        self.left.set(left - 1);
        Some(item)
    }
}

#[py_type(name = "range_iterator", id = ids::RANGE_ITERATOR, layout = raw, flags(DISALLOW_INSTANTIATION))]
impl PyRangeIterator {
    #[slot(iter)]
    fn iter(this: Gc<PyRangeIterator>) -> Gc<PyRangeIterator> {
        this
    }

    #[slot(iternext)]
    fn next(&self, vm: &Vm) -> PyResult<Option<Value>> {
        self.next_i64().map(|item| vm.new_int(item)).transpose()
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(&self) -> i64 {
        self.left.get()
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        let next = vm.new_int(self.next.get())?;
        reduced(vm, next, vm.new_int(self.step)?, vm.new_int(self.left.get())?)
    }

    #[method("__setstate__($self, object, /)", doc = "Set state information for unpickling.")]
    fn set_state(&self, index: i64) {
        let index = index.clamp(0, self.left.get());
        self.next.set(self.next.get().wrapping_add(index.wrapping_mul(self.step)));
        self.left.set(self.left.get() - index);
    }
}

/// An iterator over any range.
#[repr(C)]
#[derive(Trace)]
pub struct PyLongRangeIterator {
    header: Header,
    next: Slot,
    step: Slot,
    /// How many items are left.
    left: Slot,
}

impl PyLongRangeIterator {
    pub(super) fn over(vm: &Vm, start: Value, step: Value, left: Value) -> PyResult {
        let iterator = PyLongRangeIterator {
            header: Header::EMPTY,
            next: Slot::new(start),
            step: Slot::new(step),
            left: Slot::new(left),
        };
        Ok(vm.alloc(iterator)?.value())
    }

    /// Passes over `count` items, which are there.
    fn skip(this: Gc<PyLongRangeIterator>, vm: &Vm, count: Value) -> PyResult<()> {
        let left = vm.int_subtract(this.left.get_set(), count)?;
        let distance = vm.int_multiply(count, this.step.get_set())?;
        let next = vm.int_add(this.next.get_set(), distance)?;
        this.left.set(vm, this, left);
        this.next.set(vm, this, next);
        Ok(())
    }
}

#[py_type(name = "longrange_iterator", flags(DISALLOW_INSTANTIATION))]
impl PyLongRangeIterator {
    #[slot(iter)]
    fn iter(this: Gc<PyLongRangeIterator>) -> Gc<PyLongRangeIterator> {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyLongRangeIterator>) -> PyResult<Option<Value>> {
        if vm.int_sign(this.left.get_set()).is_le() {
            return Ok(None);
        }
        let item = this.next.get_set();
        PyLongRangeIterator::skip(this, vm, ONE)?;
        Ok(Some(item))
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(&self) -> Value {
        self.left.get_set()
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        reduced(vm, self.next.get_set(), self.step.get_set(), self.left.get_set())
    }

    #[method("__setstate__($self, object, /)", doc = "Set state information for unpickling.")]
    fn set_state(vm: &Vm, this: Gc<PyLongRangeIterator>, state: Value) -> PyResult<()> {
        if !vm.is_exact_int(state) {
            let class = vm.class_name(state);
            return Err(vm.type_error(format_args!("state must be an int, not {class}")));
        }
        let index = if vm.int_is_negative(state) { ZERO } else { state };
        let left = this.left.get_set();
        PyLongRangeIterator::skip(this, vm, if vm.int_compare(index, left).is_gt() { left } else { index })
    }
}

/// `(iter, (range(next, stop, step),), None)`, where `stop` is where the items end.
fn reduced(vm: &Vm, next: Value, step: Value, left: Value) -> PyResult<Gc<PyTuple>> {
    let stop = vm.int_add(next, vm.int_multiply(left, step)?)?;
    let range = vm.new_range(next, stop, step)?;
    let arguments = vm.new_tuple(&[range.value()])?;
    vm.new_tuple(&[vm.builtin("iter")?, arguments.value(), Value::NONE])
}
