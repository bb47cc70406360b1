//! The threads that wait for a lock or for an event, first come first. Only the thread with the
//! GIL looks at a queue, so it needs no lock of its own.

use std::cell::Cell;
use std::time::Instant;

use crate::thread::Thread;
use crate::{PyResult, Vm};

/// A queue of waiting threads. A thread is in one queue at most.
///
/// It is a part of an object that the waiting threads' stacks refer to, so that it lives and
/// stays in place while there are any.
pub struct Waiters {
    first: Cell<*const Thread>,
}

impl Default for Waiters {
    fn default() -> Waiters {
        Waiters { first: Cell::new(std::ptr::null()) }
    }
}

impl Waiters {
    /// Waits until `ready` says so; false when the deadline comes first. Handlers of signals may
    /// run, and raise.
    ///
    /// `ready` is called with the GIL held, and may take what was waited for.
    pub fn wait(&self, vm: &Vm, deadline: Option<Instant>, mut ready: impl FnMut() -> bool) -> PyResult<bool> {
        let thread = vm.thread();
        loop {
            if ready() {
                return Ok(true);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(false);
            }
            self.enter(thread);
            vm.without_gil(|| thread.parker.sleep(deadline));
            self.leave(thread);
            if let Err(raised) = vm.check_signals() {
                // A wake that this thread got and does not use.
                self.wake_one();
                return Err(raised);
            }
        }
    }

    /// Wakes the thread that has waited longest.
    pub fn wake_one(&self) {
        // SAFETY: threads that wait are alive, or were lost in a fork and are never freed.
        while let Some(first) = unsafe { self.first.get().as_ref() } {
            if !first.gone.get() {
                first.parker.wake();
                return;
            }
            self.first.set(first.next_waiter.get());
        }
    }

    /// Wakes all threads.
    pub fn wake_all(&self) {
        let mut next = self.first.get();
        // SAFETY: as above.
        while let Some(thread) = unsafe { next.as_ref() } {
            thread.parker.wake();
            next = thread.next_waiter.get();
        }
    }

    /// Forgets all threads: after a fork, where they are gone.
    pub fn forget(&self) {
        self.first.set(std::ptr::null());
    }

    /// The link of the queue that holds `thread`, or the last one.
    fn link(&self, thread: *const Thread) -> &Cell<*const Thread> {
        let mut link = &self.first;
        // SAFETY: as above.
        while let Some(waiter) = unsafe { link.get().as_ref() }
            && !std::ptr::eq(waiter, thread)
        {
            link = &waiter.next_waiter;
        }
        link
    }

    fn enter(&self, thread: &Thread) {
        thread.next_waiter.set(std::ptr::null());
        self.link(std::ptr::null()).set(thread);
    }

    fn leave(&self, thread: &Thread) {
        let link = self.link(thread);
        if !link.get().is_null() {
            link.set(thread.next_waiter.get());
        }
    }
}
