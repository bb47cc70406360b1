//! Memory for work that makes many small things and throws all of them away soon after: compiling
//! one source after the other.
//!
//! [`Allocator`] is the allocator of the command. It is the C library's, but for small things that a
//! thread asks for during a [`Batch`]. Those lie one behind the other in chunks, so that making one
//! takes an addition and throwing one away a subtraction. A chunk counts what lives in it and is used
//! again when that is nothing: a single thing that stays keeps its chunk, so that this is no memory
//! for what lives long.
//!
//! All chunks are in one stretch of addresses, by which is told where a thing came from. It may be
//! thrown away by any thread at any time; but a chunk whose last thing another thread than its own
//! throws away is not used again.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// Bytes of a chunk, and what its address is a multiple of.
const CHUNK: usize = 1 << 16;

/// Addresses for all chunks; only what is used of them is memory.
const STRETCH: usize = 4 << 30;

/// What is larger is left to the C library.
const LARGEST: usize = 1 << 10;

/// What addresses and sizes of things are multiples of.
const UNIT: usize = 16;

/// The start of a chunk.
#[repr(C, align(16))]
struct Chunk {
    /// The number of the thread that puts things into it.
    owner: Cell<u32>,
    /// Things that others have thrown away.
    by_others: AtomicU32,
    /// Things put into it, without those that the owner has thrown away.
    things: Cell<u32>,
    /// The next one in a list.
    next: Cell<*mut Chunk>,
}

/// Room for things in a chunk.
const ROOM: usize = CHUNK - size_of::<Chunk>();

/// Where the stretch begins; before it is there, so that no address is in it.
static START: AtomicUsize = AtomicUsize::new(1 << 63);
/// How many bytes of it have been made chunks.
static USED: AtomicUsize = AtomicUsize::new(0);
/// Empty chunks of threads that have ended.
static LEFT: Mutex<List> = Mutex::new(List(Cell::new(null_mut())));

/// Empty chunks.
struct List(Cell<*mut Chunk>);

// SAFETY: nothing else knows of empty chunks.
unsafe impl Send for List {}

/// What a thread has.
struct Thread {
    /// Where the next thing goes, and bytes from there on; none but during a batch.
    position: Cell<usize>,
    room: Cell<usize>,
    /// The room between two batches.
    room_later: Cell<usize>,
    is_in_batch: Cell<bool>,
    /// The chunk of `position`, if any.
    current: Cell<*mut Chunk>,
    /// Empty chunks.
    spare: Cell<*mut Chunk>,
    /// The number that its chunks bear; 0 until it has one.
    number: Cell<u32>,
    /// Whether it has a [`BatchMemory`].
    has_memory: Cell<bool>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            position: Cell::new(0),
            room: Cell::new(0),
            room_later: Cell::new(0),
            is_in_batch: Cell::new(false),
            current: Cell::new(null_mut()),
            spare: Cell::new(null_mut()),
            number: Cell::new(0),
            has_memory: Cell::new(false),
        }
    };
}

/// What a thread must have for batches to be any; its chunks are others' when it is dropped. Where the
/// system has no addresses left, it changes nothing.
pub struct BatchMemory {
    is_first: bool,
    of_thread: PhantomData<*const ()>,
}

impl BatchMemory {
    pub fn of_this_thread() -> BatchMemory {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        THREAD.with(|thread| {
            let is_first = reserve() && !thread.has_memory.replace(true);
            if is_first && thread.number.get() == 0 {
                thread.number.set(NEXT.fetch_add(1, Ordering::Relaxed));
            }
            BatchMemory { is_first, of_thread: PhantomData }
        })
    }
}

impl Drop for BatchMemory {
    fn drop(&mut self) {
        if self.is_first {
            THREAD.with(Thread::give_up);
        }
    }
}

/// The time in which the small things of a thread with a [`BatchMemory`] lie together.
pub struct Batch {
    begins: bool,
    of_thread: PhantomData<*const ()>,
}

impl Batch {
    /// Begins a batch, which ends when what is returned is dropped.
    pub fn begin() -> Batch {
        THREAD.with(|thread| {
            let begins = thread.has_memory.get() && !thread.is_in_batch.replace(true);
            if begins {
                thread.room.set(thread.room_later.take());
            }
            Batch { begins, of_thread: PhantomData }
        })
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if self.begins {
            THREAD.with(Thread::end_batch);
        }
    }
}

