//! `_IOBase`: what all streams have, done with the methods that they define.

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::{both, cannot_pickle, closed_error, is_closed, is_standard, optional_size, unsupported};

/// An `_IOBase`. That it is closed is an attribute of the instance.
#[repr(C)]
#[derive(Trace)]
pub struct PyIoBase {
    pub(super) header: Header,
}

/// The attribute that says that [`close`] ran.
const CLOSED: &str = "__IOBase_closed";

/// Whether [`close`] ran.
pub fn base_is_closed(vm: &Vm, stream: Value) -> PyResult<bool> {
    vm.has_attr(stream, vm.intern(CLOSED))
}

/// Raises `ValueError` when the stream says that it is closed.
pub fn check_closed(vm: &Vm, stream: Value) -> PyResult<()> {
    if is_closed(vm, stream)? { Err(closed_error(vm)) } else { Ok(()) }
}

fn check_method(vm: &Vm, stream: Value, method: &str, message: &str) -> PyResult<()> {
    let able = vm.call_method_str(stream, method, &[])?;
    if able.is_true() { Ok(()) } else { Err(unsupported(vm, message)) }
}

/// Raises `UnsupportedOperation` unless `seekable()` is true.
pub fn check_seekable(vm: &Vm, stream: Value) -> PyResult<()> {
    check_method(vm, stream, "seekable", "File or stream is not seekable.")
}

/// Raises `UnsupportedOperation` unless `readable()` is true.
pub fn check_readable(vm: &Vm, stream: Value) -> PyResult<()> {
    check_method(vm, stream, "readable", "File or stream is not readable.")
}

/// Raises `UnsupportedOperation` unless `writable()` is true.
pub fn check_writable(vm: &Vm, stream: Value) -> PyResult<()> {
    check_method(vm, stream, "writable", "File or stream is not writable.")
}

/// `_IOBase.close`: flushes, and notes that the stream is closed.
pub fn close(vm: &Vm, stream: Value) -> PyResult {
    if base_is_closed(vm, stream)? {
        return Ok(Value::NONE);
    }
    let flushed = vm.call_method(stream, vm.names().flush, &[]);
    both(vm, flushed, || {
        vm.set_attr(stream, vm.intern(CLOSED), Value::TRUE)?;
        Ok(Value::NONE)
    })
}

/// To be called when a stream was closed: one of a native class need not be finalized any more, so
/// that it goes with the first collection that does not reach it.
pub fn closed_for_good(vm: &Vm, stream: Value) {
    if let Some(object) = stream.as_object()
        && vm.class_of(stream).is_native.get()
    {
        vm.forget_finalizer(object);
    }
}

/// To be called when a stream was opened, perhaps once more.
pub fn opened(vm: &Vm, stream: Value) {
    if let Some(object) = stream.as_object() {
        vm.ask_for_finalizer(object);
    }
}

/// Closes a stream that nobody refers to any more.
pub fn finalize(vm: &Vm, stream: Value) -> PyResult<()> {
    if is_standard(vm, stream) {
        return Ok(());
    }
    let closed = match is_closed(vm, stream) {
        Ok(closed) => closed,
        Err(raised) => {
            // In no usable state: not even made whole, or detached from what is beneath.
            vm.take_exception(raised);
            true
        }
    };
    if closed {
        return Ok(());
    }
    if let Err(raised) = vm.set_attr(stream, vm.intern("_finalizing"), Value::TRUE) {
        vm.take_exception(raised);
    }
    if let Err(raised) = vm.call_method(stream, vm.names().close, &[]) {
        let exception = vm.take_exception(raised);
        if let Some(report) = vm.hooks.unraisable.get() {
            let text = format!("Exception ignored while finalizing file {}", vm.repr_lossy(stream));
            report(vm, exception, &text, None);
        }
    }
    Ok(())
}

/// `_IOBase.readline` with `read` and, where the stream has it, `peek`.
fn readline(vm: &Vm, stream: Value, size: Value) -> PyResult {
    let limit = usize::try_from(optional_size(vm, size)?).unwrap_or(usize::MAX);
    let peek = vm.get_attr_optional(stream, vm.intern("peek"))?;
    let mut line = Vec::new();
    while line.len() < limit {
        let mut wanted = 1;
        if let Some(peek) = peek {
            let ahead = vm.call(peek, &[Value::small_int(1)])?;
            let Some(ahead) = vm.cast::<PyBytes>(ahead) else {
                let class = vm.class_name(ahead);
                let text = format!("peek() should have returned a bytes object, not '{class}'");
                return Err(vm.raise_new(vm.exceptions().OSError, text));
            };
            if !ahead.is_empty() {
                let ahead = &ahead.as_slice()[..ahead.len().min(limit - line.len())];
                wanted = memchr::memchr(b'\n', ahead).map_or(ahead.len(), |at| at + 1);
            }
        }
        let read = vm.call_method(stream, vm.names().read, &[Value::small_int(wanted as i64)])?;
        let Some(bytes) = vm.cast::<PyBytes>(read) else {
            let class = vm.class_name(read);
            let text = format!("read() should have returned a bytes object, not '{class}'");
            return Err(vm.raise_new(vm.exceptions().OSError, text));
        };
        if bytes.is_empty() {
            break;
        }
        line.extend_from_slice(bytes.as_slice());
        if line.last() == Some(&b'\n') {
            break;
        }
    }
    Ok(vm.new_bytes(&line)?.value())
}

