//! `_warnings`: issuing warnings without the module `warnings`, which builds on it.
//!
//! [`place`] finds out which line of Python code a warning is about, [`filters`] what is to be done
//! about it, [`explicit`] does it, [`lock`] keeps other threads from changing the filters
//! meanwhile. What programs set in the module `warnings` (`filters`, `defaultaction`, `onceregistry`,
//! `_showwarnmsg`) counts once that module is imported.

mod explicit;
mod filters;
mod lock;
mod place;

use std::any::Any;
use std::cell::Cell;

use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::state::state;
use explicit::{Warning, warn_explicit as issue};
use lock::Lock;

/// What belongs to the isolate.
#[derive(Default)]
struct Warnings {
    /// `filters`: a list, once it is made.
    filters: Slot,
    /// `_onceregistry`
    once_registry: Slot,
    /// `_defaultaction`
    default_action: Slot,
    /// `_warnings_context`
    context: Slot,
    /// Grows with each change of the filters: what registries remember holds for one version.
    version: Cell<i64>,
    lock: Lock,
}

impl Extension for Warnings {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.filters.trace(visitor);
        self.once_registry.trace(visitor);
        self.default_action.trace(visitor);
        self.context.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn warnings(vm: &Vm) -> PyResult<&Warnings> {
    let warnings: &Warnings = vm.extension(|_| Warnings::default());
    if warnings.filters.get().is_none() {
        warnings.once_registry.set_root(Some(vm.new_dict()?.value()));
        warnings.default_action.set_root(Some(vm.intern("default").value()));
        warnings.context.set_root(Some(super::contextvars::new_variable(vm, "_warnings_context")?));
        warnings.filters.set_root(Some(filters::initial(vm)?));
    }
    Ok(warnings)
}

/// The module.
pub struct WarningsModule;

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let state = warnings(vm)?;
    let all = [
        ("filters", &state.filters),
        ("_onceregistry", &state.once_registry),
        ("_defaultaction", &state.default_action),
        ("_warnings_context", &state.context),
    ];
    let dict = module.dict.get_set();
    all.into_iter().try_for_each(|(name, slot)| dict.set_str(vm, vm.intern(name), slot.get().unwrap_or(Value::NONE)))
}

#[py_module(
    name = "_warnings",
    setup = set_up,
    doc = "_warnings provides basic warning filtering support.\nIt is a helper module to speed up interpreter start-up."
)]
impl WarningsModule {
    #[function("_acquire_lock()")]
    fn acquire_lock(vm: &Vm) -> PyResult<()> {
        warnings(vm)?.lock.acquire(vm)
    }

    #[function("_release_lock()")]
    fn release_lock(vm: &Vm) -> PyResult<()> {
        let lock = &warnings(vm)?.lock;
        if !lock.is_mine(vm) {
            return Err(vm.runtime_error("cannot release un-acquired lock"));
        }
        lock.release();
        Ok(())
    }

    #[function("_filters_mutated_lock_held()")]
    fn filters_mutated_lock_held(vm: &Vm) -> PyResult<()> {
        let warnings = warnings(vm)?;
        if !warnings.lock.is_mine(vm) {
            return Err(vm.runtime_error("warnings lock is not held"));
        }
        warnings.version.set(warnings.version.get() + 1);
        Ok(())
    }

