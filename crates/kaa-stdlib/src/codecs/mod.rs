//! `_codecs`: the registry of codecs, and the encodings themselves for the package `encodings`.

mod handlers;
mod registry;

use kaa_objects::codecs::{ByteOrder, Encoding, Errors, charmap, escapes, marked_order, utf7};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm, py_functions, py_module};

pub use registry::{install, look_up_text};

/// The module.
pub struct Codecs;

type Text = Gc<PyStr>;
type Pair = PyResult<Gc<PyTuple>>;

fn check_no_null(vm: &Vm, text: Option<Text>) -> PyResult<()> {
    match text {
        Some(text) if text.data().iter().any(|c| c == 0) => Err(vm.value_error("embedded null character")),
        _ => Ok(()),
    }
}

fn handler(vm: &Vm, errors: Option<Text>) -> PyResult<Errors> {
    check_no_null(vm, errors)?;
    Ok(Errors::by_name(errors))
}

/// What an encoder gives: bytes, and how many code points they are.
fn encoded(vm: &Vm, text: Text, bytes: Gc<PyBytes>) -> Pair {
    vm.new_tuple(&[bytes.value(), Value::small_int(text.len() as i64)])
}

/// What a decoder gives: text, and how many bytes were used.
fn decoded(vm: &Vm, text: Text, used: usize) -> Pair {
    vm.new_tuple(&[text.value(), Value::small_int(used as i64)])
}

fn encode(vm: &Vm, text: Text, encoding: Encoding, errors: Option<Text>) -> Pair {
    let errors = handler(vm, errors)?;
    encoded(vm, text, vm.encode_as(text, encoding, &errors)?)
}

fn decode(vm: &Vm, data: Value, encoding: Encoding, errors: Option<Text>, last: bool) -> Pair {
    vm.with_bytes(data, |bytes| {
        let errors = handler(vm, errors)?;
        let (text, used) = match last {
            true => (vm.decode_as(bytes, encoding, &errors)?, bytes.len()),
            false => vm.decode_partly(bytes, encoding, &errors)?,
        };
        decoded(vm, text, used)
    })
}

/// Calls a function with the bytes of an object; text is taken as UTF-8.
fn with_bytes_or_text<R>(vm: &Vm, data: Value, with: impl FnOnce(&[u8]) -> PyResult<R>) -> PyResult<R> {
    match vm.cast::<PyStr>(data) {
        Some(text) => with(vm.encode_as(text, Encoding::Utf8, &Errors::Strict)?.as_slice()),
        None => vm.with_bytes(data, with),
    }
}

/// The order of bytes that a number stands for.
fn order(byteorder: i32) -> ByteOrder {
    match byteorder {
        ..0 => ByteOrder::Little,
        0 => ByteOrder::Marked,
        _ => ByteOrder::Big,
    }
}

/// Decodes UTF-16 or UTF-32 and also gives the order of bytes that it had.
fn decode_ex(
    vm: &Vm,
    data: Value,
    (unit_size, encoding): (usize, fn(ByteOrder) -> Encoding),
    errors: Option<Text>,
    byteorder: i32,
    last: bool,
) -> Pair {
    vm.with_bytes(data, |bytes| {
        let pair = decode(vm, data, encoding(order(byteorder)), errors, last)?;
        let byteorder = match marked_order(bytes, unit_size) {
            Some(ByteOrder::Little) if byteorder == 0 => -1,
            Some(ByteOrder::Big) if byteorder == 0 => 1,
            _ => byteorder,
        };
        vm.new_tuple(&[pair.as_slice()[0], pair.as_slice()[1], Value::small_int(byteorder.into())])
    })
}

