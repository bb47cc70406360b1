//! Calling the operating system from native modules: interrupted calls, and errors as exceptions.

use kaa_host::{Errno, Result as HostResult};
use kaa_objects::{PyResult, Raised, Value, Vm};

/// Calls until the call is not interrupted; handlers of signals run in between and may raise.
/// Other threads run meanwhile, so the call must not touch the isolate: see [`Vm::without_gil`].
pub fn interruptible<T>(vm: &Vm, mut call: impl FnMut() -> HostResult<T>) -> PyResult<HostResult<T>> {
    loop {
        match vm.without_gil(&mut call) {
            Err(Errno(libc::EINTR)) => vm.check_signals()?,
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
