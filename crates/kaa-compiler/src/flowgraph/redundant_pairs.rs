//! Removes values that are put on the stack only to be dropped: a constant or a copy of the top
//! with `POP_TOP` behind it, also across the border to a block that is entered in no other way.

use super::graph::{BlockId, Graph, Instr, has};
use super::{CompileError, UnitMetadata, redundant_nops};
use kaa_bytecode::Opcode;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    loop {
        let mut changed = false;
        // The instruction that runs before, when it is known.
        let mut previous: Option<(BlockId, usize)> = None;
        graph.for_each_block(|graph, block| {
            redundant_nops::remove_nops_of_block(graph, block);
            if graph[block].labeled {
                previous = None;
            }
            if graph[block].has & has::DROP != 0 {
                changed |= drop_pairs(graph, block, previous);
            }
            if let Some(last) = graph.len(block).checked_sub(1) {
                previous = Some((block, last));
            }
            let jumps = previous.is_some_and(|(block, _)| graph.ends_with_jump(block));
            if jumps || !graph.falls_through(block) {
                previous = None;
            }
        });
        if !changed {
            return Ok(());
        }
    }
}

/// Removes the pairs whose second half is in a block. `previous` is the instruction that runs before
/// the block. Whether there were any.
fn drop_pairs(graph: &mut Graph, block: BlockId, previous: Option<(BlockId, usize)>) -> bool {
    let mut changed = false;
    let instrs = graph.instrs_mut(block);
    for index in 1..instrs.len() {
        if instrs[index].opcode == Opcode::PopTop && is_dropped(&instrs[index - 1]) {
            instrs[index - 1].set_nop();
            instrs[index].set_nop();
            changed = true;
        }
    }
    let at_border = instrs.first().is_some_and(|first| first.opcode == Opcode::PopTop);
    if at_border
        && let Some((previous_block, last)) = previous
        && is_dropped(&graph.instrs(previous_block)[last])
    {
        graph.instrs_mut(previous_block)[last].set_nop();
        graph[previous_block].has |= has::NOP;
        graph.instrs_mut(block)[0].set_nop();
        changed = true;
    }
    if changed {
        graph[block].has |= has::NOP;
    }
    changed
}

/// Whether a `POP_TOP` undoes what the instruction does.
fn is_dropped(producer: &Instr) -> bool {
    match producer.opcode {
        Opcode::LoadConst | Opcode::LoadSmallInt => true,
        Opcode::Copy => producer.arg == 1,
        _ => false,
    }
}
