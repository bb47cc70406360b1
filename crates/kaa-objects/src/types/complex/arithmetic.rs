//! Sums, products, quotients and powers of complex numbers and of complex with real ones.

use super::Pair;
use crate::{PyResult, Vm};

/// An operand. What a real one does to a complex number is not what the same number with an
/// imaginary part of 0 does: zeros keep their signs, infinities make no NaN.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    Real(f64),
    Complex(Pair),
}

impl Operand {
    /// The operand as a complex number.
    pub(super) fn pair(self) -> Pair {
        match self {
            Operand::Real(real) => (real, 0.0),
            Operand::Complex(pair) => pair,
        }
    }
}

pub(super) fn sum(a: Operand, b: Operand) -> Pair {
    match (a, b) {
        (Operand::Complex(a), Operand::Complex(b)) => (a.0 + b.0, a.1 + b.1),
        (Operand::Complex(c), Operand::Real(r)) | (Operand::Real(r), Operand::Complex(c)) => (c.0 + r, c.1),
        (Operand::Real(a), Operand::Real(b)) => (a + b, 0.0),
    }
}

pub(super) fn difference(a: Operand, b: Operand) -> Pair {
    match (a, b) {
        (Operand::Complex(a), Operand::Complex(b)) => (a.0 - b.0, a.1 - b.1),
        (Operand::Complex(a), Operand::Real(b)) => (a.0 - b, a.1),
        (Operand::Real(a), Operand::Complex(b)) => (a - b.0, -b.1),
        (Operand::Real(a), Operand::Real(b)) => (a - b, 0.0),
    }
}

pub(super) fn product(a: Operand, b: Operand) -> Pair {
    match (a, b) {
        (Operand::Complex(a), Operand::Complex(b)) => multiply(a, b),
        (Operand::Complex(c), Operand::Real(r)) | (Operand::Real(r), Operand::Complex(c)) => (c.0 * r, c.1 * r),
        (Operand::Real(a), Operand::Real(b)) => (a * b, 0.0),
    }
}

/// The quotient; `None` for a divisor of 0.
pub(super) fn quotient(a: Operand, b: Operand) -> Option<Pair> {
    match (a, b) {
        (Operand::Complex(a), Operand::Complex(b)) => divide(a, b),
        (Operand::Real(a), Operand::Complex(b)) => divide_real(a, b),
        (_, Operand::Real(0.0)) => None,
        (Operand::Complex(a), Operand::Real(b)) => Some((a.0 / b, a.1 / b)),
        (Operand::Real(a), Operand::Real(b)) => Some((a / b, 0.0)),
    }
}

fn multiply(a: Pair, b: Pair) -> Pair {
    let (re, im) = (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0);
    if re.is_nan() && im.is_nan() { product_with_infinities(a, b) } else { (re, im) }
}

/// C99 Annex G: an infinite operand gives an infinite product even where the plain formula gives
/// NaN.
fn product_with_infinities(a: Pair, b: Pair) -> Pair {
    let boxed = |x: f64| if x.is_infinite() { 1f64.copysign(x) } else { 0f64.copysign(x) };
    let tame = |x: f64| if x.is_nan() { 0f64.copysign(x) } else { x };
    let (mut a, mut b) = (a, b);
    let mut recalculate = false;
    if a.0.is_infinite() || a.1.is_infinite() {
        a = (boxed(a.0), boxed(a.1));
        b = (tame(b.0), tame(b.1));
        recalculate = true;
    }
    if b.0.is_infinite() || b.1.is_infinite() {
        b = (boxed(b.0), boxed(b.1));
        a = (tame(a.0), tame(a.1));
        recalculate = true;
    }
    if !recalculate {
        let parts = [a.0 * b.0, a.1 * b.1, a.0 * b.1, a.1 * b.0];
        if parts.iter().any(|part| part.is_infinite()) {
            a = (tame(a.0), tame(a.1));
            b = (tame(b.0), tame(b.1));
            recalculate = true;
        }
    }
    if recalculate {
        let infinity = f64::INFINITY;
        (infinity * (a.0 * b.0 - a.1 * b.1), infinity * (a.0 * b.1 + a.1 * b.0))
    } else {
        (f64::NAN, f64::NAN)
    }
}

