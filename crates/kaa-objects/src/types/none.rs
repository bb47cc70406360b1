//! `NoneType`.

use crate::args::Args;
use crate::class::{CompareOp, PyType};
use crate::object::Header;
use crate::{Gc, PyResult, Value, Vm, ids, py_type};

/// The type of `None`, which is an immediate value: no object of this struct is ever made.
#[repr(C)]
pub struct PyNone {
    header: Header,
}

#[py_type(
    name = "NoneType", id = ids::NONE_TYPE, layout = raw,
    doc = "NoneType()\n--\n\nThe type of the None singleton."
)]
impl PyNone {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Value> {
        if !args.is_empty() {
            return Err(vm.type_error("NoneType takes no arguments"));
        }
        Ok(Value::NONE)
    }

    #[slot(repr)]
    fn repr(_this: Value) -> &'static str {
        "None"
    }

    #[slot(hash)]
    fn hash(_this: Value) -> i64 {
        // CPython's constant, so that hashes of tuples agree.
        0xfca8_6420
    }

    #[slot(richcompare)]
    fn compare(_this: Value, other: Value, op: CompareOp) -> Value {
        match op {
            CompareOp::Eq if other.is_none() => Value::TRUE,
            CompareOp::Ne if other.is_none() => Value::FALSE,
            _ => Value::NOT_IMPLEMENTED,
        }
    }

    #[slot(nb_bool)]
    fn bool(_this: Value) -> bool {
        false
    }
}
