//! Makes all conditional jumps go forward, for there are no others: one that goes back becomes the
//! opposite jump over an unconditional one. The path where a conditional jump is not taken starts
//! with `NOT_TAKEN`.

use super::graph::{BlockId, Graph, has};
use super::{CompileError, UnitMetadata};
use kaa_bytecode::Opcode;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    if !graph.had(has::TARGET) {
        return Ok(());
    }
    graph.clear_visited();
    graph.for_each_block(|graph, block| {
        graph[block].visited = true;
        direct_forward(graph, block);
    });
    Ok(())
}

fn direct_forward(graph: &mut Graph, block: BlockId) {
    let Some(&jump) = graph.last_with_target(block) else { return };
    if !jump.opcode.is_conditional_jump() {
        return;
    }
    let target = jump.target.expect("a jump has a target");
    if !graph[target].visited {
        graph.push(block, Opcode::NotTaken, 0, jump.span);
        return;
    }
    let backward = graph.insert_block_after(block);
    graph.push(backward, Opcode::NotTaken, 0, jump.span);
    graph.push_jump(backward, Opcode::Jump, target, jump.span);
    graph[backward].start_depth = graph[target].start_depth;
    graph[backward].cold = graph[block].cold;
    let over = graph[backward].next;
    let last = graph.last_mut(block).expect("the jump");
    last.opcode = opposite(jump.opcode);
    last.target = over;
}

fn opposite(jump: Opcode) -> Opcode {
    match jump {
        Opcode::PopJumpIfNone => Opcode::PopJumpIfNotNone,
        Opcode::PopJumpIfNotNone => Opcode::PopJumpIfNone,
        Opcode::PopJumpIfFalse => Opcode::PopJumpIfTrue,
        Opcode::PopJumpIfTrue => Opcode::PopJumpIfFalse,
        other => other,
    }
}
