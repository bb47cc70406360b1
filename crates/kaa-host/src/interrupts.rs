//! Signals that ask a program to end, for one that ends at a place of its own choice.

use std::sync::atomic::{AtomicI32, Ordering};

use libc::c_int;

/// The last one that came; 0 for none.
static CAME: AtomicI32 = AtomicI32::new(0);

const SIGNALS: [c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

extern "C" fn note(signal: c_int) {
    CAME.store(signal, Ordering::Relaxed);
}

/// From here on the signals are noted, and do nothing else. Those that the process was started to
/// ignore stay ignored.
pub fn catch() {
    for signal in SIGNALS {
        // SAFETY: all zero is a value of the struct; the handler only stores to an atomic.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &mut old) != 0 || old.sa_sigaction == libc::SIG_IGN {
                continue;
            }
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = note as extern "C" fn(c_int) as usize;
            new.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, &new, std::ptr::null_mut());
        }
    }
}

/// The signal that came, if one did.
pub fn came() -> Option<c_int> {
    Some(CAME.load(Ordering::Relaxed)).filter(|&signal| signal != 0)
}

/// Ends the process by a signal, so that who waits for it sees why it ended.
pub fn end_by(signal: c_int) -> ! {
    // SAFETY: the default is put back, and the signal sent to this process.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
    // It may be blocked.
    crate::process::exit_now(128 + signal)
}
