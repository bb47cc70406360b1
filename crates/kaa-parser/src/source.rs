//! From the bytes of a file to the text that the lexer reads: byte order mark, coding cookie
//! (PEP 263), newlines.

use std::borrow::Cow;

use kaa_ast::Arena;

use crate::{Mode, SyntaxError};

/// The text with `\n` for every line's end, and in a file one at the end of the last line too.
pub(crate) fn normalize<'a>(source: &'a str, arena: &'a Arena, mode: Mode) -> &'a str {
    let add_newline = mode == Mode::Exec && !source.ends_with(['\n', '\r']);
    let has_returns = memchr::memchr(b'\r', source.as_bytes()).is_some();
    if !add_newline && !has_returns {
        return source;
    }
    let mut text = String::with_capacity(source.len() + 1);
    if has_returns {
        text.push_str(&source.replace("\r\n", "\n").replace('\r', "\n"));
    } else {
        text.push_str(source);
    }
    if add_newline {
        text.push('\n');
    }
    arena.alloc_str(&text)
}

/// Decodes bytes by the codec of the name that a cookie gave, or says why it cannot, in the words
/// of Python's exception.
pub type Codec<'c> = &'c mut dyn FnMut(&str, &[u8]) -> Result<String, String>;

/// A source as text.
#[derive(Debug)]
pub struct DecodedSource<'s> {
    /// Borrowed where the bytes were UTF-8.
    pub text: Cow<'s, str>,
    /// The encoding that the source names, in the spelling that CPython's tokenizer uses.
    pub encoding: Option<String>,
}

/// Turns the bytes of a source into text.
///
/// `filename` is given for a source that is read from a file: some messages name it. Encodings
/// other than UTF-8, Latin-1 and ASCII are left to `codec`.
pub fn decode_source<'s>(
    bytes: &'s [u8],
    filename: Option<&str>,
    codec: Codec,
) -> Result<DecodedSource<'s>, SyntaxError> {
    if let Some(null) = memchr::memchr(0, bytes) {
        return Err(null_byte(bytes, null, filename));
    }
    let (bom, bytes) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    // CPython translates newlines before anything else, and counts from there.
    let bytes = match memchr::memchr(b'\r', bytes) {
        Some(_) => Cow::Owned(translate_newlines(bytes)),
        None => Cow::Borrowed(bytes),
    };
    let encoding = match coding_cookie(&bytes) {
        Some((name, line)) if bom && name != "utf-8" => return Err(bom_clash(&bytes, &name, line)),
        Some((name, _)) => Some(name),
        None => bom.then(|| "utf-8".to_string()),
    };
    let text = match encoding.as_deref() {
        None | Some("utf-8") => {
            let is_declared = encoding.is_some() && !bom;
            match bytes {
                Cow::Borrowed(bytes) => Cow::Borrowed(utf8(bytes, filename, is_declared)?),
                Cow::Owned(bytes) => Cow::Owned(utf8(&bytes, filename, is_declared)?.to_owned()),
            }
        }
        Some(name) => translate(bytes, name, codec)?,
    };
    Ok(DecodedSource { text, encoding })
}

fn translate_newlines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(end) = memchr::memchr(b'\r', rest) {
        out.extend_from_slice(&rest[..end]);
        out.push(b'\n');
        rest = &rest[end + 1..];
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    out.extend_from_slice(rest);
    out
}

/// Bytes that are known to be UTF-8 as text.
fn into_text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

fn translate<'s>(bytes: Cow<'s, [u8]>, name: &str, codec: Codec) -> Result<Cow<'s, str>, SyntaxError> {
    match name.to_ascii_lowercase().replace('_', "-").as_str() {
        "iso-8859-1" | "latin1" | "iso8859-1" | "l1" | "8859" | "cp819" => {
            Ok(Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()))
        }
        "ascii" | "us-ascii" | "646" => match bytes.iter().position(|byte| !byte.is_ascii()) {
            None => Ok(into_text(bytes)),
            Some(at) => Err(SyntaxError::without_place(format!(
                "'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not in range(128)",
                bytes[at]
            ))),
        },
        "utf8" | "u8" | "utf" | "cp65001" => match std::str::from_utf8(&bytes).err() {
            None => Ok(into_text(bytes)),
            Some(error) => Err(SyntaxError::without_place(utf8_error(&bytes, error))),
        },
        _ => codec(name, &bytes).map(Cow::Owned).map_err(SyntaxError::without_place),
    }
}

