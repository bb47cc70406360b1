//! Writing through the buffer.

use kaa_objects::types::exceptions::PyOsError;
use kaa_objects::{PyResult, Raised, Value};

use super::Stream;

/// The text of the error when a stream that does not block takes no more.
const WOULD_BLOCK: &str = "write could not complete without blocking";

impl Stream<'_> {
    /// Has the raw stream write; gives how many bytes, or `None` when it would have to wait.
    fn raw_write(self, bytes: &[u8]) -> PyResult<Option<i64>> {
        let vm = self.vm;
        let count = match self.plain_file() {
            Some(file) => file.write_bytes(vm, bytes)?.map(|count| count as i64),
            None => self.raw_write_method(bytes)?,
        };
        if let Some(count) = count
            && count > 0
            && self.state.absolute.get() != -1
        {
            self.state.absolute.set(self.state.absolute.get() + count);
        }
        Ok(count)
    }

    fn raw_write_method(self, bytes: &[u8]) -> PyResult<Option<i64>> {
        let vm = self.vm;
        let given = vm.call(vm.builtin("memoryview")?, &[vm.new_bytes(bytes)?.value()])?;
        let count = loop {
            let result = vm.call_method(self.raw()?, vm.names().write, &[given]);
            match vm.catch(result, vm.exceptions().InterruptedError)? {
                Ok(count) => break count,
                Err(_) => vm.check_signals()?,
            }
        };
        if count.is_none() {
            return Ok(None);
        }
        let count = vm.index_to_isize(count, vm.exceptions().ValueError)?;
        if count < 0 || count > bytes.len() as isize {
            let len = bytes.len();
            let text = format!("raw write() returned invalid length {count} (should have been between 0 and {len})");
            return Err(vm.raise_new(vm.exceptions().OSError, text));
        }
        Ok(Some(count as i64))
    }

    /// Raises the `BlockingIOError` of a stream that takes no more.
    fn would_block(self, written: i64) -> Raised {
        let vm = self.vm;
        let errno = if self.plain_file().is_some() { libc::EAGAIN } else { 0 };
        let build = || -> PyResult<Raised> {
            let args = [Value::small_int(errno.into()), vm.new_str(WOULD_BLOCK)?.value(), vm.new_int(written)?];
            Ok(vm.raise_with(vm.exceptions().BlockingIOError, &args))
        };
        build().unwrap_or_else(|raised| raised)
    }

    /// Writes all that is in the buffer to be written.
    pub(super) fn write_out(self) -> PyResult<()> {
        let state = self.state;
        if self.can_write_buffer() && state.write_position.get() != state.write_end.get() {
            let rewind = self.raw_offset() + (state.position.get() - state.write_position.get());
            if rewind != 0 {
                self.raw_seek(-rewind, 1)?;
                state.raw_position.set(state.raw_position.get() - rewind);
            }
            while state.write_position.get() < state.write_end.get() {
                let (start, end) = (state.write_position.get() as usize, state.write_end.get() as usize);
                let buffer = self.buffer();
                let Some(count) = self.raw_write(&buffer.as_slice()[start..end])? else {
                    return Err(self.would_block(0));
                };
                state.write_position.set(state.write_position.get() + count);
                state.raw_position.set(state.write_position.get());
                // A stream that takes nothing for ever can be interrupted.
                self.vm.check_signals()?;
            }
        }
        state.write_position.set(0);
        state.write_end.set(-1);
        Ok(())
    }

    /// Copies bytes into the buffer.
    fn put(self, at: i64, bytes: &[u8]) -> PyResult<()> {
        let buffer = self.buffer_up_to(at + bytes.len() as i64)?;
        let at = at as usize;
        buffer.with_bytes_mut(|buffer| buffer[at..at + bytes.len()].copy_from_slice(bytes));
        Ok(())
    }

    /// `write(bytes)`: gives how many, which is all.
    pub fn write(self, bytes: &[u8]) -> PyResult<usize> {
        let (vm, state) = (self.vm, self.state);
        self.raw()?;
        let _busy = self.enter()?;
        if self.is_closed()? {
            return Err(vm.value_error("write to closed file"));
        }
        if !self.can_read_buffer() && !self.can_write_buffer() {
            state.position.set(0);
            state.raw_position.set(0);
        }
        let len = bytes.len() as i64;
        if len <= self.buffer_size() - state.position.get() && len < self.buffer_size() {
            self.put(state.position.get(), bytes)?;
            if !self.can_write_buffer() || state.write_position.get() > state.position.get() {
                state.write_position.set(state.position.get());
            }
            self.move_to(state.position.get() + len);
            if state.write_end.get() < state.position.get() {
                state.write_end.set(state.position.get());
            }
            return Ok(bytes.len());
        }
        if let Err(blocked) = vm.catch(self.write_out(), vm.exceptions().BlockingIOError)? {
            return self.write_to_full_buffer(bytes, blocked.value());
        }
        // The raw stream may be ahead of where this is to be written.
        let offset = self.raw_offset();
        if offset != 0 {
            self.raw_seek(-offset, 1)?;
            state.raw_position.set(state.raw_position.get() - offset);
        }
        let mut rest = bytes;
        while rest.len() as i64 > self.buffer_size() {
            match self.raw_write(rest)? {
                Some(count) => rest = &rest[count as usize..],
                None => {
                    // Keep as much as there is room for.
                    let size = self.buffer_size();
                    self.put(0, &rest[..size as usize])?;
                    state.raw_position.set(0);
                    self.move_to(size);
                    state.write_position.set(0);
                    state.write_end.set(size);
                    let written = (bytes.len() - rest.len()) as i64 + size;
                    return Err(self.would_block(written));
                }
            }
            vm.check_signals()?;
        }
        if state.readable.get() {
            self.forget_read();
        }
        self.put(0, rest)?;
        state.write_position.set(0);
        state.write_end.set(rest.len() as i64);
        self.move_to(rest.len() as i64);
        state.raw_position.set(0);
        Ok(bytes.len())
    }

    /// Takes what fits when the raw stream takes no more.
    fn write_to_full_buffer(self, bytes: &[u8], blocked: Value) -> PyResult<usize> {
        let (vm, state) = (self.vm, self.state);
        if state.readable.get() {
            self.forget_read();
        }
        let (start, end) = (state.write_position.get(), state.write_end.get());
        self.buffer().with_bytes_mut(|buffer| buffer.copy_within(start as usize..end as usize, 0));
        state.write_position.set(0);
        state.write_end.set(end - start);
        state.raw_position.set(state.raw_position.get() - start);
        state.position.set(state.position.get() - start);
        let room = self.buffer_size() - state.write_end.get();
        let taken = (bytes.len() as i64).min(room);
        self.put(state.write_end.get(), &bytes[..taken as usize])?;
        state.write_end.set(state.write_end.get() + taken);
        state.position.set(state.position.get() + taken);
        if taken == bytes.len() as i64 {
            return Ok(bytes.len());
        }
        let Some(error) = vm.cast::<PyOsError>(blocked) else { return Err(self.would_block(taken)) };
        let args = [
            error.errno.get().unwrap_or(Value::small_int(libc::EAGAIN.into())),
            vm.new_str(WOULD_BLOCK)?.value(),
            vm.new_int(taken)?,
        ];
        Err(vm.raise_with(vm.exceptions().BlockingIOError, &args))
    }
}
