//! The stages behind code generation one by one, for tests that call them by themselves: the code
//! units as code generation leaves them, the optimized instructions of one, a code object from
//! instructions that were optimized before.

use crate::assemble::{Workspace, assemble};
use crate::constants::ConstantTable;
use crate::flowgraph::Flow;
use crate::names::NameTexts;
use crate::{AssembleContext, CompileError, InstructionSequence, NameTable, UnitMetadata};
use kaa_ast::Interner;
use kaa_bytecode::{CodeObject, TextBytes};

/// A code unit before the flow graph, and the units in it.
#[derive(Clone, Debug)]
pub struct CodeUnit {
    pub metadata: UnitMetadata,
    pub sequence: InstructionSequence,
    pub nested: Vec<CodeUnit>,
}

/// Puts code units, which end from the inside out, into those that they stand in.
#[derive(Default)]
pub(crate) struct UnitTree {
    /// By depth, the units that have ended and wait for the one around them.
    waiting: Vec<Vec<CodeUnit>>,
}

impl UnitTree {
    /// Adds a unit that has `depth` units around it.
    pub(crate) fn add(&mut self, depth: usize, metadata: UnitMetadata, sequence: InstructionSequence) {
        if self.waiting.len() < depth + 2 {
            self.waiting.resize_with(depth + 2, Vec::new);
        }
        let nested = std::mem::take(&mut self.waiting[depth + 1]);
        self.waiting[depth].push(CodeUnit { metadata, sequence, nested });
    }

    /// The unit that has all others in it.
    pub(crate) fn into_root(mut self) -> Option<CodeUnit> {
        self.waiting.first_mut().and_then(Vec::pop)
    }
}

/// Takes instructions through the flow graph up to where cells get their slots. The constants are
/// what the instructions then use; `names` must have as many names as there are `locals`.
pub fn optimize(
    sequence: &InstructionSequence,
    consts: &mut ConstantTable,
    locals: NameTable,
) -> Result<InstructionSequence, CompileError> {
    let mut unit = UnitMetadata { firstlineno: 1, varnames: locals, ..UnitMetadata::default() };
    unit.consts = std::mem::take(consts);
    let mut flow = Flow::default();
    flow.optimize_first_half(sequence, &mut unit)?;
    *consts = unit.consts;
    Ok(flow.graph.to_sequence())
}

/// The code object of instructions that [`optimize`] has gone over, or could have.
pub fn assemble_optimized(
    mut unit: UnitMetadata,
    sequence: &InstructionSequence,
    names: &Interner<'_>,
    filename: &TextBytes,
) -> Result<CodeObject, CompileError> {
    let (mut texts, mut workspace) = (NameTexts::new(names), Workspace::default());
    workspace.flow().finish_second_half(sequence, &mut unit)?;
    assemble(&mut unit, &mut AssembleContext { names, texts: &mut texts, filename, workspace: &mut workspace })
}

/// A table of as many names as wanted, for units whose names do not matter.
pub fn numbered_names<'a>(count: usize, names: &mut Interner<'a>, arena: &'a kaa_ast::Arena) -> NameTable {
    let mut table = NameTable::default();
    for number in 0..count {
        table.insert(names.intern(arena.alloc_str(&number.to_string())));
    }
    table
}
