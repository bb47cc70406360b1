//! What the arguments of a unit's instructions are indices of, as text.

use kaa_ast::{Interner, Name};
use kaa_bytecode::Constant;
use kaa_bytecode::meaning::Tables;
use kaa_bytecode::repr::text_lossy;

use crate::UnitMetadata;

/// The tables of a unit that is not assembled yet.
pub struct UnitTables<'t, 'a> {
    pub unit: &'t UnitMetadata,
    pub names: &'t Interner<'a>,
    /// Whether cells and free variables have their slots behind the locals already.
    pub cells_are_placed: bool,
}

impl UnitTables<'_, '_> {
    fn text(&self, name: Option<&Name>) -> String {
        name.map_or("<unknown>".to_owned(), |&name| self.names.text(name).to_owned())
    }

    fn cells(&self) -> impl Iterator<Item = &Name> {
        self.unit.cellvars.iter().chain(&self.unit.freevars)
    }
}

impl Tables for UnitTables<'_, '_> {
    fn constant(&self, index: u32) -> String {
        match self.unit.consts.as_slice().get(index as usize) {
            Some(Constant::Code(code)) => format!("<code object {}>", text_lossy(&code.name)),
            Some(constant) => constant.repr(),
            None => "<unknown>".to_owned(),
        }
    }

    fn name(&self, index: u32) -> String {
        self.text(self.unit.names.as_slice().get(index as usize))
    }

    fn local(&self, index: u32) -> String {
        let locals = self.unit.varnames.as_slice();
        let is_apart = |name: &&Name| !locals.contains(name);
        self.text(locals.iter().chain(self.cells().filter(is_apart)).nth(index as usize))
    }

    fn cell(&self, index: u32) -> String {
        if self.cells_are_placed { self.local(index) } else { self.text(self.cells().nth(index as usize)) }
    }
}
