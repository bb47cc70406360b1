//! Messages in several pieces, with data beside them such as descriptors.

use libc::{c_int, c_void};

use super::Address;
use crate::{Result, check_size};

/// Data beside a message.
pub struct Control<'a> {
    /// The protocol that it belongs to.
    pub level: c_int,
    /// What it is, by number.
    pub kind: c_int,
    /// The data.
    pub data: &'a [u8],
}

/// What was received.
pub struct Received {
    /// How many bytes went into the buffers.
    pub count: usize,
    /// Data beside the message: level, kind, bytes.
    pub controls: Vec<(c_int, c_int, Vec<u8>)>,
    /// `MSG_*` bits.
    pub flags: c_int,
    /// Who sent it.
    pub address: Address,
}

/// The most that is said of data beside messages.
const MOST: usize = i32::MAX as usize;

/// How long data beside a message is with its head; `None` when it is too much.
pub fn control_len(len: usize) -> Option<usize> {
    // SAFETY: a computation only.
    let head = unsafe { libc::CMSG_LEN(0) } as usize;
    len.checked_add(head).filter(|&len| len <= MOST)
}

/// How much room data beside a message needs; `None` when it is too much.
pub fn control_space(len: usize) -> Option<usize> {
    // SAFETY: computations only.
    let (head, least) = unsafe { (libc::CMSG_SPACE(0) as usize, libc::CMSG_SPACE(1) as usize) };
    (len <= MOST - least).then(|| len.next_multiple_of(size_of::<usize>()) + head)
}

/// Room for data beside messages, aligned for its heads.
fn control_buffer(len: usize) -> Vec<u64> {
    vec![0; len.div_ceil(8)]
}

/// Sends a message in pieces; gives how many bytes. The data beside it must fit ([`control_space`]).
pub fn send_message(
    fd: c_int,
    pieces: &[&[u8]],
    controls: &[Control<'_>],
    flags: c_int,
    address: Option<&Address>,
) -> Result<usize> {
    let mut vectors: Vec<libc::iovec> = pieces
        .iter()
        .map(|piece| libc::iovec { iov_base: piece.as_ptr().cast_mut().cast(), iov_len: piece.len() })
        .collect();
    let space = controls.iter().map(|control| control_space(control.data.len()).unwrap_or(0)).sum();
    let mut buffer = control_buffer(space);
    // SAFETY: all zero is such a struct. Rows are as long as they are said to be; each head and its
    // data lie within the buffer, which has room for all.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = vectors.as_mut_ptr();
        message.msg_iovlen = vectors.len();
        if let Some(address) = address {
            message.msg_name = address.as_ptr().cast_mut().cast();
            message.msg_namelen = address.len();
        }
        if space > 0 {
            message.msg_control = buffer.as_mut_ptr().cast();
            message.msg_controllen = space;
            let mut head = libc::CMSG_FIRSTHDR(&message);
            for control in controls {
                (*head).cmsg_level = control.level;
                (*head).cmsg_type = control.kind;
                (*head).cmsg_len = control_len(control.data.len()).unwrap_or(0);
                libc::CMSG_DATA(head).copy_from_nonoverlapping(control.data.as_ptr(), control.data.len());
                head = libc::CMSG_NXTHDR(&message, head);
            }
        }
        check_size(libc::sendmsg(fd, &message, flags))
    }
}

/// Receives a message into pieces, with room for data beside it.
pub fn receive_message(fd: c_int, pieces: &mut [&mut [u8]], space: usize, flags: c_int) -> Result<Received> {
    let mut vectors: Vec<libc::iovec> = pieces
        .iter_mut()
        .map(|piece| libc::iovec { iov_base: piece.as_mut_ptr().cast::<c_void>(), iov_len: piece.len() })
        .collect();
    let mut buffer = control_buffer(space);
    let (mut count, mut bits, mut controls) = (0, 0, Vec::new());
    let address = Address::filled(|address, len| {
        // SAFETY: all zero is such a struct. Rows are as long as they are said to be; heads are read
        // where the system has written them.
        unsafe {
            let mut message: libc::msghdr = std::mem::zeroed();
            message.msg_iov = vectors.as_mut_ptr();
            message.msg_iovlen = vectors.len();
            message.msg_name = address.cast();
            message.msg_namelen = *len;
            message.msg_control = if space > 0 { buffer.as_mut_ptr().cast() } else { std::ptr::null_mut() };
            message.msg_controllen = space;
            count = check_size(libc::recvmsg(fd, &mut message, flags))?;
            *len = message.msg_namelen;
            bits = message.msg_flags;
            let end = buffer.as_ptr().cast::<u8>().add(message.msg_controllen);
            let mut head =
                if message.msg_controllen > 0 { libc::CMSG_FIRSTHDR(&message) } else { std::ptr::null_mut() };
            while !head.is_null() {
                let data = libc::CMSG_DATA(head).cast_const();
                let said = (*head).cmsg_len.saturating_sub(libc::CMSG_LEN(0) as usize);
                let there = (end as usize).saturating_sub(data as usize);
                let bytes = std::slice::from_raw_parts(data, said.min(there));
                controls.push(((*head).cmsg_level, (*head).cmsg_type, bytes.to_vec()));
                head = libc::CMSG_NXTHDR(&message, head);
            }
        }
        Ok(())
    })?;
    Ok(Received { count, controls, flags: bits, address })
}
