//! A map from names to small values that keeps the order of insertion.

use bumpalo::collections::Vec as ArenaVec;
use kaa_ast::{Arena, FxHasher, Name};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Entries in order; a hash index exists only when a search of the entries would be slow.
#[derive(Clone, Debug)]
pub struct NameMap<'a, V> {
    entries: ArenaVec<'a, (Name, V)>,
    index: HashMap<Name, u32, BuildHasherDefault<FxHasher>>,
}

/// Up to this many entries are searched one by one.
const SMALL: usize = 12;

impl<'a, V: Copy> NameMap<'a, V> {
    /// A map whose entries lie in an arena.
    pub fn new_in(arena: &'a Arena) -> Self {
        NameMap { entries: ArenaVec::new_in(arena), index: HashMap::default() }
    }

    /// Where the entry of a name stands.
    pub fn position(&self, name: Name) -> Option<usize> {
        if self.entries.len() <= SMALL {
            self.entries.iter().position(|entry| entry.0 == name)
        } else {
            self.index.get(&name).map(|&position| position as usize)
        }
    }

    pub fn get(&self, name: Name) -> Option<V> {
        self.position(name).map(|position| self.entries[position].1)
    }

    pub fn contains(&self, name: Name) -> bool {
        self.position(name).is_some()
    }

    /// Sets the value of a name; a new name goes to the end.
    pub fn insert(&mut self, name: Name, value: V) {
        match self.position(name) {
            Some(position) => self.entries[position].1 = value,
            None => self.push(name, value),
        }
    }

    /// Adds a name that is not there yet.
    pub fn push(&mut self, name: Name, value: V) {
        let position = self.entries.len();
        if position == 0 {
            self.entries.reserve(8);
        }
        self.entries.push((name, value));
        if position == SMALL {
            self.rebuild_index();
        } else if position > SMALL {
            self.index.insert(name, position as u32);
        }
    }

    pub fn remove(&mut self, name: Name) -> Option<V> {
        let position = self.position(name)?;
        let (_, value) = self.entries.remove(position);
        self.rebuild_index();
        Some(value)
    }

    fn rebuild_index(&mut self) {
        self.index.clear();
        if self.entries.len() > SMALL {
            self.index.extend(self.entries.iter().zip(0..).map(|(&(name, _), position)| (name, position)));
        }
    }

    /// The entries in order of insertion.
    pub fn entries(&self) -> &[(Name, V)] {
        &self.entries
    }

    pub fn entry_mut(&mut self, position: usize) -> &mut (Name, V) {
        &mut self.entries[position]
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Where names stand in the maps in which they were looked up last. The maps have numbers; entries
/// must stay where they are.
#[derive(Default)]
pub struct LastPositions {
    /// By name, the number of the map and the position.
    by_name: Vec<(u32, u32)>,
}

impl LastPositions {
    /// The position of a name in the map of a number, in which it is looked for if need be.
    #[inline]
    pub fn find<V: Copy>(&mut self, number: u32, map: &NameMap<'_, V>, name: Name) -> Option<usize> {
        match self.by_name.get(name.0 as usize) {
            Some(&(last, position)) if last == number => Some(position as usize),
            _ => {
                let position = map.position(name)?;
                self.set(number, name, position);
                Some(position)
            }
        }
    }

    /// Notes where a name stands in the map of a number.
    pub fn set(&mut self, number: u32, name: Name, position: usize) {
        let index = name.0 as usize;
        if index >= self.by_name.len() {
            self.by_name.resize((index + 1).next_power_of_two(), (u32::MAX, 0));
        }
        self.by_name[index] = (number, position as u32);
    }
}
