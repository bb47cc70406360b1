//! The class `TextIOWrapper` as Python sees it.

use std::cell::{Cell, RefCell};

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::PyTextIoWrapper;
use super::codec::{Decoder, Encoder};
use super::set_up::Settings;
use crate::io::raw_and_text_bases::PyTextIoBase;
use crate::io::{base, both, is_closed, optional_size};

/// How many bytes are read at a time when nothing else is said.
pub const DEFAULT_CHUNK_SIZE: usize = 8192;

impl PyTextIoWrapper {
    fn unmade() -> PyTextIoWrapper {
        PyTextIoWrapper {
            header: Header::EMPTY,
            buffer: Slot::empty(),
            detached: Cell::new(false),
            encoding: Slot::empty(),
            errors: Slot::empty(),
            encoder: Encoder::default(),
            decoder: Decoder::default(),
            read_newline: Slot::empty(),
            universal: Cell::new(false),
            translated: Cell::new(false),
            written_newline: Slot::empty(),
            line_buffering: Cell::new(false),
            write_through: Cell::new(false),
            finalizing: Cell::new(false),
            seekable: Cell::new(false),
            telling: Cell::new(false),
            has_read1: Cell::new(false),
            chunk_size: Cell::new(DEFAULT_CHUNK_SIZE),
            bytes_by_characters: Cell::new(0.0),
            pending: RefCell::default(),
            decoded: Slot::empty(),
            decoded_used: Cell::new(0),
            snapshot_flags: Cell::new(0),
            snapshot_input: Slot::empty(),
        }
    }

    /// A text stream on a stream of bytes.
    pub fn on(vm: &Vm, stream: Value, settings: Settings) -> PyResult<Gc<PyTextIoWrapper>> {
        let this = vm.alloc_instance(vm.class::<PyTextIoWrapper>(), PyTextIoWrapper::unmade())?;
        PyTextIoWrapper::set_up(vm, this, stream, settings)?;
        Ok(this)
    }

    /// Calls a method of the stream of bytes.
    fn ask(&self, vm: &Vm, method: &str) -> PyResult {
        vm.call_method_str(self.stream(vm)?, method, &[])
    }
}

#[py_type(
    name = "TextIOWrapper",
    module = "_io",
    base = PyTextIoBase,
    flags(BASETYPE),
    drop,
    doc = "Character and line based layer over a BufferedIOBase object, buffer.\n\nencoding gives the name of the encoding that the stream will be\ndecoded or encoded with. It defaults to locale.getencoding().\n\nerrors determines the strictness of encoding and decoding (see\nhelp(codecs.Codec) or the documentation for codecs.register) and\ndefaults to \"strict\".\n\nnewline controls how line endings are handled. It can be None, '',\n'\\n', '\\r', and '\\r\\n'.  It works as follows:\n\n* On input, if newline is None, universal newlines mode is\n  enabled. Lines in the input can end in '\\n', '\\r', or '\\r\\n', and\n  these are translated into '\\n' before being returned to the\n  caller. If it is '', universal newline mode is enabled, but line\n  endings are returned to the caller untranslated. If it has any of\n  the other legal values, input lines are only terminated by the given\n  string, and the line ending is returned to the caller untranslated.\n\n* On output, if newline is None, any '\\n' characters written are\n  translated to the system default line separator, os.linesep. If\n  newline is '' or '\\n', no translation takes place. If newline is any\n  of the other legal values, any '\\n' characters written are translated\n  to the given string.\n\nIf line_buffering is True, a call to flush is implied when a call to\nwrite contains a newline character."
)]
impl PyTextIoWrapper {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyTextIoWrapper>> {
        vm.alloc_instance(class, PyTextIoWrapper::unmade())
    }

