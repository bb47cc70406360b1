//! Text as bytes and back: the encodings that need no codec registry. UTF-8, UTF-16, UTF-32,
//! Latin-1 and ASCII are done here with all error handlers; others are asked of the registry
//! through [`crate::vm::Hooks`]. The further modules are what the codecs of the library are made of.

pub mod charmap;
mod errors;
pub mod escapes;
mod single_byte;
#[cfg(test)]
mod tests;
pub mod utf7;
mod utf8;
mod wide;

pub use errors::{DecodeFailure, DecodeReplacement, EncodeFailure, EncodeReplacement, Errors, Handler, Resumed};
pub use wide::marked_order;

use crate::types::bytearray::PyByteArray;
use crate::types::bytes::PyBytes;
use crate::types::str::{PyStr, StrData};
use crate::{Gc, PyResult, Value, Vm};

/// The order of bytes in UTF-16 and UTF-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Little-endian.
    Little,
    /// Big-endian.
    Big,
    /// As a byte order mark says, which is written, too; without one as the machine has it.
    Marked,
}

/// An encoding that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the encodings")]
pub enum Encoding {
    Utf8,
    Utf16(ByteOrder),
    Utf32(ByteOrder),
    Latin1,
    Ascii,
}

impl Encoding {
    /// The built-in encoding of a name.
    pub fn by_name(name: &str) -> Option<Encoding> {
        // Names differ in case and in what stands between their parts only.
        let mut normal = [0u8; 16];
        let mut len = 0;
        let mut gap = false;
        for byte in name.bytes() {
            if !byte.is_ascii_alphanumeric() && byte != b'.' {
                gap = true;
                continue;
            }
            if gap && len > 0 {
                *normal.get_mut(len)? = b'_';
                len += 1;
            }
            gap = false;
            *normal.get_mut(len)? = byte.to_ascii_lowercase();
            len += 1;
        }
        use ByteOrder::{Big, Little, Marked};
        Some(match &normal[..len] {
            b"utf_8" | b"utf8" | b"u8" => Encoding::Utf8,
            b"latin_1" | b"latin1" | b"iso_8859_1" | b"iso8859_1" | b"l1" => Encoding::Latin1,
            b"ascii" | b"us_ascii" => Encoding::Ascii,
            b"utf_16" | b"utf16" => Encoding::Utf16(Marked),
            b"utf_32" | b"utf32" => Encoding::Utf32(Marked),
            b"utf_16_le" | b"utf_16le" => Encoding::Utf16(Little),
            b"utf_16_be" | b"utf_16be" => Encoding::Utf16(Big),
            b"utf_32_le" | b"utf_32le" => Encoding::Utf32(Little),
            b"utf_32_be" | b"utf_32be" => Encoding::Utf32(Big),
            _ => return None,
        })
    }
}

impl Vm {
    /// The bytes of a text in a built-in encoding.
    pub fn encode_as(&self, text: Gc<PyStr>, encoding: Encoding, errors: &Errors) -> PyResult<Gc<PyBytes>> {
        match encoding {
            Encoding::Utf8 => utf8::encode(self, text, errors),
            Encoding::Utf16(order) => wide::encode_utf16(self, text, order, errors),
            Encoding::Utf32(order) => wide::encode_utf32(self, text, order, errors),
            Encoding::Latin1 => single_byte::encode(self, text, errors, &single_byte::LATIN_1),
            Encoding::Ascii => single_byte::encode(self, text, errors, &single_byte::ASCII),
        }
    }

    /// The text of bytes in a built-in encoding.
    pub fn decode_as(&self, bytes: &[u8], encoding: Encoding, errors: &Errors) -> PyResult<Gc<PyStr>> {
        match encoding {
            Encoding::Utf8 => utf8::decode(self, bytes, errors),
            Encoding::Utf16(order) => wide::decode_utf16(self, bytes, order, errors),
            Encoding::Utf32(order) => wide::decode_utf32(self, bytes, order, errors),
            Encoding::Latin1 => self.new_str_data_of_latin1(bytes),
            Encoding::Ascii => single_byte::decode_ascii(self, bytes, errors),
        }
    }

    fn new_str_data_of_latin1(&self, bytes: &[u8]) -> PyResult<Gc<PyStr>> {
        self.new_str_from_data(StrData::Latin1(bytes))
    }

