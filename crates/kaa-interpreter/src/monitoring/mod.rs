//! Telling tools what runs: `sys.monitoring` (PEP 669), and `sys.settrace` and `sys.setprofile` on
//! top of it.
//!
//! Code that nobody watches runs as if this did not exist. When a tool asks for events, the
//! instructions that they belong to are overwritten, in the adaptive copy of the code, by the one
//! opcode `INSTRUMENTED`; what they are is still in `co_code`, and which tools they concern is in
//! [`CodeMonitoring`](kaa_objects::types::code::monitoring::CodeMonitoring).
//!
//! - `events.rs`: the kinds of events; which one an instruction has.
//! - `instrument.rs`: overwriting instructions. When the events change, only the `RESUME`s of all
//!   code are overwritten at once: code is adapted when it is next entered. Code that is running is
//!   adapted at once.
//! - `lines.rs`: where lines begin.
//! - `instruction.rs`: what happens at an overwritten instruction; `dispatch/monitored.rs` calls it.
//! - `exceptions.rs`: events of exceptions, which no instruction has; `unwind.rs` calls it.
//! - `native.rs`: events that native code tells of itself.
//! - `fire.rs`: calling the tools. `tracing.rs`: `sys.settrace` and `sys.setprofile` as tools.

pub mod events;
pub mod exceptions;
mod fire;
mod instruction;
mod instrument;
pub(crate) mod lines;
pub mod native;
pub mod tracing;

use std::any::Any;
use std::cell::Cell;

use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::code::PyCode;
use kaa_objects::types::code::monitoring::LOCAL_EVENTS;
use kaa_objects::types::object::PyObject;
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::frame::Frame;
pub use events::Event;
use events::{EVENTS, EventSet, GLOBAL_EVENTS};
pub(crate) use instruction::{CALL_EVENT, RAISED, at_instruction, called_native, calls, iterated, iterates};
pub(crate) use instrument::{adapt, arm, restore};

/// How many tools there are; the last two are `sys.setprofile` and `sys.settrace`.
pub const TOOLS: usize = 8;
/// The tool that `sys.setprofile` is.
pub const PROFILE_TOOL: usize = 6;
/// The tool that `sys.settrace` is.
pub const TRACE_TOOL: usize = 7;

/// The tools of an isolate and what they want to know.
pub struct Monitoring {
    /// What each tool wants to know of all code: the tools as bits, by kind of event.
    tools: [Cell<u8>; GLOBAL_EVENTS],
    callbacks: [[Slot; EVENTS]; PROFILE_TOOL],
    /// The callback was given for both ways of a branch at once, by tool.
    for_branches: Cell<u8>,
    /// The names of the tools in use.
    names: [Slot; PROFILE_TOOL],
    /// The number of the present events: it goes up with each change.
    version: Cell<u64>,
    /// The number of the events when `restart_events` was last called.
    restarted: Cell<u64>,
    /// The frame that tools are being told of, innermost.
    pub(crate) told_frame: Cell<*mut Frame>,
    /// The frame whose line a tool set, and the unit where it goes on: the line there is not told.
    jump: Cell<(*mut Frame, usize)>,
    /// What a callback returns to hear no more of a place.
    disable: Slot,
    /// Stands for an argument that is not there.
    missing: Slot,
}

impl Extension for Monitoring {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        for slot in self.callbacks.iter_mut().flatten().chain(&mut self.names) {
            slot.trace(visitor);
        }
        self.disable.trace(visitor);
        self.missing.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The tools of an isolate.
pub fn monitoring(vm: &Vm) -> &Monitoring {
    vm.extension(|_| Monitoring {
        tools: Default::default(),
        callbacks: std::array::from_fn(|_| std::array::from_fn(|_| Slot::empty())),
        for_branches: Cell::new(0),
        names: std::array::from_fn(|_| Slot::empty()),
        version: Cell::new(1),
        restarted: Cell::new(0),
        told_frame: Cell::new(std::ptr::null_mut()),
        jump: Cell::new((std::ptr::null_mut(), 0)),
        disable: Slot::empty(),
        missing: Slot::empty(),
    })
}

/// Makes the objects `DISABLE` and `MISSING`.
pub fn set_up(vm: &Vm) -> PyResult<()> {
    let monitoring = monitoring(vm);
    for slot in [&monitoring.disable, &monitoring.missing] {
        if slot.get().is_none() {
            let object = vm.call(vm.class::<PyObject>().value(), &[])?;
            slot.set_root(Some(object));
        }
    }
    Ok(())
}

impl Monitoring {
    /// `sys.monitoring.DISABLE`
    pub fn disable(&self) -> Option<Value> {
        self.disable.get()
    }

