//! Reading the parts of markup from a slice of the document.

use super::chars::{self, Char};
use super::error::Code;

/// Why something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The bytes end before it does.
    Incomplete,
    /// It is wrong at this place.
    Error(Code, usize),
}

pub type Scanned<T> = Result<T, Stop>;

/// A place in bytes.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { bytes, at }
    }

    /// The next byte.
    #[inline(always)]
    pub fn peek(&self) -> Scanned<u8> {
        self.bytes.get(self.at).copied().ok_or(Stop::Incomplete)
    }

    pub fn invalid<T>(&self) -> Scanned<T> {
        Err(Stop::Error(Code::INVALID_TOKEN, self.at))
    }

    /// Reads this byte.
    pub fn expect(&mut self, byte: u8) -> Scanned<()> {
        if self.peek()? != byte {
            return self.invalid();
        }
        self.at += 1;
        Ok(())
    }

    /// Reads these bytes.
    pub fn expect_all(&mut self, bytes: &[u8]) -> Scanned<()> {
        bytes.iter().try_for_each(|&byte| self.expect(byte))
    }

    /// Reads white space, if there is some; tells whether there was.
    pub fn spaces(&mut self) -> bool {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|&byte| chars::is_space(byte)) {
            self.at += 1;
        }
        self.at > start
    }

    /// Reads a character that XML allows.
    #[inline]
    pub fn char(&mut self) -> Scanned<char> {
        match chars::first(&self.bytes[self.at..]) {
            Char::Whole(c, len) => {
                self.at += len;
                Ok(c)
            }
            Char::Partial => Err(Stop::Incomplete),
            Char::Invalid => self.invalid(),
        }
    }

    /// Reads a name. What follows it has to be there, as the name may go on.
    pub fn name(&mut self) -> Scanned<&'a str> {
        let start = self.at;
        if !chars::is_name_start(self.char()?) {
            self.at = start;
            return self.invalid();
        }
        self.rest_of_name(start)
    }

    /// Reads characters of names.
    pub fn rest_of_name(&mut self, start: usize) -> Scanned<&'a str> {
        loop {
            match self.peek()? {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b':' | b'-' | b'.' => self.at += 1,
                0..0x80 => break,
                _ => {
                    let before = self.at;
                    if !chars::is_name(self.char()?) {
                        self.at = before;
                        return self.invalid();
                    }
                }
            }
        }
        Ok(self.text(start, self.at))
    }

    /// A part of the bytes that was read before.
    pub fn text(&self, start: usize, end: usize) -> &'a str {
        std::str::from_utf8(&self.bytes[start..end]).unwrap_or_default()
    }

    /// Reads up to a quote, behind the first one.
    pub fn quoted(&mut self) -> Scanned<(usize, usize)> {
        let quote = self.peek()?;
        if !matches!(quote, b'"' | b'\'') {
            return self.invalid();
        }
        self.at += 1;
        let start = self.at;
        while self.peek()? != quote {
            self.char()?;
        }
        self.at += 1;
        Ok((start, self.at - 1))
    }

    /// Reads a comment behind `<!--`: its text.
    pub fn comment(&mut self) -> Scanned<&'a str> {
        let start = self.at;
        loop {
            match memchr::memchr(b'-', &self.bytes[self.at..]) {
                Some(distance) => self.check(self.at + distance)?,
                None => {
                    self.check(self.bytes.len())?;
                    return Err(Stop::Incomplete);
                }
            }
            self.at += 1;
            if self.peek()? == b'-' {
                self.at += 1;
                self.expect(b'>')?;
                return Ok(self.text(start, self.at - 3));
            }
        }
    }

    /// Checks that there are only allowed characters up to a place, and goes there.
    fn check(&mut self, end: usize) -> Scanned<()> {
        while self.at < end {
            self.char()?;
        }
        Ok(())
    }

    /// Reads a processing instruction behind `<?`: target and data.
    pub fn instruction(&mut self) -> Scanned<(&'a str, &'a str)> {
        let target = self.name()?;
        if self.peek()? == b'?' {
            self.at += 1;
            self.expect(b'>')?;
            return Ok((target, ""));
        }
        if !self.spaces() {
            return self.invalid();
        }
        let start = self.at;
        loop {
            match memchr::memchr(b'?', &self.bytes[self.at..]) {
                Some(distance) => self.check(self.at + distance)?,
                None => {
                    self.check(self.bytes.len())?;
                    return Err(Stop::Incomplete);
                }
            }
            self.at += 1;
            if self.peek()? == b'>' {
                self.at += 1;
                return Ok((target, self.text(start, self.at - 2)));
            }
        }
    }

    /// Reads a reference behind `&`: what it refers to.
    pub fn reference(&mut self) -> Scanned<Reference<'a>> {
        if self.peek()? != b'#' {
            let name = self.name()?;
            self.expect(b';')?;
            return Ok(Reference::Entity(name));
        }
        self.at += 1;
        let hex = self.peek()? == b'x';
        self.at += usize::from(hex);
        let (mut number, mut digits) = (0u32, 0);
        loop {
            let byte = self.peek()?;
            match (byte as char).to_digit(if hex { 16 } else { 10 }) {
                Some(digit) => number = number.saturating_mul(if hex { 16 } else { 10 }).saturating_add(digit),
                None if byte == b';' && digits > 0 => break,
                None => return self.invalid(),
            }
            digits += 1;
            self.at += 1;
        }
        self.at += 1;
        Ok(Reference::Char(chars::of_number(number)))
    }
}

