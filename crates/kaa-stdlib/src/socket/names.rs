//! Names of hosts and services.

use std::ffi::{CStr, CString};

use kaa_host::socket::Endpoint;
use kaa_host::socket::names::{self as host, Hints, Host};
use kaa_macros::py_functions;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, PyResult, Raised, Value, Vm};

use super::address::{self, host_bytes, pair, resolve};
use super::module_functions::c_text;
use super::{Socket, address_error, host_error, os_error};
use crate::host_call::OrRaise;
use crate::parse_tuple::{int, low_bits, positionals};
use crate::path::{decode_name, encode_strict};

/// The name of a host as the one argument of a function.
fn host_argument(vm: &Vm, function: &str, args: Args<'_>) -> PyResult<CString> {
    let given = positionals(vm, function, args, 1, 1)?;
    let bytes = host_bytes(vm, given[0], |class| {
        let text = format!("{function}() argument 1 must be str, bytes or bytearray, not {class}");
        vm.type_error(text)
    })?;
    CString::new(bytes).map_err(|_| {
        let class = vm.class_name(given[0]);
        let text = format!("{function}() argument 1 must be encoded string without null bytes, not {class}");
        vm.type_error(text)
    })
}

fn text(vm: &Vm, text: &CStr) -> PyResult {
    Ok(decode_name(vm, text.to_bytes())?.value())
}

/// The result of the older calls: name, other names, addresses.
fn host_result(vm: &Vm, found: &Host) -> PyResult {
    let aliases = vm.new_list(&[])?;
    for alias in &found.aliases {
        aliases.push(vm, text(vm, alias)?)?;
    }
    let addresses = vm.new_list(&[])?;
    for bytes in &found.addresses {
        addresses.push(vm, vm.new_str(&host::address_text(bytes))?.value())?;
    }
    Ok(vm.new_tuple(&[text(vm, &found.name)?, aliases.value(), addresses.value()])?.value())
}

/// The host of `getaddrinfo`. What follows a null character is not looked at, as in C.
fn wanted_host(vm: &Vm, value: Value) -> PyResult<Option<CString>> {
    if value.is_none() {
        return Ok(None);
    }
    let bytes = if let Some(text) = vm.cast::<PyStr>(value) {
        match text.as_ascii() {
            Some(ascii) => ascii.as_bytes().to_vec(),
            None => host_bytes(vm, value, |_| vm.type_error("not reached: it is a text"))?,
        }
    } else if let Some(bytes) = vm.cast::<PyBytes>(value) {
        bytes.as_slice().to_vec()
    } else {
        return Err(vm.type_error("getaddrinfo() argument 1 must be string or None"));
    };
    Ok(Some(until_null(bytes)))
}

fn until_null(mut bytes: Vec<u8>) -> CString {
    bytes.truncate(bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len()));
    CString::new(bytes).unwrap_or_default()
}

/// The service of `getaddrinfo`: a number or a name.
fn wanted_service(vm: &Vm, value: Value) -> PyResult<Option<CString>> {
    if value.is_none() {
        return Ok(None);
    }
    let bytes = if vm.is_int(value) {
        let index = vm.index_exact(value)?;
        encode_strict(vm, vm.str(index)?)?
    } else if let Some(text) = vm.cast::<PyStr>(value) {
        encode_strict(vm, text)?
    } else if let Some(bytes) = vm.cast::<PyBytes>(value) {
        bytes.as_slice().to_vec()
    } else {
        return Err(os_error(vm, "Int or String expected"));
    };
    Ok(Some(until_null(bytes)))
}

#[cold]
fn no_such(vm: &Vm, what: &str) -> Raised {
    os_error(vm, &format!("{what} not found"))
}

