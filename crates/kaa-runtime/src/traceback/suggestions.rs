//! What a misspelt name may have been meant as, and the module that was not imported.

use kaa_interpreter::traceback::PyTraceback;
use kaa_objects::suggest::suggestion;
use kaa_objects::types::exceptions::{PyAttributeError, PyBaseException, PyImportError, PyNameError};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::state::sys_attribute;

/// What is added to the message of an exception; nothing for most.
pub(super) fn hint(vm: &Vm, exception: Gc<PyBaseException>) -> String {
    let found = try_hint(vm, exception);
    found.unwrap_or_else(|raised| {
        vm.take_exception(raised);
        String::new()
    })
}

fn try_hint(vm: &Vm, exception: Gc<PyBaseException>) -> PyResult<String> {
    let value = exception.value();
    let text = |name: Option<Value>| name.and_then(|name| vm.cast::<PyStr>(name)).map(|name| name.to_string_lossy());
    if let Some(error) = vm.cast::<PyImportError>(value) {
        let Some(wrong) = text(error.name_from.get()) else { return Ok(String::new()) };
        let (Some(import), Some(module)) = (vm.hooks.import.get(), text(error.name.get())) else {
            return Ok(String::new());
        };
        let names = dir(vm, import(vm, &module)?)?;
        return Ok(did_you_mean(nearest(&wrong, names, wrong.starts_with('_'))));
    }
    if let Some(error) = vm.cast::<PyAttributeError>(value) {
        let (Some(wrong), Some(object)) = (text(error.name.get()), error.object.get()) else {
            return Ok(String::new());
        };
        let names = dir(vm, object)?;
        let own = wrong.starts_with('_') || is_self(vm, exception, object)?;
        return Ok(did_you_mean(nearest(&wrong, names, own)));
    }
    let Some(error) = vm.cast::<PyNameError>(value) else { return Ok(String::new()) };
    let Some(wrong) = text(error.name.get()) else { return Ok(String::new()) };
    let suggestion = name_in_scope(vm, exception, &wrong).unwrap_or_else(|raised| {
        vm.take_exception(raised);
        None
    });
    let mut hint = did_you_mean(suggestion);
    let library = sys_attribute(vm, "stdlib_module_names");
    if let Some(library) = library.filter(|library| !library.is_none())
        && vm.contains(library, vm.new_str(&wrong)?.value())?
    {
        let or = if hint.is_empty() { ". Did" } else { " Or did" };
        hint.push_str(&format!("{or} you forget to import '{wrong}'?"));
    }
    Ok(hint)
}

fn did_you_mean(name: Option<String>) -> String {
    name.map_or(String::new(), |name| format!(". Did you mean: '{name}'?"))
}

fn nearest(wrong: &str, mut names: Vec<String>, with_underscored: bool) -> Option<String> {
    if !with_underscored {
        names.retain(|name| !name.starts_with('_'));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    suggestion(wrong, &names).map(str::to_owned)
}

/// The texts among the items of an iterable.
fn texts(vm: &Vm, items: Value, names: &mut Vec<String>) -> PyResult<()> {
    let iterator = vm.iter(items)?;
    while let Some(item) = vm.next(iterator)? {
        if let Some(name) = vm.cast::<PyStr>(item) {
            names.push(name.to_string_lossy());
        }
    }
    Ok(())
}

/// `sorted(object.__dir__())`, of which classes need their metaclass's.
fn dir(vm: &Vm, object: Value) -> PyResult<Vec<String>> {
    let mut names = Vec::new();
    if let Some(list) = vm.call_special(object, vm.intern("__dir__"), &[])? {
        texts(vm, list, &mut names)?;
    }
    names.sort_unstable();
    Ok(names)
}

/// The frame in which an exception was raised.
fn innermost(vm: &Vm, exception: Gc<PyBaseException>) -> Option<Value> {
    let mut entry = vm.cast::<PyTraceback>(exception.traceback.get()?)?;
    while let Some(next) = entry.next.get() {
        entry = next;
    }
    entry.frame.get().map(|frame| frame.value())
}

/// The value of `self` in the innermost frame.
fn self_of(vm: &Vm, frame: Value) -> PyResult<Option<Value>> {
    let locals = vm.get_attr_str(frame, "f_locals")?;
    let name = vm.intern("self").value();
    if vm.contains(locals, name)? { vm.get_item(locals, name).map(Some) } else { Ok(None) }
}

fn is_self(vm: &Vm, exception: Gc<PyBaseException>, object: Value) -> PyResult<bool> {
    match innermost(vm, exception) {
        Some(frame) => Ok(self_of(vm, frame)? == Some(object)),
        None => Ok(false),
    }
}

/// The nearest name among locals, globals and builtins; `self.name` for a forgotten `self`.
fn name_in_scope(vm: &Vm, exception: Gc<PyBaseException>, wrong: &str) -> PyResult<Option<String>> {
    let Some(frame) = innermost(vm, exception) else { return Ok(None) };
    let mut names = Vec::new();
    for scope in ["f_locals", "f_globals", "f_builtins"] {
        texts(vm, vm.get_attr_str(frame, scope)?, &mut names)?;
    }
    if let Some(this) = self_of(vm, frame)?
        && vm.has_attr(this, vm.intern(wrong))?
    {
        return Ok(Some(format!("self.{wrong}")));
    }
    Ok(nearest(wrong, names, true))
}
