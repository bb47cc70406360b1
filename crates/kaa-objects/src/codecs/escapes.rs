//! Text in ASCII or Latin-1 with escapes of Python's string literals: `unicode_escape`,
//! `raw_unicode_escape`, and `escape` for bytes.

use super::errors::{DecodeFailure, Errors, Handler};
use crate::types::bytes::PyBytes;
use crate::types::str::{PyStr, StrBuilder};
use crate::{Gc, PyResult, Vm};

fn push_hex(out: &mut Vec<u8>, code_point: u32) {
    let (letter, digits) = match code_point {
        0..0x100 => (b'x', 2),
        0x100..0x1_0000 => (b'u', 4),
        _ => (b'U', 8),
    };
    out.extend_from_slice(&[b'\\', letter]);
    out.extend((0..digits).rev().map(|digit| b"0123456789abcdef"[(code_point >> (4 * digit) & 15) as usize]));
}

/// Appends a code point below 128 as `unicode_escape` writes it, and everything else as hex.
fn push_escaped(out: &mut Vec<u8>, code_point: u32) {
    match u8::try_from(code_point) {
        Ok(b'\\') => out.extend_from_slice(b"\\\\"),
        Ok(b'\t') => out.extend_from_slice(b"\\t"),
        Ok(b'\n') => out.extend_from_slice(b"\\n"),
        Ok(b'\r') => out.extend_from_slice(b"\\r"),
        Ok(byte @ b' '..=b'~') => out.push(byte),
        _ => push_hex(out, code_point),
    }
}

/// `text.encode('unicode_escape')`
pub fn encode_unicode(vm: &Vm, text: Gc<PyStr>) -> PyResult<Gc<PyBytes>> {
    let mut out = Vec::with_capacity(text.len());
    text.data().iter().for_each(|code_point| push_escaped(&mut out, code_point));
    vm.new_bytes(&out)
}

/// `text.encode('raw_unicode_escape')`
pub fn encode_raw_unicode(vm: &Vm, text: Gc<PyStr>) -> PyResult<Gc<PyBytes>> {
    let mut out = Vec::with_capacity(text.len());
    for code_point in text.data().iter() {
        match u8::try_from(code_point) {
            Ok(byte) => out.push(byte),
            Err(_) => push_hex(&mut out, code_point),
        }
    }
    vm.new_bytes(&out)
}

/// `codecs.escape_encode(data)`
pub fn encode_bytes(vm: &Vm, data: &[u8]) -> PyResult<Gc<PyBytes>> {
    let mut out = Vec::with_capacity(data.len());
    for &byte in data {
        match byte {
            b'\'' => out.extend_from_slice(b"\\'"),
            _ => push_escaped(&mut out, byte.into()),
        }
    }
    vm.new_bytes(&out)
}

