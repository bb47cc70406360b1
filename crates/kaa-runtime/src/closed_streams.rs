//! Which of the standard streams were closed when the process started. Rust's start-up opens
//! `/dev/null` in their place, so it is noted before.

use std::sync::atomic::{AtomicU8, Ordering};

static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Run by the loader before `main`.
extern "C" fn note() {
    for fd in 0..3 {
        // SAFETY: a system call on numbers.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
            CLOSED.fetch_or(1 << fd, Ordering::Relaxed);
        }
    }
}

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static NOTE: extern "C" fn() = note;

/// Whether a standard stream was closed: 0, 1 or 2.
pub(crate) fn was_closed(fd: usize) -> bool {
    CLOSED.load(Ordering::Relaxed) >> fd & 1 != 0
}
