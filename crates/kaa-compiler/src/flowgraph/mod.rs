//! The control flow graph between code generation and the assembler, and the passes over it.
//!
//! [`Flow`] takes the instructions of a code unit through all passes; [`PASSES`] lists them in
//! order. Each pass is a file of its own with one `run`. The graph and its passes do exactly what
//! CPython's do, in the same order, because code objects have to be equal in every byte; where that
//! shows in the code, a comment says so.

mod borrowed_loads;
mod build;
mod closure_cells;
mod cold_blocks;
mod conditional_jumps;
mod constant_folding;
mod constant_loads;
mod exception_handlers;
mod graph;
mod inline_exits;
mod jump_directions;
mod line_numbers;
mod peephole;
mod pseudo_instructions;
mod redundant_nops;
mod redundant_pairs;
mod stack_depth;
mod stack_effects;
mod superinstructions;
mod swaps;
pub mod text;
mod unbound_locals;
mod unreachable;
mod unused_constants;

pub use graph::{Block, BlockId, Graph, Instr};

use std::ops::RangeInclusive;

use kaa_ast::Interner;

use crate::unit_tables::UnitTables;
use crate::{CompileError, InstructionSequence, UnitMetadata};

/// A transformation of the graph.
#[derive(Clone, Copy)]
pub struct Pass {
    /// The name of its file.
    pub name: &'static str,
    pub run: fn(&mut Graph, &mut UnitMetadata) -> Result<(), CompileError>,
}

macro_rules! passes {
    ($($name:ident,)*) => {
        &[$(Pass { name: stringify!($name), run: $name::run },)*]
    };
}

/// All passes in order. Some run twice.
pub const PASSES: &[Pass] = passes![
    exception_handlers,
    inline_exits,
    unreachable,
    line_numbers,
    constant_loads,
    peephole,
    redundant_pairs,
    unreachable,
    redundant_nops,
    unused_constants,
    unbound_locals,
    superinstructions,
    cold_blocks,
    line_numbers,
    conditional_jumps,
    stack_depth,
    closure_cells,
    pseudo_instructions,
    jump_directions,
    borrowed_loads,
];

/// From this pass on, instructions get their final form.
const FIRST_OF_SECOND_HALF: &str = "conditional_jumps";

/// The graph of one code unit after the other; its memory is used again.
#[derive(Default)]
pub struct Flow {
    pub graph: Graph,
    starts: Vec<Option<BlockId>>,
}

impl Flow {
    /// Builds the graph of a code unit and takes it through all passes.
    pub fn optimize(&mut self, sequence: &InstructionSequence, unit: &mut UnitMetadata) -> Result<(), CompileError> {
        self.build(sequence)?;
        PASSES.iter().try_for_each(|pass| (pass.run)(&mut self.graph, unit))
    }

    /// Builds the graph of a code unit and takes it through the passes that know nothing of where
    /// its variables are, and those that need only the stack.
    pub(crate) fn optimize_first_half(
        &mut self,
        sequence: &InstructionSequence,
        unit: &mut UnitMetadata,
    ) -> Result<(), CompileError> {
        self.build(sequence)?;
        let mut passes = PASSES.iter().take_while(|pass| pass.name != FIRST_OF_SECOND_HALF);
        passes.try_for_each(|pass| (pass.run)(&mut self.graph, unit))?;
        stack_depth::run(&mut self.graph, unit)?;
        borrowed_loads::run(&mut self.graph, unit)
    }

    /// Builds the graph of a code unit that was optimized before, and takes it through the other
    /// passes.
    pub(crate) fn finish_second_half(
        &mut self,
        sequence: &InstructionSequence,
        unit: &mut UnitMetadata,
    ) -> Result<(), CompileError> {
        self.build(sequence)?;
        exception_handlers::run(&mut self.graph, unit)?;
        let mut passes = PASSES.iter().skip_while(|pass| pass.name != FIRST_OF_SECOND_HALF);
        passes.try_for_each(|pass| (pass.run)(&mut self.graph, unit))
    }

    fn build(&mut self, sequence: &InstructionSequence) -> Result<(), CompileError> {
        build::build(&mut self.graph, sequence, &mut self.starts)
    }
}

/// How many passes have run after the last one of a name.
pub fn passes_until(name: &str) -> Option<usize> {
    PASSES.iter().rposition(|pass| pass.name == name).map(|index| index + 1)
}

/// The graph of a code unit as text, for each of these numbers after so many passes.
pub(crate) fn show(
    sequence: &InstructionSequence,
    unit: &UnitMetadata,
    names: &Interner<'_>,
    passes: RangeInclusive<usize>,
) -> Result<Vec<String>, CompileError> {
    let (mut flow, mut unit) = (Flow::default(), unit.clone());
    flow.build(sequence)?;
    let placing = passes_until("closure_cells").unwrap_or(0);
    let mut texts = Vec::new();
    for done in 0..=*passes.end() {
        if done > 0 {
            (PASSES[done - 1].run)(&mut flow.graph, &mut unit)?;
        }
        if passes.contains(&done) {
            let tables = UnitTables { unit: &unit, names, cells_are_placed: done >= placing };
            texts.push(text::print_with(&flow.graph, &unit, Some(&tables)));
        }
    }
    Ok(texts)
}
