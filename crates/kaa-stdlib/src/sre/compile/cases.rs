//! What ignoring case means for a pattern.

use super::super::chars::{lower_ascii, lower_unicode, upper_unicode};
use super::super::codes::flag;

/// How case is treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Case {
    /// It is told apart.
    Exact,
    Ascii,
    Unicode,
    /// As the locale says, when the pattern is applied.
    Locale,
}

impl Case {
    /// What the flags of a pattern ask for.
    pub fn of(flags: i32) -> Case {
        if flags & flag::IGNORECASE == 0 {
            Case::Exact
        } else if flags & flag::LOCALE != 0 {
            Case::Locale
        } else if flags & flag::UNICODE != 0 {
            Case::Unicode
        } else {
            Case::Ascii
        }
    }

    /// Whether a character has another case, as far as is known now.
    pub fn is_cased(self, code: u32) -> bool {
        match self {
            Case::Exact | Case::Locale => false,
            Case::Ascii => lower_ascii(code) != code || matches!(code, 0x61..=0x7a),
            Case::Unicode => lower_unicode(code) != code || upper_unicode(code) != code,
        }
    }

    /// Lower case.
    pub fn lower(self, code: u32) -> u32 {
        match self {
            Case::Exact | Case::Locale => code,
            Case::Ascii => lower_ascii(code),
            Case::Unicode => lower_unicode(code),
        }
    }

    /// The characters in lower case, but for the given one, that have the same upper case as it.
    pub fn others(self, lower: u32) -> impl Iterator<Item = u32> {
        let same = if self == Case::Unicode { same_upper_case(lower) } else { &[] };
        same.iter().copied().filter(move |&other| other != lower)
    }
}

/// The characters in lower case that share their upper case with the given one, if there are
/// others: all of them, ascending. `re._casefix` lists the same.
#[rustfmt::skip]
fn same_upper_case(lower: u32) -> &'static [u32] {
    match lower {
        0x69 | 0x131 => &[0x69, 0x131],
        0x73 | 0x17f => &[0x73, 0x17f],
        0xb5 | 0x3bc => &[0xb5, 0x3bc],
        0x345 | 0x3b9 | 0x1fbe => &[0x345, 0x3b9, 0x1fbe],
        0x390 | 0x1fd3 => &[0x390, 0x1fd3],
        0x3b0 | 0x1fe3 => &[0x3b0, 0x1fe3],
        0x3b2 | 0x3d0 => &[0x3b2, 0x3d0],
        0x3b5 | 0x3f5 => &[0x3b5, 0x3f5],
        0x3b8 | 0x3d1 => &[0x3b8, 0x3d1],
        0x3ba | 0x3f0 => &[0x3ba, 0x3f0],
        0x3c0 | 0x3d6 => &[0x3c0, 0x3d6],
        0x3c1 | 0x3f1 => &[0x3c1, 0x3f1],
        0x3c2 | 0x3c3 => &[0x3c2, 0x3c3],
        0x3c6 | 0x3d5 => &[0x3c6, 0x3d5],
        0x432 | 0x1c80 => &[0x432, 0x1c80],
        0x434 | 0x1c81 => &[0x434, 0x1c81],
        0x43e | 0x1c82 => &[0x43e, 0x1c82],
        0x441 | 0x1c83 => &[0x441, 0x1c83],
        0x442 | 0x1c84 | 0x1c85 => &[0x442, 0x1c84, 0x1c85],
        0x44a | 0x1c86 => &[0x44a, 0x1c86],
        0x463 | 0x1c87 => &[0x463, 0x1c87],
        0x1c88 | 0xa64b => &[0x1c88, 0xa64b],
        0x1e61 | 0x1e9b => &[0x1e61, 0x1e9b],
        0xfb05 | 0xfb06 => &[0xfb05, 0xfb06],
        _ => &[],
    }
}
