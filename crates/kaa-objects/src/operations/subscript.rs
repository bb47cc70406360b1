//! `len`, subscripts, containment.

use crate::class::PyType;
use crate::{PyResult, Value, Vm};

impl Vm {
    /// `len(value)`.
    pub fn len(&self, value: Value) -> PyResult<usize> {
        let class = self.class_of(value);
        match class.slots().sq_length.or(class.slots().mp_length) {
            Some(len) => len(self, value),
            None => Err(self.type_error(format_args!("object of type '{}' has no len()", class.name_text()))),
        }
    }

    /// `container[key]`.
    pub fn get_item(&self, container: Value, key: Value) -> PyResult {
        let class = self.class_of(container);
        let slots = class.slots();
        if let Some(subscript) = slots.mp_subscript {
            return subscript(self, container, key);
        }
        if slots.sq_item.is_some() {
            if self.slots_of(key).nb_index.is_none() {
                let name = self.class_name(key);
                return Err(self.type_error(format_args!("sequence index must be integer, not '{name}'")));
            }
            let index = self.index_to_isize(key, self.exceptions().IndexError)?;
            return self.sequence_item(container, index);
        }
        if let Some(class) = self.cast::<PyType>(container) {
            return self.class_get_item(class, key);
        }
        Err(self.type_error(format_args!("'{}' object is not subscriptable", class.name_text())))
    }

    /// `class[key]` by `__class_getitem__`.
    fn class_get_item(&self, class: crate::Gc<PyType>, key: Value) -> PyResult {
        if class == self.class::<PyType>() {
            return crate::types::generic_alias::PyGenericAlias::new_value(self, class.value(), key);
        }
        let getter = self.get_attr_optional(class.value(), self.names().__class_getitem__)?;
        match getter.and_then(Value::not_none) {
            Some(getter) => self.call(getter, &[key]),
            None => Err(self.type_error(format_args!("type '{}' is not subscriptable", class.name_text()))),
        }
    }

    /// `sequence[index]` by the sequence slot, negative indices counted from the end.
    pub fn sequence_item(&self, sequence: Value, index: isize) -> PyResult {
        let slots = self.slots_of(sequence);
        let Some(item) = slots.sq_item else {
            let name = self.class_name(sequence);
            return Err(match slots.mp_subscript {
                Some(_) => self.type_error(format_args!("{name} is not a sequence")),
                None => self.type_error(format_args!("'{name}' object does not support indexing")),
            });
        };
        item(self, sequence, self.adjusted_index(sequence, index)?)
    }

    /// `sequence[index] = value`, or `del sequence[index]` without a value, by the sequence slot.
    pub fn set_sequence_item(&self, sequence: Value, index: isize, value: Option<Value>) -> PyResult<()> {
        let slots = self.slots_of(sequence);
        let Some(set) = slots.sq_ass_item else {
            if slots.mp_ass_subscript.is_some() {
                return Err(self.type_error(format_args!("{} is not a sequence", self.class_name(sequence))));
            }
            let (name, what) = (self.class_name(sequence), if value.is_some() { "assignment" } else { "deletion" });
            let doesnt = if value.is_some() { "does not" } else { "doesn't" };
            return Err(self.type_error(format_args!("'{name}' object {doesnt} support item {what}")));
        };
        set(self, sequence, self.adjusted_index(sequence, index)?, value)
    }

    fn adjusted_index(&self, sequence: Value, index: isize) -> PyResult<isize> {
        match self.slots_of(sequence).sq_length {
            Some(len) if index < 0 => Ok(index + len(self, sequence)? as isize),
            _ => Ok(index),
        }
    }

    /// `container[key] = value`, or `del container[key]` without a value.
    pub fn set_item_maybe(&self, container: Value, key: Value, value: Option<Value>) -> PyResult<()> {
        let class = self.class_of(container);
        let slots = class.slots();
        if let Some(set) = slots.mp_ass_subscript {
            return set(self, container, key, value);
        }
        if let Some(set) = slots.sq_ass_item {
            if self.slots_of(key).nb_index.is_some() {
                let index = self.index_to_isize(key, self.exceptions().IndexError)?;
                return set(self, container, self.adjusted_index(container, index)?, value);
            }
            let name = self.class_name(key);
            return Err(self.type_error(format_args!("sequence index must be integer, not '{name}'")));
        }
        let what = if value.is_some() { "assignment" } else { "deletion" };
        let doesnt = if value.is_some() { "does not" } else { "doesn't" };
        Err(self.type_error(format_args!("'{}' object {doesnt} support item {what}", class.name_text())))
    }

    /// `container[key] = value`.
    pub fn set_item(&self, container: Value, key: Value, value: Value) -> PyResult<()> {
        self.set_item_maybe(container, key, Some(value))
    }

    /// `del container[key]`.
    pub fn del_item(&self, container: Value, key: Value) -> PyResult<()> {
        self.set_item_maybe(container, key, None)
    }

    /// `item in container`.
    pub fn contains(&self, container: Value, item: Value) -> PyResult<bool> {
        if let Some(contains) = self.slots_of(container).sq_contains {
            return contains(self, container, item);
        }
        self.contains_by_iteration(container, item)
    }

    /// `any(x is item or x == item for x in container)`.
    pub fn contains_by_iteration(&self, container: Value, item: Value) -> PyResult<bool> {
        let class = self.class_of(container);
        if class.slots().iter.is_none() && !self.is_sequence(container) {
            let name = class.name_text();
            return Err(self.type_error(format_args!("argument of type '{name}' is not a container or iterable")));
        }
        let iterator = self.iter(container)?;
        while let Some(candidate) = self.next(iterator)? {
            if self.identical_or_equal(candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
