//! `FileIO`: an open file of the system, without a buffer.

use std::cell::Cell;

use kaa_host::{Errno, fd as host, fs};
use kaa_macros::py_type;
use kaa_objects::buffer::request;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::base;
use super::raw_and_text_bases::PyRawIoBase;
use super::{both, optional_size, unsupported};
use crate::host_call::{OrRaise, interruptible, raise, raise_for};
use crate::path::{fspath, path_bytes};

/// A `FileIO`.
#[repr(C)]
#[derive(Trace)]
pub struct PyFileIo {
    header: Header,
    /// The descriptor, or -1.
    fd: Cell<i32>,
    created: Cell<bool>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    appending: Cell<bool>,
    /// Whether the file can be positioned; asked when first needed.
    #[trace(skip)]
    seekable: Cell<Option<bool>>,
    close_fd: Cell<bool>,
    finalizing: Cell<bool>,
    /// The system's preferred size of transfers.
    block_size: Cell<i64>,
    /// The size when it was opened, or -1: how much `readall` will likely read.
    size_at_open: Cell<i64>,
    /// Whether it was a character device when it was opened: only those can be terminals.
    character_device: Cell<bool>,
}

/// How a mode says to open a file.
struct Mode {
    created: bool,
    readable: bool,
    writable: bool,
    appending: bool,
    flags: i32,
}

fn parse_mode(vm: &Vm, mode: Gc<PyStr>) -> PyResult<Mode> {
    let text = mode.to_string_lossy();
    if text.contains('\0') {
        return Err(vm.value_error("embedded null character"));
    }
    let mut parsed = Mode { created: false, readable: false, writable: false, appending: false, flags: 0 };
    let (mut kinds, mut plus) = (0, 0);
    for c in text.chars() {
        match c {
            'x' => {
                (parsed.created, parsed.writable) = (true, true);
                parsed.flags |= libc::O_EXCL | libc::O_CREAT;
            }
            'r' => parsed.readable = true,
            'w' => {
                parsed.writable = true;
                parsed.flags |= libc::O_CREAT | libc::O_TRUNC;
            }
            'a' => {
                (parsed.appending, parsed.writable) = (true, true);
                parsed.flags |= libc::O_APPEND | libc::O_CREAT;
            }
            'b' => continue,
            '+' => {
                plus += 1;
                continue;
            }
            _ => return Err(vm.value_error(format_args!("invalid mode: {text}"))),
        }
        kinds += 1;
    }
    if kinds != 1 || plus > 1 {
        return Err(vm.value_error("Must have exactly one of create/read/write/append mode and at most one plus"));
    }
    if plus == 1 {
        (parsed.readable, parsed.writable) = (true, true);
    }
    parsed.flags |= match (parsed.readable, parsed.writable) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    parsed.flags |= libc::O_CLOEXEC;
    Ok(parsed)
}

impl PyFileIo {
    fn unopened() -> PyFileIo {
        PyFileIo {
            header: Header::EMPTY,
            fd: Cell::new(-1),
            created: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            appending: Cell::new(false),
            seekable: Cell::new(None),
            close_fd: Cell::new(true),
            finalizing: Cell::new(false),
            block_size: Cell::new(super::DEFAULT_BUFFER_SIZE as i64),
            size_at_open: Cell::new(-1),
            character_device: Cell::new(false),
        }
    }

    /// A file that has not been opened yet.
    pub fn make(vm: &Vm) -> PyResult<Gc<PyFileIo>> {
        vm.alloc_instance(vm.class::<PyFileIo>(), PyFileIo::unopened())
    }

    /// The descriptor of a file that is open.
    fn open_fd(&self, vm: &Vm) -> PyResult<i32> {
        match self.fd.get() {
            -1 => Err(vm.value_error("I/O operation on closed file")),
            fd => Ok(fd),
        }
    }

    fn fd_to_read(&self, vm: &Vm) -> PyResult<i32> {
        let fd = self.open_fd(vm)?;
        if self.readable.get() { Ok(fd) } else { Err(unsupported(vm, "File not open for reading")) }
    }

    fn fd_to_write(&self, vm: &Vm) -> PyResult<i32> {
        let fd = self.open_fd(vm)?;
        if self.writable.get() { Ok(fd) } else { Err(unsupported(vm, "File not open for writing")) }
    }

