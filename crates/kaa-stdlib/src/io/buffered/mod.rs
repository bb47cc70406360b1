//! `BufferedReader`, `BufferedWriter` and `BufferedRandom`: a buffer before a raw stream.
//!
//! The three classes have the same [`State`]; what they do is done by [`Stream`], in the files
//! `read`, `write` and `position`. The buffer may hold bytes read ahead, bytes to be written, or
//! (in a `BufferedRandom`) both.

mod classes;
mod position;
mod read;
mod write;

use std::cell::Cell;

pub use classes::{PyBufferedRandom, PyBufferedReader, PyBufferedWriter};

use kaa_objects::object::Slot;
use kaa_objects::types::bytearray::PyByteArray;
use kaa_objects::{Gc, Object, PyResult, Trace, Value, Vm};

use super::base;
use super::file::PyFileIo;
use super::{both, is_closed};

/// What a buffered stream holds.
#[derive(Trace, Default)]
pub struct State {
    /// The raw stream; empty before `__init__` and after `detach()`.
    raw: Slot,
    /// As much of the buffer as was needed so far: most streams never fill theirs.
    buffer: Slot<Gc<PyByteArray>>,
    buffer_size: Cell<i64>,
    detached: Cell<bool>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    finalizing: Cell<bool>,
    /// The thread whose call is under way, or 0: other threads wait, and Python code that the call
    /// runs must not start another.
    busy: Cell<usize>,
    /// The raw stream's position, or -1 when it is not known.
    absolute: Cell<i64>,
    /// The position in the buffer.
    position: Cell<i64>,
    /// The raw stream's position as one in the buffer, or -1.
    raw_position: Cell<i64>,
    /// Behind the last byte that was read into the buffer; -1 when none is valid.
    read_end: Cell<i64>,
    /// The first byte of the buffer that is to be written.
    write_position: Cell<i64>,
    /// Behind the last byte that is to be written; -1 when there is none.
    write_end: Cell<i64>,
}

/// A buffered stream while it is worked on.
#[derive(Clone, Copy)]
pub struct Stream<'a> {
    pub vm: &'a Vm,
    /// The object whose state it is.
    pub this: Value,
    pub state: &'a State,
}

/// How a class uses the raw stream.
#[derive(Clone, Copy)]
pub struct Access {
    readable: bool,
    writable: bool,
}

/// How much of a buffer is made at first.
const FIRST_BUFFER: i64 = 4096;

/// How long a thread waits before it looks again whether another has done with a stream.
const OTHER_THREAD_WAIT: std::time::Duration = std::time::Duration::from_micros(50);

/// Ends a call; see [`State::busy`].
struct Busy<'a>(&'a Cell<usize>);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(0);
    }
}

impl<'a> Stream<'a> {
    fn owner(&self) -> Gc<Object> {
        self.this.as_object().expect("a stream is an object")
    }

    /// `__init__`: takes a raw stream.
    pub fn set_up(self, raw: Value, buffer_size: isize, access: Access) -> PyResult<()> {
        let (vm, state) = (self.vm, self.state);
        state.raw.clear();
        state.detached.set(false);
        if access.readable && access.writable {
            base::check_seekable(vm, raw)?;
        }
        if access.readable {
            base::check_readable(vm, raw)?;
        }
        if access.writable {
            base::check_writable(vm, raw)?;
        }
        let Some(size) = usize::try_from(buffer_size).ok().filter(|&size| size > 0) else {
            return Err(vm.value_error("buffer size must be strictly positive"));
        };
        let buffer = vm.new_bytearray(&[])?;
        state.buffer_size.set(size as i64);
        state.buffer.set(vm, self.owner(), buffer);
        state.raw.set(vm, self.owner(), raw);
        base::opened(vm, self.this);
        state.readable.set(access.readable);
        state.writable.set(access.writable);
        for (cell, value) in [
            (&state.position, 0),
            (&state.raw_position, 0),
            (&state.read_end, -1),
            (&state.write_position, 0),
            (&state.write_end, -1),
            (&state.absolute, -1),
        ] {
            cell.set(value);
        }
        if let Err(raised) = self.raw_tell() {
            // A pipe has no position.
            vm.take_exception(raised);
        }
        Ok(())
    }

    /// The raw stream; raises when there is none.
    pub fn raw(self) -> PyResult {
        match self.state.raw.get() {
            Some(raw) => Ok(raw),
            None if self.state.detached.get() => Err(self.vm.value_error("raw stream has been detached")),
            None => Err(self.vm.value_error("I/O operation on uninitialized object")),
        }
    }

    /// The raw stream, when it is a plain `FileIO`.
    fn plain_file(self) -> Option<Gc<PyFileIo>> {
        self.state.raw.get().and_then(|raw| self.vm.cast_exact(raw))
    }

    /// Whether the stream is closed. A class that derives may have its own `closed`.
    fn is_closed(self) -> PyResult<bool> {
        let raw = self.raw()?;
        let native = [
            self.vm.class::<PyBufferedReader>(),
            self.vm.class::<PyBufferedWriter>(),
            self.vm.class::<PyBufferedRandom>(),
        ];
        match self.plain_file() {
            Some(file) if native.contains(&self.vm.class_of(self.this)) => Ok(file.is_closed()),
            _ if native.contains(&self.vm.class_of(self.this)) => is_closed(self.vm, raw),
            _ => is_closed(self.vm, self.this),
        }
    }

    /// Raises `ValueError` when the stream is closed, but not while bytes that were read ahead are
    /// left.
    fn check_open(self, message: &str) -> PyResult<()> {
        if self.is_closed()? && self.ahead() == 0 { Err(self.vm.value_error(message)) } else { Ok(()) }
    }

