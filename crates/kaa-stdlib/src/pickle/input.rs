//! The bytes of a pickle being read: those of an object, or as they come from a file.
//!
//! From a file no more is taken than the pickle has, since something else may follow it. A file
//! that can `peek` is looked ahead in, and read on when what was seen is used up.

use kaa_objects::buffer::{Buffer, request};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::state::unpickling_error;
use super::unpickler::PyUnpickler;

/// How much is looked ahead.
const PREFETCH: usize = 128 * 1024;
/// Memory for more is only taken as it is filled.
const CHUNK: usize = 1 << 24;

enum Source {
    Bytes(Gc<PyBytes>),
    Memory(Buffer),
    Nothing,
}

/// Where a pickle comes from. It stays on the native stack.
pub struct Input {
    source: Source,
    /// How much of the source was used.
    position: usize,
    /// Where the source or the open frame ends.
    limit: usize,
    /// Where the open frame ends; 0 without one.
    frame_end: usize,
    /// How much of it is beyond what the file gave away: equal to its length but after peeking.
    consumed: usize,
    file: Option<Gc<PyUnpickler>>,
}

/// «pickle data was truncated».
#[cold]
pub fn truncated(vm: &Vm) -> Raised {
    unpickling_error(vm, "pickle data was truncated")
}

impl Input {
    /// The bytes of a bytes-like object.
    pub fn of_object(vm: &Vm, object: Value) -> PyResult<Input> {
        let source = match vm.cast_exact::<PyBytes>(object) {
            Some(bytes) => Source::Bytes(bytes),
            None => Source::Memory(vm.buffer(object, request::SIMPLE)?),
        };
        let mut input = Input { source, position: 0, limit: 0, frame_end: 0, consumed: 0, file: None };
        input.limit = input.all().len();
        Ok(input)
    }

    /// The file of an unpickler, and what is left of what was read from it.
    pub fn of_file(unpickler: Gc<PyUnpickler>) -> Input {
        let source = unpickler.input.get().map_or(Source::Nothing, Source::Bytes);
        let (position, consumed) = (unpickler.position.get(), unpickler.consumed.get());
        let mut input = Input { source, position, limit: 0, frame_end: 0, consumed, file: Some(unpickler) };
        input.limit = input.all().len();
        input
    }

    /// Leaves what was not used to the unpickler.
    pub fn give_back(&mut self, vm: &Vm) -> PyResult<()> {
        let Some(file) = self.file else { return Ok(()) };
        self.skip_consumed(vm)?;
        match self.source {
            Source::Bytes(bytes) => file.input.set(vm, file, bytes),
            _ => file.input.clear(),
        }
        file.position.set(self.position);
        file.consumed.set(self.consumed);
        Ok(())
    }

    #[inline(always)]
    fn all(&self) -> &[u8] {
        match &self.source {
            Source::Bytes(bytes) => bytes.as_slice(),
            Source::Memory(buffer) => buffer.as_slice(),
            Source::Nothing => &[],
        }
    }

    /// The next byte.
    #[inline(always)]
    pub fn byte(&mut self, vm: &Vm) -> PyResult<u8> {
        if self.position < self.limit {
            let byte = self.all()[self.position];
            self.position += 1;
            return Ok(byte);
        }
        Ok(self.take(vm, 1)?[0])
    }

