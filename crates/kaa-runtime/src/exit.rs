//! Exceptions that nobody caught: `sys.excepthook`, and the exit codes of `SystemExit`.

use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use crate::host_output::{Stream, write};
use crate::state::{set_sys_attribute, state, sys_attribute};
use crate::traceback::print_exception;

/// Takes an exception that nobody caught: `SystemExit` ends the program, others go to
/// `sys.excepthook`. Gives the exit code of the process.
pub fn uncaught(vm: &Vm, raised: Raised) -> i32 {
    let exception = vm.take_exception(raised);
    if let Some(code) = system_exit(vm, exception) {
        return code;
    }
    if let Some(code) = report(vm, exception) {
        return code;
    }
    if vm.is_instance(exception.value(), vm.exceptions().KeyboardInterrupt) {
        state(vm).interrupted.set(true);
    }
    1
}

/// Shows an exception by `sys.excepthook`; gives a code when the hook has raised `SystemExit`.
pub(crate) fn report(vm: &Vm, exception: Gc<PyBaseException>) -> Option<i32> {
    let hook = match remember(vm, exception) {
        Ok(()) => sys_attribute(vm, "excepthook"),
        Err(raised) => {
            vm.take_exception(raised);
            None
        }
    };
    let Some(hook) = hook else {
        write(vm, Stream::Error, "sys.excepthook is missing\n");
        print_exception(vm, exception);
        return None;
    };
    let class = vm.class_of(exception.value()).value();
    let traceback = exception.traceback.get().unwrap_or(Value::NONE);
    let Err(raised) = vm.call(hook, &[class, exception.value(), traceback]) else { return None };
    let second = vm.take_exception(raised);
    if let Some(code) = system_exit(vm, second) {
        return Some(code);
    }
    write(vm, Stream::Error, "Error in sys.excepthook:\n");
    print_exception(vm, second);
    write(vm, Stream::Error, "\nOriginal exception was:\n");
    print_exception(vm, exception);
    None
}

/// Sets `sys.last_exc` and what was there before it.
fn remember(vm: &Vm, exception: Gc<PyBaseException>) -> PyResult<()> {
    set_sys_attribute(vm, "last_exc", exception.value())?;
    set_sys_attribute(vm, "last_type", vm.class_of(exception.value()).value())?;
    set_sys_attribute(vm, "last_value", exception.value())?;
    set_sys_attribute(vm, "last_traceback", exception.traceback.get().unwrap_or(Value::NONE))
}

/// The exit code of a `SystemExit`; its message is printed. With `-i` the prompt comes instead.
fn system_exit(vm: &Vm, exception: Gc<PyBaseException>) -> Option<i32> {
    if !vm.is_instance(exception.value(), vm.exceptions().SystemExit) || state(vm).config.borrow().inspect {
        return None;
    }
    let code = match vm.get_attr_str(exception.value(), "code") {
        Ok(code) => code,
        Err(raised) => {
            vm.take_exception(raised);
            Value::NONE
        }
    };
    if code.is_none() {
        return Some(0);
    }
    if vm.cast::<kaa_objects::types::int::PyInt>(code).is_some() || code.is_small_int() || code.as_bool().is_some() {
        return Some(vm.int_to_i64(code).map_or(-1, |code| code as i32));
    }
    write(vm, Stream::Error, &format!("{}\n", vm.str_lossy(code)));
    Some(1)
}
