//! The address space of one heap: a single reservation, its layout, and the side tables in it.
//!
//! ```text
//! | small blocks (S bytes) | large pages (4 S) | start bits | end bits | scratch bits | block states | cards | page index |
//! ```
//!
//! Nothing is committed in advance: pages come from the kernel, zeroed, when they are first touched. One range check
//! tells whether a word can be an address of this heap. No state is global, so a process may have many heaps.

use crate::Error;

pub(crate) const BLOCK: usize = 32 << 10;
pub(crate) const BLOCK_GRANULES: usize = BLOCK / 8;
/// Words of a bitmap that cover one block.
pub(crate) const BLOCK_WORDS: usize = BLOCK_GRANULES / 64;
pub(crate) const PAGE: usize = 4096;
pub(crate) const CARD: usize = 512;

const MINIMUM: usize = 1 << 20;

/// What processors map at once beside pages of the usual size.
const HUGE_PAGE: usize = 2 << 20;

/// Block state: the mutator allocates here since the last collection.
pub(crate) const NURSERY: u8 = 1;
/// Block state: neither free nor nursery, or free.
pub(crate) const OLD: u8 = 0;

/// A bitmap in the reservation with one bit for each granule of the small space.
#[derive(Clone, Copy)]
pub(crate) struct BitTable {
    words: *mut u64,
    #[cfg(debug_assertions)]
    granules: usize,
}

impl BitTable {
    fn new(address: usize, _granules: usize) -> BitTable {
        BitTable {
            words: address as *mut u64,
            #[cfg(debug_assertions)]
            granules: _granules,
        }
    }

    #[inline(always)]
    fn at(self, word: usize) -> *mut u64 {
        #[cfg(debug_assertions)]
        assert!(word * 64 < self.granules, "bitmap index out of the small space");
        // SAFETY: the table has one bit for each granule of the small space, and every granule index comes from an
        // address inside it (asserted above in debug builds).
        unsafe { self.words.add(word) }
    }

    #[inline(always)]
    pub fn word(self, word: usize) -> u64 {
        // SAFETY: `at` stays inside the mapped table.
        unsafe { *self.at(word) }
    }

    #[inline(always)]
    pub fn set_word(self, word: usize, value: u64) {
        // SAFETY: `at` stays inside the mapped table.
        unsafe { *self.at(word) = value }
    }

    #[inline(always)]
    pub fn test(self, granule: usize) -> bool {
        self.word(granule >> 6) >> (granule & 63) & 1 != 0
    }

    #[inline(always)]
    pub fn set(self, granule: usize) {
        self.set_word(granule >> 6, self.word(granule >> 6) | 1 << (granule & 63));
    }

    /// Sets the bit; was it clear before?
    #[inline(always)]
    pub fn set_new(self, granule: usize) -> bool {
        let (word, bit) = (self.word(granule >> 6), 1 << (granule & 63));
        if word & bit != 0 {
            return false;
        }
        self.set_word(granule >> 6, word | bit);
        true
    }

    /// The highest set bit at or below `granule`, at most one small object's size away.
    pub fn previous(self, granule: usize) -> Option<usize> {
        let mut word = granule >> 6;
        let mut bits = self.word(word) & u64::MAX >> (63 - (granule & 63));
        let lowest = granule.saturating_sub(crate::SMALL_MAX / 8) >> 6;
        loop {
            if bits != 0 {
                return Some((word << 6) + 63 - bits.leading_zeros() as usize);
            }
            if word == lowest {
                return None;
            }
            word -= 1;
            bits = self.word(word);
        }
    }

    /// Clears the bits of the first `blocks` blocks.
    pub fn clear_blocks(self, blocks: usize) {
        if blocks > 0 {
            self.at(blocks * BLOCK_WORDS - 1);
            // SAFETY: the words of the first `blocks` blocks are inside the table (checked by `at`).
            unsafe { std::ptr::write_bytes(self.words, 0, blocks * BLOCK_WORDS) }
        }
    }
}

