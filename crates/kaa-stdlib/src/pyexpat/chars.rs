//! Characters of XML: what can stand in names, in text, and between markup.

/// White space.
#[inline(always)]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// A character at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Char {
    /// The character and how many bytes it has.
    Whole(char, usize),
    /// The bytes end within one.
    Partial,
    /// No character, or none that XML allows.
    Invalid,
}

/// Reads the character at the beginning of bytes, of which there is one.
#[inline]
pub fn first(bytes: &[u8]) -> Char {
    let Some(&byte) = bytes.first() else { return Char::Partial };
    if byte < 0x80 {
        let allowed = byte >= 0x20 || is_space(byte);
        return if allowed { Char::Whole(byte.into(), 1) } else { Char::Invalid };
    }
    let len = match byte {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Char::Invalid,
    };
    let part = &bytes[..len.min(bytes.len())];
    match std::str::from_utf8(part) {
        Ok(text) => match text.chars().next() {
            Some('\u{fffe}' | '\u{ffff}') | None => Char::Invalid,
            Some(c) => Char::Whole(c, len),
        },
        Err(error) if error.error_len().is_none() && part.len() < len => Char::Partial,
        Err(_) => Char::Invalid,
    }
}

/// Whether a name can begin with the character.
pub fn is_name_start(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '_' | ':')
        || !c.is_ascii()
            && matches!(c,
                '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
                | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
                | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
                | '\u{fdf0}'..='\u{fffd}')
}

/// Whether a name can go on with the character.
pub fn is_name(c: char) -> bool {
    is_name_start(c) || matches!(c, '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// The character of a number in a reference, if XML has it.
pub fn of_number(number: u32) -> Option<char> {
    let c = char::from_u32(number)?;
    match c {
        '\t' | '\n' | '\r' => Some(c),
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => None,
        c => Some(c),
    }
}

/// Whether a character can stand in a public identifier.
pub fn is_public_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" \n\r-'()+,./:=?;!*#@$_%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters() {
        assert_eq!(first(b"a"), Char::Whole('a', 1));
        assert_eq!(first("ä".as_bytes()), Char::Whole('ä', 2));
        assert_eq!(first(&[0xc3]), Char::Partial);
        assert_eq!(first(&[0xed, 0xa0, 0x80]), Char::Invalid);
        assert_eq!(first(&[0xef, 0xbf, 0xbf]), Char::Invalid);
        assert_eq!(first(&[1]), Char::Invalid);
        assert!(is_name_start('é') && !is_name_start('1') && is_name('1') && !is_name('×'));
    }
}
