//! Operators on complex numbers. A real operand stays real, as C99's annex G wants it: it has no
//! imaginary part, not one of zero.

use kaa_bytecode::Constant;
use kaa_bytecode::operands::BinaryOperator;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Complex {
    pub(super) real: f64,
    pub(super) imag: f64,
}

impl Complex {
    pub(super) fn constant(self) -> Constant {
        Constant::Complex { real: self.real, imag: self.imag }
    }

    /// The value with infinite parts made 1 and finite ones 0, signs kept.
    fn boxed(self) -> Complex {
        let part = |value: f64| if value.is_infinite() { 1.0_f64 } else { 0.0 }.copysign(value);
        Complex { real: part(self.real), imag: part(self.imag) }
    }

    /// The value with parts that are no number made 0, signs kept.
    fn without_nan(self) -> Complex {
        let part = |value: f64| if value.is_nan() { 0.0_f64.copysign(value) } else { value };
        Complex { real: part(self.real), imag: part(self.imag) }
    }

    fn is_infinite(self) -> bool {
        self.real.is_infinite() || self.imag.is_infinite()
    }

    fn is_finite(self) -> bool {
        self.real.is_finite() && self.imag.is_finite()
    }

    fn is_nan(self) -> bool {
        self.real.is_nan() && self.imag.is_nan()
    }
}

#[derive(Clone, Copy)]
pub(super) enum Operand {
    Real(f64),
    Complex(Complex),
}

impl Operand {
    fn widened(self) -> Complex {
        match self {
            Operand::Real(real) => Complex { real, imag: 0.0 },
            Operand::Complex(value) => value,
        }
    }
}

/// At least one operand is complex.
pub(super) fn binary(operator: BinaryOperator, left: Operand, right: Operand) -> Option<Constant> {
    use Operand::{Complex as C, Real as R};
    let result = match operator {
        BinaryOperator::Add => match (left, right) {
            (R(a), C(b)) | (C(b), R(a)) => Complex { real: b.real + a, imag: b.imag },
            _ => {
                let (a, b) = (left.widened(), right.widened());
                Complex { real: a.real + b.real, imag: a.imag + b.imag }
            }
        },
        BinaryOperator::Subtract => match (left, right) {
            (C(a), R(b)) => Complex { real: a.real - b, imag: a.imag },
            (R(a), C(b)) => Complex { real: a - b.real, imag: -b.imag },
            _ => {
                let (a, b) = (left.widened(), right.widened());
                Complex { real: a.real - b.real, imag: a.imag - b.imag }
            }
        },
        BinaryOperator::Multiply => match (left, right) {
            (R(a), C(b)) | (C(b), R(a)) => Complex { real: b.real * a, imag: b.imag * a },
            _ => product(left.widened(), right.widened()),
        },
        BinaryOperator::TrueDivide => match (left, right) {
            (C(a), R(b)) if b != 0.0 => Complex { real: a.real / b, imag: a.imag / b },
            (C(_), R(_)) => return None,
            (R(a), C(b)) => real_quotient(a, b)?,
            _ => quotient(left.widened(), right.widened())?,
        },
        BinaryOperator::Power => power(left.widened(), right.widened())?,
        _ => return None,
    };
    Some(result.constant())
}

fn product(z: Complex, w: Complex) -> Complex {
    let multiply = |z: Complex, w: Complex| Complex {
        real: z.real * w.real - z.imag * w.imag,
        imag: z.real * w.imag + z.imag * w.real,
    };
    let result = multiply(z, w);
    if !result.is_nan() {
        return result;
    }
    // Infinities that got lost among the infinities and zeros come back.
    let (mut a, mut b) = (z, w);
    let mut recalculate = false;
    if a.is_infinite() {
        (a, b) = (a.boxed(), b.without_nan());
        recalculate = true;
    }
    if b.is_infinite() {
        (a, b) = (a.without_nan(), b.boxed());
        recalculate = true;
    }
    let overflowed =
        [z.real * w.real, z.imag * w.imag, z.real * w.imag, z.imag * w.real].iter().any(|part| part.is_infinite());
    if !recalculate && overflowed {
        (a, b) = (a.without_nan(), b.without_nan());
        recalculate = true;
    }
    if !recalculate {
        return result;
    }
    let result = multiply(a, b);
    Complex { real: f64::INFINITY * result.real, imag: f64::INFINITY * result.imag }
}

