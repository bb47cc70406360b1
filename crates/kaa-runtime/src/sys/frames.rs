//! `sys._getframe` and what else looks at the call stack.

use kaa_interpreter::frame::Frame;
use kaa_macros::py_functions;
use kaa_objects::thread::Thread;
use kaa_objects::{PyResult, Value, Vm};

use super::Sys;

/// The frame `depth` calls above the running one.
fn frame_at(vm: &Vm, depth: i64) -> PyResult<*mut Frame> {
    let mut frame: *mut Frame = vm.thread().frame.get().cast();
    for _ in 0..depth.max(0) {
        if frame.is_null() {
            break;
        }
        // SAFETY: the frames of a thread are linked from the running one.
        frame = unsafe { (*frame).previous };
    }
    if frame.is_null() { Err(vm.value_error("call stack is not deep enough")) } else { Ok(frame) }
}

/// Something of each thread, with the number that Python code knows it by.
fn threads<T>(vm: &Vm, of: impl Fn(&Thread) -> T) -> Vec<(u64, T)> {
    let mut threads = Vec::new();
    vm.for_each_thread(|thread| threads.push((thread.ident.get(), of(thread))));
    threads
}

#[py_functions(FUNCTIONS, of = "sys")]
impl Sys {
    #[function(
        "_getframe(depth=0, /)",
        doc = "Return a frame object from the call stack.\n\nIf optional integer depth is given, return the frame object that many\ncalls below the top of the stack.  If that is deeper than the call\nstack, ValueError is raised.  The default for depth is zero, returning\nthe frame at the top of the call stack.\n\nThis function should be used for internal and specialized purposes\nonly."
    )]
    fn getframe(vm: &Vm, depth: i64) -> PyResult {
        let frame = frame_at(vm, depth)?;
        // SAFETY: a live frame of this thread.
        Ok(unsafe { kaa_interpreter::frame_object::of(vm, frame) }?.value())
    }

    #[function(
        "_current_frames()",
        doc = "Return a dict mapping each thread's thread id to its current stack frame.\n\nThis function should be used for specialized purposes only."
    )]
    fn current_frames(vm: &Vm) -> PyResult {
        vm.audit("sys._current_frames", &[])?;
        let found = vm.new_dict()?;
        for (ident, frame) in threads(vm, |thread| thread.frame.get().cast::<Frame>()) {
            if !frame.is_null() {
                // SAFETY: while this thread holds the GIL, the frames of others stay.
                let frame = unsafe { kaa_interpreter::frame_object::of(vm, frame) }?;
                found.set(vm, vm.new_int(ident as i64)?, frame.value())?;
            }
        }
        Ok(found.value())
    }

    #[function(
        "_current_exceptions()",
        doc = "Return a dict mapping each thread's identifier to its current raised exception.\n\nThis function should be used for specialized purposes only."
    )]
    fn current_exceptions(vm: &Vm) -> PyResult {
        vm.audit("sys._current_exceptions", &[])?;
        let found = vm.new_dict()?;
        for (ident, thread) in threads(vm, std::ptr::from_ref) {
            // SAFETY: while this thread holds the GIL, the others' states stay.
            let handled = unsafe { &*thread }.handled.get();
            found.set(vm, vm.new_int(ident as i64)?, handled.map_or(Value::NONE, Value::from))?;
        }
        Ok(found.value())
    }

    #[function(
        "_getframemodulename(depth=0)",
        doc = "Return the name of the module for a calling frame.\n\nThe default depth returns the module containing the call to this API.\nA more typical use in a library will pass a depth of 1 to get the user's\nmodule rather than the library module.\n\nIf no frame, module, or name can be found, returns None."
    )]
    fn getframemodulename(vm: &Vm, depth: i64) -> Option<Value> {
        let frame = match frame_at(vm, depth) {
            Ok(frame) => frame,
            Err(raised) => {
                vm.take_exception(raised);
                return None;
            }
        };
        // SAFETY: a live frame of this thread.
        unsafe { (*frame).globals }.get_str(vm, vm.names().__name__)
    }
}
