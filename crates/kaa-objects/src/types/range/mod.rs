//! `range`: an arithmetic progression of integers of any size. CPython: Objects/rangeobject.c.

pub mod iterator;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub use iterator::{PyLongRangeIterator, PyRangeIterator};

use crate::class::{CompareOp, PyType};
use crate::hash::{HASH_NONE, hash_tuple};
use crate::object::{Header, Slot};
use crate::types::slice::PySlice;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm, ids, py_type};

/// A `range`. All members are exact `int`s.
#[repr(C)]
pub struct PyRange {
    header: Header,
    start: Slot,
    stop: Slot,
    /// Never 0.
    step: Slot,
    /// The number of items, which 64 bits may not hold.
    length: Slot,
}

const ZERO: Value = Value::small_int(0);
const ONE: Value = Value::small_int(1);

impl PyRange {
    /// `range.start`.
    #[inline(always)]
    pub fn start(&self) -> Value {
        self.start.get_set()
    }

    /// `range.stop`.
    #[inline(always)]
    pub fn stop(&self) -> Value {
        self.stop.get_set()
    }

    /// `range.step`.
    #[inline(always)]
    pub fn step(&self) -> Value {
        self.step.get_set()
    }

    /// The number of items, an `int`.
    #[inline(always)]
    pub fn length(&self) -> Value {
        self.length.get_set()
    }

    /// Start, stop and step, when 64 bits hold each of them.
    fn small(&self, vm: &Vm) -> Option<(i64, i64, i64)> {
        Some((vm.int_to_i64(self.start())?, vm.int_to_i64(self.stop())?, vm.int_to_i64(self.step())?))
    }

    /// `start + index * step`, whether or not that is an item.
    fn at(&self, vm: &Vm, index: Value) -> PyResult {
        vm.int_add(self.start(), vm.int_multiply(index, self.step())?)
    }

    /// The item at an index, counted from the end when negative.
    fn item_at(&self, vm: &Vm, index: Value) -> PyResult {
        let index = if vm.int_sign(index).is_lt() { vm.int_add(index, self.length())? } else { index };
        if vm.int_sign(index).is_lt() || vm.int_compare(index, self.length()).is_ge() {
            return Err(vm.index_error("range object index out of range"));
        }
        self.at(vm, index)
    }

    /// Whether an `int` (or `bool`) is an item.
    fn contains_int(&self, vm: &Vm, int: Value) -> PyResult<bool> {
        let from_start = vm.int_compare(int, self.start());
        let to_stop = vm.int_compare(int, self.stop());
        let within = match vm.int_sign(self.step()) {
            Ordering::Less => from_start.is_le() && to_stop.is_gt(),
            _ => from_start.is_ge() && to_stop.is_lt(),
        };
        if !within {
            return Ok(false);
        }
        let distance = vm.int_subtract(int, self.start())?;
        Ok(vm.int_sign(vm.int_remainder(distance, self.step())?).is_eq())
    }

    /// Whether equality with an item is that of integers: the search needs no comparisons.
    fn is_plain(vm: &Vm, value: Value) -> bool {
        vm.is_exact_int(value) || value.as_bool().is_some()
    }

    fn equals(&self, vm: &Vm, other: &PyRange) -> bool {
        let same = |a, b| vm.int_compare(a, b).is_eq();
        let length = self.length();
        same(length, other.length())
            && (length == ZERO
                || same(self.start(), other.start()) && (length == ONE || same(self.step(), other.step())))
    }
}

#[py_type(name = "range", id = ids::RANGE, layout = values, flags(SEQUENCE), doc = "range(stop) -> range object
range(start, stop[, step]) -> range object

Return an object that produces a sequence of integers from start (inclusive)
to stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.
start defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.
These are exactly the valid indices for a list of 4 elements.
When step is given, it specifies the increment (or decrement).")]
impl PyRange {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyRange>> {
        args.no_keywords(vm, "range")?;
        match *args.positionals() {
            [stop] => vm.new_range(ZERO, vm.index_exact(stop)?, ONE),
            [start, stop] => vm.new_range(vm.index_exact(start)?, vm.index_exact(stop)?, ONE),
            [start, stop, step] => {
                let (start, stop, step) = (vm.index_exact(start)?, vm.index_exact(stop)?, vm.index_exact(step)?);
                if step == ZERO {
                    return Err(vm.value_error("range() arg 3 must not be zero"));
                }
                vm.new_range(start, stop, step)
            }
            ref given => Err(vm.wrong_positional_count("range", given.len(), 1, 3)),
        }
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        let start = vm.repr(self.start())?.to_string_lossy();
        let stop = vm.repr(self.stop())?.to_string_lossy();
        if self.step() == ONE {
            return Ok(format!("range({start}, {stop})"));
        }
        Ok(format!("range({start}, {stop}, {})", vm.repr(self.step())?.to_string_lossy()))
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> PyResult<i64> {
        // What does not matter for equality counts as `None`.
        let (mut start, mut step) = (HASH_NONE, HASH_NONE);
        if self.length() != ZERO {
            start = vm.hash(self.start())?;
            if self.length() != ONE {
                step = vm.hash(self.step())?;
            }
        }
        Ok(hash_tuple([vm.hash(self.length())?, start, step].into_iter()))
    }

    #[slot(richcompare)]
    fn compare(&self, vm: &Vm, other: Value, op: CompareOp) -> Value {
        match (vm.cast::<PyRange>(other), op) {
            (Some(other), CompareOp::Eq) => Value::bool(self.equals(vm, &other)),
            (Some(other), CompareOp::Ne) => Value::bool(!self.equals(vm, &other)),
            _ => Value::NOT_IMPLEMENTED,
        }
    }

