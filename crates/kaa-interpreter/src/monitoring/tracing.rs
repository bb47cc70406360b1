//! `sys.settrace` and `sys.setprofile`: two tools of the old kind, with one function for each
//! thread.

use kaa_objects::thread::Thread;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::descriptors::{PyBuiltinFunction, PyMethodDescriptor};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::events::{Event, EventSet};
use super::fire::Told;
use super::{PROFILE_TOOL, TRACE_TOOL, local_events, monitoring, set_events, set_local_events};
use crate::frame_object::{self, PyFrame};

const TRACE_EVENTS: EventSet = Event::PyStart.bit()
    | Event::PyResume.bit()
    | Event::PyReturn.bit()
    | Event::PyYield.bit()
    | Event::Raise.bit()
    | Event::Line.bit()
    | Event::Jump.bit()
    | Event::PyUnwind.bit()
    | Event::PyThrow.bit()
    | Event::StopIteration.bit();

const PROFILE_EVENTS: EventSet = Event::PyStart.bit()
    | Event::PyResume.bit()
    | Event::PyReturn.bit()
    | Event::PyYield.bit()
    | Event::Call.bit()
    | Event::PyUnwind.bit()
    | Event::PyThrow.bit();

/// Sets the trace function of a thread: `sys.settrace`.
pub fn set_trace(vm: &Vm, thread: &Thread, function: Option<Value>) -> PyResult<()> {
    thread.trace_function.set_root(function);
    let any = any_thread(vm, |thread| thread.trace_function.get().is_some());
    if any && let Some(frame) = crate::introspect::running_frame(vm) {
        // SAFETY: the running frame.
        if let Some(object) = unsafe { frame_object::existing(frame) }.filter(|object| object.trace_opcodes.get()) {
            trace_opcodes(vm, object, true);
        }
    }
    set_events(vm, TRACE_TOOL, if any { TRACE_EVENTS } else { 0 });
    Ok(())
}

/// Sets the profile function of a thread: `sys.setprofile`.
pub fn set_profile(vm: &Vm, thread: &Thread, function: Option<Value>) {
    thread.profile_function.set_root(function);
    let any = any_thread(vm, |thread| thread.profile_function.get().is_some());
    set_events(vm, PROFILE_TOOL, if any { PROFILE_EVENTS } else { 0 });
}

fn any_thread(vm: &Vm, test: impl Fn(&Thread) -> bool) -> bool {
    let mut any = false;
    vm.for_each_thread(|thread| any |= test(thread));
    any
}

/// Turns the event of each instruction on or off for the code of a frame: `f_trace_opcodes`.
pub fn trace_opcodes(vm: &Vm, frame: Gc<PyFrame>, on: bool) {
    let Some(code) = frame.code.get() else { return };
    let events = local_events(code, TRACE_TOOL);
    let wanted = if on { events | Event::Instruction.bit() } else { events & !Event::Instruction.bit() };
    set_local_events(vm, code, TRACE_TOOL, wanted);
}

/// Tells the thread's trace function; whether the place is of no interest.
///
/// # Safety
/// The frame is the running one, its registers are saved.
pub unsafe fn trace(vm: &Vm, told: &Told<'_>) -> PyResult<bool> {
    if vm.thread().trace_function.get().is_none() {
        return Ok(false);
    }
    if told.event == Event::Jump && leads_to_other_line(vm, told.args) {
        return Ok(true);
    }
    // SAFETY: the caller's promise.
    let frame = unsafe { frame_object::of(vm, told.frame) }?;
    if frame.trace_opcodes.get() {
        trace_opcodes(vm, frame, true);
    }
    let last = told.args.last().copied().unwrap_or(Value::NONE);
    let (name, argument) = match told.event {
        Event::PyStart | Event::PyResume | Event::PyThrow => ("call", Value::NONE),
        Event::PyReturn | Event::PyYield => ("return", last),
        Event::PyUnwind => ("return", Value::NONE),
        Event::Line | Event::Jump if !frame.trace_lines.get() => return Ok(false),
        Event::Line | Event::Jump => ("line", Value::NONE),
        Event::Instruction if !frame.trace_opcodes.get() => {
            trace_opcodes(vm, frame, false);
            return Ok(false);
        }
        Event::Instruction => ("opcode", Value::NONE),
        _ => ("exception", exception_triple(vm, last)?),
    };
    call_tracer(vm, frame, name, argument)?;
    Ok(false)
}

