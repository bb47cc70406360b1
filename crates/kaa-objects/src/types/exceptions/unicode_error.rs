//! `UnicodeEncodeError`, `UnicodeDecodeError` and `UnicodeTranslateError`: which part of what text
//! or bytes could not be converted, and why.

use std::cell::Cell;
use std::mem::offset_of;

use super::PyBaseException;
use super::attribute_error::set_args;
use crate::args::Args;
use crate::class::PyType;
use crate::object::Slot;
use crate::types::bytes::PyBytes;
use crate::types::descriptors::MemberKind::Optional;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, py_methods, py_type};

/// `UnicodeError`. The three classes that derive from it have the same fields; `UnicodeTranslateError` has no encoding.
#[repr(C)]
#[derive(Trace)]
pub struct PyUnicodeError {
    base: PyBaseException,
    /// `encoding`.
    pub encoding: Slot,
    /// `object`.
    pub object: Slot,
    /// `reason`.
    pub reason: Slot,
    /// `start`.
    pub start: Cell<isize>,
    /// `end`.
    pub end: Cell<isize>,
}

impl PyUnicodeError {
    fn make(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyUnicodeError>> {
        let base = PyBaseException::with_args(vm.new_tuple(args.positionals())?);
        let error = PyUnicodeError {
            base,
            encoding: Slot::empty(),
            object: Slot::empty(),
            reason: Slot::empty(),
            start: Cell::new(0),
            end: Cell::new(0),
        };
        vm.alloc_instance(class, error)
    }

    /// The text of `str` for what could not be converted: one item, or several.
    fn describe(
        &self,
        vm: &Vm,
        codec: bool,
        verb: &str,
        unit: &str,
        one: impl FnOnce() -> PyResult<Option<String>>,
    ) -> PyResult<Gc<PyStr>> {
        let text =
            |slot: &Slot| -> PyResult<String> { Ok(vm.str(slot.get().unwrap_or(Value::NONE))?.to_string_lossy()) };
        let reason = text(&self.reason)?;
        let codec = if codec { format!("'{}' codec ", text(&self.encoding)?) } else { String::new() };
        let (start, end) = (self.start.get(), self.end.get());
        // Writing these may have changed the object.
        vm.new_str(&match one()? {
            Some(one) => format!("{codec}can't {verb} {unit} {one} in position {start}: {reason}"),
            None => {
                let units = if unit == "byte" { "bytes" } else { "characters" };
                format!("{codec}can't {verb} {units} in position {start}-{}: {reason}", end - 1)
            }
        })
    }

    /// The position of the only item in question, when it is within the object.
    fn single_position(&self, len: usize) -> Option<usize> {
        let start = usize::try_from(self.start.get()).ok().filter(|&start| start < len)?;
        (self.end.get() == self.start.get() + 1).then_some(start)
    }

    /// The byte in question as a number.
    fn single_byte(&self, vm: &Vm) -> PyResult<Option<String>> {
        let Some(object) = self.object.get() else {
            return Err(vm.type_error("UnicodeError 'object' attribute is not set"));
        };
        let Some(bytes) = vm.cast::<PyBytes>(object) else {
            return Err(vm.type_error("UnicodeError 'object' attribute must be a bytes"));
        };
        Ok(self.single_position(bytes.len()).map(|position| format!("{:#04x}", bytes.as_slice()[position])))
    }

    /// The code point in question as an escape.
    fn single_character(&self, vm: &Vm) -> PyResult<Option<String>> {
        let Some(object) = self.object.get() else {
            return Err(vm.type_error("UnicodeError 'object' attribute is not set"));
        };
        let Some(object) = vm.cast::<PyStr>(object) else {
            return Err(vm.type_error("UnicodeError 'object' attribute must be a string"));
        };
        let position = self.single_position(object.len());
        Ok(position.map(|position| match object.data().at(position) {
            c @ ..=0xff => format!("'\\x{c:02x}'"),
            c @ ..=0xffff => format!("'\\u{c:04x}'"),
            c => format!("'\\U{c:08x}'"),
        }))
    }
}

fn expect_str(vm: &Vm, value: Value, position: usize) -> PyResult<()> {
    if vm.cast::<PyStr>(value).is_some() {
        return Ok(());
    }
    let given = if value.is_none() { "None".to_owned() } else { vm.class_name(value) };
    Err(vm.type_error(format_args!("argument {position} must be str, not {given}")))
}

fn wrong_count(vm: &Vm, expected: usize, given: usize) -> crate::Raised {
    vm.type_error(format_args!("function takes exactly {expected} arguments ({given} given)"))
}

/// `start` and `end` as numbers.
fn position(vm: &Vm, value: Value) -> PyResult<isize> {
    vm.index_to_isize(value, vm.exceptions().OverflowError)
}

impl Gc<PyUnicodeError> {
    fn begin_init(self, vm: &Vm, args: Args<'_>) -> PyResult<()> {
        if args.kwnames().is_some() {
            args.no_keywords(vm, &vm.class_name(self.value()))?;
        }
        // SAFETY: the struct begins with PyBaseException.
        set_args(vm, unsafe { self.cast() }, args)
    }

