//! `method_descriptor` and `classmethod_descriptor`: native methods as attributes of their class.

use crate::args::Args;
use crate::class::{MethodDef, PyType};
use crate::object::{Header, Slot};
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A native method of a class, not bound: `list.append`.
#[repr(C)]
#[derive(Trace)]
pub struct PyMethodDescriptor {
    pub(crate) header: Header,
    /// What it does.
    #[trace(skip)]
    pub def: &'static MethodDef,
    /// `__objclass__`.
    pub class: Slot<Gc<PyType>>,
}

/// A native class method, not bound: `dict.__dict__['fromkeys']`.
#[repr(C)]
#[derive(Trace)]
pub struct PyClassMethodDescriptor {
    pub(crate) header: Header,
    /// What it does.
    #[trace(skip)]
    pub def: &'static MethodDef,
    /// `__objclass__`.
    pub class: Slot<Gc<PyType>>,
}

#[py_type(name = "method_descriptor", id = ids::METHOD_DESCRIPTOR, flags(METHOD_DESCRIPTOR, HAVE_VECTORCALL))]
impl PyMethodDescriptor {
    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        let class = self.class.get_set();
        let Some((this, rest)) = args.split_first() else {
            let class = vm.class_qualname(class).to_string_lossy();
            return Err(vm.type_error(format_args!("unbound method {class}.{}() needs an argument", self.def.name)));
        };
        vm.check_descriptor(self.def.name, class, this)?;
        (self.def.function)(vm, this, rest)
    }

    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PyMethodDescriptor>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        let Some(instance) = instance else { return Ok(this.value()) };
        vm.check_descriptor(this.def.name, this.class.get_set(), instance)?;
        Ok(vm.bind_native(this.def, instance)?.value())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!("<method '{}' of '{}' objects>", self.def.name, self.class.get_set().name_text())
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

    #[getter("__text_signature__")]
    fn text_signature(&self) -> Option<&'static str> {
        self.def.signature
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        vm.reduce_as_attribute(self.class.get_set().value(), self.def.name)
    }
}

impl PyClassMethodDescriptor {
    /// The function bound to a class.
    fn bind(&self, vm: &Vm, class: Gc<PyType>) -> PyResult {
        let own = self.class.get_set();
        if !class.is_subclass(own) {
            let (name, own, given) = (self.def.name, own.name_text(), class.name_text());
            return Err(
                vm.type_error(format_args!("descriptor '{name}' requires a subtype of '{own}' but received '{given}'"))
            );
        }
        Ok(vm.bind_native(self.def, class.value())?.value())
    }
}

#[py_type(name = "classmethod_descriptor", id = ids::CLASSMETHOD_DESCRIPTOR)]
impl PyClassMethodDescriptor {
    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        let (name, own) = (self.def.name, self.class.get_set());
        let Some((class, rest)) = args.split_first() else {
            let own = own.name_text();
            return Err(vm.type_error(format_args!("descriptor '{name}' of '{own}' object needs an argument")));
        };
        let Some(class) = vm.cast::<PyType>(class) else {
            let (own, given) = (own.name_text(), vm.class_name(class));
            return Err(vm.type_error(format_args!(
                "descriptor '{name}' for type '{own}' needs a type, not a '{given}' as arg 2"
            )));
        };
        let bound = self.bind(vm, class)?;
        vm.call_args(bound, rest)
    }

    #[slot(descr_get)]
    fn get(&self, vm: &Vm, instance: Option<Value>, owner: Option<Value>) -> PyResult {
        let (name, own) = (self.def.name, self.class.get_set());
        let class = match (owner, instance) {
            (Some(owner), _) => vm.cast::<PyType>(owner).ok_or_else(|| {
                let (own, given) = (own.name_text(), vm.class_name(owner));
                vm.type_error(format_args!(
                    "descriptor '{name}' for type '{own}' needs a type, not a '{given}' as arg 2"
                ))
            })?,
            (None, Some(instance)) => vm.class_of(instance),
            (None, None) => {
                let own = own.name_text();
                return Err(vm.type_error(format_args!(
                    "descriptor '{name}' for type '{own}' needs either an object or a type"
                )));
            }
        };
        self.bind(vm, class)
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!("<method '{}' of '{}' objects>", self.def.name, self.class.get_set().name_text())
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

    #[getter("__text_signature__")]
    fn text_signature(&self) -> Option<&'static str> {
        self.def.signature
    }
}
