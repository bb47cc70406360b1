//! The three classes as Python sees them.

use kaa_macros::{py_methods, py_type};
use kaa_objects::buffer::request;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::super::raw_and_text_bases::PyBufferedIoBase;
use super::super::{DEFAULT_BUFFER_SIZE, base, is_closed, optional_size};
use super::{Access, State, Stream};

/// A `BufferedReader`.
#[repr(C)]
#[derive(Trace)]
pub struct PyBufferedReader {
    header: Header,
    state: State,
}

/// A `BufferedWriter`.
#[repr(C)]
#[derive(Trace)]
pub struct PyBufferedWriter {
    header: Header,
    state: State,
}

/// A `BufferedRandom`.
#[repr(C)]
#[derive(Trace)]
pub struct PyBufferedRandom {
    header: Header,
    state: State,
}

/// Methods of all three.
macro_rules! common_methods {
    ($part:ident, $class:ident, $name:literal, $access:expr) => {
        impl $class {
            /// The stream, to be worked on.
            pub fn stream<'a>(this: &'a Gc<$class>, vm: &'a Vm) -> Stream<'a> {
                Stream { vm, this: this.value(), state: &this.state }
            }

            fn make(vm: &Vm, class: Gc<PyType>) -> PyResult<Gc<$class>> {
                vm.alloc_instance(class, $class { header: Header::EMPTY, state: State::default() })
            }

            /// A stream on a raw one.
            pub fn on(vm: &Vm, raw: Value, buffer_size: usize) -> PyResult {
                let this = $class::make(vm, vm.class::<$class>())?;
                $class::stream(&this, vm).set_up(raw, buffer_size as isize, $access)?;
                Ok(this.value())
            }

            /// Calls a method of the raw stream.
            fn ask(vm: &Vm, this: Gc<$class>, method: &str) -> PyResult {
                let raw = $class::stream(&this, vm).raw()?;
                vm.call_method_str(raw, method, &[])
            }
        }

        #[py_methods($part, of = $name)]
        impl $class {
            #[method("detach($self, /)", doc = "Disconnect this buffer from its underlying raw stream and return it.\n\nAfter the raw stream has been detached, the buffer is in an unusable\nstate.")]
            fn detach(vm: &Vm, this: Gc<$class>) -> PyResult {
                $class::stream(&this, vm).detach()
            }

            #[method("flush($self, /)", doc = "Flush write buffers, if applicable.\n\nThis is not implemented for read-only and non-blocking streams.")]
            fn flush(vm: &Vm, this: Gc<$class>) -> PyResult {
                $class::stream(&this, vm).flush()
            }

            #[method("close($self, /)", doc = "Flush and close the IO object.\n\nThis method has no effect if the file is already closed.")]
            fn close(vm: &Vm, this: Gc<$class>) -> PyResult {
                $class::stream(&this, vm).close()
            }

            #[method("seekable($self, /)", doc = "Return whether object supports random access.\n\nIf False, seek(), tell() and truncate() will raise OSError.\nThis method may need to do a test seek().")]
            fn seekable(vm: &Vm, this: Gc<$class>) -> PyResult {
                $class::ask(vm, this, "seekable")
            }

            #[method("fileno($self, /)", doc = "Return underlying file descriptor if one exists.\n\nRaise OSError if the IO object does not use a file descriptor.")]
            fn fileno(vm: &Vm, this: Gc<$class>) -> PyResult {
                $class::ask(vm, this, "fileno")
            }

            #[method("isatty($self, /)", doc = "Return whether this is an 'interactive' stream.\n\nReturn False if it can't be determined.")]
            fn isatty(vm: &Vm, this: Gc<$class>) -> PyResult {
                $class::ask(vm, this, "isatty")
            }

            #[method("_dealloc_warn($self, source, /)")]
            fn dealloc_warn(vm: &Vm, this: Gc<$class>, source: Value) -> PyResult<()> {
                if let Ok(raw) = $class::stream(&this, vm).raw() {
                    vm.call_method_str(raw, "_dealloc_warn", &[source])?;
                } else {
                    vm.take_pending();
                }
                Ok(())
            }

            #[method("seek($self, target, whence=0, /)", doc = "Change the stream position to the given byte offset.\n\n  offset\n    The stream position, relative to 'whence'.\n  whence\n    The relative position to seek from.\n\nThe offset is interpreted relative to the position indicated by whence.\nValues for whence are:\n\n* os.SEEK_SET or 0 -- start of stream (the default); offset should be zero or positive\n* os.SEEK_CUR or 1 -- current stream position; offset may be negative\n* os.SEEK_END or 2 -- end of stream; offset is usually negative\n\nReturn the new absolute position.")]
            fn seek(vm: &Vm, this: Gc<$class>, target: Value, whence: i32) -> PyResult<i64> {
                $class::stream(&this, vm).seek(target, whence)
            }

            #[method("tell($self, /)", doc = "Return current stream position.")]
            fn tell(vm: &Vm, this: Gc<$class>) -> PyResult<i64> {
                $class::stream(&this, vm).tell()
            }

            #[method("truncate($self, pos=None, /)", doc = "Truncate file to size bytes.\n\nFile pointer is left unchanged. Size defaults to the current IO position\nas reported by tell(). Return the new size.")]
            fn truncate(vm: &Vm, this: Gc<$class>, pos: Value) -> PyResult {
                $class::stream(&this, vm).truncate(pos)
            }

            #[method("__sizeof__($self, /)")]
            fn sizeof(vm: &Vm, this: Gc<$class>) -> usize {
                let buffer = this.state.buffer_size.get() as usize;
                vm.class_of(this.value()).instance_size.get() as usize + buffer
            }

            #[method("__getstate__($self, /)")]
            fn getstate(vm: &Vm, this: Value) -> PyResult {
                base::getstate(vm, this)
            }

            #[getter("raw")]
            fn raw(&self) -> Value {
                self.state.raw.get().unwrap_or(Value::NONE)
            }

            #[getter("closed")]
            fn closed(vm: &Vm, this: Gc<$class>) -> PyResult<bool> {
                let raw = $class::stream(&this, vm).raw()?;
                is_closed(vm, raw)
            }

            #[getter("name")]
            fn name(vm: &Vm, this: Gc<$class>) -> PyResult {
                let raw = $class::stream(&this, vm).raw()?;
                vm.get_attr(raw, vm.names().name)
            }

            #[getter("mode")]
            fn mode(vm: &Vm, this: Gc<$class>) -> PyResult {
                let raw = $class::stream(&this, vm).raw()?;
                vm.get_attr(raw, vm.names().mode)
            }

            #[getter("_finalizing")]
            fn finalizing(&self) -> bool {
                self.state.finalizing.get()
            }

            #[setter("_finalizing")]
            fn set_finalizing(&self, vm: &Vm, value: Value) -> PyResult<()> {
                self.state.finalizing.set(vm.truth(value)?);
                Ok(())
            }
        }
    };
}

