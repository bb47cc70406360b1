//! Entering the interpreter from native code.

use kaa_objects::types::code::PyCode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::function::PyFunction;
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
        on_noted_stack(vm, || Native::run(state)).ok_or_else(|| vm.still_raised())
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
        on_noted_stack(vm, || Native::run_raising(state)).ok_or_else(|| vm.still_raised())
    }
}

/// Runs a loop, whose place on the native stack is noted in the thread meanwhile.
fn on_noted_stack<R>(vm: &Vm, run: impl FnOnce() -> R) -> R {
    let outer = vm.thread().loop_stack.get();
    let result = kaa_gc::with_spilled_registers(|stack_pointer| {
        vm.thread().loop_stack.set(stack_pointer as usize);
        run()
    });
    vm.thread().loop_stack.set(outer);
    result
}

/// Runs the code of a module or of `exec`: `locals` is the namespace.
pub fn run_code(vm: &Vm, code: Gc<PyCode>, globals: Gc<PyDict>, locals: Value) -> PyResult {
    let builtins = vm.builtins_of(globals)?;
    let function = vm.new_function(code, globals, builtins)?;
    run_in_namespace(vm, function, locals)
}

/// Runs a function without parameters whose names are in a namespace: the body of a class, a
/// module, `exec`.
pub fn run_in_namespace(vm: &Vm, function: Gc<PyFunction>, locals: Value) -> PyResult {
    vm.check_stack("")?;
    if vm.thread().stack_base.get() == 0 && !crate::stack::make(vm) {
        return Err(vm.no_memory());
    }
    let previous = vm.thread().frame.get().cast();
    let frame = crate::dispatch::calls::bound_frame(vm, previous, function, std::ptr::dangling(), 0, 0);
    if frame.is_null() {
        return Err(vm.still_raised());
    }
    // SAFETY: the frame is on top of the data stack, its parameters are bound.
    unsafe {
        if !function.code.get_set().has_flag(kaa_bytecode::flags::OPTIMIZED) {
            (*frame).locals = locals.bits();
        }
        run_frame(vm, frame)
    }
}
