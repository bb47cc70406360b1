//! `classmethod`: a function that binds to the class. Also what it shares with `staticmethod`.

use crate::args::Args;
use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A `classmethod`.
#[repr(C)]
#[derive(Trace)]
pub struct PyClassMethod {
    pub(crate) header: Header,
    /// `__func__`; empty until `__init__` ran.
    pub callable: Slot,
}

impl PyClassMethod {
    /// `classmethod(callable)` that the runtime makes: attributes of the callable are not copied.
    pub fn wrap(vm: &Vm, callable: Value) -> PyResult {
        Ok(vm.alloc(PyClassMethod { header: Header::EMPTY, callable: Slot::new(callable) })?.value())
    }
}

#[py_type(
    name = "classmethod",
    id = ids::CLASSMETHOD,
    flags(BASETYPE, MANAGED_DICT),
    setup = set_up,
    doc = "Convert a function to be a class method.\n\nA class method receives the class as implicit first argument,\
           \njust like an instance method receives the instance.\nTo declare a class method, use this idiom:\n\n  cl\
           ass C:\n      @classmethod\n      def f(cls, arg1, arg2, argN):\n          ...\n\nIt can be called eithe\
           r on the class (e.g. C.f()) or on an instance\n(e.g. C().f()).  The instance is ignored except for its cl\
           ass.\nIf a class method is called for a derived class, the derived class\nobject is passed as the implie\
           d first argument.\n\nClass methods are different than C++ or Java static methods.\nIf you want those, se\
           e the staticmethod builtin."
)]
impl PyClassMethod {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyClassMethod>> {
        vm.alloc_instance(class, PyClassMethod { header: Header::EMPTY, callable: Slot::empty() })
    }

    #[init("classmethod(function, /)")]
    fn init(vm: &Vm, this: Gc<PyClassMethod>, function: Value) -> PyResult<()> {
        this.callable.set(vm, this, function);
        copy_wrapped_attributes(vm, this.value(), function)
    }

    #[slot(descr_get)]
    fn get(&self, vm: &Vm, instance: Option<Value>, owner: Option<Value>) -> PyResult {
        let callable = self.callable.get().ok_or_else(|| vm.runtime_error("uninitialized classmethod object"))?;
        let class = owner.unwrap_or_else(|| vm.class_of(instance.unwrap_or(Value::NONE)).value());
        Ok(vm.new_method(callable, class)?.value())
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        let callable = vm.repr(self.callable.get().unwrap_or(Value::NONE))?;
        Ok(format!("<classmethod({})>", callable.to_string_lossy()))
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
        cached_from_callable(vm, this, vm.names().__annotations__)
    }

    #[setter("__annotations__")]
    fn set_annotations(vm: &Vm, this: Value, value: Option<Value>) -> PyResult<()> {
        set_cached(vm, this, vm.names().__annotations__, value)
    }

    #[getter("__annotate__")]
    fn annotate(vm: &Vm, this: Value) -> PyResult {
        cached_from_callable(vm, this, vm.names().__annotate__)
    }

    #[setter("__annotate__")]
    fn set_annotate(vm: &Vm, this: Value, value: Option<Value>) -> PyResult<()> {
        set_cached(vm, this, vm.names().__annotate__, value)
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, key: Value) -> PyResult {
        crate::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), key)
    }
}

/// Adds `__dict__` to a native class whose instances have one.
pub(crate) fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_dict_attribute(class)
}

/// Copies what `functools.wraps` would copy; annotations are looked up when asked for.
pub(crate) fn copy_wrapped_attributes(vm: &Vm, wrapper: Value, wrapped: Value) -> PyResult<()> {
    let names = vm.names();
    for name in [names.__module__, names.__name__, names.__qualname__, names.__doc__] {
        if let Some(value) = vm.get_attr_optional(wrapped, name)? {
            vm.set_attr(wrapper, name, value)?;
        }
    }
    Ok(())
}

/// An attribute of the wrapped callable, kept in the wrapper's dict once it was found.
pub(crate) fn cached_from_callable(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
    if let Some(value) = vm.instance_get(this, name) {
        return Ok(value);
    }
    let callable = vm.get_attr(this, vm.names().__func__)?;
    let value = vm.get_attr(callable, name)?;
    vm.instance_set(this, name, value)?;
    Ok(value)
}

/// Sets or deletes what [`cached_from_callable`] keeps.
pub(crate) fn set_cached(vm: &Vm, this: Value, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => vm.instance_set(this, name, value).map(drop),
        None if vm.instance_delete(this, name)? => Ok(()),
        None => Err(vm.attribute_error(name.to_string_lossy(), this, name)),
    }
}

impl Vm {
    /// Adds the `__dict__` attribute to a native class whose instances have a dict.
    pub fn add_dict_attribute(&self, class: Gc<PyType>) -> PyResult<()> {
        let descriptor = crate::types::descriptors::PyGetSetDescriptor {
            header: Header::EMPTY,
            def: &crate::class::create::NATIVE_DICT,
            class: Slot::new(class),
        };
        let descriptor = self.alloc(descriptor)?;
        class.dict.get_set().set_str(self, self.names().__dict__, descriptor.value())
    }
}
