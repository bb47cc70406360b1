//! `getattr` and `setattr` as `object` does them: the descriptor protocol.
//!
//! A data descriptor of the class comes first, then the object's own attribute, then any other
//! attribute of the class.

use crate::class::slots::{GetAttrFn, SetAttrFn};
use crate::types::dict::PyDict;
use crate::types::object::PyObject;
use crate::types::str::PyStr;
use crate::{Gc, Native, PyResult, Raised, Value, Vm};

impl Vm {
    /// `object.__getattribute__(value, name)`. The name must be interned.
    #[inline]
    pub fn generic_get_attr(&self, value: Value, name: Gc<PyStr>) -> PyResult {
        match self.generic_get_attr_optional(value, name)? {
            Some(found) => Ok(found),
            None => Err(self.no_attribute(value, name)),
        }
    }

    /// As [`Vm::generic_get_attr`], but `None` when there is no such attribute. (A descriptor may
    /// still raise `AttributeError`.)
    pub fn generic_get_attr_optional(&self, value: Value, name: Gc<PyStr>) -> PyResult<Option<Value>> {
        let class = self.class_of(value);
        let Some(attribute) = self.lookup(class, name) else {
            return Ok(self.instance_get(value, name));
        };
        let slots = self.slots_of(attribute);
        let get = slots.descr_get;
        if let Some(get) = get
            && slots.descr_set.is_some()
        {
            return get(self, attribute, Some(value), Some(class.value())).map(Some);
        }
        if let Some(own) = self.instance_get(value, name) {
            return Ok(Some(own));
        }
        match get {
            Some(get) => get(self, attribute, Some(value), Some(class.value())).map(Some),
            None => Ok(Some(attribute)),
        }
    }

    /// `object.__setattr__(value, name, new)`, or `object.__delattr__(value, name)` without a new
    /// value. The name must be interned.
    pub fn generic_set_attr(&self, value: Value, name: Gc<PyStr>, new: Option<Value>) -> PyResult<()> {
        let class = self.class_of(value);
        let attribute = self.lookup(class, name);
        if let Some(attribute) = attribute
            && let Some(set) = self.class_of(attribute).slots().descr_set
        {
            return set(self, attribute, value, new);
        }
        if class.has_instance_dict() {
            let done = match new {
                Some(new) => self.instance_set(value, name, new)?,
                None => self.instance_delete(value, name)?,
            };
            return if done { Ok(()) } else { Err(self.no_attribute(value, name)) };
        }
        let (class_name, text) = (class.name_text(), name.to_string_lossy());
        let message = if attribute.is_some() {
            format!("'{class_name}' object attribute '{text}' is read-only")
        } else if class.slots().setattro.is_some_and(is_generic_set) {
            format!("'{class_name}' object has no attribute '{text}' and no __dict__ for setting new attributes")
        } else {
            format!("'{class_name}' object has no attribute '{text}'")
        };
        Err(self.attribute_error(message, value, name))
    }

    /// As [`Vm::generic_get_attr`], for an object whose own attributes are in this dict.
    pub fn generic_get_attr_in(&self, value: Value, name: Gc<PyStr>, own: Gc<PyDict>) -> PyResult {
        let class = self.class_of(value);
        let attribute = self.lookup(class, name);
        let get = attribute.and_then(|attribute| self.slots_of(attribute).descr_get);
        if let (Some(attribute), Some(get)) = (attribute, get)
            && self.slots_of(attribute).descr_set.is_some()
        {
            return get(self, attribute, Some(value), Some(class.value()));
        }
        if let Some(own) = own.get_str(self, name) {
            return Ok(own);
        }
        match (attribute, get) {
            (Some(attribute), Some(get)) => get(self, attribute, Some(value), Some(class.value())),
            (Some(attribute), None) => Ok(attribute),
            (None, _) => Err(self.no_attribute(value, name)),
        }
    }

    /// As [`Vm::generic_set_attr`], for an object whose own attributes are in this dict.
    pub fn generic_set_attr_in(
        &self,
        value: Value,
        name: Gc<PyStr>,
        new: Option<Value>,
        own: Gc<PyDict>,
    ) -> PyResult<()> {
        if let Some(attribute) = self.lookup(self.class_of(value), name)
            && let Some(set) = self.slots_of(attribute).descr_set
        {
            return set(self, attribute, value, new);
        }
        match new {
            Some(new) => own.set_str(self, name, new),
            None => own.remove_str(self, name).map(drop).ok_or_else(|| self.no_attribute(value, name)),
        }
    }

    /// `AttributeError` with CPython's usual words.
    #[cold]
    pub fn no_attribute(&self, value: Value, name: Gc<PyStr>) -> Raised {
        let (class, text) = (self.class_name(value), name.to_string_lossy());
        self.attribute_error(format_args!("'{class}' object has no attribute '{text}'"), value, name)
    }
}

/// Whether a slot is `object.__getattribute__`.
pub(crate) fn is_generic_get(slot: GetAttrFn) -> bool {
    PyObject::def().slots.getattro.is_some_and(|own| std::ptr::fn_addr_eq(own, slot))
}

/// Whether a slot is `object.__setattr__`.
pub(crate) fn is_generic_set(slot: SetAttrFn) -> bool {
    PyObject::def().slots.setattro.is_some_and(|own| std::ptr::fn_addr_eq(own, slot))
}
