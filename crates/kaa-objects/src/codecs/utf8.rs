//! UTF-8.

use super::errors::{DecodeFailure, EncodeFailure, EncodeReplacement, Errors, Handler};
use crate::types::bytes::PyBytes;
use crate::types::str::{Extent, Kind, PyStr, StrBuilder, StrData, StrWriter};
use crate::{Gc, PyResult, Vm};

/// The length of a code point's encoding.
#[inline(always)]
fn width(code_point: u32) -> usize {
    1 + usize::from(code_point >= 0x80) + usize::from(code_point >= 0x800) + usize::from(code_point >= 0x1_0000)
}

pub(super) fn encode(vm: &Vm, text: Gc<PyStr>, errors: &Errors) -> PyResult<Gc<PyBytes>> {
    if let Some(ascii) = text.as_ascii() {
        return vm.new_bytes(ascii.as_bytes());
    }
    let (mut len, mut surrogates) = (0, false);
    for code_point in text.data().iter() {
        len += width(code_point);
        surrogates |= code_point & 0xffff_f800 == 0xd800;
    }
    if surrogates {
        return encode_with_surrogates(vm, text, errors);
    }
    vm.new_bytes_with(len, |out| {
        let mut at = 0;
        for code_point in text.data().iter() {
            let encoded = &mut out[at..at + width(code_point)];
            write(encoded, code_point);
            at += encoded.len();
        }
    })
}

#[inline(always)]
fn write(out: &mut [u8], code_point: u32) {
    let tail = |shift: u32| 0x80 | (code_point >> shift & 0x3f) as u8;
    match out {
        [a] => *a = code_point as u8,
        [a, b] => (*a, *b) = (0xc0 | (code_point >> 6) as u8, tail(0)),
        [a, b, c] => (*a, *b, *c) = (0xe0 | (code_point >> 12) as u8, tail(6), tail(0)),
        [a, b, c, d] => (*a, *b, *c, *d) = (0xf0 | (code_point >> 18) as u8, tail(12), tail(6), tail(0)),
        _ => unreachable!("an encoding has one to four bytes"),
    }
}

fn encode_with_surrogates(vm: &Vm, text: Gc<PyStr>, errors: &Errors) -> PyResult<Gc<PyBytes>> {
    let is_surrogate = |code_point: u32| (0xd800..0xe000).contains(&code_point);
    let mut handler = Handler::new(errors);
    let mut out = Vec::with_capacity(text.len() * 3);
    let mut at = 0;
    while at < text.len() {
        let code_point = text.data().at(at);
        if !is_surrogate(code_point) {
            kaa_text::wtf8::push_code_point(&mut out, code_point);
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < text.len() && is_surrogate(text.data().at(end)) {
            end += 1;
        }
        let failure = EncodeFailure { encoding: "utf-8", text, start: at, end, reason: "surrogates not allowed" };
        let (replacement, next) = failure.handle(vm, &mut handler)?;
        match replacement {
            EncodeReplacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            EncodeReplacement::Characters(codes) => {
                if codes.iter().any(|&code| code >= 0x80) {
                    return Err(failure.raise(vm));
                }
                out.extend(codes.iter().map(|&code| code as u8));
            }
        }
        at = next;
    }
    vm.new_bytes(&out)
}

pub(super) fn decode(vm: &Vm, bytes: &[u8], errors: &Errors) -> PyResult<Gc<PyStr>> {
    if bytes.is_ascii() {
        return vm.new_str_latin1(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => of_valid(vm, text),
        Err(_) => Ok(decode_with_errors(vm, bytes, errors, true)?.0),
    }
}

pub(super) fn decode_partly(vm: &Vm, bytes: &[u8], errors: &Errors) -> PyResult<(Gc<PyStr>, usize)> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((vm.new_str_utf8(text)?, bytes.len())),
        Err(_) => decode_with_errors(vm, bytes, errors, false),
    }
}

/// A string of text that is not all ASCII.
fn of_valid(vm: &Vm, text: &str) -> PyResult<Gc<PyStr>> {
    // The first bytes tell how many code points there are and how wide the widest is.
    let (mut len, mut widest) = (0, 0);
    for &byte in text.as_bytes() {
        len += usize::from(byte & 0xc0 != 0x80);
        widest = widest.max(byte);
    }
    let kind = match widest {
        0..0xc4 => Kind::Latin1,
        0xc4..0xf0 => Kind::Ucs2,
        _ => Kind::Ucs4,
    };
    if len == 1 {
        return vm.new_str_char(text.chars().next().map_or(0, u32::from));
    }
    let mut out = StrWriter::new(vm, Extent { kind, ascii: false, len })?;
    text.chars().for_each(|c| out.push(c.into()));
    Ok(out.finish())
}

fn decode_with_errors(vm: &Vm, bytes: &[u8], errors: &Errors, whole: bool) -> PyResult<(Gc<PyStr>, usize)> {
    let (mut handler, mut bytes) = (Handler::new(errors), bytes);
    let mut out = StrBuilder::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let error = match std::str::from_utf8(&bytes[at..]) {
            Ok(text) => {
                out.push_str(text);
                break;
            }
            Err(error) => error,
        };
        let start = at + error.valid_up_to();
        // SAFETY: this much was found to be UTF-8.
        out.push_str(unsafe { std::str::from_utf8_unchecked(&bytes[at..start]) });
        // Also the beginning of a surrogate may be completed, for handlers that let it pass.
        let is_cut = error.error_len().is_none() || matches!(bytes[start..], [0xed, 0xa0..=0xbf]);
        if is_cut && !whole {
            return Ok((out.finish(vm)?, start));
        }
        let (end, reason) = match error.error_len() {
            None => (bytes.len(), "unexpected end of data"),
            Some(_) if !matches!(bytes[start], 0xc2..=0xf4) => (start + 1, "invalid start byte"),
            Some(len) => (start + len, "invalid continuation byte"),
        };
        let failure = DecodeFailure { encoding: "utf-8", bytes, start, end, reason };
        let resumed = failure.handle(vm, &mut handler)?;
        resumed.replacement.push_to(&mut out);
        (bytes, at) = (resumed.bytes, resumed.next);
    }
    Ok((out.finish(vm)?, bytes.len()))
}

impl Vm {
    /// A string of valid UTF-8.
    pub(crate) fn new_str_utf8(&self, text: &str) -> PyResult<Gc<PyStr>> {
        if text.is_ascii() {
            return self.new_str_from_data(StrData::Latin1(text.as_bytes()));
        }
        of_valid(self, text)
    }
}
