//! `deque`: a row that grows and shrinks at both ends. CPython: Modules/_collectionsmodule.c.
//!
//! The items lie in a ring: an array whose length is a power of two, from `first` on, around its
//! end. So each item is found at once by its index.

pub mod iterators;
mod methods;

use std::cell::Cell;

use kaa_objects::object::{Header, Slot};
use kaa_objects::types::arrays::ValueArray;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm};

/// A `deque`.
#[repr(C)]
#[derive(Trace)]
pub struct PyDeque {
    header: Header,
    /// The ring; places without an item are empty. None before the first item.
    ring: Slot<Gc<ValueArray>>,
    /// The place of the first item.
    first: Cell<usize>,
    len: Cell<usize>,
    /// `maxlen`.
    #[trace(skip)]
    bound: Cell<Option<usize>>,
    /// Counts changes, so that iterators notice them.
    changes: Cell<usize>,
}

/// The least length of a ring.
const LEAST: usize = 8;

impl PyDeque {
    fn empty(bound: Option<usize>) -> PyDeque {
        PyDeque {
            header: Header::EMPTY,
            ring: Slot::empty(),
            first: Cell::new(0),
            len: Cell::new(0),
            bound: Cell::new(bound),
            changes: Cell::new(0),
        }
    }

    /// A new deque without items or bound.
    pub fn new_empty(vm: &Vm) -> PyResult<Gc<PyDeque>> {
        vm.alloc(PyDeque::empty(None))
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        if index >= self.len() {
            return None;
        }
        let ring = self.ring.get()?;
        ring.slots()[self.place(ring, index)].get()
    }

    /// The place of an index in the ring.
    #[inline(always)]
    fn place(&self, ring: Gc<ValueArray>, index: usize) -> usize {
        self.first.get().wrapping_add(index) & (ring.len() - 1)
    }

    #[inline(always)]
    fn changed(&self) {
        self.changes.set(self.changes.get().wrapping_add(1));
    }

    /// Replaces the item at an index, which there must be.
    fn set_at(&self, vm: &Vm, index: usize, value: Value) {
        let ring = self.ring.get_set();
        ring.set(vm, self.place(ring, index), value);
    }

    /// Removes and gives the last item.
    #[inline]
    fn pop_last(&self) -> Option<Value> {
        let (ring, len) = (self.ring.get()?, self.len().checked_sub(1)?);
        let slot = &ring.slots()[self.place(ring, len)];
        let item = slot.get();
        slot.clear();
        self.len.set(len);
        self.changed();
        item
    }

    /// Removes and gives the first item.
    #[inline]
    pub fn pop_first(&self) -> Option<Value> {
        let (ring, len) = (self.ring.get()?, self.len().checked_sub(1)?);
        let slot = &ring.slots()[self.first.get()];
        let item = slot.get();
        slot.clear();
        self.first.set(self.place(ring, 1));
        self.len.set(len);
        self.changed();
        item
    }

    /// Removes all items.
    fn clear_items(&self) {
        self.ring.clear();
        self.first.set(0);
        self.len.set(0);
        self.changed();
    }

    /// Removes the item at an index, which there must be, by moving those on its shorter side.
    fn remove_at(&self, vm: &Vm, index: usize) {
        let len = self.len();
        if index < len / 2 {
            for at in (0..index).rev() {
                self.set_at(vm, at + 1, self.get(at).expect("an item before the index"));
            }
            self.pop_first();
        } else {
            for at in index + 1..len {
                self.set_at(vm, at - 1, self.get(at).expect("an item behind the index"));
            }
            self.pop_last();
        }
    }

    /// Turns the row to the right by so many places, to the left when negative.
    fn rotate_by(&self, vm: &Vm, count: isize) {
        let len = self.len();
        if len < 2 {
            return;
        }
        let right = count.rem_euclid(len as isize) as usize;
        let ring = self.ring.get_set();
        self.changed();
        if ring.len() == len {
            self.first.set(self.place(ring, len - right));
            return;
        }
        // Items move over the gap between the end and the beginning.
        let move_item = |from: usize, to: usize| {
            let item = ring.slots()[from].get().expect("a place with an item");
            ring.slots()[from].clear();
            ring.set(vm, to, item);
        };
        if right <= len / 2 {
            for _ in 0..right {
                let first = self.first.get().wrapping_sub(1) & (ring.len() - 1);
                move_item(self.place(ring, len - 1), first);
                self.first.set(first);
            }
        } else {
            for _ in right..len {
                move_item(self.first.get(), self.place(ring, len));
                self.first.set(self.place(ring, 1));
            }
        }
    }

    /// Reverses the row.
    fn reverse_items(&self, vm: &Vm) {
        let len = self.len();
        for index in 0..len / 2 {
            let other = len - 1 - index;
            if let (Some(a), Some(b)) = (self.get(index), self.get(other)) {
                self.set_at(vm, index, b);
                self.set_at(vm, other, a);
            }
        }
    }
}

/// Makes room for so many items.
fn reserve(vm: &Vm, this: Gc<PyDeque>, needed: usize) -> PyResult<Gc<ValueArray>> {
    if let Some(ring) = this.ring.get()
        && ring.len() >= needed
    {
        return Ok(ring);
    }
    let capacity = needed.checked_next_power_of_two().ok_or_else(|| vm.no_memory())?.max(LEAST);
    let ring = vm.new_value_array(capacity)?;
    for index in 0..this.len() {
        ring.set(vm, index, this.get(index).expect("an index below the length"));
    }
    this.ring.set(vm, this, ring);
    this.first.set(0);
    Ok(ring)
}

/// Appends an item without regard to `maxlen`.
#[inline]
fn push_last(vm: &Vm, this: Gc<PyDeque>, value: Value) -> PyResult<()> {
    let len = this.len();
    let ring = reserve(vm, this, len + 1)?;
    ring.set(vm, this.place(ring, len), value);
    this.len.set(len + 1);
    this.changed();
    Ok(())
}

/// Puts an item before all others without regard to `maxlen`.
#[inline]
fn push_first(vm: &Vm, this: Gc<PyDeque>, value: Value) -> PyResult<()> {
    let len = this.len();
    let ring = reserve(vm, this, len + 1)?;
    let first = this.first.get().wrapping_sub(1) & (ring.len() - 1);
    ring.set(vm, first, value);
    this.first.set(first);
    this.len.set(len + 1);
    this.changed();
    Ok(())
}

/// `append`: beyond `maxlen` the first item goes.
#[inline]
pub fn append(vm: &Vm, this: Gc<PyDeque>, value: Value) -> PyResult<()> {
    if this.bound.get().is_some_and(|bound| this.len() >= bound) {
        this.pop_first();
        if this.bound.get() == Some(0) {
            return Ok(());
        }
    }
    push_last(vm, this, value)
}

/// `appendleft`: beyond `maxlen` the last item goes.
#[inline]
fn append_left(vm: &Vm, this: Gc<PyDeque>, value: Value) -> PyResult<()> {
    if this.bound.get().is_some_and(|bound| this.len() >= bound) {
        this.pop_last();
        if this.bound.get() == Some(0) {
            return Ok(());
        }
    }
    push_first(vm, this, value)
}
