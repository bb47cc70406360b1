//! The values of string literals: quotes, prefixes and escapes.

use std::borrow::Cow;

use kaa_text::{names, wtf8};

use crate::token::StringForm;

/// A string or bytes literal, taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Literal<'s> {
    pub bytes: bool,
    pub raw: bool,
    /// What stands between the quotes.
    pub body: &'s str,
}

/// Takes the text of a `STRING` token apart.
pub(crate) fn split(text: &str, form: StringForm) -> Literal<'_> {
    let body = &text[form.prefix() + form.quotes()..text.len() - form.quotes()];
    let raw = form.has(StringForm::RAW) || !form.has(StringForm::BACKSLASH);
    Literal { bytes: form.has(StringForm::BYTES), raw, body }
}

/// An escape that is no escape, of which Python warns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidEscape {
    /// Offset of what follows the backslash, in the body as CPython expands it.
    pub expanded_offset: usize,
    /// Offset of the same in the body itself.
    pub offset: usize,
    /// Three octal digits beyond `\377`.
    pub octal: bool,
}

/// Why a literal has no value, in CPython's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    Unicode(String),
    Value(String),
}

impl DecodeError {
    /// The message of the exception itself.
    pub(crate) fn reason(&self) -> &str {
        match self {
            DecodeError::Unicode(text) | DecodeError::Value(text) => text,
        }
    }

    /// The message of the `SyntaxError`.
    pub(crate) fn message(&self) -> String {
        match self {
            DecodeError::Unicode(text) => format!("(unicode error) {text}"),
            DecodeError::Value(text) => format!("(value error) {text}"),
        }
    }
}

type Decoded<'s> = (Cow<'s, [u8]>, Option<InvalidEscape>);

/// The value of the body of a string that is not raw, as generalized UTF-8.
pub(crate) fn decode_str(body: &str) -> Result<Decoded<'_>, DecodeError> {
    let Some(first) = memchr::memchr(b'\\', body.as_bytes()) else {
        return Ok((Cow::Borrowed(body.as_bytes()), None));
    };
    let mut decoder = Decoder { body, pos: first, out: Vec::with_capacity(body.len()), invalid: None };
    decoder.out.extend_from_slice(&body.as_bytes()[..first]);
    decoder.run()?;
    Ok((Cow::Owned(decoder.out), decoder.invalid))
}

struct Decoder<'s> {
    body: &'s str,
    pos: usize,
    out: Vec<u8>,
    invalid: Option<InvalidEscape>,
}

