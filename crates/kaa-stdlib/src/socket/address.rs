//! Addresses as Python has them: pairs for IP, paths for Unix, and so on.

use std::ffi::{CStr, CString};

use kaa_host::socket::names::{self, Hints};
use kaa_host::socket::{Address, Endpoint};
use kaa_objects::types::bytearray::PyByteArray;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::{address_error, os_error};
use crate::parse_tuple::{int, low_bits};
use crate::path::{decode_name, encode_name};

/// Qualcomm's message router.
const AF_QIPCRTR: i32 = 42;

/// The name of a host for the system: ASCII as it is, other texts in the coding of IDNA.
pub fn host_bytes(vm: &Vm, host: Value, not_text: impl FnOnce(&str) -> Raised) -> PyResult<Vec<u8>> {
    if let Some(bytes) = vm.cast::<PyBytes>(host) {
        return Ok(bytes.as_slice().to_vec());
    }
    if vm.cast::<PyByteArray>(host).is_some() {
        return vm.with_bytes(host, |bytes| Ok(bytes.to_vec()));
    }
    let Some(text) = vm.cast::<PyStr>(host) else { return Err(not_text(&vm.class_name(host))) };
    if let Some(ascii) = text.as_ascii() {
        return Ok(ascii.as_bytes().to_vec());
    }
    idna(vm, text)
}

/// The coding of IDNA, by the codec in Python's library.
fn idna(vm: &Vm, text: Gc<PyStr>) -> PyResult<Vec<u8>> {
    let encoded = vm.call_method_str(text.value(), "encode", &[vm.intern("idna").value()])?;
    vm.with_bytes(encoded, |bytes| Ok(bytes.to_vec()))
}

/// The name of a host in an address.
fn host_name(vm: &Vm, host: Value) -> PyResult<CString> {
    let bytes =
        host_bytes(vm, host, |class| vm.type_error(format_args!("str, bytes or bytearray expected, not {class}")))?;
    CString::new(bytes).map_err(|_| vm.type_error("host name must not contain null character"))
}

/// The one address of a host in a family (`AF_UNSPEC`: in any). Empty is any address of this
/// machine, `<broadcast>` is all machines.
pub fn resolve(vm: &Vm, name: &CStr, family: i32) -> PyResult<Address> {
    let bytes = name.to_bytes();
    if bytes.is_empty() {
        let hints = Hints { flags: libc::AI_PASSIVE, family, kind: libc::SOCK_DGRAM, protocol: 0 };
        let found = vm.without_gil(|| names::look_up(None, Some(c"0"), hints));
        let found = found.map_err(|error| address_error(vm, error))?;
        let [only] = &found[..] else { return Err(os_error(vm, "wildcard resolved to multiple address")) };
        return Ok(only.address);
    }
    if matches!(bytes, b"255.255.255.255" | b"<broadcast>") {
        if !matches!(family, libc::AF_INET | libc::AF_UNSPEC) {
            return Err(os_error(vm, "address family mismatched"));
        }
        return Ok(Address::inet([255; 4], 0));
    }
    if matches!(family, libc::AF_INET | libc::AF_UNSPEC)
        && let Some(ip) = names::parse_inet(name)
    {
        return Ok(Address::inet(ip, 0));
    }
    if matches!(family, libc::AF_INET6 | libc::AF_UNSPEC)
        && !bytes.contains(&b'%')
        && let Some(ip) = names::parse_inet6(name)
    {
        return Ok(Address::inet6(ip, 0, 0, 0));
    }
    let hints = Hints { family, ..Hints::default() };
    let found = vm.without_gil(|| names::look_up(Some(name), None, hints));
    let found = found.map_err(|error| address_error(vm, error))?;
    Ok(found[0].address)
}

/// The items of a tuple that is an address.
fn items(vm: &Vm, function: &str, family: &str, value: Value) -> PyResult<Gc<PyTuple>> {
    vm.cast::<PyTuple>(value).ok_or_else(|| {
        let class = vm.class_name(value);
        vm.type_error(format_args!("{function}(): {family} address must be tuple, not {class}"))
    })
}

