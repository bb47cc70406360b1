//! Encodings of one byte a character that are given by a mapping: a string with the character of
//! each byte, an [`EncodingMap`], or any mapping of Python's.

use super::errors::{DecodeFailure, EncodeFailure, EncodeReplacement, Errors, Handler};
use crate::object::Header;
use crate::types::bytes::PyBytes;
use crate::types::str::{PyStr, StrBuilder, StrData};
use crate::{Gc, PyResult, Trace, Value, Vm, py_type};

const NAME: &str = "charmap";
const REASON: &str = "character maps to <undefined>";
/// Stands for «no character» in tables for decoding.
const UNDEFINED: u32 = 0xfffe;

/// The bytes of characters below 65,536: pages of 256 entries.
struct Table {
    /// The page of each high byte; page 0 is empty.
    page_of: [u8; 256],
    /// The byte of each low byte; 0 when there is none.
    pages: Vec<[u8; 256]>,
}

/// What `charmap_build` makes: the reverse of a table for decoding. The null character is byte 0.
#[repr(C)]
#[derive(Trace)]
pub struct EncodingMap {
    header: Header,
    #[trace(skip)]
    table: Box<Table>,
}

#[py_type(name = "EncodingMap", flags(DISALLOW_INSTANTIATION), drop)]
impl EncodingMap {
    #[method("size($self, /)", doc = "Return the size (in bytes) of this object.")]
    fn size(&self) -> usize {
        size_of::<EncodingMap>() + size_of::<Table>() + self.table.pages.len() * 256
    }
}

impl EncodingMap {
    #[inline]
    fn byte_of(&self, code_point: u32) -> Option<u8> {
        if code_point == 0 {
            return Some(0);
        }
        let page = *self.table.page_of.get(code_point as usize >> 8)?;
        let byte = self.table.pages[usize::from(page)][code_point as usize & 0xff];
        (byte != 0).then_some(byte)
    }
}

/// The reverse of a table for decoding; a dict when it is none of the usual form.
pub fn build(vm: &Vm, table: Gc<PyStr>) -> PyResult {
    let len = table.len().min(256);
    let codes = table.data().slice(0..len);
    let usual = len > 0 && codes.at(0) == 0 && codes.iter().skip(1).all(|c| c != 0 && c < 0x1_0000);
    if !usual {
        let dict = vm.new_dict()?;
        for index in 0..len {
            dict.set(vm, vm.new_int(table.data().at(index).into())?, Value::small_int(index as i64))?;
        }
        return Ok(dict.value());
    }
    let mut reverse = Box::new(Table { page_of: [0; 256], pages: vec![[0; 256]] });
    for (byte, code_point) in codes.iter().enumerate().skip(1).filter(|&(_, code_point)| code_point != UNDEFINED) {
        let page = &mut reverse.page_of[code_point as usize >> 8];
        if *page == 0 {
            *page = reverse.pages.len() as u8;
            reverse.pages.push([0; 256]);
        }
        reverse.pages[usize::from(*page)][code_point as usize & 0xff] = byte as u8;
    }
    Ok(vm.alloc(EncodingMap { header: Header::EMPTY, table: reverse })?.value())
}

/// Appends the bytes of a code point; says whether there are some.
fn push_encoded(vm: &Vm, out: &mut Vec<u8>, code_point: u32, mapping: Value) -> PyResult<bool> {
    if let Some(map) = vm.cast::<EncodingMap>(mapping) {
        let byte = map.byte_of(code_point);
        out.extend(byte);
        return Ok(byte.is_some());
    }
    let item = vm.get_item(mapping, Value::small_int(code_point.into()));
    let Ok(item) = vm.catch(item, vm.exceptions().LookupError)? else { return Ok(false) };
    if item.is_none() {
        return Ok(false);
    }
    if vm.is_int(item) {
        let byte = vm.int_to_i64(item).and_then(|byte| u8::try_from(byte).ok());
        out.push(byte.ok_or_else(|| vm.type_error("character mapping must be in range(256)"))?);
        return Ok(true);
    }
    match vm.cast::<PyBytes>(item) {
        Some(bytes) => out.extend_from_slice(bytes.as_slice()),
        None => {
            let class = vm.class_name(item);
            return Err(
                vm.type_error(format_args!("character mapping must return integer, bytes or None, not {class}"))
            );
        }
    }
    Ok(true)
}

