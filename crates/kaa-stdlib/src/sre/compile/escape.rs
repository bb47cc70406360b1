//! What a backslash and the character behind it mean.

use kaa_text::names;

use super::super::codes::{at, category};
use super::NotHandled;
use super::cursor::Cursor;
use super::parse::Parser;
use super::tree::{Item, SetItem};

/// The longest name of a character that is looked for.
const LONGEST_NAME: usize = 255;

fn category(letter: u8) -> Option<u32> {
    Some(match letter {
        b'd' => category::DIGIT,
        b'D' => category::NOT_DIGIT,
        b's' => category::SPACE,
        b'S' => category::NOT_SPACE,
        b'w' => category::WORD,
        b'W' => category::NOT_WORD,
        _ => return None,
    })
}

fn position(letter: u8) -> Option<u32> {
    Some(match letter {
        b'A' => at::BEGINNING_STRING,
        b'b' => at::BOUNDARY,
        b'B' => at::NON_BOUNDARY,
        b'z' | b'Z' => at::END_STRING,
        _ => return None,
    })
}

/// The value of exactly `count` hexadecimal digits.
fn hexadecimal(cursor: &mut Cursor<'_>, count: usize) -> Result<u32, NotHandled> {
    let (found, value) = cursor.digits(16, count)?;
    if found == count { Ok(value) } else { Err(NotHandled) }
}

/// A value of three octal digits, which must be a byte.
fn octal(value: u32) -> Result<u32, NotHandled> {
    if value <= 0o377 { Ok(value) } else { Err(NotHandled) }
}

impl Parser<'_> {
    /// What an escape outside of sets means.
    pub fn escape(&mut self, escaped: u32) -> Result<Item, NotHandled> {
        let Some(letter) = ascii(escaped) else { return Ok(Item::Literal(escaped)) };
        if let Some(category) = category(letter) {
            return Ok(Item::Set(vec![SetItem::Category(category)]));
        }
        if let Some(position) = position(letter) {
            return Ok(Item::At(position));
        }
        match letter {
            b'0' => {
                let (_, value) = self.cursor.digits(8, 2)?;
                Ok(Item::Literal(value))
            }
            b'1'..=b'9' => self.octal_or_group(u32::from(letter - b'0')),
            _ => self.character(letter).map(Item::Literal),
        }
    }

    /// What an escape in a set means.
    pub fn class_escape(&mut self, escaped: u32) -> Result<SetItem, NotHandled> {
        let Some(letter) = ascii(escaped) else { return Ok(SetItem::Literal(escaped)) };
        if let Some(category) = category(letter) {
            return Ok(SetItem::Category(category));
        }
        let character = match letter {
            b'b' => 8,
            b'0'..=b'7' => {
                let (count, value) = self.cursor.digits(8, 2)?;
                octal(u32::from(letter - b'0') << (3 * count) | value)?
            }
            b'8' | b'9' => return Err(NotHandled),
            _ => self.character(letter)?,
        };
        Ok(SetItem::Literal(character))
    }

    /// The character that an escape with a letter of ASCII stands for, in sets and outside.
    fn character(&mut self, letter: u8) -> Result<u32, NotHandled> {
        let cursor = &mut self.cursor;
        Ok(match letter {
            b'a' => 7,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'v' => 11,
            b'x' => hexadecimal(cursor, 2)?,
            b'u' if !self.is_bytes => hexadecimal(cursor, 4)?,
            b'U' if !self.is_bytes => {
                Some(hexadecimal(cursor, 8)?).filter(|&code| code <= char::MAX.into()).ok_or(NotHandled)?
            }
            b'N' if !self.is_bytes => self.named_character()?,
            _ if letter.is_ascii_alphabetic() => return Err(NotHandled),
            _ => letter.into(),
        })
    }

    /// `{NAME}`
    fn named_character(&mut self) -> Result<u32, NotHandled> {
        self.cursor.expect(b'{')?;
        let name = self.cursor.name(b'}')?;
        if name.len() > LONGEST_NAME {
            return Err(NotHandled);
        }
        let name: Option<String> = self.cursor.part(name).iter().map(char::from_u32).collect();
        name.and_then(|name| names::character_by_name(&name)).map(u32::from).ok_or(NotHandled)
    }

    /// Three octal digits are a character, else one or two digits are the number of a group.
    fn octal_or_group(&mut self, first: u32) -> Result<Item, NotHandled> {
        let mut group = first;
        if let Some(second) = self.cursor.next.digit(10) {
            self.cursor.take()?;
            if first < 8
                && second < 8
                && let Some(third) = self.cursor.next.digit(8)
            {
                self.cursor.take()?;
                return octal(first << 6 | second << 3 | third).map(Item::Literal);
            }
            group = 10 * first + second;
        }
        self.check_reference(group)?;
        Ok(Item::GroupReference(group))
    }
}

fn ascii(code: u32) -> Option<u8> {
    u8::try_from(code).ok().filter(u8::is_ascii)
}
