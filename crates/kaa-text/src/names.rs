//! Names of characters, as `\N{...}` takes them.

/// The character of a Unicode 16 name or alias, in any case; no named sequences.
pub fn character_by_name(name: &str) -> Option<char> {
    unicode_names2::character(name)
}

/// The name of a character, as `\N{...}` shows it.
pub fn character_name(c: char) -> Option<String> {
    unicode_names2::name(c).map(|name| name.to_string())
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
        assert_eq!(character_by_name("no such name"), None);
    }
}
