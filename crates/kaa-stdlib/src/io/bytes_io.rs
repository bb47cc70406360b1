//! `BytesIO`: a file in memory.

use std::cell::Cell;

use kaa_macros::py_type;
use kaa_objects::buffer::{Buffer, request};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::bytearray::PyByteArray;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::base;
use super::file::{offset_value, writable_buffer};
use super::raw_and_text_bases::PyBufferedIoBase;
use super::{closed_error, optional_size};

/// A `BytesIO`. Its bytes are those of `shared` when that is set, which never change, otherwise
/// those of `own`. Without either it is closed.
#[repr(C)]
#[derive(Trace)]
pub struct PyBytesIo {
    header: Header,
    /// What it was made of, or what `getvalue` gave and is still true.
    shared: Slot<Gc<PyBytes>>,
    own: Slot<Gc<PyByteArray>>,
    /// May be beyond the end.
    position: Cell<usize>,
}

impl PyBytesIo {
    /// Calls a function with the bytes.
    fn with_bytes<R>(&self, vm: &Vm, with: impl FnOnce(&[u8]) -> R) -> PyResult<R> {
        match (self.shared.get(), self.own.get()) {
            (Some(shared), _) => Ok(with(shared.as_slice())),
            (None, Some(own)) => Ok(with(own.as_slice())),
            (None, None) => Err(closed_error(vm)),
        }
    }

    fn len(&self, vm: &Vm) -> PyResult<usize> {
        self.with_bytes(vm, <[u8]>::len)
    }

    /// The bytes to be changed.
    fn to_change(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<Gc<PyByteArray>> {
        match (this.shared.get(), this.own.get()) {
            (_, Some(own)) => {
                this.shared.clear();
                Ok(own)
            }
            (Some(shared), None) => {
                let own = vm.new_bytearray(shared.as_slice())?;
                this.own.set(vm, this, own);
                this.shared.clear();
                Ok(own)
            }
            (None, None) => Err(closed_error(vm)),
        }
    }

    /// Raises `BufferError` while somebody has a view of the bytes.
    fn check_exports(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<()> {
        this.own.get().map_or(Ok(()), |own| own.check_resizable(vm))
    }

    /// Writes bytes, which are no part of the object itself, at the position.
    fn write_bytes(vm: &Vm, this: Gc<PyBytesIo>, bytes: &[u8]) -> PyResult<()> {
        let own = PyBytesIo::to_change(vm, this)?;
        let at = this.position.get();
        let end = at.checked_add(bytes.len()).filter(|&end| isize::try_from(end).is_ok());
        let Some(end) = end else { return Err(vm.overflow_error("new buffer size too large")) };
        if at == own.len() {
            own.push_slice(vm, bytes)?;
        } else {
            if end > own.len() {
                // What is skipped reads as zeros.
                own.resize(vm, end)?;
            }
            own.with_bytes_mut(|all| all[at..end].copy_from_slice(bytes));
        }
        this.position.set(end);
        Ok(())
    }

    /// The part that a read of so many bytes gives (of all for a negative number), and moves the
    /// position behind it.
    fn take(vm: &Vm, this: Gc<PyBytesIo>, size: isize) -> PyResult<Gc<PyBytes>> {
        let len = this.len(vm)?;
        let start = this.position.get().min(len);
        let count = usize::try_from(size).map_or(len - start, |size| size.min(len - start));
        if let Some(shared) = this.shared.get()
            && count == len
            && count > 1
        {
            this.position.set(len);
            return Ok(shared);
        }
        let part = this.with_bytes(vm, |bytes| vm.new_bytes(&bytes[start..start + count]))??;
        this.position.set(this.position.get() + count);
        Ok(part)
    }

    /// The next line, or a part of it that is no longer than the limit.
    fn take_line(vm: &Vm, this: Gc<PyBytesIo>, limit: isize) -> PyResult<Gc<PyBytes>> {
        let start = this.position.get();
        let count = this.with_bytes(vm, |bytes| {
            let rest = bytes.get(start..).unwrap_or(&[]);
            let rest = usize::try_from(limit).map_or(rest, |limit| &rest[..limit.min(rest.len())]);
            memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1)
        })?;
        PyBytesIo::take(vm, this, count as isize)
    }

    /// All bytes as an object, which is kept until they change.
    fn value(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<Gc<PyBytes>> {
        if let Some(shared) = this.shared.get() {
            return Ok(shared);
        }
        let value = this.with_bytes(vm, |bytes| vm.new_bytes(bytes))??;
        // While there are views, the bytes can change without our knowing.
        if this.own.get().is_none_or(|own| !own.is_exported()) {
            this.shared.set(vm, this, value);
        }
        Ok(value)
    }
}

fn set_up(_vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    // There is nothing to close; classes derived by programs inherit `__del__`.
    class.update_slots(|slots| slots.finalize = None);
    Ok(())
}

#[py_type(
    name = "BytesIO",
    module = "_io",
    base = PyBufferedIoBase,
    flags(BASETYPE),
    setup = set_up,
    doc = "Buffered I/O implementation using an in-memory bytes buffer."
)]
impl PyBytesIo {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyBytesIo>> {
        let made = PyBytesIo {
            header: Header::EMPTY,
            shared: Slot::new(vm.new_bytes(b"")?),
            own: Slot::empty(),
            position: Cell::new(0),
        };
        let made = vm.alloc_instance(class, made)?;
        // There is nothing to be closed.
        base::closed_for_good(vm, made.value());
        Ok(made)
    }

