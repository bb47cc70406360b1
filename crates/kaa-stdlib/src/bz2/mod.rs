//! `_bz2`: compression by bzip2. CPython: Modules/_bz2module.c.

use std::cell::RefCell;

use bzip2::{Action, Compress, Compression, Decompress, Status};
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{Gc, PyResult, Raised, Vm, py_module, py_type};

use crate::bytes_like::BytesLike;
use crate::decoder::{Codec, Decoder, Step};
use crate::exclusive::hold;

/// The module.
pub struct Bz2;

#[py_module(name = "_bz2", types(PyBz2Compressor, PyBz2Decompressor))]
impl Bz2 {}

/// What is so long is worked on while other threads run.
const LONG: usize = 1024;

fn beside_others<R>(vm: &Vm, len: usize, work: impl FnOnce() -> R) -> R {
    if len < LONG { work() } else { vm.without_gil(work) }
}

/// Raises what a failure of the crate means.
#[cold]
fn failure(vm: &Vm, error: bzip2::Error) -> Raised {
    let os_error = |message: &str| vm.raise_new(vm.exceptions().OSError, message);
    match error {
        bzip2::Error::Param => vm.value_error("Internal error - invalid parameters passed to libbzip2"),
        bzip2::Error::Data | bzip2::Error::DataMagic => os_error("Invalid data stream"),
        bzip2::Error::Sequence => vm.runtime_error("Internal error - Invalid sequence of commands sent to libbzip2"),
    }
}

/// A compressor; none once it was flushed.
type Compressor = Option<Compress>;

/// Compresses input; with [`Action::Finish`], all that is still inside.
fn compress(compressor: &mut Compress, mut input: &[u8], action: Action) -> Result<Vec<u8>, bzip2::Error> {
    let finishing = matches!(action, Action::Finish);
    let mut out = Vec::new();
    loop {
        // The crate appends to the room that there is.
        out.reserve((out.len() / 2).max(16 * 1024));
        let before = compressor.total_in();
        let status = compressor.compress_vec(input, &mut out, action)?;
        input = &input[(compressor.total_in() - before) as usize..];
        match status {
            Status::StreamEnd => return Ok(out),
            _ if !finishing && input.is_empty() => return Ok(out),
            _ => {}
        }
    }
}

/// A `BZ2Compressor`.
#[repr(C)]
pub struct PyBz2Compressor {
    header: Header,
    compressor: RefCell<Compressor>,
}

#[py_type(
    name = "BZ2Compressor",
    module = "_bz2",
    layout = raw,
    drop,
    doc = "Create a compressor object for compressing data incrementally.\n\n  compresslevel\n    Compression level, as a number between 1 and 9.\n\nFor one-shot compression, use the compress() function instead."
)]
impl PyBz2Compressor {
    #[new("BZ2Compressor(compresslevel=9, /)")]
    fn new(vm: &Vm, class: Gc<PyType>, compresslevel: i32) -> PyResult<Gc<PyBz2Compressor>> {
        if !(1..=9).contains(&compresslevel) {
            return Err(vm.value_error("compresslevel must be between 1 and 9"));
        }
        let compressor = Compress::new(Compression::new(compresslevel as u32), 0);
        let compressor = RefCell::new(Some(compressor));
        vm.alloc_instance(class, PyBz2Compressor { header: Header::EMPTY, compressor })
    }

    #[method(
        "compress($self, data, /)",
        doc = "Provide data to the compressor object.\n\nReturns a chunk of compressed data if possible, or b'' otherwise.\n\nWhen you have finished providing data to the compressor, call the\nflush() method to finish the compression process."
    )]
    fn compress(vm: &Vm, this: Gc<PyBz2Compressor>, data: BytesLike) -> PyResult<Gc<PyBytes>> {
        let mut held = hold(vm, &this.compressor);
        let Some(compressor) = &mut *held else { return Err(vm.value_error("Compressor has been flushed")) };
        let input = data.as_slice();
        if input.is_empty() {
            return vm.new_bytes(&[]);
        }
        match beside_others(vm, input.len(), || compress(compressor, input, Action::Run)) {
            Ok(out) => vm.new_bytes(&out),
            Err(error) => Err(failure(vm, error)),
        }
    }

    #[method(
        "flush($self, /)",
        doc = "Finish the compression process.\n\nReturns the compressed data left in internal buffers.\n\nThe compressor object may not be used after this method is called."
    )]
    fn flush(vm: &Vm, this: Gc<PyBz2Compressor>) -> PyResult<Gc<PyBytes>> {
        let Some(mut compressor) = hold(vm, &this.compressor).take() else {
            return Err(vm.value_error("Repeated call to flush()"));
        };
        match vm.without_gil(|| compress(&mut compressor, &[], Action::Finish)) {
            Ok(out) => vm.new_bytes(&out),
            Err(error) => Err(failure(vm, error)),
        }
    }
}

