//! Comparisons and truth.

use kaa_bytecode::Opcode;
use kaa_objects::class::CompareOp;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, Value, Vm, ids};

use super::Driver;
use super::control::is_exact;
use super::state::{State, is_float, is_int, object, op, value, word};
use crate::specialize;

/// The bit of the argument that asks for a bool.
const TO_BOOL: usize = kaa_bytecode::operands::ComparisonOperator::TO_BOOL as usize;

op! {
    /// Counts down to its specialization, and works without.
    fn compare_op<D>(s, arg) {
        specialize::compare::compare_op(s.fp, s.pc, s.peek(2), s.peek(1));
        s.goto::<D>(compare_op_generic::<D>, arg)
    }

    fn compare_op_generic<D>(s, arg) {
        s.save();
        let result = compare_words(s.vm, s.peek_value(2), s.peek_value(1), arg);
        s.finish::<D>(2, result, 1)
    }

    /// Two small integers.
    fn compare_op_int<D>(s, arg) {
        let (a, b) = (s.peek(2), s.peek(1));
        if a & b & 1 == 0 {
            return s.goto::<D>(compare_op_miss::<D>, arg);
        }
        let holds = compare_numbers(arg, a as i64, b as i64);
        s.replace(2, Value::bool(holds).bits());
        s.skip(1);
        s.next::<D>()
    }

    /// Two small integers, and the conditional jump that follows.
    fn compare_op_int_jump<D>(s, arg) {
        let (a, b) = (s.peek(2), s.peek(1));
        if a & b & 1 == 0 {
            return s.goto::<D>(compare_op_miss::<D>, arg);
        }
        let holds = compare_numbers(arg, a as i64, b as i64);
        s.sp = s.sp.sub(2);
        branch::<D>(s, holds)
    }

    /// Two floats.
    fn compare_op_float<D>(s, arg) {
        let (a, b) = (s.peek(2), s.peek(1));
        if !(is_float(a) && is_float(b)) {
            return s.goto::<D>(compare_op_float_mixed::<D>, arg);
        }
        let (a, b) = (value(a).as_small_float().unwrap_unchecked(), value(b).as_small_float().unwrap_unchecked());
        let holds = compare_numbers(arg, a, b);
        s.replace(2, Value::bool(holds).bits());
        s.skip(1);
        s.next::<D>()
    }

    /// Two floats, and the conditional jump that follows.
    fn compare_op_float_jump<D>(s, arg) {
        let (a, b) = (s.peek(2), s.peek(1));
        if !(is_float(a) && is_float(b)) {
            return s.goto::<D>(compare_op_float_mixed::<D>, arg);
        }
        let (a, b) = (value(a).as_small_float().unwrap_unchecked(), value(b).as_small_float().unwrap_unchecked());
        let holds = compare_numbers(arg, a, b);
        s.sp = s.sp.sub(2);
        branch::<D>(s, holds)
    }

    /// A float and a number that is no small float: still compared as floats.
    fn compare_op_float_mixed<D>(s, arg) {
        let (a, b) = (super::binary::as_f64(s.peek(2)), super::binary::as_f64(s.peek(1)));
        let (Some(a), Some(b)) = (a, b) else { return s.goto::<D>(compare_op_miss::<D>, arg) };
        let holds = compare_numbers(arg, a, b);
        s.replace(2, Value::bool(holds).bits());
        s.skip(1);
        s.next::<D>()
    }

    /// `==` and `!=` of two plain strings.
    fn compare_op_str<D>(s, arg) {
        let (a, b) = (s.peek(2), s.peek(1));
        if !(is_exact(a, ids::STR) && is_exact(b, ids::STR)) {
            return s.goto::<D>(compare_op_miss::<D>, arg);
        }
        let equal = a == b || str_equal(object(a), object(b));
        let holds = equal == (arg >> 5 == CompareOp::Eq as usize);
        s.replace(2, Value::bool(holds).bits());
        s.skip(1);
        s.next::<D>()
    }

    #[cold]
    fn compare_op_miss<D>(s, arg) {
        specialize::despecialize(s.pc, Opcode::CompareOp);
        s.goto::<D>(compare_op_generic::<D>, arg)
    }

    fn is_op<D>(s, arg) {
        let same = s.peek(2) == s.peek(1);
        s.replace(2, Value::bool(same != (arg != 0)).bits());
        s.next::<D>()
    }

    fn contains_op<D>(s, arg) {
        specialize::compare::contains_op(s.pc, s.peek(1));
        s.goto::<D>(contains_op_generic::<D>, arg)
    }

    fn contains_op_generic<D>(s, arg) {
        s.save();
        let result = contains_word(s.vm, s.peek_value(2), s.peek_value(1), arg != 0);
        s.finish::<D>(2, result, 1)
    }

    fn contains_op_dict<D>(s, arg) {
        if !is_exact(s.peek(1), ids::DICT) {
            specialize::despecialize(s.pc, Opcode::ContainsOp);
            return s.goto::<D>(contains_op_generic::<D>, arg);
        }
        s.save();
        let result = dict_contains(s.vm, s.peek_value(2), object(s.peek(1)), arg != 0);
        s.finish::<D>(2, result, 1)
    }

    fn to_bool<D>(s, arg) {
        let operand = s.peek(1);
        if operand == Value::TRUE.bits() || operand == Value::FALSE.bits() {
            s.skip(3);
            return s.next::<D>();
        }
        let truth = if is_int(operand) {
            operand != 1
        } else if operand == Value::NONE.bits() {
            false
        } else {
            return s.goto::<D>(to_bool_object::<D>, arg);
        };
        s.poke(1, Value::bool(truth).bits());
        s.skip(3);
        s.next::<D>()
    }

    fn to_bool_object<D>(s, arg) {
        s.save();
        let truth = truth_word(s.vm, s.peek_value(1));
        s.finish::<D>(1, truth, 3)
    }

    fn unary_not<D>(s, arg) {
        let negated = s.peek(1) == Value::FALSE.bits();
        s.poke(1, Value::bool(negated).bits());
        s.next::<D>()
    }
}

