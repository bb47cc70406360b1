//! Open files by number: opening, reading, writing, duplicating.

use kaa_host::{Errno, fd as host, fs};
use kaa_macros::py_functions;
use kaa_objects::buffer::request;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{PyResult, Value, Vm};

use super::{Posix, pair};
use crate::host_call::{OrRaise, interruptible, raise};
use crate::path::{Descriptor, DirFd, Path};

/// Refuses negative sizes as the system does.
fn size(vm: &Vm, size: isize) -> PyResult<usize> {
    usize::try_from(size).map_err(|_| raise(vm, Errno(libc::EINVAL))).map(|size| size.min(host::MAX_TRANSFER))
}

/// The bytes that a read of at most so many gives.
pub fn read_bytes(vm: &Vm, len: usize, mut read: impl FnMut(&mut [u8]) -> kaa_host::Result<usize>) -> PyResult {
    const AT_ONCE: usize = 64 << 10;
    if len <= AT_ONCE {
        let mut buffer = [0; AT_ONCE];
        let count = interruptible(vm, || read(&mut buffer[..len]))?.or_raise(vm)?;
        return Ok(vm.new_bytes(&buffer[..count])?.value());
    }
    let mut buffer = Vec::new();
    if buffer.try_reserve_exact(len).is_err() {
        return Err(vm.no_memory());
    }
    buffer.resize(len, 0);
    let count = interruptible(vm, || read(&mut buffer))?.or_raise(vm)?;
    Ok(vm.new_bytes(&buffer[..count])?.value())
}

/// Reads one after the other into the buffers of a sequence; gives how many bytes.
fn read_into_all(
    vm: &Vm,
    function: &str,
    buffers: Value,
    mut read: impl FnMut(&mut [u8], usize) -> kaa_host::Result<usize>,
) -> PyResult<usize> {
    let buffers = sequence(vm, function, buffers)?;
    let mut total = 0;
    for &buffer in buffers.as_slice() {
        let view = vm.buffer(buffer, request::WRITABLE)?;
        let count = interruptible(vm, || view.with_bytes_mut(|bytes| read(bytes, total)))?.or_raise(vm)?;
        total += count;
        if count < view.len {
            break;
        }
    }
    Ok(total)
}

/// Writes the buffers of a sequence one after the other; gives how many bytes.
fn write_all(
    vm: &Vm,
    function: &str,
    buffers: Value,
    mut write: impl FnMut(&[u8], usize) -> kaa_host::Result<usize>,
) -> PyResult<usize> {
    let buffers = sequence(vm, function, buffers)?;
    let mut all = Vec::new();
    for &buffer in buffers.as_slice() {
        vm.with_bytes(buffer, |bytes| {
            all.extend_from_slice(bytes);
            Ok(())
        })?;
    }
    interruptible(vm, || write(&all, 0))?.or_raise(vm)
}

