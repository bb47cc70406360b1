//! Lines of uuencode.

/// The bytes of a line.
pub fn decode(line: &[u8]) -> Result<Vec<u8>, &'static str> {
    let Some((&length, mut rest)) = line.split_first() else { return Err("Missing length byte") };
    let count = usize::from(length.wrapping_sub(b' ') & 63);
    let mut out = Vec::with_capacity(count);
    let (mut bits, mut held) = (0u32, 0);
    while out.len() < count {
        let character = rest.first().copied();
        rest = rest.get(1..).unwrap_or_default();
        let value = match character {
            // Spaces at the end of a line got lost on the way, perhaps.
            None | Some(b'\n' | b'\r') => 0,
            Some(character @ b' '..=b'`') => (character - b' ') & 63,
            Some(_) => return Err("Illegal char"),
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    match rest.iter().all(|character| matches!(character, b' ' | b'`' | b'\n' | b'\r')) {
        true => Ok(out),
        false => Err("Trailing garbage"),
    }
}

/// The line of at most 45 bytes; zeros are spaces, or backticks.
pub fn encode(bytes: &[u8], backtick: bool) -> Vec<u8> {
    let character = |value: u32| match value & 63 {
        0 if backtick => b'`',
        value => b' ' + value as u8,
    };
    let mut out = vec![character(bytes.len() as u32)];
    for group in bytes.chunks(3) {
        let byte = |index| group.get(index).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let count = group.len() * 8;
        let characters = [bits >> 18, bits >> 12, bits >> 6, bits].map(character);
        out.extend_from_slice(&characters[..count.div_ceil(6)]);
    }
    // Bits that are left over fill whole bytes: always four characters for three bytes.
    while out.len() % 4 != 1 {
        out.push(character(0));
    }
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(encode(b"The quick", false), b")5&AE('%U:6-K\n");
        assert_eq!(decode(b")5&AE('%U:6-K\n"), Ok(b"The quick".to_vec()));
        assert_eq!(encode(b"\0", true), b"!````\n");
        assert_eq!(decode(b"!@\x7f"), Err("Illegal char"));
        assert_eq!(decode(b"!    x"), Err("Trailing garbage"));
    }
}