/// Whether the comparison of an instruction's argument holds. The low bits of the argument are
/// the outcomes for which it does: unordered 1, less 2, greater 4, equal 8.
#[inline(always)]
pub fn compare_numbers<T: PartialOrd>(arg: usize, a: T, b: T) -> bool {
    let outcome = (usize::from(a < b) << 1) | (usize::from(a > b) << 2) | (usize::from(a == b) << 3);
    // Unordered: none of the three.
    let outcome = outcome | usize::from(outcome == 0);
    outcome & arg & 15 != 0
}

/// Ends a comparison by the `POP_JUMP_IF_…` that stands behind it.
///
/// # Safety
/// The registers are those of the comparison, its operands taken; such a jump follows.
#[inline(always)]
pub unsafe fn branch<D: Driver>(mut s: State<'_>, holds: bool) -> D::Out {
    // SAFETY: the caller's promise.
    unsafe {
        let jump = *s.pc.add(1);
        let jump_if = jump as u8 == Opcode::PopJumpIfTrue as u8;
        s.skip(3);
        if holds == jump_if {
            s.skip((jump >> 8) as usize);
        } else {
            super::control::not_taken(&mut s);
        }
        s.next::<D>()
    }
}

#[inline(never)]
fn str_equal(a: Gc<PyStr>, b: Gc<PyStr>) -> bool {
    a.equals(&b)
}

/// `COMPARE_OP` for any operands.
#[inline(never)]
fn compare_words(vm: &Vm, a: Value, b: Value, arg: usize) -> u64 {
    const OPS: [CompareOp; 6] =
        [CompareOp::Lt, CompareOp::Le, CompareOp::Eq, CompareOp::Ne, CompareOp::Gt, CompareOp::Ge];
    let Some(&op) = OPS.get(arg >> 5) else {
        return word(Err(vm.system_error(format_args!("unknown comparison {arg}"))));
    };
    let Ok(result) = vm.compare(a, b, op) else { return 0 };
    if arg & TO_BOOL != 0 { truth_word(vm, result) } else { result.bits() }
}

#[inline(never)]
fn contains_word(vm: &Vm, item: Value, container: Value, invert: bool) -> u64 {
    vm.contains(container, item).map_or(0, |found| Value::bool(found != invert).bits())
}

#[inline(never)]
fn dict_contains(vm: &Vm, key: Value, dict: Gc<PyDict>, invert: bool) -> u64 {
    let position = vm.hash(key).and_then(|hash| dict.position(vm, key, hash));
    position.map_or(0, |position| Value::bool(position.is_some() != invert).bits())
}

/// `bool(value)` as a word; 0 when it raised.
#[inline(never)]
pub fn truth_word(vm: &Vm, operand: Value) -> u64 {
    vm.truth(operand).map_or(0, |truth| Value::bool(truth).bits())
}
