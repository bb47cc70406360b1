//! `int.to_bytes` and `int.from_bytes`.

use super::big::Int;
use crate::class::PyType;
use crate::types::bytes::PyBytes;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

fn is_little(vm: &Vm, byteorder: Gc<PyStr>) -> PyResult<bool> {
    if byteorder.equals_str("little") {
        Ok(true)
    } else if byteorder.equals_str("big") {
        Ok(false)
    } else {
        Err(vm.value_error("byteorder must be either 'little' or 'big'"))
    }
}

pub(super) fn to_bytes(vm: &Vm, int: Int, length: isize, byteorder: Gc<PyStr>, signed: bool) -> PyResult<Gc<PyBytes>> {
    let little = is_little(vm, byteorder)?;
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error("length argument must be non-negative"));
    };
    if int.is_negative() && !signed {
        return Err(vm.overflow_error("can't convert negative int to unsigned"));
    }
    let needed = if signed { signed_bits(int) } else { int.bits() };
    if needed > (length as u64).saturating_mul(8) {
        return Err(vm.overflow_error("int too big to convert"));
    }
    let small;
    let words = match int {
        Int::Small(i) => {
            small = [i.unsigned_abs()];
            &small[..]
        }
        Int::Big(ref int) => int.words(),
    };
    vm.new_bytes_with(length, |bytes| {
        for (chunk, word) in bytes.chunks_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
        if int.is_negative() {
            negate(bytes);
        }
        if !little {
            bytes.reverse();
        }
    })
}

/// Two's complement of a number in bytes, least significant first.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        (*byte, carry) = (!*byte).overflowing_add(carry.into());
    }
}

/// How many bits the two's complement of an integer takes.
fn signed_bits(int: Int) -> u64 {
    if int.is_zero() {
        return 0;
    }
    let is_power_of_two = match int {
        Int::Small(i) => i.unsigned_abs().is_power_of_two(),
        Int::Big(int) => int.words().iter().map(|word| word.count_ones()).sum::<u32>() == 1,
    };
    // -2^n takes n + 1 bits.
    int.bits() + u64::from(!(int.is_negative() && is_power_of_two))
}

pub(super) fn from_bytes(vm: &Vm, class: Gc<PyType>, bytes: Value, byteorder: Gc<PyStr>, signed: bool) -> PyResult {
    let little = is_little(vm, byteorder)?;
    let bytes = vm.bytes_from(bytes)?;
    let int = vm.int_from_digits_256(bytes.as_slice(), little, signed)?;
    if class == vm.class::<super::PyInt>() { Ok(int) } else { vm.call(class.value(), &[int]) }
}

impl Vm {
    /// The integer that bytes are the digits of, or the two's complement.
    fn int_from_digits_256(&self, bytes: &[u8], little: bool, signed: bool) -> PyResult {
        let top = if little { bytes.last() } else { bytes.first() };
        let negative = signed && top.is_some_and(|&top| top & 0x80 != 0);
        let word = |chunk: &[u8]| {
            let mut word = [if negative { 0xff } else { 0 }; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            if !little {
                word[..chunk.len()].reverse();
            }
            u64::from_le_bytes(word)
        };
        if bytes.len() <= 8 {
            let word = word(bytes);
            return if negative { self.new_int(word as i64) } else { self.new_int_u64(word) };
        }
        let mut words: Vec<u64> =
            if little { bytes.chunks(8).map(word).collect() } else { bytes.rchunks(8).map(word).collect() };
        if negative {
            let mut carry = true;
            for word in &mut words {
                (*word, carry) = (!*word).overflowing_add(carry.into());
            }
        }
        self.new_int_from_words(negative, &words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_two_complements() {
        for (i, bits) in [(0, 0), (1, 2), (-1, 1), (127, 8), (128, 9), (-128, 8), (-129, 9), (i64::MIN, 64)] {
            assert_eq!(signed_bits(Int::Small(i)), bits, "{i}");
        }
    }

    #[test]
    fn bytes_are_negated() {
        let mut bytes = [0, 1, 0];
        negate(&mut bytes);
        assert_eq!(bytes, [0, 0xff, 0xff]);
    }
}
