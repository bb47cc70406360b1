//! `zlib`: compression by deflate. CPython: Modules/zlibmodule.c.

mod compress;
mod decompress;
mod incremental;
mod stream;

use std::ffi::c_int;

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::exceptions::classes::Exception;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm, py_module, py_type};

use self::compress::PyCompress;
use self::decompress::PyDecompress;
use self::incremental::PyZlibDecompressor;
use self::stream::{Code, Parameters, Stream};
use crate::bytes_like::BytesLike;
use crate::checksum;

/// The module.
pub struct Zlib;

/// `zlib.error`.
pub struct ZlibError;

#[py_type(name = "error", module = "zlib", base = Exception, instances = PyBaseException, flags(BASETYPE))]
impl ZlibError {}

const DEFAULT_WINDOW: c_int = 15;
const DEFAULT_MEMORY: c_int = 8;
const DEFAULT_BUFFER: usize = 16 * 1024;

/// What is so long is worked on while other threads run.
const LONG: usize = 1024;

/// The most room that output gets at once.
const MOST_ROOM: usize = 256 * 1024;

#[cold]
fn error(vm: &Vm, message: &str) -> Raised {
    vm.raise_new(vm.native_class(ZlibError::def()), message)
}

/// Raises what a failure means, «while doing something».
#[cold]
fn stream_error(vm: &Vm, code: Code, message: Option<String>, doing: &str) -> Raised {
    let Code(number) = code;
    let message = match code {
        Code::VERSION_ERROR => Some("library version mismatch".to_owned()),
        Code::MEM_ERROR => return vm.no_memory(),
        _ => message.or_else(|| {
            let known = match code {
                Code::BUF_ERROR => "incomplete or truncated stream",
                Code::STREAM_ERROR => "inconsistent stream state",
                Code::DATA_ERROR => "invalid input data",
                _ => return None,
            };
            Some(known.to_owned())
        }),
    };
    match message {
        Some(message) => error(vm, &format!("Error {number} {doing}: {message}")),
        None => error(vm, &format!("Error {number} {doing}")),
    }
}

/// Runs work on so many bytes, beside other threads when they are many.
fn beside_others<R>(vm: &Vm, len: usize, work: impl FnOnce() -> R) -> R {
    if len < LONG { work() } else { vm.without_gil(work) }
}

/// Compresses or decompresses until the input is used up: room for output doubles as it fills.
fn run_all(stream: &mut Stream, input: &mut &[u8], out: &mut Vec<u8>, first: usize, flush: c_int) -> Code {
    let mut room = first;
    loop {
        let before = out.len();
        let code = stream.run(input, out, room, flush);
        let full = out.len() - before == room;
        if code != Code::OK || (!full && input.is_empty()) {
            return code;
        }
        room = (room * 2).min(MOST_ROOM);
    }
}

/// `bufsize`: 0 means 1.
struct BufferSize(usize);

impl FromValue for BufferSize {
    fn from_value(vm: &Vm, value: Value, argument: Argument) -> PyResult<BufferSize> {
        let size = isize::from_value(vm, value, argument)?;
        match usize::try_from(size) {
            Ok(size) => Ok(BufferSize(size.clamp(1, MOST_ROOM))),
            Err(_) => Err(vm.value_error("bufsize must be non-negative")),
        }
    }
}

