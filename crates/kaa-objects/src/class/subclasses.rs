//! The direct subclasses of a class: weak, since a base does not keep what derives from it alive.
//!
//! They are addresses in a raw array that the collector does not look into; classes never move. In
//! a full collection those of dead classes become 0 ([`PyType::forget_dead_subclasses`]), so that
//! living ones keep their places while somebody goes through them.

use kaa_gc::Sweep;

use super::PyType;
use crate::types::arrays::RawArray;
use crate::types::list::PyList;
use crate::{Gc, PyResult, Vm};

/// Rooms of the first array, the first of which tells how many of the others are in use.
const FIRST: usize = 4;

/// The words of the array of a class's subclasses.
///
/// # Safety
/// The slice is not kept while anything is allocated, or asked for another time.
#[allow(clippy::mut_from_ref, reason = "see above")]
unsafe fn words(array: &RawArray) -> &mut [usize] {
    // SAFETY: the array was made for words, and is aligned to 8 bytes.
    unsafe { std::slice::from_raw_parts_mut(array.data().cast(), array.len() / 8) }
}

/// Goes through the direct subclasses of a class, oldest first. Anything may be allocated
/// meanwhile; but no class may be made, which could move them up.
pub struct Subclasses {
    class: Gc<PyType>,
    next: usize,
}

impl Iterator for Subclasses {
    type Item = Gc<PyType>;

    fn next(&mut self) -> Option<Gc<PyType>> {
        let array = self.class.subclasses.get()?;
        loop {
            // SAFETY: read at once.
            let words = unsafe { words(&array) };
            if self.next > words[0] {
                return None;
            }
            let word = words[self.next];
            self.next += 1;
            if word != 0 {
                // SAFETY: the address of a living class.
                return Some(unsafe { Gc::from_ptr(word as *mut PyType) });
            }
        }
    }
}

impl PyType {
    /// At the end of a full collection.
    pub(super) fn forget_dead_subclasses(&self, sweep: &Sweep<'_>) {
        if let Some(array) = self.subclasses.get() {
            // SAFETY: nothing is allocated here.
            let words = unsafe { words(&array) };
            for word in &mut words[1..] {
                if *word != 0 && sweep.alive(*word as u64).is_none() {
                    *word = 0;
                }
            }
        }
    }
}

impl Vm {
    /// Notes that `class` derives directly from `base`.
    pub(crate) fn add_subclass(&self, base: Gc<PyType>, class: Gc<PyType>) -> PyResult<()> {
        let is_full = |array: Gc<RawArray>| {
            // SAFETY: read at once.
            let words = unsafe { words(&array) };
            words[0] + 1 == words.len()
        };
        let array = match base.subclasses.get() {
            Some(array) if !is_full(array) => array,
            _ => self.grow_subclasses(base)?,
        };
        // SAFETY: nothing is allocated here.
        let words = unsafe { words(&array) };
        words[0] += 1;
        words[words[0]] = class.address();
        Ok(())
    }

    /// An array with room for one more.
    fn grow_subclasses(&self, base: Gc<PyType>) -> PyResult<Gc<RawArray>> {
        let room = (self.subclasses(base).count() * 2).max(FIRST);
        let array = self.new_raw_array(8 * room)?;
        // SAFETY: nothing is allocated here. There are not more living ones than before.
        let words = unsafe { words(&array) };
        for class in self.subclasses(base) {
            words[0] += 1;
            words[words[0]] = class.address();
        }
        base.subclasses.set(self, base, array);
        Ok(array)
    }

    /// Forgets that `class` derives directly from `base`.
    pub(crate) fn remove_subclass(&self, base: Gc<PyType>, class: Gc<PyType>) {
        if let Some(array) = base.subclasses.get() {
            // SAFETY: nothing is allocated here.
            let words = unsafe { words(&array) };
            if let Some(word) = words[1..].iter_mut().find(|word| **word == class.address()) {
                *word = 0;
            }
        }
    }

    /// The direct subclasses of a class.
    pub fn subclasses(&self, class: Gc<PyType>) -> Subclasses {
        Subclasses { class, next: 1 }
    }

    /// The same, as `__subclasses__` gives them.
    pub(crate) fn subclass_list(&self, class: Gc<PyType>) -> PyResult<Gc<PyList>> {
        let list = self.new_list(&[])?;
        for subclass in self.subclasses(class) {
            list.push(self, subclass.value())?;
        }
        Ok(list)
    }
}
