//! Young collection: reached objects are moved to old space, or kept in place if pinned.

use crate::header::{FWD, Header, Object, PINNED, UNLOG, Word, is_pointer};
use crate::heap::Heap;
use crate::kind::{ALL_VALUES, Layout};
use crate::visitor::{Action, Visitor};

impl Heap {
    /// A stack word may point to this object: it stays where it is.
    pub(crate) fn pin_root(&mut self, object: Object) {
        if !self.space.is_small(object.0) {
            self.mark_outside(object);
        } else if self.space.in_nursery(object.0) && !self.space.starts.test(self.space.granule(object.0)) {
            self.stats.pinned += 1;
            self.keep_in_place(object);
        }
    }

    fn keep_in_place(&mut self, object: Object) {
        let size = object.header().small_size();
        self.space.mark_object(object.0, size);
        self.live_bytes += size;
        self.stats.bytes_kept_in_place += size as u64;
        self.mark_stack.push(object);
    }

    /// Visits a slot that holds the pointer `word`.
    #[inline(always)]
    pub(crate) fn evacuate_slot(&mut self, slot: *mut Word, word: Word) {
        let object = Object(word as usize);
        if !self.space.is_small(object.0) {
            return self.mark_outside(object);
        }
        if !self.space.in_nursery(object.0) {
            return;
        }
        let header = object.header();
        let new = if header.0 & FWD != 0 {
            header.0 & !FWD
        } else if self.space.starts.test(self.space.granule(object.0)) {
            return; // pinned, or old beside young ones
        } else {
            self.evacuate(object, header).0 as Word
        };
        // SAFETY: the slot was read just before by the caller; slots are writable (contract of trace functions).
        unsafe { *slot = new };
    }

    /// Moves a young object, unless it must stay or there is no room to move it to.
    #[inline(always)]
    fn evacuate(&mut self, object: Object, header: Header) -> Object {
        let size = header.small_size();
        debug_assert!(size >= 8, "a reached young object has {header:?}");
        if header.0 & PINNED != 0 || self.config.no_move {
            self.keep_in_place(object);
            return object;
        }
        let Some(new) = self.bump_old(size) else {
            self.keep_in_place(object);
            return object;
        };
        // SAFETY: `bump_old` returned `size` free bytes in an old block; the object is `size` bytes in a nursery block.
        unsafe { std::ptr::copy_nonoverlapping(object.0 as *const u64, new as *mut u64, size / 8) };
        let new = Object(new);
        new.set_header(header.with_flags(UNLOG));
        object.set_header(Header(new.0 as u64 | FWD));
        self.space.mark_object(new.0, size);
        self.live_bytes += size;
        self.stats.bytes_copied += size as u64;
        self.mark_stack.push(new);
        new
    }

    /// Visits a range of value words.
    #[inline(always)]
    pub(crate) fn evacuate_slots(&mut self, start: usize, end: usize) {
        let mut slot = start;
        while slot < end {
            // SAFETY: the range holds value words: part of an object, or given by a trace function.
            let word = unsafe { *(slot as *const Word) };
            if is_pointer(word) {
                self.evacuate_slot(slot as *mut Word, word);
            }
            slot += 8;
        }
    }

    /// Visits the slots of an object that is old from now on.
    #[inline(always)]
    pub(crate) fn trace_young(&mut self, object: Object) {
        let header = object.header();
        Heap::set_old(object, header);
        let size = self.object_size(object);
        if header.kind() == ALL_VALUES {
            return self.evacuate_slots(object.0 + 8, object.0 + size);
        }
        match self.kinds.get(header.kind()).layout {
            Layout::Values { start, end } => {
                let end = if end == u16::MAX { size } else { (end as usize * 8).min(size) };
                self.evacuate_slots(object.0 + start as usize * 8, object.0 + end);
            }
            Layout::Custom(trace) => {
                let mut visitor = Visitor { heap: self, action: Action::Evacuate };
                // SAFETY: the object is of the kind that this function was given for.
                unsafe { trace(object.0 as *mut u8, &mut visitor) };
            }
            Layout::Undefined => self.undefined_kind(object),
        }
    }

    pub(crate) fn drain_young(&mut self) {
        while let Some(object) = self.mark_stack.pop() {
            self.trace_young(object);
        }
    }

    #[cold]
    pub(crate) fn undefined_kind(&self, object: Object) -> ! {
        panic!("heap corrupted: object at {:#x} has undefined kind: {:?}", object.0, object.header())
    }
}
