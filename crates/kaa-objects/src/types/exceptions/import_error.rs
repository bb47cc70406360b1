//! `ImportError`.

use std::mem::offset_of;

use super::PyBaseException;
use super::attribute_error::{set_args, take_keywords};
use crate::args::Args;
use crate::class::PyType;
use crate::object::Slot;
use crate::types::descriptors::MemberKind::Optional;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Vm, py_type};

/// `ImportError`, also `ModuleNotFoundError`.
#[repr(C)]
#[derive(Trace)]
pub struct PyImportError {
    base: PyBaseException,
    /// `msg`.
    pub message: Slot,
    /// `name`.
    pub name: Slot,
    /// `path`.
    pub path: Slot,
    /// `name_from`.
    pub name_from: Slot,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("msg", offset_of!(PyImportError, message), Optional, "exception message"),
            ("name", offset_of!(PyImportError, name), Optional, "module name"),
            ("path", offset_of!(PyImportError, path), Optional, "module path"),
            ("name_from", offset_of!(PyImportError, name_from), Optional, "name imported from module"),
        ],
    )
}

#[py_type(
    name = "ImportError",
    base = super::classes::Exception,
    flags(BASETYPE),
    setup = set_up,
    doc = "Import can't find module, or can't find name in module."
)]
impl PyImportError {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyImportError>> {
        let base = PyBaseException::with_args(vm.new_tuple(args.positionals())?);
        let (message, name, path, name_from) = (Slot::empty(), Slot::empty(), Slot::empty(), Slot::empty());
        vm.alloc_instance(class, PyImportError { base, message, name, path, name_from })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyImportError>, args: Args<'_>) -> PyResult<()> {
        let [name, path, name_from] = take_keywords(vm, "ImportError", args, ["name", "path", "name_from"])?;
        // SAFETY: the struct begins with PyBaseException.
        set_args(vm, unsafe { this.cast() }, args)?;
        this.name.set_maybe(vm, this, name);
        this.path.set_maybe(vm, this, path);
        this.name_from.set_maybe(vm, this, name_from);
        this.message.set_maybe(vm, this, this.base.single_arg());
        Ok(())
    }

    #[slot(str)]
    fn str(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        match self.message.get().and_then(|message| vm.cast_exact::<PyStr>(message)) {
            Some(message) => Ok(message),
            None => self.base.str(vm),
        }
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyImportError>) -> PyResult<Gc<PyTuple>> {
        let (class, args) = (vm.class_of(this.value()).value(), this.base.args.get_set().value());
        let state = vm.copy_of_instance_dict(this.value())?;
        let fields = [("name", &this.name), ("path", &this.path), ("name_from", &this.name_from)];
        for (name, field) in fields {
            if let Some(value) = field.get() {
                state.set_str(vm, vm.intern(name), value)?;
            }
        }
        match state.is_empty() {
            true => vm.new_tuple(&[class, args]),
            false => vm.new_tuple(&[class, args, state.value()]),
        }
    }
}
