//! `select`: waiting until descriptors can be read or written.

mod epoll;
mod polling;

use std::time::Instant;

use kaa_host::poll::{self as host, FdSet};
use kaa_macros::py_module;
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::host_call::{OrRaise, interruptible};
use crate::module_setup::{add, add_constants};
use crate::path::descriptor_of;
use crate::seconds::Seconds;

/// The module.
pub struct Select;

/// An argument of `select` as a set for the system, with its objects.
struct Wanted {
    objects: ValueVec,
    fds: Vec<i32>,
    set: FdSet,
}

impl Wanted {
    fn of(vm: &Vm, argument: Value) -> PyResult<Wanted> {
        // A list is read as it is: `fileno` methods may change it.
        let list = match vm.cast::<PyList>(argument) {
            Some(list) => list,
            None => match vm.catch(vm.iter(argument), vm.exceptions().TypeError)? {
                Ok(iterator) => vm.list_from(iterator)?,
                Err(_) => return Err(vm.type_error("arguments 1-3 must be sequences")),
            },
        };
        let mut wanted = Wanted { fds: Vec::new(), objects: ValueVec::new(), set: FdSet::default() };
        let mut index = 0;
        while let Some(object) = list.get(index) {
            let fd = descriptor_of(vm, object)?;
            if !wanted.set.insert(fd) {
                return Err(vm.value_error("filedescriptor out of range in select()"));
            }
            if index >= host::FD_SETSIZE {
                return Err(vm.value_error("too many file descriptors in select()"));
            }
            wanted.fds.push(fd);
            wanted.objects.push(vm, object)?;
            index += 1;
        }
        Ok(wanted)
    }

    /// The number above all descriptors.
    fn end(&self) -> i32 {
        self.fds.iter().max().map_or(0, |fd| fd + 1)
    }

    /// The set anew: the system writes its answer into it.
    fn full(&self) -> FdSet {
        let mut set = FdSet::default();
        for &fd in &self.fds {
            set.insert(fd);
        }
        set
    }

    /// The objects whose descriptors are in the set.
    fn ready(&self, vm: &Vm) -> PyResult {
        let list = vm.new_list(&[])?;
        for (&object, &fd) in self.objects.as_slice().iter().zip(&self.fds) {
            if self.set.contains(fd) {
                list.push(vm, object)?;
            }
        }
        Ok(list.value())
    }
}

/// A timeout of seconds; `None` waits for ever.
fn timeout(vm: &Vm, value: Value, expected: &str) -> PyResult<Option<Seconds>> {
    let Some(value) = value.not_none() else { return Ok(None) };
    match vm.catch(Seconds::from_object(vm, value), vm.exceptions().TypeError)? {
        Ok(seconds) => Ok(Some(seconds)),
        Err(_) => Err(vm.type_error(format_args!("timeout must be {expected} or None"))),
    }
}

/// A timeout for calls that count in milliseconds: at least the time that is given, and again what
/// is left of it when the call was interrupted.
pub(crate) struct Milliseconds {
    first: i32,
    deadline: Option<Instant>,
}

impl Milliseconds {
    /// `None` and negative times wait for ever.
    fn new(vm: &Vm, timeout: Option<Seconds>) -> PyResult<Milliseconds> {
        let Some(timeout) = timeout else { return Ok(Milliseconds { first: -1, deadline: None }) };
        let millis = -(-timeout.0).div_euclid(1_000_000);
        let Ok(millis) = i32::try_from(millis) else { return Err(vm.overflow_error("timeout is too large")) };
        if timeout.0 < 0 {
            return Ok(Milliseconds { first: -1, deadline: None });
        }
        Ok(Milliseconds { first: millis, deadline: timeout.deadline() })
    }

    /// The time for the next call.
    fn next(&mut self) -> i32 {
        let next = self.first;
        if let Some(deadline) = self.deadline {
            self.first =
                i32::try_from(deadline.saturating_duration_since(Instant::now()).as_millis()).unwrap_or(i32::MAX);
        }
        next
    }
}

