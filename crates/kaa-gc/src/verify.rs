//! Mode `verify`: after each collection, an independent walk over everything reachable checks the collector's work. A
//! violation is a bug in the heap, in a trace function or in its user; it panics with what was found. Before each
//! collection, old objects are searched for young pointers that no write barrier reported.

use std::cell::Cell;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use crate::conservative::ScanRanges;
use crate::header::{FWD, Object, UNLOG, Word};
use crate::heap::Heap;
use crate::space::{BLOCK_WORDS, OLD};
use crate::visitor::{Action, Visitor};
use crate::weak::{AddressHasher, Sweep};

type AddressSet = HashSet<usize, BuildHasherDefault<AddressHasher>>;

impl Heap {
    /// Checks, before a collection, that every old object with a young pointer is remembered.
    pub(crate) fn verify_barriers(&mut self) {
        let mut old = Vec::new();
        // Those without the flag are remembered.
        self.for_each_old_object(|object| old.extend(object.header().has(UNLOG).then_some(object)));
        let mut slots = Vec::new();
        for object in old {
            let mut missed = None;
            slots.clear();
            self.for_each_slot(object, &mut |slot| slots.push(slot));
            for &slot in &slots {
                // SAFETY: trace functions show valid slots.
                let target = Object(unsafe { *slot } as usize);
                let inside = self.space.is_large(object.0) && self.space.is_large(slot as usize);
                if self.is_young(target) && !(inside && self.space.has_card(slot as usize)) {
                    missed = Some((slot as usize, target));
                }
            }
            if let Some((slot, target)) = missed {
                panic!(
                    "gc verify: missing write barrier: {} at {:#x} has a young object in the slot at {slot:#x}: {}, {:?}",
                    self.kinds.get(object.header().kind()).name,
                    object.0,
                    self.kinds.get(target.header().kind()).name,
                    target.header()
                );
            }
        }
    }

    /// Was the object allocated since the last collection?
    fn is_young(&self, object: Object) -> bool {
        if self.space.is_small(object.0) {
            return self.space.in_nursery(object.0) && !self.space.starts.test(self.space.granule(object.0));
        }
        self.space.is_large(object.0) && self.large_record(object).mark == 0
    }

    /// Checks the heap right after a collection, when every object is old.
    pub(crate) fn verify(&mut self, ranges: &ScanRanges) {
        self.verify_blocks();
        let mut pending: Vec<(Object, Option<Object>)> = Vec::new();
        let stack_roots = self.scan_conservatively(ranges, false);
        pending.extend(stack_roots.into_iter().map(|object| (object, None)));
        let mut root = |slot: *mut Word| {
            // SAFETY: root sets show valid slots.
            pending.push((Object(unsafe { *slot } as usize), None));
        };
        Heap::trace_roots(&mut Visitor { heap: self, action: Action::Inspect(&mut root) });
        let queued = self.weak.cleared.iter().chain(&self.finalizers.queue).chain(&self.saved);
        pending.extend(queued.map(|&word| (Object(word as usize), None)));
        pending.extend(self.immortals.iter().map(|&address| (Object(address), None)));

        let droppable: AddressSet = self.droppable.old.iter().copied().collect();
        // The scratch bits are free now: they tell which small objects were seen.
        let mut seen_others = AddressSet::default();
        while let Some((object, holder)) = pending.pop() {
            let small = self.space.is_small(object.0);
            if small && self.space.block_of(object.0) < self.blocks.count {
                if !self.space.scratch.set_new(self.space.granule(object.0)) {
                    continue;
                }
            } else if !seen_others.insert(object.0) {
                continue;
            }
            if !self.verify_object(object, holder) {
                continue;
            }
            match self.shape_owner(object.header()) {
                0 => {}
                owner => pending.push((Object(owner as usize), Some(object))),
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
        self.space.scratch.clear_blocks(self.blocks.count);
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
        let sweep = Sweep { heap: self, full: true, released: Cell::new(0) };
        let alive = |address: usize| sweep.alive(address as Word) == Some(address as Word);
        for (&referent, list) in &self.weak.by_referent {
            assert!(alive(referent), "gc verify: dead referent {referent:#x} in the table of weak references");
            assert!(list.iter().all(|&weakref| alive(weakref)), "gc verify: dead weak reference to {referent:#x}");
        }
        assert!(self.finalizers.old.iter().all(|&word| alive(word as usize)), "gc verify: dead finalizable object");
        assert!(self.droppable.old.iter().all(|&address| alive(address)), "gc verify: dead droppable object");
    }
}
