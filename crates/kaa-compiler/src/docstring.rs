//! Docstrings: which statement is one, and how it is stored.

use kaa_ast::{Constant, ExprKind, Stmt, StmtKind};
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
pub fn clean(text: &[u8]) -> Cow<'_, [u8]> {
    let text = expand_tabs(text);
    let margin = text
        .split(|&byte| byte == b'\n')
        .skip(1)
        .filter_map(|line| line.iter().position(|&byte| byte != b' '))
        .min()
        .unwrap_or(0);
    if margin == 0 && text.first() != Some(&b' ') {
        return text;
    }
    let mut cleaned = Vec::with_capacity(text.len());
    for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let indentation = line.iter().take_while(|&&byte| byte == b' ').count();
        if number == 0 {
            cleaned.extend_from_slice(&line[indentation..]);
        } else {
            cleaned.push(b'\n');
            cleaned.extend_from_slice(&line[indentation.min(margin)..]);
        }
    }
    Cow::Owned(cleaned)
}

/// Replaces tabs by spaces up to the next multiple of eight columns. Columns count code points.
fn expand_tabs(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\t') {
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
