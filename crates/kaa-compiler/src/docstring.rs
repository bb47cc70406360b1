//! Docstrings: which statement is one, and how it is stored.

use crate::errors::{CompileError, ErrorKind, Fallible};
use kaa_ast::{Constant, ExprKind, Stmt, StmtKind};
use kaa_text::wtf8::code_points;
use memchr::{memchr, memchr_iter};
use std::borrow::Cow;

/// The docstring of a body: the text of a first statement that is nothing but a string.
pub fn of<'a>(body: &[Stmt<'a>]) -> Option<&'a [u8]> {
    let StmtKind::Expr { value } = body.first()?.kind else { return None };
    match value.kind {
        ExprKind::Constant { value: Constant::Str(text), .. } => Some(text),
        _ => None,
    }
}

/// A docstring as it is stored: tabs expanded, the indentation common to all lines but the first
/// removed, and all of it from the first. Unlike `inspect.cleandoc` this keeps blank lines at both
/// ends, so that line numbers inside stay what they are.
///
/// A docstring that has no UTF-8 encoding, because of lone surrogates, is an error.
pub fn clean(text: &[u8]) -> Fallible<Cow<'_, [u8]>> {
    let text = expand_tabs(text);
    check_encodable(&text)?;
    let margin = memchr_iter(b'\n', &text)
        .map(|newline| indentation(&text[newline + 1..]))
        // Blank lines do not count.
        .filter(|&(_, first)| first.is_some_and(|first| first != b'\n'))
        .map(|(indentation, _)| indentation)
        .min()
        .unwrap_or(0);
    if margin == 0 && text.first() != Some(&b' ') {
        return Ok(text);
    }
    let mut cleaned = Vec::with_capacity(text.len());
    let mut rest = &text[indentation(&text).0..];
    while let Some(newline) = memchr(b'\n', rest) {
        cleaned.extend_from_slice(&rest[..=newline]);
        rest = &rest[newline + 1..];
        rest = &rest[indentation(rest).0.min(margin)..];
    }
    cleaned.extend_from_slice(rest);
    Ok(Cow::Owned(cleaned))
}

/// How many spaces a text begins with, and what follows them.
fn indentation(text: &[u8]) -> (usize, Option<u8>) {
    match text.iter().position(|&byte| byte != b' ') {
        Some(position) => (position, Some(text[position])),
        None => (text.len(), None),
    }
}

/// Refuses lone surrogates, with the words of `UnicodeEncodeError`.
fn check_encodable(text: &[u8]) -> Fallible {
    // All that is not a surrogate is UTF-8.
    if std::str::from_utf8(text).is_ok() {
        return Ok(());
    }
    let mut code_points = code_points(text).enumerate().skip_while(|(_, code)| !is_surrogate(*code));
    let Some((start, first)) = code_points.next() else { return Ok(()) };
    let end = start + 1 + code_points.take_while(|(_, code)| is_surrogate(*code)).count();
    let which = match end - start {
        1 => format!("character '\\u{first:04x}' in position {start}"),
        _ => format!("characters in position {start}-{}", end - 1),
    };
    let message = format!("'utf-8' codec can't encode {which}: surrogates not allowed");
    let unencodable = Some((text.into(), start, end));
    Err(Box::new(CompileError { unencodable, ..CompileError::new(ErrorKind::UnicodeEncode, message) }))
}

fn is_surrogate(code: u32) -> bool {
    (0xd800..0xe000).contains(&code)
}

/// Replaces tabs by spaces up to the next multiple of eight columns. Columns count code points.
fn expand_tabs(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\t', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut expanded = Vec::with_capacity(text.len() + 64);
    let mut column = 0;
    for &byte in text {
        match byte {
            b'\t' => {
                let spaces = 8 - column % 8;
                expanded.resize(expanded.len() + spaces, b' ');
                column += spaces;
            }
            b'\n' | b'\r' => {
                expanded.push(byte);
                column = 0;
            }
            // Bytes that continue a code point have no width.
            0x80..=0xbf => expanded.push(byte),
            _ => {
                expanded.push(byte);
                column += 1;
            }
        }
    }
    Cow::Owned(expanded)
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn indentation() {
        let cases: &[(&str, &str)] = &[
            ("one line", "one line"),
            ("  one line  ", "one line  "),
            ("a\n    b\n      c\n    ", "a\nb\n  c\n"),
            ("\n    a\n\n    b\n", "\na\n\nb\n"),
            ("a\n\tb\n        c", "a\nb\nc"),
            ("a\n  ä\tb\n   c", "a\nä     b\n c"),
            ("a\n   \n", "a\n   \n"),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text.as_bytes()).unwrap(), expected.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn surrogates() {
        let message = |text: &[u8]| clean(text).unwrap_err().message;
        let one = message(b"ab\xed\xa0\x80c");
        assert_eq!(one, "'utf-8' codec can't encode character '\\ud800' in position 2: surrogates not allowed");
        let two = message(b"\xed\xa0\x80\xed\xb0\x80");
        assert_eq!(two, "'utf-8' codec can't encode characters in position 0-1: surrogates not allowed");
    }
}
