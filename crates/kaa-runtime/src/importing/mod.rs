//! Imports. They are `importlib._bootstrap` of the library, as in CPython; what is here starts
//! it, and does what CPython does in C around it: the quick way for modules that are loaded.

pub(crate) mod embedded;
mod from_module;
mod frozen;
mod imp;
pub(crate) mod library;
mod relative;
mod time;

pub use imp::MODULE as IMP_MODULE;
pub(crate) use imp::{import_failed, rename_code};
pub use library::MODULE as LIBRARY_MODULE;

use kaa_interpreter::traceback::PyTraceback;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use crate::state::state;

/// `__import__(name, globals, None, fromlist, level)`: CPython's `PyImport_ImportModuleLevelObject`.
pub fn import(vm: &Vm, name: Value, globals: Value, fromlist: Value, level: i64) -> PyResult {
    import_level(vm, name, globals, fromlist, level).map_err(|raised| without_own_frames(vm, raised))
}

fn import_level(vm: &Vm, name: Value, globals: Value, fromlist: Value, level: i64) -> PyResult {
    let Some(name) = vm.cast::<PyStr>(name) else {
        return Err(vm.type_error("module name must be a string"));
    };
    if level < 0 {
        return Err(vm.value_error("level must be >= 0"));
    }
    let absolute = if level > 0 {
        relative::resolve(vm, name, globals, level)?
    } else if name.is_empty() {
        return Err(vm.value_error("Empty module name"));
    } else {
        name
    };
    let module = match state(vm).modules.get_set().get(vm, absolute.value())? {
        Some(module) if !module.is_none() => {
            let waited = ensure_initialized(vm, module, absolute)?;
            // What another thread could not import is no longer there.
            if waited && state(vm).modules.get_set().get(vm, absolute.value())? != Some(module) {
                find_and_load(vm, absolute)?
            } else {
                time::cached(vm, absolute);
                module
            }
        }
        _ => find_and_load(vm, absolute)?,
    };
    let wants_names = match fromlist.not_none() {
        Some(fromlist) => vm.truth(fromlist)?,
        None => false,
    };
    if wants_names {
        let has_path = vm.get_attr_optional(module, vm.names().__path__)?.is_some();
        if !has_path {
            return Ok(module);
        }
        let handle = importlib(vm, "_handle_fromlist")?;
        let gcd = importlib(vm, "_gcd_import")?;
        return vm.call(handle, &[module, fromlist, gcd]);
    }
    first_part(vm, name, absolute, level, module)
}

/// Takes the frames of `importlib` out of an exception's traceback: all of an `ImportError`, of
/// others those that end in a call of the module's code. `-v` keeps them.
fn without_own_frames(vm: &Vm, raised: Raised) -> Raised {
    let exception = vm.take_exception(raised);
    if state(vm).config.borrow().verbose == 0 {
        let always = vm.is_instance(exception.value(), vm.exceptions().ImportError);
        // A link is the entry before, or none for the exception's own.
        let set_link = |link: Option<Gc<PyTraceback>>, next: Option<Gc<PyTraceback>>| match link {
            Some(entry) => entry.next.set_maybe(vm, entry, next),
            None => exception.traceback.set_maybe(vm, exception, next.map(|next| next.value())),
        };
        let mut next = exception.traceback.get().and_then(|traceback| vm.cast::<PyTraceback>(traceback));
        let (mut previous, mut before_importlib, mut was_importlib) = (None, None, false);
        while let Some(entry) = next {
            next = entry.next.get();
            let code = entry.frame.get().and_then(|frame| frame.code.get());
            let is_importlib = code.is_some_and(|code| {
                let file = code.filename.get_set();
                matches!(
                    file.as_ascii(),
                    Some("<frozen importlib._bootstrap>" | "<frozen importlib._bootstrap_external>")
                )
            });
            if is_importlib && !was_importlib {
                before_importlib = previous;
            }
            was_importlib = is_importlib;
            let ends = always || code.is_some_and(|c| c.name(vm).as_ascii() == Some("_call_with_frames_removed"));
            if is_importlib && ends {
                set_link(before_importlib, next);
                previous = before_importlib;
            } else {
                previous = Some(entry);
            }
        }
    }
    vm.raise_again(exception)
}

/// `import a.b` gives `a`; `from . import` without names gives the package that the name starts
/// from.
fn first_part(vm: &Vm, name: Gc<PyStr>, absolute: Gc<PyStr>, level: i64, module: Value) -> PyResult {
    let text = name.to_string_lossy();
    let Some(dot) = text.find('.') else {
        return Ok(module);
    };
    if level == 0 {
        let front = vm.new_str(&text[..dot])?;
        return match state(vm).modules.get_set().get(vm, front.value())? {
            Some(module) => Ok(module),
            None => find_and_load(vm, front),
        };
    }
    let absolute = absolute.to_string_lossy();
    let cut = text.len() - dot;
    let front = &absolute[..absolute.len() - cut];
    let key = vm.new_str(front)?;
    match state(vm).modules.get_set().get(vm, key.value())? {
        Some(module) => Ok(module),
        None => {
            let key = vm.repr_lossy(key.value());
            Err(vm.raise_new(vm.exceptions().KeyError, format_args!("{key} not in sys.modules as expected")))
        }
    }
}