    /// `sys.monitoring.MISSING`
    pub fn missing(&self) -> Value {
        self.missing.get().unwrap_or(Value::NONE)
    }

    /// The name under which a tool is in use.
    pub fn name(&self, tool: usize) -> Option<Value> {
        self.names[tool].get()
    }

    /// Puts a tool into use, or out of it.
    pub fn set_name(&self, tool: usize, name: Option<Gc<PyStr>>) {
        self.names[tool].set_root(name.map(Value::from));
    }

    /// Sets what a tool is told an event by; gives what it was told it by before.
    pub fn set_callback(&self, tool: usize, event: Event, callback: Option<Value>) -> Option<Value> {
        let slot = &self.callbacks[tool][event as usize];
        let before = slot.get();
        slot.set_root(callback);
        before
    }

    /// Whether a tool's callbacks for branches were given for both ways at once.
    pub fn set_for_branches(&self, tool: usize, both: bool) {
        let bit = 1 << tool;
        let others = self.for_branches.get() & !bit;
        self.for_branches.set(if both { others | bit } else { others });
    }

    /// The events that a tool wants to know of all code.
    pub fn events_of(&self, tool: usize) -> EventSet {
        (0..GLOBAL_EVENTS).filter(|&event| self.tools[event].get() >> tool & 1 != 0).map(|event| 1 << event).sum()
    }

    /// The tools that want to know an event of all code.
    pub fn tools_of(&self, event: Event) -> u8 {
        self.tools.get(event as usize).map_or(0, Cell::get)
    }
}

/// Sets the events that a tool wants to know of all code.
pub fn set_events(vm: &Vm, tool: usize, events: EventSet) {
    let monitoring = monitoring(vm);
    if monitoring.events_of(tool) == events {
        return;
    }
    for (event, tools) in monitoring.tools.iter().enumerate() {
        let bit = u8::from(events >> event & 1 != 0) << tool;
        tools.set(tools.get() & !(1 << tool) | bit);
    }
    changed(vm, monitoring);
}

/// Lets all events be told again that callbacks disabled.
pub fn restart_events(vm: &Vm) {
    let monitoring = monitoring(vm);
    monitoring.restarted.set(monitoring.version.get() + 1);
    changed(vm, monitoring);
}

fn changed(vm: &Vm, monitoring: &Monitoring) {
    monitoring.version.set(monitoring.version.get() + 2);
    let any = (0..GLOBAL_EVENTS).filter(|&event| monitoring.tools[event].get() != 0).map(|event| 1 << event).sum();
    vm.monitored.set(any);
    vm.hooks.code_made.set((any != 0).then_some(|_: &Vm, code| instrument::arm(code)));
    vm.codes.for_each(instrument::arm);
    instrument::adapt_running(vm);
}

/// The events that a tool wants to know of one code object.
pub fn local_events(code: Gc<PyCode>, tool: usize) -> EventSet {
    let Some(monitoring) = code.monitoring() else { return 0 };
    let local = monitoring.local.get();
    (0..LOCAL_EVENTS).filter(|&event| local[event] >> tool & 1 != 0).map(|event| 1 << event).sum()
}

/// Sets the events that a tool wants to know of one code object.
pub fn set_local_events(vm: &Vm, code: Gc<PyCode>, tool: usize, events: EventSet) {
    if local_events(code, tool) == events {
        return;
    }
    let data = code.monitoring_or_new();
    let mut local = data.local.get();
    for (event, tools) in local.iter_mut().enumerate() {
        let bit = u8::from(events >> event & 1 != 0) << tool;
        *tools = *tools & !(1 << tool) | bit;
    }
    data.local.set(local);
    instrument::adapt(vm, code);
}

/// Lets a tool hear nothing any more: its callbacks and events are forgotten.
pub fn clear_tool(vm: &Vm, tool: usize) {
    let monitoring = monitoring(vm);
    monitoring.callbacks[tool].iter().for_each(|callback| callback.set_root(None));
    monitoring.set_for_branches(tool, false);
    set_events(vm, tool, 0);
    let mut watched = Vec::new();
    vm.codes.for_each(|code| {
        if local_events(code, tool) != 0 {
            watched.push(code.as_ptr());
        }
    });
    for code in watched {
        // SAFETY: code objects never move, and nothing is collected here.
        set_local_events(vm, unsafe { Gc::from_ptr(code) }, tool, 0);
    }
}