    /// The next bytes, in a fixed number.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self, vm: &Vm) -> PyResult<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(vm, N)?);
        Ok(array)
    }

    /// The next bytes. Valid until something else is read.
    #[inline]
    pub fn take(&mut self, vm: &Vm, count: usize) -> PyResult<&[u8]> {
        if count > self.limit - self.position {
            self.fill(vm, count)?;
        }
        let start = self.position;
        self.position += count;
        Ok(&self.all()[start..start + count])
    }

    /// Begins a frame, all of whose bytes must follow.
    pub fn begin_frame(&mut self, vm: &Vm, len: usize) -> PyResult<()> {
        if self.position < self.frame_end {
            return Err(unpickling_error(vm, "beginning of a new frame before end of current frame"));
        }
        self.take(vm, len)?;
        self.position -= len;
        self.frame_end = self.position + len;
        self.limit = self.frame_end;
        Ok(())
    }

    /// Leaves the frame that has been read to its end; an error within one, of which too little is
    /// left.
    fn end_frame(&mut self, vm: &Vm) -> PyResult<()> {
        if self.position < self.frame_end {
            return Err(unpickling_error(vm, "pickle exhausted before end of frame"));
        }
        self.frame_end = 0;
        self.limit = self.all().len();
        Ok(())
    }

    /// Reads so many bytes from the file. What is left of the old ones, too few, is dropped as a
    /// pickle that is whole never asks so.
    #[cold]
    fn fill(&mut self, vm: &Vm, count: usize) -> PyResult<()> {
        self.end_frame(vm)?;
        if count <= self.limit - self.position {
            return Ok(());
        }
        if count > isize::MAX as usize - self.position {
            return Err(unpickling_error(vm, "read would overflow (invalid bytecode)"));
        }
        let Some(file) = self.file else { return Err(truncated(vm)) };
        self.skip_consumed(vm)?;
        if let Some(peek) = file.peek.get()
            && count < PREFETCH
        {
            match vm.catch(vm.call(peek, &[Value::small_int(PREFETCH as i64)]), vm.exceptions().NotImplementedError)? {
                Ok(data) => {
                    self.set(vm, data, true)?;
                    if count <= self.all().len() {
                        return Ok(());
                    }
                }
                Err(_) => file.peek.clear(),
            }
        }
        self.read(vm, file, count)?;
        if self.all().len() < count { Err(truncated(vm)) } else { Ok(()) }
    }

    fn read(&mut self, vm: &Vm, file: Gc<PyUnpickler>, count: usize) -> PyResult<()> {
        let Some(read) = file.read.get() else { return Err(truncated(vm)) };
        let data = vm.call(read, &[vm.new_int_u64(count as u64)?])?;
        self.set(vm, data, false)
    }

    /// Makes the result of a file's method the source.
    fn set(&mut self, vm: &Vm, data: Value, peeked: bool) -> PyResult<()> {
        let bytes = match vm.cast_exact::<PyBytes>(data) {
            Some(bytes) => bytes,
            None => {
                let buffer = vm.buffer(data, request::SIMPLE)?;
                vm.new_bytes(buffer.as_slice())?
            }
        };
        self.position = 0;
        self.consumed = if peeked { 0 } else { bytes.len() };
        self.source = Source::Bytes(bytes);
        (self.limit, self.frame_end) = (bytes.len(), 0);
        Ok(())
    }

    /// Reads the file on over what was only peeked at but used.
    fn skip_consumed(&mut self, vm: &Vm) -> PyResult<()> {
        let Some(file) = self.file else { return Ok(()) };
        if self.position <= self.consumed {
            return Ok(());
        }
        let skipped = vm.new_int((self.position - self.consumed) as i64)?;
        if let Some(read) = file.read.get() {
            vm.call(read, &[skipped])?;
        }
        self.consumed = self.position;
        Ok(())
    }

    /// The next line, its end included.
    pub fn line(&mut self, vm: &Vm) -> PyResult<Vec<u8>> {
        if self.position >= self.limit {
            self.end_frame(vm)?;
        }
        let rest = &self.all()[self.position..self.limit];
        if let Some(end) = memchr::memchr(b'\n', rest) {
            let line = rest[..=end].to_vec();
            self.position += line.len();
            return Ok(line);
        }
        self.end_frame(vm)?;
        let Some(readline) = self.file.and_then(|file| file.readline.get()) else {
            return Err(truncated(vm));
        };
        self.skip_consumed(vm)?;
        let data = vm.call(readline, &[])?;
        self.set(vm, data, false)?;
        let line = self.all().to_vec();
        self.position = line.len();
        if line.last() == Some(&b'\n') { Ok(line) } else { Err(truncated(vm)) }
    }

    /// A large row of bytes, read from the file into its own memory.
    pub fn take_large(&mut self, vm: &Vm, count: usize) -> PyResult<Gc<PyBytes>> {
        if count > self.limit - self.position {
            self.end_frame(vm)?;
        }
        let rest = self.all().len() - self.position;
        let Some(file) = self.file.filter(|_| count > rest) else {
            return match self.file {
                None if count > rest => Err(truncated(vm)),
                _ => {
                    let start = self.position;
                    self.position += count;
                    vm.new_bytes(&self.all()[start..start + count])
                }
            };
        };
        let mut data = self.all()[self.position..].to_vec();
        self.position += rest;
        self.skip_consumed(vm)?;
        while data.len() < count {
            let wanted = (count - data.len()).min(CHUNK.max(data.len()));
            let before = data.len();
            match file.readinto.get() {
                Some(readinto) => {
                    let room = vm.new_bytearray(&[])?;
                    room.resize(vm, wanted)?;
                    let view = vm.new_memoryview(room.value())?;
                    let size = vm.call(readinto, &[view.value()])?;
                    let size = crate::parse_tuple::size(vm, size)?;
                    let Ok(size) = usize::try_from(size) else {
                        return Err(vm.value_error("readinto() returned negative size"));
                    };
                    data.extend_from_slice(&room.as_slice()[..size.min(wanted)]);
                }
                None => {
                    let Some(read) = file.read.get() else { return Err(truncated(vm)) };
                    let read = vm.call(read, &[Value::small_int(wanted as i64)])?;
                    let Some(bytes) = vm.cast::<PyBytes>(read) else {
                        let class = vm.repr_lossy(vm.class_of(read).value());
                        return Err(vm.value_error(format_args!("read() returned non-bytes object ({class})")));
                    };
                    data.extend_from_slice(&bytes.as_slice()[..bytes.len().min(wanted)]);
                }
            }
            if data.len() - before < wanted {
                return Err(truncated(vm));
            }
        }
        vm.new_bytes(&data)
    }
}
