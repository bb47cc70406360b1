//! Gives each instruction the handler that is in force where it stands, from the block starts
//! (`SETUP_FINALLY`, `SETUP_CLEANUP`, `SETUP_WITH`) and ends (`POP_BLOCK`), and marks the blocks
//! where handlers start. Block ends become `NOP`; the starts stay until `pseudo_instructions`,
//! because they keep their handlers reachable.
//!
//! A `RESUME` behind a `yield` also learns here whether exactly one handler is in force there.

use super::graph::{BlockId, Graph};
use super::{CompileError, UnitMetadata};
use crate::ErrorKind;
use kaa_bytecode::Opcode;
use kaa_bytecode::operands::resume;

/// One handler in force and those around it: stacks that blocks share where they agree.
#[derive(Clone, Copy)]
struct Frame {
    handler: Option<BlockId>,
    outer: u32,
    depth: u32,
}

/// The stack without a handler.
const EMPTY: u32 = 0;

pub fn run(graph: &mut Graph, _: &mut UnitMetadata) -> Result<(), CompileError> {
    if !mark_handlers(graph) {
        // Most code units have no handler: then there is nothing to label either.
        return Ok(());
    }
    let mut frames = vec![Frame { handler: None, outer: EMPTY, depth: 0 }];
    let mut stack_of = vec![EMPTY; graph.block_count()];
    let mut worklist = std::mem::take(&mut graph.worklist);
    graph.clear_visited();
    let entry = graph.entry();
    graph[entry].visited = true;
    worklist.push(entry);
    let mut balanced = true;
    while let Some(block) = worklist.pop() {
        let mut stack = stack_of[block.index()];
        let mut depth_at_yield = None;
        for index in 0..graph.len(block) {
            let mut instr = graph.instrs(block)[index];
            let mut visit = |graph: &mut Graph, target: BlockId, stack: u32| {
                if !graph[target].visited {
                    graph[target].visited = true;
                    stack_of[target.index()] = stack;
                    worklist.push(target);
                }
            };
            match instr.opcode {
                opcode if opcode.is_block_push() => {
                    let handler = instr.target.expect("a block start has a handler");
                    visit(graph, handler, stack);
                    if opcode != Opcode::SetupFinally {
                        graph[handler].keeps_lasti = true;
                    }
                    frames.push(Frame {
                        handler: Some(handler),
                        outer: stack,
                        depth: frames[stack as usize].depth + 1,
                    });
                    stack = frames.len() as u32 - 1;
                    continue;
                }
                Opcode::PopBlock => {
                    balanced &= stack != EMPTY;
                    stack = frames[stack as usize].outer;
                    instr.set_nop();
                }
                Opcode::YieldValue => {
                    instr.handler = frames[stack as usize].handler;
                    depth_at_yield = Some(frames[stack as usize].depth);
                }
                Opcode::Resume => {
                    instr.handler = frames[stack as usize].handler;
                    if instr.arg != resume::AT_FUNC_START && depth_at_yield.take() == Some(1) {
                        instr.arg |= resume::DEPTH1_MASK;
                    }
                }
                opcode => {
                    instr.handler = frames[stack as usize].handler;
                    if opcode.has_jump() {
                        visit(graph, instr.target.expect("a jump has a target"), stack);
                    }
                }
            }
            graph.instrs_mut(block)[index] = instr;
        }
        if let Some(next) = graph.fall_through(block)
            && !graph[next].visited
        {
            graph[next].visited = true;
            stack_of[next.index()] = stack;
            worklist.push(next);
        }
    }
    graph.worklist = worklist;
    if balanced { Ok(()) } else { Err(CompileError::new(ErrorKind::System, "end of a block that was not started")) }
}

/// Marks the blocks that block starts name. Whether there are block starts or ends at all.
fn mark_handlers(graph: &mut Graph) -> bool {
    let mut found = false;
    graph.for_each_block(|graph, block| {
        for index in 0..graph.len(block) {
            let instr = graph.instrs(block)[index];
            if instr.opcode.is_block_push() {
                graph[instr.target.expect("a block start has a handler")].is_handler = true;
                found = true;
            }
            found |= instr.opcode == Opcode::PopBlock;
        }
    });
    found
}
