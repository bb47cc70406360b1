//! `from module import name` where the module has no such attribute, and what may be wrong when
//! modules lack what is expected of them.

use std::path::Path;

use kaa_objects::types::module::PyModule;
use kaa_objects::types::set::{PyFrozenSet, PySet};
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Shadowing;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::state::{state, sys_attribute};

/// The submodule in `sys.modules`, or the error that says what is wrong.
pub(super) fn missing(vm: &Vm, module: Value, name: Gc<PyStr>) -> PyResult {
    let module_name = vm.get_attr_optional(module, vm.names().__name__)?;
    let module_name = module_name.and_then(|name| vm.cast::<PyStr>(name));
    if let Some(package) = module_name {
        let full = vm.new_str(&format!("{}.{}", package.to_string_lossy(), name.to_string_lossy()))?;
        if let Some(found) = state(vm).modules.get_set().get(vm, full.value())? {
            return Ok(found);
        }
    }
    let (message, origin) = message(vm, module, module_name, name)?;
    let message = vm.new_str(&message)?;
    let error = vm.new_exception(vm.exceptions().ImportError, &[message.value()])?;
    let set = |attribute: &str, value: Option<Gc<PyStr>>| match value {
        Some(value) => vm.set_attr(error.value(), vm.intern(attribute), value.value()),
        None => Ok(()),
    };
    set("name", module_name)?;
    set("path", origin)?;
    set("name_from", Some(name))?;
    Err(vm.raise(error))
}

/// What the error says, and the module's file.
fn message(
    vm: &Vm,
    module: Value,
    module_name: Option<Gc<PyStr>>,
    name: Gc<PyStr>,
) -> PyResult<(String, Option<Gc<PyStr>>)> {
    let shown_name = vm.repr_lossy(name.value());
    let package = module_name.map_or("'<unknown module name>'".to_owned(), |name| vm.repr_lossy(name.value()));
    let Some(spec) = vm.get_attr_optional(module, vm.names().__spec__)? else {
        return Ok((format!("cannot import name {shown_name} from {package} (unknown location)"), None));
    };
    let mut origin = vm.spec_file_origin(spec)?;
    let unknown = vm.intern("<unknown module name>");
    let shadowing = {
        let origin = origin.map(|origin| origin.to_string_lossy());
        vm.shadowing(origin.as_deref(), module_name.unwrap_or(unknown).value())?
    };
    if origin.is_none()
        && let Some(module) = vm.cast::<PyModule>(module)
    {
        let file = module.dict.get_set().get_str(vm, vm.names().__file__);
        origin = file.and_then(|file| vm.cast::<PyStr>(file));
    }
    let file = origin.map(|origin| (vm.repr_lossy(origin.value()), origin.to_string_lossy()));
    let plain = format!("cannot import name {shown_name} from {package}");
    let text = match (shadowing, file) {
        (Shadowing::Library, Some((file, _))) => format!(
            "{plain} (consider renaming {file} since it has the same name as the standard library module named \
             {package} and prevents importing that standard library module)"
        ),
        (shadowing, file) if vm.spec_is_initializing(spec)? => match file {
            Some((file, _)) if shadowing == Shadowing::Perhaps => format!(
                "{plain} (consider renaming {file} if it has the same name as a library you intended to import)"
            ),
            file => {
                let place = file.map_or(String::new(), |(_, file)| format!(" ({file})"));
                format!(
                    "cannot import name {shown_name} from partially initialized module {package} (most likely due to a \
                     circular import){place}"
                )
            }
        },
        (_, Some((_, file))) => format!("{plain} ({file})"),
        (_, None) => format!("{plain} (unknown location)"),
    };
    Ok((text, origin))
}

/// Whether a module stands in the program's own folder, where it hides others of its name.
pub(super) fn shadowing(vm: &Vm, origin: &str, module: Value) -> PyResult<Shadowing> {
    let Some(first) = state(vm).first_path.get() else { return Ok(Shadowing::Nothing) };
    let Some((folder, file)) = origin.rsplit_once('/') else { return Ok(Shadowing::Nothing) };
    let folder = match (file, folder.rsplit_once('/')) {
        ("__init__.py", Some((above, _))) => above,
        ("__init__.py", None) => return Ok(Shadowing::Nothing),
        _ => folder,
    };
    let is_there = match first.as_str() {
        "" => std::env::current_dir().is_ok_and(|current| current == Path::new(folder)),
        first => first == folder,
    };
    if !is_there {
        return Ok(Shadowing::Nothing);
    }
    let classes = [vm.class::<PySet>(), vm.class::<PyFrozenSet>()];
    let is_set = |names: &Value| classes.iter().any(|&class| vm.is_instance(*names, class));
    let names = sys_attribute(vm, "stdlib_module_names").filter(is_set);
    match names {
        Some(names) if vm.contains(names, module)? => Ok(Shadowing::Library),
        _ => Ok(Shadowing::Perhaps),
    }
}
