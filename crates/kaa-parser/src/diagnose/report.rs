//! From places to errors: columns in characters, and the line that is quoted, as CPython gives
//! them from the state of its tokenizer at the time.

use kaa_ast::Span;

use crate::error::characters;
use crate::lexer::{Bracket, Failure, Tokens};
use crate::token::Kind;
use crate::{ErrorKind, SyntaxError};

/// Where CPython's tokenizer stands after some tokens.
#[derive(Clone, Copy)]
struct State {
    line: i32,
    line_start: usize,
    cursor: usize,
}

pub(super) struct Reporter<'t, 'a> {
    lexed: &'t Tokens<'a>,
}

impl<'t, 'a> Reporter<'t, 'a> {
    pub(super) fn new(lexed: &'t Tokens<'a>) -> Self {
        Reporter { lexed }
    }

    /// An error at a place.
    pub(super) fn at(&self, place: Span, fill: u32, message: String) -> SyntaxError {
        let Span { line, col, end_line, end_col } = place;
        self.error(ErrorKind::SyntaxError, message, fill, (line, col + 1), (end_line, end_col + 1))
    }

    /// An error from a place to where the tokenizer stands.
    pub(super) fn from(&self, place: Span, fill: u32, message: String) -> SyntaxError {
        let state = self.state(fill);
        let end = (state.line, (state.cursor - state.line_start) as i32);
        self.error(ErrorKind::SyntaxError, message, fill, (place.line, place.col + 1), end)
    }

    /// An error at a token, usually the last that was read.
    pub(super) fn at_token(&self, kind: ErrorKind, token: u32, fill: u32, message: String) -> SyntaxError {
        let token = &self.lexed.tokens[token as usize];
        let place = token.span;
        let state = self.state(fill);
        let col = if place.col == -1 { (state.cursor - state.line_start) as i32 } else { place.col + 1 };
        let end_col = if place.end_col == -1 { -1 } else { place.end_col + 1 };
        self.error(kind, message, fill, (place.line, col), (place.end_line, end_col))
    }

    /// What ended the lexer's work, as an error. `Error` was the last token read.
    pub(super) fn lexer_failure(&self) -> SyntaxError {
        let fill = self.lexed.tokens.len() as u32;
        let last = fill - 1;
        let on_line = |kind, message: &str, col| {
            let line = self.lexed.last_line as i32;
            self.error(kind, message.into(), fill, (line, col), (line, 0))
        };
        match self.lexed.failure.as_ref().expect("a failure") {
            Failure::Syntax { message, line, offset, end_offset, line_start, .. } => {
                let text = self.line_at(*line_start as usize);
                SyntaxError {
                    kind: ErrorKind::SyntaxError,
                    message: message.clone(),
                    line: *line as i32,
                    offset: *offset,
                    end_line: *line as i32,
                    end_offset: *end_offset,
                    text: Some(text.strip_suffix('\n').unwrap_or(text).to_string()),
                    byte_columns: None,
                    warnings: Vec::new(),
                    metadata: None,
                }
            }
            Failure::EndOfFile => match self.lexed.brackets.last() {
                Some(bracket) => self.unclosed(bracket, fill),
                None => self.at_token(ErrorKind::SyntaxError, last, fill, "unexpected EOF while parsing".into()),
            },
            Failure::Dedent => {
                let message = "unindent does not match any outer indentation level".into();
                self.at_token(ErrorKind::IndentationError, last, fill, message)
            }
            Failure::Tabs => on_line(ErrorKind::TabError, "inconsistent use of tabs and spaces in indentation", 1),
            Failure::TooDeep => on_line(ErrorKind::IndentationError, "too many levels of indentation", 1),
            Failure::Continuation { column } => {
                let message = "unexpected character after line continuation character";
                on_line(ErrorKind::SyntaxError, message, *column as i32 + 1)
            }
        }
    }

    /// The error that an unfinished parse leaves when the rest of the source has one of its own,
    /// such as a bracket that is never closed.
    pub(super) fn error_of_rest(&self, fill: u32) -> Option<SyntaxError> {
        let failure = self.lexed.failure.as_ref()?;
        if self.lexed.open_fstrings > 0 {
            return None;
        }
        let error_line = self.lexed.tokens[fill as usize - 1].span.line as u32;
        let end = self.lexed.tokens.len() as u32;
        match failure {
            Failure::Syntax { .. } => Some(self.lexer_failure()),
            _ => {
                let bracket = self.lexed.brackets.last()?;
                (error_line > bracket.line).then(|| self.unclosed(bracket, end))
            }
        }
    }

    fn unclosed(&self, bracket: &Bracket, fill: u32) -> SyntaxError {
        let message = format!("'{}' was never closed", bracket.char as char);
        let line = bracket.line as i32;
        self.error(ErrorKind::SyntaxError, message, fill, (line, bracket.col as i32 + 1), (line, 0))
    }

    pub(super) fn too_complex() -> SyntaxError {
        SyntaxError {
            kind: ErrorKind::MemoryError,
            ..SyntaxError::without_place("Parser stack overflowed - Python source too complex to parse")
        }
    }

    /// An error with columns in bytes, counted from 1; 0 and -1 stay what they are.
    pub(super) fn error(
        &self,
        kind: ErrorKind,
        message: String,
        fill: u32,
        (line, col): (i32, i32),
        (end_line, end_col): (i32, i32),
    ) -> SyntaxError {
        let text = self.text(line, fill);
        SyntaxError {
            kind,
            message,
            line,
            offset: characters(text, col),
            end_line,
            end_offset: if end_col > 0 { characters(text, end_col) } else { end_col },
            text: Some(text.to_string()),
            byte_columns: Some((col, end_col)),
            warnings: Vec::new(),
            metadata: None,
        }
    }

    /// The line that an error quotes: with its newline if it is the one being read.
    fn text(&self, line: i32, fill: u32) -> &'a str {
        let state = self.state(fill);
        if fill as usize == self.lexed.tokens.len()
            && let Some(Failure::Syntax { end_of_source: true, line_start, .. }) = self.lexed.failure
        {
            // A string without an end: what is being read is all of it.
            return &self.lexed.source[line_start as usize..];
        }
        if state.line <= line {
            return self.line_at(state.line_start);
        }
        let mut start = 0;
        for _ in 1..line {
            match memchr::memchr(b'\n', &self.lexed.source.as_bytes()[start..]) {
                Some(length) => start += length + 1,
                None => break,
            }
        }
        let text = self.line_at(start);
        text.strip_suffix('\n').unwrap_or(text)
    }

    fn line_at(&self, start: usize) -> &'a str {
        let rest = &self.lexed.source[start..];
        let end = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |length| length + 1);
        &rest[..end]
    }

    fn state(&self, fill: u32) -> State {
        let Some(token) = (fill as usize).checked_sub(1).map(|last| &self.lexed.tokens[last]) else {
            return State { line: 0, line_start: 0, cursor: 0 };
        };
        if !token.has_column() {
            // At the end of the source, the last line stays the current one.
            let cursor = token.start as usize;
            let before = &self.lexed.source.as_bytes()[..cursor];
            let before = match before.last() {
                Some(b'\n') if cursor == self.lexed.source.len() || token.kind == Kind::Error => &before[..cursor - 1],
                _ => before,
            };
            let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
            return State { line: token.span.line, line_start, cursor };
        }
        let cursor = token.lexer_offset();
        State { line: token.span.end_line, line_start: cursor - token.span.end_col as usize, cursor }
    }
}