/// The crate's decompressor.
struct Bunzip(Decompress);

impl Codec for Bunzip {
    type Error = bzip2::Error;

    fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>, room: usize) -> Result<Step, bzip2::Error> {
        let start = out.len();
        out.resize(start + room, 0);
        let (read, written) = (self.0.total_in(), self.0.total_out());
        let result = self.0.decompress(input, &mut out[start..]);
        *input = &input[(self.0.total_in() - read) as usize..];
        out.truncate(start + (self.0.total_out() - written) as usize);
        match result? {
            Status::StreamEnd => Ok(Step::End),
            _ => Ok(Step::Going),
        }
    }
}

/// A `BZ2Decompressor`.
#[repr(C)]
pub struct PyBz2Decompressor {
    header: Header,
    decoder: RefCell<Decoder<Bunzip>>,
}

#[py_type(
    name = "BZ2Decompressor",
    module = "_bz2",
    layout = raw,
    drop,
    doc = "Create a decompressor object for decompressing data incrementally.\n\nFor one-shot decompression, use the decompress() function instead."
)]
impl PyBz2Decompressor {
    #[new("BZ2Decompressor()")]
    fn new(vm: &Vm, class: Gc<PyType>) -> PyResult<Gc<PyBz2Decompressor>> {
        let decoder = RefCell::new(Decoder::new(Bunzip(Decompress::new(false))));
        vm.alloc_instance(class, PyBz2Decompressor { header: Header::EMPTY, decoder })
    }

    #[method(
        "decompress($self, /, data, max_length=-1)",
        doc = "Decompress *data*, returning uncompressed data as bytes.\n\nIf *max_length* is nonnegative, returns at most *max_length* bytes\nof decompressed data.  If this limit is reached and further output\ncan be produced, *self.needs_input* will be set to ``False``.  In\nthis case, the next call to *decompress()* may provide *data* as b''\nto obtain more of the output.\n\nIf all of the input data was decompressed and returned (either because\nthis was less than *max_length* bytes, or because *max_length* was\nnegative), *self.needs_input* will be set to True.\n\nAttempting to decompress data after the end of stream is reached\nraises an EOFError.  Any data found after the end of the stream is\nignored and saved in the unused_data attribute."
    )]
    fn decompress(vm: &Vm, this: Gc<PyBz2Decompressor>, data: BytesLike, max_length: isize) -> PyResult<Gc<PyBytes>> {
        let mut decoder = hold(vm, &this.decoder);
        if decoder.ended {
            return Err(vm.eof_error("End of stream already reached"));
        }
        let (input, most) = (data.as_slice(), usize::try_from(max_length).ok());
        match beside_others(vm, input.len(), || decoder.decode(input, most)) {
            Ok(out) => vm.new_bytes(&out),
            Err(error) => Err(failure(vm, error)),
        }
    }

    #[getter("eof", doc = "True if the end-of-stream marker has been reached.")]
    fn eof(vm: &Vm, this: Gc<PyBz2Decompressor>) -> bool {
        hold(vm, &this.decoder).ended
    }

    #[getter("unused_data", doc = "Data found after the end of the compressed stream.")]
    fn unused_data(vm: &Vm, this: Gc<PyBz2Decompressor>) -> PyResult<Gc<PyBytes>> {
        vm.new_bytes(&hold(vm, &this.decoder).unused)
    }

    #[getter("needs_input", doc = "True if more input is needed before more decompressed data can be produced.")]
    fn needs_input(vm: &Vm, this: Gc<PyBz2Decompressor>) -> bool {
        hold(vm, &this.decoder).needs_input
    }
}