    #[init("BytesIO(initial_bytes=b'')")]
    fn init(vm: &Vm, this: Gc<PyBytesIo>, initial_bytes: Option<Value>) -> PyResult<()> {
        PyBytesIo::check_exports(vm, this)?;
        let initial = match initial_bytes.and_then(Value::not_none) {
            None => vm.new_bytes(b"")?,
            Some(value) => match vm.cast_exact::<PyBytes>(value) {
                Some(bytes) => bytes,
                None => vm.new_bytes(vm.buffer(value, request::SIMPLE)?.as_slice())?,
            },
        };
        this.own.clear();
        this.shared.set(vm, this, initial);
        this.position.set(0);
        Ok(())
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult {
        this.len(vm)?;
        Ok(this.value())
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<Option<Value>> {
        let line = PyBytesIo::take_line(vm, this, -1)?;
        Ok(if line.is_empty() { None } else { Some(line.value()) })
    }

    #[method("readable($self, /)", doc = "Returns True if the IO object can be read.")]
    #[method("seekable($self, /)", doc = "Returns True if the IO object can be seeked.")]
    #[method("writable($self, /)", doc = "Returns True if the IO object can be written.")]
    fn is_able(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<bool> {
        this.len(vm).map(|_| true)
    }

    #[method("close($self, /)", doc = "Disable all I/O operations.")]
    fn close(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<()> {
        PyBytesIo::check_exports(vm, this)?;
        this.own.clear();
        this.shared.clear();
        Ok(())
    }

    #[method("flush($self, /)", doc = "Does nothing.")]
    fn flush(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<()> {
        this.len(vm).map(drop)
    }

    #[method(
        "isatty($self, /)",
        doc = "Always returns False.\n\nBytesIO objects are not connected to a TTY-like device."
    )]
    fn isatty(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<bool> {
        this.len(vm).map(|_| false)
    }

    #[method("tell($self, /)", doc = "Current file position, an integer.")]
    fn tell(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<usize> {
        this.len(vm).map(|_| this.position.get())
    }

    #[method("write($self, b, /)", doc = "Write bytes to file.\n\nReturn the number of bytes written.")]
    fn write(vm: &Vm, this: Gc<PyBytesIo>, b: Value) -> PyResult<usize> {
        this.len(vm)?;
        if let Some(bytes) = vm.cast::<PyBytes>(b) {
            PyBytesIo::check_exports(vm, this)?;
            PyBytesIo::write_bytes(vm, this, bytes.as_slice())?;
            return Ok(bytes.len());
        }
        let view = vm.buffer(b, request::SIMPLE)?;
        PyBytesIo::check_exports(vm, this)?;
        PyBytesIo::write_bytes(vm, this, view.as_slice())?;
        Ok(view.len)
    }

    #[method(
        "writelines($self, lines, /)",
        doc = "Write lines to the file.\n\nNote that newlines are not added.  lines can be any iterable object\nproducing bytes-like objects. This is equivalent to calling write() for\neach element."
    )]
    fn writelines(vm: &Vm, this: Gc<PyBytesIo>, lines: Value) -> PyResult<()> {
        this.len(vm)?;
        vm.for_each(lines, |line| PyBytesIo::write(vm, this, line).map(drop))
    }

    #[method(
        "read($self, size=-1, /)",
        doc = "Read at most size bytes, returned as a bytes object.\n\nIf the size argument is negative, read until EOF is reached.\nReturn an empty bytes object at EOF."
    )]
    #[method(
        "read1($self, size=-1, /)",
        doc = "Read at most size bytes, returned as a bytes object.\n\nIf the size argument is negative or omitted, read until EOF is reached.\nReturn an empty bytes object at EOF."
    )]
    fn read(vm: &Vm, this: Gc<PyBytesIo>, size: Value) -> PyResult<Gc<PyBytes>> {
        let size = optional_size(vm, size)?;
        PyBytesIo::take(vm, this, size)
    }

    #[method(
        "readline($self, size=-1, /)",
        doc = "Next line from the file, as a bytes object.\n\nRetain newline.  A non-negative size argument limits the maximum\nnumber of bytes to return (an incomplete line may be returned then).\nReturn an empty bytes object at EOF."
    )]
    fn readline(vm: &Vm, this: Gc<PyBytesIo>, size: Value) -> PyResult<Gc<PyBytes>> {
        let size = optional_size(vm, size)?;
        PyBytesIo::take_line(vm, this, size)
    }

    #[method(
        "readlines($self, size=None, /)",
        doc = "List of bytes objects, each a line from the file.\n\nCall readline() repeatedly and return a list of the lines so read.\nThe optional size argument, if given, is an approximate bound on the\ntotal number of bytes in the lines returned."
    )]
    fn readlines(vm: &Vm, this: Gc<PyBytesIo>, size: Value) -> PyResult {
        this.len(vm)?;
        let most = optional_size(vm, size)?;
        let lines = vm.new_list(&[])?;
        let mut total = 0;
        loop {
            let line = PyBytesIo::take_line(vm, this, -1)?;
            if line.is_empty() {
                break;
            }
            lines.push(vm, line.value())?;
            total += line.len();
            if most > 0 && total >= most as usize {
                break;
            }
        }
        Ok(lines.value())
    }

    #[method(
        "readinto($self, buffer, /)",
        doc = "Read bytes into buffer.\n\nReturns number of bytes read (0 for EOF), or None if the object\nis set not to block and has no data to read."
    )]
    fn readinto(vm: &Vm, this: Gc<PyBytesIo>, buffer: Value) -> PyResult<usize> {
        let view = writable_buffer(vm, buffer, "readinto")?;
        let start = this.position.get();
        let count = this.with_bytes(vm, |bytes| {
            let rest = bytes.get(start..).unwrap_or(&[]);
            let count = rest.len().min(view.len);
            view.with_bytes_mut(|to| to[..count].copy_from_slice(&rest[..count]));
            count
        })?;
        this.position.set(start + count);
        Ok(count)
    }

    #[method("getvalue($self, /)", doc = "Retrieve the entire contents of the BytesIO object.")]
    fn getvalue(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<Gc<PyBytes>> {
        PyBytesIo::value(vm, this)
    }

    #[method("getbuffer($self, /)", doc = "Get a read-write view over the contents of the BytesIO object.")]
    fn getbuffer(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult {
        this.len(vm)?;
        let source = PyBytesIoBuffer { header: Header::EMPTY, source: Slot::new(this) };
        let source = vm.alloc(source)?;
        let memoryview = vm.builtin("memoryview")?;
        vm.call(memoryview, &[source.value()])
    }

    #[method(
        "seek($self, pos, whence=0, /)",
        doc = "Change stream position.\n\nSeek to byte offset pos relative to position indicated by whence:\n     0  Start of stream (the default).  pos should be >= 0;\n     1  Current position - pos may be negative;\n     2  End of stream - pos usually negative.\nReturns the new absolute position."
    )]
    fn seek(vm: &Vm, this: Gc<PyBytesIo>, pos: isize, whence: i32) -> PyResult<usize> {
        let len = this.len(vm)?;
        if pos < 0 && whence == 0 {
            return Err(vm.value_error(format_args!("negative seek value {pos}")));
        }
        let base = match whence {
            0 => 0,
            1 => this.position.get(),
            2 => len,
            _ => return Err(vm.value_error(format_args!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        let Some(target) = (base as isize).checked_add(pos) else {
            return Err(vm.overflow_error("new position too large"));
        };
        this.position.set(target.max(0) as usize);
        Ok(this.position.get())
    }

    #[method(
        "truncate($self, size=None, /)",
        doc = "Truncate the file to at most size bytes.\n\nSize defaults to the current file position, as returned by tell().\nThe current file position is unchanged.  Returns the new size."
    )]
    fn truncate(vm: &Vm, this: Gc<PyBytesIo>, size: Value) -> PyResult<usize> {
        let len = this.len(vm)?;
        PyBytesIo::check_exports(vm, this)?;
        let size = match size.not_none() {
            None => this.position.get(),
            Some(size) => {
                let size = offset_value(vm, size)?;
                usize::try_from(size).map_err(|_| vm.value_error(format_args!("negative size value {size}")))?
            }
        };
        if size < len {
            PyBytesIo::to_change(vm, this)?.resize(vm, size)?;
        }
        Ok(size)
    }

    #[method("__getstate__($self, /)")]
    fn getstate(vm: &Vm, this: Gc<PyBytesIo>) -> PyResult<Gc<PyTuple>> {
        let value = PyBytesIo::value(vm, this)?;
        let dict = instance_dict_copy(vm, this.value())?;
        vm.new_tuple(&[value.value(), vm.new_int(this.position.get() as i64)?, dict])
    }

    #[method("__setstate__($self, object, /)")]
    fn setstate(vm: &Vm, this: Gc<PyBytesIo>, state: Value) -> PyResult<()> {
        let class = vm.class_name(this.value());
        let Some(parts) = vm.cast::<PyTuple>(state).filter(|parts| parts.len() >= 3) else {
            let given = vm.class_name(state);
            return Err(vm.type_error(format_args!("{class}.__setstate__ argument should be 3-tuple, got {given}")));
        };
        let &[initial, position, dict, ..] = parts.as_slice() else { unreachable!("three at least") };
        PyBytesIo::check_exports(vm, this)?;
        PyBytesIo::init(vm, this, Some(initial))?;
        if !vm.is_int(position) {
            let given = vm.class_name(position);
            return Err(vm.type_error(format_args!("second item of state must be an integer, not {given}")));
        }
        let position = vm.index_to_isize(position, vm.exceptions().OverflowError)?;
        let Ok(position) = usize::try_from(position) else {
            return Err(vm.value_error("position value cannot be negative"));
        };
        this.position.set(position);
        set_instance_dict(vm, this.value(), dict, "third")
    }

    #[method("__sizeof__($self, /)", doc = "Size of object in memory, in bytes.")]
    fn sizeof(vm: &Vm, this: Gc<PyBytesIo>) -> usize {
        let own = this.own.get().map_or(0, |own| own.len());
        vm.class_of(this.value()).instance_size.get() as usize + own
    }

    #[getter("closed", doc = "True if the file is closed.")]
    fn closed(&self) -> bool {
        self.shared.get().is_none() && self.own.get().is_none()
    }
}

