//! `COMPARE_OP` by its operands.

use kaa_bytecode::Opcode;
use kaa_objects::types::code::PyCode;
use kaa_objects::{Gc, ids};

use super::{failed, is_due, opcode_at, set_opcode};
use crate::dispatch::control::is_exact;
use crate::frame::Frame;
use crate::opcode;

/// Instructions that push two locals.
pub const LOADS_OF_TWO: [Opcode; 2] = [Opcode::LoadFastLoadFast, Opcode::LoadFastBorrowLoadFastBorrow];

/// Looks at the operands, and at the instruction that follows.
#[inline(always)]
pub fn compare_op(fp: *mut Frame, pc: *const u16, a: u64, b: u64) {
    if is_due(pc) {
        specialize(Frame::code_of(fp), pc, a, b);
    }
}

#[inline(never)]
fn specialize(code: Gc<PyCode>, pc: *const u16, a: u64, b: u64) {
    let next = opcode_at(pc, 1);
    let jumps = next == Opcode::PopJumpIfFalse as u8 || next == Opcode::PopJumpIfTrue as u8;
    let number = |word: u64| crate::dispatch::binary::as_f64(word).is_some();
    // SAFETY: operands are values.
    let text = |word: u64| unsafe { is_exact(word, ids::STR) };
    // SAFETY: the instruction's own unit stands before its caches.
    let op = unsafe { *pc.sub(1) } >> 8 >> 5;
    if a & b & 1 != 0 {
        set_opcode(pc, if jumps { opcode::COMPARE_OP_INT_JUMP } else { opcode::COMPARE_OP_INT });
        if jumps {
            super::fuse_previous(code, pc, &LOADS_OF_TWO, opcode::LOAD_FAST_PAIR_COMPARE_JUMP);
        }
    } else if number(a) && number(b) {
        set_opcode(pc, if jumps { opcode::COMPARE_OP_FLOAT_JUMP } else { opcode::COMPARE_OP_FLOAT });
    } else if text(a) && text(b) && (op == 2 || op == 3) {
        set_opcode(pc, opcode::COMPARE_OP_STR);
    } else {
        failed(pc);
    }
}

/// Looks at the container of a `CONTAINS_OP`.
#[inline(always)]
pub fn contains_op(pc: *const u16, container: u64) {
    if is_due(pc) {
        // SAFETY: operands are values.
        if unsafe { is_exact(container, ids::DICT) } {
            set_opcode(pc, opcode::CONTAINS_OP_DICT);
        } else {
            failed(pc);
        }
    }
}