    /// Begins a call that works with the buffer.
    fn enter(self) -> PyResult<Busy<'a>> {
        let thread = std::ptr::from_ref(self.vm.thread()).addr();
        if self.state.busy.get() == thread {
            let repr = self.vm.repr_lossy(self.this);
            return Err(self.vm.runtime_error(format_args!("reentrant call inside {repr}")));
        }
        while self.state.busy.get() != 0 {
            self.vm.without_gil(|| std::thread::sleep(OTHER_THREAD_WAIT));
            self.vm.check_signals()?;
        }
        self.state.busy.set(thread);
        Ok(Busy(&self.state.busy))
    }

    fn buffer(self) -> Gc<PyByteArray> {
        self.state.buffer.get_set()
    }

    fn buffer_size(self) -> i64 {
        self.state.buffer_size.get()
    }

    /// The buffer, with room up to `end`. What was in it is in it; what more there is is anything.
    fn buffer_up_to(self, end: i64) -> PyResult<Gc<PyByteArray>> {
        debug_assert!(end <= self.buffer_size());
        let old = self.buffer();
        if end <= old.len() as i64 {
            return Ok(old);
        }
        // Not resized: a raw stream may still have a view of it.
        let len = end.max(old.len() as i64 * 4).max(FIRST_BUFFER).min(self.buffer_size());
        let buffer = self.vm.new_bytearray_of_garbage(len as usize)?;
        buffer.with_bytes_mut(|bytes| bytes[..old.len()].copy_from_slice(old.as_slice()));
        self.state.buffer.set(self.vm, self.owner(), buffer);
        Ok(buffer)
    }

    fn can_read_buffer(self) -> bool {
        self.state.readable.get() && self.state.read_end.get() != -1
    }

    fn can_write_buffer(self) -> bool {
        self.state.writable.get() && self.state.write_end.get() != -1
    }

    /// How many bytes are there that were read ahead.
    fn ahead(self) -> i64 {
        if self.can_read_buffer() { self.state.read_end.get() - self.state.position.get() } else { 0 }
    }

    /// How far the raw stream is ahead of the position.
    fn raw_offset(self) -> i64 {
        let valid = self.can_read_buffer() || self.can_write_buffer();
        if valid && self.state.raw_position.get() >= 0 {
            self.state.raw_position.get() - self.state.position.get()
        } else {
            0
        }
    }

    /// Moves the position; bytes before it count as read.
    fn move_to(self, position: i64) {
        self.state.position.set(position);
        if self.can_read_buffer() && self.state.read_end.get() < position {
            self.state.read_end.set(position);
        }
    }

    /// Forgets what was read ahead.
    fn forget_read(self) {
        self.state.read_end.set(-1);
    }

    /// A part of the buffer as an object.
    fn part(self, start: i64, end: i64) -> PyResult {
        Ok(self.vm.new_bytes(&self.buffer().as_slice()[start as usize..end as usize])?.value())
    }

    /// Writes what is to be written, and brings the raw stream to the position.
    fn flush_and_rewind(self) -> PyResult<()> {
        self.write_out()?;
        if self.state.readable.get() {
            self.raw_seek(-self.raw_offset(), 1)?;
            self.forget_read();
        }
        Ok(())
    }

    /// `flush()`.
    pub fn flush(self) -> PyResult {
        let raw = self.raw()?;
        if !self.state.writable.get() {
            return self.vm.call_method(raw, self.vm.names().flush, &[]);
        }
        if self.is_closed()? {
            return Err(self.vm.value_error("flush of closed file"));
        }
        let _busy = self.enter()?;
        self.flush_and_rewind()?;
        Ok(Value::NONE)
    }

    /// `close()`.
    pub fn close(self) -> PyResult {
        let (vm, raw) = (self.vm, self.raw()?);
        if self.is_closed()? {
            return Ok(Value::NONE);
        }
        if self.state.finalizing.get()
            && let Err(raised) = vm.call_method_str(raw, "_dealloc_warn", &[self.this])
        {
            vm.take_exception(raised);
        }
        let flushed = vm.call_method(self.this, vm.names().flush, &[]);
        let closed = both(vm, flushed, || vm.call_method(raw, vm.names().close, &[]));
        // Nothing is to be read any more.
        self.state.read_end.set(0);
        self.state.position.set(0);
        if closed.is_ok() && vm.cast::<PyFileIo>(raw).is_some_and(|raw| raw.is_closed()) {
            base::closed_for_good(vm, self.this);
            if let Some(buffer) = self.state.buffer.get()
                && let Err(raised) = buffer.resize(vm, 0)
            {
                // Somebody still looks at it.
                vm.take_exception(raised);
            }
        }
        closed
    }

    /// `detach()`.
    pub fn detach(self) -> PyResult {
        let raw = self.raw()?;
        self.vm.call_method(self.this, self.vm.names().flush, &[])?;
        self.state.raw.clear();
        self.state.detached.set(true);
        Ok(raw)
    }

    /// `repr()`.
    pub fn repr(self) -> PyResult<String> {
        let vm = self.vm;
        let class = vm.class_name(self.this);
        let name = vm.get_attr_optional(self.this, vm.names().name);
        // Without a raw stream there is no name.
        let name = vm.catch(name, vm.exceptions().ValueError)?.unwrap_or(None);
        let Some(name) = name else { return Ok(format!("<{class}>")) };
        match vm.enter_repr(self.this) {
            Some(_guard) => Ok(format!("<{class} name={}>", vm.repr(name)?.to_string_lossy())),
            None => Err(vm.runtime_error(format_args!("reentrant call inside {class}.__repr__"))),
        }
    }
}
