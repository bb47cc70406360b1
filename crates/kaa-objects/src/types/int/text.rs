//! Integers from text and as text.

use num_bigint::BigInt;
use num_traits::Num;

use super::big::Int;
use crate::types::str::{PyStr, StrData};
use crate::{Gc, PyResult, Raised, Value, Vm};

/// The most digits that a conversion from or to decimal text may have unless it is changed.
pub const DEFAULT_MAX_DIGITS: usize = 4300;
/// Below this number of digits the limit is never checked, and none can be set.
pub const MIN_MAX_DIGITS: usize = 640;

impl Vm {
    /// `str(int)`.
    pub fn int_to_str(&self, int: Int) -> PyResult<Gc<PyStr>> {
        match int {
            Int::Small(i) => {
                let mut buffer = [0; 20];
                self.new_str_latin1(write_decimal(i, &mut buffer))
            }
            Int::Big(_) => {
                let max = self.max_str_digits.get();
                // log10(2) is a little more than 0.301: a lower bound of the number of digits.
                if max != 0 && int.bits() * 301 / 1000 > max as u64 {
                    return Err(self.too_many_digits_to_text(max));
                }
                let text = int.to_big().to_string();
                if max != 0 && text.trim_start_matches('-').len() > max {
                    return Err(self.too_many_digits_to_text(max));
                }
                self.new_str(&text)
            }
        }
    }

    #[cold]
    fn too_many_digits_to_text(&self, max: usize) -> Raised {
        self.value_error(format_args!(
            "Exceeds the limit ({max} digits) for integer string conversion; use sys.set_int_max_str_digits() to \
             increase the limit"
        ))
    }

    /// `int(text, base)` for the text of a `str`.
    pub fn int_from_str(&self, text: Gc<PyStr>, base: u32) -> PyResult {
        let invalid = || {
            let repr = self.repr_lossy(text.value());
            Err(self.value_error(format_args!("invalid literal for int() with base {base}: {repr}")))
        };
        let ascii: Option<Vec<u8>> = match text.data() {
            StrData::Latin1(bytes) if text.is_ascii() => Some(bytes.to_vec()),
            data => data.iter().map(ascii_of).collect(),
        };
        match ascii.and_then(|ascii| parse(&ascii, base).transpose()) {
            Some(Ok(digits)) => self.int_from_digits(digits),
            _ => invalid(),
        }
    }

    /// `int(bytes, base)`.
    pub fn int_from_bytes_text(&self, original: Value, text: &[u8], base: u32) -> PyResult {
        match parse(text, base) {
            Ok(Some(digits)) => self.int_from_digits(digits),
            _ => {
                let repr = self.repr_lossy(original);
                Err(self.value_error(format_args!("invalid literal for int() with base {base}: {repr}")))
            }
        }
    }

    fn int_from_digits(&self, parsed: Digits) -> PyResult {
        let Digits { negative, base, digits } = parsed;
        if digits.len() <= 12 {
            let magnitude = i64::from_str_radix(&digits, base).expect("checked digits, at most 60 bits of them");
            return self.new_int(if negative { -magnitude } else { magnitude });
        }
        let max = self.max_str_digits.get();
        if max != 0 && digits.len() > max && !base.is_power_of_two() {
            let count = digits.len();
            return Err(self.value_error(format_args!(
                "Exceeds the limit ({max} digits) for integer string conversion: value has {count} digits; use \
                 sys.set_int_max_str_digits() to increase the limit"
            )));
        }
        let magnitude = BigInt::from_str_radix(&digits, base).expect("checked digits");
        self.new_int_big(&if negative { -magnitude } else { magnitude })
    }
}

/// What a code point stands for in a number: ASCII itself, a space for any white space, a digit
/// for any decimal digit.
pub fn ascii_of(code_point: u32) -> Option<u8> {
    if code_point < 128 {
        return Some(code_point as u8);
    }
    let c = char::from_u32(code_point)?;
    if kaa_text::is_space(c) {
        return Some(b' ');
    }
    kaa_text::decimal_digit(c).map(|digit| b'0' + digit)
}

/// An integer literal taken apart.
struct Digits {
    negative: bool,
    base: u32,
    /// Digits of the base, without underscores; at least one.
    digits: String,
}

/// Reads white space, sign, prefix, digits with single underscores between them, white space.
/// `Ok(None)` and `Err` both mean that the text is no such integer.
fn parse(text: &[u8], base: u32) -> Result<Option<Digits>, ()> {
    let is_space = |b: &u8| matches!(b, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f);
    let start = text.iter().position(|b| !is_space(b)).ok_or(())?;
    let end = text.iter().rposition(|b| !is_space(b)).map_or(start, |last| last + 1);
    let mut rest = &text[start..end];
    let negative = match rest.first() {
        Some(b'-') => true,
        Some(b'+') => false,
        _ => {
            return digits_of(rest, false, base);
        }
    };
    rest = &rest[1..];
    digits_of(rest, negative, base)
}

fn digits_of(mut rest: &[u8], negative: bool, mut base: u32) -> Result<Option<Digits>, ()> {
    let prefix = match rest {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let mut any_base_decimal = false;
    if base == 0 {
        any_base_decimal = prefix == 0;
        base = if prefix == 0 { 10 } else { prefix };
    }
    if prefix != 0 && prefix == base {
        rest = &rest[2..];
        // An underscore may follow the prefix.
        if let [b'_', more @ ..] = rest {
            rest = more;
        }
    }
    let mut digits = String::with_capacity(rest.len());
    let mut after_digit = false;
    for &b in rest {
        if b == b'_' && after_digit {
            after_digit = false;
            continue;
        }
        if (b as char).to_digit(36).is_none_or(|digit| digit >= base) {
            return Err(());
        }
        digits.push(b as char);
        after_digit = true;
    }
    if digits.is_empty() || !after_digit {
        return Err(());
    }
    // With base 0, a decimal literal other than 0 does not start with 0.
    if any_base_decimal && digits.starts_with('0') && digits.bytes().any(|b| b != b'0') {
        return Err(());
    }
    Ok(Some(Digits { negative, base, digits }))
}

/// Writes an integer in decimal; gives the part of the buffer that holds it.
pub fn write_decimal(i: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut rest = i.unsigned_abs();
    let mut start = buffer.len();
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if i < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, base: u32) -> Option<(bool, u32, String)> {
        parse(text.as_bytes(), base).ok().flatten().map(|d| (d.negative, d.base, d.digits))
    }

    #[test]
    fn literals_are_taken_apart() {
        assert_eq!(read("  -12_3\n", 10), Some((true, 10, "123".into())));
        assert_eq!(read("0x_fF", 16), Some((false, 16, "fF".into())));
        assert_eq!(read("0b101", 0), Some((false, 2, "101".into())));
        assert_eq!(read("000", 0), Some((false, 10, "000".into())));
        assert_eq!(read("0b1", 16), Some((false, 16, "0b1".into())));
        for bad in ["", " ", "-", "1__2", "_1", "1_", "0x", "12a", "+-1", "1 2"] {
            assert_eq!(read(bad, 10), None, "{bad:?}");
        }
        assert_eq!(read("012", 0), None);
        assert_eq!(read("0x1", 10), None);
    }

    #[test]
    fn decimals_are_written() {
        for i in [0, 7, -7, 1234567890, i64::MAX, i64::MIN] {
            assert_eq!(write_decimal(i, &mut [0; 20]), i.to_string().as_bytes());
        }
    }
}
