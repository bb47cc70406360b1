//! `zlib.Decompress`: what `decompressobj` gives.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;

use kaa_objects::object::{Header, Slot};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::stream::{Code, Stream};
use super::{DEFAULT_BUFFER, MOST_ROOM, Zlib, beside_others, inflating, stream_error};
use crate::bytes_like::BytesLike;
use crate::exclusive::hold;

/// A `Decompress` object.
#[repr(C)]
#[derive(Trace)]
pub struct PyDecompress {
    header: Header,
    #[trace(skip)]
    stream: RefCell<Stream>,
    /// The dictionary, for when the stream asks for it.
    zdict: Slot,
    /// What came behind the end of the stream.
    unused_data: Slot<Gc<PyBytes>>,
    /// What was not read yet, as the output would have become too long.
    unconsumed_tail: Slot<Gc<PyBytes>>,
    /// Whether the end was reached.
    eof: Cell<bool>,
}

/// `zdict` as the bytes that it is.
fn dictionary(vm: &Vm, zdict: Option<Value>) -> PyResult<Option<BytesLike>> {
    match zdict {
        Some(zdict) if !vm.is_bytes_like(zdict) => {
            Err(vm.type_error("zdict argument must support the buffer protocol"))
        }
        zdict => zdict.map(|zdict| BytesLike::of(vm, zdict)).transpose(),
    }
}

impl PyDecompress {
    /// A new one.
    pub fn with_window(vm: &Vm, wbits: c_int, zdict: Option<Value>) -> PyResult<Gc<PyDecompress>> {
        let given = dictionary(vm, zdict)?;
        let stream = inflating(vm, wbits, given.as_ref().map(BytesLike::as_slice))?;
        let empty = vm.new_bytes(&[])?;
        vm.alloc(PyDecompress {
            header: Header::EMPTY,
            stream: RefCell::new(stream),
            zdict: Slot::maybe(zdict),
            unused_data: Slot::new(empty),
            unconsumed_tail: Slot::new(empty),
            eof: Cell::new(false),
        })
    }
}

/// Keeps what is left of the input.
fn keep_rest(vm: &Vm, this: Gc<PyDecompress>, rest: &[u8], ended: bool) -> PyResult<()> {
    if ended {
        if !rest.is_empty() {
            let old = this.unused_data.get_set();
            let all = [old.as_slice(), rest].concat();
            this.unused_data.set(vm, this, vm.new_bytes(&all)?);
        }
        if !this.unconsumed_tail.get_set().is_empty() {
            this.unconsumed_tail.set(vm, this, vm.new_bytes(&[])?);
        }
    } else if !rest.is_empty() || !this.unconsumed_tail.get_set().is_empty() {
        this.unconsumed_tail.set(vm, this, vm.new_bytes(rest)?);
    }
    Ok(())
}

/// Decompresses until the input is used up or so many bytes came out.
fn inflate(
    vm: &Vm,
    stream: &mut Stream,
    input: &mut &[u8],
    dictionary: Option<&[u8]>,
    flush: c_int,
    first: usize,
    most: Option<usize>,
) -> PyResult<(Code, Vec<u8>)> {
    let mut out = Vec::new();
    let mut room = first.min(MOST_ROOM);
    loop {
        let here = most.map_or(room, |most| room.min(most - out.len()));
        let before = out.len();
        let code = beside_others(vm, input.len(), || stream.run(input, &mut out, here, flush));
        if code == Code::NEED_DICT
            && let Some(dictionary) = dictionary
        {
            super::set_dictionary(vm, stream, dictionary)?;
            continue;
        }
        let full = out.len() - before == here;
        let reached = most.is_some_and(|most| out.len() >= most);
        // At a finish, running out of room is a buffer error as long as input is left.
        let goes_on = code == Code::OK || (code == Code::BUF_ERROR && full);
        if !goes_on || reached || (!full && input.is_empty()) {
            return Ok((code, out));
        }
        room = (room * 2).min(MOST_ROOM);
    }
}

fn copy(vm: &Vm, this: Gc<PyDecompress>) -> PyResult<Gc<PyDecompress>> {
    let copied = hold(vm, &this.stream).copy();
    let stream = copied.map_err(|code| match code {
        Code::STREAM_ERROR => vm.value_error("Inconsistent stream state"),
        code => stream_error(vm, code, None, "while copying decompression object"),
    })?;
    vm.alloc(PyDecompress {
        header: Header::EMPTY,
        stream: RefCell::new(stream),
        zdict: Slot::maybe(this.zdict.get()),
        unused_data: Slot::new(this.unused_data.get_set()),
        unconsumed_tail: Slot::new(this.unconsumed_tail.get_set()),
        eof: Cell::new(this.eof.get()),
    })
}

