//! Running a program: a file, a text, and what happens when it ends.

use kaa_objects::types::dict::PyDict;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use crate::compile::{Request, compile};
use crate::host_output::{Stream, write};
use crate::state::state;

/// Runs a source as `__main__`; gives the exit code of the process.
pub fn run_source(vm: &Vm, source: &[u8], filename: &str) -> i32 {
    let run = || -> PyResult<()> {
        let request = Request { optimize: state(vm).config.borrow().optimize.min(2) as u8, ..Request::default() };
        let globals = main_globals(vm)?;
        globals.set_str(vm, vm.names().__file__, vm.new_str(filename)?.value())?;
        let code = compile(vm, source, filename, request)?;
        kaa_interpreter::run_code(vm, code, globals, globals.value()).map(drop)
    };
    match run() {
        Ok(()) => 0,
        Err(raised) => exit_code(vm, raised),
    }
}

/// The namespace of `__main__`; the module is made when it is not there yet.
pub fn main_globals(vm: &Vm) -> PyResult<Gc<PyDict>> {
    let modules = state(vm).modules.get_set();
    let name = vm.names().__main__;
    if let Some(main) = modules.get_str(vm, name) {
        if let Some(module) = vm.cast::<kaa_objects::types::module::PyModule>(main) {
            return Ok(module.dict.get_set());
        }
    }
    let main = vm.new_module("__main__")?;
    let dict = main.dict.get_set();
    let builtins = modules.get_str(vm, vm.names().builtins).unwrap_or(Value::NONE);
    dict.set_str(vm, vm.names().__builtins__, builtins)?;
    modules.set_str(vm, name, main.value())?;
    Ok(dict)
}

/// What the process exits with after an exception that nobody caught; prints it when it is no
/// `SystemExit`.
pub fn exit_code(vm: &Vm, raised: Raised) -> i32 {
    let exception = vm.take_exception(raised);
    if vm.is_instance(exception.value(), vm.exceptions().SystemExit) {
        return system_exit_code(vm, exception);
    }
    print_exception(vm, exception);
    if vm.is_instance(exception.value(), vm.exceptions().KeyboardInterrupt) {
        state(vm).interrupted.set(true);
    }
    1
}

fn system_exit_code(vm: &Vm, exception: Gc<PyBaseException>) -> i32 {
    let code = match vm.get_attr_str(exception.value(), "code") {
        Ok(code) => code,
        Err(raised) => {
            vm.take_exception(raised);
            exception.args.get().and_then(|args| args.as_slice().first().copied()).unwrap_or(Value::NONE)
        }
    };
    if code.is_none() {
        return 0;
    }
    match vm.int_to_i64(code) {
        Some(code) => code as i32,
        None => {
            write(vm, Stream::Error, &format!("{}\n", vm.str_lossy(code)));
            1
        }
    }
}

/// Prints an exception with its traceback, as the default `sys.excepthook` does.
pub fn print_exception(vm: &Vm, exception: Gc<PyBaseException>) {
    write(vm, Stream::Error, &exception_text(vm, exception));
}

/// An exception with its traceback as the default `sys.excepthook` prints it.
pub fn exception_text(vm: &Vm, exception: Gc<PyBaseException>) -> String {
    let mut text = String::new();
    if let Some(traceback) = exception.traceback.get() {
        text.push_str("Traceback (most recent call last):\n");
        text.push_str(&kaa_interpreter::traceback::plain_text(vm, traceback));
    }
    let class = vm.class_of(exception.value());
    let name = qualified_name(vm, class);
    let message = match exception.args.get().as_deref().map(|args| args.as_slice()) {
        Some(&[only]) => vm.str_lossy(only),
        _ => vm.str_lossy(exception.value()),
    };
    if message.is_empty() {
        text.push_str(&format!("{name}\n"));
    } else {
        text.push_str(&format!("{name}: {message}\n"));
    }
    text
}

fn qualified_name(vm: &Vm, class: Gc<kaa_objects::class::PyType>) -> String {
    let name = vm.class_qualname(class).to_string_lossy();
    let module = vm.class_module(class).ok().flatten().and_then(|module| vm.cast::<PyStr>(module));
    match module.map(|module| module.to_string_lossy()) {
        Some(module) if module != "builtins" && module != "__main__" => format!("{module}.{name}"),
        _ => name,
    }
}
