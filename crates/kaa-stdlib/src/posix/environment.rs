//! Environment variables.

use kaa_host::system;
use kaa_macros::py_functions;
use kaa_objects::types::dict::PyDict;
use kaa_objects::{Gc, PyResult, Vm};

use super::Posix;
use crate::host_call::OrRaise;
use crate::path::SystemText;

/// The variables as a dict of `bytes`. Of a name that occurs twice the first value counts, as for
/// `getenv`.
pub fn dict(vm: &Vm) -> PyResult<Gc<PyDict>> {
    let dict = vm.new_dict()?;
    for (name, value) in system::environment() {
        let name = vm.new_bytes(&name)?.value();
        if dict.get(vm, name)?.is_none() {
            dict.set(vm, name, vm.new_bytes(&value)?.value())?;
        }
    }
    Ok(dict)
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function("_create_environ()", doc = "Create the environment dictionary.")]
    fn create_environ(vm: &Vm) -> PyResult<Gc<PyDict>> {
        dict(vm)
    }

    #[function("putenv(name, value, /)", doc = "Change or add an environment variable.")]
    fn putenv(vm: &Vm, name: SystemText, value: SystemText) -> PyResult<()> {
        if name.0.to_bytes().contains(&b'=') {
            return Err(vm.value_error("illegal environment variable name"));
        }
        system::set_variable(&name.0, &value.0).or_raise(vm)
    }

    #[function("unsetenv(name, /)", doc = "Delete an environment variable.")]
    fn unsetenv(vm: &Vm, name: SystemText) -> PyResult<()> {
        system::remove_variable(&name.0).or_raise(vm)
    }
}
