//! Reading through the buffer.

use kaa_host::fd as host;
use kaa_objects::types::bytearray::PyByteArray;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::Stream;

/// A `bytearray` of zeros as long as a read is to be.
fn room(vm: &Vm, len: i64) -> PyResult<Gc<PyByteArray>> {
    vm.new_bytearray_of_garbage(len as usize)
}

impl Stream<'_> {
    /// Has the raw stream read into a part of an array; gives how many bytes, or `None` when it
    /// would have to wait.
    fn raw_read_into(self, array: Gc<PyByteArray>, start: i64, len: i64) -> PyResult<Option<i64>> {
        let (start, len) = (start as usize, len as usize);
        let count = match self.plain_file() {
            // The memory is looked up before other threads may run: see `Vm::without_gil`.
            Some(file) => array.with_bytes_mut(|bytes| {
                let part = &mut bytes[start..start + len];
                file.read_into(self.vm, |fd| host::read(fd, part))
            })?,
            None => self.raw_readinto_method(array, start, len)?,
        };
        let count = count.map(|count| count as i64);
        if let Some(count) = count
            && count > 0
            && self.state.absolute.get() != -1
        {
            self.state.absolute.set(self.state.absolute.get() + count);
        }
        Ok(count)
    }

    /// Calls the raw stream's `readinto` with a view of the part.
    fn raw_readinto_method(self, array: Gc<PyByteArray>, start: usize, len: usize) -> PyResult<Option<usize>> {
        let vm = self.vm;
        let whole = start == 0 && len == array.len();
        let view = vm.call(vm.builtin("memoryview")?, &[array.value()])?;
        let part = if whole {
            view
        } else {
            let bounds = [vm.new_int(start as i64)?, vm.new_int((start + len) as i64)?];
            let slice = vm.call(vm.builtin("slice")?, &bounds)?;
            vm.get_item(view, slice)?
        };
        let count = loop {
            let result = vm.call_method_str(self.raw()?, "readinto", &[part]);
            // An interrupted call is tried again; handlers of signals ran or raised.
            match vm.catch(result, vm.exceptions().InterruptedError)? {
                Ok(count) => break count,
                Err(_) => vm.check_signals()?,
            }
        };
        if part != view {
            vm.call_method_str(part, "release", &[])?;
        }
        vm.call_method_str(view, "release", &[])?;
        if count.is_none() {
            return Ok(None);
        }
        let count = vm.index_to_isize(count, vm.exceptions().ValueError)?;
        match usize::try_from(count) {
            Ok(count) if count <= len => Ok(Some(count)),
            _ => {
                let text =
                    format!("raw readinto() returned invalid length {count} (should have been between 0 and {len})");
                Err(vm.raise_new(vm.exceptions().OSError, text))
            }
        }
    }

    /// Reads more into the buffer, behind what is there.
    fn fill(self) -> PyResult<Option<i64>> {
        let start = if self.can_read_buffer() { self.state.read_end.get() } else { 0 };
        let buffer = self.buffer_up_to(self.buffer_size())?;
        let count = self.raw_read_into(buffer, start, self.buffer_size() - start)?;
        if let Some(count) = count
            && count > 0
        {
            self.state.read_end.set(start + count);
            self.state.raw_position.set(start + count);
        }
        Ok(count)
    }

    /// Takes bytes out of the buffer.
    fn take(self, count: i64) -> PyResult {
        let start = self.state.position.get();
        let part = self.part(start, start + count)?;
        self.state.position.set(start + count);
        Ok(part)
    }

    /// `read(size)`; everything for -1.
    pub fn read(self, size: isize) -> PyResult {
        self.raw()?;
        if size < -1 {
            return Err(self.vm.value_error("read length must be non-negative or -1"));
        }
        self.check_open("read of closed file")?;
        if size == -1 {
            let _busy = self.enter()?;
            return self.read_all();
        }
        let size = size as i64;
        if size <= self.ahead() {
            return self.take(size);
        }
        let _busy = self.enter()?;
        self.read_beyond_buffer(size)
    }

    fn read_all(self) -> PyResult {
        let vm = self.vm;
        let ahead = self.ahead();
        let mut all = Vec::new();
        if ahead > 0 {
            let start = self.state.position.get() as usize;
            all.extend_from_slice(&self.buffer().as_slice()[start..start + ahead as usize]);
            self.state.position.set(self.state.position.get() + ahead);
        }
        if self.state.writable.get() {
            self.flush_and_rewind()?;
        }
        self.forget_read();
        let raw = self.raw()?;
        if let Some(file) = self.plain_file() {
            return self.joined(all, file.read_to_end(vm)?);
        }
        if let Some(readall) = vm.get_attr_optional(raw, vm.intern("readall"))? {
            let rest = vm.call(readall, &[])?;
            if !rest.is_none() && vm.cast::<PyBytes>(rest).is_none() {
                return Err(vm.type_error("readall() should return bytes"));
            }
            return self.joined(all, rest);
        }
        loop {
            let chunk = vm.call_method(raw, vm.names().read, &[])?;
            let bytes = vm.cast::<PyBytes>(chunk);
            if !chunk.is_none() && bytes.is_none() {
                return Err(vm.type_error("read() should return bytes"));
            }
            let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
                return if all.is_empty() { Ok(chunk) } else { Ok(vm.new_bytes(&all)?.value()) };
            };
            all.extend_from_slice(bytes.as_slice());
            if self.state.absolute.get() != -1 {
                self.state.absolute.set(self.state.absolute.get() + bytes.len() as i64);
            }
        }
    }

    /// What was read ahead and what the raw stream gave for the rest.
    fn joined(self, mut ahead: Vec<u8>, rest: Value) -> PyResult {
        if ahead.is_empty() {
            return Ok(rest);
        }
        if let Some(rest) = self.vm.cast::<PyBytes>(rest) {
            ahead.extend_from_slice(rest.as_slice());
        }
        Ok(self.vm.new_bytes(&ahead)?.value())
    }

    /// Reads more than the buffer holds. Whole blocks go past the buffer.
    fn read_beyond_buffer(self, size: i64) -> PyResult {
        let (vm, state) = (self.vm, self.state);
        let mut out = Vec::new();
        if out.try_reserve_exact((size as usize).min(1 << 20)).is_err() {
            return Err(vm.no_memory());
        }
        let ahead = self.ahead();
        if ahead > 0 {
            let start = state.position.get() as usize;
            out.extend_from_slice(&self.buffer().as_slice()[start..start + ahead as usize]);
            state.position.set(state.position.get() + ahead);
        }
        if state.writable.get() {
            self.flush_and_rewind()?;
        }
        self.forget_read();
        let finish = |out: &[u8], count: Option<i64>| match count {
            None if out.is_empty() => Ok(Value::NONE),
            _ => Ok(vm.new_bytes(out)?.value()),
        };
        loop {
            let remaining = size - out.len() as i64;
            let blocks = remaining - remaining % self.buffer_size();
            if blocks == 0 {
                break;
            }
            let room = room(vm, blocks)?;
            let count = self.raw_read_into(room, 0, blocks)?;
            match count {
                None | Some(0) => return finish(&out, count),
                Some(count) => out.extend_from_slice(&room.as_slice()[..count as usize]),
            }
        }
        state.position.set(0);
        state.raw_position.set(0);
        state.read_end.set(0);
        while (out.len() as i64) < size && state.read_end.get() < self.buffer_size() {
            let count = self.fill()?;
            let Some(got) = count.filter(|&count| count > 0) else { return finish(&out, count) };
            let taken = got.min(size - out.len() as i64);
            let start = state.position.get() as usize;
            out.extend_from_slice(&self.buffer().as_slice()[start..start + taken as usize]);
            state.position.set(state.position.get() + taken);
        }
        finish(&out, Some(0))
    }

    /// `read1(size)`: what one read of the raw stream gives.
    pub fn read1(self, size: isize) -> PyResult {
        let vm = self.vm;
        self.raw()?;
        let size = if size < 0 { self.buffer_size() } else { size as i64 };
        self.check_open("read of closed file")?;
        if size == 0 {
            return Ok(vm.new_bytes(b"")?.value());
        }
        let ahead = self.ahead();
        if ahead > 0 {
            return self.take(size.min(ahead));
        }
        let _busy = self.enter()?;
        self.forget_read();
        let (array, len) = match size <= self.buffer_size() {
            // The buffer holds nothing that is read ahead; what is to be written is flushed first.
            true if !self.can_write_buffer() => (self.buffer_up_to(size)?, size),
            _ => (room(vm, size)?, size),
        };
        let count = self.raw_read_into(array, 0, len)?.unwrap_or(0);
        Ok(vm.new_bytes(&array.as_slice()[..count as usize])?.value())
    }

    /// `peek(size)`: what is ahead, without moving.
    pub fn peek(self) -> PyResult {
        self.raw()?;
        self.check_open("peek of closed file")?;
        let _busy = self.enter()?;
        if self.state.writable.get() {
            self.flush_and_rewind()?;
        }
        let ahead = self.ahead();
        if ahead > 0 {
            let start = self.state.position.get();
            return self.part(start, start + ahead);
        }
        self.forget_read();
        let count = self.fill()?.unwrap_or(0);
        self.state.position.set(0);
        self.part(0, count)
    }

    /// `readinto(buffer)`, or `readinto1(buffer)` which reads the raw stream once.
    pub fn read_into(self, buffer: Value, once: bool) -> PyResult {
        let (vm, state) = (self.vm, self.state);
        self.raw()?;
        let view = super::super::file::writable_buffer(vm, buffer, if once { "readinto1" } else { "readinto" })?;
        self.check_open("readinto of closed file")?;
        let len = view.len as i64;
        let copy = |from: &[u8], at: i64| {
            view.with_bytes_mut(|to| to[at as usize..at as usize + from.len()].copy_from_slice(from));
        };
        let ahead = self.ahead();
        let mut written = ahead.min(len);
        if written > 0 {
            let start = state.position.get() as usize;
            copy(&self.buffer().as_slice()[start..start + written as usize], 0);
            state.position.set(state.position.get() + written);
        }
        if ahead > 0 && written == len {
            return vm.new_int(written);
        }
        let _busy = self.enter()?;
        if state.writable.get() {
            self.flush_and_rewind()?;
        }
        self.forget_read();
        state.position.set(0);
        while written < len {
            let remaining = len - written;
            let count = if remaining > self.buffer_size() {
                let room = room(vm, remaining)?;
                let count = self.raw_read_into(room, 0, remaining)?;
                if let Some(count) = count {
                    copy(&room.as_slice()[..count as usize], written);
                }
                count
            } else if once && written > 0 {
                Some(0)
            } else {
                let count = self.fill()?;
                if let Some(count) = count.filter(|&count| count > 0) {
                    let taken = count.min(remaining);
                    let start = state.position.get() as usize;
                    copy(&self.buffer().as_slice()[start..start + taken as usize], written);
                    state.position.set(state.position.get() + taken);
                    written += taken;
                    if once {
                        break;
                    }
                    continue;
                }
                count
            };
            match count {
                None if written == 0 => return Ok(Value::NONE),
                None | Some(0) => break,
                Some(count) => written += count,
            }
            if once {
                break;
            }
        }
        vm.new_int(written)
    }

    /// `readline(limit)`; no limit when negative.
    pub fn read_line(self, limit: isize) -> PyResult {
        let (vm, state) = (self.vm, self.state);
        self.raw()?;
        self.check_open("readline of closed file")?;
        let limit = if limit < 0 { i64::MAX } else { limit as i64 };
        let ahead = self.ahead().min(limit);
        let start = state.position.get() as usize;
        let buffer = self.buffer();
        let found = memchr::memchr(b'\n', &buffer.as_slice()[start..start + ahead as usize]);
        if let Some(at) = found {
            return self.take(at as i64 + 1);
        }
        if ahead == limit {
            return self.take(ahead);
        }
        let _busy = self.enter()?;
        let mut line = buffer.as_slice()[start..start + ahead as usize].to_vec();
        state.position.set(state.position.get() + ahead);
        if state.writable.get() {
            self.flush_and_rewind()?;
        }
        loop {
            self.forget_read();
            let Some(count) = self.fill()?.filter(|&count| count > 0) else { break };
            let usable = count.min(limit - line.len() as i64);
            let buffer = self.buffer();
            let part = &buffer.as_slice()[..usable as usize];
            let end = memchr::memchr(b'\n', part).map(|at| at + 1);
            line.extend_from_slice(&part[..end.unwrap_or(part.len())]);
            state.position.set(end.map_or(usable, |end| end as i64));
            if end.is_some() || line.len() as i64 >= limit {
                break;
            }
        }
        Ok(vm.new_bytes(&line)?.value())
    }
}
