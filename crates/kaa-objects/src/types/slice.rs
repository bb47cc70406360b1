//! `slice`, and the arithmetic of ranges that sequences share.

use std::cmp::Ordering;

use crate::args::{Argument, FromValue};
use crate::class::CompareOp;
use crate::class::PyType;
use crate::hash::hash_slice;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm, ids};

/// A `slice`.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PySlice {
    header: Header,
    start: Slot,
    stop: Slot,
    step: Slot,
}

/// The numbers of a slice before they are fitted to a length: `None` was replaced by the end that
/// it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SliceIndices {
    pub start: isize,
    pub stop: isize,
    pub step: isize,
}

/// A slice fitted to a sequence: `len` positions from `start`, `step` apart, all of them valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SliceRange {
    pub start: isize,
    pub step: isize,
    pub len: usize,
}

impl SliceIndices {
    /// Fits the slice to a sequence of this length.
    pub fn adjust(self, len: usize) -> SliceRange {
        let len = len as isize;
        let (low, high) = if self.step < 0 { (-1, len - 1) } else { (0, len) };
        let fit = |index: isize| if index < 0 { (index + len).max(low) } else { index.min(high) };
        let (start, stop) = (fit(self.start), fit(self.stop));
        let count = if self.step < 0 {
            if stop < start { (start - stop - 1) / -self.step + 1 } else { 0 }
        } else if start < stop {
            (stop - start - 1) / self.step + 1
        } else {
            0
        };
        SliceRange { start, step: self.step, len: count as usize }
    }
}

impl SliceRange {
    /// The positions in order.
    pub fn indices(self) -> impl ExactSizeIterator<Item = usize> + Clone {
        (0..self.len).map(move |i| (self.start + i as isize * self.step) as usize)
    }

    /// The same positions from the lowest on.
    pub fn ascending(self) -> SliceRange {
        if self.step > 0 || self.len == 0 {
            return self;
        }
        SliceRange { start: self.start + (self.len as isize - 1) * self.step, step: -self.step, len: self.len }
    }
}

impl PySlice {
    /// `start`, `stop` and `step`.
    pub fn parts(&self) -> [Value; 3] {
        [self.start.get_set(), self.stop.get_set(), self.step.get_set()]
    }

    /// The numbers of the slice, `__index__` called where needed; a step of 0 is a `ValueError`.
    pub fn unpack(&self, vm: &Vm) -> PyResult<SliceIndices> {
        let [start, stop, step] = self.parts();
        let number = |value: Value| index_or_none(vm, value, true);
        let step = match step.not_none() {
            None => 1,
            Some(step) => match number(step)? {
                0 => return Err(vm.value_error("slice step cannot be zero")),
                step => step.max(-isize::MAX),
            },
        };
        let (first, last) = if step < 0 { (isize::MAX, isize::MIN) } else { (0, isize::MAX) };
        let start = start.not_none().map_or(Ok(first), number)?;
        let stop = stop.not_none().map_or(Ok(last), number)?;
        Ok(SliceIndices { start, stop, step })
    }

    /// Start, stop and step for a sequence of any length, an `int` not below 0: `slice.indices`.
    pub fn long_indices(&self, vm: &Vm, length: Value) -> PyResult<[Value; 3]> {
        let [start, stop, step] = self.parts();
        let number = |value: Value| -> PyResult {
            check_index(vm, value, true)?;
            vm.index_exact(value)
        };
        let step = step.not_none().map_or(Ok(Value::small_int(1)), number)?;
        let backwards = match vm.int_sign(step) {
            Ordering::Less => true,
            Ordering::Equal => return Err(vm.value_error("slice step cannot be zero")),
            Ordering::Greater => false,
        };
        let (low, high) = if backwards {
            (Value::small_int(-1), vm.int_subtract(length, Value::small_int(1))?)
        } else {
            (Value::small_int(0), length)
        };
        let fit = |member: Value, absent: Value| -> PyResult {
            let Some(member) = member.not_none() else { return Ok(absent) };
            let mut index = number(member)?;
            if vm.int_sign(index).is_lt() {
                index = vm.int_add(index, length)?;
            }
            Ok(if vm.int_compare(index, low).is_lt() {
                low
            } else if vm.int_compare(index, high).is_gt() {
                high
            } else {
                index
            })
        };
        let (first, last) = if backwards { (high, low) } else { (low, high) };
        Ok([fit(start, first)?, fit(stop, last)?, step])
    }
}

/// A parameter that is an index as in slices: beyond the range of a word it is cut to its ends. As
/// `Option<SliceIndex>`, `None` is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceIndex(pub isize);

impl FromValue for SliceIndex {
    #[inline]
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<SliceIndex> {
        index_or_none(vm, value, argument.is_optional()).map(SliceIndex)
    }
}

/// The index that is a value, cut to the range of a word. `none` is whether `None` could stand in
/// its place, for the message.
fn index_or_none(vm: &Vm, value: Value, none: bool) -> PyResult<isize> {
    check_index(vm, value, none)?;
    vm.index_clamped(value)
}

