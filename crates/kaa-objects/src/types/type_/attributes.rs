//! Computed attributes of classes: names, documentation, numbers.

use crate::class::{PyType, flags};
use crate::types::dict::PyDict;
use crate::types::mapping_proxy::PyMappingProxy;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, py_methods};

/// The end of the signature at the head of a native type's doc.
const SIGNATURE_END: &str = ")\n--\n\n";

/// Signature (without the name) and documentation in the doc of a native function or type.
pub(crate) fn split_doc<'a>(name: &str, doc: &'a str) -> (Option<&'a str>, &'a str) {
    let name = name.rsplit('.').next().unwrap_or(name);
    let signature = doc.strip_prefix(name).filter(|rest| rest.starts_with('('));
    match signature.and_then(|rest| rest.find(SIGNATURE_END).map(|end| (rest, end))) {
        Some((rest, end)) if !rest[..end].contains("\n\n") => (Some(&rest[..=end]), &rest[end + SIGNATURE_END.len()..]),
        _ => (None, doc),
    }
}

#[py_methods(ATTRIBUTES, of = "type")]
impl PyType {
    #[getter("__name__")]
    fn get_name(class: &PyType) -> Gc<PyStr> {
        class.name.get_set()
    }

    #[setter("__name__")]
    fn set_name(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let name = vm.check_special_attribute(class, value, "__name__")?;
        let Some(name) = vm.cast::<PyStr>(name) else {
            let (class, given) = (class.name_text(), vm.class_name(name));
            return Err(vm.type_error(format_args!("can only assign string to {class}.__name__, not '{given}'")));
        };
        vm.check_class_name(name)?;
        class.name.set(vm, class, name);
        vm.class_modified(class);
        Ok(())
    }

    #[getter("__qualname__")]
    fn get_qualname(vm: &Vm, class: Gc<PyType>) -> Gc<PyStr> {
        vm.class_qualname(class)
    }

    #[setter("__qualname__")]
    fn set_qualname(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let name = vm.check_special_attribute(class, value, "__qualname__")?;
        let Some(name) = vm.cast::<PyStr>(name) else {
            let (class, given) = (class.name_text(), vm.class_name(name));
            return Err(vm.type_error(format_args!("can only assign string to {class}.__qualname__, not '{given}'")));
        };
        class.qualname.set(vm, class, name);
        Ok(())
    }

    #[getter("__module__")]
    fn get_module(vm: &Vm, class: Gc<PyType>) -> PyResult {
        vm.class_module(class)?
            .ok_or_else(|| vm.raise_with(vm.exceptions().AttributeError, &[vm.names().__module__.value()]))
    }

    #[setter("__module__")]
    fn set_module(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let module = vm.check_special_attribute(class, value, "__module__")?;
        let dict = class.dict.get_set();
        dict.remove_str(vm, vm.names().__firstlineno__);
        dict.set_str(vm, vm.names().__module__, module)?;
        vm.class_modified(class);
        Ok(())
    }

    #[getter("__abstractmethods__")]
    fn get_abstractmethods(vm: &Vm, class: Gc<PyType>) -> PyResult {
        let name = vm.names().__abstractmethods__;
        let found = match class == vm.class::<PyType>() {
            // `type` itself has only this descriptor.
            true => None,
            false => class.dict.get_set().get_interned(name),
        };
        found.ok_or_else(|| vm.attribute_error("__abstractmethods__", class.value(), name))
    }

    #[setter("__abstractmethods__")]
    fn set_abstractmethods(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let name = vm.names().__abstractmethods__;
        let dict = class.dict.get_set();
        let is_abstract = match value {
            Some(value) => {
                let is_abstract = vm.truth(value)?;
                dict.set_str(vm, name, value)?;
                is_abstract
            }
            None if dict.remove_str(vm, name).is_none() => {
                return Err(vm.attribute_error("__abstractmethods__", class.value(), name));
            }
            None => false,
        };
        vm.class_modified(class);
        let bits = class.flags.get() & !flags::IS_ABSTRACT;
        class.flags.set(if is_abstract { bits | flags::IS_ABSTRACT } else { bits });
        Ok(())
    }

    #[getter("__dict__")]
    fn get_dict(vm: &Vm, class: Gc<PyType>) -> PyResult {
        PyMappingProxy::of(vm, class.dict.get_set().value())
    }

