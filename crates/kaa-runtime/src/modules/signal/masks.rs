//! `_signal`: sets of signals, what a thread blocks, and waiting for blocked signals.

use std::io;
use std::time::Instant;

use kaa_macros::py_functions;
use kaa_objects::args::{Argument, FromValue};
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::{PyResult, Value, Vm};

use super::Signal;
use crate::os_error;
use crate::signals::{self, NSIG};
use kaa_stdlib::seconds::Seconds;

/// `signal.struct_siginfo`.
pub static SIGINFO: StructSequenceDef = StructSequenceDef {
    name: "struct_siginfo",
    module: "signal",
    doc: "struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\nThis object may be accessed either as a tuple of\n(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\nor via the attributes si_signo, si_code, and so on.",
    fields: &[
        ("si_signo", "signal number"),
        ("si_code", "signal code"),
        ("si_errno", "errno associated with this signal"),
        ("si_pid", "sending process ID"),
        ("si_uid", "real user ID of sending process"),
        ("si_status", "exit value or signal"),
        ("si_band", "band event for SIGPOLL"),
    ],
    visible: 7,
    callable: true,
};

/// A set of signals, from any iterable of numbers.
struct SignalSet(libc::sigset_t);

impl SignalSet {
    fn empty() -> SignalSet {
        // SAFETY: the call makes the set.
        unsafe {
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&mut set);
            SignalSet(set)
        }
    }

    fn contains(&self, signal: i32) -> bool {
        // SAFETY: the set was made by `empty`.
        unsafe { libc::sigismember(&self.0, signal) == 1 }
    }

    /// As a Python set.
    fn to_object(&self, vm: &Vm) -> PyResult {
        let list = vm.new_list(&[])?;
        for signal in (1..NSIG).filter(|&signal| self.contains(signal)) {
            list.push(vm, Value::small_int(signal.into()))?;
        }
        vm.new_set_from(list.value())
    }
}

impl FromValue for SignalSet {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<SignalSet> {
        let mut set = SignalSet::empty();
        let iterator = vm.iter(value)?;
        while let Some(item) = vm.next(iterator)? {
            let number = i64::from_value(vm, item, argument)?;
            if !(1..i64::from(NSIG)).contains(&number) {
                let greatest = NSIG - 1;
                let text = format!("signal number {number} out of range [1; {greatest}]");
                return Err(vm.value_error(text));
            }
            // SAFETY: the set was made by `empty`. Numbers that the C library keeps to itself are
            // refused; as CPython, that is a warning there.
            if unsafe { libc::sigaddset(&mut set.0, number as i32) } != 0
                && let Some(warn) = vm.hooks.warn.get()
            {
                let text = format!("invalid signal number {number}, please use valid_signals()");
                warn(vm, vm.exceptions().RuntimeWarning.value(), &text, 1)?;
            }
        }
        Ok(set)
    }
}

#[py_functions(FUNCTIONS, of = "_signal")]
impl Signal {
    #[function("pthread_sigmask(how, mask, /)", doc = "Fetch and/or change the signal mask of the calling thread.")]
    fn pthread_sigmask(vm: &Vm, how: i32, mask: SignalSet) -> PyResult {
        let mut old = SignalSet::empty();
        // SAFETY: both sets were made by `empty`.
        match unsafe { libc::pthread_sigmask(how, &mask.0, &mut old.0) } {
            0 => {
                // Signals that were let through have come.
                vm.check_signals()?;
                old.to_object(vm)
            }
            error => Err(os_error::raise(vm, &io::Error::from_raw_os_error(error))),
        }
    }

