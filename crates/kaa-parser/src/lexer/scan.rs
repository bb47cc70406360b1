//! Scans of the source that look at eight bytes at a time, as at a number whose lowest byte comes
//! first.

use memchr::memchr3;

/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A number whose bytes are all the same.
const fn each(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// The eight bytes at an offset, with zeros beyond the end.
#[inline]
pub(super) fn word_at(src: &[u8], at: usize) -> u64 {
    match src.get(at..at + 8).and_then(<[u8]>::first_chunk) {
        Some(eight) => u64::from_le_bytes(*eight),
        None => last_word(src, at),
    }
}

#[cold]
fn last_word(src: &[u8], at: usize) -> u64 {
    let rest = src.get(at..).unwrap_or_default();
    rest.iter().rev().fold(0, |word, &c| word << 8 | u64::from(c))
}

/// The first bytes of a word, fewer than eight, with zeros in place of the others.
#[inline]
pub(super) fn first_bytes(word: u64, count: usize) -> u64 {
    word & !(u64::MAX << (count * 8))
}

#[inline]
pub(super) fn is_ascii(word: u64) -> bool {
    word & HIGH == 0
}

/// How many bytes come before the first that is marked by its highest bit.
#[inline]
fn before_mark(marks: u64) -> usize {
    (marks & HIGH).trailing_zeros() as usize / 8
}

/// Marks the bytes that are in a range, of bytes below 0x80.
#[inline]
fn in_range(bytes: u64, first: u8, last: u8) -> u64 {
    (bytes + each(0x80 - first)) & !(bytes + each(0x7f - last))
}

/// Marks the bytes that equal one, surely the first of them; those behind it may be marked in error.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ each(byte);
    difference.wrapping_sub(each(1)) & !difference
}

/// How many bytes at the start of a word may be in an identifier: all beyond ASCII may.
#[inline]
pub(super) fn identifier_bytes(word: u64) -> usize {
    let low = word & !HIGH;
    let letters = in_range(low | each(0x20), b'a', b'z');
    let digits = in_range(low, b'0', b'9');
    let others_than_underscore = (low ^ each(b'_')) + each(0x7f);
    before_mark(!(word | letters | digits) & others_than_underscore)
}

/// How many bytes at the start of a word are digits.
#[inline]
pub(super) fn digits(word: u64) -> usize {
    before_mark(!in_range(word & !HIGH, b'0', b'9') | word)
}

/// How many spaces stand at an offset.
#[inline]
pub(super) fn spaces(src: &[u8], at: usize) -> usize {
    let mut count = 0;
    loop {
        let others = word_at(src, at + count) ^ each(b' ');
        count += others.trailing_zeros() as usize / 8;
        if others != 0 {
            return count;
        }
    }
}

/// The offset of the first of three characters, from an offset on.
#[inline]
pub(super) fn find3(src: &[u8], from: usize, a: u8, b: u8, c: u8) -> Option<usize> {
    // Most strings are short.
    let mut at = from;
    for _ in 0..4 {
        let word = word_at(src, at);
        let found = before_mark(equal(word, a) | equal(word, b) | equal(word, c));
        at += found;
        if found < 8 {
            return Some(at);
        }
    }
    memchr3(a, b, c, src.get(at..)?).map(|length| at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_byte_by_byte() {
        for byte in 0..=u8::MAX {
            let expected = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
            for place in 0..8 {
                // Neighbours of all kinds must not matter.
                for others in [b'a', b'_', b'9', 0x80, 0xff] {
                    let mut bytes = [others; 8];
                    bytes[place] = byte;
                    let count = if expected { 8 } else { place };
                    assert_eq!(identifier_bytes(u64::from_le_bytes(bytes)), count, "{bytes:?}");
                }
            }
        }
        assert_eq!(identifier_bytes(u64::from_le_bytes(*b"ab (  xy")), 2);
        assert_eq!(identifier_bytes(0), 0);
    }

    #[test]
    fn digits_are_told_byte_by_byte() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut bytes = *b"01928374";
                bytes[place] = byte;
                let count = if byte.is_ascii_digit() { 8 } else { place };
                assert_eq!(digits(u64::from_le_bytes(bytes)), count, "{bytes:?}");
            }
        }
    }

    #[test]
    fn words_end_with_the_source() {
        assert_eq!(word_at(b"abcdefghi", 1), u64::from_le_bytes(*b"bcdefghi"));
        assert_eq!(word_at(b"abcdefghi", 2), u64::from_le_bytes(*b"cdefghi\0"));
        assert_eq!(word_at(b"abc", 3), 0);
        assert_eq!(word_at(b"abc", 9), 0);
        assert_eq!(first_bytes(u64::from_le_bytes(*b"abcdefgh"), 2), u64::from_le_bytes(*b"ab\0\0\0\0\0\0"));
    }

    #[test]
    fn counts_spaces() {
        for count in 0..30 {
            let mut text = vec![b' '; count];
            assert_eq!(spaces(&text, 0), count);
            for end in [b'\t', b'!', b'a', 0xa0] {
                text.push(end);
                text.extend_from_slice(b"   ");
                assert_eq!(spaces(&text, 0), count);
                text.truncate(count);
            }
        }
    }

    #[test]
    fn finds_the_first_of_three() {
        for length in 0..50 {
            let mut text = vec![b'#'; length];
            assert_eq!(find3(&text, 0, b'"', b'\\', b'\n'), None);
            for found in [b'"', b'\\', b'\n'] {
                text.extend_from_slice(&[found, found ^ 1, b'"', b'\\', b'\n', b' ', b' ']);
                assert_eq!(find3(&text, 0, b'"', b'\\', b'\n'), Some(length));
                text.truncate(length);
            }
        }
    }
}