/// Whether a jump is none that starts a line anew: only a jump back within a line does.
fn leads_to_other_line(vm: &Vm, args: &[Value]) -> bool {
    let [code, from, to] = args else { return true };
    let Some(code) = vm.cast_exact::<PyCode>(*code) else { return true };
    let unit = |offset: &Value| offset.as_small_int().map_or(0, |offset| offset as usize / 2);
    let (from, to) = (unit(from), unit(to));
    let lines = code.monitoring().and_then(|data| data.lines.get());
    to > from || lines.is_none_or(|lines| lines.get(from) != lines.get(to))
}

/// `(type, exception, traceback)`.
fn exception_triple(vm: &Vm, exception: Value) -> PyResult {
    let traceback = vm.cast::<PyBaseException>(exception).and_then(|exception| exception.traceback.get());
    let class = vm.class_of(exception).value();
    Ok(vm.new_tuple(&[class, exception, traceback.unwrap_or(Value::NONE)])?.value())
}

/// Calls the trace function that is meant: the thread's when a frame begins, then the frame's.
fn call_tracer(vm: &Vm, frame: Gc<PyFrame>, name: &str, argument: Value) -> PyResult<()> {
    let thread = vm.thread();
    let function = if name == "call" { thread.trace_function.get() } else { frame.trace.get() };
    let Some(function) = function else { return Ok(()) };
    match vm.call(function, &[frame.value(), vm.intern(name).value(), argument]) {
        Ok(answer) => {
            if !answer.is_none() {
                frame.trace.set(vm, frame, answer);
            }
            Ok(())
        }
        Err(raised) => {
            let exception = vm.take_exception(raised);
            set_trace(vm, thread, None)?;
            frame.trace.clear();
            Err(vm.raise_again(exception))
        }
    }
}

/// Tells the thread's profile function.
///
/// # Safety
/// As for [`trace`].
pub unsafe fn profile(vm: &Vm, told: &Told<'_>) -> PyResult<()> {
    let thread = vm.thread();
    let Some(function) = thread.profile_function.get() else { return Ok(()) };
    let last = told.args.last().copied().unwrap_or(Value::NONE);
    let (name, argument) = match told.event {
        Event::PyStart | Event::PyResume | Event::PyThrow => ("call", Some(Value::NONE)),
        Event::PyReturn | Event::PyYield => ("return", Some(last)),
        Event::PyUnwind => ("return", Some(Value::NONE)),
        Event::Call => ("c_call", native_callable(vm, told.args)?),
        Event::CReturn => ("c_return", native_callable(vm, told.args)?),
        Event::CRaise => ("c_exception", native_callable(vm, told.args)?),
        _ => return Ok(()),
    };
    let Some(argument) = argument else { return Ok(()) };
    // SAFETY: the caller's promise.
    let frame = unsafe { frame_object::of(vm, told.frame) }?;
    match vm.call(function, &[frame.value(), vm.intern(name).value(), argument]) {
        Ok(_) => Ok(()),
        Err(raised) => {
            let exception = vm.take_exception(raised);
            set_profile(vm, thread, None);
            Err(vm.raise_again(exception))
        }
    }
}

/// What a profile function is told that a native function is called: the function, or a bound
/// method where a class's method is called; nothing for other callables.
fn native_callable(vm: &Vm, args: &[Value]) -> PyResult<Option<Value>> {
    let [_, _, callable, first] = *args else { return Ok(None) };
    if vm.cast_exact::<PyBuiltinFunction>(callable).is_some() {
        return Ok(Some(callable));
    }
    if vm.cast_exact::<PyMethodDescriptor>(callable).is_none() || first == monitoring(vm).missing() {
        return Ok(None);
    }
    match vm.class_of(callable).slots().descr_get {
        Some(get) => get(vm, callable, Some(first), Some(vm.class_of(first).value())).map(Some),
        None => Ok(None),
    }
}
