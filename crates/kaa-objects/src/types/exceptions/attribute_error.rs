//! `AttributeError` and `NameError`: what was not found, so that a traceback can suggest a name.

use std::mem::offset_of;

use super::PyBaseException;
use crate::args::Args;
use crate::class::PyType;
use crate::object::Slot;
use crate::types::descriptors::MemberKind::Optional;
use crate::types::dict::PyDict;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, py_type};

/// `AttributeError`.
#[repr(C)]
#[derive(Trace)]
pub struct PyAttributeError {
    base: PyBaseException,
    /// `obj`.
    pub object: Slot,
    /// `name`.
    pub name: Slot,
}

/// `NameError`, also `UnboundLocalError`.
#[repr(C)]
#[derive(Trace)]
pub struct PyNameError {
    base: PyBaseException,
    /// `name`.
    pub name: Slot,
}

/// Sorts the keyword arguments of an exception's constructor, all of which are optional.
pub(super) fn take_keywords<const N: usize>(
    vm: &Vm,
    function: &str,
    args: Args<'_>,
    names: [&str; N],
) -> PyResult<[Option<Value>; N]> {
    vm.check_keyword_count(function, N, args)?;
    let mut found = [None; N];
    for (name, value) in args.keywords() {
        match names.iter().position(|known| name.equals_str(known)) {
            Some(index) => found[index] = Some(value),
            None => return Err(vm.unexpected_keyword(&format!("{function}()"), &names, args)),
        }
    }
    Ok(found)
}

/// Sets `args` in an exception's `__init__`.
pub(super) fn set_args(vm: &Vm, this: Gc<PyBaseException>, args: Args<'_>) -> PyResult<()> {
    if this.args.get_set().as_slice() != args.positionals() {
        this.args.set(vm, this, vm.new_tuple(args.positionals())?);
    }
    Ok(())
}

impl Vm {
    /// The instance attributes of an exception in a fresh dict, for pickling.
    pub(super) fn copy_of_instance_dict(&self, this: Value) -> PyResult<Gc<PyDict>> {
        let items = self.instance_attribute_items(this)?;
        let dict = self.new_dict()?;
        for pair in 0..items.len() / 2 {
            dict.set(self, items.as_slice()[2 * pair], items.as_slice()[2 * pair + 1])?;
        }
        Ok(dict)
    }
}

fn set_up_attribute_error(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let (name, object) = (offset_of!(PyAttributeError, name), offset_of!(PyAttributeError, object));
    vm.add_members(class, &[("name", name, Optional, "attribute name"), ("obj", object, Optional, "object")])
}

#[py_type(
    name = "AttributeError",
    base = super::classes::Exception,
    flags(BASETYPE),
    setup = set_up_attribute_error,
    doc = "Attribute not found."
)]
impl PyAttributeError {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyAttributeError>> {
        let base = PyBaseException::with_args(vm.new_tuple(args.positionals())?);
        vm.alloc_instance(class, PyAttributeError { base, object: Slot::empty(), name: Slot::empty() })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyAttributeError>, args: Args<'_>) -> PyResult<()> {
        let [name, object] = take_keywords(vm, "AttributeError", args, ["name", "obj"])?;
        // SAFETY: the struct begins with PyBaseException.
        set_args(vm, unsafe { this.cast() }, args)?;
        this.name.set_maybe(vm, this, name);
        this.object.set_maybe(vm, this, object);
        Ok(())
    }

    #[method("__getstate__($self, /)")]
    fn getstate(vm: &Vm, this: Gc<PyAttributeError>) -> PyResult<Gc<PyDict>> {
        // `obj` is left out: it may be anything, also what cannot be pickled.
        let state = vm.copy_of_instance_dict(this.value())?;
        if let Some(name) = this.name.get() {
            state.set_str(vm, vm.names().name, name)?;
        }
        state.set_str(vm, vm.names().args, this.base.args.get_set().value())?;
        Ok(state)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyAttributeError>) -> PyResult<Gc<PyTuple>> {
        let state = PyAttributeError::getstate(vm, this)?;
        let (class, args) = (vm.class_of(this.value()), this.base.args.get_set());
        vm.new_tuple(&[class.value(), args.value(), state.value()])
    }
}

fn set_up_name_error(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("name", offset_of!(PyNameError, name), Optional, "name")])
}

#[py_type(
    name = "NameError",
    base = super::classes::Exception,
    flags(BASETYPE),
    setup = set_up_name_error,
    doc = "Name not found globally."
)]
impl PyNameError {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyNameError>> {
        let base = PyBaseException::with_args(vm.new_tuple(args.positionals())?);
        vm.alloc_instance(class, PyNameError { base, name: Slot::empty() })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyNameError>, args: Args<'_>) -> PyResult<()> {
        let [name] = take_keywords(vm, "NameError", args, ["name"])?;
        // SAFETY: the struct begins with PyBaseException.
        set_args(vm, unsafe { this.cast() }, args)?;
        this.name.set_maybe(vm, this, name);
        Ok(())
    }
}

impl Vm {
    /// Raises `NameError` with its `name` set.
    #[cold]
    pub fn name_error_for(&self, message: impl std::fmt::Display, name: Gc<crate::types::str::PyStr>) -> crate::Raised {
        let build = || -> PyResult<Gc<PyBaseException>> {
            let message = self.new_str(&message.to_string())?;
            let exception = self.new_exception(self.exceptions().NameError, &[message.value()])?;
            if let Some(error) = self.cast::<PyNameError>(exception.value()) {
                error.name.set(self, error, name.value());
            }
            Ok(exception)
        };
        match build() {
            Ok(exception) => self.raise(exception),
            Err(raised) => raised,
        }
    }
}
