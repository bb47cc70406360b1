//! Making a text stream, and changing how it works.

use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::codec::{Codec, Decoder, Encoder};
use super::{DEFAULT_CHUNK_SIZE, PyTextIoWrapper};
use crate::io::base;
use crate::io::buffered::PyBufferedReader;
use crate::io::string_io::is_newline;
use crate::io::unsupported;

/// The arguments of the constructor.
pub struct Settings {
    /// The name of the encoding; the locale's when there is none.
    pub encoding: Option<Gc<PyStr>>,
    /// The error handler; `strict` when there is none.
    pub errors: Option<Gc<PyStr>>,
    /// What ends lines; any line ending, translated, when there is none.
    pub newline: Option<Gc<PyStr>>,
    /// Whether what is written up to the end of a line is passed on at once.
    pub line_buffering: bool,
    /// Whether what is written is passed on to the stream of bytes at once.
    pub write_through: bool,
}

/// Raises the error of a text with a null character.
fn check_null(vm: &Vm, text: Option<Gc<PyStr>>) -> PyResult<()> {
    match text {
        Some(text) if text.data().iter().any(|c| c == 0) => Err(vm.value_error("embedded null character")),
        _ => Ok(()),
    }
}

fn bad_newline(vm: &Vm, newline: Gc<PyStr>) -> Raised {
    vm.value_error(format_args!("illegal newline value: {}", newline.to_string_lossy()))
}

impl PyTextIoWrapper {
    /// Sets what line endings mean.
    fn set_newline(this: Gc<PyTextIoWrapper>, vm: &Vm, newline: Option<Gc<PyStr>>) {
        this.read_newline.set_maybe(vm, this, newline.filter(|newline| !newline.is_empty()));
        this.universal.set(newline.is_none_or(|newline| newline.is_empty()));
        this.translated.set(newline.is_none());
        let written = newline.filter(|newline| newline.as_ascii().is_some_and(|text| text.starts_with('\r')));
        this.written_newline.set_maybe(vm, this, written);
    }

    /// How the decoder treats line endings.
    fn decoder_newlines(&self) -> Option<bool> {
        self.universal.get().then_some(self.translated.get())
    }

    /// Takes encoder and decoder of an encoding, as far as the stream can be written and read.
    fn set_codec(this: Gc<PyTextIoWrapper>, vm: &Vm, codec: &Codec) -> PyResult<()> {
        let stream = this.stream(vm)?;
        let errors = this.errors.get_set();
        this.decoder.clear();
        this.encoder.clear();
        let able = |method: &str| -> PyResult<bool> {
            let able = vm.call_method_str(stream, method, &[])?;
            vm.truth(able)
        };
        if able("readable")? {
            Decoder::set(this, vm, codec, errors, this.decoder_newlines())?;
        }
        if able("writable")? {
            Encoder::set(this, vm, codec, errors)?;
        }
        Ok(())
    }

    /// A stream that does not begin here gets no byte order mark.
    fn start_encoder(this: Gc<PyTextIoWrapper>, vm: &Vm) -> PyResult<()> {
        if !this.seekable.get() || !this.encoder.is_set() {
            return Ok(());
        }
        let at = vm.call_method_str(this.stream(vm)?, "tell", &[])?;
        if !vm.equal(at, Value::small_int(0))? {
            this.encoder.set_started(vm, true)?;
        }
        Ok(())
    }

