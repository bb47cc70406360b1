//! Finalization (Python code runs, later, from a queue) and drop functions (Rust memory is freed, at once).

use std::collections::VecDeque;

use crate::header::{FINALIZE, Object, Word};
use crate::heap::Heap;

/// Whether an object that was registered and is unreached still has something to finalize. Must not
/// touch other objects.
pub type FinalizationFilter = unsafe fn(*const u8) -> bool;

pub(crate) struct Finalizers {
    /// Registered since the last collection, in order.
    pub young: Vec<Word>,
    pub old: Vec<Word>,
    /// Unreached ones, owners before owned; roots until taken.
    pub queue: VecDeque<Word>,
    /// How many of the first of `old` and then `young`, which together are in order of
    /// registration, were there at [`Heap::note_first_finalizable`].
    pub first: usize,
    pub filter: FinalizationFilter,
}

impl Default for Finalizers {
    fn default() -> Finalizers {
        Finalizers { young: Vec::new(), old: Vec::new(), queue: VecDeque::new(), first: 0, filter: |_| true }
    }
}

#[derive(Default)]
pub(crate) struct Droppable {
    pub young: Vec<usize>,
    pub old: Vec<usize>,
}

impl Heap {
    /// The object is to be finalized, once, when it is found unreachable.
    ///
    /// # Safety
    /// `object` is a live object of this heap.
    pub unsafe fn register_finalizable(&mut self, object: *mut u8) {
        let object = Object(object as usize);
        if !object.header().has(FINALIZE) {
            object.add_flags(FINALIZE);
            self.finalizers.young.push(object.0 as Word);
        }
    }

    /// Gives a function that tells which unreached objects need not be finalized after all (a
    /// generator that ended): it spares the user to keep the registration up to date.
    pub fn set_finalization_filter(&mut self, filter: FinalizationFilter) {
        self.finalizers.filter = filter;
    }

    /// The object need not be finalized any more.
    ///
    /// # Safety
    /// `object` is a live object of this heap.
    pub unsafe fn unregister_finalizable(&mut self, object: *mut u8) {
        // What lists say of objects without the flag is not looked at.
        Object(object as usize).remove_flags(FINALIZE);
    }

    /// Are there objects to be finalized that are still registered or queued?
    pub fn has_finalizable(&self) -> bool {
        let Finalizers { young, old, queue, .. } = &self.finalizers;
        !(young.is_empty() && old.is_empty() && queue.is_empty())
    }

    /// Does an object wait to be finalized?
    pub fn has_queued_finalizable(&self) -> bool {
        !self.finalizers.queue.is_empty()
    }

    /// Notes which objects are registered now, for [`has_later_finalizable`](Heap::has_later_finalizable).
    pub fn note_first_finalizable(&mut self) {
        self.finalizers.first = self.finalizers.old.len() + self.finalizers.young.len();
    }

    /// Are there objects that still have something to finalize, but for those that were registered at
    /// [`note_first_finalizable`](Heap::note_first_finalizable)?
    pub fn has_later_finalizable(&self) -> bool {
        let Finalizers { young, old, queue, first, filter } = &self.finalizers;
        // SAFETY: what is registered lives, or died in the nursery since the last collection: intact all the same.
        let finalizes =
            |&word: &Word| Object(word as usize).header().has(FINALIZE) && unsafe { filter(word as *const u8) };
        !queue.is_empty() || old.iter().chain(young).skip(*first).any(finalizes)
    }

    /// Are there objects to be finalized that were registered since the last collection?
    pub fn has_young_finalizable(&self) -> bool {
        !self.finalizers.young.is_empty()
    }

    /// The next object to finalize, in the order in which that must happen. To be called at safepoints.
    pub fn take_finalizable(&mut self) -> Option<*mut u8> {
        self.finalizers.queue.pop_front().map(|word| word as usize as *mut u8)
    }

    /// Is there anything to take: cleared weak references or objects to finalize?
    #[inline]
    pub fn has_pending(&self) -> bool {
        !self.finalizers.queue.is_empty() || !self.weak.cleared.is_empty()
    }

    /// At exit: queues every object that is still registered, in order of registration.
    pub fn queue_all_finalizable(&mut self) {
        let Finalizers { young, old, queue, first, .. } = &mut self.finalizers;
        *first = 0;
        for word in old.drain(..).chain(young.drain(..)) {
            if Object(word as usize).header().has(FINALIZE) {
                Object(word as usize).remove_flags(FINALIZE);
                queue.push_back(word);
            }
        }
    }

    /// Queues unreached finalizable objects and revives them and what they refer to.
    pub(crate) fn queue_unreached_finalizable(&mut self, full: bool) {
        let Finalizers { young, old, .. } = &mut self.finalizers;
        let before = if full { 0 } else { old.len() };
        let registered = if full { std::mem::take(old) } else { std::mem::take(young) };
        let first = self.finalizers.first;
        let mut unreached = Vec::new();
        for (index, word) in registered.into_iter().enumerate() {
            match self.survivor(Object(word as usize), full) {
                Some(object) if object.header().has(FINALIZE) => {
                    self.finalizers.old.push(object.0 as Word);
                    continue;
                }
                // It was unregistered.
                Some(_) => {}
                // SAFETY: unreached but intact.
                None if Object(word as usize).header().has(FINALIZE)
                    && unsafe { (self.finalizers.filter)(word as *const u8) } =>
                {
                    // It may be in the list twice: it was unregistered in between.
                    Object(word as usize).remove_flags(FINALIZE);
                    unreached.push(word)
                }
                // Another one that is finalized may revive it: then it may be registered again.
                None => Object(word as usize).remove_flags(FINALIZE),
            }
            self.finalizers.first -= usize::from(before + index < first);
        }
        if unreached.len() > 1 {
            unreached = self.finalization_order(&unreached, full);
        }
        self.stats.finalizable_queued += unreached.len() as u64;
        for word in &mut unreached {
            self.visit_word(word, full);
            self.drain(full);
            Object(*word as usize).remove_flags(FINALIZE);
        }
        self.finalizers.queue.extend(unreached);
    }

    /// Runs the drop functions of unreached objects.
    pub(crate) fn drop_unreached(&mut self, full: bool) {
        let Droppable { young, old } = &mut self.droppable;
        let registered = if full { std::mem::take(old) } else { std::mem::take(young) };
        for address in registered {
            match self.survivor(Object(address), full) {
                Some(object) => self.droppable.old.push(object.0),
                None => self.drop_object(Object(address)),
            }
        }
    }

    /// Runs the drop functions of all objects, when the heap goes away.
    pub(crate) fn drop_all(&mut self) {
        let Droppable { young, old } = std::mem::take(&mut self.droppable);
        for address in old.into_iter().chain(young) {
            self.drop_object(Object(address));
        }
    }

    pub(crate) fn drop_object(&mut self, object: Object) {
        let info = *self.kinds.get(object.header().kind());
        let address = object.0 as *mut u8;
        if let Some(external) = info.external {
            // SAFETY: the object is dead but intact, and of the kind the function was given for.
            let bytes = unsafe { external(address) };
            self.external_bytes = self.external_bytes.saturating_sub(bytes);
        }
        if let Some(drop) = info.drop {
            // SAFETY: as above; it is in no list any more, so this happens once.
            unsafe { drop(address) };
        }
    }
}
