//! Roots: registered root sets, the stacks of attached threads, and the conservative scan.

use std::ops::Range;

use crate::header::{FWD, Object, Word};
use crate::heap::Heap;
use crate::space::{BLOCK, NURSERY};
use crate::visitor::Visitor;

/// A set of precise roots, asked at each collection.
pub trait Roots {
    /// Visits every slot; slots are updated when objects move.
    fn trace(&mut self, visitor: &mut Visitor<'_>);

    /// Adds address ranges that are scanned like a native stack: any word that could be the address of an object keeps
    /// it alive and where it is.
    fn conservative_ranges(&mut self, _ranges: &mut Vec<Range<usize>>) {}
}

/// A registered root set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RootsId(usize);

/// An attached thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThreadId(usize);

/// The stack of an attached thread.
struct ThreadStack {
    base: usize,
    /// Lowest address in use, published when the thread gave up the heap; 0 while it is the running one.
    parked_at: usize,
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

/// All sources of roots of one heap.
#[derive(Default)]
pub(crate) struct RootSets {
    registered: Vec<Option<*mut dyn Roots>>,
    threads: Vec<Option<ThreadStack>>,
    current: Option<usize>,
}

impl Heap {
    /// Registers a root set.
    ///
    /// # Safety
    /// `roots` is valid until it is removed or the heap is dropped, and nobody holds a reference to it while the heap
    /// may collect (that is, across an allocation).
    pub unsafe fn add_roots(&mut self, roots: *mut dyn Roots) -> RootsId {
        self.roots.registered.push(Some(roots));
        RootsId(self.roots.registered.len() - 1)
    }

    pub fn remove_roots(&mut self, id: RootsId) {
        self.roots.registered[id.0] = None;
    }

    /// Attaches a thread, whose stack grows down from `stack_base`; if no thread is running, this one is now.
    ///
    /// # Safety
    /// The stack below `stack_base` is readable as long as the thread is attached.
    pub unsafe fn attach_thread(&mut self, stack_base: *const u8) -> ThreadId {
        let stack = ThreadStack { base: stack_base as usize & !7, parked_at: stack_base as usize & !7 };
        let threads = &mut self.roots.threads;
        let index = match threads.iter().position(Option::is_none) {
            Some(index) => {
                threads[index] = Some(stack);
                index
            }
            None => {
                threads.push(Some(stack));
                threads.len() - 1
            }
        };
        if self.roots.current.is_none() {
            self.resume_thread(ThreadId(index));
        }
        ThreadId(index)
    }

    pub fn detach_thread(&mut self, id: ThreadId) {
        if self.roots.current == Some(id.0) {
            self.roots.current = None;
        }
        self.roots.threads[id.0] = None;
    }

    /// The running thread is about to let another one use the heap. `stack_pointer` is what
    /// [`with_spilled_registers`] passed, in a frame that stays until [`resume_thread`](Heap::resume_thread).
    pub fn park_thread(&mut self, id: ThreadId, stack_pointer: *const u8) {
        debug_assert_eq!(self.roots.current, Some(id.0), "only the running thread can be parked");
        let stack = self.roots.threads[id.0].as_mut().expect("the thread is attached");
        stack.parked_at = stack_pointer as usize;
        self.roots.current = None;
    }

    /// This thread uses the heap from now on.
    pub fn resume_thread(&mut self, id: ThreadId) {
        debug_assert!(self.roots.current.is_none(), "another thread is running");
        self.roots.threads[id.0].as_mut().expect("the thread is attached").parked_at = 0;
        self.roots.current = Some(id.0);
    }

    /// The root sets, each to be passed to `trace_roots`.
    pub(crate) fn root_sets(&self) -> Vec<*mut dyn Roots> {
        self.roots.registered.iter().flatten().copied().collect()
    }

    /// Stack ranges and conservative ranges; the running thread's stack is in use from `stack_pointer` on.
    pub(crate) fn conservative_ranges(&self, stack_pointer: usize) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let threads = &self.roots.threads;
        assert!(
            self.roots.current.is_some() || threads.iter().all(Option::is_none),
            "the heap is used while all its threads are parked"
        );
        for (index, stack) in threads.iter().enumerate() {
            let Some(stack) = stack else { continue };
            let low = if self.roots.current == Some(index) { stack_pointer } else { stack.parked_at };
            debug_assert!(low <= stack.base, "collection runs on another stack than that of the running thread");
            ranges.push(low..stack.base.max(low));
        }
        for roots in self.root_sets() {
            // SAFETY: registered root sets are valid and unaliased during a collection (contract of `add_roots`).
            unsafe { (*roots).conservative_ranges(&mut ranges) };
        }
        ranges
    }

    /// The objects that words in `ranges` may point to, at, into, or one past the end. In a young collection words that
    /// do not concern nursery blocks or large objects are skipped.
    pub(crate) fn scan_conservatively(&mut self, ranges: &[Range<usize>], young_only: bool) -> Vec<Object> {
        let mut scan = Scan::default();
        let base = self.space.base;
        let small_bytes = self.blocks.count * BLOCK;
        // From the first block to one past the last large object: one compare sorts out most words.
        let bytes = self.large.end() - base;
        for range in ranges {
            let mut previous = 0;
            for address in (range.start.next_multiple_of(8)..range.end & !7).step_by(8) {
                // SAFETY: the range is readable stack or scratch memory (contracts of `attach_thread` and `Roots`).
                let word = unsafe { std::ptr::read_volatile(address as *const usize) };
                let offset = word.wrapping_sub(base);
                if offset > bytes || word == previous {
                    continue;
                }
                previous = word;
                if offset <= small_bytes {
                    if young_only && !self.near_nursery(offset) {
                        continue;
                    }
                    self.resolve_small(word, &mut scan);
                    if word & 7 == 0 && offset > 0 {
                        self.resolve_small(word - 1, &mut scan);
                    }
                } else {
                    scan.found.extend(self.resolve_large(word));
                    if word & 7 == 0 {
                        scan.found.extend(self.resolve_large(word - 1));
                    }
                }
            }
        }
        self.clear_parsed(&scan.parsed);
        self.stats.words_scanned += ranges.iter().map(|range| range.len() / 8).sum::<usize>() as u64;
        scan.found
    }

