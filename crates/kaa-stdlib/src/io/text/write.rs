//! Writing text.

use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::PyTextIoWrapper;
use crate::io::buffered::PyBufferedWriter;
use crate::io::newlines::find;
use crate::io::string_io::replace_newlines;
use crate::io::unsupported;

impl PyTextIoWrapper {
    /// `write(text)`: gives its length.
    pub fn write_text(vm: &Vm, this: Gc<PyTextIoWrapper>, text: Gc<PyStr>) -> PyResult<usize> {
        PyTextIoWrapper::check_open(this, vm)?;
        if !this.encoder.is_set() {
            return Err(unsupported(vm, "not writable"));
        }
        let len = text.len();
        let newline = this.written_newline.get();
        let has_newline = (newline.is_some() || this.line_buffering.get()) && find(text.data(), b'\n').is_some();
        let ends_line = this.line_buffering.get() && (has_newline || find(text.data(), b'\r').is_some());
        let text = match newline {
            Some(newline) if has_newline => replace_newlines(vm, text, newline)?,
            _ => text,
        };
        match text.as_ascii() {
            Some(ascii) if this.encoder.keeps_ascii() => {
                PyTextIoWrapper::queue(vm, this, ascii.as_bytes(), ends_line)?;
            }
            _ => {
                let bytes = this.encoder.encode(vm, text, this.errors.get_set())?;
                PyTextIoWrapper::queue(vm, this, bytes.as_slice(), ends_line)?;
            }
        }
        if ends_line {
            vm.call_method(this.stream(vm)?, vm.names().flush, &[])?;
        }
        if this.snapshot_input.get().is_some() {
            PyTextIoWrapper::forget_decoded(this, vm);
        }
        if this.decoder.is_set() {
            this.decoder.reset(vm)?;
        }
        Ok(len)
    }

    /// Adds bytes to those that wait, and passes them on when they are many or it is asked for.
    fn queue(vm: &Vm, this: Gc<PyTextIoWrapper>, bytes: &[u8], now: bool) -> PyResult<()> {
        let most = this.chunk_size.get();
        if this.pending.borrow().len() + bytes.len() > most {
            PyTextIoWrapper::write_pending(vm, this)?;
        }
        this.pending.borrow_mut().extend_from_slice(bytes);
        if now || this.write_through.get() || this.pending.borrow().len() >= most {
            PyTextIoWrapper::write_pending(vm, this)?;
        }
        Ok(())
    }

    /// Passes on what waits.
    pub fn write_pending(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult<()> {
        if this.pending.borrow().is_empty() {
            return Ok(());
        }
        let stream = this.stream(vm)?;
        let mut pending = std::mem::take(&mut *this.pending.borrow_mut());
        if let Some(writer) = vm.cast_exact::<PyBufferedWriter>(stream) {
            PyBufferedWriter::stream(&writer, vm).write(&pending)?;
            // The memory is used again.
            pending.clear();
            let mut own = this.pending.borrow_mut();
            if own.is_empty() {
                *own = pending;
            }
            return Ok(());
        }
        let bytes = vm.new_bytes(&pending)?;
        loop {
            let written = vm.call_method(stream, vm.names().write, &[bytes.value()]);
            match vm.catch(written, vm.exceptions().InterruptedError)? {
                Ok(_) => return Ok(()),
                Err(_) => vm.check_signals()?,
            }
        }
    }

    /// `flush()`.
    pub fn flush_all(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult {
        PyTextIoWrapper::check_open(this, vm)?;
        this.telling.set(this.seekable.get());
        PyTextIoWrapper::write_pending(vm, this)?;
        vm.call_method(this.stream(vm)?, vm.names().flush, &[])
    }

    /// The text that `write` was given.
    pub fn text_argument(vm: &Vm, value: Value) -> PyResult<Gc<PyStr>> {
        vm.cast::<PyStr>(value).ok_or_else(|| {
            let class = if value.is_none() { "None".to_owned() } else { vm.class_name(value) };
            vm.type_error(format_args!("write() argument must be str, not {class}"))
        })
    }
}
