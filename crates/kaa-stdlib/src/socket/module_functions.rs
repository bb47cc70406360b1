//! Functions of `_socket` on descriptors, numbers and addresses alone.

use std::ffi::CString;

use kaa_host::socket::{self as host, names};
use kaa_host::{Errno, fd as descriptors};
use kaa_macros::py_functions;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm};

use super::address::pair;
use super::object::PySocket;
use super::waiting::Timeout;
use super::{Socket, os_error, state};
use crate::host_call::{OrRaise, raise};
use crate::parse_tuple::{int, int_or, long, positionals, size};
use crate::path::{encode_strict, fspath, path_bytes};

/// A text without null characters.
pub fn c_text(vm: &Vm, function: &str, place: &str, value: Value) -> PyResult<CString> {
    let Some(text) = vm.cast::<PyStr>(value) else {
        let class = if value.is_none() { "None".to_owned() } else { vm.class_name(value) };
        return Err(vm.type_error(format_args!("{function}() argument{place} must be str, not {class}")));
    };
    CString::new(encode_strict(vm, text)?).map_err(|_| vm.value_error("embedded null character"))
}

/// A number of so many bits without a sign.
fn unsigned(vm: &Vm, value: Value, bits: u32) -> PyResult<u32> {
    let index = vm.index(value)?;
    if vm.int_is_negative(index) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    match vm.int_to_i64(index) {
        Some(number) if number >> bits == 0 => Ok(number as u32),
        _ => Err(vm.overflow_error(format_args!("Python int too large for C uint{bits}_t"))),
    }
}

fn control_length(vm: &Vm, function: &str, args: Args<'_>, length: fn(usize) -> Option<usize>) -> PyResult<usize> {
    let given = positionals(vm, function, args, 1, 1)?;
    let result = usize::try_from(size(vm, given[0])?).ok().and_then(length);
    let out_of_range = || vm.overflow_error(format_args!("{function}() argument out of range"));
    result.filter(|&length| i32::try_from(length).is_ok()).ok_or_else(out_of_range)
}

#[cold]
fn bad_address(vm: &Vm, function: &str) -> Raised {
    os_error(vm, &format!("illegal IP address string passed to {function}"))
}

