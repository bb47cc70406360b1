//! `types.GenericAlias`: `list[int]`.

use crate::object::{Header, Slot};
use crate::{PyResult, Trace, Value, Vm, py_type};

/// A class with its type arguments.
#[repr(C)]
#[derive(Trace)]
pub struct PyGenericAlias {
    pub(crate) header: Header,
    /// `__origin__`.
    pub origin: Slot,
    /// `__args__`, a tuple.
    pub args: Slot,
}

impl PyGenericAlias {
    /// `origin[arguments]`.
    pub fn new_value(vm: &Vm, origin: Value, arguments: Value) -> PyResult {
        let args = match vm.cast::<crate::types::tuple::PyTuple>(arguments) {
            Some(args) => args,
            None => vm.new_tuple(&[arguments])?,
        };
        let alias = PyGenericAlias { header: Header::EMPTY, origin: Slot::new(origin), args: Slot::new(args.value()) };
        Ok(vm.alloc(alias)?.value())
    }
}

#[py_type(name = "GenericAlias", module = "types", flags(BASETYPE))]
impl PyGenericAlias {}
