//! Drops the constants that no instruction loads any more. The first one stays in any case: it may
//! be the docstring.

use std::hint::select_unpredictable;

use super::graph::{Graph, has};
use super::{CompileError, UnitMetadata};
use kaa_bytecode::Opcode;

pub fn run(graph: &mut Graph, unit: &mut UnitMetadata) -> Result<(), CompileError> {
    let count = unit.consts.len();
    // The first one stays in any case.
    if count <= 1 {
        return Ok(());
    }
    const UNUSED: u32 = u32::MAX;
    let mut new_index = std::mem::take(&mut graph.numbers);
    new_index.clear();
    // The last one stands for instructions that load no constant.
    new_index.resize(count + 1, UNUSED);
    new_index[0] = 0;
    graph.for_each_block(|graph, block| {
        if graph[block].has & has::CONSTANT == 0 {
            return;
        }
        for instr in graph.instrs(block) {
            let loaded = select_unpredictable(instr.opcode == Opcode::LoadConst, instr.arg as usize, count);
            new_index[loaded] = 0;
        }
    });
    new_index.truncate(count);
    let mut used = 0;
    for index in &mut new_index {
        if *index != UNUSED {
            *index = used;
            used += 1;
        }
    }
    if (used as usize) < count {
        unit.consts.retain(|position| new_index[position] != UNUSED);
        renumber(graph, &new_index);
    }
    graph.numbers = new_index;
    Ok(())
}

/// Gives loads of constants their new indices.
fn renumber(graph: &mut Graph, new_index: &[u32]) {
    graph.for_each_block(|graph, block| {
        if graph[block].has & has::CONSTANT == 0 {
            return;
        }
        for instr in graph.instrs_mut(block) {
            if instr.opcode == Opcode::LoadConst {
                instr.arg = new_index[instr.arg as usize];
            }
        }
    });
}
