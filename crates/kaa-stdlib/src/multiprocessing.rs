//! `_multiprocessing`: locks and semaphores between processes.

use std::cell::{Cell, RefCell};
use std::ffi::CString;

use kaa_host::semaphore::{self, Semaphore};
use kaa_host::{Errno, clock};
use kaa_macros::{py_module, py_type};
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm};

use crate::host_call::{OrRaise, interruptible};
use crate::module_setup::add;

/// The module.
pub struct Multiprocessing;

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let flags = vm.new_dict()?;
    for name in ["HAVE_SEM_OPEN", "HAVE_SEM_TIMEDWAIT"] {
        flags.set_str(vm, vm.intern(name), Value::small_int(1))?;
    }
    let largest = Value::small_int(semaphore::VALUE_MAX.into());
    let class = vm.class::<PySemLock>();
    class.dict.get_set().set_str(vm, vm.intern("SEM_VALUE_MAX"), largest)?;
    add(vm, module, "flags", flags.value())
}

#[py_module(name = "_multiprocessing", types(PySemLock), setup = set_up)]
impl Multiprocessing {
    #[function("sem_unlink(name, /)")]
    fn sem_unlink(vm: &Vm, name: Gc<PyStr>) -> PyResult<()> {
        semaphore::unlink(&system_name(vm, name)?).or_raise(vm)
    }
}

fn system_name(vm: &Vm, name: Gc<PyStr>) -> PyResult<CString> {
    let Some(text) = name.to_utf8() else {
        return Err(vm.value_error("the name of a semaphore must be encodable as UTF-8"));
    };
    CString::new(text).map_err(|_| vm.value_error("embedded null character"))
}

/// The kind of a lock that a thread may take again.
const RECURSIVE_MUTEX: i32 = 0;
const SEMAPHORE: i32 = 1;

/// `_multiprocessing.SemLock`.
#[repr(C)]
#[derive(Trace)]
pub struct PySemLock {
    header: Header,
    #[trace(skip)]
    semaphore: Semaphore,
    kind: i32,
    maxvalue: i32,
    /// Nothing when the name was removed at once.
    #[trace(skip)]
    name: RefCell<Option<String>>,
    /// How often this process has taken it more than given it back.
    #[trace(skip)]
    count: Cell<i32>,
    /// The thread that took it last.
    #[trace(skip)]
    owner: Cell<u64>,
}

impl PySemLock {
    fn make(
        vm: &Vm,
        class: Gc<PyType>,
        semaphore: Semaphore,
        (kind, maxvalue): (i32, i32),
        name: Option<String>,
    ) -> PyResult<Gc<PySemLock>> {
        let (count, owner, name) = (Cell::new(0), Cell::new(0), RefCell::new(name));
        vm.alloc_instance(class, PySemLock { header: Header::EMPTY, semaphore, kind, maxvalue, name, count, owner })
    }

    fn is_mine(&self, vm: &Vm) -> bool {
        self.count.get() > 0 && vm.thread().ident.get() == self.owner.get()
    }

    fn take(&self, vm: &Vm, block: bool, timeout: Value) -> PyResult<bool> {
        if self.kind == RECURSIVE_MUTEX && self.is_mine(vm) {
            self.count.set(self.count.get() + 1);
            return Ok(true);
        }
        let deadline = match timeout.not_none() {
            Some(timeout) => {
                // What a float cannot say is for ever.
                let nanos = (vm.to_f64(timeout)?.max(0.0) * 1e9 + 0.5) as i64;
                Some(clock::now(libc::CLOCK_REALTIME).or_raise(vm)?.saturating_add(nanos))
            }
            None => None,
        };
        // The object may be all that holds it: a copy is kept for the wait.
        let semaphore = self.semaphore.clone();
        let mut result = interruptible(vm, || semaphore.try_wait())?;
        if result == Err(Errno(libc::EAGAIN)) && block {
            result = interruptible(vm, || match deadline {
                Some(deadline) => semaphore.wait_until(deadline),
                None => semaphore.wait(),
            })?;
        }
        match result {
            Ok(()) => {
                self.count.set(self.count.get() + 1);
                self.owner.set(vm.thread().ident.get());
                Ok(true)
            }
            Err(Errno(libc::EAGAIN | libc::ETIMEDOUT)) => Ok(false),
            Err(error) => Err(error).or_raise(vm),
        }
    }

    fn give_back(&self, vm: &Vm) -> PyResult<()> {
        if self.kind == RECURSIVE_MUTEX {
            if !self.is_mine(vm) {
                let message = "attempt to release recursive lock not owned by thread";
                return Err(vm.raise_new(vm.exceptions().AssertionError, message));
            }
            if self.count.get() > 1 {
                self.count.set(self.count.get() - 1);
                return Ok(());
            }
        } else if self.semaphore.value().or_raise(vm)? >= self.maxvalue {
            // Another process may come between this and the next call.
            return Err(vm.value_error("semaphore or lock released too many times"));
        }
        self.semaphore.post().or_raise(vm)?;
        self.count.set(self.count.get() - 1);
        Ok(())
    }
}