    /// Whether the file was closed, or never opened.
    pub fn is_closed(&self) -> bool {
        self.fd.get() < 0
    }

    /// The size of transfers that the system prefers.
    pub fn block_size(&self) -> i64 {
        self.block_size.get()
    }

    /// Whether the file is a terminal.
    pub fn is_terminal(&self, vm: &Vm) -> PyResult<bool> {
        Ok(kaa_host::terminal::is_terminal(self.open_fd(vm)?))
    }

    /// As [`PyFileIo::is_terminal`], for a file that was just opened: most need not be asked.
    pub fn is_terminal_when_opened(&self, vm: &Vm) -> PyResult<bool> {
        if !self.character_device.get() { Ok(false) } else { self.is_terminal(vm) }
    }

    /// Whether the file can be positioned.
    pub fn can_seek(&self, vm: &Vm) -> PyResult<bool> {
        let fd = self.open_fd(vm)?;
        if let Some(seekable) = self.seekable.get() {
            return Ok(seekable);
        }
        let seekable = host::seek(fd, 0, libc::SEEK_CUR).is_ok();
        self.seekable.set(Some(seekable));
        Ok(seekable)
    }

    /// Moves the position.
    pub fn seek_to(&self, vm: &Vm, offset: i64, whence: i32) -> PyResult<i64> {
        let moved = host::seek(self.open_fd(vm)?, offset, whence);
        if self.seekable.get().is_none() {
            self.seekable.set(Some(moved.is_ok()));
        }
        moved.or_raise(vm)
    }

    /// Reads into a buffer; `None` when the file does not block and has nothing.
    pub fn read_into(&self, vm: &Vm, mut read: impl FnMut(i32) -> kaa_host::Result<usize>) -> PyResult<Option<usize>> {
        let fd = self.fd_to_read(vm)?;
        would_block(interruptible(vm, || read(fd))?).or_raise(vm)
    }

    /// Writes; `None` when the file does not block and takes nothing.
    pub fn write_bytes(&self, vm: &Vm, bytes: &[u8]) -> PyResult<Option<usize>> {
        let fd = self.fd_to_write(vm)?;
        would_block(interruptible(vm, || host::write(fd, bytes))?).or_raise(vm)
    }

    /// Everything up to the end; `None` when the file does not block and has nothing.
    pub fn read_to_end(&self, vm: &Vm) -> PyResult {
        let fd = self.fd_to_read(vm)?;
        let mut all = Vec::new();
        let expected = match self.size_at_open.get() {
            size if size <= 0 => 8 * 1024,
            size => {
                // What is before the position will not be read.
                let position = host::seek(fd, 0, libc::SEEK_CUR).unwrap_or(0);
                usize::try_from(size - position.min(size)).unwrap_or(0) + 1
            }
        };
        if all.try_reserve_exact(expected).is_err() {
            return Err(vm.no_memory());
        }
        loop {
            if all.capacity() - all.len() < 1024 && all.len() == all.capacity() {
                let more = all.len().clamp(8 * 1024, 64 << 20);
                if all.try_reserve(more).is_err() {
                    return Err(vm.no_memory());
                }
            }
            match would_block(interruptible(vm, || host::read_to_spare(fd, &mut all))?).or_raise(vm)? {
                None if all.is_empty() => return Ok(Value::NONE),
                None | Some(0) => break,
                Some(_) => {}
            }
        }
        Ok(vm.new_bytes(&all)?.value())
    }