/// Checks that a source is UTF-8.
fn utf8<'b>(bytes: &'b [u8], filename: Option<&str>, declared: bool) -> Result<&'b str, SyntaxError> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let bad = error.valid_up_to();
    let (number, start, line) = line_of(bytes, bad);
    let text = String::from_utf8_lossy(line).into_owned();
    let col = String::from_utf8_lossy(&line[..bad - start]).chars().count() as i32 + 1;
    let message = match filename {
        // A file that declares UTF-8 is decoded line by line.
        Some(_) if declared => {
            let error = std::str::from_utf8(line).expect_err("the line with the error");
            format!("(unicode error) {}", utf8_error(line, error))
        }
        _ => {
            let file = filename.map_or(String::new(), |name| format!(" in file {name}"));
            format!(
                "Non-UTF-8 code starting with '\\x{:02x}'{file} on line {number}, but no encoding declared; \
                 see https://peps.python.org/pep-0263/ for details",
                bytes[bad]
            )
        }
    };
    Err(placed(message, number, (col, col), text))
}

/// The message of Python's `UnicodeDecodeError`.
fn utf8_error(bytes: &[u8], error: std::str::Utf8Error) -> String {
    let start = error.valid_up_to();
    let rest = &bytes[start..];
    let (length, reason) = match error.error_len() {
        None => (rest.len(), "unexpected end of data"),
        Some(length) if matches!(rest[0], 0xc2..=0xf4) => (length, "invalid continuation byte"),
        Some(length) => (length, "invalid start byte"),
    };
    if length == 1 {
        format!("'utf-8' codec can't decode byte 0x{:02x} in position {start}: {reason}", rest[0])
    } else {
        format!("'utf-8' codec can't decode bytes in position {start}-{}: {reason}", start + length - 1)
    }
}

/// Number, offset and bytes of the line of an offset.
fn line_of(bytes: &[u8], offset: usize) -> (i32, usize, &[u8]) {
    let start = memchr::memrchr(b'\n', &bytes[..offset]).map_or(0, |newline| newline + 1);
    let number = memchr::memchr_iter(b'\n', &bytes[..start]).count() as i32 + 1;
    let end = memchr::memchr2(b'\n', b'\r', &bytes[offset..]).map_or(bytes.len(), |length| offset + length);
    (number, start, &bytes[start..end])
}

fn placed(message: String, line: i32, (offset, end_offset): (i32, i32), text: String) -> SyntaxError {
    let error = SyntaxError::without_place(message);
    SyntaxError { line, offset, end_line: line, end_offset, text: Some(text), ..error }
}

fn null_byte(bytes: &[u8], null: usize, filename: Option<&str>) -> SyntaxError {
    if filename.is_none() {
        return SyntaxError::without_place("source code string cannot contain null bytes");
    }
    let (number, start, _) = line_of(bytes, null);
    let text = String::from_utf8_lossy(&bytes[start..null]).into_owned();
    placed("source code cannot contain null bytes".into(), number, (0, 0), text)
}

fn bom_clash(bytes: &[u8], name: &str, line: usize) -> SyntaxError {
    let text = bytes.split(|&byte| byte == b'\n').nth(line).unwrap_or_default();
    let text = String::from_utf8_lossy(text).into_owned();
    let end = text.chars().count() as i32;
    placed(format!("encoding problem: {name} with BOM"), line as i32 + 1, (0, end), text)
}

