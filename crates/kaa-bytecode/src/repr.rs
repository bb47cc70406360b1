//! `repr` of constants, as Python prints them, and the texts of numbers behind it.

use std::fmt::Write;

use kaa_text::wtf8::code_points;
use kaa_text::{floats, is_printable};

use crate::{BigInt, CodeObject, Constant};

impl Constant {
    /// `repr(constant)`. Lone surrogates appear escaped, so the text is always valid. Code objects
    /// have an address in theirs: `address` gives it.
    pub fn repr_with(&self, address: &dyn Fn(&CodeObject) -> u64) -> String {
        let mut out = String::new();
        write_constant(&mut out, self, address);
        out
    }

    /// `repr(constant)`, code objects at address 0.
    pub fn repr(&self) -> String {
        self.repr_with(&|_| 0)
    }
}

/// `repr(code)` at an address.
pub fn code_repr(code: &CodeObject, address: u64) -> String {
    let mut out = format!("<code object {} at {address:#x}, file \"", text_lossy(&code.name));
    out.push_str(&text_lossy(&code.filename));
    // CPython prints -1 for code without a first line.
    let line = if code.firstlineno == 0 { -1 } else { code.firstlineno };
    let _ = write!(out, "\", line {line}>");
    out
}

/// The text, with lone surrogates replaced: for messages and tables meant to be read.
pub fn text_lossy(text: &[u8]) -> String {
    code_points(text).map(|code| char::from_u32(code).unwrap_or('\u{fffd}')).collect()
}

fn write_constant(out: &mut String, constant: &Constant, address: &dyn Fn(&CodeObject) -> u64) {
    match constant {
        Constant::None => out.push_str("None"),
        Constant::Bool(true) => out.push_str("True"),
        Constant::Bool(false) => out.push_str("False"),
        Constant::Ellipsis => out.push_str("Ellipsis"),
        Constant::StopIteration => out.push_str("<class 'StopIteration'>"),
        Constant::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Constant::BigInt(value) => out.push_str(&big_int_repr(value)),
        Constant::Float(value) => out.push_str(&floats::repr(*value)),
        Constant::Complex { real, imag } => out.push_str(&floats::complex_repr(*real, *imag)),
        Constant::Str(text) => out.push_str(&str_repr(text)),
        Constant::Bytes(bytes) => out.push_str(&bytes_repr(bytes)),
        Constant::Tuple(items) => {
            write_items(out, "(", items, if items.len() == 1 { ",)" } else { ")" }, address);
        }
        Constant::List(items) => write_items(out, "[", items, "]", address),
        Constant::Set(items) if items.is_empty() => out.push_str("set()"),
        Constant::Set(items) => write_items(out, "{", items, "}", address),
        Constant::FrozenSet(items) if items.is_empty() => out.push_str("frozenset()"),
        Constant::FrozenSet(items) => write_items(out, "frozenset({", items, "})", address),
        Constant::Dict(pairs) => {
            out.push('{');
            for (index, (key, value)) in pairs.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_constant(out, key, address);
                out.push_str(": ");
                write_constant(out, value, address);
            }
            out.push('}');
        }
        Constant::Slice(parts) => write_items(out, "slice(", &parts[..], ")", address),
        Constant::Code(code) => out.push_str(&code_repr(code, address(code))),
    }
}

fn write_items(out: &mut String, open: &str, items: &[Constant], close: &str, address: &dyn Fn(&CodeObject) -> u64) {
    out.push_str(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_constant(out, item, address);
    }
    out.push_str(close);
}

/// `repr` of a string in UTF-8 with lone surrogates.
pub fn str_repr(text: &[u8]) -> String {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for code in code_points(text) {
        match char::from_u32(code) {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\\') => out.push_str("\\\\"),
            Some(char) if char == quote => {
                out.push('\\');
                out.push(char);
            }
            Some(char) if is_printable(code) => out.push(char),
            _ => {
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

/// `repr` of bytes.
pub fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(char::from(quote));
    for byte in bytes {
        match *byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            byte if byte == quote => {
                out.push('\\');
                out.push(char::from(byte));
            }
            0x20..=0x7e => out.push(char::from(*byte)),
            byte => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push(char::from(quote));
    out
}

/// Decimal text of an integer of any size.
pub fn big_int_repr(value: &BigInt) -> String {
    // Repeated division by the largest power of ten in a word: quadratic, for constants are short.
    const CHUNK: u64 = 1_000_000_000;
    let mut words = value.digits.to_vec();
    let mut chunks = Vec::new();
    while let Some(&top) = words.last() {
        if top == 0 {
            words.pop();
            continue;
        }
        let mut remainder = 0u64;
        for word in words.iter_mut().rev() {
            let value = remainder << 32 | u64::from(*word);
            *word = (value / CHUNK) as u32;
            remainder = value % CHUNK;
        }
        chunks.push(remainder as u32);
    }
    let mut out = String::from(if value.negative { "-" } else { "" });
    let mut chunks = chunks.iter().rev();
    let _ = write!(out, "{}", chunks.next().unwrap_or(&0));
    for chunk in chunks {
        let _ = write!(out, "{chunk:09}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let big = |negative, digits: &[u32]| Constant::BigInt(BigInt { negative, digits: digits.into() }).repr();
        assert_eq!(big(false, &[0, 0, 1]), "18446744073709551616");
        assert_eq!(big(true, &[1, 0, 0, 0x8000_0000]), "-170141183460469231731687303715884105729");
        assert_eq!(big(false, &[0x2240_0000, 0xc47a_098a, 0x4ca8_5a86, 0x4b3b]), "1525878906250000000000000000000000");
    }

    #[test]
    fn strings() {
        let text = |text: &str| str_repr(text.as_bytes());
        assert_eq!(text("a'b"), r#""a'b""#);
        assert_eq!(text("a'b\"c"), r#"'a\'b"c'"#);
        assert_eq!(
            text("\0\n\r\t\\\x7f\u{a0}é\u{2028}\u{1f600}\u{e0001}"),
            "'\\x00\\n\\r\\t\\\\\\x7f\\xa0é\\u2028😀\\U000e0001'"
        );
        assert_eq!(str_repr(b"\xed\xa0\x80"), "'\\ud800'");
        assert_eq!(bytes_repr(b"a'\"\n\xff"), r#"b'a\'"\n\xff'"#);
        assert_eq!(bytes_repr(b"'"), r#"b"'""#);
    }

    #[test]
    fn containers() {
        let one: std::sync::Arc<[Constant]> = [Constant::Int(1)].into();
        let two: std::sync::Arc<[Constant]> = [Constant::Int(1), Constant::None].into();
        assert_eq!(Constant::Tuple([].into()).repr(), "()");
        assert_eq!(Constant::Tuple(one.clone()).repr(), "(1,)");
        assert_eq!(Constant::Tuple(two.clone()).repr(), "(1, None)");
        assert_eq!(Constant::FrozenSet(two.clone()).repr(), "frozenset({1, None})");
        assert_eq!(Constant::FrozenSet([].into()).repr(), "frozenset()");
        assert_eq!(Constant::Set([].into()).repr(), "set()");
        assert_eq!(Constant::List(one).repr(), "[1]");
        assert_eq!(Constant::Dict([(Constant::Bool(true), Constant::Ellipsis)].into()).repr(), "{True: Ellipsis}");
        assert_eq!(
            Constant::Slice([Constant::None, Constant::Int(2), Constant::None].into()).repr(),
            "slice(None, 2, None)"
        );
    }
}