impl Decoder<'_> {
    fn run(&mut self) -> Result<(), DecodeError> {
        let bytes = self.body.as_bytes();
        while self.pos < bytes.len() {
            if bytes[self.pos] == b'\\' {
                self.escape()?;
            } else {
                let end = memchr::memchr(b'\\', &bytes[self.pos..]).map_or(bytes.len(), |length| self.pos + length);
                self.out.extend_from_slice(&bytes[self.pos..end]);
                self.pos = end;
            }
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), DecodeError> {
        let bytes = self.body.as_bytes();
        let start = self.pos;
        let Some(&c) = bytes.get(start + 1) else {
            // Text before a replacement field may end in one.
            self.out.push(b'\\');
            self.pos += 1;
            return Ok(());
        };
        self.pos += 2;
        if let Some(plain) = simple_escape(c) {
            self.out.extend(plain);
            return Ok(());
        }
        match c {
            b'0'..=b'7' => {
                let (value, length) = octal(&bytes[start + 1..]);
                self.pos = start + 1 + length;
                if value > 0o377 {
                    self.invalid(start + 1, true);
                }
                wtf8::push_code_point(&mut self.out, value);
            }
            b'x' => self.hexadecimal(start, 2, "truncated \\xXX escape")?,
            b'u' => self.hexadecimal(start, 4, "truncated \\uXXXX escape")?,
            b'U' => self.hexadecimal(start, 8, "truncated \\UXXXXXXXX escape")?,
            b'N' => self.named(start)?,
            _ => {
                self.invalid(start + 1, false);
                self.out.push(b'\\');
                // What follows is text like any other, in one byte or several.
                self.pos = start + 1;
                let length = self.body[self.pos..].chars().next().map_or(0, char::len_utf8);
                self.out.extend_from_slice(&bytes[self.pos..self.pos + length]);
                self.pos += length;
            }
        }
        Ok(())
    }

    fn invalid(&mut self, offset: usize, octal: bool) {
        // CPython spells a backslash before a character beyond ASCII as an escape: no warning.
        if self.invalid.is_none() && self.body.as_bytes()[offset] < 0x80 {
            self.invalid = Some(InvalidEscape { expanded_offset: expanded(self.body, offset), offset, octal });
        }
    }

    fn hexadecimal(&mut self, start: usize, count: usize, message: &str) -> Result<(), DecodeError> {
        let digits = &self.body.as_bytes()[self.pos..];
        let length = digits.iter().take(count).take_while(|c| c.is_ascii_hexdigit()).count();
        if length < count {
            return Err(self.error(start, self.pos + length, message));
        }
        let code =
            digits[..count].iter().fold(0, |code, &c| code << 4 | (c as char).to_digit(16).expect("a hex digit"));
        self.pos += count;
        if code > 0x10ffff {
            return Err(self.error(start, self.pos, "illegal Unicode character"));
        }
        wtf8::push_code_point(&mut self.out, code);
        Ok(())
    }

    fn named(&mut self, start: usize) -> Result<(), DecodeError> {
        const MALFORMED: &str = "malformed \\N character escape";
        let rest = &self.body[self.pos..];
        if !rest.starts_with('{') {
            return Err(self.error(start, self.pos, MALFORMED));
        }
        let Some(close) = rest.find('}') else {
            return Err(self.error(start, self.body.len(), MALFORMED));
        };
        if close == 1 {
            return Err(self.error(start, self.pos + 1, MALFORMED));
        }
        self.pos += close + 1;
        match names::character_by_name(&rest[1..close]) {
            Some(c) => {
                self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                Ok(())
            }
            None => Err(self.error(start, self.pos, "unknown Unicode character name")),
        }
    }

    fn error(&self, start: usize, end: usize, reason: &str) -> DecodeError {
        let (start, end) = (expanded(self.body, start), expanded(self.body, end));
        let place = if end - start == 1 {
            format!("byte 0x5c in position {start}")
        } else {
            format!("bytes in position {start}-{}", end - 1)
        };
        DecodeError::Unicode(format!("'unicodeescape' codec can't decode {place}: {reason}"))
    }
}

/// The offset that CPython counts: it spells characters beyond ASCII as `\UXXXXXXXX` before it
/// decodes a string, and a backslash before one as `\u005c`.
fn expanded(body: &str, offset: usize) -> usize {
    let bytes = body.as_bytes();
    let mut length = 0;
    let mut i = 0;
    while i < offset {
        if bytes[i] == b'\\' {
            let next = bytes.get(i + 1).copied();
            length += 1;
            i += 1;
            if next.is_none_or(|c| c >= 0x80) {
                length += 5;
            } else if i < offset {
                length += 1;
                i += 1;
            }
        } else {
            // A character's later bytes count nothing.
            length += match bytes[i] {
                0..0x80 => 1,
                0x80..0xc0 => 0,
                _ => 10,
            };
            i += 1;
        }
    }
    length
}

