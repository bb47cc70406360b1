//! Generalized UTF-8: UTF-8 in which surrogates are encoded as three bytes like their neighbours.
//!
//! Every Python string has exactly one such encoding. Two surrogates that stand side by side stay
//! two code points, as in Python (so this is not WTF-8 in the strict sense, which joins them).

/// Appends the encoding of a code point.
///
/// Panics above U+10FFFF.
pub fn push_code_point(out: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            assert!(code <= 0x10ffff, "not a code point");
            out.extend_from_slice(&[
                0xe0 | (code >> 12) as u8,
                0x80 | (code >> 6 & 0x3f) as u8,
                0x80 | (code & 0x3f) as u8,
            ]);
        }
    }
}

/// The code points of a generalized UTF-8 text. Invalid bytes come out as U+FFFD.
pub fn code_points(text: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (code, length) = decode(rest)?;
        rest = &rest[length..];
        Some(code)
    })
}

/// The first code point and its length in bytes.
fn decode(text: &[u8]) -> Option<(u32, usize)> {
    let first = *text.first()?;
    let (length, head) = match first {
        0..0x80 => return Some((u32::from(first), 1)),
        0xc2..0xe0 => (2, first & 0x1f),
        0xe0..0xf0 => (3, first & 0x0f),
        0xf0..0xf5 => (4, first & 0x07),
        _ => return Some((0xfffd, 1)),
    };
    let mut code = u32::from(head);
    for i in 1..length {
        match text.get(i) {
            Some(&byte) if byte & 0xc0 == 0x80 => code = code << 6 | u32::from(byte & 0x3f),
            _ => return Some((0xfffd, i)),
        }
    }
    Some((code, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_with_surrogates() {
        let codes = [0x41, 0xe9, 0x20ac, 0xd800, 0xdfff, 0x1f40d];
        let mut text = Vec::new();
        codes.iter().for_each(|&code| push_code_point(&mut text, code));
        assert_eq!(code_points(&text).collect::<Vec<_>>(), codes);
        assert_eq!(&text[text.len() - 4..], "🐍".as_bytes());
    }
}
