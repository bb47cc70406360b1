//! Encoders and decoders of text streams: the built-in encodings directly, all others through the
//! incremental objects that the codec registry makes.

use std::cell::{Cell, RefCell};

use kaa_objects::codecs::{ByteOrder, Encoding, Errors};
use kaa_objects::object::Slot;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm};

use super::PyTextIoWrapper;
use crate::codecs::look_up_text;
use crate::io::newlines::{NewlineDecoder, decoder_state};

/// How text becomes bytes.
#[derive(Trace, Default)]
pub struct Encoder {
    #[trace(skip)]
    native: Cell<Option<Encoding>>,
    /// The incremental encoder, when the encoding is not built in.
    object: Slot,
    /// Whether a byte order mark, if the encoding has one, was written.
    started: Cell<bool>,
}

/// How bytes become text.
#[derive(Trace, Default)]
pub struct Decoder {
    #[trace(skip)]
    native: Cell<Option<Encoding>>,
    object: Slot,
    /// The beginning of a character, whose end is in the next chunk.
    #[trace(skip)]
    pending: RefCell<Vec<u8>>,
    /// Recognizes line endings; not used when only `\n` or another fixed one ends lines.
    #[trace(skip)]
    pub newlines: NewlineDecoder,
    uses_newlines: Cell<bool>,
}

impl Encoder {
    /// Whether the stream can be written.
    pub fn is_set(&self) -> bool {
        self.native.get().is_some() || self.object.get().is_some()
    }

    /// No encoder.
    pub fn clear(&self) {
        self.native.set(None);
        self.object.clear();
    }

    /// Takes the encoder of an encoding.
    pub fn set(this: Gc<PyTextIoWrapper>, vm: &Vm, codec: &Codec, errors: Gc<PyStr>) -> PyResult<()> {
        let own = &this.encoder;
        own.clear();
        own.started.set(false);
        match codec {
            Codec::Native(encoding) => own.native.set(Some(*encoding)),
            Codec::Object(info) => {
                let make = vm.get_attr_str(*info, "incrementalencoder")?;
                own.object.set(vm, this, vm.call(make, &[errors.value()])?);
            }
        }
        Ok(())
    }

    /// The encoding, when encoded text of it is ASCII for ASCII text.
    pub fn keeps_ascii(&self) -> bool {
        matches!(self.native.get(), Some(Encoding::Utf8 | Encoding::Latin1 | Encoding::Ascii))
    }

    /// Whether the stream does not begin here: no byte order mark is to be written.
    pub fn set_started(&self, vm: &Vm, started: bool) -> PyResult<()> {
        self.started.set(started);
        match self.object.get() {
            Some(object) if started => vm.call_method_str(object, "setstate", &[Value::small_int(0)]).map(drop),
            Some(object) => vm.call_method_str(object, "reset", &[]).map(drop),
            None => Ok(()),
        }
    }

    /// Encodes a text.
    pub fn encode(&self, vm: &Vm, text: Gc<PyStr>, errors: Gc<PyStr>) -> PyResult<Gc<PyBytes>> {
        if let Some(encoding) = self.native.get() {
            let encoding = match (encoding, self.started.replace(true)) {
                (Encoding::Utf16(ByteOrder::Marked), true) => Encoding::Utf16(native_order()),
                (Encoding::Utf32(ByteOrder::Marked), true) => Encoding::Utf32(native_order()),
                (encoding, _) => encoding,
            };
            return vm.encode_as(text, encoding, &Errors::by_name(Some(errors)));
        }
        let bytes = vm.call_method_str(self.object.get_set(), "encode", &[text.value()])?;
        vm.cast::<PyBytes>(bytes).ok_or_else(|| {
            let class = vm.class_name(bytes);
            vm.type_error(format_args!("encoder should return a bytes object, not '{class}'"))
        })
    }
}

const fn native_order() -> ByteOrder {
    if cfg!(target_endian = "little") { ByteOrder::Little } else { ByteOrder::Big }
}

impl Decoder {
    /// Whether the stream can be read.
    pub fn is_set(&self) -> bool {
        self.native.get().is_some() || self.object.get().is_some()
    }

    /// No decoder.
    pub fn clear(&self) {
        self.native.set(None);
        self.object.clear();
        self.pending.borrow_mut().clear();
    }

    /// Takes the decoder of an encoding. `newlines` says whether line endings are recognized, and
    /// whether they are translated.
    pub fn set(
        this: Gc<PyTextIoWrapper>,
        vm: &Vm,
        codec: &Codec,
        errors: Gc<PyStr>,
        newlines: Option<bool>,
    ) -> PyResult<()> {
        let own = &this.decoder;
        own.clear();
        own.uses_newlines.set(newlines.is_some());
        own.newlines.translate.set(newlines.unwrap_or(false));
        own.newlines.reset();
        match codec {
            Codec::Native(encoding) if codec.decodes_natively() => own.native.set(Some(*encoding)),
            _ => {
                let info = codec.info(vm)?;
                let make = vm.get_attr_str(info, "incrementaldecoder")?;
                own.object.set(vm, this, vm.call(make, &[errors.value()])?);
            }
        }
        Ok(())
    }

