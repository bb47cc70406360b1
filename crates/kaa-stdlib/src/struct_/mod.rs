//! `_struct`: values as the bytes of C structs, and back.

mod format;
mod half;
mod items;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use kaa_objects::buffer::request;
use kaa_objects::class::PyType;
use kaa_objects::codecs::{Encoding, Errors};
use kaa_objects::object::{Header, Slot, Visitor};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::exceptions::classes::Exception;
use kaa_objects::types::str::PyStr;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm, py_module, py_type};

use self::format::Format;

/// The module.
pub struct Struct;

/// `struct.error`.
pub struct StructError;

#[py_type(name = "error", module = "struct", base = Exception, instances = PyBaseException, flags(BASETYPE))]
impl StructError {}

/// Raises `struct.error`.
#[cold]
fn error(vm: &Vm, message: &str) -> Raised {
    vm.raise_new(vm.native_class(StructError::def()), message)
}

/// Formats that were used, as `Struct`s.
struct Cache(Slot<Gc<PyDict>>);

/// How many formats are kept.
const CACHE_SIZE: usize = 100;

impl Extension for Cache {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn cache(vm: &Vm) -> PyResult<Gc<PyDict>> {
    let cache = vm.extension(|_| Cache(Slot::empty()));
    if let Some(dict) = cache.0.get() {
        return Ok(dict);
    }
    let dict = vm.new_dict()?;
    cache.0.set_root(Some(dict));
    Ok(dict)
}

/// The `Struct` of a format.
fn cached(vm: &Vm, format: Value) -> PyResult<Gc<PyStruct>> {
    let cache = cache(vm)?;
    if let Some(found) = cache.get(vm, format)?
        && let Some(found) = vm.cast::<PyStruct>(found)
    {
        return Ok(found);
    }
    let class = vm.class::<PyStruct>();
    let made = vm.alloc_instance(class, PyStruct::uninitialized())?;
    read_format(vm, made, format)?;
    if cache.len() >= CACHE_SIZE {
        cache.clear();
    }
    cache.set(vm, format, made.value())?;
    Ok(made)
}

#[py_module(name = "_struct", types(PyStruct), setup = set_up, doc = "Functions to convert between Python values and C structs.\nPython bytes objects are used to hold the data representing the C struct.\nThe format string (explained below) describes the layout of data\nin the C struct.\n\nThe optional first format char indicates byte order, size and alignment:\n  @: native order, size & alignment (default)\n  =: native order, std. size & alignment\n  <: little-endian, std. size & alignment\n  >: big-endian, std. size & alignment\n  !: same as >\n\nThe remaining characters indicate types of args and must match exactly;\nthese can be preceded by a decimal repeat count:\n  x: pad byte (no data); c: char; b: signed byte; B: unsigned byte;\n  ?: _Bool; h: short; H: unsigned short; i: int; I: unsigned int;\n  l: long; L: unsigned long; q: long long; Q: unsigned long long;\n  f: float; d: double; e: half-float;\n  F: float complex; D: double complex.\nSpecial cases (preceding decimal count indicates length):\n  s: byte string (array of char); p: Pascal string (with count byte).\nSpecial cases (only available in native format):\n  n: ssize_t; N: size_t;\n  P: an integer type that is wide enough to hold a pointer.\nWhitespace between formats is ignored.\n\nThe variable struct.error is an exception raised on errors.\n")]
impl Struct {
    #[function("_clearcache()", doc = "Clear the internal cache.")]
    fn clear_cache(vm: &Vm) -> PyResult<()> {
        cache(vm)?.clear();
        Ok(())
    }

    #[function("calcsize(format, /)", doc = "Return size in bytes of the struct described by the format string.")]
    fn calcsize(vm: &Vm, format: Value) -> PyResult<usize> {
        Ok(cached(vm, format)?.format(vm)?.size)
    }

