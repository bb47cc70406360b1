//! Bytes as hexadecimal digits and back.

use crate::types::str::{Extent, Kind, PyStr, StrData, StrWriter};
use crate::{Gc, PyResult, Value, Vm};

/// How bytes become digits: a separator between groups of so many bytes, which are counted from the
/// right, with a negative number from the left.
#[derive(Clone, Copy)]
pub struct Grouping {
    separator: Option<u8>,
    group: i32,
}

impl Grouping {
    /// Digits without separators.
    pub const NONE: Grouping = Grouping { separator: None, group: 1 };

    /// Reads the arguments `sep` and `bytes_per_sep`. For text the separator is ASCII.
    pub fn read(vm: &Vm, separator: Option<Value>, group: i32, for_text: bool) -> PyResult<Grouping> {
        let separator = separator.map(|separator| separator_byte(vm, separator, for_text)).transpose()?;
        Ok(Grouping { separator: separator.filter(|_| group != 0), group })
    }

    fn size(self) -> usize {
        self.group.unsigned_abs().max(1) as usize
    }

    /// How many characters so many bytes become.
    pub fn text_len(self, vm: &Vm, bytes: usize) -> PyResult<usize> {
        let separators = if self.separator.is_some() { bytes.saturating_sub(1) / self.size() } else { 0 };
        let len = bytes.checked_mul(2).and_then(|len| len.checked_add(separators));
        len.ok_or_else(|| vm.no_memory())
    }

    /// Gives each character to a function.
    pub fn write(self, bytes: &[u8], mut put: impl FnMut(u8)) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let size = self.size();
        for (index, &byte) in bytes.iter().enumerate() {
            if let Some(separator) = self.separator {
                let before = if self.group < 0 { index } else { bytes.len() - index };
                if index > 0 && before % size == 0 {
                    put(separator);
                }
            }
            put(DIGITS[usize::from(byte >> 4)]);
            put(DIGITS[usize::from(byte & 15)]);
        }
    }
}

/// `data.hex(sep, bytes_per_sep)`.
pub fn hex(vm: &Vm, bytes: &[u8], separator: Option<Value>, group: i32) -> PyResult<Gc<PyStr>> {
    let grouping = Grouping::read(vm, separator, group, true)?;
    let len = grouping.text_len(vm, bytes.len())?;
    let mut out = StrWriter::new(vm, Extent { kind: Kind::Latin1, ascii: true, len })?;
    grouping.write(bytes, |character| out.push(character.into()));
    Ok(out.finish())
}

fn separator_byte(vm: &Vm, separator: Value, for_text: bool) -> PyResult<u8> {
    if vm.len(separator)? != 1 {
        return Err(vm.value_error("sep must be length 1."));
    }
    let byte = if let Some(text) = vm.cast::<PyStr>(separator) {
        text.data().at(0)
    } else if let Some(bytes) = vm.cast::<super::PyBytes>(separator) {
        bytes.as_slice()[0].into()
    } else {
        return Err(vm.type_error("sep must be str or bytes."));
    };
    match u8::try_from(byte) {
        Ok(byte) if byte.is_ascii() || !for_text => Ok(byte),
        _ => Err(vm.value_error("sep must be ASCII.")),
    }
}

/// The bytes of hexadecimal digits, with white space allowed between bytes: `bytes.fromhex`.
pub(crate) fn from_hex(vm: &Vm, string: Value) -> PyResult<Vec<u8>> {
    if let Some(text) = vm.cast::<PyStr>(string) {
        return match text.data() {
            StrData::Latin1(digits) if text.is_ascii() => parse(vm, digits),
            // The first character that is not ASCII counts as no digit.
            data => {
                let at = data.iter().position(|c| c >= 0x80).unwrap_or(0);
                Err(not_hexadecimal(vm, at))
            }
        };
    }
    if !vm.is_bytes_like(string) {
        let class = vm.class_name(string);
        return Err(vm.type_error(format_args!("fromhex() argument must be str or bytes-like, not {class}")));
    }
    vm.with_bytes(string, |digits| parse(vm, digits))
}

fn not_hexadecimal(vm: &Vm, at: usize) -> crate::Raised {
    vm.value_error(format_args!("non-hexadecimal number found in fromhex() arg at position {at}"))
}

fn parse(vm: &Vm, text: &[u8]) -> PyResult<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while at < text.len() {
        if super::byte_string::is_space(&text[at]) {
            at += 1;
            continue;
        }
        let Some(high) = digit(text[at]) else { return Err(not_hexadecimal(vm, at)) };
        let Some(&low) = text.get(at + 1) else {
            return Err(vm.value_error("fromhex() arg must contain an even number of hexadecimal digits"));
        };
        let Some(low) = digit(low) else { return Err(not_hexadecimal(vm, at + 1)) };
        out.push((high << 4 | low) as u8);
        at += 2;
    }
    Ok(out)
}