    /// Closes the descriptor, if it is open and ours.
    fn close_descriptor(&self, vm: &Vm) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        match host::close(fd) {
            Err(Errno(libc::EINTR)) => vm.check_signals(),
            closed => closed.or_raise(vm),
        }
    }

    /// Opens a file, as the constructor does.
    pub fn open(
        vm: &Vm,
        this: Gc<PyFileIo>,
        file: Value,
        mode: Gc<PyStr>,
        close_fd: bool,
        opener: Value,
    ) -> PyResult<()> {
        base::opened(vm, this.value());
        if this.fd.get() >= 0 {
            // A second initialization.
            if this.close_fd.get() {
                this.close_descriptor(vm)?;
            } else {
                this.fd.set(-1);
            }
        }
        let given = given_descriptor(vm, file)?;
        let mode = parse_mode(vm, mode)?;
        this.created.set(mode.created);
        this.readable.set(mode.readable);
        this.writable.set(mode.writable);
        this.appending.set(mode.appending);
        this.seekable.set(None);
        this.close_fd.set(close_fd);
        let opened = match given {
            Some(fd) => {
                this.fd.set(fd);
                Ok(())
            }
            None => open_by_name(vm, this, file, mode.flags, opener),
        };
        let done = opened.and_then(|()| take_status(vm, this, file)).and_then(|()| {
            vm.set_attr(this.value(), vm.names().name, file)?;
            if mode.appending {
                // So that `tell` tells the truth.
                let end = host::seek(this.fd.get(), 0, libc::SEEK_END);
                if this.seekable.get().is_none() {
                    this.seekable.set(Some(end.is_ok()));
                }
                // A pipe has no end.
                if let Err(error) = end
                    && error != Errno(libc::ESPIPE)
                {
                    return Err(raise(vm, error));
                }
            }
            Ok(())
        });
        if done.is_err() {
            // The descriptor that was given stays its owner's.
            if given.is_some() {
                this.fd.set(-1);
            } else {
                let _ = host::close(this.fd.replace(-1));
            }
        }
        done
    }
}

/// `None` for what would have to wait.
fn would_block(result: kaa_host::Result<usize>) -> kaa_host::Result<Option<usize>> {
    match result {
        Err(Errno(libc::EAGAIN)) => Ok(None),
        result => result.map(Some),
    }
}

/// The descriptor, when an integer was given instead of a name.
fn given_descriptor(vm: &Vm, file: Value) -> PyResult<Option<i32>> {
    if vm.cast::<PyStr>(file).is_some() || vm.slots_of(file).nb_index.is_none() {
        return Ok(None);
    }
    if file.as_bool().is_some()
        && let Some(warn) = vm.hooks.warn.get()
    {
        warn(vm, vm.exceptions().RuntimeWarning.value(), "bool is used as a file descriptor", 1)?;
    }
    let index = vm.index(file)?;
    match vm.int_to_i64(index).map(i32::try_from) {
        Some(Ok(fd)) if fd < 0 => Err(vm.value_error("negative file descriptor")),
        Some(Ok(fd)) => Ok(Some(fd)),
        _ => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}

fn open_by_name(vm: &Vm, this: Gc<PyFileIo>, file: Value, flags: i32, opener: Value) -> PyResult<()> {
    let name = fspath(vm, file)?;
    let path = std::ffi::CString::new(path_bytes(vm, name)?).map_err(|_| vm.value_error("embedded null byte"))?;
    if !this.close_fd.get() {
        return Err(vm.value_error("Cannot use closefd=False with file name"));
    }
    if opener.is_none() {
        let opened = interruptible(vm, || fs::open(libc::AT_FDCWD, &path, flags, 0o666))?;
        this.fd.set(opened.map_err(|error| raise_for(vm, error, file))?);
        return Ok(());
    }
    let opened = vm.call(opener, &[file, Value::small_int(flags.into())])?;
    if !vm.is_int(opened) {
        return Err(vm.type_error("expected integer from opener"));
    }
    let fd = vm.int_to_i64(opened).and_then(|fd| i32::try_from(fd).ok());
    match fd {
        Some(fd) if fd < 0 => Err(vm.value_error(format_args!("opener returned {fd}"))),
        Some(fd) => {
            this.fd.set(fd);
            // The opener may not have said that children do not get it.
            host::set_inheritable(fd, false).or_raise(vm)
        }
        None => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}

/// Refuses directories, and notes size and block size.
fn take_status(vm: &Vm, this: Gc<PyFileIo>, file: Value) -> PyResult<()> {
    match fs::stat_fd(this.fd.get()) {
        Ok(stat) => {
            let kind = stat.st_mode & libc::S_IFMT;
            if kind == libc::S_IFDIR {
                return Err(raise_for(vm, Errno(libc::EISDIR), file));
            }
            this.character_device.set(kind == libc::S_IFCHR);
            if stat.st_blksize > 1 {
                this.block_size.set(stat.st_blksize);
            }
            this.size_at_open.set(if kind == libc::S_IFREG { stat.st_size } else { -1 });
            Ok(())
        }
        Err(error @ Errno(libc::EBADF)) => Err(raise(vm, error)),
        // Other errors show when the file is used.
        Err(_) => Ok(()),
    }
}

/// The text of the mode, as `open` takes it.
fn mode_text(file: &PyFileIo) -> &'static str {
    match (file.created.get(), file.appending.get(), file.readable.get(), file.writable.get()) {
        (true, _, true, _) => "xb+",
        (true, ..) => "xb",
        (_, true, true, _) => "ab+",
        (_, true, ..) => "ab",
        (_, _, true, true) => "rb+",
        (_, _, true, false) => "rb",
        _ => "wb",
    }
}

#[py_type(
    name = "FileIO",
    module = "_io",
    base = PyRawIoBase,
    flags(BASETYPE),
    doc = "Open a file.\n\nThe mode can be 'r' (default), 'w', 'x' or 'a' for reading,\nwriting, exclusive creation or appending.  The file will be created if it\ndoesn't exist when opened for writing or appending; it will be truncated\nwhen opened for writing.  A FileExistsError will be raised if it already\nexists when opened for creating. Opening a file for creating implies\nwriting so this mode behaves in a similar way to 'w'.Add a '+' to the mode\nto allow simultaneous reading and writing. A custom opener can be used by\npassing a callable as *opener*. The underlying file descriptor for the file\nobject is then obtained by calling opener with (*name*, *flags*).\n*opener* must return an open file descriptor (passing os.open as *opener*\nresults in functionality similar to passing None)."
)]
impl PyFileIo {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyFileIo>> {
        vm.alloc_instance(class, PyFileIo::unopened())
    }

