//! Names of Hangul syllables: those of their letters, one after the other.

pub(super) const PREFIX: &str = "HANGUL SYLLABLE ";

const FIRST: u32 = 0xac00;
const LAST: u32 = 0xd7a3;

const LEADING: [&str; 19] =
    ["G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"];
const VOWELS: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU",
    "YI", "I",
];
const TRAILING: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S",
    "SS", "NG", "J", "C", "K", "T", "P", "H",
];

/// The name of a syllable.
pub(super) fn name(c: char) -> Option<String> {
    let index = u32::from(c).checked_sub(FIRST).filter(|_| u32::from(c) <= LAST)? as usize;
    let (vowel, trailing) = (index / TRAILING.len() % VOWELS.len(), index % TRAILING.len());
    let leading = LEADING[index / TRAILING.len() / VOWELS.len()];
    Some(format!("{PREFIX}{leading}{}{}", VOWELS[vowel], TRAILING[trailing]))
}

/// The syllable of these letters, which are what follows the prefix of a name in capitals.
pub(super) fn syllable(mut letters: &str) -> Option<char> {
    // No letter's name is followed by what would make it another's: the longest is the one.
    let mut next = |names: &[&str]| {
        let fitting = names.iter().enumerate().filter(|(_, name)| letters.starts_with(**name));
        let (index, name) = fitting.max_by_key(|(_, name)| name.len())?;
        letters = &letters[name.len()..];
        Some(index)
    };
    let (leading, vowel, trailing) = (next(&LEADING)?, next(&VOWELS)?, next(&TRAILING)?);
    let index = (leading * VOWELS.len() + vowel) * TRAILING.len() + trailing;
    char::from_u32(FIRST + index as u32).filter(|_| letters.is_empty())
}
