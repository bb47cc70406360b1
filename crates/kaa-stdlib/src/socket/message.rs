//! Messages in pieces, with data beside them: `sendmsg`, `recvmsg`. The pieces are copied: rows of
//! views of objects' memory cannot stand where the collector does not see them.

use kaa_host::socket::{self as host, Control, Received};
use kaa_macros::py_methods;
use kaa_objects::buffer::{Buffer, request};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::object::PySocket;
use super::waiting::For;
use super::{address, os_error};
use crate::parse_tuple::{int, int_or, positionals, size};

/// The most pieces of a message.
const MOST_PIECES: usize = 1024;

/// The items of an iterable that is an argument.
fn iterable(vm: &Vm, function: &str, place: usize, value: Value) -> PyResult<ValueVec> {
    if vm.slots_of(value).iter.is_none() && !vm.is_sequence(value) {
        return Err(vm.type_error(format_args!("{function}() argument {place} must be an iterable")));
    }
    ValueVec::from_iterable(vm, value)
}

/// Room for data beside a message.
fn control_room(vm: &Vm, value: Option<&Value>) -> PyResult<usize> {
    let len = value.map_or(Ok(0), |&value| size(vm, value))?;
    match i32::try_from(len) {
        Ok(len @ 0..) => Ok(len as usize),
        _ => Err(vm.value_error("invalid ancillary data buffer length")),
    }
}

/// What came beside a message, its flags, and who sent it.
fn beside(vm: &Vm, received: &Received) -> PyResult<[Value; 3]> {
    let made = (|| {
        let list = vm.new_list(&[])?;
        for (level, kind, data) in &received.controls {
            let data = vm.new_bytes(data)?.value();
            let item = [Value::small_int((*level).into()), Value::small_int((*kind).into()), data];
            list.push(vm, vm.new_tuple(&item)?.value())?;
        }
        let sender = address::to_object(vm, &received.address)?;
        Ok([list.value(), Value::small_int(received.flags.into()), sender])
    })();
    if made.is_err() {
        close_received(received);
    }
    made
}

/// A piece to receive into.
fn writable(vm: &Vm, piece: Value) -> PyResult<Buffer> {
    let view = match vm.is_bytes_like(piece) {
        true => vm.catch(vm.buffer(piece, request::WRITABLE), vm.exceptions().BufferError)?.ok(),
        false => None,
    };
    view.ok_or_else(|| {
        vm.type_error("recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers")
    })
}

fn zeroed(vm: &Vm, len: usize) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(len).is_err() {
        return Err(vm.no_memory());
    }
    bytes.resize(len, 0);
    Ok(bytes)
}

/// Closes descriptors that came with a message which nobody will see.
fn close_received(received: &Received) {
    for (level, kind, data) in &received.controls {
        if (*level, *kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            for fd in data.chunks_exact(4) {
                let _ = kaa_host::fd::close(i32::from_ne_bytes([fd[0], fd[1], fd[2], fd[3]]));
            }
        }
    }
}

/// Data to be sent beside a message.
fn controls(vm: &Vm, items: &ValueVec) -> PyResult<Vec<(i32, i32, Vec<u8>)>> {
    const NAME: &str = "[sendmsg() ancillary data items]";
    let mut controls = Vec::with_capacity(items.len());
    let mut total = 0usize;
    for &item in items.as_slice() {
        let Some(tuple) = vm.cast::<PyTuple>(item) else {
            let class = vm.class_name(item);
            return Err(vm.type_error(format_args!("{NAME}() argument must be 3-item tuple, not {class}")));
        };
        let &[level, kind, data] = tuple.as_slice() else {
            let len = tuple.len();
            return Err(vm.type_error(format_args!("{NAME}() argument must be tuple of length 3, not {len}")));
        };
        let (level, kind) = (int(vm, level)?, int(vm, kind)?);
        let bytes = vm.with_bytes(data, |bytes| Ok(bytes.to_vec()))?;
        let Some(space) = host::control_space(bytes.len()) else {
            return Err(os_error(vm, "ancillary data item too large"));
        };
        total += space;
        if total > i32::MAX as usize {
            return Err(os_error(vm, "too much ancillary data"));
        }
        controls.push((level, kind, bytes));
    }
    Ok(controls)
}

