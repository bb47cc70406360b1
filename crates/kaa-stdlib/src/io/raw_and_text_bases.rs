//! `_RawIOBase`, `_BufferedIOBase` and `_TextIOBase`: the bases of the three kinds of streams.

use kaa_macros::py_type;
use kaa_objects::buffer::request;
use kaa_objects::object::Header;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{PyResult, Trace, Value, Vm};

use super::base::PyIoBase;
use super::{DEFAULT_BUFFER_SIZE, unsupported};

/// `_RawIOBase`.
#[repr(C)]
#[derive(Trace)]
pub struct PyRawIoBase {
    header: Header,
}

/// Everything that `stream.read(n)` gives until its end; `None` when the first call gives it.
pub fn read_all(vm: &Vm, stream: Value) -> PyResult {
    let mut all = Vec::new();
    loop {
        let chunk = vm.call_method(stream, vm.names().read, &[Value::small_int(DEFAULT_BUFFER_SIZE as i64)])?;
        if chunk.is_none() {
            if all.is_empty() {
                return Ok(chunk);
            }
            break;
        }
        let Some(bytes) = vm.cast::<PyBytes>(chunk) else {
            return Err(vm.type_error("read() should return bytes"));
        };
        if bytes.is_empty() {
            break;
        }
        all.extend_from_slice(bytes.as_slice());
    }
    Ok(vm.new_bytes(&all)?.value())
}

#[py_type(
    name = "_RawIOBase",
    module = "_io",
    base = PyIoBase,
    flags(BASETYPE),
    doc = "Base class for raw binary I/O."
)]
impl PyRawIoBase {
    #[method("read($self, size=-1, /)")]
    fn read(vm: &Vm, this: Value, size: isize) -> PyResult {
        if size < 0 {
            return vm.call_method_str(this, "readall", &[]);
        }
        let buffer = vm.new_bytearray(&[])?;
        buffer.resize(vm, size as usize)?;
        let count = vm.call_method_str(this, "readinto", &[buffer.value()])?;
        if count.is_none() {
            return Ok(count);
        }
        let count = vm.index_to_isize(count, vm.exceptions().ValueError)?;
        match usize::try_from(count) {
            Ok(count) if count <= buffer.len() => Ok(vm.new_bytes(&buffer.as_slice()[..count])?.value()),
            _ => Err(vm.value_error(format_args!("readinto returned {count} outside buffer size {}", buffer.len()))),
        }
    }

    #[method("readall($self, /)", doc = "Read until EOF, using multiple read() call.")]
    fn readall(vm: &Vm, this: Value) -> PyResult {
        read_all(vm, this)
    }

    #[method("readinto($self, buffer, /)")]
    fn readinto(vm: &Vm, _this: Value, _buffer: Value) -> PyResult {
        Err(vm.raise_with(vm.exceptions().NotImplementedError, &[]))
    }

    #[method("write($self, b, /)")]
    fn write(vm: &Vm, _this: Value, _b: Value) -> PyResult {
        Err(vm.raise_with(vm.exceptions().NotImplementedError, &[]))
    }
}

/// `_BufferedIOBase`.
#[repr(C)]
#[derive(Trace)]
pub struct PyBufferedIoBase {
    header: Header,
}

/// `readinto` by the method `read` or `read1`.
fn read_into(vm: &Vm, stream: Value, buffer: Value, method: &str) -> PyResult {
    let view = vm.buffer(buffer, request::WRITABLE)?;
    let read = vm.call_method_str(stream, method, &[Value::small_int(view.len as i64)])?;
    let Some(bytes) = vm.cast::<PyBytes>(read) else { return Err(vm.type_error("read() should return bytes")) };
    let len = bytes.len();
    if len > view.len {
        return Err(
            vm.value_error(format_args!("read() returned too much data: {} bytes requested, {len} returned", view.len))
        );
    }
    view.with_bytes_mut(|to| to[..len].copy_from_slice(bytes.as_slice()));
    vm.new_int(len as i64)
}

