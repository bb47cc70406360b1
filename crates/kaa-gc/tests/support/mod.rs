//! What the tests of whole heaps share: a root set, object helpers, a random number generator.
#![allow(dead_code)]

use std::ops::Range;

use kaa_gc::{ALL_VALUES, Config, Generation, Header, Heap, KindInfo, Roots, Visitor, Word};

/// A weak reference: header, raw word, referent.
pub const WEAK: u8 = 10;
pub const WEAK_SIZE: usize = 24;

/// Root slots, and ranges to scan conservatively.
#[derive(Default)]
pub struct RootSlots {
    pub slots: Vec<Word>,
    pub ranges: Vec<Range<usize>>,
    pub value_ranges: Vec<Range<usize>>,
}

impl Roots for RootSlots {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        let len = self.slots.len();
        // SAFETY: the vector's elements are value words.
        unsafe { visitor.slots(self.slots.as_mut_ptr(), len) };
    }

    fn conservative_ranges(&mut self, ranges: &mut Vec<Range<usize>>) {
        ranges.extend(self.ranges.iter().cloned());
    }

    fn value_ranges(&mut self, ranges: &mut Vec<Range<usize>>) {
        ranges.extend(self.value_ranges.iter().cloned());
    }
}

/// A heap with root slots and no stack: only what the slots reach lives.
pub struct World {
    pub heap: Box<Heap>,
    roots: *mut RootSlots,
}

impl World {
    pub fn new(config: &str) -> World {
        World::with_config(Config::parse(config).unwrap())
    }

    pub fn with_config(config: Config) -> World {
        let mut heap = Heap::new(config).unwrap();
        heap.define_kind(WEAK, KindInfo::raw("weakref").with_weak_slot(16));
        let roots = Box::into_raw(Box::<RootSlots>::default());
        // SAFETY: the root set is freed after the heap (in `drop`), and borrowed only between collections.
        unsafe { heap.add_roots(roots) };
        World { heap, roots }
    }

    pub fn roots(&mut self) -> &mut RootSlots {
        // SAFETY: valid until `drop`; the borrow ends before the next use of the heap.
        unsafe { &mut *self.roots }
    }

    pub fn root(&mut self, object: *mut u8) -> usize {
        self.roots().slots.push(object as Word);
        self.roots().slots.len() - 1
    }

    pub fn get(&mut self, root: usize) -> *mut u8 {
        self.roots().slots[root] as usize as *mut u8
    }

    pub fn clear(&mut self, root: usize) {
        self.roots().slots[root] = 0;
    }

    /// An object of value words, all zero.
    pub fn object(&mut self, fields: usize) -> *mut u8 {
        let size = 8 + fields * 8;
        self.heap.alloc_zeroed(size, Header::new(ALL_VALUES, size, fields as u32))
    }

    pub fn weakref(&mut self, root: usize) -> *mut u8 {
        let weakref = self.heap.alloc_zeroed(WEAK_SIZE, Header::new(WEAK, WEAK_SIZE, 0));
        let referent = self.get(root);
        write(weakref, 1, referent as Word);
        // SAFETY: `weakref` is new and its weak slot holds a rooted object.
        unsafe { self.heap.weak_register(weakref) };
        weakref
    }

    pub fn store(&mut self, object: *mut u8, field: usize, word: Word) {
        write(object, field, word);
        // SAFETY: `object` is live: the caller reached it from a root.
        unsafe { self.heap.write_barrier(object, field_address(object, field)) };
    }

    pub fn young(&mut self) {
        self.heap.collect(Generation::Young);
    }

    pub fn full(&mut self) {
        self.heap.collect(Generation::Full);
    }

    pub fn objects(&self) -> usize {
        let mut count = 0;
        self.heap.for_each_object(|_| count += 1);
        count
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // SAFETY: made by Box::into_raw; dropping the heap does not use root sets.
        drop(unsafe { Box::from_raw(self.roots) });
    }
}

pub fn field_address(object: *mut u8, field: usize) -> *mut Word {
    (object as usize + 8 + field * 8) as *mut Word
}

pub fn read(object: *mut u8, field: usize) -> Word {
    // SAFETY: the tests read fields of live objects.
    unsafe { *field_address(object, field) }
}

pub fn write(object: *mut u8, field: usize, word: Word) {
    // SAFETY: the tests write fields of live objects.
    unsafe { *field_address(object, field) = word }
}

pub fn fixnum(number: usize) -> Word {
    (number as Word) << 1 | 1
}

pub fn number(word: Word) -> usize {
    (word >> 1) as usize
}

pub fn header(object: *mut u8) -> Header {
    // SAFETY: the tests read headers of live objects.
    unsafe { *(object as *const Header) }
}

/// xorshift64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}
