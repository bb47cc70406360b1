//! f-strings and t-strings (PEP 701, PEP 750): the text between their replacement fields.

use super::{FString, Failure, Lexed, Lexer, MAX_FSTRINGS};
use crate::token::{Kind, StringForm};

/// How deep format specifications may nest.
const MAX_FIELD_NESTING: i32 = 3;

impl FString {
    pub(super) fn letter(&self) -> char {
        if self.template { 't' } else { 'f' }
    }

    fn middle(&self) -> Kind {
        if self.template { Kind::TStringMiddle } else { Kind::FStringMiddle }
    }
}

impl Lexer<'_, '_> {
    /// Opens an f-string whose first quote is at the current position.
    pub(super) fn fstring_start(&mut self, start: usize, template: bool, form: StringForm) -> Lexed {
        let quote = self.peek();
        let triple = self.peek_at(1) == quote && self.peek_at(2) == quote;
        let quote_size = if triple { 3 } else { 1 };
        self.pos += usize::from(quote_size);
        if self.fstrings.len() + 1 >= MAX_FSTRINGS {
            return self.error("too many nested f-strings or t-strings");
        }
        self.fstrings.push(FString {
            template,
            raw: form.has(StringForm::RAW),
            quote,
            quote_size,
            start,
            line: self.line,
            line_start: self.line_start,
            depth: 0,
            field_depth: -1,
            in_format_spec: false,
        });
        let (line, col) = (self.line, (start - self.line_start) as u32);
        self.in_text = true;
        self.emit_string(if template { Kind::TStringStart } else { Kind::FStringStart }, form, start, line, col);
        Ok(())
    }

    fn open(&mut self) -> &mut FString {
        self.fstrings.last_mut().expect("an open f-string")
    }

    /// Switches to the tokens of a replacement field.
    fn enter_field(&mut self) -> Lexed {
        let fstring = self.open();
        fstring.field_depth += 1;
        if fstring.field_depth >= MAX_FIELD_NESTING {
            let letter = fstring.letter();
            return self.error(format!("{letter}-string: expressions nested too deeply"));
        }
        self.in_text = false;
        Ok(())
    }

    /// Reads one token of an open f-string: its end, or text up to a field.
    pub(super) fn fstring_part(&mut self) -> Lexed {
        let start = self.pos;
        if self.peek() == b'{' && self.peek_at(1) != b'{' {
            self.enter_field()?;
            // The field's brace itself is an ordinary token.
            return self.bracket(b'{', start);
        }
        let &mut FString { quote, quote_size, template, .. } = self.open();
        if (0..usize::from(quote_size)).all(|i| self.peek_at(i) == quote) {
            self.pos += usize::from(quote_size);
            self.fstrings.pop();
            self.in_text = false;
            self.emit(if template { Kind::TStringEnd } else { Kind::FStringEnd }, start);
            return Ok(());
        }
        self.fstring_text(start)
    }

    fn fstring_text(&mut self, start: usize) -> Lexed {
        let &mut FString { quote, quote_size, raw, in_format_spec, field_depth, depth, .. } = self.open();
        let kind = self.open().middle();
        let in_format_spec = in_format_spec && field_depth >= 0;
        let (line, col) = (self.line, (start - self.line_start) as u32);
        let mut in_character_name = false;
        let mut quotes = 0;
        loop {
            let Some(&c) = self.src.get(self.pos) else {
                return self.unterminated_fstring();
            };
            self.pos += 1;
            if c == quote {
                quotes += 1;
                if quotes == quote_size {
                    self.pos -= usize::from(quote_size);
                    break;
                }
                continue;
            }
            quotes = 0;
            match c {
                b'\n' if quote_size == 1 => {
                    if in_format_spec {
                        let letter = self.open().letter();
                        return self.error(format!(
                            "{letter}-string: newlines are not allowed in format specifiers for single quoted {letter}-strings"
                        ));
                    }
                    return self.unterminated_fstring();
                }
                b'\n' => self.enter_line(true),
                b'{' => {
                    if self.peek() != b'{' || in_format_spec {
                        self.pos -= 1;
                        self.enter_field()?;
                        self.open().in_format_spec = false;
                        break;
                    }
                    self.pos += 1;
                    self.emit_string(kind, StringForm::BEFORE_BRACE, start, line, col);
                    return Ok(());
                }
                b'}' => {
                    if in_character_name {
                        break;
                    }
                    if self.peek() == b'}' && !in_format_spec && depth == 0 {
                        self.pos += 1;
                        self.emit_string(kind, StringForm::BEFORE_BRACE, start, line, col);
                        return Ok(());
                    }
                    self.pos -= 1;
                    let fstring = self.open();
                    fstring.in_format_spec = false;
                    self.in_text = false;
                    break;
                }
                b'\\' => in_character_name |= self.fstring_escape(raw),
                _ => {}
            }
        }
        self.emit_string(kind, StringForm::default(), start, line, col);
        Ok(())
    }

    /// After a backslash. True when a character's name begins.
    fn fstring_escape(&mut self, raw: bool) -> bool {
        match self.peek() {
            brace @ (b'{' | b'}') => {
                if !raw {
                    let brace = brace as char;
                    self.warn(
                        format!(
                            "\"\\{brace}\" is an invalid escape sequence. Such sequences will not work in the future. \
                             Did you mean \"\\\\{brace}\"? A raw string is also an option."
                        ),
                        format!(
                            "\"\\{brace}\" is an invalid escape sequence. \
                             Did you mean \"\\\\{brace}\"? A raw string is also an option."
                        ),
                    );
                }
                false
            }
            b'\n' => {
                self.pos += 1;
                self.enter_line(true);
                false
            }
            0 => false,
            b'N' if !raw => {
                self.pos += 1;
                let named = self.peek() == b'{';
                self.pos += usize::from(named);
                named
            }
            _ => {
                self.pos += 1;
                false
            }
        }
    }

    fn unterminated_fstring(&mut self) -> Lexed {
        let detected = self.line;
        let &mut FString { start, line, line_start, quote_size, .. } = self.open();
        let letter = self.open().letter();
        self.pos = start + 1;
        self.line = line;
        self.line_start = line_start;
        let triple = if quote_size == 3 { "triple-quoted " } else { "" };
        let message = format!("unterminated {triple}{letter}-string literal (detected at line {detected})");
        let result = self.error(message);
        if let Some(Failure::Syntax { end_of_source, .. }) = &mut self.out.failure {
            *end_of_source = quote_size == 3;
        }
        result
    }
}
