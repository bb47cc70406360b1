//! `filter`: the items of an iterable for which a function is true.

use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// `filter`.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct PyFilter {
    header: Header,
    /// `None` asks for the truth of the items themselves.
    function: Slot,
    iterator: Slot,
}

#[kaa_macros::py_type(
    name = "filter", id = ids::FILTER, flags(BASETYPE),
    doc = "Return an iterator yielding those items of iterable for which\nfunction(item) is true.  If function is No\
           ne, return the items that\nare true."
)]
impl PyFilter {
    #[new("filter(function, iterable, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, function: Value, iterable: Value) -> PyResult<Gc<PyFilter>> {
        let iterator = vm.iter(iterable)?;
        let filter = PyFilter { header: Header::EMPTY, function: Slot::new(function), iterator: Slot::new(iterator) };
        vm.alloc_instance(class, filter)
    }

    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyFilter>) -> PyResult<Option<Value>> {
        let (function, iterator) = (this.function.get_set(), this.iterator.get_set());
        let itself = function.is_none() || function == vm.class::<crate::types::bool::PyBool>().value();
        while let Some(item) = vm.next(iterator)? {
            let verdict = if itself { item } else { vm.call(function, &[item])? };
            if vm.truth(verdict)? {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<PyFilter>) -> PyResult<Gc<PyTuple>> {
        let args = vm.new_tuple(&[this.function.get_set(), this.iterator.get_set()])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), args.value()])
    }
}
