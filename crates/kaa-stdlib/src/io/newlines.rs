//! Line endings: recognizing and translating them, and `IncrementalNewlineDecoder`.

use std::cell::Cell;

use kaa_macros::py_type;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::{PyStr, StrBuilder, StrData};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm};

const CR: u32 = 13;
const LF: u32 = 10;

/// Bits of what line endings were seen.
const SEEN_CR: u8 = 1;
const SEEN_LF: u8 = 2;
const SEEN_CRLF: u8 = 4;
const SEEN_ALL: u8 = 7;

/// Where a code point below 128 is first found.
pub fn find(data: StrData<'_>, code_point: u8) -> Option<usize> {
    match data {
        StrData::Latin1(s) => memchr::memchr(code_point, s),
        StrData::Ucs2(s) => s.iter().position(|&c| c == u16::from(code_point)),
        StrData::Ucs4(s) => s.iter().position(|&c| c == u32::from(code_point)),
    }
}

/// Where the first line ending of any kind ends: behind `\n`, `\r` or `\r\n`.
pub fn find_any_end(data: StrData<'_>) -> Option<usize> {
    let at = match data {
        StrData::Latin1(s) => memchr::memchr2(b'\n', b'\r', s)?,
        _ => data.iter().position(|c| c == LF || c == CR)?,
    };
    let pair = data.at(at) == CR && at + 1 < data.len() && data.at(at + 1) == LF;
    Some(at + 1 + usize::from(pair))
}

/// Recognizes line endings in text that comes in parts, and translates them if it is to.
#[derive(Default)]
pub struct NewlineDecoder {
    /// Whether `\r\n` and `\r` become `\n`.
    pub translate: Cell<bool>,
    /// Whether the last part ended with a `\r`, which is held back: a `\n` may follow.
    pub pending_cr: Cell<bool>,
    seen: Cell<u8>,
}

impl NewlineDecoder {
    /// Takes a part of the text, the last one when `last`.
    pub fn decode(&self, vm: &Vm, text: Gc<PyStr>, last: bool) -> PyResult<Gc<PyStr>> {
        let mut text = text;
        if self.pending_cr.get() && (last || !text.is_empty()) {
            let mut joined = StrBuilder::with_capacity(text.len() + 1);
            joined.push(CR);
            joined.push_py(&text);
            text = joined.finish(vm)?;
            self.pending_cr.set(false);
        }
        let mut data = text.data();
        if !last && !data.is_empty() && data.at(data.len() - 1) == CR {
            data = data.slice(0..data.len() - 1);
            self.pending_cr.set(true);
        }
        if find(data, b'\r').is_none() {
            // Most text.
            if self.seen.get() & SEEN_LF == 0 && find(data, b'\n').is_some() {
                self.seen.set(self.seen.get() | SEEN_LF);
            }
            return if data.len() == text.len() { Ok(text) } else { vm.new_str_from_data(data) };
        }
        self.look(data);
        if !self.translate.get() {
            return if data.len() == text.len() { Ok(text) } else { vm.new_str_from_data(data) };
        }
        let mut out = StrBuilder::with_capacity(data.len());
        let mut rest = data;
        while let Some(at) = find(rest, b'\r') {
            out.push_data(rest.slice(0..at));
            out.push(LF);
            let skip = if at + 1 < rest.len() && rest.at(at + 1) == LF { 2 } else { 1 };
            rest = rest.slice(at + skip..rest.len());
        }
        out.push_data(rest);
        out.finish(vm)
    }

    /// Notes which line endings a text has.
    fn look(&self, data: StrData<'_>) {
        let mut seen = self.seen.get();
        let mut rest = data;
        while seen != SEEN_ALL {
            let Some(end) = find_any_end(rest) else { break };
            let pair = end >= 2 && rest.at(end - 1) == LF && rest.at(end - 2) == CR;
            seen |= match rest.at(end - 1) {
                _ if pair => SEEN_CRLF,
                CR => SEEN_CR,
                _ => SEEN_LF,
            };
            rest = rest.slice(end..rest.len());
        }
        self.seen.set(seen);
    }

    /// Forgets all.
    pub fn reset(&self) {
        self.seen.set(0);
        self.pending_cr.set(false);
    }

    /// The line endings seen so far: `None`, a string, or a tuple of strings.
    pub fn newlines(&self, vm: &Vm) -> PyResult {
        let text = |text: &str| vm.intern(text).value();
        let mut kinds = [Value::NONE; 3];
        let mut count = 0;
        for (bit, kind) in [(SEEN_CR, "\r"), (SEEN_LF, "\n"), (SEEN_CRLF, "\r\n")] {
            if self.seen.get() & bit != 0 {
                kinds[count] = text(kind);
                count += 1;
            }
        }
        match count {
            0 => Ok(Value::NONE),
            1 => Ok(kinds[0]),
            _ => Ok(vm.new_tuple(&kinds[..count])?.value()),
        }
    }
}

/// `IncrementalNewlineDecoder`: recognizes line endings in what another decoder gives.
#[repr(C)]
#[derive(Trace)]
pub struct PyIncrementalNewlineDecoder {
    header: Header,
    /// The other decoder, or `None` for text. Empty before `__init__`.
    decoder: Slot,
    #[trace(skip)]
    newlines: NewlineDecoder,
}

