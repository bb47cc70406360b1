//! `mappingproxy`: a read-only view of a mapping, such as the attributes of a class.

use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot};
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, ids, py_type};

/// A `mappingproxy`.
#[repr(C)]
#[derive(Trace)]
pub struct PyMappingProxy {
    pub(crate) header: Header,
    /// What it shows.
    pub mapping: Slot,
}

impl PyMappingProxy {
    /// A view of a mapping.
    pub fn of(vm: &Vm, mapping: Value) -> PyResult {
        Ok(vm.alloc(PyMappingProxy { header: Header::EMPTY, mapping: Slot::new(mapping) })?.value())
    }

    fn method(&self, vm: &Vm, name: &str, args: &[Value]) -> PyResult {
        vm.call_method_str(self.target(vm)?, name, args)
    }

    /// The mapping, for an operation that is passed on to it. Views of views are many levels deep for
    /// nothing, but may be.
    fn target(&self, vm: &Vm) -> PyResult {
        vm.check_stack("")?;
        Ok(self.mapping.get_set())
    }

    /// What stands behind a value that may be a view.
    fn unwrap(vm: &Vm, value: Value) -> Value {
        vm.cast::<PyMappingProxy>(value).map_or(value, |proxy| proxy.mapping.get_set())
    }
}

#[py_type(
    name = "mappingproxy",
    id = ids::MAPPING_PROXY,
    flags(MAPPING),
    doc = "Read-only proxy of a mapping."
)]
impl PyMappingProxy {
    #[new("mappingproxy(mapping)")]
    fn new(vm: &Vm, class: Gc<PyType>, mapping: Value) -> PyResult<Gc<PyMappingProxy>> {
        let slots = vm.slots_of(mapping);
        let is_sequence = vm.cast::<PyList>(mapping).is_some() || vm.cast::<PyTuple>(mapping).is_some();
        if slots.mp_subscript.is_none() || is_sequence {
            let given = vm.class_name(mapping);
            return Err(vm.type_error(format_args!("mappingproxy() argument must be a mapping, not {given}")));
        }
        vm.alloc_instance(class, PyMappingProxy { header: Header::EMPTY, mapping: Slot::new(mapping) })
    }

    #[slot(mp_length)]
    fn length(&self, vm: &Vm) -> PyResult<usize> {
        vm.len(self.target(vm)?)
    }

    #[slot(mp_subscript)]
    fn get_item(&self, vm: &Vm, key: Value) -> PyResult {
        vm.get_item(self.target(vm)?, key)
    }

    #[slot(sq_contains)]
    fn contains(&self, vm: &Vm, key: Value) -> PyResult<bool> {
        vm.contains(self.target(vm)?, key)
    }

    #[slot(iter)]
    fn iter(&self, vm: &Vm) -> PyResult {
        vm.iter(self.target(vm)?)
    }

    #[slot(richcompare)]
    fn compare(&self, vm: &Vm, other: Value, op: CompareOp) -> PyResult {
        vm.compare(self.target(vm)?, PyMappingProxy::unwrap(vm, other), op)
    }

    #[slot(hash)]
    fn hash(&self, vm: &Vm) -> PyResult<i64> {
        vm.hash(self.target(vm)?)
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, left: Value, right: Value) -> PyResult {
        vm.check_stack("")?;
        let (left, right) = (PyMappingProxy::unwrap(vm, left), PyMappingProxy::unwrap(vm, right));
        vm.binary(crate::operations::BinaryOp::Or, left, right)
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(vm: &Vm, this: Value, _other: Value) -> PyResult {
        let class = vm.class_name(this);
        Err(vm.type_error(format_args!("'|=' is not supported by {class}; use '|' instead")))
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        Ok(format!("mappingproxy({})", vm.repr(self.target(vm)?)?.to_string_lossy()))
    }

    #[slot(str)]
    fn str(&self, vm: &Vm) -> PyResult {
        Ok(vm.str(self.target(vm)?)?.value())
    }

    #[method(
        "get($self, key, default=None, /)",
        doc = "Return the value for key if key is in the mapping, else default."
    )]
    fn get(&self, vm: &Vm, key: Value, default: Value) -> PyResult {
        if let Some(dict) = vm.cast_exact::<PyDict>(self.mapping.get_set()) {
            return Ok(dict.get(vm, key)?.unwrap_or(default));
        }
        self.method(vm, "get", &[key, default])
    }

    #[method("keys($self, /)", doc = "a set-like object providing a view on D's keys")]
    fn keys(&self, vm: &Vm) -> PyResult {
        self.method(vm, "keys", &[])
    }

    #[method("values($self, /)", doc = "an object providing a view on D's values")]
    fn values(&self, vm: &Vm) -> PyResult {
        self.method(vm, "values", &[])
    }

    #[method("items($self, /)", doc = "a set-like object providing a view on D's items")]
    fn items(&self, vm: &Vm) -> PyResult {
        self.method(vm, "items", &[])
    }

    #[method("copy($self, /)", doc = "a shallow copy of D")]
    fn copy(&self, vm: &Vm) -> PyResult {
        self.method(vm, "copy", &[])
    }

    #[method("__reversed__($self, /)", doc = "D.__reversed__() -> reverse iterator")]
    fn reversed(&self, vm: &Vm) -> PyResult {
        self.method(vm, "__reversed__", &[])
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, key: Value) -> PyResult {
        crate::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), key)
    }
}
