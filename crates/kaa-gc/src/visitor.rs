//! The visitor: what a trace function or a root set calls for each slot that holds a value word.

use crate::header::{Object, Word, is_pointer};
use crate::heap::Heap;

/// What happens to the slots that are visited.
pub(crate) enum Action<'a> {
    /// Young collection: referents are moved or pinned, slots are updated.
    Evacuate,
    /// Full collection: referents are marked in place.
    Mark,
    /// Slots are shown to a function and left alone.
    Inspect(&'a mut dyn FnMut(*mut Word)),
    /// Likewise, without weak slots.
    InspectStrong(&'a mut dyn FnMut(*mut Word)),
}

/// Passed to trace functions and root sets. Slots may be changed: objects move.
pub struct Visitor<'a> {
    pub(crate) heap: &'a mut Heap,
    pub(crate) action: Action<'a>,
}

impl Visitor<'_> {
    /// Does only matter what was allocated since the last collection? Then root sets may leave out slots that refer to
    /// old objects only (those of [`Heap::alloc_old`] are old from the start).
    #[inline(always)]
    pub fn is_young_only(&self) -> bool {
        matches!(self.action, Action::Evacuate)
    }

    /// Are slots only looked at, to be verified? Then caches show what they hold instead of forgetting it.
    #[inline(always)]
    pub fn is_inspection(&self) -> bool {
        matches!(self.action, Action::Inspect(_) | Action::InspectStrong(_))
    }

    /// Visits one slot.
    #[inline(always)]
    pub fn slot(&mut self, slot: &mut Word) {
        self.slot_at(slot)
    }

    /// Visits one slot that does not keep its referent alive in a full collection. The user must clear it, when its
    /// referent died, in a [`WeakTable`](crate::WeakTable). (A young collection takes it for any other slot.)
    #[inline(always)]
    pub fn weak_slot(&mut self, slot: &mut Word) {
        if !matches!(self.action, Action::Mark | Action::InspectStrong(_)) {
            self.slot_at(slot);
        }
    }

    /// Size in bytes of an object that is being visited.
    ///
    /// # Safety
    /// `object` is a live object of the heap that is being collected.
    pub unsafe fn object_size(&self, object: *const u8) -> usize {
        self.heap.object_size(Object(object as usize))
    }

    /// Visits all words of the object from a byte offset on: what a subclass appended to a fixed layout.
    ///
    /// # Safety
    /// `object` is a live object that is being visited; its words from `offset` on are value words.
    #[inline]
    pub unsafe fn tail(&mut self, object: *mut u8, offset: usize) {
        // SAFETY: the caller's contract.
        unsafe {
            let size = self.object_size(object);
            self.slots(object.add(offset).cast(), (size - offset) / 8);
        }
    }

    /// Visits `len` slots in a row.
    ///
    /// # Safety
    /// All of them are readable and writable and hold value words.
    #[inline]
    pub unsafe fn slots(&mut self, first: *mut Word, len: usize) {
        let (start, end) = (first as usize, first as usize + len * 8);
        match &mut self.action {
            Action::Evacuate => self.heap.evacuate_slots(start, end),
            Action::Mark => self.heap.mark_slots(start, end),
            Action::Inspect(_) | Action::InspectStrong(_) => {
                for index in 0..len {
                    // SAFETY: within the `len` slots of the caller's contract.
                    self.slot_at(unsafe { first.add(index) });
                }
            }
        }
    }

    #[inline(always)]
    fn slot_at(&mut self, slot: *mut Word) {
        // SAFETY: `slot` comes from a reference or from the contract of `slots`.
        let word = unsafe { *slot };
        if is_pointer(word) {
            self.pointer(slot, word);
        }
    }

    fn pointer(&mut self, slot: *mut Word, word: Word) {
        match &mut self.action {
            Action::Evacuate => self.heap.evacuate_slot(slot, word),
            Action::Mark => self.heap.mark(Object(word as usize)),
            Action::Inspect(show) | Action::InspectStrong(show) => show(slot),
        }
    }
}
