//! Sorting lists: stable, with as few comparisons as natural order allows, and safe against
//! comparisons that run Python code.
//!
//! Plain integers, floats and strings are sorted by Rust's stable sort. Everything else goes
//! through a merge sort that finds natural runs, extends short ones by binary insertion and
//! merges by the rule of powersort (Munro and Wild, 2018), CPython's since 3.11, without its
//! galloping. Keys and values live in heap arrays while Python code compares them.

use crate::types::arrays::ValueArray;
use crate::types::str::{PyStr, StrData};
use crate::{Gc, PyResult, Value, Vm};

/// Keys and, when they differ from the keys, values, sorted together.
pub(super) struct Sorter<'vm> {
    pub vm: &'vm Vm,
    pub keys: Gc<ValueArray>,
    pub values: Option<Gc<ValueArray>>,
    pub len: usize,
}

/// A sorted stretch with the power of the boundary before it.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    len: usize,
    power: u32,
}

impl Sorter<'_> {
    /// Sorts in ascending order of the keys.
    pub fn sort(&self) -> PyResult<()> {
        if self.len < 2 || self.sort_plain() {
            return Ok(());
        }
        self.merge_sort()
    }

    fn key(&self, index: usize) -> Value {
        self.keys.slots()[index].get_set()
    }

    fn less(&self, a: Value, b: Value) -> PyResult<bool> {
        self.vm.less_than(a, b)
    }

    /// Sorts keys that are all small integers, all floats in words, or all plain strings: no
    /// Python code runs, so positions can be sorted outside the heap.
    fn sort_plain(&self) -> bool {
        let keys = &self.keys.slots()[..self.len];
        if keys.iter().all(|key| key.get_set().is_small_int()) {
            let mut order: Vec<(i64, u32)> =
                (0..).zip(keys).map(|(i, key)| (key.get_set().as_small_int().unwrap_or(0), i)).collect();
            order.sort_by_key(|&(key, _)| key);
            self.permute(order.iter().map(|&(_, i)| i));
            return true;
        }
        if keys.iter().all(|key| key.get_set().is_small_float()) {
            let mut order: Vec<(f64, u32)> =
                (0..).zip(keys).map(|(i, key)| (key.get_set().as_small_float().unwrap_or(0.0), i)).collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0));
            self.permute(order.iter().map(|&(_, i)| i));
            return true;
        }
        if keys.iter().all(|key| self.vm.cast_exact::<PyStr>(key.get_set()).is_some()) {
            let mut order: Vec<u32> = (0..self.len as u32).collect();
            let text = |i: u32| -> Gc<PyStr> {
                // SAFETY: just checked, and nothing changes the keys meanwhile.
                unsafe { self.key(i as usize).as_gc_unchecked() }
            };
            order.sort_by(|&a, &b| compare_text(text(a).data(), text(b).data()));
            self.permute(order.into_iter());
            return true;
        }
        false
    }

    /// Puts the items into an order of their positions. Nothing is allocated meanwhile.
    fn permute(&self, order: impl Iterator<Item = u32> + Clone) {
        for array in [Some(self.keys), self.values].into_iter().flatten() {
            // Nothing allocates until all are back, so the collector cannot miss them here.
            let old: Vec<Value> = array.slots()[..self.len].iter().map(|slot| slot.get_set()).collect();
            for (index, from) in order.clone().enumerate() {
                array.set(self.vm, index, old[from as usize]);
            }
        }
    }

    fn set(&self, index: usize, key: Value, value: Option<Value>) {
        self.keys.set(self.vm, index, key);
        if let (Some(values), Some(value)) = (self.values, value) {
            values.set(self.vm, index, value);
        }
    }

    fn value(&self, index: usize) -> Option<Value> {
        self.values.map(|values| values.slots()[index].get_set())
    }

    fn reverse(&self, start: usize, end: usize) {
        let (mut low, mut high) = (start, end);
        while low + 1 < high {
            high -= 1;
            let (a, b) = ((self.key(low), self.value(low)), (self.key(high), self.value(high)));
            self.set(low, b.0, b.1);
            self.set(high, a.0, a.1);
            low += 1;
        }
    }

    fn merge_sort(&self) -> PyResult<()> {
        let spare_keys = self.vm.new_value_array(self.len / 2 + 1)?;
        let spare_values = match self.values {
            Some(_) => Some(self.vm.new_value_array(self.len / 2 + 1)?),
            None => None,
        };
        let merger = Merger { sorter: self, keys: spare_keys, values: spare_values };
        let least = least_run(self.len);
        let mut runs: Vec<Run> = Vec::new();
        let mut start = 0;
        while start < self.len {
            let mut len = self.natural_run(start)?;
            if len < least {
                let forced = least.min(self.len - start);
                self.insert_sorted(start, start + len, start + forced)?;
                len = forced;
            }
            if let Some(last) = runs.last() {
                let power = boundary_power(last.start, last.len, len, self.len);
                while runs.len() > 1 && runs[runs.len() - 1].power > power {
                    merger.merge_last(&mut runs)?;
                }
                runs.push(Run { start, len, power });
            } else {
                runs.push(Run { start, len, power: 0 });
            }
            start += len;
        }
        while runs.len() > 1 {
            merger.merge_last(&mut runs)?;
        }
        Ok(())
    }

    /// The length of the run that starts here; a descending one is reversed.
    fn natural_run(&self, start: usize) -> PyResult<usize> {
        let mut end = start + 1;
        if end >= self.len {
            return Ok(end - start);
        }
        let descending = self.less(self.key(end), self.key(end - 1))?;
        end += 1;
        while end < self.len && self.less(self.key(end), self.key(end - 1))? == descending {
            end += 1;
        }
        if descending {
            self.reverse(start, end);
        }
        Ok(end - start)
    }

    /// Extends the sorted stretch `start..sorted` to `start..end` by binary insertion.
    fn insert_sorted(&self, start: usize, sorted: usize, end: usize) -> PyResult<()> {
        for index in sorted..end {
            let (key, value) = (self.key(index), self.value(index));
            let (mut low, mut high) = (start, index);
            while low < high {
                let middle = (low + high) / 2;
                if self.less(key, self.key(middle))? { high = middle } else { low = middle + 1 }
            }
            for shifted in (low..index).rev() {
                self.set(shifted + 1, self.key(shifted), self.value(shifted));
            }
            self.set(low, key, value);
        }
        Ok(())
    }
}

