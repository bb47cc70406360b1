//! File descriptors: reading, writing, and what can be asked of them.

use libc::{c_int, c_void, off_t};

use crate::{Errno, Result, check, check_size};

/// The most that Linux reads or writes in one call.
pub const MAX_TRANSFER: usize = 0x7fff_f000;

/// Reads at most so many bytes; 0 is the end.
pub fn read(fd: c_int, buffer: &mut [u8]) -> Result<usize> {
    let len = buffer.len().min(MAX_TRANSFER);
    // SAFETY: the buffer has room for `len` bytes.
    check_size(unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), len) })
}

/// Reads into the room that a vector has left, and adds what was read to it.
pub fn read_to_spare(fd: c_int, buffer: &mut Vec<u8>) -> Result<usize> {
    let spare = buffer.spare_capacity_mut();
    let len = spare.len().min(MAX_TRANSFER);
    // SAFETY: the spare capacity has room for `len` bytes, of which `count` are written.
    unsafe {
        let count = check_size(libc::read(fd, spare.as_mut_ptr().cast(), len))?;
        buffer.set_len(buffer.len() + count);
        Ok(count)
    }
}

/// Reads at a place of the file, which its position does not change.
pub fn read_at(fd: c_int, buffer: &mut [u8], offset: off_t) -> Result<usize> {
    let len = buffer.len().min(MAX_TRANSFER);
    // SAFETY: the buffer has room for `len` bytes.
    check_size(unsafe { libc::pread(fd, buffer.as_mut_ptr().cast(), len, offset) })
}

/// Writes at most all of the bytes; gives how many.
pub fn write(fd: c_int, bytes: &[u8]) -> Result<usize> {
    let len = bytes.len().min(MAX_TRANSFER);
    // SAFETY: there are `len` bytes.
    check_size(unsafe { libc::write(fd, bytes.as_ptr().cast(), len) })
}

/// Writes at a place of the file, which its position does not change.
pub fn write_at(fd: c_int, bytes: &[u8], offset: off_t) -> Result<usize> {
    let len = bytes.len().min(MAX_TRANSFER);
    // SAFETY: there are `len` bytes.
    check_size(unsafe { libc::pwrite(fd, bytes.as_ptr().cast(), len, offset) })
}

/// Closes a descriptor. It is gone even when the call was interrupted.
pub fn close(fd: c_int) -> Result<()> {
    // SAFETY: whose descriptor it is, is the caller's business.
    check(unsafe { libc::close(fd) }).map(drop)
}

/// Closes the descriptors from `first` up to, not including, `end`; errors are ignored.
pub fn close_range(first: c_int, end: c_int) {
    let first = first.max(0);
    if first >= end {
        return;
    }
    // SAFETY: as for `close`.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, end - 1, 0) } == 0;
    if !done {
        for fd in first..end {
            let _ = close(fd);
        }
    }
}

/// Moves the position.
pub fn seek(fd: c_int, offset: off_t, whence: c_int) -> Result<off_t> {
    // SAFETY: no memory is involved.
    match unsafe { libc::lseek(fd, offset, whence) } {
        -1 => Err(Errno::last()),
        position => Ok(position),
    }
}

/// Sets the length of the file.
pub fn truncate(fd: c_int, len: off_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::ftruncate(fd, len) }).map(drop)
}

/// Another descriptor of the same file that a new program does not inherit.
pub fn duplicate(fd: c_int) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
}

/// Makes `to` a descriptor of the same file.
pub fn duplicate_to(fd: c_int, to: c_int, inheritable: bool) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe {
        // `dup3` refuses equal descriptors, which `dup2` leaves alone.
        if inheritable || fd == to { libc::dup2(fd, to) } else { libc::dup3(fd, to, libc::O_CLOEXEC) }
    })
}

/// A pipe: the descriptors to read from and to write to.
pub fn pipe(flags: c_int) -> Result<(c_int, c_int)> {
    let mut fds = [0; 2];
    // SAFETY: there is room for two descriptors.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), flags) })?;
    Ok((fds[0], fds[1]))
}

/// Whether new programs inherit the descriptor.
pub fn is_inheritable(fd: c_int) -> Result<bool> {
    // SAFETY: no memory is involved.
    Ok(check(unsafe { libc::fcntl(fd, libc::F_GETFD) })? & libc::FD_CLOEXEC == 0)
}

/// Says whether new programs inherit the descriptor.
pub fn set_inheritable(fd: c_int, inheritable: bool) -> Result<()> {
    // SAFETY: no memory is involved.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    let wanted = if inheritable { flags & !libc::FD_CLOEXEC } else { flags | libc::FD_CLOEXEC };
    if wanted != flags {
        // SAFETY: no memory is involved.
        check(unsafe { libc::fcntl(fd, libc::F_SETFD, wanted) })?;
    }
    Ok(())
}

/// Whether reading and writing wait.
pub fn is_blocking(fd: c_int) -> Result<bool> {
    // SAFETY: no memory is involved.
    Ok(check(unsafe { libc::fcntl(fd, libc::F_GETFL) })? & libc::O_NONBLOCK == 0)
}

/// Says whether reading and writing wait.
pub fn set_blocking(fd: c_int, blocking: bool) -> Result<()> {
    // SAFETY: no memory is involved.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    let wanted = if blocking { flags & !libc::O_NONBLOCK } else { flags | libc::O_NONBLOCK };
    // SAFETY: no memory is involved.
    check(unsafe { libc::fcntl(fd, libc::F_SETFL, wanted) }).map(drop)
}

