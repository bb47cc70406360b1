//! Computes the stack depth on entry to each block and the highest one of all.

use super::graph::{BlockId, Graph};
use super::{CompileError, UnitMetadata};
use crate::ErrorKind;
use kaa_bytecode::Opcode;

/// A block that is entered this deep is not followed: see `enter`.
const MAX_FOLLOWED: i32 = 100;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    graph.for_each_block(|graph, block| graph[block].start_depth = i32::MIN);
    let mut worklist = std::mem::take(&mut graph.worklist);
    worklist.clear();
    let entry = graph.entry();
    let result = enter(graph, entry, 0, &mut worklist).and_then(|()| {
        let mut highest = 0;
        while let Some(block) = worklist.pop() {
            highest = highest.max(walk(graph, block, &mut worklist)?);
        }
        graph.stack_depth = highest as u32;
        Ok(())
    });
    graph.worklist = worklist;
    result
}

/// Follows the depth through a block and into its successors; the highest depth met.
fn walk(graph: &mut Graph, block: BlockId, worklist: &mut Vec<BlockId>) -> Result<i32, CompileError> {
    let mut depth = graph[block].start_depth;
    let mut highest = 0;
    for index in 0..graph.len(block) {
        let instr = graph.instrs(block)[index];
        highest = highest.max(depth);
        let effect = instr.opcode.pushes(instr.arg) as i32 - instr.opcode.pops(instr.arg) as i32;
        let is_block_push = instr.opcode.is_block_push();
        if instr.opcode.has_target() && instr.opcode != Opcode::EndAsyncFor {
            enter(graph, instr.target.expect("a jump has a target"), depth + effect, worklist)?;
        }
        if !is_block_push {
            depth += effect;
        }
        if depth < 0 {
            return Err(CompileError::new(ErrorKind::Value, "Invalid CFG, stack underflow"));
        }
    }
    if let Some(next) = graph.fall_through(block) {
        enter(graph, next, depth, worklist)?;
    }
    Ok(highest)
}

fn enter(graph: &mut Graph, block: BlockId, depth: i32, worklist: &mut Vec<BlockId>) -> Result<(), CompileError> {
    let known = graph[block].start_depth;
    if known >= 0 && known != depth {
        return Err(CompileError::new(ErrorKind::Value, "Invalid CFG, inconsistent stackdepth"));
    }
    if known < depth && known < MAX_FOLLOWED {
        graph[block].start_depth = depth;
        worklist.push(block);
    }
    Ok(())
}
