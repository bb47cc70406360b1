//! What the interpreter needs of types that are not built yet: each raises an error that says so.

use kaa_objects::types::list::PyList;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// `string.templatelib.Template(…)`.
pub fn template(vm: &Vm, _strings: Value, _interpolations: Value) -> PyResult {
    Err(vm.not_implemented_error("template strings are not built yet"))
}

/// `string.templatelib.Interpolation(…)`.
pub fn interpolation(vm: &Vm, _value: Value, _text: Value, _conversion: Value, _format: Value) -> PyResult {
    Err(vm.not_implemented_error("template strings are not built yet"))
}

/// The part of an exception group that consists of the leaves of other groups.
pub fn group_projection(vm: &Vm, _group: Value, _keep: Gc<PyList>) -> PyResult {
    Err(vm.not_implemented_error("reraising parts of an exception group is not built yet"))
}

/// The class `ExceptionGroup`.
pub fn exception_group(vm: &Vm) -> PyResult {
    Err(vm.not_implemented_error("the class ExceptionGroup is not built yet"))
}
