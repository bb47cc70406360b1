//! Makes the loads of locals that may be unbound check for it: `LOAD_FAST` becomes
//! `LOAD_FAST_CHECK`.
//!
//! For the first 64 locals a mask of those that may be unbound flows through the graph until it
//! grows no more. The others are followed inside one block at a time, so that the work stays
//! linear in the size of the code.

use super::graph::{BlockId, Graph};
use super::{CompileError, UnitMetadata};
use kaa_bytecode::Opcode;

/// How many locals are followed from block to block.
const TRACKED: usize = 64;

pub fn run(graph: &mut Graph, unit: &mut UnitMetadata) -> Result<(), CompileError> {
    let locals = unit.varnames.len();
    if locals == 0 {
        return Ok(());
    }
    if locals > TRACKED {
        check_beyond_tracked(graph, locals);
    }
    let mut worklist = std::mem::take(&mut graph.worklist);
    graph.clear_visited();
    let unbound_at_entry = mask_below(locals.min(TRACKED)) & !mask_below((unit.parameters as usize).min(TRACKED));
    let entry = graph.entry();
    flow_into(graph, entry, unbound_at_entry, &mut worklist);
    // Each block at least once: locals can also become unbound on the way.
    graph.for_each_block(|graph, block| scan(graph, block, &mut worklist));
    while let Some(block) = worklist.pop() {
        graph[block].visited = false;
        scan(graph, block, &mut worklist);
    }
    graph.worklist = worklist;
    Ok(())
}

/// The lowest `count` bits.
fn mask_below(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// Adds to what may be unbound on entry to a block; `visited` means that it is on the worklist.
fn flow_into(graph: &mut Graph, block: BlockId, unbound: u64, worklist: &mut Vec<BlockId>) {
    let block_data = &mut graph[block];
    let both = block_data.unbound_locals | unbound;
    if both != block_data.unbound_locals {
        block_data.unbound_locals = both;
        if !block_data.visited {
            block_data.visited = true;
            worklist.push(block);
        }
    }
}

fn scan(graph: &mut Graph, block: BlockId, worklist: &mut Vec<BlockId>) {
    let mut unbound = graph[block].unbound_locals;
    for index in 0..graph.len(block) {
        let instr = graph.instrs(block)[index];
        if let Some(handler) = instr.handler {
            flow_into(graph, handler, unbound, worklist);
        }
        if instr.arg as usize >= TRACKED {
            continue;
        }
        let bit = 1 << instr.arg;
        match instr.opcode {
            Opcode::DeleteFast | Opcode::LoadFastAndClear | Opcode::StoreFastMaybeNull => unbound |= bit,
            Opcode::StoreFast | Opcode::LoadFastCheck => unbound &= !bit,
            Opcode::LoadFast => {
                if unbound & bit != 0 {
                    graph.instrs_mut(block)[index].opcode = Opcode::LoadFastCheck;
                }
                // Bound from here on, or the load has raised.
                unbound &= !bit;
            }
            _ => {}
        }
    }
    if let Some(next) = graph.fall_through(block) {
        flow_into(graph, next, unbound, worklist);
    }
    if let Some(last) = graph.last(block)
        && last.opcode.has_jump()
    {
        let target = last.target.expect("a jump has a target");
        flow_into(graph, target, unbound, worklist);
    }
}

/// The locals from number 64 on: bound only where the same block has bound or loaded them before.
fn check_beyond_tracked(graph: &mut Graph, locals: usize) {
    // For each local the number of the block in which it was last known to be bound.
    let mut bound_in = vec![0_u32; locals - TRACKED];
    let mut number = 0;
    graph.for_each_block(|graph, block| {
        number += 1;
        for instr in graph.instrs_mut(block) {
            let Some(local) = (instr.arg as usize).checked_sub(TRACKED) else { continue };
            match instr.opcode {
                Opcode::DeleteFast | Opcode::LoadFastAndClear | Opcode::StoreFastMaybeNull => bound_in[local] = 0,
                Opcode::StoreFast => bound_in[local] = number,
                Opcode::LoadFast => {
                    if bound_in[local] != number {
                        instr.opcode = Opcode::LoadFastCheck;
                    }
                    bound_in[local] = number;
                }
                _ => {}
            }
        }
    });
}
