//! Computes the stack depth on entry to each block and the highest one of all.

use super::graph::{BlockId, Blocks, Graph, has};
use super::stack_effects::StackEffect;
use super::{CompileError, UnitMetadata};
use crate::ErrorKind;
use kaa_bytecode::Opcode;

/// A block that is entered this deep is not followed: see `enter`.
const MAX_FOLLOWED: i32 = 100;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    graph.blocks_mut().iter_mut().for_each(|block| block.start_depth = i32::MIN);
    let mut worklist = std::mem::take(&mut graph.worklist);
    worklist.clear();
    let entry = graph.entry();
    let (mut blocks, _) = graph.split(entry);
    let result = enter(&mut blocks, entry, 0, &mut worklist).and_then(|()| {
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
    let next = graph.fall_through(block);
    let (mut blocks, instrs) = graph.split(block);
    let mut depth = blocks[block].start_depth;
    // The highest depth before an instruction, and the lowest one behind.
    let (mut highest, mut lowest) = (0, 0);
    // Jumps stand at the end; block starts only in blocks of their kind.
    let plain = match blocks[block].has {
        bits if bits & has::BLOCK_MARK != 0 => 0,
        bits if bits & has::TARGET != 0 => instrs.len().saturating_sub(1),
        _ => instrs.len(),
    };
    let (plain, with_targets) = instrs.split_at(plain);
    for instr in plain {
        highest = highest.max(depth);
        depth += StackEffect::net(instr.opcode, instr.arg);
        lowest = lowest.min(depth);
    }
    for instr in with_targets {
        highest = highest.max(depth);
        let effect = StackEffect::net(instr.opcode, instr.arg);
        if instr.opcode.has_target() {
            if lowest < 0 {
                break;
            }
            if instr.opcode != Opcode::EndAsyncFor {
                let target = instr.target.expect("a jump has a target");
                enter(&mut blocks, target, depth + effect, worklist)?;
            }
            if instr.opcode.is_block_push() {
                continue;
            }
        }
        depth += effect;
        lowest = lowest.min(depth);
    }
    if lowest < 0 {
        return Err(CompileError::new(ErrorKind::Value, "Invalid CFG, stack underflow"));
    }
    if let Some(next) = next {
        enter(&mut blocks, next, depth, worklist)?;
    }
    Ok(highest)
}

fn enter(blocks: &mut Blocks<'_>, block: BlockId, depth: i32, worklist: &mut Vec<BlockId>) -> Result<(), CompileError> {
    let known = &mut blocks[block].start_depth;
    if *known >= 0 && *known != depth {
        return Err(CompileError::new(ErrorKind::Value, "Invalid CFG, inconsistent stackdepth"));
    }
    if *known < depth && *known < MAX_FOLLOWED {
        *known = depth;
        worklist.push(block);
    }
    Ok(())
}
