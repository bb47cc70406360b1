//! `_io`: files, buffers and text streams.
//!
//! The classes stand on each other as in CPython: `FileIO` (raw bytes) in a `BufferedReader` or
//! `BufferedWriter`, that in a `TextIOWrapper`. Each calls the one below through its methods, for
//! programs may put their own there; when it is the builtin class itself, it is called directly.

mod base;
mod buffered;
mod bytes_io;
mod file;
mod newlines;
mod open;
mod pair;
mod raw_and_text_bases;
mod standard;
mod string_io;
mod text;
mod text_buffer;

use std::any::Any;

use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::module::PyModule;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm};

pub use standard::{StandardEncoding, make_standard_streams};

/// The size of buffers when nothing better is known.
pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

/// What the module keeps in an isolate.
#[derive(Default)]
struct State {
    unsupported_operation: Slot<Gc<PyType>>,
    /// The standard streams, text, buffers and raw files: they are not closed when the program
    /// ends, for finalizers may print.
    standard: Slot<Gc<PyTuple>>,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.unsupported_operation.trace(visitor);
        self.standard.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The class `io.UnsupportedOperation`.
fn unsupported_operation(vm: &Vm) -> PyResult<Gc<PyType>> {
    let state = vm.extension(|_| State::default());
    if let Some(class) = state.unsupported_operation.get() {
        return Ok(class);
    }
    let bases = vm.new_tuple(&[vm.exceptions().OSError.value(), vm.exceptions().ValueError.value()])?;
    let namespace = vm.new_dict()?;
    namespace.set_str(vm, vm.names().__module__, vm.intern("io").value())?;
    let name = vm.intern("UnsupportedOperation");
    let class = vm.new_class(vm.class::<PyType>(), name, bases, namespace, Args::EMPTY)?;
    let class = vm.cast::<PyType>(class).expect("type makes classes");
    state.unsupported_operation.set_root(Some(class));
    Ok(class)
}

/// Whether a stream is one of the standard streams.
fn is_standard(vm: &Vm, stream: Value) -> bool {
    let state = vm.extension(|_| State::default());
    state.standard.get().is_some_and(|standard| standard.as_slice().contains(&stream))
}

/// Raises `io.UnsupportedOperation`.
#[cold]
fn unsupported(vm: &Vm, message: &str) -> Raised {
    match unsupported_operation(vm) {
        Ok(class) => vm.raise_new(class, message),
        Err(raised) => raised,
    }
}

/// Raises the error of using a closed file.
#[cold]
fn closed_error(vm: &Vm) -> Raised {
    vm.value_error("I/O operation on closed file.")
}

/// A size that may be `None` for «all»: -1.
fn optional_size(vm: &Vm, size: Value) -> PyResult<isize> {
    if let Some(size) = size.as_small_int() {
        return Ok(size as isize);
    }
    if size.is_none() {
        return Ok(-1);
    }
    if vm.slots_of(size).nb_index.is_none() {
        let class = vm.class_name(size);
        return Err(vm.type_error(format_args!("argument should be integer or None, not '{class}'")));
    }
    vm.index_to_isize(size, vm.exceptions().OverflowError)
}

/// Whether a stream is closed, by its attribute.
fn is_closed(vm: &Vm, stream: Value) -> PyResult<bool> {
    let closed = vm.get_attr_str(stream, "closed")?;
    vm.truth(closed)
}

/// Raises that a stream cannot be pickled.
fn cannot_pickle(vm: &Vm, stream: Value) -> Raised {
    let class = vm.class_of(stream).name.get_set().to_string_lossy();
    vm.type_error(format_args!("cannot pickle '{class}' instances"))
}

/// Does two steps of closing, the second also when the first fails. The error of the first becomes
/// the context of that of the second.
fn both(vm: &Vm, first: PyResult, second: impl FnOnce() -> PyResult) -> PyResult {
    match first {
        Ok(_) => second(),
        Err(raised) => {
            let first = vm.take_exception(raised);
            match second() {
                Ok(_) => Err(vm.raise_again(first)),
                Err(raised) => {
                    let second = vm.take_exception(raised);
                    if second != first && second.context.get().is_none() {
                        second.context.set(vm, second, first);
                    }
                    Err(vm.raise_again(second))
                }
            }
        }
    }
}

/// The module.
pub struct Io;

#[py_module(
    name = "_io",
    doc = "The io module provides the Python interfaces to stream handling. The\nbuiltin open function is defined in this module.\n\nAt the top of the I/O hierarchy is the abstract base class IOBase. It\ndefines the basic interface to a stream. Note, however, that there is no\nseparation between reading and writing to streams; implementations are\nallowed to raise an OSError if they do not support a given operation.\n\nExtending IOBase is RawIOBase which deals simply with the reading and\nwriting of raw bytes to a stream. FileIO subclasses RawIOBase to provide\nan interface to OS files.\n\nBufferedIOBase deals with buffering on a raw byte stream (RawIOBase). Its\nsubclasses, BufferedWriter, BufferedReader, and BufferedRWPair buffer\nstreams that are readable, writable, and both respectively.\nBufferedRandom provides a buffered interface to random access\nstreams. BytesIO is a simple stream of in-memory bytes.\n\nAnother IOBase subclass, TextIOBase, deals with the encoding and decoding\nof streams into text. TextIOWrapper, which extends it, is a buffered text\ninterface to a buffered raw stream (`BufferedIOBase`). Finally, StringIO\nis an in-memory stream for text.\n\nArgument names are not part of the specification, and only the arguments\nof open() are intended to be used as keyword arguments.\n\ndata:\n\nDEFAULT_BUFFER_SIZE\n\n   An int containing the default buffer size used by the module's buffered\n   I/O classes.\n",
    types(
        base::PyIoBase, raw_and_text_bases::PyRawIoBase, raw_and_text_bases::PyBufferedIoBase,
        raw_and_text_bases::PyTextIoBase, file::PyFileIo, bytes_io::PyBytesIo, bytes_io::PyBytesIoBuffer,
        string_io::PyStringIo, buffered::PyBufferedReader, buffered::PyBufferedWriter, buffered::PyBufferedRandom,
        pair::PyBufferedRwPair, newlines::PyIncrementalNewlineDecoder, text::PyTextIoWrapper
    ),
    parts(open::FUNCTIONS),
    setup = set_up
)]
impl Io {
    #[constant("DEFAULT_BUFFER_SIZE")]
    fn default_buffer_size() -> i64 {
        DEFAULT_BUFFER_SIZE as i64
    }
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    dict.set_str(vm, vm.intern("BlockingIOError"), vm.exceptions().BlockingIOError.value())?;
    dict.set_str(vm, vm.intern("UnsupportedOperation"), unsupported_operation(vm)?.value())
}
