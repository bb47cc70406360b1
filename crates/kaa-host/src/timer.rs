//! Timers that are waited for by a descriptor.

use libc::c_int;

use crate::{Result, check};

/// When a timer goes off and after which time again, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// The first time; 0 is never.
    pub first: i64,
    /// The time between two; 0 is once only.
    pub interval: i64,
}

fn timespec(nanos: i64) -> libc::timespec {
    libc::timespec { tv_sec: nanos.div_euclid(1_000_000_000), tv_nsec: nanos.rem_euclid(1_000_000_000) }
}

fn times(spec: &libc::itimerspec) -> Times {
    let nanos = |time: libc::timespec| time.tv_sec * 1_000_000_000 + time.tv_nsec;
    Times { first: nanos(spec.it_value), interval: nanos(spec.it_interval) }
}

fn zero() -> libc::itimerspec {
    libc::itimerspec { it_value: timespec(0), it_interval: timespec(0) }
}

/// A new timer by a clock.
pub fn create(clock: c_int, flags: c_int) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::timerfd_create(clock, flags) })
}

/// The time until a timer goes off, and its interval.
pub fn get(fd: c_int) -> Result<Times> {
    let mut now = zero();
    // SAFETY: the struct is a local.
    check(unsafe { libc::timerfd_gettime(fd, &mut now) })?;
    Ok(times(&now))
}

/// Sets a timer; gives what it was before.
pub fn set(fd: c_int, flags: c_int, new: Times) -> Result<Times> {
    let new = libc::itimerspec { it_value: timespec(new.first), it_interval: timespec(new.interval) };
    let mut old = zero();
    // SAFETY: the structs are locals.
    check(unsafe { libc::timerfd_settime(fd, flags, &new, &mut old) })?;
    Ok(times(&old))
}
