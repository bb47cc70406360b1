//! Simplifies what constants are put on the stack for: loads of small integers get their own
//! instruction, jumps on a constant are decided, tests for `None` join their jump, and the truth of
//! a constant is one.

use super::graph::{Graph, Instr, find_positions, has};
use super::{CompileError, UnitMetadata};
use crate::ConstantTable;
use crate::constant_arithmetic::is_true;
use kaa_bytecode::operands::MAX_SMALL_INT;
use kaa_bytecode::{Constant, Opcode};

pub fn run(graph: &mut Graph, unit: &mut UnitMetadata) -> Result<(), CompileError> {
    let mut positions = std::mem::take(&mut graph.numbers);
    graph.for_each_block(|graph, block| {
        if graph[block].has & has::CONSTANT != 0 {
            find_positions(graph.instrs(block), has::CONSTANT, &mut positions);
            let mut found = 0;
            for &position in &positions {
                simplify(graph.instrs_mut(block), position as usize, &mut unit.consts, &mut found);
            }
            graph[block].has |= found;
        }
    });
    graph.numbers = positions;
    Ok(())
}

/// Whether the instruction puts a constant on the stack and does nothing else.
pub(super) fn loads_constant(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::LoadConst | Opcode::LoadSmallInt)
}

/// What an instruction loads for which `loads_constant` holds.
pub(super) fn constant_of(opcode: Opcode, arg: u32, consts: &ConstantTable) -> Constant {
    if opcode == Opcode::LoadSmallInt { Constant::Int(i64::from(arg)) } else { consts.get(arg).clone() }
}

/// The argument of `LOAD_SMALL_INT` for a constant, if it has one.
fn small_int(constant: &Constant) -> Option<u32> {
    match *constant {
        Constant::Int(value) if (0..=i64::from(MAX_SMALL_INT)).contains(&value) => Some(value as u32),
        _ => None,
    }
}

/// Makes an instruction load a constant.
pub(super) fn set_load(instr: &mut Instr, constant: Constant, consts: &mut ConstantTable) {
    match small_int(&constant) {
        Some(arg) => instr.set(Opcode::LoadSmallInt, arg),
        None => instr.set(Opcode::LoadConst, consts.insert(constant)),
    }
}

/// Simplifies what a constant is loaded for, if the instruction at `index` loads one. Adds the bits
/// of `has` for what is new.
fn simplify(instrs: &mut [Instr], index: usize, consts: &mut ConstantTable, found: &mut u32) {
    if !loads_constant(instrs[index].opcode) {
        return;
    }
    let load = &mut instrs[index];
    if load.opcode == Opcode::LoadConst
        && let Some(arg) = small_int(consts.get(load.arg))
    {
        load.set(Opcode::LoadSmallInt, arg);
    }
    let Instr { opcode, arg, .. } = *load;
    // What is on top of the stack comes from here: the load, or an instruction that copies it.
    let mut top = index;
    loop {
        let Some(next) = instrs.get(top + 1) else { return };
        match next.opcode {
            Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue | Opcode::JumpIfFalse | Opcode::JumpIfTrue => {
                let truth = is_true(&constant_of(opcode, arg, consts));
                decide_jump(&mut instrs[top..top + 2], truth);
                // The jump may have become one that is always taken.
                *found |= has::NOP | has::END | has::ALWAYS_JUMPS;
            }
            Opcode::IsOp if opcode == Opcode::LoadConst && matches!(consts.get(arg), Constant::None) => {
                join_none_test(&mut instrs[top..]);
                *found |= has::NOP;
            }
            Opcode::ToBool => {
                let truth = is_true(&constant_of(opcode, arg, consts));
                let arg = consts.insert(Constant::Bool(truth));
                instrs[top].set_nop();
                instrs[top + 1].set(Opcode::LoadConst, arg);
                *found |= has::NOP;
                return simplify(instrs, top + 1, consts, found);
            }
            _ => {}
        }
        let copies = opcode == Opcode::LoadConst && instrs[top + 1].opcode == Opcode::Copy && instrs[top + 1].arg == 1;
        if !copies {
            return;
        }
        top += 1;
    }
}

/// Resolves a jump on a constant: `pair` is the instruction before the jump and the jump.
fn decide_jump(pair: &mut [Instr], truth: bool) {
    let jump = pair[1].opcode;
    if matches!(jump, Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue) {
        pair[0].set_nop();
    }
    if truth == matches!(jump, Opcode::PopJumpIfTrue | Opcode::JumpIfTrue) {
        pair[1].opcode = Opcode::Jump;
    } else {
        pair[1].set_nop();
    }
}

/// `LOAD_CONST None`, `IS_OP`, perhaps `TO_BOOL`, and a jump become a jump that tests for `None`.
fn join_none_test(instrs: &mut [Instr]) {
    let mut jump = 2;
    if instrs.get(jump).is_some_and(|instr| instr.opcode == Opcode::ToBool) {
        // `IS_OP` gives a truth value anyway.
        instrs[jump].set_nop();
        jump += 1;
    }
    let inverted = instrs[1].arg != 0;
    let jumps_if_none = match instrs.get(jump).map(|instr| instr.opcode) {
        Some(Opcode::PopJumpIfTrue) => !inverted,
        Some(Opcode::PopJumpIfFalse) => inverted,
        _ => return,
    };
    instrs[0].set_nop();
    instrs[1].set_nop();
    instrs[jump].opcode = if jumps_if_none { Opcode::PopJumpIfNone } else { Opcode::PopJumpIfNotNone };
}