fn quotient(a: Complex, b: Complex) -> Option<Complex> {
    let result = if b.real.abs() >= b.imag.abs() {
        if b.real == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let denominator = b.real + b.imag * ratio;
        Complex { real: (a.real + a.imag * ratio) / denominator, imag: (a.imag - a.real * ratio) / denominator }
    } else if b.imag.abs() >= b.real.abs() {
        let ratio = b.real / b.imag;
        let denominator = b.real * ratio + b.imag;
        Complex { real: (a.real * ratio + a.imag) / denominator, imag: (a.imag * ratio - a.real) / denominator }
    } else {
        Complex { real: f64::NAN, imag: f64::NAN }
    };
    if !result.is_nan() {
        return Some(result);
    }
    Some(if a.is_infinite() && b.is_finite() {
        let a = a.boxed();
        Complex {
            real: f64::INFINITY * (a.real * b.real + a.imag * b.imag),
            imag: f64::INFINITY * (a.imag * b.real - a.real * b.imag),
        }
    } else if b.is_infinite() && a.is_finite() {
        let b = b.boxed();
        Complex { real: 0.0 * (a.real * b.real + a.imag * b.imag), imag: 0.0 * (a.imag * b.real - a.real * b.imag) }
    } else {
        result
    })
}

fn real_quotient(a: f64, b: Complex) -> Option<Complex> {
    let result = if b.real.abs() >= b.imag.abs() {
        if b.real == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let denominator = b.real + b.imag * ratio;
        Complex { real: a / denominator, imag: (-a * ratio) / denominator }
    } else if b.imag.abs() >= b.real.abs() {
        let ratio = b.real / b.imag;
        let denominator = b.real * ratio + b.imag;
        Complex { real: (a * ratio) / denominator, imag: -a / denominator }
    } else {
        Complex { real: f64::NAN, imag: f64::NAN }
    };
    if result.is_nan() && a.is_finite() && b.is_infinite() {
        let b = b.boxed();
        return Some(Complex { real: 0.0 * (a * b.real), imag: 0.0 * (-a * b.imag) });
    }
    Some(result)
}

pub(super) fn power(base: Complex, exponent: Complex) -> Option<Complex> {
    let is_small_integer =
        exponent.imag == 0.0 && exponent.real == exponent.real.floor() && exponent.real.abs() <= 100.0;
    let result =
        if is_small_integer { integer_power(base, exponent.real as i32)? } else { general_power(base, exponent)? };
    if result.is_infinite() { None } else { Some(result) }
}

fn integer_power(base: Complex, exponent: i32) -> Option<Complex> {
    let one = Complex { real: 1.0, imag: 0.0 };
    let count = exponent.unsigned_abs();
    let (mut result, mut square) = (one, base);
    let mut bit = 1;
    while count >= bit {
        if count & bit != 0 {
            result = product(result, square);
        }
        bit <<= 1;
        square = product(square, square);
    }
    if exponent > 0 { Some(result) } else { quotient(one, result) }
}

fn general_power(base: Complex, exponent: Complex) -> Option<Complex> {
    if exponent.real == 0.0 && exponent.imag == 0.0 {
        return Some(Complex { real: 1.0, imag: 0.0 });
    }
    if base.real == 0.0 && base.imag == 0.0 {
        let defined = exponent.imag == 0.0 && exponent.real >= 0.0;
        return defined.then_some(Complex { real: 0.0, imag: 0.0 });
    }
    let magnitude = base.real.hypot(base.imag);
    let angle = base.imag.atan2(base.real);
    let mut length = magnitude.powf(exponent.real);
    let mut phase = angle * exponent.real;
    if exponent.imag != 0.0 {
        length *= (-angle * exponent.imag).exp();
        phase += exponent.imag * magnitude.ln();
    }
    if phase.is_infinite() {
        return None;
    }
    Some(Complex { real: length * phase.cos(), imag: length * phase.sin() })
}