/// Methods of those that read.
macro_rules! reader_methods {
    ($part:ident, $class:ident, $name:literal) => {
        #[py_methods($part, of = $name)]
        impl $class {
            #[method("readable($self, /)", doc = "Return whether object was opened for reading.\n\nIf False, read() will raise OSError.")]
            fn readable(vm: &Vm, this: Gc<$class>) -> PyResult {
                $class::ask(vm, this, "readable")
            }

            #[method("read($self, size=-1, /)", doc = "Read and return up to n bytes.\n\nIf the size argument is omitted, None, or negative, read and\nreturn all data until EOF.")]
            fn read(vm: &Vm, this: Gc<$class>, size: Value) -> PyResult {
                let size = optional_size(vm, size)?;
                $class::stream(&this, vm).read(size)
            }

            #[method("read1($self, size=-1, /)", doc = "Read and return up to size bytes, with at most one read() call to the underlying raw stream.\n\nReturn an empty bytes object on EOF.\nA short result does not imply that EOF is imminent.")]
            fn read1(vm: &Vm, this: Gc<$class>, size: isize) -> PyResult {
                $class::stream(&this, vm).read1(size)
            }

            #[method("readinto($self, buffer, /)")]
            fn readinto(vm: &Vm, this: Gc<$class>, buffer: Value) -> PyResult {
                $class::stream(&this, vm).read_into(buffer, false)
            }

            #[method("readinto1($self, buffer, /)")]
            fn readinto1(vm: &Vm, this: Gc<$class>, buffer: Value) -> PyResult {
                $class::stream(&this, vm).read_into(buffer, true)
            }

            #[method("readline($self, size=-1, /)", doc = "Read and return a line from the stream.\n\nIf size is specified, at most size bytes will be read.\n\nThe line terminator is always b'\\n' for binary files; for text\nfiles, the newlines argument to open can be used to select the line\nterminator(s) recognized.")]
            fn readline(vm: &Vm, this: Gc<$class>, size: Value) -> PyResult {
                let size = optional_size(vm, size)?;
                $class::stream(&this, vm).read_line(size)
            }

            #[method("peek($self, size=0, /)")]
            fn peek(vm: &Vm, this: Gc<$class>, _size: isize) -> PyResult {
                $class::stream(&this, vm).peek()
            }
        }
    };
}

/// Methods of those that write.
macro_rules! writer_methods {
    ($part:ident, $class:ident, $name:literal) => {
        #[py_methods($part, of = $name)]
        impl $class {
            #[method("writable($self, /)", doc = "Return whether object was opened for writing.\n\nIf False, write() will raise OSError.")]
            fn writable(vm: &Vm, this: Gc<$class>) -> PyResult {
                $class::ask(vm, this, "writable")
            }

            #[method("write($self, buffer, /)", doc = "Write buffer b to the IO stream.\n\nReturn the number of bytes written, which is always\nthe length of b in bytes.\n\nRaise BlockingIOError if the buffer is full and the\nunderlying raw stream cannot accept more data at the moment.")]
            fn write(vm: &Vm, this: Gc<$class>, buffer: Value) -> PyResult<usize> {
                $class::stream(&this, vm).raw()?;
                let view = vm.buffer(buffer, request::SIMPLE)?;
                $class::stream(&this, vm).write(view.as_slice())
            }
        }
    };
}

