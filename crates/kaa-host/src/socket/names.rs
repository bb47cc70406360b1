//! Names of hosts, services, protocols and network interfaces.

use std::ffi::{CStr, CString};

use libc::{c_char, c_int, c_void, socklen_t};

use super::Address;
use crate::{Errno, Result, check, name_services};

unsafe extern "C" {
    fn inet_pton(family: c_int, text: *const c_char, address: *mut c_void) -> c_int;
    fn inet_ntop(family: c_int, address: *const c_void, text: *mut c_char, len: socklen_t) -> *const c_char;
    fn inet_aton(text: *const c_char, address: *mut libc::in_addr) -> c_int;
    fn hstrerror(error: c_int) -> *const c_char;
    fn gethostbyname_r(
        name: *const c_char,
        record: *mut libc::hostent,
        buffer: *mut c_char,
        len: usize,
        found: *mut *mut libc::hostent,
        error: *mut c_int,
    ) -> c_int;
    fn gethostbyaddr_r(
        address: *const c_void,
        address_len: socklen_t,
        family: c_int,
        record: *mut libc::hostent,
        buffer: *mut c_char,
        len: usize,
        found: *mut *mut libc::hostent,
        error: *mut c_int,
    ) -> c_int;
}

/// The number of an error in finding an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LookupError {
    /// `EAI_*`.
    pub code: c_int,
    /// The reason, where `code` is `EAI_SYSTEM`.
    pub errno: Errno,
}

impl LookupError {
    /// The system's text.
    pub fn message(self) -> String {
        // SAFETY: the text is the C library's.
        unsafe { CStr::from_ptr(libc::gai_strerror(self.code)) }.to_string_lossy().into_owned()
    }
}

/// The text of an error in finding a host by the older calls.
pub fn host_error_message(code: c_int) -> String {
    // SAFETY: the text is the C library's.
    unsafe { CStr::from_ptr(hstrerror(code)) }.to_string_lossy().into_owned()
}

/// What is looked for.
#[derive(Clone, Copy, Default)]
#[allow(missing_docs, reason = "named as in struct addrinfo")]
pub struct Hints {
    pub flags: c_int,
    pub family: c_int,
    pub kind: c_int,
    pub protocol: c_int,
}

/// A way to reach a host.
#[allow(missing_docs, reason = "named as in struct addrinfo")]
pub struct Found {
    pub family: c_int,
    pub kind: c_int,
    pub protocol: c_int,
    pub name: CString,
    pub address: Address,
}

/// The addresses of a host and a service.
pub fn look_up(
    host: Option<&CStr>,
    service: Option<&CStr>,
    hints: Hints,
) -> std::result::Result<Vec<Found>, LookupError> {
    name_services::choose();
    let text = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    let mut rows = Vec::new();
    // SAFETY: all zero is such a struct; texts end with a zero; the list is the C library's until
    // it is freed.
    unsafe {
        let mut wanted: libc::addrinfo = std::mem::zeroed();
        wanted.ai_flags = hints.flags;
        wanted.ai_family = hints.family;
        wanted.ai_socktype = hints.kind;
        wanted.ai_protocol = hints.protocol;
        let mut list = std::ptr::null_mut();
        let code = libc::getaddrinfo(text(host), text(service), &wanted, &mut list);
        if code != 0 {
            return Err(LookupError { code, errno: Errno::last() });
        }
        let mut next = list;
        while let Some(row) = next.as_ref() {
            rows.push(Found {
                family: row.ai_family,
                kind: row.ai_socktype,
                protocol: row.ai_protocol,
                name: if row.ai_canonname.is_null() {
                    CString::default()
                } else {
                    CStr::from_ptr(row.ai_canonname).to_owned()
                },
                address: Address::copied(row.ai_addr, row.ai_addrlen),
            });
            next = row.ai_next;
        }
        libc::freeaddrinfo(list);
    }
    Ok(rows)
}