/// What follows a backslash.
enum Escape {
    Character(u32),
    /// Nothing: the end of a line.
    Nothing,
    /// No escape that is known: both characters stand as they are.
    Unknown(u8),
    /// An octal number above 0o377, which is deprecated.
    LargeOctal(u32),
    /// A mistake that ends where the reader is.
    Wrong(&'static str),
    /// More must follow; at the end of the whole it is a mistake.
    Incomplete(&'static str),
}

/// Reads an escape; `at` is behind the backslash.
fn read_escape(bytes: &[u8], at: &mut usize) -> Escape {
    let Some(&letter) = bytes.get(*at) else { return Escape::Incomplete("\\ at end of string") };
    *at += 1;
    Escape::Character(match letter {
        b'\n' => return Escape::Nothing,
        b'\\' | b'\'' | b'"' => letter.into(),
        b'a' => 7,
        b'b' => 8,
        b't' => 9,
        b'n' => 10,
        b'v' => 11,
        b'f' => 12,
        b'r' => 13,
        b'0'..=b'7' => return read_octal(bytes, at, letter),
        b'x' => return read_hex(bytes, at, 2, "truncated \\xXX escape"),
        b'u' => return read_hex(bytes, at, 4, "truncated \\uXXXX escape"),
        b'U' => match read_hex(bytes, at, 8, "truncated \\UXXXXXXXX escape") {
            Escape::Character(code_point) if code_point > 0x10_ffff => {
                return Escape::Wrong("illegal Unicode character");
            }
            escape => return escape,
        },
        b'N' => return read_name(bytes, at),
        _ => return Escape::Unknown(letter),
    })
}

fn read_octal(bytes: &[u8], at: &mut usize, first: u8) -> Escape {
    let mut value = u32::from(first - b'0');
    for _ in 0..2 {
        let Some(&digit @ b'0'..=b'7') = bytes.get(*at) else { break };
        value = value << 3 | u32::from(digit - b'0');
        *at += 1;
    }
    if value > 0o377 { Escape::LargeOctal(value) } else { Escape::Character(value) }
}

fn read_hex(bytes: &[u8], at: &mut usize, digits: usize, reason: &'static str) -> Escape {
    let mut value = 0u32;
    for _ in 0..digits {
        let Some(&byte) = bytes.get(*at) else { return Escape::Incomplete(reason) };
        let Some(digit) = char::from(byte).to_digit(16) else { return Escape::Wrong(reason) };
        value = value << 4 | digit;
        *at += 1;
    }
    Escape::Character(value)
}

fn read_name(bytes: &[u8], at: &mut usize) -> Escape {
    const MALFORMED: &str = "malformed \\N character escape";
    match bytes.get(*at) {
        None => return Escape::Incomplete(MALFORMED),
        Some(b'{') => *at += 1,
        Some(_) => return Escape::Wrong(MALFORMED),
    }
    let start = *at;
    let Some(len) = memchr::memchr(b'}', &bytes[start..]) else {
        *at = bytes.len();
        return Escape::Incomplete(MALFORMED);
    };
    *at = start + len;
    if len == 0 {
        return Escape::Wrong(MALFORMED);
    }
    *at += 1;
    let name = std::str::from_utf8(&bytes[start..start + len]).ok();
    match name.and_then(kaa_text::names::character_by_name) {
        Some(character) => Escape::Character(character.into()),
        None => Escape::Wrong("unknown Unicode character name"),
    }
}

/// The first escape of a text that should not be there.
struct Invalid(Option<String>);

impl Invalid {
    fn note(&mut self, escape: impl FnOnce() -> String) {
        self.0.get_or_insert_with(escape);
    }

    /// Warns of it.
    fn warn(self, vm: &Vm) -> PyResult<()> {
        let (Some(text), Some(warn)) = (self.0, vm.hooks.warn.get()) else { return Ok(()) };
        warn(vm, vm.exceptions().DeprecationWarning.value(), &text, 1)
    }

    fn note_unknown(&mut self, prefix: &str, letter: u8) {
        let letter = char::from(letter);
        self.note(|| {
            format!(
                "{prefix}\"\\{letter}\" is an invalid escape sequence. Such sequences will not work in the future. "
            )
        });
    }

    fn note_octal(&mut self, prefix: &str, value: u32) {
        self.note(|| format!(
            "{prefix}\"\\{value:o}\" is an invalid octal escape sequence. Such sequences will not work in the future. "
        ));
    }
}

/// `unicode_escape`: the text, and how many bytes were used: all when they are the `whole`, else
/// those before an escape that does not end.
pub fn decode_unicode(vm: &Vm, bytes: &[u8], errors: &Errors, whole: bool) -> PyResult<(Gc<PyStr>, usize)> {
    let (mut handler, mut bytes) = (Handler::new(errors), bytes);
    let mut out = StrBuilder::with_capacity(bytes.len());
    let mut invalid = Invalid(None);
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        if bytes[start] != b'\\' {
            out.push(bytes[start].into());
            continue;
        }
        let reason = match read_escape(bytes, &mut at) {
            Escape::Nothing => continue,
            Escape::Character(code_point) => {
                out.push(code_point);
                continue;
            }
            Escape::LargeOctal(value) => {
                invalid.note_octal("", value);
                out.push(value);
                continue;
            }
            Escape::Unknown(letter) => {
                invalid.note_unknown("", letter);
                out.push(b'\\'.into());
                out.push(letter.into());
                continue;
            }
            Escape::Incomplete(_) if !whole => {
                at = start;
                break;
            }
            Escape::Incomplete(reason) | Escape::Wrong(reason) => reason,
        };
        let failure = DecodeFailure { encoding: "unicodeescape", bytes, start, end: at, reason };
        let resumed = failure.handle(vm, &mut handler)?;
        resumed.replacement.push_to(&mut out);
        (bytes, at) = (resumed.bytes, resumed.next);
    }
    invalid.warn(vm)?;
    Ok((out.finish(vm)?, at))
}

/// `raw_unicode_escape`, likewise.
pub fn decode_raw_unicode(vm: &Vm, bytes: &[u8], errors: &Errors, whole: bool) -> PyResult<(Gc<PyStr>, usize)> {
    let (mut handler, mut bytes) = (Handler::new(errors), bytes);
    let mut out = StrBuilder::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        if bytes[start] != b'\\' || at == bytes.len() && whole {
            out.push(bytes[start].into());
            continue;
        }
        let Some(&letter) = bytes.get(at) else {
            at = start;
            break;
        };
        at += 1;
        let escape = match letter {
            b'u' => read_hex(bytes, &mut at, 4, "truncated \\uXXXX escape"),
            b'U' => read_hex(bytes, &mut at, 8, "truncated \\UXXXXXXXX escape"),
            _ => {
                out.push(b'\\'.into());
                out.push(letter.into());
                continue;
            }
        };
        let reason = match escape {
            Escape::Character(code_point @ 0..=0x10_ffff) => {
                out.push(code_point);
                continue;
            }
            Escape::Incomplete(_) if !whole => {
                at = start;
                break;
            }
            Escape::Incomplete(reason) | Escape::Wrong(reason) => reason,
            _ => "\\Uxxxxxxxx out of range",
        };
        let failure = DecodeFailure { encoding: "rawunicodeescape", bytes, start, end: at, reason };
        let resumed = failure.handle(vm, &mut handler)?;
        resumed.replacement.push_to(&mut out);
        (bytes, at) = (resumed.bytes, resumed.next);
    }
    Ok((out.finish(vm)?, at))
}

