//! Between `int` values and `num-bigint`, which does the arithmetic of large integers.

use num_bigint::{BigInt, BigUint, Sign};

use super::PyInt;
use crate::{Gc, PyResult, Value, Vm};

/// An integer operand, read from a value.
#[derive(Clone, Copy)]
pub enum Int {
    /// It fits 64 bits.
    Small(i64),
    /// Read from the heap.
    Big(Gc<PyInt>),
}

impl Int {
    /// The operand as a big integer.
    pub fn to_big(self) -> BigInt {
        match self {
            Int::Small(i) => BigInt::from(i),
            Int::Big(int) => {
                let sign = if int.is_negative() { Sign::Minus } else { Sign::Plus };
                BigInt::from_biguint(sign, biguint(int.words()))
            }
        }
    }

    /// The operand, if 128 bits hold it with room for a carry.
    #[inline]
    pub fn to_i128(self) -> Option<i128> {
        match self {
            Int::Small(i) => Some(i.into()),
            Int::Big(int) => {
                let magnitude = match *int.words() {
                    [low] => i128::from(low),
                    [low, high] if high >> 62 == 0 => i128::from(high) << 64 | i128::from(low),
                    _ => return None,
                };
                Some(if int.is_negative() { -magnitude } else { magnitude })
            }
        }
    }

    /// The magnitude; `room` is where that of a small one is put.
    #[inline]
    pub fn magnitude<'a>(&'a self, room: &'a mut [u64; 1]) -> &'a [u64] {
        match self {
            Int::Small(0) => &[],
            Int::Small(i) => {
                room[0] = i.unsigned_abs();
                room
            }
            Int::Big(int) => int.words(),
        }
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        match self {
            Int::Small(i) => i < 0,
            Int::Big(int) => int.is_negative(),
        }
    }

    /// Whether it is 0.
    pub fn is_zero(self) -> bool {
        match self {
            Int::Small(i) => i == 0,
            Int::Big(int) => int.words().is_empty(),
        }
    }

    /// How many bits the magnitude has.
    pub fn bits(self) -> u64 {
        match self {
            Int::Small(i) => u64::from(64 - i.unsigned_abs().leading_zeros()),
            Int::Big(int) => match int.words() {
                [] => 0,
                words @ [.., last] => words.len() as u64 * 64 - u64::from(last.leading_zeros()),
            },
        }
    }
}

/// The magnitude of words, least significant first.
pub fn biguint(words: &[u64]) -> BigUint {
    BigUint::new(words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]).collect())
}

impl Vm {
    /// An `int` (also `bool` or of a subclass) as an operand.
    #[inline]
    pub fn as_int(&self, value: Value) -> Option<Int> {
        if let Some(i) = value.as_small_int() {
            return Some(Int::Small(i));
        }
        if let Some(b) = value.as_bool() {
            return Some(Int::Small(b.into()));
        }
        let int = self.cast::<PyInt>(value)?;
        Some(match int.to_i64() {
            Some(i) => Int::Small(i),
            None => Int::Big(int),
        })
    }

    /// The integer as a value.
    pub fn new_int_big(&self, int: &BigInt) -> PyResult {
        if let Ok(i) = i64::try_from(int) {
            return self.new_int(i);
        }
        let words: Vec<u64> = int.iter_u64_digits().collect();
        self.new_int_from_words(int.sign() == Sign::Minus, &words)
    }
}