    #[function(
        "sigpending()",
        doc = "Examine pending signals.\n\nReturns a set of signal numbers that are pending for delivery to\nthe calling thread."
    )]
    fn sigpending(vm: &Vm) -> PyResult {
        let mut set = SignalSet::empty();
        // SAFETY: the set was made by `empty`.
        super::or_raise(vm, signals::result(unsafe { libc::sigpending(&mut set.0) }))?;
        set.to_object(vm)
    }

    #[function(
        "valid_signals()",
        doc = "Return a set of valid signal numbers on this platform.\n\nThe signal numbers returned by this function can be safely passed to\nfunctions like `pthread_sigmask`."
    )]
    fn valid_signals(vm: &Vm) -> PyResult {
        let mut set = SignalSet::empty();
        // SAFETY: the set was made by `empty`.
        unsafe { libc::sigfillset(&mut set.0) };
        set.to_object(vm)
    }

    #[function(
        "sigwait(sigset, /)",
        doc = "Wait for a signal.\n\nSuspend execution of the calling thread until the delivery of one of the\nsignals specified in the signal set sigset.  The function accepts the\nsignal and returns the signal number."
    )]
    fn sigwait(vm: &Vm, sigset: SignalSet) -> PyResult<i64> {
        let mut signal = 0;
        // SAFETY: the set was made by `empty`.
        match vm.without_gil(|| unsafe { libc::sigwait(&sigset.0, &mut signal) }) {
            0 => Ok(signal.into()),
            error => Err(os_error::raise(vm, &io::Error::from_raw_os_error(error))),
        }
    }

    #[function(
        "sigwaitinfo(sigset, /)",
        doc = "Wait synchronously until one of the signals in *sigset* is delivered.\n\nReturns a struct_siginfo containing information about the signal."
    )]
    fn sigwaitinfo(vm: &Vm, sigset: SignalSet) -> PyResult {
        wait(vm, &sigset, None)
    }

    #[function(
        "sigtimedwait(sigset, timeout, /)",
        doc = "Like sigwaitinfo(), but with a timeout.\n\nThe timeout is specified in seconds, with floating-point numbers allowed."
    )]
    fn sigtimedwait(vm: &Vm, sigset: SignalSet, timeout: Seconds) -> PyResult {
        if timeout < Seconds(0) {
            return Err(vm.value_error("timeout must be non-negative"));
        }
        wait(vm, &sigset, timeout.deadline())
    }
}

/// Waits for one of the signals: what is known of it, or `None` when the deadline comes first.
fn wait(vm: &Vm, set: &SignalSet, deadline: Option<Instant>) -> PyResult {
    // SAFETY: zero bytes are such a struct; the call fills it in.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let result = vm.retry(|| {
        let left = deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            libc::timespec { tv_sec: left.as_secs() as libc::time_t, tv_nsec: left.subsec_nanos().into() }
        });
        let left = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: the set was made by `empty`, the structs are valid for the call.
        signals::result(unsafe { libc::sigtimedwait(&set.0, &mut info, left) })
    })?;
    match result {
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => Ok(Value::NONE),
        Err(error) => Err(os_error::raise(vm, &error)),
        Ok(()) => {
            // SAFETY: which of the fields mean something depends on the signal, as in CPython;
            // all are numbers.
            let (pid, uid, status, band) =
                unsafe { (info.si_pid(), info.si_uid(), info.si_status(), siginfo_band(&info)) };
            let int = |number: i32| Value::small_int(number.into());
            let fields = [
                int(info.si_signo),
                int(info.si_code),
                int(info.si_errno),
                int(pid),
                Value::small_int(uid.into()),
                int(status),
                vm.new_int(band)?,
            ];
            vm.new_struct_sequence(&SIGINFO, &fields)
        }
    }
}

/// `si_band`, which lies where the union of the struct begins.
///
/// # Safety
/// The struct was filled in by the system.
unsafe fn siginfo_band(info: &libc::siginfo_t) -> i64 {
    const UNION: usize = 16;
    // SAFETY: the union is within the struct, which is plain memory.
    unsafe { std::ptr::from_ref(info).cast::<u8>().add(UNION).cast::<i64>().read_unaligned() }
}
