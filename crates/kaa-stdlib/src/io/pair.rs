//! `BufferedRWPair`: a reader and a writer as one stream.

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

use super::buffered::{PyBufferedReader, PyBufferedWriter};
use super::raw_and_text_bases::PyBufferedIoBase;
use super::{DEFAULT_BUFFER_SIZE, base, both};

/// A `BufferedRWPair`.
#[repr(C)]
#[derive(Trace)]
pub struct PyBufferedRwPair {
    header: Header,
    reader: Slot,
    writer: Slot,
}

impl PyBufferedRwPair {
    fn part(vm: &Vm, slot: &Slot) -> PyResult {
        slot.get().ok_or_else(|| vm.value_error("I/O operation on uninitialized object"))
    }

    /// Passes a call on to the reader.
    fn read_by(&self, vm: &Vm, method: &str, args: &[Value]) -> PyResult {
        vm.call_method_str(PyBufferedRwPair::part(vm, &self.reader)?, method, args)
    }

    /// Passes a call on to the writer.
    fn write_by(&self, vm: &Vm, method: &str, args: &[Value]) -> PyResult {
        vm.call_method_str(PyBufferedRwPair::part(vm, &self.writer)?, method, args)
    }
}

#[py_type(
    name = "BufferedRWPair",
    module = "_io",
    base = PyBufferedIoBase,
    flags(BASETYPE),
    doc = "A buffered reader and writer object together.\n\nA buffered reader object and buffered writer object put together to\nform a sequential IO object that can read and write. This is typically\nused with a socket or two-way pipe.\n\nreader and writer are RawIOBase objects that are readable and\nwriteable respectively. If the buffer_size is omitted it defaults to\nDEFAULT_BUFFER_SIZE."
)]
impl PyBufferedRwPair {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyBufferedRwPair>> {
        let made = PyBufferedRwPair { header: Header::EMPTY, reader: Slot::empty(), writer: Slot::empty() };
        vm.alloc_instance(class, made)
    }

    #[init("BufferedRWPair(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)")]
    fn init(
        vm: &Vm,
        this: Gc<PyBufferedRwPair>,
        reader: Value,
        writer: Value,
        buffer_size: Option<isize>,
    ) -> PyResult<()> {
        base::check_readable(vm, reader)?;
        base::check_writable(vm, writer)?;
        let size = vm.new_int(buffer_size.unwrap_or(DEFAULT_BUFFER_SIZE as isize) as i64)?;
        let reader = vm.call(vm.class::<PyBufferedReader>().value(), &[reader, size])?;
        let writer = vm.call(vm.class::<PyBufferedWriter>().value(), &[writer, size])?;
        this.reader.set(vm, this, reader);
        this.writer.set(vm, this, writer);
        Ok(())
    }

    #[method("read", raw)]
    fn read(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        self.read_by(vm, "read", args.all())
    }

    #[method("peek", raw)]
    fn peek(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        self.read_by(vm, "peek", args.all())
    }

    #[method("read1", raw)]
    fn read1(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        self.read_by(vm, "read1", args.all())
    }

    #[method("readinto", raw)]
    fn readinto(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        self.read_by(vm, "readinto", args.all())
    }

    #[method("readinto1", raw)]
    fn readinto1(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        self.read_by(vm, "readinto1", args.all())
    }

    #[method("write", raw)]
    fn write(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        self.write_by(vm, "write", args.all())
    }

    #[method("flush($self, /)")]
    fn flush(&self, vm: &Vm) -> PyResult {
        self.write_by(vm, "flush", &[])
    }

    #[method("readable($self, /)")]
    fn readable(&self, vm: &Vm) -> PyResult {
        self.read_by(vm, "readable", &[])
    }

    #[method("writable($self, /)")]
    fn writable(&self, vm: &Vm) -> PyResult {
        self.write_by(vm, "writable", &[])
    }

    #[method("close($self, /)")]
    fn close(&self, vm: &Vm) -> PyResult {
        let written = self.write_by(vm, "close", &[]);
        both(vm, written, || self.read_by(vm, "close", &[]))
    }

    #[method("isatty($self, /)")]
    fn isatty(&self, vm: &Vm) -> PyResult {
        let writer = self.write_by(vm, "isatty", &[])?;
        if writer.is_false() { self.read_by(vm, "isatty", &[]) } else { Ok(writer) }
    }

    #[getter("closed")]
    fn closed(&self, vm: &Vm) -> PyResult {
        match self.writer.get() {
            Some(writer) => vm.get_attr_str(writer, "closed"),
            None => Err(vm.runtime_error("the BufferedRWPair object is being garbage-collected")),
        }
    }
}
