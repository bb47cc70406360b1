//! What an attribute access on objects of one shape comes to: the knowledge that inline caches
//! and compiled code are specialized with, kept in one place with the generic access.
//!
//! An answer for a shape holds while the class keeps its version ([`Vm::class_version`]): the
//! shape's number is the guard for the object, the version the guard for the class.

use super::generic::{is_generic_get, is_generic_set};
use crate::class::{PyType, flags};
use crate::shape::{Shape, ShapeKind};
use crate::types::descriptors::{MemberKind, PyMemberDescriptor};
use crate::types::str::PyStr;
use crate::{Gc, Value, Vm};

/// How to read an attribute of objects of one shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LoadKind {
    /// The word at a byte offset in the object: an own attribute in an inline slot.
    Slot { offset: u32 },
    /// An own attribute at an index of the overflow array, to which the word at `word` refers.
    Overflow { word: u32, index: u32 },
    /// Perhaps in the object's dict, to which the word at `word` refers (0: the object's last
    /// word); otherwise the class's attribute, if there is one, to be bound.
    Dict { word: u32, class_attribute: Option<Value> },
    /// A `__slots__` member: the word at a byte offset; empty: `AttributeError`.
    Member { offset: u32 },
    /// A function of the class that binds as a method: a call passes the object as first argument.
    Method(Value),
    /// An attribute of the class that needs no binding.
    ClassValue(Value),
    /// A descriptor of the class, to be asked through its class's `descr_get`.
    Descriptor(Value),
    /// There is no such attribute.
    Missing,
    /// The class looks attributes up in a way of its own: ask its `getattro`.
    Custom,
}

/// How to write an attribute of objects of one shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StoreKind {
    /// The word at a byte offset in the object.
    Slot { offset: u32 },
    /// An index of the overflow array, to which the word at `word` refers.
    Overflow { word: u32, index: u32 },
    /// A new attribute in the word at a byte offset; the object then has the shape `shape`.
    Add { offset: u32, shape: u32 },
    /// The object's dict, to which the word at `word` refers (0: the object's last word).
    Dict { word: u32 },
    /// A `__slots__` member: the word at a byte offset.
    Member { offset: u32 },
    /// A descriptor of the class, to be asked through its class's `descr_set`.
    Descriptor(Value),
    /// Anything else: ask the class's `setattro`.
    Custom,
}

impl Vm {
    /// What reading `name` of objects of a shape comes to.
    pub fn load_kind(&self, shape: &Shape, name: Gc<PyStr>) -> LoadKind {
        let class = shape.class;
        if !class.slots().getattro.is_some_and(is_generic_get) {
            return LoadKind::Custom;
        }
        let attribute = self.lookup(class, name);
        if let Some(attribute) = attribute {
            let slots = self.slots_of(attribute);
            if slots.descr_get.is_some() && slots.descr_set.is_some() {
                return match self.member_offset(class, attribute) {
                    Some(offset) => LoadKind::Member { offset },
                    None => LoadKind::Descriptor(attribute),
                };
            }
        }
        match shape.kind {
            ShapeKind::Native => {}
            ShapeKind::Slots => {
                if let Some(slot) = shape.slot_of(name) {
                    return match inline_offset(shape, slot) {
                        Ok(offset) => LoadKind::Slot { offset },
                        Err(index) => LoadKind::Overflow { word: shape.attributes_offset, index },
                    };
                }
            }
            ShapeKind::Dict => return LoadKind::Dict { word: shape.attributes_offset, class_attribute: attribute },
        }
        match attribute {
            None => LoadKind::Missing,
            Some(attribute) => self.class_attribute_kind(attribute),
        }
    }

    /// How an attribute of the class that is no data descriptor is read.
    pub fn class_attribute_kind(&self, attribute: Value) -> LoadKind {
        let class = self.class_of(attribute);
        if class.has_flag(flags::METHOD_DESCRIPTOR) {
            LoadKind::Method(attribute)
        } else if class.slots().descr_get.is_some() {
            LoadKind::Descriptor(attribute)
        } else {
            LoadKind::ClassValue(attribute)
        }
    }

    /// What writing `name` of objects of a shape comes to.
    pub fn store_kind(&self, shape: &Shape, name: Gc<PyStr>) -> StoreKind {
        let class = shape.class;
        if !class.slots().setattro.is_some_and(is_generic_set) {
            return StoreKind::Custom;
        }
        if let Some(attribute) = self.lookup(class, name)
            && self.class_of(attribute).slots().descr_set.is_some()
        {
            return match self.member_offset(class, attribute) {
                Some(offset) => StoreKind::Member { offset },
                None => StoreKind::Descriptor(attribute),
            };
        }
        match shape.kind {
            ShapeKind::Native => StoreKind::Custom,
            ShapeKind::Dict => StoreKind::Dict { word: shape.attributes_offset },
            ShapeKind::Slots => match shape.slot_of(name) {
                Some(slot) => match inline_offset(shape, slot) {
                    Ok(offset) => StoreKind::Slot { offset },
                    Err(index) => StoreKind::Overflow { word: shape.attributes_offset, index },
                },
                None => match (inline_offset(shape, shape.len()), self.shapes.child(self, shape.id, name)) {
                    (Ok(offset), Some(shape)) => StoreKind::Add { offset, shape },
                    _ => StoreKind::Custom,
                },
            },
        }
    }

    /// The byte offset of a `__slots__` member that instances of `class` have.
    fn member_offset(&self, class: Gc<PyType>, attribute: Value) -> Option<u32> {
        let member = self.cast_exact::<PyMemberDescriptor>(attribute)?;
        let plain = matches!(member.kind, MemberKind::Required) && class.is_subclass(member.class.get_set());
        plain.then_some(member.offset)
    }
}

/// The byte offset of a slot in the object, or its index in the overflow array.
fn inline_offset(shape: &Shape, slot: usize) -> Result<u32, u32> {
    let inline = shape.inline_capacity as usize;
    if slot < inline { Ok(shape.attributes_offset + 8 + 8 * slot as u32) } else { Err((slot - inline) as u32) }
}