    #[function(
        "pack",
        raw,
        doc = "pack(format, v1, v2, ...) -> bytes\n\nReturn a bytes object containing the values v1, v2, ... packed according\nto the format string.  See help(struct) for more on format strings."
    )]
    fn pack(vm: &Vm, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "_struct.pack")?;
        let Some((format, values)) = args.split_first() else { return Err(vm.type_error("missing format argument")) };
        pack(vm, &*cached(vm, format)?.format(vm)?, values.positionals())
    }

    #[function(
        "pack_into",
        raw,
        doc = "pack_into(format, buffer, offset, v1, v2, ...)\n\nPack the values v1, v2, ... according to the format string and write\nthe packed bytes into the writable buffer buf starting at offset.  Note\nthat the offset is a required argument.  A negative offset counts from\nthe end of the buffer.  See help(struct) for more on format strings."
    )]
    fn pack_into(vm: &Vm, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "_struct.pack_into")?;
        let Some((format, values)) = args.split_first() else { return Err(vm.type_error("missing format argument")) };
        pack_into(vm, &*cached(vm, format)?.format(vm)?, values.positionals())
    }

    #[function(
        "unpack(format, buffer, /)",
        doc = "Return a tuple containing values unpacked according to the format string.\n\nThe buffer's size in bytes must be calcsize(format).\n\nSee help(struct) for more on format strings."
    )]
    fn unpack(vm: &Vm, format: Value, buffer: Value) -> PyResult {
        unpack(vm, &*cached(vm, format)?.format(vm)?, buffer)
    }

    #[function(
        "unpack_from(format, /, buffer, offset=0)",
        doc = "Return a tuple containing values unpacked according to the format string.\n\nThe buffer's size, minus offset, must be at least calcsize(format).\nA negative offset counts from the end of the buffer.\n\nSee help(struct) for more on format strings."
    )]
    fn unpack_from(vm: &Vm, format: Value, buffer: Value, offset: isize) -> PyResult {
        unpack_from(vm, &*cached(vm, format)?.format(vm)?, buffer, offset)
    }

    #[function(
        "iter_unpack(format, buffer, /)",
        doc = "Return an iterator yielding tuples unpacked from the given bytes.\n\nThe bytes are unpacked according to the format string, like\na repeated invocation of unpack_from().\n\nRequires that the bytes length be a multiple of the format struct size."
    )]
    fn iter_unpack(vm: &Vm, format: Value, buffer: Value) -> PyResult<Gc<PyUnpackIterator>> {
        PyUnpackIterator::over(vm, cached(vm, format)?, buffer)
    }
}

fn set_up(vm: &Vm, module: Gc<kaa_objects::types::module::PyModule>) -> PyResult<()> {
    let class = vm.native_class(StructError::def());
    module.dict.get_set().set_str(vm, vm.intern("error"), class.value())
}

/// `struct.Struct`: a format, read once.
#[repr(C)]
#[derive(Trace)]
pub struct PyStruct {
    header: Header,
    /// The format's text.
    text: Slot<Gc<PyStr>>,
    /// Empty until `__init__` was called.
    #[trace(skip)]
    format: RefCell<Option<Rc<Format>>>,
}

impl PyStruct {
    fn uninitialized() -> PyStruct {
        PyStruct { header: Header::EMPTY, text: Slot::empty(), format: RefCell::new(None) }
    }

    fn format(&self, vm: &Vm) -> PyResult<Rc<Format>> {
        let format = self.format.borrow().clone();
        format.ok_or_else(|| vm.runtime_error("Struct object is not initialized"))
    }
}

/// Gives a `Struct` the format of a `str` or `bytes`.
fn read_format(vm: &Vm, this: Gc<PyStruct>, format: Value) -> PyResult<()> {
    let bytes = match vm.cast::<PyStr>(format) {
        Some(text) => vm.encode_as(text, Encoding::Ascii, &Errors::Strict)?,
        None => vm.cast::<PyBytes>(format).ok_or_else(|| {
            let class = vm.class_name(format);
            vm.type_error(format_args!("Struct() argument 1 must be a str or bytes object, not {class}"))
        })?,
    };
    let read = Format::parse(bytes.as_slice()).map_err(|message| error(vm, message))?;
    let text = vm.new_str_latin1(bytes.as_slice())?;
    this.text.set(vm, this, text);
    *this.format.borrow_mut() = Some(Rc::new(read));
    Ok(())
}

#[py_type(
    name = "Struct",
    module = "_struct",
    flags(BASETYPE, MANAGED_WEAKREF),
    drop,
    doc = "Struct(fmt) --> compiled struct object\n\n"
)]
impl PyStruct {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyStruct>> {
        vm.alloc_instance(class, PyStruct::uninitialized())
    }

    #[init("Struct(format)")]
    fn init(vm: &Vm, this: Gc<PyStruct>, format: Value) -> PyResult<()> {
        read_format(vm, this, format)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyStruct>) -> PyResult<String> {
        this.format(vm)?;
        let name = vm.class_of(this.value()).name.get_set().to_string_lossy();
        Ok(format!("{name}({})", vm.repr(this.text.get_set().value())?.to_string_lossy()))
    }

    #[getter("format", doc = "struct format string")]
    fn get_format(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        self.format(vm)?;
        Ok(self.text.get_set())
    }

    #[getter("size", doc = "struct size in bytes")]
    fn get_size(&self) -> i64 {
        self.format.borrow().as_ref().map_or(-1, |format| format.size as i64)
    }