    #[getter("__doc__")]
    fn get_doc(vm: &Vm, class: Gc<PyType>) -> PyResult {
        if class.is_native.get()
            && let Some(doc) = class.native.get().doc
        {
            return Ok(vm.new_str(split_doc(class.native.get().name, doc).1)?.value());
        }
        let Some(doc) = class.dict.get_set().get_interned(vm.names().__doc__) else { return Ok(Value::NONE) };
        match vm.slots_of(doc).descr_get {
            Some(get) => get(vm, doc, None, Some(class.value())),
            None => Ok(doc),
        }
    }

    #[setter("__doc__")]
    fn set_doc(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let doc = vm.check_special_attribute(class, value, "__doc__")?;
        class.dict.get_set().set_str(vm, vm.names().__doc__, doc)?;
        vm.class_modified(class);
        Ok(())
    }

    #[getter("__text_signature__")]
    fn text_signature(vm: &Vm, class: Gc<PyType>) -> PyResult {
        let signature = match class.native.get().doc {
            Some(doc) if class.is_native.get() => split_doc(class.native.get().name, doc).0,
            _ => None,
        };
        match signature {
            Some(signature) => Ok(vm.new_str(signature)?.value()),
            None => Ok(Value::NONE),
        }
    }

    #[getter("__type_params__")]
    fn get_type_params(vm: &Vm, class: Gc<PyType>) -> PyResult {
        let params = match class.is_native.get() {
            true => None,
            false => class.dict.get_set().get_interned(vm.names().__type_params__),
        };
        match params {
            Some(params) => Ok(params),
            None => Ok(vm.new_tuple(&[])?.value()),
        }
    }

    #[setter("__type_params__")]
    fn set_type_params(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let params = vm.check_special_attribute(class, value, "__type_params__")?;
        class.dict.get_set().set_str(vm, vm.names().__type_params__, params)?;
        vm.class_modified(class);
        Ok(())
    }

    #[getter("__base__", member)]
    fn get_base(class: &PyType) -> Option<Gc<PyType>> {
        class.base.get()
    }

    #[getter("__mro__")]
    fn get_mro(class: &PyType) -> Option<Gc<PyTuple>> {
        class.mro.get()
    }

    #[getter("__flags__", member)]
    fn get_flags(class: &PyType) -> u64 {
        class.flags.get()
    }

    #[getter("__basicsize__", member)]
    fn basicsize(class: &PyType) -> u32 {
        class.basic_size.get()
    }

    #[getter("__itemsize__", member)]
    fn itemsize(class: &PyType) -> usize {
        // How large an item is lies with the type; what programs ask is whether there are any.
        if class.native.get().layout.variable { size_of::<Value>() } else { 0 }
    }

    #[getter("__dictoffset__", member)]
    fn dictoffset(class: &PyType) -> i64 {
        match class.attributes_offset.get() {
            _ if !class.has_instance_dict() => 0,
            0 => -1,
            offset => i64::from(offset),
        }
    }

    #[getter("__weakrefoffset__", member)]
    fn weakrefoffset(class: &PyType) -> i64 {
        // Weak references are kept in a table of the heap: there is no field, but a number other
        // than 0 says that they are possible.
        if class.is_weakly_referable() { -1 } else { 0 }
    }
}

impl Vm {
    /// The value to set a special attribute of a class to, when that is allowed at all.
    pub(super) fn check_special_attribute(&self, class: Gc<PyType>, value: Option<Value>, name: &str) -> PyResult {
        self.check_mutable(class, name)?;
        value.ok_or_else(|| {
            let class = class.name_text();
            self.type_error(format_args!("cannot delete '{name}' attribute of immutable type '{class}'"))
        })
    }

    /// `__qualname__` of a class.
    pub fn class_qualname(&self, class: Gc<PyType>) -> Gc<PyStr> {
        class.qualname.get().unwrap_or_else(|| class.name.get_set())
    }

    /// `__module__` of a class; `None` when a Python class has lost it.
    pub fn class_module(&self, class: Gc<PyType>) -> PyResult<Option<Value>> {
        if class.is_native.get() {
            return Ok(Some(self.intern(class.native.get().module).value()));
        }
        let dict: Option<Gc<PyDict>> = class.dict.get();
        Ok(dict.and_then(|dict| dict.get_interned(self.names().__module__)))
    }
}