    #[function(
        "warn(message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=())",
        doc = "Issue a warning, or maybe ignore it or raise an exception.\n\n  message\n    Text of the warning message.\n  category\n    The Warning category subclass. Defaults to UserWarning.\n  stacklevel\n    How far up the call stack to make this warning appear. A value of 2 for\n    example attributes the warning to the caller of the code calling warn().\n  source\n    If supplied, the destroyed object which emitted a ResourceWarning\n  skip_file_prefixes\n    An optional tuple of module filename prefixes indicating frames to skip\n    during stacklevel computations for stack frame attribution."
    )]
    fn warn(
        vm: &Vm,
        message: Value,
        category: Value,
        stacklevel: isize,
        source: Value,
        skip_file_prefixes: Option<Gc<PyTuple>>,
    ) -> PyResult<()> {
        let category = category_of(vm, message, category)?;
        let prefixes = skip_file_prefixes.as_ref().map_or(&[][..], |prefixes| prefixes.as_slice());
        if let Some(&wrong) = prefixes.iter().find(|&&prefix| vm.cast::<PyStr>(prefix).is_none()) {
            let class = vm.class_name(wrong);
            return Err(vm.type_error(format_args!("Found non-str '{class}' in skip_file_prefixes.")));
        }
        let stacklevel = if prefixes.is_empty() { stacklevel } else { stacklevel.max(2) };
        warn_at(vm, message, category, stacklevel, prefixes, source.not_none())
    }

    #[function(
        "warn_explicit(message, category, filename, lineno, module=<unrepresentable>, registry=None, module_globals=None, source=None)",
        doc = "Issue a warning, or maybe ignore it or raise an exception."
    )]
    #[allow(clippy::too_many_arguments, reason = "those of the Python function")]
    fn warn_explicit(
        vm: &Vm,
        message: Value,
        category: Value,
        filename: Gc<PyStr>,
        lineno: i32,
        module: Option<Value>,
        registry: Value,
        module_globals: Value,
        source: Value,
    ) -> PyResult<()> {
        let source_line = match module_globals.not_none() {
            None => None,
            Some(globals) => match vm.cast::<PyDict>(globals) {
                Some(globals) => explicit::source_line(vm, globals, lineno)?,
                None => {
                    let class = vm.class_name(globals);
                    return Err(vm.type_error(format_args!("module_globals must be a dict, not '{class}'")));
                }
            },
        };
        let source = source.not_none();
        issue(vm, &Warning { message, category, filename, lineno, module, registry, source_line, source })
    }
}

/// The class of a warning: that of the message, or the one given.
fn category_of(vm: &Vm, message: Value, category: Value) -> PyResult {
    let base = vm.exceptions().Warning;
    if vm.is_instance(message, base) {
        return Ok(vm.class_of(message).value());
    }
    let category = category.not_none().unwrap_or(vm.exceptions().UserWarning.value());
    match vm.cast::<PyType>(category) {
        Some(class) if class.is_subclass(base) => Ok(category),
        _ => {
            let class = vm.class_name(category);
            Err(vm.type_error(format_args!("category must be a Warning subclass, not '{class}'")))
        }
    }
}

/// Issues a warning about the code `level` calls up.
fn warn_at(
    vm: &Vm,
    message: Value,
    category: Value,
    level: isize,
    prefixes: &[Value],
    source: Option<Value>,
) -> PyResult<()> {
    let place = place::find(vm, level, prefixes)?;
    issue(
        vm,
        &Warning {
            message,
            category,
            filename: place.filename,
            lineno: place.line,
            module: Some(place.module),
            registry: place.registry,
            source_line: None,
            source,
        },
    )
}

/// Issues a warning about a place in a source, which nothing remembers.
pub(crate) fn warn_explicit(vm: &Vm, category: Gc<PyType>, text: &str, filename: &str, line: i32) -> PyResult<()> {
    let warning = Warning {
        message: vm.new_str(text)?.value(),
        category: category.value(),
        filename: vm.new_str(filename)?,
        lineno: line,
        module: None,
        registry: Value::NONE,
        source_line: None,
        source: None,
    };
    issue(vm, &warning)
}

/// Lets native code issue warnings.
pub(crate) fn install(vm: &Vm) {
    vm.hooks.warn.set(Some(|vm, category, text, level| {
        // Before importlib runs, nobody could have asked for warnings.
        if state(vm).importlib.get().is_none() {
            return Ok(());
        }
        let text = vm.new_str(text)?.value();
        warn_at(vm, text, category, level as isize, &[], None)
    }));
}

/// In the child of a fork: a thread that held the lock is gone.
pub(super) fn after_fork(vm: &Vm) {
    vm.extension(|_| Warnings::default()).lock.after_fork(vm);
}
