//! What attribute instructions found for objects of many shapes: one table for all code, for the
//! instructions whose own cache serves one shape only.

use std::cell::UnsafeCell;

use super::{LoadKind, StoreKind};
use crate::class::PyType;
use crate::object::{Trace, Visitor};
use crate::shape::Shape;
use crate::types::str::PyStr;
use crate::{Gc, Value, Vm};

const ENTRIES: usize = 1024;

const STORE: usize = 1;
const SUPER: usize = 2;

/// What an access comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Cached {
    /// The word at the entry's offset in the object.
    Slot,
    /// The entry's word is a function that binds as a method.
    Method,
    /// The entry's word is the value.
    Value,
    /// The entry's word is a function that `super()` found behind the class whose version is the
    /// entry's offset, and that binds as a method.
    Super,
    /// The word at the entry's offset is written, and the object gets the shape in the entry's
    /// word.
    Add,
}

/// One answer, which holds for objects of the shape while the class has the version.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct AttributeEntry {
    /// The address of the name, plus [`STORE`] or [`SUPER`] for those; 0: empty.
    key: usize,
    shape: u32,
    /// The version of the class.
    pub version: u32,
    /// A value's word or a shape.
    pub word: u64,
    /// A byte offset.
    pub offset: u32,
    /// What to do.
    pub kind: Cached,
}

/// The table: direct-mapped, by shape and name.
pub struct AttributeCache {
    entries: UnsafeCell<Box<[AttributeEntry]>>,
    /// The entries written since the last collection: no others hold what is young.
    written: UnsafeCell<Vec<u16>>,
}

impl Default for AttributeCache {
    fn default() -> Self {
        let empty = AttributeEntry { key: 0, shape: 0, version: 0, word: 0, offset: 0, kind: Cached::Slot };
        AttributeCache { entries: UnsafeCell::new(vec![empty; ENTRIES].into()), written: UnsafeCell::default() }
    }
}

impl AttributeCache {
    #[inline(always)]
    fn index(shape: u32, key: usize) -> usize {
        // Reading and writing the same attribute lie apart.
        ((key >> 3) ^ (key & 3).wrapping_mul(0x2d3) ^ (shape as usize).wrapping_mul(0x9e5)) & (ENTRIES - 1)
    }

    #[inline(always)]
    fn entry(&self, shape: u32, key: usize) -> &AttributeEntry {
        // SAFETY: the index is masked to the table; no reference outlives the caller's statement.
        unsafe { (&*self.entries.get()).get_unchecked(Self::index(shape, key)) }
    }

    fn set(&self, entry: AttributeEntry) {
        let index = Self::index(entry.shape, entry.key);
        // SAFETY: the vectors are borrowed for these statements only.
        unsafe {
            (&mut *self.entries.get())[index] = entry;
            let written = &mut *self.written.get();
            // Beyond that all are looked at.
            if written.len() <= ENTRIES {
                written.push(index as u16);
            }
        }
    }

    /// Forgets everything.
    #[cold]
    pub(crate) fn clear(&self) {
        // SAFETY: no reference to an entry outlives a statement.
        unsafe { &mut *self.entries.get() }.iter_mut().for_each(|entry| entry.key = 0);
    }

    /// What reading the attribute of objects of a shape comes to, if it is known. The class's
    /// version is yet to be compared.
    #[inline(always)]
    pub fn load(&self, shape: u32, name: Gc<PyStr>) -> Option<&AttributeEntry> {
        let entry = self.entry(shape, name.address());
        (entry.key == name.address() && entry.shape == shape).then_some(entry)
    }

    /// Likewise for writing.
    #[inline(always)]
    pub fn store(&self, shape: u32, name: Gc<PyStr>) -> Option<&AttributeEntry> {
        let entry = self.entry(shape, name.address() + STORE);
        (entry.key == name.address() + STORE && entry.shape == shape).then_some(entry)
    }

    /// The method that `super(class, object).name` finds for objects of a shape, if it is known.
    #[inline(always)]
    pub fn super_method(&self, shape: &Shape, class: Gc<PyType>, name: Gc<PyStr>) -> Option<u64> {
        let entry = self.entry(shape.id, name.address() + SUPER);
        let fits = entry.key == name.address() + SUPER
            && entry.shape == shape.id
            && entry.version == shape.class.version.get()
            && entry.offset == class.version.get();
        fits.then_some(entry.word)
    }
}

impl Vm {
    /// Keeps what reading an attribute came to, if the table can say it.
    #[inline]
    pub fn remember_load(&self, shape: &Shape, name: Gc<PyStr>, found: &LoadKind) {
        let (kind, offset, word) = match *found {
            LoadKind::Slot { offset } | LoadKind::Member { offset } => (Cached::Slot, offset, 0),
            LoadKind::Method(method) => (Cached::Method, 0, method.bits()),
            LoadKind::ClassValue(value) => (Cached::Value, 0, value.bits()),
            _ => return,
        };
        self.remember(shape, name.address(), kind, offset, word);
    }

    /// Keeps what writing an attribute came to, if the table can say it.
    pub fn remember_store(&self, shape: &Shape, name: Gc<PyStr>, found: &StoreKind) {
        let (kind, offset, word) = match *found {
            StoreKind::Slot { offset } | StoreKind::Member { offset } => (Cached::Slot, offset, 0),
            StoreKind::Add { offset, shape } => (Cached::Add, offset, u64::from(shape)),
            _ => return,
        };
        self.remember(shape, name.address() + STORE, kind, offset, word);
    }

    /// Keeps what [`AttributeCache::super_method`] is to give.
    pub fn remember_super(&self, shape: &Shape, class: Gc<PyType>, name: Gc<PyStr>, method: Value) {
        let version = self.class_version(class);
        if version != 0 {
            self.remember(shape, name.address() + SUPER, Cached::Super, version, method.bits());
        }
    }

    fn remember(&self, shape: &Shape, key: usize, kind: Cached, offset: u32, word: u64) {
        let version = self.class_version(shape.class);
        if version != 0 {
            let entry = AttributeEntry { key, shape: shape.id, version, word, offset, kind };
            self.attribute_cache.set(entry);
        }
    }
}

impl Trace for AttributeCache {
    /// It holds nothing alive but from one full collection to the next.
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        let (inspection, young_only) = (visitor.is_inspection(), visitor.is_young_only());
        let entries = self.entries.get_mut();
        let written = self.written.get_mut();
        let mut visit = |entry: &mut AttributeEntry| {
            if entry.key != 0 && matches!(entry.kind, Cached::Method | Cached::Value | Cached::Super) {
                visitor.slot(&mut entry.word);
            }
        };
        if inspection {
            entries.iter_mut().for_each(visit);
            return;
        } else if !young_only {
            entries.iter_mut().for_each(|entry| entry.key = 0);
        } else if written.len() > ENTRIES {
            entries.iter_mut().for_each(visit);
        } else {
            written.iter().for_each(|&index| visit(&mut entries[index as usize]));
        }
        written.clear();
    }
}