fn port(vm: &Vm, function: &str, value: Value) -> PyResult<u16> {
    let out_of_range = || vm.overflow_error(format_args!("{function}(): port must be 0-65535."));
    match vm.catch(int(vm, value), vm.exceptions().OverflowError)? {
        Ok(port) => u16::try_from(port).map_err(|_| out_of_range()),
        Err(_) => Err(out_of_range()),
    }
}

fn flow(vm: &Vm, function: &str, value: Option<&Value>) -> PyResult<u32> {
    let flow = value.map_or(Ok(0), |&value| low_bits(vm, value))? as u32;
    if flow > 0xfffff {
        return Err(vm.overflow_error(format_args!("{function}(): flowinfo must be 0-1048575.")));
    }
    Ok(flow)
}

/// An address for a socket of a family and protocol.
pub fn parse(vm: &Vm, family: i32, protocol: i32, value: Value, function: &str) -> PyResult<Address> {
    match family {
        libc::AF_INET => inet(vm, value, function),
        libc::AF_INET6 => inet6(vm, value, function),
        libc::AF_UNIX => unix(vm, value),
        libc::AF_NETLINK => {
            let items = items(vm, function, "AF_NETLINK", value)?;
            let &[pid, groups] = items.as_slice() else {
                return Err(vm.type_error("AF_NETLINK address must be a pair (pid, groups)"));
            };
            Ok(Address::netlink(low_bits(vm, pid)? as u32, low_bits(vm, groups)? as u32))
        }
        libc::AF_PACKET => packet(vm, value, function),
        libc::AF_VSOCK => {
            let items = items(vm, function, "AF_VSOCK", value)?;
            let &[cid, port] = items.as_slice() else {
                return Err(vm.type_error("AF_VSOCK address must be a pair (CID, port)"));
            };
            Ok(Address::vsock(low_bits(vm, cid)? as u32, low_bits(vm, port)? as u32))
        }
        AF_QIPCRTR => {
            let items = items(vm, function, "AF_QIPCRTR", value)?;
            let &[node, port] = items.as_slice() else {
                return Err(vm.type_error("AF_QIPCRTR address must be a pair (node, port)"));
            };
            Ok(Address::qipcrtr(low_bits(vm, node)? as u32, low_bits(vm, port)? as u32))
        }
        _ => {
            let _ = protocol;
            Err(os_error(vm, &format!("{function}(): bad family")))
        }
    }
}

fn inet(vm: &Vm, value: Value, function: &str) -> PyResult<Address> {
    let items = items(vm, function, "AF_INET", value)?;
    let &[host, number] = items.as_slice() else {
        return Err(vm.type_error("AF_INET address must be a pair (host, port)"));
    };
    let host = host_name(vm, host)?;
    let port = port(vm, function, number)?;
    match resolve(vm, &host, libc::AF_INET)?.endpoint() {
        Endpoint::Inet(ip, _) => Ok(Address::inet(ip, port)),
        _ => Err(os_error(vm, "address family mismatched")),
    }
}

fn inet6(vm: &Vm, value: Value, function: &str) -> PyResult<Address> {
    let items = items(vm, function, "AF_INET6", value)?;
    let items = items.as_slice();
    if !(2..=4).contains(&items.len()) {
        return Err(vm.type_error("AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"));
    }
    let host = host_name(vm, items[0])?;
    let port = port(vm, function, items[1])?;
    let scope = items.get(3).map_or(Ok(0), |&scope| low_bits(vm, scope))? as u32;
    let flow = flow(vm, function, items.get(2))?;
    match resolve(vm, &host, libc::AF_INET6)?.endpoint() {
        // A link may be named in the host: `fe80::1%eth0`.
        Endpoint::Inet6 { ip, scope: named, .. } => {
            Ok(Address::inet6(ip, port, flow, if scope == 0 { named } else { scope }))
        }
        _ => Err(os_error(vm, "address family mismatched")),
    }
}

