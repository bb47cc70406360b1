//! Names of characters, as `\N{...}` takes them.

use std::ops::RangeInclusive;

const TANGUT_PREFIX: &str = "TANGUT IDEOGRAPH-";
/// Ideographs that can be found by name; as in CPython they cannot be asked for their names.
const TANGUT: [RangeInclusive<u32>; 2] = [0x17000..=0x187f7, 0x18d00..=0x18d08];

/// The character of a Unicode 16 name or alias, in any case; no named sequences.
pub fn character_by_name(name: &str) -> Option<char> {
    if let Some((front, digits)) = name.split_at_checked(TANGUT_PREFIX.len())
        && front.eq_ignore_ascii_case(TANGUT_PREFIX)
    {
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 5)?;
        return char::from_u32(code).filter(|_| TANGUT.iter().any(|range| range.contains(&code)));
    }
    // Numbers in names have no zeros in front.
    unicode_names2::character(name).filter(|&c| !name.contains("-0") || !is_cjk(c) || !has_leading_zero(name))
}

fn is_cjk(c: char) -> bool {
    character_name(c).is_some_and(|name| name.starts_with("CJK UNIFIED IDEOGRAPH-"))
}

fn has_leading_zero(name: &str) -> bool {
    name.rsplit('-').next().is_some_and(|digits| digits.starts_with('0'))
}

/// Whether a name by which a character was found is not its own.
pub fn is_alias(name: &str, c: char) -> bool {
    match character_name(c) {
        Some(own) => !own.eq_ignore_ascii_case(name),
        None => !TANGUT.iter().any(|range| range.contains(&c.into())),
    }
}

/// The name of a character, as `\N{...}` shows it.
pub fn character_name(c: char) -> Option<String> {
    unicode_names2::name(c).map(|name| name.to_string())
}

/// `NAME;0041 0301`, a line for each.
static NAMED_SEQUENCES: &str = include_str!("named_sequences.txt");

/// The characters of a named sequence, in any case.
pub fn named_sequence(name: &str) -> Option<impl Iterator<Item = u32> + use<>> {
    let of_line = |line: &'static str| line.split_once(';').filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let (_, codes) = NAMED_SEQUENCES.lines().find_map(of_line)?;
    Some(codes.split(' ').filter_map(|code| u32::from_str_radix(code, 16).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_and_aliases() {
        assert_eq!(character_by_name("EURO SIGN"), Some('€'));
        assert_eq!(character_by_name("latin small letter a"), Some('a'));
        assert_eq!(character_by_name("LINE FEED"), Some('\n'));
        assert_eq!(character_by_name("HANGUL SYLLABLE GA"), Some('가'));
        assert_eq!(character_by_name("CJK UNIFIED IDEOGRAPH-4E00"), Some('一'));
        assert_eq!(character_by_name("CJK UNIFIED IDEOGRAPH-04E00"), None);
        assert_eq!(character_by_name("tangut ideograph-17000"), Some('\u{17000}'));
        assert_eq!(character_by_name("TANGUT IDEOGRAPH-18800"), None);
        assert_eq!(character_by_name("no such name"), None);
        assert!(is_alias("LINE FEED", '\n') && !is_alias("euro sign", '€') && is_alias("NBSP", '\u{a0}'));
    }

    #[test]
    fn finds_sequences() {
        let codes: Vec<u32> = named_sequence("keycap number sign").expect("there is one").collect();
        assert_eq!(codes, [0x23, 0xfe0f, 0x20e3]);
        assert!(named_sequence("KEYCAP").is_none());
    }
}
