//! Binary and unary operators, subscripts and slices.

use kaa_bytecode::Opcode;
use kaa_bytecode::operands::BinaryOperator;
use kaa_objects::attributes::Cached;
use kaa_objects::operations::BinaryOp;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::float::PyFloat;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::{PyStr, StrData};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use super::Driver;
use super::control::{index_in, is_exact};
use super::state::{State, is_float, is_int, is_object, object, op, shape_of, value, word};
use crate::specialize;

/// Cache units of `BINARY_OP`.
const CACHES: usize = 5;

/// Integers within these bounds are exact as floats.
const EXACT: i64 = 1 << 53;

/// The number as a float, when it is a plain float, or an integer that a float holds exactly.
#[inline(always)]
pub fn as_f64(word: u64) -> Option<f64> {
    if is_float(word) {
        // SAFETY: a float's word.
        return unsafe { value(word) }.as_small_float();
    }
    if is_int(word) {
        let i = word as i64 >> 1;
        return (-EXACT..=EXACT).contains(&i).then_some(i as f64);
    }
    // SAFETY: operands are values; the shape says that the object is a float.
    unsafe { is_exact(word, ids::FLOAT).then(|| object::<PyFloat>(word).value) }
}

macro_rules! int_ops {
    ($($name:ident: |$a:ident, $b:ident| $result:expr;)*) => {
        $(op! {
            fn $name<D>(s, arg) {
                let (a, b) = (s.peek(2), s.peek(1));
                if a & b & 1 == 0 {
                    return s.goto::<D>(binary_op_miss::<D>, arg);
                }
                let ($a, $b) = (a as i64, b as i64);
                let result: Option<i64> = $result;
                match result {
                    Some(result) => s.replace(2, result as u64),
                    None => return s.goto::<D>(binary_op_generic::<D>, arg),
                }
                s.skip(CACHES);
                s.next::<D>()
            }
        })*
    };
}

// Operands and results are tagged: the word of i is 2i + 1. A result that does not fit is left to
// the general form.
int_ops! {
    binary_op_add_int: |a, b| (a - 1).checked_add(b);
    binary_op_subtract_int: |a, b| a.checked_sub(b).map(|difference| difference | 1);
    binary_op_multiply_int: |a, b| (a - 1).checked_mul(b >> 1).map(|product| product | 1);
    binary_op_and_int: |a, b| Some(a & b);
    binary_op_or_int: |a, b| Some(a | b);
    binary_op_xor_int: |a, b| Some((a ^ b) | 1);
    binary_op_lshift_int: |a, b| {
        let (a, by) = (a - 1, b >> 1);
        if (0..63).contains(&by) && a << by >> by == a { Some(a << by | 1) } else { None }
    };
    binary_op_rshift_int: |a, b| if b < 0 { None } else { Some(a >> (b >> 1).min(62) | 1) };
    binary_op_floor_divide_int: |a, b| {
        let (a, b) = (a >> 1, b >> 1);
        if b == 0 {
            None
        } else if (a | b) as u64 >> 32 == 0 {
            Some(i64::from(a as u32 / b as u32) << 1 | 1)
        } else {
            // The only quotient that could overflow 63 bits is that by -1.
            let (quotient, remainder) = (a / b, a % b);
            let quotient = if remainder != 0 && (remainder ^ b) < 0 { quotient - 1 } else { quotient };
            if quotient > Value::INT_MAX { None } else { Some(quotient << 1 | 1) }
        }
    };
    binary_op_remainder_int: |a, b| {
        let (a, b) = (a >> 1, b >> 1);
        if b == 0 {
            None
        } else if (a | b) as u64 >> 32 == 0 {
            Some(i64::from(a as u32 % b as u32) << 1 | 1)
        } else {
            let remainder = a % b;
            let remainder = if remainder != 0 && (remainder ^ b) < 0 { remainder + b } else { remainder };
            Some(remainder << 1 | 1)
        }
    };
}

/// Puts a float as the result of two operands.
///
/// # Safety
/// The registers are those of a binary operator.
#[inline(always)]
unsafe fn put_float<D: Driver>(mut s: State<'_>, result: f64) -> D::Out {
    // SAFETY: the caller's promise.
    unsafe {
        match Value::try_small_float(result) {
            Some(result) => {
                s.replace(2, result.bits());
                s.skip(CACHES);
                s.next::<D>()
            }
            None => put_boxed::<D>(s.pc, s.sp, s.fp, s.vm, result.to_bits() as usize),
        }
    }
}

