//! A thread's own place to sleep: one word that other threads and signal handlers set.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Lets one thread sleep until another wakes it. A wake before the sleep is not lost.
#[derive(Default)]
pub struct Parker {
    /// 1 when woken and not yet noticed.
    woken: AtomicU32,
}

impl Parker {
    /// Sleeps until [`Parker::wake`], the deadline, or a signal that this thread handles; may also
    /// return for no reason. Only the thread that owns the parker may call this.
    pub fn sleep(&self, deadline: Option<Instant>) {
        if self.woken.swap(0, Ordering::Acquire) != 0 {
            return;
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return;
        }
        wait(&self.woken, left);
        self.woken.store(0, Ordering::Relaxed);
        std::sync::atomic::fence(Ordering::Acquire);
    }

    /// Wakes the owner, or lets its next sleep return at once. Safe in a signal handler.
    pub fn wake(&self) {
        if self.woken.swap(1, Ordering::Release) == 0 {
            notify(&self.woken);
        }
    }
}

/// Sleeps while the word is 0.
#[cfg(target_os = "linux")]
fn wait(word: &AtomicU32, left: Option<Duration>) {
    // Longer sleeps than the kernel takes end early, which callers must expect anyway.
    let timeout = left.map(|left| libc::timespec {
        tv_sec: left.as_secs().min(1 << 31) as libc::time_t,
        tv_nsec: libc::c_long::from(left.subsec_nanos()),
    });
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the word and the time are valid for the call.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, 0, timeout) };
}

/// Wakes the one that sleeps on the word.
#[cfg(target_os = "linux")]
fn notify(word: &AtomicU32) {
    // SAFETY: the word is valid for the call.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1) };
}

#[cfg(not(target_os = "linux"))]
compile_error!("sleeping threads are not ported to this system yet: parker.rs");
