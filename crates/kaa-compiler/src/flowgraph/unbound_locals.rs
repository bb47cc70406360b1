//! Makes the loads of locals that may be unbound check for it: `LOAD_FAST` becomes
//! `LOAD_FAST_CHECK`.
//!
//! For the first 64 locals a mask of those that may be unbound flows through the graph until it
//! grows no more. The others are followed inside one block at a time, so that the work stays
//! linear in the size of the code.

use super::graph::{BlockId, Blocks, Graph, has};
use super::{CompileError, UnitMetadata};
use kaa_bytecode::Opcode;

/// How many locals are followed from block to block.
const TRACKED: usize = 64;

pub fn run(graph: &mut Graph, unit: &mut UnitMetadata) -> Result<(), CompileError> {
    let locals = unit.varnames.len();
    let may_be_unbound = locals > unit.parameters as usize || graph.had(has::UNBINDING);
    if locals == 0 || !graph.had(has::LOAD) || locals <= TRACKED && !may_be_unbound {
        return Ok(());
    }
    if locals > TRACKED {
        check_beyond_tracked(graph, locals);
    }
    let mut worklist = std::mem::take(&mut graph.worklist);
    // A block that is `visited` need not be put on the worklist: it comes anyway.
    graph.blocks_mut().iter_mut().for_each(|block| block.visited = true);
    let unbound_at_entry = mask_below(locals.min(TRACKED)) & !mask_below((unit.parameters as usize).min(TRACKED));
    let entry = graph.entry();
    let (mut blocks, _) = graph.split(entry);
    flow_into(&mut blocks, entry, unbound_at_entry, &mut worklist);
    // Each block at least once: locals can also become unbound on the way.
    graph.for_each_block(|graph, block| {
        graph[block].visited = false;
        scan(graph, block, &mut worklist);
    });
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

/// Adds to what may be unbound on entry to a block; `visited` means that it is on the worklist
/// already, or still to come in the first round.
fn flow_into(blocks: &mut Blocks<'_>, id: BlockId, unbound: u64, worklist: &mut Vec<BlockId>) {
    let block = &mut blocks[id];
    let both = block.unbound_locals | unbound;
    if both != block.unbound_locals {
        block.unbound_locals = both;
        if !block.visited {
            block.visited = true;
            worklist.push(id);
        }
    }
}

/// What an instruction does to the local that it names, in the bits of `EFFECTS`.
mod effect {
    /// The local is bound behind it; behind a load too, or the load has raised.
    pub const BINDS: u8 = 1;
    pub const UNBINDS: u8 = 1 << 1;
    /// It becomes one that checks if the local may be unbound.
    pub const LOADS: u8 = 1 << 2;
}

/// By opcode.
static EFFECTS: [u8; 512] = {
    let mut effects = [0; 512];
    effects[Opcode::DeleteFast as usize] = effect::UNBINDS;
    effects[Opcode::LoadFastAndClear as usize] = effect::UNBINDS;
    effects[Opcode::StoreFastMaybeNull as usize] = effect::UNBINDS;
    effects[Opcode::StoreFast as usize] = effect::BINDS;
    effects[Opcode::LoadFastCheck as usize] = effect::BINDS;
    effects[Opcode::LoadFast as usize] = effect::BINDS | effect::LOADS;
    effects
};

/// All bits if the effects have this one, else none.
#[inline]
fn mask_if(effects: u8, effect: u8) -> u64 {
    0_u64.wrapping_sub(u64::from(effects & effect != 0))
}

fn scan(graph: &mut Graph, block: BlockId, worklist: &mut Vec<BlockId>) {
    let next = graph.fall_through(block);
    let has_handlers = graph.had(has::BLOCK_MARK);
    let (mut blocks, instrs) = graph.split(block);
    let concerned = has_handlers || blocks[block].has & (has::LOAD | has::STORE | has::UNBINDING) != 0;
    let mut unbound = blocks[block].unbound_locals;
    // What has flown into a handler last.
    let mut told = (None, 0);
    for instr in instrs.iter_mut().filter(|_| concerned) {
        if let Some(handler) = instr.handler
            && told != (instr.handler, unbound)
        {
            flow_into(&mut blocks, handler, unbound, worklist);
            told = (instr.handler, unbound);
        }
        // Masks instead of branches, which the processor could not foresee.
        let bit = if (instr.arg as usize) < TRACKED { 1 << instr.arg } else { 0 };
        let effects = EFFECTS[instr.opcode as usize];
        if unbound & bit & mask_if(effects, effect::LOADS) != 0 {
            instr.opcode = Opcode::LoadFastCheck;
        }
        unbound = unbound & !(bit & mask_if(effects, effect::BINDS)) | bit & mask_if(effects, effect::UNBINDS);
    }
    let may_jump = blocks[block].has & has::TARGET != 0;
    let jump = instrs.last().filter(|last| may_jump && last.opcode.has_jump()).and_then(|last| last.target);
    for successor in next.into_iter().chain(jump) {
        flow_into(&mut blocks, successor, unbound, worklist);
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
