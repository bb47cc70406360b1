//! `bool`: `True` and `False`, which are integers as well.

use crate::class::PyType;
use crate::object::Header;
use crate::types::int::PyInt;
use crate::{Gc, PyResult, Value, Vm, ids};

/// The type `bool`. Its two values are words; no object of it is ever made.
#[repr(C)]
pub struct PyBool {
    header: Header,
}

#[kaa_macros::py_type(
    name = "bool", base = PyInt, id = ids::BOOL, layout = raw,
    doc = "Returns True when the argument is true, False otherwise.\nThe builtins True and False are the only two in\
           stances of the class bool.\nThe class bool is a subclass of the class int, and cannot be subclassed."
)]
impl PyBool {
    #[new("bool(object=False, /)")]
    fn new(vm: &Vm, _class: Gc<PyType>, object: Value) -> PyResult {
        Ok(Value::bool(vm.truth(object)?))
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult {
        Ok(vm.intern(if this.is_true() { "True" } else { "False" }).value())
    }

    #[slot(nb_and)]
    fn and(vm: &Vm, a: Value, b: Value) -> PyResult {
        match (a.as_bool(), b.as_bool()) {
            (Some(a), Some(b)) => Ok(Value::bool(a & b)),
            _ => super::int::and(vm, a, b),
        }
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, a: Value, b: Value) -> PyResult {
        match (a.as_bool(), b.as_bool()) {
            (Some(a), Some(b)) => Ok(Value::bool(a | b)),
            _ => super::int::or(vm, a, b),
        }
    }

    #[slot(nb_xor)]
    fn xor(vm: &Vm, a: Value, b: Value) -> PyResult {
        match (a.as_bool(), b.as_bool()) {
            (Some(a), Some(b)) => Ok(Value::bool(a ^ b)),
            _ => super::int::xor(vm, a, b),
        }
    }

    #[slot(nb_invert)]
    fn invert(vm: &Vm, this: Value) -> PyResult {
        if let Some(warn) = vm.hooks.warn.get() {
            let text = "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns \
                        the bitwise inversion of the underlying int object and is usually not what you expect from \
                        the negation of a bool object. Use the 'not' operator for boolean negation or ~int(x) for \
                        the bitwise inversion of the underlying int.";
            warn(vm, vm.exceptions().DeprecationWarning.value(), text, 1)?;
        }
        vm.new_int(if this.is_true() { -2 } else { -1 })
    }
}
