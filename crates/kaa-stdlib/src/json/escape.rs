//! Strings as JSON writes them.

use kaa_objects::types::str::{StrBuilder, StrData};

/// Which characters are written as escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// All but printable ASCII.
    Ascii,
    /// What must be: control characters, the quote and the backslash.
    Unicode,
}

/// For each byte whether it stands as it is: bit 0 for [`Escape::Ascii`], bit 1 for
/// [`Escape::Unicode`].
static PLAIN: [u8; 256] = {
    let mut plain = [0; 256];
    let mut byte = b' ' as usize;
    while byte < 256 {
        plain[byte] = if byte < 0x7f { 3 } else { 2 };
        byte += 1;
    }
    plain[b'"' as usize] = 0;
    plain[b'\\' as usize] = 0;
    plain
};

impl Escape {
    fn mask(self) -> u8 {
        match self {
            Escape::Ascii => 1,
            Escape::Unicode => 2,
        }
    }

    #[inline(always)]
    fn is_plain(self, code_point: u32) -> bool {
        match u8::try_from(code_point) {
            Ok(byte) => PLAIN[usize::from(byte)] & self.mask() != 0,
            Err(_) => self == Escape::Unicode,
        }
    }

    /// Appends a string with its quotes.
    pub fn push(self, out: &mut StrBuilder, text: StrData<'_>) {
        out.push_latin1(b"\"");
        match text {
            StrData::Latin1(bytes) => {
                let mut rest = bytes;
                while let Some(len) = rest.iter().position(|&byte| !self.is_plain(byte.into())) {
                    out.push_latin1(&rest[..len]);
                    push_escape(out, rest[len].into());
                    rest = &rest[len + 1..];
                }
                out.push_latin1(rest);
            }
            StrData::Ucs2(units) => self.push_wide(out, units, StrData::Ucs2),
            StrData::Ucs4(units) => self.push_wide(out, units, StrData::Ucs4),
        }
        out.push_latin1(b"\"");
    }

    fn push_wide<'a, U: Copy + Into<u32>>(
        self,
        out: &mut StrBuilder,
        units: &'a [U],
        data: fn(&'a [U]) -> StrData<'a>,
    ) {
        if self == Escape::Ascii {
            for &unit in units {
                match unit.into() {
                    code_point if self.is_plain(code_point) => out.push(code_point),
                    code_point => push_escape(out, code_point),
                }
            }
            return;
        }
        let mut rest = units;
        while let Some(len) = rest.iter().position(|&unit| !self.is_plain(unit.into())) {
            out.push_data(data(&rest[..len]));
            push_escape(out, rest[len].into());
            rest = &rest[len + 1..];
        }
        out.push_data(data(rest));
    }
}

fn push_escape(out: &mut StrBuilder, code_point: u32) {
    let letter = match code_point {
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        0x22 | 0x5c => code_point as u8,
        0x1_0000.. => {
            let rest = code_point - 0x1_0000;
            push_unit(out, 0xd800 | rest >> 10);
            return push_unit(out, 0xdc00 | rest & 0x3ff);
        }
        _ => return push_unit(out, code_point),
    };
    out.push_latin1(&[b'\\', letter]);
}

#[inline]
fn push_unit(out: &mut StrBuilder, unit: u32) {
    let digit = |shift: u32| b"0123456789abcdef"[(unit >> shift & 15) as usize];
    out.push_latin1(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}
