//! Gives cells and free variables their slots in the frame, and puts the instructions in front
//! that every frame of this kind starts with: `COPY_FREE_VARS`, `MAKE_CELL` for each cell,
//! and `RETURN_GENERATOR` with its `POP_TOP`.

use super::graph::{Graph, Instr, has};
use super::{CompileError, UnitMetadata};
use kaa_ast::Span;
use kaa_bytecode::{Opcode, flags};

const SUSPENDABLE: u32 = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;

pub fn run(graph: &mut Graph, unit: &mut UnitMetadata) -> Result<(), CompileError> {
    if unit.cellvars.is_empty() && unit.freevars.is_empty() && unit.flags & SUSPENDABLE == 0 {
        return Ok(());
    }
    let mut slots = provisional_slots(unit);
    insert_prefix(graph, unit, &slots);
    close_gaps(&mut slots, unit.varnames.len() as u32);
    if slots.is_empty() {
        return Ok(());
    }
    graph.for_each_block(|graph, block| {
        if graph[block].has & has::CELL == 0 {
            return;
        }
        for instr in graph.instrs_mut(block) {
            if matches!(
                instr.opcode,
                Opcode::MakeCell
                    | Opcode::LoadClosure
                    | Opcode::LoadDeref
                    | Opcode::StoreDeref
                    | Opcode::DeleteDeref
                    | Opcode::LoadFromDictOrDeref
            ) {
                instr.arg = slots[instr.arg as usize];
            }
        }
    });
    Ok(())
}

/// For each cell and free variable its slot, as if all of them followed the locals; a cell that is
/// also a local (a captured parameter, say) has that one's slot.
fn provisional_slots(unit: &UnitMetadata) -> Vec<u32> {
    let locals = unit.varnames.len() as u32;
    let cells = unit.cellvars.iter().zip(locals..).map(|(&name, slot)| unit.varnames.position(name).unwrap_or(slot));
    let free = (0..unit.freevars.len() as u32).map(|index| locals + unit.cellvars.len() as u32 + index);
    cells.chain(free).collect()
}

/// Moves the slots behind the locals together where a cell has taken a local's slot instead.
fn close_gaps(slots: &mut [u32], locals: u32) {
    let mut gaps = 0;
    for (slot, provisional) in slots.iter_mut().zip(locals..) {
        if *slot == provisional {
            *slot -= gaps;
        } else {
            gaps += 1;
        }
    }
}

fn insert_prefix(graph: &mut Graph, unit: &UnitMetadata, slots: &[u32]) {
    let entry = graph.entry();
    let mut prefix = Vec::new();
    if !unit.freevars.is_empty() {
        prefix.push(Instr::new(Opcode::CopyFreeVars, unit.freevars.len() as u32, Span::NONE));
    }
    // The argument is still the number of the cell, but they are made in the order of their slots.
    let mut cells: Vec<u32> = (0..unit.cellvars.len() as u32).collect();
    cells.sort_unstable_by_key(|&cell| slots[cell as usize]);
    prefix.extend(cells.iter().map(|&cell| Instr::new(Opcode::MakeCell, cell, Span::NONE)));
    if unit.flags & SUSPENDABLE != 0 {
        let span = Span::new(unit.firstlineno, -1, unit.firstlineno, -1);
        prefix.push(Instr::new(Opcode::ReturnGenerator, 0, span));
        prefix.push(Instr::new(Opcode::PopTop, 0, span));
    }
    graph.insert(entry, 0, &prefix);
}
