//! Decompositions of characters and the four normal forms (UAX #15), of Unicode 16 and of Unicode
//! 3.2. Code points that are surrogates stay as they are.
//!
//! `cargo xtask unicode-tables` writes the tables.

mod tables;
#[cfg(test)]
mod tests;

use crate::properties;
use tables::{CORRECTIONS, DECOMPOSED, PAIRS, PARTS, PLACES, TAGS};

/// A normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// Canonical decomposition.
    Nfd,
    /// Canonical decomposition, then composition.
    Nfc,
    /// Compatibility decomposition.
    Nfkd,
    /// Compatibility decomposition, then composition.
    Nfkc,
}

impl Form {
    fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }

    fn is_compatible(self) -> bool {
        matches!(self, Form::Nfkd | Form::Nfkc)
    }

    /// The first code point that the form may change; text of smaller ones has it.
    pub fn first_changed(self) -> u32 {
        match self {
            Form::Nfd => 0xc0,
            Form::Nfc => 0x300,
            Form::Nfkd | Form::Nfkc => 0xa0,
        }
    }
}

/// The version of Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the versions")]
pub enum Version {
    Current,
    Unicode3_2,
}

/// Hangul syllables are made of a leading consonant, a vowel, and perhaps a trailing consonant.
mod hangul {
    pub const SYLLABLES: u32 = 0xac00;
    pub const LEADING: u32 = 0x1100;
    pub const VOWELS: u32 = 0x1161;
    pub const TRAILING: u32 = 0x11a7;
    pub const LEADING_COUNT: u32 = 19;
    pub const VOWEL_COUNT: u32 = 21;
    pub const TRAILING_COUNT: u32 = 28;
    pub const COUNT: u32 = LEADING_COUNT * VOWEL_COUNT * TRAILING_COUNT;
}

/// One step of decomposition.
pub struct Decomposition {
    /// Which kind of compatibility it is about (`font`); empty for a canonical one.
    pub tag: &'static str,
    /// What the character is decomposed into, in UTF-16.
    parts: &'static [u16],
}

impl Decomposition {
    /// What the character is decomposed into.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = u32> + use<> {
        char::decode_utf16(self.parts.iter().copied())
            .map(|part| u32::from(part.unwrap_or(char::REPLACEMENT_CHARACTER)))
            .collect::<Vec<u32>>()
            .into_iter()
    }
}

/// The decomposition that a character has in the table; Hangul syllables have none there.
pub fn decomposition(code: u32) -> Option<Decomposition> {
    const CODE: u32 = (1 << 21) - 1;
    let index = DECOMPOSED.binary_search_by_key(&code, |&entry| entry & CODE).ok()?;
    let (place, len) = (PLACES[index] as usize & 0xffff, PLACES[index] as usize >> 16);
    Some(Decomposition { tag: TAGS[(DECOMPOSED[index] >> 21) as usize], parts: &PARTS[place..place + len] })
}

/// The jamo of a Hangul syllable: two, or three when the last is not 0.
pub fn hangul_parts(code: u32) -> Option<[u32; 3]> {
    let index = code.checked_sub(hangul::SYLLABLES).filter(|&index| index < hangul::COUNT)?;
    let trailing = index % hangul::TRAILING_COUNT;
    let rest = index / hangul::TRAILING_COUNT;
    Some([
        hangul::LEADING + rest / hangul::VOWEL_COUNT,
        hangul::VOWELS + rest % hangul::VOWEL_COUNT,
        if trailing == 0 { 0 } else { hangul::TRAILING + trailing },
    ])
}

