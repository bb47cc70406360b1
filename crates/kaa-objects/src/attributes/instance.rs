//! The attributes that an object has of its own, its `__dict__`.
//!
//! While nobody asks for the dict itself they lie in slots that the object's shape numbers: the
//! first `inline_capacity` of them in the object, behind the attributes word, the others in an
//! array that this word refers to. Once the dict was asked for, or an attribute other than the
//! last one was deleted, or there are too many, all of them are in a dict that the word refers to,
//! and the object has its class's `dict_shape`.

use crate::class::PyType;
use crate::object::{Object, Slot};
use crate::shape::{Shape, ShapeKind};
use crate::types::arrays::ValueArray;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

/// Slots of the first overflow array; each next one is twice as large.
const FIRST_OVERFLOW: usize = 4;

impl PyType {
    /// Whether instances have a `__dict__`.
    #[inline(always)]
    pub fn has_instance_dict(&self) -> bool {
        self.dict_shape.get() != 0
    }
}

impl Vm {
    /// The word of an object that refers to its dict or overflow array. The reference holds as
    /// long as the object is on the stack.
    #[inline(always)]
    fn attributes_word(&self, object: Gc<Object>, shape: &Shape) -> &Slot {
        let offset = match shape.attributes_offset {
            // A variable layout: the last word.
            0 => self.heap().size_of(object.as_ptr().cast()) - 8,
            offset => offset as usize,
        };
        // SAFETY: a shape that is not native says where its objects have that word.
        unsafe { &*object.as_ptr().cast::<u8>().add(offset).cast::<Slot>() }
    }

    /// The dict of an object whose shape is of kind `Dict`; `None` when it was not made yet.
    #[inline(always)]
    fn dict_of(&self, object: Gc<Object>, shape: &Shape) -> Option<Gc<PyDict>> {
        // SAFETY: that is what the word of such an object refers to.
        self.attributes_word(object, shape).get().map(|dict| unsafe { dict.as_gc_unchecked() })
    }

    /// The overflow array of an object whose shape is of kind `Slots`.
    #[inline(always)]
    fn overflow_of(&self, object: Gc<Object>, shape: &Shape) -> Option<Gc<ValueArray>> {
        // SAFETY: that is what the word of such an object refers to.
        self.attributes_word(object, shape).get().map(|array| unsafe { array.as_gc_unchecked() })
    }

    /// The slot with a number in the object itself.
    #[inline(always)]
    fn inline_slot(&self, object: Gc<Object>, shape: &Shape, slot: usize) -> &Slot {
        debug_assert!(slot < shape.inline_capacity as usize && shape.attributes_offset != 0);
        let offset = shape.attributes_offset as usize + 8 + 8 * slot;
        // SAFETY: the object has `inline_capacity` words behind the attributes word.
        unsafe { &*object.as_ptr().cast::<u8>().add(offset).cast::<Slot>() }
    }

    fn read_slot(&self, object: Gc<Object>, shape: &Shape, slot: usize) -> Option<Value> {
        let inline = shape.inline_capacity as usize;
        if slot < inline {
            self.inline_slot(object, shape, slot).get()
        } else {
            self.overflow_of(object, shape)?.slots()[slot - inline].get()
        }
    }

    /// Stores into a slot, which the object need not have yet: the overflow array grows.
    fn write_slot(&self, object: Gc<Object>, shape: &Shape, slot: usize, value: Value) -> PyResult<()> {
        let inline = shape.inline_capacity as usize;
        if slot < inline {
            self.inline_slot(object, shape, slot).set(self, object, value);
            return Ok(());
        }
        let index = slot - inline;
        let array = match self.overflow_of(object, shape) {
            Some(array) if index < array.len() => array,
            old => self.grow_overflow(object, shape, old, index + 1)?,
        };
        array.set(self, index, value);
        Ok(())
    }

    #[cold]
    fn grow_overflow(
        &self,
        object: Gc<Object>,
        shape: &Shape,
        old: Option<Gc<ValueArray>>,
        needed: usize,
    ) -> PyResult<Gc<ValueArray>> {
        let fresh = self.new_value_array(needed.next_power_of_two().max(FIRST_OVERFLOW))?;
        if let Some(old) = old {
            for (to, from) in fresh.slots().iter().zip(old.slots()) {
                to.set_maybe(self, fresh, from.get());
            }
        }
        self.attributes_word(object, shape).set(self, object, fresh.value());
        Ok(fresh)
    }

