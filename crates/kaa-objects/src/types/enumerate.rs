//! `enumerate`.

use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// `enumerate`: pairs of a count and an item.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyEnumerate {
    header: Header,
    iterator: Slot,
    /// The next count: an `int` of any size.
    count: Slot,
}

#[kaa_macros::py_type(
    name = "enumerate", id = ids::ENUMERATE, flags(BASETYPE), parts(crate::types::generic_alias::CLASS_GETITEM),
    doc = "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a count (from start, which\ndefaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ..."
)]
impl PyEnumerate {
    #[new("enumerate(iterable, start=0)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Value, start: Value) -> PyResult<Gc<PyEnumerate>> {
        let count = vm.index(start)?;
        let iterator = vm.iter(iterable)?;
        let enumerate = PyEnumerate { header: Header::EMPTY, iterator: Slot::new(iterator), count: Slot::new(count) };
        vm.alloc_instance(class, enumerate)
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyEnumerate>) -> PyResult<Option<Value>> {
        let Some(item) = vm.next(this.iterator.get_set())? else { return Ok(None) };
        let count = this.count.get_set();
        let next = match count.as_small_int() {
            Some(i) => vm.new_int(i + 1)?,
            None => vm.binary(crate::operations::BinaryOp::Add, count, Value::small_int(1))?,
        };
        this.count.set(vm, this, next);
        Ok(Some(vm.new_tuple(&[count, item])?.value()))
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyEnumerate>) -> PyResult<Gc<PyTuple>> {
        let args = vm.new_tuple(&[this.iterator.get_set(), this.count.get_set()])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), args.value()])
    }
}
