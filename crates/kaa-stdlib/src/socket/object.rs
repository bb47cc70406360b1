//! `_socket.socket`: making, naming, connecting, ending.

use std::cell::Cell;

use kaa_host::socket::{self as host, Address};
use kaa_host::{Errno, fd as descriptors};
use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm};

use super::waiting::{self, For, Timeout};
use super::{address, message, options, state, transfer};
use crate::host_call::{OrRaise, raise};
use crate::parse_tuple::{int, int_or, positionals};

/// `_socket.socket`.
#[repr(C)]
#[derive(Trace)]
pub struct PySocket {
    header: Header,
    /// The descriptor, or -1.
    pub fd: Cell<i32>,
    pub family: Cell<i32>,
    pub kind: Cell<i32>,
    pub protocol: Cell<i32>,
    #[trace(skip)]
    pub timeout: Cell<Timeout>,
}

impl PySocket {
    /// A socket with a descriptor, and the timeout that new ones have.
    pub fn adopt(&self, vm: &Vm, fd: i32, family: i32, kind: i32, protocol: i32) -> PyResult<()> {
        self.fd.set(fd);
        self.family.set(family);
        self.kind.set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
        self.protocol.set(protocol);
        if kind & libc::SOCK_NONBLOCK != 0 {
            self.timeout.set(Timeout::AT_ONCE);
            return Ok(());
        }
        let timeout = state(vm).default_timeout.get();
        self.timeout.set(timeout);
        if timeout.is_never() { Ok(()) } else { descriptors::set_blocking(fd, false).or_raise(vm) }
    }

    fn empty() -> PySocket {
        PySocket {
            header: Header::EMPTY,
            fd: Cell::new(-1),
            family: Cell::new(0),
            kind: Cell::new(0),
            protocol: Cell::new(0),
            timeout: Cell::new(Timeout::NEVER),
        }
    }

    /// A new object with a descriptor.
    pub fn make(vm: &Vm, fd: i32, family: i32, kind: i32, protocol: i32) -> PyResult<Gc<PySocket>> {
        let made = vm.alloc_instance(vm.class::<PySocket>(), PySocket::empty())?;
        made.adopt(vm, fd, family, kind, protocol)?;
        Ok(made)
    }

    /// Calls what may wait, with the socket's timeout.
    pub fn call<T>(&self, vm: &Vm, what: For, call: impl FnMut() -> kaa_host::Result<T>) -> PyResult<T> {
        let timeout = self.timeout.get();
        waiting::call(vm, self.fd.get(), timeout, timeout.deadline(), what, call)
    }

    fn parse_address(&self, vm: &Vm, address: Value, function: &str) -> PyResult<Address> {
        address::parse(vm, self.family.get(), self.protocol.get(), address, function)
    }

    fn set_timeout(&self, vm: &Vm, timeout: Timeout) -> PyResult<()> {
        self.timeout.set(timeout);
        descriptors::set_blocking(self.fd.get(), timeout.is_never()).or_raise(vm)
    }

    /// Connects; gives why that failed, unless it is an exception.
    fn connect_to(&self, vm: &Vm, address: &Address) -> PyResult<Result<(), Errno>> {
        let (fd, timeout) = (self.fd.get(), self.timeout.get());
        let deadline = timeout.deadline();
        match vm.without_gil(|| host::connect(fd, address)) {
            Err(Errno(libc::EINTR)) => {
                // The system goes on connecting.
                vm.check_signals()?;
                if timeout.is_at_once() {
                    return Ok(Err(Errno(libc::EINTR)));
                }
            }
            Err(Errno(libc::EINPROGRESS)) if !timeout.is_never() && !timeout.is_at_once() => {}
            done => return Ok(done),
        }
        match waiting::wait(vm, fd, For::Connection, deadline)? {
            Err(error) => Ok(Err(error)),
            Ok(false) => Ok(Err(Errno(libc::EWOULDBLOCK))),
            Ok(true) => Ok(host::option(fd, libc::SOL_SOCKET, libc::SO_ERROR).and_then(|error| match error {
                0 | libc::EISCONN => Ok(()),
                error => Err(Errno(error)),
            })),
        }
    }