macro_rules! float_ops {
    ($($name:ident $slow:ident: |$a:ident, $b:ident| $result:expr;)*) => {
        $(op! {
            fn $name<D>(s, arg) {
                let (a, b) = (s.peek(2), s.peek(1));
                if !(is_float(a) && is_float(b)) {
                    return s.goto::<D>($slow::<D>, arg);
                }
                let $a = value(a).as_small_float().unwrap_unchecked();
                let $b = value(b).as_small_float().unwrap_unchecked();
                let result: Option<f64> = $result;
                match result {
                    Some(result) => put_float::<D>(s, result),
                    None => s.goto::<D>(binary_op_generic::<D>, arg),
                }
            }

            /// One operand is a float on the heap or an integer: still floats.
            fn $slow<D>(s, arg) {
                let (a, b) = (s.peek(2), s.peek(1));
                if a & b & 1 != 0 {
                    return s.goto::<D>(binary_op_miss::<D>, arg);
                }
                let (Some($a), Some($b)) = (as_f64(a), as_f64(b)) else {
                    return s.goto::<D>(binary_op_miss::<D>, arg);
                };
                let result: Option<f64> = $result;
                match result {
                    Some(result) => put_float::<D>(s, result),
                    None => s.goto::<D>(binary_op_generic::<D>, arg),
                }
            }
        })*
    };
}

float_ops! {
    binary_op_add_float add_float_mixed: |a, b| Some(a + b);
    binary_op_subtract_float subtract_float_mixed: |a, b| Some(a - b);
    binary_op_multiply_float multiply_float_mixed: |a, b| Some(a * b);
    binary_op_true_divide_float true_divide_float_mixed: |a, b| if b == 0.0 { None } else { Some(a / b) };
}

