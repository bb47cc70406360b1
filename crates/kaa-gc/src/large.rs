//! The large space: objects above 8 KiB on page runs of their own. They never move, have their size, mark and dirty
//! state in a side record, and a card table for stores. A page index finds the record from any address inside.

use std::collections::{BTreeMap, BTreeSet};

use crate::header::{Header, LARGE, Object, SMALL_MAX, UNLOG};
use crate::heap::{Generation, Heap};
use crate::space::{CARD, PAGE, Space};

/// Free runs above this many bytes in total (and a quarter of what is in use) are given back to the system at once.
const DIRTY_FREE_MAX: usize = 4 << 20;

/// Side record of one large object.
pub(crate) struct LargeRecord {
    /// 0: the record is unused.
    pub address: usize,
    pub size: usize,
    pages: usize,
    /// The full collection's epoch when last reached; 0 while young and not reached.
    pub mark: u32,
    /// In `LargeSpace::dirty`: some of its cards are set.
    pub dirty: bool,
}

/// Records and free page runs.
pub(crate) struct LargeSpace {
    pub records: Vec<LargeRecord>,
    unused: Vec<u32>,
    /// Allocated since the last collection.
    pub young: Vec<u32>,
    /// Old objects with cards to look at.
    pub dirty: Vec<u32>,
    pub epoch: u32,
    /// Sizes of all objects.
    pub bytes: usize,
    /// Free runs below `top`: address to pages, and (pages, address).
    runs: BTreeMap<usize, FreeRun>,
    by_size: BTreeSet<(usize, usize)>,
    /// Everything from here on is free.
    top: usize,
    /// Pages from here on were never used since they were last given back: they read as zero.
    high_water: usize,
    dirty_free: usize,
    /// Requests above this many bytes fail: what the machine has.
    memory: usize,
}

#[derive(Clone, Copy)]
struct FreeRun {
    pages: usize,
    dirty: bool,
}

/// Pages for an object, and whether they may hold old data.
struct Run {
    address: usize,
    dirty: bool,
}

impl LargeSpace {
    pub fn new(space: &Space) -> LargeSpace {
        LargeSpace {
            records: Vec::new(),
            unused: Vec::new(),
            young: Vec::new(),
            dirty: Vec::new(),
            epoch: 1,
            bytes: 0,
            runs: BTreeMap::new(),
            by_size: BTreeSet::new(),
            top: space.large_base,
            high_water: space.large_base,
            dirty_free: 0,
            memory: physical_memory(),
        }
    }

    /// No object is at or behind this address.
    pub fn end(&self) -> usize {
        self.top
    }

    /// The record of the object at or around `address`.
    #[inline(always)]
    pub fn index_of(&self, space: &Space, address: usize) -> Option<usize> {
        match space.page_record(address) {
            0 => None,
            index => Some(index as usize - 1),
        }
    }

    fn take_run(&mut self, space: &Space, pages: usize) -> Option<Run> {
        if let Some(&(found, address)) = self.by_size.range((pages, 0)..).next() {
            let run = self.remove_run(address);
            if found > pages {
                self.insert_run(address + pages * PAGE, found - pages, run.dirty);
            }
            return Some(Run { address, dirty: run.dirty });
        }
        let address = self.top;
        if pages * PAGE > space.large_base + space.large_bytes - address {
            return None;
        }
        self.top += pages * PAGE;
        let dirty = address < self.high_water;
        self.high_water = self.high_water.max(self.top);
        Some(Run { address, dirty })
    }

    fn insert_run(&mut self, address: usize, pages: usize, dirty: bool) {
        self.runs.insert(address, FreeRun { pages, dirty });
        self.by_size.insert((pages, address));
        if dirty {
            self.dirty_free += pages * PAGE;
        }
    }

    fn remove_run(&mut self, address: usize) -> FreeRun {
        let run = self.runs.remove(&address).expect("a run of the size index is in the address index");
        self.by_size.remove(&(run.pages, address));
        if run.dirty {
            self.dirty_free -= run.pages * PAGE;
        }
        run
    }

