//! The table behind `dict`: entries in order of insertion, and an index of them by hash.
//!
//! An entry is three words: hash (as a small integer), key, value; a deleted entry has no key.
//! Up to [`LINEAR`] entries are searched one after the other by their hashes; beyond, an open
//! addressed index with CPython's probe sequence leads to them.
//!
//! Comparing keys may run Python code, which may change the dict: lookups that compare notice by
//! the table's `changes` counter and start again.

use std::cell::Cell;

use crate::object::{Header, Slot};
use crate::types::arrays::{RawArray, ValueArray};
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Trace, Value, Vm};

/// A `dict`.
#[repr(C)]
#[derive(Trace)]
pub struct PyDict {
    header: Header,
    /// Live entries: `len(d)`.
    used: Cell<u32>,
    /// Entries written, deleted ones included.
    filled: Cell<u32>,
    /// Number of this arrangement of keys, for caches: 0 when none was given since the last
    /// insertion, deletion or move of a key. Changing a value keeps it.
    keys_version: Cell<u32>,
    /// Counts insertions, deletions and moves of keys.
    changes: Cell<u32>,
    entries: Slot<Gc<ValueArray>>,
    /// Entry numbers plus one, as u32; 0: free; a power of two of them. Empty for small tables.
    /// Two words follow: a position before which no entry is live, and how many insertions there
    /// may be until the table is made anew, so that the index never runs out of free slots.
    index: Slot<Gc<RawArray>>,
}

/// Entries that the smallest table has room for.
const SMALL: usize = 4;
/// Tables of at most so many entries have no index.
const LINEAR: usize = 8;
const WORDS: usize = 3;
/// Words of the index behind its slots.
const TAIL: usize = 2;
const DELETED: u32 = u32::MAX;

/// One entry, read at once.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct Entry {
    pub hash: i64,
    pub key: Value,
    pub value: Value,
}

/// The hash as the entries hold it: its low 63 bits.
#[inline(always)]
fn hash_word(hash: i64) -> u64 {
    (hash as u64) << 1 | 1
}

/// The words of the entry at a position.
#[inline(always)]
fn entry_slots(slots: &[Slot], position: usize) -> &[Slot] {
    &slots[position * WORDS..][..WORDS]
}

/// The hash word of an entry; 0 when it is deleted.
#[inline(always)]
fn raw_hash(entry: &[Slot]) -> u64 {
    // SAFETY: reading a word as raw bits.
    unsafe { *entry[0].as_ptr() }
}

/// The slots of the index in the order in which a hash tries them: CPython's sequence, over the
/// 63 bits that entries keep of a hash.
#[inline(always)]
fn probe_sequence(hash: i64, mask: usize) -> impl Iterator<Item = usize> {
    let mut perturb = (hash << 1 >> 1) as u64;
    let mut i = hash as usize & mask;
    std::iter::from_fn(move || {
        let slot = i;
        perturb >>= 5;
        i = (i.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1)) & mask;
        Some(slot)
    })
}