/// Which parts are infinite, as units with their signs.
fn infinite_units(z: Pair) -> Pair {
    let unit = |part: f64| if part.is_infinite() { 1f64.copysign(part) } else { 0f64.copysign(part) };
    (unit(z.0), unit(z.1))
}

fn is_finite(z: Pair) -> bool {
    z.0.is_finite() && z.1.is_finite()
}

fn is_infinite(z: Pair) -> bool {
    z.0.is_infinite() || z.1.is_infinite()
}

/// The quotient by Smith's method; `None` for a divisor of 0.
pub fn divide(a: Pair, b: Pair) -> Option<Pair> {
    let result = if b.0.abs() >= b.1.abs() {
        if b.0 == 0.0 && b.1 == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        ((a.0 + a.1 * ratio) / denominator, (a.1 - a.0 * ratio) / denominator)
    } else if b.1.abs() >= b.0.abs() {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        ((a.0 * ratio + a.1) / denominator, (a.1 * ratio - a.0) / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if !(result.0.is_nan() && result.1.is_nan()) {
        return Some(result);
    }
    // C99 Annex G: infinity by a finite number is infinite, a finite number by infinity is 0.
    Some(if is_infinite(a) && is_finite(b) {
        let (x, y) = infinite_units(a);
        (f64::INFINITY * (x * b.0 + y * b.1), f64::INFINITY * (y * b.0 - x * b.1))
    } else if is_infinite(b) && is_finite(a) {
        let (x, y) = infinite_units(b);
        (0.0 * (a.0 * x + a.1 * y), 0.0 * (a.1 * x - a.0 * y))
    } else {
        result
    })
}

/// As [`divide`], of a real number.
fn divide_real(a: f64, b: Pair) -> Option<Pair> {
    let result = if b.0.abs() >= b.1.abs() {
        if b.0 == 0.0 && b.1 == 0.0 {
            return None;
        }
        let ratio = b.1 / b.0;
        let denominator = b.0 + b.1 * ratio;
        (a / denominator, (-a * ratio) / denominator)
    } else if b.1.abs() >= b.0.abs() {
        let ratio = b.0 / b.1;
        let denominator = b.0 * ratio + b.1;
        ((a * ratio) / denominator, -a / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if result.0.is_nan() && result.1.is_nan() && a.is_finite() && is_infinite(b) {
        let (x, y) = infinite_units(b);
        return Some((0.0 * (a * x), 0.0 * (-a * y)));
    }
    Some(result)
}

pub(super) fn power(vm: &Vm, base: Pair, exponent: Pair) -> PyResult<Pair> {
    if exponent == (0.0, 0.0) {
        return Ok((1.0, 0.0));
    }
    let by_zero = || vm.zero_division_error("zero to a negative or complex power");
    let is_small_integer = exponent.1 == 0.0 && exponent.0.abs() <= 100.0 && exponent.0.fract() == 0.0;
    if base == (0.0, 0.0) && !is_small_integer {
        return if exponent.1 != 0.0 || exponent.0 < 0.0 { Err(by_zero()) } else { Ok((0.0, 0.0)) };
    }
    let result = if is_small_integer {
        integer_power(base, exponent.0 as i32).ok_or_else(by_zero)?
    } else {
        let magnitude = base.0.hypot(base.1);
        let mut length = magnitude.powf(exponent.0);
        let angle = base.1.atan2(base.0);
        let mut phase = angle * exponent.0;
        if exponent.1 != 0.0 {
            length *= (-angle * exponent.1).exp();
            phase += exponent.1 * magnitude.ln();
        }
        // An infinite angle has no direction; C's `cos` reports it as CPython does a pole.
        if phase.is_infinite() {
            return Err(by_zero());
        }
        (length * phase.cos(), length * phase.sin())
    };
    if result.0.is_infinite() || result.1.is_infinite() {
        return Err(vm.overflow_error("complex exponentiation"));
    }
    Ok(result)
}

fn integer_power(base: Pair, exponent: i32) -> Option<Pair> {
    let (mut result, mut square, mut bits) = ((1.0, 0.0), base, exponent.unsigned_abs());
    while bits != 0 {
        if bits & 1 != 0 {
            result = multiply(result, square);
        }
        bits >>= 1;
        square = multiply(square, square);
    }
    if exponent > 0 { Some(result) } else { divide((1.0, 0.0), result) }
}