    #[init("FileIO(file, mode='r', closefd=True, opener=None)")]
    fn init(
        vm: &Vm,
        this: Gc<PyFileIo>,
        file: Value,
        mode: Option<Gc<PyStr>>,
        closefd: bool,
        opener: Value,
    ) -> PyResult<()> {
        let mode = mode.unwrap_or_else(|| vm.intern("r"));
        PyFileIo::open(vm, this, file, mode, closefd, opener)
    }

    #[slot(finalize)]
    fn finalize(vm: &Vm, this: Value) -> PyResult<()> {
        base::finalize(vm, this)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyFileIo>) -> PyResult<String> {
        let class = vm.class_name(this.value());
        if this.is_closed() {
            return Ok(format!("<{class} [closed]>"));
        }
        let (mode, close_fd) = (mode_text(&this), if this.close_fd.get() { "True" } else { "False" });
        match vm.get_attr_optional(this.value(), vm.names().name)? {
            None => Ok(format!("<{class} fd={} mode='{mode}' closefd={close_fd}>", this.fd.get())),
            Some(name) => match vm.enter_repr(this.value()) {
                Some(_guard) => {
                    let name = vm.repr(name)?.to_string_lossy();
                    Ok(format!("<{class} name={name} mode='{mode}' closefd={close_fd}>"))
                }
                None => Err(vm.runtime_error(format_args!("reentrant call inside {class}.__repr__"))),
            },
        }
    }

