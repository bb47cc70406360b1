//! `_thread.lock`. The lock itself is a flag that only the thread with the GIL touches.

use std::cell::Cell;
use std::time::Instant;

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::waiters::Waiters;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use kaa_stdlib::seconds::Seconds;

/// How long `acquire` waits.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// It does not wait at all.
    pub at_once: bool,
    /// When it gives up; `None` for never.
    pub deadline: Option<Instant>,
}

impl Patience {
    pub const FOREVER: Patience = Patience { at_once: false, deadline: None };

    /// From the arguments of `acquire`.
    pub fn new(vm: &Vm, blocking: bool, timeout: Option<Value>) -> PyResult<Patience> {
        const UNSET: Seconds = Seconds(-1_000_000_000);
        let timeout = timeout.map_or(Ok(UNSET), |timeout| Seconds::from_object(vm, timeout))?;
        if !blocking {
            if timeout != UNSET {
                return Err(vm.value_error("can't specify a timeout for a non-blocking call"));
            }
            return Ok(Patience { at_once: true, deadline: None });
        }
        if timeout == UNSET {
            return Ok(Patience::FOREVER);
        }
        if timeout < Seconds(0) {
            return Err(vm.value_error("timeout value must be a non-negative number"));
        }
        Ok(Patience { at_once: timeout == Seconds(0), deadline: timeout.deadline() })
    }

    /// Waits in a queue until `ready` says so; false when patience ends.
    pub fn wait(self, vm: &Vm, waiters: &Waiters, mut ready: impl FnMut() -> bool) -> PyResult<bool> {
        if ready() {
            return Ok(true);
        }
        if self.at_once { Ok(false) } else { waiters.wait(vm, self.deadline, ready) }
    }
}

/// `_thread.lock`.
#[repr(C)]
pub struct PyLock {
    header: Header,
    locked: Cell<bool>,
    waiters: Waiters,
}

impl PyLock {
    /// A new lock.
    pub fn unlocked(vm: &Vm) -> PyResult<Gc<PyLock>> {
        vm.alloc(PyLock { header: Header::EMPTY, locked: Cell::new(false), waiters: Waiters::default() })
    }
}

#[py_type(
    name = "lock",
    module = "_thread",
    layout = raw,
    flags(MANAGED_WEAKREF),
    doc = "A lock object is a synchronization primitive.  To create a lock,\ncall threading.Lock().  Methods are:\n\nacquire() -- lock the lock, possibly blocking until it can be obtained\nrelease() -- unlock of the lock\nlocked() -- test whether the lock is currently locked\n\nA lock is not owned by the thread that locked it; another thread may\nunlock it.  A thread attempting to lock a lock that it has already locked\nwill block until another thread unlocks it.  Deadlocks may ensue."
)]
impl PyLock {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyLock>> {
        args.no_keywords(vm, "lock")?;
        if !args.is_empty() {
            let given = args.all().len();
            return Err(vm.type_error(format_args!("lock expected 0 arguments, got {given}")));
        }
        PyLock::unlocked(vm)
    }

    #[method("acquire_lock($self, /, blocking=True, timeout=-1)", doc = "An obsolete synonym of acquire().")]
    #[method(
        "acquire($self, /, blocking=True, timeout=-1)",
        doc = "Lock the lock.  Without argument, this blocks if the lock is already\nlocked (even by the same thread), waiting for another thread to release\nthe lock, and return True once the lock is acquired.\nWith an argument, this will only block if the argument is true,\nand the return value reflects whether the lock is acquired.\nThe blocking operation is interruptible."
    )]
    fn acquire(vm: &Vm, this: Gc<PyLock>, blocking: bool, timeout: Value) -> PyResult<bool> {
        let patience = Patience::new(vm, blocking, Some(timeout))?;
        patience.wait(vm, &this.waiters, || !this.locked.replace(true))
    }

    #[method("release_lock($self, /)", doc = "An obsolete synonym of release().")]
    #[method(
        "release($self, /)",
        doc = "Release the lock, allowing another thread that is blocked waiting for\nthe lock to acquire the lock.  The lock must be in the locked state,\nbut it needn't be locked by the same thread that unlocks it."
    )]
    fn release(vm: &Vm, this: Gc<PyLock>) -> PyResult<()> {
        if !this.locked.replace(false) {
            return Err(vm.runtime_error("release unlocked lock"));
        }
        this.waiters.wake_one();
        Ok(())
    }

    #[method("locked_lock($self, /)", doc = "An obsolete synonym of locked().")]
    #[method("locked($self, /)", doc = "Return whether the lock is in the locked state.")]
    fn locked(_vm: &Vm, this: Gc<PyLock>) -> bool {
        this.locked.get()
    }

    #[method("__enter__($self, /)", doc = "Lock the lock.")]
    fn enter(vm: &Vm, this: Gc<PyLock>) -> PyResult<bool> {
        Patience::FOREVER.wait(vm, &this.waiters, || !this.locked.replace(true))
    }

    #[method("__exit__($self, /, *exc_info)", doc = "Release the lock.")]
    fn exit(vm: &Vm, this: Gc<PyLock>, _exc_info: &[Value]) -> PyResult<()> {
        PyLock::release(vm, this)
    }

    #[method("_at_fork_reinit($self, /)")]
    fn at_fork_reinit(_vm: &Vm, this: Gc<PyLock>) {
        this.locked.set(false);
        this.waiters.forget();
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyLock>) -> String {
        let state = if this.locked.get() { "locked" } else { "unlocked" };
        format!("<{state} _thread.lock object at {:#x}>", vm.pin(this))
    }
}
