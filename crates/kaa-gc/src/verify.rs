//! Mode `verify`: after each collection, an independent walk over everything reachable checks the collector's work. A
//! violation is a bug in the heap, in a trace function or in a missing barrier; it panics with what was found.

use std::collections::HashSet;
use std::ops::Range;

use crate::header::{FWD, Object, UNLOG, Word};
use crate::heap::Heap;
use crate::space::{BLOCK_WORDS, OLD};
use crate::visitor::{Action, Visitor};
use crate::weak::Sweep;

impl Heap {
    /// Checks the heap right after a collection, when every object is old.
    pub(crate) fn verify(&mut self, ranges: &[Range<usize>]) {
        self.verify_blocks();
        let mut pending: Vec<(Object, Option<Object>)> = Vec::new();
        let stack_roots = self.scan_conservatively(ranges, false);
        pending.extend(stack_roots.into_iter().map(|object| (object, None)));
        let mut root = |slot: *mut Word| {
            // SAFETY: root sets show valid slots.
            pending.push((Object(unsafe { *slot } as usize), None));
        };
        Heap::trace_roots(&mut Visitor { heap: self, action: Action::Inspect(&mut root) });
        let queued = self.weak.cleared.iter().chain(&self.finalizers.queue);
        pending.extend(queued.map(|&word| (Object(word as usize), None)));
        pending.extend(self.immortals.iter().map(|&address| (Object(address), None)));

        let droppable: HashSet<usize> = self.droppable.old.iter().copied().collect();
        let mut seen = HashSet::new();
        while let Some((object, holder)) = pending.pop() {
            if !seen.insert(object.0) {
                continue;
            }
            if !self.verify_object(object, holder) {
                continue;
            }
            let info = self.kinds.get(object.header().kind());
            assert!(
                info.drop.is_none() || droppable.contains(&object.0),
                "gc verify: {} at {:#x} has a drop function but was not registered",
                info.name,
                object.0
            );
            self.for_each_slot(object, &mut |slot| {
                // SAFETY: trace functions show valid slots.
                pending.push((Object(unsafe { *slot } as usize), Some(object)));
            });
        }
        self.verify_tables();
    }

    /// Checks one reachable object; false if it is not of this heap.
    fn verify_object(&self, object: Object, holder: Option<Object>) -> bool {
        let from = || match holder {
            Some(holder) => format!("referred to by {:#x} {:?}", holder.0, holder.header()),
            None => "a root".to_string(),
        };
        assert_ne!(object.0 as u64, crate::POISON, "gc verify: freed memory in a slot, {}", from());
        let address = object.0;
        if self.space.is_small(address) {
            let granule = self.space.granule(address);
            assert!(
                self.space.starts.test(granule),
                "gc verify: reachable object at {address:#x} was not reached, {}",
                from()
            );
            let header = object.header();
            let size = header.small_size();
            assert!(
                size >= 8 && header.0 & FWD == 0 && !header.is_large(),
                "gc verify: object at {address:#x} has {header:?}, {}",
                from()
            );
            assert!(
                self.space.ends.test(granule + size / 8 - 1),
                "gc verify: object at {address:#x} has no end bit, {header:?}, {}",
                from()
            );
        } else if self.space.is_large(address) {
            let index = self.large.index_of(&self.space, address);
            let record = index.map(|index| &self.large.records[index]);
            assert!(
                record.is_some_and(|record| record.address == address && record.mark == self.large.epoch),
                "gc verify: large object at {address:#x} was not reached or is not an object, {}",
                from()
            );
        } else {
            return false;
        }
        assert!(object.header().has(UNLOG), "gc verify: object at {address:#x} is not old, {}", from());
        true
    }

    /// Start and end bits alternate and agree with the headers; bytes in use are counted right.
    fn verify_blocks(&self) {
        let mut bytes = 0;
        for block in 0..self.blocks.count {
            assert_eq!(self.space.state(block), OLD, "gc verify: block {block} is still a nursery block");
            let mut end_of_last = 0;
            for word in block * BLOCK_WORDS..(block + 1) * BLOCK_WORDS {
                let mut starts = self.space.starts.word(word);
                while starts != 0 {
                    let granule = word * 64 + starts.trailing_zeros() as usize;
                    let object = Object(self.space.base + granule * 8);
                    let size = object.header().small_size();
                    assert!(object.0 >= end_of_last, "gc verify: objects overlap at {:#x}", object.0);
                    assert!(self.space.ends.test(granule + size / 8 - 1), "gc verify: no end bit: {:#x}", object.0);
                    end_of_last = object.0 + size;
                    bytes += size;
                    starts &= starts - 1;
                }
            }
        }
        assert_eq!(bytes, self.live_bytes, "gc verify: live bytes are miscounted");
        let large: usize = self.large.records.iter().map(|record| record.size).sum();
        assert_eq!(large, self.large.bytes, "gc verify: large bytes are miscounted");
        assert!(self.remembered.is_empty() && self.large.dirty.is_empty() && self.mark_stack.is_empty());
    }

    /// The heap's own lists hold only objects that live.
    fn verify_tables(&self) {
        let sweep = Sweep { heap: self, full: true };
        let alive = |address: usize| sweep.alive(address as Word) == Some(address as Word);
        for (&referent, list) in &self.weak.by_referent {
            assert!(alive(referent), "gc verify: dead referent {referent:#x} in the table of weak references");
            assert!(list.iter().all(|&weakref| alive(weakref)), "gc verify: dead weak reference to {referent:#x}");
        }
        assert!(self.finalizers.old.iter().all(|&word| alive(word as usize)), "gc verify: dead finalizable object");
        assert!(self.droppable.old.iter().all(|&address| alive(address)), "gc verify: dead droppable object");
    }
}
