//! The one word that every Python value is.
//!
//! | low bits | what |
//! | --- | --- |
//! | `000` | address of a heap object (16- or 8-byte aligned, never 0) |
//! | `xx1` | integer of 63 bits, shifted left by one |
//! | `x10` | float whose exponent lies within 2^-255 … 2^257, its bits rotated |
//! | `100` | one of the singletons: `None`, `False`, `True`, `Ellipsis`, `NotImplemented` |
//!
//! Word 0 is no value: an empty slot, or in a result «an exception is pending». So
//! `Option<Value>` and `Result<Value, Raised>` are one word as well.
//!
//! The float coding is the self-tagging of Melançon, Serrano and Feeley (2025); this module is the
//! only one that knows it.

use std::num::NonZeroU64;

/// A Python value. See the module's documentation for its coding.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(NonZeroU64);

/// Moves the exponents of middling floats to where, once rotated, they read `10`.
const FLOAT_BIAS: u64 = 1 << 60;

impl Value {
    /// `None`.
    pub const NONE: Value = Value::immediate(0);
    /// `False`.
    pub const FALSE: Value = Value::immediate(1);
    /// `True`.
    pub const TRUE: Value = Value::immediate(2);
    /// `...`
    pub const ELLIPSIS: Value = Value::immediate(3);
    /// `NotImplemented`.
    pub const NOT_IMPLEMENTED: Value = Value::immediate(4);

    /// The smallest integer that fits a word.
    pub const INT_MIN: i64 = i64::MIN >> 1;
    /// The largest integer that fits a word.
    pub const INT_MAX: i64 = i64::MAX >> 1;

    const fn immediate(number: u64) -> Value {
        Value(NonZeroU64::new(number << 3 | 0b100).unwrap())
    }

    /// The value of a word; `None` for 0.
    ///
    /// # Safety
    /// The word must come from [`Value::bits`], or be a coding as this module describes; if it
    /// is an address, a live object of the current heap must start there.
    #[inline(always)]
    pub const unsafe fn from_bits(bits: u64) -> Option<Value> {
        match NonZeroU64::new(bits) {
            Some(bits) => Some(Value(bits)),
            None => None,
        }
    }

    /// The word itself.
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0.get()
    }

    /// `True` or `False`.
    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }

    /// An integer, when it fits 63 bits.
    #[inline(always)]
    pub const fn try_small_int(i: i64) -> Option<Value> {
        if i >= Value::INT_MIN && i <= Value::INT_MAX { Some(Value::small_int(i)) } else { None }
    }

    /// An integer of at most 63 bits; higher bits are lost (checked in debug builds).
    #[inline(always)]
    pub const fn small_int(i: i64) -> Value {
        debug_assert!(i >= Value::INT_MIN && i <= Value::INT_MAX);
        match NonZeroU64::new((i as u64) << 1 | 1) {
            Some(bits) => Value(bits),
            None => unreachable!(),
        }
    }

    /// The integer in this word, if it holds one. Booleans are not integers here.
    #[inline(always)]
    pub const fn as_small_int(self) -> Option<i64> {
        if self.is_small_int() { Some(self.0.get() as i64 >> 1) } else { None }
    }

    /// Whether the word holds an integer.
    #[inline(always)]
    pub const fn is_small_int(self) -> bool {
        self.0.get() & 1 != 0
    }

    /// A float, when its exponent can be coded in the word. Zeros, infinities, NaNs and floats
    /// beyond 2^±255 cannot and live on the heap.
    #[inline(always)]
    pub const fn try_small_float(f: f64) -> Option<Value> {
        let bits = f.to_bits().wrapping_add(FLOAT_BIAS).rotate_left(3);
        if bits & 3 == 0b10 {
            match NonZeroU64::new(bits) {
                Some(bits) => Some(Value(bits)),
                None => unreachable!(),
            }
        } else {
            None
        }
    }

    /// The float in this word, if it holds one.
    #[inline(always)]
    pub const fn as_small_float(self) -> Option<f64> {
        if self.is_small_float() {
            Some(f64::from_bits(self.0.get().rotate_right(3).wrapping_sub(FLOAT_BIAS)))
        } else {
            None
        }
    }

    /// Whether the word holds a float.
    #[inline(always)]
    pub const fn is_small_float(self) -> bool {
        self.0.get() & 3 == 0b10
    }

    /// Whether the word is the address of an object.
    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.0.get() & 7 == 0
    }

    /// Whether this is `None`.
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0.get() == Value::NONE.0.get()
    }

    /// Whether this is `True`.
    #[inline(always)]
    pub const fn is_true(self) -> bool {
        self.0.get() == Value::TRUE.0.get()
    }

    /// Whether this is `False`.
    #[inline(always)]
    pub const fn is_false(self) -> bool {
        self.0.get() == Value::FALSE.0.get()
    }

    /// Whether this is `NotImplemented`.
    #[inline(always)]
    pub const fn is_not_implemented(self) -> bool {
        self.0.get() == Value::NOT_IMPLEMENTED.0.get()
    }

    /// `True` or `False` as a Rust `bool`.
    #[inline(always)]
    pub const fn as_bool(self) -> Option<bool> {
        if self.is_true() {
            Some(true)
        } else if self.is_false() {
            Some(false)
        } else {
            None
        }
    }

    /// `None` for Python's `None`, the value itself otherwise.
    #[inline(always)]
    pub const fn not_none(self) -> Option<Value> {
        if self.is_none() { None } else { Some(self) }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(i) = self.as_small_int() {
            write!(f, "int({i})")
        } else if let Some(x) = self.as_small_float() {
            write!(f, "float({x:?})")
        } else {
            match *self {
                Value::NONE => f.write_str("None"),
                Value::FALSE => f.write_str("False"),
                Value::TRUE => f.write_str("True"),
                Value::ELLIPSIS => f.write_str("Ellipsis"),
                Value::NOT_IMPLEMENTED => f.write_str("NotImplemented"),
                _ => write!(f, "object({:#x})", self.bits()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_one_word() {
        assert_eq!(size_of::<Option<Value>>(), 8);
        assert_eq!(size_of::<Result<Value, crate::Raised>>(), 8);
    }

    #[test]
    fn integers_round_trip() {
        for i in [0, 1, -1, 255, Value::INT_MIN, Value::INT_MAX] {
            assert_eq!(Value::try_small_int(i).unwrap().as_small_int(), Some(i));
        }
        assert_eq!(Value::try_small_int(Value::INT_MAX + 1), None);
        assert_eq!(Value::try_small_int(Value::INT_MIN - 1), None);
    }

    #[test]
    fn floats_round_trip_or_are_refused() {
        for f in [1.0, -1.0, 0.5, 1e-60, std::f64::consts::PI, -1e75, 2f64.powi(-255), 2f64.powi(256)] {
            let value = Value::try_small_float(f).unwrap_or_else(|| panic!("{f}"));
            assert!(!value.is_small_int() && !value.is_object());
            assert_eq!(value.as_small_float().map(f64::to_bits), Some(f.to_bits()));
        }
        for f in [0.0, -0.0, f64::INFINITY, f64::NAN, 1e300, 1e-300] {
            assert_eq!(Value::try_small_float(f), None, "{f}");
        }
    }

    #[test]
    fn singletons_are_neither_numbers_nor_objects() {
        for v in [Value::NONE, Value::FALSE, Value::TRUE, Value::ELLIPSIS, Value::NOT_IMPLEMENTED] {
            assert!(!v.is_object() && !v.is_small_int() && !v.is_small_float());
        }
    }
}
