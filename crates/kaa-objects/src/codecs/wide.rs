//! UTF-16 and UTF-32.

use super::ByteOrder;
use super::errors::{DecodeFailure, EncodeFailure, EncodeReplacement, Errors, Handler};
use crate::types::bytes::PyBytes;
use crate::types::str::{PyStr, StrBuilder};
use crate::{Gc, PyResult, Vm};

const NATIVE_BIG: bool = cfg!(target_endian = "big");

/// An encoding in units of two or four bytes.
trait Wide {
    /// The size of a unit in bytes.
    const SIZE: usize;
    /// Its names: with a byte order mark, little-endian, big-endian.
    const NAMES: [&'static str; 3];
    /// Appends a code point that is no surrogate.
    fn push(out: &mut Vec<u8>, code_point: u32, big: bool);
}

struct Utf16;
struct Utf32;

fn push_u16(out: &mut Vec<u8>, unit: u16, big: bool) {
    out.extend_from_slice(&if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
}

impl Wide for Utf16 {
    const SIZE: usize = 2;
    const NAMES: [&'static str; 3] = ["utf-16", "utf-16-le", "utf-16-be"];

    #[inline]
    fn push(out: &mut Vec<u8>, code_point: u32, big: bool) {
        if code_point < 0x1_0000 {
            return push_u16(out, code_point as u16, big);
        }
        let rest = code_point - 0x1_0000;
        push_u16(out, 0xd800 | (rest >> 10) as u16, big);
        push_u16(out, 0xdc00 | (rest & 0x3ff) as u16, big);
    }
}

impl Wide for Utf32 {
    const SIZE: usize = 4;
    const NAMES: [&'static str; 3] = ["utf-32", "utf-32-le", "utf-32-be"];

    #[inline]
    fn push(out: &mut Vec<u8>, code_point: u32, big: bool) {
        out.extend_from_slice(&if big { code_point.to_be_bytes() } else { code_point.to_le_bytes() });
    }
}

fn encode<W: Wide>(vm: &Vm, text: Gc<PyStr>, order: ByteOrder, errors: &Errors) -> PyResult<Gc<PyBytes>> {
    let (name, big) = match order {
        ByteOrder::Marked => (W::NAMES[0], NATIVE_BIG),
        ByteOrder::Little => (W::NAMES[1], false),
        ByteOrder::Big => (W::NAMES[2], true),
    };
    let mut out = Vec::with_capacity((text.len() + 1) * W::SIZE);
    if order == ByteOrder::Marked {
        W::push(&mut out, 0xfeff, big);
    }
    let mut handler = Handler::new(errors);
    let mut at = 0;
    while at < text.len() {
        let code_point = text.data().at(at);
        if !(0xd800..0xe000).contains(&code_point) {
            W::push(&mut out, code_point, big);
            at += 1;
            continue;
        }
        let failure = EncodeFailure { encoding: name, text, start: at, end: at + 1, reason: "surrogates not allowed" };
        let (replacement, next) = failure.handle(vm, &mut handler)?;
        match replacement {
            EncodeReplacement::Bytes(bytes) if bytes.len() % W::SIZE == 0 => out.extend_from_slice(&bytes),
            EncodeReplacement::Characters(codes) if codes.iter().all(|&code| code < 0x80) => {
                codes.iter().for_each(|&code| W::push(&mut out, code, big));
            }
            _ => return Err(failure.raise(vm)),
        }
        at = next;
    }
    vm.new_bytes(&out)
}

/// The order that a byte order mark says, in units of two or four bytes, if there is one.
pub fn marked_order(bytes: &[u8], unit_size: usize) -> Option<ByteOrder> {
    match (bytes, unit_size) {
        ([0xff, 0xfe, ..], 2) | ([0xff, 0xfe, 0, 0, ..], 4) => Some(ByteOrder::Little),
        ([0xfe, 0xff, ..], 2) | ([0, 0, 0xfe, 0xff, ..], 4) => Some(ByteOrder::Big),
        _ => None,
    }
}

/// Whether the bytes are big-endian, and how long the byte order mark is.
fn order_of(bytes: &[u8], order: ByteOrder, unit_size: usize) -> (bool, usize) {
    match order {
        ByteOrder::Little => (false, 0),
        ByteOrder::Big => (true, 0),
        ByteOrder::Marked => match marked_order(bytes, unit_size) {
            Some(order) => (order == ByteOrder::Big, unit_size),
            None => (NATIVE_BIG, 0),
        },
    }
}

/// What stands at a position.
enum Unit {
    /// A code point of this many bytes.
    Character(u32, usize),
    /// A mistake of this many bytes.
    Wrong(usize, &'static str),
    /// More bytes are needed, for this reason.
    Incomplete(&'static str),
}

fn utf16_at(rest: &[u8], big: bool) -> Unit {
    let unit = |at: usize| {
        let bytes: [u8; 2] = rest.get(at..at + 2)?.try_into().ok()?;
        Some(u32::from(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }))
    };
    match unit(0) {
        None => Unit::Incomplete("truncated data"),
        Some(high @ 0xd800..0xdc00) => match unit(2) {
            None => Unit::Incomplete("unexpected end of data"),
            Some(low @ 0xdc00..0xe000) => Unit::Character(0x1_0000 + ((high & 0x3ff) << 10 | low & 0x3ff), 4),
            Some(_) => Unit::Wrong(2, "illegal UTF-16 surrogate"),
        },
        Some(0xdc00..0xe000) => Unit::Wrong(2, "illegal encoding"),
        Some(code_point) => Unit::Character(code_point, 2),
    }
}

fn utf32_at(rest: &[u8], big: bool) -> Unit {
    let Some(&bytes) = rest.first_chunk::<4>() else { return Unit::Incomplete("truncated data") };
    match if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) } {
        0xd800..0xe000 => Unit::Wrong(4, "code point in surrogate code point range(0xd800, 0xe000)"),
        code_point @ 0..0x11_0000 => Unit::Character(code_point, 4),
        _ => Unit::Wrong(4, "code point not in range(0x110000)"),
    }
}

fn decode<W: Wide>(
    vm: &Vm,
    bytes: &[u8],
    order: ByteOrder,
    errors: &Errors,
    whole: bool,
    next_unit: fn(&[u8], bool) -> Unit,
) -> PyResult<(Gc<PyStr>, usize)> {
    let (big, mark) = order_of(bytes, order, W::SIZE);
    let encoding = W::NAMES[1 + usize::from(big)];
    let mut out = StrBuilder::with_capacity(bytes.len() / W::SIZE);
    let (mut handler, mut bytes) = (Handler::new(errors), bytes);
    let mut at = mark;
    while at < bytes.len() {
        let (end, reason) = match next_unit(&bytes[at..], big) {
            Unit::Character(code_point, len) => {
                out.push(code_point);
                at += len;
                continue;
            }
            Unit::Incomplete(_) if !whole => break,
            Unit::Incomplete(reason) => (bytes.len(), reason),
            Unit::Wrong(len, reason) => (at + len, reason),
        };
        let failure = DecodeFailure { encoding, bytes, start: at, end, reason };
        let resumed = failure.handle(vm, &mut handler)?;
        resumed.replacement.push_to(&mut out);
        (bytes, at) = (resumed.bytes, resumed.next);
    }
    Ok((out.finish(vm)?, at))
}

pub(super) fn encode_utf16(vm: &Vm, text: Gc<PyStr>, order: ByteOrder, errors: &Errors) -> PyResult<Gc<PyBytes>> {
    encode::<Utf16>(vm, text, order, errors)
}

pub(super) fn encode_utf32(vm: &Vm, text: Gc<PyStr>, order: ByteOrder, errors: &Errors) -> PyResult<Gc<PyBytes>> {
    encode::<Utf32>(vm, text, order, errors)
}

pub(super) fn decode_utf16(vm: &Vm, bytes: &[u8], order: ByteOrder, errors: &Errors) -> PyResult<Gc<PyStr>> {
    Ok(decode::<Utf16>(vm, bytes, order, errors, true, utf16_at)?.0)
}

pub(super) fn decode_utf32(vm: &Vm, bytes: &[u8], order: ByteOrder, errors: &Errors) -> PyResult<Gc<PyStr>> {
    Ok(decode::<Utf32>(vm, bytes, order, errors, true, utf32_at)?.0)
}

pub(super) fn decode_utf16_partly(
    vm: &Vm,
    bytes: &[u8],
    order: ByteOrder,
    errors: &Errors,
) -> PyResult<(Gc<PyStr>, usize)> {
    decode::<Utf16>(vm, bytes, order, errors, false, utf16_at)
}

pub(super) fn decode_utf32_partly(
    vm: &Vm,
    bytes: &[u8],
    order: ByteOrder,
    errors: &Errors,
) -> PyResult<(Gc<PyStr>, usize)> {
    decode::<Utf32>(vm, bytes, order, errors, false, utf32_at)
}