/// `fcntl` with a number.
pub fn control(fd: c_int, command: c_int, argument: libc::c_long) -> Result<c_int> {
    // SAFETY: commands that take an address get one from `control_bytes` only; a number is none,
    // and the system refuses bad ones.
    check(unsafe { libc::fcntl(fd, command, argument) })
}

/// `fcntl` with memory that it reads and writes.
///
/// # Safety
/// The memory is as large as the command demands.
pub unsafe fn control_bytes(fd: c_int, command: c_int, memory: &mut [u8]) -> Result<c_int> {
    // SAFETY: the caller's promise.
    check(unsafe { libc::fcntl(fd, command, memory.as_mut_ptr()) })
}

/// `ioctl` with a number.
pub fn device_control(fd: c_int, request: libc::c_ulong, argument: c_int) -> Result<c_int> {
    // SAFETY: as for `control`.
    check(unsafe { libc::ioctl(fd, request, argument) })
}

/// `ioctl` with memory that it reads and writes.
///
/// # Safety
/// The memory is as large as the request demands.
pub unsafe fn device_control_bytes(fd: c_int, request: libc::c_ulong, memory: *mut u8) -> Result<c_int> {
    // SAFETY: the caller's promise.
    check(unsafe { libc::ioctl(fd, request, memory.cast::<c_void>()) })
}

/// Waits until what was written is on the disk.
pub fn sync(fd: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fsync(fd) }).map(drop)
}

/// As [`sync`], without what is only of interest to `stat`.
pub fn sync_data(fd: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fdatasync(fd) }).map(drop)
}

/// Locks or unlocks a part of a file, from its position on.
pub fn lock_part(fd: c_int, command: c_int, len: off_t) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::lockf(fd, command, len) }).map(drop)
}

/// Locks or unlocks a whole file.
pub fn lock(fd: c_int, operation: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::flock(fd, operation) }).map(drop)
}

/// Copies from one descriptor to another inside the kernel.
pub fn send_file(out: c_int, from: c_int, offset: Option<off_t>, count: usize) -> Result<usize> {
    let mut offset = offset;
    let place = offset.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: the offset, if any, is a local.
    check_size(unsafe { libc::sendfile(out, from, place, count) })
}

/// Copies between files inside the kernel.
pub fn copy_range(from: c_int, to: c_int, count: usize, from_at: Option<i64>, to_at: Option<i64>) -> Result<usize> {
    let (mut from_at, mut to_at) = (from_at, to_at);
    let place = |at: &mut Option<i64>| at.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: the offsets, if any, are locals.
    check_size(unsafe { libc::copy_file_range(from, place(&mut from_at), to, place(&mut to_at), count, 0) })
}

/// Gives the system advice on a file's use; the call gives the error itself.
pub fn advise(fd: c_int, offset: off_t, len: off_t, advice: c_int) -> Result<()> {
    // SAFETY: no memory is involved.
    match unsafe { libc::posix_fadvise(fd, offset, len, advice) } {
        0 => Ok(()),
        error => Err(Errno(error)),
    }
}

/// Makes sure that a part of the file has room on the disk; the call gives the error itself.
pub fn allocate(fd: c_int, offset: off_t, len: off_t) -> Result<()> {
    // SAFETY: no memory is involved.
    match unsafe { libc::posix_fallocate(fd, offset, len) } {
        0 => Ok(()),
        error => Err(Errno(error)),
    }
}

/// A counter to wait for.
pub fn event_counter(start: u32, flags: c_int) -> Result<c_int> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::eventfd(start, flags) })
}

/// A file in memory.
pub fn memory_file(name: &std::ffi::CStr, flags: u32) -> Result<c_int> {
    // SAFETY: the name ends with a zero.
    check(unsafe { libc::memfd_create(name.as_ptr(), flags) })
}

/// A lock on a part of a file.
#[derive(Clone, Copy, Debug)]
pub struct RecordLock {
    /// `F_RDLCK`, `F_WRLCK` or `F_UNLCK`.
    pub kind: i16,
    /// Where it begins.
    pub start: off_t,
    /// How many bytes it covers; 0 is all.
    pub len: off_t,
    /// What the beginning is counted from: `SEEK_*`.
    pub whence: i16,
}

/// Takes or gives up a lock, which belongs to the process; waits for others' locks or fails.
pub fn lock_record(fd: c_int, lock: &RecordLock, wait: bool) -> Result<()> {
    // SAFETY: all zero is such a struct.
    let mut record: libc::flock = unsafe { std::mem::zeroed() };
    record.l_type = lock.kind;
    record.l_whence = lock.whence;
    record.l_start = lock.start;
    record.l_len = lock.len;
    // SAFETY: the struct is a local.
    check(unsafe { libc::fcntl(fd, if wait { libc::F_SETLKW } else { libc::F_SETLK }, &record) }).map(drop)
}

/// Moves data between a pipe and a descriptor inside the kernel.
pub fn splice(
    from: c_int,
    to: c_int,
    count: usize,
    from_at: Option<i64>,
    to_at: Option<i64>,
    flags: u32,
) -> Result<usize> {
    let (mut from_at, mut to_at) = (from_at, to_at);
    let place = |at: &mut Option<i64>| at.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: the offsets, if any, are locals.
    check_size(unsafe { libc::splice(from, place(&mut from_at), to, place(&mut to_at), count, flags) })
}
