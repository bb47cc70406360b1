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
    for &jump in &sequence.jumps {
        match starts.get_mut(target_position(sequence, jump)) {
            Some(start) => *start = mark,
            None => return Err(CompileError::new(ErrorKind::System, "jump to a label without an instruction")),
        }
    }

    let mut builder = Builder { current: graph.entry(), graph, is_empty: true, is_terminated: false };
    for (instruction, start) in sequence.instructions.iter().zip(&mut *starts) {
        if start.is_some() {
            *start = Some(builder.start_labeled());
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

    // The jumps stand in the graph in the same order.
    let mut jumps = sequence.jumps.iter();
    graph.for_each_with_target(|instr| {
        instr.target = jumps.next().and_then(|&jump| starts[target_position(sequence, jump)]);
        instr.arg = 0;
    });
    Ok(())
}

/// The position of the label that an instruction names.
fn target_position(sequence: &InstructionSequence, jump: u32) -> usize {
    let label = sequence.instructions[jump as usize].arg;
    sequence.labels.get(label as usize).map_or(usize::MAX, |&position| position as usize)
}

struct Builder<'g> {
    graph: &'g mut Graph,
    /// The last block.
    current: BlockId,
    is_empty: bool,
    /// The last instruction is the last of its block.
    is_terminated: bool,
}

impl Builder<'_> {
    fn start_block(&mut self) {
        self.graph.seal_newest();
        self.current = self.graph.insert_block_after(self.current);
        self.is_empty = true;
    }

    fn start_labeled(&mut self) -> BlockId {
        if !self.is_empty {
            self.start_block();
            self.is_terminated = false;
        }
        self.graph[self.current].labeled = true;
        self.current
    }

    fn add(&mut self, instruction: &Instruction) {
        if self.is_terminated {
            self.start_block();
        }
        self.graph.push_newest(Instr::new(instruction.opcode, instruction.arg, instruction.span));
        self.is_empty = false;
        self.is_terminated = instruction.opcode.is_terminator();
    }
}
