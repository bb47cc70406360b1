//! `tuple`: an immutable row of values, stored in the object itself.

pub mod iterator;
mod methods;

use std::cell::Cell;

use crate::object::{Header, Slot};
use crate::{Gc, PyResult, Value, Vm, ids};

/// A `tuple`. All its words are values or numbers with the tag of a small integer.
#[repr(C)]
pub struct PyTuple {
    header: Header,
    /// From bit 0: 1, the lowest bit of the hash, the length.
    len: Cell<u64>,
    /// 0, or once it was computed the hash, its lowest bit set.
    hash: Cell<u64>,
    items: [Slot; 0],
}

/// Bytes before the first item.
pub const TUPLE_ITEMS: usize = 24;

/// The length word of a new tuple.
pub(crate) const fn length_word(len: usize) -> u64 {
    (len as u64) << 2 | 1
}

impl PyTuple {
    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.len.get() >> 2) as usize
    }

    /// The hash, if it was computed before.
    #[inline(always)]
    fn known_hash(&self) -> Option<i64> {
        match self.hash.get() {
            0 => None,
            word => Some((word & !1 | self.len.get() >> 1 & 1) as i64),
        }
    }

    /// Keeps the hash for the next time.
    fn remember_hash(&self, hash: i64) {
        self.len.set(self.len.get() & !2 | (hash as u64 & 1) << 1);
        self.hash.set(hash as u64 | 1);
    }

    /// Whether there is no item.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items.
    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        // SAFETY: `len` slots follow the fixed part; a finished tuple has no empty one.
        unsafe { std::slice::from_raw_parts(self.items.as_ptr().cast(), self.len()) }
    }
}

pub use iterator::PyTupleIterator;
pub use methods::combine_hashes;

impl Gc<PyTuple> {
    /// Replaces an item of a tuple that no program has seen yet. Panics beyond the end.
    pub fn fill(self, vm: &Vm, index: usize, value: Value) {
        assert!(index < self.len(), "index {index} of {}", self.len());
        // SAFETY: one of the slots that follow the fixed part.
        let slot = unsafe { &*self.items.as_ptr().add(index) };
        slot.set(vm, self, value);
    }
}

impl Vm {
    /// A tuple of these values.
    pub fn new_tuple(&self, items: &[Value]) -> PyResult<Gc<PyTuple>> {
        self.new_tuple_from(items.len(), items.iter().copied())
    }

    /// A tuple of `len` values from an iterator that gives just as many and runs no Python code
    /// and allocates nothing.
    pub fn new_tuple_from(&self, len: usize, items: impl Iterator<Item = Value>) -> PyResult<Gc<PyTuple>> {
        if len == 0
            && let Some(empty) = self.empty_tuple.get()
        {
            return Ok(empty);
        }
        let size = len.checked_mul(8).and_then(|bytes| bytes.checked_add(TUPLE_ITEMS));
        let tuple: Gc<PyTuple> =
            self.alloc_raw(size.ok_or_else(|| self.no_memory())?, kaa_gc::ALL_VALUES, ids::TUPLE)?;
        // SAFETY: fresh memory for `len` items, all of which are written before anything else is
        // allocated; no barrier, since the object is young (or, when large, scanned as new).
        unsafe {
            let raw = tuple.as_ptr();
            (*raw).len = Cell::new(length_word(len));
            (*raw).hash = Cell::new(0);
            let slots = (*raw).items.as_mut_ptr().cast::<u64>();
            let mut count = 0;
            for item in items.take(len) {
                *slots.add(count) = item.bits();
                count += 1;
            }
            assert_eq!(count, len);
        }
        Ok(tuple)
    }
}
