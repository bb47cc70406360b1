//! Removes values that are put on the stack only to be dropped: a constant or a copy of the top
//! with `POP_TOP` behind it, also across the border to a block that is entered in no other way.

use super::graph::{BlockId, Graph, has};
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
            let jumps = previous.is_some_and(|(block, index)| graph.instrs(block)[index].opcode.has_jump());
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
fn drop_pairs(graph: &mut Graph, block: BlockId, mut previous: Option<(BlockId, usize)>) -> bool {
    let mut changed = false;
    for index in 0..graph.len(block) {
        if graph.instrs(block)[index].opcode == Opcode::PopTop
            && let Some((previous_block, previous_index)) = previous
        {
            let producer = &mut graph.instrs_mut(previous_block)[previous_index];
            let redundant = match producer.opcode {
                Opcode::LoadConst | Opcode::LoadSmallInt => true,
                Opcode::Copy => producer.arg == 1,
                _ => false,
            };
            if redundant {
                producer.set_nop();
                graph[previous_block].has |= has::NOP;
                graph.instrs_mut(block)[index].set_nop();
                graph[block].has |= has::NOP;
                changed = true;
            }
        }
        previous = Some((block, index));
    }
    changed
}
