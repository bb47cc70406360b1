//! The order of work of a collection.
//!
//! A young collection pins what stack words point to, visits roots and remembered objects as slots, and moves every
//! other young object that it reaches into holes of old blocks. Whatever survives is old from then on and never moves.
//! A full collection is a young one followed by marking everything in place.

use std::cell::Cell;
use std::time::Instant;

use crate::header::{Object, UNLOG, Word};
use crate::heap::{Generation, Heap};
use crate::kind::Layout;
use crate::roots::with_spilled_registers;
use crate::space::{BLOCK, CARD, OLD, PAGE};
use crate::visitor::{Action, Visitor};
use crate::weak::Sweep;

/// Whatever was asked for, so many bytes are allocated between young collections.
const SMALLEST_NURSERY: usize = 16 << 10;

impl Heap {
    /// Makes young collections come more or less often: after `scale` times the bytes that they would.
    pub fn set_nursery_scale(&mut self, scale: f64) {
        self.nursery.scale = scale.clamp(1e-6, 1e3);
        self.set_nursery_budget();
    }

    /// Collects now. `Young` becomes a full collection if that is due.
    pub fn collect(&mut self, generation: Generation) {
        with_spilled_registers(|stack_pointer| self.collect_above(generation, stack_pointer));
    }

    /// As [`collect`](Heap::collect), but the running thread's stack is only looked at from an address on.
    pub(crate) fn collect_above(&mut self, generation: Generation, stack_pointer: *const u8) {
        assert!(!self.collecting, "a trace, drop or sweep function allocated or collected");
        self.collecting = true;
        self.collect_from(generation, stack_pointer as usize);
        self.collecting = false;
    }

    fn collect_from(&mut self, generation: Generation, stack_pointer: usize) {
        let start = Instant::now();
        let before = self.used_bytes();
        self.close_nursery();
        if self.config.verify {
            self.verify_barriers();
        }
        self.stats.peak_blocks = self.stats.peak_blocks.max(self.blocks.in_use());
        let full = generation == Generation::Full || self.config.no_generations || self.is_full_due();
        let ranges = self.scan_ranges(stack_pointer);
        let stack_roots = self.scan_conservatively(&ranges, !full);
        let kept = if self.census.is_some() { self.all_young() } else { Vec::new() };
        self.young_phase(&stack_roots, &kept, full);
        if full {
            self.full_phase(&stack_roots);
        }
        self.record_pause(full, before, start.elapsed());
        self.nursery.allocated = 0;
        self.nursery.weighted = 0;
        self.set_nursery_budget();
        if self.config.verify {
            self.verify(&ranges);
        }
    }

    /// Everything young that is reached becomes old. When a full phase follows, nothing is cleared or queued here: weak
    /// referents and objects to be finalized are kept for it to judge.
    fn young_phase(&mut self, stack_roots: &[Object], kept: &[Object], full_follows: bool) {
        for &root in stack_roots {
            self.pin_root(root);
        }
        self.visit_root_slots(false);
        self.visit_remembered();
        self.drain_young();
        self.keep_unreached(kept);
        if full_follows {
            self.keep_young_weak_and_finalizable();
        } else {
            self.clear_young_weakrefs();
            self.queue_unreached_finalizable(false);
        }
        self.rekey_young_weakrefs();
        self.sweep_weak_tables(false);
        self.drop_unreached(false);
        self.release_nursery();
    }

