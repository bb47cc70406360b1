//! Streams of the crate `libz-rs-sys`, made safe: deflating and inflating from slices into vectors.

use std::ffi::{CStr, c_int};

use libz_rs_sys::z_stream;

/// What zlib's functions give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub c_int);

#[allow(missing_docs, reason = "named as zlib's")]
impl Code {
    pub const OK: Code = Code(libz_rs_sys::Z_OK);
    pub const STREAM_END: Code = Code(libz_rs_sys::Z_STREAM_END);
    pub const NEED_DICT: Code = Code(libz_rs_sys::Z_NEED_DICT);
    pub const STREAM_ERROR: Code = Code(libz_rs_sys::Z_STREAM_ERROR);
    pub const DATA_ERROR: Code = Code(libz_rs_sys::Z_DATA_ERROR);
    pub const MEM_ERROR: Code = Code(libz_rs_sys::Z_MEM_ERROR);
    pub const BUF_ERROR: Code = Code(libz_rs_sys::Z_BUF_ERROR);
    pub const VERSION_ERROR: Code = Code(libz_rs_sys::Z_VERSION_ERROR);
}

/// The parameters of a deflating stream.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "named as zlib's")]
pub struct Parameters {
    pub level: c_int,
    pub method: c_int,
    pub window_bits: c_int,
    pub mem_level: c_int,
    pub strategy: c_int,
}

/// Which way a stream goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Deflate,
    Inflate,
}

/// A stream. Once it was ended all operations give [`Code::STREAM_ERROR`].
pub struct Stream {
    // In a box, as zlib may keep its address.
    raw: Box<z_stream>,
    way: Way,
    live: bool,
    /// What was said about bad data: later calls only say that they come too late.
    complaint: Option<String>,
}

const VERSION: *const std::ffi::c_char = libz_rs_sys::zlibVersion();
const SIZE: c_int = size_of::<z_stream>() as c_int;

/// The most bytes of one call: its counters are 32 bits wide.
const MOST: usize = u32::MAX as usize;

impl Stream {
    /// A stream that compresses.
    pub fn deflate(parameters: Parameters) -> Result<Stream, Code> {
        let mut raw = Box::<z_stream>::default();
        let Parameters { level, method, window_bits, mem_level, strategy } = parameters;
        // SAFETY: the structure is fresh; version and size are those of the crate.
        let code = unsafe {
            libz_rs_sys::deflateInit2_(&mut *raw, level, method, window_bits, mem_level, strategy, VERSION, SIZE)
        };
        Stream::made(raw, Way::Deflate, Code(code))
    }

    /// A stream that decompresses.
    pub fn inflate(window_bits: c_int) -> Result<Stream, Code> {
        let mut raw = Box::<z_stream>::default();
        // SAFETY: as above.
        let code = unsafe { libz_rs_sys::inflateInit2_(&mut *raw, window_bits, VERSION, SIZE) };
        Stream::made(raw, Way::Inflate, Code(code))
    }

    fn made(raw: Box<z_stream>, way: Way, code: Code) -> Result<Stream, Code> {
        match code {
            Code::OK => Ok(Stream { raw, way, live: true, complaint: None }),
            code => Err(code),
        }
    }

    /// Sets the dictionary.
    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> Code {
        if !self.live || dictionary.len() > MOST {
            return Code::STREAM_ERROR;
        }
        let (start, len) = (dictionary.as_ptr(), dictionary.len() as u32);
        // SAFETY: the stream is live, the pointer and length are those of a slice.
        Code(unsafe {
            match self.way {
                Way::Deflate => libz_rs_sys::deflateSetDictionary(&mut *self.raw, start, len),
                Way::Inflate => libz_rs_sys::inflateSetDictionary(&mut *self.raw, start, len),
            }
        })
    }

    /// Reads from the beginning of `input`, which it shortens, and appends at most `room` bytes.
    pub fn run(&mut self, input: &mut &[u8], out: &mut Vec<u8>, room: usize, flush: c_int) -> Code {
        if !self.live {
            return Code::STREAM_ERROR;
        }
        let (available, room) = (input.len().min(MOST), room.min(MOST));
        if out.try_reserve(room).is_err() {
            return Code::MEM_ERROR;
        }
        self.raw.next_in = input.as_ptr();
        self.raw.avail_in = available as u32;
        self.raw.next_out = out.spare_capacity_mut().as_mut_ptr().cast();
        self.raw.avail_out = room as u32;
        // SAFETY: the stream is live; its pointers and lengths are those of the slice and of
        // the room behind the vector's items.
        let code = unsafe {
            match self.way {
                Way::Deflate => libz_rs_sys::deflate(&mut *self.raw, flush),
                Way::Inflate => libz_rs_sys::inflate(&mut *self.raw, flush),
            }
        };
        *input = &input[available - self.raw.avail_in as usize..];
        // SAFETY: so many bytes of the room were written.
        unsafe { out.set_len(out.len() + room - self.raw.avail_out as usize) };
        if Code(code) == Code::DATA_ERROR && self.complaint.is_none() {
            self.complaint = self.raw_message();
        }
        Code(code)
    }

    /// What zlib says about the last error.
    pub fn message(&self) -> Option<String> {
        self.complaint.clone().or_else(|| self.raw_message())
    }

    fn raw_message(&self) -> Option<String> {
        if self.raw.msg.is_null() {
            return None;
        }
        // SAFETY: zlib's messages are static C strings.
        Some(unsafe { CStr::from_ptr(self.raw.msg) }.to_string_lossy().into_owned())
    }

    /// A copy in the same state.
    pub fn copy(&mut self) -> Result<Stream, Code> {
        if !self.live {
            return Err(Code::STREAM_ERROR);
        }
        let mut raw = Box::<z_stream>::default();
        // SAFETY: the source is live, the destination is fresh.
        let code = unsafe {
            match self.way {
                Way::Deflate => libz_rs_sys::deflateCopy(&mut *raw, &mut *self.raw),
                Way::Inflate => libz_rs_sys::inflateCopy(&mut *raw, &*self.raw),
            }
        };
        Stream::made(raw, self.way, Code(code))
    }

    /// Ends the stream.
    pub fn end(&mut self) -> Code {
        if !std::mem::replace(&mut self.live, false) {
            return Code::STREAM_ERROR;
        }
        // SAFETY: the stream was live, and is not used any more.
        Code(unsafe {
            match self.way {
                Way::Deflate => libz_rs_sys::deflateEnd(&mut *self.raw),
                Way::Inflate => libz_rs_sys::inflateEnd(&mut *self.raw),
            }
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.end();
    }
}
