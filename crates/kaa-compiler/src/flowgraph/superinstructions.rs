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
        graph[block].has |= has::NOP;
        let instrs = graph.instrs_mut(block);
        for index in 1..instrs.len() {
            let [first, second] = &mut instrs[index - 1..=index] else { unreachable!() };
            let joined = match (first.opcode, second.opcode) {
                (Opcode::LoadFast, Opcode::LoadFast) => Opcode::LoadFastLoadFast,
                (Opcode::StoreFast, Opcode::LoadFast) => Opcode::StoreFastLoadFast,
                (Opcode::StoreFast, Opcode::StoreFast) => Opcode::StoreFastStoreFast,
                _ => continue,
            };
            join(first, second, joined);
        }
    });
    redundant_nops::remove_nops(graph);
    Ok(())
}

fn join(first: &mut Instr, second: &mut Instr, joined: Opcode) {
    let (line, next_line) = (first.span.line, second.span.line);
    if line >= 0 && next_line >= 0 && line != next_line || first.arg >= 16 || second.arg >= 16 {
        return;
    }
    first.set(joined, first.arg << 4 | second.arg);
    second.set_nop();
}