#[py_functions(FUNCTIONS, of = "_socket")]
impl Socket {
    #[function(
        "getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)",
        doc = "getaddrinfo(host, port [, family, type, proto, flags])\n    -> list of (family, type, proto, canonname, sockaddr)\n\nResolve host and port into addrinfo struct."
    )]
    fn getaddrinfo(vm: &Vm, host: Value, port: Value, family: i32, r#type: i32, proto: i32, flags: i32) -> PyResult {
        let name = wanted_host(vm, host)?;
        let service = wanted_service(vm, port)?;
        let hints = Hints { flags, family, kind: r#type, protocol: proto };
        let found = vm.without_gil(|| host::look_up(name.as_deref(), service.as_deref(), hints));
        let list = vm.new_list(&[])?;
        for row in found.map_err(|error| address_error(vm, error))? {
            let int = |number: i32| Value::small_int(number.into());
            let address = address::to_object(vm, &row.address)?;
            let name = text(vm, &row.name)?;
            let items = [int(row.family), int(row.kind), int(row.protocol), name, address];
            list.push(vm, vm.new_tuple(&items)?.value())?;
        }
        Ok(list.value())
    }

    #[function(
        "getnameinfo",
        raw,
        doc = "getnameinfo(sockaddr, flags) --> (host, port)\n\nGet host and port for a sockaddr."
    )]
    fn getnameinfo(vm: &Vm, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "getnameinfo", args, 2, 2)?;
        let flags = int(vm, given[1])?;
        let Some(tuple) = vm.cast::<PyTuple>(given[0]) else {
            return Err(vm.type_error("getnameinfo() argument 1 must be a tuple"));
        };
        let items = tuple.as_slice();
        if !(2..=4).contains(&items.len()) {
            return Err(vm.type_error("getnameinfo(): illegal sockaddr argument"));
        }
        let name = c_text(vm, "getnameinfo", " 1", items[0])?;
        let port = int(vm, items[1])?;
        let flow = items.get(2).map_or(Ok(0), |&flow| low_bits(vm, flow))? as u32;
        let scope = items.get(3).map_or(Ok(0), |&scope| low_bits(vm, scope))? as u32;
        if flow > 0xfffff {
            return Err(vm.overflow_error("getnameinfo(): flowinfo must be 0-1048575."));
        }
        let service = until_null(port.to_string().into_bytes());
        let hints = Hints { flags: libc::AI_NUMERICHOST, kind: libc::SOCK_DGRAM, ..Hints::default() };
        let found = vm.without_gil(|| host::look_up(Some(&name), Some(&service), hints));
        let found = found.map_err(|error| address_error(vm, error))?;
        let [only] = &found[..] else { return Err(os_error(vm, "sockaddr resolved to multiple addresses")) };
        let address = match only.address.endpoint() {
            Endpoint::Inet(..) if items.len() != 2 => return Err(os_error(vm, "IPv4 sockaddr must be 2 tuple")),
            Endpoint::Inet6 { ip, port, scope: named, .. } => {
                let scope = if items.len() > 3 { scope } else { named };
                kaa_host::socket::Address::inet6(ip, port, flow, scope)
            }
            _ => only.address,
        };
        let names = vm.without_gil(|| host::look_up_address(&address, flags));
        let (name, service) = names.map_err(|error| address_error(vm, error))?;
        pair(vm, text(vm, &name)?, text(vm, &service)?)
    }

    #[function(
        "gethostbyname",
        raw,
        doc = "gethostbyname(host) -> address\n\nReturn the IP address (a string of the form '255.255.255.255') for a host."
    )]
    fn gethostbyname(vm: &Vm, args: Args<'_>) -> PyResult<String> {
        let name = host_argument(vm, "gethostbyname", args)?;
        match resolve(vm, &name, libc::AF_INET)?.endpoint() {
            Endpoint::Inet(ip, _) => Ok(host::address_text(&ip)),
            _ => Err(os_error(vm, "address family mismatched")),
        }
    }

    #[function(
        "gethostbyname_ex",
        raw,
        doc = "gethostbyname_ex(host) -> (name, aliaslist, addresslist)\n\nReturn the true host name, a list of aliases, and a list of IP addresses,\nfor a host.  The host argument is a string giving a host name or IP number."
    )]
    fn gethostbyname_ex(vm: &Vm, args: Args<'_>) -> PyResult {
        let name = host_argument(vm, "gethostbyname_ex", args)?;
        resolve(vm, &name, libc::AF_INET)?;
        let found = vm.without_gil(|| host::host_by_name(&name));
        host_result(vm, &found.map_err(|code| host_error(vm, code))?)
    }

    #[function(
        "gethostbyaddr",
        raw,
        doc = "gethostbyaddr(host) -> (name, aliaslist, addresslist)\n\nReturn the true host name, a list of aliases, and a list of IP addresses,\nfor a host.  The host argument is a string giving a host name or IP number."
    )]
    fn gethostbyaddr(vm: &Vm, args: Args<'_>) -> PyResult {
        let name = host_argument(vm, "gethostbyaddr", args)?;
        let address = resolve(vm, &name, libc::AF_UNSPEC)?;
        let found = match address.endpoint() {
            Endpoint::Inet(ip, _) => vm.without_gil(|| host::host_by_address(libc::AF_INET, &ip)),
            Endpoint::Inet6 { ip, .. } => vm.without_gil(|| host::host_by_address(libc::AF_INET6, &ip)),
            _ => return Err(os_error(vm, "unsupported address family")),
        };
        host_result(vm, &found.map_err(|code| host_error(vm, code))?)
    }

    #[function(
        "getservbyname",
        raw,
        doc = "getservbyname(servicename[, protocolname]) -> integer\n\nReturn a port number from a service name and protocol name.\nThe optional protocol name, if given, should be 'tcp' or 'udp',\notherwise any protocol will match."
    )]
    fn getservbyname(vm: &Vm, args: Args<'_>) -> PyResult<u16> {
        let given = positionals(vm, "getservbyname", args, 1, 2)?;
        let name = c_text(vm, "getservbyname", " 1", given[0])?;
        let protocol = given.get(1).map(|&protocol| c_text(vm, "getservbyname", " 2", protocol)).transpose()?;
        let found = vm.without_gil(|| host::service_port(&name, protocol.as_deref()));
        found.ok_or_else(|| no_such(vm, "service/proto"))
    }

    #[function(
        "getservbyport",
        raw,
        doc = "getservbyport(port[, protocolname]) -> string\n\nReturn the service name from a port number and protocol name.\nThe optional protocol name, if given, should be 'tcp' or 'udp',\notherwise any protocol will match."
    )]
    fn getservbyport(vm: &Vm, args: Args<'_>) -> PyResult {
        let given = positionals(vm, "getservbyport", args, 1, 2)?;
        let port = int(vm, given[0])?;
        let protocol = given.get(1).map(|&protocol| c_text(vm, "getservbyport", " 2", protocol)).transpose()?;
        let Ok(port) = u16::try_from(port) else {
            return Err(vm.overflow_error("getservbyport: port must be 0-65535."));
        };
        match vm.without_gil(|| host::service_name(port, protocol.as_deref())) {
            Some(name) => text(vm, &name),
            None => Err(no_such(vm, "port/proto")),
        }
    }

    #[function(
        "getprotobyname",
        raw,
        doc = "getprotobyname(name) -> integer\n\nReturn the protocol number for the named protocol.  (Rarely used.)"
    )]
    fn getprotobyname(vm: &Vm, args: Args<'_>) -> PyResult<i32> {
        let given = positionals(vm, "getprotobyname", args, 1, 1)?;
        let name = c_text(vm, "getprotobyname", " 1", given[0])?;
        let found = vm.without_gil(|| host::protocol_number(&name));
        found.ok_or_else(|| no_such(vm, "protocol"))
    }

    #[function("gethostname()", doc = "gethostname() -> string\n\nReturn the current host name.")]
    fn gethostname(vm: &Vm) -> PyResult {
        text(vm, &host::machine_name().or_raise(vm)?)
    }

    #[function("sethostname", raw, doc = "sethostname(name)\n\nSets the hostname to name.")]
    fn sethostname(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        let given = positionals(vm, "sethostname", args, 1, 1)?;
        let name = match vm.cast::<PyBytes>(given[0]) {
            Some(bytes) => bytes.as_slice().to_vec(),
            None => {
                let name = crate::path::fspath(vm, given[0])?;
                crate::path::path_bytes(vm, name)?
            }
        };
        host::set_machine_name(&name).or_raise(vm)
    }
}