/// The names of a host and a service by address.
pub fn look_up_address(address: &Address, flags: c_int) -> std::result::Result<(CString, CString), LookupError> {
    name_services::choose();
    let mut host = [0 as c_char; 1025];
    let mut service = [0 as c_char; 32];
    // SAFETY: the buffers are as long as they are said to be, and the call ends texts with a zero.
    unsafe {
        let code = libc::getnameinfo(
            address.as_ptr(),
            address.len(),
            host.as_mut_ptr(),
            host.len() as socklen_t,
            service.as_mut_ptr(),
            service.len() as socklen_t,
            flags,
        );
        if code != 0 {
            return Err(LookupError { code, errno: Errno::last() });
        }
        Ok((CStr::from_ptr(host.as_ptr()).to_owned(), CStr::from_ptr(service.as_ptr()).to_owned()))
    }
}

/// A host as the older calls know it.
pub struct Host {
    /// Its name.
    pub name: CString,
    /// Other names.
    pub aliases: Vec<CString>,
    /// The family of the addresses.
    pub family: c_int,
    /// Its addresses, in 4 or 16 bytes.
    pub addresses: Vec<Vec<u8>>,
}

/// Fills in a record with a buffer that is made as large as it needs; the error is an `h_errno`.
fn host_record(
    fill: impl Fn(*mut libc::hostent, *mut c_char, usize, *mut *mut libc::hostent, *mut c_int) -> c_int,
) -> std::result::Result<Host, c_int> {
    let mut buffer = vec![0 as c_char; 16384];
    loop {
        let mut record = std::mem::MaybeUninit::<libc::hostent>::zeroed();
        let mut found = std::ptr::null_mut();
        let mut error = 0;
        let result = fill(record.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &mut found, &mut error);
        if result == libc::ERANGE && buffer.len() < 1 << 24 {
            buffer.resize(buffer.len() * 2, 0);
            continue;
        }
        // SAFETY: a record that was found is filled in, and refers into the buffer.
        return match unsafe { found.as_ref() } {
            // SAFETY: as above.
            Some(record) => Ok(unsafe { host_of(record) }),
            None => Err(error),
        };
    }
}

/// # Safety
/// The record was filled in by the C library.
unsafe fn host_of(record: &libc::hostent) -> Host {
    let mut host = Host {
        // SAFETY: the record's texts end with a zero.
        name: unsafe { CStr::from_ptr(record.h_name) }.to_owned(),
        aliases: Vec::new(),
        family: record.h_addrtype,
        addresses: Vec::new(),
    };
    // SAFETY: rows end with a null; addresses are as long as the record says.
    unsafe {
        let mut next = record.h_aliases;
        while !next.is_null() && !(*next).is_null() {
            host.aliases.push(CStr::from_ptr(*next).to_owned());
            next = next.add(1);
        }
        let mut next = record.h_addr_list;
        while !next.is_null() && !(*next).is_null() {
            let bytes = std::slice::from_raw_parts((*next).cast::<u8>(), record.h_length as usize);
            host.addresses.push(bytes.to_vec());
            next = next.add(1);
        }
    }
    host
}

/// A host by name; the error is an `h_errno`.
pub fn host_by_name(name: &CStr) -> std::result::Result<Host, c_int> {
    name_services::choose();
    // SAFETY: the name ends with a zero; the rest is as the call needs it.
    host_record(|record, buffer, len, found, error| unsafe {
        gethostbyname_r(name.as_ptr(), record, buffer, len, found, error)
    })
}

/// A host by address; the error is an `h_errno`.
pub fn host_by_address(family: c_int, address: &[u8]) -> std::result::Result<Host, c_int> {
    name_services::choose();
    let len = address.len() as socklen_t;
    // SAFETY: the address is as long as it is said to be; the rest is as the call needs it.
    host_record(|record, buffer, size, found, error| unsafe {
        gethostbyaddr_r(address.as_ptr().cast(), len, family, record, buffer, size, found, error)
    })
}

/// These calls give memory that is the process's.
static TABLES: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn optional(text: Option<&CStr>) -> *const c_char {
    text.map_or(std::ptr::null(), CStr::as_ptr)
}

/// The port of a service.
pub fn service_port(name: &CStr, protocol: Option<&CStr>) -> Option<u16> {
    name_services::choose();
    let _one = TABLES.lock();
    // SAFETY: texts end with a zero; the record is read while nobody else asks for one.
    unsafe {
        let record = libc::getservbyname(name.as_ptr(), optional(protocol)).as_ref()?;
        Some(u16::from_be(record.s_port as u16))
    }
}

