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

    fn is_plain(self, code_point: u32) -> bool {
        match u8::try_from(code_point) {
            Ok(byte) => PLAIN[usize::from(byte)] & self.mask() != 0,
            Err(_) => self == Escape::Unicode,
        }
    }

    /// Appends a string with its quotes.
    pub fn push(self, out: &mut StrBuilder, text: StrData<'_>) {
        out.push_data(StrData::Latin1(b"\""));
        let mut at = 0;
        while at < text.len() {
            let run = self.plain_run(text, at);
            if run > 0 {
                out.push_data(text.slice(at..at + run));
                at += run;
            }
            if at < text.len() {
                push_escape(out, text.at(at));
                at += 1;
            }
        }
        out.push_data(StrData::Latin1(b"\""));
    }

    /// How many characters from a position on stand as they are.
    fn plain_run(self, text: StrData<'_>, at: usize) -> usize {
        let mask = self.mask();
        match text {
            StrData::Latin1(bytes) => {
                let rest = &bytes[at..];
                rest.iter().position(|&byte| PLAIN[usize::from(byte)] & mask == 0).unwrap_or(rest.len())
            }
            StrData::Ucs2(units) => {
                let rest = &units[at..];
                rest.iter().position(|&unit| !self.is_plain(unit.into())).unwrap_or(rest.len())
            }
            StrData::Ucs4(units) => {
                let rest = &units[at..];
                rest.iter().position(|&unit| !self.is_plain(unit)).unwrap_or(rest.len())
            }
        }
    }
}

#[cold]
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
    out.push_data(StrData::Latin1(&[b'\\', letter]));
}

fn push_unit(out: &mut StrBuilder, unit: u32) {
    let digit = |shift: u32| b"0123456789abcdef"[(unit >> shift & 15) as usize];
    out.push_data(StrData::Latin1(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]));
}
