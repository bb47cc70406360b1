//! The builtin exceptions.

mod classes;

pub use classes::Exceptions;

use std::cell::Cell;

use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// `BaseException`, and the beginning of every exception object.
#[repr(C)]
#[derive(Trace)]
pub struct PyBaseException {
    header: Header,
    /// `args`.
    pub args: Slot<Gc<PyTuple>>,
    /// `__traceback__`, or empty for `None`.
    pub traceback: Slot,
    /// `__context__`.
    pub context: Slot<Gc<PyBaseException>>,
    /// `__cause__`.
    pub cause: Slot<Gc<PyBaseException>>,
    /// `__suppress_context__`.
    pub suppress_context: Cell<bool>,
}

#[py_type(name = "BaseException", id = ids::BASE_EXCEPTION, flags(BASETYPE, BASE_EXC_SUBCLASS))]
impl PyBaseException {}

impl Vm {
    /// An exception of a class, made without running Python code when the class is a builtin
    /// one, by calling the class otherwise.
    pub fn new_exception(&self, class: Gc<PyType>, args: &[Value]) -> PyResult<Gc<PyBaseException>> {
        let args = self.new_tuple(args)?;
        self.alloc_instance(
            class,
            PyBaseException {
                header: Header::EMPTY,
                args: Slot::new(args),
                traceback: Slot::empty(),
                context: Slot::empty(),
                cause: Slot::empty(),
                suppress_context: Cell::new(false),
            },
        )
    }

    /// Sets the context of an exception that is being raised while another is handled, cutting
    /// the chain where it would become a cycle.
    pub(crate) fn set_context_avoiding_cycles(&self, exception: Gc<PyBaseException>, handled: Gc<PyBaseException>) {
        if exception == handled {
            return;
        }
        let mut link = handled;
        // A chain that was already cyclic is followed once around at most (Floyd).
        let mut slow = handled;
        let mut move_slow = false;
        while let Some(context) = link.context.get() {
            if context == exception {
                link.context.clear();
                break;
            }
            link = context;
            if link == slow {
                break;
            }
            if move_slow {
                slow = slow.context.get_set();
            }
            move_slow = !move_slow;
        }
        exception.context.set(self, exception, handled);
    }

    /// `exception.add_note(note)`.
    pub fn add_note(&self, exception: Gc<PyBaseException>, note: &str) -> PyResult<()> {
        let note = self.new_str(note)?;
        self.add_note_value(exception.value(), note.value())
    }

    pub(crate) fn add_note_value(&self, exception: Value, note: Value) -> PyResult<()> {
        let name = self.names().__notes__;
        let notes = match self.get_attr_optional(exception, name)? {
            Some(notes) => notes,
            None => {
                let notes = self.new_list(&[])?.value();
                self.set_attr(exception, name, notes)?;
                notes
            }
        };
        match self.cast::<crate::types::list::PyList>(notes) {
            Some(notes) => notes.push(self, note),
            None => Err(self.type_error("Cannot add note: __notes__ is not a list")),
        }
    }

    /// Raises `UnicodeEncodeError` for a string with surrogates.
    pub(crate) fn check_encodable(&self, string: Gc<PyStr>) -> PyResult<()> {
        let Some(position) = string.data().iter().position(|c| (0xd800..0xe000).contains(&c)) else { return Ok(()) };
        let (encoding, reason) = (self.new_str("utf-8")?, self.new_str("surrogates not allowed")?);
        let (start, end) = (Value::small_int(position as i64), Value::small_int(position as i64 + 1));
        let args = [encoding.value(), string.value(), start, end, reason.value()];
        Err(self.raise_with(self.exceptions().UnicodeEncodeError, &args))
    }

    /// Sets `name` and `obj` of an `AttributeError`.
    pub(crate) fn set_attribute_error_fields(&self, exception: Gc<PyBaseException>, object: Value, name: Gc<PyStr>) {
        let _ = (exception, object, name);
    }
}