/// A copy of an object's attributes for `__getstate__`; `None` without a dict.
pub fn instance_dict_copy(vm: &Vm, object: Value) -> PyResult {
    match vm.instance_dict(object)? {
        Some(dict) if vm.has_instance_attributes(object) => Ok(vm.dict_copy(dict)?.value()),
        _ => Ok(Value::NONE),
    }
}

/// Adds attributes that `__getstate__` gave.
pub fn set_instance_dict(vm: &Vm, object: Value, state: Value, which: &str) -> PyResult<()> {
    let Some(state) = state.not_none() else { return Ok(()) };
    let Some(attributes) = vm.cast::<PyDict>(state) else {
        let given = vm.class_name(state);
        return Err(vm.type_error(format_args!("{which} item of state should be a dict, got a {given}")));
    };
    match vm.instance_dict(object)? {
        Some(dict) => vm.dict_merge(dict, attributes),
        None => Ok(()),
    }
}

/// What a view of a `BytesIO` is a view of.
#[repr(C)]
#[derive(Trace)]
pub struct PyBytesIoBuffer {
    header: Header,
    source: Slot<Gc<PyBytesIo>>,
}

#[py_type(name = "_BytesIOBuffer", module = "_io", flags(DISALLOW_INSTANTIATION))]
impl PyBytesIoBuffer {
    #[slot(bf_getbuffer)]
    fn getbuffer(vm: &Vm, this: Gc<PyBytesIoBuffer>, request: u32) -> PyResult<Buffer> {
        let own = PyBytesIo::to_change(vm, this.source.get_set())?;
        let buffer = vm.buffer(own.value(), request)?;
        Ok(Buffer { owner: this.value(), ..buffer })
    }
}
