//! Calling the operating system from native modules: interrupted calls, and errors as exceptions.

use kaa_host::{Errno, Result as HostResult};
use kaa_objects::vm::poll;
use kaa_objects::{PyResult, Raised, Value, Vm};
use std::sync::atomic::Ordering;

/// Runs the Python handlers of signals that came.
pub fn check_signals(vm: &Vm) -> PyResult<()> {
    if vm.poll.load(Ordering::Relaxed) & poll::SIGNAL == 0 {
        return Ok(());
    }
    vm.poll.fetch_and(!poll::SIGNAL, Ordering::Relaxed);
    match vm.hooks.poll.get() {
        Some(handle) => handle(vm, poll::SIGNAL),
        None => Ok(()),
    }
}

/// Calls until the call is not interrupted; handlers of signals run in between and may raise.
/// Calls that can take long go through here.
pub fn interruptible<T>(vm: &Vm, mut call: impl FnMut() -> HostResult<T>) -> PyResult<HostResult<T>> {
    loop {
        match call() {
            Err(Errno(libc::EINTR)) => check_signals(vm)?,
            result => return Ok(result),
        }
    }
}

/// Raises the `OSError` of an error.
#[cold]
pub fn raise(vm: &Vm, error: Errno) -> Raised {
    vm.os_error(error.0, &error.message(), None)
}

/// Raises the `OSError` of an error that concerns a file.
#[cold]
pub fn raise_for(vm: &Vm, error: Errno, filename: Value) -> Raised {
    vm.os_error(error.0, &error.message(), filename.not_none())
}

/// Raises the `OSError` of an error that concerns two files.
#[cold]
pub fn raise_for_two(vm: &Vm, error: Errno, first: Value, second: Value) -> Raised {
    match vm.new_str(&error.message()) {
        Ok(message) => {
            let args = [Value::small_int(error.0.into()), message.value(), first, Value::NONE, second];
            vm.raise_with(vm.exceptions().OSError, &args)
        }
        Err(raised) => raised,
    }
}

/// The result of a call, its error raised.
pub trait OrRaise<T> {
    /// Raises the `OSError` without a file name.
    fn or_raise(self, vm: &Vm) -> PyResult<T>;
    /// Raises the `OSError` with a file name.
    fn or_raise_for(self, vm: &Vm, filename: Value) -> PyResult<T>;
}

impl<T> OrRaise<T> for HostResult<T> {
    #[inline]
    fn or_raise(self, vm: &Vm) -> PyResult<T> {
        self.map_err(|error| raise(vm, error))
    }

    #[inline]
    fn or_raise_for(self, vm: &Vm, filename: Value) -> PyResult<T> {
        self.map_err(|error| raise_for(vm, error, filename))
    }
}