op! {
    /// A positive float to a power.
    fn binary_op_power_float<D>(s, arg) {
        let (a, b) = (s.peek(2), s.peek(1));
        if a & b & 1 != 0 {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        }
        let (Some(base), Some(exponent)) = (as_f64(a), as_f64(b)) else {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        };
        let result = base.powf(exponent);
        if base > 0.0 && result.is_finite() {
            return put_float::<D>(s, result);
        }
        s.goto::<D>(binary_op_generic::<D>, arg)
    }

    /// The result is a float that does not fit a word; its bits are the argument.
    fn put_boxed<D>(s, arg) {
        s.save();
        let result = word(s.vm.new_float(f64::from_bits(arg as u64)));
        s.finish::<D>(2, result, CACHES)
    }

    /// Counts down to its specialization, and works without.
    fn binary_op<D>(s, arg) {
        specialize::binary::binary_op(s.vm, s.fp, s.pc, s.peek(2), s.peek(1), arg);
        s.goto::<D>(binary_op_generic::<D>, arg)
    }

    fn binary_op_generic<D>(s, arg) {
        s.save();
        let result = binary_words(s.vm, s.peek_value(2), s.peek_value(1), arg);
        s.finish::<D>(2, result, CACHES)
    }

    #[cold]
    fn binary_op_miss<D>(s, arg) {
        specialize::binary::miss(s.pc);
        s.goto::<D>(binary_op_generic::<D>, arg)
    }

    fn binary_op_subscr_list_int<D>(s, arg) {
        let (list, index) = (s.peek(2), s.peek(1));
        if !(is_exact(list, ids::LIST) && is_int(index)) {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        }
        let list: Gc<PyList> = object(list);
        let Some(index) = index_in(index, list.len()) else { return s.goto::<D>(binary_op_generic::<D>, arg) };
        match list.get(index) {
            Some(item) => s.replace(2, item.bits()),
            None => return s.goto::<D>(binary_op_generic::<D>, arg),
        }
        s.skip(CACHES);
        s.next::<D>()
    }

    fn binary_op_subscr_tuple_int<D>(s, arg) {
        let (tuple, index) = (s.peek(2), s.peek(1));
        if !(is_exact(tuple, ids::TUPLE) && is_int(index)) {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        }
        let tuple: Gc<PyTuple> = object(tuple);
        let items = tuple.as_slice();
        let Some(index) = index_in(index, items.len()) else { return s.goto::<D>(binary_op_generic::<D>, arg) };
        s.replace(2, items.get_unchecked(index).bits());
        s.skip(CACHES);
        s.next::<D>()
    }

    fn binary_op_subscr_dict<D>(s, arg) {
        if !is_exact(s.peek(2), ids::DICT) {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        }
        s.save();
        let result = dict_item(s.vm, object(s.peek(2)), s.peek_value(1));
        s.finish::<D>(2, result, CACHES)
    }

    fn binary_op_subscr_str_int<D>(s, arg) {
        let (text, index) = (s.peek(2), s.peek(1));
        if !(is_exact(text, ids::STR) && is_int(index)) {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        }
        let text: Gc<PyStr> = object(text);
        let (Some(index), StrData::Latin1(bytes)) = (index_in(index, text.len()), text.data()) else {
            return s.goto::<D>(binary_op_generic::<D>, arg);
        };
        match s.vm.latin1_char(u32::from(bytes[index])) {
            Some(char) => s.replace(2, char.value().bits()),
            None => return s.goto::<D>(binary_op_generic::<D>, arg),
        }
        s.skip(CACHES);
        s.next::<D>()
    }

    /// An object whose class has a Python `__getitem__`, which is entered.
    fn binary_op_subscr_python<D>(s, arg) {
        let container = s.peek(2);
        if !is_object(container) {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        }
        let shape = shape_of(container);
        let found = s.vm.attribute_cache.load(shape, s.vm.names().__getitem__);
        let found = found.filter(|found| {
            found.kind == Cached::Method && s.vm.shapes.class(shape).version.get() == found.version
        });
        let Some(method) = found.map(|found| found.word).filter(|&method| is_exact(method, ids::FUNCTION)) else {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        };
        let function: Gc<PyFunction> = object(method);
        if function.code.get_set().simple_argcount != 2 {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        }
        super::calls::enter_simple::<D>(s, function, 2, 2, CACHES)
    }

    fn binary_op_add_str<D>(s, arg) {
        let (a, b) = (s.peek(2), s.peek(1));
        if !(is_exact(a, ids::STR) && is_exact(b, ids::STR)) {
            return s.goto::<D>(binary_op_miss::<D>, arg);
        }
        s.save();
        let result = concat(s.vm, object(a), object(b), arg);
        s.finish::<D>(2, result, CACHES)
    }

    fn store_subscr<D>(s, arg) {
        specialize::binary::store_subscr(s.pc, s.peek(2), s.peek(1));
        s.goto::<D>(store_subscr_generic::<D>, arg)
    }

    fn store_subscr_generic<D>(s, arg) {
        s.save();
        let fine = s.vm.set_item(s.peek_value(2), s.peek_value(1), s.peek_value(3)).is_ok();
        s.finish_unit::<D>(3, fine, 1)
    }

    fn store_subscr_list_int<D>(s, arg) {
        let (list, index) = (s.peek(2), s.peek(1));
        if !(is_exact(list, ids::LIST) && is_int(index)) {
            return s.goto::<D>(store_subscr_miss::<D>, arg);
        }
        let list: Gc<PyList> = object(list);
        let Some(index) = index_in(index, list.len()) else { return s.goto::<D>(store_subscr_generic::<D>, arg) };
        list.set_at(s.vm, index, s.peek_value(3));
        s.sp = s.sp.sub(3);
        s.skip(1);
        s.next::<D>()
    }

    fn store_subscr_dict<D>(s, arg) {
        if !is_exact(s.peek(2), ids::DICT) {
            return s.goto::<D>(store_subscr_miss::<D>, arg);
        }
        s.save();
        let fine = store_in_dict(s.vm, object(s.peek(2)), s.peek_value(1), s.peek_value(3));
        s.finish_unit::<D>(3, fine, 1)
    }

    #[cold]
    fn store_subscr_miss<D>(s, arg) {
        specialize::despecialize(s.pc, Opcode::StoreSubscr);
        s.goto::<D>(store_subscr_generic::<D>, arg)
    }

    fn delete_subscr<D>(s, arg) {
        s.save();
        let fine = s.vm.del_item(s.peek_value(2), s.peek_value(1)).is_ok();
        s.finish_unit::<D>(2, fine, 0)
    }

    fn binary_slice<D>(s, arg) {
        s.save();
        let result = slice_words(s.vm, s.peek_value(3), s.peek_value(2), s.peek_value(1));
        s.finish::<D>(3, result, 0)
    }

    fn store_slice<D>(s, arg) {
        s.save();
        let fine = store_slice_words(s.vm, s.peek_value(3), s.peek_value(2), s.peek_value(1), s.peek_value(4));
        s.finish_unit::<D>(4, fine, 0)
    }

    fn unary_negative<D>(s, arg) {
        let operand = s.peek(1);
        if let Some(f) = value(operand).as_small_float() {
            s.poke(1, value(operand ^ FLOAT_SIGN).bits());
            let _ = f;
            return s.next::<D>();
        }
        if is_int(operand) && let Some(negated) = 2i64.checked_sub(operand as i64) {
            s.poke(1, negated as u64);
            return s.next::<D>();
        }
        s.goto::<D>(unary_negative_generic::<D>, arg)
    }

    fn unary_negative_generic<D>(s, arg) {
        s.save();
        let result = word(s.vm.negative(s.peek_value(1)));
        s.finish::<D>(1, result, 0)
    }

    fn unary_invert<D>(s, arg) {
        let operand = s.peek(1);
        if is_int(operand) {
            s.poke(1, !operand | 1);
            return s.next::<D>();
        }
        s.goto::<D>(unary_invert_generic::<D>, arg)
    }

    fn unary_invert_generic<D>(s, arg) {
        s.save();
        let result = word(s.vm.invert(s.peek_value(1)));
        s.finish::<D>(1, result, 0)
    }
}

