//! Allocation: the inline bump path, its slow path, old and immortal objects.
//!
//! The mutator bumps `cursor` through holes of nursery blocks. Young objects have no metadata outside their header:
//! the ranges allocated since the last collection are kept in `Nursery::holes` and parsed by object size when needed.

use crate::block::Holes;
use crate::header::{Header, IMMORTAL, LARGE, Object, SMALL_MAX, UNLOG};
use crate::heap::{Generation, Heap};
use crate::space::{BLOCK, NURSERY};

/// Objects above this size use a second cursor, so that one of them does not end a hole that still serves small ones.
const MEDIUM: usize = 128;
/// Holes below this size are not worth allocating into.
const MINIMUM_HOLE: usize = 64;
const MINIMUM_MEDIUM_HOLE: usize = 256;

/// Where the mutator allocates, and what it allocated since the last collection.
pub(crate) struct Nursery {
    /// End of the current hole. `Heap::limit` equals it, or the cursor when the slow path is wanted.
    pub limit: usize,
    pub hole_start: usize,
    holes_left: Holes,
    medium_start: usize,
    medium_cursor: usize,
    medium_limit: usize,
    medium_holes_left: Holes,
    /// Blocks in use since the last collection, with state NURSERY.
    pub blocks: Vec<u32>,
    /// Ranges filled with young objects.
    pub holes: Vec<(usize, usize)>,
    /// Bytes of holes handed to the mutator since the last collection.
    pub allocated: usize,
    /// Large and external bytes since the last collection, weighted.
    pub weighted: usize,
    /// Collect when `allocated + weighted` reaches this.
    pub budget: usize,
    /// What it was found that the budget should be at least.
    pub wanted: usize,
    /// What the budget is multiplied with.
    pub scale: f64,
    pub stress_left: u32,
}

impl Nursery {
    pub fn new(budget: usize, stress: u32) -> Nursery {
        Nursery {
            limit: 0,
            hole_start: 0,
            holes_left: Holes::none(),
            medium_start: 0,
            medium_cursor: 0,
            medium_limit: 0,
            medium_holes_left: Holes::none(),
            blocks: Vec::new(),
            holes: Vec::new(),
            allocated: 0,
            weighted: 0,
            budget,
            wanted: 0,
            scale: 1.0,
            stress_left: stress,
        }
    }

    pub fn is_due(&self) -> bool {
        self.allocated + self.weighted >= self.budget
    }
}

/// A bump range in old space, with the rest of its block's holes.
pub(crate) struct OldCursor {
    pub cursor: usize,
    pub limit: usize,
    pub holes: Holes,
}

impl OldCursor {
    pub fn new() -> OldCursor {
        OldCursor { cursor: 0, limit: 0, holes: Holes::none() }
    }

    #[inline(always)]
    pub fn bump(&mut self, size: usize) -> Option<usize> {
        if size > self.limit - self.cursor {
            return None;
        }
        let object = self.cursor;
        self.cursor += size;
        Some(object)
    }
}

impl Heap {
    /// Allocates an object of `size` bytes (with its header, a multiple of 8) and writes the header.
    ///
    /// The fields are UNINITIALIZED: they must be written before the next safepoint, that is before the next allocation
    /// or anything else that may collect. Null if memory is exhausted.
    #[inline(always)]
    pub fn alloc(&mut self, size: usize, header: Header) -> *mut u8 {
        debug_assert!(size >= 8 && size.is_multiple_of(8), "object size {size} is not a positive multiple of 8");
        debug_assert!(size > SMALL_MAX || header.small_size() == size, "header and size disagree");
        let object = self.cursor;
        let next = object.wrapping_add(size);
        if next > self.limit || size > SMALL_MAX {
            return self.alloc_slow(size, header);
        }
        self.cursor = next;
        Object(object).set_header(header);
        object as *mut u8
    }

    /// As [`alloc`](Heap::alloc), with all fields zero.
    #[inline(always)]
    pub fn alloc_zeroed(&mut self, size: usize, header: Header) -> *mut u8 {
        if size > SMALL_MAX {
            return self.alloc_large(size, header, true);
        }
        let object = self.alloc(size, header);
        if !object.is_null() {
            // SAFETY: `alloc` returned an object of `size` bytes; the header is the first 8.
            unsafe { zero_words(object.add(8), object.add(size)) };
        }
        object
    }

