//! `getset_descriptor`: an attribute that native functions read and write.

use crate::class::{GetSetDef, PyType};
use crate::object::{Header, Slot};
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A computed attribute of a class.
#[repr(C)]
#[derive(Trace)]
pub struct PyGetSetDescriptor {
    pub(crate) header: Header,
    /// What it does.
    #[trace(skip)]
    pub def: &'static GetSetDef,
    /// `__objclass__`.
    pub class: Slot<Gc<PyType>>,
}

#[py_type(name = "getset_descriptor", id = ids::GETSET_DESCRIPTOR)]
impl PyGetSetDescriptor {
    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PyGetSetDescriptor>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        let Some(instance) = instance else { return Ok(this.value()) };
        let (def, class) = (this.def, this.class.get_set());
        vm.check_descriptor(def.name, class, instance)?;
        match def.get {
            Some(get) => get(vm, instance),
            None => {
                let (name, class) = (def.name, class.name_text());
                Err(vm.raise_new(
                    vm.exceptions().AttributeError,
                    format_args!("attribute '{name}' of '{class}' objects is not readable"),
                ))
            }
        }
    }

    #[slot(descr_set)]
    fn set(&self, vm: &Vm, instance: Value, value: Option<Value>) -> PyResult<()> {
        let (def, class) = (self.def, self.class.get_set());
        vm.check_descriptor(def.name, class, instance)?;
        match def.set {
            Some(set) => set(vm, instance, value),
            None => {
                let (name, class) = (def.name, class.name_text());
                Err(vm.raise_new(
                    vm.exceptions().AttributeError,
                    format_args!("attribute '{name}' of '{class}' objects is not writable"),
                ))
            }
        }
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!("<attribute '{}' of '{}' objects>", self.def.name, self.class.get_set().name_text())
    }

    #[getter("__name__", member)]
    fn name(&self, vm: &Vm) -> Gc<PyStr> {
        vm.intern(self.def.name)
    }

    #[getter("__qualname__")]
    fn qualname(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        vm.descriptor_qualname(self.class.get_set(), self.def.name)
    }

    #[getter("__objclass__", member)]
    fn objclass(&self) -> Option<Gc<PyType>> {
        self.class.get()
    }

    #[getter("__doc__")]
    fn doc(&self) -> Option<&'static str> {
        self.def.doc
    }
}