/// `stream.__next__()`: the next line, by `readline()`.
pub fn next_line(vm: &Vm, stream: Value) -> PyResult<Option<Value>> {
    let line = vm.call_method(stream, vm.names().readline, &[])?;
    let empty = match (vm.cast::<PyBytes>(line), vm.cast::<PyStr>(line)) {
        (Some(bytes), _) => bytes.is_empty(),
        (None, Some(text)) => text.is_empty(),
        (None, None) => vm.len(line)? == 0,
    };
    Ok(if empty { None } else { Some(line) })
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_dict_attribute(class)
}

#[py_type(
    name = "_IOBase",
    module = "_io",
    flags(BASETYPE, MANAGED_DICT, MANAGED_WEAKREF),
    setup = set_up,
    doc = "The abstract base class for all I/O classes.\n\nThis class provides dummy implementations for many methods that\nderived classes can override selectively; the default implementations\nrepresent a file that cannot be read, written or seeked.\n\nEven though IOBase does not declare read, readinto, or write because\ntheir signatures will vary, implementations and clients should\nconsider those methods part of the interface. Also, implementations\nmay raise UnsupportedOperation when operations they do not support are\ncalled.\n\nThe basic type used for binary data read from or written to a file is\nbytes. Other bytes-like objects are accepted as method arguments too.\nIn some cases (such as readinto), a writable object is required. Text\nI/O classes work with str data.\n\nNote that calling any method (except additional calls to close(),\nwhich are ignored) on a closed stream should raise a ValueError.\n\nIOBase (and its subclasses) support the iterator protocol, meaning\nthat an IOBase object can be iterated over yielding the lines in a\nstream.\n\nIOBase also supports the :keyword:`with` statement. In this example,\nfp is closed after the suite of the with statement is complete:\n\nwith open('spam.txt', 'r') as fp:\n    fp.write('Spam and eggs!')\n"
)]
impl PyIoBase {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyIoBase>> {
        vm.alloc_instance(class, PyIoBase { header: Header::EMPTY })
    }

    #[slot(finalize)]
    fn finalize(vm: &Vm, this: Value) -> PyResult<()> {
        finalize(vm, this)
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Value) -> PyResult {
        check_closed(vm, this)?;
        Ok(this)
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Value) -> PyResult<Option<Value>> {
        next_line(vm, this)
    }

