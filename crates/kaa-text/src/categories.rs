//! Properties of characters that follow from their general category.

use unicode_general_category::{GeneralCategory, get_general_category};

/// `str.isprintable` of one character: everything but "other" and "separator", save the space.
pub fn is_printable(c: char) -> bool {
    use GeneralCategory::*;
    match c {
        ' '..='~' => true,
        _ => !matches!(
            get_general_category(c),
            Control
                | Format
                | Surrogate
                | PrivateUse
                | Unassigned
                | LineSeparator
                | ParagraphSeparator
                | SpaceSeparator
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_printable_characters() {
        assert!(is_printable(' ') && is_printable('é') && is_printable('🐍') && is_printable('\u{10d50}'));
        assert!(!is_printable('\u{a0}') && !is_printable('\u{7f}') && !is_printable('\u{200b}'));
        assert!(!is_printable('\u{e000}') && !is_printable('\u{378}') && !is_printable('\u{2028}'));
    }
}
