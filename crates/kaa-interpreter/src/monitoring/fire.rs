//! Calling tools.

use kaa_objects::{PyResult, Value, Vm};

use super::events::Event;
use super::{Monitoring, PROFILE_TOOL, TRACE_TOOL, monitoring, tracing};
use crate::frame::Frame;

/// The tools that an event is told to, those with higher numbers first.
fn each(mut tools: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let tool = tools.checked_ilog2()? as usize;
        tools &= !(1 << tool);
        Some(tool)
    })
}

/// Where and what an event is.
pub struct Told<'a> {
    /// The running frame.
    pub frame: *mut Frame,
    /// What happens.
    pub event: Event,
    /// What callbacks get: the code object, then the offset or line, then what the event has.
    pub args: &'a [Value],
}

/// Tells tools of an event. Gives the tools that want to hear no more of it from this place.
///
/// # Safety
/// The frame is the running one, its registers are saved, no exception is pending.
pub unsafe fn tell(vm: &Vm, told: &Told<'_>, tools: u8) -> PyResult<u8> {
    if vm.thread().tracing.get() > 0 {
        return Ok(0);
    }
    let monitoring = monitoring(vm);
    let mut disabled = 0;
    for tool in each(tools) {
        // SAFETY: the caller's promise.
        if unsafe { tell_one(vm, monitoring, told, tool) }? {
            if !told.event.is_local() {
                monitoring.callbacks[tool][told.event as usize].set_root(None);
                let name = told.event.name();
                return Err(vm.value_error(format_args!("Cannot disable {name} events. Callback removed.")));
            }
            disabled |= 1 << tool;
        }
    }
    Ok(disabled)
}

/// Tells one tool; whether it wants to hear no more.
///
/// # Safety
/// As for [`tell`].
unsafe fn tell_one(vm: &Vm, monitoring: &Monitoring, told: &Told<'_>, tool: usize) -> PyResult<bool> {
    let callback = match tool {
        TRACE_TOOL | PROFILE_TOOL => None,
        _ => match monitoring.callbacks[tool][told.event as usize].get() {
            Some(callback) => Some(callback),
            None => return Ok(false),
        },
    };
    let thread = vm.thread();
    let outer = thread.told_event.replace(told.event as i32);
    let outer_frame = monitoring.told_frame.replace(told.frame);
    thread.tracing.set(thread.tracing.get() + 1);
    let result = match callback {
        Some(callback) => vm.call(callback, told.args).map(|answer| Some(answer) == monitoring.disable.get()),
        // SAFETY: the caller's promise.
        None if tool == TRACE_TOOL => unsafe { tracing::trace(vm, told) },
        // SAFETY: the caller's promise.
        None => unsafe { tracing::profile(vm, told) }.map(|()| false),
    };
    thread.tracing.set(thread.tracing.get() - 1);
    thread.told_event.set(outer);
    monitoring.told_frame.set(outer_frame);
    result
}
