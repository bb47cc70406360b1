//! `_thread`: locks. Starting threads is not built yet, so a lock that is taken stays so until
//! this one thread gives it back.

use std::cell::Cell;
use std::time::Duration;

use kaa_macros::{py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::module::PyModule;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

/// The module.
pub struct Thread;

#[py_module(name = "_thread", doc = "This module provides primitive operations to write multi-threaded programs.\nThe 'threading' module provides a more convenient interface.", types(PyRLock), setup = set_up)]
impl Thread {
    #[constant]
    const TIMEOUT_MAX: f64 = 9_223_372_036.0;

    #[function(
        "allocate_lock()",
        doc = "Create a new lock object. See help(type(threading.Lock())) for\ninformation about locks."
    )]
    #[function("allocate()")]
    fn allocate_lock(vm: &Vm) -> PyResult<Gc<PyLock>> {
        vm.alloc(PyLock { header: Header::EMPTY, locked: Cell::new(false) })
    }

    #[function(
        "get_ident()",
        doc = "Return a non-zero integer that uniquely identifies the current thread\namongst other threads that exist simultaneously."
    )]
    fn get_ident(vm: &Vm) -> i64 {
        std::ptr::from_ref(vm.thread()) as i64
    }

    #[function(
        "_get_main_thread_ident()",
        doc = "Internal only. Return a non-zero integer that uniquely identifies the main thread\nof the main interpreter."
    )]
    fn get_main_thread_ident(vm: &Vm) -> i64 {
        std::ptr::from_ref(vm.thread()) as i64
    }

    #[function(
        "get_native_id()",
        doc = "Return a non-negative integer identifying the thread as reported\nby the OS (kernel). This may be used to uniquely identify a\nparticular thread within a system."
    )]
    fn get_native_id() -> i64 {
        // SAFETY: a system call without arguments.
        unsafe { libc::syscall(libc::SYS_gettid) as i64 }
    }

    #[function("_count()", doc = "Return the number of currently running Python threads, excluding\nthe main thread.")]
    fn count() -> i64 {
        0
    }

    #[function(
        "_is_main_interpreter()",
        doc = "Return True if the current interpreter is the main Python interpreter."
    )]
    fn is_main_interpreter() -> bool {
        true
    }

    #[function(
        "daemon_threads_allowed()",
        doc = "Return True if daemon threads are allowed in the current interpreter,\nand False otherwise."
    )]
    fn daemon_threads_allowed() -> bool {
        true
    }

    #[function("stack_size(size=0, /)", doc = "Return the thread stack size used when creating new threads.")]
    fn stack_size(_size: i64) -> i64 {
        0
    }

    #[function("start_new_thread", raw, doc = "Start a new thread and return its identifier.")]
    #[function("start_joinable_thread", raw)]
    #[function("start_new", raw)]
    fn start_new_thread(vm: &Vm, _args: Args<'_>) -> PyResult {
        Err(vm.not_implemented_error("starting threads is not built yet"))
    }
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    dict.set_str(vm, vm.intern("error"), vm.exceptions().RuntimeError.value())?;
    for name in ["lock", "LockType"] {
        dict.set_str(vm, vm.intern(name), vm.class::<PyLock>().value())?;
    }
    Ok(())
}

/// How long to wait for a lock: the arguments of `acquire`. `None`: for ever.
fn patience(vm: &Vm, blocking: bool, timeout: f64) -> PyResult<Option<Duration>> {
    if !blocking {
        if timeout != -1.0 {
            return Err(vm.value_error("can't specify a timeout for a non-blocking call"));
        }
        return Ok(Some(Duration::ZERO));
    }
    if timeout == -1.0 {
        return Ok(None);
    }
    if timeout < 0.0 {
        return Err(vm.value_error("timeout value must be a non-negative number"));
    }
    Duration::try_from_secs_f64(timeout)
        .ok()
        .filter(|wait| wait.as_secs() < 9_223_372_036)
        .map(Some)
        .ok_or_else(|| vm.overflow_error("timeout value is too large"))
}

/// Waits for a lock that no other thread can give back.
fn wait_in_vain(vm: &Vm, patience: Option<Duration>) -> PyResult<bool> {
    match patience {
        Some(wait) => {
            std::thread::sleep(wait);
            Ok(false)
        }
        None => Err(vm.runtime_error("waiting for a lock that no other thread can release")),
    }
}

/// `_thread.lock`.
#[repr(C)]
pub struct PyLock {
    header: Header,
    locked: Cell<bool>,
}

#[py_type(name = "lock", module = "_thread", layout = raw, doc = "A lock object is a synchronization primitive.  To create a lock,\ncall threading.Lock().")]
impl PyLock {
    #[new("lock()")]
    fn new(vm: &Vm, _class: Gc<PyType>) -> PyResult<Gc<PyLock>> {
        vm.alloc(PyLock { header: Header::EMPTY, locked: Cell::new(false) })
    }

