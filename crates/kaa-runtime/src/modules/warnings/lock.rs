//! The lock of the filters: its owner may take it again.

use std::cell::Cell;

use kaa_objects::waiters::Waiters;
use kaa_objects::{PyResult, Vm};

/// See above.
#[derive(Default)]
pub(super) struct Lock {
    /// The identifier of the thread that has it.
    owner: Cell<u64>,
    /// How often the owner has taken it.
    count: Cell<usize>,
    waiters: Waiters,
}

impl Lock {
    pub fn is_mine(&self, vm: &Vm) -> bool {
        self.count.get() > 0 && self.owner.get() == vm.thread().ident.get()
    }

    /// Waits for the lock. Handlers of signals may run, and raise.
    pub fn acquire(&self, vm: &Vm) -> PyResult<()> {
        if !self.is_mine(vm) {
            self.waiters.wait(vm, None, || self.count.get() == 0)?;
            self.owner.set(vm.thread().ident.get());
        }
        self.count.set(self.count.get() + 1);
        Ok(())
    }

    /// Gives it back, once for each time it was taken.
    pub fn release(&self) {
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.waiters.wake_one();
        }
    }

    /// Takes the lock for as long as the guard lives.
    pub fn hold(&self, vm: &Vm) -> PyResult<Held<'_>> {
        self.acquire(vm)?;
        Ok(Held(self))
    }

    pub fn after_fork(&self, vm: &Vm) {
        self.waiters.forget();
        if !self.is_mine(vm) {
            self.count.set(0);
        }
    }
}

/// The lock is held.
pub(super) struct Held<'l>(&'l Lock);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}
