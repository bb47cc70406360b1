//! Where a text occurs in another: the searches behind `in`, `find`, `count`, `split` and `replace`.
//!
//! A text whose kind is wider than that of the text searched holds a code point that the latter
//! cannot hold, and does not occur. A narrower one is widened, and then bytes are compared:
//! `memchr`'s vectorized substring search, whose hits count where a code point starts.

use std::borrow::Cow;

use memchr::memmem;

use super::core::{Kind, StrData};

/// The bytes of a text in the units of a kind; `None` when the kind does not hold it.
fn widened(text: StrData<'_>, kind: Kind) -> Option<Cow<'_, [u8]>> {
    Some(match (text, kind) {
        _ if text.kind() == kind => Cow::Borrowed(text.as_bytes()),
        _ if text.kind() > kind => return None,
        (text, Kind::Ucs2) => text.iter().flat_map(|c| (c as u16).to_ne_bytes()).collect::<Vec<u8>>().into(),
        (text, _) => text.iter().flat_map(u32::to_ne_bytes).collect::<Vec<u8>>().into(),
    })
}

/// The positions where `needle`, which is not empty, occurs, from left to right and without
/// overlaps; `each` says whether to go on.
pub(super) fn for_each_match(text: StrData<'_>, needle: StrData<'_>, mut each: impl FnMut(usize) -> bool) {
    debug_assert!(!needle.is_empty());
    if needle.len() > text.len() {
        return;
    }
    let size = text.kind() as usize;
    if let (StrData::Latin1(text), &[byte]) = (text, needle.as_bytes()) {
        if needle.kind() == Kind::Latin1 {
            memchr::memchr_iter(byte, text).all(each);
        }
        return;
    }
    let Some(needle) = widened(needle, text.kind()) else { return };
    let finder = memmem::Finder::new(&needle);
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = finder.find(&bytes[from..]).map(|at| at + from) {
        if at % size != 0 {
            from = at + 1;
            continue;
        }
        if !each(at / size) {
            return;
        }
        from = at + needle.len();
    }
}

/// As [`for_each_match`], from right to left.
pub(super) fn for_each_match_reversed(text: StrData<'_>, needle: StrData<'_>, mut each: impl FnMut(usize) -> bool) {
    debug_assert!(!needle.is_empty());
    if needle.len() > text.len() {
        return;
    }
    let size = text.kind() as usize;
    let Some(needle) = widened(needle, text.kind()) else { return };
    let finder = memmem::FinderRev::new(&needle[..]);
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    while let Some(at) = finder.rfind(&bytes[..end]) {
        if at % size != 0 {
            // The next candidate ends a byte earlier.
            end = at + needle.len() - 1;
            continue;
        }
        if !each(at / size) {
            return;
        }
        end = at;
    }
}

/// The first position of `needle`.
pub(super) fn find(text: StrData<'_>, needle: StrData<'_>) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    if let (1, StrData::Ucs2(units)) = (needle.len(), text) {
        let wanted = u16::try_from(needle.at(0)).ok()?;
        return units.iter().position(|&unit| unit == wanted);
    }
    let mut found = None;
    for_each_match(text, needle, |at| {
        found = Some(at);
        false
    });
    found
}

/// The last position of `needle`.
pub(super) fn rfind(text: StrData<'_>, needle: StrData<'_>) -> Option<usize> {
    if needle.is_empty() {
        return Some(text.len());
    }
    let mut found = None;
    for_each_match_reversed(text, needle, |at| {
        found = Some(at);
        false
    });
    found
}

/// How often `needle` occurs without overlaps; the empty text occurs around each code point.
pub(super) fn count(text: StrData<'_>, needle: StrData<'_>, most: usize) -> usize {
    if needle.is_empty() {
        return (text.len() + 1).min(most);
    }
    let mut count = 0;
    if most > 0 {
        for_each_match(text, needle, |_| {
            count += 1;
            count < most
        });
    }
    count
}

/// Whether `text` has `part` at a position.
pub(super) fn is_at(text: StrData<'_>, part: StrData<'_>, at: usize) -> bool {
    if part.len() > text.len() - at {
        return false;
    }
    let piece = text.slice(at..at + part.len());
    match piece.kind() == part.kind() {
        true => piece.as_bytes() == part.as_bytes(),
        false => piece.iter().eq(part.iter()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text as 16-bit units.
    fn wide(text: &str) -> Vec<u16> {
        text.chars().map(|c| u32::from(c) as u16).collect()
    }

    #[test]
    fn hits_count_where_a_code_point_starts() {
        // The bytes of U+0100 occur between two of these, too.
        let text = [0x0001u16, 0x0001, 0x0100, 0x0100];
        assert_eq!(find(StrData::Ucs2(&text), StrData::Ucs2(&[0x0100])), Some(2));
        assert_eq!(rfind(StrData::Ucs2(&text), StrData::Ucs2(&[0x0100])), Some(3));
        assert_eq!(rfind(StrData::Ucs2(&text), StrData::Ucs2(&[0x0001])), Some(1));
        assert_eq!(count(StrData::Ucs2(&text), StrData::Ucs2(&[0x0100, 0x0100]), 9), 1);
    }

    #[test]
    fn narrower_texts_are_found_and_wider_ones_are_not() {
        let text = wide("größer ‒ größte");
        let data = StrData::Ucs2(&text);
        assert_eq!(find(data, StrData::Latin1(b"gr\xf6\xdf")), Some(0));
        assert_eq!(rfind(data, StrData::Latin1(b"gr\xf6\xdf")), Some(9));
        assert_eq!(count(data, StrData::Latin1(b"r"), usize::MAX), 3);
        assert_eq!(find(data, StrData::Ucs4(&[0x1f40d])), None);
        assert_eq!(find(StrData::Latin1(b"abc"), StrData::Ucs2(&[0x2012])), None);
        assert_eq!(count(StrData::Latin1(b"aaaa"), StrData::Latin1(b"aa"), usize::MAX), 2);
        assert_eq!(count(StrData::Latin1(b"aaa"), StrData::Latin1(b""), usize::MAX), 4);
    }
}
