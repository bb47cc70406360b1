//! Timers with descriptors: `os.timerfd_create` and its like.

use kaa_host::timer::{self as host, Times};
use kaa_macros::py_functions;
use kaa_objects::{PyResult, Value, Vm};

use super::{Posix, pair};
use crate::host_call::OrRaise;
use crate::path::Descriptor;

/// Seconds in nanoseconds, rounded down.
fn nanoseconds(vm: &Vm, seconds: f64) -> PyResult<i64> {
    let nanos = (seconds * 1e9).floor();
    if (i64::MIN as f64..i64::MAX as f64).contains(&nanos) {
        Ok(nanos as i64)
    } else {
        Err(vm.overflow_error("timestamp out of range for C PyTime_t"))
    }
}

fn in_seconds(vm: &Vm, times: Times) -> PyResult {
    let seconds = |nanos: i64| vm.new_float(nanos as f64 / 1e9);
    pair(vm, seconds(times.first)?, seconds(times.interval)?)
}

fn in_nanoseconds(vm: &Vm, times: Times) -> PyResult {
    pair(vm, vm.new_int(times.first)?, vm.new_int(times.interval)?)
}

fn exact(vm: &Vm, value: Value) -> PyResult<i64> {
    let index = vm.index(value)?;
    vm.int_to_i64(index).ok_or_else(|| vm.overflow_error("int too big to convert"))
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "timerfd_create(clockid, /, *, flags=0)",
        doc = "Create and return a timer file descriptor.\n\n  clockid\n    A valid clock ID constant as timer file descriptor.\n\n    time.CLOCK_REALTIME\n    time.CLOCK_MONOTONIC\n    time.CLOCK_BOOTTIME\n  flags\n    0 or a bit mask of os.TFD_NONBLOCK or os.TFD_CLOEXEC.\n\n    os.TFD_NONBLOCK\n        If *TFD_NONBLOCK* is set as a flag, read doesn't blocks.\n        If *TFD_NONBLOCK* is not set as a flag, read block until the timer fires.\n\n    os.TFD_CLOEXEC\n        If *TFD_CLOEXEC* is set as a flag, enable the close-on-exec flag"
    )]
    fn timerfd_create(vm: &Vm, clockid: i32, flags: i32) -> PyResult<i32> {
        host::create(clockid, libc::TFD_CLOEXEC | flags).or_raise(vm)
    }

    #[function(
        "timerfd_settime(fd, /, *, flags=0, initial=0.0, interval=0.0)",
        doc = "Alter a timer file descriptor's internal timer in seconds.\n\n  fd\n    A timer file descriptor.\n  flags\n    0 or a bit mask of TFD_TIMER_ABSTIME or TFD_TIMER_CANCEL_ON_SET.\n  initial\n    The initial expiration time, in seconds.\n  interval\n    The timer's interval, in seconds."
    )]
    fn timerfd_settime(vm: &Vm, fd: Descriptor, flags: i32, initial: f64, interval: f64) -> PyResult {
        let new = Times { first: nanoseconds(vm, initial)?, interval: nanoseconds(vm, interval)? };
        in_seconds(vm, host::set(fd.0, flags, new).or_raise(vm)?)
    }

    #[function(
        "timerfd_settime_ns(fd, /, *, flags=0, initial=0, interval=0)",
        doc = "Alter a timer file descriptor's internal timer in nanoseconds.\n\n  fd\n    A timer file descriptor.\n  flags\n    0 or a bit mask of TFD_TIMER_ABSTIME or TFD_TIMER_CANCEL_ON_SET.\n  initial\n    initial expiration timing in nanoseconds.\n  interval\n    interval for the timer in nanoseconds."
    )]
    fn timerfd_settime_ns(
        vm: &Vm,
        fd: Descriptor,
        flags: i32,
        initial: Option<Value>,
        interval: Option<Value>,
    ) -> PyResult {
        let zero = Value::small_int(0);
        let new = Times { first: exact(vm, initial.unwrap_or(zero))?, interval: exact(vm, interval.unwrap_or(zero))? };
        in_nanoseconds(vm, host::set(fd.0, flags, new).or_raise(vm)?)
    }

    #[function(
        "timerfd_gettime(fd, /)",
        doc = "Return a tuple of a timer file descriptor's (next expiration, interval) in float seconds.\n\n  fd\n    A timer file descriptor."
    )]
    fn timerfd_gettime(vm: &Vm, fd: Descriptor) -> PyResult {
        in_seconds(vm, host::get(fd.0).or_raise(vm)?)
    }

    #[function(
        "timerfd_gettime_ns(fd, /)",
        doc = "Return a tuple of a timer file descriptor's (next expiration, interval) in nanoseconds.\n\n  fd\n    A timer file descriptor."
    )]
    fn timerfd_gettime_ns(vm: &Vm, fd: Descriptor) -> PyResult {
        in_nanoseconds(vm, host::get(fd.0).or_raise(vm)?)
    }
}
