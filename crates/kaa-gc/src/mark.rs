//! Full collection: marking in place, with an explicit stack and prefetching.

use crate::header::{Object, Word, is_pointer};
use crate::heap::Heap;
use crate::kind::{ALL_VALUES, Layout};
use crate::visitor::{Action, Visitor};

/// Objects between being popped from the stack and being looked at, so that their prefetch has time to land.
const AHEAD: usize = 8;

impl Heap {
    /// Reaches an object.
    #[inline(always)]
    pub(crate) fn mark(&mut self, object: Object) {
        if !self.space.is_small(object.0) {
            return self.mark_outside(object);
        }
        if self.space.starts.set_new(self.space.granule(object.0)) {
            prefetch(object.0);
            self.mark_stack.push(object);
        }
    }

    /// Reaches an object that is not in a block: a large one, or one that is not of this heap, which is left alone.
    #[cold]
    #[inline(never)]
    pub(crate) fn mark_outside(&mut self, object: Object) {
        if !self.space.is_large(object.0) {
            debug_assert_ne!(object.0 as u64, crate::POISON, "a reached object has freed memory in a slot");
            return;
        }
        let index = self.large.index_of(&self.space, object.0).expect("a pointer into the large space is to an object");
        let record = &mut self.large.records[index];
        debug_assert_eq!(record.address, object.0, "a value word points into an object");
        if record.mark != self.large.epoch {
            record.mark = self.large.epoch;
            self.mark_stack.push(object);
        }
    }

    /// Reaches what a range of value words refers to.
    #[inline(always)]
    pub(crate) fn mark_slots(&mut self, start: usize, end: usize) {
        let mut slot = start;
        while slot < end {
            // SAFETY: the range holds value words: part of an object, or given by a trace function.
            let word = unsafe { *(slot as *const Word) };
            if is_pointer(word) {
                self.mark(Object(word as usize));
            }
            slot += 8;
        }
    }

    /// Visits the slots of a marked object.
    #[inline(always)]
    fn trace_marked(&mut self, object: Object) {
        let header = object.header();
        Heap::set_old(object, header);
        let owner = self.shape_owner(header);
        if owner != 0 {
            self.mark(Object(owner as usize));
        }
        let size = if header.is_large() {
            self.large_record(object).size
        } else {
            let size = header.small_size();
            self.space.ends.set(self.space.granule(object.0 + size) - 1);
            self.live_bytes += size;
            size
        };
        if header.kind() == ALL_VALUES {
            return self.mark_slots(object.0 + 8, object.0 + size);
        }
        match self.kinds.get(header.kind()).layout {
            Layout::Values { start, end } => {
                let end = if end == u16::MAX { size } else { (end as usize * 8).min(size) };
                self.mark_slots(object.0 + start as usize * 8, object.0 + end);
            }
            Layout::Custom(trace) => {
                let mut visitor = Visitor { heap: self, action: Action::Mark };
                // SAFETY: the object is of the kind that this function was given for.
                unsafe { trace(object.0 as *mut u8, &mut visitor) };
            }
            Layout::Undefined => self.undefined_kind(object),
        }
    }

    pub(crate) fn drain_marked(&mut self) {
        const NONE: Object = Object(0);
        let mut ahead = [NONE; AHEAD];
        let (mut next, mut waiting) = (0, 0);
        loop {
            let popped = match self.mark_stack.pop() {
                Some(object) => {
                    prefetch(object.0);
                    waiting += 1;
                    object
                }
                None => NONE,
            };
            let object = std::mem::replace(&mut ahead[next], popped);
            next = (next + 1) % AHEAD;
            if object != NONE {
                waiting -= 1;
                self.trace_marked(object);
            } else if waiting == 0 && self.mark_stack.is_empty() {
                return;
            }
        }
    }
}

#[inline(always)]
fn prefetch(address: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch has no effect but on the cache.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address as *const i8);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