    fn full_phase(&mut self, stack_roots: &[Object]) {
        let census = self.census.map(|census| (census, self.begin_census()));
        self.space.starts.clear_blocks(self.blocks.count);
        self.space.ends.clear_blocks(self.blocks.count);
        let before = std::mem::take(&mut self.live_bytes);
        self.large.epoch = self.large.epoch.checked_add(1).unwrap_or(1);
        for &root in stack_roots {
            self.mark(root);
        }
        for index in 0..self.immortals.len() {
            self.mark(Object(self.immortals[index]));
        }
        self.visit_root_slots(true);
        self.drain_marked();
        self.clear_old_weakrefs();
        self.queue_unreached_finalizable(true);
        if let Some((census, before)) = census {
            self.end_census(census, before);
        }
        self.prune_old_weakrefs();
        self.forget_dead_shape_owners();
        self.sweep_weak_tables(true);
        self.drop_unreached(true);
        self.rebuild_blocks();
        for index in 0..self.large.records.len() {
            let record = &self.large.records[index];
            if record.address != 0 && record.mark != self.large.epoch {
                self.large.free(&self.space, index, self.config.poison);
            }
        }
        self.judge_nursery(before.saturating_sub(self.live_after_full), before.saturating_sub(self.live_bytes));
        self.live_after_full = self.live_bytes;
        self.set_triggers();
        self.release_memory();
    }

    /// Registered root sets and the heap's own queues.
    fn visit_root_slots(&mut self, full: bool) {
        let action = if full { Action::Mark } else { Action::Evacuate };
        Heap::trace_roots(&mut Visitor { heap: self, action });
        let mut cleared = std::mem::take(&mut self.weak.cleared);
        cleared.iter_mut().for_each(|slot| self.visit_word(slot, full));
        self.weak.cleared = cleared;
        let mut queue = std::mem::take(&mut self.finalizers.queue);
        queue.iter_mut().for_each(|slot| self.visit_word(slot, full));
        self.finalizers.queue = queue;
        let mut saved = std::mem::take(&mut self.saved);
        saved.iter_mut().for_each(|slot| self.visit_word(slot, full));
        self.saved = saved;
    }

    /// Visits a slot of the heap's own lists, which holds a pointer.
    pub(crate) fn visit_word(&mut self, slot: &mut Word, full: bool) {
        if full { self.mark(Object(*slot as usize)) } else { self.evacuate_slot(slot, *slot) }
    }

    pub(crate) fn drain(&mut self, full: bool) {
        if full { self.drain_marked() } else { self.drain_young() }
    }

    /// The slots of old objects that were stored into since the last collection.
    fn visit_remembered(&mut self) {
        for address in std::mem::take(&mut self.remembered) {
            self.trace_young(Object(address));
        }
        for index in std::mem::take(&mut self.large.dirty) {
            self.visit_cards(index as usize);
        }
    }

    fn visit_cards(&mut self, index: usize) {
        let record = &mut self.large.records[index];
        record.dirty = false;
        let (address, size) = (record.address, record.size);
        let kind = Object(address).header().kind();
        let Layout::Values { start, end } = self.kinds.get(kind).layout else {
            unreachable!("only objects with a layout of words have cards")
        };
        let first = address + start as usize * 8;
        let last = if end == u16::MAX { address + size } else { (address + end as usize * 8).min(address + size) };
        for page in (address..address + size).step_by(PAGE) {
            let mut cards = self.space.take_page_cards(page);
            while cards != 0 {
                let low = page + cards.trailing_zeros() as usize / 8 * CARD;
                self.evacuate_slots(low.max(first), (low + CARD).min(last));
                cards &= cards - 1;
            }
        }
    }

    pub(crate) fn sweep_weak_tables(&mut self, full: bool) {
        let sweep = Sweep { heap: self, full, released: Cell::new(0) };
        for table in self.weak.tables.iter().flatten().copied() {
            // SAFETY: registered tables are valid and unaliased during a collection (contract of `add_weak_table`).
            unsafe { (*table).sweep(&sweep) };
        }
        let released = sweep.released.get();
        self.external_bytes = self.external_bytes.saturating_sub(released);
    }

    fn forget_dead_shape_owners(&mut self) {
        for index in 0..self.shape_owners.len() {
            let owner = self.shape_owners[index];
            if owner != 0 && self.survivor(Object(owner as usize), true).is_none() {
                self.shape_owners[index] = 0;
            }
        }
    }

