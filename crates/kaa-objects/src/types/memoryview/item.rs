//! Items of a `memoryview`: values from bytes and back, by the native formats of `struct`.

use crate::types::bytes::PyBytes;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Value, Vm};

/// The size of an item of a native format: one letter, perhaps after `@`.
pub(super) fn native_size(format: &str) -> Option<usize> {
    match format.strip_prefix('@').unwrap_or(format) {
        "c" | "b" | "B" | "?" => Some(1),
        "h" | "H" | "e" => Some(2),
        "i" | "I" | "f" => Some(4),
        "l" | "L" | "q" | "Q" | "n" | "N" | "d" | "P" => Some(8),
        _ => None,
    }
}

/// The letter of a native format.
fn letter(format: &str) -> u8 {
    format.strip_prefix('@').unwrap_or(format).bytes().next().unwrap_or(0)
}

fn not_supported(vm: &Vm, format: &str) -> crate::Raised {
    vm.not_implemented_error(format_args!("memoryview: format {format} not supported"))
}

/// The number of a half precision float.
fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// The nearest half precision float, ties to even; `None` beyond the largest.
fn f64_to_half(f: f64) -> Option<u16> {
    let sign = if f.is_sign_negative() { 0x8000 } else { 0 };
    if f.is_nan() {
        return Some(sign | 0x7e00);
    }
    if f.is_infinite() {
        return Some(sign | 0x7c00);
    }
    let magnitude = f.abs();
    if magnitude == 0.0 {
        return Some(sign);
    }
    // The unit of the last place at this magnitude; below the normal range it is constant.
    let exponent = ((magnitude.to_bits() >> 52) as i32 - 1023).max(-14);
    let units = (magnitude / 2f64.powi(exponent - 10)).round_ties_even() as u32;
    let bits = ((exponent + 14) as u32 * 1024) + units;
    if bits >= 0x7c00 { None } else { Some(sign | bits as u16) }
}

/// The value of an item. `bytes` has the format's size.
pub(super) fn unpack(vm: &Vm, bytes: &[u8], format: &str) -> PyResult {
    if native_size(format) != Some(bytes.len()) {
        return Err(not_supported(vm, format));
    }
    let word = bytes.iter().rev().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
    match letter(format) {
        b'c' => Ok(vm.new_bytes(bytes)?.value()),
        b'?' => Ok(Value::bool(word != 0)),
        b'b' => vm.new_int((word as i8).into()),
        b'h' => vm.new_int((word as i16).into()),
        b'i' => vm.new_int((word as i32).into()),
        b'l' | b'q' | b'n' => vm.new_int(word as i64),
        b'e' => vm.new_float(half_to_f64(word as u16)),
        b'f' => vm.new_float(f32::from_bits(word as u32).into()),
        b'd' => vm.new_float(f64::from_bits(word)),
        _ => vm.new_int_u64(word),
    }
}

/// The bytes of a value as an item.
pub(super) fn pack(vm: &Vm, value: Value, format: &str, out: &mut [u8]) -> PyResult<()> {
    if native_size(format) != Some(out.len()) {
        return Err(not_supported(vm, format));
    }
    let bad_value = || vm.value_error(format_args!("memoryview: invalid value for format '{format}'"));
    let bad_type = || vm.type_error(format_args!("memoryview: invalid type for format '{format}'"));
    let letter = letter(format);
    let word: u64 = match letter {
        b'c' => match vm.cast::<PyBytes>(value) {
            Some(bytes) if bytes.len() == 1 => bytes.as_slice()[0].into(),
            Some(_) => return Err(bad_value()),
            None => return Err(bad_type()),
        },
        b'?' => vm.truth(value)?.into(),
        b'e' | b'f' | b'd' => {
            let result = vm.to_f64(value);
            let f = vm.catch(result, vm.exceptions().TypeError)?.map_err(|_| bad_type())?;
            match letter {
                b'd' => f.to_bits(),
                b'e' => f64_to_half(f).ok_or_else(bad_value)?.into(),
                _ => (f as f32).to_bits().into(),
            }
        }
        _ => {
            let result = vm.index(value);
            let int = vm.catch(result, vm.exceptions().TypeError)?.map_err(|_| bad_type())?;
            let bits = out.len() as u32 * 8;
            let signed = letter.is_ascii_lowercase();
            let (low, high) =
                if signed { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
            match vm.int_to_i128(int) {
                Some(i) if (low..=high).contains(&i) => i as u64,
                _ => return Err(bad_value()),
            }
        }
    };
    out.copy_from_slice(&word.to_le_bytes()[..out.len()]);
    Ok(())
}

/// The format of a buffer as text; `B` without one.
pub(super) fn format_text(format: Option<Gc<PyStr>>) -> String {
    format.map_or_else(|| "B".to_owned(), |format| format.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        for bits in 0..0x7c00u16 {
            assert_eq!(f64_to_half(half_to_f64(bits)), Some(bits));
        }
        assert_eq!(f64_to_half(65520.0), None);
        assert_eq!(f64_to_half(65519.0), Some(0x7bff));
        assert_eq!(f64_to_half(-0.0), Some(0x8000));
        assert!(half_to_f64(0x7e00).is_nan());
    }
}
