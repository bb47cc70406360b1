//! Looking at the heap without changing it: all objects, referents, memory in use.

use crate::header::{Object, Word};
use crate::heap::Heap;
use crate::kind::Layout;
use crate::space::{BLOCK, BLOCK_WORDS};
use crate::stats::{MemoryUse, Stats};
use crate::visitor::{Action, Visitor};

impl Heap {
    /// Calls `f` for every object: those reached by the last collection and all allocated since. Some may be garbage
    /// that was not found yet. All objects must be initialized, as at a safepoint.
    pub fn for_each_object(&self, mut f: impl FnMut(*mut u8)) {
        self.for_each_old_object(|object| f(object.0 as *mut u8));
        self.for_each_young_object(|object| f(object.0 as *mut u8));
    }

    /// The same for what was allocated since the last collection.
    pub fn for_each_object_since_collection(&self, mut f: impl FnMut(*mut u8)) {
        self.for_each_young_object(|object| f(object.0 as *mut u8));
    }

    pub(crate) fn for_each_old_object(&self, mut f: impl FnMut(Object)) {
        for word in 0..self.blocks.count * BLOCK_WORDS {
            let mut bits = self.space.starts.word(word);
            while bits != 0 {
                let granule = word * 64 + bits.trailing_zeros() as usize;
                f(Object(self.space.base + granule * 8));
                bits &= bits - 1;
            }
        }
        for record in &self.large.records {
            if record.address != 0 && record.mark != 0 {
                f(Object(record.address));
            }
        }
    }

    pub(crate) fn for_each_young_object(&self, mut f: impl FnMut(Object)) {
        for &(start, end) in &self.nursery.holes {
            self.for_each_young_in(start, end, &mut f);
        }
        for (start, end) in self.open_holes() {
            self.for_each_young_in(start, end, &mut f);
        }
        for &index in &self.large.young {
            f(Object(self.large.records[index as usize].address));
        }
    }

    /// Calls `f` with each pointer that the object holds.
    ///
    /// # Safety
    /// `object` is a live, initialized object of this heap.
    pub unsafe fn for_each_referent(&mut self, object: *mut u8, mut f: impl FnMut(Word)) {
        // SAFETY: trace functions show valid slots.
        self.for_each_strong_slot(Object(object as usize), &mut |slot| f(unsafe { *slot }));
    }

    /// Calls `f` with each slot of the object that holds a pointer.
    pub(crate) fn for_each_slot(&mut self, object: Object, f: &mut dyn FnMut(*mut Word)) {
        self.inspect(object, Action::Inspect(f));
    }

    /// The same without slots that keep nothing alive.
    pub(crate) fn for_each_strong_slot(&mut self, object: Object, f: &mut dyn FnMut(*mut Word)) {
        self.inspect(object, Action::InspectStrong(f));
    }

    fn inspect<'a>(&'a mut self, object: Object, action: Action<'a>) {
        let size = self.object_size(object);
        let layout = self.kinds.get(object.header().kind()).layout;
        let mut visitor = Visitor { heap: self, action };
        match layout {
            Layout::Values { start, end } => {
                let end = if end == u16::MAX { size } else { (end as usize * 8).min(size) };
                let start = (start as usize * 8).min(end);
                // SAFETY: value words inside the object, as its kind declares.
                unsafe { visitor.slots((object.0 + start) as *mut Word, (end - start) / 8) };
            }
            // SAFETY: the object is of the kind that this function was given for.
            Layout::Custom(trace) => unsafe { trace(object.0 as *mut u8, &mut visitor) },
            Layout::Undefined => visitor.heap.undefined_kind(object),
        }
    }

    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What the heap holds now.
    pub fn memory_use(&self) -> MemoryUse {
        MemoryUse {
            old_bytes: self.live_bytes,
            young_bytes: self.nursery.allocated,
            large_bytes: self.large.bytes,
            external_bytes: self.external_bytes,
            block_bytes: self.blocks.in_use() * BLOCK,
            full_collection_at: self.full_at,
        }
    }
}
