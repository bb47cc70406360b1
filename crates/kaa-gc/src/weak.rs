//! Weak references and weak tables.
//!
//! A weak reference is an object whose kind names a slot that is not traced. The heap clears that slot when the referent
//! is not reached, before finalization revives anything, and queues the weak reference for the VM to run its callback.

use std::collections::{HashMap, VecDeque};

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
}

/// A registered weak table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WeakTableId(usize);

#[derive(Default)]
pub(crate) struct WeakRefs {
    /// Referents that got a weak reference since the last collection, in that order, possibly repeated.
    pub young: Vec<usize>,
    /// Referent to its weak reference objects, oldest first.
    pub by_referent: HashMap<usize, Vec<usize>>,
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
}