    /// Decodes a chunk, the last one when `last`.
    pub fn decode(&self, vm: &Vm, chunk: Value, last: bool, errors: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        let text = match self.native.get() {
            Some(encoding) => vm.with_bytes(chunk, |bytes| self.decode_natively(vm, encoding, bytes, last, errors))?,
            None => {
                let args = [chunk, Value::bool(last)];
                let text = vm.call_method(self.object.get_set(), vm.names().decode, &args)?;
                vm.cast::<PyStr>(text).ok_or_else(|| {
                    let class = vm.class_name(text);
                    vm.type_error(format_args!("decoder should return a string result, not '{class}'"))
                })?
            }
        };
        if self.uses_newlines.get() { self.newlines.decode(vm, text, last) } else { Ok(text) }
    }

    fn decode_natively(
        &self,
        vm: &Vm,
        encoding: Encoding,
        bytes: &[u8],
        last: bool,
        errors: Gc<PyStr>,
    ) -> PyResult<Gc<PyStr>> {
        let errors = Errors::by_name(Some(errors));
        // Copied: after an error it is still to be decoded, before what comes next.
        let held = self.pending.borrow().clone();
        let joined;
        let bytes = if held.is_empty() {
            bytes
        } else {
            joined = [&held, bytes].concat();
            &joined
        };
        let (text, used) = if last {
            (vm.decode_as(bytes, encoding, &errors)?, bytes.len())
        } else {
            vm.decode_partly(bytes, encoding, &errors)?
        };
        if used < bytes.len() || !held.is_empty() {
            *self.pending.borrow_mut() = bytes[used..].to_vec();
        }
        Ok(text)
    }

    /// The state: bytes not decoded yet, and flags.
    pub fn state(&self, vm: &Vm) -> PyResult<(Gc<PyBytes>, i64)> {
        let (buffer, flags) = match self.object.get() {
            None => (vm.new_bytes(&self.pending.borrow())?, 0),
            Some(object) => {
                let state = vm.call_method_str(object, "getstate", &[])?;
                decoder_state(vm, state)?
            }
        };
        if !self.uses_newlines.get() {
            return Ok((buffer, flags));
        }
        Ok((buffer, flags << 1 | i64::from(self.newlines.pending_cr.get())))
    }

    /// Goes back to a state.
    pub fn set_state(&self, vm: &Vm, buffer: Gc<PyBytes>, flags: i64) -> PyResult<()> {
        let mut flags = flags;
        if self.uses_newlines.get() {
            self.newlines.pending_cr.set(flags & 1 != 0);
            flags >>= 1;
        }
        match self.object.get() {
            None => *self.pending.borrow_mut() = buffer.as_slice().to_vec(),
            Some(object) => {
                let state = vm.new_tuple(&[buffer.value(), vm.new_int(flags)?])?;
                vm.call_method_str(object, "setstate", &[state.value()])?;
            }
        }
        Ok(())
    }

    /// Forgets all.
    pub fn reset(&self, vm: &Vm) -> PyResult<()> {
        if self.uses_newlines.get() {
            self.newlines.reset();
        }
        self.pending.borrow_mut().clear();
        match self.object.get() {
            Some(object) => vm.call_method_str(object, "reset", &[]).map(drop),
            None => Ok(()),
        }
    }

    /// The line endings seen so far.
    pub fn newlines_seen(&self, vm: &Vm) -> PyResult {
        if self.uses_newlines.get() { self.newlines.newlines(vm) } else { Ok(Value::NONE) }
    }
}

/// An encoding.
pub enum Codec {
    /// One that is built in.
    Native(Encoding),
    /// The registry's `CodecInfo`.
    Object(Value),
}

impl Codec {
    /// The encoding of a name; `LookupError` when there is none, or it is not one of text.
    pub fn look_up(vm: &Vm, name: Gc<PyStr>) -> PyResult<Codec> {
        if let Some(encoding) = name.as_ascii().and_then(Encoding::by_name) {
            return Ok(Codec::Native(encoding));
        }
        let info = look_up_text(vm, name, None)?.value();
        Ok(Codec::Object(info))
    }

    /// Whether chunks can be decoded here: those that begin with a byte order mark need a memory
    /// for it.
    fn decodes_natively(&self) -> bool {
        !matches!(
            self,
            Codec::Object(_) | Codec::Native(Encoding::Utf16(ByteOrder::Marked) | Encoding::Utf32(ByteOrder::Marked))
        )
    }

    fn info(&self, vm: &Vm) -> PyResult {
        match self {
            Codec::Object(info) => Ok(*info),
            Codec::Native(Encoding::Utf16(_)) => Ok(look_up_text(vm, vm.intern("utf-16"), None)?.value()),
            Codec::Native(_) => Ok(look_up_text(vm, vm.intern("utf-32"), None)?.value()),
        }
    }
}