#[py_type(name = "Decompress", module = "zlib", drop, flags(DISALLOW_INSTANTIATION))]
impl PyDecompress {
    #[method(
        "decompress($self, data, /, max_length=0)",
        doc = "Return a bytes object containing the decompressed version of the data.\n\n  data\n    The binary data to decompress.\n  max_length\n    The maximum allowable length of the decompressed data.\n    Unconsumed input data will be stored in\n    the unconsumed_tail attribute.\n\nAfter calling this function, some of the input data may still be\nstored in internal buffers for later processing.\nCall the flush() method to clear these buffers."
    )]
    fn decompress(vm: &Vm, this: Gc<PyDecompress>, data: BytesLike, max_length: isize) -> PyResult<Gc<PyBytes>> {
        let most = match usize::try_from(max_length) {
            Ok(0) => None,
            Ok(most) => Some(most),
            Err(_) => return Err(vm.value_error("max_length must be non-negative")),
        };
        let given = dictionary(vm, this.zdict.get())?;
        let given = given.as_ref().map(BytesLike::as_slice);
        let mut stream = hold(vm, &this.stream);
        let mut input = data.as_slice();
        let (code, out) = inflate(vm, &mut stream, &mut input, given, Zlib::Z_SYNC_FLUSH, DEFAULT_BUFFER, most)?;
        keep_rest(vm, this, input, code == Code::STREAM_END)?;
        match code {
            Code::STREAM_END => this.eof.set(true),
            Code::OK | Code::BUF_ERROR => {}
            code => return Err(stream_error(vm, code, stream.message(), "while decompressing data")),
        }
        vm.new_bytes(&out)
    }

    #[method(
        "flush($self, length=zlib.DEF_BUF_SIZE, /)",
        doc = "Return a bytes object containing any remaining decompressed data.\n\n  length\n    the initial size of the output buffer."
    )]
    fn flush(vm: &Vm, this: Gc<PyDecompress>, length: Option<isize>) -> PyResult<Gc<PyBytes>> {
        let length = length.unwrap_or(DEFAULT_BUFFER as isize);
        if length <= 0 {
            return Err(vm.value_error("length must be greater than zero"));
        }
        let given = dictionary(vm, this.zdict.get())?;
        let given = given.as_ref().map(BytesLike::as_slice);
        let mut stream = hold(vm, &this.stream);
        let tail = this.unconsumed_tail.get_set();
        let mut input = tail.as_slice();
        let (code, out) = inflate(vm, &mut stream, &mut input, given, Zlib::Z_FINISH, length as usize, None)?;
        keep_rest(vm, this, input, code == Code::STREAM_END)?;
        if code == Code::STREAM_END {
            this.eof.set(true);
            match stream.end() {
                Code::OK => {}
                code => return Err(stream_error(vm, code, None, "while finishing decompression")),
            }
        } else if !matches!(code, Code::OK | Code::BUF_ERROR | Code::STREAM_ERROR) {
            // A stream that ended before has nothing more to give.
            return Err(stream_error(vm, code, stream.message(), "while flushing"));
        }
        vm.new_bytes(&out)
    }

    #[method("copy($self, /)", doc = "Return a copy of the decompression object.")]
    fn copy(vm: &Vm, this: Gc<PyDecompress>) -> PyResult<Gc<PyDecompress>> {
        copy(vm, this)
    }

    #[method("__copy__($self, /)")]
    fn copy_special(vm: &Vm, this: Gc<PyDecompress>) -> PyResult<Gc<PyDecompress>> {
        copy(vm, this)
    }

    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(vm: &Vm, this: Gc<PyDecompress>, memo: Value) -> PyResult<Gc<PyDecompress>> {
        let _ = memo;
        copy(vm, this)
    }

    #[getter("unused_data")]
    fn unused_data(this: Gc<PyDecompress>) -> Gc<PyBytes> {
        this.unused_data.get_set()
    }

    #[getter("unconsumed_tail")]
    fn unconsumed_tail(this: Gc<PyDecompress>) -> Gc<PyBytes> {
        this.unconsumed_tail.get_set()
    }

    #[getter("eof")]
    fn eof(&self) -> bool {
        self.eof.get()
    }
}
