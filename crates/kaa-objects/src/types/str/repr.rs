//! `repr(str)`.

use super::core::{Kind, PyStr, StrData};
use super::units::{Extent, StrWriter};
use crate::{Gc, PyResult, Vm};

/// How a code point is shown: how many characters it takes.
#[inline]
fn width(code_point: u32, quote: u32) -> usize {
    match code_point {
        0x5c => 2,
        _ if code_point == quote => 2,
        0x09 | 0x0a | 0x0d => 2,
        0x20..0x7f => 1,
        0..0x20 | 0x7f => 4,
        _ if kaa_text::characters::is_printable(code_point) => 1,
        0x80..0x100 => 4,
        0x100..0x1_0000 => 6,
        _ => 10,
    }
}

/// `repr(text)`: in single quotes, or in double quotes when only single ones occur.
pub(super) fn repr(vm: &Vm, text: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    let data = text.data();
    let quote = match data {
        StrData::Latin1(s) => memchr::memchr(b'\'', s).is_some() && memchr::memchr(b'"', s).is_none(),
        _ => data.iter().any(|c| c == 0x27) && !data.iter().any(|c| c == 0x22),
    };
    let quote = if quote { 0x22 } else { 0x27 };
    let (mut len, mut bits) = (2usize, 0);
    for code_point in data.iter() {
        let width = width(code_point, quote);
        len = len.checked_add(width).ok_or_else(|| vm.overflow_error("string is too long to generate repr"))?;
        if width == 1 {
            bits |= code_point;
        }
    }
    let mut out = StrWriter::new(vm, Extent { kind: Kind::of(bits), ascii: bits < 128, len })?;
    out.push(quote);
    if len == text.len() + 2 {
        out.push_data(data);
    } else {
        data.iter().for_each(|code_point| push_escaped(&mut out, code_point, quote));
    }
    out.push(quote);
    Ok(out.finish())
}

fn push_escaped(out: &mut StrWriter, code_point: u32, quote: u32) {
    let width = width(code_point, quote);
    if width == 1 {
        return out.push(code_point);
    }
    out.push(b'\\'.into());
    let letter = match (width, code_point) {
        (2, 0x09) => b't',
        (2, 0x0a) => b'n',
        (2, 0x0d) => b'r',
        (2, _) => return out.push(code_point),
        (4, _) => b'x',
        (6, _) => b'u',
        _ => b'U',
    };
    out.push(letter.into());
    for digit in (0..if width == 2 { 0 } else { width - 2 }).rev() {
        out.push(b"0123456789abcdef"[(code_point >> (4 * digit) & 15) as usize].into());
    }
}
