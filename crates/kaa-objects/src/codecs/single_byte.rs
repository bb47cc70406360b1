//! ASCII and Latin-1.

use super::errors::{DecodeFailure, EncodeFailure, EncodeReplacement, Errors, Handler};
use crate::types::bytes::PyBytes;
use crate::types::str::{PyStr, StrBuilder, StrData};
use crate::{Gc, PyResult, Vm};

/// An encoding whose bytes are the first code points.
pub(super) struct SingleByte {
    name: &'static str,
    /// How many code points it has.
    size: u32,
    reason: &'static str,
}

pub(super) static ASCII: SingleByte = SingleByte { name: "ascii", size: 128, reason: "ordinal not in range(128)" };
pub(super) static LATIN_1: SingleByte = SingleByte { name: "latin-1", size: 256, reason: "ordinal not in range(256)" };

pub(super) fn encode(vm: &Vm, text: Gc<PyStr>, errors: &Errors, encoding: &SingleByte) -> PyResult<Gc<PyBytes>> {
    if let StrData::Latin1(bytes) = text.data()
        && (text.is_ascii() || encoding.size == 256)
    {
        return vm.new_bytes(bytes);
    }
    let mut handler = Handler::new(errors);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let code_point = text.data().at(at);
        if code_point < encoding.size {
            out.push(code_point as u8);
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < text.len() && text.data().at(end) >= encoding.size {
            end += 1;
        }
        let failure = EncodeFailure { encoding: encoding.name, text, start: at, end, reason: encoding.reason };
        let (replacement, next) = failure.handle(vm, &mut handler)?;
        match replacement {
            EncodeReplacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            EncodeReplacement::Characters(codes) => {
                if codes.iter().any(|&code| code >= encoding.size) {
                    return Err(failure.raise(vm));
                }
                out.extend(codes.iter().map(|&code| code as u8));
            }
        }
        at = next;
    }
    vm.new_bytes(&out)
}

pub(super) fn decode_ascii(vm: &Vm, bytes: &[u8], errors: &Errors) -> PyResult<Gc<PyStr>> {
    if bytes.is_ascii() {
        return vm.new_str_latin1(bytes);
    }
    let (mut handler, mut bytes) = (Handler::new(errors), bytes);
    let mut out = StrBuilder::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] < 0x80 {
            out.push(bytes[at].into());
            at += 1;
            continue;
        }
        let failure = DecodeFailure { encoding: ASCII.name, bytes, start: at, end: at + 1, reason: ASCII.reason };
        let resumed = failure.handle(vm, &mut handler)?;
        resumed.replacement.push_to(&mut out);
        (bytes, at) = (resumed.bytes, resumed.next);
    }
    out.finish(vm)
}
