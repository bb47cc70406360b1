//! String literals without replacement fields: where they end.

use memchr::memchr2;

use super::scan;
use super::{Failure, Lexed, Lexer};
use crate::token::{Kind, StringForm};

/// Where a string begins, its prefix included, and its quotes.
#[derive(Clone, Copy)]
struct Opening {
    start: usize,
    line: u32,
    line_start: usize,
    quote: u8,
    /// Number of quotes: 1 or 3.
    size: u8,
}

impl Lexer<'_, '_> {
    /// A string with a prefix, or false when the letters are no prefix.
    pub(super) fn prefixed_string(&mut self, start: usize) -> Lexed<bool> {
        let (mut b, mut u, mut r, mut f, mut t) = (false, false, false, false, false);
        let mut pos = start;
        loop {
            let seen = match self.src.get(pos).map(|c| c | 0x20) {
                Some(b'b') => &mut b,
                Some(b'u') => &mut u,
                Some(b'r') => &mut r,
                Some(b'f') => &mut f,
                Some(b't') => &mut t,
                _ => return Ok(false),
            };
            if *seen {
                return Ok(false);
            }
            *seen = true;
            pos += 1;
            if matches!(self.src.get(pos), Some(b'\'' | b'"')) {
                break;
            }
        }
        let clash = match () {
            _ if u && b => Some(('u', 'b')),
            _ if u && r => Some(('u', 'r')),
            _ if u && f => Some(('u', 'f')),
            _ if u && t => Some(('u', 't')),
            _ if b && f => Some(('b', 'f')),
            _ if b && t => Some(('b', 't')),
            _ if f && t => Some(('f', 't')),
            _ => None,
        };
        if let Some((one, other)) = clash {
            self.pos = pos + 1;
            let (from, to) = (self.character_number(start), self.character_number(self.pos) - 1);
            let message = format!("'{one}' and '{other}' prefixes are incompatible");
            self.error_at(message, from, to)?;
        }
        self.pos = pos;
        let mut form = StringForm::default().with_prefix(pos - start);
        if r {
            form |= StringForm::RAW;
        }
        if b {
            form |= StringForm::BYTES;
        }
        if f || t {
            self.fstring_start(start, t, form)?;
        } else {
            self.string(start, form)?;
        }
        Ok(true)
    }

    /// A string whose opening quote is at the current position; `start` and `form` tell its prefix.
    pub(super) fn string(&mut self, start: usize, mut form: StringForm) -> Lexed {
        let quote = self.peek();
        let (line, line_start) = (self.line, self.line_start);
        let col = (start - line_start) as u32;
        let mut opening = Opening { start, line, line_start, quote, size: 1 };
        if self.peek_at(1) == quote && self.peek_at(2) == quote {
            self.pos += 3;
            opening.size = 3;
            return self.long_string(opening, form);
        }
        self.pos += 1;
        let mut escaped_quote = false;
        loop {
            let Some(found) = scan::find3(self.src, self.pos, quote, b'\\', b'\n') else {
                self.pos = self.src.len();
                return self.unterminated(opening, escaped_quote, true);
            };
            self.pos = found + 1;
            match self.src[found] {
                b'\n' => return self.unterminated(opening, escaped_quote, false),
                b'\\' => {
                    form |= StringForm::BACKSLASH;
                    match self.peek() {
                        b'\n' => {
                            self.pos += 1;
                            self.enter_line(true);
                        }
                        0 => {}
                        c => {
                            escaped_quote |= c == quote;
                            self.pos += 1;
                        }
                    }
                }
                _ => break,
            }
        }
        self.emit_string(Kind::String, form, start, line, col);
        Ok(())
    }

    fn long_string(&mut self, opening: Opening, mut form: StringForm) -> Lexed {
        let Opening { start, line, line_start, quote, .. } = opening;
        let col = (start - line_start) as u32;
        form |= StringForm::LONG;
        let body = self.pos;
        loop {
            let Some(length) = memchr2(quote, b'\\', &self.src[self.pos..]) else {
                self.pos = self.src.len();
                self.count_lines(body);
                return self.unterminated(opening, false, true);
            };
            self.pos += length + 1;
            if self.src[self.pos - 1] == b'\\' {
                form |= StringForm::BACKSLASH;
                self.pos = (self.pos + 1).min(self.src.len());
            } else if self.peek() == quote && self.peek_at(1) == quote {
                self.pos += 2;
                break;
            }
        }
        self.count_lines(body);
        self.emit_string(Kind::String, form, start, line, col);
        Ok(())
    }

    /// Steps over the newlines between an offset and the current position.
    pub(super) fn count_lines(&mut self, from: usize) {
        // One at the end of the source begins no line.
        let end = self.pos.min(self.src.len() - 1);
        let text = self.src.get(from..end).unwrap_or_default();
        if let Some(last) = memchr::memrchr(b'\n', text) {
            self.line += memchr::memchr_iter(b'\n', text).count() as u32;
            self.line_start = from + last + 1;
        }
    }

    fn unterminated(&mut self, opening: Opening, escaped_quote: bool, at_end: bool) -> Lexed {
        let Opening { start, line, line_start, quote, size } = opening;
        let detected = self.line;
        self.pos = start + 1;
        self.line = line;
        self.line_start = line_start;
        if let Some(fstring) = self.fstrings.last()
            && fstring.quote == quote
            && fstring.quote_size == size
        {
            let letter = fstring.letter();
            return self.error(format!("{letter}-string: expecting '}}'"));
        }
        let kind = if size == 3 { "triple-quoted string" } else { "string" };
        let hint = if escaped_quote { "; perhaps you escaped the end quote?" } else { "" };
        let result = self.error(format!("unterminated {kind} literal (detected at line {detected}){hint}"));
        if let Some(Failure::Syntax { end_of_source, .. }) = &mut self.out.failure {
            *end_of_source = at_end;
        }
        result
    }
}
