//! `StopIteration`, `SystemExit` and `KeyError`: classes that make something of their first argument.

use std::mem::offset_of;

use super::PyBaseException;
use super::attribute_error::set_args;
use crate::args::Args;
use crate::class::PyType;
use crate::object::Slot;
use crate::types::descriptors::MemberKind::Optional;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, py_type};

/// `StopIteration`.
#[repr(C)]
#[derive(Trace)]
pub struct PyStopIteration {
    base: PyBaseException,
    /// `value`: what a generator returned.
    pub value: Slot,
}

/// `SystemExit`.
#[repr(C)]
#[derive(Trace)]
pub struct PySystemExit {
    base: PyBaseException,
    /// `code`.
    pub code: Slot,
}

/// `KeyError`, which has the fields of `BaseException`.
pub struct KeyError {}

fn set_up_stop_iteration(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("value", offset_of!(PyStopIteration, value), Optional, "generator return value")])
}

#[py_type(
    name = "StopIteration",
    base = super::classes::Exception,
    flags(BASETYPE),
    setup = set_up_stop_iteration,
    doc = "Signal the end from iterator.__next__()."
)]
impl PyStopIteration {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyStopIteration>> {
        let base = PyBaseException::with_args(vm.new_tuple(args.positionals())?);
        vm.alloc_instance(class, PyStopIteration { base, value: Slot::empty() })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyStopIteration>, args: Args<'_>) -> PyResult<()> {
        if args.kwnames().is_some() {
            args.no_keywords(vm, &vm.class_name(this.value()))?;
        }
        // SAFETY: the struct begins with PyBaseException.
        set_args(vm, unsafe { this.cast() }, args)?;
        this.value.set_maybe(vm, this, args.all().first().copied());
        Ok(())
    }
}

fn set_up_system_exit(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("code", offset_of!(PySystemExit, code), Optional, "exception code")])
}

#[py_type(
    name = "SystemExit",
    base = PyBaseException,
    flags(BASETYPE),
    setup = set_up_system_exit,
    doc = "Request to exit from the interpreter."
)]
impl PySystemExit {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PySystemExit>> {
        let base = PyBaseException::with_args(vm.new_tuple(args.positionals())?);
        vm.alloc_instance(class, PySystemExit { base, code: Slot::empty() })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PySystemExit>, args: Args<'_>) -> PyResult<()> {
        if args.kwnames().is_some() {
            args.no_keywords(vm, &vm.class_name(this.value()))?;
        }
        // SAFETY: the struct begins with PyBaseException.
        set_args(vm, unsafe { this.cast() }, args)?;
        match *args.all() {
            [] => {}
            [code] => this.code.set(vm, this, code),
            _ => this.code.set(vm, this, this.base.args.get_set().value()),
        }
        Ok(())
    }
}

#[py_type(
    name = "KeyError",
    base = super::classes::LookupError,
    instances = PyBaseException,
    flags(BASETYPE),
    doc = "Mapping key not found."
)]
impl KeyError {
    /// The repr of the key: an empty string would say nothing.
    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyBaseException>) -> PyResult<Gc<PyStr>> {
        let args = this.args.get_set();
        match *args.as_slice() {
            [] => vm.new_str(""),
            [key] => vm.repr(key),
            _ => vm.str(args.value()),
        }
    }
}

impl Vm {
    /// The `value` of a `StopIteration`.
    pub fn stop_iteration_value(&self, stop: Gc<PyBaseException>) -> Value {
        self.cast::<PyStopIteration>(stop.value()).and_then(|stop| stop.value.get()).unwrap_or(Value::NONE)
    }

    /// Raises `StopIteration` with a value.
    #[cold]
    pub fn stop_iteration(&self, value: Value) -> crate::Raised {
        // Made field by field: a tuple as value must not become the arguments.
        let build = || -> PyResult<Gc<PyBaseException>> {
            let args = if value.is_none() { self.new_tuple(&[])? } else { self.new_tuple(&[value])? };
            let value = Slot::maybe(value.not_none());
            let stop = PyStopIteration { base: PyBaseException::with_args(args), value };
            let stop = self.alloc_instance(self.exceptions().StopIteration, stop)?;
            // SAFETY: the struct begins with PyBaseException.
            Ok(unsafe { stop.cast() })
        };
        match build() {
            Ok(stop) => self.raise(stop),
            Err(raised) => raised,
        }
    }
}