struct Merger<'a, 'vm> {
    sorter: &'a Sorter<'vm>,
    keys: Gc<ValueArray>,
    values: Option<Gc<ValueArray>>,
}

impl Merger<'_, '_> {
    fn merge_last(&self, runs: &mut Vec<Run>) -> PyResult<()> {
        let (right, left) = (runs.pop().expect("two runs"), runs.last_mut().expect("two runs"));
        let (start, left_len, right_len) = (left.start, left.len, right.len);
        left.len += right_len;
        // What is in place already stays: the left items not greater than the first right one,
        // and the right ones not less than the last left one.
        let sorter = self.sorter;
        let middle = start + left_len;
        let skip = self.upper_bound(sorter.key(middle), start, middle)?;
        if skip == middle {
            return Ok(());
        }
        let end = self.lower_bound(sorter.key(middle - 1), middle, middle + right_len)?;
        if middle - skip <= end - middle {
            self.merge_low(skip, middle, end)
        } else {
            self.merge_high(skip, middle, end)
        }
    }

    /// The first position whose key is greater than `key`.
    fn upper_bound(&self, key: Value, mut low: usize, mut high: usize) -> PyResult<usize> {
        while low < high {
            let middle = (low + high) / 2;
            if self.sorter.less(key, self.sorter.key(middle))? { high = middle } else { low = middle + 1 }
        }
        Ok(low)
    }