    #[method(
        "acquire($self, /, blocking=True, timeout=-1.0)",
        doc = "Lock the lock.\n\nWithout argument, this blocks if the lock is already\nlocked (even by the same thread), waiting for another thread to release\nthe lock, and return True once the lock is acquired.\nWith an argument, this will only block if the argument is true,\nand the return value reflects whether the lock is acquired.\nThe blocking operation is interruptible."
    )]
    #[method("acquire_lock($self, /, blocking=True, timeout=-1.0)")]
    fn acquire(vm: &Vm, this: Gc<PyLock>, blocking: bool, timeout: f64) -> PyResult<bool> {
        let patience = patience(vm, blocking, timeout)?;
        if this.locked.replace(true) { wait_in_vain(vm, patience) } else { Ok(true) }
    }

    #[method(
        "release($self, /)",
        doc = "Release the lock.\n\nAllows another thread that is blocked waiting for\nthe lock to acquire the lock.  The lock must be in the locked state,\nbut it needn't be locked by the same thread that unlocks it."
    )]
    #[method("release_lock($self, /)")]
    fn release(vm: &Vm, this: Gc<PyLock>) -> PyResult<()> {
        if this.locked.replace(false) { Ok(()) } else { Err(vm.runtime_error("release unlocked lock")) }
    }

    #[method("locked($self, /)", doc = "Return whether the lock is in the locked state.")]
    #[method("locked_lock($self, /)")]
    fn locked(_vm: &Vm, this: Gc<PyLock>) -> bool {
        this.locked.get()
    }

    #[method("__enter__($self, /)", doc = "Lock the lock.")]
    fn enter(vm: &Vm, this: Gc<PyLock>) -> PyResult<bool> {
        PyLock::acquire(vm, this, true, -1.0)
    }

    #[method("__exit__($self, /, *exc_info)", doc = "Release the lock.")]
    fn exit(vm: &Vm, this: Gc<PyLock>, _exc_info: &[Value]) -> PyResult<()> {
        PyLock::release(vm, this)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyLock>) -> PyResult {
        let state = if this.locked.get() { "locked" } else { "unlocked" };
        Ok(vm.new_str(&format!("<{state} _thread.lock object at {:#x}>", vm.pin(this)))?.value())
    }
}

/// `_thread.RLock`.
#[repr(C)]
pub struct PyRLock {
    header: Header,
    count: Cell<usize>,
}

#[py_type(name = "RLock", module = "_thread", layout = raw, flags(BASETYPE))]
impl PyRLock {
    #[new("RLock()")]
    fn new(vm: &Vm, class: Gc<PyType>) -> PyResult<Gc<PyRLock>> {
        vm.alloc_instance(class, PyRLock { header: Header::EMPTY, count: Cell::new(0) })
    }

    #[method(
        "acquire($self, /, blocking=True, timeout=-1.0)",
        doc = "Lock the lock.\n\n`blocking` indicates whether we should wait\nfor the lock to be available or not."
    )]
    fn acquire(vm: &Vm, this: Gc<PyRLock>, blocking: bool, timeout: f64) -> PyResult<bool> {
        patience(vm, blocking, timeout)?;
        this.count.set(this.count.get() + 1);
        Ok(true)
    }

    #[method("release($self, /)", doc = "Release the lock.")]
    fn release(vm: &Vm, this: Gc<PyRLock>) -> PyResult<()> {
        match this.count.get() {
            0 => Err(vm.runtime_error("cannot release un-acquired lock")),
            count => {
                this.count.set(count - 1);
                Ok(())
            }
        }
    }

    #[method("locked($self, /)", doc = "Return a boolean indicating whether this object is locked right now.")]
    fn locked(_vm: &Vm, this: Gc<PyRLock>) -> bool {
        this.count.get() > 0
    }

    #[method("__enter__($self, /)", doc = "Lock the lock.")]
    fn enter(_vm: &Vm, this: Gc<PyRLock>) -> bool {
        this.count.set(this.count.get() + 1);
        true
    }

    #[method("__exit__($self, /, *exc_info)", doc = "Release the lock.")]
    fn exit(vm: &Vm, this: Gc<PyRLock>, _exc_info: &[Value]) -> PyResult<()> {
        PyRLock::release(vm, this)
    }

    #[method("_is_owned($self, /)", doc = "For internal use by `threading.Condition`.")]
    fn is_owned(_vm: &Vm, this: Gc<PyRLock>) -> bool {
        this.count.get() > 0
    }

    #[method("_recursion_count($self, /)", doc = "For internal use by reentrancy checks.")]
    fn recursion_count(_vm: &Vm, this: Gc<PyRLock>) -> usize {
        this.count.get()
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyRLock>) -> PyResult {
        let (count, state) = (this.count.get(), if this.count.get() > 0 { "locked" } else { "unlocked" });
        let text = format!("<{state} _thread.RLock object owner=0 count={count} at {:#x}>", vm.pin(this));
        Ok(vm.new_str(&text)?.value())
    }
}
