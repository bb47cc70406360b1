//! The conservative scan: which objects the words of native stacks and of other unsure memory may refer to.
//!
//! A word on a native stack may point to an object, into it, or one past its end (what is left of `data + 8 * i`). Old
//! objects are found by their start bits. Young ones have none: the allocated range that a word points into is parsed
//! by object sizes, once a scan, into the scratch bits.

use std::ops::Range;

use crate::header::{FWD, Object};
use crate::heap::{Generation, Heap};
use crate::space::{BLOCK, NURSERY};

/// Memory that a collection scans conservatively.
#[derive(Default)]
pub(crate) struct ScanRanges {
    /// Any pointer at, into or one past the end of an object counts.
    pub stacks: Vec<Range<usize>>,
    /// Only the exact address of an object counts.
    pub values: Vec<Range<usize>>,
}

/// State of a conservative scan.
#[derive(Default)]
struct Scan {
    found: Vec<Object>,
    /// Young holes whose scratch bits were set.
    parsed: Vec<Range<usize>>,
    /// The last of them that was looked at.
    hole: Range<usize>,
}

impl Heap {
    /// The objects that words in `ranges` may refer to. In a young collection words that do not concern nursery blocks
    /// or large objects are skipped.
    pub(crate) fn scan_conservatively(&mut self, ranges: &ScanRanges, young_only: bool) -> Vec<Object> {
        let mut scan = Scan::default();
        for range in &ranges.stacks {
            self.scan_range::<false>(range, young_only, &mut scan);
        }
        for range in &ranges.values {
            self.scan_range::<true>(range, young_only, &mut scan);
        }
        self.clear_parsed(&scan.parsed);
        scan.found
    }

    /// Collects young objects; then calls a function with the objects that words of running frames refer to, and no
    /// words of native stacks. It must not allocate.
    pub fn collect_and_look_in_frames(&mut self, mut f: impl FnMut(*mut u8)) {
        self.collect(Generation::Young);
        let mut ranges = ScanRanges::default();
        for roots in self.root_sets() {
            // SAFETY: as for a collection, after which nothing young is left.
            unsafe { (*roots).value_ranges(&mut ranges.values) };
        }
        for object in self.scan_conservatively(&ranges, false) {
            f(object.0 as *mut u8);
        }
    }

    fn scan_range<const EXACT: bool>(&mut self, range: &Range<usize>, young_only: bool, scan: &mut Scan) {
        let base = self.space.base;
        let small_bytes = self.blocks.count * BLOCK;
        // From the first block to one past the last large object: one compare sorts out most words.
        let bytes = self.large.end() - base;
        let mut previous = 0;
        for address in (range.start.next_multiple_of(8)..range.end & !7).step_by(8) {
            // SAFETY: the range is readable stack or scratch memory (contracts of `attach_thread` and `Roots`).
            let word = unsafe { std::ptr::read_volatile(address as *const usize) };
            let offset = word.wrapping_sub(base);
            if offset > bytes || word == previous {
                continue;
            }
            previous = word;
            if offset <= small_bytes && young_only && !self.near_nursery(offset) {
                continue;
            }
            let found = self.resolve(word, scan);
            if EXACT {
                scan.found.extend(found.filter(|object| object.0 == word));
                continue;
            }
            scan.found.extend(found);
            if word & 7 == 0 {
                let before = self.resolve(word - 1, scan);
                scan.found.extend(before);
            }
        }
        self.stats.words_scanned += range.len() as u64 / 8;
    }

    /// Is the small address at this offset in a nursery block, or right behind one? (The state of the block behind the
    /// last one can be read: the table of states goes on.)
    #[inline(always)]
    fn near_nursery(&self, offset: usize) -> bool {
        let last = self.space.small_bytes / BLOCK - 1;
        let states = self.space.state((offset / BLOCK).min(last)) | self.space.state(offset.saturating_sub(1) / BLOCK);
        states == NURSERY
    }

    /// The object that covers `address`.
    #[inline]
    fn resolve(&self, address: usize, scan: &mut Scan) -> Option<Object> {
        if address.wrapping_sub(self.space.base) >= self.blocks.count * BLOCK {
            return self.resolve_large(address);
        }
        if !scan.hole.contains(&address) {
            let holes = &self.nursery.holes;
            let after = holes.partition_point(|hole| hole.0 <= address);
            if after == 0 || address >= holes[after - 1].1 {
                return self.resolve_old(address);
            }
            let (start, end) = holes[after - 1];
            scan.hole = start..end;
            if !self.space.scratch.test(self.space.granule(start)) {
                self.for_each_young_in(start, end, |object| self.space.scratch.set(self.space.granule(object.0)));
                scan.parsed.push(start..end);
            }
        }
        let found = self.space.scratch.previous(self.space.granule(address & !7)).expect("the hole was parsed");
        Some(Object(self.space.base + found * 8))
    }

    fn resolve_old(&self, address: usize) -> Option<Object> {
        let found = Object(self.space.base + self.space.starts.previous(self.space.granule(address & !7))? * 8);
        (address < found.0 + found.header().small_size()).then_some(found)
    }

    fn resolve_large(&self, address: usize) -> Option<Object> {
        if !self.space.is_large(address) {
            return None;
        }
        let record = &self.large.records[self.large.index_of(&self.space, address)?];
        (address < record.address + record.size).then_some(Object(record.address))
    }

    /// Walks the young objects of one allocated range by their sizes.
    pub(crate) fn for_each_young_in(&self, start: usize, end: usize, mut f: impl FnMut(Object)) {
        let mut object = Object(start);
        while object.0 < end {
            let header = object.header();
            debug_assert_eq!(header.0 & FWD, 0, "young objects are parsed before evacuation");
            let size = header.small_size();
            assert!(
                size >= 8 && object.0 + size <= end,
                "heap corrupted: young object at {:#x} has {header:?} in the range {start:#x}..{end:#x}",
                object.0
            );
            f(object);
            object = Object(object.0 + size);
        }
    }

    fn clear_parsed(&self, parsed: &[Range<usize>]) {
        for hole in parsed {
            for word in self.space.granule(hole.start) >> 6..=self.space.granule(hole.end - 8) >> 6 {
                self.space.scratch.set_word(word, 0);
            }
        }
    }
}