#[py_module(
    name = "select",
    doc = "This module supports asynchronous I/O on multiple file descriptors.\n\n*** IMPORTANT NOTICE ***\nOn Windows, only sockets are supported; on Unix, all file descriptors.",
    types(epoll::PyEpoll),
    setup = set_up
)]
impl Select {
    #[function(
        "select(rlist, wlist, xlist, timeout=None, /)",
        doc = "Wait until one or more file descriptors are ready for some kind of I/O.\n\nThe first three arguments are iterables of file descriptors to be waited\nfor:\nrlist -- wait until ready for reading\nwlist -- wait until ready for writing\nxlist -- wait for an \"exceptional condition\"\nIf only one kind of condition is required, pass [] for the other lists.\n\nA file descriptor is either a socket or file object, or a small integer\ngotten from a fileno() method call on one of those.\n\nThe optional 4th argument specifies a timeout in seconds; it may be\na floating-point number to specify fractions of seconds.  If it is absent\nor None, the call will never time out.\n\nThe return value is a tuple of three lists corresponding to the first\nthree arguments; each contains the subset of the corresponding file\ndescriptors that are ready.\n\n*** IMPORTANT NOTICE ***\nOn Windows, only sockets are supported; on Unix, all file\ndescriptors can be used."
    )]
    fn select(vm: &Vm, rlist: Value, wlist: Value, xlist: Value, timeout: Value) -> PyResult {
        let timeout = self::timeout(vm, timeout, "a float")?;
        if timeout.is_some_and(|timeout| timeout < Seconds(0)) {
            return Err(vm.value_error("timeout must be non-negative"));
        }
        let mut read = Wanted::of(vm, rlist)?;
        let mut write = Wanted::of(vm, wlist)?;
        let mut exceptional = Wanted::of(vm, xlist)?;
        let end = read.end().max(write.end()).max(exceptional.end());
        let deadline = timeout.and_then(Seconds::deadline);
        interruptible(vm, || {
            let left = deadline.map(|deadline| {
                let left = deadline.saturating_duration_since(Instant::now());
                i64::try_from(left.as_nanos().div_ceil(1000)).unwrap_or(i64::MAX)
            });
            for wanted in [&mut read, &mut write, &mut exceptional] {
                wanted.set = wanted.full();
            }
            host::select(end, [&mut read.set, &mut write.set, &mut exceptional.set], left)
        })?
        .or_raise(vm)?;
        let lists = [read.ready(vm)?, write.ready(vm)?, exceptional.ready(vm)?];
        Ok(vm.new_tuple(&lists)?.value())
    }

    #[function(
        "poll()",
        doc = "Returns a polling object.\n\nThis object supports registering and unregistering file descriptors, and\nthen polling them for I/O events."
    )]
    fn poll(vm: &Vm) -> PyResult<Gc<polling::PyPoll>> {
        polling::PyPoll::make(vm)
    }
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    add_constants(vm, module, CONSTANTS)?;
    add(vm, module, "error", vm.exceptions().OSError.value())
}

const CONSTANTS: &[(&str, i64)] = &[
    ("EPOLLERR", libc::EPOLLERR as i64),
    ("EPOLLET", libc::EPOLLET as i64),
    ("EPOLLEXCLUSIVE", libc::EPOLLEXCLUSIVE as i64),
    ("EPOLLHUP", libc::EPOLLHUP as i64),
    ("EPOLLIN", libc::EPOLLIN as i64),
    ("EPOLLMSG", libc::EPOLLMSG as i64),
    ("EPOLLONESHOT", libc::EPOLLONESHOT as i64),
    ("EPOLLOUT", libc::EPOLLOUT as i64),
    ("EPOLLPRI", libc::EPOLLPRI as i64),
    ("EPOLLRDBAND", libc::EPOLLRDBAND as i64),
    ("EPOLLRDHUP", libc::EPOLLRDHUP as i64),
    ("EPOLLRDNORM", libc::EPOLLRDNORM as i64),
    ("EPOLLWAKEUP", libc::EPOLLWAKEUP as i64),
    ("EPOLLWRBAND", libc::EPOLLWRBAND as i64),
    ("EPOLLWRNORM", libc::EPOLLWRNORM as i64),
    ("EPOLL_CLOEXEC", libc::EPOLL_CLOEXEC as i64),
    ("PIPE_BUF", libc::PIPE_BUF as i64),
    ("POLLERR", libc::POLLERR as i64),
    ("POLLHUP", libc::POLLHUP as i64),
    ("POLLIN", libc::POLLIN as i64),
    ("POLLMSG", 0x400),
    ("POLLNVAL", libc::POLLNVAL as i64),
    ("POLLOUT", libc::POLLOUT as i64),
    ("POLLPRI", libc::POLLPRI as i64),
    ("POLLRDBAND", libc::POLLRDBAND as i64),
    ("POLLRDHUP", libc::POLLRDHUP as i64),
    ("POLLRDNORM", libc::POLLRDNORM as i64),
    ("POLLWRBAND", libc::POLLWRBAND as i64),
    ("POLLWRNORM", libc::POLLWRNORM as i64),
];
