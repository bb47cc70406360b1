//! Constants as Python's `repr` writes them.

use std::fmt::Write;

use kaa_text::{categories, floats, wtf8};

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
        Constant::Float(value) => floats::repr(value),
        Constant::Complex { real, imag } => floats::complex_repr(real, imag),
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
