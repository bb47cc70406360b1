//! `binascii`: bytes as text and back. CPython: Modules/binascii.c.

mod base64;
mod quoted_printable;
mod uu;

use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::bytes::hex::Grouping;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::exceptions::classes::{Exception, ValueError};
use kaa_objects::{Gc, PyResult, Raised, Value, Vm, py_module, py_type};

use crate::bytes_like::{AsciiOrBytes, BytesLike};
use crate::checksum;

/// The module.
pub struct Binascii;

/// `binascii.Error`.
pub struct BinasciiError;

#[py_type(name = "Error", module = "binascii", base = ValueError, instances = PyBaseException, flags(BASETYPE))]
impl BinasciiError {}

/// `binascii.Incomplete`.
pub struct Incomplete;

#[py_type(name = "Incomplete", module = "binascii", base = Exception, instances = PyBaseException, flags(BASETYPE))]
impl Incomplete {}

#[cold]
fn error(vm: &Vm, message: &str) -> Raised {
    vm.raise_new(vm.native_class(BinasciiError::def()), message)
}

/// The hexadecimal digits of bytes.
fn hexlify(vm: &Vm, data: &BytesLike, sep: Option<Value>, group: i32) -> PyResult<Gc<PyBytes>> {
    let bytes = data.as_slice();
    let grouping = Grouping::read(vm, sep, group, false)?;
    let len = grouping.text_len(vm, bytes.len())?;
    vm.new_bytes_with(len, |out| {
        let mut places = out.iter_mut();
        grouping.write(bytes, |digit| {
            if let Some(place) = places.next() {
                *place = digit;
            }
        });
    })
}

/// The bytes of hexadecimal digits.
fn unhexlify(vm: &Vm, digits: &AsciiOrBytes) -> PyResult<Gc<PyBytes>> {
    let (pairs, rest) = digits.as_slice().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(error(vm, "Odd-length string"));
    }
    let value = |digit: u8| char::from(digit).to_digit(16);
    if pairs.as_flattened().iter().any(|&digit| value(digit).is_none()) {
        return Err(error(vm, "Non-hexadecimal digit found"));
    }
    vm.new_bytes_with(pairs.len(), |out| {
        for (byte, &[high, low]) in out.iter_mut().zip(pairs) {
            *byte = (value(high).unwrap_or(0) << 4 | value(low).unwrap_or(0)) as u8;
        }
    })
}

#[py_module(name = "binascii", doc = "Conversion between binary data and ASCII")]
impl Binascii {
    #[constant("Error")]
    fn error_class(vm: &Vm) -> Value {
        vm.native_class(BinasciiError::def()).value()
    }

    #[constant("Incomplete")]
    fn incomplete_class(vm: &Vm) -> Value {
        vm.native_class(Incomplete::def()).value()
    }

    #[function("a2b_uu(data, /)", doc = "Decode a line of uuencoded data.")]
    fn a2b_uu(vm: &Vm, data: AsciiOrBytes) -> PyResult<Gc<PyBytes>> {
        let bytes = uu::decode(data.as_slice()).map_err(|reason| error(vm, reason))?;
        vm.new_bytes(&bytes)
    }

    #[function("b2a_uu(data, /, *, backtick=False)", doc = "Uuencode line of data.")]
    fn b2a_uu(vm: &Vm, data: BytesLike, backtick: bool) -> PyResult<Gc<PyBytes>> {
        if data.as_slice().len() > 45 {
            return Err(error(vm, "At most 45 bytes at once"));
        }
        vm.new_bytes(&uu::encode(data.as_slice(), backtick))
    }

