//! `wrapper_descriptor` and `method-wrapper`: slots of native classes as methods.

use crate::args::Args;
use crate::class::special::SpecialMethod;
use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot};
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A slot of a native class as a method: `int.__add__`.
#[repr(C)]
#[derive(Trace)]
pub struct PyWrapperDescriptor {
    pub(crate) header: Header,
    /// Which slot it is.
    #[trace(skip)]
    pub def: &'static SpecialMethod,
    /// `__objclass__`: the native class whose slot is called.
    pub class: Slot<Gc<PyType>>,
}

/// A slot of a native class bound to an instance: `(1).__add__`.
#[repr(C)]
pub struct PyMethodWrapper {
    pub(crate) header: Header,
    /// The slot as a method.
    pub wrapper: Slot<Gc<PyWrapperDescriptor>>,
    /// `__self__`.
    pub this: Slot,
}

#[py_type(name = "wrapper_descriptor", id = ids::WRAPPER_DESCRIPTOR, flags(METHOD_DESCRIPTOR))]
impl PyWrapperDescriptor {
    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        let class = self.class.get_set();
        let Some((this, rest)) = args.split_first() else {
            let (name, class) = (self.def.name, class.name_text());
            return Err(vm.type_error(format_args!("descriptor '{name}' of '{class}' object needs an argument")));
        };
        if !vm.is_instance(this, class) {
            let (name, class, given) = (self.def.name, class.name_text(), vm.class_name(this));
            return Err(
                vm.type_error(format_args!("descriptor '{name}' requires a '{class}' object but received a '{given}'"))
            );
        }
        self.def.call(vm, class, this, rest)
    }

    #[slot(descr_get)]
    fn get(vm: &Vm, this: Gc<PyWrapperDescriptor>, instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        let Some(instance) = instance else { return Ok(this.value()) };
        vm.check_descriptor(this.def.name, this.class.get_set(), instance)?;
        let bound = PyMethodWrapper { header: Header::EMPTY, wrapper: Slot::new(this), this: Slot::new(instance) };
        Ok(vm.alloc(bound)?.value())
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!("<slot wrapper '{}' of '{}' objects>", self.def.name, self.class.get_set().name_text())
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
    fn doc(&self) -> &'static str {
        self.def.doc
    }

    #[getter("__text_signature__")]
    fn text_signature(&self) -> &'static str {
        self.def.signature
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        vm.reduce_as_attribute(self.class.get_set().value(), self.def.name)
    }
}

#[py_type(name = "method-wrapper", id = ids::METHOD_WRAPPER, layout = values)]
impl PyMethodWrapper {
    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        let wrapper = self.wrapper.get_set();
        wrapper.def.call(vm, wrapper.class.get_set(), self.this.get_set(), args)
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> String {
        let this = self.this.get_set();
        let (name, class, address) = (self.wrapper.get_set().def.name, vm.class_name(this), vm.identity(this));
        format!("<method-wrapper '{name}' of {class} object at {address:#x}>")
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> i64 {
        let this = vm.identity(self.this.get_set()).rotate_right(4);
        (this ^ self.wrapper.get_set().address().rotate_right(4)) as i64
    }

    #[slot(richcompare)]
    fn compare(&self, vm: &Vm, other: Value, op: CompareOp) -> Value {
        let Some(other) = vm.cast::<PyMethodWrapper>(other) else { return Value::NOT_IMPLEMENTED };
        let equal = self.wrapper.get() == other.wrapper.get() && self.this.get() == other.this.get();
        match op {
            CompareOp::Eq => Value::bool(equal),
            CompareOp::Ne => Value::bool(!equal),
            _ => Value::NOT_IMPLEMENTED,
        }
    }

    #[getter("__self__", member)]
    fn get_self(&self) -> Value {
        self.this.get_set()
    }

    #[getter("__name__")]
    fn name(&self, vm: &Vm) -> Gc<PyStr> {
        vm.intern(self.wrapper.get_set().def.name)
    }

    #[getter("__qualname__")]
    fn qualname(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        let wrapper = self.wrapper.get_set();
        vm.descriptor_qualname(wrapper.class.get_set(), wrapper.def.name)
    }

    #[getter("__objclass__")]
    fn objclass(&self) -> Option<Gc<PyType>> {
        self.wrapper.get_set().class.get()
    }

    #[getter("__doc__")]
    fn doc(&self) -> &'static str {
        self.wrapper.get_set().def.doc
    }

    #[getter("__text_signature__")]
    fn text_signature(&self) -> &'static str {
        self.wrapper.get_set().def.signature
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self, vm: &Vm) -> PyResult {
        vm.reduce_as_attribute(self.this.get_set(), self.wrapper.get_set().def.name)
    }
}
