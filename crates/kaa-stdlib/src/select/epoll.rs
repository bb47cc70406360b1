//! `select.epoll`: descriptors that the system watches between the calls.

use std::cell::Cell;

use kaa_host::fd::close;
use kaa_host::poll as host;
use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::{Gc, PyResult, Raised, Trace, Value, Vm};

use super::{Milliseconds, timeout};
use crate::host_call::{OrRaise, interruptible};
use crate::path::descriptor_of;

/// An epoll descriptor; -1 when it is closed.
struct Handle(Cell<i32>);

impl Drop for Handle {
    fn drop(&mut self) {
        if self.0.get() >= 0 {
            let _ = close(self.0.get());
        }
    }
}

/// `select.epoll`.
#[repr(C)]
#[derive(Trace)]
pub struct PyEpoll {
    header: Header,
    #[trace(skip)]
    handle: Handle,
}

impl PyEpoll {
    fn make(vm: &Vm, class: Gc<PyType>, fd: i32) -> PyResult<Gc<PyEpoll>> {
        vm.alloc_instance(class, PyEpoll { header: Header::EMPTY, handle: Handle(Cell::new(fd)) })
    }

    fn open(&self, vm: &Vm) -> PyResult<i32> {
        match self.handle.0.get() {
            fd if fd >= 0 => Ok(fd),
            _ => Err(closed(vm)),
        }
    }

    fn close_handle(&self, vm: &Vm) -> PyResult<()> {
        match self.handle.0.replace(-1) {
            fd if fd >= 0 => vm.without_gil(|| close(fd)).or_raise(vm),
            _ => Ok(()),
        }
    }

    fn control(&self, vm: &Vm, operation: i32, fd: Value, events: u32) -> PyResult<()> {
        let epoll = self.open(vm)?;
        let fd = descriptor_of(vm, fd)?;
        host::epoll_control(epoll, operation, fd, events).or_raise(vm)
    }
}

#[cold]
fn closed(vm: &Vm) -> Raised {
    vm.value_error("I/O operation on closed epoll object")
}

#[py_type(
    name = "epoll",
    module = "select",
    drop,
    doc = "select.epoll(sizehint=-1, flags=0)\n\nReturns an epolling object\n\nsizehint must be a positive integer or -1 for the default size. The\nsizehint is used to optimize internal data structures. It doesn't limit\nthe maximum number of monitored events."
)]
impl PyEpoll {
    #[new("epoll(sizehint=-1, flags=0)")]
    fn new(vm: &Vm, class: Gc<PyType>, sizehint: i32, flags: i32) -> PyResult<Gc<PyEpoll>> {
        if sizehint != -1 && sizehint <= 0 {
            return Err(vm.value_error("negative sizehint"));
        }
        if flags & !libc::EPOLL_CLOEXEC != 0 {
            return Err(vm.raise_new(vm.exceptions().OSError, "invalid flags"));
        }
        let fd = host::epoll_create(libc::EPOLL_CLOEXEC).or_raise(vm)?;
        PyEpoll::make(vm, class, fd)
    }

    #[classmethod("fromfd($type, fd, /)", doc = "Create an epoll object from a given control fd.")]
    fn fromfd(vm: &Vm, class: Gc<PyType>, fd: i32) -> PyResult<Gc<PyEpoll>> {
        let fd = if fd == -1 { host::epoll_create(libc::EPOLL_CLOEXEC).or_raise(vm)? } else { fd };
        PyEpoll::make(vm, class, fd)
    }

    #[method(
        "close($self, /)",
        doc = "Close the epoll control file descriptor.\n\nFurther operations on the epoll object will raise an exception."
    )]
    fn close(&self, vm: &Vm) -> PyResult<()> {
        self.close_handle(vm)
    }

    #[getter("closed", doc = "True if the epoll handler is closed")]
    fn closed(&self) -> bool {
        self.handle.0.get() < 0
    }

    #[method("fileno($self, /)", doc = "Return the epoll control file descriptor.")]
    fn fileno(&self, vm: &Vm) -> PyResult<i32> {
        self.open(vm)
    }

    #[method(
        "register($self, /, fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)",
        doc = "Registers a new fd or raises an OSError if the fd is already registered.\n\n  fd\n    the target file descriptor of the operation\n  eventmask\n    a bit set composed of the various EPOLL constants\n\nThe epoll interface supports all file descriptors that support poll."
    )]
    fn register(&self, vm: &Vm, fd: Value, eventmask: Option<u32>) -> PyResult<()> {
        let all = libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT;
        self.control(vm, libc::EPOLL_CTL_ADD, fd, eventmask.unwrap_or(all as u32))
    }

    #[method(
        "modify($self, /, fd, eventmask)",
        doc = "Modify event mask for a registered file descriptor.\n\n  fd\n    the target file descriptor of the operation\n  eventmask\n    a bit set composed of the various EPOLL constants"
    )]
    fn modify(&self, vm: &Vm, fd: Value, eventmask: u32) -> PyResult<()> {
        self.control(vm, libc::EPOLL_CTL_MOD, fd, eventmask)
    }

    #[method(
        "unregister($self, /, fd)",
        doc = "Remove a registered file descriptor from the epoll object.\n\n  fd\n    the target file descriptor of the operation"
    )]
    fn unregister(&self, vm: &Vm, fd: Value) -> PyResult<()> {
        self.control(vm, libc::EPOLL_CTL_DEL, fd, 0)
    }

    #[method(
        "poll($self, /, timeout=None, maxevents=-1)",
        doc = "Wait for events on the epoll file descriptor.\n\n  timeout\n    the maximum time to wait in seconds (as float);\n    a timeout of None or -1 makes poll wait indefinitely\n  maxevents\n    the maximum number of events returned; -1 means no limit\n\nReturns a list containing any descriptors that have events to\nreport, as a list of (fd, events) 2-tuples."
    )]
    fn poll(&self, vm: &Vm, timeout: Value, maxevents: i32) -> PyResult {
        let epoll = self.open(vm)?;
        let mut timeout = Milliseconds::new(vm, self::timeout(vm, timeout, "an integer")?)?;
        let most = match maxevents {
            -1 => host::FD_SETSIZE - 1,
            most if most < 1 => {
                return Err(vm.value_error(format_args!("maxevents must be greater than 0, got {most}")));
            }
            most => most as usize,
        };
        let events = interruptible(vm, || host::epoll_wait(epoll, most, timeout.next()))?.or_raise(vm)?;
        let list = vm.new_list_with_capacity(events.len())?;
        for (fd, events) in events {
            let pair = vm.new_tuple(&[Value::small_int(fd.into()), Value::small_int(events.into())])?;
            list.push(vm, pair.value())?;
        }
        Ok(list.value())
    }

    #[method("__enter__($self, /)")]
    fn enter(vm: &Vm, this: Gc<PyEpoll>) -> PyResult<Gc<PyEpoll>> {
        this.open(vm)?;
        Ok(this)
    }

    #[method("__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)")]
    fn exit(vm: &Vm, this: Gc<PyEpoll>, exc_type: Value, exc_value: Value, exc_tb: Value) -> PyResult<()> {
        let _ = (exc_type, exc_value, exc_tb);
        this.close_handle(vm)
    }
}