/// The sign of a float in its word: bit 63 of the float, rotated left by 3.
const FLOAT_SIGN: u64 = 1 << 2;

/// `BINARY_OP` for any operands.
#[inline(never)]
fn binary_words(vm: &Vm, a: Value, b: Value, arg: usize) -> u64 {
    const FIRST_INPLACE: u32 = BinaryOperator::InplaceAdd as u32;
    let arg = arg as u32;
    if arg == BinaryOperator::Subscript as u32 {
        return word(vm.get_item(a, b));
    }
    let operator = if arg < FIRST_INPLACE { arg } else { arg - FIRST_INPLACE };
    word(match BinaryOp::ALL.get(operator as usize) {
        Some(&operator) if arg < FIRST_INPLACE => vm.binary(operator, a, b),
        Some(&operator) => vm.inplace(operator, a, b),
        None => Err(vm.system_error(format_args!("unknown binary operator {arg}"))),
    })
}

#[inline(never)]
fn dict_item(vm: &Vm, dict: Gc<PyDict>, key: Value) -> u64 {
    let found = match vm.cast_exact::<PyStr>(key) {
        Some(_) => dict.get(vm, key),
        None => dict.get(vm, key),
    };
    match found {
        Ok(Some(found)) => found.bits(),
        Ok(None) => {
            let _ = vm.key_error(key);
            0
        }
        Err(_) => 0,
    }
}

#[inline(never)]
fn store_in_dict(vm: &Vm, dict: Gc<PyDict>, key: Value, new: Value) -> bool {
    dict.set(vm, key, new).is_ok()
}

#[inline(never)]
fn concat(vm: &Vm, a: Gc<PyStr>, b: Gc<PyStr>, arg: usize) -> u64 {
    let result =
        if arg == BinaryOperator::InplaceAdd as usize { vm.concat_str_inplace(a, b) } else { vm.concat_str(a, b) };
    result.map_or(0, |text| text.value().bits())
}

fn slice_words(vm: &Vm, container: Value, start: Value, stop: Value) -> u64 {
    let get = || -> PyResult {
        let slice = vm.new_slice(start, stop, Value::NONE)?;
        vm.get_item(container, slice.value())
    };
    word(get())
}

fn store_slice_words(vm: &Vm, container: Value, start: Value, stop: Value, new: Value) -> bool {
    let set = || -> PyResult<()> {
        let slice = vm.new_slice(start, stop, Value::NONE)?;
        vm.set_item(container, slice.value(), new)
    };
    set().is_ok()
}
