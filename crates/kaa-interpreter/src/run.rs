//! Entering the interpreter from native code.

use kaa_objects::types::code::PyCode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::module::PyModule;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::dispatch::{Native, Start, state::State};
use crate::frame::{Frame, special};

/// Runs a frame that was pushed, until it returns.
///
/// # Safety
/// The frame is on top of the data stack, its parameters are bound.
pub unsafe fn run_frame(vm: &Vm, frame: *mut Frame) -> PyResult {
    // SAFETY: the caller's promise.
    unsafe {
        (*frame).special |= special::ENTRY;
        vm.thread().frame.set(frame.cast());
        run(vm, frame)
    }
}

/// Runs the thread's frame, which has the mark of an entry, from where it stands.
///
/// # Safety
/// As for [`run_frame`].
pub unsafe fn run(vm: &Vm, frame: *mut Frame) -> PyResult {
    // SAFETY: the caller's promise.
    unsafe {
        let state = State { pc: (*frame).pc, sp: (*frame).sp, fp: frame, vm };
        Native::run(state).ok_or_else(|| vm.still_raised())
    }
}

/// As [`run`], with an exception pending where the frame stands.
///
/// # Safety
/// As for [`run_frame`]; an exception is pending.
pub unsafe fn run_raising(vm: &Vm, frame: *mut Frame) -> PyResult {
    // SAFETY: the caller's promise.
    unsafe {
        let state = State { pc: (*frame).pc, sp: (*frame).sp, fp: frame, vm };
        Native::run_raising(state).ok_or_else(|| vm.still_raised())
    }
}

/// Runs the code of a module or of `exec`: `locals` is the namespace.
pub fn run_code(vm: &Vm, code: Gc<PyCode>, globals: Gc<PyDict>, locals: Value) -> PyResult {
    let builtins = builtins_of(vm, globals)?;
    let function = vm.new_function(code, globals, builtins)?;
    run_in_namespace(vm, function, locals)
}

/// Runs the body of a function without parameters in a namespace: a class body, or `exec` of
/// code with a closure.
pub fn run_in_namespace(vm: &Vm, function: Gc<PyFunction>, namespace: Value) -> PyResult {
    vm.check_stack("")?;
    if vm.thread().stack_base.get() == 0 && !crate::stack::make(vm) {
        return Err(vm.no_memory());
    }
    let code = function.code.get_set();
    // SAFETY: the frame has no parameters to bind.
    unsafe {
        let previous = vm.thread().frame.get().cast();
        let frame = crate::dispatch::calls::push_frame(vm, function, code, previous, 0);
        if frame.is_null() {
            crate::dispatch::calls::no_room(vm);
            return Err(vm.still_raised());
        }
        let all = code.nlocalsplus as usize;
        crate::dispatch::calls::clear_words(Frame::locals_ptr(frame), all);
        (*frame).sp = Frame::locals_ptr(frame).add(all);
        (*frame).locals = namespace.bits();
        run_frame(vm, frame)
    }
}

/// The builtins that code with these globals sees: what `__builtins__` says there, else those of
/// the running frame.
pub fn builtins_of(vm: &Vm, globals: Gc<PyDict>) -> PyResult {
    if let Some(builtins) = globals.get_str(vm, vm.names().__builtins__) {
        return Ok(match vm.cast::<PyModule>(builtins) {
            Some(module) => module.dict.get_set().value(),
            None => builtins,
        });
    }
    let frame: *mut Frame = vm.thread().frame.get().cast();
    if frame.is_null() {
        return Ok(vm.new_dict()?.value());
    }
    // SAFETY: the running frame.
    Ok(unsafe { (*frame).builtins })
}
