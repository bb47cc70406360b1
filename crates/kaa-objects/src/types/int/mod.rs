//! `int`: integers of any size. Those of 63 bits are in the word itself ([`Value::small_int`]);
//! larger ones, and instances of subclasses whatever their size, are [`PyInt`] objects.

mod arithmetic;
pub mod big;
mod bytes;
mod construct;
pub mod magnitude;
mod methods;
mod text;

use crate::class::PyType;
use crate::object::Header;
use crate::{Gc, PyResult, Value, Vm, ids};

pub(crate) use arithmetic::{and, or, xor};
pub use arithmetic::{compare, divide_to_f64, divmod_small};
pub use construct::to_int;
pub use text::{DEFAULT_MAX_DIGITS, MIN_MAX_DIGITS, ascii_of, write_decimal};

/// An `int` on the heap: sign and magnitude.
#[repr(C)]
pub struct PyInt {
    header: Header,
    /// The number of words; negative for a negative integer. 0 is the integer 0.
    signed_len: i64,
    words: [u64; 0],
}

impl PyInt {
    /// Whether the integer is below zero.
    #[inline]
    pub fn is_negative(&self) -> bool {
        self.signed_len < 0
    }

    /// The magnitude, least significant word first; the last word is not 0.
    #[inline]
    pub fn words(&self) -> &[u64] {
        // SAFETY: that many words follow the fixed part.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr(), self.signed_len.unsigned_abs() as usize) }
    }

    /// The value, if 64 bits hold it.
    pub fn to_i64(&self) -> Option<i64> {
        match (self.words(), self.is_negative()) {
            ([], _) => Some(0),
            (&[word], false) => i64::try_from(word).ok(),
            (&[word], true) => 0i64.checked_sub_unsigned(word),
            _ => None,
        }
    }
}

impl Vm {
    /// The integer as a value.
    #[inline(always)]
    pub fn new_int(&self, i: i64) -> PyResult {
        match Value::try_small_int(i) {
            Some(value) => Ok(value),
            None => Ok(self.new_big_int(i < 0, &[i.unsigned_abs()])?.value()),
        }
    }

    /// The integer as a value.
    pub fn new_int_u64(&self, i: u64) -> PyResult {
        self.new_int_from_words(false, &[i])
    }

    /// The integer as a value.
    pub fn new_int_i128(&self, i: i128) -> PyResult {
        match i64::try_from(i) {
            Ok(i) => self.new_int(i),
            Err(_) => self.new_int_u128(i < 0, i.unsigned_abs()),
        }
    }

    /// The integer with a sign and a magnitude.
    pub(crate) fn new_int_u128(&self, negative: bool, magnitude: u128) -> PyResult {
        self.new_int_from_words(negative, &[magnitude as u64, (magnitude >> 64) as u64])
    }

