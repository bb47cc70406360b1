//! Arithmetic on `int`s for native code: small ones at once, larger ones by the slots of `int`.

use std::cmp::Ordering;

use super::BinaryOp;
use crate::types::int::PyInt;
use crate::{PyResult, Value, Vm};

impl Vm {
    /// `operator.index(value)` as an exact `int`: no `bool`, no subclass.
    pub fn index_exact(&self, value: Value) -> PyResult {
        let index = self.index(value)?;
        if index.is_small_int() || self.cast_exact::<PyInt>(index).is_some() {
            return Ok(index);
        }
        match self.with_int_words(index, |negative, words| self.new_int_from_words(negative, words)) {
            Some(exact) => exact,
            None => unreachable!("an index is an int"),
        }
    }

    /// Whether a value is an exact `int`.
    #[inline(always)]
    pub fn is_exact_int(&self, value: Value) -> bool {
        value.is_small_int() || self.cast_exact::<PyInt>(value).is_some()
    }

    /// `a + b`.
    #[inline]
    pub fn int_add(&self, a: Value, b: Value) -> PyResult {
        self.int_binary(BinaryOp::Add, a, b, i128::checked_add)
    }

    /// `a - b`.
    #[inline]
    pub fn int_subtract(&self, a: Value, b: Value) -> PyResult {
        self.int_binary(BinaryOp::Subtract, a, b, i128::checked_sub)
    }

    /// `a * b`.
    #[inline]
    pub fn int_multiply(&self, a: Value, b: Value) -> PyResult {
        self.int_binary(BinaryOp::Multiply, a, b, i128::checked_mul)
    }

    /// `a // b`; `b` is not 0.
    #[inline]
    pub fn int_floor_divide(&self, a: Value, b: Value) -> PyResult {
        self.int_binary(BinaryOp::FloorDivide, a, b, |a, b| {
            let quotient = a.checked_div(b)?;
            Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
        })
    }

    /// `a % b`, with the sign of `b`, which is not 0.
    #[inline]
    pub fn int_remainder(&self, a: Value, b: Value) -> PyResult {
        self.int_binary(BinaryOp::Remainder, a, b, |a, b| {
            let remainder = a.checked_rem(b)?;
            Some(if remainder != 0 && (remainder < 0) != (b < 0) { remainder + b } else { remainder })
        })
    }

    /// An operation with its form for integers of 128 bits, which gives `None` beyond them.
    #[inline]
    fn int_binary(
        &self,
        op: BinaryOp,
        a: Value,
        b: Value,
        narrow: impl FnOnce(i128, i128) -> Option<i128>,
    ) -> PyResult {
        let operands = self.int_to_i128(a).zip(self.int_to_i128(b));
        match operands.and_then(|(a, b)| narrow(a, b)) {
            Some(result) => self.new_int_i128(result),
            None => self.binary(op, a, b),
        }
    }

    /// The value of an `int` (also `bool` and subclasses), if 127 bits hold its magnitude.
    #[inline]
    pub fn int_to_i128(&self, value: Value) -> Option<i128> {
        if let Some(i) = value.as_small_int() {
            return Some(i.into());
        }
        self.with_int_words(value, |negative, words| {
            let magnitude = match *words {
                [] => 0,
                [low] => u128::from(low),
                [low, high] => u128::from(high) << 64 | u128::from(low),
                _ => return None,
            };
            let magnitude = i128::try_from(magnitude).ok()?;
            Some(if negative { -magnitude } else { magnitude })
        })?
    }

    /// The order of two `int`s.
    pub fn int_compare(&self, a: Value, b: Value) -> Ordering {
        if let (Some(a), Some(b)) = (a.as_small_int(), b.as_small_int()) {
            return a.cmp(&b);
        }
        let order = self.with_int_words(a, |a_negative, a| {
            self.with_int_words(b, |b_negative, b| {
                let magnitudes = || a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()));
                match (a_negative, b_negative) {
                    (false, false) => magnitudes(),
                    (true, true) => magnitudes().reverse(),
                    (false, true) => Ordering::Greater,
                    (true, false) => Ordering::Less,
                }
            })
        });
        match order {
            Some(Some(order)) => order,
            _ => unreachable!("both are ints"),
        }
    }

    /// The order of an `int` and 0.
    #[inline]
    pub fn int_sign(&self, int: Value) -> Ordering {
        self.int_compare(int, Value::small_int(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::Thread;
    use crate::vm::VmConfig;

    #[test]
    fn small_and_large() {
        let thread = Thread::new(0, 1000);
        let vm = Vm::new(VmConfig::default(), &thread).unwrap();
        let values = [i64::MIN, -(1 << 62), -7, -2, 0, 2, 7, 1 << 62, i64::MAX];
        for a in values {
            for b in values {
                let (x, y) = (vm.new_int(a).unwrap(), vm.new_int(b).unwrap());
                assert_eq!(vm.int_compare(x, y), a.cmp(&b));
                let same = |result: PyResult, expected: i128| {
                    let expected = vm.new_int_i128(expected).unwrap();
                    assert_eq!(vm.int_compare(result.unwrap(), expected), Ordering::Equal, "{a} {b}");
                };
                let (a, b) = (i128::from(a), i128::from(b));
                same(vm.int_add(x, y), a + b);
                same(vm.int_subtract(x, y), a - b);
                same(vm.int_multiply(x, y), a * b);
                if b != 0 {
                    let quotient = (a as f64 / b as f64).floor();
                    if a.abs() < 1 << 20 && b.abs() < 1 << 20 {
                        same(vm.int_floor_divide(x, y), quotient as i128);
                        same(vm.int_remainder(x, y), a - quotient as i128 * b);
                    }
                }
            }
        }
    }
}