    #[method(
        "read($self, size=-1, /)",
        doc = "Read at most size bytes, returned as bytes.\n\nIf size is less than 0, read all bytes in the file making\nmultiple read calls. See ``FileIO.readall``.\n\nAttempts to make only one system call, retrying only per\nPEP 475 (EINTR). This means less data may be returned than\nrequested.\n\nIn non-blocking mode, returns None if no data is available.\nReturn an empty bytes object at EOF."
    )]
    fn read(vm: &Vm, this: Gc<PyFileIo>, size: Value) -> PyResult {
        this.fd_to_read(vm)?;
        let size = optional_size(vm, size)?;
        let Ok(size) = usize::try_from(size) else { return this.read_to_end(vm) };
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(size.min(host::MAX_TRANSFER)).is_err() {
            return Err(vm.no_memory());
        }
        let read = match size {
            0 => Some(0),
            _ => this.read_into(vm, |fd| host::read_to_spare(fd, &mut bytes))?,
        };
        match read {
            Some(count) => Ok(vm.new_bytes(&bytes[..count.min(size)])?.value()),
            None => Ok(Value::NONE),
        }
    }

    #[method(
        "readall($self, /)",
        doc = "Read all data from the file, returned as bytes.\n\nReads until either there is an error or read returns size 0\n(indicates EOF). If the file is already at EOF, returns an\nempty bytes object.\n\nIn non-blocking mode, returns as much data as could be read\nbefore EAGAIN. If no data is available (EAGAIN is returned\nbefore bytes are read) returns None."
    )]
    fn readall(vm: &Vm, this: Gc<PyFileIo>) -> PyResult {
        this.read_to_end(vm)
    }

    #[method("readinto($self, buffer, /)", doc = "Same as RawIOBase.readinto().")]
    fn readinto(vm: &Vm, this: Gc<PyFileIo>, buffer: Value) -> PyResult<Option<usize>> {
        let view = writable_buffer(vm, buffer, "readinto")?;
        this.read_into(vm, |fd| view.with_bytes_mut(|bytes| host::read(fd, bytes)))
    }

    #[method(
        "write($self, b, /)",
        doc = "Write buffer b to file, return number of bytes written.\n\nOnly makes one system call, so not all of the data may be written.\nThe number of bytes actually written is returned.  In non-blocking mode,\nreturns None if the write would block."
    )]
    fn write(vm: &Vm, this: Gc<PyFileIo>, b: Value) -> PyResult<Option<usize>> {
        let view = vm.buffer(b, request::SIMPLE)?;
        this.write_bytes(vm, view.as_slice())
    }

    #[method(
        "seek($self, pos, whence=0, /)",
        doc = "Move to new file position and return the file position.\n\nArgument offset is a byte count.  Optional argument whence defaults to\nSEEK_SET or 0 (offset from start of file, offset should be >= 0); other values\nare SEEK_CUR or 1 (move relative to current position, positive or negative),\nand SEEK_END or 2 (move relative to end of file, usually negative, although\nmany platforms allow seeking beyond the end of a file).\n\nNote that not all file objects are seekable."
    )]
    fn seek(vm: &Vm, this: Gc<PyFileIo>, pos: Value, whence: i32) -> PyResult<i64> {
        this.open_fd(vm)?;
        let offset = offset_value(vm, pos)?;
        this.seek_to(vm, offset, whence)
    }

    #[method("tell($self, /)", doc = "Current file position.\n\nCan raise OSError for non seekable files.")]
    fn tell(vm: &Vm, this: Gc<PyFileIo>) -> PyResult<i64> {
        this.seek_to(vm, 0, libc::SEEK_CUR)
    }

    #[method(
        "truncate($self, size=None, /)",
        doc = "Truncate the file to at most size bytes and return the truncated size.\n\nSize defaults to the current file position, as returned by tell().\nThe current file position is changed to the value of size."
    )]
    fn truncate(vm: &Vm, this: Gc<PyFileIo>, size: Value) -> PyResult {
        let fd = this.fd_to_write(vm)?;
        let size = match size.not_none() {
            Some(size) => size,
            None => vm.new_int(this.seek_to(vm, 0, libc::SEEK_CUR)?)?,
        };
        let len = offset_value(vm, size)?;
        interruptible(vm, || host::truncate(fd, len))?.or_raise(vm)?;
        // What was known of the size is so no more.
        this.size_at_open.set(-1);
        Ok(size)
    }

    #[method(
        "close($self, /)",
        doc = "Close the file.\n\nA closed file cannot be used for further I/O operations.  close() may be\ncalled more than once without error."
    )]
    fn close(vm: &Vm, this: Gc<PyFileIo>) -> PyResult {
        let closed = base::close(vm, this.value());
        if !this.close_fd.get() {
            this.fd.set(-1);
            return closed;
        }
        if this.finalizing.get() {
            dealloc_warn(vm, this, this.value());
        }
        let closed = both(vm, closed, || this.close_descriptor(vm).map(|()| Value::NONE));
        base::closed_for_good(vm, this.value());
        closed
    }

    #[method("seekable($self, /)", doc = "True if file supports random-access.")]
    fn seekable(vm: &Vm, this: Gc<PyFileIo>) -> PyResult<bool> {
        this.can_seek(vm)
    }

    #[method("readable($self, /)", doc = "True if file was opened in a read mode.")]
    fn readable(vm: &Vm, this: Gc<PyFileIo>) -> PyResult<bool> {
        this.open_fd(vm)?;
        Ok(this.readable.get())
    }

    #[method("writable($self, /)", doc = "True if file was opened in a write mode.")]
    fn writable(vm: &Vm, this: Gc<PyFileIo>) -> PyResult<bool> {
        this.open_fd(vm)?;
        Ok(this.writable.get())
    }

    #[method("fileno($self, /)", doc = "Return the underlying file descriptor (an integer).")]
    fn fileno(vm: &Vm, this: Gc<PyFileIo>) -> PyResult<i32> {
        this.open_fd(vm)
    }

    #[method("isatty($self, /)", doc = "True if the file is connected to a TTY device.")]
    fn isatty(vm: &Vm, this: Gc<PyFileIo>) -> PyResult<bool> {
        this.is_terminal(vm)
    }

    #[method("_isatty_open_only($self, /)")]
    fn isatty_open_only(vm: &Vm, this: Gc<PyFileIo>) -> PyResult<bool> {
        this.is_terminal_when_opened(vm)
    }

    #[method("_dealloc_warn($self, object, /)")]
    fn dealloc_warn(vm: &Vm, this: Gc<PyFileIo>, object: Value) {
        dealloc_warn(vm, this, object);
    }

    #[method("__getstate__($self, /)")]
    fn getstate(vm: &Vm, this: Value) -> PyResult {
        base::getstate(vm, this)
    }

    #[getter("closed", doc = "True if the file is closed")]
    fn closed(&self) -> bool {
        self.is_closed()
    }

    #[getter("closefd", doc = "True if the file descriptor will be closed by close().")]
    fn closefd(&self) -> bool {
        self.close_fd.get()
    }

    #[getter("mode", doc = "String giving the file mode")]
    fn mode(&self) -> &'static str {
        mode_text(self)
    }

    #[getter("_blksize", doc = "Stat st_blksize if available")]
    fn blksize(&self) -> i64 {
        self.block_size.get()
    }

    #[getter("_finalizing")]
    fn finalizing(&self) -> bool {
        self.finalizing.get()
    }

    #[setter("_finalizing")]
    fn set_finalizing(&self, vm: &Vm, value: Value) -> PyResult<()> {
        self.finalizing.set(vm.truth(value)?);
        Ok(())
    }
}

