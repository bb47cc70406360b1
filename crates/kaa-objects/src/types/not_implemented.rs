//! `NotImplementedType`.

use crate::args::Args;
use crate::class::PyType;
use crate::object::Header;
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

/// The type of `NotImplemented`, which is an immediate value: no object of this struct is made.
#[repr(C)]
pub struct PyNotImplemented {
    header: Header,
}

#[py_type(
    name = "NotImplementedType",
    id = ids::NOT_IMPLEMENTED_TYPE,
    layout = raw,
    doc = "NotImplementedType()\n--\n\nThe type of the NotImplemented singleton."
)]
impl PyNotImplemented {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Value> {
        if !args.is_empty() {
            return Err(vm.type_error("NotImplementedType takes no arguments"));
        }
        Ok(Value::NOT_IMPLEMENTED)
    }

    #[slot(repr)]
    fn repr(_this: Value) -> &'static str {
        "NotImplemented"
    }

    #[slot(nb_bool)]
    fn bool(vm: &Vm, _this: Value) -> PyResult<bool> {
        Err(vm.type_error("NotImplemented should not be used in a boolean context"))
    }

    #[method("__reduce__($self, /)")]
    fn reduce(_this: Value) -> &'static str {
        "NotImplemented"
    }
}
