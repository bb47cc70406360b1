//! `list`: a growable row of values.

pub mod iterator;
mod methods;
mod sort;

use std::cell::Cell;

use crate::object::{Header, Slot, Trace, Visitor};
use crate::types::arrays::ValueArray;
use crate::{Gc, PyResult, Value, Vm};

/// A `list`. The items are the first `len` slots of the array; the others are empty.
#[repr(C)]
pub struct PyList {
    header: Header,
    len: Cell<usize>,
    items: Slot<Gc<ValueArray>>,
}

impl Trace for PyList {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.items.trace(visitor);
    }
}

impl PyList {
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
        let items = self.items.get()?;
        // SAFETY: the array has at least `len` slots.
        unsafe { items.slot(index).get() }
    }

    /// A copy of the items that later changes of the list do not touch, as a stack-only slice of
    /// the array. Valid until the list changes: use it only where no Python code runs.
    #[inline]
    pub fn as_slice(&self) -> &[Value] {
        match self.items.get() {
            // SAFETY: the first `len` slots of the array hold values.
            Some(items) => unsafe { std::slice::from_raw_parts(items.slots().as_ptr().cast(), self.len()) },
            None => &[],
        }
    }
}

impl Gc<PyList> {
    /// Replaces the item at an index, which must be below the length.
    #[inline(always)]
    pub fn set_at(self, vm: &Vm, index: usize, value: Value) {
        debug_assert!(index < self.len());
        let items = self.items.get_set();
        // SAFETY: the array has at least as many slots as the list has items.
        unsafe { items.slot(index) }.set(vm, items, value);
    }

    /// Appends a value.
    #[inline(always)]
    pub fn push(self, vm: &Vm, value: Value) -> PyResult<()> {
        let len = self.len.get();
        match self.items.get() {
            Some(items) if len < items.len() => items.set(vm, len, value),
            _ => {
                self.grow(vm, len + 1)?;
                self.items.get_set().set(vm, len, value);
            }
        }
        self.len.set(len + 1);
        Ok(())
    }

    /// Makes room for so many items in all.
    pub fn reserve(self, vm: &Vm, needed: usize) -> PyResult<()> {
        if needed <= self.items.get().map_or(0, |items| items.len()) {
            return Ok(());
        }
        let fresh = vm.new_value_array(needed)?;
        fresh.fill(self.as_slice());
        self.items.set(vm, self, fresh);
        Ok(())
    }

    /// Appends `count` values, which are there already: `value` runs no Python code.
    pub fn push_all(self, vm: &Vm, count: usize, value: impl Fn(usize) -> Value) -> PyResult<()> {
        let needed = self.len() + count;
        if needed > self.items.get().map_or(0, |items| items.len()) {
            if self.is_empty() {
                self.reserve(vm, needed)?;
            } else {
                self.grow(vm, needed)?;
            }
        }
        if count == 0 {
            return Ok(());
        }
        let items = self.items.get_set();
        for index in 0..count {
            items.set(vm, self.len.get(), value(index));
            self.len.set(self.len.get() + 1);
        }
        Ok(())
    }

    /// Turns the order of the items round.
    pub fn reverse_items(self, vm: &Vm) {
        let Some(items) = self.items.get() else { return };
        let (mut low, mut high) = (0, self.len());
        while low + 1 < high {
            high -= 1;
            let (a, b) = (items.slots()[low].get_set(), items.slots()[high].get_set());
            items.set(vm, low, b);
            items.set(vm, high, a);
            low += 1;
        }
    }

    /// Makes room for `needed` items, and some more as CPython does, so that appending is
    /// amortized constant.
    #[cold]
    pub fn grow(self, vm: &Vm, needed: usize) -> PyResult<()> {
        // Long lists grow in larger steps: theirs are copied, where CPython's are remapped.
        let spare = if needed < 4096 { needed >> 3 } else { needed >> 2 };
        let capacity = (needed + spare + 6) & !3;
        if self.items.get().is_some_and(|items| items.extend_in_place(vm, capacity)) {
            return Ok(());
        }
        let fresh = vm.new_value_array(capacity)?;
        fresh.fill(self.as_slice());
        self.items.set(vm, self, fresh);
        Ok(())
    }
}

pub use iterator::{PyListIterator, PyListReverseIterator};
pub use methods::sort;
pub use sort::compare_text;

impl Vm {
    /// An empty list with room for some items.
    pub fn new_list_with_capacity(&self, capacity: usize) -> PyResult<Gc<PyList>> {
        let array = if capacity == 0 { None } else { Some(self.new_value_array(capacity)?) };
        self.alloc(PyList { header: Header::EMPTY, len: Cell::new(0), items: Slot::maybe(array) })
    }

    /// A list of these values, so many times.
    pub fn new_list_repeated(&self, items: &[Value], count: usize) -> PyResult<Gc<PyList>> {
        let len = items.len().checked_mul(count).ok_or_else(|| self.no_memory())?;
        if len == 0 {
            return self.new_list(&[]);
        }
        let array = self.new_value_array(len)?;
        for row in array.slots().chunks_exact(items.len()) {
            // The array is the youngest object: no barrier.
            row.iter().zip(items).for_each(|(slot, &item)| slot.set_root(Some(item)));
        }
        self.alloc(PyList { header: Header::EMPTY, len: Cell::new(len), items: Slot::new(array) })
    }

    /// A list of these values.
    pub fn new_list(&self, items: &[Value]) -> PyResult<Gc<PyList>> {
        let array = if items.is_empty() {
            None
        } else {
            let array = self.new_value_array(items.len())?;
            array.fill(items);
            Some(array)
        };
        self.alloc(PyList { header: Header::EMPTY, len: Cell::new(items.len()), items: Slot::maybe(array) })
    }
}