    /// Returns pages that held an object, merging with free neighbours.
    fn free_run(&mut self, space: &Space, mut address: usize, mut pages: usize) {
        let mut dirty = true;
        if self.dirty_free + pages * PAGE > DIRTY_FREE_MAX.max(self.bytes / 4) {
            space.release(address, pages * PAGE);
            dirty = false;
        }
        if let Some((&before, run)) = self.runs.range(..address).next_back()
            && before + run.pages * PAGE == address
        {
            let run = self.remove_run(before);
            address = before;
            pages += run.pages;
            dirty |= run.dirty;
        }
        let end = address + pages * PAGE;
        if end == self.top {
            self.top = address;
            if !dirty && self.high_water == end {
                self.high_water = address;
            }
            return;
        }
        if self.runs.contains_key(&end) {
            let run = self.remove_run(end);
            pages += run.pages;
            dirty |= run.dirty;
        }
        self.insert_run(address, pages, dirty);
    }

    /// Takes `pages` free pages right behind `end`; tells whether they may hold old data.
    fn extend_run(&mut self, space: &Space, end: usize, pages: usize) -> Option<bool> {
        if end == self.top {
            if pages * PAGE > space.large_base + space.large_bytes - end {
                return None;
            }
            self.top += pages * PAGE;
            let dirty = end < self.high_water;
            self.high_water = self.high_water.max(self.top);
            return Some(dirty);
        }
        let found = self.runs.get(&end)?.pages;
        if found < pages {
            return None;
        }
        let run = self.remove_run(end);
        if found > pages {
            self.insert_run(end + pages * PAGE, found - pages, run.dirty);
        }
        Some(run.dirty)
    }

    fn new_record(&mut self, space: &Space, record: LargeRecord) -> u32 {
        self.bytes += record.size;
        let (address, pages) = (record.address, record.pages);
        let index = match self.unused.pop() {
            Some(index) => {
                self.records[index as usize] = record;
                index
            }
            None => {
                self.records.push(record);
                self.records.len() as u32 - 1
            }
        };
        space.set_page_records(address, pages, index + 1);
        index
    }

    /// Frees an object's memory and record.
    pub fn free(&mut self, space: &Space, index: usize, poison: bool) {
        let record = &mut self.records[index];
        let (address, pages) = (record.address, record.pages);
        debug_assert!(!record.dirty, "cards are visited before anything is freed");
        self.bytes -= record.size;
        *record = LargeRecord { address: 0, size: 0, pages: 0, mark: 0, dirty: false };
        self.unused.push(index as u32);
        space.set_page_records(address, pages, 0);
        if poison {
            // SAFETY: the pages belonged to the object that was just freed.
            unsafe { std::slice::from_raw_parts_mut(address as *mut u64, pages * PAGE / 8) }.fill(crate::POISON);
        }
        self.free_run(space, address, pages);
    }

    /// Gives all free pages back to the system.
    pub fn release_free(&mut self, space: &Space) {
        let dirty: Vec<usize> = self.runs.iter().filter(|(_, run)| run.dirty).map(|(&address, _)| address).collect();
        for address in dirty {
            let run = self.remove_run(address);
            space.release(address, run.pages * PAGE);
            self.insert_run(address, run.pages, false);
        }
        if self.high_water > self.top {
            space.release(self.top, self.high_water - self.top);
            self.high_water = self.top;
        }
    }
}

impl Heap {
    #[cold]
    #[inline(never)]
    pub(crate) fn alloc_large(&mut self, size: usize, header: Header, zeroed: bool) -> *mut u8 {
        self.nursery.weighted += size.min(self.nursery.budget) / 2;
        let Some(index) = self.new_large(size, header, zeroed) else { return std::ptr::null_mut() };
        self.large.young.push(index);
        self.large.records[index as usize].address as *mut u8
    }

    pub(crate) fn alloc_large_old(&mut self, size: usize, header: Header) -> *mut u8 {
        let Some(index) = self.new_large(size, header, false) else { return std::ptr::null_mut() };
        let record = &mut self.large.records[index as usize];
        record.mark = self.large.epoch;
        self.remembered.push(record.address);
        record.address as *mut u8
    }

