//! Goes through a pattern, token by token.

use std::ops::Range;

use kaa_objects::types::str::StrData;

use super::NotHandled;

/// A character, possibly behind a backslash.
#[derive(Clone, Copy, PartialEq)]
pub enum Token {
    Char(u32),
    Escaped(u32),
    End,
}

impl Token {
    /// The token of a character of ASCII.
    pub const fn of(c: u8) -> Token {
        Token::Char(c as u32)
    }

    /// The digit that the token is.
    pub fn digit(self, radix: u32) -> Option<u32> {
        match self {
            Token::Char(code) => char::from_u32(code)?.to_digit(radix),
            _ => None,
        }
    }
}

pub struct Cursor<'a> {
    text: StrData<'a>,
    /// The next token.
    pub next: Token,
    /// Where it starts.
    pub position: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of a text.
    pub fn new(text: StrData<'a>) -> Result<Cursor<'a>, NotHandled> {
        let mut cursor = Cursor { text, next: Token::End, position: 0 };
        cursor.seek(0)?;
        Ok(cursor)
    }

    /// Goes to a place. A backslash that ends the text is an error.
    pub fn seek(&mut self, position: usize) -> Result<(), NotHandled> {
        let at = |position| (position < self.text.len()).then(|| self.text.at(position));
        self.position = position;
        self.next = match at(position) {
            None => Token::End,
            Some(code) if code == u32::from(b'\\') => Token::Escaped(at(position + 1).ok_or(NotHandled)?),
            Some(code) => Token::Char(code),
        };
        Ok(())
    }

    /// The next token; the cursor is behind it then.
    pub fn take(&mut self) -> Result<Token, NotHandled> {
        let token = self.next;
        let len = match token {
            Token::Char(_) => 1,
            Token::Escaped(_) => 2,
            Token::End => return Ok(token),
        };
        self.seek(self.position + len)?;
        Ok(token)
    }

    /// Goes behind the next token if it is this character.
    pub fn eat(&mut self, c: u8) -> Result<bool, NotHandled> {
        let is_next = self.next == Token::of(c);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    /// Goes behind the next token, which must be this character.
    pub fn expect(&mut self, c: u8) -> Result<(), NotHandled> {
        if self.eat(c)? { Ok(()) } else { Err(NotHandled) }
    }

    /// Reads digits, at most `most`: their number and value. The value must be below 2³².
    pub fn digits(&mut self, radix: u32, most: usize) -> Result<(usize, u32), NotHandled> {
        let (mut count, mut value) = (0, 0u32);
        while count < most
            && let Some(digit) = self.next.digit(radix)
        {
            value = value.checked_mul(radix).and_then(|value| value.checked_add(digit)).ok_or(NotHandled)?;
            count += 1;
            self.take()?;
        }
        Ok((count, value))
    }

    /// Reads a name that a character ends; the cursor is behind that then. No name has a backslash.
    pub fn name(&mut self, end: u8) -> Result<Range<usize>, NotHandled> {
        let start = self.position;
        loop {
            let at = self.position;
            match self.take()? {
                token if token == Token::of(end) => return if at > start { Ok(start..at) } else { Err(NotHandled) },
                Token::Char(_) => {}
                Token::Escaped(_) | Token::End => return Err(NotHandled),
            }
        }
    }

    /// A part of the text.
    pub fn part(&self, range: Range<usize>) -> StrData<'a> {
        self.text.slice(range)
    }
}
