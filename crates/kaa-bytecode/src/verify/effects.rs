//! What an instruction needs of a frame and does to it, for [`verify`](super::verify).

use super::state::{CELL, NULL, State, VALUE};
use super::{Facts, Instruction};
use crate::operands::{
    BinaryOperator, CommonConstant, ComparisonOperator, Conversion, Intrinsic1, Intrinsic2, SpecialMethod, resume,
};
use crate::{Opcode as O, flags, kind};

/// What an instruction left alone.
pub struct Kept {
    /// So many operands from the bottom are as they were, whatever happened.
    pub untouched: usize,
    pub locals_changed: bool,
}

const UNDERFLOW: &str = "the stack holds too few operands";
const EMPTY: &str = "an operand may be missing";
const NO_LOCAL: &str = "there is no such local variable";
const UNBOUND: &str = "a local variable may be unbound";
const NO_CELL: &str = "a local variable is no cell";
const ARGUMENT: &str = "the argument means nothing";

type Checked<T = ()> = Result<T, &'static str>;

/// Checks an instruction's argument and operands, and does to the state what it does.
pub fn apply(facts: &Facts<'_>, instruction: &Instruction, state: &mut State) -> Checked<Kept> {
    let Instruction { opcode, arg, .. } = *instruction;
    check_argument(facts, opcode, arg)?;
    let mut kept = Kept { untouched: state.stack.len(), locals_changed: false };
    if let Some(taken) = moves(opcode, arg, state)? {
        kept.untouched -= taken;
        return Ok(kept);
    }
    if let Some(taken) = locals(opcode, arg, state)? {
        kept.untouched -= taken;
        kept.locals_changed = true;
        return Ok(kept);
    }
    match opcode {
        O::ReturnGenerator => {
            let generator = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;
            if facts.flags & generator == 0 || state.in_generator || !state.stack.is_empty() {
                return Err("RETURN_GENERATOR stands in the wrong place");
            }
            state.in_generator = true;
        }
        O::YieldValue => yields(facts, instruction, state)?,
        O::ReturnValue
            if facts.flags & (flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR) != 0
                && !state.in_generator =>
        {
            return Err("a generator returns before it is made");
        }
        _ => {}
    }
    let nullable = nullable(opcode, arg);
    let (pops, pushes) = (opcode.pops(arg as u32) as usize, opcode.pushes(arg as u32) as usize);
    let bottom = state.stack.len().checked_sub(pops).ok_or(UNDERFLOW)?;
    for (depth, &word) in state.stack[bottom..].iter().rev().enumerate() {
        if word & NULL != 0 && nullable >> depth.min(127) & 1 == 0 {
            return Err(EMPTY);
        }
    }
    let through = passed_through(opcode, arg).min(pops);
    kept.untouched = bottom + through;
    if pushes > facts.stacksize {
        return Err("the stack is higher than the code says");
    }
    state.stack.truncate(bottom + through);
    state.stack.resize(bottom + pushes.max(through), VALUE);
    state.stack.truncate(bottom + pushes);
    if gives_method(opcode, arg) {
        *state.stack.last_mut().ok_or(UNDERFLOW)? = NULL | VALUE;
    }
    Ok(kept)
}

/// Instructions that only move operands: how many from the top they touch.
fn moves(opcode: O, arg: usize, state: &mut State) -> Checked<Option<usize>> {
    let len = state.stack.len();
    let at = |depth: usize| len.checked_sub(depth).filter(|_| depth > 0).ok_or(UNDERFLOW);
    match opcode {
        O::Copy => {
            let word = state.stack[at(arg)?];
            state.stack.push(word);
            Ok(Some(0))
        }
        O::Swap => {
            let (top, other) = (at(1)?, at(arg)?);
            state.stack.swap(top, other);
            Ok(Some(arg))
        }
        O::PushNull => {
            state.stack.push(NULL);
            Ok(Some(0))
        }
        O::PopTop => {
            state.stack.truncate(at(1)?);
            Ok(Some(1))
        }
        _ => Ok(None),
    }
}