    fn new_large(&mut self, size: usize, header: Header, zeroed: bool) -> Option<u32> {
        debug_assert!(size > SMALL_MAX && size.is_multiple_of(8));
        if size > self.large.memory || size > self.space.large_bytes {
            return None;
        }
        self.before_slow_allocation();
        let pages = size.div_ceil(PAGE);
        let mut run = self.take_large_run(pages);
        if run.is_none() {
            self.collect(Generation::Full);
            run = self.take_large_run(pages);
        }
        let Run { address, dirty } = run?;
        if dirty && zeroed {
            // SAFETY: the run is `pages` mapped pages that belong to nobody else.
            unsafe { std::ptr::write_bytes(address as *mut u8, 0, size) };
        }
        let shapeless = Header(header.0 & !0xffff_0000).with_flags(LARGE).without_flags(UNLOG);
        Object(address).set_header(shapeless);
        let record = LargeRecord { address, size, pages, mark: 0, dirty: false };
        Some(self.large.new_record(&self.space, record))
    }

    fn take_large_run(&mut self, pages: usize) -> Option<Run> {
        let used = self.blocks.in_use() * crate::space::BLOCK + self.large.bytes;
        if !self.may_grow(pages * PAGE) || used + pages * PAGE > self.large.memory {
            return None;
        }
        self.large.take_run(&self.space, pages)
    }

    /// The size in bytes, with the header, of any object.
    pub fn size_of(&self, object: *const u8) -> usize {
        self.object_size(Object(object as usize))
    }

    #[inline(always)]
    pub(crate) fn object_size(&self, object: Object) -> usize {
        let header = object.header();
        if header.is_large() { self.large_record(object).size } else { header.small_size() }
    }

    pub(crate) fn large_record(&self, object: Object) -> &LargeRecord {
        let index = self.large.index_of(&self.space, object.0).expect("a large object has a record");
        &self.large.records[index]
    }

    /// Changes the size of a large object without moving it; false if there is no room behind it (or it would no longer
    /// be large). New words are zero.
    pub fn resize_large(&mut self, object: *mut u8, size: usize) -> bool {
        let object = Object(object as usize);
        debug_assert!(object.header().is_large() && size.is_multiple_of(8));
        if size <= SMALL_MAX || size > self.large.memory {
            return false;
        }
        let index = self.large.index_of(&self.space, object.0).expect("a large object has a record");
        let LargeRecord { size: old_size, pages: old_pages, .. } = self.large.records[index];
        let pages = size.div_ceil(PAGE);
        if pages > old_pages {
            let more = pages - old_pages;
            if !self.may_grow(more * PAGE) {
                return false;
            }
            let end = object.0 + old_pages * PAGE;
            let Some(dirty) = self.large.extend_run(&self.space, end, more) else { return false };
            self.space.set_page_records(end, more, index as u32 + 1);
            if dirty {
                // SAFETY: these pages were just taken for this object.
                unsafe { std::ptr::write_bytes(end as *mut u8, 0, more * PAGE) };
            }
            self.nursery.weighted += more * PAGE / 2;
        } else if pages < old_pages {
            let end = object.0 + pages * PAGE;
            let surplus = old_pages - pages;
            self.space.clear_cards(end, surplus * PAGE);
            self.space.set_page_records(end, surplus, 0);
            self.large.free_run(&self.space, end, surplus);
        }
        if size > old_size {
            let old_end = object.0 + old_size;
            let zeroed = (object.0 + size).min(object.0 + old_pages * PAGE) - old_end;
            // SAFETY: the range is the tail of the object's last old page, inside its pages.
            unsafe { std::ptr::write_bytes(old_end as *mut u8, 0, zeroed) };
        }
        let record = &mut self.large.records[index];
        record.size = size;
        record.pages = pages;
        self.large.bytes = self.large.bytes + size - old_size;
        true
    }
}

fn physical_memory() -> usize {
    // SAFETY: sysconf has no preconditions.
    let (pages, page) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    if pages <= 0 || page <= 0 { usize::MAX / 2 } else { (pages as usize).saturating_mul(page as usize) }
}

const _: () = assert!(PAGE.is_multiple_of(CARD));