fn sequence(vm: &Vm, function: &str, value: Value) -> PyResult<ValueVec> {
    if !vm.is_sequence(value) {
        return Err(vm.type_error(format_args!("{function}() arg 2 must be a sequence")));
    }
    ValueVec::from_iterable(vm, value)
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "open(path, flags, mode=511, *, dir_fd=None)",
        doc = "Open a file for low level IO.  Returns a file descriptor (integer).\n\nIf dir_fd is not None, it should be a file descriptor open to a directory,\n  and path should be relative; path will then be relative to that directory.\ndir_fd may not be implemented on your platform.\n  If it is unavailable, using it will raise a NotImplementedError."
    )]
    fn open(vm: &Vm, path: Path, flags: i32, mode: i32, dir_fd: Option<DirFd>) -> PyResult<i32> {
        let dir = dir_fd.unwrap_or(DirFd::CURRENT).0;
        interruptible(vm, || fs::open(dir, path.as_c(), flags | libc::O_CLOEXEC, mode as u32))?
            .or_raise_for(vm, path.object)
    }

    #[function("close(fd)", doc = "Close a file descriptor.")]
    fn close(vm: &Vm, fd: i32) -> PyResult<()> {
        match host::close(fd) {
            // It is closed nevertheless.
            Err(Errno(libc::EINTR)) => vm.check_signals(),
            done => done.or_raise(vm),
        }
    }

    #[function(
        "closerange(fd_low, fd_high, /)",
        doc = "Closes all file descriptors in [fd_low, fd_high), ignoring errors."
    )]
    fn closerange(fd_low: i32, fd_high: i32) {
        host::close_range(fd_low, fd_high);
    }

    #[function("read(fd, length, /)", doc = "Read from a file descriptor.  Returns a bytes object.")]
    fn read(vm: &Vm, fd: i32, length: isize) -> PyResult {
        let len = size(vm, length)?;
        read_bytes(vm, len, |buffer| host::read(fd, buffer))
    }

    #[function(
        "readinto(fd, buffer, /)",
        doc = "Read into a buffer object from a file descriptor.\n\nThe buffer should be mutable and bytes-like. On success, returns the number of\nbytes read. Less bytes may be read than the size of the buffer. The underlying\nsystem call will be retried when interrupted by a signal, unless the signal\nhandler raises an exception. Other errors will not be retried and an error will\nbe raised.\n\nReturns 0 if *fd* is at end of file or if the provided *buffer* has length 0\n(which can be used to check for errors without reading data). Never returns\nnegative."
    )]
    fn readinto(vm: &Vm, fd: i32, buffer: Value) -> PyResult<usize> {
        let view = match vm.is_bytes_like(buffer) {
            true => vm.catch(vm.buffer(buffer, request::WRITABLE), vm.exceptions().BufferError)?.ok(),
            false => None,
        };
        let Some(view) = view else {
            let class = vm.class_name(buffer);
            let text = format!("readinto() argument 2 must be read-write bytes-like object, not {class}");
            return Err(vm.type_error(text));
        };
        interruptible(vm, || view.with_bytes_mut(|bytes| host::read(fd, bytes)))?.or_raise(vm)
    }

    #[function(
        "pread(fd, length, offset, /)",
        doc = "Read a number of bytes from a file descriptor starting at a particular offset.\n\nRead length bytes from file descriptor fd, starting at offset bytes from\nthe beginning of the file.  The file offset remains unchanged."
    )]
    fn pread(vm: &Vm, fd: i32, length: isize, offset: i64) -> PyResult {
        let len = size(vm, length)?;
        read_bytes(vm, len, |buffer| host::read_at(fd, buffer, offset))
    }

    #[function("readv(fd, buffers, /)", doc = "Read from a file descriptor fd into an iterable of buffers.")]
    fn readv(vm: &Vm, fd: i32, buffers: Value) -> PyResult<usize> {
        read_into_all(vm, "readv", buffers, |bytes, _| host::read(fd, bytes))
    }

    #[function(
        "preadv(fd, buffers, offset, flags=0, /)",
        doc = "Reads from a file descriptor into a number of mutable bytes-like objects."
    )]
    fn preadv(vm: &Vm, fd: i32, buffers: Value, offset: i64, flags: i32) -> PyResult<usize> {
        if flags != 0 {
            return Err(vm.not_implemented_error("preadv: flags are not supported"));
        }
        read_into_all(vm, "preadv", buffers, |bytes, done| host::read_at(fd, bytes, offset + done as i64))
    }

    #[function("write(fd, data, /)", doc = "Write a bytes object to a file descriptor.")]
    fn write(vm: &Vm, fd: i32, data: Value) -> PyResult<usize> {
        let view = vm.buffer(data, request::SIMPLE)?;
        interruptible(vm, || host::write(fd, view.as_slice()))?.or_raise(vm)
    }

    #[function(
        "pwrite(fd, buffer, offset, /)",
        doc = "Write bytes to a file descriptor starting at a particular offset.\n\nWrite buffer to fd, starting at offset bytes from the beginning of\nthe file. Returns the number of bytes written.  Does not change the\ncurrent file offset."
    )]
    fn pwrite(vm: &Vm, fd: i32, buffer: Value, offset: i64) -> PyResult<usize> {
        let view = vm.buffer(buffer, request::SIMPLE)?;
        interruptible(vm, || host::write_at(fd, view.as_slice(), offset))?.or_raise(vm)
    }

    #[function(
        "writev(fd, buffers, /)",
        doc = "Iterate over buffers, and write the contents of each to a file descriptor."
    )]
    fn writev(vm: &Vm, fd: i32, buffers: Value) -> PyResult<usize> {
        write_all(vm, "writev", buffers, |bytes, _| host::write(fd, bytes))
    }

    #[function(
        "pwritev(fd, buffers, offset, flags=0, /)",
        doc = "Writes the contents of bytes-like objects to a file descriptor at a given offset."
    )]
    fn pwritev(vm: &Vm, fd: i32, buffers: Value, offset: i64, flags: i32) -> PyResult<usize> {
        if flags != 0 {
            return Err(vm.not_implemented_error("pwritev: flags are not supported"));
        }
        write_all(vm, "pwritev", buffers, |bytes, _| host::write_at(fd, bytes, offset))
    }

    #[function(
        "lseek(fd, position, whence, /)",
        doc = "Set the position of a file descriptor.  Return the new position.\n\n  fd\n    An open file descriptor, as returned by os.open().\n  position\n    Position, interpreted relative to 'whence'.\n  whence\n    The relative position to seek from. Valid values are:\n    - SEEK_SET: seek from the start of the file.\n    - SEEK_CUR: seek from the current file position.\n    - SEEK_END: seek from the end of the file.\n\nThe return value is the number of bytes relative to the beginning of the file."
    )]
    fn lseek(vm: &Vm, fd: i32, position: i64, whence: i32) -> PyResult<i64> {
        host::seek(fd, position, whence).or_raise(vm)
    }

    #[function(
        "ftruncate(fd, length, /)",
        doc = "Truncate a file, specified by file descriptor, to a specific length."
    )]
    fn ftruncate(vm: &Vm, fd: i32, length: i64) -> PyResult<()> {
        interruptible(vm, || host::truncate(fd, length))?.or_raise(vm)
    }

    #[function("dup(fd, /)", doc = "Return a duplicate of a file descriptor.")]
    fn dup(vm: &Vm, fd: i32) -> PyResult<i32> {
        host::duplicate(fd).or_raise(vm)
    }

    #[function("dup2(fd, fd2, inheritable=True)", doc = "Duplicate file descriptor.")]
    fn dup2(vm: &Vm, fd: i32, fd2: i32, inheritable: bool) -> PyResult<i32> {
        if fd < 0 || fd2 < 0 {
            return Err(raise(vm, Errno(libc::EBADF)));
        }
        interruptible(vm, || host::duplicate_to(fd, fd2, inheritable))?.or_raise(vm)
    }

    #[function("pipe()", doc = "Create a pipe.\n\nReturns a tuple of two file descriptors:\n  (read_fd, write_fd)")]
    fn pipe(vm: &Vm) -> PyResult {
        let (read, write) = host::pipe(libc::O_CLOEXEC).or_raise(vm)?;
        pair(vm, Value::small_int(read.into()), Value::small_int(write.into()))
    }

    #[function(
        "pipe2(flags, /)",
        doc = "Create a pipe with flags set atomically.\n\nReturns a tuple of two file descriptors:\n  (read_fd, write_fd)\n\nflags can be constructed by ORing together one or more of these values:\nO_NONBLOCK, O_CLOEXEC."
    )]
    fn pipe2(vm: &Vm, flags: i32) -> PyResult {
        let (read, write) = host::pipe(flags).or_raise(vm)?;
        pair(vm, Value::small_int(read.into()), Value::small_int(write.into()))
    }

    #[function(
        "isatty(fd, /)",
        doc = "Return True if the fd is connected to a terminal.\n\nReturn True if the file descriptor is an open file descriptor\nconnected to the slave end of a terminal."
    )]
    fn isatty(fd: i32) -> bool {
        kaa_host::terminal::is_terminal(fd)
    }

    #[function(
        "ttyname(fd, /)",
        doc = "Return the name of the terminal device connected to 'fd'.\n\n  fd\n    Integer file descriptor handle."
    )]
    fn ttyname(vm: &Vm, fd: i32) -> PyResult {
        super::directories::name(vm, &kaa_host::terminal::name(fd).or_raise(vm)?, false)
    }

    #[function(
        "openpty()",
        doc = "Open a pseudo-terminal.\n\nReturn a tuple of (master_fd, slave_fd) containing open file descriptors\nfor both the master and slave ends."
    )]
    fn openpty(vm: &Vm) -> PyResult {
        let (master, slave) = kaa_host::terminal::open_pair().or_raise(vm)?;
        host::set_inheritable(master, false).or_raise(vm)?;
        host::set_inheritable(slave, false).or_raise(vm)?;
        pair(vm, Value::small_int(master.into()), Value::small_int(slave.into()))
    }

    #[function("tcgetpgrp(fd, /)", doc = "Return the process group associated with the terminal specified by fd.")]
    fn tcgetpgrp(vm: &Vm, fd: i32) -> PyResult<i32> {
        kaa_host::terminal::foreground(fd).or_raise(vm)
    }

    #[function("tcsetpgrp(fd, pgid, /)", doc = "Set the process group associated with the terminal specified by fd.")]
    fn tcsetpgrp(vm: &Vm, fd: i32, pgid: i32) -> PyResult<()> {
        kaa_host::terminal::set_foreground(fd, pgid).or_raise(vm)
    }

    #[function("get_inheritable(fd, /)", doc = "Get the close-on-exe flag of the specified file descriptor.")]
    fn get_inheritable(vm: &Vm, fd: i32) -> PyResult<bool> {
        host::is_inheritable(fd).or_raise(vm)
    }

    #[function(
        "set_inheritable(fd, inheritable, /)",
        doc = "Set the inheritable flag of the specified file descriptor."
    )]
    fn set_inheritable(vm: &Vm, fd: i32, inheritable: i32) -> PyResult<()> {
        host::set_inheritable(fd, inheritable != 0).or_raise(vm)
    }

    #[function(
        "get_blocking(fd, /)",
        doc = "Get the blocking mode of the file descriptor.\n\nReturn False if the O_NONBLOCK flag is set, True if the flag is cleared."
    )]
    fn get_blocking(vm: &Vm, fd: i32) -> PyResult<bool> {
        host::is_blocking(fd).or_raise(vm)
    }

    #[function(
        "set_blocking(fd, blocking, /)",
        doc = "Set the blocking mode of the specified file descriptor.\n\nSet the O_NONBLOCK flag if blocking is False,\nclear the O_NONBLOCK flag otherwise."
    )]
    fn set_blocking(vm: &Vm, fd: i32, blocking: bool) -> PyResult<()> {
        host::set_blocking(fd, blocking).or_raise(vm)
    }

    #[function("fsync(fd)", doc = "Force write of fd to disk.")]
    fn fsync(vm: &Vm, fd: Descriptor) -> PyResult<()> {
        interruptible(vm, || host::sync(fd.0))?.or_raise(vm)
    }

    #[function("fdatasync(fd)", doc = "Force write of fd to disk without forcing update of metadata.")]
    fn fdatasync(vm: &Vm, fd: Descriptor) -> PyResult<()> {
        interruptible(vm, || host::sync_data(fd.0))?.or_raise(vm)
    }

    #[function(
        "lockf(fd, command, length, /)",
        doc = "Apply, test or remove a POSIX lock on an open file descriptor.\n\n  fd\n    An open file descriptor.\n  command\n    One of F_LOCK, F_TLOCK, F_ULOCK or F_TEST.\n  length\n    The number of bytes to lock, starting at the current position."
    )]
    fn lockf(vm: &Vm, fd: i32, command: i32, length: i64) -> PyResult<()> {
        interruptible(vm, || host::lock_part(fd, command, length))?.or_raise(vm)
    }

    #[function(
        "sendfile(out_fd, in_fd, offset, count)",
        doc = "Copy count bytes from file descriptor in_fd to file descriptor out_fd."
    )]
    fn sendfile(vm: &Vm, out_fd: i32, in_fd: i32, offset: Value, count: usize) -> PyResult<usize> {
        let offset = match offset.not_none() {
            Some(offset) => Some(offset_of(vm, offset)?),
            None => None,
        };
        interruptible(vm, || host::send_file(out_fd, in_fd, offset, count))?.or_raise(vm)
    }

    #[function(
        "copy_file_range(src, dst, count, offset_src=None, offset_dst=None)",
        doc = "Copy count bytes from one file descriptor to another.\n\n  src\n    Source file descriptor.\n  dst\n    Destination file descriptor.\n  count\n    Number of bytes to copy.\n  offset_src\n    Starting offset in src.\n  offset_dst\n    Starting offset in dst.\n\nIf offset_src is None, then src is read from the current position;\nrespectively for offset_dst."
    )]
    fn copy_file_range(
        vm: &Vm,
        src: i32,
        dst: i32,
        count: isize,
        offset_src: Option<i64>,
        offset_dst: Option<i64>,
    ) -> PyResult<usize> {
        let Ok(count) = usize::try_from(count) else {
            return Err(vm.value_error("negative value for 'count' not allowed"));
        };
        interruptible(vm, || host::copy_range(src, dst, count, offset_src, offset_dst))?.or_raise(vm)
    }

    #[function(
        "splice(src, dst, count, offset_src=None, offset_dst=None, flags=0)",
        doc = "Transfer count bytes from one pipe to a descriptor or vice versa.\n\n  src\n    Source file descriptor.\n  dst\n    Destination file descriptor.\n  count\n    Number of bytes to copy.\n  offset_src\n    Starting offset in src.\n  offset_dst\n    Starting offset in dst.\n  flags\n    Flags to modify the semantics of the call.\n\nIf offset_src is None, then src is read from the current position;\nrespectively for offset_dst. The offset associated to the file\ndescriptor that refers to a pipe must be None."
    )]
    fn splice(
        vm: &Vm,
        src: i32,
        dst: i32,
        count: isize,
        offset_src: Option<i64>,
        offset_dst: Option<i64>,
        flags: u32,
    ) -> PyResult<usize> {
        let Ok(count) = usize::try_from(count) else {
            return Err(vm.value_error("negative value for 'count' not allowed"));
        };
        interruptible(vm, || host::splice(src, dst, count, offset_src, offset_dst, flags))?.or_raise(vm)
    }

    #[function(
        "posix_fadvise(fd, offset, length, advice, /)",
        doc = "Announce an intention to access data in a specific pattern."
    )]
    fn posix_fadvise(vm: &Vm, fd: i32, offset: i64, length: i64, advice: i32) -> PyResult<()> {
        interruptible(vm, || host::advise(fd, offset, length, advice))?.or_raise(vm)
    }

    #[function(
        "posix_fallocate(fd, offset, length, /)",
        doc = "Ensure a file has allocated at least a particular number of bytes on disk.\n\nEnsure that the file specified by fd encompasses a range of bytes\nstarting at offset bytes from the beginning and continuing for length bytes."
    )]
    fn posix_fallocate(vm: &Vm, fd: i32, offset: i64, length: i64) -> PyResult<()> {
        interruptible(vm, || host::allocate(fd, offset, length))?.or_raise(vm)
    }

    #[function("eventfd(initval, flags=524288)", doc = "Creates and returns an event notification file descriptor.")]
    fn eventfd(vm: &Vm, initval: u32, flags: i32) -> PyResult<i32> {
        host::event_counter(initval, flags).or_raise(vm)
    }

    #[function("eventfd_read(fd)", doc = "Read eventfd value")]
    fn eventfd_read(vm: &Vm, fd: Descriptor) -> PyResult<u64> {
        let mut count = [0; 8];
        interruptible(vm, || host::read(fd.0, &mut count))?.or_raise(vm)?;
        Ok(u64::from_ne_bytes(count))
    }

    #[function("eventfd_write(fd, value)", doc = "Write eventfd value.")]
    fn eventfd_write(vm: &Vm, fd: Descriptor, value: u64) -> PyResult<()> {
        interruptible(vm, || host::write(fd.0, &value.to_ne_bytes()))?.or_raise(vm).map(drop)
    }

    #[function("memfd_create(name, flags=1)")]
    fn memfd_create(vm: &Vm, name: crate::path::SystemText, flags: u32) -> PyResult<i32> {
        host::memory_file(&name.0, flags).or_raise(vm)
    }

    #[function(
        "device_encoding(fd)",
        doc = "Return a string describing the encoding of a terminal's file descriptor.\n\nThe file descriptor must be attached to a terminal.\nIf the device is not a terminal, return None."
    )]
    fn device_encoding(fd: i32) -> Option<&'static str> {
        kaa_host::terminal::is_terminal(fd).then_some("utf-8")
    }
}

fn offset_of(vm: &Vm, value: Value) -> PyResult<i64> {
    let index = vm.index(value)?;
    vm.int_to_i64(index).ok_or_else(|| vm.overflow_error("Python int too large to convert to C long"))
}
