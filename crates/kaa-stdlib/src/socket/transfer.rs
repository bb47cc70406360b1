//! Sending and receiving.

use kaa_host::socket as host;
use kaa_macros::py_methods;
use kaa_objects::buffer::{Buffer, request};
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::address::{self, pair};
use super::object::PySocket;
use super::waiting::{self, For};
use crate::parse_tuple::{int, int_or, positionals, size};

/// Receives at most so many bytes into a new object.
fn receive_new<T>(
    vm: &Vm,
    len: usize,
    receive: impl FnOnce(&mut [u8]) -> PyResult<(usize, T)>,
) -> PyResult<(Value, T)> {
    const ON_STACK: usize = 16 << 10;
    if len <= ON_STACK {
        let mut buffer = [0; ON_STACK];
        let (count, rest) = receive(&mut buffer[..len])?;
        return Ok((vm.new_bytes(&buffer[..count])?.value(), rest));
    }
    let mut buffer = Vec::new();
    if buffer.try_reserve_exact(len).is_err() {
        return Err(vm.no_memory());
    }
    buffer.resize(len, 0);
    let (count, rest) = receive(&mut buffer)?;
    Ok((vm.new_bytes(&buffer[..count])?.value(), rest))
}

/// A buffer to receive into.
fn writable(vm: &Vm, function: &str, value: Value) -> PyResult<Buffer> {
    let view = if vm.is_bytes_like(value) {
        vm.catch(vm.buffer(value, request::WRITABLE), vm.exceptions().BufferError)?.ok()
    } else {
        None
    };
    view.ok_or_else(|| {
        let class = vm.class_name(value);
        vm.type_error(format_args!("{function}() argument 1 must be read-write bytes-like object, not {class}"))
    })
}

fn not_negative(vm: &Vm, size: isize, function: &str) -> PyResult<usize> {
    usize::try_from(size).map_err(|_| vm.value_error(format_args!("negative buffersize in {function}")))
}