/// Waits for a module that another thread is importing; whether there was one.
fn ensure_initialized(vm: &Vm, module: Value, name: Gc<PyStr>) -> PyResult<bool> {
    let Some(spec) = vm.get_attr_optional(module, vm.names().__spec__)?.and_then(Value::not_none) else {
        return Ok(false);
    };
    let initializing = vm.spec_is_initializing(spec)?;
    if initializing {
        let wait = importlib(vm, "_lock_unlock_module")?;
        vm.call(wait, &[name.value()])?;
    }
    Ok(initializing)
}

fn find_and_load(vm: &Vm, name: Gc<PyStr>) -> PyResult {
    if state(vm).importlib.get().is_none() {
        // Before importlib runs, only native modules can be imported.
        let text = name.to_string_lossy();
        let modules = state(vm).modules.get_set();
        return match native_module(vm, &text)? {
            Some(module) => {
                modules.set(vm, name.value(), module.value())?;
                Ok(module.value())
            }
            None => Err(imp::import_failed(vm, &format!("No module named '{text}'"), &text)),
        };
    }
    let load = importlib(vm, "_find_and_load")?;
    let import = importlib(vm, "_gcd_import")?;
    if state(vm).config.borrow().import_time > 0 {
        return time::measured(vm, name, || vm.call(load, &[name.value(), import]));
    }
    vm.call(load, &[name.value(), import])
}

/// A function of `importlib._bootstrap`.
pub(crate) fn importlib(vm: &Vm, name: &str) -> PyResult {
    match state(vm).importlib.get() {
        Some(module) => vm.get_attr_str(module.value(), name),
        None => Err(vm.import_error("importlib is not there yet")),
    }
}

/// Makes the native module of a name, if there is one.
pub fn native_module(vm: &Vm, name: &str) -> PyResult<Option<Gc<PyModule>>> {
    let def = state(vm).native_modules.borrow().iter().copied().find(|def| def.name == name);
    def.map(|def| vm.new_module_from_def(def)).transpose()
}

/// Runs a frozen module, without importlib.
fn run_frozen_module(vm: &Vm, frozen: &frozen::Frozen) -> PyResult<Gc<PyModule>> {
    let name = frozen.name;
    let Some(found) = frozen.module() else {
        return Err(imp::import_failed(vm, &format!("No module named '{name}'"), name));
    };
    let module = vm.new_module(name)?;
    let dict = module.dict.get_set();
    let modules = state(vm).modules.get_set();
    dict.set_str(vm, vm.names().__builtins__, state(vm).builtins.get_set().value())?;
    // `FrozenImporter` makes the module's specification of it.
    let original = match frozen.original {
        Some(original) => vm.new_str(original)?.value(),
        None => Value::NONE,
    };
    dict.set_str(vm, vm.intern("__origname__"), original)?;
    if frozen.is_package {
        dict.set_str(vm, vm.names().__path__, vm.new_list(&[])?.value())?;
    }
    let name = vm.new_str(name)?.value();
    modules.set(vm, name, module.value())?;
    let code = imp::frozen_library_code(vm, found)?;
    kaa_interpreter::run_code(vm, code, dict, dict.value())?;
    Ok(module)
}

/// Starts `importlib`: from here on the library, and with `external` files, can be imported.
pub(crate) fn start(vm: &Vm) -> PyResult<()> {
    let Some(frozen) = frozen::find(vm, "_frozen_importlib") else {
        return Err(vm.system_error("importlib is not there"));
    };
    let bootstrap = run_frozen_module(vm, &frozen)?;
    state(vm).importlib.set_root(Some(bootstrap));
    let modules = state(vm).modules.get_set();
    let Some(imp) = native_module(vm, "_imp")? else {
        return Err(vm.system_error("the module _imp is not there"));
    };
    modules.set_str(vm, vm.intern("_imp"), imp.value())?;
    let sys = modules.get_str(vm, vm.names().sys).unwrap_or(Value::NONE);
    vm.call_method_str(bootstrap.value(), "_install", &[sys, imp.value()])?;
    vm.hooks.import.set(Some(|vm, name| {
        let name = vm.new_str(name)?;
        match state(vm).modules.get_set().get(vm, name.value())? {
            Some(module) => Ok(module),
            None => find_and_load(vm, name),
        }
    }));
    vm.hooks.import_from.set(Some(from_module::missing));
    vm.hooks.shadowing.set(Some(from_module::shadowing));
    Ok(())
}

/// Lets imports find files on `sys.path`.
pub(crate) fn start_external(vm: &Vm) -> PyResult<()> {
    let bootstrap = state(vm).importlib.get_set();
    vm.call_method_str(bootstrap.value(), "_install_external_importers", &[])?;
    let imp = state(vm).modules.get_set().get_str(vm, vm.intern("_imp"));
    let hooks = crate::state::sys_attribute(vm, "path_hooks");
    if let (Some(imp), Some(hooks)) = (imp, hooks) {
        let hook = vm.get_attr_str(imp, "_zip_path_hook")?;
        vm.call_method_str(hooks, "insert", &[Value::small_int(0), hook])?;
    }
    library::install(vm)
}

/// The names of `fromlist` as a tuple: what `__import__` is given by native code.
pub fn names_tuple(vm: &Vm, names: &[&str]) -> PyResult<Gc<PyTuple>> {
    let list = vm.new_list(&[])?;
    for name in names {
        list.push(vm, vm.intern(name).value())?;
    }
    vm.new_tuple(list.as_slice())
}