    #[method(
        "pack",
        raw,
        doc = "S.pack(v1, v2, ...) -> bytes\n\nReturn a bytes object containing values v1, v2, ... packed according\nto the format string S.format.  See help(struct) for more on format\nstrings."
    )]
    fn pack(vm: &Vm, this: Gc<PyStruct>, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "Struct.pack")?;
        pack(vm, &*this.format(vm)?, args.positionals())
    }

    #[method(
        "pack_into",
        raw,
        doc = "S.pack_into(buffer, offset, v1, v2, ...)\n\nPack the values v1, v2, ... according to the format string S.format\nand write the packed bytes into the writable buffer buf starting at\noffset.  Note that the offset is a required argument.  A negative\noffset counts from the end of the buffer.  See help(struct) for more\non format strings."
    )]
    fn pack_into(vm: &Vm, this: Gc<PyStruct>, args: Args<'_>) -> PyResult<()> {
        args.no_keywords(vm, "Struct.pack_into")?;
        pack_into(vm, &*this.format(vm)?, args.positionals())
    }

    #[method(
        "unpack($self, buffer, /)",
        doc = "Return a tuple containing unpacked values.\n\nUnpack according to the format string Struct.format. The buffer's size\nin bytes must be Struct.size.\n\nSee help(struct) for more on format strings."
    )]
    fn unpack(vm: &Vm, this: Gc<PyStruct>, buffer: Value) -> PyResult {
        unpack(vm, &*this.format(vm)?, buffer)
    }

    #[method(
        "unpack_from($self, /, buffer, offset=0)",
        doc = "Return a tuple containing unpacked values.\n\nValues are unpacked according to the format string Struct.format.\n\nThe buffer's size in bytes, starting at position offset, must be\nat least Struct.size.  A negative offset counts from the end of the\nbuffer.\n\nSee help(struct) for more on format strings."
    )]
    fn unpack_from(vm: &Vm, this: Gc<PyStruct>, buffer: Value, offset: isize) -> PyResult {
        unpack_from(vm, &*this.format(vm)?, buffer, offset)
    }

    #[method(
        "iter_unpack($self, buffer, /)",
        doc = "Return an iterator yielding tuples.\n\nTuples are unpacked from the given bytes source, like a repeated\ninvocation of unpack_from().\n\nRequires that the bytes length be a multiple of the struct size."
    )]
    fn iter_unpack(vm: &Vm, this: Gc<PyStruct>, buffer: Value) -> PyResult<Gc<PyUnpackIterator>> {
        PyUnpackIterator::over(vm, this, buffer)
    }

    #[method("__sizeof__($self, /)", doc = "S.__sizeof__() -> size of S in memory, in bytes")]
    fn sizeof(&self) -> usize {
        let fields = self.format.borrow().as_ref().map_or(0, |format| size_of_val(&*format.fields));
        size_of::<PyStruct>() + fields
    }
}

/// Calls a function with so many zero bytes: on the stack when they are few.
fn with_zeros<R>(size: usize, vm: &Vm, with: impl FnOnce(&mut [u8]) -> PyResult<R>) -> PyResult<R> {
    let mut small = [0; 128];
    if let Some(small) = small.get_mut(..size) {
        return with(small);
    }
    let mut large = Vec::new();
    large.try_reserve_exact(size).map_err(|_| vm.no_memory())?;
    large.resize(size, 0);
    with(&mut large)
}

fn check_count(vm: &Vm, function: &str, format: &Format, given: usize) -> PyResult<()> {
    if given == format.values {
        return Ok(());
    }
    let wanted = format.values;
    Err(error(vm, &format!("{function} expected {wanted} items for packing (got {given})")))
}

fn pack(vm: &Vm, format: &Format, values: &[Value]) -> PyResult {
    check_count(vm, "pack", format, values.len())?;
    with_zeros(format.size, vm, |bytes| {
        items::pack(vm, format, values, bytes)?;
        Ok(vm.new_bytes(bytes)?.value())
    })
}

fn pack_into(vm: &Vm, format: &Format, args: &[Value]) -> PyResult<()> {
    let (buffer, offset, values) = match args {
        [] => return Err(error(vm, "pack_into expected buffer argument")),
        [_] => return Err(error(vm, "pack_into expected offset argument")),
        [buffer, offset, values @ ..] => (*buffer, *offset, values),
    };
    check_count(vm, "pack_into", format, values.len())?;
    let memory = vm.buffer(buffer, request::WRITABLE).map_err(|raised| {
        vm.take_exception(raised);
        let class = vm.class_name(buffer);
        vm.type_error(format_args!("argument must be read-write bytes-like object, not {class}"))
    })?;
    let offset = vm.index_to_isize(offset, vm.exceptions().IndexError)?;
    let start = checked_offset(vm, format, offset, memory.len, true)?;
    with_zeros(format.size, vm, |bytes| {
        items::pack(vm, format, values, bytes)?;
        memory.with_bytes_mut(|memory| memory[start..start + bytes.len()].copy_from_slice(bytes));
        Ok(())
    })
}

