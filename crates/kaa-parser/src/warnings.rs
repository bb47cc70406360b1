//! Warnings of the lexer and of string literals, in the order of the source.

use crate::lexer::{LexWarning, Tokens};
use crate::parser::EscapeWarning;
use crate::{ErrorKind, SyntaxError, SyntaxWarning};

/// All warnings of a parse.
pub(crate) fn collect(lexed: &Tokens, escapes: &[EscapeWarning]) -> Vec<SyntaxWarning> {
    let mut warnings: Vec<(u32, SyntaxWarning)> = Vec::new();
    warnings.extend(lexed.warnings.iter().map(|warning| (warning.token, of_lexer(lexed, warning))));
    // Those of an f-string that did not end have no token, and are not reported.
    let escapes = escapes.iter().filter(|warning| (warning.token as usize) < lexed.tokens.len());
    warnings.extend(escapes.map(|warning| (warning.token, of_escape(lexed, warning))));
    warnings.sort_by_key(|(token, _)| *token);
    warnings.into_iter().map(|(_, warning)| warning).collect()
}

fn line_of(source: &str, offset: usize) -> (usize, &str) {
    let start = source[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let end = source[offset..].find('\n').map_or(source.len(), |length| offset + length);
    (start, &source[start..end])
}

fn of_lexer(lexed: &Tokens, warning: &LexWarning) -> SyntaxWarning {
    let (start, text) = line_of(lexed.source, warning.offset as usize);
    let offset = lexed.source[start..warning.offset as usize].chars().count() as i32;
    let line = warning.line as i32;
    let as_error = SyntaxError {
        kind: ErrorKind::SyntaxError,
        message: warning.error_message.clone(),
        line,
        offset,
        end_line: line,
        end_offset: offset,
        text: Some(text.to_string()),
        byte_columns: None,
        warnings: Vec::new(),
        metadata: None,
    };
    SyntaxWarning { message: warning.message.clone(), line: warning.line, as_error: Box::new(as_error) }
}

/// The warning of an escape sequence.
pub(crate) fn of_escape(lexed: &Tokens, warning: &EscapeWarning) -> SyntaxWarning {
    let token = &lexed.tokens[warning.token as usize];
    let at = warning.body as usize + warning.escape.offset;
    let rest = &lexed.source[at..];
    let length = if warning.escape.octal { 3 } else { rest.chars().next().map_or(0, char::len_utf8) };
    let escape = &rest[..length];
    let kind = if warning.escape.octal { "octal escape" } else { "escape" };
    let body = &lexed.source[warning.body as usize..at];
    let first_line = token.span.line as u32;
    let line = first_line + body.matches('\n').count() as u32;
    // CPython counts columns in the literal's expanded form, from the token's first quotes on.
    let mut col = match body.rfind('\n') {
        Some(newline) => (body.len() - newline - 1) as i32,
        None => token.span.col + warning.escape.expanded_offset as i32,
    };
    if line == first_line {
        let text = &lexed.source[token.start as usize..token.end as usize];
        let quotes = text.chars().next().filter(|c| matches!(c, '\'' | '"'));
        col += quotes.map_or(0, |quote| text.chars().take_while(|&c| c == quote).count() as i32);
    }
    let (_, text) = line_of(lexed.source, at);
    let as_error = SyntaxError {
        kind: ErrorKind::SyntaxError,
        message: format!(
            "\"\\{escape}\" is an invalid {kind} sequence. Did you mean \"\\\\{escape}\"? A raw string is also an option."
        ),
        line: line as i32,
        offset: col,
        end_line: line as i32,
        end_offset: col + 2,
        text: Some(text.to_string()),
        byte_columns: None,
        warnings: Vec::new(),
        metadata: None,
    };
    let message = format!(
        "\"\\{escape}\" is an invalid {kind} sequence. Such sequences will not work in the future. \
         Did you mean \"\\\\{escape}\"? A raw string is also an option."
    );
    SyntaxWarning { message, line, as_error: Box::new(as_error) }
}
