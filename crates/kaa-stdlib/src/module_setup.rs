//! What modules are filled with when they are made: rows of numbers, classes of exceptions.

use kaa_objects::class::PyType;
use kaa_objects::types::module::PyModule;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// Adds numbers by name.
pub fn add_constants(vm: &Vm, module: Gc<PyModule>, constants: &[(&str, i64)]) -> PyResult<()> {
    let dict = module.dict.get_set();
    for &(name, number) in constants {
        dict.set_str(vm, vm.intern(name), vm.new_int(number)?)?;
    }
    Ok(())
}

/// Adds a value by name.
pub fn add(vm: &Vm, module: Gc<PyModule>, name: &str, value: Value) -> PyResult<()> {
    module.dict.get_set().set_str(vm, vm.intern(name), value)
}

/// A new class of exceptions, as a `class` statement makes it.
pub fn exception_class(vm: &Vm, module: &str, name: &str, base: Gc<PyType>) -> PyResult {
    let bases = vm.new_tuple(&[base.value()])?;
    let namespace = vm.new_dict()?;
    namespace.set_str(vm, vm.names().__module__, vm.intern(module).value())?;
    let type_ = vm.class::<PyType>().value();
    vm.call(type_, &[vm.intern(name).value(), bases.value(), namespace.value()])
}