/// The reservation of one heap and the addresses of its parts.
pub(crate) struct Space {
    pub base: usize,
    pub small_bytes: usize,
    pub large_base: usize,
    pub large_bytes: usize,
    /// One bit for the first granule of each old or marked object: mark bit and valid-object bit in one.
    pub starts: BitTable,
    /// One bit for the last granule of each such object.
    pub ends: BitTable,
    /// Start bits of young objects in holes that were parsed for a conservative root.
    pub scratch: BitTable,
    states: *mut u8,
    cards: *mut u8,
    pages: *mut u32,
    mapping: usize,
    mapping_bytes: usize,
}

impl Space {
    /// Reserves room for `small_bytes` of small objects, or the largest fraction of it that the system grants.
    pub fn reserve(small_bytes: usize) -> Result<Space, Error> {
        let mut small_bytes = small_bytes.next_multiple_of(MINIMUM);
        let mut failed = false;
        loop {
            let total = total_bytes(small_bytes);
            if let Some(mapping) = map(total) {
                if failed && small_bytes > MINIMUM {
                    // Address space is short (RLIMIT_AS, strict overcommit): leave half of what there is to others.
                    failed = false;
                    // SAFETY: the mapping was made just now and nothing refers to it.
                    unsafe { libc::munmap(mapping as *mut libc::c_void, total) };
                } else {
                    return Ok(Space::in_mapping(mapping, total, small_bytes));
                }
            } else {
                failed = true;
            }
            if small_bytes <= MINIMUM {
                return Err(Error::Reservation(std::io::Error::last_os_error()));
            }
            small_bytes = (small_bytes / 2).next_multiple_of(MINIMUM);
        }
    }

    fn in_mapping(mapping: usize, mapping_bytes: usize, small_bytes: usize) -> Space {
        let large_bytes = large_bytes(small_bytes);
        let base = mapping.next_multiple_of(HUGE_PAGE);
        let large_base = base + small_bytes;
        let starts = large_base + large_bytes;
        let ends = starts + small_bytes / 64;
        let scratch = ends + small_bytes / 64;
        let states = scratch + small_bytes / 64;
        let cards = (states + small_bytes / BLOCK).next_multiple_of(8);
        let pages = (cards + large_bytes / CARD).next_multiple_of(8);
        debug_assert!(pages + large_bytes / PAGE * 4 <= mapping + mapping_bytes);
        if small_bytes >= 2 * HUGE_PAGE {
            // A heap that outgrows the first two megabytes soon needs most of the next two: one huge
            // page comes several times sooner than 512 small ones.
            // SAFETY: advice on a range inside the mapping, which a kernel may refuse to no harm.
            unsafe { libc::madvise((base + HUGE_PAGE) as *mut libc::c_void, HUGE_PAGE, libc::MADV_HUGEPAGE) };
        }
        Space {
            base,
            small_bytes,
            large_base,
            large_bytes,
            starts: BitTable::new(starts, small_bytes / 8),
            ends: BitTable::new(ends, small_bytes / 8),
            scratch: BitTable::new(scratch, small_bytes / 8),
            states: states as *mut u8,
            cards: cards as *mut u8,
            pages: pages as *mut u32,
            mapping,
            mapping_bytes,
        }
    }

    #[inline(always)]
    pub fn is_small(&self, address: usize) -> bool {
        address.wrapping_sub(self.base) < self.small_bytes
    }

    #[inline(always)]
    pub fn is_large(&self, address: usize) -> bool {
        address.wrapping_sub(self.large_base) < self.large_bytes
    }

    #[inline(always)]
    pub fn granule(&self, address: usize) -> usize {
        (address - self.base) >> 3
    }

    #[inline(always)]
    pub fn block_of(&self, address: usize) -> usize {
        (address - self.base) / BLOCK
    }

    #[inline(always)]
    pub fn block_address(&self, block: usize) -> usize {
        self.base + block * BLOCK
    }

    #[inline(always)]
    pub fn state(&self, block: usize) -> u8 {
        debug_assert!(block < self.small_bytes / BLOCK);
        // SAFETY: one state byte for each block of the small space, and blocks come from addresses inside it.
        unsafe { *self.states.add(block) }
    }

    pub fn set_state(&self, block: usize, state: u8) {
        debug_assert!(block < self.small_bytes / BLOCK);
        // SAFETY: as in `state`.
        unsafe { *self.states.add(block) = state }
    }

