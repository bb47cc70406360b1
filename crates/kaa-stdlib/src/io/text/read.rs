//! Reading text.

use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::{PyStr, StrBuilder, StrData};
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::PyTextIoWrapper;
use crate::io::buffered::PyBufferedReader;
use crate::io::newlines::{find, find_any_end};
use crate::io::string_io::find_newline;

impl PyTextIoWrapper {
    /// Reads and decodes a chunk of bytes; false at the end.
    pub(super) fn read_chunk(vm: &Vm, this: Gc<PyTextIoWrapper>, characters: usize) -> PyResult<bool> {
        this.check_readable(vm)?;
        let before = if this.telling.get() { Some(this.decoder.state(vm)?) } else { None };
        let by_size = (this.bytes_by_characters.get().max(1.0) * characters as f64) as usize;
        let size = this.chunk_size.get().max(by_size);
        let stream = this.stream(vm)?;
        let chunk = match vm.cast_exact::<PyBufferedReader>(stream) {
            Some(reader) => PyBufferedReader::stream(&reader, vm).read1(size as isize)?,
            None => PyTextIoWrapper::ask_for_chunk(vm, this, stream, size)?,
        };
        let bytes = vm.with_bytes(chunk, |bytes| Ok(bytes.len()))?;
        let text = this.decoder.decode(vm, chunk, bytes == 0, this.errors.get_set())?;
        PyTextIoWrapper::set_decoded(this, vm, Some(text));
        this.bytes_by_characters.set(if text.is_empty() { 0.0 } else { bytes as f64 / text.len() as f64 });
        if let Some((held, flags)) = before {
            let input = match vm.cast_exact::<PyBytes>(chunk) {
                Some(chunk) if held.is_empty() => chunk,
                _ => vm.with_bytes(chunk, |chunk| vm.new_bytes(&[held.as_slice(), chunk].concat()))?,
            };
            this.snapshot_flags.set(flags);
            this.snapshot_input.set(vm, this, input);
        }
        Ok(bytes != 0 || !text.is_empty())
    }

    fn ask_for_chunk(vm: &Vm, this: Gc<PyTextIoWrapper>, stream: Value, size: usize) -> PyResult {
        let method = if this.has_read1.get() { "read1" } else { "read" };
        let size = vm.new_int(size as i64)?;
        loop {
            let chunk = vm.call_method_str(stream, method, &[size]);
            match vm.catch(chunk, vm.exceptions().InterruptedError)? {
                Ok(chunk) if vm.is_bytes_like(chunk) => return Ok(chunk),
                Ok(chunk) => {
                    let class = vm.class_name(chunk);
                    return Err(vm.type_error(format_args!(
                        "underlying {method}() should have returned a bytes-like object, not '{class}'"
                    )));
                }
                Err(_) => vm.check_signals()?,
            }
        }
    }

    /// `read(size)`; everything when negative.
    pub fn read_text(vm: &Vm, this: Gc<PyTextIoWrapper>, size: isize) -> PyResult<Gc<PyStr>> {
        PyTextIoWrapper::check_open(this, vm)?;
        this.check_readable(vm)?;
        PyTextIoWrapper::write_pending(vm, this)?;
        let Ok(size) = usize::try_from(size) else { return PyTextIoWrapper::read_all(vm, this) };
        let first = this.take_decoded(vm, size)?;
        if first.len() == size {
            return Ok(first);
        }
        let mut text = StrBuilder::default();
        text.push_py(&first);
        while text.len() < size {
            if !PyTextIoWrapper::read_chunk(vm, this, size - text.len())? {
                break;
            }
            let part = this.take_decoded(vm, size - text.len())?;
            text.push_py(&part);
        }
        text.finish(vm)
    }

