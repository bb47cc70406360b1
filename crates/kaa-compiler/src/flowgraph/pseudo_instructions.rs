//! Replaces the pseudo instructions that stand for real ones, except unconditional jumps, whose
//! direction the assembler decides: block starts become `NOP`, and with them go most of the rest.

use super::graph::{Graph, has};
use super::{CompileError, UnitMetadata, redundant_nops};
use kaa_bytecode::Opcode;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    if !graph.had(has::BLOCK_MARK | has::PSEUDO) {
        redundant_nops::remove_nops_and_jumps(graph);
        return Ok(());
    }
    graph.for_each_block(|graph, block| {
        if graph[block].has & (has::BLOCK_MARK | has::PSEUDO) == 0 {
            return;
        }
        graph[block].has |= has::NOP;
        for instr in graph.instrs_mut(block) {
            match instr.opcode {
                Opcode::SetupFinally | Opcode::SetupCleanup | Opcode::SetupWith => instr.set_nop(),
                Opcode::LoadClosure => instr.opcode = Opcode::LoadFast,
                Opcode::StoreFastMaybeNull => instr.opcode = Opcode::StoreFast,
                _ => {}
            }
        }
    });
    redundant_nops::remove_nops_and_jumps(graph);
    Ok(())
}
