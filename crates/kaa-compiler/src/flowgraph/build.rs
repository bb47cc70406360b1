//! From the straight list of instructions to blocks: a block starts where something jumps to and
//! behind each instruction that jumps or leaves the code unit. Labels become targets.

use super::graph::{BlockId, Graph, Instr};
use crate::{CompileError, ErrorKind, Instruction, InstructionSequence};
use kaa_bytecode::Opcode;

/// Fills an emptied graph with the instructions of `sequence`.
///
/// `starts` is scratch: by position in the sequence, the block that a label there stands for.
pub fn build(
    graph: &mut Graph,
    sequence: &InstructionSequence,
    starts: &mut Vec<Option<BlockId>>,
) -> Result<(), CompileError> {
    graph.reset();
    // Any number will do for a mark: the entry block.
    let mark = Some(graph.entry());
    starts.clear();
    starts.resize(sequence.instructions.len(), None);
    for instruction in &sequence.instructions {
        if let Some(label) = instruction.target() {
            let position = sequence.labels.get(label.0 as usize).copied().unwrap_or(u32::MAX);
            match starts.get_mut(position as usize) {
                Some(start) => *start = mark,
                None => return Err(CompileError::new(ErrorKind::System, "jump to a label without an instruction")),
            }
        }
    }

    let mut builder = Builder { graph, current: BlockId::from_index(0) };
    for (position, instruction) in sequence.instructions.iter().enumerate() {
        if starts[position].is_some() {
            starts[position] = Some(builder.start_labeled());
        }
        if instruction.opcode == Opcode::AnnotationsPlaceholder {
            for instruction in sequence.annotations.iter().flatten() {
                builder.add(instruction);
            }
        } else {
            builder.add(instruction);
        }
    }
    graph.seal_newest();

    graph.for_each_block(|graph, block| {
        for instr in graph.instrs_mut(block) {
            if instr.opcode.has_target() {
                instr.target = starts[sequence.labels[instr.arg as usize] as usize];
                instr.arg = 0;
            }
        }
    });
    Ok(())
}

struct Builder<'g> {
    graph: &'g mut Graph,
    /// The last block.
    current: BlockId,
}

impl Builder<'_> {
    fn start_block(&mut self) {
        self.graph.seal_newest();
        self.current = self.graph.insert_block_after(self.current);
    }

    fn start_labeled(&mut self) -> BlockId {
        if !self.graph.is_empty(self.current) {
            self.start_block();
        }
        self.graph[self.current].labeled = true;
        self.current
    }

    fn add(&mut self, instruction: &Instruction) {
        if self.graph.last(self.current).is_some_and(|last| last.opcode.is_terminator()) {
            self.start_block();
        }
        self.graph.push_newest(self.current, Instr::new(instruction.opcode, instruction.arg, instruction.span));
    }
}
