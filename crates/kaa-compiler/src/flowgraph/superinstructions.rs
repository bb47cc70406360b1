//! Joins neighbouring loads and stores of the first sixteen locals on one line into one
//! instruction.

use super::graph::{Graph, Instr, has};
use super::{CompileError, UnitMetadata, redundant_nops};
use kaa_bytecode::Opcode;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    if !graph.had(has::LOAD | has::STORE) {
        return Ok(());
    }
    graph.for_each_block(|graph, block| {
        if graph[block].has & (has::LOAD | has::STORE) == 0 {
            return;
        }
        let (kept, has_nops) = join_pairs(graph.instrs_mut(block));
        graph.truncate(block, kept);
        if has_nops {
            graph[block].has |= has::NOP;
        }
    });
    redundant_nops::remove_nops(graph);
    Ok(())
}

/// Joins the pairs of a block. Answers with how many instructions are left, and whether there are
/// `NOP`s among them.
fn join_pairs(instrs: &mut [Instr]) -> (usize, bool) {
    let is_first = |pair: &[Instr]| has::of(pair[0].opcode) & (has::LOAD | has::STORE) != 0;
    // Up to the first pair nothing moves.
    let first = instrs.windows(2).position(|pair| is_first(pair) && joined(&pair[0], &pair[1]).is_some());
    let Some(mut index) = first else { return (instrs.len(), false) };
    let mut has_nops = false;
    let mut kept = index;
    while index < instrs.len() {
        let mut instr = instrs[index];
        index += 1;
        if let Some(second) = instrs.get_mut(index)
            && let Some(joined) = joined(&instr, second)
        {
            instr.set(joined, instr.arg << 4 | second.arg);
            if instr.span.line == second.span.line || second.span.line < 0 {
                // The gap that is left closes at once.
                index += 1;
            } else {
                second.set_nop();
                has_nops = true;
            }
        }
        instrs[kept] = instr;
        kept += 1;
    }
    (kept, has_nops)
}

/// What two instructions become, if they can be one.
fn joined(first: &Instr, second: &Instr) -> Option<Opcode> {
    let joined = match (first.opcode, second.opcode) {
        (Opcode::LoadFast, Opcode::LoadFast) => Opcode::LoadFastLoadFast,
        (Opcode::StoreFast, Opcode::LoadFast) => Opcode::StoreFastLoadFast,
        (Opcode::StoreFast, Opcode::StoreFast) => Opcode::StoreFastStoreFast,
        _ => return None,
    };
    let (line, next_line) = (first.span.line, second.span.line);
    let fits = (line < 0 || next_line < 0 || line == next_line) && first.arg < 16 && second.arg < 16;
    fits.then_some(joined)
}