/// Instructions on locals and cells: how many operands they touch.
fn locals(opcode: O, arg: usize, state: &mut State) -> Checked<Option<usize>> {
    let count = state.locals.len();
    let within = |index: usize| if index < count { Ok(index) } else { Err(NO_LOCAL) };
    let bound = |state: &State, index: usize| match state.locals[within(index)?] {
        word if word & NULL != 0 => Err(UNBOUND),
        word => Ok(word),
    };
    let cell = |state: &State, index: usize| match state.locals[within(index)?] {
        CELL => Ok(()),
        _ => Err(NO_CELL),
    };
    let pop = |state: &mut State| state.stack.pop().ok_or(UNDERFLOW);
    let (high, low) = (arg >> 4, arg & 15);
    let taken = match opcode {
        O::LoadFast | O::LoadFastBorrow => {
            let word = bound(state, arg)?;
            state.stack.push(word);
            0
        }
        O::LoadFastLoadFast | O::LoadFastBorrowLoadFastBorrow => {
            let words = [bound(state, high)?, bound(state, low)?];
            state.stack.extend(words);
            0
        }
        O::LoadFastCheck => {
            let local = &mut state.locals[within(arg)?];
            *local &= !NULL;
            // On a path where it is always unbound it raises.
            let word = if *local == 0 { VALUE } else { *local };
            state.stack.push(word);
            0
        }
        O::LoadFastAndClear => {
            let word = std::mem::replace(&mut state.locals[within(arg)?], NULL);
            state.stack.push(word);
            0
        }
        O::StoreFast => {
            state.locals[within(arg)?] = pop(state)?;
            1
        }
        O::StoreFastLoadFast => {
            state.locals[within(high)?] = pop(state)?;
            let word = bound(state, low)?;
            state.stack.push(word);
            1
        }
        O::StoreFastStoreFast => {
            state.locals[within(high)?] = pop(state)?;
            state.locals[within(low)?] = pop(state)?;
            2
        }
        O::DeleteFast => {
            state.locals[within(arg)?] = NULL;
            0
        }
        O::MakeCell => {
            state.locals[within(arg)?] = CELL;
            0
        }
        O::CopyFreeVars => {
            let first = count.checked_sub(arg).ok_or(NO_LOCAL)?;
            state.locals[first..].fill(CELL);
            0
        }
        O::LoadDeref | O::DeleteDeref => {
            cell(state, arg)?;
            if opcode == O::LoadDeref {
                state.stack.push(VALUE);
            }
            0
        }
        O::StoreDeref => {
            cell(state, arg)?;
            if pop(state)? & NULL != 0 {
                return Err(EMPTY);
            }
            1
        }
        O::LoadFromDictOrDeref => {
            cell(state, arg)?;
            if pop(state)? & NULL != 0 {
                return Err(EMPTY);
            }
            state.stack.push(VALUE);
            1
        }
        _ => return Ok(None),
    };
    Ok(Some(taken))
}

/// `YIELD_VALUE`: only a generator's frame can be suspended, and what it waits for is looked up
/// on its stack.
fn yields(facts: &Facts<'_>, instruction: &Instruction, state: &State) -> Checked {
    if !state.in_generator {
        return Err("YIELD_VALUE stands outside of a generator");
    }
    let next = 2 * instruction.end();
    let Some(&[number, arg]) = facts.code.get(next..next + 2).and_then(|unit| unit.first_chunk::<2>()) else {
        return Err("YIELD_VALUE ends the code");
    };
    let delegates = u32::from(arg) & resume::LOCATION_MASK >= resume::AFTER_YIELD_FROM;
    let below = state.stack.len().checked_sub(2).map_or(NULL, |index| state.stack[index]);
    if u16::from(number) == O::Resume.number() && delegates && below & NULL != 0 {
        return Err(EMPTY);
    }
    Ok(())
}

