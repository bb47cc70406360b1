//! `_thread.RLock`: a lock that its owner may take again.

use std::cell::Cell;

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::waiters::Waiters;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::lock::Patience;

/// `_thread.RLock`.
#[repr(C)]
pub struct PyRLock {
    header: Header,
    /// The identifier of the thread that has it; 0 when none has.
    owner: Cell<u64>,
    count: Cell<u64>,
    waiters: Waiters,
}

impl PyRLock {
    fn is_mine(&self, vm: &Vm) -> bool {
        self.count.get() > 0 && self.owner.get() == vm.thread().ident.get()
    }

    fn take(vm: &Vm, this: Gc<PyRLock>, patience: Patience, count: u64) -> PyResult<bool> {
        let ident = vm.thread().ident.get();
        patience.wait(vm, &this.waiters, || {
            let free = this.count.get() == 0;
            if free {
                this.owner.set(ident);
                this.count.set(count);
            }
            free
        })
    }

    fn give(&self) {
        self.owner.set(0);
        self.count.set(0);
        self.waiters.wake_one();
    }
}

#[py_type(name = "RLock", module = "_thread", layout = raw, flags(BASETYPE, MANAGED_WEAKREF))]
impl PyRLock {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyRLock>> {
        let rlock =
            PyRLock { header: Header::EMPTY, owner: Cell::new(0), count: Cell::new(0), waiters: Waiters::default() };
        vm.alloc_instance(class, rlock)
    }

    #[method(
        "acquire($self, /, blocking=True, timeout=-1)",
        doc = "Lock the lock.  `blocking` indicates whether we should wait\nfor the lock to be available or not.  If `blocking` is False\nand another thread holds the lock, the method will return False\nimmediately.  If `blocking` is True and another thread holds\nthe lock, the method will wait for the lock to be released,\ntake it and then return True.\n(note: the blocking operation is interruptible.)\n\nIn all other cases, the method will return True immediately.\nPrecisely, if the current thread already holds the lock, its\ninternal counter is simply incremented. If nobody holds the lock,\nthe lock is taken and its internal counter initialized to 1."
    )]
    fn acquire(vm: &Vm, this: Gc<PyRLock>, blocking: bool, timeout: Value) -> PyResult<bool> {
        let patience = Patience::new(vm, blocking, Some(timeout))?;
        if this.is_mine(vm) {
            this.count.set(this.count.get() + 1);
            return Ok(true);
        }
        PyRLock::take(vm, this, patience, 1)
    }

    #[method(
        "release($self, /)",
        doc = "Release the lock, allowing another thread that is blocked waiting for\nthe lock to acquire the lock.  The lock must be in the locked state,\nand must be locked by the same thread that unlocks it; otherwise a\n`RuntimeError` is raised.\n\nDo note that if the lock was acquire()d several times in a row by the\ncurrent thread, release() needs to be called as many times for the lock\nto be available for other threads."
    )]
    fn release(vm: &Vm, this: Gc<PyRLock>) -> PyResult<()> {
        if !this.is_mine(vm) {
            return Err(vm.runtime_error("cannot release un-acquired lock"));
        }
        match this.count.get() - 1 {
            0 => this.give(),
            count => this.count.set(count),
        }
        Ok(())
    }

    #[method(
        "locked($self, /)",
        doc = "locked()\n\nReturn a boolean indicating whether this object is locked right now."
    )]
    fn locked(_vm: &Vm, this: Gc<PyRLock>) -> bool {
        this.count.get() > 0
    }

    #[method("__enter__($self, /)", doc = "Lock the lock.")]
    fn enter(vm: &Vm, this: Gc<PyRLock>) -> PyResult<bool> {
        if this.is_mine(vm) {
            this.count.set(this.count.get() + 1);
            return Ok(true);
        }
        PyRLock::take(vm, this, Patience::FOREVER, 1)
    }

    #[method("__exit__($self, /, *exc_info)", doc = "Release the lock.")]
    fn exit(vm: &Vm, this: Gc<PyRLock>, _exc_info: &[Value]) -> PyResult<()> {
        PyRLock::release(vm, this)
    }

    #[method("_is_owned($self, /)", doc = "For internal use by `threading.Condition`.")]
    fn is_owned(vm: &Vm, this: Gc<PyRLock>) -> bool {
        this.is_mine(vm)
    }

    #[method("_recursion_count($self, /)", doc = "For internal use by reentrancy checks.")]
    fn recursion_count(vm: &Vm, this: Gc<PyRLock>) -> u64 {
        if this.is_mine(vm) { this.count.get() } else { 0 }
    }

    #[method("_release_save($self, /)", doc = "For internal use by `threading.Condition`.")]
    fn release_save(vm: &Vm, this: Gc<PyRLock>) -> PyResult {
        if this.count.get() == 0 {
            return Err(vm.runtime_error("cannot release un-acquired lock"));
        }
        let state = vm.new_tuple(&[vm.new_int(this.count.get() as i64)?, vm.new_int(this.owner.get() as i64)?])?;
        this.give();
        Ok(state.value())
    }

    #[method("_acquire_restore($self, state, /)", doc = "For internal use by `threading.Condition`.")]
    fn acquire_restore(vm: &Vm, this: Gc<PyRLock>, state: Value) -> PyResult<()> {
        let Some(state) = vm.cast::<PyTuple>(state) else {
            let class = vm.class_name(state);
            let text = format!("_acquire_restore() argument 1 must be 2-item tuple, not {class}");
            return Err(vm.type_error(text));
        };
        let &[count, owner] = state.as_slice() else {
            let len = state.len();
            let text = format!("_acquire_restore() argument 1 must be tuple of length 2, not {len}");
            return Err(vm.type_error(text));
        };
        let number = |value: Value| -> PyResult<u64> { Ok(vm.int_to_i64(vm.index(value)?).unwrap_or(0) as u64) };
        let (count, owner) = (number(count)?, number(owner)?);
        // A handler of a signal that raises must not make a condition lose its lock.
        let mut interrupted = None;
        loop {
            match PyRLock::take(vm, this, Patience::FOREVER, count) {
                Ok(_) => break,
                Err(raised) => interrupted = Some(vm.take_exception(raised)),
            }
        }
        this.owner.set(owner);
        interrupted.map_or(Ok(()), |exception| Err(vm.raise_again(exception)))
    }

    #[method("_at_fork_reinit($self, /)")]
    fn at_fork_reinit(_vm: &Vm, this: Gc<PyRLock>) {
        this.owner.set(0);
        this.count.set(0);
        this.waiters.forget();
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyRLock>) -> String {
        let (count, owner) = (this.count.get(), this.owner.get());
        let state = if count > 0 { "locked" } else { "unlocked" };
        let class = vm.class_name(this.value());
        let class = if class == "RLock" { "_thread.RLock".to_owned() } else { class };
        format!("<{state} {class} object owner={owner} count={count} at {:#x}>", vm.pin(this))
    }
}
