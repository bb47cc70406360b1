//! The place that a warning is about: some calls up from the code that warns.

use kaa_interpreter::introspect::{Caller, callers};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::state::state;

/// Where a warning is shown.
pub(super) struct Place {
    pub filename: Gc<PyStr>,
    pub line: i32,
    /// The module's name, or what stands for it.
    pub module: Value,
    /// What the module remembers of warnings that were shown.
    pub registry: Value,
}

/// The code `level` calls up; parts of importlib, and files whose names start with one of the
/// prefixes, do not count, unless the warning comes from importlib itself.
pub(super) fn find(vm: &Vm, level: isize, prefixes: &[Value]) -> PyResult<Place> {
    let mut calls = callers(vm);
    let mut call = calls.next();
    let is_internal_first = call.as_ref().is_some_and(is_internal);
    let count_all = level <= 0 || is_internal_first;
    for _ in 1..level {
        if call.is_none() {
            break;
        }
        call = calls.next();
        while let Some(skipped) = &call
            && !count_all
            && (is_internal(skipped) || has_prefix(vm, skipped, prefixes))
        {
            call = calls.next();
        }
    }
    let (globals, filename, line) = match call {
        Some(call) => (call.globals, call.code.filename.get_set(), call.line.unwrap_or(0)),
        None => (state(vm).sys.get_set(), vm.intern("<sys>"), 0),
    };
    let key = vm.intern("__warningregistry__");
    let registry = match globals.get_str(vm, key) {
        Some(registry) => registry,
        None => {
            let registry = vm.new_dict()?.value();
            globals.set_str(vm, key, registry)?;
            registry
        }
    };
    let module = globals.get_str(vm, vm.names().__name__);
    let module = module.filter(|&module| module.is_none() || vm.cast::<PyStr>(module).is_some());
    Ok(Place { filename, line, module: module.unwrap_or(vm.intern("<string>").value()), registry })
}

/// Whether a call is importlib's own.
fn is_internal(call: &Caller) -> bool {
    let file = call.code.filename.get_set();
    file.as_ascii().is_some_and(|file| file.contains("importlib") && file.contains("_bootstrap"))
}

fn has_prefix(vm: &Vm, call: &Caller, prefixes: &[Value]) -> bool {
    let file = call.code.filename.get_set().to_string_lossy();
    let mut prefixes = prefixes.iter().filter_map(|&prefix| vm.cast::<PyStr>(prefix));
    prefixes.any(|prefix| file.starts_with(&prefix.to_string_lossy()))
}