    fn close_descriptor(&self, vm: &Vm) -> PyResult<()> {
        match self.fd.replace(-1) {
            -1 => Ok(()),
            fd => match vm.without_gil(|| descriptors::close(fd)) {
                // The peer has reset the connection: it is closed.
                Err(Errno(libc::ECONNRESET)) => Ok(()),
                done => done.or_raise(vm),
            },
        }
    }
}

/// A descriptor that is given to a new object: family, type and protocol are asked for where they
/// are not said.
fn take_over(vm: &Vm, this: Gc<PySocket>, fileno: Value, given: [i32; 3]) -> PyResult<()> {
    let [mut family, mut kind, mut protocol] = given;
    let fd = crate::parse_tuple::long(vm, fileno)?;
    if fd < 0 {
        return Err(vm.value_error("negative file descriptor"));
    }
    let Ok(fd) = i32::try_from(fd) else { return Err(vm.overflow_error("signed integer is greater than maximum")) };
    let address = host::own_address(fd);
    if family == -1 || matches!(address, Err(Errno(libc::EBADF))) {
        family = address.or_raise(vm)?.family();
    }
    if kind == -1 {
        kind = host::option(fd, libc::SOL_SOCKET, libc::SO_TYPE).or_raise(vm)?;
    }
    if protocol == -1 {
        protocol = host::option(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL).or_raise(vm)?;
    }
    this.adopt(vm, fd, family, kind, protocol)
}

