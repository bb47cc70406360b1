//! From the straight list of instructions to blocks: a block starts where something jumps to and
//! behind each instruction that jumps or leaves the code unit. Labels become targets.

use super::graph::{BlockId, Graph, Instr, has};
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

    // The slots of the instructions with a target.
    let mut jumps = std::mem::take(&mut graph.numbers);
    jumps.clear();
    let mut current = graph.entry();
    let mut rest = &sequence.instructions[..];
    while !rest.is_empty() {
        let start = sequence.instructions.len() - rest.len();
        if !graph.newest_is_empty() {
            graph.seal_newest();
            current = graph.insert_block_after(current);
        }
        if starts[start].is_some() {
            starts[start] = Some(current);
            graph[current].labeled = true;
        }
        let (run, features) = find_run(rest, &starts[start..]);
        let (run, behind) = rest.split_at(run);
        add_run(graph, run, features, sequence.annotations.as_deref().unwrap_or(&[]), &mut jumps);
        rest = behind;
    }
    graph.seal_newest();

    // The jumps stand in the graph in the same order.
    for (&slot, &jump) in jumps.iter().zip(&sequence.jumps) {
        graph.set_target(slot, starts[target_position(sequence, jump)]);
    }
    graph.numbers = jumps;
    Ok(())
}

/// The position of the label that an instruction names.
fn target_position(sequence: &InstructionSequence, jump: u32) -> usize {
    let label = sequence.instructions[jump as usize].arg;
    sequence.labels.get(label as usize).map_or(usize::MAX, |&position| position as usize)
}

/// How many instructions from the first on make a block, and the bits of `has` for them.
fn find_run(instructions: &[Instruction], labels: &[Option<BlockId>]) -> (usize, u32) {
    let mut features = 0;
    for (index, (instruction, label)) in instructions.iter().zip(labels).enumerate() {
        if label.is_some() && index > 0 {
            return (index, features);
        }
        features |= has::in_place(instruction.opcode, instruction.span);
        if features & has::TERMINATOR != 0 {
            return (index + 1, features);
        }
    }
    (instructions.len(), features)
}

/// Appends instructions to the newest block, and the annotations of the code unit where they
/// belong.
fn add_run(graph: &mut Graph, run: &[Instruction], features: u32, annotations: &[Instruction], jumps: &mut Vec<u32>) {
    if features & has::PLACEHOLDER == 0 {
        return add(graph, run, features, jumps);
    }
    let parts = run.split(|instr| instr.opcode == Opcode::AnnotationsPlaceholder);
    for (number, part) in parts.enumerate() {
        if number > 0 {
            let features = annotations.iter().fold(0, |bits, instr| bits | has::in_place(instr.opcode, instr.span));
            add(graph, annotations, features, jumps);
        }
        add(graph, part, features & !has::PLACEHOLDER, jumps);
    }
}

fn add(graph: &mut Graph, instructions: &[Instruction], features: u32, jumps: &mut Vec<u32>) {
    let first_slot = graph.slots();
    let as_instr = |&Instruction { opcode, arg, span }: &Instruction| Instr::new(opcode, arg, span);
    graph.push_newest(instructions.iter().map(as_instr), features);
    if features & has::TARGET != 0 {
        // Only block starts can stand before the end.
        let first = if features & has::BLOCK_MARK == 0 { instructions.len().saturating_sub(1) } else { 0 };
        let targets = (first_slot..).zip(instructions).skip(first);
        let targets = targets.filter(|(_, instr)| has::of(instr.opcode) & has::TARGET != 0);
        jumps.extend(targets.map(|(slot, _)| slot));
    }
}
