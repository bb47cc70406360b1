//! `sys.settrace`, `sys.setprofile` and their kin.

use kaa_interpreter::monitoring::tracing;
use kaa_macros::py_functions;
use kaa_objects::thread::Thread;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::Sys;

/// The states of all threads. They stay while no other thread runs.
fn threads(vm: &Vm) -> Vec<*const Thread> {
    let mut threads = Vec::new();
    vm.for_each_thread(|thread| threads.push(std::ptr::from_ref(thread)));
    threads
}

#[py_functions(FUNCTIONS, of = "sys")]
impl Sys {
    #[function(
        "settrace(function, /)",
        doc = "Set the global debug tracing function.\n\nIt will be called on each function call.  See the debugger chapter\nin the library manual."
    )]
    fn settrace(vm: &Vm, function: Value) -> PyResult<()> {
        vm.audit("sys.settrace", &[])?;
        tracing::set_trace(vm, vm.thread(), function.not_none())
    }

    #[function(
        "_settraceallthreads(function, /)",
        doc = "Set the global debug tracing function in all running threads belonging to the current interpreter.\n\nIt will be called on each function call. See the debugger chapter\nin the library manual."
    )]
    fn settraceallthreads(vm: &Vm, function: Value) -> PyResult<()> {
        for thread in threads(vm) {
            vm.audit("sys.settrace", &[])?;
            // SAFETY: this thread holds the GIL.
            tracing::set_trace(vm, unsafe { &*thread }, function.not_none())?;
        }
        Ok(())
    }

    #[function(
        "gettrace()",
        doc = "Return the global debug tracing function set with sys.settrace.\n\nSee the debugger chapter in the library manual."
    )]
    fn gettrace(vm: &Vm) -> Option<Value> {
        vm.thread().trace_function.get()
    }

    #[function(
        "setprofile(function, /)",
        doc = "Set the profiling function.\n\nIt will be called on each function call and return.  See the profiler\nchapter in the library manual."
    )]
    fn setprofile(vm: &Vm, function: Value) -> PyResult<()> {
        vm.audit("sys.setprofile", &[])?;
        tracing::set_profile(vm, vm.thread(), function.not_none());
        Ok(())
    }

    #[function(
        "_setprofileallthreads(function, /)",
        doc = "Set the profiling function in all running threads belonging to the current interpreter.\n\nIt will be called on each function call and return.  See the profiler\nchapter in the library manual."
    )]
    fn setprofileallthreads(vm: &Vm, function: Value) -> PyResult<()> {
        for thread in threads(vm) {
            vm.audit("sys.setprofile", &[])?;
            // SAFETY: this thread holds the GIL.
            tracing::set_profile(vm, unsafe { &*thread }, function.not_none());
        }
        Ok(())
    }

    #[function(
        "getprofile()",
        doc = "Return the profiling function set with sys.setprofile.\n\nSee the profiler chapter in the library manual."
    )]
    fn getprofile(vm: &Vm) -> Option<Value> {
        vm.thread().profile_function.get()
    }

    #[function(
        "call_tracing(func, args, /)",
        doc = "Call func(*args), while tracing is enabled.\n\nThe tracing state is saved, and restored afterwards.  This is intended\nto be called from a debugger from a checkpoint, to recursively debug\nsome other code."
    )]
    fn call_tracing(vm: &Vm, func: Value, args: Gc<PyTuple>) -> PyResult {
        let thread = vm.thread();
        let outer = thread.tracing.replace(0);
        let result = vm.call(func, args.as_slice());
        thread.tracing.set(outer);
        result
    }
}