    /// An attribute of the object's own. The name must be interned.
    #[inline]
    pub fn instance_get(&self, value: Value, name: Gc<PyStr>) -> Option<Value> {
        let object = value.as_object()?;
        let shape = self.shape(object);
        match shape.kind {
            ShapeKind::Native => None,
            ShapeKind::Slots => self.read_slot(object, shape, shape.slot_of(name)?),
            ShapeKind::Dict => self.dict_of(object, shape)?.get_str(self, name),
        }
    }

    /// Sets an attribute of the object's own; `false` when it can have none. The name must be
    /// interned.
    pub fn instance_set(&self, value: Value, name: Gc<PyStr>, new: Value) -> PyResult<bool> {
        let Some(object) = value.as_object() else { return Ok(false) };
        let shape = self.shape(object);
        match shape.kind {
            ShapeKind::Native => return Ok(false),
            ShapeKind::Slots => {
                if let Some(slot) = shape.slot_of(name) {
                    self.write_slot(object, shape, slot, new)?;
                    return Ok(true);
                }
                if let Some(child) = self.shapes.child(self, shape.id, name) {
                    self.write_slot(object, shape, shape.len(), new)?;
                    // SAFETY: the child's last slot is the one that was just written.
                    unsafe { object.set_shape_id(child) };
                    return Ok(true);
                }
            }
            ShapeKind::Dict => {}
        }
        self.materialize_dict(object)?.set_str(self, name, new)?;
        Ok(true)
    }

    /// Deletes an attribute of the object's own; `false` when it has none of that name. The name
    /// must be interned.
    pub fn instance_delete(&self, value: Value, name: Gc<PyStr>) -> PyResult<bool> {
        let Some(object) = value.as_object() else { return Ok(false) };
        let shape = self.shape(object);
        match shape.kind {
            ShapeKind::Native => Ok(false),
            ShapeKind::Slots => {
                let Some(slot) = shape.slot_of(name) else { return Ok(false) };
                if slot + 1 == shape.len()
                    && let Some(parent) = self.shape_of_names(shape.class, &shape.names()[..slot])
                {
                    let inline = shape.inline_capacity as usize;
                    match self.overflow_of(object, shape) {
                        _ if slot < inline => self.inline_slot(object, shape, slot).clear(),
                        Some(array) => array.slots()[slot - inline].clear(),
                        None => {}
                    }
                    // SAFETY: the parent has all slots but the last, which is empty now.
                    unsafe { object.set_shape_id(parent) };
                    return Ok(true);
                }
                Ok(self.materialize_dict(object)?.remove_str(self, name).is_some())
            }
            ShapeKind::Dict => {
                Ok(self.dict_of(object, shape).is_some_and(|dict| dict.remove_str(self, name).is_some()))
            }
        }
    }

    /// The shape of a class's new instance after these attributes were added.
    fn shape_of_names(&self, class: Gc<PyType>, names: &[Gc<PyStr>]) -> Option<u32> {
        let root = class.root_shape.get();
        if self.shapes.get(root).kind != ShapeKind::Slots {
            return None;
        }
        names.iter().try_fold(root, |shape, &name| self.shapes.child(self, shape, name))
    }

    /// The object's `__dict__`, made now if need be; `None` when it can have no attributes.
    pub fn instance_dict(&self, value: Value) -> PyResult<Option<Gc<PyDict>>> {
        match value.as_object() {
            Some(object) if self.shape(object).kind != ShapeKind::Native => self.materialize_dict(object).map(Some),
            _ => Ok(None),
        }
    }

    /// Moves the attributes of an object to a dict. Its shape must not be native.
    fn materialize_dict(&self, object: Gc<Object>) -> PyResult<Gc<PyDict>> {
        let shape = self.shape(object);
        if shape.kind == ShapeKind::Dict
            && let Some(dict) = self.dict_of(object, shape)
        {
            return Ok(dict);
        }
        let dict = self.new_dict()?;
        for (slot, &name) in shape.names().iter().enumerate() {
            if let Some(value) = self.read_slot(object, shape, slot) {
                dict.set_str(self, name, value)?;
            }
        }
        self.adopt_dict(object, dict);
        Ok(dict)
    }

