//! The write barrier: which old objects may hold young pointers.

use crate::header::{Object, UNLOG, Word};
use crate::heap::Heap;

impl Heap {
    /// Call after a store of a possibly young pointer into `slot`, which is inside `object` or in memory that it owns.
    /// Not needed after stores of immediates, nor for objects allocated since the last safepoint.
    ///
    /// # Safety
    /// `object` is a live object of this heap.
    #[inline(always)]
    pub unsafe fn write_barrier(&mut self, object: *mut u8, slot: *const Word) {
        // SAFETY: the first byte of an object is the flags byte of its header.
        if u64::from(unsafe { *object }) & UNLOG != 0 {
            self.write_barrier_slow(object, slot);
        }
    }

    /// The slow half of [`write_barrier`](Heap::write_barrier), for compiled code that inlines the test.
    #[cold]
    #[inline(never)]
    pub fn write_barrier_slow(&mut self, object: *mut u8, slot: *const Word) {
        let object = Object(object as usize);
        let header = object.header();
        if header.is_large() {
            let index = self.large.index_of(&self.space, object.0).expect("a large object has a record");
            let record = &mut self.large.records[index];
            let inside = (slot as usize).wrapping_sub(object.0) < record.size;
            if inside && self.kinds.is_sliceable(header.kind()) {
                self.space.set_card(slot as usize);
                if !record.dirty {
                    record.dirty = true;
                    self.large.dirty.push(index as u32);
                }
                return;
            }
        }
        self.remember(object);
    }

    /// Call after several stores into one object: all of it is looked at in the next young collection.
    ///
    /// # Safety
    /// `object` is a live object of this heap.
    #[inline(always)]
    pub unsafe fn write_barrier_object(&mut self, object: *mut u8) {
        // SAFETY: as in `write_barrier`.
        if u64::from(unsafe { *object }) & UNLOG != 0 {
            self.remember(Object(object as usize));
        }
    }

    fn remember(&mut self, object: Object) {
        object.remove_flags(UNLOG);
        self.remembered.push(object.0);
    }
}