    /// The first position whose key is not less than `key`.
    fn lower_bound(&self, key: Value, mut low: usize, mut high: usize) -> PyResult<usize> {
        while low < high {
            let middle = (low + high) / 2;
            if self.sorter.less(self.sorter.key(middle), key)? { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    fn spare(&self, index: usize) -> (Value, Option<Value>) {
        (self.keys.slots()[index].get_set(), self.values.map(|values| values.slots()[index].get_set()))
    }

    fn save(&self, from: usize, len: usize) {
        for index in 0..len {
            self.keys.set(self.sorter.vm, index, self.sorter.key(from + index));
            if let (Some(values), Some(value)) = (self.values, self.sorter.value(from + index)) {
                values.set(self.sorter.vm, index, value);
            }
        }
    }

    fn restore(&self, from: usize, to: usize, len: usize) {
        for index in 0..len {
            let (key, value) = self.spare(from + index);
            self.sorter.set(to + index, key, value);
        }
    }

    /// Merges from the left, the left run moved aside. On an error no item is lost.
    fn merge_low(&self, start: usize, middle: usize, end: usize) -> PyResult<()> {
        let sorter = self.sorter;
        let left_len = middle - start;
        self.save(start, left_len);
        let (mut left, mut right, mut out) = (0, middle, start);
        while left < left_len && right < end {
            let (key, value) = self.spare(left);
            match sorter.less(sorter.key(right), key) {
                Ok(true) => {
                    sorter.set(out, sorter.key(right), sorter.value(right));
                    right += 1;
                }
                Ok(false) => {
                    sorter.set(out, key, value);
                    left += 1;
                }
                Err(raised) => {
                    self.restore(left, out, left_len - left);
                    return Err(raised);
                }
            }
            out += 1;
        }
        self.restore(left, out, left_len - left);
        Ok(())
    }

    /// Merges from the right, the right run moved aside. On an error no item is lost.
    fn merge_high(&self, start: usize, middle: usize, end: usize) -> PyResult<()> {
        let sorter = self.sorter;
        let right_len = end - middle;
        self.save(middle, right_len);
        let (mut left, mut right, mut out) = (middle, right_len, end);
        while left > start && right > 0 {
            let (key, value) = self.spare(right - 1);
            match sorter.less(key, sorter.key(left - 1)) {
                Ok(true) => {
                    left -= 1;
                    out -= 1;
                    sorter.set(out, sorter.key(left), sorter.value(left));
                }
                Ok(false) => {
                    right -= 1;
                    out -= 1;
                    sorter.set(out, key, value);
                }
                Err(raised) => {
                    self.restore(0, out - right, right);
                    return Err(raised);
                }
            }
        }
        self.restore(0, out - right, right);
        Ok(())
    }
}

/// CPython's `minrun`: 32 to 64, so that the number of runs is a power of two or a bit less.
fn least_run(mut len: usize) -> usize {
    let mut odd = 0;
    while len >= 64 {
        odd |= len & 1;
        len >>= 1;
    }
    len + odd
}

/// The depth in the ideal merge tree of the boundary between two adjacent runs.
fn boundary_power(start: usize, len: usize, next_len: usize, total: usize) -> u32 {
    let (mut a, mut b) = (2 * start + len, 2 * start + 2 * len + next_len);
    let mut power = 0;
    loop {
        power += 1;
        if a >= total {
            a -= total;
            b -= total;
        } else if b >= total {
            return power;
        }
        a <<= 1;
        b <<= 1;
    }
}

/// The order of two texts by code points.
pub fn compare_text(a: StrData<'_>, b: StrData<'_>) -> std::cmp::Ordering {
    match (a, b) {
        (StrData::Latin1(a), StrData::Latin1(b)) => a.cmp(b),
        (StrData::Ucs2(a), StrData::Ucs2(b)) => a.cmp(b),
        (StrData::Ucs4(a), StrData::Ucs4(b)) => a.cmp(b),
        _ => a.iter().cmp(b.iter()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_between_32_and_64() {
        assert_eq!(least_run(63), 63);
        assert_eq!(least_run(64), 32);
        assert_eq!(least_run(2112), 33);
    }

    #[test]
    fn powers_follow_the_balanced_tree() {
        assert_eq!(boundary_power(0, 50, 50, 100), 1);
        assert_eq!(boundary_power(0, 25, 25, 100), 2);
    }
}
