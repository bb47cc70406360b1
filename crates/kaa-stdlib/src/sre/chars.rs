//! What patterns ask of a character: category, case, membership in a set.

use kaa_text::characters;

use super::codes::{category as c, op};

fn ascii(code: u32) -> Option<u8> {
    u8::try_from(code).ok().filter(u8::is_ascii)
}

fn is_word(code: u32) -> bool {
    ascii(code).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A letter or a number of any script, or `_`.
pub fn is_unicode_word(code: u32) -> bool {
    if let Some(b) = ascii(code) {
        return b.is_ascii_alphanumeric() || b == b'_';
    }
    characters::is_alphanumeric(code)
}

fn is_unicode_linebreak(code: u32) -> bool {
    matches!(code, 0x0a..=0x0d | 0x1c..=0x1e | 0x85 | 0x2028 | 0x2029)
}

/// The bytes that are word characters for `re.LOCALE`: in the C locale, which Kaa runs in for
/// single bytes, ASCII's.
pub fn is_locale_word(code: u32) -> bool {
    is_word(code)
}

/// Whether a character is of a category.
pub fn is_in_category(category: u32, code: u32) -> bool {
    match category {
        c::DIGIT => ascii(code).is_some_and(|b| b.is_ascii_digit()),
        c::NOT_DIGIT => !is_in_category(c::DIGIT, code),
        c::SPACE => matches!(code, 9..=13 | 32),
        c::NOT_SPACE => !matches!(code, 9..=13 | 32),
        c::WORD => is_word(code),
        c::NOT_WORD => !is_word(code),
        c::LINEBREAK => code == 10,
        c::NOT_LINEBREAK => code != 10,
        c::LOC_WORD => is_locale_word(code),
        c::LOC_NOT_WORD => !is_locale_word(code),
        c::UNI_DIGIT if code < 128 => ascii(code).is_some_and(|b| b.is_ascii_digit()),
        c::UNI_DIGIT => characters::is_decimal(code),
        c::UNI_NOT_DIGIT => !is_in_category(c::UNI_DIGIT, code),
        c::UNI_SPACE if code < 128 => matches!(code, 9..=13 | 28..=32),
        c::UNI_SPACE => characters::is_space(code),
        c::UNI_NOT_SPACE => !is_in_category(c::UNI_SPACE, code),
        c::UNI_WORD => is_unicode_word(code),
        c::UNI_NOT_WORD => !is_unicode_word(code),
        c::UNI_LINEBREAK => is_unicode_linebreak(code),
        _ => !is_unicode_linebreak(code),
    }
}

/// Lower case by ASCII's rules.
#[inline]
pub fn lower_ascii(code: u32) -> u32 {
    if matches!(code, 0x41..=0x5a) { code + 32 } else { code }
}

/// Upper case by ASCII's rules.
#[inline]
pub fn upper_ascii(code: u32) -> u32 {
    if matches!(code, 0x61..=0x7a) { code - 32 } else { code }
}

/// Lower case of one character: the first character of the full mapping.
#[inline]
pub fn lower_unicode(code: u32) -> u32 {
    if code < 128 { lower_ascii(code) } else { characters::to_lower(code).0[0] }
}

/// Upper case of one character: as in CPython the first character of the full mapping.
pub fn upper_unicode(code: u32) -> u32 {
    if code < 128 { upper_ascii(code) } else { characters::to_upper(code).0[0] }
}

/// Whether a character is in the set whose code starts at `set`: the operand of `IN`. The set's
/// code is well formed.
pub fn is_in_set(mut set: &[u32], code: u32) -> bool {
    let mut inside = true;
    loop {
        let (matches, used) = match set[0] {
            op::FAILURE => return !inside,
            op::NEGATE => {
                inside = !inside;
                (false, 1)
            }
            op::LITERAL => (code == set[1], 2),
            op::CATEGORY => (is_in_category(set[1], code), 2),
            op::CHARSET => (code < 256 && set[1 + (code >> 5) as usize] >> (code & 31) & 1 != 0, 9),
            op::RANGE => (set[1] <= code && code <= set[2], 3),
            op::RANGE_UNI_IGNORE => {
                let within = |code| set[1] <= code && code <= set[2];
                (within(code) || within(upper_unicode(code)), 3)
            }
            op::BIGCHARSET => {
                // 256 block numbers of a byte each, then blocks of 256 bits.
                let count = set[1] as usize;
                let found = code < 0x1_0000 && {
                    let high = code >> 8;
                    let block = set[2 + (high >> 2) as usize] >> ((high & 3) * 8) & 0xff;
                    let bit = block * 256 + (code & 0xff);
                    set[66 + (bit >> 5) as usize] >> (bit & 31) & 1 != 0
                };
                (found, 66 + count * 8)
            }
            _ => return false,
        };
        if matches {
            return inside;
        }
        set = &set[used..];
    }
}
