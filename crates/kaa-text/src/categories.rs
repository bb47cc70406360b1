//! The properties of characters that several stages ask for.

use crate::characters;

/// Whether a code point is printable (`str.isprintable`): neither of the categories "other"
/// (`Cc Cf Cs Co Cn`) nor a separator (`Zl Zp Zs`) besides the space. Surrogates are not.
pub fn is_printable(code: u32) -> bool {
    characters::is_printable(code)
}

/// Whether a character is white space (`str.isspace`): a space separator, or of the
/// bidirectional class `WS`, `B` or `S`.
pub fn is_space(c: char) -> bool {
    characters::is_space(c.into())
}

/// The value of a decimal digit of any script (category `Nd`).
pub fn decimal_digit(c: char) -> Option<u8> {
    characters::decimal_digit(c.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_printable_characters() {
        for c in [' ', 'é', '🐍', '\u{10d50}', 'ÿ'] {
            assert!(is_printable(c.into()), "{c:?}");
        }
        for code in [0xa0, 0x7f, 0x200b, 0xe000, 0x378, 0x2028, 0xd800, 0xad] {
            assert!(!is_printable(code), "{code:#x}");
        }
    }

    #[test]
    fn digits_of_other_scripts_have_values() {
        assert_eq!(decimal_digit('7'), Some(7));
        assert_eq!(decimal_digit('\u{0663}'), Some(3));
        assert_eq!(decimal_digit('\u{1d7d9}'), Some(1));
        assert_eq!(decimal_digit('\u{1d7ff}'), Some(9));
        assert_eq!(decimal_digit('²'), None);
        assert_eq!(decimal_digit('x'), None);
    }

    #[test]
    fn spaces() {
        assert!(is_space('\x1f') && is_space('\u{3000}') && !is_space('\u{200b}') && !is_space('x'));
    }
}
