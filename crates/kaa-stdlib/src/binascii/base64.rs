//! Base64.

/// The digits.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What is no digit.
const NONE: u8 = 0xff;

/// The value of each character.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut digit = 0;
    while digit < 64 {
        values[DIGITS[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// How many characters so many bytes become.
pub fn encoded_len(len: usize) -> Option<usize> {
    len.div_ceil(3).checked_mul(4)
}

/// Writes the characters for bytes; `out` has room for exactly those.
pub fn encode(bytes: &[u8], out: &mut [u8]) {
    let digit = |bits: u32| DIGITS[(bits & 63) as usize];
    let (whole, rest) = bytes.as_chunks::<3>();
    let (quads, last) = out.split_at_mut(whole.len() * 4);
    for (&[a, b, c], quad) in whole.iter().zip(quads.as_chunks_mut::<4>().0) {
        let bits = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
        *quad = [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)];
    }
    match *rest {
        [a] => {
            let bits = u32::from(a) << 4;
            last.copy_from_slice(&[digit(bits >> 6), digit(bits), b'=', b'=']);
        }
        [a, b] => {
            let bits = u32::from(a) << 10 | u32::from(b) << 2;
            last.copy_from_slice(&[digit(bits >> 12), digit(bits >> 6), digit(bits), b'=']);
        }
        _ => {}
    }
}

/// Bytes of base64 text. Characters that mean nothing are left out, unless `strict`.
pub fn decode(text: &[u8], strict: bool) -> Result<Vec<u8>, String> {
    let refused = |reason: &str| Err(reason.to_owned());
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    // The digits since the last whole four, the bits of the last one that are left, and the padding
    // behind them.
    let (mut digits, mut bits, mut pads) = (0, 0u8, 0usize);
    let mut at = 0;
    while at < text.len() {
        if digits == 0 && pads == 0 {
            at += decode_quads(&text[at..], &mut out);
            if at >= text.len() {
                break;
            }
        }
        let character = text[at];
        at += 1;
        if character == b'=' {
            pads += 1;
            if strict && !(digits >= 2 && digits + pads <= 4) {
                if digits == 1 {
                    break;
                }
                return refused(if at == 1 { "Leading padding not allowed" } else { "Excess padding not allowed" });
            }
            continue;
        }
        let value = VALUES[usize::from(character)];
        if value == NONE {
            if strict {
                return refused("Only base64 data is allowed");
            }
            continue;
        }
        if strict && pads > 0 {
            return refused(match digits + pads {
                4 => "Excess data after padding",
                _ => "Discontinuous padding not allowed",
            });
        }
        pads = 0;
        match digits {
            0 => bits = value,
            1 => {
                out.push(bits << 2 | value >> 4);
                bits = value & 15;
            }
            2 => {
                out.push(bits << 4 | value >> 2);
                bits = value & 3;
            }
            _ => out.push(bits << 6 | value),
        }
        digits = (digits + 1) & 3;
    }
    match digits {
        1 => {
            let count = out.len() / 3 * 4 + 1;
            Err(format!(
                "Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"
            ))
        }
        2 | 3 if digits + pads < 4 => refused("Incorrect padding"),
        _ => Ok(out),
    }
}

/// Decodes groups of four digits as long as there are such; gives how many characters were read.
fn decode_quads(text: &[u8], out: &mut Vec<u8>) -> usize {
    let mut read = 0;
    for quad in text.as_chunks::<4>().0 {
        let [a, b, c, d] = quad.map(|character| VALUES[usize::from(character)]);
        if a | b | c | d >= 64 {
            break;
        }
        out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
        read += 4;
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8]) -> String {
        let mut out = vec![0; encoded_len(bytes.len()).unwrap()];
        encode(bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_texts() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(encoded(bytes.as_bytes()), text);
            assert_eq!(decode(text.as_bytes(), true).as_deref(), Ok(bytes.as_bytes()));
        }
    }

    #[test]
    fn all_lengths_round_trip() {
        let bytes: Vec<u8> = (0..600).map(|i| (i * 7 + i / 5) as u8).collect();
        for len in 0..bytes.len() {
            assert_eq!(decode(encoded(&bytes[..len]).as_bytes(), true).as_deref(), Ok(&bytes[..len]));
        }
    }

    #[test]
    fn noise_is_left_out_unless_strict() {
        assert_eq!(decode(b"Zm\n9v Ym!Fy", false).as_deref(), Ok(&b"foobar"[..]));
        assert_eq!(decode(b"Zm\n9v", true), Err("Only base64 data is allowed".to_owned()));
        assert_eq!(decode(b"BB=BB", false).as_deref(), Ok(&[4, 16, 65][..]));
        assert_eq!(decode(b"BB=BB", true), Err("Discontinuous padding not allowed".to_owned()));
        assert_eq!(decode(b"Zg=", false), Err("Incorrect padding".to_owned()));
    }
}