/// Where the bytes of a format begin in a buffer of so many.
fn checked_offset(vm: &Vm, format: &Format, offset: isize, len: usize, packs: bool) -> PyResult<usize> {
    let size = format.size;
    let mut start = offset;
    if offset < 0 {
        if offset.unsigned_abs() < size {
            let message = match packs {
                true => format!("no space to pack {size} bytes at offset {offset}"),
                false => format!("not enough data to unpack {size} bytes at offset {offset}"),
            };
            return Err(error(vm, &message));
        }
        start = offset.wrapping_add(len as isize);
        if start < 0 {
            return Err(error(vm, &format!("offset {offset} out of range for {len}-byte buffer")));
        }
    }
    let start = start as usize;
    if len.checked_sub(start).is_some_and(|left| left >= size) {
        return Ok(start);
    }
    let (function, doing) = if packs { ("pack_into", "packing") } else { ("unpack_from", "unpacking") };
    let needed = start as u128 + size as u128;
    Err(error(
        vm,
        &format!(
            "{function} requires a buffer of at least {needed} bytes for {doing} {size} bytes at offset {start} \
             (actual buffer size is {len})"
        ),
    ))
}

fn unpack(vm: &Vm, format: &Format, buffer: Value) -> PyResult {
    vm.with_bytes(buffer, |bytes| {
        if bytes.len() != format.size {
            return Err(error(vm, &format!("unpack requires a buffer of {} bytes", format.size)));
        }
        items::unpack(vm, format, bytes)
    })
}

fn unpack_from(vm: &Vm, format: &Format, buffer: Value, offset: isize) -> PyResult {
    vm.with_bytes(buffer, |bytes| {
        let start = checked_offset(vm, format, offset, bytes.len(), false)?;
        items::unpack(vm, format, &bytes[start..start + format.size])
    })
}

/// `_struct.unpack_iterator`: what `iter_unpack` gives.
#[repr(C)]
#[derive(Trace)]
pub struct PyUnpackIterator {
    header: Header,
    /// The format; empty at the end.
    format: Slot<Gc<PyStruct>>,
    buffer: Slot,
    index: Cell<usize>,
}

impl PyUnpackIterator {
    fn over(vm: &Vm, format: Gc<PyStruct>, buffer: Value) -> PyResult<Gc<PyUnpackIterator>> {
        let size = format.format(vm)?.size;
        if size == 0 {
            return Err(error(vm, "cannot iteratively unpack with a struct of length 0"));
        }
        let len = vm.with_bytes(buffer, |bytes| Ok(bytes.len()))?;
        if len % size != 0 {
            return Err(error(vm, &format!("iterative unpacking requires a buffer of a multiple of {size} bytes")));
        }
        vm.alloc(PyUnpackIterator {
            header: Header::EMPTY,
            format: Slot::new(format),
            buffer: Slot::new(buffer),
            index: Cell::new(0),
        })
    }

    /// How many rows are left.
    fn left(&self, vm: &Vm) -> PyResult<usize> {
        let Some(format) = self.format.get() else { return Ok(0) };
        let size = format.format(vm)?.size;
        let len = vm.with_bytes(self.buffer.get_set(), |bytes| Ok(bytes.len()))?;
        Ok(len.saturating_sub(self.index.get()) / size)
    }
}

#[py_type(name = "unpack_iterator", module = "_struct", flags(DISALLOW_INSTANTIATION))]
impl PyUnpackIterator {
    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyUnpackIterator>) -> PyResult<Option<Value>> {
        let Some(format) = this.format.get() else { return Ok(None) };
        let format = format.format(vm)?;
        let start = this.index.get();
        vm.with_bytes(this.buffer.get_set(), |bytes| match bytes.get(start..start + format.size) {
            Some(row) => {
                this.index.set(start + format.size);
                items::unpack(vm, &format, row).map(Some)
            }
            None => {
                this.format.clear();
                Ok(None)
            }
        })
    }

    #[method("__length_hint__($self, /)")]
    fn length_hint(vm: &Vm, this: Gc<PyUnpackIterator>) -> PyResult<usize> {
        this.left(vm)
    }
}
