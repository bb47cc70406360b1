//! Constants as `repr` prints them.

use kaa_ast::{BigInt, Constant};
use kaa_text::categories::is_printable;

/// Appends the text of a constant.
pub(super) fn constant(constant: &Constant<'_>, out: &mut Vec<u8>) {
    match *constant {
        Constant::None => out.extend_from_slice(b"None"),
        Constant::Bool(true) => out.extend_from_slice(b"True"),
        Constant::Bool(false) => out.extend_from_slice(b"False"),
        Constant::Ellipsis => out.extend_from_slice(b"..."),
        Constant::Str(text) => string(text, out),
        Constant::Bytes(bytes) => bytes_literal(bytes, out),
        Constant::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Constant::BigInt(value) => out.extend_from_slice(decimal(value).as_bytes()),
        Constant::Float(value) => out.extend_from_slice(float(value, true).as_bytes()),
        Constant::Complex { real, imag } => out.extend_from_slice(complex(real, imag).as_bytes()),
        Constant::Tuple(items) => {
            out.push(b'(');
            sequence(items, out);
            out.extend_from_slice(if items.len() == 1 { b",)" } else { b")" });
        }
        Constant::FrozenSet([]) => out.extend_from_slice(b"frozenset()"),
        Constant::FrozenSet(items) => {
            out.extend_from_slice(b"frozenset({");
            sequence(items, out);
            out.extend_from_slice(b"})");
        }
    }
}

fn sequence(items: &[Constant<'_>], out: &mut Vec<u8>) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        constant(item, out);
    }
}

/// The quote that needs fewer escapes: single, unless only those are in the text.
fn quote_for(text: &[u8]) -> u8 {
    if text.contains(&b'\'') && !text.contains(&b'"') { b'"' } else { b'\'' }
}

/// Appends a byte of ASCII as it stands between quotes.
fn ascii(byte: u8, quote: u8, out: &mut Vec<u8>) {
    match byte {
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ if byte == quote => out.extend_from_slice(&[b'\\', byte]),
        b' '..=b'~' => out.push(byte),
        _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
    }
}

fn bytes_literal(bytes: &[u8], out: &mut Vec<u8>) {
    let quote = quote_for(bytes);
    out.extend_from_slice(&[b'b', quote]);
    for &byte in bytes {
        ascii(byte, quote, out);
    }
    out.push(quote);
}

/// Appends a string literal. The text may hold lone surrogates, encoded like other code points.
pub(super) fn string(text: &[u8], out: &mut Vec<u8>) {
    let quote = quote_for(text);
    out.push(quote);
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        if first < 0x80 {
            ascii(first, quote, out);
            rest = behind;
            continue;
        }
        let length = match first {
            0xf0.. => 4,
            0xe0.. => 3,
            _ => 2,
        };
        let (encoded, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        let code = encoded[1..]
            .iter()
            .fold(u32::from(first) & (0x7f >> length), |code, &byte| code << 6 | u32::from(byte & 0x3f));
        match code {
            _ if is_printable(code) => out.extend_from_slice(encoded),
            0x80..=0xff => out.extend_from_slice(format!("\\x{code:02x}").as_bytes()),
            0x100..=0xffff => out.extend_from_slice(format!("\\u{code:04x}").as_bytes()),
            _ => out.extend_from_slice(format!("\\U{code:08x}").as_bytes()),
        }
    }
    out.push(quote);
}

/// The shortest text that reads back as the same float; infinity is a number that is too large.
/// With `point` an integral value gets a fraction.
fn float(value: f64, point: bool) -> String {
    if value.is_infinite() {
        return if value < 0.0 { "-1e309" } else { "1e309" }.to_owned();
    }
    if value.is_nan() {
        return "nan".to_owned();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').expect("scientific notation has an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let text = format!("{value}");
    if point && !text.contains('.') { text + ".0" } else { text }
}

fn complex(real: f64, imag: f64) -> String {
    let imaginary = float(imag, false);
    if real == 0.0 && real.is_sign_positive() {
        return format!("{imaginary}j");
    }
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imaginary}j)", float(real, false))
}

/// The decimal digits of a large integer.
fn decimal(value: &BigInt<'_>) -> String {
    const CHUNK: u64 = 1_000_000_000;
    let mut digits = value.digits.to_vec();
    let mut chunks = Vec::new();
    while !digits.is_empty() {
        let mut remainder = 0;
        for digit in digits.iter_mut().rev() {
            let current = remainder << 32 | u64::from(*digit);
            *digit = (current / CHUNK) as u32;
            remainder = current % CHUNK;
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        chunks.push(remainder);
    }
    let mut text = String::from(if value.negative { "-" } else { "" });
    text.push_str(&chunks.pop().unwrap_or(0).to_string());
    for chunk in chunks.iter().rev() {
        text.push_str(&format!("{chunk:09}"));
    }
    text
}