#[py_module(name = "_codecs", parts(UNICODE, OTHERS))]
impl Codecs {
    #[function(
        "register(search_function, /)",
        doc = "Register a codec search function.\n\nSearch functions are expected to take one argument, the encoding\nname in all lower case letters, and either return None, or a tuple\nof functions (encoder, decoder, stream_reader, stream_writer) (or\na CodecInfo object)."
    )]
    fn register(vm: &Vm, search_function: Value) -> PyResult<()> {
        registry::register(vm, search_function)
    }

    #[function(
        "unregister(search_function, /)",
        doc = "Unregister a codec search function and clear the registry's cache.\n\nIf the search function is not registered, do nothing."
    )]
    fn unregister(vm: &Vm, search_function: Value) -> PyResult<()> {
        registry::unregister(vm, search_function)
    }

    #[function(
        "lookup(encoding, /)",
        doc = "Looks up a codec tuple in the Python codec registry and returns a CodecInfo object."
    )]
    fn lookup(vm: &Vm, encoding: Text) -> Pair {
        check_no_null(vm, Some(encoding))?;
        registry::look_up(vm, encoding)
    }

    #[function(
        "encode(obj, encoding='utf-8', errors='strict')",
        doc = "Encodes obj using the codec registered for encoding.\n\nThe default encoding is 'utf-8'.  errors may be given to set a\ndifferent error handling scheme.  Default is 'strict' meaning that\nencoding errors raise a ValueError.  Other possible values are 'ignore',\n'replace' and 'backslashreplace' as well as any other name registered\nwith codecs.register_error that can handle ValueErrors."
    )]
    fn encode(vm: &Vm, obj: Value, encoding: Option<Text>, errors: Option<Text>) -> PyResult {
        check_no_null(vm, encoding)?;
        check_no_null(vm, errors)?;
        registry::ENCODE.run(vm, obj, encoding.unwrap_or_else(|| vm.intern("utf-8")), errors)
    }

    #[function(
        "decode(obj, encoding='utf-8', errors='strict')",
        doc = "Decodes obj using the codec registered for encoding.\n\nDefault encoding is 'utf-8'.  errors may be given to set a\ndifferent error handling scheme.  Default is 'strict' meaning that\nencoding errors raise a ValueError.  Other possible values are 'ignore',\n'replace' and 'backslashreplace' as well as any other name registered\nwith codecs.register_error that can handle ValueErrors."
    )]
    fn decode(vm: &Vm, obj: Value, encoding: Option<Text>, errors: Option<Text>) -> PyResult {
        check_no_null(vm, encoding)?;
        check_no_null(vm, errors)?;
        registry::DECODE.run(vm, obj, encoding.unwrap_or_else(|| vm.intern("utf-8")), errors)
    }

    #[function(
        "register_error(errors, handler, /)",
        doc = "Register the specified error handler under the name errors.\n\nhandler must be a callable object, that will be called with an exception\ninstance containing information about the location of the\nencoding/decoding error and must return a (replacement, new position)\ntuple."
    )]
    fn register_error(vm: &Vm, errors: Text, handler: Value) -> PyResult<()> {
        check_no_null(vm, Some(errors))?;
        registry::register_error(vm, errors, handler)
    }

    #[function(
        "_unregister_error(errors, /)",
        doc = "Un-register the specified error handler for the error handling `errors'.\n\nOnly custom error handlers can be un-registered. An exception is raised\nif the error handling is a built-in one (e.g., 'strict'), or if an error\noccurs.\n\nOtherwise, this returns True if a custom handler has been successfully\nun-registered, and False if no custom handler for the specified error\nhandling exists."
    )]
    fn unregister_error(vm: &Vm, errors: Text) -> PyResult<bool> {
        check_no_null(vm, Some(errors))?;
        registry::unregister_error(vm, errors)
    }

    #[function(
        "lookup_error(name, /)",
        doc = "lookup_error(errors) -> handler\n\nReturn the error handler for the specified error handling name or raise\na LookupError, if no handler exists under this name."
    )]
    fn lookup_error(vm: &Vm, name: Text) -> PyResult {
        check_no_null(vm, Some(name))?;
        registry::look_up_error(vm, name)
    }
}