impl PyIncrementalNewlineDecoder {
    fn decoder(&self, vm: &Vm) -> PyResult<Option<Value>> {
        match self.decoder.get() {
            Some(decoder) => Ok(decoder.not_none()),
            None => Err(vm.value_error("IncrementalNewlineDecoder.__init__() not called")),
        }
    }
}

#[py_type(
    name = "IncrementalNewlineDecoder",
    module = "_io",
    flags(BASETYPE),
    doc = "Codec used when reading a file in universal newlines mode.\n\nIt wraps another incremental decoder, translating \\r\\n and \\r into \\n.\nIt also records the types of newlines encountered.  When used with\ntranslate=False, it ensures that the newline sequence is returned in\none piece. When used with decoder=None, it expects unicode strings as\ndecode input and translates newlines without first invoking an external\ndecoder."
)]
impl PyIncrementalNewlineDecoder {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyIncrementalNewlineDecoder>> {
        let made = PyIncrementalNewlineDecoder {
            header: Header::EMPTY,
            decoder: Slot::empty(),
            newlines: NewlineDecoder::default(),
        };
        vm.alloc_instance(class, made)
    }

    #[init("IncrementalNewlineDecoder(decoder, translate, errors='strict')")]
    fn init(
        vm: &Vm,
        this: Gc<PyIncrementalNewlineDecoder>,
        decoder: Value,
        translate: bool,
        _errors: Option<Value>,
    ) -> PyResult<()> {
        this.decoder.set(vm, this, decoder);
        this.newlines.translate.set(translate);
        this.newlines.reset();
        Ok(())
    }

    #[method("decode($self, /, input, final=False)")]
    fn decode(vm: &Vm, this: Gc<PyIncrementalNewlineDecoder>, input: Value, last: bool) -> PyResult<Gc<PyStr>> {
        let text = match this.decoder(vm)? {
            None => input,
            Some(decoder) => vm.call_method(decoder, vm.names().decode, &[input, Value::bool(last)])?,
        };
        let Some(text) = vm.cast::<PyStr>(text) else {
            let class = vm.class_name(text);
            return Err(vm.type_error(format_args!("decoder should return a string result, not '{class}'")));
        };
        this.newlines.decode(vm, text, last)
    }

    #[method("getstate($self, /)")]
    fn getstate(vm: &Vm, this: Gc<PyIncrementalNewlineDecoder>) -> PyResult<Gc<PyTuple>> {
        let (buffer, flag) = match this.decoder(vm)? {
            None => (vm.new_bytes(b"")?.value(), 0),
            Some(decoder) => {
                let state = vm.call_method_str(decoder, "getstate", &[])?;
                let (buffer, flag) = decoder_state(vm, state)?;
                (buffer.value(), flag)
            }
        };
        let flag = flag << 1 | i64::from(this.newlines.pending_cr.get());
        vm.new_tuple(&[buffer, vm.new_int(flag)?])
    }

    #[method("setstate($self, state, /)")]
    fn setstate(vm: &Vm, this: Gc<PyIncrementalNewlineDecoder>, state: Value) -> PyResult<()> {
        let decoder = this.decoder(vm)?;
        let Some(parts) = vm.cast::<PyTuple>(state) else {
            return Err(vm.type_error("state argument must be a tuple"));
        };
        let &[buffer, flag] = parts.as_slice() else { return Err(vm.type_error("illegal decoder state")) };
        let index = vm.index(flag)?;
        let Some(flag) = vm.int_to_i64(index) else {
            return Err(vm.overflow_error("Python int too large to convert to C long"));
        };
        this.newlines.pending_cr.set(flag & 1 != 0);
        if let Some(decoder) = decoder {
            let state = vm.new_tuple(&[buffer, vm.new_int(flag >> 1)?])?;
            vm.call_method_str(decoder, "setstate", &[state.value()])?;
        }
        Ok(())
    }

    #[method("reset($self, /)")]
    fn reset(vm: &Vm, this: Gc<PyIncrementalNewlineDecoder>) -> PyResult<()> {
        let decoder = this.decoder(vm)?;
        this.newlines.reset();
        if let Some(decoder) = decoder {
            vm.call_method_str(decoder, "reset", &[])?;
        }
        Ok(())
    }

    #[getter("newlines")]
    fn newlines(&self, vm: &Vm) -> PyResult {
        self.decoder(vm)?;
        self.newlines.newlines(vm)
    }
}

/// The parts of what a decoder's `getstate` gave: bytes not yet decoded, and a number.
pub fn decoder_state(vm: &Vm, state: Value) -> PyResult<(Gc<PyBytes>, i64)> {
    let Some(parts) = vm.cast::<PyTuple>(state) else { return Err(vm.type_error("illegal decoder state")) };
    let &[buffer, flag] = parts.as_slice() else { return Err(vm.type_error("illegal decoder state")) };
    let Some(buffer) = vm.cast::<PyBytes>(buffer) else {
        let class = vm.class_name(buffer);
        return Err(vm.type_error(format_args!(
            "illegal decoder state: the first item should be a bytes object, not '{class}'"
        )));
    };
    let index = vm.index(flag)?;
    match vm.int_to_i64(index) {
        Some(flag) => Ok((buffer, flag)),
        None => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}