const READS: Access = Access { readable: true, writable: false };
const WRITES: Access = Access { readable: false, writable: true };
const READS_AND_WRITES: Access = Access { readable: true, writable: true };

common_methods!(READER, PyBufferedReader, "BufferedReader", READS);
reader_methods!(READER_READS, PyBufferedReader, "BufferedReader");
common_methods!(WRITER, PyBufferedWriter, "BufferedWriter", WRITES);
writer_methods!(WRITER_WRITES, PyBufferedWriter, "BufferedWriter");
common_methods!(RANDOM, PyBufferedRandom, "BufferedRandom", READS_AND_WRITES);
reader_methods!(RANDOM_READS, PyBufferedRandom, "BufferedRandom");
writer_methods!(RANDOM_WRITES, PyBufferedRandom, "BufferedRandom");

/// The next line of a stream of one of the classes; of a derived one by its `readline()`.
fn next(stream: Stream<'_>, class: Gc<PyType>) -> PyResult<Option<Value>> {
    let vm = stream.vm;
    if vm.class_of(stream.this) != class {
        return base::next_line(vm, stream.this);
    }
    let line = stream.read_line(-1)?;
    Ok(if vm.len(line)? == 0 { None } else { Some(line) })
}

fn size_or_default(size: Option<isize>) -> isize {
    size.unwrap_or(DEFAULT_BUFFER_SIZE as isize)
}

#[py_type(
    name = "BufferedReader",
    module = "_io",
    base = PyBufferedIoBase,
    flags(BASETYPE),
    parts(READER, READER_READS),
    doc = "Create a new buffered reader using the given readable raw IO object."
)]
impl PyBufferedReader {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyBufferedReader>> {
        PyBufferedReader::make(vm, class)
    }

    #[init("BufferedReader(raw, buffer_size=DEFAULT_BUFFER_SIZE)")]
    fn init(vm: &Vm, this: Gc<PyBufferedReader>, raw: Value, buffer_size: Option<isize>) -> PyResult<()> {
        PyBufferedReader::stream(&this, vm).set_up(raw, size_or_default(buffer_size), READS)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyBufferedReader>) -> PyResult<String> {
        PyBufferedReader::stream(&this, vm).repr()
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyBufferedReader>) -> PyResult<Option<Value>> {
        next(PyBufferedReader::stream(&this, vm), vm.class::<PyBufferedReader>())
    }
}

#[py_type(
    name = "BufferedWriter",
    module = "_io",
    base = PyBufferedIoBase,
    flags(BASETYPE),
    parts(WRITER, WRITER_WRITES),
    doc = "A buffer for a writeable sequential RawIO object.\n\nThe constructor creates a BufferedWriter for the given writeable raw\nstream. If the buffer_size is not given, it defaults to\nDEFAULT_BUFFER_SIZE."
)]
impl PyBufferedWriter {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyBufferedWriter>> {
        PyBufferedWriter::make(vm, class)
    }

    #[init("BufferedWriter(raw, buffer_size=DEFAULT_BUFFER_SIZE)")]
    fn init(vm: &Vm, this: Gc<PyBufferedWriter>, raw: Value, buffer_size: Option<isize>) -> PyResult<()> {
        PyBufferedWriter::stream(&this, vm).set_up(raw, size_or_default(buffer_size), WRITES)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyBufferedWriter>) -> PyResult<String> {
        PyBufferedWriter::stream(&this, vm).repr()
    }
}

#[py_type(
    name = "BufferedRandom",
    module = "_io",
    base = PyBufferedIoBase,
    flags(BASETYPE),
    parts(RANDOM, RANDOM_READS, RANDOM_WRITES),
    doc = "A buffered interface to random access streams.\n\nThe constructor creates a reader and writer for a seekable stream,\nraw, given in the first argument. If the buffer_size is omitted it\ndefaults to DEFAULT_BUFFER_SIZE."
)]
impl PyBufferedRandom {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyBufferedRandom>> {
        PyBufferedRandom::make(vm, class)
    }

    #[init("BufferedRandom(raw, buffer_size=DEFAULT_BUFFER_SIZE)")]
    fn init(vm: &Vm, this: Gc<PyBufferedRandom>, raw: Value, buffer_size: Option<isize>) -> PyResult<()> {
        PyBufferedRandom::stream(&this, vm).set_up(raw, size_or_default(buffer_size), READS_AND_WRITES)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyBufferedRandom>) -> PyResult<String> {
        PyBufferedRandom::stream(&this, vm).repr()
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyBufferedRandom>) -> PyResult<Option<Value>> {
        next(PyBufferedRandom::stream(&this, vm), vm.class::<PyBufferedRandom>())
    }
}
