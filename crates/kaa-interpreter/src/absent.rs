//! What the interpreter needs of types that are not built yet: each raises an error that says so.

use kaa_objects::{PyResult, Value, Vm};

/// `string.templatelib.Template(…)`.
pub fn template(vm: &Vm, _strings: Value, _interpolations: Value) -> PyResult {
    Err(vm.not_implemented_error("template strings are not built yet"))
}

/// `string.templatelib.Interpolation(…)`.
pub fn interpolation(vm: &Vm, _value: Value, _text: Value, _conversion: Value, _format: Value) -> PyResult {
    Err(vm.not_implemented_error("template strings are not built yet"))
}