/// The value of the body of a bytes literal that is not raw. The body is ASCII.
pub(crate) fn decode_bytes(body: &str) -> Result<Decoded<'_>, DecodeError> {
    let bytes = body.as_bytes();
    if !bytes.contains(&b'\\') {
        return Ok((Cow::Borrowed(bytes), None));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut invalid = None;
    let mut pos = 0;
    while let Some(&c) = bytes.get(pos) {
        pos += 1;
        if c != b'\\' {
            out.push(c);
            continue;
        }
        let Some(&c) = bytes.get(pos) else {
            return Err(DecodeError::Value("Trailing \\ in string".into()));
        };
        pos += 1;
        if let Some(plain) = simple_escape(c) {
            out.extend(plain);
            continue;
        }
        let mut warn = |octal| {
            let escape = InvalidEscape { expanded_offset: pos - 1, offset: pos - 1, octal };
            invalid.get_or_insert(escape);
        };
        match c {
            b'0'..=b'7' => {
                let (value, length) = octal(&bytes[pos - 1..]);
                if value > 0o377 {
                    warn(true);
                }
                pos += length - 1;
                out.push(value as u8);
            }
            b'x' => {
                let digit = |i: usize| bytes.get(i).and_then(|&c| (c as char).to_digit(16));
                let (Some(high), Some(low)) = (digit(pos), digit(pos + 1)) else {
                    return Err(DecodeError::Value(format!("invalid \\x escape at position {}", pos - 2)));
                };
                out.push((high << 4 | low) as u8);
                pos += 2;
            }
            _ => {
                warn(false);
                out.extend([b'\\', c]);
            }
        }
    }
    Ok((Cow::Owned(out), invalid))
}

/// The value of an escape of one letter; nothing for an escaped newline.
fn simple_escape(c: u8) -> Option<Option<u8>> {
    Some(Some(match c {
        b'\n' => return Some(None),
        b'\\' | b'\'' | b'"' => c,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'f' => 12,
        b'v' => 11,
        b'a' => 7,
        _ => return None,
    }))
}

/// The value of up to three octal digits, and how many there are.
fn octal(digits: &[u8]) -> (u32, usize) {
    let length = digits.iter().take(3).take_while(|c| matches!(c, b'0'..=b'7')).count();
    (digits[..length].iter().fold(0, |value, c| value << 3 | u32::from(c - b'0')), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> Vec<u8> {
        decode_str(body).expect("a value").0.into_owned()
    }

    fn failure(body: &str) -> String {
        decode_str(body).expect_err("an error").message()
    }

    #[test]
    fn decodes_text() {
        assert_eq!(text(r"a\n\x41\101\u20ac\U0001f40d\N{EURO SIGN}"), "a\nAA€🐍€".as_bytes());
        assert_eq!(text("a\\\nb"), b"ab");
        assert_eq!(text(r"\ud800"), [0xed, 0xa0, 0x80]);
        assert_eq!(text(r"\é"), r"\é".as_bytes());
    }

    #[test]
    fn reports_bad_escapes_where_cpython_does() {
        let codec = "(unicode error) 'unicodeescape' codec can't decode";
        assert_eq!(failure(r"\xz"), format!("{codec} bytes in position 0-1: truncated \\xXX escape"));
        assert_eq!(failure(r"é\xz"), format!("{codec} bytes in position 10-11: truncated \\xXX escape"));
        assert_eq!(failure(r"\N{foo}"), format!("{codec} bytes in position 0-6: unknown Unicode character name"));
        assert_eq!(failure(r"\Nx"), format!("{codec} bytes in position 0-1: malformed \\N character escape"));
        assert_eq!(failure(r"\U00110000"), format!("{codec} bytes in position 0-9: illegal Unicode character"));
        let error = decode_bytes(r"ab\xz").expect_err("an error").message();
        assert_eq!(error, "(value error) invalid \\x escape at position 2");
    }

    #[test]
    fn notes_the_first_invalid_escape() {
        let (value, invalid) = decode_str(r"ab\d\e").expect("a value");
        assert_eq!(&*value, br"ab\d\e");
        assert_eq!(invalid.map(|escape| (escape.offset, escape.octal)), Some((3, false)));
        let (value, invalid) = decode_bytes(r"\400").expect("a value");
        assert_eq!((&*value, invalid.map(|escape| escape.octal)), (&[0u8][..], Some(true)));
    }
}