/// `codecs.escape_decode(data, errors)`: bytes from the escapes of a bytes literal.
pub fn decode_bytes(vm: &Vm, bytes: &[u8], errors: Option<Gc<PyStr>>) -> PyResult<Gc<PyBytes>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut invalid = Invalid(None);
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        if bytes[start] != b'\\' {
            out.push(bytes[start]);
            continue;
        }
        // These are escapes of text only.
        let escape = match bytes.get(at) {
            Some(&letter @ (b'u' | b'U' | b'N')) => {
                at += 1;
                Escape::Unknown(letter)
            }
            _ => read_escape(bytes, &mut at),
        };
        match escape {
            Escape::Nothing => {}
            Escape::Character(code_point) => out.push(code_point as u8),
            Escape::LargeOctal(value) => {
                invalid.note_octal("b", value);
                out.push(value as u8);
            }
            Escape::Unknown(letter) => {
                invalid.note_unknown("b", letter);
                out.extend_from_slice(&[b'\\', letter]);
            }
            Escape::Incomplete(_) if at == start + 1 => return Err(vm.value_error("Trailing \\ in string")),
            Escape::Incomplete(_) | Escape::Wrong(_) => {
                match errors.map(|errors| errors.to_string_lossy()).as_deref() {
                    None | Some("strict") => {
                        return Err(vm.value_error(format_args!("invalid \\x escape at position {start}")));
                    }
                    Some("replace") => out.push(b'?'),
                    Some("ignore") => {}
                    Some(other) => {
                        return Err(
                            vm.value_error(format_args!("decoding error; unknown error handling code: {other}"))
                        );
                    }
                }
            }
        }
    }
    invalid.warn(vm)?;
    vm.new_bytes(&out)
}
