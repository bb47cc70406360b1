//! Calls that wait for a socket, with its timeout.

use std::time::{Duration, Instant};

use kaa_host::poll::{PollFd, poll};
use kaa_host::{Errno, Result as HostResult};
use kaa_objects::{PyResult, Raised, Value, Vm};

use crate::host_call::raise;
use crate::seconds::Seconds;

/// How long operations wait, in nanoseconds; negative for ever.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Timeout(i64);

impl Timeout {
    /// Operations wait for ever.
    pub const NEVER: Timeout = Timeout(-1);
    /// Operations do not wait.
    pub const AT_ONCE: Timeout = Timeout(0);

    /// From an argument: a number of seconds or `None`.
    pub fn from_object(vm: &Vm, value: Value) -> PyResult<Timeout> {
        let Some(value) = value.not_none() else { return Ok(Timeout::NEVER) };
        let Seconds(nanos) = Seconds::from_object(vm, value)?;
        if nanos < 0 { Err(vm.value_error("Timeout value out of range")) } else { Ok(Timeout(nanos)) }
    }

    /// As Python sees it.
    pub fn to_object(self, vm: &Vm) -> PyResult {
        match self.0 {
            ..0 => Ok(Value::NONE),
            nanos => vm.new_float(nanos as f64 / 1e9),
        }
    }

    /// Whether operations wait as long as they need.
    pub fn is_never(self) -> bool {
        self.0 < 0
    }

    /// Whether operations do not wait at all.
    pub fn is_at_once(self) -> bool {
        self.0 == 0
    }

    /// When operations that begin now are to end, if they are to end.
    pub fn deadline(self) -> Option<Instant> {
        if self.0 <= 0 { None } else { Instant::now().checked_add(Duration::from_nanos(self.0 as u64)) }
    }
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Something to be received.
    Reading,
    /// Room to send.
    Writing,
    /// The end of connecting.
    Connection,
}

#[cold]
pub fn timed_out(vm: &Vm) -> Raised {
    vm.raise_new(vm.exceptions().TimeoutError, "timed out")
}

/// Waits until a socket is ready, at most until the deadline; false when that came first.
pub fn wait(vm: &Vm, fd: i32, what: For, deadline: Option<Instant>) -> PyResult<HostResult<bool>> {
    let events = match what {
        For::Reading => libc::POLLIN,
        For::Writing => libc::POLLOUT,
        For::Connection => libc::POLLOUT | libc::POLLERR,
    };
    loop {
        let left = match deadline {
            None => -1,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
            }
        };
        match vm.without_gil(|| poll(&mut [PollFd { fd, events, revents: 0 }], left)) {
            Err(Errno(libc::EINTR)) => vm.check_signals()?,
            result => return Ok(result.map(|ready| ready != 0)),
        }
    }
}

/// Calls until the call succeeds or fails for good. With a timeout the descriptor does not block:
/// the call is tried, and tried again when the socket is ready.
pub fn call<T>(
    vm: &Vm,
    fd: i32,
    timeout: Timeout,
    deadline: Option<Instant>,
    what: For,
    mut call: impl FnMut() -> HostResult<T>,
) -> PyResult<T> {
    loop {
        match vm.without_gil(&mut call) {
            Ok(value) => return Ok(value),
            Err(Errno(libc::EINTR)) => vm.check_signals()?,
            Err(Errno(libc::EAGAIN)) if !timeout.is_never() && !timeout.is_at_once() => {
                match wait(vm, fd, what, deadline)? {
                    Ok(true) => {}
                    Ok(false) => return Err(timed_out(vm)),
                    Err(error) => return Err(raise(vm, error)),
                }
            }
            Err(error) => return Err(raise(vm, error)),
        }
    }
}
