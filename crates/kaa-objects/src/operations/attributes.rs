//! `getattr`, `setattr`, `delattr` of any value.

use crate::attributes::is_generic_get;
use crate::class::PyType;
use crate::types::module::PyModule;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    /// `value.name`. The name must be interned.
    #[inline]
    pub fn get_attr(&self, value: Value, name: Gc<PyStr>) -> PyResult {
        debug_assert!(name.is_interned());
        match self.slots_of(value).getattro {
            Some(getattro) => getattro(self, value, name),
            None => {
                let class = self.class_name(value);
                let text = name.to_string_lossy();
                Err(self.attribute_error(format_args!("'{class}' object has no attribute '{text}'"), value, name))
            }
        }
    }

    /// `value.name`, with a Rust name.
    pub fn get_attr_str(&self, value: Value, name: &str) -> PyResult {
        self.get_attr(value, self.intern(name))
    }

    /// `getattr(value, name, None)`: `None` when there is no such attribute; other errors pass.
    pub fn get_attr_optional(&self, value: Value, name: Gc<PyStr>) -> PyResult<Option<Value>> {
        let slots = self.slots_of(value);
        let is_that_of =
            |class: Gc<PyType>, getattro| class.slots().getattro.is_some_and(|own| std::ptr::fn_addr_eq(own, getattro));
        // Where nothing computes the attribute, no exception need be made and caught.
        let result = match slots.getattro {
            Some(getattro) if is_generic_get(getattro) => match self.generic_get_attr_optional(value, name) {
                Ok(found) => return Ok(found),
                Err(raised) => Err(raised),
            },
            Some(getattro) if is_that_of(self.class::<PyModule>(), getattro) => {
                // SAFETY: only modules have that function.
                return unsafe { value.as_gc_unchecked::<PyModule>() }.attribute_or_none(self, name);
            }
            Some(getattro) if is_that_of(self.class::<PyType>(), getattro) => {
                // SAFETY: only classes have that function.
                match PyType::attribute_or_none(self, unsafe { value.as_gc_unchecked() }, name) {
                    Ok(found) => return Ok(found),
                    Err(raised) => Err(raised),
                }
            }
            _ => self.get_attr(value, name),
        };
        Ok(self.catch(result, self.exceptions().AttributeError)?.ok())
    }

    /// `hasattr(value, name)`.
    pub fn has_attr(&self, value: Value, name: Gc<PyStr>) -> PyResult<bool> {
        Ok(self.get_attr_optional(value, name)?.is_some())
    }

    /// `value.name = new`, or `del value.name` without a new value.
    pub fn set_attr_maybe(&self, value: Value, name: Gc<PyStr>, new: Option<Value>) -> PyResult<()> {
        debug_assert!(name.is_interned());
        let class = self.class_of(value);
        if let Some(setattro) = class.slots().setattro {
            return setattro(self, value, name, new);
        }
        let what = if class.slots().getattro.is_some() { "only read-only attributes" } else { "no attributes" };
        let (class, text) = (class.name_text(), name.to_string_lossy());
        let action = if new.is_some() { "assign to" } else { "del" };
        Err(self.type_error(format_args!("'{class}' object has {what} ({action} .{text})")))
    }

    /// `value.name = new`.
    pub fn set_attr(&self, value: Value, name: Gc<PyStr>, new: Value) -> PyResult<()> {
        self.set_attr_maybe(value, name, Some(new))
    }

    /// `del value.name`.
    pub fn del_attr(&self, value: Value, name: Gc<PyStr>) -> PyResult<()> {
        self.set_attr_maybe(value, name, None)
    }

    /// The special method of a value, looked up on its class only and bound; `None` when the
    /// class has none.
    pub fn special_method(&self, value: Value, name: Gc<PyStr>) -> PyResult<Option<Value>> {
        let class = self.class_of(value);
        match self.lookup(class, name) {
            None => Ok(None),
            Some(method) => match self.slots_of(method).descr_get {
                Some(get) => get(self, method, Some(value), Some(class.value())).map(Some),
                None => Ok(Some(method)),
            },
        }
    }

    /// The name that an attribute function was given, interned; `TypeError` when it is no string.
    pub fn attribute_name(&self, name: Value) -> PyResult<Gc<PyStr>> {
        if let Some(exact) = self.cast_exact::<PyStr>(name) {
            return Ok(self.intern_str(exact));
        }
        match self.cast::<PyStr>(name) {
            Some(string) => Ok(self.intern_str(string)),
            None => {
                let class = self.class_name(name);
                Err(self.type_error(format_args!("attribute name must be string, not '{class}'")))
            }
        }
    }
}
