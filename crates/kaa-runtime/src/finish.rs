//! Ending a program, as `Py_FinalizeEx` does: threads, `atexit`, finalizers, streams.

use kaa_gc::Generation;
use kaa_objects::{PyResult, Value, Vm};

use crate::start::Runtime;
use crate::state::{state, sys_attribute};
use crate::{modules, signals, sys};

/// What `python` exits with when the standard streams could not be flushed.
const FLUSH_FAILED: i32 = 120;

impl Runtime {
    /// Ends the program: gives what the process exits with, which is `code` unless something goes
    /// wrong on the way. After an interrupt that nobody caught this does not return: the process
    /// ends by the signal, so that its parent knows.
    pub fn finish(self, code: i32) -> i32 {
        let vm = &*self.vm;
        let flushed = finalize(vm);
        if state(vm).interrupted.get() {
            die_by_interrupt();
        }
        // The process is about to end: the system takes the memory back sooner than we can.
        signals::disown(vm);
        modules::faulthandler::forget(vm);
        std::mem::forget(self.vm);
        if flushed || code != 0 { code } else { FLUSH_FAILED }
    }
}

/// Does everything that Python code can notice of the end; false when output was lost.
fn finalize(vm: &Vm) -> bool {
    wait_for_threads(vm);
    modules::run_atexit(vm);
    let flushed = flush_streams(vm);
    state(vm).finalizing.set(true);
    modules::refuse_new_threads(vm);
    vm.close_gil();
    finalize_objects(vm);
    // What finalizers printed.
    let flushed_again = flush_streams(vm);
    sys::flush_process_streams();
    flushed && flushed_again
}

fn wait_for_threads(vm: &Vm) {
    let threading = state(vm).modules.get().and_then(|modules| modules.get_str(vm, vm.intern("threading")));
    if let Some(threading) = threading.and_then(Value::not_none) {
        let result = vm.call_method_str(threading, "_shutdown", &[]).map(drop);
        vm.report_ignored(result, "Exception ignored on threading shutdown", None);
    }
}

/// Finalizes what nothing refers to any more, owners first, then what is left.
fn finalize_objects(vm: &Vm) {
    if vm.heap().has_finalizable() {
        // Those that were there before the program, such as the standard streams, own nothing of
        // each other's that matters.
        if vm.heap().has_later_finalizable() {
            vm.heap().collect(Generation::Full);
            vm.run_all_collected();
        }
        vm.heap().queue_all_finalizable();
        vm.run_all_collected();
    }
}

/// Flushes `sys.stdout` and `sys.stderr`; false when `sys.stdout` could not be.
fn flush_streams(vm: &Vm) -> bool {
    let flush = |name: &str| -> PyResult<()> {
        let Some(file) = sys_attribute(vm, name).and_then(Value::not_none) else { return Ok(()) };
        let closed = match vm.get_attr_optional(file, vm.intern("closed"))? {
            Some(closed) => vm.truth(closed)?,
            None => false,
        };
        if closed { Ok(()) } else { vm.call_method_str(file, "flush", &[]).map(drop) }
    };
    let result = flush("stdout");
    let flushed = result.is_ok();
    vm.report_ignored(result, "Exception ignored while flushing sys.stdout", None);
    if let Err(raised) = flush("stderr") {
        // Nobody can be told.
        vm.take_exception(raised);
    }
    flushed
}

/// Ends the process as `SIGINT` does by default.
fn die_by_interrupt() {
    let _ = signals::set(libc::SIGINT, libc::SIG_DFL);
    // SAFETY: a system call on numbers.
    unsafe { libc::kill(libc::getpid(), libc::SIGINT) };
}