#[py_module(
    name = "zlib",
    doc = "The functions in this module allow compression and decompression using the\nzlib library, which is based on GNU zip.\n\nadler32(string[, start]) -- Compute an Adler-32 checksum.\ncompress(data[, level]) -- Compress data, with compression level 0-9 or -1.\ncompressobj([level[, ...]]) -- Return a compressor object.\ncrc32(string[, start]) -- Compute a CRC-32 checksum.\ndecompress(string,[wbits],[bufsize]) -- Decompresses a compressed string.\ndecompressobj([wbits[, zdict]]) -- Return a decompressor object.\n\n'wbits' is window buffer size and container format.\nCompressor objects support compress() and flush() methods; decompressor\nobjects support decompress() and flush().",
    types(PyZlibDecompressor)
)]
impl Zlib {
    #[constant]
    const DEFLATED: c_int = 8;
    #[constant]
    const DEF_BUF_SIZE: usize = DEFAULT_BUFFER;
    #[constant]
    const DEF_MEM_LEVEL: c_int = DEFAULT_MEMORY;
    #[constant]
    const MAX_WBITS: c_int = DEFAULT_WINDOW;
    #[constant]
    const Z_BEST_COMPRESSION: c_int = 9;
    #[constant]
    const Z_BEST_SPEED: c_int = 1;
    #[constant]
    const Z_BLOCK: c_int = 5;
    #[constant]
    const Z_DEFAULT_COMPRESSION: c_int = -1;
    #[constant]
    const Z_DEFAULT_STRATEGY: c_int = 0;
    #[constant]
    const Z_FILTERED: c_int = 1;
    #[constant]
    const Z_FINISH: c_int = 4;
    #[constant]
    const Z_FIXED: c_int = 4;
    #[constant]
    const Z_FULL_FLUSH: c_int = 3;
    #[constant]
    const Z_HUFFMAN_ONLY: c_int = 2;
    #[constant]
    const Z_NO_COMPRESSION: c_int = 0;
    #[constant]
    const Z_NO_FLUSH: c_int = 0;
    #[constant]
    const Z_PARTIAL_FLUSH: c_int = 1;
    #[constant]
    const Z_RLE: c_int = 3;
    #[constant]
    const Z_SYNC_FLUSH: c_int = 2;
    #[constant]
    const Z_TREES: c_int = 6;

