//! A full collection that tells what it found: the objects that reference counts alone would not have freed, because
//! they are in cycles or something in a cycle refers to them.
//!
//! Young objects that are not reached are kept where they are, as if they were old; what is not reached from roots then
//! is the garbage. From it, what
//! nothing else in it refers to is taken away again and again, as falling counts would do (Kahn's algorithm). The rest
//! is what a collector beside reference counts would have found.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::header::{Object, Word};
use crate::heap::{Generation, Heap};
use crate::roots::with_spilled_registers;
use crate::space::BLOCK_WORDS;
use crate::weak::AddressHasher;

/// What a census is to do with what it finds.
#[derive(Clone, Copy)]
pub struct Census {
    /// Does this object count? Must not allocate.
    pub counts: fn(*const u8) -> bool,
    /// Keep those that count: they wait in the heap, alive, until [`Heap::take_saved`] takes them.
    pub save: bool,
}

/// The large objects that there were before marking began.
pub(crate) type LargeBefore = Vec<Object>;

impl Heap {
    /// Collects everything and tells how many objects in cycles (or reached from cycles) were found. Objects to be
    /// finalized, and what they refer to, are not among them: they live until they have been.
    pub fn collect_with_census(&mut self, census: Census) -> usize {
        // SAFETY: everything that lives is above the address.
        with_spilled_registers(|stack_pointer| unsafe { self.collect_with_census_above(census, stack_pointer) })
    }

    /// As [`collect_with_census`](Heap::collect_with_census), but the running thread's stack is only looked at from an
    /// address on: what returned calls left between the variables of the frames below is not taken for references.
    ///
    /// # Safety
    /// Registers were spilled above the address ([`with_spilled_registers`]), and the frames below hold no references
    /// to objects that are not reachable otherwise, or that may move.
    pub unsafe fn collect_with_census_above(&mut self, census: Census, stack_pointer: *const u8) -> usize {
        self.census = Some(census);
        self.census_found = 0;
        self.collect_above(Generation::Full, stack_pointer);
        self.census = None;
        self.census_found
    }

    /// The next object that a census saved.
    pub fn take_saved(&mut self) -> Option<*mut u8> {
        self.saved.pop_front().map(|word| word as usize as *mut u8)
    }

    /// All young objects, to be kept by a census.
    pub(crate) fn all_young(&self) -> Vec<Object> {
        let mut young = Vec::new();
        self.for_each_young_object(|object| young.push(object));
        young
    }

    /// Keeps those of some young objects that were not reached.
    pub(crate) fn keep_unreached(&mut self, young: &[Object]) {
        for &object in young {
            // (What was reached and moved is forwarded.)
            let is_small = self.space.is_small(object.0);
            if !is_small || object.forwarded().is_none() {
                self.pin_root(object);
            }
        }
        self.drain_young();
    }

    /// Before marking: remembers in the scratch bits which small objects there are, and gives the large ones.
    pub(crate) fn begin_census(&mut self) -> LargeBefore {
        for word in 0..self.blocks.count * BLOCK_WORDS {
            let starts = self.space.starts.word(word);
            if starts != 0 {
                self.space.scratch.set_word(word, starts);
            }
        }
        let records = self.large.records.iter().filter(|record| record.address != 0);
        records.map(|record| Object(record.address)).collect()
    }

    /// After marking, when nothing was freed yet.
    pub(crate) fn end_census(&mut self, census: Census, before: LargeBefore) {
        let mut garbage = Vec::new();
        for word in 0..self.blocks.count * BLOCK_WORDS {
            let there = self.space.scratch.word(word);
            if there != 0 {
                self.space.scratch.set_word(word, 0);
            }
            let mut dead = there & !self.space.starts.word(word);
            while dead != 0 {
                let granule = word * 64 + dead.trailing_zeros() as usize;
                garbage.push(Object(self.space.base + granule * 8));
                dead &= dead - 1;
            }
        }
        garbage.extend(before.into_iter().filter(|&object| self.survivor(object, true).is_none()));
        let held = self.held_by_cycles(&garbage);
        // SAFETY: the object is dead but intact.
        let counted = garbage.iter().zip(held).filter(|(object, held)| *held && (census.counts)(object.0 as *const u8));
        let counted: Vec<Object> = counted.map(|(&object, _)| object).collect();
        self.census_found += counted.len();
        if census.save {
            for object in counted {
                self.mark(object);
                self.saved.push_back(object.0 as Word);
            }
            self.drain_marked();
        }
    }

    /// For each of some dead objects, whether a cycle among them holds it.
    fn held_by_cycles(&mut self, garbage: &[Object]) -> Vec<bool> {
        type Numbers = HashMap<usize, u32, BuildHasherDefault<AddressHasher>>;
        let numbers: Numbers = garbage.iter().zip(0..).map(|(object, number)| (object.0, number)).collect();
        let mut references = vec![0u32; garbage.len()];
        for &object in garbage {
            self.for_each_target(object, &mut |target| {
                if let Some(&number) = numbers.get(&target.0) {
                    references[number as usize] += 1;
                }
            });
        }
        let mut held = vec![true; garbage.len()];
        let mut falling: Vec<u32> = (0..).zip(&references).filter(|(_, count)| **count == 0).map(|(n, _)| n).collect();
        while let Some(number) = falling.pop() {
            held[number as usize] = false;
            self.for_each_target(garbage[number as usize], &mut |target| {
                if let Some(&number) = numbers.get(&target.0) {
                    references[number as usize] -= 1;
                    if references[number as usize] == 0 {
                        falling.push(number);
                    }
                }
            });
        }
        held
    }

    /// What an object refers to, the owner of its shape included.
    fn for_each_target(&mut self, object: Object, f: &mut dyn FnMut(Object)) {
        match self.shape_owner(object.header()) {
            0 => {}
            owner => f(Object(owner as usize)),
        }
        // SAFETY: trace functions show valid slots.
        self.for_each_strong_slot(object, &mut |slot| f(Object(unsafe { *slot } as usize)));
    }
}