    /// Makes a dict the home of the object's attributes; those it had are forgotten.
    fn adopt_dict(&self, object: Gc<Object>, dict: Gc<PyDict>) {
        let shape = self.shape(object);
        if shape.kind == ShapeKind::Slots {
            for slot in 0..shape.len().min(shape.inline_capacity as usize) {
                self.inline_slot(object, shape, slot).clear();
            }
        }
        self.attributes_word(object, shape).set(self, object, dict.value());
        // SAFETY: the word refers to a dict, as objects of this shape have it.
        unsafe { object.set_shape_id(shape.class.dict_shape.get()) };
    }

    /// `value.__dict__ = dict`; `false` when the object can have no attributes.
    pub fn set_instance_dict(&self, value: Value, dict: Gc<PyDict>) -> bool {
        match value.as_object() {
            Some(object) if self.shape(object).kind != ShapeKind::Native => {
                self.adopt_dict(object, dict);
                true
            }
            _ => false,
        }
    }

    /// `del value.__dict__`: the object has a new, empty one from now on.
    pub fn clear_instance_dict(&self, value: Value) -> PyResult<bool> {
        let dict = self.new_dict()?;
        Ok(self.set_instance_dict(value, dict))
    }

    /// The names and values of the object's own attributes, name after value after name, in a
    /// list, without making its dict. For `__getstate__`, `dir` and their like.
    pub fn instance_attribute_items(&self, value: Value) -> PyResult<Gc<PyList>> {
        let Some(object) = value.as_object() else { return self.new_list(&[]) };
        let shape = self.shape(object);
        let items = self.new_list_with_capacity(2 * shape.len())?;
        match shape.kind {
            ShapeKind::Native => {}
            ShapeKind::Slots => {
                for (slot, &name) in shape.names().iter().enumerate() {
                    if let Some(value) = self.read_slot(object, shape, slot) {
                        items.push(self, name.value())?;
                        items.push(self, value)?;
                    }
                }
            }
            ShapeKind::Dict => {
                if let Some(dict) = self.dict_of(object, shape) {
                    for position in 0..dict.filled() {
                        if let Some(entry) = dict.entry(position) {
                            items.push(self, entry.key)?;
                            items.push(self, entry.value)?;
                        }
                    }
                }
            }
        }
        Ok(items)
    }

    /// Whether the object's attributes are in a dict now.
    pub(crate) fn has_dict_now(&self, value: Value) -> bool {
        value.as_object().is_some_and(|object| {
            let shape = self.shape(object);
            shape.kind == ShapeKind::Dict && self.dict_of(object, shape).is_some()
        })
    }

    /// Whether the object has attributes of its own now.
    pub fn has_instance_attributes(&self, value: Value) -> bool {
        let Some(object) = value.as_object() else { return false };
        let shape = self.shape(object);
        match shape.kind {
            ShapeKind::Native => false,
            ShapeKind::Slots => !shape.is_empty(),
            ShapeKind::Dict => self.dict_of(object, shape).is_some_and(|dict| !dict.is_empty()),
        }
    }

    /// Whether the object's class lets attributes lie in the object, and all of them do now.
    pub fn has_inline_attributes(&self, value: Value) -> bool {
        value.as_object().is_some_and(|object| {
            let shape = self.shape(object);
            shape.kind == ShapeKind::Slots && shape.len() <= usize::from(shape.inline_capacity)
        })
    }

    /// Gives an object another class whose instances have the same layout (the caller checked).
    /// Its attributes move to a dict, since slots are numbered by class.
    pub(crate) fn change_class(&self, object: Gc<Object>, class: Gc<PyType>) -> PyResult<()> {
        let shape = self.shape(object);
        let target = match shape.kind {
            ShapeKind::Native => class.root_shape.get(),
            ShapeKind::Dict => class.dict_shape.get(),
            ShapeKind::Slots if shape.is_empty() && shape.inline_capacity == class.inline_capacity.get() => {
                class.root_shape.get()
            }
            ShapeKind::Slots => {
                self.materialize_dict(object)?;
                class.dict_shape.get()
            }
        };
        // SAFETY: the caller's check; attributes are where the shape says.
        unsafe { object.set_shape_id(target) };
        Ok(())
    }
}
