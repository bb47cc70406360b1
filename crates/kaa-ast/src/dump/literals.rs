//! Constants as Python's `repr` writes them.

use std::fmt::Write;

use kaa_text::{categories, wtf8};

use crate::{BigInt, Constant};

/// `repr` of a constant.
pub fn repr_constant(constant: &Constant) -> String {
    match *constant {
        Constant::None => "None".into(),
        Constant::Bool(true) => "True".into(),
        Constant::Bool(false) => "False".into(),
        Constant::Ellipsis => "Ellipsis".into(),
        Constant::Str(text) => repr_text(text),
        Constant::Bytes(bytes) => repr_bytes(bytes),
        Constant::Int(value) => value.to_string(),
        Constant::BigInt(value) => decimal(value),
        Constant::Float(value) => float_repr(value),
        Constant::Complex { real, imag } => complex_repr(real, imag),
        Constant::Tuple(items) => {
            let comma = if items.len() == 1 { "," } else { "" };
            format!("({}{comma})", join(items))
        }
        Constant::FrozenSet([]) => "frozenset()".into(),
        Constant::FrozenSet(items) => format!("frozenset({{{}}})", join(items)),
    }
}

fn join(items: &[Constant]) -> String {
    items.iter().map(repr_constant).collect::<Vec<_>>().join(", ")
}

fn quote_for(has_single: bool, has_double: bool) -> char {
    if has_single && !has_double { '"' } else { '\'' }
}

/// `repr` of a text in generalized UTF-8.
pub fn repr_text(text: &[u8]) -> String {
    let quote = quote_for(text.contains(&b'\''), text.contains(&b'"'));
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for code in wtf8::code_points(text) {
        match char::from_u32(code) {
            Some(c) if c == quote || c == '\\' => out.extend(['\\', c]),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(c) if categories::is_printable(c.into()) => out.push(c),
            _ => {
                let _ = match code {
                    0..0x100 => write!(out, "\\x{code:02x}"),
                    0x100..0x10000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

fn repr_bytes(bytes: &[u8]) -> String {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut out = String::with_capacity(bytes.len() + 3);
    out.extend(['b', quote]);
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => {
                if byte == b'\\' || char::from(byte) == quote {
                    out.push('\\');
                }
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push(quote);
    out
}

/// `repr` of a float: the shortest digits that read back the same.
pub fn float_repr(value: f64) -> String {
    let digits = float_digits(value);
    let plain = digits.bytes().all(|c| c.is_ascii_digit() || c == b'-');
    if plain { digits + ".0" } else { digits }
}

/// As above, without the `.0` of whole numbers.
fn float_digits(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.into();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("an exponent");
    let exponent: i32 = exponent.parse().expect("a number");
    if value == 0.0 || (-4..16).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn complex_repr(real: f64, imag: f64) -> String {
    let imaginary = float_digits(imag);
    if real == 0.0 && real.is_sign_positive() {
        return format!("{imaginary}j");
    }
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imaginary}j)", float_digits(real))
}

fn decimal(value: &BigInt) -> String {
    const CHUNK: u64 = 1_000_000_000;
    let mut words = value.digits.to_vec();
    let mut chunks = Vec::new();
    while !words.is_empty() {
        let mut rest = 0;
        for word in words.iter_mut().rev() {
            let sum = rest << 32 | u64::from(*word);
            *word = (sum / CHUNK) as u32;
            rest = sum % CHUNK;
        }
        chunks.push(rest);
        while words.last() == Some(&0) {
            words.pop();
        }
    }
    let mut out = String::from(if value.negative { "-" } else { "" });
    let _ = write!(out, "{}", chunks.pop().unwrap_or(0));
    for chunk in chunks.iter().rev() {
        let _ = write!(out, "{chunk:09}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_as_python_does() {
        for (value, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1.5e-5, "1.5e-05"),
            (0.0001, "0.0001"),
            (1e300, "1e+300"),
            (f64::INFINITY, "inf"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(float_repr(value), text);
        }
        assert_eq!(repr_constant(&Constant::Complex { real: 0.0, imag: 2.0 }), "2j");
        assert_eq!(repr_constant(&Constant::Complex { real: -0.0, imag: 2.0 }), "(-0+2j)");
        let big = BigInt { negative: false, digits: &[0, 0, 1] };
        assert_eq!(repr_constant(&Constant::BigInt(&big)), "18446744073709551616");
    }

    #[test]
    fn writes_text_as_python_does() {
        assert_eq!(repr_text("it's".as_bytes()), "\"it's\"");
        assert_eq!(repr_text("'\"".as_bytes()), "'\\'\"'");
        assert_eq!(repr_text("é\n\u{a0}\u{7f}🐍\u{10ffff}".as_bytes()), "'é\\n\\xa0\\x7f🐍\\U0010ffff'");
        assert_eq!(repr_text(&[0xed, 0xa0, 0x80]), "'\\ud800'");
        assert_eq!(repr_constant(&Constant::Bytes(b"a'\"\\\0")), "b'a\\'\"\\\\\\x00'");
    }
}
