//! Making exceptions from Rust, and what raising does to them.

use super::{PyAttributeError, PyBaseException};
use crate::class::PyType;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::{Gc, Native, PyResult, Raised, Value, Vm};

impl Vm {
    /// `class(*args)`: an exception. Builtin classes without fields of their own are made directly;
    /// all others are called.
    pub fn new_exception(&self, class: Gc<PyType>, args: &[Value]) -> PyResult<Gc<PyBaseException>> {
        let (base, own) = (&PyBaseException::def().slots, class.slots());
        let plain = match (own.new, base.new, own.init, base.init) {
            (Some(new), Some(base_new), Some(init), Some(base_init)) => {
                std::ptr::fn_addr_eq(new, base_new) && std::ptr::fn_addr_eq(init, base_init)
            }
            _ => false,
        };
        if plain {
            let args = self.new_tuple(args)?;
            return self.alloc_instance(class, PyBaseException::with_args(args));
        }
        let made = self.call(class.value(), args)?;
        self.cast(made).ok_or_else(|| {
            let (class, made) = (self.repr_lossy(class.value()), self.repr_lossy(self.class_of(made).value()));
            self.type_error(format_args!(
                "calling {class} should have returned an instance of BaseException, not {made}"
            ))
        })
    }

    /// `exception.add_note(note)`.
    pub fn add_note(&self, exception: Gc<PyBaseException>, note: &str) -> PyResult<()> {
        let note = self.new_str(note)?;
        self.add_note_value(exception.value(), note.value())
    }

    pub(super) fn add_note_value(&self, exception: Value, note: Value) -> PyResult<()> {
        let name = self.names().__notes__;
        let notes = match self.get_attr_optional(exception, name)? {
            Some(notes) => notes,
            None => {
                let notes = self.new_list(&[])?.value();
                self.set_attr(exception, name, notes)?;
                notes
            }
        };
        match self.cast::<PyList>(notes) {
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

    /// Sets the context of an exception that is being raised while another is handled, cutting
    /// the chain where it would become a cycle.
    pub fn set_context_avoiding_cycles(&self, exception: Gc<PyBaseException>, handled: Gc<PyBaseException>) {
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

    /// Says in an `AttributeError` that a program raised what was looked for, unless it says so.
    #[cold]
    pub(crate) fn in_attribute_context(&self, raised: Raised, object: Value, name: Gc<PyStr>) -> Raised {
        if let Some(pending) = self.pending_exception()
            && let Some(error) = self.cast::<PyAttributeError>(pending.value())
            && error.name.get().is_none()
            && error.object.get().is_none()
        {
            self.set_attribute_error_fields(pending, object, name);
        }
        raised
    }

    /// Sets `name` and `obj` of an `AttributeError`.
    pub(crate) fn set_attribute_error_fields(&self, exception: Gc<PyBaseException>, object: Value, name: Gc<PyStr>) {
        if let Some(error) = self.cast::<PyAttributeError>(exception.value()) {
            error.name.set(self, error, name.value());
            error.object.set(self, error, object);
        }
    }
}