/// The service of a port.
pub fn service_name(port: u16, protocol: Option<&CStr>) -> Option<CString> {
    name_services::choose();
    let _one = TABLES.lock();
    // SAFETY: as above.
    unsafe {
        let record = libc::getservbyport(port.to_be().into(), optional(protocol)).as_ref()?;
        Some(CStr::from_ptr(record.s_name).to_owned())
    }
}

/// The number of a protocol.
pub fn protocol_number(name: &CStr) -> Option<c_int> {
    name_services::choose();
    let _one = TABLES.lock();
    // SAFETY: as above.
    unsafe { libc::getprotobyname(name.as_ptr()).as_ref().map(|record| record.p_proto) }
}

/// The bytes of an address of IP, version 4, in one of the many forms of its text.
pub fn parse_inet_loosely(text: &CStr) -> Option<[u8; 4]> {
    let mut address = libc::in_addr { s_addr: 0 };
    // SAFETY: the text ends with a zero, the address is a local.
    (unsafe { inet_aton(text.as_ptr(), &mut address) } != 0).then(|| address.s_addr.to_ne_bytes())
}

/// The bytes of an address of IP, version 4.
pub fn parse_inet(text: &CStr) -> Option<[u8; 4]> {
    let mut bytes = [0; 4];
    // SAFETY: the text ends with a zero, the address is a local of the right size.
    (unsafe { inet_pton(libc::AF_INET, text.as_ptr(), bytes.as_mut_ptr().cast()) } == 1).then_some(bytes)
}

/// The bytes of an address of IP, version 6.
pub fn parse_inet6(text: &CStr) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    // SAFETY: as above.
    (unsafe { inet_pton(libc::AF_INET6, text.as_ptr(), bytes.as_mut_ptr().cast()) } == 1).then_some(bytes)
}

/// The text of an address of IP, of either version.
pub fn address_text(bytes: &[u8]) -> String {
    let family = if bytes.len() == 4 { libc::AF_INET } else { libc::AF_INET6 };
    assert!(matches!(bytes.len(), 4 | 16), "addresses have 4 or 16 bytes");
    let mut text = [0 as c_char; 64];
    // SAFETY: the address has the family's size; the buffer is longer than any text.
    unsafe {
        inet_ntop(family, bytes.as_ptr().cast(), text.as_mut_ptr(), text.len() as socklen_t);
        CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()
    }
}

/// The number of a network interface.
pub fn interface_number(name: &CStr) -> Result<u32> {
    // SAFETY: the name ends with a zero.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(Errno::last()),
        number => Ok(number),
    }
}

/// The name of a network interface.
pub fn interface_name(number: u32) -> Result<CString> {
    let mut name = [0 as c_char; libc::IF_NAMESIZE + 1];
    // SAFETY: the buffer is as long as the call demands.
    unsafe {
        if libc::if_indextoname(number, name.as_mut_ptr()).is_null() {
            return Err(Errno::last());
        }
        Ok(CStr::from_ptr(name.as_ptr()).to_owned())
    }
}

/// All network interfaces, by number and name.
pub fn interfaces() -> Result<Vec<(u32, CString)>> {
    let mut rows = Vec::new();
    // SAFETY: the row ends with a number 0, and is the C library's until it is freed.
    unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            return Err(Errno::last());
        }
        let mut next = list;
        while (*next).if_index != 0 {
            rows.push(((*next).if_index, CStr::from_ptr((*next).if_name).to_owned()));
            next = next.add(1);
        }
        libc::if_freenameindex(list);
    }
    Ok(rows)
}

/// The name of this machine.
pub fn machine_name() -> Result<CString> {
    let mut name = [0 as c_char; 1024];
    // SAFETY: the buffer is longer than it is said to be, and ends with a zero.
    unsafe {
        check(libc::gethostname(name.as_mut_ptr(), name.len() - 1))?;
        Ok(CStr::from_ptr(name.as_ptr()).to_owned())
    }
}

/// Sets the name of this machine.
pub fn set_machine_name(name: &[u8]) -> Result<()> {
    // SAFETY: the name is as long as it is said to be.
    check(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) }).map(drop)
}
