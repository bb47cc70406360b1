//! `TextIOWrapper`: text through a buffered stream of bytes.
//!
//! - `codec`: the encoder and the decoder, built-in or objects of the codec registry
//! - `class`: the class as Python sees it; `set_up`: its constructor and `reconfigure`
//! - `read`, `write`, `position`: what it does

mod class;
mod codec;
mod position;
mod read;
mod set_up;
mod write;

use std::cell::{Cell, RefCell};

use codec::{Decoder, Encoder};

use kaa_objects::object::{Header, Slot};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm};

use super::unsupported;

/// A `TextIOWrapper`.
#[repr(C)]
#[derive(Trace)]
pub struct PyTextIoWrapper {
    header: Header,
    /// The stream of bytes; empty before `__init__` and after `detach()`.
    buffer: Slot,
    detached: Cell<bool>,
    encoding: Slot<Gc<PyStr>>,
    errors: Slot<Gc<PyStr>>,
    encoder: Encoder,
    decoder: Decoder,
    /// What ends lines when reading: `None` for any line ending, translated.
    read_newline: Slot<Gc<PyStr>>,
    /// Whether any line ending ends a line.
    universal: Cell<bool>,
    /// Whether `\n` is the only line ending in what the decoder gives.
    translated: Cell<bool>,
    /// What `\n` is written as, if not itself.
    written_newline: Slot<Gc<PyStr>>,
    line_buffering: Cell<bool>,
    write_through: Cell<bool>,
    finalizing: Cell<bool>,
    seekable: Cell<bool>,
    /// Whether `tell()` may be called; not while the stream is iterated over.
    telling: Cell<bool>,
    has_read1: Cell<bool>,
    chunk_size: Cell<usize>,
    /// Bytes for each character of the last chunk.
    bytes_by_characters: Cell<f64>,
    /// Encoded text that the stream of bytes has not got yet.
    #[trace(skip)]
    pending: RefCell<Vec<u8>>,
    /// Decoded text, and how much of it was read.
    decoded: Slot<Gc<PyStr>>,
    decoded_used: Cell<usize>,
    /// The decoder's state before the last chunk was decoded, and the bytes that it then got: what
    /// `tell()` needs. Empty when nothing was read.
    snapshot_flags: Cell<i64>,
    snapshot_input: Slot<Gc<PyBytes>>,
}

pub use class::DEFAULT_CHUNK_SIZE;
pub use set_up::Settings;

impl PyTextIoWrapper {
    /// The stream of bytes; raises when there is none.
    fn stream(&self, vm: &Vm) -> PyResult {
        match self.buffer.get() {
            Some(buffer) => Ok(buffer),
            None if self.detached.get() => Err(vm.value_error("underlying buffer has been detached")),
            None => Err(vm.value_error("I/O operation on uninitialized object")),
        }
    }

    /// Raises `ValueError` when the stream is closed.
    fn check_open(this: Gc<PyTextIoWrapper>, vm: &Vm) -> PyResult<()> {
        let buffer = this.stream(vm)?;
        let plain = vm.class_of(this.value()) == vm.class::<PyTextIoWrapper>();
        let closed = super::is_closed(vm, if plain { buffer } else { this.value() })?;
        if closed { Err(super::closed_error(vm)) } else { Ok(()) }
    }

    /// Raises `UnsupportedOperation` unless there is a decoder.
    fn check_readable(&self, vm: &Vm) -> PyResult<()> {
        if self.decoder.is_set() { Ok(()) } else { Err(unsupported(vm, "not readable")) }
    }

    /// The decoded text that was not read yet.
    fn decoded_left(&self) -> usize {
        self.decoded.get().map_or(0, |text| text.len() - self.decoded_used.get())
    }

    /// Replaces the decoded text.
    fn set_decoded(this: Gc<PyTextIoWrapper>, vm: &Vm, text: Option<Gc<PyStr>>) {
        this.decoded.set_maybe(vm, this, text);
        this.decoded_used.set(0);
    }

    /// Takes decoded text: so many characters, or all that is left.
    fn take_decoded(&self, vm: &Vm, count: usize) -> PyResult<Gc<PyStr>> {
        let Some(text) = self.decoded.get() else { return vm.new_str("") };
        let start = self.decoded_used.get();
        let end = start + count.min(text.len() - start);
        self.decoded_used.set(end);
        if start == 0 && end == text.len() {
            return Ok(text);
        }
        vm.new_str_from_data(text.data().slice(start..end))
    }

    /// Forgets what was read ahead.
    fn forget_decoded(this: Gc<PyTextIoWrapper>, vm: &Vm) {
        PyTextIoWrapper::set_decoded(this, vm, None);
        this.snapshot_input.clear();
    }

    /// The object itself as a value.
    fn object(this: Gc<PyTextIoWrapper>) -> Value {
        this.value()
    }
}
