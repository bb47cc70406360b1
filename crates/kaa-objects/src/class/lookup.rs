//! Looking an attribute up along the MRO, with a cache for all classes.

use std::cell::{Cell, UnsafeCell};

use super::PyType;
use crate::object::{Trace, Visitor};
use crate::types::str::PyStr;
use crate::{Gc, Value, Vm};

const ENTRIES: usize = 4096;

#[derive(Clone, Copy)]
struct Entry {
    version: u32,
    name: usize,
    value: Option<Value>,
}

impl Entry {
    const EMPTY: Entry = Entry { version: 0, name: 0, value: None };
}

/// Answers of [`Vm::lookup`], keyed by the class's version and the address of the interned name;
/// direct-mapped.
pub struct MethodCache {
    entries: UnsafeCell<Box<[Entry]>>,
    /// The entries written since the last collection: no others hold what is young.
    written: UnsafeCell<Vec<u16>>,
    next_version: Cell<u32>,
}

impl Default for MethodCache {
    fn default() -> Self {
        MethodCache {
            entries: UnsafeCell::new(vec![Entry::EMPTY; ENTRIES].into()),
            written: UnsafeCell::default(),
            next_version: Cell::new(1),
        }
    }
}

impl MethodCache {
    #[inline(always)]
    fn index(version: u32, name: Gc<PyStr>) -> usize {
        ((name.address() >> 3) ^ (version as usize).wrapping_mul(0x9e37)) & (ENTRIES - 1)
    }

    #[inline(always)]
    fn entry(&self, version: u32, name: Gc<PyStr>) -> &Entry {
        // SAFETY: the index is masked to the table; no reference outlives the caller's statement.
        unsafe { (&*self.entries.get()).get_unchecked(Self::index(version, name)) }
    }

    fn remember(&self, version: u32, name: Gc<PyStr>, value: Option<Value>) {
        let index = Self::index(version, name);
        // SAFETY: the vectors are borrowed for these statements only.
        unsafe {
            (&mut *self.entries.get())[index] = Entry { version, name: name.address(), value };
            let written = &mut *self.written.get();
            // Beyond that all are looked at.
            if written.len() <= ENTRIES {
                written.push(index as u16);
            }
        }
    }
}

impl Trace for MethodCache {
    /// It holds nothing alive but from one full collection to the next.
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        let (inspection, young_only) = (visitor.is_inspection(), visitor.is_young_only());
        let entries = self.entries.get_mut();
        let written = self.written.get_mut();
        let mut visit = |entry: &mut Entry| {
            if let Some(value) = entry.value {
                let mut word = value.bits();
                visitor.slot(&mut word);
                // SAFETY: the same value, perhaps at another address.
                entry.value = unsafe { Value::from_bits(word) };
            }
        };
        if inspection {
            entries.iter_mut().for_each(visit);
            return;
        } else if !young_only {
            entries.fill(Entry::EMPTY);
        } else if written.len() > ENTRIES {
            entries.iter_mut().for_each(visit);
        } else {
            written.iter().for_each(|&index| visit(&mut entries[index as usize]));
        }
        written.clear();
    }
}

impl Vm {
    /// The number of the present state of a class; 0 when the numbers are used up.
    #[inline(always)]
    pub fn class_version(&self, class: Gc<PyType>) -> u32 {
        match class.version.get() {
            0 => self.give_version(class),
            version => version,
        }
    }

    #[cold]
    fn give_version(&self, class: Gc<PyType>) -> u32 {
        let version = self.method_cache.next_version.get();
        let is_uncacheable = |&base: &Value| {
            // SAFETY: an MRO holds classes only.
            unsafe { base.as_gc_unchecked::<PyType>() }.uncacheable.get()
        };
        if version == u32::MAX || class.mro_slice().iter().any(is_uncacheable) {
            return 0;
        }
        self.method_cache.next_version.set(version + 1);
        class.version.set(version);
        version
    }

    /// Finds an attribute in a class and its bases: CPython's `_PyType_Lookup`. `name` must be
    /// interned. No descriptor is called.
    #[inline(always)]
    pub fn lookup(&self, class: Gc<PyType>, name: Gc<PyStr>) -> Option<Value> {
        let version = class.version.get();
        let entry = self.method_cache.entry(version, name);
        if version != 0 && entry.version == version && entry.name == name.address() {
            return entry.value;
        }
        self.lookup_uncached(class, name)
    }

    #[inline(never)]
    fn lookup_uncached(&self, class: Gc<PyType>, name: Gc<PyStr>) -> Option<Value> {
        debug_assert!(name.is_interned());
        let found = class.mro_slice().iter().find_map(|&base| {
            // SAFETY: an MRO holds classes only.
            let base: Gc<PyType> = unsafe { base.as_gc_unchecked() };
            base.dict.get().and_then(|dict| dict.get_interned(name))
        });
        let version = self.class_version(class);
        if version != 0 {
            self.method_cache.remember(version, name, found);
        }
        found
    }

    /// To be called when an attribute of the class, or its bases, changed: the version of the
    /// class and of all that derive from it are no longer valid.
    pub fn class_modified(&self, class: Gc<PyType>) {
        if class.version.replace(0) == 0 && class.subclasses.get().is_none() {
            return;
        }
        for subclass in self.subclasses(class) {
            self.class_modified(subclass);
        }
    }
}