    #[slot(nb_bool)]
    fn truth(&self) -> bool {
        self.length() != ZERO
    }

    #[slot(sq_length)]
    fn len(&self, vm: &Vm) -> PyResult<usize> {
        let length = vm.int_to_i64(self.length());
        length
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(|| vm.overflow_error("Python int too large to convert to C ssize_t"))
    }

    #[slot(sq_item)]
    fn item(&self, vm: &Vm, index: isize) -> PyResult {
        self.item_at(vm, vm.new_int(index as i64)?)
    }

    #[slot(mp_length)]
    fn mapping_len(&self, vm: &Vm) -> PyResult<usize> {
        self.len(vm)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, vm: &Vm, key: Value) -> PyResult {
        if let Some(slice) = vm.cast::<PySlice>(key) {
            let [start, stop, step] = slice.long_indices(vm, self.length())?;
            let step = vm.int_multiply(step, self.step())?;
            return Ok(vm.new_range(self.at(vm, start)?, self.at(vm, stop)?, step)?.value());
        }
        if vm.is_int(key) || vm.slots_of(key).nb_index.is_some() {
            return self.item_at(vm, vm.index_exact(key)?);
        }
        let class = vm.class_name(key);
        Err(vm.type_error(format_args!("range indices must be integers or slices, not {class}")))
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyRange>, item: Value) -> PyResult<bool> {
        if PyRange::is_plain(vm, item) {
            return this.contains_int(vm, item);
        }
        vm.contains_by_iteration(this.value(), item)
    }

    #[slot(iter)]
    fn iter(&self, vm: &Vm) -> PyResult {
        if let Some((start, stop, step)) = self.small(vm) {
            // The position after the last item is computed, too.
            let end_fits = match step {
                1.. => stop <= i64::MAX - (step - 1),
                _ => stop >= i64::MIN + (-1 - step),
            };
            let left = vm.int_to_i64(self.length());
            if let Some(left) = left.filter(|&left| end_fits || left == 0) {
                return PyRangeIterator::over(vm, start, step, left);
            }
        }
        PyLongRangeIterator::over(vm, self.start(), self.step(), self.length())
    }

    #[method("__reversed__($self, /)", doc = "Return a reverse iterator.")]
    fn reversed(&self, vm: &Vm) -> PyResult {
        // Here the position before the first item is computed, too.
        let small = self.small(vm).filter(|&(start, _, step)| step != i64::MIN && start.checked_sub(step).is_some());
        if let (Some((start, _, step)), Some(left)) = (small, vm.int_to_i64(self.length())) {
            let last = start.wrapping_add(left.wrapping_sub(1).wrapping_mul(step));
            return PyRangeIterator::over(vm, last, step.wrapping_neg(), left);
        }
        let last = self.at(vm, vm.int_subtract(self.length(), ONE)?)?;
        PyLongRangeIterator::over(vm, last, vm.int_subtract(ZERO, self.step())?, self.length())
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyRange>) -> PyResult<Gc<PyTuple>> {
        let members = vm.new_tuple(&[this.start(), this.stop(), this.step()])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), members.value()])
    }

    #[method(
        "count($self, object, /)",
        doc = "rangeobject.count(value) -> integer -- return number of occurrences of value"
    )]
    fn count(vm: &Vm, this: Gc<PyRange>, object: Value) -> PyResult<usize> {
        if PyRange::is_plain(vm, object) {
            return Ok(usize::from(this.contains_int(vm, object)?));
        }
        let mut count = 0;
        vm.for_each(this.value(), |item| {
            count += usize::from(vm.identical_or_equal(item, object)?);
            Ok(())
        })?;
        Ok(count)
    }

    #[method(
        "index($self, object, /)",
        doc = "rangeobject.index(value) -> integer -- return index of value.
Raise ValueError if the value is not present."
    )]
    fn index(vm: &Vm, this: Gc<PyRange>, object: Value) -> PyResult {
        if PyRange::is_plain(vm, object) {
            if !this.contains_int(vm, object)? {
                return Err(vm.value_error("range.index(x): x not in range"));
            }
            return vm.int_floor_divide(vm.int_subtract(object, this.start())?, this.step());
        }
        let iterator = vm.iter(this.value())?;
        let mut index = 0u64;
        while let Some(item) = vm.next(iterator)? {
            if vm.identical_or_equal(item, object)? {
                return vm.new_int_u64(index);
            }
            index += 1;
        }
        Err(vm.value_error("sequence.index(x): x not in sequence"))
    }

    #[getter("start", member)]
    fn get_start(&self) -> Value {
        self.start()
    }

    #[getter("stop", member)]
    fn get_stop(&self) -> Value {
        self.stop()
    }

    #[getter("step", member)]
    fn get_step(&self) -> Value {
        self.step()
    }
}

impl Vm {
    /// `range(start, stop, step)` from exact `int`s; `step` is not 0.
    pub fn new_range(&self, start: Value, stop: Value, step: Value) -> PyResult<Gc<PyRange>> {
        let length = self.range_length(start, stop, step)?;
        self.alloc(PyRange {
            header: Header::EMPTY,
            start: Slot::new(start),
            stop: Slot::new(stop),
            step: Slot::new(step),
            length: Slot::new(length),
        })
    }

    fn range_length(&self, start: Value, stop: Value, step: Value) -> PyResult {
        let backwards = self.int_sign(step).is_lt();
        let (low, high) = if backwards { (stop, start) } else { (start, stop) };
        if self.int_compare(low, high).is_ge() {
            return Ok(ZERO);
        }
        let step = if backwards { self.int_subtract(ZERO, step)? } else { step };
        let span = self.int_subtract(self.int_subtract(high, low)?, ONE)?;
        self.int_add(self.int_floor_divide(span, step)?, ONE)
    }
}