    /// Is the small address at this offset in a nursery block, or right behind one? (The state of the block behind the
    /// last one can be read: the table of states goes on.)
    #[inline(always)]
    fn near_nursery(&self, offset: usize) -> bool {
        let last = self.space.small_bytes / BLOCK - 1;
        let states = self.space.state((offset / BLOCK).min(last)) | self.space.state(offset.saturating_sub(1) / BLOCK);
        states == NURSERY
    }

    /// Finds the small object that covers `address`.
    #[inline]
    fn resolve_small(&self, address: usize, scan: &mut Scan) {
        if !scan.hole.contains(&address) {
            let holes = &self.nursery.holes;
            let after = holes.partition_point(|hole| hole.0 <= address);
            if after == 0 || address >= holes[after - 1].1 {
                return scan.found.extend(self.resolve_old(address));
            }
            let (start, end) = holes[after - 1];
            scan.hole = start..end;
            if !self.space.scratch.test(self.space.granule(start)) {
                self.for_each_young_in(start, end, |object| self.space.scratch.set(self.space.granule(object.0)));
                scan.parsed.push(start..end);
            }
        }
        let found = self.space.scratch.previous(self.space.granule(address & !7)).expect("the hole was parsed");
        scan.found.push(Object(self.space.base + found * 8));
    }

    fn resolve_old(&self, address: usize) -> Option<Object> {
        if address.wrapping_sub(self.space.base) >= self.blocks.count * BLOCK {
            return None;
        }
        let found = Object(self.space.base + self.space.starts.previous(self.space.granule(address & !7))? * 8);
        (address < found.0 + found.header().small_size()).then_some(found)
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

    fn resolve_large(&self, address: usize) -> Option<Object> {
        if !self.space.is_large(address) {
            return None;
        }
        let record = &self.large.records[self.large.index_of(&self.space, address)?];
        (address < record.address + record.size).then_some(Object(record.address))
    }

    pub(crate) fn trace_roots(visitor: &mut Visitor<'_>) {
        for roots in visitor.heap.root_sets() {
            // SAFETY: registered root sets are valid and unaliased during a collection (contract of `add_roots`).
            unsafe { (*roots).trace(visitor) };
        }
    }
}

/// Calls `f` with an address below which nothing of the caller lives, after storing the callee-saved registers above
/// it: values that callers keep in registers are then found by a scan from that address.
#[inline(never)]
pub fn with_spilled_registers<R>(f: impl FnOnce(*const u8) -> R) -> R {
    let mut registers: [Word; 20] = [0; 20];
    spill(&mut registers);
    let result = f(registers.as_ptr().cast());
    std::hint::black_box(&mut registers);
    result
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn spill(registers: &mut [Word; 20]) {
    // SAFETY: stores six registers into an array of twenty words.
    unsafe {
        std::arch::asm!(
            "mov [{0}], rbx",
            "mov [{0} + 8], rbp",
            "mov [{0} + 16], r12",
            "mov [{0} + 24], r13",
            "mov [{0} + 32], r14",
            "mov [{0} + 40], r15",
            in(reg) registers.as_mut_ptr(),
            options(nostack, preserves_flags)
        );
    }
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn spill(registers: &mut [Word; 20]) {
    // SAFETY: stores nineteen registers into an array of twenty words.
    unsafe {
        std::arch::asm!(
            "stp x19, x20, [{0}]",
            "stp x21, x22, [{0}, #16]",
            "stp x23, x24, [{0}, #32]",
            "stp x25, x26, [{0}, #48]",
            "stp x27, x28, [{0}, #64]",
            "str x29, [{0}, #80]",
            "stp d8, d9, [{0}, #88]",
            "stp d10, d11, [{0}, #104]",
            "stp d12, d13, [{0}, #120]",
            "stp d14, d15, [{0}, #136]",
            in(reg) registers.as_mut_ptr(),
            options(nostack, preserves_flags)
        );
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("kaa-gc does not know the callee-saved registers of this architecture");

/// The high end of the calling thread's stack, for [`Heap::attach_thread`].
pub fn current_stack_base() -> std::io::Result<*const u8> {
    // SAFETY: the attribute object is initialized by pthread_getattr_np before it is read, and destroyed once.
    unsafe {
        let mut attributes = std::mem::zeroed::<libc::pthread_attr_t>();
        let status = libc::pthread_getattr_np(libc::pthread_self(), &mut attributes);
        if status != 0 {
            return Err(std::io::Error::from_raw_os_error(status));
        }
        let (mut low, mut size) = (std::ptr::null_mut(), 0);
        let status = libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        if status != 0 {
            return Err(std::io::Error::from_raw_os_error(status));
        }
        Ok(low.cast::<u8>().add(size))
    }
}