#[py_methods(METHODS, of = "socket")]
impl PySocket {
    #[method(
        "recv",
        raw,
        doc = "recv(buffersize[, flags]) -> data\n\nReceive up to buffersize bytes from the socket.  For the optional flags\nargument, see the Unix manual.  When no data is available, block until\nat least one byte is available or until the remote end is closed.  When\nthe remote end is closed and all data is read, return the empty string."
    )]
    fn recv(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "recv", args, 1, 2)?;
        let (len, flags) = (size(vm, given[0])?, int_or(vm, given.get(1), 0)?);
        let len = not_negative(vm, len, "recv")?;
        let fd = this.fd.get();
        let receive = |buffer: &mut [u8]| Ok((this.call(vm, For::Reading, || host::receive(fd, buffer, flags))?, ()));
        receive_new(vm, len, receive).map(|(bytes, ())| bytes)
    }

    #[method(
        "recv_into($self, buffer, nbytes=0, flags=0)",
        doc = "recv_into(buffer, [nbytes[, flags]]) -> nbytes_read\n\nA version of recv() that stores its data into a buffer rather than creating\na new string.  Receive up to buffersize bytes from the socket.  If buffersize\nis not specified (or 0), receive up to the size available in the given buffer.\n\nSee recv() for documentation about the flags."
    )]
    fn recv_into(vm: &Vm, this: Gc<PySocket>, buffer: Value, nbytes: isize, flags: i32) -> PyResult<usize> {
        let view = writable(vm, "recv_into", buffer)?;
        let mut len = not_negative(vm, nbytes, "recv_into")?;
        if len == 0 {
            len = view.len;
        }
        if len > view.len {
            return Err(vm.value_error("buffer too small for requested bytes"));
        }
        let fd = this.fd.get();
        this.call(vm, For::Reading, || view.with_bytes_mut(|bytes| host::receive(fd, &mut bytes[..len], flags)))
    }

    #[method(
        "recvfrom",
        raw,
        doc = "recvfrom(buffersize[, flags]) -> (data, address info)\n\nLike recv(buffersize, flags) but also return the sender's address info."
    )]
    fn recvfrom(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "recvfrom", args, 1, 2)?;
        let (len, flags) = (size(vm, given[0])?, int_or(vm, given.get(1), 0)?);
        let len = not_negative(vm, len, "recvfrom")?;
        let fd = this.fd.get();
        let receive = |buffer: &mut [u8]| this.call(vm, For::Reading, || host::receive_from(fd, buffer, flags));
        let (bytes, sender) = receive_new(vm, len, receive)?;
        pair(vm, bytes, address::to_object(vm, &sender)?)
    }

    #[method(
        "recvfrom_into($self, buffer, nbytes=0, flags=0)",
        doc = "recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)\n\nLike recv_into(buffer[, nbytes[, flags]]) but also return the sender's address info."
    )]
    fn recvfrom_into(vm: &Vm, this: Gc<PySocket>, buffer: Value, nbytes: isize, flags: i32) -> PyResult {
        let view = writable(vm, "recvfrom_into", buffer)?;
        let mut len = not_negative(vm, nbytes, "recvfrom_into")?;
        if len == 0 {
            len = view.len;
        }
        if len > view.len {
            return Err(vm.value_error("nbytes is greater than the length of the buffer"));
        }
        let fd = this.fd.get();
        let receive = || view.with_bytes_mut(|bytes| host::receive_from(fd, &mut bytes[..len], flags));
        let (count, sender) = this.call(vm, For::Reading, receive)?;
        pair(vm, Value::small_int(count as i64), address::to_object(vm, &sender)?)
    }

    #[method(
        "send",
        raw,
        doc = "send(data[, flags]) -> count\n\nSend a data string to the socket.  For the optional flags\nargument, see the Unix manual.  Return the number of bytes\nsent; this may be less than len(data) if the network is busy."
    )]
    fn send(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult<usize> {
        let given = positionals(vm, "send", args, 1, 2)?;
        let view = vm.buffer(given[0], request::SIMPLE)?;
        let flags = int_or(vm, given.get(1), 0)?;
        let fd = this.fd.get();
        this.call(vm, For::Writing, || host::send(fd, view.as_slice(), flags))
    }

    #[method(
        "sendall",
        raw,
        doc = "sendall(data[, flags])\n\nSend a data string to the socket.  For the optional flags\nargument, see the Unix manual.  This calls send() repeatedly\nuntil all data is sent.  If an error occurs, it's impossible\nto tell how much data has been sent."
    )]
    fn sendall(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult<()> {
        let given = positionals(vm, "sendall", args, 1, 2)?;
        let view = vm.buffer(given[0], request::SIMPLE)?;
        let flags = int_or(vm, given.get(1), 0)?;
        let timeout = this.timeout.get();
        let deadline = timeout.deadline();
        let mut sent = 0;
        loop {
            let fd = this.fd.get();
            sent += waiting::call(vm, fd, timeout, deadline, For::Writing, || {
                host::send(fd, &view.as_slice()[sent..], flags)
            })?;
            if sent >= view.len {
                return Ok(());
            }
            if deadline.is_some_and(|deadline| std::time::Instant::now() >= deadline) {
                return Err(waiting::timed_out(vm));
            }
            vm.check_signals()?;
        }
    }

    #[method(
        "sendto",
        raw,
        doc = "sendto(data[, flags], address) -> count\n\nLike send(data, flags) but allows specifying the destination address.\nFor IP sockets, the address is a pair (hostaddr, port)."
    )]
    fn sendto(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult<usize> {
        args.no_keywords(vm, "sendto")?;
        let (data, flags, address) = match *args.positionals() {
            [data, address] => (data, None, address),
            [data, flags, address] => (data, Some(flags), address),
            ref other => {
                let count = other.len();
                return Err(vm.type_error(format_args!("sendto() takes 2 or 3 arguments ({count} given)")));
            }
        };
        let view = vm.buffer(data, request::SIMPLE)?;
        let flags = flags.map_or(Ok(0), |flags| int(vm, flags))?;
        let address = address::parse(vm, this.family.get(), this.protocol.get(), address, "sendto")?;
        let fd = this.fd.get();
        this.call(vm, For::Writing, || host::send_to(fd, view.as_slice(), flags, &address))
    }
}
