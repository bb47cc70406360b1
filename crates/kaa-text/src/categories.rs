//! Properties of characters that follow from their general category.

use unicode_general_category::{GeneralCategory, get_general_category};

/// Whether a code point is printable (`str.isprintable`): neither of the categories "other"
/// (`Cc Cf Cs Co Cn`) nor a separator (`Zl Zp Zs`) besides the space. Surrogates are not.
pub fn is_printable(code: u32) -> bool {
    use GeneralCategory::*;
    match code {
        0x20..=0x7e => true,
        0..=0xa0 => false,
        _ => char::from_u32(code).is_some_and(|c| {
            !matches!(
                get_general_category(c),
                Control
                    | Format
                    | Surrogate
                    | PrivateUse
                    | Unassigned
                    | LineSeparator
                    | ParagraphSeparator
                    | SpaceSeparator
            )
        }),
    }
}

/// Whether a character is white space (`str.isspace`): a space separator, or of the
/// bidirectional class `WS`, `B` or `S`.
pub fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r'
            | '\x1c'..=' '
            | '\u{85}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

/// The value of a decimal digit of any script (category `Nd`).
pub fn decimal_digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.is_ascii_digit().then(|| c as u8 - b'0');
    }
    let is_digit =
        |code: u32| char::from_u32(code).is_some_and(|c| get_general_category(c) == GeneralCategory::DecimalNumber);
    let code = u32::from(c);
    if !is_digit(code) {
        return None;
    }
    // Decimal digits come in rows of ten, each starting with its zero; rows may adjoin.
    let mut first = code;
    while is_digit(first - 1) {
        first -= 1;
    }
    Some(((code - first) % 10) as u8)
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
