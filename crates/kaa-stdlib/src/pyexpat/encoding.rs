//! Bytes of a document as UTF-8, in which the parser works.

/// How the bytes of a document stand for characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// UTF-8; what is invalid is found by the parser.
    Utf8,
    /// Like UTF-8, but only the first 128 characters.
    Ascii,
    /// One byte a character.
    Latin1,
    /// Two or four bytes a character.
    Utf16 { big_endian: bool },
    /// One byte a character, by a table; `None` where there is none.
    Table(Box<[Option<char>; 256]>),
}

/// A byte that is in no UTF-8 text: for what has no meaning in the document's encoding.
const INVALID: u8 = 0xff;

impl Encoding {
    /// The encoding of a name that needs no table. For `UTF-16` the order is the one given.
    pub fn by_name(name: &str, big_endian: bool) -> Option<Encoding> {
        Some(match name.to_ascii_uppercase().as_str() {
            "UTF-8" => Encoding::Utf8,
            "US-ASCII" => Encoding::Ascii,
            "ISO-8859-1" => Encoding::Latin1,
            "UTF-16" => Encoding::Utf16 { big_endian },
            "UTF-16BE" => Encoding::Utf16 { big_endian: true },
            "UTF-16LE" => Encoding::Utf16 { big_endian: false },
            _ => return None,
        })
    }

    /// Whether a character has two bytes at least.
    pub fn is_wide(&self) -> bool {
        matches!(self, Encoding::Utf16 { .. })
    }

    /// Appends bytes as UTF-8; gives how many were used, as the last character may be incomplete.
    pub fn decode(&self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let mut push = |c: Option<char>| match c {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => out.push(INVALID),
        };
        match self {
            Encoding::Utf8 => out.extend_from_slice(bytes),
            Encoding::Ascii => out.extend(bytes.iter().map(|&b| if b.is_ascii() { b } else { INVALID })),
            Encoding::Latin1 => bytes.iter().for_each(|&byte| push(Some(byte.into()))),
            Encoding::Table(table) => bytes.iter().for_each(|&byte| push(table[usize::from(byte)])),
            Encoding::Utf16 { big_endian } => {
                let units = bytes.as_chunks::<2>().0;
                let unit = |at: usize| {
                    units.get(at).map(|&unit| match big_endian {
                        true => u16::from_be_bytes(unit),
                        false => u16::from_le_bytes(unit),
                    })
                };
                let mut at = 0;
                while let Some(high) = unit(at) {
                    match (high, unit(at + 1)) {
                        (0xd800..=0xdbff, None) => break,
                        (0xd800..=0xdbff, Some(low)) => {
                            let pair = char::decode_utf16([high, low]).next().and_then(Result::ok);
                            push(pair);
                            at += if pair.is_some() { 2 } else { 1 };
                        }
                        _ => {
                            push(char::from_u32(high.into()));
                            at += 1;
                        }
                    }
                }
                return at * 2;
            }
        }
        bytes.len()
    }

    /// How many bytes of the document so much UTF-8 was.
    pub fn original_len(&self, utf8: &[u8]) -> usize {
        match self {
            Encoding::Utf8 | Encoding::Ascii => utf8.len(),
            Encoding::Latin1 | Encoding::Table(_) => utf8.iter().filter(|&&byte| byte & 0xc0 != 0x80).count(),
            Encoding::Utf16 { .. } => {
                let units = |&byte: &u8| match byte {
                    0x80..=0xbf => 0,
                    0xf0..=0xf4 => 4,
                    _ => 2,
                };
                utf8.iter().map(units).sum()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters() {
        let encoding = Encoding::Utf16 { big_endian: false };
        let bytes: Vec<u8> = "aß€😀".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut out = Vec::new();
        assert_eq!(encoding.decode(&bytes[..9], &mut out), 6);
        assert_eq!(encoding.decode(&bytes[6..], &mut out), 4);
        assert_eq!(out, "aß€😀".as_bytes());
        assert_eq!(encoding.original_len(&out), bytes.len());
    }
}
