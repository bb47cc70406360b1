//! Reading format strings: what stands where in the bytes.

/// A kind of field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `c`
    Char,
    /// `?`
    Bool,
    /// `b h i l q n`
    Signed,
    /// `B H I L Q N`
    Unsigned,
    /// `P`
    Pointer,
    /// `e f d`
    Float,
    /// `F D`
    Complex,
    /// `s`: so many bytes.
    Bytes,
    /// `p`: a length in one byte, then so many bytes.
    Pascal,
}

/// A run of equal fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The letter in the format.
    pub letter: u8,
    pub kind: Kind,
    /// Where the first one begins.
    pub offset: usize,
    /// Bytes of one.
    pub size: usize,
    /// How many there are.
    pub repeat: usize,
}

/// A format, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    pub fields: Box<[Field]>,
    /// Bytes of the whole.
    pub size: usize,
    /// How many values there are.
    pub values: usize,
    pub big_endian: bool,
}

/// Kind, size, and native alignment of a letter; `None` for no letter, or one that only native
/// formats have.
fn letter(letter: u8, native: bool) -> Option<(Kind, usize, usize)> {
    let long = if native { 8 } else { 4 };
    Some(match letter {
        b'c' => (Kind::Char, 1, 1),
        b'?' => (Kind::Bool, 1, 1),
        b'b' => (Kind::Signed, 1, 1),
        b'B' => (Kind::Unsigned, 1, 1),
        b'h' => (Kind::Signed, 2, 2),
        b'H' => (Kind::Unsigned, 2, 2),
        b'i' => (Kind::Signed, 4, 4),
        b'I' => (Kind::Unsigned, 4, 4),
        b'l' => (Kind::Signed, long, long),
        b'L' => (Kind::Unsigned, long, long),
        b'q' => (Kind::Signed, 8, 8),
        b'Q' => (Kind::Unsigned, 8, 8),
        b'n' if native => (Kind::Signed, 8, 8),
        b'N' if native => (Kind::Unsigned, 8, 8),
        b'P' if native => (Kind::Pointer, 8, 8),
        b'e' => (Kind::Float, 2, 2),
        b'f' => (Kind::Float, 4, 4),
        b'd' => (Kind::Float, 8, 8),
        b'F' => (Kind::Complex, 8, 4),
        b'D' => (Kind::Complex, 16, 8),
        b's' => (Kind::Bytes, 1, 1),
        b'p' => (Kind::Pascal, 1, 1),
        _ => return None,
    })
}

const TOO_LONG: &str = "total struct size too long";

impl Format {
    /// Reads a format; the error is CPython's text.
    pub fn parse(text: &[u8]) -> Result<Format, &'static str> {
        if text.contains(&0) {
            return Err("embedded null character");
        }
        let (native, big_endian, text) = match text {
            [b'@', rest @ ..] => (true, cfg!(target_endian = "big"), rest),
            [b'=', rest @ ..] => (false, cfg!(target_endian = "big"), rest),
            [b'<', rest @ ..] => (false, false, rest),
            [b'>' | b'!', rest @ ..] => (false, true, rest),
            rest => (true, cfg!(target_endian = "big"), rest),
        };
        let mut fields = Vec::new();
        let (mut size, mut values) = (0usize, 0usize);
        let mut bytes = text.iter().copied();
        while let Some(byte) = bytes.next() {
            if matches!(byte, b' ' | b'\t'..=b'\r') {
                continue;
            }
            let (count, byte) = read_count(byte, &mut bytes)?;
            if byte == b'x' {
                size = grown(size, count)?;
                continue;
            }
            let (kind, item, alignment) = letter(byte, native).ok_or("bad char in struct format")?;
            if native {
                size = size.checked_next_multiple_of(alignment).ok_or(TOO_LONG)?;
            }
            let (item, repeat) = match kind {
                Kind::Bytes | Kind::Pascal => (count, 1),
                _ => (item, count),
            };
            if repeat > 0 {
                fields.push(Field { letter: byte, kind, offset: size, size: item, repeat });
            }
            values += repeat;
            size = grown(size, item.checked_mul(repeat).ok_or(TOO_LONG)?)?;
        }
        Ok(Format { fields: fields.into(), size, values, big_endian })
    }
}

fn grown(size: usize, by: usize) -> Result<usize, &'static str> {
    size.checked_add(by).filter(|&size| size <= isize::MAX as usize).ok_or(TOO_LONG)
}

/// A repeat count, 1 if there is none, and the letter after it.
fn read_count(first: u8, bytes: &mut impl Iterator<Item = u8>) -> Result<(usize, u8), &'static str> {
    if !first.is_ascii_digit() {
        return Ok((1, first));
    }
    let mut count = usize::from(first - b'0');
    loop {
        match bytes.next() {
            None => return Err("repeat count given without format specifier"),
            Some(digit @ b'0'..=b'9') => {
                count = count
                    .checked_mul(10)
                    .and_then(|count| grown(count, usize::from(digit - b'0')).ok())
                    .ok_or(TOO_LONG)?;
            }
            Some(letter) => return Ok((count, letter)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_alignment() {
        let size = |text: &str| Format::parse(text.as_bytes()).map(|format| (format.size, format.values));
        assert_eq!(size("bi"), Ok((8, 2)));
        assert_eq!(size("<bi"), Ok((5, 2)));
        assert_eq!(size("ib0q"), Ok((8, 2)));
        assert_eq!(size("3s2x p"), Ok((6, 2)));
        assert_eq!(size("0s"), Ok((0, 1)));
        assert_eq!(size("<n"), Err("bad char in struct format"));
        assert_eq!(size("5"), Err("repeat count given without format specifier"));
        assert_eq!(size("99999999999999999999i"), Err(TOO_LONG));
        assert_eq!(size("4611686018427387904i"), Err(TOO_LONG));
    }
}
