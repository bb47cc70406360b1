//! Operators on floats.

use super::complex::{self, Complex};
use kaa_bytecode::Constant;
use kaa_bytecode::operands::BinaryOperator;

pub(super) fn binary(operator: BinaryOperator, a: f64, b: f64) -> Option<Constant> {
    let result = match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => a * b,
        BinaryOperator::TrueDivide if b != 0.0 => a / b,
        BinaryOperator::FloorDivide if b != 0.0 => floor_divide(a, b),
        BinaryOperator::Remainder if b != 0.0 => remainder(a, b),
        BinaryOperator::Power => return power(a, b),
        _ => return None,
    };
    Some(Constant::Float(result))
}

/// The remainder has the sign of the divisor.
fn remainder(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        0.0_f64.copysign(b)
    } else if (b < 0.0) != (rest < 0.0) {
        rest + b
    } else {
        rest
    }
}

fn floor_divide(a: f64, b: f64) -> f64 {
    let rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 && (b < 0.0) != (rest < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0.0_f64.copysign(a / b);
    }
    // The quotient is nearly integral; rounding may have put it on the wrong side.
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

fn power(base: f64, exponent: f64) -> Option<Constant> {
    let is_odd = |value: f64| (value.abs() % 2.0) == 1.0;
    let result = if exponent == 0.0 {
        1.0
    } else if base.is_nan() {
        base
    } else if exponent.is_nan() {
        if base == 1.0 { 1.0 } else { exponent }
    } else if exponent.is_infinite() {
        let base = base.abs();
        if base == 1.0 {
            1.0
        } else if (exponent > 0.0) == (base > 1.0) {
            exponent.abs()
        } else {
            0.0
        }
    } else if base.is_infinite() {
        match (exponent > 0.0, is_odd(exponent)) {
            (true, true) => base,
            (true, false) => base.abs(),
            (false, true) => 0.0_f64.copysign(base),
            (false, false) => 0.0,
        }
    } else if base == 0.0 {
        if exponent < 0.0 {
            return None;
        }
        if is_odd(exponent) { base } else { 0.0 }
    } else if base < 0.0 && exponent != exponent.floor() {
        let operand = |real| Complex { real, imag: 0.0 };
        return complex::power(operand(base), operand(exponent)).map(Complex::constant);
    } else {
        let magnitude = base.abs();
        let result = if magnitude == 1.0 { 1.0 } else { magnitude.powf(exponent) };
        if result.is_infinite() {
            return None;
        }
        if base < 0.0 && is_odd(exponent) { -result } else { result }
    };
    Some(Constant::Float(result))
}