#[py_type(name = "SemLock", module = "_multiprocessing", drop, flags(BASETYPE), doc = "Semaphore/Mutex type")]
impl PySemLock {
    #[new("SemLock(kind, value, maxvalue, name, unlink)", signature = "")]
    fn new(
        vm: &Vm,
        class: Gc<PyType>,
        kind: i32,
        value: i32,
        maxvalue: i32,
        name: Gc<PyStr>,
        unlink: bool,
    ) -> PyResult<Gc<PySemLock>> {
        if kind != RECURSIVE_MUTEX && kind != SEMAPHORE {
            return Err(vm.value_error("unrecognized kind"));
        }
        let system_name = system_name(vm, name)?;
        // What is negative is too large, which the system says.
        let made = Semaphore::create(&system_name, value as u32).or_raise(vm)?;
        if unlink {
            semaphore::unlink(&system_name).or_raise(vm)?;
        }
        let name = (!unlink).then(|| name.to_string_lossy());
        PySemLock::make(vm, class, made, (kind, maxvalue), name)
    }

    #[classmethod("_rebuild($type, handle, kind, maxvalue, name, /)")]
    fn rebuild(
        vm: &Vm,
        class: Gc<PyType>,
        handle: usize,
        kind: i32,
        maxvalue: i32,
        name: Option<Gc<PyStr>>,
    ) -> PyResult<Gc<PySemLock>> {
        let opened = match name {
            Some(name) => Semaphore::open(&system_name(vm, name)?).or_raise(vm)?,
            None => Semaphore::of_handle(handle).ok_or_else(|| vm.value_error("no semaphore has this handle"))?,
        };
        PySemLock::make(vm, class, opened, (kind, maxvalue), name.map(|name| name.to_string_lossy()))
    }

    #[method("acquire($self, /, block=True, timeout=None)", doc = "Acquire the semaphore/lock.")]
    fn acquire(vm: &Vm, this: Gc<PySemLock>, block: bool, timeout: Value) -> PyResult<bool> {
        this.take(vm, block, timeout)
    }

    #[method("release($self, /)", doc = "Release the semaphore/lock.")]
    fn release(vm: &Vm, this: Gc<PySemLock>) -> PyResult<()> {
        this.give_back(vm)
    }

    #[method("__enter__($self, /)", doc = "Enter the semaphore/lock.")]
    fn enter(vm: &Vm, this: Gc<PySemLock>) -> PyResult<bool> {
        this.take(vm, true, Value::NONE)
    }

    #[method("__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)", doc = "Exit the semaphore/lock.")]
    fn exit(vm: &Vm, this: Gc<PySemLock>, exc_type: Value, exc_value: Value, exc_tb: Value) -> PyResult<()> {
        let _ = (exc_type, exc_value, exc_tb);
        this.give_back(vm)
    }

    #[method("_count($self, /)", doc = "Num of `acquire()`s minus num of `release()`s for this process.")]
    fn count(this: Gc<PySemLock>) -> i64 {
        this.count.get().into()
    }

    #[method("_is_mine($self, /)", doc = "Whether the lock is owned by this thread.")]
    fn is_mine_now(vm: &Vm, this: Gc<PySemLock>) -> bool {
        this.is_mine(vm)
    }

    #[method("_get_value($self, /)", doc = "Get the value of the semaphore.")]
    fn get_value(vm: &Vm, this: Gc<PySemLock>) -> PyResult<i64> {
        this.semaphore.value().or_raise(vm).map(i64::from)
    }

    #[method("_is_zero($self, /)", doc = "Return whether semaphore has value zero.")]
    fn is_zero(vm: &Vm, this: Gc<PySemLock>) -> PyResult<bool> {
        this.semaphore.value().or_raise(vm).map(|value| value == 0)
    }

    #[method("_after_fork($self, /)", doc = "Rezero the net acquisition count after fork().")]
    fn after_fork(this: Gc<PySemLock>) {
        this.count.set(0);
    }

    #[getter("handle", member, doc = "")]
    fn handle(vm: &Vm, this: Gc<PySemLock>) -> PyResult {
        vm.new_int_u64(this.semaphore.handle() as u64)
    }

    #[getter("kind", member, doc = "")]
    fn kind(this: Gc<PySemLock>) -> i64 {
        this.kind.into()
    }

    #[getter("maxvalue", member, doc = "")]
    fn maxvalue(this: Gc<PySemLock>) -> i64 {
        this.maxvalue.into()
    }

    #[getter("name", member, doc = "")]
    fn name(vm: &Vm, this: Gc<PySemLock>) -> PyResult {
        match &*this.name.borrow() {
            Some(name) => Ok(vm.new_str(name)?.value()),
            None => Ok(Value::NONE),
        }
    }
}
