//! Computes at compile time what depends on constants only, as part of `peephole`: operators, and
//! tuples, lists and sets of constants. The loads of the operands become `NOP`s without a position;
//! each function says whether it came to that.

use super::constant_loads::{constant_of, loads_constant, set_load};
use super::graph::Instr;
use crate::ConstantTable;
use crate::constant_arithmetic::{self, UnaryOperator, frozen_set};
use kaa_ast::Span;
use kaa_bytecode::operands::BinaryOperator;
use kaa_bytecode::{Constant, Opcode};

/// Displays with more items are not folded; code generation does not let more values pile up on
/// the stack anyway.
const MAX_ITEMS: usize = 30;

/// A list or set that is not iterated over at once is made from a constant from this size on.
const MIN_ITEMS: usize = 3;

/// The indices of the `count` loads of constants that end right before `end`, with nothing but
/// `NOP`s between, if that is what stands there.
fn constant_loads_before(instrs: &[Instr], end: usize, count: usize) -> Option<[usize; MAX_ITEMS]> {
    // Hardly ever.
    let is_possible = match instrs[..end].last() {
        Some(last) => loads_constant(last.opcode) || last.opcode == Opcode::Nop,
        None => false,
    };
    if count > 0 && !is_possible {
        return None;
    }
    let mut found = [0; MAX_ITEMS];
    let mut missing = count;
    for index in (0..end).rev() {
        if missing == 0 {
            break;
        }
        let opcode = instrs[index].opcode;
        if opcode == Opcode::Nop {
            continue;
        }
        if !loads_constant(opcode) {
            return None;
        }
        missing -= 1;
        found[missing] = index;
    }
    (missing == 0).then_some(found)
}

fn clear(instr: &mut Instr) {
    instr.set_nop();
    instr.span = Span::NONE;
}

fn loaded(instr: &Instr, consts: &ConstantTable) -> Constant {
    constant_of(instr.opcode, instr.arg, consts)
}

/// The constants that the loads at `indices` put on the stack.
fn loaded_items(instrs: &[Instr], indices: &[usize], consts: &ConstantTable) -> Vec<Constant> {
    indices.iter().map(|&index| loaded(&instrs[index], consts)).collect()
}

/// `BUILD_TUPLE` of constants.
pub(super) fn fold_tuple(instrs: &mut [Instr], index: usize, consts: &mut ConstantTable) -> bool {
    let count = instrs[index].arg as usize;
    if count > MAX_ITEMS {
        return false;
    }
    let Some(loads) = constant_loads_before(instrs, index, count) else { return false };
    let items = loaded_items(instrs, &loads[..count], consts);
    for &load in &loads[..count] {
        clear(&mut instrs[load]);
    }
    set_load(&mut instrs[index], Constant::Tuple(items.into()), consts);
    count > 0
}

/// `BUILD_LIST` or `BUILD_SET` of constants. One that is only iterated over or searched becomes a
/// constant tuple or frozen set (and such a list of anything a tuple); others of some size are
/// filled from such a constant.
pub(super) fn fold_list_or_set(instrs: &mut [Instr], index: usize, consts: &mut ConstantTable) -> bool {
    let Instr { opcode, arg, span, .. } = instrs[index];
    let count = arg as usize;
    let only_read =
        instrs.get(index + 1).is_some_and(|next| matches!(next.opcode, Opcode::GetIter | Opcode::ContainsOp));
    if count > MAX_ITEMS || count < MIN_ITEMS && !only_read {
        return false;
    }
    let Some(loads) = constant_loads_before(instrs, index, count) else {
        if only_read && opcode == Opcode::BuildList {
            instrs[index].opcode = Opcode::BuildTuple;
        }
        return false;
    };
    let items = loaded_items(instrs, &loads[..count], consts);
    let constant = consts.insert(collection(opcode, items));
    for &load in &loads[..count] {
        clear(&mut instrs[load]);
    }
    if only_read {
        instrs[index].set(Opcode::LoadConst, constant);
    } else {
        instrs[index - 2].span = span;
        instrs[index - 2].set(opcode, 0);
        instrs[index - 1].set(Opcode::LoadConst, constant);
        let fill = if opcode == Opcode::BuildList { Opcode::ListExtend } else { Opcode::SetUpdate };
        instrs[index].set(fill, 1);
    }
    count > 0
}

/// The constant for what `build` (`BUILD_LIST` or `BUILD_SET`) makes of the items.
fn collection(build: Opcode, items: Vec<Constant>) -> Constant {
    if build == Opcode::BuildSet { frozen_set(items) } else { Constant::Tuple(items.into()) }
}

/// A large display of constants, built by appending them one by one, at `index`: the conversion of
/// such a list to a tuple, or the last `LIST_APPEND` or `SET_ADD` of one that is only read.
pub(super) fn fold_appends(instrs: &mut [Instr], index: usize, consts: &mut ConstantTable) -> bool {
    let (append, build) = match instrs[index].opcode {
        Opcode::SetAdd => (Opcode::SetAdd, Opcode::BuildSet),
        _ => (Opcode::ListAppend, Opcode::BuildList),
    };
    let mut expects_append = instrs[index].opcode == Opcode::CallIntrinsic1;
    let mut count = 0;
    let mut start = index;
    loop {
        if start == 0 {
            return false;
        }
        start -= 1;
        let Instr { opcode, arg, .. } = instrs[start];
        if opcode == Opcode::Nop {
            continue;
        }
        if opcode == build && arg == 0 {
            if expects_append {
                break;
            }
            return false;
        }
        if expects_append {
            if opcode != append || arg != 1 {
                return false;
            }
        } else {
            if !loads_constant(opcode) {
                return false;
            }
            count += 1;
        }
        expects_append = !expects_append;
    }
    let mut items = Vec::with_capacity(count);
    for instr in &mut instrs[start..index] {
        if loads_constant(instr.opcode) {
            items.push(loaded(instr, consts));
        }
        if instr.opcode != Opcode::Nop {
            clear(instr);
        }
    }
    if instrs[index].opcode != Opcode::CallIntrinsic1 {
        instrs[index].span = Span::NONE;
    }
    set_load(&mut instrs[index], collection(build, items), consts);
    true
}

/// A unary operator on a constant.
pub(super) fn fold_unary(instrs: &mut [Instr], index: usize, consts: &mut ConstantTable) -> bool {
    let Some([load, ..]) = constant_loads_before(instrs, index, 1) else { return false };
    let operator = match instrs[index].opcode {
        Opcode::UnaryNegative => UnaryOperator::Negative,
        Opcode::UnaryInvert => UnaryOperator::Invert,
        Opcode::UnaryNot => UnaryOperator::Not,
        _ => UnaryOperator::Positive,
    };
    let operand = loaded(&instrs[load], consts);
    if let Some(result) = constant_arithmetic::unary(operator, &operand) {
        clear(&mut instrs[load]);
        set_load(&mut instrs[index], result, consts);
        return true;
    }
    false
}

/// A binary operator on constants.
pub(super) fn fold_binary(instrs: &mut [Instr], index: usize, consts: &mut ConstantTable) -> bool {
    let Some(loads) = constant_loads_before(instrs, index, 2) else { return false };
    let Some(operator) = BinaryOperator::from_number(instrs[index].arg) else { return false };
    let [left, right] = [loads[0], loads[1]].map(|load| loaded(&instrs[load], consts));
    if let Some(result) = constant_arithmetic::binary(operator, &left, &right) {
        clear(&mut instrs[loads[0]]);
        clear(&mut instrs[loads[1]]);
        set_load(&mut instrs[index], result, consts);
        return true;
    }
    false
}
