//! Imports: `__import__` as CPython does it around `importlib._bootstrap`, and the native modules.

use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::state::state;

/// `__import__(name, globals, None, fromlist, level)`.
pub fn import(vm: &Vm, name: Value, globals: Value, fromlist: Value, level: i64) -> PyResult {
    let Some(text) = vm.cast::<PyStr>(name) else {
        return Err(vm.type_error("module name must be a string"));
    };
    if level < 0 {
        return Err(vm.value_error("level must be >= 0"));
    }
    if level == 0 {
        if let Some(module) = loaded_or_native(vm, text)? {
            return Ok(module);
        }
    }
    let _ = (globals, fromlist);
    let text = text.to_string_lossy();
    let error = vm.new_str(&format!("No module named '{text}'"))?;
    Err(vm.raise_with(vm.exceptions().ModuleNotFoundError, &[error.value()]))
}

/// A module without dots in its name that is loaded already or is native.
fn loaded_or_native(vm: &Vm, name: Gc<PyStr>) -> PyResult<Option<Value>> {
    let modules = state(vm).modules.get_set();
    if let Some(module) = modules.get(vm, name.value())? {
        return Ok(Some(module));
    }
    match native_module(vm, &name.to_string_lossy())? {
        Some(module) => {
            modules.set(vm, name.value(), module.value())?;
            Ok(Some(module.value()))
        }
        None => Ok(None),
    }
}

/// Makes the native module of a name, if there is one.
pub fn native_module(vm: &Vm, name: &str) -> PyResult<Option<Gc<PyModule>>> {
    let def = state(vm).native_modules.borrow().iter().copied().find(|def| def.name == name);
    def.map(|def| vm.new_module_from_def(def)).transpose()
}
