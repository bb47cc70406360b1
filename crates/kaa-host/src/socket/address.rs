//! Addresses of sockets, by family.

use libc::{c_int, sa_family_t, sockaddr, sockaddr_storage, socklen_t};

use crate::Result;

/// An address of any family.
#[derive(Clone, Copy)]
pub struct Address {
    storage: sockaddr_storage,
    len: socklen_t,
}

/// What an address says.
#[derive(Debug)]
#[allow(missing_docs, reason = "named as in the structs of C")]
pub enum Endpoint<'a> {
    /// Nothing: the socket has none.
    None,
    Inet([u8; 4], u16),
    Inet6 {
        ip: [u8; 16],
        port: u16,
        flow: u32,
        scope: u32,
    },
    /// A path, or a name that begins with a zero byte.
    Unix(&'a [u8]),
    Netlink {
        pid: u32,
        groups: u32,
    },
    Packet {
        interface: u32,
        protocol: u16,
        kind: u8,
        hardware: u16,
        address: &'a [u8],
    },
    Vsock {
        cid: u32,
        port: u32,
    },
    Qipcrtr {
        node: u32,
        port: u32,
    },
    /// A family that is not known here.
    Other(c_int, &'a [u8]),
}

/// How far the path of a `sockaddr_un` is from its beginning.
const PATH_OFFSET: usize = size_of::<sa_family_t>();
/// How long it can be.
const PATH_MOST: usize = 108;

/// `sockaddr_qrtr`, which the C library does not know.
#[repr(C)]
#[derive(Clone, Copy)]
struct QipcrtrAddress {
    family: sa_family_t,
    node: u32,
    port: u32,
}

impl Address {
    fn empty() -> Address {
        // SAFETY: all zero is an address of no family.
        Address { storage: unsafe { std::mem::zeroed() }, len: 0 }
    }

    /// An address from a struct of its family.
    fn of<T: Copy>(address: T) -> Address {
        let mut made = Address::empty();
        const { assert!(size_of::<T>() <= size_of::<sockaddr_storage>()) };
        // SAFETY: the storage has room for each of the structs of addresses, and is aligned for them.
        unsafe { (&raw mut made.storage).cast::<T>().write(address) };
        made.len = size_of::<T>() as socklen_t;
        made
    }

    /// The storage as the struct of its family.
    ///
    /// # Safety
    /// `T` is plain numbers.
    unsafe fn read<T: Copy>(&self) -> T {
        const { assert!(size_of::<T>() <= size_of::<sockaddr_storage>()) };
        // SAFETY: the storage is as large, aligned, and was all zero at first.
        unsafe { (&raw const self.storage).cast::<T>().read() }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the storage was all zero at first.
        unsafe { std::slice::from_raw_parts((&raw const self.storage).cast(), size_of::<sockaddr_storage>()) }
    }

    /// An address of IP, version 4.
    pub fn inet(ip: [u8; 4], port: u16) -> Address {
        Address::of(libc::sockaddr_in {
            sin_family: libc::AF_INET as sa_family_t,
            sin_port: port.to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(ip) },
            sin_zero: [0; 8],
        })
    }

    /// An address of IP, version 6.
    pub fn inet6(ip: [u8; 16], port: u16, flow: u32, scope: u32) -> Address {
        Address::of(libc::sockaddr_in6 {
            sin6_family: libc::AF_INET6 as sa_family_t,
            sin6_port: port.to_be(),
            sin6_flowinfo: flow.to_be(),
            sin6_addr: libc::in6_addr { s6_addr: ip },
            sin6_scope_id: scope,
        })
    }

    /// An address within this machine: a path, or a name that begins with a zero byte or is empty;
    /// `None` when it is too long.
    pub fn unix(path: &[u8]) -> Option<Address> {
        let is_path = path.first().is_some_and(|&first| first != 0);
        if path.len() > PATH_MOST || (is_path && path.len() == PATH_MOST) {
            return None;
        }
        let mut address = Address::empty();
        address.storage.ss_family = libc::AF_UNIX as sa_family_t;
        // SAFETY: the path is behind the family, and has room there.
        unsafe {
            let place = (&raw mut address.storage).cast::<u8>().add(PATH_OFFSET);
            place.copy_from_nonoverlapping(path.as_ptr(), path.len());
        }
        address.len = (PATH_OFFSET + path.len() + usize::from(is_path)) as socklen_t;
        Some(address)
    }

    /// An address of the kernel or of a listener to it.
    pub fn netlink(pid: u32, groups: u32) -> Address {
        // SAFETY: all zero is such a struct.
        let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
        address.nl_family = libc::AF_NETLINK as sa_family_t;
        (address.nl_pid, address.nl_groups) = (pid, groups);
        Address::of(address)
    }

    /// An address of a network interface; the hardware address has at most 8 bytes.
    pub fn packet(interface: u32, protocol: u16, kind: u8, hardware: u16, address: &[u8]) -> Address {
        let mut bytes = [0; 8];
        bytes[..address.len()].copy_from_slice(address);
        Address::of(libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as sa_family_t,
            sll_protocol: protocol.to_be(),
            sll_ifindex: interface as c_int,
            sll_hatype: hardware,
            sll_pkttype: kind,
            sll_halen: address.len() as u8,
            sll_addr: bytes,
        })
    }

    /// An address between a virtual machine and its host.
    pub fn vsock(cid: u32, port: u32) -> Address {
        // SAFETY: all zero is such a struct.
        let mut address: libc::sockaddr_vm = unsafe { std::mem::zeroed() };
        address.svm_family = libc::AF_VSOCK as sa_family_t;
        (address.svm_cid, address.svm_port) = (cid, port);
        Address::of(address)
    }

    /// An address of Qualcomm's message router.
    pub fn qipcrtr(node: u32, port: u32) -> Address {
        Address::of(QipcrtrAddress { family: AF_QIPCRTR as sa_family_t, node, port })
    }

    /// An address that a call writes, with its length.
    pub(super) fn filled(fill: impl FnOnce(*mut sockaddr, *mut socklen_t) -> Result<()>) -> Result<Address> {
        let mut address = Address::empty();
        let mut len = size_of::<sockaddr_storage>() as socklen_t;
        fill((&raw mut address.storage).cast(), &mut len)?;
        address.len = len.min(size_of::<sockaddr_storage>() as socklen_t);
        Ok(address)
    }

    /// An address of memory that the system has given.
    ///
    /// # Safety
    /// So many bytes are there.
    pub(super) unsafe fn copied(pointer: *const sockaddr, len: socklen_t) -> Address {
        let mut address = Address::empty();
        let len = (len as usize).min(size_of::<sockaddr_storage>());
        // SAFETY: the caller's promise; it fits.
        unsafe { (&raw mut address.storage).cast::<u8>().copy_from_nonoverlapping(pointer.cast(), len) };
        address.len = len as socklen_t;
        address
    }

    pub(super) fn as_ptr(&self) -> *const sockaddr {
        (&raw const self.storage).cast()
    }

    pub(super) fn len(&self) -> socklen_t {
        self.len
    }

    /// The family.
    pub fn family(&self) -> c_int {
        self.storage.ss_family.into()
    }

    /// What it says.
    pub fn endpoint(&self) -> Endpoint<'_> {
        let len = self.len as usize;
        if len == 0 {
            return Endpoint::None;
        }
        // SAFETY: the structs are plain numbers.
        unsafe {
            match self.family() {
                libc::AF_INET => {
                    let address: libc::sockaddr_in = self.read();
                    Endpoint::Inet(address.sin_addr.s_addr.to_ne_bytes(), u16::from_be(address.sin_port))
                }
                libc::AF_INET6 => {
                    let address: libc::sockaddr_in6 = self.read();
                    Endpoint::Inet6 {
                        ip: address.sin6_addr.s6_addr,
                        port: u16::from_be(address.sin6_port),
                        flow: u32::from_be(address.sin6_flowinfo),
                        scope: address.sin6_scope_id,
                    }
                }
                libc::AF_UNIX => {
                    let path = &self.bytes()[PATH_OFFSET..len.clamp(PATH_OFFSET, PATH_OFFSET + PATH_MOST)];
                    let is_path = path.first().is_some_and(|&first| first != 0);
                    let end = path.iter().position(|&byte| is_path && byte == 0).unwrap_or(path.len());
                    Endpoint::Unix(&path[..end])
                }
                libc::AF_NETLINK => {
                    let address: libc::sockaddr_nl = self.read();
                    Endpoint::Netlink { pid: address.nl_pid, groups: address.nl_groups }
                }
                libc::AF_PACKET => {
                    let address: libc::sockaddr_ll = self.read();
                    let start = std::mem::offset_of!(libc::sockaddr_ll, sll_addr);
                    Endpoint::Packet {
                        interface: address.sll_ifindex as u32,
                        protocol: u16::from_be(address.sll_protocol),
                        kind: address.sll_pkttype,
                        hardware: address.sll_hatype,
                        address: &self.bytes()[start..start + usize::from(address.sll_halen).min(8)],
                    }
                }
                libc::AF_VSOCK => {
                    let address: libc::sockaddr_vm = self.read();
                    Endpoint::Vsock { cid: address.svm_cid, port: address.svm_port }
                }
                AF_QIPCRTR => {
                    let address: QipcrtrAddress = self.read();
                    Endpoint::Qipcrtr { node: address.node, port: address.port }
                }
                family => Endpoint::Other(family, &self.bytes()[PATH_OFFSET..len.clamp(PATH_OFFSET, 16)]),
            }
        }
    }
}

/// The family of Qualcomm's message router.
const AF_QIPCRTR: c_int = 42;
