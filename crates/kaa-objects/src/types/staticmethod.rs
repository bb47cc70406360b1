//! `staticmethod`: a function that does not bind.

use crate::args::Args;
use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A `staticmethod`.
#[repr(C)]
#[derive(Trace)]
pub struct PyStaticMethod {
    pub(crate) header: Header,
    /// `__func__`; empty until `__init__` ran.
    pub callable: Slot,
}

impl PyStaticMethod {
    /// `staticmethod(callable)` that the runtime makes: attributes of the callable are not copied.
    pub fn wrap(vm: &Vm, callable: Value) -> PyResult {
        Ok(vm.alloc(PyStaticMethod { header: Header::EMPTY, callable: Slot::new(callable) })?.value())
    }
}

#[py_type(
    name = "staticmethod",
    id = ids::STATICMETHOD,
    flags(BASETYPE, MANAGED_DICT),
    setup = super::classmethod::set_up,
    doc = "Convert a function to be a static method.\n\nA static method does not receive an implicit first argument.\
           \nTo declare a static method, use this idiom:\n\n     class C:\n         @staticmethod\n         def f(ar\
           g1, arg2, argN):\n             ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\
           \n(e.g. C().f()). Both the class and the instance are ignored, and\nneither is passed implicitly as the f\
           irst argument to the method.\n\nStatic methods in Python are similar to those found in Java or C++.\nFor \
           a more advanced concept, see the classmethod builtin."
)]
impl PyStaticMethod {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyStaticMethod>> {
        vm.alloc_instance(class, PyStaticMethod { header: Header::EMPTY, callable: Slot::empty() })
    }

    #[init("staticmethod(function, /)")]
    fn init(vm: &Vm, this: Gc<PyStaticMethod>, function: Value) -> PyResult<()> {
        this.callable.set(vm, this, function);
        super::classmethod::copy_wrapped_attributes(vm, this.value(), function)
    }

    #[slot(descr_get)]
    fn get(&self, vm: &Vm, _instance: Option<Value>, _owner: Option<Value>) -> PyResult {
        self.callable.get().ok_or_else(|| vm.runtime_error("uninitialized staticmethod object"))
    }

    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        let callable = self.callable.get().ok_or_else(|| vm.runtime_error("uninitialized staticmethod object"))?;
        vm.call_args(callable, args)
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        let callable = vm.repr(self.callable.get().unwrap_or(Value::NONE))?;
        Ok(format!("<staticmethod({})>", callable.to_string_lossy()))
    }

    #[getter("__func__", member)]
    fn func(&self) -> Option<Value> {
        self.callable.get()
    }

    #[getter("__wrapped__", member)]
    fn wrapped(&self) -> Option<Value> {
        self.callable.get()
    }

    #[getter("__isabstractmethod__")]
    fn is_abstract(&self, vm: &Vm) -> PyResult<bool> {
        vm.is_abstract_method(self.callable.get())
    }

    #[getter("__annotations__")]
    fn annotations(vm: &Vm, this: Value) -> PyResult {
        super::classmethod::cached_from_callable(vm, this, vm.names().__annotations__)
    }

    #[setter("__annotations__")]
    fn set_annotations(vm: &Vm, this: Value, value: Option<Value>) -> PyResult<()> {
        super::classmethod::set_cached(vm, this, vm.names().__annotations__, value)
    }

    #[getter("__annotate__")]
    fn annotate(vm: &Vm, this: Value) -> PyResult {
        super::classmethod::cached_from_callable(vm, this, vm.names().__annotate__)
    }

    #[setter("__annotate__")]
    fn set_annotate(vm: &Vm, this: Value, value: Option<Value>) -> PyResult<()> {
        super::classmethod::set_cached(vm, this, vm.names().__annotate__, value)
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, key: Value) -> PyResult {
        crate::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), key)
    }
}

impl Vm {
    /// Whether a function is marked as abstract: `function.__isabstractmethod__`.
    pub(crate) fn is_abstract_method(&self, function: Option<Value>) -> PyResult<bool> {
        let Some(function) = function.and_then(Value::not_none) else { return Ok(false) };
        // It may be a property or a method of methods, many levels deep.
        self.check_stack("")?;
        match self.get_attr_optional(function, self.names().__isabstractmethod__)? {
            Some(mark) => self.truth(mark),
            None => Ok(false),
        }
    }
}