    /// Is this small address in a block that the mutator allocates into?
    #[inline(always)]
    pub fn in_nursery(&self, address: usize) -> bool {
        self.state(self.block_of(address)) == NURSERY
    }

    /// Marks a small object: start and end bit.
    #[inline(always)]
    pub fn mark_object(&self, address: usize, size: usize) {
        let granule = self.granule(address);
        self.starts.set(granule);
        self.ends.set(granule + size / 8 - 1);
    }

    /// The record number + 1 of the large object on this page; 0: none.
    #[inline(always)]
    pub fn page_record(&self, address: usize) -> u32 {
        debug_assert!(self.is_large(address));
        // SAFETY: one entry for each page of the large space, and `address` is inside it.
        unsafe { *self.pages.add((address - self.large_base) / PAGE) }
    }

    pub fn set_page_records(&self, address: usize, pages: usize, value: u32) {
        debug_assert!(address + pages * PAGE <= self.large_base + self.large_bytes);
        let first = (address - self.large_base) / PAGE;
        // SAFETY: the pages are inside the large space, so are their entries in the table.
        unsafe { std::slice::from_raw_parts_mut(self.pages.add(first), pages) }.fill(value);
    }

    /// Clears the cards of a range of the large space.
    pub fn clear_cards(&self, address: usize, bytes: usize) {
        debug_assert!(address >= self.large_base && address + bytes <= self.large_base + self.large_bytes);
        let first = (address - self.large_base) / CARD;
        let last = (address + bytes - self.large_base).div_ceil(CARD);
        // SAFETY: one byte for each card of the large space.
        unsafe { std::ptr::write_bytes(self.cards.add(first), 0, last - first) }
    }

    pub fn has_card(&self, address: usize) -> bool {
        debug_assert!(self.is_large(address));
        // SAFETY: one byte for each card of the large space.
        unsafe { *self.cards.add((address - self.large_base) / CARD) != 0 }
    }

    /// Clears the eight cards of a page; a byte of the result is 1 for each that was set, lowest address first.
    #[inline(always)]
    pub fn take_page_cards(&self, page: usize) -> u64 {
        debug_assert!(self.is_large(page) && page.is_multiple_of(PAGE));
        // SAFETY: a page has eight cards, one byte each, and their bytes in the table start at a multiple of 8.
        unsafe {
            let cards = self.cards.add((page - self.large_base) / CARD).cast::<u64>();
            let taken = u64::from_le(*cards);
            if taken != 0 {
                *cards = 0;
            }
            taken
        }
    }

    #[inline(always)]
    pub fn set_card(&self, address: usize) {
        debug_assert!(self.is_large(address));
        // SAFETY: one byte for each card of the large space.
        unsafe { *self.cards.add((address - self.large_base) / CARD) = 1 }
    }

    /// Has the system give memory to a range that is about to be used, at once instead of page by
    /// page.
    pub fn populate(&self, address: usize, bytes: usize) {
        let bytes = bytes.min(self.large_base - address);
        // SAFETY: the range is inside the reservation; what is in it stays. A kernel that does
        // not know how refuses, which changes nothing.
        unsafe { libc::madvise(address as *mut libc::c_void, bytes, libc::MADV_POPULATE_WRITE) };
    }

    /// Gives the pages of a range back to the system; they read as zero afterwards.
    pub fn release(&self, address: usize, bytes: usize) {
        debug_assert!(address >= self.base && address + bytes <= self.large_base + self.large_bytes);
        // SAFETY: the range is inside the reservation and holds no object.
        unsafe { libc::madvise(address as *mut libc::c_void, bytes, libc::MADV_DONTNEED) };
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `reserve`; the heap that owned every pointer into it is gone.
        unsafe { libc::munmap(self.mapping as *mut libc::c_void, self.mapping_bytes) };
    }
}

fn large_bytes(small_bytes: usize) -> usize {
    small_bytes * 4
}

fn total_bytes(small: usize) -> usize {
    let large = large_bytes(small);
    small + large + HUGE_PAGE + small / 64 * 3 + small / BLOCK + large / CARD + large / PAGE * 4 + PAGE
}

fn map(bytes: usize) -> Option<usize> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a fresh anonymous mapping at an address of the kernel's choice touches no existing memory.
    let address = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
    (address != libc::MAP_FAILED).then_some(address as usize)
}
