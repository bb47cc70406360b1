//! The methods and slots of `tuple`.

use std::cell::Cell;

use super::{PyTuple, TUPLE_ITEMS};
use crate::class::{CompareOp, PyType};
use crate::types::slice::PySlice;
use crate::types::str::StrBuilder;
use crate::{Gc, PyResult, Value, Vm, ids};

fn this_tuple(this: Value) -> Gc<PyTuple> {
    // SAFETY: slots are called with objects of their type only.
    unsafe { this.as_gc_unchecked() }
}

/// The hash of a row of hashes: xxHash's, as CPython computes it.
pub fn combine_hashes(hashes: impl ExactSizeIterator<Item = i64>) -> i64 {
    match try_combine_hashes::<std::convert::Infallible>(hashes.map(Ok)) {
        Ok(hash) => hash,
    }
}

/// As [`combine_hashes`], for hashes that may fail.
fn try_combine_hashes<E>(hashes: impl ExactSizeIterator<Item = Result<i64, E>>) -> Result<i64, E> {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;
    let len = hashes.len() as u64;
    let mut combined = PRIME_5;
    for hash in hashes {
        combined = combined.wrapping_add((hash? as u64).wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1);
    }
    Ok(match combined.wrapping_add(len ^ (PRIME_5 ^ 3_527_539)) {
        u64::MAX => 1_546_275_796,
        hash => hash as i64,
    })
}

impl Vm {
    /// A tuple of a Python subclass with the items of a plain one.
    pub fn new_tuple_of_class(&self, class: Gc<PyType>, items: Gc<PyTuple>) -> PyResult<Gc<PyTuple>> {
        let extra = class.appended_size();
        let size = TUPLE_ITEMS + items.len() * 8 + extra;
        let tuple: Gc<PyTuple> = self.alloc_zeroed(size, class.trace_kind.get(), class.root_shape.get())?;
        // SAFETY: fresh memory with room for the items; the object is young, or scanned as new.
        unsafe {
            let raw = tuple.as_ptr();
            (*raw).len = Cell::new(super::length_word(items.len()));
            let slots = (*raw).items.as_mut_ptr().cast::<u64>();
            for (index, item) in items.as_slice().iter().enumerate() {
                *slots.add(index) = item.bits();
            }
        }
        self.register_finalizer(class, tuple);
        Ok(tuple)
    }
}