#[py_functions(FUNCTIONS, of = "_socket")]
impl Socket {
    #[function(
        "socketpair",
        raw,
        doc = "socketpair([family[, type [, proto]]]) -> (socket object, socket object)\n\nCreate a pair of socket objects from the sockets returned by the platform\nsocketpair() function.\nThe arguments are the same as for socket() except the default family is\nAF_UNIX if defined on the platform; otherwise, the default is AF_INET."
    )]
    fn socketpair(vm: &Vm, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "socketpair", args, 0, 3)?;
        let family = int_or(vm, given.first(), libc::AF_UNIX)?;
        let kind = int_or(vm, given.get(1), libc::SOCK_STREAM)?;
        let protocol = int_or(vm, given.get(2), 0)?;
        let (first, second) = host::pair(family, kind | libc::SOCK_CLOEXEC, protocol).or_raise(vm)?;
        let first = PySocket::make(vm, first, family, kind, protocol)?;
        let second = PySocket::make(vm, second, family, kind, protocol)?;
        pair(vm, first.value(), second.value())
    }

    #[function(
        "close(object, /)",
        doc = "close(integer) -> None\n\nClose an integer socket file descriptor.  This is like os.close(), but for\nsockets; on some platforms os.close() won't work for socket file descriptors."
    )]
    fn close(vm: &Vm, object: Value) -> PyResult<()> {
        let fd = descriptor(vm, object)?;
        match vm.without_gil(|| descriptors::close(fd)) {
            Err(Errno(libc::ECONNRESET)) => Ok(()),
            done => done.or_raise(vm),
        }
    }

    #[function(
        "dup(object, /)",
        doc = "dup(integer) -> integer\n\nDuplicate an integer socket file descriptor.  This is like os.dup(), but for\nsockets; on some platforms os.dup() won't work for socket file descriptors."
    )]
    fn dup(vm: &Vm, object: Value) -> PyResult<i32> {
        let fd = descriptor(vm, object)?;
        descriptors::duplicate(fd).or_raise(vm)
    }

    #[function(
        "getdefaulttimeout()",
        doc = "getdefaulttimeout() -> timeout\n\nReturns the default timeout in seconds (float) for new socket objects.\nA value of None indicates that new socket objects have no timeout.\nWhen the socket module is first imported, the default is None."
    )]
    fn getdefaulttimeout(vm: &Vm) -> PyResult {
        state(vm).default_timeout.get().to_object(vm)
    }

    #[function(
        "setdefaulttimeout(object, /)",
        doc = "setdefaulttimeout(timeout)\n\nSet the default timeout in seconds (float) for new socket objects.\nA value of None indicates that new socket objects have no timeout.\nWhen the socket module is first imported, the default is None."
    )]
    fn setdefaulttimeout(vm: &Vm, object: Value) -> PyResult<()> {
        state(vm).default_timeout.set(Timeout::from_object(vm, object)?);
        Ok(())
    }

    #[function("htons(integer, /)", doc = "Convert a 16-bit unsigned integer from host to network byte order.")]
    fn htons(vm: &Vm, integer: Value) -> PyResult<u16> {
        Ok((unsigned(vm, integer, 16)? as u16).to_be())
    }

    #[function("ntohs(integer, /)", doc = "Convert a 16-bit unsigned integer from network to host byte order.")]
    fn ntohs(vm: &Vm, integer: Value) -> PyResult<u16> {
        Ok(u16::from_be(unsigned(vm, integer, 16)? as u16))
    }

    #[function("htonl(integer, /)", doc = "Convert a 32-bit unsigned integer from host to network byte order.")]
    fn htonl(vm: &Vm, integer: Value) -> PyResult<u32> {
        Ok(unsigned(vm, integer, 32)?.to_be())
    }

    #[function("ntohl(integer, /)", doc = "Convert a 32-bit unsigned integer from network to host byte order.")]
    fn ntohl(vm: &Vm, integer: Value) -> PyResult<u32> {
        Ok(u32::from_be(unsigned(vm, integer, 32)?))
    }

    #[function(
        "inet_aton(ip_addr, /)",
        doc = "Convert an IP address in string format (123.45.67.89) to the 32-bit packed binary format used in low-level network functions."
    )]
    fn inet_aton(vm: &Vm, ip_addr: Value) -> PyResult {
        let text = c_text(vm, "inet_aton", "", ip_addr)?;
        match names::parse_inet_loosely(&text) {
            Some(bytes) => Ok(vm.new_bytes(&bytes)?.value()),
            None => Err(bad_address(vm, "inet_aton")),
        }
    }

    #[function(
        "inet_ntoa(packed_ip, /)",
        doc = "Convert an IP address from 32-bit packed binary format to string format."
    )]
    fn inet_ntoa(vm: &Vm, packed_ip: Value) -> PyResult<String> {
        vm.with_bytes(packed_ip, |bytes| match bytes.len() {
            4 => Ok(names::address_text(bytes)),
            _ => Err(os_error(vm, "packed IP wrong length for inet_ntoa")),
        })
    }

    #[function(
        "inet_pton",
        raw,
        doc = "inet_pton(af, ip) -> packed IP address string\n\nConvert an IP address from string format to a packed string suitable\nfor use with low-level network functions."
    )]
    fn inet_pton(vm: &Vm, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "inet_pton", args, 2, 2)?;
        let family = int(vm, given[0])?;
        let text = c_text(vm, "inet_pton", " 2", given[1])?;
        let bytes = match family {
            libc::AF_INET => names::parse_inet(&text).map(|bytes| vm.new_bytes(&bytes)),
            libc::AF_INET6 => names::parse_inet6(&text).map(|bytes| vm.new_bytes(&bytes)),
            _ => return Err(raise(vm, Errno(libc::EAFNOSUPPORT))),
        };
        bytes.transpose()?.map(Gc::value).ok_or_else(|| bad_address(vm, "inet_pton"))
    }

    #[function(
        "inet_ntop",
        raw,
        doc = "inet_ntop(af, packed_ip) -> string formatted IP address\n\nConvert a packed IP address of the given family to string format."
    )]
    fn inet_ntop(vm: &Vm, args: Args<'_>) -> PyResult<String> {
        let given = positionals(vm, "inet_ntop", args, 2, 2)?;
        let family = int(vm, given[0])?;
        vm.with_bytes(given[1], |bytes| match (family, bytes.len()) {
            (libc::AF_INET, 4) | (libc::AF_INET6, 16) => Ok(names::address_text(bytes)),
            (libc::AF_INET | libc::AF_INET6, _) => Err(vm.value_error("invalid length of packed IP address string")),
            _ => Err(vm.value_error(format_args!("unknown address family {family}"))),
        })
    }

    #[function(
        "CMSG_LEN",
        raw,
        doc = "CMSG_LEN(length) -> control message length\n\nReturn the total length, without trailing padding, of an ancillary\ndata item with associated data of the given length.  This value can\noften be used as the buffer size for recvmsg() to receive a single\nitem of ancillary data, but RFC 3542 requires portable applications to\nuse CMSG_SPACE() and thus include space for padding, even when the\nitem will be the last in the buffer.  Raises OverflowError if length\nis outside the permissible range of values."
    )]
    fn cmsg_len(vm: &Vm, args: Args<'_>) -> PyResult<usize> {
        control_length(vm, "CMSG_LEN", args, host::control_len)
    }

    #[function(
        "CMSG_SPACE",
        raw,
        doc = "CMSG_SPACE(length) -> buffer size\n\nReturn the buffer size needed for recvmsg() to receive an ancillary\ndata item with associated data of the given length, along with any\ntrailing padding.  The buffer space needed to receive multiple items\nis the sum of the CMSG_SPACE() values for their associated data\nlengths.  Raises OverflowError if length is outside the permissible\nrange of values."
    )]
    fn cmsg_space(vm: &Vm, args: Args<'_>) -> PyResult<usize> {
        control_length(vm, "CMSG_SPACE", args, host::control_space)
    }

    #[function(
        "if_nameindex()",
        doc = "if_nameindex()\n\nReturns a list of network interface information (index, name) tuples."
    )]
    fn if_nameindex(vm: &Vm) -> PyResult {
        let list = vm.new_list(&[])?;
        for (number, name) in names::interfaces().or_raise(vm)? {
            let name = crate::path::decode_name(vm, name.to_bytes())?;
            list.push(vm, pair(vm, Value::small_int(number.into()), name.value())?)?;
        }
        Ok(list.value())
    }

    #[function(
        "if_nametoindex(oname, /)",
        doc = "Returns the interface index corresponding to the interface name if_name."
    )]
    fn if_nametoindex(vm: &Vm, oname: Value) -> PyResult<u32> {
        let name = fspath(vm, oname)?;
        let Ok(name) = CString::new(path_bytes(vm, name)?) else { return Err(vm.value_error("embedded null byte")) };
        names::interface_number(&name).or_raise(vm)
    }

    #[function(
        "if_indextoname(if_index, /)",
        doc = "Returns the interface name corresponding to the interface index if_index."
    )]
    fn if_indextoname(vm: &Vm, if_index: u32) -> PyResult {
        let name = names::interface_name(if_index).or_raise(vm)?;
        Ok(crate::path::decode_name(vm, name.to_bytes())?.value())
    }
}

fn descriptor(vm: &Vm, value: Value) -> PyResult<i32> {
    i32::try_from(long(vm, value)?).map_err(|_| vm.overflow_error("Python int too large to convert to C int"))
}