    /// The slow path of [`alloc`](Heap::alloc); compiled code calls it when its inlined bump fails.
    #[cold]
    #[inline(never)]
    pub fn alloc_slow(&mut self, size: usize, header: Header) -> *mut u8 {
        if size > SMALL_MAX {
            return self.alloc_large(size, header, false);
        }
        self.before_slow_allocation();
        let mut found = self.bump_young(size);
        if found.is_none() {
            self.collect(Generation::Full);
            found = if self.is_exhausted(size) { None } else { self.bump_young(size) };
        }
        self.limit = if self.config.stress > 0 { self.cursor } else { self.nursery.limit };
        let Some(object) = found else { return std::ptr::null_mut() };
        Object(object).set_header(header);
        object as *mut u8
    }

    /// Collects if it is time for that.
    pub(crate) fn before_slow_allocation(&mut self) {
        if self.config.stress > 0 {
            self.nursery.stress_left -= 1;
            if self.nursery.stress_left == 0 {
                self.nursery.stress_left = self.config.stress;
                self.collect(Generation::Young);
            }
        } else if self.nursery.is_due() {
            self.collect(Generation::Young);
        }
    }

    fn bump_young(&mut self, size: usize) -> Option<usize> {
        loop {
            if size <= self.nursery.limit - self.cursor {
                let object = self.cursor;
                self.cursor += size;
                return Some(object);
            }
            if size > MEDIUM {
                return self.bump_medium(size);
            }
            self.close_hole();
            if self.nursery.is_due() {
                self.collect(Generation::Young);
            }
            let (start, end) = self.next_hole()?;
            self.nursery.allocated += end - start;
            self.nursery.hole_start = start;
            self.nursery.limit = end;
            self.cursor = start;
            self.limit = end;
        }
    }

    fn bump_medium(&mut self, size: usize) -> Option<usize> {
        loop {
            let nursery = &mut self.nursery;
            if size <= nursery.medium_limit - nursery.medium_cursor {
                let object = nursery.medium_cursor;
                nursery.medium_cursor += size;
                return Some(object);
            }
            self.close_medium_hole();
            if self.nursery.is_due() {
                self.collect(Generation::Young);
            }
            let (start, end) = self.next_medium_hole(size)?;
            self.nursery.allocated += end - start;
            self.nursery.medium_start = start;
            self.nursery.medium_cursor = start;
            self.nursery.medium_limit = end;
        }
    }

    /// The next hole for small objects: the rest of the block in use, sparse blocks, a free block, and when there is
    /// none, any hole at all.
    fn next_hole(&mut self) -> Option<(usize, usize)> {
        loop {
            if let Some(hole) = self.nursery.holes_left.next(&self.space, MINIMUM_HOLE) {
                return Some(hole);
            }
            self.nursery.holes_left = if let Some(block) = self.blocks.sparse.pop() {
                self.nursery_holes(block as usize, false)
            } else if let Some(block) = self.blocks.take_roomy(self.roomy_reserve()) {
                self.nursery_holes(block as usize, false)
            } else if let Some(block) = self.take_free_block() {
                self.nursery_holes(block, true)
            } else {
                let block = self.blocks.take_partial().or_else(|| self.blocks.poor.pop())?;
                self.nursery_holes(block as usize, false)
            };
        }
    }

    /// The next hole for medium objects: in nearly empty blocks, which pinned objects leave behind, then in free ones.
    /// When nothing moves, old blocks fill up with scattered survivors, and their big holes must be found again, too.
    fn next_medium_hole(&mut self, size: usize) -> Option<(usize, usize)> {
        let minimum = size.max(MINIMUM_MEDIUM_HOLE);
        let mut tries = 0;
        loop {
            if let Some(hole) = self.nursery.medium_holes_left.next(&self.space, minimum) {
                return Some(hole);
            }
            let mut partial = self.blocks.sparse.pop();
            if partial.is_none() && self.config.no_move && tries < 4 {
                tries += 1;
                partial = self.blocks.take_partial();
            }
            if partial.is_none() {
                partial = self.blocks.take_roomy(self.roomy_reserve());
            }
            self.nursery.medium_holes_left = if let Some(block) = partial {
                self.nursery_holes(block as usize, false)
            } else if let Some(block) = self.take_free_block() {
                self.nursery_holes(block, true)
            } else {
                let block = self.blocks.sparse.pop().or_else(|| self.blocks.take_partial())?;
                self.nursery_holes(block as usize, false)
            };
        }
    }

