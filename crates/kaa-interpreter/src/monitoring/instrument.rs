//! Overwriting instructions whose events tools want to know, and restoring them.

use kaa_bytecode::{Opcode, flags};
use kaa_objects::types::code::PyCode;
use kaa_objects::types::code::monitoring::{LOCAL_EVENTS, ToolsByEvent, marks};
use kaa_objects::{Gc, Vm};

use super::events::Event;
use super::lines;
use super::monitoring;
use crate::frame::Frame;
use crate::opcode::INSTRUMENTED;

/// Code that generators run can go on at other places than its beginning.
const RESUMABLE: u32 = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;

/// Overwrites the places where a code object is entered, so that it is adapted then.
pub fn arm(code: Gc<PyCode>) {
    if !code.is_verified() {
        // It is armed when it is first run, which verifies it.
        return;
    }
    // Units of caches are 0 in `co_code`: each unit can be looked at alone.
    for (unit, pair) in code.adaptive.iter().zip(code.code().chunks_exact(2)) {
        if pair[0] == Opcode::Resume as u8 {
            unit.set(unit.get() & 0xff00 | u16::from(INSTRUMENTED));
            if !code.has_flag(RESUMABLE) {
                return;
            }
        }
    }
}

/// Adapts the code of all running frames to the present events.
pub fn adapt_running(vm: &Vm) {
    vm.for_each_thread(|thread| {
        let mut frame: *mut Frame = thread.frame.get().cast();
        while !frame.is_null() {
            adapt(vm, Frame::code_of(frame));
            // SAFETY: the frames of a thread are alive.
            frame = unsafe { (*frame).previous };
        }
    });
}

/// Adapts a code object to the present events.
pub fn adapt(vm: &Vm, code: Gc<PyCode>) {
    let monitoring = monitoring(vm);
    if !code.is_verified() {
        return;
    }
    let data = code.monitoring_or_new();
    let (local, before) = (data.local.get(), data.active.get());
    let mut active: ToolsByEvent = [0; LOCAL_EVENTS];
    if code.flags & flags::NO_MONITORING_EVENTS == 0 {
        for (event, tools) in active.iter_mut().enumerate() {
            *tools = monitoring.tools[event].get() | local[event];
        }
    }
    let restarted = monitoring.restarted.get() > data.version.get();
    data.version.set(monitoring.version.get());
    data.active.set(active);
    let (removed, added) = if restarted {
        (before, active)
    } else {
        let without = |a: ToolsByEvent, b: ToolsByEvent| std::array::from_fn(|event| a[event] & !b[event]);
        (without(before, active), without(active, before))
    };
    let change = |tools: u8, event: Event| tools & !removed[event as usize] | added[event as usize];
    let has_lines = active[Event::Line as usize] != 0;
    if has_lines {
        lines::mark(&code, data);
    }
    let raises = vm.monitored.get() & Event::Raise.bit() != 0;
    for i in lines::instructions(&code, lines::first_traceable(&code)) {
        let cell = &data.units[i.at];
        let mut tools = cell.get();
        if let Some(event) = Event::of_instruction(i.opcode, code.code()[i.at * 2 + 1]) {
            tools.event = change(tools.event, event);
        }
        if tools.marks & marks::LINE != 0 {
            tools.line = change(tools.line, Event::Line);
        }
        if !matches!(i.opcode, Opcode::Resume | Opcode::EndFor) {
            tools.instruction = change(tools.instruction, Event::Instruction);
        }
        cell.set(tools);
        let saves = has_lines && tools.marks & marks::SAVE != 0;
        // The exception that ends a loop is none of unwinding: only the loop can tell of it.
        let tells = raises && i.opcode == Opcode::ForIter;
        let watched = saves || tells || tools.event | tools.line | tools.instruction != 0;
        write(&code, i.at, if watched { INSTRUMENTED } else { i.opcode as u8 });
    }
}

/// Restores an instruction that no tool watches any more.
pub fn restore(code: &PyCode, at: usize) {
    let Some(data) = code.monitoring() else { return };
    let tools = data.units[at].get();
    let saves = data.active.get()[Event::Line as usize] != 0 && tools.marks & marks::SAVE != 0;
    let may_tell = code.code()[at * 2] == Opcode::ForIter as u8;
    if !saves && !may_tell && tools.event | tools.line | tools.instruction == 0 {
        write(code, at, code.code()[at * 2]);
    }
}

/// Writes an opcode in place of whatever form the instruction has. An adaptive one begins anew: a
/// specialized form may do the work of its neighbours, too.
fn write(code: &PyCode, at: usize, opcode: u8) {
    let unit = &code.adaptive[at];
    if unit.get() as u8 == opcode {
        return;
    }
    unit.set(unit.get() & 0xff00 | u16::from(opcode));
    if Opcode::from_number(code.code()[at * 2].into()).is_some_and(|opcode| opcode.caches() > 0) {
        code.adaptive[at + 1].set(0);
    }
}
