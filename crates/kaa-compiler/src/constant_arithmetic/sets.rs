//! Frozen sets of constants.

use super::integers;
use crate::constants::has_nan;
use kaa_bytecode::Constant;
use num_bigint::BigInt;
use num_traits::FromPrimitive;
use std::cmp::Ordering;

/// The frozen set of some items: of those that are equal in Python, the first one. The items stand
/// in an order of their own, so that equal sets are equal constants.
pub fn frozen_set(mut items: Vec<Constant>) -> Constant {
    items.sort_by(compare);
    // Not a number is equal to no other, however alike they are.
    items.dedup_by(|later, earlier| compare(earlier, later) == Ordering::Equal && !has_nan(later));
    Constant::FrozenSet(items.into())
}

/// A total order of constants in which those that are equal in Python are equal.
fn compare(a: &Constant, b: &Constant) -> Ordering {
    use Constant::{Bytes, FrozenSet, Slice, Str, Tuple};
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Str(a), Str(b)) | (Bytes(a), Bytes(b)) => a.cmp(b),
        (Tuple(a), Tuple(b)) | (FrozenSet(a), FrozenSet(b)) => compare_all(a, b),
        (Slice(a), Slice(b)) => compare_all(&a[..], &b[..]),
        _ => match (parts(a), parts(b)) {
            (Some((a, a_imag)), Some((b, b_imag))) => compare_real(&a, &b).then_with(|| compare_real(&a_imag, &b_imag)),
            _ => Ordering::Equal,
        },
    })
}

fn compare_all(a: &[Constant], b: &[Constant]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| {
        a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    })
}

/// Constants of different rank are not equal.
fn rank(constant: &Constant) -> u8 {
    match constant {
        Constant::None => 0,
        Constant::Ellipsis => 1,
        Constant::Bool(_) | Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_) | Constant::Complex { .. } => 2,
        Constant::Str(_) => 3,
        Constant::Bytes(_) => 4,
        Constant::Tuple(_) => 5,
        Constant::FrozenSet(_) => 6,
        Constant::Slice(_) => 7,
        // Displays have no constants of other types.
        _ => 8,
    }
}

/// Real and imaginary part of a number, each an integer or a float.
fn parts(constant: &Constant) -> Option<(Constant, Constant)> {
    match *constant {
        Constant::Complex { real, imag } => Some((Constant::Float(real), Constant::Float(imag))),
        Constant::Bool(_) | Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_) => {
            Some((constant.clone(), Constant::Int(0)))
        }
        _ => None,
    }
}

fn compare_real(a: &Constant, b: &Constant) -> Ordering {
    match (a, b) {
        (Constant::Float(a), Constant::Float(b)) => a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
        (Constant::Float(a), _) => compare_float(*a, b),
        (_, Constant::Float(b)) => compare_float(*b, a).reverse(),
        _ => match (integers::small(a), integers::small(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => integers::large(a).cmp(&integers::large(b)),
        },
    }
}

/// Compares a float with an integer exactly.
fn compare_float(float: f64, integer: &Constant) -> Ordering {
    match (BigInt::from_f64(float.floor()), integers::large(integer)) {
        (Some(floor), Some(integer)) => {
            floor.cmp(&integer).then(if float == float.floor() { Ordering::Equal } else { Ordering::Greater })
        }
        _ if float < 0.0 => Ordering::Less,
        // Infinity, or no number at all: behind all integers.
        _ => Ordering::Greater,
    }
}