fn unix(vm: &Vm, value: Value) -> PyResult<Address> {
    let address = match vm.cast::<PyStr>(value) {
        Some(text) => Address::unix(&encode_name(vm, text)?),
        None => vm.with_bytes(value, |bytes| Ok(Address::unix(bytes)))?,
    };
    address.ok_or_else(|| os_error(vm, "AF_UNIX path too long"))
}

fn packet(vm: &Vm, value: Value, function: &str) -> PyResult<Address> {
    let items = items(vm, function, "AF_PACKET", value)?;
    let items = items.as_slice();
    let shape =
        "AF_PACKET address must be a tuple of two to five elements (ifname, proto[, pkttype[, hatype[, haddr]]])";
    if !(2..=5).contains(&items.len()) {
        return Err(vm.type_error(shape));
    }
    let Some(name) = vm.cast::<PyStr>(items[0]) else { return Err(vm.type_error(shape)) };
    let Ok(name) = CString::new(encode_name(vm, name)?) else { return Err(vm.value_error("embedded null character")) };
    let protocol = int(vm, items[1])?;
    let kind = items.get(2).map_or(Ok(0), |&kind| int(vm, kind))?;
    let hardware = items.get(3).map_or(Ok(0), |&hardware| int(vm, hardware))?;
    let mut bytes = Vec::new();
    if let Some(&given) = items.get(4) {
        vm.with_bytes(given, |given| {
            bytes.extend_from_slice(given);
            Ok(())
        })?;
    }
    if bytes.len() > 8 {
        return Err(vm.value_error("Hardware address must be 8 bytes or less"));
    }
    let Ok(protocol) = u16::try_from(protocol) else {
        return Err(vm.overflow_error(format_args!("{function}(): proto must be 0-65535.")));
    };
    let interface = names::interface_number(&name).map_err(|error| crate::host_call::raise(vm, error))?;
    Ok(Address::packet(interface, protocol, kind as u8, hardware as u16, &bytes))
}

/// An address as Python has it.
pub fn to_object(vm: &Vm, address: &Address) -> PyResult {
    let int = |number: u32| Value::small_int(number.into());
    let text = |ip: &[u8]| vm.new_str(&names::address_text(ip)).map(Gc::value);
    let items = match address.endpoint() {
        Endpoint::None => return Ok(Value::NONE),
        Endpoint::Inet(ip, port) => return pair(vm, text(&ip)?, int(port.into())),
        Endpoint::Inet6 { ip, port, flow, scope } => {
            vm.new_tuple(&[text(&ip)?, int(port.into()), int(flow), int(scope)])?
        }
        Endpoint::Unix(path) if path.first() == Some(&0) => return Ok(vm.new_bytes(path)?.value()),
        Endpoint::Unix(path) => return Ok(decode_name(vm, path)?.value()),
        Endpoint::Netlink { pid, groups } => return pair(vm, int(pid), int(groups)),
        Endpoint::Vsock { cid, port } => return pair(vm, int(cid), int(port)),
        Endpoint::Qipcrtr { node, port } => return pair(vm, int(node), int(port)),
        Endpoint::Packet { interface, protocol, kind, hardware, address } => {
            let name = names::interface_name(interface).unwrap_or_default();
            let name = decode_name(vm, name.to_bytes())?.value();
            let address = vm.new_bytes(address)?.value();
            vm.new_tuple(&[name, int(protocol.into()), int(kind.into()), int(hardware.into()), address])?
        }
        Endpoint::Other(family, bytes) => {
            return pair(vm, Value::small_int(family.into()), vm.new_bytes(bytes)?.value());
        }
    };
    Ok(items.value())
}

/// A pair.
pub fn pair(vm: &Vm, first: Value, second: Value) -> PyResult {
    Ok(vm.new_tuple(&[first, second])?.value())
}