#[py_type(
    name = "socket",
    module = "_socket",
    flags(BASETYPE),
    parts(transfer::METHODS, message::METHODS, options::METHODS),
    doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\nsocket(family=-1, type=-1, proto=-1, fileno=None) -> socket object\n\nOpen a socket of the given type.  The family argument specifies the\naddress family; it defaults to AF_INET.  The type argument specifies\nwhether this is a stream (SOCK_STREAM, this is the default)\nor datagram (SOCK_DGRAM) socket.  The protocol argument defaults to 0,\nspecifying the default protocol.  Keyword arguments are accepted.\nThe socket is created as non-inheritable.\n\nWhen a fileno is passed in, family, type and proto are auto-detected,\nunless they are explicitly set.\n\nA socket object represents one endpoint of a network connection.\n\nMethods of socket objects (keyword arguments not allowed):\n\n_accept() -- accept connection, returning new socket fd and client address\nbind(addr) -- bind the socket to a local address\nclose() -- close the socket\nconnect(addr) -- connect the socket to a remote address\nconnect_ex(addr) -- connect, return an error code instead of an exception\ndup() -- return a new socket fd duplicated from fileno()\nfileno() -- return underlying file descriptor\ngetpeername() -- return remote address [*]\ngetsockname() -- return local address\ngetsockopt(level, optname[, buflen]) -- get socket options\ngettimeout() -- return timeout or None\nlisten([n]) -- start listening for incoming connections\nrecv(buflen[, flags]) -- receive data\nrecv_into(buffer[, nbytes[, flags]]) -- receive data (into a buffer)\nrecvfrom(buflen[, flags]) -- receive data and sender's address\nrecvfrom_into(buffer[, nbytes, [, flags]])\n  -- receive data and sender's address (into a buffer)\nsendall(data[, flags]) -- send all data\nsend(data[, flags]) -- send data, may not send all of it\nsendto(data[, flags], addr) -- send data to a given address\nsetblocking(bool) -- set or clear the blocking I/O flag\ngetblocking() -- return True if socket is blocking, False if non-blocking\nsetsockopt(level, optname, value[, optlen]) -- set socket options\nsettimeout(None | float) -- set or clear the timeout\nshutdown(how) -- shut down traffic in one or both directions\n\n [*] not available on all platforms!"
)]
impl PySocket {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: kaa_objects::Args<'_>) -> PyResult<Gc<PySocket>> {
        vm.alloc_instance(class, PySocket::empty())
    }

    #[init("socket(family=-1, type=-1, proto=-1, fileno=None)")]
    fn init(vm: &Vm, this: Gc<PySocket>, family: i32, r#type: i32, proto: i32, fileno: Value) -> PyResult<()> {
        if let Some(fileno) = fileno.not_none() {
            return take_over(vm, this, fileno, [family, r#type, proto]);
        }
        let default = |number: i32, default: i32| if number == -1 { default } else { number };
        let family = default(family, libc::AF_INET);
        let kind = default(r#type, libc::SOCK_STREAM);
        let protocol = default(proto, 0);
        let fd = vm.without_gil(|| host::create(family, kind | libc::SOCK_CLOEXEC, protocol)).or_raise(vm)?;
        let adopted = this.adopt(vm, fd, family, kind, protocol);
        if adopted.is_err() {
            let _ = descriptors::close(this.fd.replace(-1));
        }
        adopted
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        let (fd, family, kind, proto) = (self.fd.get(), self.family.get(), self.kind.get(), self.protocol.get());
        format!("<socket object, fd={fd}, family={family}, type={kind}, proto={proto}>")
    }

    #[slot(finalize)]
    fn finalize(vm: &Vm, this: Gc<PySocket>) -> PyResult<()> {
        if this.fd.get() == -1 {
            return Ok(());
        }
        let warned = match vm.hooks.warn.get() {
            Some(warn) => {
                let text = format!("unclosed {}", vm.repr_lossy(this.value()));
                warn(vm, vm.exceptions().ResourceWarning.value(), &text, 1)
            }
            None => Ok(()),
        };
        if this.fd.get() != -1 {
            let _ = descriptors::close(this.fd.replace(-1));
        }
        warned
    }

    #[getter("family", doc = "the socket family")]
    fn family(&self) -> i32 {
        self.family.get()
    }

    #[getter("type", doc = "the socket type")]
    fn kind(&self) -> i32 {
        self.kind.get()
    }

    #[getter("proto", doc = "the socket protocol")]
    fn proto(&self) -> i32 {
        self.protocol.get()
    }

    #[getter("timeout", doc = "the socket timeout")]
    fn timeout(&self, vm: &Vm) -> PyResult {
        self.timeout.get().to_object(vm)
    }

    #[method(
        "gettimeout($self, /)",
        doc = "gettimeout() -> timeout\n\nReturns the timeout in seconds (float) associated with socket\noperations. A timeout of None indicates that timeouts on socket\noperations are disabled."
    )]
    fn gettimeout(&self, vm: &Vm) -> PyResult {
        self.timeout.get().to_object(vm)
    }

    #[method(
        "settimeout($self, object, /)",
        doc = "settimeout(timeout)\n\nSet a timeout on socket operations.  'timeout' can be a float,\ngiving in seconds, or None.  Setting a timeout of None disables\nthe timeout feature and is equivalent to setblocking(1).\nSetting a timeout of zero is the same as setblocking(0)."
    )]
    fn settimeout(&self, vm: &Vm, object: Value) -> PyResult<()> {
        self.set_timeout(vm, Timeout::from_object(vm, object)?)
    }

    #[method(
        "setblocking($self, object, /)",
        doc = "setblocking(flag)\n\nSet the socket to blocking (flag is true) or non-blocking (false).\nsetblocking(True) is equivalent to settimeout(None);\nsetblocking(False) is equivalent to settimeout(0.0)."
    )]
    fn setblocking(&self, vm: &Vm, object: bool) -> PyResult<()> {
        self.set_timeout(vm, if object { Timeout::NEVER } else { Timeout::AT_ONCE })
    }

    #[method(
        "getblocking($self, /)",
        doc = "getblocking()\n\nReturns True if socket is in blocking mode, or False if it\nis in non-blocking mode."
    )]
    fn getblocking(&self) -> bool {
        !self.timeout.get().is_at_once()
    }

    #[method("fileno($self, /)", doc = "fileno() -> integer\n\nReturn the integer file descriptor of the socket.")]
    fn fileno(&self) -> i32 {
        self.fd.get()
    }

    #[method("close($self, /)", doc = "close()\n\nClose the socket.  It cannot be used after this call.")]
    fn close(&self, vm: &Vm) -> PyResult<()> {
        self.close_descriptor(vm)
    }

    #[method(
        "detach($self, /)",
        doc = "detach()\n\nClose the socket object without closing the underlying file descriptor.\nThe object cannot be used after this call, but the file descriptor\ncan be reused for other purposes.  The file descriptor is returned."
    )]
    fn detach(&self) -> i32 {
        self.fd.replace(-1)
    }

    #[method(
        "_accept($self, /)",
        doc = "_accept() -> (integer, address info)\n\nWait for an incoming connection.  Return a new socket file descriptor\nrepresenting the connection, and the address of the client.\nFor IP sockets, the address info is a pair (hostaddr, port)."
    )]
    fn accept(&self, vm: &Vm) -> PyResult {
        let fd = self.fd.get();
        let (connection, address) = self.call(vm, For::Reading, || host::accept(fd))?;
        match address::to_object(vm, &address) {
            Ok(address) => address::pair(vm, Value::small_int(connection.into()), address),
            Err(raised) => {
                let _ = descriptors::close(connection);
                Err(raised)
            }
        }
    }

    #[method(
        "bind($self, object, /)",
        doc = "bind(address)\n\nBind the socket to a local address.  For IP sockets, the address is a\npair (host, port); the host must refer to the local host. For raw packet\nsockets the address is a tuple (ifname, proto [,pkttype [,hatype [,addr]]])"
    )]
    fn bind(&self, vm: &Vm, object: Value) -> PyResult<()> {
        let address = self.parse_address(vm, object, "bind")?;
        let fd = self.fd.get();
        vm.without_gil(|| host::bind(fd, &address)).or_raise(vm)
    }

    #[method(
        "connect($self, object, /)",
        doc = "connect(address)\n\nConnect the socket to a remote address.  For IP sockets, the address\nis a pair (host, port)."
    )]
    fn connect(&self, vm: &Vm, object: Value) -> PyResult<()> {
        let address = self.parse_address(vm, object, "connect")?;
        let has_timeout = !self.timeout.get().is_never() && !self.timeout.get().is_at_once();
        match self.connect_to(vm, &address)? {
            Ok(()) => Ok(()),
            Err(Errno(libc::EWOULDBLOCK)) if has_timeout => Err(waiting::timed_out(vm)),
            Err(error) => Err(raise(vm, error)),
        }
    }

    #[method(
        "connect_ex($self, object, /)",
        doc = "connect_ex(address) -> errno\n\nThis is like connect(address), but returns an error code (the errno value)\ninstead of raising an exception when an error occurs."
    )]
    fn connect_ex(&self, vm: &Vm, object: Value) -> PyResult<i32> {
        let address = self.parse_address(vm, object, "connect_ex")?;
        Ok(self.connect_to(vm, &address)?.map_or_else(|error| error.0, |()| 0))
    }

    #[method(
        "listen",
        raw,
        doc = "listen([backlog])\n\nEnable a server to accept connections.  If backlog is specified, it must be\nat least 0 (if it is lower, it is set to 0); it specifies the number of\nunaccepted connections that the system will allow before refusing new\nconnections. If not specified, a default reasonable value is chosen."
    )]
    fn listen(vm: &Vm, this: Gc<PySocket>, args: kaa_objects::Args<'_>) -> PyResult<()> {
        let given = positionals(vm, "listen", args, 0, 1)?;
        let backlog = int_or(vm, given.first(), libc::SOMAXCONN.min(128))?.max(0);
        let fd = this.fd.get();
        vm.without_gil(|| host::listen(fd, backlog)).or_raise(vm)
    }

    #[method(
        "shutdown($self, object, /)",
        doc = "shutdown(flag)\n\nShut down the reading side of the socket (flag == SHUT_RD), the writing side\nof the socket (flag == SHUT_WR), or both ends (flag == SHUT_RDWR)."
    )]
    fn shutdown(&self, vm: &Vm, object: Value) -> PyResult<()> {
        let how = int(vm, object)?;
        let fd = self.fd.get();
        vm.without_gil(|| host::shut_down(fd, how)).or_raise(vm)
    }

    #[method(
        "getsockname($self, /)",
        doc = "getsockname() -> address info\n\nReturn the address of the local endpoint. The format depends on the\naddress family. For IPv4 sockets, the address info is a pair\n(hostaddr, port). For IPv6 sockets, the address info is a 4-tuple\n(hostaddr, port, flowinfo, scope_id)."
    )]
    fn getsockname(&self, vm: &Vm) -> PyResult {
        let fd = self.fd.get();
        let address = vm.without_gil(|| host::own_address(fd)).or_raise(vm)?;
        address::to_object(vm, &address)
    }

    #[method(
        "getpeername($self, /)",
        doc = "getpeername() -> address info\n\nReturn the address of the remote endpoint.  For IP sockets, the address\ninfo is a pair (hostaddr, port)."
    )]
    fn getpeername(&self, vm: &Vm) -> PyResult {
        let fd = self.fd.get();
        let address = vm.without_gil(|| host::peer_address(fd)).or_raise(vm)?;
        address::to_object(vm, &address)
    }
}
