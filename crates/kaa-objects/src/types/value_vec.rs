//! A growable row of values for native code: what a `Vec<Value>` would be, where the collector
//! sees it.

use std::mem::MaybeUninit;

use crate::object::Slot;
use crate::types::arrays::ValueArray;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

const INLINE: usize = 16;

/// A row of values that lives in a local variable. The first 16 values lie in the variable itself,
/// that is on the native stack, which the collector scans; longer rows lie in an array on the heap
/// that the variable refers to.
///
/// It must stay on the native stack: never in a `Box`, a `Vec` or any other heap memory of Rust.
pub struct ValueVec {
    len: usize,
    inline: [MaybeUninit<Value>; INLINE],
    /// Holds all values once there were more than fit inline.
    array: Option<Gc<ValueArray>>,
}

impl Default for ValueVec {
    fn default() -> Self {
        ValueVec::new()
    }
}

impl ValueVec {
    /// An empty row.
    #[inline]
    pub const fn new() -> ValueVec {
        ValueVec { len: 0, inline: [const { MaybeUninit::uninit() }; INLINE], array: None }
    }

    /// An empty row with room for `capacity` values.
    pub fn with_capacity(vm: &Vm, capacity: usize) -> PyResult<ValueVec> {
        let mut row = ValueVec::new();
        if capacity > INLINE {
            row.array = Some(vm.new_value_array(capacity)?);
        }
        Ok(row)
    }

    /// The values of a slice.
    pub fn from_slice(vm: &Vm, values: &[Value]) -> PyResult<ValueVec> {
        let mut row = ValueVec::with_capacity(vm, values.len())?;
        row.extend_from_slice(vm, values)?;
        Ok(row)
    }

    /// The values that an iterable gives.
    pub fn from_iterable(vm: &Vm, iterable: Value) -> PyResult<ValueVec> {
        let mut row = ValueVec::new();
        vm.for_each(iterable, |value| row.push(vm, value))?;
        Ok(row)
    }

    /// The number of values.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values. Borrowed, so that the row does not change meanwhile; collections do no harm.
    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        // SAFETY: the first `len` places of the array, or of `inline` without one, were written;
        // a `Slot` has the form of the value it holds. The array is reachable from `self`, which
        // is on the stack, and for that stays in place.
        unsafe {
            match self.array {
                None => std::slice::from_raw_parts(self.inline.as_ptr().cast(), self.len),
                Some(array) => {
                    let slots: *const Slot = array.slots().as_ptr();
                    std::slice::from_raw_parts(slots.cast(), self.len)
                }
            }
        }
    }

    /// The value at an index.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.as_slice().get(index).copied()
    }

    /// Replaces the value at an index. Panics beyond the end.
    #[inline]
    pub fn set(&mut self, vm: &Vm, index: usize, value: Value) {
        assert!(index < self.len, "index {index} of {}", self.len);
        match self.array {
            None => self.inline[index] = MaybeUninit::new(value),
            Some(array) => array.set(vm, index, value),
        }
    }

    /// Appends a value.
    #[inline]
    pub fn push(&mut self, vm: &Vm, value: Value) -> PyResult<()> {
        match self.array {
            None if self.len < INLINE => self.inline[self.len] = MaybeUninit::new(value),
            Some(array) if self.len < array.len() => array.set(vm, self.len, value),
            _ => {
                self.grow(vm, 1)?;
                return self.push(vm, value);
            }
        }
        self.len += 1;
        Ok(())
    }

    /// Appends the values of a slice, which lie where the collector sees them.
    pub fn extend_from_slice(&mut self, vm: &Vm, values: &[Value]) -> PyResult<()> {
        if self.len + values.len() > self.capacity() {
            self.grow(vm, values.len())?;
        }
        values.iter().try_for_each(|&value| self.push(vm, value))
    }

    /// Adds the values of a dict of keyword arguments, as a call wants them.
    ///
    /// # Returns
    /// Their names, `None` without any.
    ///
    /// # Errors
    /// `TypeError` when a key is no string.
    pub fn push_keywords(&mut self, vm: &Vm, keywords: Gc<PyDict>) -> PyResult<Option<Gc<PyTuple>>> {
        let mut names = ValueVec::new();
        for position in 0..keywords.filled() {
            let Some(entry) = keywords.entry(position) else { continue };
            if vm.cast::<PyStr>(entry.key).is_none() {
                return Err(vm.type_error("keywords must be strings"));
            }
            names.push(vm, entry.key)?;
            self.push(vm, entry.value)?;
        }
        if names.is_empty() { Ok(None) } else { names.to_tuple(vm).map(Some) }
    }

    /// Removes the last value.
    #[inline]
    pub fn pop(&mut self) -> Option<Value> {
        let last = self.as_slice().last().copied()?;
        self.truncate(self.len - 1);
        Some(last)
    }

    /// Removes the values from an index on.
    pub fn truncate(&mut self, len: usize) {
        if let Some(array) = self.array {
            array.slots().iter().take(self.len).skip(len).for_each(Slot::clear);
        }
        self.len = self.len.min(len);
    }

    /// Exchanges two values. Panics beyond the end.
    pub fn swap(&mut self, vm: &Vm, a: usize, b: usize) {
        let (first, second) = (self[a], self[b]);
        self.set(vm, a, second);
        self.set(vm, b, first);
    }

    /// A tuple of the values.
    pub fn to_tuple(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        vm.new_tuple(self.as_slice())
    }

    /// A list of the values.
    pub fn to_list(&self, vm: &Vm) -> PyResult<Gc<PyList>> {
        vm.new_list(self.as_slice())
    }

    fn capacity(&self) -> usize {
        self.array.map_or(INLINE, |array| array.len())
    }

    /// Makes room for `more` values and doubles the capacity at least.
    #[cold]
    fn grow(&mut self, vm: &Vm, more: usize) -> PyResult<()> {
        let array = vm.new_value_array((self.len + more).max(self.capacity() * 2))?;
        for (index, &value) in self.as_slice().iter().enumerate() {
            array.set(vm, index, value);
        }
        self.array = Some(array);
        Ok(())
    }
}

impl std::ops::Deref for ValueVec {
    type Target = [Value];
    #[inline(always)]
    fn deref(&self) -> &[Value] {
        self.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::Thread;
    use crate::types::str::PyStr;
    use crate::vm::VmConfig;

    #[test]
    fn values_survive_collections() {
        let thread = Thread::new(0, 1000);
        let heap = kaa_gc::Config { stress: 1, poison: true, evacuate_always: true, ..kaa_gc::Config::default() };
        let vm = Vm::new(VmConfig { heap, ..VmConfig::default() }, &thread).unwrap();
        let mut row = ValueVec::new();
        for i in 0..100 {
            let text = vm.new_str(&format!("text {i}")).unwrap();
            row.push(&vm, text.value()).unwrap();
        }
        row.swap(&vm, 3, 80);
        let list = row.to_list(&vm).unwrap();
        for (i, &value) in row.iter().enumerate() {
            let expected = match i {
                3 => 80,
                80 => 3,
                _ => i,
            };
            assert_eq!(vm.cast::<PyStr>(value).unwrap().to_string_lossy(), format!("text {expected}"));
        }
        assert_eq!(list.as_slice(), row.as_slice());
        assert_eq!(row.pop(), list.get(99));
        row.truncate(5);
        assert_eq!((row.len(), row.to_tuple(&vm).unwrap().len()), (5, 5));
    }
}
