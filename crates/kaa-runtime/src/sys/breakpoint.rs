//! `sys.breakpointhook`: what `breakpoint()` calls.

use kaa_macros::py_functions;
use kaa_objects::{Args, PyResult, Value, Vm};

use super::Sys;
use crate::state::state;

/// What `PYTHONBREAKPOINT` names: a function of a module. Empty stands for the default.
fn named(vm: &Vm) -> String {
    let variable = match state(vm).config.borrow().ignore_environment {
        true => None,
        false => std::env::var("PYTHONBREAKPOINT").ok(),
    };
    variable.filter(|name| !name.is_empty()).unwrap_or_else(|| "pdb.set_trace".to_owned())
}

/// The function of that name, if it can be found.
fn find(vm: &Vm, name: &str) -> PyResult<Option<Value>> {
    let (module, attribute) = name.rsplit_once('.').unwrap_or(("builtins", name));
    let Some(import) = vm.hooks.import.get() else {
        return Err(vm.runtime_error("importlib is not there yet"));
    };
    let Ok(module) = vm.catch(import(vm, module), vm.exceptions().ImportError)? else { return Ok(None) };
    let found = vm.get_attr_str(module, attribute);
    Ok(vm.catch(found, vm.exceptions().AttributeError)?.ok())
}

#[py_functions(FUNCTIONS, of = "sys")]
impl Sys {
    #[function(
        "breakpointhook",
        raw,
        signature = "($module, /, *args, **kwargs)",
        doc = "This hook function is called by built-in breakpoint().\n"
    )]
    fn breakpointhook(vm: &Vm, args: Args<'_>) -> PyResult {
        let name = named(vm);
        if name == "0" {
            return Ok(Value::NONE);
        }
        match find(vm, &name)? {
            Some(function) => vm.call_args(function, args),
            None => {
                if let Some(warn) = vm.hooks.warn.get() {
                    let text = format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{name}\"");
                    warn(vm, vm.exceptions().RuntimeWarning.value(), &text, 0)?;
                }
                Ok(Value::NONE)
            }
        }
    }
}
