//! Events of native code that stands for Python functions and tells of itself (CPython's
//! `PyMonitoring_*` functions). In: for each place that has an event, a [`Site`]. Out: the tools are
//! told as they are of bytecode.

use std::cell::Cell;

use kaa_objects::{PyResult, Value, Vm};

use super::events::Event;
use super::fire::{Told, tell};
use super::monitoring;
use crate::introspect::running_frame;

/// One place in native code that has an event: the tools that want to know of it, as bits.
#[derive(Clone, Default)]
pub struct Site {
    tools: Cell<u8>,
}

impl Site {
    /// The tools that want to know of the event here.
    pub fn tools(&self) -> u8 {
        self.tools.get()
    }
}

/// Begins a scope: sets for each site which tools want to know its event, unless nothing changed
/// since the version of the events that the caller keeps.
pub fn enter_scope(vm: &Vm, sites: &[Site], version: &Cell<u64>, events: &[Event]) {
    let monitoring = monitoring(vm);
    if version.replace(monitoring.version.get()) == monitoring.version.get() {
        return;
    }
    for (site, event) in sites.iter().zip(events) {
        site.tools.set(monitoring.tools_of(*event));
    }
}

/// Tells tools of an event at a site. `args` are what callbacks get.
pub fn fire(vm: &Vm, site: &Site, event: Event, args: &[Value]) -> PyResult<()> {
    if site.tools() == 0 {
        return Ok(());
    }
    let Some(frame) = running_frame(vm) else { return Ok(()) };
    let told = Told { frame, event, args };
    // SAFETY: native code runs for the frame, whose registers were saved for the call.
    let disabled = unsafe { tell(vm, &told, site.tools()) }?;
    site.tools.set(site.tools() & !disabled);
    Ok(())
}