#[py_type(
    name = "_BufferedIOBase",
    module = "_io",
    base = PyIoBase,
    flags(BASETYPE),
    doc = "Base class for buffered IO objects.\n\nThe main difference with RawIOBase is that the read() method\nsupports omitting the size argument, and does not have a default\nimplementation that defers to readinto().\n\nIn addition, read(), readinto() and write() may raise\nBlockingIOError if the underlying raw stream is in non-blocking\nmode and not ready; unlike their raw counterparts, they will never\nreturn None.\n\nA typical implementation should not inherit from a RawIOBase\nimplementation, but wrap one."
)]
impl PyBufferedIoBase {
    #[method(
        "detach($self, /)",
        doc = "Disconnect this buffer from its underlying raw stream and return it.\n\nAfter the raw stream has been detached, the buffer is in an unusable\nstate."
    )]
    fn detach(vm: &Vm, _this: Value) -> PyResult {
        Err(unsupported(vm, "detach"))
    }

    #[method(
        "read($self, size=-1, /)",
        doc = "Read and return up to n bytes.\n\nIf the size argument is omitted, None, or negative, read and\nreturn all data until EOF.\n\nIf the size argument is positive, and the underlying raw stream is\nnot 'interactive', multiple raw reads may be issued to satisfy\nthe byte count (unless EOF is reached first).\nHowever, for interactive raw streams (as well as sockets and pipes),\nat most one raw read will be issued, and a short result does not\nimply that EOF is imminent.\n\nReturn an empty bytes object on EOF.\n\nReturn None if the underlying raw stream was open in non-blocking\nmode and no data is available at the moment."
    )]
    fn read(vm: &Vm, _this: Value, _size: Value) -> PyResult {
        Err(unsupported(vm, "read"))
    }

    #[method(
        "read1($self, size=-1, /)",
        doc = "Read and return up to size bytes, with at most one read() call to the underlying raw stream.\n\nReturn an empty bytes object on EOF.\nA short result does not imply that EOF is imminent."
    )]
    fn read1(vm: &Vm, _this: Value, _size: Value) -> PyResult {
        Err(unsupported(vm, "read1"))
    }

    #[method("readinto($self, buffer, /)")]
    fn readinto(vm: &Vm, this: Value, buffer: Value) -> PyResult {
        read_into(vm, this, buffer, "read")
    }

    #[method("readinto1($self, buffer, /)")]
    fn readinto1(vm: &Vm, this: Value, buffer: Value) -> PyResult {
        read_into(vm, this, buffer, "read1")
    }

    #[method(
        "write($self, b, /)",
        doc = "Write buffer b to the IO stream.\n\nReturn the number of bytes written, which is always\nthe length of b in bytes.\n\nRaise BlockingIOError if the buffer is full and the\nunderlying raw stream cannot accept more data at the moment."
    )]
    fn write(vm: &Vm, _this: Value, _b: Value) -> PyResult {
        Err(unsupported(vm, "write"))
    }
}

/// `_TextIOBase`.
#[repr(C)]
#[derive(Trace)]
pub struct PyTextIoBase {
    header: Header,
}

#[py_type(
    name = "_TextIOBase",
    module = "_io",
    base = PyIoBase,
    flags(BASETYPE),
    doc = "Base class for text I/O.\n\nThis class provides a character and line based interface to stream\nI/O. There is no readinto method because Python's character strings\nare immutable."
)]
impl PyTextIoBase {
    #[method(
        "detach($self, /)",
        doc = "Separate the underlying buffer from the TextIOBase and return it.\n\nAfter the underlying buffer has been detached, the TextIO is in an unusable state."
    )]
    fn detach(vm: &Vm, _this: Value) -> PyResult {
        Err(unsupported(vm, "detach"))
    }

    #[method(
        "read($self, size=-1, /)",
        doc = "Read at most size characters from stream.\n\nRead from underlying buffer until we have size characters or we hit EOF.\nIf size is negative or omitted, read until EOF."
    )]
    fn read(vm: &Vm, _this: Value, _size: Value) -> PyResult {
        Err(unsupported(vm, "read"))
    }

    #[method(
        "readline($self, size=-1, /)",
        doc = "Read until newline or EOF.\n\nReturn an empty string if EOF is hit immediately.\nIf size is specified, at most size characters will be read."
    )]
    fn readline(vm: &Vm, _this: Value, _size: Value) -> PyResult {
        Err(unsupported(vm, "readline"))
    }

    #[method(
        "write($self, s, /)",
        doc = "Write string s to stream.\n\nReturn the number of characters written\n(which is always equal to the length of the string)."
    )]
    fn write(vm: &Vm, _this: Value, _s: Value) -> PyResult {
        Err(unsupported(vm, "write"))
    }

    #[getter("encoding", doc = "Encoding of the text stream.\n\nSubclasses should override.")]
    fn encoding(_this: Value) -> Value {
        Value::NONE
    }

    #[getter(
        "newlines",
        doc = "Line endings translated so far.\n\nOnly line endings translated during reading are considered.\n\nSubclasses should override."
    )]
    fn newlines(_this: Value) -> Value {
        Value::NONE
    }

    #[getter("errors", doc = "The error setting of the decoder or encoder.\n\nSubclasses should override.")]
    fn errors(_this: Value) -> Value {
        Value::NONE
    }
}
