//! `_warnings`: the way to the module `warnings`, which is written in Python, for `importlib` and
//! for native code. It has no filters of its own, so `warnings` uses its Python functions.

use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use crate::host_output::{Stream, write};
use crate::state::state;

/// The module.
pub struct Warnings;

#[py_module(
    name = "_warnings",
    doc = "_warnings provides basic warning filtering support.\nIt is a helper module to speed up interpreter start-up."
)]
impl Warnings {
    #[function(
        "warn",
        raw,
        signature = "(message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=())",
        doc = "Issue a warning, or maybe ignore it or raise an exception."
    )]
    fn warn(vm: &Vm, args: Args<'_>) -> PyResult {
        let warnings = import(vm)?;
        let function = vm.get_attr_str(warnings, "warn")?;
        vm.call_args(function, args)
    }

    #[function("warn_explicit", raw, doc = "Issue a warning, or maybe ignore it or raise an exception.")]
    fn warn_explicit(vm: &Vm, args: Args<'_>) -> PyResult {
        let warnings = import(vm)?;
        let function = vm.get_attr_str(warnings, "warn_explicit")?;
        vm.call_args(function, args)
    }
}

fn import(vm: &Vm) -> PyResult {
    match vm.hooks.import.get() {
        Some(import) => import(vm, "warnings"),
        None => Err(vm.import_error("importlib is not there yet")),
    }
}

/// Issues a warning about a place in a source, as `warnings.warn_explicit` does. While that module
/// cannot be imported, the warning is printed.
pub(crate) fn warn_explicit(vm: &Vm, category: Gc<PyType>, text: &str, filename: &str, line: i32) -> PyResult<()> {
    let Ok(warnings) = vm.catch(import(vm), vm.exceptions().ImportError)? else {
        let category = category.name_text();
        let source = crate::traceback::source_line(vm, filename, line);
        let source = if source.is_empty() { source } else { format!("  {source}\n") };
        write(vm, Stream::Error, &format!("{filename}:{line}: {category}: {text}\n{source}"));
        return Ok(());
    };
    let (text, filename) = (vm.new_str(text)?.value(), vm.new_str(filename)?.value());
    let args = [text, category.value(), filename, Value::small_int(line.into())];
    vm.call_method_str(warnings, "warn_explicit", &args).map(drop)
}

/// Lets native code issue warnings.
pub(crate) fn install(vm: &Vm) {
    vm.hooks.warn.set(Some(|vm, category, text, level| {
        // Before importlib runs, nobody could have asked for warnings.
        if state(vm).importlib.get().is_none() {
            return Ok(());
        }
        let warnings = import(vm)?;
        let text = vm.new_str(text)?;
        let args = [text.value(), category, Value::small_int(level.into())];
        vm.call_method_str(warnings, "warn", &args).map(drop)
    }));
}
