//! How names were loaded last, so that what is loaded again in the same code unit need not be looked
//! up again.

use kaa_ast::Name;
use kaa_bytecode::Opcode;

/// A part of a code unit in which a name always means the same: the unit, the inside of an inlined
/// comprehension, or what is left of the unit behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LoadScope(u32);

/// The load of each name that was met last.
#[derive(Default)]
pub(super) struct KnownLoads {
    by_name: Vec<Option<(LoadScope, Opcode, u32)>>,
    newest: LoadScope,
}

impl KnownLoads {
    /// A scope in which no load is known yet.
    pub fn new_scope(&mut self) -> LoadScope {
        self.newest.0 += 1;
        self.newest
    }

    /// The instruction that loads a name in a scope, and its argument, if it was noted.
    #[inline]
    pub fn get(&self, scope: LoadScope, name: Name) -> Option<(Opcode, u32)> {
        match self.by_name.get(name.0 as usize) {
            Some(&Some((known, opcode, arg))) if known == scope => Some((opcode, arg)),
            _ => None,
        }
    }

    /// Notes how a name is loaded in a scope.
    pub fn set(&mut self, scope: LoadScope, name: Name, opcode: Opcode, arg: u32) {
        let index = name.0 as usize;
        if index >= self.by_name.len() {
            self.by_name.resize((index + 1).next_power_of_two(), None);
        }
        self.by_name[index] = Some((scope, opcode, arg));
    }
}