/// The bytes of a text by a mapping.
pub fn encode(vm: &Vm, text: Gc<PyStr>, errors: &Errors, mapping: Value) -> PyResult<Gc<PyBytes>> {
    let mut handler = Handler::new(errors);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if push_encoded(vm, &mut out, text.data().at(at), mapping)? {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        let mut unused = Vec::new();
        while end < text.len() && !push_encoded(vm, &mut unused, text.data().at(end), mapping)? {
            end += 1;
        }
        let failure = EncodeFailure { encoding: NAME, text, start: at, end, reason: REASON };
        let (replacement, next) = failure.handle(vm, &mut handler)?;
        match replacement {
            EncodeReplacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            EncodeReplacement::Characters(codes) => {
                for code_point in codes {
                    if !push_encoded(vm, &mut out, code_point, mapping)? {
                        return Err(failure.raise(vm));
                    }
                }
            }
        }
        at = next;
    }
    vm.new_bytes(&out)
}

/// Appends the text of bytes up to one that has none; gives how many had one.
fn push_by_table(out: &mut StrBuilder, bytes: &[u8], table: StrData<'_>) -> usize {
    let len = table.len();
    for (index, &byte) in bytes.iter().enumerate() {
        if usize::from(byte) >= len || table.at(byte.into()) == UNDEFINED {
            return index;
        }
        out.push(table.at(byte.into()));
    }
    bytes.len()
}

/// Appends the text of a byte; says whether there is one.
fn push_decoded(vm: &Vm, out: &mut StrBuilder, byte: u8, mapping: Value) -> PyResult<bool> {
    let item = vm.get_item(mapping, Value::small_int(byte.into()));
    let Ok(item) = vm.catch(item, vm.exceptions().LookupError)? else { return Ok(false) };
    if item.is_none() {
        return Ok(false);
    }
    if vm.is_int(item) {
        return match vm.int_to_i64(item) {
            Some(code_point) if code_point == i64::from(UNDEFINED) => Ok(false),
            Some(code_point @ 0..0x11_0000) => {
                out.push(code_point as u32);
                Ok(true)
            }
            _ => Err(vm.type_error("character mapping must be in range(0x110000)")),
        };
    }
    match vm.cast::<PyStr>(item) {
        Some(text) if text.len() == 1 && text.data().at(0) == UNDEFINED => Ok(false),
        Some(text) => {
            out.push_py(&text);
            Ok(true)
        }
        None => Err(vm.type_error("character mapping must return integer, None or str")),
    }
}

/// The text of bytes by a mapping.
pub fn decode(vm: &Vm, bytes: &[u8], errors: &Errors, mapping: Value) -> PyResult<Gc<PyStr>> {
    let (mut handler, mut bytes) = (Handler::new(errors), bytes);
    let mut out = StrBuilder::with_capacity(bytes.len());
    let mut at = 0;
    let table = vm.cast_exact::<PyStr>(mapping);
    while at < bytes.len() {
        match table {
            Some(table) => at += push_by_table(&mut out, &bytes[at..], table.data()),
            None if push_decoded(vm, &mut out, bytes[at], mapping)? => {
                at += 1;
                continue;
            }
            None => {}
        }
        if at == bytes.len() {
            break;
        }
        let failure = DecodeFailure { encoding: NAME, bytes, start: at, end: at + 1, reason: REASON };
        let resumed = failure.handle(vm, &mut handler)?;
        resumed.replacement.push_to(&mut out);
        (bytes, at) = (resumed.bytes, resumed.next);
    }
    out.finish(vm)
}