    #[method(
        "seek($self, offset, whence=os.SEEK_SET, /)",
        doc = "Change the stream position to the given byte offset.\n\n  offset\n    The stream position, relative to 'whence'.\n  whence\n    The relative position to seek from.\n\nThe offset is interpreted relative to the position indicated by whence.\nValues for whence are:\n\n* os.SEEK_SET or 0 -- start of stream (the default); offset should be zero or positive\n* os.SEEK_CUR or 1 -- current stream position; offset may be negative\n* os.SEEK_END or 2 -- end of stream; offset is usually negative\n\nReturn the new absolute position."
    )]
    fn seek(vm: &Vm, _this: Value, _offset: Value, _whence: Option<Value>) -> PyResult {
        Err(unsupported(vm, "seek"))
    }

    #[method("tell($self, /)", doc = "Return current stream position.")]
    fn tell(vm: &Vm, this: Value) -> PyResult {
        vm.call_method_str(this, "seek", &[Value::small_int(0), Value::small_int(1)])
    }

    #[method(
        "truncate($self, size=None, /)",
        doc = "Truncate file to size bytes.\n\nFile pointer is left unchanged. Size defaults to the current IO position\nas reported by tell(). Return the new size."
    )]
    fn truncate(vm: &Vm, _this: Value, _size: Value) -> PyResult {
        Err(unsupported(vm, "truncate"))
    }

    #[method(
        "flush($self, /)",
        doc = "Flush write buffers, if applicable.\n\nThis is not implemented for read-only and non-blocking streams."
    )]
    fn flush(vm: &Vm, this: Value) -> PyResult<()> {
        if base_is_closed(vm, this)? { Err(closed_error(vm)) } else { Ok(()) }
    }

    #[method(
        "close($self, /)",
        doc = "Flush and close the IO object.\n\nThis method has no effect if the file is already closed."
    )]
    fn close(vm: &Vm, this: Value) -> PyResult {
        close(vm, this)
    }

    #[getter("closed")]
    fn closed(vm: &Vm, this: Value) -> PyResult<bool> {
        base_is_closed(vm, this)
    }

    #[method(
        "seekable($self, /)",
        doc = "Return whether object supports random access.\n\nIf False, seek(), tell() and truncate() will raise OSError.\nThis method may need to do a test seek()."
    )]
    fn seekable(_this: Value) -> bool {
        false
    }

    #[method(
        "readable($self, /)",
        doc = "Return whether object was opened for reading.\n\nIf False, read() will raise OSError."
    )]
    fn readable(_this: Value) -> bool {
        false
    }

    #[method(
        "writable($self, /)",
        doc = "Return whether object was opened for writing.\n\nIf False, write() will raise OSError."
    )]
    fn writable(_this: Value) -> bool {
        false
    }

    #[method("_checkClosed($self, /)")]
    fn check_closed(vm: &Vm, this: Value) -> PyResult<()> {
        check_closed(vm, this)
    }

    #[method("_checkSeekable($self, /)")]
    fn check_seekable(vm: &Vm, this: Value) -> PyResult<bool> {
        check_seekable(vm, this).map(|()| true)
    }

    #[method("_checkReadable($self, /)")]
    fn check_readable(vm: &Vm, this: Value) -> PyResult<bool> {
        check_readable(vm, this).map(|()| true)
    }

    #[method("_checkWritable($self, /)")]
    fn check_writable(vm: &Vm, this: Value) -> PyResult<bool> {
        check_writable(vm, this).map(|()| true)
    }

    #[method(
        "fileno($self, /)",
        doc = "Return underlying file descriptor if one exists.\n\nRaise OSError if the IO object does not use a file descriptor."
    )]
    fn fileno(vm: &Vm, _this: Value) -> PyResult {
        Err(unsupported(vm, "fileno"))
    }

    #[method(
        "isatty($self, /)",
        doc = "Return whether this is an 'interactive' stream.\n\nReturn False if it can't be determined."
    )]
    fn isatty(vm: &Vm, this: Value) -> PyResult<bool> {
        check_closed(vm, this).map(|()| false)
    }

    #[method("__enter__($self, /)")]
    fn enter(vm: &Vm, this: Value) -> PyResult {
        check_closed(vm, this)?;
        Ok(this)
    }

    #[method("__exit__", raw)]
    fn exit(vm: &Vm, this: Value, _args: Args<'_>) -> PyResult {
        vm.call_method(this, vm.names().close, &[])
    }

    #[method(
        "readline($self, size=-1, /)",
        doc = "Read and return a line from the stream.\n\nIf size is specified, at most size bytes will be read.\n\nThe line terminator is always b'\\n' for binary files; for text\nfiles, the newlines argument to open can be used to select the line\nterminator(s) recognized."
    )]
    fn readline(vm: &Vm, this: Value, size: Value) -> PyResult {
        readline(vm, this, size)
    }

    #[method(
        "readlines($self, hint=-1, /)",
        doc = "Return a list of lines from the stream.\n\nhint can be specified to control the number of lines read: no more\nlines will be read if the total size (in bytes/characters) of all\nlines so far exceeds hint."
    )]
    fn readlines(vm: &Vm, this: Value, hint: Value) -> PyResult {
        let hint = optional_size(vm, hint)?;
        if hint <= 0 {
            return Ok(vm.list_from(this)?.value());
        }
        let lines = vm.new_list(&[])?;
        let iterator = vm.iter(this)?;
        let mut total = 0;
        while let Some(line) = vm.next(iterator)? {
            lines.push(vm, line)?;
            let len = vm.len(line)?;
            if len > hint as usize - total {
                break;
            }
            total += len;
        }
        Ok(lines.value())
    }

    #[method(
        "writelines($self, lines, /)",
        doc = "Write a list of lines to stream.\n\nLine separators are not added, so it is usual for each of the\nlines provided to have a line separator at the end."
    )]
    fn writelines(vm: &Vm, this: Value, lines: Value) -> PyResult<()> {
        check_closed(vm, this)?;
        let write = vm.get_attr(this, vm.names().write)?;
        vm.for_each(lines, |line| vm.call(write, &[line]).map(drop))
    }
}

/// Raises that streams of the class cannot be pickled; the `__getstate__` of all builtin ones.
pub fn getstate(vm: &Vm, stream: Value) -> PyResult {
    Err(cannot_pickle(vm, stream))
}
