//! Gives each instruction the handler that is in force where it stands, from the block starts
//! (`SETUP_FINALLY`, `SETUP_CLEANUP`, `SETUP_WITH`) and ends (`POP_BLOCK`), and marks the blocks
//! where handlers start. Block ends become `NOP`; the starts stay until `pseudo_instructions`,
//! because they keep their handlers reachable.
//!
//! A `RESUME` behind a `yield` also learns here whether exactly one handler is in force there.

use super::graph::{BlockId, Blocks, Graph, has};
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
    if !graph.had(has::BLOCK_MARK) {
        return Ok(());
    }
    mark_handlers(graph);
    graph.clear_visited();
    let mut walk = Walk {
        frames: vec![Frame { handler: None, outer: EMPTY, depth: 0 }],
        stack_of: std::mem::take(&mut graph.numbers),
        worklist: std::mem::take(&mut graph.worklist),
    };
    walk.stack_of.clear();
    walk.stack_of.resize(graph.block_count(), EMPTY);
    let entry = graph.entry();
    let (mut blocks, _) = graph.split(entry);
    walk.reach(&mut blocks, entry, EMPTY);
    while let Some(block) = walk.worklist.pop() {
        walk.label(graph, block)?;
    }
    graph.worklist = walk.worklist;
    graph.numbers = walk.stack_of;
    Ok(())
}

/// The walk through the graph along which stacks are handed on.
struct Walk {
    frames: Vec<Frame>,
    /// By block, the stack on entry.
    stack_of: Vec<u32>,
    worklist: Vec<BlockId>,
}

impl Walk {
    fn reach(&mut self, blocks: &mut Blocks<'_>, target: BlockId, stack: u32) {
        if !blocks[target].visited {
            blocks[target].visited = true;
            self.stack_of[target.index()] = stack;
            self.worklist.push(target);
        }
    }

    /// Labels the instructions of a block and goes on to its successors.
    fn label(&mut self, graph: &mut Graph, block: BlockId) -> Result<(), CompileError> {
        let next = graph.fall_through(block);
        let (mut blocks, instrs) = graph.split(block);
        let mut stack = self.stack_of[block.index()];
        let mut frame = self.frames[stack as usize];
        if frame.handler.is_none() && blocks[block].has & has::BLOCK_MARK == 0 {
            let jump = instrs.last().filter(|last| last.opcode.has_jump()).and_then(|last| last.target);
            for successor in jump.into_iter().chain(next) {
                self.reach(&mut blocks, successor, stack);
            }
            return Ok(());
        }
        let mut depth_at_yield = None;
        for instr in instrs {
            match instr.opcode {
                opcode if opcode.is_block_push() => {
                    let handler = instr.target.expect("a block start has a handler");
                    self.reach(&mut blocks, handler, stack);
                    if opcode != Opcode::SetupFinally {
                        blocks[handler].keeps_lasti = true;
                    }
                    frame = Frame { handler: Some(handler), outer: stack, depth: frame.depth + 1 };
                    stack = self.frames.len() as u32;
                    self.frames.push(frame);
                    continue;
                }
                Opcode::PopBlock => {
                    if stack == EMPTY {
                        return Err(CompileError::new(ErrorKind::System, "end of a block that was not started"));
                    }
                    instr.set_nop();
                    stack = frame.outer;
                    frame = self.frames[stack as usize];
                    continue;
                }
                Opcode::YieldValue => depth_at_yield = Some(frame.depth),
                Opcode::Resume if instr.arg != resume::AT_FUNC_START && depth_at_yield.take() == Some(1) => {
                    instr.arg |= resume::DEPTH1_MASK;
                }
                opcode if opcode.has_jump() => {
                    self.reach(&mut blocks, instr.target.expect("a jump has a target"), stack);
                }
                _ => {}
            }
            instr.handler = frame.handler;
        }
        if let Some(next) = next {
            self.reach(&mut blocks, next, stack);
        }
        Ok(())
    }
}

/// Marks the blocks that block starts name.
fn mark_handlers(graph: &mut Graph) {
    graph.for_each_block(|graph, block| {
        let (mut blocks, instrs) = graph.split(block);
        if blocks[block].has & has::BLOCK_MARK == 0 {
            return;
        }
        for instr in instrs.iter().filter(|instr| instr.opcode.is_block_push()) {
            blocks[instr.target.expect("a block start has a handler")].is_handler = true;
        }
    });
}
