//! `faulthandler`: tracebacks without Python code: at once, at signals, and after a time.
//!
//! Handlers of signals and the watchdog look at frames without the GIL, as they must when the
//! program answers no more. What they use is the process's, so one isolate has it at a time.

mod dump;
mod fatal;
mod faults;
mod later;
mod native_stack;
mod registered;

use std::any::Any;
use std::time::Duration;

use kaa_macros::py_module;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Value, Vm};
use kaa_stdlib::seconds::Seconds;

use crate::signals::NSIG;
use crate::state::sys_attribute;
use dump::Output;

/// The module.
pub struct FaultHandler;

/// The files that are written to: they stay open while they are in use.
#[derive(Default)]
struct Files {
    /// By signal; fatal ones under 0, the watchdog under -1.
    by_use: Slot<Gc<PyDict>>,
}

const FATAL: i32 = 0;
const WATCHDOG: i32 = -1;

impl Extension for Files {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.by_use.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn keep_file(vm: &Vm, what: i32, file: Value) -> PyResult<()> {
    let files = vm.extension(|_| Files::default());
    let by_use = match files.by_use.get() {
        Some(by_use) => by_use,
        None => {
            let by_use = vm.new_dict()?;
            files.by_use.set_root(Some(by_use));
            by_use
        }
    };
    by_use.set(vm, vm.new_int(i64::from(what))?, file)
}

fn drop_file(vm: &Vm, what: i32) -> PyResult<()> {
    if let Some(by_use) = vm.extension(|_| Files::default()).by_use.get() {
        by_use.remove(vm, vm.new_int(i64::from(what))?)?;
    }
    Ok(())
}

/// The isolate ends.
pub(crate) fn forget(vm: &Vm) {
    later::cancel_for(vm);
    registered::forget(vm);
    if fatal::is_enabled_for(vm) {
        fatal::disable();
    }
}

/// Enables the handler of faults, as `-X faulthandler` asks for.
pub(crate) fn enable_at_start(vm: &Vm) -> PyResult<()> {
    let Some(import) = vm.hooks.import.get() else { return Ok(()) };
    import(vm, "faulthandler")?;
    FaultHandler::enable(vm, None, true, true)
}

/// The argument `file`, and its descriptor: a number, or a file; absent for `sys.stderr`.
fn descriptor(vm: &Vm, file: Option<Value>) -> PyResult<(Value, i32)> {
    let file = match file.and_then(Value::not_none) {
        Some(file) => file,
        None => sys_attribute(vm, "stderr")
            .ok_or_else(|| vm.runtime_error("unable to get sys.stderr"))?
            .not_none()
            .ok_or_else(|| vm.runtime_error("sys.stderr is None"))?,
    };
    if vm.is_int(file) {
        if let (Some(_), Some(warn)) = (file.as_bool(), vm.hooks.warn.get()) {
            warn(vm, vm.exceptions().RuntimeWarning.value(), "bool is used as a file descriptor", 1)?;
        }
        return match vm.int_to_i64(file).map(i32::try_from) {
            Some(Ok(fd)) if fd >= 0 => Ok((file, fd)),
            Some(Ok(_)) => Err(vm.value_error("file is not a valid file descriptor")),
            _ => Err(vm.overflow_error("Python int too large to convert to C int")),
        };
    }
    let fd = vm.call_method_str(file, "fileno", &[])?;
    let number = if vm.is_int(fd) { vm.int_to_i64(fd) } else { None };
    let Some(fd) = number.and_then(|fd| i32::try_from(fd).ok()).filter(|&fd| fd >= 0) else {
        return Err(vm.runtime_error("file.fileno() is not a valid file descriptor"));
    };
    if let Err(raised) = vm.call_method_str(file, "flush", &[]) {
        // What was buffered does not matter to a dump.
        vm.take_exception(raised);
    }
    Ok((file, fd))
}

/// Refuses signals that cannot be registered.
fn check_signal(vm: &Vm, signal: i32) -> PyResult<()> {
    if fatal::SIGNALS.iter().any(|(fatal, _)| *fatal == signal) {
        let message = format_args!("signal {signal} cannot be registered, use enable() instead");
        return Err(vm.runtime_error(message));
    }
    if !(1..NSIG).contains(&signal) {
        return Err(vm.value_error("signal number out of range"));
    }
    Ok(())
}

#[py_module(name = "faulthandler", doc = "faulthandler module.", parts(faults::FUNCTIONS))]
impl FaultHandler {
    #[function(
        "enable(file=sys.stderr, all_threads=True, c_stack=True)",
        signature = "($module, /, file=sys.stderr, all_threads=True)",
        doc = "Enable the fault handler."
    )]
    fn enable(vm: &Vm, file: Option<Value>, all_threads: bool, c_stack: bool) -> PyResult<()> {
        let (file, fd) = descriptor(vm, file)?;
        keep_file(vm, FATAL, file)?;
        fatal::enable(vm, fd, all_threads, c_stack).map_err(|error| crate::os_error::raise(vm, &error))
    }

    #[function("disable()", doc = "Disable the fault handler.")]
    fn disable(vm: &Vm) -> PyResult<bool> {
        let enabled = fatal::disable();
        drop_file(vm, FATAL)?;
        Ok(enabled)
    }

    #[function("is_enabled()", doc = "Check if the handler is enabled.")]
    fn is_enabled() -> bool {
        fatal::is_enabled()
    }

    #[function(
        "dump_traceback(file=sys.stderr, all_threads=True)",
        doc = "Dump the traceback of the current thread, or of all threads if all_threads is True, into file."
    )]
    fn dump_traceback(vm: &Vm, file: Option<Value>, all_threads: bool) -> PyResult<()> {
        let (_, fd) = descriptor(vm, file)?;
        let mut output = Output(fd);
        // As in CPython, a dump that cannot be written is lost.
        let _ = if all_threads { output.threads(vm, vm.thread()) } else { output.stack(vm.thread()) };
        Ok(())
    }

    #[function("dump_c_stack(file=sys.stderr)", doc = "Dump the C stack of the current thread.")]
    fn dump_c_stack(vm: &Vm, file: Option<Value>) -> PyResult<()> {
        let (_, fd) = descriptor(vm, file)?;
        let _ = native_stack::dump(&mut Output(fd));
        Ok(())
    }

    #[function(
        "dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False)",
        doc = "Dump the traceback of all threads in timeout seconds,\nor each timeout seconds if repeat is True. If exit is True, call _exit(1) which is not safe."
    )]
    fn dump_traceback_later(vm: &Vm, timeout: Seconds, repeat: bool, file: Option<Value>, exit: bool) -> PyResult<()> {
        // In whole microseconds, rounded up.
        let micros = u64::try_from(timeout.0).unwrap_or(0).div_ceil(1000);
        if micros == 0 {
            return Err(vm.value_error("timeout must be greater than 0"));
        }
        let (file, fd) = descriptor(vm, file)?;
        later::cancel();
        keep_file(vm, WATCHDOG, file)?;
        let order = later::Order { timeout: Duration::from_micros(micros), repeat, fd, exit };
        later::start(vm, order).map_err(|_| vm.runtime_error("unable to start watchdog thread"))
    }

    #[function("cancel_dump_traceback_later()", doc = "Cancel the previous call to dump_traceback_later().")]
    fn cancel_dump_traceback_later(vm: &Vm) -> PyResult<()> {
        later::cancel();
        drop_file(vm, WATCHDOG)
    }

    #[function(
        "register(signum, file=sys.stderr, all_threads=True, chain=False)",
        doc = "Register a handler for the signal 'signum': dump the traceback of the current thread, or of all threads if all_threads is True, into file."
    )]
    fn register(vm: &Vm, signum: i32, file: Option<Value>, all_threads: bool, chain: bool) -> PyResult<()> {
        check_signal(vm, signum)?;
        let (file, fd) = descriptor(vm, file)?;
        registered::register(vm, signum, fd, all_threads, chain).map_err(|error| crate::os_error::raise(vm, &error))?;
        keep_file(vm, signum, file)
    }

    #[function(
        "unregister(signum, /)",
        doc = "Unregister the handler of the signal 'signum' registered by register()."
    )]
    fn unregister(vm: &Vm, signum: i32) -> PyResult<bool> {
        check_signal(vm, signum)?;
        let registered = registered::unregister(signum);
        drop_file(vm, signum)?;
        Ok(registered)
    }
}
