//! The builtin exceptions: `BaseException`, which every exception begins with, and one module for
//! each class that has fields or words of its own.

mod attribute_error;
pub mod classes;
mod group;
mod import_error;
mod make;
mod os_error;
mod stop;
mod syntax_error;
mod unicode_error;

pub use attribute_error::{PyAttributeError, PyNameError};
pub use classes::Exceptions;
pub use group::PyExceptionGroup;
pub use import_error::PyImportError;
pub use os_error::PyOsError;
pub use stop::{PyStopIteration, PySystemExit};
pub use syntax_error::PySyntaxError;
pub use unicode_error::PyUnicodeError;

use std::cell::Cell;

use crate::args::Args;
use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::dict::PyDict;
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

impl PyBaseException {
    /// The fields of a new exception.
    pub(crate) fn with_args(args: Gc<PyTuple>) -> PyBaseException {
        PyBaseException {
            header: Header::EMPTY,
            args: Slot::new(args),
            traceback: Slot::empty(),
            context: Slot::empty(),
            cause: Slot::empty(),
            suppress_context: Cell::new(false),
        }
    }

    /// The only argument, if there is just one.
    fn single_arg(&self) -> Option<Value> {
        match *self.args.get_set().as_slice() {
            [single] => Some(single),
            _ => None,
        }
    }
}

/// The exception or `None` that `__context__` or `__cause__` is set to.
fn link(vm: &Vm, value: Option<Value>, name: &str, what: &str) -> PyResult<Option<Gc<PyBaseException>>> {
    let Some(value) = value else { return Err(vm.type_error(format_args!("{name} may not be deleted"))) };
    if value.is_none() {
        return Ok(None);
    }
    match vm.cast::<PyBaseException>(value) {
        Some(exception) => Ok(Some(exception)),
        None => Err(vm.type_error(format_args!("exception {what} must be None or derive from BaseException"))),
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_dict_attribute(class)
}

#[py_type(
    name = "BaseException",
    id = ids::BASE_EXCEPTION,
    flags(BASETYPE, BASE_EXC_SUBCLASS, MANAGED_DICT),
    setup = set_up,
    doc = "Common base class for all exceptions"
)]
impl PyBaseException {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyBaseException>> {
        let args = vm.new_tuple(args.positionals())?;
        vm.alloc_instance(class, PyBaseException::with_args(args))
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyBaseException>, args: Args<'_>) -> PyResult<()> {
        if args.kwnames().is_some() {
            args.no_keywords(vm, &vm.class_name(this.value()))?;
        }
        // Usually `__new__` had the same arguments.
        if this.args.get_set().as_slice() != args.all() {
            this.args.set(vm, this, vm.new_tuple(args.all())?);
        }
        Ok(())
    }

    #[slot(str)]
    fn str(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        let args = self.args.get_set();
        match *args.as_slice() {
            [] => vm.new_str(""),
            [single] => vm.str(single),
            _ => vm.str(args.value()),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyBaseException>) -> PyResult<String> {
        let class = vm.class_of(this.value()).name.get_set().to_string_lossy();
        match this.single_arg() {
            Some(single) => Ok(format!("{class}({})", vm.repr(single)?.to_string_lossy())),
            None => Ok(format!("{class}{}", vm.repr(this.args.get_set().value())?.to_string_lossy())),
        }
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyBaseException>) -> PyResult<Gc<PyTuple>> {
        let (class, args) = (vm.class_of(this.value()).value(), this.args.get_set().value());
        match vm.has_instance_attributes(this.value()) {
            true => {
                let dict = vm.instance_dict(this.value())?.map_or(Value::NONE, Value::from);
                vm.new_tuple(&[class, args, dict])
            }
            false => vm.new_tuple(&[class, args]),
        }
    }

    #[method("__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, this: Value, state: Value) -> PyResult<()> {
        if state.is_none() {
            return Ok(());
        }
        let Some(state) = vm.cast::<PyDict>(state) else { return Err(vm.type_error("state is not a dictionary")) };
        for position in 0..state.filled() {
            if let Some(entry) = state.entry(position) {
                vm.set_attr(this, vm.attribute_name(entry.key)?, entry.value)?;
            }
        }
        Ok(())
    }

    #[method("with_traceback($self, tb, /)", doc = "Set self.__traceback__ to tb and return self.")]
    fn with_traceback(vm: &Vm, this: Gc<PyBaseException>, traceback: Value) -> PyResult<Gc<PyBaseException>> {
        PyBaseException::set_traceback(vm, this, Some(traceback))?;
        Ok(this)
    }

    #[method("add_note($self, note, /)", doc = "Add a note to the exception")]
    fn add_note(vm: &Vm, this: Value, note: Gc<PyStr>) -> PyResult<()> {
        vm.add_note_value(this, note.value())
    }

    #[getter("args")]
    fn get_args(&self) -> Gc<PyTuple> {
        self.args.get_set()
    }

    #[setter("args")]
    fn set_args(vm: &Vm, this: Gc<PyBaseException>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("args may not be deleted")) };
        this.args.set(vm, this, vm.tuple_from(value)?);
        Ok(())
    }

    #[getter("__traceback__")]
    fn get_traceback(&self) -> Option<Value> {
        self.traceback.get()
    }

    #[setter("__traceback__")]
    fn set_traceback(vm: &Vm, this: Gc<PyBaseException>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("__traceback__ may not be deleted")) };
        if !value.is_none() && value.shape_id() != ids::TRACEBACK {
            return Err(vm.type_error("__traceback__ must be a traceback or None"));
        }
        this.traceback.set_maybe(vm, this, value.not_none());
        Ok(())
    }

    #[getter("__context__", doc = "exception context")]
    fn get_context(&self) -> Option<Gc<PyBaseException>> {
        self.context.get()
    }

    #[setter("__context__")]
    fn set_context(vm: &Vm, this: Gc<PyBaseException>, value: Option<Value>) -> PyResult<()> {
        this.context.set_maybe(vm, this, link(vm, value, "__context__", "context")?);
        Ok(())
    }

    #[getter("__cause__", doc = "exception cause")]
    fn get_cause(&self) -> Option<Gc<PyBaseException>> {
        self.cause.get()
    }

    #[setter("__cause__")]
    fn set_cause(vm: &Vm, this: Gc<PyBaseException>, value: Option<Value>) -> PyResult<()> {
        this.cause.set_maybe(vm, this, link(vm, value, "__cause__", "cause")?);
        this.suppress_context.set(true);
        Ok(())
    }

    #[getter("__suppress_context__", member)]
    fn get_suppress_context(&self) -> bool {
        self.suppress_context.get()
    }

    #[setter("__suppress_context__")]
    fn set_suppress_context(&self, vm: &Vm, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("can't delete numeric/char attribute")) };
        match value.as_bool() {
            Some(value) => {
                self.suppress_context.set(value);
                Ok(())
            }
            None => Err(vm.type_error("attribute value type must be bool")),
        }
    }
}

#[cfg(test)]
mod tests;
