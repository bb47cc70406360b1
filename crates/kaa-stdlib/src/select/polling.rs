//! Objects of `select.poll()`: a table of descriptors that the system is asked about at once.

use std::cell::{Cell, RefCell};

use kaa_host::Errno;
use kaa_host::poll::{self as host, PollFd};
use kaa_macros::py_type;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm};

use super::Milliseconds;
use crate::host_call::{OrRaise, interruptible, raise};
use crate::path::Descriptor;
use crate::seconds::Seconds;

/// `select.poll()`.
#[repr(C)]
#[derive(Trace)]
pub struct PyPoll {
    header: Header,
    /// Events by descriptor, in the order of registration.
    wanted: Slot<Gc<PyDict>>,
    /// The same for the system; empty when `wanted` has changed.
    #[trace(skip)]
    row: RefCell<Vec<PollFd>>,
    running: Cell<bool>,
    /// How often `wanted` has changed.
    changes: Cell<u32>,
}

impl PyPoll {
    pub fn make(vm: &Vm) -> PyResult<Gc<PyPoll>> {
        let wanted = vm.new_dict()?;
        vm.alloc(PyPoll {
            header: Header::EMPTY,
            wanted: Slot::new(wanted),
            row: RefCell::default(),
            running: Cell::new(false),
            changes: Cell::new(0),
        })
    }

    fn set(&self, vm: &Vm, fd: i32, events: u16) -> PyResult<()> {
        self.wanted.get_set().set(vm, Value::small_int(fd.into()), Value::small_int(events.into()))?;
        self.changed();
        Ok(())
    }

    fn changed(&self) {
        self.row.borrow_mut().clear();
        self.changes.set(self.changes.get().wrapping_add(1));
    }

    /// The table for the system.
    fn take_row(&self, vm: &Vm) -> Vec<PollFd> {
        let mut row = self.row.take();
        let wanted = self.wanted.get_set();
        if row.len() != wanted.len() {
            let number = |value| vm.int_to_i64(value).unwrap_or(0);
            row = wanted
                .iter()
                .map(|entry| PollFd { fd: number(entry.key) as i32, events: number(entry.value) as i16, revents: 0 })
                .collect();
        }
        row
    }
}

#[py_type(name = "poll", module = "select", flags(DISALLOW_INSTANTIATION), drop)]
impl PyPoll {
    #[method(
        "register($self, fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)",
        doc = "Register a file descriptor with the polling object.\n\n  fd\n    either an integer, or an object with a fileno() method returning an int\n  eventmask\n    an optional bitmask describing the type of events to check for"
    )]
    fn register(&self, vm: &Vm, fd: Descriptor, eventmask: Option<u16>) -> PyResult<()> {
        let all = libc::POLLIN | libc::POLLPRI | libc::POLLOUT;
        self.set(vm, fd.0, eventmask.unwrap_or(all as u16))
    }

    #[method(
        "modify($self, fd, eventmask, /)",
        doc = "Modify an already registered file descriptor.\n\n  fd\n    either an integer, or an object with a fileno() method returning\n    an int\n  eventmask\n    a bitmask describing the type of events to check for"
    )]
    fn modify(&self, vm: &Vm, fd: Descriptor, eventmask: u16) -> PyResult<()> {
        if self.wanted.get_set().get(vm, Value::small_int(fd.0.into()))?.is_none() {
            return Err(raise(vm, Errno(libc::ENOENT)));
        }
        self.set(vm, fd.0, eventmask)
    }

    #[method("unregister($self, fd, /)", doc = "Remove a file descriptor being tracked by the polling object.")]
    fn unregister(&self, vm: &Vm, fd: Descriptor) -> PyResult<()> {
        let fd = Value::small_int(fd.0.into());
        if self.wanted.get_set().remove(vm, fd)?.is_none() {
            return Err(vm.key_error(fd));
        }
        self.changed();
        Ok(())
    }

    #[method(
        "poll($self, timeout=None, /)",
        doc = "Polls the set of registered file descriptors.\n\n  timeout\n    The maximum time to wait in milliseconds, or else None (or a negative\n    value) to wait indefinitely.\n\nReturns a list containing any descriptors that have events or errors\nto report, as a list of (fd, event) 2-tuples."
    )]
    fn poll(vm: &Vm, this: Gc<PyPoll>, timeout: Value) -> PyResult {
        let mut timeout = Milliseconds::new(vm, milliseconds(vm, timeout)?)?;
        if this.running.replace(true) {
            return Err(vm.runtime_error("concurrent poll() invocation"));
        }
        let mut row = this.take_row(vm);
        let changes = this.changes.get();
        let result = interruptible(vm, || host::poll(&mut row, timeout.next()));
        this.running.set(false);
        result?.or_raise(vm)?;
        let list = vm.new_list(&[])?;
        for ready in row.iter().filter(|ready| ready.revents != 0) {
            let events = Value::small_int((ready.revents as u16).into());
            let pair = vm.new_tuple(&[Value::small_int(ready.fd.into()), events])?;
            list.push(vm, pair.value())?;
        }
        // Another thread may have registered descriptors meanwhile.
        if this.changes.get() == changes {
            this.row.replace(row);
        }
        Ok(list.value())
    }
}

/// A timeout that is given in milliseconds.
fn milliseconds(vm: &Vm, value: Value) -> PyResult<Option<Seconds>> {
    let Some(value) = value.not_none() else { return Ok(None) };
    if !vm.is_int(value) && vm.as_float(value).is_none() {
        return Err(vm.type_error("timeout must be an integer or None"));
    }
    let nanos = match vm.as_float(value) {
        Some(float) if float.is_nan() => return Err(vm.value_error("Invalid value NaN (not a number)")),
        Some(float) => {
            let nanos = float * 1e6;
            let nanos = if nanos >= 0.0 { nanos.ceil() } else { nanos.floor() };
            (i64::MIN as f64..i64::MAX as f64).contains(&nanos).then_some(nanos as i64)
        }
        None => vm.int_to_i64(value).and_then(|millis| millis.checked_mul(1_000_000)),
    };
    match nanos {
        Some(nanos) => Ok(Some(Seconds(nanos))),
        None => Err(vm.overflow_error("timestamp out of range for C PyTime_t")),
    }
}
