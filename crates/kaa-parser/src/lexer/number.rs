//! Number literals: where they end, and what is wrong with them.

use super::{Lexed, Lexer, scan};
use crate::token::Kind;

impl Lexer<'_, '_> {
    /// Reads a number that starts with a digit; `word` begins with it.
    #[inline]
    pub(super) fn number(&mut self, start: usize, word: u64) -> Lexed {
        // Most numbers are a few digits, with nothing behind them that could be part of them.
        let digits = scan::digits(word);
        let next = self.peek_at(digits);
        let zero_first = digits > 1 && word as u8 == b'0';
        if zero_first || matches!(next, b'.' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') {
            return self.unusual_number(start);
        }
        self.pos += digits;
        self.emit(Kind::Number, start);
        Ok(())
    }

    /// Reads a number that starts with a digit, or with a point before a digit.
    pub(super) fn unusual_number(&mut self, start: usize) -> Lexed {
        let radix = match (self.peek(), self.peek_at(1) | 0x20) {
            (b'0', b'x') => Some(("hexadecimal", 16)),
            (b'0', b'o') => Some(("octal", 8)),
            (b'0', b'b') => Some(("binary", 2)),
            _ => None,
        };
        match radix {
            Some((name, radix)) => {
                self.pos += 2;
                self.radix_digits(name, radix)?;
                self.end_of_number(name)?;
            }
            None => self.decimal(start)?,
        }
        self.emit(Kind::Number, start);
        Ok(())
    }

    fn radix_digits(&mut self, name: &str, radix: u32) -> Lexed {
        let is_digit = |c: u8| (c as char).is_digit(radix);
        loop {
            if self.peek() == b'_' {
                self.pos += 1;
            }
            let c = self.peek();
            if !is_digit(c) {
                return self.bad_digit(c, name, true);
            }
            while is_digit(self.peek()) {
                self.pos += 1;
            }
            if self.peek() != b'_' {
                break;
            }
        }
        let c = self.peek();
        if c.is_ascii_digit() { self.bad_digit(c, name, false) } else { Ok(()) }
    }

    fn bad_digit(&mut self, c: u8, name: &str, required: bool) -> Lexed {
        if c.is_ascii_digit() {
            self.pos += 1;
            self.error(format!("invalid digit '{}' in {name} literal", c as char))
        } else if required {
            self.error(format!("invalid {name} literal"))
        } else {
            Ok(())
        }
    }

    fn decimal(&mut self, start: usize) -> Lexed {
        let mut old_octal = None;
        if self.peek() == b'0' {
            loop {
                if self.peek() == b'_' {
                    self.pos += 1;
                    if !self.peek().is_ascii_digit() {
                        return self.error("invalid decimal literal");
                    }
                }
                if self.peek() != b'0' {
                    break;
                }
                self.pos += 1;
            }
            if self.peek().is_ascii_digit() {
                // CPython's place for this error takes in the first digit that is not zero.
                old_octal = Some(self.pos + 1);
                self.digits()?;
            }
        } else if self.peek() != b'.' {
            self.digits()?;
        }
        let mut is_float = false;
        if self.peek() == b'.' {
            is_float = true;
            self.pos += 1;
            if self.peek().is_ascii_digit() {
                self.digits()?;
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            let signed = matches!(self.peek_at(1), b'+' | b'-');
            if self.peek_at(1 + usize::from(signed)).is_ascii_digit() {
                is_float = true;
                self.pos += 1 + usize::from(signed);
                self.digits()?;
            } else if signed {
                self.pos += 2;
                return self.error("invalid decimal literal");
            } else {
                return self.end_of_number("decimal");
            }
        }
        if matches!(self.peek(), b'j' | b'J') {
            self.pos += 1;
            return self.end_of_number("imaginary");
        }
        if let (Some(zeros_end), false, false) = (old_octal, is_float, self.lenient) {
            let (from, to) = (self.character_number(start), self.character_number(zeros_end) - 1);
            return self.error_at(
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
                from,
                to,
            );
        }
        self.end_of_number("decimal")
    }

    /// Digits with single underscores between them; stands on the first.
    fn digits(&mut self) -> Lexed {
        loop {
            while self.peek().is_ascii_digit() {
                self.pos += 1;
            }
            if self.peek() != b'_' {
                return Ok(());
            }
            self.pos += 1;
            if !self.peek().is_ascii_digit() {
                return self.error("invalid decimal literal");
            }
        }
    }

    /// A keyword may follow a number without a space, for now; any other name may not.
    fn end_of_number(&mut self, kind: &str) -> Lexed {
        let c = self.peek();
        if self.lenient || !(c.is_ascii_alphanumeric() || c == b'_') {
            return Ok(());
        }
        let rest = &self.src[self.pos..];
        let follows =
            |word: &[u8]| rest.starts_with(word) && scan::identifier_bytes(scan::word_at(rest, word.len())) == 0;
        let keyword = match c {
            b'i' => rest.get(1).is_some_and(|c| matches!(c, b'f' | b'n' | b's')),
            _ => [&b"and"[..], b"else", b"for", b"or", b"not"].into_iter().any(follows),
        };
        let message = format!("invalid {kind} literal");
        if !keyword {
            return self.error(message);
        }
        self.warn(message.clone(), message);
        Ok(())
    }
}