    /// As [`Vm::decode_as`], of bytes that may be the beginning of more: also gives how many were
    /// used. What is incomplete at the end is no error.
    pub fn decode_partly(&self, bytes: &[u8], encoding: Encoding, errors: &Errors) -> PyResult<(Gc<PyStr>, usize)> {
        match encoding {
            Encoding::Utf8 => utf8::decode_partly(self, bytes, errors),
            Encoding::Utf16(order) => wide::decode_utf16_partly(self, bytes, order, errors),
            Encoding::Utf32(order) => wide::decode_utf32_partly(self, bytes, order, errors),
            Encoding::Latin1 | Encoding::Ascii => Ok((self.decode_as(bytes, encoding, errors)?, bytes.len())),
        }
    }

    /// `text.encode(encoding, errors)`.
    pub fn encode(
        &self,
        text: Gc<PyStr>,
        encoding: Option<Gc<PyStr>>,
        errors: Option<Gc<PyStr>>,
    ) -> PyResult<Gc<PyBytes>> {
        if let Some(check) = self.hooks.codec_check.get() {
            check(self, encoding, errors)?;
        }
        if let Some(encoding) = self.builtin_encoding(encoding) {
            return self.encode_as(text, encoding, &Errors::by_name(errors));
        }
        let encoding = encoding.expect("without one it is UTF-8");
        let Some(encode) = self.hooks.codec_encode.get() else { return Err(self.unknown_encoding(encoding)) };
        let encoded = encode(self, text.value(), encoding, errors)?;
        if let Some(bytes) = self.cast::<PyByteArray>(encoded) {
            if let Some(warn) = self.hooks.warn.get() {
                let name = encoding.to_string_lossy();
                let text = format!(
                    "encoder {name} returned bytearray instead of bytes; use codecs.encode() to encode to arbitrary types"
                );
                warn(self, self.exceptions().RuntimeWarning.value(), &text, 1)?;
            }
            return self.with_bytes(bytes.value(), |bytes| self.new_bytes(bytes));
        }
        self.cast::<PyBytes>(encoded).ok_or_else(|| self.bad_codec_result(encoding, encoded, "encoder", "bytes"))
    }

    /// `object.decode(encoding, errors)`, for the bytes of a bytes-like object.
    pub fn decode(
        &self,
        object: Value,
        bytes: &[u8],
        encoding: Option<Gc<PyStr>>,
        errors: Option<Gc<PyStr>>,
    ) -> PyResult<Gc<PyStr>> {
        if let Some(check) = self.hooks.codec_check.get() {
            check(self, encoding, errors)?;
        }
        if let Some(encoding) = self.builtin_encoding(encoding) {
            return self.decode_as(bytes, encoding, &Errors::by_name(errors));
        }
        let encoding = encoding.expect("without one it is UTF-8");
        let Some(decode) = self.hooks.codec_decode.get() else { return Err(self.unknown_encoding(encoding)) };
        let decoded = decode(self, object, encoding, errors)?;
        self.cast::<PyStr>(decoded).ok_or_else(|| self.bad_codec_result(encoding, decoded, "decoder", "str"))
    }

    /// The built-in encoding that is asked for; UTF-8 when none is named.
    fn builtin_encoding(&self, encoding: Option<Gc<PyStr>>) -> Option<Encoding> {
        match encoding {
            None => Some(Encoding::Utf8),
            Some(name) => name.as_ascii().and_then(Encoding::by_name),
        }
    }

    #[cold]
    fn unknown_encoding(&self, encoding: Gc<PyStr>) -> crate::Raised {
        let name = encoding.to_string_lossy();
        self.lookup_error(format_args!("unknown encoding: {name}"))
    }

    #[cold]
    fn bad_codec_result(&self, encoding: Gc<PyStr>, result: Value, what: &str, wanted: &str) -> crate::Raised {
        let (name, class) = (encoding.to_string_lossy(), self.class_name(result));
        let verb = &what[..what.len() - 1];
        let verb = verb.trim_end_matches('r');
        self.type_error(format_args!(
            "'{name}' {what} returned '{class}' instead of '{wanted}'; use codecs.{verb}() to {verb} to arbitrary types"
        ))
    }
}
