//! Python's operators on constants, for constant folding.
//!
//! An operation gives `None` where Python would raise, where the result would be unreasonably
//! large, and where CPython's compiler leaves the operation to the program for another reason; all
//! of them mean that the expression stays as it is. Results equal CPython's bit by bit.

mod complex;
mod floats;
mod integers;
mod sequences;
mod sets;
#[cfg(test)]
mod tests;

pub use sets::frozen_set;

use complex::Complex;
use kaa_bytecode::Constant;
use kaa_bytecode::operands::BinaryOperator;

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    Positive,
    Negative,
    Invert,
    Not,
}

/// Applies a unary operator.
pub fn unary(operator: UnaryOperator, operand: &Constant) -> Option<Constant> {
    match (operator, operand) {
        (UnaryOperator::Not, _) => Some(Constant::Bool(!is_true(operand))),
        // Deprecated: the program shall show its warning.
        (UnaryOperator::Invert, Constant::Bool(_)) => None,
        (_, Constant::Bool(_) | Constant::Int(_) | Constant::BigInt(_)) => integers::unary(operator, operand),
        (UnaryOperator::Positive, Constant::Float(_) | Constant::Complex { .. }) => Some(operand.clone()),
        (UnaryOperator::Negative, &Constant::Float(value)) => Some(Constant::Float(-value)),
        (UnaryOperator::Negative, &Constant::Complex { real, imag }) => {
            Some(Constant::Complex { real: -real, imag: -imag })
        }
        _ => None,
    }
}

/// Applies a binary operator. In-place operators are none: constants cannot be assigned to.
pub fn binary(operator: BinaryOperator, left: &Constant, right: &Constant) -> Option<Constant> {
    use Constant::{Bytes, Str, Tuple};
    match (left, right) {
        (Str(_) | Bytes(_) | Tuple(_), _) => match operator {
            BinaryOperator::Add => sequences::concatenate(left, right),
            BinaryOperator::Multiply => sequences::repeat(left, integers::small(right)?),
            BinaryOperator::Subscript => sequences::subscript(left, right),
            _ => None,
        },
        (_, Str(_) | Bytes(_) | Tuple(_)) => match operator {
            BinaryOperator::Multiply => sequences::repeat(right, integers::small(left)?),
            _ => None,
        },
        _ => {
            let kind = Kind::of(left)?.max(Kind::of(right)?);
            match kind {
                Kind::Integer => integers::binary(operator, left, right),
                Kind::Float => floats::binary(operator, float(left)?, float(right)?),
                Kind::Complex => complex::binary(operator, operand(left)?, operand(right)?),
            }
        }
    }
}

/// What kind of number a constant is; of two operands the greater kind decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Integer,
    Float,
    Complex,
}

impl Kind {
    fn of(constant: &Constant) -> Option<Kind> {
        match constant {
            Constant::Bool(_) | Constant::Int(_) | Constant::BigInt(_) => Some(Kind::Integer),
            Constant::Float(_) => Some(Kind::Float),
            Constant::Complex { .. } => Some(Kind::Complex),
            _ => None,
        }
    }
}

/// The value of a real number as a float; `None` if it is too large.
fn float(constant: &Constant) -> Option<f64> {
    match constant {
        Constant::Float(value) => Some(*value),
        _ => integers::to_float(constant),
    }
}

/// A number as complex arithmetic wants it.
fn operand(constant: &Constant) -> Option<complex::Operand> {
    match *constant {
        Constant::Complex { real, imag } => Some(complex::Operand::Complex(Complex { real, imag })),
        _ => float(constant).map(complex::Operand::Real),
    }
}

/// Python's truth of a constant.
pub fn is_true(constant: &Constant) -> bool {
    match constant {
        Constant::None => false,
        Constant::Bool(value) => *value,
        Constant::Int(value) => *value != 0,
        Constant::Float(value) => *value != 0.0,
        Constant::Complex { real, imag } => *real != 0.0 || *imag != 0.0,
        Constant::Str(bytes) | Constant::Bytes(bytes) => !bytes.is_empty(),
        Constant::Tuple(items) | Constant::List(items) | Constant::Set(items) | Constant::FrozenSet(items) => {
            !items.is_empty()
        }
        Constant::Dict(items) => !items.is_empty(),
        Constant::BigInt(_) | Constant::Ellipsis | Constant::StopIteration | Constant::Slice(_) | Constant::Code(_) => {
            true
        }
    }
}
