//! The objects that a pickler has written, by identity, with the numbers they can be read by.
//!
//! The table is keyed by address. Young objects move when the collector runs, so the objects are in
//! a Python list as well, by which the table is made anew after a collection.

use kaa_objects::object::Slot;
use kaa_objects::types::list::PyList;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// One place of the table; a key of 0 is none.
#[derive(Clone, Copy, Default)]
struct Place {
    key: u64,
    id: u32,
}

/// The table; the objects are in the list that its owner holds.
#[derive(Default)]
pub struct Memo {
    places: Vec<Place>,
    /// The number of each object in the list.
    ids: Vec<u32>,
    /// How many collections there had been when the table was made.
    made_at: u64,
}

fn collections(vm: &Vm) -> u64 {
    let stats = vm.heap().stats();
    stats.young_collections + stats.full_collections
}

/// The places in which a key is looked for: first by its address alone, so that objects that lie
/// side by side have places side by side, which is kind to caches; then scattered by all its bits.
struct Probe {
    at: usize,
    perturb: u64,
}

impl Probe {
    #[inline(always)]
    fn new(key: u64, mask: usize) -> Probe {
        let perturb = key >> 4;
        Probe { at: perturb as usize & mask, perturb }
    }

    #[inline(always)]
    fn advance(&mut self, mask: usize) {
        self.perturb >>= 5;
        self.at = self.at.wrapping_mul(5).wrapping_add(self.perturb as usize + 1) & mask;
    }
}

impl Memo {
    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Forgets all objects. The owner empties the list.
    pub fn clear(&mut self) {
        self.places.clear();
        self.ids.clear();
    }

    fn rebuild(&mut self, vm: &Vm, objects: &[Value], capacity: usize) {
        self.places.clear();
        self.places.resize(capacity, Place::default());
        for (object, &id) in objects.iter().zip(&self.ids) {
            insert(&mut self.places, object.bits(), id);
        }
        self.made_at = collections(vm);
    }

    /// The number of an object.
    #[inline]
    pub fn get(&mut self, vm: &Vm, objects: &Slot<Gc<PyList>>, object: Value) -> Option<u32> {
        if self.ids.is_empty() {
            return None;
        }
        if self.made_at != collections(vm) {
            let list = objects.get()?;
            self.rebuild(vm, list.as_slice(), self.places.len());
        }
        let mask = self.places.len() - 1;
        let mut probe = Probe::new(object.bits(), mask);
        loop {
            let place = self.places[probe.at];
            if place.key == object.bits() {
                return Some(place.id);
            }
            if place.key == 0 {
                return None;
            }
            probe.advance(mask);
        }
    }

    /// Adds an object that is not there yet, under a number.
    pub fn add(&mut self, vm: &Vm, list: Gc<PyList>, object: Value, id: u32) -> PyResult<()> {
        // Making the list longer may collect: the table is looked at afterwards.
        list.push(vm, object)?;
        self.ids.push(id);
        if self.ids.len() * 2 > self.places.len() {
            self.rebuild(vm, list.as_slice(), (self.ids.len() * 4).next_power_of_two().max(16));
        } else if self.made_at != collections(vm) {
            self.rebuild(vm, list.as_slice(), self.places.len());
        } else {
            insert(&mut self.places, object.bits(), id);
        }
        Ok(())
    }

    /// The numbers of the objects in the list.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Bytes of memory that it keeps.
    pub fn memory_size(&self) -> usize {
        self.places.capacity() * size_of::<Place>() + self.ids.capacity() * 4
    }
}

fn insert(places: &mut [Place], key: u64, id: u32) {
    let mask = places.len() - 1;
    let mut probe = Probe::new(key, mask);
    while places[probe.at].key != 0 && places[probe.at].key != key {
        probe.advance(mask);
    }
    places[probe.at] = Place { key, id };
}
