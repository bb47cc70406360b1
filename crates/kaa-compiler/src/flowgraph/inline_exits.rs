//! Replaces an unconditional jump by the block that it goes to, when that one leaves the code unit
//! in a few instructions, or stands on no source line and does not fall through.

use super::graph::{BlockId, Graph, has};
use super::{CompileError, UnitMetadata};
use kaa_bytecode::Opcode;

/// An exit with more instructions than this is not copied.
const MAX_COPIED: usize = 4;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    let mut changed = graph.had(has::TARGET);
    while changed {
        changed = false;
        graph.for_each_block(|graph, block| changed |= inline_target(graph, block));
    }
    Ok(())
}

fn inline_target(graph: &mut Graph, block: BlockId) -> bool {
    let Some(last) = graph.last_with_target(block) else { return false };
    let jump = last.opcode;
    if !jump.is_unconditional_jump() {
        return false;
    }
    let target = last.target.expect("a jump has a target");
    if target == block {
        return false;
    }
    let small_exit = graph.exits_scope(target) && graph.len(target) <= MAX_COPIED;
    let lineless = graph.has_no_line(target) && !graph.falls_through(target);
    if !small_exit && !lineless {
        return false;
    }
    graph.drop_last(block);
    graph.append_copy(block, target);
    if lineless && jump == Opcode::Jump {
        let last = graph.last_mut(block).expect("the copy");
        if last.opcode.is_unconditional_jump() {
            // The removed jump would have polled for signals: the remaining one has to.
            last.opcode = Opcode::Jump;
        }
    }
    graph[target].predecessors = graph[target].predecessors.saturating_sub(1);
    true
}
