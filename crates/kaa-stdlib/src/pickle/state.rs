//! What the module keeps: its exceptions, and the registries of `copyreg` and `_compat_pickle`,
//! which are the dicts of those modules themselves.

use std::any::Any;
use std::cell::RefCell;
use std::fmt::Display;

use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Visitor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Raised, Trace, Value, Vm};

use super::memo::Memo;

/// Classes and registries; filled when the module is made, or when first asked for.
#[derive(Default)]
pub struct State {
    /// `PickleError`.
    pub pickle_error: Slot<Gc<PyType>>,
    /// `PicklingError`.
    pub pickling_error: Slot<Gc<PyType>>,
    /// `UnpicklingError`.
    pub unpickling_error: Slot<Gc<PyType>>,
    registries: [Slot<Gc<PyDict>>; 8],
    /// The names that builtin functions have for their modules, by name.
    function_modules: Slot<Gc<PyDict>>,
    /// Memory of an earlier `dumps`, for the next one.
    pub spare: RefCell<Option<(Vec<u8>, Memo)>>,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.pickle_error.trace(visitor);
        self.pickling_error.trace(visitor);
        self.unpickling_error.trace(visitor);
        for registry in &mut self.registries {
            registry.trace(visitor);
        }
        self.function_modules.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A dict of another module.
#[derive(Clone, Copy)]
pub enum Registry {
    /// Functions that reduce objects, by class.
    Dispatch,
    /// Numbers of globals, by module and name.
    Extensions,
    /// Modules and names, by number.
    InvertedExtensions,
    /// Globals, by number.
    ExtensionCache,
    /// Names of Python 2 to names of Python 3.
    Names,
    /// Modules likewise.
    Modules,
    /// Names of Python 3 to names of Python 2.
    OldNames,
    /// Modules likewise.
    OldModules,
}

impl Registry {
    fn source(self) -> (&'static str, &'static str) {
        match self {
            Registry::Dispatch => ("copyreg", "dispatch_table"),
            Registry::Extensions => ("copyreg", "_extension_registry"),
            Registry::InvertedExtensions => ("copyreg", "_inverted_registry"),
            Registry::ExtensionCache => ("copyreg", "_extension_cache"),
            Registry::Names => ("_compat_pickle", "NAME_MAPPING"),
            Registry::Modules => ("_compat_pickle", "IMPORT_MAPPING"),
            Registry::OldNames => ("_compat_pickle", "REVERSE_NAME_MAPPING"),
            Registry::OldModules => ("_compat_pickle", "REVERSE_IMPORT_MAPPING"),
        }
    }
}

/// A module of the library.
pub fn import(vm: &Vm, name: &str) -> PyResult {
    match vm.hooks.import.get() {
        Some(import) => import(vm, name),
        None => Err(vm.import_error(format_args!("the module {name} cannot be imported here"))),
    }
}

/// The module's state.
pub fn state(vm: &Vm) -> &State {
    vm.extension(|_| State::default())
}

/// A registry, which must be a dict.
pub fn registry(vm: &Vm, registry: Registry) -> PyResult<Gc<PyDict>> {
    let place = &state(vm).registries[registry as usize];
    if let Some(dict) = place.get() {
        return Ok(dict);
    }
    let (module, name) = registry.source();
    let found = vm.get_attr_str(import(vm, module)?, name)?;
    let Some(dict) = vm.cast_exact::<PyDict>(found) else {
        let class = vm.class_name(found);
        return Err(vm.runtime_error(format_args!("{module}.{name} should be a dict, not {class}")));
    };
    place.set_root(Some(dict));
    Ok(dict)
}

/// The name of a builtin function's module as a string that only the functions of that module
/// refer to, as in CPython: equal strings elsewhere in a pickle are others.
pub fn module_name_of_functions(vm: &Vm, name: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    let place = &state(vm).function_modules;
    let names = match place.get() {
        Some(names) => names,
        None => {
            let names = vm.new_dict()?;
            place.set_root(Some(names));
            names
        }
    };
    if let Some(own) = names.get_str(vm, name).and_then(|own| vm.cast(own)) {
        return Ok(own);
    }
    let own = vm.new_str_from_data(name.data())?;
    names.set_str(vm, name, own.value())?;
    Ok(own)
}

/// `sys.modules`, as it is now.
pub fn modules(vm: &Vm) -> PyResult {
    vm.get_attr(import(vm, "sys")?, vm.names().modules)
}

/// The module of a name: as `sys.modules` has it when it is all there, otherwise imported.
pub fn import_named(vm: &Vm, name: Value) -> PyResult {
    let modules = modules(vm)?;
    if let Some(dict) = vm.cast_exact::<PyDict>(modules)
        && let Some(module) = dict.get(vm, name)?
        && !module.is_none()
        && !is_initializing(vm, module)?
    {
        return Ok(module);
    }
    vm.call(vm.builtin("__import__")?, &[name])?;
    // The call gave the package; the module itself is in the table.
    let modules = self::modules(vm)?;
    vm.get_item(modules, name)
}

/// Whether a module is being imported, perhaps by another thread.
fn is_initializing(vm: &Vm, module: Value) -> PyResult<bool> {
    let Some(spec) = vm.get_attr_optional(module, vm.names().__spec__)? else { return Ok(false) };
    if spec.is_none() {
        return Ok(false);
    }
    match vm.get_attr_optional(spec, vm.names()._initializing)? {
        Some(initializing) => vm.truth(initializing),
        None => Ok(false),
    }
}

fn raise(vm: &Vm, class: &Slot<Gc<PyType>>, message: impl Display) -> Raised {
    vm.raise_new(class.get().unwrap_or(vm.exceptions().Exception), message)
}

/// Raises `PicklingError`.
#[cold]
pub fn pickling_error(vm: &Vm, message: impl Display) -> Raised {
    raise(vm, &state(vm).pickling_error, message)
}

/// Raises `PicklingError` because of another exception, which becomes its context. The message
/// may hold any text.
#[cold]
pub fn pickling_error_because(vm: &Vm, cause: Option<Raised>, message: Gc<PyStr>) -> Raised {
    let cause = cause.map(|raised| vm.take_exception(raised));
    let class = state(vm).pickling_error.get().unwrap_or(vm.exceptions().Exception);
    match vm.new_exception(class, &[message.value()]) {
        Ok(exception) => match cause {
            Some(cause) => {
                let raised = vm.raise(exception);
                vm.set_context_avoiding_cycles(exception, cause);
                raised
            }
            None => vm.raise(exception),
        },
        Err(raised) => raised,
    }
}

/// Raises `UnpicklingError`.
#[cold]
pub fn unpickling_error(vm: &Vm, message: impl Display) -> Raised {
    raise(vm, &state(vm).unpickling_error, message)
}

/// Says in a note what was being done when an exception was raised.
#[cold]
pub fn with_note(vm: &Vm, raised: Raised, note: impl Display) -> Raised {
    let exception = vm.take_exception(raised);
    match vm.add_note(exception, &format!("when serializing {note}")) {
        Ok(()) => vm.raise_again(exception),
        Err(raised) => raised,
    }
}