    fn set_fields(self, vm: &Vm, encoding: Option<Value>, object: Value, range: (isize, isize), reason: Value) {
        self.encoding.set_maybe(vm, self, encoding);
        self.object.set(vm, self, object);
        self.start.set(range.0);
        self.end.set(range.1);
        self.reason.set(vm, self, reason);
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("encoding", offset_of!(PyUnicodeError, encoding), Optional, "exception encoding"),
            ("object", offset_of!(PyUnicodeError, object), Optional, "exception object"),
            ("reason", offset_of!(PyUnicodeError, reason), Optional, "exception reason"),
        ],
    )
}

/// The value that `start` or `end` is set to.
fn number_to_set(vm: &Vm, value: Option<Value>) -> PyResult<isize> {
    match value {
        None => Err(vm.type_error("can't delete numeric/char attribute")),
        Some(value) if vm.is_int(value) => position(vm, value),
        Some(_) => Err(vm.type_error("an integer is required")),
    }
}

#[py_methods(POSITIONS, of = "UnicodeError")]
impl PyUnicodeError {
    #[getter("start", member, doc = "exception start")]
    fn get_start(&self) -> isize {
        self.start.get()
    }

    #[setter("start")]
    fn set_start(&self, vm: &Vm, value: Option<Value>) -> PyResult<()> {
        self.start.set(number_to_set(vm, value)?);
        Ok(())
    }

    #[getter("end", member, doc = "exception end")]
    fn get_end(&self) -> isize {
        self.end.get()
    }

    #[setter("end")]
    fn set_end(&self, vm: &Vm, value: Option<Value>) -> PyResult<()> {
        self.end.set(number_to_set(vm, value)?);
        Ok(())
    }
}

/// `UnicodeError`, whose own instances leave the fields empty.
#[py_type(name = "UnicodeError", base = super::classes::ValueError, flags(BASETYPE), doc = "Unicode related error.")]
impl PyUnicodeError {}

/// `UnicodeEncodeError`.
pub struct UnicodeEncodeError {}

#[py_type(
    name = "UnicodeEncodeError",
    base = PyUnicodeError,
    instances = PyUnicodeError,
    flags(BASETYPE),
    setup = set_up,
    parts(POSITIONS),
    doc = "Unicode encoding error."
)]
impl UnicodeEncodeError {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyUnicodeError>> {
        PyUnicodeError::make(vm, class, args)
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyUnicodeError>, args: Args<'_>) -> PyResult<()> {
        this.begin_init(vm, args)?;
        let &[encoding, object, start, end, reason] = args.all() else {
            return Err(wrong_count(vm, 5, args.all().len()));
        };
        expect_str(vm, encoding, 1)?;
        expect_str(vm, object, 2)?;
        let range = (position(vm, start)?, position(vm, end)?);
        expect_str(vm, reason, 5)?;
        this.set_fields(vm, Some(encoding), object, range, reason);
        Ok(())
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyUnicodeError>) -> PyResult<Gc<PyStr>> {
        if this.object.get().is_none() {
            return vm.new_str("");
        }
        this.describe(vm, true, "encode", "character", || this.single_character(vm))
    }
}

/// `UnicodeDecodeError`.
pub struct UnicodeDecodeError {}

#[py_type(
    name = "UnicodeDecodeError",
    base = PyUnicodeError,
    instances = PyUnicodeError,
    flags(BASETYPE),
    setup = set_up,
    parts(POSITIONS),
    doc = "Unicode decoding error."
)]
impl UnicodeDecodeError {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyUnicodeError>> {
        PyUnicodeError::make(vm, class, args)
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyUnicodeError>, args: Args<'_>) -> PyResult<()> {
        this.begin_init(vm, args)?;
        let &[encoding, object, start, end, reason] = args.all() else {
            return Err(wrong_count(vm, 5, args.all().len()));
        };
        expect_str(vm, encoding, 1)?;
        let range = (position(vm, start)?, position(vm, end)?);
        expect_str(vm, reason, 5)?;
        let object = match vm.cast::<PyBytes>(object) {
            Some(_) => object,
            None => {
                let buffer = vm.buffer(object, crate::buffer::request::SIMPLE)?;
                vm.new_bytes(buffer.as_slice())?.value()
            }
        };
        this.set_fields(vm, Some(encoding), object, range, reason);
        Ok(())
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyUnicodeError>) -> PyResult<Gc<PyStr>> {
        if this.object.get().is_none() {
            return vm.new_str("");
        }
        this.describe(vm, true, "decode", "byte", || this.single_byte(vm))
    }
}

/// `UnicodeTranslateError`.
pub struct UnicodeTranslateError {}

#[py_type(
    name = "UnicodeTranslateError",
    base = PyUnicodeError,
    instances = PyUnicodeError,
    flags(BASETYPE),
    setup = set_up,
    parts(POSITIONS),
    doc = "Unicode translation error."
)]
impl UnicodeTranslateError {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyUnicodeError>> {
        PyUnicodeError::make(vm, class, args)
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyUnicodeError>, args: Args<'_>) -> PyResult<()> {
        this.begin_init(vm, args)?;
        let &[object, start, end, reason] = args.all() else { return Err(wrong_count(vm, 4, args.all().len())) };
        expect_str(vm, object, 1)?;
        let range = (position(vm, start)?, position(vm, end)?);
        expect_str(vm, reason, 4)?;
        this.set_fields(vm, None, object, range, reason);
        Ok(())
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyUnicodeError>) -> PyResult<Gc<PyStr>> {
        if this.object.get().is_none() {
            return vm.new_str("");
        }
        this.describe(vm, false, "translate", "character", || this.single_character(vm))
    }
}