#[py_methods(METHODS, of = "socket")]
impl PySocket {
    #[method(
        "sendmsg",
        raw,
        doc = "sendmsg(buffers[, ancdata[, flags[, address]]]) -> count\n\nSend normal and ancillary data to the socket, gathering the\nnon-ancillary data from a series of buffers and concatenating it into\na single message.  The buffers argument specifies the non-ancillary\ndata as an iterable of bytes-like objects (e.g. bytes objects).\nThe ancdata argument specifies the ancillary data (control messages)\nas an iterable of zero or more tuples (cmsg_level, cmsg_type,\ncmsg_data), where cmsg_level and cmsg_type are integers specifying the\nprotocol level and protocol-specific type respectively, and cmsg_data\nis a bytes-like object holding the associated data.  The flags\nargument defaults to 0 and has the same meaning as for send().  If\naddress is supplied and not None, it sets a destination address for\nthe message.  The return value is the number of bytes of non-ancillary\ndata sent."
    )]
    fn sendmsg(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult<usize> {
        let given = positionals(vm, "sendmsg", args, 1, 4)?;
        let flags = int_or(vm, given.get(2), 0)?;
        let address = match given.get(3).copied().and_then(Value::not_none) {
            Some(address) => Some(address::parse(vm, this.family.get(), this.protocol.get(), address, "sendmsg")?),
            None => None,
        };
        let pieces = iterable(vm, "sendmsg", 1, given[0])?;
        if pieces.len() > MOST_PIECES {
            return Err(os_error(vm, "sendmsg() argument 1 is too long"));
        }
        let mut bytes = Vec::new();
        for &piece in pieces.as_slice() {
            vm.with_bytes(piece, |piece| {
                bytes.extend_from_slice(piece);
                Ok(())
            })?;
        }
        let controls = match given.get(1) {
            Some(&items) => controls(vm, &iterable(vm, "sendmsg", 2, items)?)?,
            None => Vec::new(),
        };
        let controls: Vec<Control<'_>> =
            controls.iter().map(|(level, kind, data)| Control { level: *level, kind: *kind, data }).collect();
        let fd = this.fd.get();
        this.call(vm, For::Writing, || host::send_message(fd, &[&bytes], &controls, flags, address.as_ref()))
    }

    #[method(
        "recvmsg",
        raw,
        doc = "recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)\n\nReceive normal data (up to bufsize bytes) and ancillary data from the\nsocket.  The ancbufsize argument sets the size in bytes of the\ninternal buffer used to receive the ancillary data; it defaults to 0,\nmeaning that no ancillary data will be received.  Appropriate buffer\nsizes for ancillary data can be calculated using CMSG_SPACE() or\nCMSG_LEN(), and items which do not fit into the buffer might be\ntruncated or discarded.  The flags argument defaults to 0 and has the\nsame meaning as for recv().\n\nThe return value is a 4-tuple: (data, ancdata, msg_flags, address).\nThe data item is a bytes object holding the non-ancillary data\nreceived.  The ancdata item is a list of zero or more tuples\n(cmsg_level, cmsg_type, cmsg_data) representing the ancillary data\n(control messages) received: cmsg_level and cmsg_type are integers\nspecifying the protocol level and protocol-specific type respectively,\nand cmsg_data is a bytes object holding the associated data.  The\nmsg_flags item is the bitwise OR of various flags indicating\nconditions on the received message; see your system documentation for\ndetails.  If the receiving socket is unconnected, address is the\naddress of the sending socket, if available; otherwise, its value is\nunspecified.\n\nIf recvmsg() raises an exception after the system call returns, it\nwill first attempt to close any file descriptors received via the\nSCM_RIGHTS mechanism."
    )]
    fn recvmsg(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "recvmsg", args, 1, 3)?;
        let (len, flags) = (size(vm, given[0])?, int_or(vm, given.get(2), 0)?);
        let Ok(len) = usize::try_from(len) else {
            return Err(vm.value_error("negative buffer size in recvmsg()"));
        };
        let room = control_room(vm, given.get(1))?;
        let mut buffer = zeroed(vm, len)?;
        let fd = this.fd.get();
        let received =
            this.call(vm, For::Reading, || host::receive_message(fd, &mut [&mut buffer[..]], room, flags))?;
        let [controls, flags, sender] = beside(vm, &received)?;
        let bytes = vm.new_bytes(&buffer[..received.count])?.value();
        Ok(vm.new_tuple(&[bytes, controls, flags, sender])?.value())
    }

    #[method(
        "recvmsg_into",
        raw,
        doc = "recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)\n\nReceive normal data and ancillary data from the socket, scattering the\nnon-ancillary data into a series of buffers.  The buffers argument\nmust be an iterable of objects that export writable buffers\n(e.g. bytearray objects); these will be filled with successive chunks\nof the non-ancillary data until it has all been written or there are\nno more buffers.  The ancbufsize argument sets the size in bytes of\nthe internal buffer used to receive the ancillary data; it defaults to\n0, meaning that no ancillary data will be received.  Appropriate\nbuffer sizes for ancillary data can be calculated using CMSG_SPACE()\nor CMSG_LEN(), and items which do not fit into the buffer might be\ntruncated or discarded.  The flags argument defaults to 0 and has the\nsame meaning as for recv().\n\nThe return value is a 4-tuple: (nbytes, ancdata, msg_flags, address).\nThe nbytes item is the total number of bytes of non-ancillary data\nwritten into the buffers.  The ancdata item is a list of zero or more\ntuples (cmsg_level, cmsg_type, cmsg_data) representing the ancillary\ndata (control messages) received: cmsg_level and cmsg_type are\nintegers specifying the protocol level and protocol-specific type\nrespectively, and cmsg_data is a bytes object holding the associated\ndata.  The msg_flags item is the bitwise OR of various flags\nindicating conditions on the received message; see your system\ndocumentation for details.  If the receiving socket is unconnected,\naddress is the address of the sending socket, if available; otherwise,\nits value is unspecified.\n\nIf recvmsg_into() raises an exception after the system call returns,\nit will first attempt to close any file descriptors received via the\nSCM_RIGHTS mechanism."
    )]
    fn recvmsg_into(vm: &Vm, this: Gc<PySocket>, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "recvmsg_into", args, 1, 3)?;
        let flags = int_or(vm, given.get(2), 0)?;
        let pieces = iterable(vm, "recvmsg_into", 1, given[0])?;
        if pieces.len() > MOST_PIECES {
            return Err(os_error(vm, "recvmsg_into() argument 1 is too long"));
        }
        let mut len = 0;
        for &piece in pieces.as_slice() {
            len += writable(vm, piece)?.len;
        }
        let room = control_room(vm, given.get(1))?;
        let mut bytes = zeroed(vm, len)?;
        let fd = this.fd.get();
        let received = this.call(vm, For::Reading, || host::receive_message(fd, &mut [&mut bytes[..]], room, flags))?;
        let mut rest = &bytes[..received.count];
        for &piece in pieces.as_slice() {
            let view = writable(vm, piece)?;
            let (part, after) = rest.split_at(view.len.min(rest.len()));
            view.with_bytes_mut(|place| place[..part.len()].copy_from_slice(part));
            rest = after;
        }
        let [controls, flags, sender] = beside(vm, &received)?;
        let count = Value::small_int(received.count as i64);
        Ok(vm.new_tuple(&[count, controls, flags, sender])?.value())
    }
}
