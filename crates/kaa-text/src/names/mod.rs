//! Names of characters, as `\N{...}` takes them.

use std::ops::RangeInclusive;

mod hangul;
mod hash;
mod table;

const TANGUT_PREFIX: &str = "TANGUT IDEOGRAPH";
/// Ideographs that can be found by name; as in CPython they cannot be asked for their names.
const TANGUT: [RangeInclusive<u32>; 2] = [0x17000..=0x187f7, 0x18d00..=0x18d08];

/// The character of a Unicode 16 name or alias, in any case; no named sequences.
pub fn character_by_name(name: &str) -> Option<char> {
    let name = name.to_ascii_uppercase();
    if let Some(parts) = name.strip_prefix(hangul::PREFIX) {
        return hangul::syllable(parts);
    }
    char::from_u32(by_number(&name).or_else(|| table::find(&name))?)
}

/// The character of a name in capitals that ends in its number.
fn by_number(name: &str) -> Option<u32> {
    let (prefix, digits) = name.rsplit_once('-')?;
    let code = u32::from_str_radix(digits, 16).ok().filter(|code| format!("{code:04X}") == digits)?;
    let is_in = |&(first, last, of): &(u32, u32, &str)| (first..=last).contains(&code) && of == prefix;
    let is_tangut = prefix == TANGUT_PREFIX && TANGUT.iter().any(|range| range.contains(&code));
    (is_tangut || table::RANGES.iter().any(is_in)).then_some(code)
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
    let code = u32::from(c);
    if let Some((.., prefix)) = table::RANGES.iter().find(|(first, last, _)| (*first..=*last).contains(&code)) {
        return Some(format!("{prefix}-{code:X}"));
    }
    hangul::name(c).or_else(|| table::name(code))
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
        assert_eq!(character_by_name("TANGUT IDEOGRAPH-017000"), None);
        assert_eq!(character_by_name("no such name"), None);
        assert_eq!(character_by_name(""), None);
        assert_eq!(character_by_name("TIBETAN LETTER -A"), Some('\u{f60}'));
        assert_eq!(character_by_name("HANGUL SYLLABLE "), None);
        assert_eq!(character_by_name("HANGUL SYLLABLE GAGA"), None);
        assert_eq!(character_by_name(&"X".repeat(1000)), None);
        assert!(is_alias("LINE FEED", '\n') && !is_alias("euro sign", '€') && is_alias("NBSP", '\u{a0}'));
    }

    #[test]
    fn all_characters_have_their_names() {
        for c in char::MIN..=char::MAX {
            let name = unicode_names2::name(c).map(|name| name.to_string());
            assert_eq!(character_name(c), name, "{:x}", u32::from(c));
            if let Some(name) = name {
                assert_eq!(character_by_name(&name), Some(c), "{name}");
            }
        }
    }

    #[test]
    fn all_aliases_are_found() {
        let aliases = include_str!("aliases.txt");
        assert_eq!(aliases.lines().count(), 477);
        for (name, code) in aliases.lines().filter_map(|line| line.split_once(';')) {
            let character = character_by_name(name).expect(name);
            assert_eq!(format!("{:04X}", u32::from(character)), code, "{name}");
            assert!(is_alias(name, character) && unicode_names2::character(name) == Some(character), "{name}");
        }
    }

    #[test]
    fn finds_sequences() {
        let codes: Vec<u32> = named_sequence("keycap number sign").expect("there is one").collect();
        assert_eq!(codes, [0x23, 0xfe0f, 0x20e3]);
        assert!(named_sequence("KEYCAP").is_none());
    }
}
