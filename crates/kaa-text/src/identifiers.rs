//! Identifiers outside ASCII (PEP 3131): what may stand in them, and their normal form.

use std::borrow::Cow;

use crate::normal_forms::{Form, Version, is_surely_normalized, normalize};

/// Whether an identifier may start with the character.
pub fn is_identifier_start(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

/// Whether an identifier may go on with the character.
pub fn is_identifier_continue(c: char) -> bool {
    unicode_ident::is_xid_continue(c)
}

/// The NFKC form of a text; borrowed when it has that form already.
pub fn nfkc(text: &str) -> Cow<'_, str> {
    let codes = || text.chars().map(u32::from);
    if is_surely_normalized(Form::Nfkc, codes()) {
        return Cow::Borrowed(text);
    }
    let normal = normalize(Form::Nfkc, codes(), Version::Current);
    Cow::Owned(normal.into_iter().filter_map(char::from_u32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes_compatibility_characters() {
        assert_eq!(nfkc("ﬁle"), "file");
        assert!(matches!(nfkc("größe"), Cow::Borrowed("größe")));
    }

    #[test]
    fn knows_identifier_characters() {
        assert!(is_identifier_start('_') && is_identifier_start('℘') && is_identifier_start('名'));
        assert!(!is_identifier_start('·') && is_identifier_continue('·'));
        assert!(!is_identifier_start('€') && !is_identifier_continue('\u{a0}'));
        // New in Unicode 16: Garay letters.
        assert!(is_identifier_start('\u{10d50}'));
    }
}