#[py_functions(UNICODE, of = "_codecs")]
impl Codecs {
    #[function("utf_8_encode(str, errors=None, /)")]
    fn utf_8_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        encode(vm, str, Encoding::Utf8, errors)
    }

    #[function("utf_8_decode(data, errors=None, final=False, /)")]
    fn utf_8_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        decode(vm, data, Encoding::Utf8, errors, last)
    }

    #[function("utf_7_encode(str, errors=None, /)")]
    fn utf_7_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        handler(vm, errors)?;
        encoded(vm, str, utf7::encode(vm, str)?)
    }

    #[function("utf_7_decode(data, errors=None, final=False, /)")]
    fn utf_7_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        vm.with_bytes(data, |bytes| {
            let (text, used) = utf7::decode(vm, bytes, &handler(vm, errors)?, last)?;
            decoded(vm, text, if last { bytes.len() } else { used })
        })
    }

    #[function("utf_16_encode(str, errors=None, byteorder=0, /)")]
    fn utf_16_encode(vm: &Vm, str: Text, errors: Option<Text>, byteorder: i32) -> Pair {
        encode(vm, str, Encoding::Utf16(order(byteorder)), errors)
    }

    #[function("utf_16_le_encode(str, errors=None, /)")]
    fn utf_16_le_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        encode(vm, str, Encoding::Utf16(ByteOrder::Little), errors)
    }

    #[function("utf_16_be_encode(str, errors=None, /)")]
    fn utf_16_be_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        encode(vm, str, Encoding::Utf16(ByteOrder::Big), errors)
    }

    #[function("utf_16_decode(data, errors=None, final=False, /)")]
    fn utf_16_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        decode(vm, data, Encoding::Utf16(ByteOrder::Marked), errors, last)
    }

    #[function("utf_16_le_decode(data, errors=None, final=False, /)")]
    fn utf_16_le_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        decode(vm, data, Encoding::Utf16(ByteOrder::Little), errors, last)
    }

    #[function("utf_16_be_decode(data, errors=None, final=False, /)")]
    fn utf_16_be_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        decode(vm, data, Encoding::Utf16(ByteOrder::Big), errors, last)
    }

    #[function("utf_16_ex_decode(data, errors=None, byteorder=0, final=False,\n                 /)")]
    fn utf_16_ex_decode(vm: &Vm, data: Value, errors: Option<Text>, byteorder: i32, last: bool) -> Pair {
        decode_ex(vm, data, (2, Encoding::Utf16), errors, byteorder, last)
    }

    #[function("utf_32_encode(str, errors=None, byteorder=0, /)")]
    fn utf_32_encode(vm: &Vm, str: Text, errors: Option<Text>, byteorder: i32) -> Pair {
        encode(vm, str, Encoding::Utf32(order(byteorder)), errors)
    }

    #[function("utf_32_le_encode(str, errors=None, /)")]
    fn utf_32_le_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        encode(vm, str, Encoding::Utf32(ByteOrder::Little), errors)
    }

    #[function("utf_32_be_encode(str, errors=None, /)")]
    fn utf_32_be_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        encode(vm, str, Encoding::Utf32(ByteOrder::Big), errors)
    }

    #[function("utf_32_decode(data, errors=None, final=False, /)")]
    fn utf_32_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        decode(vm, data, Encoding::Utf32(ByteOrder::Marked), errors, last)
    }

    #[function("utf_32_le_decode(data, errors=None, final=False, /)")]
    fn utf_32_le_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        decode(vm, data, Encoding::Utf32(ByteOrder::Little), errors, last)
    }

    #[function("utf_32_be_decode(data, errors=None, final=False, /)")]
    fn utf_32_be_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        decode(vm, data, Encoding::Utf32(ByteOrder::Big), errors, last)
    }

    #[function("utf_32_ex_decode(data, errors=None, byteorder=0, final=False,\n                 /)")]
    fn utf_32_ex_decode(vm: &Vm, data: Value, errors: Option<Text>, byteorder: i32, last: bool) -> Pair {
        decode_ex(vm, data, (4, Encoding::Utf32), errors, byteorder, last)
    }
}

