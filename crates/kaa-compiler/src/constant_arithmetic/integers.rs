//! Operators on integers and truth values.

use super::{UnaryOperator, floats};
use kaa_bytecode::operands::BinaryOperator;
use kaa_bytecode::{BigInt as Large, Constant};
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

/// Products, powers and shifts with more bits are not folded.
const MAX_BITS: u64 = 128;

/// The value of an integer of at most 64 bits.
pub(super) fn small(constant: &Constant) -> Option<i64> {
    match *constant {
        Constant::Bool(value) => Some(i64::from(value)),
        Constant::Int(value) => Some(value),
        _ => None,
    }
}

/// The value of an integer of any size.
pub(super) fn large(constant: &Constant) -> Option<BigInt> {
    match constant {
        Constant::BigInt(value) => {
            let sign = if value.negative { Sign::Minus } else { Sign::Plus };
            Some(BigInt::from_biguint(sign, BigUint::from_slice(&value.digits)))
        }
        _ => small(constant).map(BigInt::from),
    }
}

/// The constant of an integer.
pub(super) fn constant(value: BigInt) -> Constant {
    match value.to_i64() {
        Some(value) => Constant::Int(value),
        None => {
            let (sign, digits) = value.to_u32_digits();
            Constant::BigInt(Large { negative: sign == Sign::Minus, digits: digits.into() })
        }
    }
}

pub(super) fn unary(operator: UnaryOperator, operand: &Constant) -> Option<Constant> {
    if let Some(value) = small(operand) {
        let result = match operator {
            UnaryOperator::Positive => Some(value),
            UnaryOperator::Negative => value.checked_neg(),
            UnaryOperator::Invert => Some(!value),
            UnaryOperator::Not => return Some(Constant::Bool(value == 0)),
        };
        if let Some(value) = result {
            return Some(Constant::Int(value));
        }
    }
    let value = large(operand)?;
    Some(match operator {
        UnaryOperator::Positive => constant(value),
        UnaryOperator::Negative => constant(-value),
        UnaryOperator::Invert => constant(!value),
        UnaryOperator::Not => Constant::Bool(value.is_zero()),
    })
}

pub(super) fn binary(operator: BinaryOperator, left: &Constant, right: &Constant) -> Option<Constant> {
    if let (Constant::Bool(a), Constant::Bool(b)) = (left, right) {
        match operator {
            BinaryOperator::And => return Some(Constant::Bool(a & b)),
            BinaryOperator::Or => return Some(Constant::Bool(a | b)),
            BinaryOperator::Xor => return Some(Constant::Bool(a ^ b)),
            _ => {}
        }
    }
    if let (Some(a), Some(b)) = (small(left), small(right)) {
        let result = match operator {
            BinaryOperator::Add => a.checked_add(b),
            BinaryOperator::Subtract => a.checked_sub(b),
            BinaryOperator::Multiply => a.checked_mul(b),
            BinaryOperator::And => Some(a & b),
            BinaryOperator::Or => Some(a | b),
            BinaryOperator::Xor => Some(a ^ b),
            _ => None,
        };
        if let Some(value) = result {
            return Some(Constant::Int(value));
        }
    }
    binary_large(operator, large(left)?, large(right)?)
}

fn binary_large(operator: BinaryOperator, a: BigInt, b: BigInt) -> Option<Constant> {
    let result = match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => {
            if !a.is_zero() && !b.is_zero() && a.bits() + b.bits() > MAX_BITS {
                return None;
            }
            a * b
        }
        BinaryOperator::FloorDivide if !b.is_zero() => a.div_floor(&b),
        BinaryOperator::Remainder if !b.is_zero() => a.mod_floor(&b),
        BinaryOperator::TrueDivide => return quotient(&a, &b).map(Constant::Float),
        BinaryOperator::Power => return power(&a, &b),
        BinaryOperator::Lshift => shift_left(a, &b)?,
        BinaryOperator::Rshift => shift_right(a, &b)?,
        BinaryOperator::And => a & b,
        BinaryOperator::Or => a | b,
        BinaryOperator::Xor => a ^ b,
        _ => return None,
    };
    Some(constant(result))
}