    fn read_all(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult<Gc<PyStr>> {
        let bytes = vm.call_method(this.stream(vm)?, vm.names().read, &[])?;
        if bytes.is_none() {
            return Err(vm.raise_new(vm.exceptions().BlockingIOError, "Read returned None."));
        }
        if !vm.is_bytes_like(bytes) {
            let class = vm.class_name(bytes);
            return Err(vm.type_error(format_args!(
                "underlying read() should have returned a bytes-like object, not '{class}'"
            )));
        }
        let rest = this.decoder.decode(vm, bytes, true, this.errors.get_set())?;
        let first = this.take_decoded(vm, usize::MAX)?;
        PyTextIoWrapper::forget_decoded(this, vm);
        if first.is_empty() { Ok(rest) } else { vm.concat_str(first, rest) }
    }

    /// Where the first line of a text ends, or how much of it surely is of one line.
    fn line_end(&self, text: StrData<'_>) -> Result<usize, usize> {
        if self.translated.get() {
            return find(text, b'\n').map(|at| at + 1).ok_or(text.len());
        }
        if self.universal.get() {
            return find_any_end(text).ok_or(text.len());
        }
        let Some(newline) = self.read_newline.get() else {
            return find(text, b'\n').map(|at| at + 1).ok_or(text.len());
        };
        match find_newline(text, &newline) {
            Some(end) => Ok(end),
            None => {
                // The first half of a line ending may stand at the end.
                let half = newline.len() == 2 && !text.is_empty() && text.at(text.len() - 1) == newline.data().at(0);
                Err(text.len() - usize::from(half))
            }
        }
    }

    /// `readline(limit)`; no limit when negative.
    pub fn read_line(vm: &Vm, this: Gc<PyTextIoWrapper>, limit: isize) -> PyResult<Gc<PyStr>> {
        PyTextIoWrapper::check_open(this, vm)?;
        if !this.pending.borrow().is_empty() {
            PyTextIoWrapper::write_pending(vm, this)?;
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if let Some(line) = this.line_in_decoded(vm, limit)? {
            return Ok(line);
        }
        PyTextIoWrapper::read_long_line(vm, this, limit)
    }

    /// The line, when all of it was decoded.
    fn line_in_decoded(&self, vm: &Vm, limit: usize) -> PyResult<Option<Gc<PyStr>>> {
        let Some(text) = self.decoded.get() else { return Ok(None) };
        let start = self.decoded_used.get();
        match self.line_end(text.data().slice(start..text.len())) {
            Ok(len) => self.take_decoded(vm, len.min(limit)).map(Some),
            Err(_) if self.decoded_left() >= limit => self.take_decoded(vm, limit).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn read_long_line(vm: &Vm, this: Gc<PyTextIoWrapper>, limit: usize) -> PyResult<Gc<PyStr>> {
        let mut line = StrBuilder::default();
        // Half a line ending, whose other half may come.
        let mut half: Option<Gc<PyStr>> = None;
        loop {
            if this.decoded_left() == 0 {
                // An error of the decoder leaves the stream before the next chunk.
                PyTextIoWrapper::set_decoded(this, vm, None);
                let mut more = true;
                while more && this.decoded_left() == 0 {
                    more = PyTextIoWrapper::read_chunk(vm, this, 0)?;
                }
                if this.decoded_left() == 0 {
                    PyTextIoWrapper::forget_decoded(this, vm);
                    if let Some(half) = half {
                        line.push_py(&half);
                    }
                    return line.finish(vm);
                }
            }
            if let Some(before) = half.take() {
                // Joined again with what follows.
                let rest = this.take_decoded(vm, usize::MAX)?;
                let joined = vm.concat_str(before, rest)?;
                this.decoded.set(vm, this, joined);
                this.decoded_used.set(0);
                // `tell()` counts characters of the last chunk only.
                let counted = joined.len() - rest.len();
                let taken = PyTextIoWrapper::take_line_part(vm, this, &mut line, limit)?;
                let used = this.decoded_used.get();
                this.decoded.set(vm, this, rest);
                this.decoded_used.set(used.saturating_sub(counted));
                if used < counted {
                    half = Some(vm.new_str_from_data(joined.data().slice(used..counted))?);
                }
                if taken {
                    return line.finish(vm);
                }
                continue;
            }
            if PyTextIoWrapper::take_line_part(vm, this, &mut line, limit)? {
                return line.finish(vm);
            }
            if this.decoded_left() > 0 {
                half = Some(this.take_decoded(vm, usize::MAX)?);
            }
        }
    }

    /// Takes what is of the line out of the decoded text; true when that ends it.
    fn take_line_part(vm: &Vm, this: Gc<PyTextIoWrapper>, line: &mut StrBuilder, limit: usize) -> PyResult<bool> {
        let text = this.decoded.get_set();
        let start = this.decoded_used.get();
        let room = limit - line.len();
        let (len, ended) = match this.line_end(text.data().slice(start..text.len())) {
            Ok(len) => (len.min(room), true),
            Err(len) => (len.min(room), len >= room),
        };
        let part = this.take_decoded(vm, len)?;
        line.push_py(&part);
        Ok(ended)
    }

    /// The next line of an iteration, after which `tell()` is no more possible.
    pub fn next_of_iteration(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult<Option<Value>> {
        this.stream(vm)?;
        this.telling.set(false);
        let plain = vm.class_of(this.value()) == vm.class::<PyTextIoWrapper>();
        let line = if plain {
            PyTextIoWrapper::read_line(vm, this, -1)?
        } else {
            let line = vm.call_method(PyTextIoWrapper::object(this), vm.names().readline, &[])?;
            vm.cast::<PyStr>(line).ok_or_else(|| {
                let class = vm.class_name(line);
                vm.raise_new(
                    vm.exceptions().OSError,
                    format_args!("readline() should have returned a str object, not '{class}'"),
                )
            })?
        };
        if line.is_empty() {
            this.snapshot_input.clear();
            this.telling.set(this.seekable.get());
            return Ok(None);
        }
        Ok(Some(line.value()))
    }
}
