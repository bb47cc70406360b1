//! Blocks: which parts of a block are occupied, the holes between, and the lists of blocks by how full they are.

use std::collections::VecDeque;

use crate::space::{BLOCK, BLOCK_GRANULES, BLOCK_WORDS, Space};

/// Occupied granules of a block, from its start and end bits: the sum over its objects of `2^(end+1) - 2^start`, that
/// is `(E << 1) - S` as one 4096-bit subtraction.
#[inline(always)]
pub(crate) fn occupancy(space: &Space, block: usize) -> [u64; BLOCK_WORDS] {
    let mut occupied = [0; BLOCK_WORDS];
    let (mut carry, mut borrow) = (0, false);
    for (index, word) in occupied.iter_mut().enumerate() {
        let ends = space.ends.word(block * BLOCK_WORDS + index);
        let starts = space.starts.word(block * BLOCK_WORDS + index);
        let (difference, first) = (ends << 1 | carry).overflowing_sub(starts);
        let (difference, second) = difference.overflowing_sub(borrow as u64);
        carry = ends >> 63;
        borrow = first | second;
        *word = difference;
    }
    occupied
}

/// Iterates over the holes of one block.
pub(crate) struct Holes {
    /// A bit for each granule whose occupancy differs from the one before (before the block counts as occupied).
    boundaries: [u64; BLOCK_WORDS],
    word: usize,
    bits: u64,
    block: usize,
    pub active: bool,
}

impl Holes {
    pub fn none() -> Holes {
        Holes { boundaries: [0; BLOCK_WORDS], word: 0, bits: 0, block: 0, active: false }
    }

    /// The one hole of an empty block.
    pub fn whole(block: usize) -> Holes {
        let mut boundaries = [0; BLOCK_WORDS];
        boundaries[0] = 1;
        Holes { boundaries, word: 0, bits: 1, block, active: true }
    }

    pub fn of_block(space: &Space, block: usize) -> Holes {
        let mut boundaries = occupancy(space, block);
        let mut previous = 1;
        for word in &mut boundaries {
            let occupied = *word;
            *word = occupied ^ (occupied << 1 | previous);
            previous = occupied >> 63;
        }
        Holes { bits: boundaries[0], boundaries, word: 0, block, active: true }
    }

    pub fn block(&self) -> Option<usize> {
        self.active.then_some(self.block)
    }

    #[inline(always)]
    fn boundary(&mut self) -> usize {
        while self.bits == 0 {
            self.word += 1;
            if self.word >= BLOCK_WORDS {
                return BLOCK_GRANULES;
            }
            self.bits = self.boundaries[self.word];
        }
        let granule = self.word * 64 + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        granule
    }

    /// The next hole of at least `minimum` bytes, as addresses.
    #[inline(always)]
    pub fn next(&mut self, space: &Space, minimum: usize) -> Option<(usize, usize)> {
        if !self.active {
            return None;
        }
        loop {
            let start = self.boundary();
            if start >= BLOCK_GRANULES {
                self.active = false;
                return None;
            }
            let end = self.boundary();
            if (end - start) * 8 >= minimum {
                let base = space.block_address(self.block);
                return Some((base + start * 8, base + end * 8));
            }
        }
    }
}

/// How many blocks the system is asked for memory at once: page faults cost ten times the clearing
/// of the page.
const POPULATED: usize = 8;

/// Free blocks that are kept out of use when they are to be reused late.
const QUARANTINE: usize = 512;

/// Which blocks exist and how full they are. A block is in one list at most; those in no list are full or in use by an
/// allocator.
#[derive(Default)]
pub(crate) struct Blocks {
    /// Blocks ever handed out: the small space is in use up to here.
    pub count: usize,
    /// The system gave memory up to this block.
    pub populated: usize,
    pub free: VecDeque<u32>,
    /// Nearly empty: the mutator allocates into them.
    pub sparse: Vec<u32>,
    /// More than half empty: evacuation fills them, and the mutator before it asks for more memory.
    pub roomy: Vec<u32>,
    /// About half empty: evacuation fills them.
    pub recyclable: Vec<u32>,
    /// Nearly full: evacuation of small objects fills them first.
    pub poor: Vec<u32>,
    /// Reuse free blocks as late as possible.
    pub reuse_late: bool,
    /// Blocks with fewer occupied granules than this are sparse.
    pub sparse_below: usize,
}

impl Blocks {
    pub fn in_use(&self) -> usize {
        self.count - self.free.len()
    }

    /// A block with much room for the mutator, unless there is an empty one, or evacuation needs those that there are.
    pub fn take_roomy(&mut self, reserve: usize) -> Option<u32> {
        if self.free.is_empty() && self.roomy.len() > reserve { self.roomy.pop() } else { None }
    }

    /// The next block with room, for survivors that are not small.
    pub fn take_partial(&mut self) -> Option<u32> {
        self.roomy.pop().or_else(|| self.recyclable.pop())
    }

    /// An empty block; none if the small space is exhausted.
    pub fn take_free(&mut self, space: &Space) -> Option<usize> {
        let can_grow = (self.count + 1) * BLOCK <= space.small_bytes;
        let recycled = if !self.reuse_late {
            self.free.pop_back()
        } else if self.free.len() < QUARANTINE && can_grow {
            None
        } else {
            self.free.pop_front()
        };
        if let Some(block) = recycled {
            return Some(block as usize);
        }
        if !can_grow {
            return None;
        }
        if self.count >= self.populated {
            space.populate(space.block_address(self.count), POPULATED * BLOCK);
            self.populated = self.count + POPULATED;
        }
        self.count += 1;
        Some(self.count - 1)
    }

    /// Puts a block that no allocator uses into the list of its fullness.
    pub fn classify(&mut self, space: &Space, block: usize, poison: bool) {
        let occupied = occupancy(space, block);
        let granules: usize = occupied.iter().map(|word| word.count_ones() as usize).sum();
        if poison {
            poison_holes(space, block);
        }
        let block = block as u32;
        if granules == 0 {
            self.free.push_back(block);
        } else if granules < self.sparse_below {
            self.sparse.push(block);
        } else if granules < BLOCK_GRANULES * 3 / 8 {
            self.roomy.push(block);
        } else if granules <= BLOCK_GRANULES / 2 {
            self.recyclable.push(block);
        } else if granules <= BLOCK_GRANULES - BLOCK_GRANULES / 16 {
            self.poor.push(block);
        }
    }

    pub fn clear_lists(&mut self) {
        self.free.clear();
        self.sparse.clear();
        self.roomy.clear();
        self.recyclable.clear();
        self.poor.clear();
    }
}

fn poison_holes(space: &Space, block: usize) {
    let mut holes = Holes::of_block(space, block);
    while let Some((start, end)) = holes.next(space, 8) {
        // SAFETY: the hole is mapped block memory that no object occupies.
        unsafe { std::slice::from_raw_parts_mut(start as *mut u64, (end - start) / 8) }.fill(crate::POISON);
    }
}