    /// What became of an object, once everything that is reached was reached.
    #[inline]
    pub(crate) fn survivor(&self, object: Object, full: bool) -> Option<Object> {
        if self.space.is_small(object.0) {
            if !full {
                if !self.space.in_nursery(object.0) {
                    return Some(object);
                }
                if let Some(moved) = object.forwarded() {
                    return Some(moved);
                }
            }
            return self.space.starts.test(self.space.granule(object.0)).then_some(object);
        }
        if self.space.is_large(object.0) {
            return (self.large_record(object).mark == self.large.epoch).then_some(object);
        }
        Some(object)
    }

    /// Nursery blocks without survivors are free again, the others become old; unreached young large objects go.
    fn release_nursery(&mut self) {
        let mut blocks = std::mem::take(&mut self.nursery.blocks);
        // Low addresses are pushed last and reused first: the nursery stays in the cache.
        blocks.sort_unstable_by(|a, b| b.cmp(a));
        for block in blocks.drain(..) {
            self.space.set_state(block as usize, OLD);
            self.blocks.classify(&self.space, block as usize, self.config.poison);
        }
        self.nursery.blocks = blocks;
        self.nursery.holes.clear();
        for index in std::mem::take(&mut self.large.young) {
            if self.large.records[index as usize].mark == 0 {
                self.large.free(&self.space, index as usize, self.config.poison);
            }
        }
    }

    fn rebuild_blocks(&mut self) {
        self.reset_old_cursors();
        self.blocks.clear_lists();
        for block in (0..self.blocks.count).rev() {
            self.blocks.classify(&self.space, block, self.config.poison);
        }
    }

    /// The nursery starts small. It grows with the heap, and when much of what it lets survive dies soon after.
    pub(crate) fn set_nursery_budget(&mut self) {
        let wanted = self.nursery.wanted.max(self.used_bytes() / 24);
        let budget = match self.automatic_full {
            true => wanted.clamp(self.config.least_nursery, self.config.nursery),
            // Whoever switched collections off wants few of them.
            false => 2 * self.config.nursery,
        };
        self.nursery.budget = (budget as f64 * self.nursery.scale).max(SMALLEST_NURSERY as f64) as usize;
    }

    /// After a full collection: `promoted` bytes became old since the last one, and `freed` old ones died.
    fn judge_nursery(&mut self, promoted: usize, freed: usize) {
        // (A collection that the program asked for tells nothing.)
        if self.census.is_none()
            && promoted > self.nursery.budget
            && freed > promoted / 2
            && self.nursery.wanted < self.config.nursery
        {
            self.nursery.wanted = 2 * self.nursery.wanted.max(self.config.least_nursery);
        }
    }

    fn set_triggers(&mut self) {
        let live = self.used_bytes();
        let grown = (live as f64 * self.config.growth) as usize;
        self.full_at = grown.max(live + self.config.nursery).max(self.config.first_full);
        let in_use = self.blocks.in_use() * BLOCK;
        let spread = self.full_at / 2 * 3 + self.config.nursery * 2;
        self.full_at_blocks = spread.max(in_use + self.config.nursery * 2);
    }

    /// Gives free memory that will not be needed before the next full collection back to the system.
    fn release_memory(&mut self) {
        self.large.release_free(&self.space);
        let until_next = self.full_at.saturating_sub(self.used_bytes()) / BLOCK;
        let keep = until_next.max(self.config.nursery * 2 / BLOCK);
        let free = self.blocks.free.make_contiguous();
        if free.len() <= keep {
            return;
        }
        free.sort_unstable_by(|a, b| b.cmp(a));
        let surplus = free.len() - keep;
        for run in free[..surplus].chunk_by(|a, b| a - 1 == *b) {
            let lowest = *run.last().expect("chunks are not empty") as usize;
            self.space.release(self.space.block_address(lowest), run.len() * BLOCK);
        }
    }

    /// Marks an object old, if it is not: stores into it are to be remembered from now on.
    #[inline(always)]
    pub(crate) fn set_old(object: Object, header: crate::Header) {
        // Written only when it changes, so that a full collection after fork() leaves the pages of objects shared.
        if !header.has(UNLOG) {
            object.set_header(header.with_flags(UNLOG));
        }
    }
}
