//! A warning whose place is known: shown, ignored or raised, as the filters say.

use kaa_objects::types::dict::PyDict;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::filters::{self, Question, attribute};
use super::warnings;
use crate::host_output::{Stream, write, write_raw};
use crate::state::{state, sys_attribute};

/// A warning and its place.
pub(super) struct Warning {
    /// A text, or the warning itself.
    pub message: Value,
    pub category: Value,
    pub filename: Gc<PyStr>,
    pub lineno: i32,
    /// The module's name; without one it comes from the file's.
    pub module: Option<Value>,
    /// A dict that remembers what was shown, or `None`.
    pub registry: Value,
    /// The line, where it is known better than by the file.
    pub source_line: Option<Gc<PyStr>>,
    /// The object that was destroyed, for a `ResourceWarning`.
    pub source: Option<Value>,
}

/// Does what the filters say about a warning.
pub(super) fn warn_explicit(vm: &Vm, warning: &Warning) -> PyResult<()> {
    let _held = warnings(vm)?.lock.hold(vm)?;
    let module = match warning.module {
        // A warning from the end of a program, when its modules are gone.
        Some(module) if module.is_none() => return Ok(()),
        Some(module) => module,
        None => module_of(vm, warning.filename)?.value(),
    };
    let registry = match warning.registry.not_none() {
        None => None,
        Some(registry) => match vm.cast::<PyDict>(registry) {
            Some(registry) => Some(registry),
            None => return Err(vm.type_error("'registry' must be a dict or None")),
        },
    };
    let (message, category, text) = if vm.is_instance(warning.message, vm.exceptions().Warning) {
        let text = vm.str(warning.message)?.value();
        (warning.message, vm.class_of(warning.message).value(), text)
    } else {
        (vm.call(warning.category, &[warning.message])?, warning.category, warning.message)
    };
    let lineno = Value::small_int(warning.lineno.into());
    let key = vm.new_tuple(&[text, category, lineno])?.value();
    if let Some(registry) = registry
        && filters::was_shown(vm, registry, key)?
    {
        return Ok(());
    }
    let question = Question { category, text, lineno: warning.lineno, module };
    let (action, filter) = filters::action(vm, &question)?;
    let action = action.to_string_lossy();
    match &*action {
        "error" => return Err(raise(vm, category, message)),
        "ignore" => return Ok(()),
        "always" | "all" => {}
        action => {
            if let Some(registry) = registry {
                registry.set(vm, key, Value::TRUE)?;
            }
            let noted_in = match action {
                "once" => Some(registry.map_or_else(|| filters::once_registry(vm), Ok)?),
                "module" => registry,
                "default" => None,
                action => {
                    let (action, filter) = (vm.repr_lossy(vm.new_str(action)?.value()), vm.repr_lossy(filter));
                    let text = format_args!("Unrecognized action ({action}) in warnings.filters:\n {filter}");
                    return Err(vm.runtime_error(text));
                }
            };
            if let Some(registry) = noted_in {
                let key = vm.new_tuple(&[text, category])?.value();
                if filters::note(vm, registry, key)? {
                    return Ok(());
                }
            }
        }
    }
    show(vm, warning, message, category, text)
}

fn raise(vm: &Vm, category: Value, message: Value) -> kaa_objects::Raised {
    if let Some(exception) = vm.cast::<PyBaseException>(message) {
        return vm.raise(exception);
    }
    match vm.call(category, &[message]).map(|made| vm.cast::<PyBaseException>(made)) {
        Ok(Some(exception)) => vm.raise(exception),
        Ok(None) => vm.type_error("exceptions must derive from BaseException"),
        Err(raised) => raised,
    }
}

/// The name of a module by its file.
fn module_of(vm: &Vm, filename: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    if filename.is_empty() {
        return Ok(vm.intern("<unknown>"));
    }
    let text = filename.to_string_lossy();
    match text.strip_suffix(".py") {
        Some(name) => vm.new_str(name),
        None => Ok(filename),
    }
}

/// Shows a warning by the module `warnings`, or without it.
fn show(vm: &Vm, warning: &Warning, message: Value, category: Value, text: Value) -> PyResult<()> {
    // Only Python code can say where the object was made that a `ResourceWarning` is about.
    let Some(show) = attribute(vm, "_showwarnmsg", warning.source.is_some())? else {
        if let Err(raised) = show_plainly(vm, warning, category, text) {
            vm.take_exception(raised);
        }
        return Ok(());
    };
    if !vm.is_callable(show) {
        return Err(vm.type_error("warnings._showwarnmsg() must be set to a callable"));
    }
    let Some(class) = attribute(vm, "WarningMessage", false)? else {
        return Err(vm.runtime_error("unable to get warnings.WarningMessage"));
    };
    let lineno = Value::small_int(warning.lineno.into());
    let source = warning.source.unwrap_or(Value::NONE);
    let line = warning.source_line.map_or(Value::NONE, |line| line.value());
    let arguments = [message, category, warning.filename.value(), lineno, Value::NONE, line, source];
    let message = vm.call(class, &arguments)?;
    vm.call(show, &[message]).map(drop)
}

fn show_plainly(vm: &Vm, warning: &Warning, category: Value, text: Value) -> PyResult<()> {
    let category = vm.get_attr(category, vm.names().__name__)?;
    let category = vm.str(category)?.to_string_lossy();
    match sys_attribute(vm, "stderr") {
        None => {
            write_raw(Stream::Error, "lost sys.stderr\n");
            return Ok(());
        }
        Some(stderr) if stderr.is_none() => return Ok(()),
        Some(_) => {}
    }
    let filename = warning.filename.to_string_lossy();
    let text = vm.str(text)?.to_string_lossy();
    let line = match warning.source_line {
        Some(line) => line.to_string_lossy().trim_start_matches([' ', '\t', '\x0c']).to_owned(),
        None => crate::traceback::source_line(vm, warning.filename, warning.lineno),
    };
    let line = if line.is_empty() { line } else { format!("  {line}\n") };
    write(vm, Stream::Error, &format!("{filename}:{}: {category}: {text}\n{line}", warning.lineno));
    Ok(())
}

/// A line of the source of the module with these globals, by its loader.
pub(super) fn source_line(vm: &Vm, globals: Gc<PyDict>, line: i32) -> PyResult<Option<Gc<PyStr>>> {
    let external = vm.get_attr_str(state(vm).importlib.get_set().value(), "_bootstrap_external")?;
    let loader = vm.call_method_str(external, "_bless_my_loader", &[globals.value()])?;
    let spec = globals.get_str(vm, vm.names().__spec__).and_then(Value::not_none);
    let name = match spec {
        Some(spec) => vm.get_attr_optional(spec, vm.names().name)?,
        None => None,
    };
    let Some(name) = name.or_else(|| globals.get_str(vm, vm.names().__name__)) else { return Ok(None) };
    let Some(get_source) = vm.get_attr_optional(loader, vm.intern("get_source"))? else { return Ok(None) };
    let Ok(source) = vm.catch(vm.call(get_source, &[name]), vm.exceptions().ImportError)? else { return Ok(None) };
    if source.is_none() {
        return Ok(None);
    }
    let Some(source) = vm.cast::<PyStr>(source) else {
        let class = vm.class_name(source);
        return Err(vm.type_error(format_args!("must be str, not {class}")));
    };
    let source = source.to_string_lossy();
    let line = usize::try_from(line - 1).ok().and_then(|index| source.lines().nth(index));
    line.map(|line| vm.new_str(line)).transpose()
}
