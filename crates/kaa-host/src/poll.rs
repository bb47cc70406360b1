//! Waiting for descriptors.

use libc::c_int;

use crate::{Result, check};

pub use libc::epoll_event as EpollEvent;
pub use libc::pollfd as PollFd;

/// Waits for events of descriptors, at most so many milliseconds (for ever when negative); gives
/// how many have some.
pub fn poll(fds: &mut [PollFd], timeout: c_int) -> Result<usize> {
    // SAFETY: the row is as long as it is said to be.
    Ok(check(unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout) })? as usize)
}

/// Descriptors for `select`.
pub struct FdSet(libc::fd_set);

/// The number from which on descriptors do not fit an [`FdSet`].
pub const FD_SETSIZE: usize = libc::FD_SETSIZE;

impl Default for FdSet {
    fn default() -> FdSet {
        // SAFETY: all zero is the empty set.
        FdSet(unsafe { std::mem::zeroed() })
    }
}

impl FdSet {
    fn fits(fd: c_int) -> bool {
        usize::try_from(fd).is_ok_and(|fd| fd < FD_SETSIZE)
    }

    /// Adds a descriptor; false when it does not fit.
    pub fn insert(&mut self, fd: c_int) -> bool {
        if FdSet::fits(fd) {
            // SAFETY: the descriptor fits.
            unsafe { libc::FD_SET(fd, &mut self.0) };
        }
        FdSet::fits(fd)
    }

    /// Whether a descriptor is in the set.
    pub fn contains(&self, fd: c_int) -> bool {
        // SAFETY: the descriptor fits.
        FdSet::fits(fd) && unsafe { libc::FD_ISSET(fd, &self.0) }
    }
}

/// Waits until one of the descriptors below `end` can be read, can be written or is in an
/// exceptional state; at most so many microseconds. The sets then hold those that are.
pub fn select(end: c_int, sets: [&mut FdSet; 3], timeout: Option<i64>) -> Result<usize> {
    let mut time = timeout.map(|time| libc::timeval { tv_sec: time / 1_000_000, tv_usec: time % 1_000_000 });
    let time = time.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
    let [read, write, exceptional] = sets;
    // SAFETY: sets and time are borrowed or local.
    Ok(check(unsafe { libc::select(end, &mut read.0, &mut write.0, &mut exceptional.0, time) })? as usize)
}

/// A new epoll descriptor.
pub fn epoll_create(flags: c_int) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::epoll_create1(flags) })
}

/// Adds, changes or removes what an epoll descriptor waits for.
pub fn epoll_control(epoll: c_int, operation: c_int, fd: c_int, events: u32) -> Result<()> {
    let mut event = EpollEvent { events, u64: fd as u64 };
    // SAFETY: the event is a local.
    check(unsafe { libc::epoll_ctl(epoll, operation, fd, &mut event) }).map(drop)
}

/// Waits for events, at most so many milliseconds; gives descriptors and events.
pub fn epoll_wait(epoll: c_int, most: usize, timeout: c_int) -> Result<Vec<(c_int, u32)>> {
    let mut events = vec![EpollEvent { events: 0, u64: 0 }; most];
    // SAFETY: the row is as long as it is said to be.
    let count = check(unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), most as c_int, timeout) })?;
    Ok(events[..count as usize].iter().map(|event| (event.u64 as c_int, event.events)).collect())
}
