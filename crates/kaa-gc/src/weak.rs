//! Weak references and weak tables.
//!
//! A weak reference is an object whose kind names a slot that is not traced. The heap clears that slot when the referent
//! is not reached, before finalization revives anything, and queues the weak reference for the VM to run its callback.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use crate::header::{HAS_WEAKREF, Object, Word};
use crate::heap::Heap;
use crate::kind::weak_slot;

/// A table of the VM keyed by address, or holding words that must not keep objects alive.
pub trait WeakTable {
    /// Called at the end of each collection, when it is known what lives. Entries whose object died must go, others be
    /// updated. In a young collection (`!sweep.is_full()`) entries older than the last collection need not be looked at.
    fn sweep(&mut self, sweep: &Sweep<'_>);
}

/// Answers what became of an object.
pub struct Sweep<'a> {
    pub(crate) heap: &'a Heap,
    pub(crate) full: bool,
    pub(crate) released: Cell<usize>,
}

impl Sweep<'_> {
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The word after the collection; none if its object died. Immediates live.
    #[inline]
    pub fn alive(&self, word: Word) -> Option<Word> {
        if !crate::is_pointer(word) {
            return Some(word);
        }
        self.heap.survivor(Object(word as usize), self.full).map(|object| object.0 as Word)
    }

    /// So many bytes that were told to [`Heap::report_external`] are gone.
    pub fn release_external(&self, bytes: usize) {
        self.released.set(self.released.get() + bytes);
    }
}

/// A registered weak table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WeakTableId(usize);

/// Hashes one address: distinct multiples of 8, not chosen by an adversary.
#[derive(Default)]
pub(crate) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(byte as usize));
    }

    fn write_usize(&mut self, address: usize) {
        let product = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }

    fn write_u64(&mut self, word: u64) {
        self.write_usize(word as usize);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Default)]
pub(crate) struct WeakRefs {
    /// Referents that got a weak reference since the last collection, in that order, possibly repeated.
    pub young: Vec<usize>,
    /// Referent to its weak reference objects, oldest first.
    pub by_referent: HashMap<usize, Vec<usize>, BuildHasherDefault<AddressHasher>>,
    /// Weak references that were cleared and not yet taken; roots.
    pub cleared: VecDeque<Word>,
    pub tables: Vec<Option<*mut dyn WeakTable>>,
}

impl Heap {
    /// Registers a weak reference: its weak slot holds the referent, a live object.
    ///
    /// # Safety
    /// `weakref` is a live object whose kind has a weak slot, not registered before.
    pub unsafe fn weak_register(&mut self, weakref: *mut u8) {
        let weakref = weakref as usize;
        let slot = weak_slot(weakref, self.kinds.get(Object(weakref).header().kind()));
        // SAFETY: the kind's weak slot is inside the object.
        let referent = unsafe { *slot } as usize;
        debug_assert!(crate::is_pointer(referent as Word));
        Object(referent).add_flags(HAS_WEAKREF);
        self.weak.by_referent.entry(referent).or_default().push(weakref);
        self.weak.young.push(referent);
    }