/// Appends the full decomposition of a character.
fn push_decomposed(out: &mut Vec<u32>, code: u32, compatible: bool, version: Version) {
    if code < 0xa0 {
        return out.push(code);
    }
    if let Some([leading, vowel, trailing]) = hangul_parts(code) {
        out.extend([leading, vowel]);
        return out.extend(Some(trailing).filter(|&trailing| trailing != 0));
    }
    if version == Version::Unicode3_2 {
        if let Ok(index) = CORRECTIONS.binary_search_by_key(&code, |&(code, _)| code) {
            return push_decomposed(out, CORRECTIONS[index].1, compatible, version);
        }
        if !properties::of_unicode_3_2(code).is_assigned() {
            return out.push(code);
        }
    }
    match decomposition(code) {
        Some(decomposition) if compatible || decomposition.tag.is_empty() => {
            decomposition.parts().for_each(|part| push_decomposed(out, part, compatible, version));
        }
        _ => out.push(code),
    }
}

#[inline]
fn combining(code: u32) -> u8 {
    // None below has a class.
    if code < 0x300 { 0 } else { properties::of(code).combining() }
}

/// Puts each run of combining characters in order.
fn put_in_order(codes: &mut [u32]) {
    let mut at = 0;
    while at < codes.len() {
        if combining(codes[at]) == 0 {
            at += 1;
            continue;
        }
        let end = at + codes[at..].iter().take_while(|&&code| combining(code) != 0).count();
        codes[at..end].sort_by_key(|&code| combining(code));
        at = end;
    }
}

/// The character that two make.
fn composed(first: u32, second: u32) -> Option<u32> {
    if let Some(leading) = first.checked_sub(hangul::LEADING).filter(|&index| index < hangul::LEADING_COUNT) {
        let vowel = second.checked_sub(hangul::VOWELS).filter(|&index| index < hangul::VOWEL_COUNT)?;
        return Some(hangul::SYLLABLES + (leading * hangul::VOWEL_COUNT + vowel) * hangul::TRAILING_COUNT);
    }
    if let Some(index) = first.checked_sub(hangul::SYLLABLES).filter(|&index| index < hangul::COUNT) {
        let trailing = second.checked_sub(hangul::TRAILING).filter(|i| (1..hangul::TRAILING_COUNT).contains(i))?;
        return (index % hangul::TRAILING_COUNT == 0).then_some(first + trailing);
    }
    let index = PAIRS.binary_search_by_key(&(first, second), |&(a, b, _)| (a, b)).ok()?;
    Some(PAIRS[index].2)
}

/// Composes decomposed text.
fn compose(codes: &mut Vec<u32>) {
    let mut written: usize = 0;
    let mut starter: Option<usize> = None;
    // The class of what stands between the starter and the next character; 0 directly behind it.
    let mut last_class = 0;
    for read in 0..codes.len() {
        let code = codes[read];
        let class = combining(code);
        if let Some(place) = starter {
            let adjacent = written == place + 1;
            let is_blocked = !adjacent && (last_class == 0 || last_class >= class);
            if !is_blocked && let Some(made) = composed(codes[place], code) {
                codes[place] = made;
                continue;
            }
        }
        if class == 0 {
            starter = Some(written);
        }
        last_class = class;
        codes[written] = code;
        written += 1;
    }
    codes.truncate(written);
}

/// The normal form of a text.
pub fn normalize(form: Form, text: impl Iterator<Item = u32>, version: Version) -> Vec<u32> {
    let mut codes = Vec::with_capacity(text.size_hint().0);
    text.for_each(|code| push_decomposed(&mut codes, code, form.is_compatible(), version));
    put_in_order(&mut codes);
    if form.composes() {
        compose(&mut codes);
    }
    codes
}

/// Whether a text surely has a normal form; if not, it may have it all the same.
pub fn is_surely_normalized(form: Form, text: impl Iterator<Item = u32>) -> bool {
    let first = form.first_changed();
    let mut last_class = 0;
    for code in text {
        if code < first {
            last_class = 0;
            continue;
        }
        let properties = properties::of(code);
        let class = properties.combining();
        if !properties.stays_in(form) || class != 0 && class < last_class {
            return false;
        }
        last_class = class;
    }
    true
}
