//! Sockets.

mod address;
mod message;
pub mod names;

use std::mem::MaybeUninit;

use libc::{c_int, c_void, socklen_t};

use crate::{Result, check, check_size};

pub use address::{Address, Endpoint};
pub use message::{Control, Received, control_len, control_space, receive_message, send_message};

/// A new socket.
pub fn create(family: c_int, kind: c_int, protocol: c_int) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::socket(family, kind, protocol) })
}

/// Two sockets that are connected with each other.
pub fn pair(family: c_int, kind: c_int, protocol: c_int) -> Result<(c_int, c_int)> {
    let mut fds = [0; 2];
    // SAFETY: there is room for two descriptors.
    check(unsafe { libc::socketpair(family, kind, protocol, fds.as_mut_ptr()) })?;
    Ok((fds[0], fds[1]))
}

/// Gives a socket an address.
pub fn bind(fd: c_int, address: &Address) -> Result<()> {
    // SAFETY: the address is as long as it is said to be.
    check(unsafe { libc::bind(fd, address.as_ptr(), address.len()) }).map(drop)
}

/// Connects a socket.
pub fn connect(fd: c_int, address: &Address) -> Result<()> {
    // SAFETY: the address is as long as it is said to be.
    check(unsafe { libc::connect(fd, address.as_ptr(), address.len()) }).map(drop)
}

/// Lets a socket be connected to.
pub fn listen(fd: c_int, backlog: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::listen(fd, backlog) }).map(drop)
}

/// Waits for a connection: a socket for it that new programs do not inherit, and who it is.
pub fn accept(fd: c_int) -> Result<(c_int, Address)> {
    let mut socket = 0;
    let address = Address::filled(|address, len| {
        // SAFETY: the address has room for as much as it says.
        socket = check(unsafe { libc::accept4(fd, address, len, libc::SOCK_CLOEXEC) })?;
        Ok(())
    })?;
    Ok((socket, address))
}

/// The address of a socket.
pub fn own_address(fd: c_int) -> Result<Address> {
    // SAFETY: the address has room for as much as it says.
    Address::filled(|address, len| check(unsafe { libc::getsockname(fd, address, len) }).map(drop))
}

/// The address of the socket that a socket is connected with.
pub fn peer_address(fd: c_int) -> Result<Address> {
    // SAFETY: the address has room for as much as it says.
    Address::filled(|address, len| check(unsafe { libc::getpeername(fd, address, len) }).map(drop))
}

/// Ends sending, receiving or both.
pub fn shut_down(fd: c_int, how: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::shutdown(fd, how) }).map(drop)
}

/// Receives into the buffer; gives how many bytes.
pub fn receive(fd: c_int, buffer: &mut [u8], flags: c_int) -> Result<usize> {
    // SAFETY: the buffer is as long as it is said to be.
    check_size(unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags) })
}

/// As [`receive`]; gives also who sent it.
pub fn receive_from(fd: c_int, buffer: &mut [u8], flags: c_int) -> Result<(usize, Address)> {
    let mut count = 0;
    let address = Address::filled(|address, len| {
        // SAFETY: buffer and address have room for as much as they say.
        count =
            check_size(unsafe { libc::recvfrom(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags, address, len) })?;
        Ok(())
    })?;
    Ok((count, address))
}

/// Sends; gives how many bytes.
pub fn send(fd: c_int, bytes: &[u8], flags: c_int) -> Result<usize> {
    // SAFETY: the bytes are as many as it is said.
    check_size(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
}

/// Sends to an address; gives how many bytes.
pub fn send_to(fd: c_int, bytes: &[u8], flags: c_int, address: &Address) -> Result<usize> {
    // SAFETY: bytes and address are as long as they are said to be.
    check_size(unsafe { libc::sendto(fd, bytes.as_ptr().cast(), bytes.len(), flags, address.as_ptr(), address.len()) })
}

/// An option that is a number.
pub fn option(fd: c_int, level: c_int, name: c_int) -> Result<c_int> {
    let mut value = MaybeUninit::<c_int>::zeroed();
    let mut len = size_of::<c_int>() as socklen_t;
    // SAFETY: the value is as long as it is said to be; all zero is one.
    unsafe {
        check(libc::getsockopt(fd, level, name, value.as_mut_ptr().cast(), &mut len))?;
        Ok(value.assume_init())
    }
}

/// An option that is memory; gives how much of it was written.
pub fn option_bytes(fd: c_int, level: c_int, name: c_int, buffer: &mut [u8]) -> Result<usize> {
    let mut len = buffer.len() as socklen_t;
    // SAFETY: the buffer is as long as it is said to be.
    check(unsafe { libc::getsockopt(fd, level, name, buffer.as_mut_ptr().cast(), &mut len) })?;
    Ok(len as usize)
}

/// Sets an option.
pub fn set_option(fd: c_int, level: c_int, name: c_int, value: &[u8]) -> Result<()> {
    let pointer = value.as_ptr().cast::<c_void>();
    // SAFETY: the value is as long as it is said to be.
    check(unsafe { libc::setsockopt(fd, level, name, pointer, value.len() as socklen_t) }).map(drop)
}

/// Sets an option to no value of a length.
pub fn set_option_empty(fd: c_int, level: c_int, name: c_int, len: u32) -> Result<()> {
    // SAFETY: the call reads nothing from null; it fails when it would.
    check(unsafe { libc::setsockopt(fd, level, name, std::ptr::null(), len) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_sends_bytes_and_descriptors() {
        let (a, b) = pair(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0).unwrap();
        assert_eq!(send(a, b"abc", 0), Ok(3));
        let mut buffer = [0; 10];
        assert_eq!(receive(b, &mut buffer, 0), Ok(3));
        let control = [Control { level: libc::SOL_SOCKET, kind: libc::SCM_RIGHTS, data: &a.to_ne_bytes() }];
        assert_eq!(send_message(a, &[b"x", b"yz"], &control, 0, None), Ok(3));
        let (mut first, mut second) = ([0; 2], [0; 5]);
        let received = receive_message(b, &mut [&mut first, &mut second], control_space(4).unwrap(), 0).unwrap();
        assert_eq!((received.count, &first, second[0]), (3, b"xy", b'z'));
        let [(level, kind, data)] = &received.controls[..] else { panic!("one control message") };
        assert_eq!((*level, *kind, data.len()), (libc::SOL_SOCKET, libc::SCM_RIGHTS, 4));
        let fd = c_int::from_ne_bytes(data[..].try_into().unwrap());
        for fd in [a, b, fd] {
            crate::fd::close(fd).unwrap();
        }
    }

    #[test]
    fn addresses_keep_what_they_are_made_of() {
        let ip = Address::inet([127, 0, 0, 1], 80);
        assert!(matches!(ip.endpoint(), Endpoint::Inet([127, 0, 0, 1], 80)));
        let path = Address::unix(b"/tmp/x").unwrap();
        assert!(matches!(path.endpoint(), Endpoint::Unix(b"/tmp/x")));
        let hidden = Address::unix(b"\0abc").unwrap();
        assert!(matches!(hidden.endpoint(), Endpoint::Unix(b"\0abc")));
        assert!(Address::unix(&[b'a'; 108]).is_none());
    }
}
