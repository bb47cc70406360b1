//! Spells out the conditional jumps that keep their operand: `JUMP_IF_FALSE` and `JUMP_IF_TRUE`
//! become `COPY 1`, `TO_BOOL` and the jump that pops.

use super::graph::{Graph, Instr, has};
use super::{CompileError, UnitMetadata};
use kaa_bytecode::Opcode;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    if !graph.had(has::KEEPING_JUMP) {
        return Ok(());
    }
    graph.for_each_block(|graph, block| {
        let Some(last) = graph.last_mut(block) else { return };
        last.opcode = match last.opcode {
            Opcode::JumpIfFalse => Opcode::PopJumpIfFalse,
            Opcode::JumpIfTrue => Opcode::PopJumpIfTrue,
            _ => return,
        };
        let jump = *last;
        let before = |opcode, arg| Instr { handler: jump.handler, ..Instr::new(opcode, arg, jump.span) };
        let index = graph.len(block) - 1;
        graph.insert(block, index, &[before(Opcode::Copy, 1), before(Opcode::ToBool, 0)]);
    });
    Ok(())
}
