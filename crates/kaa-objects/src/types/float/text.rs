//! Floats from text, and their hexadecimal text. Their decimal text: [`kaa_text::floats`].

use kaa_text::floats::not_finite;

use crate::hash::frexp;

/// The float of a text that is a Python float without white space around it, underscores between
/// digits allowed.
pub fn parse(text: &[u8]) -> Option<f64> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let lower = unsigned.to_ascii_lowercase();
    let magnitude = match lower.as_slice() {
        b"inf" | b"infinity" => f64::INFINITY,
        b"nan" => f64::NAN,
        [b'0'..=b'9' | b'.', ..] => {
            let mut plain = String::with_capacity(lower.len());
            let mut previous = b' ';
            for (position, &b) in lower.iter().enumerate() {
                match b {
                    b'_' => {
                        let next = lower.get(position + 1);
                        if !previous.is_ascii_digit() || !next.is_some_and(u8::is_ascii_digit) {
                            return None;
                        }
                    }
                    b'0'..=b'9' | b'.' | b'e' | b'+' | b'-' => plain.push(b as char),
                    _ => return None,
                }
                previous = b;
            }
            plain.parse().ok()?
        }
        _ => return None,
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// `float.hex()`.
pub fn hex(f: f64) -> String {
    if let Some(text) = not_finite(f) {
        return text.to_owned();
    }
    let sign = if f.is_sign_negative() { "-" } else { "" };
    if f == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = f.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52 & 0x7ff) as i32 {
        0 => format!("{sign}0x0.{fraction:013x}p-1022"),
        exponent => format!("{sign}0x1.{fraction:013x}p{:+}", exponent - 1023),
    }
}

/// Why a hexadecimal text is no float.
#[derive(Debug, PartialEq, Eq)]
pub enum HexError {
    /// It is not written as one.
    Invalid,
    /// It is beyond the range.
    TooLarge,
}

/// `float.fromhex(text)`.
pub fn from_hex(text: &str) -> Result<f64, HexError> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = rest.to_ascii_lowercase();
    let magnitude = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        digits => hex_magnitude(digits.strip_prefix("0x").unwrap_or(digits))?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

fn hex_magnitude(text: &str) -> Result<f64, HexError> {
    let (mantissa, exponent) = match text.split_once('p') {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(HexError::Invalid);
            }
            let size: i64 = digits.parse().unwrap_or(i64::MAX / 4);
            (mantissa, if exponent.starts_with('-') { -size } else { size })
        }
        None => (text, 0),
    };
    let (integral, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if integral.is_empty() && fraction.is_empty() {
        return Err(HexError::Invalid);
    }
    // Up to 60 significant bits are kept, the rest is sticky.
    let mut bits: u64 = 0;
    let mut exponent = exponent.clamp(-1 << 40, 1 << 40);
    for (digit, after_point) in integral.chars().map(|c| (c, false)).chain(fraction.chars().map(|c| (c, true))) {
        let digit = u64::from(digit.to_digit(16).ok_or(HexError::Invalid)?);
        if bits >> 60 == 0 {
            bits = bits << 4 | digit;
            exponent -= if after_point { 4 } else { 0 };
        } else {
            bits |= u64::from(digit != 0);
            exponent += if after_point { 0 } else { 4 };
        }
    }
    if bits == 0 {
        return Ok(0.0);
    }
    round_bits(bits, exponent).ok_or(HexError::TooLarge)
}

/// `bits * 2^exponent` rounded once, ties to even; the lowest bit may be sticky.
fn round_bits(bits: u64, exponent: i64) -> Option<f64> {
    let length = 64 - i64::from(bits.leading_zeros());
    if length + exponent > 1024 {
        return None;
    }
    if length + exponent < -1074 {
        return Some(0.0);
    }
    let cut = (length - 53).max(-1074 - exponent).max(0) as u32;
    let wide = u128::from(bits);
    let mut kept = wide >> cut;
    if cut > 0 {
        let (half, rest) = (1u128 << (cut - 1), wide & ((1 << cut) - 1));
        if rest > half || rest == half && kept & 1 == 1 {
            kept += 1;
        }
    }
    let result = ldexp(kept as f64, exponent + i64::from(cut));
    result.is_finite().then_some(result)
}

/// `f * 2^exponent` for an `f` that needs no rounding.
pub fn ldexp(mut f: f64, exponent: i64) -> f64 {
    let mut left = exponent.clamp(-5000, 5000);
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        f *= 2f64.powi(step as i32);
        left -= step;
    }
    f
}

/// A finite float as an exact fraction: an odd integer (or 0) and the power of two it is times.
pub fn integer_ratio(f: f64) -> (i64, i32) {
    if f == 0.0 {
        return (0, 0);
    }
    let (mantissa, exponent) = frexp(f);
    let integer = (mantissa * 2f64.powi(53)) as i64;
    let zeros = integer.trailing_zeros() as i32;
    (integer >> zeros, exponent - 53 + zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_read() {
        assert_eq!(parse(b"1_0.5e-1"), Some(1.05));
        assert_eq!(parse(b"-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(parse(b".5"), Some(0.5));
        assert_eq!(parse(b"5."), Some(5.0));
        for bad in ["", ".", "1__0", "_1", "1_", "1_.0", "1e", "0x1", "1 ", "infinit", "e5"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn hexadecimal_round_trips() {
        assert_eq!(hex(-0.1), "-0x1.999999999999ap-4");
        assert_eq!(hex(5e-324), "0x0.0000000000001p-1022");
        for f in [0.1, -0.1, 5e-324, f64::MAX, 3.0, 1e-310] {
            assert_eq!(from_hex(&hex(f)), Ok(f));
        }
        assert_eq!(from_hex(" 0x1.8p1 "), Ok(3.0));
        assert_eq!(from_hex("0x1p2000"), Err(HexError::TooLarge));
        assert_eq!(from_hex("0x.p1"), Err(HexError::Invalid));
    }
}
