//! Events of exceptions. No instruction has them: `unwind.rs` tells of them, when
//! [`Vm::monitored`](kaa_objects::Vm) says that a tool wants to know.

use kaa_objects::{Gc, PyResult, Value, Vm};

use super::events::Event;
use super::fire::{Told, tell};
use super::{adapt, monitoring};
use crate::frame::Frame;
use crate::generator::PyGenerator;

/// Whether a tool wants to know an event.
#[inline(always)]
pub fn is_watched(vm: &Vm, event: Event) -> bool {
    vm.monitored.get() & event.bit() != 0
}

/// Tells of something that happens to the pending exception at an instruction. The exception that
/// is pending afterwards is another one when a tool raised; then the answer is false.
///
/// # Safety
/// The frame is the running one, its `sp` is saved, an exception is pending.
#[cold]
#[inline(never)]
pub unsafe fn tell_of_pending(vm: &Vm, fp: *mut Frame, event: Event, unit: usize) -> bool {
    let Some(exception) = vm.take_pending() else { return true };
    let args = [Frame::code_of(fp).value(), Value::small_int(unit as i64 * 2), exception.value()];
    let told = Told { frame: fp, event, args: &args };
    // SAFETY: the caller's promise.
    let result = unsafe { tell(vm, &told, monitoring(vm).tools_of(event)) };
    if result.is_ok() {
        let _ = vm.raise_again(exception);
    }
    result.is_ok()
}

/// Tells of the `StopIteration` by which an iterator that is no generator ends with a value; false
/// when that raised.
///
/// # Safety
/// The frame is the running one, its registers are saved.
#[cold]
#[inline(never)]
pub unsafe fn ended(vm: &Vm, fp: *mut Frame, iterator: Value, result: Value) -> bool {
    // Those of async generators always raise one.
    let is_step = vm.class_name(iterator).starts_with("async_generator_");
    if result.is_none() && !is_step {
        return true;
    }
    let _ = vm.stop_iteration(result);
    // SAFETY: the caller's promise.
    let fine = unsafe { tell_of_pending(vm, fp, Event::Raise, (*fp).instruction()) };
    if fine {
        vm.take_pending();
    }
    fine
}

/// Tells that a generator is closed that has nothing to do for that, as if it had been left by
/// `GeneratorExit`.
///
/// # Safety
/// The generator is suspended.
pub unsafe fn closed(vm: &Vm, generator: Gc<PyGenerator>) -> PyResult<()> {
    if !is_watched(vm, Event::PyUnwind) {
        return Ok(());
    }
    let exit = vm.new_exception(vm.exceptions().GeneratorExit, &[])?;
    let _ = vm.raise_again(exit);
    let frame = generator.frame();
    // SAFETY: the caller's promise.
    if unsafe { tell_of_pending(vm, frame, Event::PyUnwind, (*frame).instruction()) } {
        vm.take_pending();
        return Ok(());
    }
    Err(vm.still_raised())
}

/// Tells that an exception is thrown into a generator, whose frame is the running one. It goes on
/// at a handler, not where code is adapted to the events else.
///
/// # Safety
/// As for [`tell_of_pending`].
pub unsafe fn thrown(vm: &Vm, generator: Gc<PyGenerator>) {
    let frame = generator.frame();
    let code = Frame::code_of(frame);
    let data = code.monitoring();
    if vm.monitored.get() == 0 && data.is_none() {
        return;
    }
    if data.is_none_or(|data| data.version.get() != monitoring(vm).version.get()) {
        adapt(vm, code);
    }
    if is_watched(vm, Event::PyThrow) {
        // SAFETY: the caller's promise.
        unsafe { tell_of_pending(vm, frame, Event::PyThrow, (*frame).instruction() + 1) };
    }
}