    #[init(
        "TextIOWrapper(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)"
    )]
    fn init(
        vm: &Vm,
        this: Gc<PyTextIoWrapper>,
        buffer: Value,
        encoding: Option<Gc<PyStr>>,
        errors: Option<Gc<PyStr>>,
        newline: Option<Gc<PyStr>>,
        line_buffering: bool,
        write_through: bool,
    ) -> PyResult<()> {
        let settings = Settings { encoding, errors, newline, line_buffering, write_through };
        PyTextIoWrapper::set_up(vm, this, buffer, settings)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult<String> {
        let class = vm.class_name(this.value());
        if this.encoding.get().is_none() {
            return Err(vm.value_error("I/O operation on uninitialized object"));
        }
        let Some(_guard) = vm.enter_repr(this.value()) else {
            return Err(vm.runtime_error(format_args!("reentrant call inside {class}.__repr__")));
        };
        let mut text = format!("<{class}");
        for (attribute, label) in [("name", "name"), ("mode", "mode")] {
            let value = vm.get_attr_optional(this.value(), vm.intern(attribute));
            // Without a stream of bytes there is no name.
            if let Some(value) = vm.catch(value, vm.exceptions().ValueError)?.unwrap_or(None) {
                text.push_str(&format!(" {label}={}", vm.repr(value)?.to_string_lossy()));
            }
        }
        let encoding = vm.repr(this.encoding.get_set().value())?.to_string_lossy();
        Ok(format!("{text} encoding={encoding}>"))
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult<Option<Value>> {
        PyTextIoWrapper::next_of_iteration(vm, this)
    }

    #[method(
        "reconfigure($self, /, *, encoding=None, errors=None, newline=<unrepresentable>, line_buffering=None, write_through=None)",
        doc = "Reconfigure the text stream with new parameters.\n\nThis also does an implicit stream flush."
    )]
    fn reconfigure_method(
        vm: &Vm,
        this: Gc<PyTextIoWrapper>,
        encoding: Option<Gc<PyStr>>,
        errors: Option<Gc<PyStr>>,
        newline: Option<Value>,
        line_buffering: Option<bool>,
        write_through: Option<bool>,
    ) -> PyResult<()> {
        PyTextIoWrapper::reconfigure(vm, this, encoding, errors, newline, line_buffering, write_through)
    }

    #[method(
        "detach($self, /)",
        doc = "Separate the underlying buffer from the TextIOBase and return it.\n\nAfter the underlying buffer has been detached, the TextIO is in an unusable state."
    )]
    fn detach(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult {
        this.stream(vm)?;
        vm.call_method(this.value(), vm.names().flush, &[])?;
        let stream = this.stream(vm)?;
        this.buffer.clear();
        this.detached.set(true);
        Ok(stream)
    }

    #[method(
        "write($self, text, /)",
        doc = "Write string s to stream.\n\nReturn the number of characters written\n(which is always equal to the length of the string)."
    )]
    fn write(vm: &Vm, this: Gc<PyTextIoWrapper>, text: Value) -> PyResult<usize> {
        let text = PyTextIoWrapper::text_argument(vm, text)?;
        PyTextIoWrapper::write_text(vm, this, text)
    }

    #[method(
        "read($self, size=-1, /)",
        doc = "Read at most size characters from stream.\n\nRead from underlying buffer until we have size characters or we hit EOF.\nIf size is negative or omitted, read until EOF."
    )]
    fn read(vm: &Vm, this: Gc<PyTextIoWrapper>, size: Value) -> PyResult<Gc<PyStr>> {
        let size = optional_size(vm, size)?;
        PyTextIoWrapper::read_text(vm, this, size)
    }

    #[method(
        "readline($self, size=-1, /)",
        doc = "Read until newline or EOF.\n\nReturn an empty string if EOF is hit immediately.\nIf size is specified, at most size characters will be read."
    )]
    fn readline(vm: &Vm, this: Gc<PyTextIoWrapper>, size: isize) -> PyResult<Gc<PyStr>> {
        PyTextIoWrapper::read_line(vm, this, size)
    }

    #[method("flush($self, /)")]
    fn flush(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult {
        PyTextIoWrapper::flush_all(vm, this)
    }

    #[method("close($self, /)")]
    fn close(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult {
        let stream = this.stream(vm)?;
        if is_closed(vm, this.value())? {
            return Ok(Value::NONE);
        }
        if this.finalizing.get()
            && let Err(raised) = vm.call_method_str(stream, "_dealloc_warn", &[this.value()])
        {
            vm.take_exception(raised);
        }
        let flushed = vm.call_method(this.value(), vm.names().flush, &[]);
        let closed = both(vm, flushed, || vm.call_method(stream, vm.names().close, &[]))?;
        if is_closed(vm, this.value())? {
            base::closed_for_good(vm, this.value());
        }
        Ok(closed)
    }

    #[method("fileno($self, /)")]
    fn fileno(&self, vm: &Vm) -> PyResult {
        self.ask(vm, "fileno")
    }

    #[method("seekable($self, /)")]
    fn seekable(&self, vm: &Vm) -> PyResult {
        self.ask(vm, "seekable")
    }

    #[method("readable($self, /)")]
    fn readable(&self, vm: &Vm) -> PyResult {
        self.ask(vm, "readable")
    }

    #[method("writable($self, /)")]
    fn writable(&self, vm: &Vm) -> PyResult {
        self.ask(vm, "writable")
    }

    #[method("isatty($self, /)")]
    fn isatty(&self, vm: &Vm) -> PyResult {
        self.ask(vm, "isatty")
    }

    #[method(
        "seek($self, cookie, whence=0, /)",
        doc = "Set the stream position, and return the new stream position.\n\n  cookie\n    Zero or an opaque number returned by tell().\n  whence\n    The relative position to seek from.\n\nFour operations are supported, given by the following argument\ncombinations:\n\n- seek(0, SEEK_SET): Rewind to the start of the stream.\n- seek(cookie, SEEK_SET): Restore a previous position.\n- seek(0, SEEK_END): Fast-forward to the end of the stream.\n- seek(0, SEEK_CUR): Leave the current stream position unchanged.\n\nAny other argument combinations are invalid,\nand may raise exceptions."
    )]
    fn seek_method(vm: &Vm, this: Gc<PyTextIoWrapper>, cookie: Value, whence: i32) -> PyResult {
        PyTextIoWrapper::seek(vm, this, cookie, whence)
    }

    #[method(
        "tell($self, /)",
        doc = "Return the stream position as an opaque number.\n\nThe return value of tell() can be given as input to seek(), to restore a\nprevious stream position."
    )]
    fn tell_method(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult {
        PyTextIoWrapper::tell(vm, this)
    }

    #[method("truncate($self, pos=None, /)")]
    fn truncate(vm: &Vm, this: Gc<PyTextIoWrapper>, pos: Value) -> PyResult {
        let stream = this.stream(vm)?;
        vm.call_method(this.value(), vm.names().flush, &[])?;
        vm.call_method_str(stream, "truncate", &[pos])
    }

    #[method("__getstate__($self, /)")]
    fn getstate(vm: &Vm, this: Value) -> PyResult {
        base::getstate(vm, this)
    }

    #[getter("buffer")]
    fn buffer(&self, vm: &Vm) -> PyResult {
        self.stream(vm)
    }

    #[getter("encoding")]
    fn encoding(&self) -> Value {
        self.encoding.get().map_or(Value::NONE, |encoding| encoding.value())
    }

    #[getter("errors")]
    fn errors(&self, vm: &Vm) -> PyResult {
        match self.errors.get() {
            Some(errors) => Ok(errors.value()),
            None => Err(vm.value_error("I/O operation on uninitialized object")),
        }
    }

    #[getter("newlines")]
    fn newlines(&self, vm: &Vm) -> PyResult {
        self.stream(vm)?;
        if self.decoder.is_set() { self.decoder.newlines_seen(vm) } else { Ok(Value::NONE) }
    }

    #[getter("line_buffering")]
    fn line_buffering(&self) -> bool {
        self.line_buffering.get()
    }

    #[getter("write_through")]
    fn write_through(&self) -> bool {
        self.write_through.get()
    }

    #[getter("name")]
    fn name(&self, vm: &Vm) -> PyResult {
        vm.get_attr(self.stream(vm)?, vm.names().name)
    }

    #[getter("closed")]
    fn closed(&self, vm: &Vm) -> PyResult {
        vm.get_attr_str(self.stream(vm)?, "closed")
    }

    #[getter("_CHUNK_SIZE")]
    fn chunk_size(&self, vm: &Vm) -> PyResult<usize> {
        self.stream(vm)?;
        Ok(self.chunk_size.get())
    }

    #[setter("_CHUNK_SIZE")]
    fn set_chunk_size(&self, vm: &Vm, value: Option<Value>) -> PyResult<()> {
        self.stream(vm)?;
        let Some(value) = value else {
            return Err(vm.raise_new(vm.exceptions().AttributeError, "cannot delete attribute"));
        };
        let size = vm.index_to_isize(value, vm.exceptions().ValueError)?;
        match usize::try_from(size) {
            Ok(size) if size > 0 => {
                self.chunk_size.set(size);
                Ok(())
            }
            _ => Err(vm.value_error("a strictly positive integer is required")),
        }
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