/// The encoding that a comment on one of the first two lines declares, and which line that is.
fn coding_cookie(bytes: &[u8]) -> Option<(String, usize)> {
    let mut rest = bytes;
    for number in 0..2 {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        let code = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
        match code {
            None => {}
            Some(code) if line[code] == b'#' => {
                if let Some(name) = cookie_in(&line[code..]) {
                    return Some((normal_name(name), number));
                }
            }
            Some(_) => return None,
        }
    }
    None
}

fn cookie_in(comment: &[u8]) -> Option<&str> {
    memchr::memmem::find_iter(comment, b"coding").find_map(|at| {
        let rest = comment[at + 6..].strip_prefix(b":").or_else(|| comment[at + 6..].strip_prefix(b"="))?;
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let rest = &rest[blanks..];
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let length = rest.iter().take_while(|byte| is_name(byte)).count();
        std::str::from_utf8(&rest[..length]).ok().filter(|name| !name.is_empty())
    })
}

/// One spelling for the common encodings.
fn normal_name(name: &str) -> String {
    let start: String = name.chars().take(12).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    let is = |known: &str| start == known || start.strip_prefix(known).is_some_and(|rest| rest.starts_with('-'));
    if is("utf-8") {
        "utf-8".into()
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1".into()
    } else {
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<String, SyntaxError> {
        let mut codec = |name: &str, _: &[u8]| Err(format!("unknown encoding: {name}"));
        decode_source(bytes, None, &mut codec).map(|source| source.text.into_owned())
    }

    fn message(bytes: &[u8]) -> String {
        let error = decode(bytes).expect_err("an error");
        format!("{} {} {} {:?}", error.message, error.line, error.offset, error.text)
    }

    #[test]
    fn reads_cookies() {
        for (text, name) in [
            (&b"# coding: latin-1\nx"[..], Some("iso-8859-1")),
            (b"\n# -*- coding: cp1252 -*-\n", Some("cp1252")),
            (b"# vim: set fileencoding=UTF_8 :\n", Some("utf-8")),
            (b"#!/bin/sh\n\x0c # coding=big5\n", Some("big5")),
            (b"\n\n# coding: latin-1\n", None),
            (b"x # coding: latin-1\n", None),
            (b"x\n# coding: latin-1\n", None),
            (b"# coding:\nx", None),
        ] {
            assert_eq!(coding_cookie(text).map(|(name, _)| name).as_deref(), name, "{text:?}");
        }
    }

    #[test]
    fn decodes() {
        assert_eq!(decode(b"\xef\xbb\xbfx").as_deref(), Ok("x"));
        assert_eq!(decode(b"# coding: Latin-1-unix\n'\xe9'").as_deref(), Ok("# coding: Latin-1-unix\n'é'"));
        assert_eq!(decode(b"\r# coding: latin-1\r\n'\xe9'").as_deref(), Ok("\n# coding: latin-1\n'é'"));
        assert_eq!(decode("é".as_bytes()).as_deref(), Ok("é"));
    }

    #[test]
    fn reports_what_cannot_be_decoded() {
        let rest = "but no encoding declared; see https://peps.python.org/pep-0263/ for details";
        assert_eq!(
            message(b"x\n\ny = '\xe9'\n"),
            format!("Non-UTF-8 code starting with '\\xe9' on line 3, {rest} 3 6 Some(\"y = '\u{fffd}'\")")
        );
        assert_eq!(message(b"# coding: foo\nx"), "unknown encoding: foo 0 -1 None");
        assert_eq!(
            message(b"\xef\xbb\xbf# coding: latin-1\nx"),
            "encoding problem: iso-8859-1 with BOM 1 0 Some(\"# coding: latin-1\")"
        );
        assert_eq!(
            message(b"#coding:utf8\n'\xe9'"),
            "'utf-8' codec can't decode byte 0xe9 in position 14: invalid continuation byte 0 -1 None"
        );
        assert_eq!(message(b"a\0b"), "source code string cannot contain null bytes 0 -1 None");
    }
}