fn check_index(vm: &Vm, value: Value, none: bool) -> PyResult<()> {
    if value.is_small_int() || vm.slots_of(value).nb_index.is_some() {
        return Ok(());
    }
    let or_none = if none { " or None" } else { "" };
    Err(vm.type_error(format_args!("slice indices must be integers{or_none} or have an __index__ method")))
}

impl Vm {
    /// A bound of a search (`list.index` and its like) as a number, cut off to the range.
    pub fn slice_index(&self, value: Value) -> PyResult<isize> {
        index_or_none(self, value, false)
    }

    /// As [`Vm::slice_index`], where `None` could stand as well, which the error says.
    pub(crate) fn slice_index_or_none(&self, value: Value) -> PyResult<isize> {
        index_or_none(self, value, true)
    }

    /// `slice(start, stop, step)`.
    pub fn new_slice(&self, start: Value, stop: Value, step: Value) -> PyResult<Gc<PySlice>> {
        let slice =
            PySlice { header: Header::EMPTY, start: Slot::new(start), stop: Slot::new(stop), step: Slot::new(step) };
        self.alloc(slice)
    }
}

#[kaa_macros::py_type(
    name = "slice", id = ids::SLICE, layout = custom,
    doc = "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.\n\nThis is used for extended slicing (e\
           .g. a[0:10:2])."
)]
impl PySlice {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "slice")?;
        let slice = match *args.positionals() {
            [stop] => vm.new_slice(Value::NONE, stop, Value::NONE)?,
            [start, stop] => vm.new_slice(start, stop, Value::NONE)?,
            [start, stop, step] => vm.new_slice(start, stop, step)?,
            ref given => return Err(vm.wrong_positional_count("slice", given.len(), 1, 3)),
        };
        Ok(slice.value())
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PySlice>) -> PyResult {
        let [start, stop, step] = this.parts();
        let (start, stop, step) = (vm.repr(start)?, vm.repr(stop)?, vm.repr(step)?);
        let mut out = crate::types::str::StrBuilder::default();
        out.push_str("slice(");
        out.push_py(&start);
        out.push_str(", ");
        out.push_py(&stop);
        out.push_str(", ");
        out.push_py(&step);
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let (Some(a), Some(b)) = (vm.cast::<PySlice>(a), vm.cast::<PySlice>(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if a == b {
            return Ok(Value::bool(matches!(op, CompareOp::Eq | CompareOp::Le | CompareOp::Ge)));
        }
        let (a, b) = (vm.new_tuple(&a.parts())?, vm.new_tuple(&b.parts())?);
        vm.compare(a.value(), b.value(), op)
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PySlice>) -> PyResult<i64> {
        vm.check_stack("")?;
        let [start, stop, step] = this.parts();
        Ok(hash_slice([vm.hash(start)?, vm.hash(stop)?, vm.hash(step)?]))
    }

    #[method(
        "indices($self, object, /)",
        doc = "S.indices(len) -> (start, stop, stride)\n\nAssuming a sequence of length len, calculate the start and stop\nindices, and the stride length of the extended slice described by\nS. Out of bounds indices are clipped in a manner consistent with the\nhandling of normal slices."
    )]
    fn indices(vm: &Vm, this: Gc<PySlice>, object: Value) -> PyResult<Gc<PyTuple>> {
        let length = vm.index_exact(object)?;
        if vm.int_is_negative(length) {
            return Err(vm.value_error("length should not be negative"));
        }
        vm.new_tuple(&this.long_indices(vm, length)?)
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PySlice>) -> PyResult<Gc<PyTuple>> {
        let args = vm.new_tuple(&this.parts())?;
        vm.new_tuple(&[vm.class::<PySlice>().value(), args.value()])
    }

    #[getter("start", member)]
    fn start(_vm: &Vm, this: Gc<PySlice>) -> PyResult {
        Ok(this.start.get_set())
    }

    #[getter("stop", member)]
    fn stop(_vm: &Vm, this: Gc<PySlice>) -> PyResult {
        Ok(this.stop.get_set())
    }

    #[getter("step", member)]
    fn step(_vm: &Vm, this: Gc<PySlice>) -> PyResult {
        Ok(this.step.get_set())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_fitted() {
        let fit = |start, stop, step, len| SliceIndices { start, stop, step }.adjust(len).indices().collect::<Vec<_>>();
        assert_eq!(fit(0, isize::MAX, 2, 5), [0, 2, 4]);
        assert_eq!(fit(isize::MAX, isize::MIN, -1, 3), [2, 1, 0]);
        assert_eq!(fit(-2, isize::MAX, 1, 5), [3, 4]);
        assert_eq!(fit(3, 1, 1, 5), [0usize; 0]);
        assert_eq!(fit(10, -10, -3, 5), [4, 1]);
    }

    #[test]
    fn descending_ranges_turn_round() {
        let range = SliceIndices { start: 4, stop: isize::MIN, step: -2 }.adjust(5);
        assert_eq!(range.ascending().indices().collect::<Vec<_>>(), [0, 2, 4]);
    }
}
