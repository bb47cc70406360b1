//! The table behind `set` and `frozenset`: open addressing with CPython's probing and growth, so
//! that items come in CPython's order.
//!
//! A slot is two words: hash (as a small integer) and item. An empty slot has neither; a deleted
//! one has the hash -1, which no item has, and no item.

use std::cell::Cell;

use crate::object::{Header, Slot, Trace, Visitor};
use crate::types::arrays::ValueArray;
use crate::{Gc, PyResult, Value, Vm};

/// A `set`, and the beginning of a `frozenset`.
#[repr(C)]
pub struct PySet {
    pub(super) header: Header,
    /// Items: `len(s)`.
    used: Cell<usize>,
    /// Slots taken, deleted ones included.
    filled: Cell<usize>,
    /// Where `pop` goes on looking.
    finger: Cell<usize>,
    /// The hash of a frozen set, once it was computed; 0 before.
    pub(super) hash: Cell<i64>,
    /// Pairs of words, a power of two of them; empty for a new set, which counts as 8 slots.
    table: Slot<Gc<ValueArray>>,
}

const SMALLEST: usize = 8;
const LINEAR_PROBES: usize = 9;

impl Trace for PySet {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.table.trace(visitor);
    }
}

/// Where a hash is looked for, one slot after the other.
struct Probe {
    mask: usize,
    perturb: u64,
    start: usize,
    step: usize,
}

impl Probe {
    fn new(hash: i64, mask: usize) -> Probe {
        // Of the 63 bits that tables keep, so that each step is the same with either.
        Probe { mask, perturb: (hash << 1 >> 1) as u64, start: hash as usize & mask, step: 0 }
    }

    /// The next slot: runs of neighbours, then a jump.
    #[inline(always)]
    fn next(&mut self) -> usize {
        let probes = if self.start + LINEAR_PROBES <= self.mask { LINEAR_PROBES } else { 0 };
        if self.step > probes {
            self.perturb >>= 5;
            self.start = self.start.wrapping_mul(5).wrapping_add(1).wrapping_add(self.perturb as usize) & self.mask;
            self.step = 0;
        }
        self.step += 1;
        self.start + self.step - 1
    }
}

fn hash_value(hash: i64) -> Value {
    // 63 bits of a hash are kept.
    Value::small_int(hash << 1 >> 1)
}

const DELETED: Value = Value::small_int(-1);

impl PySet {
    /// The fields of an empty set.
    pub fn empty() -> PySet {
        PySet {
            header: Header::EMPTY,
            used: Cell::new(0),
            filled: Cell::new(0),
            finger: Cell::new(0),
            hash: Cell::new(0),
            table: Slot::empty(),
        }
    }

    /// The number of items.
    #[inline]
    pub fn len(&self) -> usize {
        self.used.get()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.used.get() == 0
    }

    fn mask(&self) -> usize {
        self.table.get().map_or(SMALLEST, |table| table.len() / 2) - 1
    }

    /// How many slots there are: the bound of [`PySet::at`].
    pub fn slots(&self) -> usize {
        self.table.get().map_or(0, |table| table.len() / 2)
    }

    /// The item in a slot, with its hash.
    #[inline]
    pub fn at(&self, slot: usize) -> Option<(i64, Value)> {
        let table = self.table.get()?;
        let item = table.slots().get(slot * 2 + 1)?.get()?;
        Some((table.slots()[slot * 2].get()?.as_small_int()?, item))
    }