/// What a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// A general entity.
    Entity(&'a str),
    /// A character; `None` where XML has none.
    Char(Option<char>),
}

/// The characters of the entities that need no declaration.
pub fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// An attribute of a tag: where its name and its value lie.
#[derive(Clone, Copy, Debug)]
pub struct RawAttribute {
    pub name: (usize, usize),
    pub value: (usize, usize),
    /// Whether the value has to be worked on: references, line ends, tabs.
    pub plain: bool,
}

/// Reads a start tag behind `<`: the name; whether the element is empty.
pub fn start_tag<'a>(cursor: &mut Cursor<'a>, attributes: &mut Vec<RawAttribute>) -> Scanned<(&'a str, bool)> {
    let name = cursor.name()?;
    loop {
        let spaced = cursor.spaces();
        match cursor.peek()? {
            b'>' => {
                cursor.at += 1;
                return Ok((name, false));
            }
            b'/' => {
                cursor.at += 1;
                cursor.expect(b'>')?;
                return Ok((name, true));
            }
            _ if !spaced => return cursor.invalid(),
            _ => attributes.push(attribute(cursor)?),
        }
    }
}

fn attribute(cursor: &mut Cursor<'_>) -> Scanned<RawAttribute> {
    let start = cursor.at;
    cursor.name()?;
    let name = (start, cursor.at);
    cursor.spaces();
    cursor.expect(b'=')?;
    cursor.spaces();
    let quote = cursor.peek()?;
    if !matches!(quote, b'"' | b'\'') {
        return cursor.invalid();
    }
    cursor.at += 1;
    let start = cursor.at;
    let mut plain = true;
    loop {
        match cursor.peek()? {
            byte if byte == quote => break,
            b'<' => return cursor.invalid(),
            b'&' => {
                plain = false;
                cursor.at += 1;
                cursor.reference()?;
            }
            b'\t' | b'\n' | b'\r' => {
                plain = false;
                cursor.at += 1;
            }
            0x20..0x7f => cursor.at += 1,
            _ => {
                cursor.char()?;
            }
        }
    }
    cursor.at += 1;
    Ok(RawAttribute { name, value: (start, cursor.at - 1), plain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let mut attributes = Vec::new();
        let mut cursor = Cursor::new(b"a b='1' c = \"&lt;\"/>", 0);
        assert_eq!(start_tag(&mut cursor, &mut attributes), Ok(("a", true)));
        assert_eq!(attributes.len(), 2);
        assert!(attributes[0].plain && !attributes[1].plain);
        let mut cursor = Cursor::new(b"a b='1'c", 0);
        assert_eq!(start_tag(&mut cursor, &mut attributes), Err(Stop::Error(Code::INVALID_TOKEN, 7)));
        assert_eq!(start_tag(&mut Cursor::new(b"a b", 0), &mut attributes), Err(Stop::Incomplete));
    }

    #[test]
    fn comments_instructions_references() {
        assert_eq!(Cursor::new(b" x -->", 0).comment(), Ok(" x "));
        assert_eq!(Cursor::new(b" -- >", 0).comment(), Err(Stop::Error(Code::INVALID_TOKEN, 3)));
        assert_eq!(Cursor::new(b"a b?c?>", 0).instruction(), Ok(("a", "b?c")));
        assert_eq!(Cursor::new(b"#x41;", 0).reference(), Ok(Reference::Char(Some('A'))));
        assert_eq!(Cursor::new(b"#0;", 0).reference(), Ok(Reference::Char(None)));
        assert_eq!(Cursor::new(b"ab;", 0).reference(), Ok(Reference::Entity("ab")));
    }
}