    /// Blocks that are left to evacuation: enough for a nursery that survives by half.
    fn roomy_reserve(&self) -> usize {
        self.nursery.budget / BLOCK / 2
    }

    fn nursery_holes(&mut self, block: usize, empty: bool) -> Holes {
        self.nursery.blocks.push(block as u32);
        self.space.set_state(block, NURSERY);
        if empty { Holes::whole(block) } else { Holes::of_block(&self.space, block) }
    }

    /// A free block for the mutator, within the limit on the heap's size.
    fn take_free_block(&mut self) -> Option<usize> {
        if !self.may_grow(BLOCK) {
            return None;
        }
        self.blocks.take_free(&self.space)
    }

    pub(crate) fn may_grow(&self, bytes: usize) -> bool {
        let maximum = self.config.max_heap;
        let used = self.blocks.in_use() * BLOCK + self.large.bytes + self.external_bytes;
        maximum == 0 || used.saturating_add(bytes) <= maximum
    }

    /// After a full collection: is there so little room left that the next one would follow at once?
    fn is_exhausted(&self, bytes: usize) -> bool {
        let above = |used: usize, limit: usize| used.saturating_add(bytes) > limit - limit / 32;
        let maximum = self.config.max_heap;
        maximum > 0 && above(self.used_bytes(), maximum) || above(self.live_bytes, self.space.small_bytes)
    }

    fn close_hole(&mut self) {
        if self.cursor > self.nursery.hole_start {
            self.nursery.holes.push((self.nursery.hole_start, self.cursor));
        }
        self.cursor = 0;
        self.limit = 0;
        self.nursery.limit = 0;
        self.nursery.hole_start = 0;
    }

    fn close_medium_hole(&mut self) {
        let nursery = &mut self.nursery;
        if nursery.medium_cursor > nursery.medium_start {
            nursery.holes.push((nursery.medium_start, nursery.medium_cursor));
        }
        nursery.medium_start = 0;
        nursery.medium_cursor = 0;
        nursery.medium_limit = 0;
    }

    /// The allocated parts of the holes in use.
    pub(crate) fn open_holes(&self) -> [(usize, usize); 2] {
        let nursery = &self.nursery;
        [(nursery.hole_start, self.cursor), (nursery.medium_start, nursery.medium_cursor)]
    }

    /// Ends allocation into the current blocks; afterwards `nursery.holes` has all young small objects, sorted.
    pub(crate) fn close_nursery(&mut self) {
        self.close_hole();
        self.close_medium_hole();
        self.nursery.holes_left.active = false;
        self.nursery.medium_holes_left.active = false;
        self.nursery.holes.sort_unstable();
    }

    /// Forgets where old objects were allocated; the lists of blocks are rebuilt.
    pub(crate) fn reset_old_cursors(&mut self) {
        self.old_small = OldCursor::new();
        self.old_medium = OldCursor::new();
    }

    /// Allocates in old space: the object never moves. For what compiled code embeds, types, code, interned strings.
    /// Fields are uninitialized as in [`alloc`](Heap::alloc). Null if memory is exhausted.
    pub fn alloc_old(&mut self, size: usize, header: Header) -> *mut u8 {
        debug_assert!(size >= 8 && size.is_multiple_of(8) && (size > SMALL_MAX || header.small_size() == size));
        if size > SMALL_MAX {
            return self.alloc_large_old(size, header);
        }
        // It takes no room of the nursery, but is looked at in the next collection, and may have to be
        // counted for the next full one.
        self.nursery.weighted += size / 4;
        self.before_slow_allocation();
        let mut found = if self.may_grow(size) { self.bump_old(size) } else { None };
        if found.is_none() {
            self.collect(Generation::Full);
            found = if self.may_grow(size) && !self.is_exhausted(size) { self.bump_old(size) } else { None };
        }
        let Some(object) = found else { return std::ptr::null_mut() };
        self.space.mark_object(object, size);
        self.live_bytes += size;
        if header.kind() == crate::kind::RAW {
            // It refers to nothing.
            Object(object).set_header(header.with_flags(UNLOG));
        } else {
            // Its fields may be given young values without a barrier: it starts in the remembered set.
            Object(object).set_header(header);
            self.remembered.push(object);
        }
        object as *mut u8
    }