    /// The items with their hashes. The set must not change while they are read.
    pub fn iter(&self) -> impl Iterator<Item = (i64, Value)> + '_ {
        (0..self.slots()).filter_map(|slot| self.at(slot))
    }

    /// The slot of an item. Compares with `==` where hashes agree, which may run Python code.
    fn find(&self, vm: &Vm, item: Value, hash: i64) -> PyResult<Option<usize>> {
        let wanted = hash_value(hash);
        'again: loop {
            let Some(table) = self.table.get() else { return Ok(None) };
            let slots = table.slots().as_chunks::<2>().0;
            let mut probe = Probe::new(hash, slots.len() - 1);
            loop {
                let at = probe.next();
                // SAFETY: the probe's mask is that of the table, whose length is a power of two.
                let slot = unsafe { slots.get_unchecked(at) };
                let Some(found) = slot[0].get() else { return Ok(None) };
                if found == wanted
                    && let Some(candidate) = slot[1].get()
                {
                    if candidate == item {
                        return Ok(Some(at));
                    }
                    let equal = vm.keys_equal(candidate, item)?;
                    // The comparison may have changed the set.
                    if self.table.get() != Some(table) || slot[1].get() != Some(candidate) {
                        continue 'again;
                    }
                    if equal {
                        return Ok(Some(at));
                    }
                }
            }
        }
    }

    /// `item in set`.
    pub fn contains(&self, vm: &Vm, item: Value, hash: i64) -> PyResult<bool> {
        Ok(self.find(vm, item, hash)?.is_some())
    }
}

impl Gc<PySet> {
    /// Adds an item whose hash is known.
    pub fn add_hashed(self, vm: &Vm, item: Value, hash: i64) -> PyResult<()> {
        if self.find(vm, item, hash)?.is_some() {
            return Ok(());
        }
        self.add_absent(vm, item, hash)
    }

    /// Adds an item that is known to be absent.
    pub fn add_absent(self, vm: &Vm, item: Value, hash: i64) -> PyResult<()> {
        let table = match self.table.get() {
            Some(table) => table,
            None => self.new_table(vm, SMALLEST)?,
        };
        insert(vm, table, item, hash);
        self.filled.set(self.filled.get() + 1);
        self.used.set(self.used.get() + 1);
        if self.filled.get() * 5 < self.mask() * 3 {
            return Ok(());
        }
        let used = self.used.get();
        self.resize(vm, if used > 50_000 { used * 2 } else { used * 4 })
    }

    fn new_table(self, vm: &Vm, slots: usize) -> PyResult<Gc<ValueArray>> {
        let table = vm.new_value_array(slots * 2)?;
        self.table.set(vm, self, table);
        Ok(table)
    }

    /// Makes a table with more than `least` slots and moves the items there.
    fn resize(self, vm: &Vm, least: usize) -> PyResult<()> {
        let mut slots = SMALLEST;
        while slots <= least {
            slots *= 2;
        }
        let old = self.table.get();
        let table = self.new_table(vm, slots)?;
        if let Some(old) = old {
            for pair in old.slots().chunks_exact(2) {
                if let (Some(hash), Some(item)) = (pair[0].get(), pair[1].get()) {
                    insert(vm, table, item, hash.as_small_int().unwrap_or(0));
                }
            }
        }
        self.filled.set(self.used.get());
        Ok(())
    }