    /// The integer with a sign and a magnitude, least significant word first; words of 0 at the
    /// top are allowed.
    pub fn new_int_from_words(&self, negative: bool, words: &[u64]) -> PyResult {
        let len = words.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1);
        let words = &words[..len];
        let small = match (words, negative) {
            ([], _) => Some(0),
            (&[word], false) => i64::try_from(word).ok(),
            (&[word], true) => 0i64.checked_sub_unsigned(word),
            _ => None,
        };
        match small.and_then(Value::try_small_int) {
            Some(value) => Ok(value),
            None => Ok(self.new_big_int(negative, words)?.value()),
        }
    }

    /// An `int` object, whatever the size: for subclasses, and for what does not fit a word. No
    /// word at the top is 0.
    pub(crate) fn new_big_int(&self, negative: bool, words: &[u64]) -> PyResult<Gc<PyInt>> {
        let size = size_of::<PyInt>() + words.len() * 8;
        let int: Gc<PyInt> = self.alloc_raw(size, kaa_gc::RAW, ids::INT)?;
        // SAFETY: fresh memory of that size.
        unsafe {
            let raw = int.as_ptr();
            (*raw).signed_len = if negative { -(words.len() as i64) } else { words.len() as i64 };
            std::ptr::copy_nonoverlapping(words.as_ptr(), (*raw).words.as_mut_ptr(), words.len());
        }
        Ok(int)
    }

    /// Sign and magnitude that `fill` writes into `len` zeroed words, as a value.
    pub(crate) fn new_int_filled(&self, negative: bool, len: usize, fill: impl FnOnce(&mut [u64])) -> PyResult {
        let int: Gc<PyInt> = self.alloc_raw(size_of::<PyInt>() + len * 8, kaa_gc::RAW, ids::INT)?;
        // SAFETY: fresh memory with room for the words, which nothing else refers to yet.
        unsafe {
            let raw = int.as_ptr();
            let words = std::slice::from_raw_parts_mut((*raw).words.as_mut_ptr(), len);
            words.fill(0);
            fill(words);
            let used = magnitude::trim(words).len();
            (*raw).signed_len = if negative { -(used as i64) } else { used as i64 };
            // A small result is a word, and a much shorter one does not keep all the memory.
            if used <= 1 || used < len / 2 {
                return self.new_int_from_words(negative, &words[..used]);
            }
        }
        Ok(int.value())
    }

    /// As [`Vm::new_big_int`], of a Python subclass: its dict is the object's last word.
    pub(crate) fn new_big_int_of_class(&self, class: Gc<PyType>, negative: bool, words: &[u64]) -> PyResult<Gc<PyInt>> {
        let extra = class.appended_size();
        let size = size_of::<PyInt>() + words.len() * 8 + extra;
        let int: Gc<PyInt> = self.alloc_zeroed(size, class.trace_kind.get(), class.root_shape.get())?;
        // SAFETY: fresh memory of that size.
        unsafe {
            let raw = int.as_ptr();
            (*raw).signed_len = if negative { -(words.len() as i64) } else { words.len() as i64 };
            std::ptr::copy_nonoverlapping(words.as_ptr(), (*raw).words.as_mut_ptr(), words.len());
        }
        self.register_finalizer(class, int);
        Ok(int)
    }

    /// The value of an `int` (also `bool` and subclasses), if 64 bits hold it; `None` too for what
    /// is no `int`.
    #[inline]
    pub fn int_to_i64(&self, value: Value) -> Option<i64> {
        match value.as_small_int() {
            Some(i) => Some(i),
            None => match value.as_bool() {
                Some(b) => Some(b.into()),
                None => self.cast::<PyInt>(value)?.to_i64(),
            },
        }
    }

    /// Whether an `int` is below zero.
    pub fn int_is_negative(&self, value: Value) -> bool {
        match value.as_small_int() {
            Some(i) => i < 0,
            None => self.cast::<PyInt>(value).is_some_and(|int| int.is_negative()),
        }
    }

    /// Calls a function with sign and magnitude of an `int` (also `bool` and subclasses); `None`
    /// for what is no `int`.
    pub fn with_int_words<R>(&self, value: Value, with: impl FnOnce(bool, &[u64]) -> R) -> Option<R> {
        if let Some(i) = value.as_small_int().or(value.as_bool().map(i64::from)) {
            let words = [i.unsigned_abs()];
            return Some(with(i < 0, if i == 0 { &[] } else { &words }));
        }
        self.cast::<PyInt>(value).map(|int| with(int.is_negative(), int.words()))
    }

    /// The nearest float, ties to even; `OverflowError` beyond the range.
    pub fn int_to_f64(&self, value: Value) -> PyResult<f64> {
        if let Some(i) = value.as_small_int() {
            return Ok(i as f64);
        }
        let float = self.with_int_words(value, words_to_f64).unwrap_or(f64::NAN);
        if float.is_infinite() { Err(self.overflow_error("int too large to convert to float")) } else { Ok(float) }
    }
}

/// The nearest float of sign and magnitude, ties to even; infinite beyond the range.
pub fn words_to_f64(negative: bool, words: &[u64]) -> f64 {
    let magnitude = match *words {
        [] => 0.0,
        [word] => word as f64,
        [.., low, high] => {
            // The top 64 bits, the lowest of them sticky for all that is below.
            let shift = high.leading_zeros();
            let top = if shift == 0 { high } else { high << shift | low >> (64 - shift) };
            let rest = if shift == 0 { low } else { low << shift };
            let sticky = rest != 0 || words[..words.len() - 2].iter().any(|&word| word != 0);
            let exponent = (words.len() as u64 - 1) * 64 - u64::from(shift);
            if exponent > 1024 {
                f64::INFINITY
            } else {
                (top | u64::from(sticky)) as f64
                    * 2f64.powi(exponent as i32 / 2)
                    * 2f64.powi(exponent as i32 - exponent as i32 / 2)
            }
        }
    };
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::words_to_f64;

    #[test]
    fn large_integers_round_to_even() {
        assert_eq!(words_to_f64(false, &[0, 1]), 18_446_744_073_709_551_616.0);
        assert_eq!(words_to_f64(true, &[1, 1]), -18_446_744_073_709_551_616.0);
        assert_eq!(words_to_f64(false, &[0, 0, 1 << 63]), 2f64.powi(191));
        // 2^64 + 2^11 is half way between two floats; one more bit far below decides.
        assert_eq!(words_to_f64(false, &[1 << 11, 1]), 2f64.powi(64));
        assert_eq!(words_to_f64(false, &[(1 << 11) + 1, 1]), 2f64.powi(64) + 4096.0);
        assert_eq!(words_to_f64(false, &[0; 17].map(|_| u64::MAX)), f64::INFINITY);
    }
}
