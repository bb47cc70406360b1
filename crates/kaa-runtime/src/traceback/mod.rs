//! Uncaught exceptions as text, as CPython 3.14 prints them.
//!
//! As in CPython, the library's module `traceback` does it. While that cannot be imported or
//! fails, what is here does the same without Python code: [`tree`] follows causes, contexts and
//! groups, [`entries`] prints where an exception passed, [`carets`] the source below, and
//! [`suggestions`] finds the name that was meant. Only colours need the library.

mod carets;
mod entries;
mod source;
mod suggestions;
mod syntax_error;
mod tree;

use kaa_interpreter::traceback::PyTraceback;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::host_output::{Stream, write};
use crate::state::state;

/// Prints an exception with its traceback on `sys.stderr`.
pub fn print_exception(vm: &Vm, exception: Gc<PyBaseException>) {
    match print_by_library(vm, exception) {
        Ok(true) => {}
        Ok(false) => write(vm, Stream::Error, &report(vm, exception)),
        Err(raised) => {
            vm.take_exception(raised);
            write(vm, Stream::Error, &report(vm, exception));
        }
    }
}

/// Prints any value as if it were an exception that nobody caught.
pub fn print_any(vm: &Vm, value: Value) {
    match vm.cast::<PyBaseException>(value) {
        Some(exception) => print_exception(vm, exception),
        None => {
            let class = vm.class_name(value);
            let text = format!("TypeError: print_exception(): Exception expected for value, {class} found\n");
            write(vm, Stream::Error, &text);
        }
    }
}

/// A traceback as text, without carets.
pub fn traceback_text(vm: &Vm, traceback: Value) -> PyResult<String> {
    if vm.cast::<PyTraceback>(traceback).is_none() {
        return Err(vm.system_error("bad argument to internal function"));
    }
    let text = entries::text_with(vm, Some(traceback), &mut source::Sources::default(), false);
    Ok(format!("Traceback (most recent call last):\n{text}"))
}

/// Tries `traceback._print_exception_bltin`; `false` when the module cannot be imported.
fn print_by_library(vm: &Vm, exception: Gc<PyBaseException>) -> PyResult<bool> {
    if state(vm).importlib.get().is_none() || crate::state::sys_attribute(vm, "stderr").is_none() {
        return Ok(false);
    }
    let Some(import) = vm.hooks.import.get() else { return Ok(false) };
    let module = import(vm, "traceback")?;
    vm.call_method_str(module, "_print_exception_bltin", &[exception.value()])?;
    Ok(true)
}

/// The text for an exception, with all that led to it.
pub fn report(vm: &Vm, exception: Gc<PyBaseException>) -> String {
    match tree::Tree::new(vm, exception) {
        Ok(tree) => tree.text(vm),
        Err(raised) => {
            vm.take_exception(raised);
            "MemoryError\n".to_owned()
        }
    }
}

/// A line of a file without the blanks around it; empty when there is none.
pub(crate) fn source_line(vm: &Vm, filename: Gc<kaa_objects::types::str::PyStr>, line: i32) -> String {
    let lines = source::Sources::default().lines(vm, filename, line, line);
    lines.first().map_or(String::new(), |line| line.trim().to_owned())
}
