//! Reading a string of a JSON document.

use kaa_objects::types::str::{PyStr, StrBuilder, StrData};
use kaa_objects::{Gc, PyResult, Vm};

use super::decode_error;

/// A code point as strings of one kind store it.
pub trait Unit: Copy + Into<u32> + PartialEq + 'static {
    /// A row of units as the data of a string.
    fn data(units: &[Self]) -> StrData<'_>;

    /// The string of a row of units.
    fn string(vm: &Vm, units: &[Self]) -> PyResult<Gc<PyStr>> {
        vm.new_str_from_data(Self::data(units))
    }
}

impl Unit for u8 {
    #[inline(always)]
    fn data(units: &[u8]) -> StrData<'_> {
        StrData::Latin1(units)
    }
}

impl Unit for u16 {
    #[inline(always)]
    fn data(units: &[u16]) -> StrData<'_> {
        StrData::Ucs2(units)
    }
}

impl Unit for u32 {
    #[inline(always)]
    fn data(units: &[u32]) -> StrData<'_> {
        StrData::Ucs4(units)
    }
}

const QUOTE: u32 = b'"' as u32;
const BACKSLASH: u32 = b'\\' as u32;
const UNTERMINATED: &str = "Unterminated string starting at";
const BAD_UNICODE: &str = "Invalid \\uXXXX escape";

/// Where the plain characters from a position on end: at a quote, a backslash, a control character
/// unless these are allowed, or the end of the document.
#[inline]
pub fn plain_end<U: Unit>(units: &[U], at: usize, strict: bool) -> usize {
    let least = if strict { 0x20 } else { 0 };
    let ends = |&unit: &U| {
        let code_point: u32 = unit.into();
        code_point == QUOTE || code_point == BACKSLASH || code_point < least
    };
    units[at..].iter().position(ends).map_or(units.len(), |len| at + len)
}

/// The string whose first character is at `start`, behind the quote, and the position behind its
/// closing quote.
#[inline]
pub fn scan<U: Unit>(
    vm: &Vm,
    document: Gc<PyStr>,
    units: &[U],
    start: usize,
    strict: bool,
) -> PyResult<(Gc<PyStr>, usize)> {
    let end = plain_end(units, start, strict);
    if end < units.len() && units[end].into() == QUOTE {
        return Ok((U::string(vm, &units[start..end])?, end + 1));
    }
    scan_escaped(vm, document, units, start, end, strict)
}

/// As [`scan`], once the plain characters at the beginning were passed.
#[cold]
pub fn scan_escaped<U: Unit>(
    vm: &Vm,
    document: Gc<PyStr>,
    units: &[U],
    start: usize,
    mut end: usize,
    strict: bool,
) -> PyResult<(Gc<PyStr>, usize)> {
    let mut out = StrBuilder::with_capacity(end - start + 16);
    let mut at = start;
    loop {
        let Some(&stop) = units.get(end) else { return Err(decode_error(vm, UNTERMINATED, document, start - 1)) };
        out.push_data(U::data(&units[at..end]));
        match stop.into() {
            QUOTE => return Ok((out.finish(vm)?, end + 1)),
            BACKSLASH => {}
            _ => return Err(decode_error(vm, "Invalid control character at", document, end)),
        }
        let Some(&letter) = units.get(end + 1) else {
            return Err(decode_error(vm, UNTERMINATED, document, start - 1));
        };
        at = end + 2;
        let letter: u32 = letter.into();
        let character = match u8::try_from(letter) {
            Ok(b'"' | b'\\' | b'/') => letter,
            Ok(b'b') => 0x08,
            Ok(b'f') => 0x0c,
            Ok(b'n') => 0x0a,
            Ok(b'r') => 0x0d,
            Ok(b't') => 0x09,
            Ok(b'u') => match unicode_escape(units, &mut at) {
                Ok(code_point) => code_point,
                Err(place) => return Err(decode_error(vm, BAD_UNICODE, document, place)),
            },
            _ => return Err(decode_error(vm, "Invalid \\escape", document, end)),
        };
        out.push(character);
        end = plain_end(units, at, strict);
    }
}

/// The character of an escape whose digits are at a position, which moves behind it; two escapes of
/// surrogates can make one character. The error is the place that is wrong.
fn unicode_escape<U: Unit>(units: &[U], at: &mut usize) -> Result<u32, usize> {
    let first = four_digits(units, *at).ok_or(*at - 1)?;
    *at += 4;
    let is = |place: usize, byte: u8| units.get(place).is_some_and(|&unit| unit.into() == u32::from(byte));
    if (0xd800..0xdc00).contains(&first) && is(*at, b'\\') && is(*at + 1, b'u') && *at + 6 <= units.len() {
        let second = four_digits(units, *at + 2).ok_or(*at + 1)?;
        if (0xdc00..0xe000).contains(&second) {
            *at += 6;
            return Ok(0x1_0000 + ((first & 0x3ff) << 10 | second & 0x3ff));
        }
    }
    Ok(first)
}

/// The number of four hexadecimal digits.
fn four_digits<U: Unit>(units: &[U], at: usize) -> Option<u32> {
    let digits = units.get(at..at + 4)?;
    digits.iter().try_fold(0, |number, &unit| {
        let digit = char::from_u32(unit.into())?.to_digit(16)?;
        Some(number << 4 | digit)
    })
}

/// As [`scan`], for a document of any kind.
pub fn scan_any(vm: &Vm, document: Gc<PyStr>, start: usize, strict: bool) -> PyResult<(Gc<PyStr>, usize)> {
    match document.data() {
        StrData::Latin1(units) => scan(vm, document, units, start, strict),
        StrData::Ucs2(units) => scan(vm, document, units, start, strict),
        StrData::Ucs4(units) => scan(vm, document, units, start, strict),
    }
}
