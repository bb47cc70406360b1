//! `zlib._ZlibDecompressor`: with the methods of `bz2.BZ2Decompressor`, for `gzip`.

use std::cell::RefCell;

use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{Gc, PyResult, Value, Vm, py_type};

use super::stream::{Code, Stream};
use super::{Zlib, beside_others, inflating, stream_error};
use crate::bytes_like::BytesLike;
use crate::decoder::{Codec, Decoder, Step};
use crate::exclusive::hold;

/// A stream and the dictionary that it may ask for.
struct Inflater {
    stream: Stream,
    dictionary: Option<Vec<u8>>,
}

/// What went wrong: zlib's code, its message, and while doing what.
type Failure = (Code, Option<String>, &'static str);

impl Codec for Inflater {
    type Error = Failure;

    fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>, room: usize) -> Result<Step, Failure> {
        match self.stream.run(input, out, room, Zlib::Z_SYNC_FLUSH) {
            Code::OK | Code::BUF_ERROR => Ok(Step::Going),
            Code::STREAM_END => Ok(Step::End),
            Code::NEED_DICT if self.dictionary.is_some() => {
                let dictionary = self.dictionary.take().unwrap_or_default();
                match self.stream.set_dictionary(&dictionary) {
                    Code::OK => self.step(input, out, room),
                    code => Err((code, self.stream.message(), "while setting zdict")),
                }
            }
            code => Err((code, self.stream.message(), "while decompressing data")),
        }
    }
}

/// A `_ZlibDecompressor`.
#[repr(C)]
pub struct PyZlibDecompressor {
    header: Header,
    decoder: RefCell<Decoder<Inflater>>,
}

#[py_type(
    name = "_ZlibDecompressor",
    module = "zlib",
    layout = raw,
    drop,
    doc = "Create a decompressor object for decompressing data incrementally.\n\n  wbits = 15\n  zdict\n     The predefined compression dictionary. This is a sequence of bytes\n     (such as a bytes object) containing subsequences that are expected\n     to occur frequently in the data that is to be compressed. Those\n     subsequences that are expected to be most common should come at the\n     end of the dictionary. This must be the same dictionary as used by the\n     compressor that produced the input data.\n\n"
)]
impl PyZlibDecompressor {
    #[new("_ZlibDecompressor(wbits=15, zdict=b'')")]
    fn new(vm: &Vm, class: Gc<PyType>, wbits: i32, zdict: Option<Value>) -> PyResult<Gc<PyZlibDecompressor>> {
        if let Some(zdict) = zdict
            && !vm.is_bytes_like(zdict)
        {
            return Err(vm.type_error("zdict argument must support the buffer protocol"));
        }
        let dictionary = match zdict {
            Some(zdict) => Some(BytesLike::of(vm, zdict)?.as_slice().to_vec()),
            None => None,
        };
        let stream = inflating(vm, wbits, dictionary.as_deref())?;
        let decoder = RefCell::new(Decoder::new(Inflater { stream, dictionary }));
        vm.alloc_instance(class, PyZlibDecompressor { header: Header::EMPTY, decoder })
    }

    #[method(
        "decompress($self, /, data, max_length=-1)",
        doc = "Decompress *data*, returning uncompressed data as bytes.\n\nIf *max_length* is nonnegative, returns at most *max_length* bytes\nof decompressed data.  If this limit is reached and further output\ncan be produced, *self.needs_input* will be set to ``False``.  In\nthis case, the next call to *decompress()* may provide *data* as b''\nto obtain more of the output.\n\nIf all of the input data was decompressed and returned (either because\nthis was less than *max_length* bytes, or because *max_length* was\nnegative), *self.needs_input* will be set to True.\n\nAttempting to decompress data after the end of stream is reached\nraises an EOFError.  Any data found after the end of the stream is\nignored and saved in the unused_data attribute."
    )]
    fn decompress(vm: &Vm, this: Gc<PyZlibDecompressor>, data: BytesLike, max_length: isize) -> PyResult<Gc<PyBytes>> {
        let mut decoder = hold(vm, &this.decoder);
        if decoder.ended {
            return Err(vm.eof_error("End of stream already reached"));
        }
        let (input, most) = (data.as_slice(), usize::try_from(max_length).ok());
        match beside_others(vm, input.len(), || decoder.decode(input, most)) {
            Ok(out) => vm.new_bytes(&out),
            Err((code, message, doing)) => Err(stream_error(vm, code, message, doing)),
        }
    }

    #[getter("eof", doc = "True if the end-of-stream marker has been reached.")]
    fn eof(vm: &Vm, this: Gc<PyZlibDecompressor>) -> bool {
        hold(vm, &this.decoder).ended
    }

    #[getter("unused_data", doc = "Data found after the end of the compressed stream.")]
    fn unused_data(vm: &Vm, this: Gc<PyZlibDecompressor>) -> PyResult<Gc<PyBytes>> {
        vm.new_bytes(&hold(vm, &this.decoder).unused)
    }

    #[getter("needs_input", doc = "True if more input is needed before more decompressed data can be produced.")]
    fn needs_input(vm: &Vm, this: Gc<PyZlibDecompressor>) -> bool {
        hold(vm, &this.decoder).needs_input
    }
}