/// The C library's allocator, with memory for batches.
pub struct Allocator;

// SAFETY: memory of chunks is given to one thing at a time: `Thread::take` gives what lies behind all
// things of a chunk, and that goes back to the start only when all of them have been thrown away.
// The rest is as the C library does it, which gets its own memory back only.
unsafe impl GlobalAlloc for Allocator {
    // Not inlined: what asks for memory is all over the program.

    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match THREAD.with(|thread| thread.take(layout)) {
            // SAFETY: as the caller has it.
            0 => unsafe { System.alloc(layout) },
            address => address as *mut u8,
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match THREAD.with(|thread| thread.take(layout)) {
            // SAFETY: as the caller has it.
            0 => unsafe { System.alloc_zeroed(layout) },
            address => {
                let thing = address as *mut u8;
                // SAFETY: so many bytes have just been given to it.
                unsafe { thing.write_bytes(0, layout.size()) };
                thing
            }
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, thing: *mut u8, layout: Layout) {
        match chunk_of(thing) {
            // SAFETY: as the caller has it; it is not from a chunk.
            None => unsafe { System.dealloc(thing, layout) },
            // SAFETY: the thing keeps its chunk from being used otherwise, and goes now.
            Some(chunk) => THREAD.with(|thread| unsafe { thread.throw_away(chunk) }),
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, thing: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if chunk_of(thing).is_none() {
            // SAFETY: as the caller has it; it is not from a chunk.
            return unsafe { System.realloc(thing, layout, size) };
        }
        if THREAD.with(|thread| thread.extend(thing as usize, layout.size(), size)) {
            return thing;
        }
        // SAFETY: the caller gives a size that is good for the alignment; the old thing has
        // `layout.size()` bytes, the new one `size`, and they are two.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(thing, layout.size().min(size));
                self.dealloc(thing, layout);
            }
            new
        }
    }
}

/// The chunk in which a thing lies, if it is in one.
#[inline]
fn chunk_of(thing: *mut u8) -> Option<*mut Chunk> {
    let address = thing as usize;
    let is_in_stretch = address.wrapping_sub(START.load(Ordering::Relaxed)) < STRETCH;
    is_in_stretch.then_some((address & !(CHUNK - 1)) as *mut Chunk)
}

/// How many bytes a thing of a size takes.
#[inline]
fn rounded(size: usize) -> usize {
    size.wrapping_add(UNIT - 1) & !(UNIT - 1)
}

impl Thread {
    /// The address of memory for a new thing, or 0 when it is for the C library to give.
    #[inline]
    fn take(&self, layout: Layout) -> usize {
        let size = rounded(layout.size());
        if size > self.room.get() || size > LARGEST || layout.align() > UNIT {
            return if self.is_in_batch.get() { self.take_from_next(layout) } else { 0 };
        }
        let position = self.position.get();
        self.position.set(position + size);
        self.room.set(self.room.get() - size);
        // SAFETY: where there is room there is a chunk, and it is this thread's.
        let things = unsafe { &(*self.current.get()).things };
        things.set(things.get() + 1);
        position
    }

    /// The same, when the current chunk may have no room for it.
    #[cold]
    fn take_from_next(&self, layout: Layout) -> usize {
        if rounded(layout.size()) > LARGEST || layout.align() > UNIT {
            return 0;
        }
        let chunk = match pop(&self.spare) {
            chunk if chunk.is_null() => next_chunk(),
            chunk => chunk,
        };
        if chunk.is_null() {
            return 0;
        }
        let new = Chunk {
            owner: Cell::new(self.number.get()),
            by_others: AtomicU32::new(0),
            things: Cell::new(0),
            next: Cell::new(null_mut()),
        };
        // SAFETY: the chunk is empty, and nobody else knows of it.
        unsafe { chunk.write(new) };
        // The old one comes back when it is empty. It is not: what does not fit is small.
        self.current.set(chunk);
        self.start_over(chunk);
        self.take(layout)
    }