    #[function(
        "a2b_base64(data, /, *, strict_mode=False)",
        doc = "Decode a line of base64 data.\n\n  strict_mode\n    When set to True, bytes that are not in the base64 standard are not allowed.\n    The same applies to excess data after padding (= / ==)."
    )]
    fn a2b_base64(vm: &Vm, data: AsciiOrBytes, strict_mode: bool) -> PyResult<Gc<PyBytes>> {
        let bytes = base64::decode(data.as_slice(), strict_mode).map_err(|reason| error(vm, &reason))?;
        vm.new_bytes(&bytes)
    }

    #[function("b2a_base64(data, /, *, newline=True)", doc = "Base64-code line of data.")]
    fn b2a_base64(vm: &Vm, data: BytesLike, newline: bool) -> PyResult<Gc<PyBytes>> {
        let bytes = data.as_slice();
        let len = base64::encoded_len(bytes.len()).and_then(|len| len.checked_add(usize::from(newline)));
        let len = len.ok_or_else(|| vm.no_memory())?;
        vm.new_bytes_with(len, |out| {
            let end = out.len() - usize::from(newline);
            base64::encode(bytes, &mut out[..end]);
            out[end..].fill(b'\n');
        })
    }

    #[function("crc_hqx(data, crc, /)", doc = "Compute CRC-CCITT incrementally.")]
    fn crc_hqx(vm: &Vm, data: BytesLike, crc: Value) -> PyResult<u16> {
        let crc = checksum::low_u32(vm, crc)?;
        Ok(checksum::crc_ccitt(crc as u16, data.as_slice()))
    }

    #[function("crc32(data, crc=0, /)", doc = "Compute CRC-32 incrementally.")]
    fn crc32(vm: &Vm, data: BytesLike, crc: Value) -> PyResult<u32> {
        let crc = checksum::low_u32(vm, crc)?;
        Ok(checksum::crc32(vm, crc, data.as_slice()))
    }

    #[function(
        "b2a_hex(data, sep=<unrepresentable>, bytes_per_sep=1)",
        doc = "Hexadecimal representation of binary data.\n\n  sep\n    An optional single character or byte to separate hex bytes.\n  bytes_per_sep\n    How many bytes between separators.  Positive values count from the\n    right, negative values count from the left.\n\nThe return value is a bytes object.  This function is also\navailable as \"hexlify()\".\n\nExample:\n>>> binascii.b2a_hex(b'\\xb9\\x01\\xef')\nb'b901ef'\n>>> binascii.hexlify(b'\\xb9\\x01\\xef', ':')\nb'b9:01:ef'\n>>> binascii.b2a_hex(b'\\xb9\\x01\\xef', b'_', 2)\nb'b9_01ef'"
    )]
    fn b2a_hex(vm: &Vm, data: BytesLike, sep: Option<Value>, bytes_per_sep: i32) -> PyResult<Gc<PyBytes>> {
        hexlify(vm, &data, sep, bytes_per_sep)
    }

    #[function(
        "hexlify(data, sep=<unrepresentable>, bytes_per_sep=1)",
        doc = "Hexadecimal representation of binary data.\n\n  sep\n    An optional single character or byte to separate hex bytes.\n  bytes_per_sep\n    How many bytes between separators.  Positive values count from the\n    right, negative values count from the left.\n\nThe return value is a bytes object.  This function is also\navailable as \"b2a_hex()\"."
    )]
    fn hexlify(vm: &Vm, data: BytesLike, sep: Option<Value>, bytes_per_sep: i32) -> PyResult<Gc<PyBytes>> {
        hexlify(vm, &data, sep, bytes_per_sep)
    }

    #[function(
        "a2b_hex(hexstr, /)",
        doc = "Binary data of hexadecimal representation.\n\nhexstr must contain an even number of hex digits (upper or lower case).\nThis function is also available as \"unhexlify()\"."
    )]
    fn a2b_hex(vm: &Vm, hexstr: AsciiOrBytes) -> PyResult<Gc<PyBytes>> {
        unhexlify(vm, &hexstr)
    }

    #[function(
        "unhexlify(hexstr, /)",
        doc = "Binary data of hexadecimal representation.\n\nhexstr must contain an even number of hex digits (upper or lower case)."
    )]
    fn unhexlify(vm: &Vm, hexstr: AsciiOrBytes) -> PyResult<Gc<PyBytes>> {
        unhexlify(vm, &hexstr)
    }

    #[function("a2b_qp(data, header=False)", doc = "Decode a string of qp-encoded data.")]
    fn a2b_qp(vm: &Vm, data: AsciiOrBytes, header: bool) -> PyResult<Gc<PyBytes>> {
        vm.new_bytes(&quoted_printable::decode(data.as_slice(), header))
    }

    #[function(
        "b2a_qp(data, quotetabs=False, istext=True, header=False)",
        doc = "Encode a string using quoted-printable encoding.\n\nOn encoding, when istext is set, newlines are not encoded, and white\nspace at end of lines is.  When istext is not set, \\r and \\n (CR/LF)\nare both encoded.  When quotetabs is set, space and tabs are encoded."
    )]
    fn b2a_qp(vm: &Vm, data: BytesLike, quotetabs: bool, istext: bool, header: bool) -> PyResult<Gc<PyBytes>> {
        let options = quoted_printable::Options { quote_tabs: quotetabs, is_text: istext, header };
        vm.new_bytes(&quoted_printable::encode(data.as_slice(), options))
    }
}