#[py_functions(OTHERS, of = "_codecs")]
impl Codecs {
    #[function("ascii_encode(str, errors=None, /)")]
    fn ascii_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        encode(vm, str, Encoding::Ascii, errors)
    }

    #[function("ascii_decode(data, errors=None, /)")]
    fn ascii_decode(vm: &Vm, data: Value, errors: Option<Text>) -> Pair {
        decode(vm, data, Encoding::Ascii, errors, true)
    }

    #[function("latin_1_encode(str, errors=None, /)")]
    fn latin_1_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        encode(vm, str, Encoding::Latin1, errors)
    }

    #[function("latin_1_decode(data, errors=None, /)")]
    fn latin_1_decode(vm: &Vm, data: Value, errors: Option<Text>) -> Pair {
        decode(vm, data, Encoding::Latin1, errors, true)
    }

    #[function("charmap_build(map, /)")]
    fn charmap_build(vm: &Vm, map: Text) -> PyResult {
        charmap::build(vm, map)
    }

    #[function("charmap_encode(str, errors=None, mapping=None, /)")]
    fn charmap_encode(vm: &Vm, str: Text, errors: Option<Text>, mapping: Option<Value>) -> Pair {
        match mapping {
            None => encode(vm, str, Encoding::Latin1, errors),
            Some(mapping) => encoded(vm, str, charmap::encode(vm, str, &handler(vm, errors)?, mapping)?),
        }
    }

    #[function("charmap_decode(data, errors=None, mapping=None, /)")]
    fn charmap_decode(vm: &Vm, data: Value, errors: Option<Text>, mapping: Option<Value>) -> Pair {
        let Some(mapping) = mapping else { return decode(vm, data, Encoding::Latin1, errors, true) };
        vm.with_bytes(data, |bytes| {
            decoded(vm, charmap::decode(vm, bytes, &handler(vm, errors)?, mapping)?, bytes.len())
        })
    }

    #[function("unicode_escape_encode(str, errors=None, /)")]
    fn unicode_escape_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        handler(vm, errors)?;
        encoded(vm, str, escapes::encode_unicode(vm, str)?)
    }

    #[function("unicode_escape_decode(data, errors=None, final=True, /)")]
    fn unicode_escape_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        with_bytes_or_text(vm, data, |bytes| {
            let (text, used) = escapes::decode_unicode(vm, bytes, &handler(vm, errors)?, last)?;
            decoded(vm, text, if last { bytes.len() } else { used })
        })
    }

    #[function("raw_unicode_escape_encode(str, errors=None, /)")]
    fn raw_unicode_escape_encode(vm: &Vm, str: Text, errors: Option<Text>) -> Pair {
        handler(vm, errors)?;
        encoded(vm, str, escapes::encode_raw_unicode(vm, str)?)
    }

    #[function("raw_unicode_escape_decode(data, errors=None, final=True, /)")]
    fn raw_unicode_escape_decode(vm: &Vm, data: Value, errors: Option<Text>, last: bool) -> Pair {
        with_bytes_or_text(vm, data, |bytes| {
            let (text, used) = escapes::decode_raw_unicode(vm, bytes, &handler(vm, errors)?, last)?;
            decoded(vm, text, if last { bytes.len() } else { used })
        })
    }

    #[function("escape_encode(data, errors=None, /)")]
    fn escape_encode(vm: &Vm, data: Gc<PyBytes>, errors: Option<Text>) -> Pair {
        handler(vm, errors)?;
        let escaped = escapes::encode_bytes(vm, data.as_slice())?;
        vm.new_tuple(&[escaped.value(), Value::small_int(data.len() as i64)])
    }

    #[function("escape_decode(data, errors=None, /)")]
    fn escape_decode(vm: &Vm, data: Value, errors: Option<Text>) -> Pair {
        check_no_null(vm, errors)?;
        with_bytes_or_text(vm, data, |bytes| {
            let plain = escapes::decode_bytes(vm, bytes, errors)?;
            vm.new_tuple(&[plain.value(), Value::small_int(bytes.len() as i64)])
        })
    }

    #[function("readbuffer_encode(data, errors=None, /)")]
    fn readbuffer_encode(vm: &Vm, data: Value, errors: Option<Text>) -> Pair {
        check_no_null(vm, errors)?;
        with_bytes_or_text(vm, data, |bytes| {
            vm.new_tuple(&[vm.new_bytes(bytes)?.value(), Value::small_int(bytes.len() as i64)])
        })
    }
}
