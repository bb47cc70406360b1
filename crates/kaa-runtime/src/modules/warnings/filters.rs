//! What is to be done about a warning: the filters, and what a module remembers of the warnings
//! that were shown.

use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::warnings;
use crate::state::state;

/// The filters before a program sets others: the weakest last.
pub(super) fn initial(vm: &Vm) -> PyResult {
    let exceptions = vm.exceptions();
    let list = vm.new_list(&[])?;
    let main = vm.names().__main__.value();
    for (action, category, module) in [
        ("default", exceptions.DeprecationWarning, main),
        ("ignore", exceptions.DeprecationWarning, Value::NONE),
        ("ignore", exceptions.PendingDeprecationWarning, Value::NONE),
        ("ignore", exceptions.ImportWarning, Value::NONE),
        ("ignore", exceptions.ResourceWarning, Value::NONE),
    ] {
        let action = vm.intern(action).value();
        let filter = [action, Value::NONE, category.value(), module, Value::small_int(0)];
        list.push(vm, vm.new_tuple(&filter)?.value())?;
    }
    Ok(list.value())
}

/// An attribute of the module `warnings`, if that is imported. It is imported for this with
/// `may_import`, unless the program is ending.
pub(super) fn attribute(vm: &Vm, name: &str, may_import: bool) -> PyResult<Option<Value>> {
    let module = match vm.hooks.import.get() {
        Some(import) if may_import && !state(vm).finalizing.get() => {
            vm.catch(import(vm, "warnings"), vm.exceptions().ImportError)?.ok()
        }
        _ => state(vm).modules.get_set().get_str(vm, vm.intern("warnings")),
    };
    match module {
        Some(module) => vm.get_attr_optional(module, vm.intern(name)),
        None => Ok(None),
    }
}

/// The warnings that were shown once, for the action `once`.
pub(super) fn once_registry(vm: &Vm) -> PyResult<Gc<PyDict>> {
    let registry = &warnings(vm)?.once_registry;
    if let Some(set) = attribute(vm, "onceregistry", false)? {
        if vm.cast::<PyDict>(set).is_none() {
            let class = vm.class_name(set);
            return Err(vm.type_error(format_args!("_warnings.onceregistry must be a dict, not '{class}'")));
        }
        registry.set_root(Some(set));
    }
    match registry.get().and_then(|registry| vm.cast::<PyDict>(registry)) {
        Some(registry) => Ok(registry),
        None => vm.new_dict(),
    }
}

fn default_action(vm: &Vm) -> PyResult<Gc<PyStr>> {
    let action = &warnings(vm)?.default_action;
    if let Some(set) = attribute(vm, "defaultaction", false)? {
        if vm.cast::<PyStr>(set).is_none() {
            let class = vm.class_name(set);
            return Err(vm.type_error(format_args!("_warnings.defaultaction must be a string, not '{class}'")));
        }
        action.set_root(Some(set));
    }
    Ok(action.get().and_then(|action| vm.cast::<PyStr>(action)).unwrap_or(vm.intern("default")))
}

/// The filters of the running context, if it has its own.
fn context_filters(vm: &Vm) -> PyResult<Option<Gc<PyList>>> {
    let Some(variable) = warnings(vm)?.context.get() else { return Ok(None) };
    let Some(context) = crate::modules::contextvars::value(vm, variable)?.and_then(Value::not_none) else {
        return Ok(None);
    };
    let filters = vm.get_attr_str(context, "_filters")?;
    match vm.cast::<PyList>(filters) {
        Some(filters) => Ok(Some(filters)),
        None => Err(vm.value_error("_filters of warnings._warnings_context must be a list")),
    }
}

fn global_filters(vm: &Vm) -> PyResult<Gc<PyList>> {
    let filters = &warnings(vm)?.filters;
    if let Some(set) = attribute(vm, "filters", false)? {
        filters.set_root(Some(set));
    }
    match filters.get().and_then(|filters| vm.cast::<PyList>(filters)) {
        Some(filters) => Ok(filters),
        None => Err(vm.value_error("_warnings.filters must be a list")),
    }
}

/// What is asked of the filters.
pub(super) struct Question {
    pub category: Value,
    pub text: Value,
    pub lineno: i32,
    pub module: Value,
}

/// What is to be done, and the filter that says so (`None` for the default).
pub(super) fn action(vm: &Vm, question: &Question) -> PyResult<(Gc<PyStr>, Value)> {
    let (filters, place) = match context_filters(vm)? {
        Some(filters) => (filters, "_filters"),
        None => (global_filters(vm)?, "filters"),
    };
    // A pattern's `match` is Python code, which may change the list.
    let mut index = 0;
    while let Some(item) = filters.get(index) {
        let filter = match vm.cast::<PyTuple>(item) {
            Some(filter) if filter.len() == 5 => filter,
            _ => return Err(vm.value_error(format_args!("warnings.{place} item {index} isn't a 5-tuple"))),
        };
        let &[action, message, category, module, line] = filter.as_slice() else { break };
        let Some(action) = vm.cast::<PyStr>(action) else {
            let class = vm.class_name(action);
            return Err(vm.type_error(format_args!("action must be a string, not '{class}'")));
        };
        let is_meant = matches(vm, message, question.text)?
            && matches(vm, module, question.module)?
            && vm.issubclass(question.category, category)?;
        let line = vm.index_to_isize(line, vm.exceptions().OverflowError)?;
        if is_meant && (line == 0 || line == question.lineno as isize) {
            return Ok((action, item));
        }
        index += 1;
    }
    Ok((default_action(vm)?, Value::NONE))
}

/// Whether a part of a filter fits: none does always, a text when it is the same, a pattern when
/// it matches.
fn matches(vm: &Vm, pattern: Value, text: Value) -> PyResult<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if let Some(exact) = vm.cast_exact::<PyStr>(pattern) {
        return match vm.cast::<PyStr>(text) {
            Some(text) => Ok(exact.data() == text.data()),
            None => {
                let class = vm.class_name(text);
                Err(vm.type_error(format_args!("Can't compare str and {class}")))
            }
        };
    }
    let found = vm.call_method_str(pattern, "match", &[text])?;
    vm.truth(found)
}

/// Whether a warning is in a registry. What stands there was remembered for one version of the
/// filters: of another, it is forgotten.
pub(super) fn was_shown(vm: &Vm, registry: Gc<PyDict>, key: Value) -> PyResult<bool> {
    let version = Value::small_int(warnings(vm)?.version.get());
    let name = vm.intern("version");
    if registry.get_str(vm, name) != Some(version) {
        registry.clear();
        registry.set_str(vm, name, version)?;
        return Ok(false);
    }
    match registry.get(vm, key)? {
        Some(shown) => vm.truth(shown),
        None => Ok(false),
    }
}

/// Notes a warning; whether it was noted before.
pub(super) fn note(vm: &Vm, registry: Gc<PyDict>, key: Value) -> PyResult<bool> {
    if was_shown(vm, registry, key)? {
        return Ok(true);
    }
    registry.set(vm, key, Value::TRUE)?;
    Ok(false)
}