    /// Puts things at the start of the current chunk.
    fn start_over(&self, chunk: *mut Chunk) {
        self.position.set(chunk as usize + size_of::<Chunk>());
        let room = if self.is_in_batch.get() { &self.room } else { &self.room_later };
        room.set(ROOM);
    }

    /// One thing less in a chunk.
    ///
    /// # Safety
    /// The thing was in the chunk, and is not used any more.
    #[inline]
    unsafe fn throw_away(&self, chunk: *mut Chunk) {
        // SAFETY: chunks in which there are things stay as they are.
        let head = unsafe { &*chunk };
        if head.owner.get() != self.number.get() {
            head.by_others.fetch_add(1, Ordering::Release);
            return;
        }
        let things = head.things.get() - 1;
        head.things.set(things);
        if things == head.by_others.load(Ordering::Acquire) {
            self.is_empty(chunk);
        }
    }

    /// Uses a chunk again.
    #[inline(never)]
    fn is_empty(&self, chunk: *mut Chunk) {
        if chunk == self.current.get() {
            // SAFETY: nothing is in it, so that nobody else knows of it.
            let head = unsafe { &*chunk };
            head.things.set(0);
            head.by_others.store(0, Ordering::Relaxed);
            self.start_over(chunk);
        } else if self.has_memory.get() {
            push(&self.spare, chunk);
        } else {
            leave(chunk);
        }
    }

    /// Lets a thing grow or shrink where it is, if it is the last one of the current chunk.
    #[inline]
    fn extend(&self, address: usize, old: usize, new: usize) -> bool {
        let (old, new) = (rounded(old), rounded(new));
        let is_last = address + old == self.position.get() && self.is_in_batch.get();
        if !is_last || new > LARGEST || new > old + self.room.get() {
            return false;
        }
        self.position.set(address + new);
        self.room.set(self.room.get() + old - new);
        true
    }

    fn end_batch(&self) {
        if self.is_in_batch.replace(false) {
            self.room_later.set(self.room.take());
        }
    }

    /// Leaves the empty chunks to others; those in which there still are things follow when they are
    /// empty.
    fn give_up(&self) {
        self.end_batch();
        self.room_later.set(0);
        self.has_memory.set(false);
        let current = self.current.replace(null_mut());
        // SAFETY: it is this thread's chunk.
        if !current.is_null() && unsafe { (*current).things.get() } == 0 {
            leave(current);
        }
        loop {
            match pop(&self.spare) {
                chunk if chunk.is_null() => break,
                chunk => leave(chunk),
            }
        }
    }
}

/// Leaves an empty chunk to other threads.
fn leave(chunk: *mut Chunk) {
    let left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    push(&left.0, chunk);
}

/// Puts an empty chunk into a list.
fn push(list: &Cell<*mut Chunk>, chunk: *mut Chunk) {
    // SAFETY: who has the chunk alone knows of it.
    unsafe { (*chunk).next.set(list.get()) };
    list.set(chunk);
}

/// Takes a chunk out of a list; null when there is none.
fn pop(list: &Cell<*mut Chunk>) -> *mut Chunk {
    let chunk = list.get();
    if !chunk.is_null() {
        // SAFETY: chunks in lists have been written, and only who has the list knows of them.
        list.set(unsafe { (*chunk).next.get() });
    }
    chunk
}

/// A chunk that another thread has left, or a new one; null when there is none.
fn next_chunk() -> *mut Chunk {
    let left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    let chunk = pop(&left.0);
    if !chunk.is_null() {
        return chunk;
    }
    match USED.load(Ordering::Relaxed) {
        used if used + CHUNK > STRETCH => null_mut(),
        used => {
            USED.store(used + CHUNK, Ordering::Relaxed);
            (START.load(Ordering::Relaxed) + used) as *mut Chunk
        }
    }
}

/// Makes the stretch, once. Whether there is one.
fn reserve() -> bool {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: new memory at an address of the system's choice.
        let start = unsafe { libc::mmap(null_mut(), STRETCH + CHUNK, access, kind | libc::MAP_NORESERVE, -1, 0) };
        if start != libc::MAP_FAILED {
            START.store((start as usize).next_multiple_of(CHUNK), Ordering::Relaxed);
        }
    });
    START.load(Ordering::Relaxed) != 1 << 63
}

#[cfg(test)]
mod tests;