    /// `__init__`.
    pub fn set_up(vm: &Vm, this: Gc<PyTextIoWrapper>, stream: Value, settings: Settings) -> PyResult<()> {
        let Settings { encoding, errors, newline, line_buffering, write_through } = settings;
        this.buffer.clear();
        this.detached.set(false);
        check_null(vm, encoding)?;
        check_null(vm, errors)?;
        if let Some(newline) = newline
            && !is_newline(&newline)
        {
            return Err(bad_newline(vm, newline));
        }
        let encoding = match encoding {
            Some(encoding) if !encoding.equals_str("locale") => encoding,
            Some(_) => crate::locale::codeset(vm)?,
            None => vm.new_str(crate::locale::user_encoding())?,
        };
        let codec = Codec::look_up(vm, encoding)?;
        this.encoding.set(vm, this, encoding);
        let errors = errors.unwrap_or_else(|| vm.intern("strict"));
        this.errors.set(vm, this, errors);
        PyTextIoWrapper::set_newline(this, vm, newline);
        this.line_buffering.set(line_buffering);
        this.write_through.set(write_through);
        this.chunk_size.set(DEFAULT_CHUNK_SIZE);
        this.bytes_by_characters.set(0.0);
        this.pending.borrow_mut().clear();
        PyTextIoWrapper::forget_decoded(this, vm);
        this.buffer.set(vm, this, stream);
        base::opened(vm, this.value());
        let done = PyTextIoWrapper::take_stream(vm, this, stream, &codec);
        if done.is_err() {
            this.buffer.clear();
        }
        done
    }

    fn take_stream(vm: &Vm, this: Gc<PyTextIoWrapper>, stream: Value, codec: &Codec) -> PyResult<()> {
        PyTextIoWrapper::set_codec(this, vm, codec)?;
        let seekable = vm.call_method_str(stream, "seekable", &[])?;
        this.seekable.set(vm.truth(seekable)?);
        this.telling.set(this.seekable.get());
        let reader = vm.cast_exact::<PyBufferedReader>(stream).is_some();
        this.has_read1.set(reader || vm.has_attr(stream, vm.intern("read1"))?);
        PyTextIoWrapper::start_encoder(this, vm)
    }

    /// `reconfigure(…)`: what is `None` stays, also a `newline` that was not given.
    pub fn reconfigure(
        vm: &Vm,
        this: Gc<PyTextIoWrapper>,
        encoding: Option<Gc<PyStr>>,
        errors: Option<Gc<PyStr>>,
        newline: Option<Value>,
        line_buffering: Option<bool>,
        write_through: Option<bool>,
    ) -> PyResult<()> {
        this.stream(vm)?;
        let changes_codec = encoding.is_some() || errors.is_some() || newline.is_some();
        if this.decoded.get().is_some() && changes_codec {
            return Err(unsupported(
                vm,
                "It is not possible to set the encoding or newline of stream after the first read",
            ));
        }
        let new_newline = match newline.and_then(Value::not_none) {
            None => None,
            Some(value) => match vm.cast::<PyStr>(value) {
                Some(text) if is_newline(&text) => Some(text),
                Some(text) => return Err(bad_newline(vm, text)),
                None => {
                    let class = vm.class_name(value);
                    return Err(vm.type_error(format_args!(
                        "reconfigure() argument 'newline' must be str or None, not {class}"
                    )));
                }
            },
        };
        check_null(vm, encoding)?;
        check_null(vm, errors)?;
        vm.call_method(this.value(), vm.names().flush, &[])?;
        if changes_codec {
            let old = (this.encoding.get_set(), this.errors.get_set());
            let encoding = match encoding {
                Some(encoding) if encoding.equals_str("locale") => Some(crate::locale::codeset(vm)?),
                encoding => encoding,
            };
            let errors = match (encoding, errors) {
                (_, Some(errors)) => errors,
                (Some(_), None) => vm.intern("strict"),
                (None, None) => old.1,
            };
            let encoding = encoding.unwrap_or(old.0);
            let codec = Codec::look_up(vm, encoding)?;
            if newline.is_some() {
                PyTextIoWrapper::set_newline(this, vm, new_newline);
            }
            this.encoding.set(vm, this, encoding);
            this.errors.set(vm, this, errors);
            PyTextIoWrapper::set_codec(this, vm, &codec)?;
            PyTextIoWrapper::start_encoder(this, vm)?;
        }
        if let Some(line_buffering) = line_buffering {
            this.line_buffering.set(line_buffering);
        }
        if let Some(write_through) = write_through {
            this.write_through.set(write_through);
        }
        Ok(())
    }
}