#[kaa_macros::py_type(
    name = "tuple", id = ids::TUPLE, parts(crate::types::generic_alias::CLASS_GETITEM), layout = variable_values,
    flags(BASETYPE, TUPLE_SUBCLASS, SEQUENCE, MATCH_SELF),
    doc = "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object."
)]
impl PyTuple {
    #[new("tuple(iterable=(), /)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Option<Value>) -> PyResult<Gc<PyTuple>> {
        let items = match iterable {
            Some(iterable) => vm.tuple_from(iterable)?,
            None => vm.new_tuple(&[])?,
        };
        if class == vm.class::<PyTuple>() { Ok(items) } else { vm.new_tuple_of_class(class, items) }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyTuple>) -> PyResult {
        if this.is_empty() {
            return Ok(vm.new_str("()")?.value());
        }
        let Some(_guard) = vm.enter_repr(this.value()) else { return Ok(vm.new_str("(...)")?.value()) };
        let mut out = StrBuilder::default();
        out.push_str("(");
        for (index, &item) in this.as_slice().iter().enumerate() {
            if index != 0 {
                out.push_str(", ");
            }
            let repr = vm.repr(item)?;
            out.push_py(&repr);
        }
        out.push_str(if this.len() == 1 { ",)" } else { ")" });
        Ok(out.finish(vm)?.value())
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyTuple>) -> PyResult<i64> {
        if let Some(hash) = this.known_hash() {
            return Ok(hash);
        }
        vm.check_stack(" while hashing a tuple")?;
        let hash = try_combine_hashes(this.as_slice().iter().map(|&item| vm.hash(item)))?;
        this.remember_hash(hash);
        Ok(hash)
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let (Some(a), Some(b)) = (vm.cast::<PyTuple>(a), vm.cast::<PyTuple>(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        for (&x, &y) in a.as_slice().iter().zip(b.as_slice()) {
            if !vm.identical_or_equal(x, y)? {
                return match op {
                    CompareOp::Eq => Ok(Value::FALSE),
                    CompareOp::Ne => Ok(Value::TRUE),
                    _ => vm.compare(x, y, op),
                };
            }
        }
        Ok(Value::bool(op.holds(a.len().cmp(&b.len()))))
    }

    #[slot(sq_length)]
    fn length(&self) -> usize {
        self.len()
    }

    #[slot(mp_length)]
    fn mapping_length(&self) -> usize {
        self.len()
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyTuple>, item: Value) -> PyResult<bool> {
        for &candidate in this.as_slice() {
            if vm.identical_or_equal(candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(sq_concat)]
    fn concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        let a = this_tuple(a);
        let Some(b) = vm.cast::<PyTuple>(b) else {
            let class = vm.class_name(b);
            return Err(vm.type_error(format_args!("can only concatenate tuple (not \"{class}\") to tuple")));
        };
        let exact = vm.class::<PyTuple>();
        if a.is_empty() && vm.class_of(b.value()) == exact {
            return Ok(b.value());
        }
        if b.is_empty() && vm.class_of(a.value()) == exact {
            return Ok(a.value());
        }
        let items = a.as_slice().iter().chain(b.as_slice()).copied();
        Ok(vm.new_tuple_from(a.len() + b.len(), items)?.value())
    }

    #[slot(sq_repeat)]
    fn repeat(vm: &Vm, this: Value, count: isize) -> PyResult {
        let tuple = this_tuple(this);
        let count = usize::try_from(count).unwrap_or(0);
        if (tuple.is_empty() || count == 1) && vm.cast_exact::<PyTuple>(this).is_some() {
            return Ok(this);
        }
        let total = tuple.len().checked_mul(count).ok_or_else(|| vm.no_memory())?;
        Ok(vm.new_tuple_from(total, tuple.as_slice().iter().copied().cycle())?.value())
    }

    #[slot(sq_item)]
    fn item(vm: &Vm, this: Value, index: isize) -> PyResult {
        let item = usize::try_from(index).ok().and_then(|index| this_tuple(this).as_slice().get(index).copied());
        item.ok_or_else(|| vm.index_error("tuple index out of range"))
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        let tuple = this_tuple(this);
        if let Some(slice) = vm.cast::<PySlice>(key) {
            let range = slice.unpack(vm)?.adjust(tuple.len());
            if range.len == tuple.len() && range.step == 1 && vm.cast_exact::<PyTuple>(this).is_some() {
                return Ok(this);
            }
            return Ok(vm.new_tuple_from(range.len, range.indices().map(|at| tuple.as_slice()[at]))?.value());
        }
        if !key.is_small_int() && vm.slots_of(key).nb_index.is_none() {
            let class = vm.class_name(key);
            return Err(vm.type_error(format_args!("tuple indices must be integers or slices, not {class}")));
        }
        let index = vm.index_to_isize(key, vm.exceptions().IndexError)?;
        PyTuple::item(vm, this, if index < 0 { index + tuple.len() as isize } else { index })
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Value) -> PyResult {
        super::iterator::PyTupleIterator::over(vm, this_tuple(this))
    }

    #[method("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, this: Gc<PyTuple>) -> PyResult<Gc<PyTuple>> {
        let items = vm.new_tuple_from(this.len(), this.as_slice().iter().copied())?;
        vm.new_tuple(&[items.value()])
    }

    #[method("count($self, value, /)", doc = "Return number of occurrences of value.")]
    fn count(vm: &Vm, this: Gc<PyTuple>, value: Value) -> PyResult<usize> {
        let mut count = 0;
        for &item in this.as_slice() {
            count += usize::from(vm.identical_or_equal(item, value)?);
        }
        Ok(count)
    }

    #[method(
        "index($self, value, start=0, stop=sys.maxsize, /)",
        doc = "Return first index of value.\n\nRaises ValueError if the value is not present."
    )]
    fn index(vm: &Vm, this: Gc<PyTuple>, value: Value, start: Value, stop: Option<Value>) -> PyResult<usize> {
        let bound = |bound: Value| -> PyResult<usize> {
            let (bound, len) = (vm.slice_index(bound)?, this.len() as isize);
            Ok(if bound < 0 { (bound + len).max(0) } else { bound.min(len) } as usize)
        };
        let (start, stop) = (bound(start)?, stop.map_or(Ok(usize::MAX), bound)?);
        for at in start..stop.min(this.len()) {
            if vm.identical_or_equal(this.as_slice()[at], value)? {
                return Ok(at);
            }
        }
        Err(vm.value_error("tuple.index(x): x not in tuple"))
    }
}

#[cfg(test)]
mod tests {
    use super::combine_hashes;

    #[test]
    fn hashes_combine_as_in_cpython() {
        // python3.14 -c 'print(hash(()), hash((1, 2, 3)))'
        assert_eq!(combine_hashes([].into_iter()), 5_740_354_900_026_072_187);
        assert_eq!(combine_hashes([1, 2, 3].into_iter()), 529_344_067_295_497_451);
    }
}
