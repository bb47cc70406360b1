//! `_signal`: alarms and interval timers.

use kaa_macros::py_functions;
use kaa_objects::class::PyType;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::Signal;
use crate::{os_error, signals};
use kaa_stdlib::seconds::Seconds;

#[py_functions(FUNCTIONS, of = "_signal")]
impl Signal {
    #[function("alarm(seconds, /)", doc = "Arrange for SIGALRM to arrive after the given number of seconds.")]
    fn alarm(seconds: i32) -> i64 {
        // SAFETY: a system call on a number.
        unsafe { libc::alarm(seconds as libc::c_uint) }.into()
    }

    #[function(
        "setitimer(which, seconds, interval=0.0, /)",
        doc = "Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).\n\nThe timer will fire after value seconds and after that every interval\nseconds.  The itimer can be cleared by setting seconds to zero.\n\nReturns old values as a tuple: (delay, interval)."
    )]
    fn setitimer(vm: &Vm, which: i32, seconds: Seconds, interval: Option<Value>) -> PyResult {
        let interval = interval.map_or(Ok(Seconds(0)), |interval| Seconds::from_object(vm, interval))?;
        let new = libc::itimerval { it_interval: timeval(interval), it_value: timeval(seconds) };
        let mut old = libc::itimerval { it_interval: timeval(Seconds(0)), it_value: timeval(Seconds(0)) };
        // SAFETY: both structs are valid for the call.
        match unsafe { signals::result(libc::setitimer(which as _, &new, &mut old)) } {
            Ok(()) => pair(vm, &old),
            Err(error) => Err(itimer_error(vm, &error)),
        }
    }

    #[function("getitimer(which, /)", doc = "Returns current value of given itimer.")]
    fn getitimer(vm: &Vm, which: i32) -> PyResult {
        let mut now = libc::itimerval { it_interval: timeval(Seconds(0)), it_value: timeval(Seconds(0)) };
        // SAFETY: the struct is valid for the call.
        match unsafe { signals::result(libc::getitimer(which as _, &mut now)) } {
            Ok(()) => pair(vm, &now),
            Err(error) => Err(itimer_error(vm, &error)),
        }
    }
}

fn timeval(Seconds(nanos): Seconds) -> libc::timeval {
    // Up to the next microsecond, so that a short time is not none.
    let micros = nanos.div_euclid(1000) + i64::from(nanos.rem_euclid(1000) != 0);
    libc::timeval { tv_sec: micros.div_euclid(1_000_000), tv_usec: micros.rem_euclid(1_000_000) }
}

fn pair(vm: &Vm, timer: &libc::itimerval) -> PyResult {
    let float = |time: libc::timeval| vm.new_float(time.tv_sec as f64 + time.tv_usec as f64 * 1e-6);
    let (value, interval) = (float(timer.it_value)?, float(timer.it_interval)?);
    Ok(vm.new_tuple(&[value, interval])?.value())
}

fn itimer_error(vm: &Vm, error: &std::io::Error) -> Raised {
    let errno = error.raw_os_error().unwrap_or(0);
    let class = super::handlers(vm).itimer_error.get().and_then(|class| vm.cast::<PyType>(class));
    let class: Gc<PyType> = class.unwrap_or(vm.exceptions().OSError);
    match vm.new_str(&os_error::message(errno)) {
        Ok(message) => vm.raise_with(class, &[Value::small_int(errno.into()), message.value()]),
        Err(raised) => raised,
    }
}
