//! `-X importtime`: how long imports take, on standard error.

use std::any::Any;
use std::cell::Cell;
use std::time::{Duration, Instant};

use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Vm};

use crate::host_output::{Stream, write_raw};
use crate::state::state;

/// Where nested imports stand.
#[derive(Default)]
struct Clock {
    has_header: Cell<bool>,
    depth: Cell<usize>,
    /// What imports inside the running one took.
    inner: Cell<Duration>,
}

impl Extension for Clock {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn header(clock: &Clock) {
    if !clock.has_header.replace(true) {
        write_raw(Stream::Error, "import time: self [us] | cumulative | imported package\n");
    }
}

/// The name as text, what is no text escaped.
fn shown(vm: &Vm, name: Gc<PyStr>) -> String {
    let bytes = vm.call_method_str(
        name.value(),
        "encode",
        &[vm.intern("utf-8").value(), vm.intern("backslashreplace").value()],
    );
    match bytes.map(|bytes| vm.cast::<kaa_objects::types::bytes::PyBytes>(bytes)) {
        Ok(Some(bytes)) => String::from_utf8_lossy(bytes.as_slice()).into_owned(),
        Ok(None) => name.to_string_lossy(),
        Err(raised) => {
            vm.take_exception(raised);
            name.to_string_lossy()
        }
    }
}

/// Runs an import and says how long it took.
pub(super) fn measured<T>(vm: &Vm, name: Gc<PyStr>, import: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    let clock: &Clock = vm.extension(|_| Clock::default());
    header(clock);
    let depth = clock.depth.replace(clock.depth.get() + 1);
    let outer = clock.inner.replace(Duration::ZERO);
    let start = Instant::now();
    let result = import();
    let whole = start.elapsed();
    let own = whole.saturating_sub(clock.inner.get());
    clock.depth.set(depth);
    clock.inner.set(outer + whole);
    let line = format!(
        "import time: {:9} | {:10} | {}{}\n",
        own.as_micros(),
        whole.as_micros(),
        "  ".repeat(depth),
        shown(vm, name)
    );
    write_raw(Stream::Error, &line);
    result
}

/// Says that a module was imported before: `-X importtime=2`.
pub(super) fn cached(vm: &Vm, name: Gc<PyStr>) {
    if state(vm).config.borrow().import_time < 2 {
        return;
    }
    let clock: &Clock = vm.extension(|_| Clock::default());
    header(clock);
    let name = shown(vm, name);
    let line = format!("import time: {:<9} | {:<10} | {}{name}\n", "cached", "cached", "  ".repeat(clock.depth.get()));
    write_raw(Stream::Error, &line);
}
