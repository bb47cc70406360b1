//! `zlib.Compress`: what `compressobj` gives.

use std::cell::RefCell;

use kaa_objects::object::Header;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{Gc, PyResult, Value, Vm, py_type};

use super::stream::{Code, Parameters, Stream};
use super::{DEFAULT_BUFFER, Zlib, beside_others, run_all, stream_error};
use crate::bytes_like::BytesLike;
use crate::exclusive::hold;

/// A `Compress` object.
#[repr(C)]
pub struct PyCompress {
    header: Header,
    stream: RefCell<Stream>,
}

impl PyCompress {
    fn of(vm: &Vm, stream: Stream) -> PyResult<Gc<PyCompress>> {
        vm.alloc(PyCompress { header: Header::EMPTY, stream: RefCell::new(stream) })
    }

    /// A new one.
    pub fn with_parameters(vm: &Vm, parameters: Parameters, dictionary: Option<&[u8]>) -> PyResult<Gc<PyCompress>> {
        let mut stream = Stream::deflate(parameters).map_err(|code| match code {
            Code::STREAM_ERROR => vm.value_error("Invalid initialization option"),
            code => stream_error(vm, code, None, "while creating compression object"),
        })?;
        if let Some(dictionary) = dictionary {
            match stream.set_dictionary(dictionary) {
                Code::OK => {}
                Code::STREAM_ERROR => return Err(vm.value_error("Invalid dictionary")),
                _ => return Err(vm.value_error("deflateSetDictionary()")),
            }
        }
        PyCompress::of(vm, stream)
    }
}

fn copy(vm: &Vm, this: Gc<PyCompress>) -> PyResult<Gc<PyCompress>> {
    let copied = hold(vm, &this.stream).copy();
    match copied {
        Ok(stream) => PyCompress::of(vm, stream),
        Err(Code::STREAM_ERROR) => Err(vm.value_error("Inconsistent stream state")),
        Err(code) => Err(stream_error(vm, code, None, "while copying compression object")),
    }
}

#[py_type(name = "Compress", module = "zlib", layout = raw, drop, flags(DISALLOW_INSTANTIATION))]
impl PyCompress {
    #[method(
        "compress($self, data, /)",
        doc = "Returns a bytes object containing compressed data.\n\n  data\n    Binary data to be compressed.\n\nAfter calling this function, some of the input data may still\nbe stored in internal buffers for later processing.\nCall the flush() method to clear these buffers."
    )]
    fn compress(vm: &Vm, this: Gc<PyCompress>, data: BytesLike) -> PyResult<Gc<PyBytes>> {
        let mut stream = hold(vm, &this.stream);
        let (mut input, mut out) = (data.as_slice(), Vec::new());
        let code = beside_others(vm, input.len(), || {
            run_all(&mut stream, &mut input, &mut out, DEFAULT_BUFFER, Zlib::Z_NO_FLUSH)
        });
        match code {
            Code::OK | Code::BUF_ERROR => vm.new_bytes(&out),
            code => Err(stream_error(vm, code, stream.message(), "while compressing data")),
        }
    }

    #[method(
        "flush($self, mode=zlib.Z_FINISH, /)",
        doc = "Return a bytes object containing any remaining compressed data.\n\n  mode\n    One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH.\n    If mode == Z_FINISH, the compressor object can no longer be\n    used after calling the flush() method.  Otherwise, more data\n    can still be compressed."
    )]
    fn flush(vm: &Vm, this: Gc<PyCompress>, mode: Option<i32>) -> PyResult<Gc<PyBytes>> {
        let mode = mode.unwrap_or(Zlib::Z_FINISH);
        if mode == Zlib::Z_NO_FLUSH {
            return vm.new_bytes(&[]);
        }
        let mut stream = hold(vm, &this.stream);
        let mut out = Vec::new();
        let code = vm.without_gil(|| run_all(&mut stream, &mut &[][..], &mut out, DEFAULT_BUFFER, mode));
        match code {
            Code::STREAM_END if mode == Zlib::Z_FINISH => match stream.end() {
                Code::OK => {}
                code => return Err(stream_error(vm, code, None, "while finishing compression")),
            },
            Code::OK | Code::BUF_ERROR => {}
            code => return Err(stream_error(vm, code, stream.message(), "while flushing")),
        }
        vm.new_bytes(&out)
    }

    #[method("copy($self, /)", doc = "Return a copy of the compression object.")]
    fn copy(vm: &Vm, this: Gc<PyCompress>) -> PyResult<Gc<PyCompress>> {
        copy(vm, this)
    }

    #[method("__copy__($self, /)")]
    fn copy_special(vm: &Vm, this: Gc<PyCompress>) -> PyResult<Gc<PyCompress>> {
        copy(vm, this)
    }

    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(vm: &Vm, this: Gc<PyCompress>, memo: Value) -> PyResult<Gc<PyCompress>> {
        let _ = memo;
        copy(vm, this)
    }
}