    #[constant("ZLIB_VERSION")]
    fn version() -> &'static str {
        "1.3.1"
    }

    #[constant("ZLIB_RUNTIME_VERSION")]
    fn runtime_version() -> &'static str {
        "1.3.1"
    }

    #[constant("error")]
    fn error_class(vm: &Vm) -> Value {
        vm.native_class(ZlibError::def()).value()
    }

    #[function(
        "adler32(data, value=1, /)",
        doc = "Compute an Adler-32 checksum of data.\n\n  value\n    Starting value of the checksum.\n\nThe returned checksum is an integer."
    )]
    fn adler32(vm: &Vm, data: BytesLike, value: Value) -> PyResult<u32> {
        let value = checksum::low_u32(vm, value)?;
        Ok(checksum::adler32(vm, value, data.as_slice()))
    }

    #[function(
        "crc32(data, value=0, /)",
        doc = "Compute a CRC-32 checksum of data.\n\n  value\n    Starting value of the checksum.\n\nThe returned checksum is an integer."
    )]
    fn crc32(vm: &Vm, data: BytesLike, value: Value) -> PyResult<u32> {
        let value = checksum::low_u32(vm, value)?;
        Ok(checksum::crc32(vm, value, data.as_slice()))
    }

    #[function(
        "compress(data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)",
        doc = "Returns a bytes object containing compressed data.\n\n  data\n    Binary data to be compressed.\n  level\n    Compression level, in 0-9 or -1.\n  wbits\n    The window buffer size and container format."
    )]
    fn compress(vm: &Vm, data: BytesLike, level: Option<i32>, wbits: Option<i32>) -> PyResult<Gc<PyBytes>> {
        let parameters = Parameters {
            level: level.unwrap_or(Zlib::Z_DEFAULT_COMPRESSION),
            method: Zlib::DEFLATED,
            window_bits: wbits.unwrap_or(DEFAULT_WINDOW),
            mem_level: DEFAULT_MEMORY,
            strategy: Zlib::Z_DEFAULT_STRATEGY,
        };
        let mut stream = Stream::deflate(parameters).map_err(|code| match code {
            Code::MEM_ERROR => vm.no_memory(),
            Code::STREAM_ERROR => error(vm, "Bad compression level"),
            code => stream_error(vm, code, None, "while compressing data"),
        })?;
        let (mut input, mut out) = (data.as_slice(), Vec::new());
        let first = (input.len() / 2).clamp(64, MOST_ROOM);
        let code = beside_others(vm, input.len(), || run_all(&mut stream, &mut input, &mut out, first, Zlib::Z_FINISH));
        match code {
            Code::STREAM_END => vm.new_bytes(&out),
            code => Err(stream_error(vm, code, stream.message(), "while compressing data")),
        }
    }

    #[function(
        "decompress(data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)",
        doc = "Returns a bytes object containing the uncompressed data.\n\n  data\n    Compressed data.\n  wbits\n    The window buffer size and container format.\n  bufsize\n    The initial output buffer size."
    )]
    fn decompress(vm: &Vm, data: BytesLike, wbits: Option<i32>, bufsize: Option<BufferSize>) -> PyResult<Gc<PyBytes>> {
        let mut stream = Stream::inflate(wbits.unwrap_or(DEFAULT_WINDOW))
            .map_err(|code| stream_error(vm, code, None, "while preparing to decompress data"))?;
        let first = bufsize.map_or(DEFAULT_BUFFER, |BufferSize(size)| size);
        let (mut input, mut out) = (data.as_slice(), Vec::new());
        let code =
            beside_others(vm, input.len(), || run_all(&mut stream, &mut input, &mut out, first, Zlib::Z_SYNC_FLUSH));
        match code {
            Code::STREAM_END => vm.new_bytes(&out),
            Code::OK => Err(stream_error(vm, Code::BUF_ERROR, None, "while decompressing data")),
            code => Err(stream_error(vm, code, stream.message(), "while decompressing data")),
        }
    }

    #[function(
        "compressobj(level=Z_DEFAULT_COMPRESSION, method=DEFLATED, wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL, strategy=Z_DEFAULT_STRATEGY, zdict=<unrepresentable>)",
        doc = "Return a compressor object.\n\n  level\n    The compression level (an integer in the range 0-9 or -1; default is\n    currently equivalent to 6).  Higher compression levels are slower,\n    but produce smaller results.\n  method\n    The compression algorithm.  If given, this must be DEFLATED.\n  wbits\n    +9 to +15: The base-two logarithm of the window size.  Include a zlib\n        container.\n    -9 to -15: Generate a raw stream.\n    +25 to +31: Include a gzip container.\n  memLevel\n    Controls the amount of memory used for internal compression state.\n    Valid values range from 1 to 9.  Higher values result in higher memory\n    usage, faster compression, and smaller output.\n  strategy\n    Used to tune the compression algorithm.  Possible values are\n    Z_DEFAULT_STRATEGY, Z_FILTERED, and Z_HUFFMAN_ONLY.\n  zdict\n    The predefined compression dictionary - a sequence of bytes\n    containing subsequences that are likely to occur in the input data."
    )]
    fn compressobj(
        vm: &Vm,
        level: Option<i32>,
        method: Option<i32>,
        wbits: Option<i32>,
        mem_level: Option<i32>,
        strategy: Option<i32>,
        zdict: Option<BytesLike>,
    ) -> PyResult<Gc<PyCompress>> {
        let parameters = Parameters {
            level: level.unwrap_or(Zlib::Z_DEFAULT_COMPRESSION),
            method: method.unwrap_or(Zlib::DEFLATED),
            window_bits: wbits.unwrap_or(DEFAULT_WINDOW),
            mem_level: mem_level.unwrap_or(DEFAULT_MEMORY),
            strategy: strategy.unwrap_or(Zlib::Z_DEFAULT_STRATEGY),
        };
        PyCompress::with_parameters(vm, parameters, zdict.as_ref().map(BytesLike::as_slice))
    }

    #[function(
        "decompressobj(wbits=MAX_WBITS, zdict=b'')",
        doc = "Return a decompressor object.\n\n  wbits\n    The window buffer size and container format.\n  zdict\n    The predefined compression dictionary.  This must be the same\n    dictionary as used by the compressor that produced the input data."
    )]
    fn decompressobj(vm: &Vm, wbits: Option<i32>, zdict: Option<Value>) -> PyResult<Gc<PyDecompress>> {
        PyDecompress::with_window(vm, wbits.unwrap_or(DEFAULT_WINDOW), zdict)
    }
}

/// A stream that decompresses, and its dictionary: set at once for raw streams, otherwise when it
/// is asked for.
fn inflating(vm: &Vm, wbits: c_int, zdict: Option<&[u8]>) -> PyResult<Stream> {
    let mut stream = Stream::inflate(wbits).map_err(|code| match code {
        Code::STREAM_ERROR => vm.value_error("Invalid initialization option"),
        code => stream_error(vm, code, None, "while creating decompression object"),
    })?;
    if let Some(dictionary) = zdict
        && wbits < 0
    {
        set_dictionary(vm, &mut stream, dictionary)?;
    }
    Ok(stream)
}

fn set_dictionary(vm: &Vm, stream: &mut Stream, dictionary: &[u8]) -> PyResult<()> {
    match stream.set_dictionary(dictionary) {
        Code::OK => Ok(()),
        code => Err(stream_error(vm, code, stream.message(), "while setting zdict")),
    }
}