/// Warns that a file was not closed, and names the object that the program had.
fn dealloc_warn(vm: &Vm, file: Gc<PyFileIo>, object: Value) {
    if file.is_closed() || !file.close_fd.get() {
        return;
    }
    let Some(warn) = vm.hooks.warn.get() else { return };
    let text = format!("unclosed file {}", vm.repr_lossy(object));
    let warned = warn(vm, vm.exceptions().ResourceWarning.value(), &text, 1);
    vm.report_ignored(warned, "Exception ignored while finalizing file", Some(object));
}

/// A position: an integer of 64 bits.
pub fn offset_value(vm: &Vm, value: Value) -> PyResult<i64> {
    let index = vm.index(value)?;
    vm.int_to_i64(index).ok_or_else(|| vm.overflow_error("Python int too large to convert to C long"))
}

/// The memory that a `readinto` method was given.
pub fn writable_buffer(vm: &Vm, value: Value, function: &str) -> PyResult<kaa_objects::buffer::Buffer> {
    let read_only = vm.cast::<PyBytes>(value).is_some() || vm.slots_of(value).bf_getbuffer.is_none();
    if read_only {
        let class = vm.class_name(value);
        return Err(
            vm.type_error(format_args!("{function}() argument 1 must be read-write bytes-like object, not {class}"))
        );
    }
    match vm.catch(vm.buffer(value, request::WRITABLE), vm.exceptions().BufferError)? {
        Ok(buffer) => Ok(buffer),
        Err(_) => {
            let class = vm.class_name(value);
            Err(vm
                .type_error(format_args!("{function}() argument 1 must be read-write bytes-like object, not {class}")))
        }
    }
}
