//! Roots: registered root sets and the stacks of attached threads.

use std::ops::Range;

use crate::conservative::ScanRanges;
use crate::header::Word;
use crate::heap::Heap;
use crate::visitor::Visitor;

/// A set of precise roots, asked at each collection.
pub trait Roots {
    /// Visits every slot; slots are updated when objects move.
    fn trace(&mut self, visitor: &mut Visitor<'_>);

    /// Adds address ranges that are scanned like a native stack: any word that could be the address of an object keeps
    /// it alive and where it is.
    fn conservative_ranges(&mut self, _ranges: &mut Vec<Range<usize>>) {}

    /// Adds address ranges of value words that may be stale or uninitialized (the stacks of an interpreter): as above,
    /// but only words that are exactly the address of an object count. Prefer this where it is enough: a word on a
    /// native stack must also be taken for a pointer to the end of the object before.
    fn value_ranges(&mut self, _ranges: &mut Vec<Range<usize>>) {}
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

    /// What is to be scanned; the running thread's stack is in use from `stack_pointer` on.
    pub(crate) fn scan_ranges(&self, stack_pointer: usize) -> ScanRanges {
        let mut ranges = ScanRanges::default();
        let threads = &self.roots.threads;
        assert!(
            self.roots.current.is_some() || threads.iter().all(Option::is_none),
            "the heap is used while all its threads are parked"
        );
        for (index, stack) in threads.iter().enumerate() {
            let Some(stack) = stack else { continue };
            let low = if self.roots.current == Some(index) { stack_pointer } else { stack.parked_at };
            debug_assert!(low <= stack.base, "collection runs on another stack than that of the running thread");
            ranges.stacks.push(low..stack.base.max(low));
        }
        for roots in self.root_sets() {
            // SAFETY: registered root sets are valid and unaliased during a collection (contract of `add_roots`).
            unsafe {
                (*roots).conservative_ranges(&mut ranges.stacks);
                (*roots).value_ranges(&mut ranges.values);
            }
        }
        ranges
    }

    pub(crate) fn trace_roots(visitor: &mut Visitor<'_>) {
        for roots in visitor.heap.root_sets() {
            // SAFETY: registered root sets are valid and unaliased during a collection (contract of `add_roots`).
            unsafe { (*roots).trace(visitor) };
        }
    }
}

/// Overwrites the part of the native stack that the caller is about to use. What calls that have returned left there
/// would otherwise lie between the variables of the next ones, and be taken for references.
#[inline(never)]
pub fn scrub_stack() {
    let mut words: [Word; 4096] = [0; 4096];
    std::hint::black_box(&mut words);
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
    if let Some(base) = first_stack_base() {
        return Ok(base);
    }
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

/// The high end of the stack that the process was started with, when this thread runs on it: for
/// that one the C library reads `/proc/self/maps`, which need not be there. Above the first frame
/// the kernel put sixteen random bytes, and their address beside the program's arguments.
fn first_stack_base() -> Option<*const u8> {
    /// Nothing else is mapped this near to the first stack.
    const NEAR: usize = 4 << 20;
    // SAFETY: a look-up in a table of the process.
    let top = unsafe { libc::getauxval(libc::AT_RANDOM) } as usize;
    let here = std::ptr::from_ref(&top) as usize;
    (here < top && top - here < NEAR).then_some(top as *const u8)
}