    /// Removes an item; whether it was there.
    pub fn discard_hashed(self, vm: &Vm, item: Value, hash: i64) -> PyResult<bool> {
        match self.find(vm, item, hash)? {
            Some(at) => {
                self.delete_slot(vm, at);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn delete_slot(self, vm: &Vm, at: usize) {
        let table = self.table.get_set();
        table.set(vm, at * 2, DELETED);
        table.slots()[at * 2 + 1].clear();
        self.used.set(self.used.get() - 1);
    }

    /// Removes and gives some item.
    pub fn pop_any(self, vm: &Vm) -> Option<Value> {
        if self.is_empty() {
            return None;
        }
        let mask = self.mask();
        let mut at = self.finger.get() & mask;
        loop {
            if let Some((_, item)) = self.at(at) {
                self.delete_slot(vm, at);
                self.finger.set(at + 1);
                return Some(item);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds each item of another set.
    pub fn merge(self, vm: &Vm, other: Gc<PySet>) -> PyResult<()> {
        if self == other || other.is_empty() {
            return Ok(());
        }
        if (self.filled.get() + other.used.get()) * 5 >= self.mask() * 3 {
            self.resize(vm, (self.used.get() + other.used.get()) * 2)?;
        }
        let was_empty = self.is_empty();
        for slot in 0..other.slots() {
            if let Some((hash, item)) = other.at(slot) {
                if was_empty {
                    self.add_absent(vm, item, hash)?;
                } else {
                    self.add_hashed(vm, item, hash)?;
                }
            }
        }
        Ok(())
    }

    /// Removes all items.
    pub fn clear_items(self) {
        self.used.set(0);
        self.filled.set(0);
        self.finger.set(0);
        self.table.clear();
    }

    /// Takes over another set's items, which is left empty.
    pub fn take_items(self, vm: &Vm, other: Gc<PySet>) {
        self.used.set(other.used.get());
        self.filled.set(other.filled.get());
        self.finger.set(0);
        self.table.set_maybe(vm, self, other.table.get());
        other.clear_items();
    }
}

/// Puts an item that is known to be absent into a table with a free slot.
fn insert(vm: &Vm, table: Gc<ValueArray>, item: Value, hash: i64) {
    let slots = table.slots().as_chunks::<2>().0;
    let mut probe = Probe::new(hash, slots.len() - 1);
    loop {
        // SAFETY: the probe's mask is that of the table, whose length is a power of two.
        let slot = unsafe { slots.get_unchecked(probe.next()) };
        if slot[0].get().is_none() {
            // The hash is no object: no barrier.
            slot[0].set_root(Some(hash_value(hash)));
            slot[1].set(vm, table, item);
            return;
        }
    }
}

/// `set_iterator`.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct SetIterator {
    header: Header,
    /// The set; empty once exhausted.
    set: Slot<Gc<PySet>>,
    slot: Cell<usize>,
    /// The length that the set must keep.
    expected: Cell<usize>,
    left: Cell<usize>,
}

impl SetIterator {
    /// An iterator over a set.
    pub fn over(vm: &Vm, set: Gc<PySet>) -> PyResult {
        let len = set.len();
        let iterator = SetIterator {
            header: Header::EMPTY,
            set: Slot::new(set),
            slot: Cell::new(0),
            expected: Cell::new(len),
            left: Cell::new(len),
        };
        Ok(vm.alloc(iterator)?.value())
    }
}

#[kaa_macros::py_type(name = "set_iterator", id = crate::ids::SET_ITERATOR)]
impl SetIterator {
    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<SetIterator>) -> PyResult<Option<Value>> {
        let Some(set) = this.set.get() else { return Ok(None) };
        if set.len() != this.expected.get() {
            this.expected.set(usize::MAX);
            return Err(vm.runtime_error("Set changed size during iteration"));
        }
        let mut slot = this.slot.get();
        while slot < set.slots() {
            if let Some((_, item)) = set.at(slot) {
                this.slot.set(slot + 1);
                this.left.set(this.left.get().saturating_sub(1));
                return Ok(Some(item));
            }
            slot += 1;
        }
        this.set.clear();
        Ok(None)
    }

    #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
    fn length_hint(_vm: &Vm, this: Gc<SetIterator>) -> usize {
        this.set.get().filter(|set| set.len() == this.expected.get()).map_or(0, |_| this.left.get())
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
    fn reduce(vm: &Vm, this: Gc<SetIterator>) -> PyResult {
        let rest = vm.new_list(&[])?;
        if let Some(set) = this.set.get() {
            for slot in this.slot.get()..set.slots() {
                if let Some((_, item)) = set.at(slot) {
                    rest.push(vm, item)?;
                }
            }
        }
        let args = vm.new_tuple(&[rest.value()])?;
        Ok(vm.new_tuple(&[vm.builtin("iter")?, args.value()])?.value())
    }
}
