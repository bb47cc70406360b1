//! UTF-7 (RFC 2152): ASCII as it is, all else as UTF-16 in runs of base64 between `+` and `-`.

use super::errors::{DecodeFailure, Errors, Handler};
use crate::types::bytes::PyBytes;
use crate::types::str::{PyStr, StrBuilder};
use crate::{Gc, PyResult, Vm};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

/// Whether an encoder writes a character as it is.
fn is_direct(code_point: u32) -> bool {
    match u8::try_from(code_point) {
        Ok(b'+' | b'\\' | b'~') => false,
        Ok(b'\t' | b'\n' | b'\r' | b' '..=b'~') => true,
        _ => false,
    }
}

/// Bits on their way into or out of a run of base64.
#[derive(Default)]
struct Bits {
    buffer: u32,
    count: u32,
}

impl Bits {
    fn push_unit(&mut self, unit: u32, out: &mut Vec<u8>) {
        self.buffer = self.buffer << 16 | unit;
        self.count += 16;
        while self.count >= 6 {
            self.count -= 6;
            out.push(ALPHABET[(self.buffer >> self.count & 63) as usize]);
        }
        self.buffer &= (1 << self.count) - 1;
    }

    /// Writes the bits that are left.
    fn flush(&mut self, out: &mut Vec<u8>) {
        if self.count > 0 {
            out.push(ALPHABET[(self.buffer << (6 - self.count) & 63) as usize]);
        }
        *self = Bits::default();
    }

    /// Takes the six bits of a character; gives a unit when there are enough.
    fn take(&mut self, value: u32) -> Option<u32> {
        self.buffer = self.buffer << 6 | value;
        self.count += 6;
        if self.count < 16 {
            return None;
        }
        self.count -= 16;
        let unit = self.buffer >> self.count;
        self.buffer &= (1 << self.count) - 1;
        Some(unit)
    }

    /// Why a run may not end here.
    fn complaint(&self) -> Option<&'static str> {
        if self.count >= 6 {
            Some("partial character in shift sequence")
        } else if self.buffer != 0 {
            Some("non-zero padding bits in shift sequence")
        } else {
            None
        }
    }
}

/// The bytes of a text. Nothing can fail: surrogates are encoded, too.
pub fn encode(vm: &Vm, text: Gc<PyStr>) -> PyResult<Gc<PyBytes>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bits = Bits::default();
    let mut in_run = false;
    for code_point in text.data().iter() {
        if is_direct(code_point) {
            let byte = code_point as u8;
            if in_run {
                bits.flush(&mut out);
                in_run = false;
                // Any other character ends the run by itself.
                if base64_value(byte).is_some() || byte == b'-' {
                    out.push(b'-');
                }
            }
            out.push(byte);
            continue;
        }
        if !in_run {
            out.push(b'+');
            if code_point == u32::from(b'+') {
                out.push(b'-');
                continue;
            }
            in_run = true;
        }
        match code_point.checked_sub(0x1_0000) {
            None => bits.push_unit(code_point, &mut out),
            Some(rest) => {
                bits.push_unit(0xd800 | rest >> 10, &mut out);
                bits.push_unit(0xdc00 | rest & 0x3ff, &mut out);
            }
        }
    }
    bits.flush(&mut out);
    if in_run {
        out.push(b'-');
    }
    vm.new_bytes(&out)
}

/// A run of base64 that is being decoded.
struct Run {
    /// Where its `+` is.
    start: usize,
    /// How long the text was before it.
    text_len: usize,
    bits: Bits,
    /// The first half of a pair of surrogates.
    high: Option<u32>,
}

impl Run {
    fn push_unit(&mut self, unit: u32, out: &mut StrBuilder) {
        if let Some(high) = self.high.take() {
            if (0xdc00..0xe000).contains(&unit) {
                return out.push(0x1_0000 + ((high & 0x3ff) << 10 | unit & 0x3ff));
            }
            out.push(high);
        }
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
        } else {
            out.push(unit);
        }
    }
}

/// The text of bytes, and how many of them were used: all when they are the `whole`, else those
/// before a run that does not end.
pub fn decode(vm: &Vm, bytes: &[u8], errors: &Errors, whole: bool) -> PyResult<(Gc<PyStr>, usize)> {
    let (mut handler, mut bytes) = (Handler::new(errors), bytes);
    let mut out = StrBuilder::with_capacity(bytes.len());
    let mut run: Option<Run> = None;
    // A mistake is reported from the last `+` on.
    let mut start = 0;
    let mut at = 0;
    loop {
        while at < bytes.len() {
            match step(bytes, &mut at, &mut start, &mut run, &mut out) {
                Ok(()) => {}
                Err(reason) => {
                    let failure = DecodeFailure { encoding: "utf7", bytes, start, end: at, reason };
                    let resumed = failure.handle(vm, &mut handler)?;
                    resumed.replacement.push_to(&mut out);
                    (bytes, at) = (resumed.bytes, resumed.next);
                }
            }
        }
        let Some(open) = run.take() else { break };
        if !whole {
            out.truncate(open.text_len);
            return Ok((out.finish(vm)?, open.start));
        }
        if open.high.is_none() && open.bits.complaint().is_none() {
            break;
        }
        let reason = "unterminated shift sequence";
        let failure = DecodeFailure { encoding: "utf7", bytes, start, end: bytes.len(), reason };
        let resumed = failure.handle(vm, &mut handler)?;
        resumed.replacement.push_to(&mut out);
        (bytes, at) = (resumed.bytes, resumed.next);
        if at >= bytes.len() {
            break;
        }
    }
    Ok((out.finish(vm)?, at))
}

/// Takes in what stands at a position, and moves behind it, or behind a mistake.
fn step(
    bytes: &[u8],
    at: &mut usize,
    start: &mut usize,
    run: &mut Option<Run>,
    out: &mut StrBuilder,
) -> Result<(), &'static str> {
    let byte = bytes[*at];
    if let Some(open) = run {
        if let Some(value) = base64_value(byte) {
            *at += 1;
            if let Some(unit) = open.bits.take(value) {
                open.push_unit(unit, out);
            }
            return Ok(());
        }
        let (complaint, high) = (open.bits.complaint(), open.high);
        *run = None;
        if let Some(complaint) = complaint {
            *at += 1;
            return Err(complaint);
        }
        if let Some(high) = high.filter(|_| byte < 0x80 && byte != b'+') {
            out.push(high);
        }
        if byte == b'-' {
            *at += 1;
        }
        return Ok(());
    }
    if byte != b'+' {
        if byte >= 0x80 {
            *start = *at;
        }
        *at += 1;
        if byte >= 0x80 {
            return Err("unexpected special character");
        }
        out.push(byte.into());
        return Ok(());
    }
    *start = *at;
    *at += 1;
    match bytes.get(*at) {
        Some(b'-') => {
            *at += 1;
            out.push(b'+'.into());
        }
        Some(&next) if base64_value(next).is_none() => {
            *at += 1;
            return Err("ill-formed sequence");
        }
        _ => *run = Some(Run { start: *start, text_len: out.len(), bits: Bits::default(), high: None }),
    }
    Ok(())
}
