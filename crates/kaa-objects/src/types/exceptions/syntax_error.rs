//! `SyntaxError`: where in the source the error is.

use std::mem::offset_of;

use super::PyBaseException;
use super::attribute_error::set_args;
use crate::args::Args;
use crate::class::PyType;
use crate::object::Slot;
use crate::types::descriptors::MemberKind::Optional;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, py_type};

/// `SyntaxError`, also `IndentationError` and `TabError`.
#[repr(C)]
#[derive(Trace)]
pub struct PySyntaxError {
    base: PyBaseException,
    /// `msg`.
    pub message: Slot,
    /// `filename`.
    pub filename: Slot,
    /// `lineno`.
    pub line: Slot,
    /// `offset`: the column, from 1.
    pub offset: Slot,
    /// `text`: the line.
    pub text: Slot,
    /// `end_lineno`.
    pub end_line: Slot,
    /// `end_offset`.
    pub end_offset: Slot,
    /// `print_file_and_line`.
    pub print_file_and_line: Slot,
    /// `_metadata`: what suggestions are made from.
    pub metadata: Slot,
}

impl Gc<PySyntaxError> {
    /// Takes the place from the second argument: a tuple of 4 to 7 items.
    fn set_place(self, vm: &Vm, place: Value) -> PyResult<()> {
        let place = vm.tuple_from(place)?;
        let items = place.as_slice();
        if items.len() < 4 || items.len() > 7 {
            let (bound, limit) = if items.len() < 4 { ("at least", 4) } else { ("at most", 7) };
            let given = items.len();
            return Err(vm.type_error(format_args!("function takes {bound} {limit} arguments ({given} given)")));
        }
        let fields =
            [&self.filename, &self.line, &self.offset, &self.text, &self.end_line, &self.end_offset, &self.metadata];
        for (index, field) in fields.into_iter().enumerate() {
            field.set_maybe(vm, self, items.get(index).copied());
        }
        if items.len() == 5 {
            return Err(vm.type_error("end_offset must be provided when end_lineno is provided"));
        }
        Ok(())
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("msg", offset_of!(PySyntaxError, message), Optional, "exception msg"),
            ("filename", offset_of!(PySyntaxError, filename), Optional, "exception filename"),
            ("lineno", offset_of!(PySyntaxError, line), Optional, "exception lineno"),
            ("offset", offset_of!(PySyntaxError, offset), Optional, "exception offset"),
            ("text", offset_of!(PySyntaxError, text), Optional, "exception text"),
            ("end_lineno", offset_of!(PySyntaxError, end_line), Optional, "exception end lineno"),
            ("end_offset", offset_of!(PySyntaxError, end_offset), Optional, "exception end offset"),
            (
                "print_file_and_line",
                offset_of!(PySyntaxError, print_file_and_line),
                Optional,
                "exception print_file_and_line",
            ),
            ("_metadata", offset_of!(PySyntaxError, metadata), Optional, "exception private metadata"),
        ],
    )
}

#[py_type(
    name = "SyntaxError",
    base = super::classes::Exception,
    flags(BASETYPE),
    setup = set_up,
    doc = "Invalid syntax."
)]
impl PySyntaxError {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PySyntaxError>> {
        let base = PyBaseException::with_args(vm.new_tuple(args.positionals())?);
        let error = PySyntaxError {
            base,
            message: Slot::empty(),
            filename: Slot::empty(),
            line: Slot::empty(),
            offset: Slot::empty(),
            text: Slot::empty(),
            end_line: Slot::empty(),
            end_offset: Slot::empty(),
            print_file_and_line: Slot::empty(),
            metadata: Slot::empty(),
        };
        vm.alloc_instance(class, error)
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PySyntaxError>, args: Args<'_>) -> PyResult<()> {
        if args.kwnames().is_some() {
            args.no_keywords(vm, &vm.class_name(this.value()))?;
        }
        // SAFETY: the struct begins with PyBaseException.
        set_args(vm, unsafe { this.cast() }, args)?;
        if let Some(&message) = args.all().first() {
            this.message.set(vm, this, message);
        }
        match *args.all() {
            [_, place] => this.set_place(vm, place),
            _ => Ok(()),
        }
    }

    #[slot(str)]
    fn str(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        let message = vm.str(self.message.get().unwrap_or(Value::NONE))?;
        let filename = self.filename.get().and_then(|name| vm.cast::<PyStr>(name)).map(|name| name.to_string_lossy());
        let filename = filename.as_deref().map(|path| path.rsplit('/').next().unwrap_or(path));
        let exact_int =
            |value: &Value| value.is_small_int() || vm.cast_exact::<crate::types::int::PyInt>(*value).is_some();
        // CPython prints -1 for numbers beyond its long.
        let line = self.line.get().filter(exact_int).map(|line| vm.int_to_i64(line).unwrap_or(-1));
        let place = match (filename, line) {
            (Some(filename), Some(line)) => format!(" ({filename}, line {line})"),
            (Some(filename), None) => format!(" ({filename})"),
            (None, Some(line)) => format!(" (line {line})"),
            (None, None) => return Ok(message),
        };
        vm.new_str(&format!("{}{place}", message.to_string_lossy()))
    }
}
