//! `slice`, and the arithmetic of ranges that sequences share.

use crate::class::CompareOp;
use crate::class::PyType;
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
        let number = |value: Value| -> PyResult<isize> {
            if !value.is_small_int() && vm.slots_of(value).nb_index.is_none() {
                return Err(vm.type_error("slice indices must be integers or None or have an __index__ method"));
            }
            vm.index_clamped(value)
        };
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
}

impl Vm {
    /// `slice(start, stop, step)`.
    pub fn new_slice(&self, start: Value, stop: Value, step: Value) -> PyResult<Gc<PySlice>> {
        let slice =
            PySlice { header: Header::EMPTY, start: Slot::new(start), stop: Slot::new(stop), step: Slot::new(step) };
        self.alloc(slice)
    }
}

#[kaa_macros::py_type(name = "slice", id = ids::SLICE, layout = custom)]
impl PySlice {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "slice")?;
        let slice = match *args.positionals() {
            [stop] => vm.new_slice(Value::NONE, stop, Value::NONE)?,
            [start, stop] => vm.new_slice(start, stop, Value::NONE)?,
            [start, stop, step] => vm.new_slice(start, stop, step)?,
            [] => return Err(vm.type_error("slice expected at least 1 argument, got 0")),
            ref more => {
                let count = more.len();
                return Err(vm.type_error(format_args!("slice expected at most 3 arguments, got {count}")));
            }
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
        let parts = vm.new_tuple(&this.parts())?;
        vm.hash(parts.value())
    }

    #[method(
        "indices($self, object, /)",
        doc = "S.indices(len) -> (start, stop, stride)\n\nAssuming a sequence of length len, calculate the start and stop\nindices, and the stride length of the extended slice described by\nS. Out of bounds indices are clipped in a manner consistent with the\nhandling of normal slices."
    )]
    fn indices(vm: &Vm, this: Gc<PySlice>, object: Value) -> PyResult<Gc<PyTuple>> {
        let len = vm.index(object)?;
        if vm.int_is_negative(len) {
            return Err(vm.value_error("length should not be negative"));
        }
        let Some(len) = vm.int_to_i64(len) else {
            return Err(vm.overflow_error("slice.indices() of a length beyond 63 bits is not built yet"));
        };
        let indices = this.unpack(vm)?;
        let len = len as isize;
        let (low, high) = if indices.step < 0 { (-1, len - 1) } else { (0, len) };
        let fit = |index: isize| if index < 0 { index.saturating_add(len).max(low) } else { index.min(high) };
        let numbers = [fit(indices.start), fit(indices.stop), indices.step];
        let values = [vm.new_int(numbers[0] as i64)?, vm.new_int(numbers[1] as i64)?, vm.new_int(numbers[2] as i64)?];
        vm.new_tuple(&values)
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PySlice>) -> PyResult<Gc<PyTuple>> {
        let args = vm.new_tuple(&this.parts())?;
        vm.new_tuple(&[vm.class::<PySlice>().value(), args.value()])
    }

    #[getter("start")]
    fn start(_vm: &Vm, this: Gc<PySlice>) -> PyResult {
        Ok(this.start.get_set())
    }

    #[getter("stop")]
    fn stop(_vm: &Vm, this: Gc<PySlice>) -> PyResult {
        Ok(this.stop.get_set())
    }

    #[getter("step")]
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