impl PyDict {
    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.used.get() as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.used.get() == 0
    }

    /// How many entries were written, deleted ones included: the bound of [`PyDict::entry`].
    #[inline(always)]
    pub fn filled(&self) -> usize {
        self.filled.get() as usize
    }

    /// Counts insertions, deletions and moves of keys: iterators compare it.
    pub fn changes(&self) -> u32 {
        self.changes.get()
    }

    /// The entry at a position; `None` when it was deleted. Positions start at 0 and keep
    /// insertion order.
    #[inline(always)]
    pub fn entry(&self, position: usize) -> Option<Entry> {
        if position >= self.filled() {
            return None;
        }
        let entries = self.entries.get()?;
        let slots = entry_slots(entries.slots(), position);
        let key = slots[1].get()?;
        let hash = slots[0].get()?.bits() as i64 >> 1;
        Some(Entry { hash, key, value: slots[2].get()? })
    }

    /// The live entries in order. The dict must not change while they are read.
    pub fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        (0..self.filled()).filter_map(|position| self.entry(position))
    }

    /// The value at the position that an earlier lookup found, for inline caches: the keys'
    /// version must not have changed since.
    ///
    /// # Safety
    /// `position` is that of a live entry.
    #[inline(always)]
    pub unsafe fn value_at(&self, position: usize) -> Option<Value> {
        // SAFETY: the caller's promise.
        unsafe { self.entries.get()?.slot(position * WORDS + 2).get() }
    }

    /// A number for the present arrangement of keys; 0 when numbers are used up. While it stays,
    /// each key stays at its position and no key comes or goes.
    pub fn keys_version(&self, vm: &Vm) -> u32 {
        if self.keys_version.get() == 0 {
            self.keys_version.set(vm.next_keys_version());
        }
        self.keys_version.get()
    }

    /// The number given by [`PyDict::keys_version`], or 0.
    #[inline(always)]
    pub fn known_keys_version(&self) -> u32 {
        self.keys_version.get()
    }

    fn changed(&self) {
        self.keys_version.set(0);
        self.changes.set(self.changes.get().wrapping_add(1));
    }

    /// The index's slots and its other words.
    #[inline(always)]
    fn index_parts(&self) -> Option<(&[Cell<u32>], &[Cell<u32>])> {
        let index = self.index.get()?;
        // SAFETY: the array holds u32 cells only and is aligned to 8.
        let words: &[Cell<u32>] = unsafe { std::slice::from_raw_parts(index.data().cast(), index.len() / 4) };
        Some(words.split_at(words.len() - TAIL))
    }

    #[inline(always)]
    fn index_slots(&self) -> Option<&[Cell<u32>]> {
        self.index_parts().map(|(slots, _)| slots)
    }

    fn is_live(&self, position: usize) -> bool {
        self.entries.get().is_some_and(|entries| entries.slots()[position * WORDS + 1].get().is_some())
    }

    /// The position of the first live entry; that behind the last when there is none.
    pub fn first_position(&self) -> usize {
        let hint = self.index_parts().map(|(_, tail)| &tail[0]);
        let from = hint.map_or(0, |hint| hint.get() as usize);
        let first = (from..self.filled()).find(|&position| self.is_live(position)).unwrap_or(self.filled());
        if let Some(hint) = hint {
            hint.set(first as u32);
        }
        first
    }

    /// The position of the last live entry.
    pub fn last_position(&self) -> Option<usize> {
        (0..self.filled()).rev().find(|&position| self.is_live(position))
    }

    /// Calls `same` with the position of each entry whose hash word is `word`, until it does not
    /// answer `None`. Runs no Python code itself.
    #[inline(always)]
    fn probe<R>(&self, hash: i64, mut same: impl FnMut(usize, &[Slot]) -> Option<R>) -> Option<R> {
        let word = hash_word(hash);
        let entries = self.entries.get()?;
        let slots = entries.slots();
        let Some(index) = self.index_slots() else {
            for position in 0..self.filled() {
                let entry = entry_slots(slots, position);
                if raw_hash(entry) == word
                    && let Some(found) = same(position, entry)
                {
                    return Some(found);
                }
            }
            return None;
        };
        for i in probe_sequence(hash, index.len() - 1) {
            match index[i].get() {
                0 => break,
                DELETED => {}
                number => {
                    let position = number as usize - 1;
                    let entry = entry_slots(slots, position);
                    if raw_hash(entry) == word
                        && let Some(found) = same(position, entry)
                    {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    /// The position of an interned string among keys, when all that can match it is a string:
    /// needs no Python code. A key that is an equal string but another object is found, too.
    #[inline(always)]
    pub fn position_of_str(&self, vm: &Vm, name: Gc<PyStr>) -> Option<usize> {
        self.probe(name.hash(vm), |position, entry| {
            let key = entry[1].get()?;
            if key == name.value() {
                return Some(position);
            }
            let other = vm.cast_exact::<PyStr>(key)?;
            other.equals(&name).then_some(position)
        })
    }

    /// The value of an interned string, for class dicts and other namespaces whose keys are
    /// interned.
    #[inline(always)]
    pub fn get_interned(&self, name: Gc<PyStr>) -> Option<Value> {
        self.probe(name.known_hash(), |_, entry| if entry[1].get()? == name.value() { entry[2].get() } else { None })
    }

    /// The value of a string key, without running Python code: right for dicts whose keys are
    /// strings, and for others when no key with the same hash has a strange `__eq__`.
    #[inline(always)]
    pub fn get_str(&self, vm: &Vm, name: Gc<PyStr>) -> Option<Value> {
        // SAFETY: the position was just found.
        self.position_of_str(vm, name).and_then(|position| unsafe { self.value_at(position) })
    }

    /// The position of a key. Compares with `==` where hashes agree, which may run Python code
    /// and raise.
    pub fn position(&self, vm: &Vm, key: Value, hash: i64) -> PyResult<Option<usize>> {
        loop {
            let changes = self.changes.get();
            let found = self.probe(hash, |position, entry| {
                let candidate = entry[1].get()?;
                if candidate == key {
                    return Some(Ok(Some(position)));
                }
                match vm.keys_equal(candidate, key) {
                    // The comparison changed the dict: what the search saw is out of date.
                    Ok(_) if self.changes.get() != changes => Some(Ok(None)),
                    Ok(true) => Some(Ok(Some(position))),
                    Ok(false) => None,
                    Err(raised) => Some(Err(raised)),
                }
            });
            match found {
                None => return Ok(None),
                Some(Ok(None)) => {}
                Some(result) => return result,
            }
        }
    }

    /// The value of a key: `d.get(key)`.
    #[inline]
    pub fn get(&self, vm: &Vm, key: Value) -> PyResult<Option<Value>> {
        let hash = vm.hash_key(key, "dict key")?;
        self.get_hashed(vm, key, hash)
    }

    /// As [`PyDict::get`] with the key's hash known.
    #[inline]
    pub fn get_hashed(&self, vm: &Vm, key: Value, hash: i64) -> PyResult<Option<Value>> {
        // SAFETY: the position was just found.
        Ok(self.position(vm, key, hash)?.and_then(|position| unsafe { self.value_at(position) }))
    }
}

impl Gc<PyDict> {
    /// `d[key] = value`.
    #[inline]
    pub fn set(self, vm: &Vm, key: Value, value: Value) -> PyResult<()> {
        let hash = vm.hash_key(key, "dict key")?;
        self.set_hashed(vm, key, hash, value)
    }

    /// As [`Gc::<PyDict>::set`] with the key's hash known.
    pub fn set_hashed(self, vm: &Vm, key: Value, hash: i64, value: Value) -> PyResult<()> {
        match self.position(vm, key, hash)? {
            Some(position) => {
                self.set_value_at(vm, position, value);
                Ok(())
            }
            None => self.insert_new(vm, key, hash, value),
        }
    }

    /// `d.setdefault(key, default)`.
    pub fn set_default(self, vm: &Vm, key: Value, default: Value) -> PyResult {
        let hash = vm.hash_key(key, "dict key")?;
        if let Some(value) = self.get_hashed(vm, key, hash)? {
            return Ok(value);
        }
        self.insert_new(vm, key, hash, default)?;
        Ok(default)
    }

    /// `d[name] = value` for a string, without running Python code.
    pub fn set_str(self, vm: &Vm, name: Gc<PyStr>, value: Value) -> PyResult<()> {
        match self.position_of_str(vm, name) {
            Some(position) => {
                self.set_value_at(vm, position, value);
                Ok(())
            }
            None => self.insert_new(vm, name.value(), name.hash(vm), value),
        }
    }

    /// Replaces the value at the position of a live entry.
    #[inline(always)]
    pub fn set_value_at(self, vm: &Vm, position: usize, value: Value) {
        self.entries.get_set().set(vm, position * WORDS + 2, value);
    }

    /// Removes a key; gives its value.
    pub fn remove(self, vm: &Vm, key: Value) -> PyResult<Option<Value>> {
        let hash = vm.hash_key(key, "dict key")?;
        Ok(self.position(vm, key, hash)?.and_then(|position| self.remove_at(position)))
    }

    /// Removes a string key without running Python code; gives its value.
    pub fn remove_str(self, vm: &Vm, name: Gc<PyStr>) -> Option<Value> {
        self.position_of_str(vm, name).and_then(|position| self.remove_at(position))
    }

    /// Removes the entry at a position; gives its value.
    pub fn remove_at(self, position: usize) -> Option<Value> {
        let entry = self.entry(position)?;
        if let Some(index) = self.index_slots() {
            let mut sequence = probe_sequence(entry.hash, index.len() - 1);
            let i = sequence.find(|&i| index[i].get() == position as u32 + 1);
            index[i.expect("a live entry is in the index")].set(DELETED);
        }
        let entries = self.entries.get_set();
        let slots = entry_slots(entries.slots(), position);
        // A hash word of 0 matches no key.
        slots.iter().for_each(Slot::clear);
        self.used.set(self.used.get() - 1);
        self.changed();
        Some(entry.value)
    }

    /// Lets the next entry take the place of deleted ones at the end.
    pub fn forget_deleted_at_end(self) {
        let filled = self.last_position().map_or(0, |last| last as u32 + 1);
        self.filled.set(filled);
        if let Some((_, [first, ..])) = self.index_parts() {
            first.set(first.get().min(filled));
        }
    }

    /// Makes an entry the last or the first one.
    pub fn move_to_end(self, vm: &Vm, position: usize, last: bool) -> PyResult<()> {
        let Some(entry) = self.entry(position) else { return Ok(()) };
        if last {
            if self.last_position() == Some(position) {
                return Ok(());
            }
            self.remove_at(position);
            self.forget_deleted_at_end();
            return self.insert_new(vm, entry.key, entry.hash, entry.value);
        }
        if self.first_position() == position {
            return Ok(());
        }
        self.remove_at(position);
        self.insert_first(vm, entry)
    }

    /// Puts an entry whose key is known to be absent before all others.
    fn insert_first(self, vm: &Vm, entry: Entry) -> PyResult<()> {
        let has_room = self.index_parts().is_none_or(|(_, tail)| tail[1].get() > 0);
        if !has_room || self.first_position() == 0 {
            // As much room as there are entries, so that many insertions take linear time.
            let room = if self.len() < LINEAR { 1 } else { self.len() };
            self.rebuild(vm, room)?;
        }
        let position = self.first_position() - 1;
        self.write_entry(vm, position, entry);
        if let Some((_, [first, ..])) = self.index_parts() {
            first.set(position as u32);
        }
        Ok(())
    }

    /// Writes a new entry to a free position.
    #[inline(always)]
    fn write_entry(self, vm: &Vm, position: usize, entry: Entry) {
        let entries = self.entries.get_set();
        let slots = entry_slots(entries.slots(), position);
        // SAFETY: a small integer's word.
        slots[0].set_root(unsafe { Value::from_bits(hash_word(entry.hash)) });
        slots[1].set(vm, entries, entry.key);
        slots[2].set(vm, entries, entry.value);
        self.used.set(self.used.get() + 1);
        if let Some((slots, tail)) = self.index_parts() {
            insert_position(slots, entry.hash, position);
            tail[1].set(tail[1].get() - 1);
        }
        self.changed();
    }

    /// Bytes of memory, tables included.
    pub fn memory_size(self) -> usize {
        size_of::<PyDict>()
            + self.entries.get().map_or(0, |entries| 16 + entries.len() * 8)
            + self.index.get().map_or(0, |index| 16 + index.len())
    }

    /// Removes all entries.
    pub fn clear(self) {
        self.used.set(0);
        self.filled.set(0);
        self.entries.clear();
        self.index.clear();
        self.changed();
    }

    /// Appends an entry whose key is known to be absent.
    pub fn insert_new(self, vm: &Vm, key: Value, hash: i64, value: Value) -> PyResult<()> {
        let position = self.filled();
        let is_full = self.entries.get().is_none_or(|entries| (position + 1) * WORDS > entries.len())
            || self.index_parts().is_some_and(|(_, tail)| tail[1].get() == 0);
        if is_full {
            self.rebuild(vm, 0)?;
            return self.insert_new(vm, key, hash, value);
        }
        self.filled.set(position as u32 + 1);
        self.write_entry(vm, position, Entry { hash, key, value });
        Ok(())
    }

    /// Closes the gaps that deleted entries left in a table without index, if it is of the wanted
    /// capacity and there is a gap.
    fn compact(self, vm: &Vm, capacity: usize) -> bool {
        let Some(entries) = self.entries.get().filter(|entries| entries.len() == capacity * WORDS) else {
            return false;
        };
        if self.len() == self.filled() {
            return false;
        }
        let slots = entries.slots();
        let mut to = 0;
        for from in 0..self.filled() {
            let Some(entry) = self.entry(from) else { continue };
            if to != from {
                // SAFETY: a small integer's word.
                entries.set(vm, to * WORDS, unsafe { Value::from_bits(hash_word(entry.hash)).unwrap_unchecked() });
                entries.set(vm, to * WORDS + 1, entry.key);
                entries.set(vm, to * WORDS + 2, entry.value);
            }
            to += 1;
        }
        slots[to * WORDS..self.filled() * WORDS].iter().for_each(Slot::clear);
        self.filled.set(to as u32);
        self.changed();
        true
    }

    /// Moves the live entries to a table with room for more (or fewer, when most were deleted), and
    /// with so many free positions before them.
    #[cold]
    fn rebuild(self, vm: &Vm, room_before: usize) -> PyResult<()> {
        let capacity = match self.len() + room_before {
            0 => SMALL,
            1..LINEAR => LINEAR,
            // The index is at most two thirds full.
            count => (count * 2).next_power_of_two().max(16) * 2 / 3,
        };
        self.rebuild_to(vm, capacity, room_before)
    }

    /// Makes room at once for entries that will be added.
    pub fn reserve(self, vm: &Vm, additional: usize) -> PyResult<()> {
        let count = self.len() + additional;
        match count {
            _ if self.entries.get().is_some_and(|entries| count * WORDS <= entries.len()) => Ok(()),
            0..=SMALL => Ok(()),
            _ => self.rebuild_to(vm, capacity_for(count), 0),
        }
    }

    /// Gives a dict that was just made the entries of another one but those that `skip` wants left
    /// out, and room for so many more. Keys are not compared.
    pub(crate) fn copy_entries(
        self,
        vm: &Vm,
        from: Gc<PyDict>,
        additional: usize,
        mut skip: impl FnMut(Entry) -> bool,
    ) -> PyResult<()> {
        debug_assert!(self.entries.get().is_none());
        let count = from.len() + additional;
        if count == 0 {
            return Ok(());
        }
        self.rebuild_to(vm, capacity_for(count), 0)?;
        let mut to = 0;
        for position in 0..from.filled() {
            let Some(entry) = from.entry(position).filter(|entry| !skip(*entry)) else { continue };
            self.write_entry(vm, to, entry);
            to += 1;
        }
        self.filled.set(to as u32);
        Ok(())
    }

    fn rebuild_to(self, vm: &Vm, capacity: usize, room_before: usize) -> PyResult<()> {
        if capacity > DELETED as usize / 2 {
            return Err(vm.no_memory());
        }
        if room_before == 0 && capacity <= LINEAR && self.index.get().is_none() && self.compact(vm, capacity) {
            return Ok(());
        }
        let used = self.len();
        let index = if capacity > LINEAR {
            Some(vm.new_raw_array(((capacity * 3 / 2).next_power_of_two() + TAIL) * 4)?)
        } else {
            None
        };
        self.move_entries(vm, capacity * WORDS, room_before)?;
        self.index.set_maybe(vm, self, index);
        self.filled.set((room_before + used) as u32);
        if let Some((slots, tail)) = self.index_parts() {
            let entries = self.entries.get_set();
            for (position, entry) in entries.slots().chunks_exact(WORDS).enumerate().skip(room_before).take(used) {
                insert_position(slots, raw_hash(entry) as i64 >> 1, position);
            }
            tail[0].set(room_before as u32);
            tail[1].set((capacity - self.len()) as u32);
        }
        self.changed();
        Ok(())
    }

    /// Gives the entries an array of `words` words, without the deleted ones, behind so many free
    /// positions.
    fn move_entries(self, vm: &Vm, words: usize, room_before: usize) -> PyResult<()> {
        let whole = self.used.get() == self.filled.get();
        let old = self.entries.get();
        if whole && room_before == 0 && old.is_some_and(|old| words > old.len() && old.extend_in_place(vm, words)) {
            return Ok(());
        }
        let entries = vm.new_value_array(words)?;
        if let Some(old) = old {
            let old = &old.slots()[..self.filled() * WORDS];
            let mut to = &entries.slots()[room_before * WORDS..];
            for entry in old.chunks_exact(WORDS).filter(|entry| whole || entry[1].get().is_some()) {
                // The new array is the youngest object: no barrier.
                for (to, from) in to.iter().zip(entry) {
                    to.set_root(from.get());
                }
                to = &to[WORDS..];
            }
        }
        self.entries.set(vm, self, entries);
        Ok(())
    }
}

/// The size of the smallest table with room for so many entries, whose index is at most two thirds
/// full.
fn capacity_for(count: usize) -> usize {
    match count {
        _ if count <= SMALL => SMALL,
        _ if count <= LINEAR => LINEAR,
        _ => (count * 3).div_ceil(2).next_power_of_two().max(16) * 2 / 3,
    }
}

fn insert_position(index: &[Cell<u32>], hash: i64, position: usize) {
    let mut sequence = probe_sequence(hash, index.len() - 1);
    let i = sequence.find(|&i| index[i].get() == 0).expect("the sequence is endless");
    index[i].set(position as u32 + 1);
}

impl Vm {
    /// An empty dict.
    pub fn new_dict(&self) -> PyResult<Gc<PyDict>> {
        self.alloc(PyDict::empty())
    }
}

impl PyDict {
    /// The fields of an empty dict, for [`Vm::alloc`] and its like.
    pub fn empty() -> PyDict {
        PyDict {
            header: Header::EMPTY,
            used: Cell::new(0),
            filled: Cell::new(0),
            keys_version: Cell::new(0),
            changes: Cell::new(0),
            entries: Slot::empty(),
            index: Slot::empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::thread::Thread;
    use crate::vm::VmConfig;
    use crate::{Value, Vm};

    #[test]
    fn copies_of_any_size_are_alike() {
        let thread = Thread::new(0, 1000);
        let vm = Vm::new(VmConfig::default(), &thread).unwrap();
        for len in 0..300 {
            let dict = vm.new_dict().unwrap();
            for key in 0..len {
                dict.set(&vm, Value::small_int(key), Value::small_int(-key)).unwrap();
            }
            // Every fifth entry is gone.
            for key in (0..len).step_by(5) {
                dict.remove(&vm, Value::small_int(key)).unwrap();
            }
            let (copy, odd) = (vm.dict_copy(dict).unwrap(), vm.new_dict().unwrap());
            assert!(vm.dicts_equal(dict, copy).unwrap());
            odd.copy_entries(&vm, dict, 3, |entry| entry.value.as_small_int().unwrap() % 2 == 0).unwrap();
            for key in 0..len + 3 {
                let (key, is_there) = (Value::small_int(key), key < len && key % 5 != 0);
                assert_eq!(copy.get(&vm, key).unwrap().is_some(), is_there);
                let is_odd = key.as_small_int().unwrap() % 2 != 0;
                assert_eq!(odd.get(&vm, key).unwrap().is_some(), is_there && is_odd);
                copy.set(&vm, key, Value::NONE).unwrap();
            }
            assert_eq!(copy.len() as i64, len + 3);
            assert_eq!(copy.iter().count() as i64, len + 3);
        }
    }

    #[test]
    fn room_that_was_made_is_room_enough() {
        let thread = Thread::new(0, 1000);
        let vm = Vm::new(VmConfig::default(), &thread).unwrap();
        for len in 0..300 {
            let dict = vm.new_dict().unwrap();
            dict.reserve(&vm, len).unwrap();
            let entries = dict.entries.get();
            for key in 0..len {
                dict.set(&vm, Value::small_int(key as i64), Value::NONE).unwrap();
            }
            assert!(len <= super::SMALL || dict.entries.get() == entries, "{len} entries");
        }
    }
}
