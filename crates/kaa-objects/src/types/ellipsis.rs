//! `ellipsis`: the type of `...`.

use crate::args::Args;
use crate::class::PyType;
use crate::object::Header;
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

/// The type of `...`, which is an immediate value: no object of this struct is ever made.
#[repr(C)]
pub struct PyEllipsis {
    header: Header,
}

#[py_type(
    name = "ellipsis", id = ids::ELLIPSIS_TYPE, layout = raw,
    doc = "ellipsis()\n--\n\nThe type of the Ellipsis singleton."
)]
impl PyEllipsis {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Value> {
        if !args.is_empty() {
            return Err(vm.type_error("EllipsisType takes no arguments"));
        }
        Ok(Value::ELLIPSIS)
    }

    #[slot(repr)]
    fn repr(_this: Value) -> &'static str {
        "Ellipsis"
    }

    #[method("__reduce__($self, /)")]
    fn reduce(_this: Value) -> &'static str {
        "Ellipsis"
    }
}