/// Checks that an argument is within what it indexes.
fn check_argument(facts: &Facts<'_>, opcode: O, arg: usize) -> Checked {
    let number = arg as u32;
    let fine = match opcode {
        O::LoadConst => arg < facts.consts,
        O::LoadAttr | O::LoadGlobal => arg >> 1 < facts.names,
        O::LoadSuperAttr => arg >> 2 < facts.names,
        _ if opcode.has_name() => arg < facts.names,
        O::BinaryOp => BinaryOperator::from_number(number).is_some(),
        O::CompareOp => ComparisonOperator::from_arg(number).is_some(),
        O::CallIntrinsic1 => Intrinsic1::from_number(number).is_some_and(|f| f != Intrinsic1::Invalid),
        O::CallIntrinsic2 => Intrinsic2::from_number(number).is_some_and(|f| f != Intrinsic2::Invalid),
        O::LoadCommonConstant => CommonConstant::from_number(number).is_some(),
        O::LoadSpecial => SpecialMethod::from_number(number).is_some(),
        O::ConvertValue => Conversion::from_number(number).is_some(),
        O::BuildSlice => matches!(arg, 2 | 3),
        O::RaiseVarargs => arg <= 2,
        O::Reraise => arg <= 16,
        O::SetFunctionAttribute => matches!(arg, 1 | 2 | 4 | 8 | 16),
        O::GetAwaitable => arg <= 2,
        O::CopyFreeVars => arg == facts.localspluskinds.iter().filter(|&bits| bits & kind::FREE != 0).count(),
        _ => true,
    };
    if fine { Ok(()) } else { Err(ARGUMENT) }
}

/// Which operands may be missing, as bits from the top.
fn nullable(opcode: O, arg: usize) -> u128 {
    let bit = |depth: usize| if depth < 128 { 1u128 << depth } else { 1 << 127 };
    match opcode {
        O::Call => bit(arg),
        O::CallKw => bit(arg + 1),
        O::CallFunctionEx => bit(0) | bit(2),
        // The exit function's first argument.
        O::WithExceptStart => bit(3),
        // Operands between the container and what is added may be locals that were saved.
        _ if adds(opcode) => {
            let taken = opcode.pops(arg as u32) as usize - passed_through(opcode, arg);
            u128::MAX << taken.min(127) & !target(opcode, arg)
        }
        _ => 0,
    }
}

/// Whether an instruction adds to a container that lies deeper, or looks at an index there.
fn adds(opcode: O) -> bool {
    use O::*;
    matches!(opcode, ListAppend | ListExtend | SetAdd | SetUpdate | DictUpdate | MapAdd | DictMerge | Reraise)
}

/// Among operands that are passed through, those that the instruction works on all the same.
fn target(opcode: O, arg: usize) -> u128 {
    let bit = |depth: usize| if depth < 128 { 1u128 << depth } else { 1 << 127 };
    match opcode {
        O::ListAppend | O::ListExtend | O::SetAdd | O::SetUpdate | O::DictUpdate => bit(arg),
        O::MapAdd => bit(arg + 1),
        O::DictMerge => bit(arg) | bit(arg + 3),
        O::Reraise => bit(0) | bit(arg),
        _ => 0,
    }
}

/// How many of the operands that an instruction takes it puts back unchanged, from the deepest.
fn passed_through(opcode: O, arg: usize) -> usize {
    match opcode {
        O::CheckExcMatch
        | O::ForIter
        | O::GetAnext
        | O::GetLen
        | O::ImportFrom
        | O::MatchMapping
        | O::MatchSequence
        | O::Send => 1,
        O::MatchKeys => 2,
        O::WithExceptStart => 5,
        O::ListAppend | O::ListExtend | O::SetAdd | O::SetUpdate | O::DictUpdate | O::MapAdd | O::Reraise => arg,
        O::DictMerge => arg + 3,
        _ => 0,
    }
}

/// Whether the topmost result is a first argument that may be missing.
fn gives_method(opcode: O, arg: usize) -> bool {
    match opcode {
        O::LoadAttr | O::LoadGlobal | O::LoadSuperAttr => arg & 1 != 0,
        O::LoadSpecial => true,
        _ => false,
    }
}