fn power(base: &BigInt, exponent: &BigInt) -> Option<Constant> {
    if exponent.is_negative() {
        let (base, exponent) = (quotient(base, &BigInt::from(1))?, quotient(exponent, &BigInt::from(1))?);
        return floats::binary(BinaryOperator::Power, base, exponent);
    }
    if exponent.is_zero() {
        return Some(Constant::Int(1));
    }
    if base.is_zero() {
        return Some(Constant::Int(0));
    }
    let exponent = exponent.to_u64()?;
    if base.bits() > MAX_BITS / exponent {
        return None;
    }
    Some(constant(base.pow(exponent as u32)))
}

fn shift_left(value: BigInt, count: &BigInt) -> Option<BigInt> {
    if count.is_negative() {
        return None;
    }
    if value.is_zero() || count.is_zero() {
        return Some(value);
    }
    let count = count.to_u64()?;
    if count > MAX_BITS || value.bits() > MAX_BITS - count {
        return None;
    }
    Some(value << count)
}

fn shift_right(value: BigInt, count: &BigInt) -> Option<BigInt> {
    if count.is_negative() {
        return None;
    }
    // Beyond its bits a number is all sign.
    let count = count.to_u64().unwrap_or(u64::MAX).min(value.bits() + 1);
    Some(value >> count)
}

/// The value as a float, rounded to even; `None` if it is too large.
pub(super) fn to_float(constant: &Constant) -> Option<f64> {
    match small(constant) {
        Some(value) => Some(value as f64),
        None => quotient(&large(constant)?, &BigInt::from(1)),
    }
}

/// `a / b` rounded to even once; `None` for a division by zero or a result that is too large.
fn quotient(a: &BigInt, b: &BigInt) -> Option<f64> {
    /// Bits of a float's significand.
    const PRECISION: i64 = 53;
    /// The exponent of the lowest bit of the smallest float.
    const MIN_EXPONENT: i64 = -1074;
    if b.is_zero() {
        return None;
    }
    if a.is_zero() {
        // As Python: the sign of the divisor shows in the zero.
        return Some(if b.is_negative() { -0.0 } else { 0.0 });
    }
    let negative = a.is_negative() != b.is_negative();
    let (a, b) = (a.magnitude(), b.magnitude());
    // The quotient, scaled by a power of two, with at least two bits more than fit.
    let exponent = (a.bits() as i64 - b.bits() as i64 - PRECISION - 2).max(MIN_EXPONENT - 2);
    let (scaled, rest) = if exponent >= 0 { a.div_rem(&(b << exponent)) } else { (a << -exponent).div_rem(b) };
    let mut significand = scaled.to_u64().expect("at most 56 bits");
    // A last bit that stands for all that was cut off.
    if !rest.is_zero() {
        significand |= 1;
    }
    let bits = i64::from(u64::BITS - significand.leading_zeros());
    let cut = (bits - PRECISION).max(MIN_EXPONENT - exponent);
    let rounded = round_to_even(significand, cut as u32);
    let value = scale(rounded, exponent + cut);
    if value.is_infinite() { None } else { Some(if negative { -value } else { value }) }
}

/// The value without its lowest `cut` bits.
fn round_to_even(value: u64, cut: u32) -> u64 {
    let (kept, rest, half) = (value >> cut, value & ((1 << cut) - 1), 1 << (cut - 1));
    kept + u64::from(rest > half || rest == half && kept & 1 == 1)
}

/// `significand * 2**exponent`, exact unless it is too large, which gives infinity.
fn scale(significand: u64, exponent: i64) -> f64 {
    let value = significand as f64;
    if exponent > 1023 {
        return f64::INFINITY;
    }
    if exponent >= -1022 {
        return value * power_of_two(exponent);
    }
    // Exact: the significand was cut to the bits that there are.
    value * power_of_two(exponent + 1022) * power_of_two(-1022)
}

fn power_of_two(exponent: i64) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    } else {
        f64::from_bits(1 << (exponent + 1074))
    }
}