    /// The registered weak references to an object that still refer to it, oldest first.
    ///
    /// # Safety
    /// `object` is a live object of this heap.
    pub unsafe fn weakrefs_of(&self, object: *const u8) -> impl DoubleEndedIterator<Item = *mut u8> + '_ {
        let referent = object as usize;
        let list = self.weak.by_referent.get(&referent).map_or(&[][..], Vec::as_slice);
        list.iter()
            .copied()
            .filter(move |&weakref| {
                let slot = weak_slot(weakref, self.kinds.get(Object(weakref).header().kind()));
                // SAFETY: registered weak references are valid objects; the slot is inside.
                unsafe { *slot == referent as Word }
            })
            .map(|weakref| weakref as *mut u8)
    }

    /// The next weak reference that was cleared by a collection; its callback is to be run at a safepoint.
    pub fn take_cleared(&mut self) -> Option<*mut u8> {
        self.weak.cleared.pop_front().map(|word| word as usize as *mut u8)
    }

    /// Registers a weak table.
    ///
    /// # Safety
    /// `table` is valid until it is removed or the heap is dropped, and nobody holds a reference to it while the heap
    /// may collect.
    pub unsafe fn add_weak_table(&mut self, table: *mut dyn WeakTable) -> WeakTableId {
        self.weak.tables.push(Some(table));
        WeakTableId(self.weak.tables.len() - 1)
    }

    pub fn remove_weak_table(&mut self, id: WeakTableId) {
        self.weak.tables[id.0] = None;
    }

    fn weak_slot_of(&self, weakref: usize) -> *mut Word {
        weak_slot(weakref, self.kinds.get(Object(weakref).header().kind()))
    }

    /// A full phase follows: keeps what young weak references and finalizable objects refer to, for it to judge.
    pub(crate) fn keep_young_weak_and_finalizable(&mut self) {
        for index in 0..self.weak.young.len() {
            let referent = self.weak.young[index];
            self.visit_word(&mut (referent as Word), false);
            let list = self.weak.by_referent.remove(&referent).unwrap_or_default();
            for &weakref in &list {
                self.visit_word(&mut (weakref as Word), false);
            }
            self.weak.by_referent.insert(referent, list);
        }
        let mut young = std::mem::take(&mut self.finalizers.young);
        for slot in &mut young {
            self.visit_word(slot, false);
        }
        self.finalizers.old.append(&mut young);
        self.drain_young();
    }

    /// Clears the weak references to unreached referents that got weak references since the last collection. (Older
    /// weak references have old referents.)
    pub(crate) fn clear_young_weakrefs(&mut self) {
        for index in 0..self.weak.young.len() {
            let referent = self.weak.young[index];
            if self.survivor(Object(referent), false).is_none()
                && let Some(list) = self.weak.by_referent.remove(&referent)
            {
                self.clear_weakrefs(referent, &list, false);
            }
        }
    }

    /// Clears the weak references in `list`, youngest first, and queues those that are reached. Those that are not may
    /// yet be revived by a finalizer, but only as cleared ones.
    fn clear_weakrefs(&mut self, referent: usize, list: &[usize], full: bool) {
        Object(referent).remove_flags(HAS_WEAKREF);
        for &weakref in list.iter().rev() {
            let survivor = self.survivor(Object(weakref), full);
            let slot = self.weak_slot_of(survivor.map_or(weakref, |object| object.0));
            // SAFETY: the slot is inside a weak reference object, whose memory is intact until the end of collection.
            let current = unsafe { &mut *slot };
            if *current != referent as Word {
                continue; // the user of the heap cleared it
            }
            *current = 0;
            if let Some(object) = survivor {
                self.weak.cleared.push_back(object.0 as Word);
                self.stats.weakrefs_cleared += 1;
            }
        }
    }

    /// After evacuation: the table has the new addresses, and only what survived.
    pub(crate) fn rekey_young_weakrefs(&mut self) {
        for referent in std::mem::take(&mut self.weak.young) {
            let Some(mut list) = self.weak.by_referent.remove(&referent) else { continue };
            let Some(new) = self.survivor(Object(referent), false) else { continue };
            list.retain_mut(|weakref| {
                let Some(object) = self.survivor(Object(*weakref), false) else { return false };
                *weakref = object.0;
                // SAFETY: the slot is inside a live weak reference object.
                let slot = unsafe { &mut *self.weak_slot_of(object.0) };
                let refers = *slot == referent as Word;
                if refers {
                    *slot = new.0 as Word;
                }
                refers
            });
            if list.is_empty() {
                new.remove_flags(HAS_WEAKREF);
            } else {
                self.weak.by_referent.insert(new.0, list);
            }
        }
    }

    /// Clears all weak references to unreached referents, in order of address.
    pub(crate) fn clear_old_weakrefs(&mut self) {
        let referents = self.weak.by_referent.keys().copied();
        let mut dead: Vec<usize> =
            referents.filter(|&referent| self.survivor(Object(referent), true).is_none()).collect();
        dead.sort_unstable();
        for referent in dead {
            let list = self.weak.by_referent.remove(&referent).expect("the key was just seen");
            self.clear_weakrefs(referent, &list, true);
        }
    }

    /// Forgets weak references that died or were cleared by the user.
    pub(crate) fn prune_old_weakrefs(&mut self) {
        let mut table = std::mem::take(&mut self.weak.by_referent);
        table.retain(|&referent, list| {
            list.retain(|&weakref| {
                let alive = self.survivor(Object(weakref), true).is_some();
                // SAFETY: the slot is inside a live weak reference object.
                alive && unsafe { *self.weak_slot_of(weakref) } == referent as Word
            });
            if list.is_empty() {
                Object(referent).remove_flags(HAS_WEAKREF);
            }
            !list.is_empty()
        });
        self.weak.by_referent = table;
    }
}