    /// As [`alloc_old`](Heap::alloc_old), for an object that lives as long as the heap.
    pub fn alloc_immortal(&mut self, size: usize, header: Header) -> *mut u8 {
        let object = self.alloc_old(size, header.with_flags(IMMORTAL));
        if !object.is_null() {
            self.immortals.push(object as usize);
        }
        object
    }

    /// Room for an object in the holes of old blocks.
    #[inline(always)]
    pub(crate) fn bump_old(&mut self, size: usize) -> Option<usize> {
        if size <= MEDIUM
            && let Some(object) = self.old_small.bump(size)
        {
            return Some(object);
        }
        self.bump_old_slow(size)
    }

    #[inline(never)]
    fn bump_old_slow(&mut self, size: usize) -> Option<usize> {
        if size > MEDIUM { self.bump_old_medium(size) } else { self.bump_old_small(size) }
    }

    /// Small objects fill the fullest blocks first.
    fn bump_old_small(&mut self, size: usize) -> Option<usize> {
        loop {
            if let Some((start, end)) = self.old_small.holes.next(&self.space, MINIMUM_HOLE.max(size)) {
                self.old_small.cursor = start;
                self.old_small.limit = end;
                return self.old_small.bump(size);
            }
            let blocks = &mut self.blocks;
            let partial = blocks.poor.pop().or_else(|| blocks.recyclable.pop()).or_else(|| blocks.roomy.pop());
            self.old_small.holes = match partial {
                Some(block) => Holes::of_block(&self.space, block as usize),
                None => match blocks.take_free(&self.space) {
                    Some(block) => Holes::whole(block),
                    None => Holes::of_block(&self.space, blocks.sparse.pop()? as usize),
                },
            };
        }
    }

    /// Medium objects look at a few blocks with much room, then take an empty one.
    fn bump_old_medium(&mut self, size: usize) -> Option<usize> {
        let mut tries = 0;
        loop {
            if let Some(object) = self.old_medium.bump(size) {
                return Some(object);
            }
            if let Some(block) = self.old_medium.holes.block() {
                if let Some((start, end)) = self.old_medium.holes.next(&self.space, size.max(MINIMUM_MEDIUM_HOLE)) {
                    self.old_medium.cursor = start;
                    self.old_medium.limit = end;
                    continue;
                }
                // What is left between its objects still serves small ones.
                self.old_medium.cursor = 0;
                self.old_medium.limit = 0;
                self.blocks.poor.push(block as u32);
                tries += 1;
            }
            let partial = if tries < 4 { self.blocks.take_partial() } else { None };
            self.old_medium.holes = match partial {
                Some(block) => Holes::of_block(&self.space, block as usize),
                None => match self.blocks.take_free(&self.space) {
                    Some(block) => Holes::whole(block),
                    None => Holes::of_block(&self.space, self.blocks.take_partial()? as usize),
                },
            };
        }
    }

    /// Registers an object whose kind has a drop function; call it right after allocation and initialization.
    pub fn register_drop(&mut self, object: *mut u8) {
        debug_assert!(self.kinds.get(Object(object as usize).header().kind()).drop.is_some());
        self.droppable.young.push(object as usize);
    }

    /// [`alloc`](Heap::alloc) and [`register_drop`](Heap::register_drop) in one.
    pub fn alloc_with_drop(&mut self, size: usize, header: Header) -> *mut u8 {
        let object = self.alloc(size, header);
        if !object.is_null() {
            self.register_drop(object);
        }
        object
    }
}

/// Zeroes words. Most objects are small: a loop beats a call of `memset`.
///
/// # Safety
/// The words from `at` to `end` are an object's.
#[inline(always)]
unsafe fn zero_words(at: *mut u8, end: *mut u8) {
    // SAFETY: the caller's promise. Volatile keeps the loop a loop.
    unsafe {
        if end as usize - at as usize > 128 {
            return std::ptr::write_bytes(at, 0, end as usize - at as usize);
        }
        let mut at = at.cast::<u64>();
        while at.cast::<u8>() < end {
            at.write_volatile(0);
            at = at.add(1);
        }
    }
}

const _: () = assert!(LARGE == 2 && SMALL_MAX < BLOCK);
