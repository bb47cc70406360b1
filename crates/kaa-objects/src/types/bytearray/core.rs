//! The representation of `bytearray`: bytes that grow at the end and shrink at both ends.

use std::cell::Cell;

use crate::buffer::Exports;
use crate::class::PyType;
use crate::object::{Header, Slot, Trace, Visitor};
use crate::types::arrays::RawArray;
use crate::{Gc, PyResult, Vm};

/// A `bytearray`. The bytes are `len` ones of the storage from `start` on; what is before them was
/// deleted there, what is behind them is room to grow.
#[repr(C)]
pub struct PyByteArray {
    header: Header,
    storage: Slot<Gc<RawArray>>,
    start: Cell<usize>,
    len: Cell<usize>,
    /// The views of its memory: while there are any, it keeps its size.
    exports: Exports,
}

impl Trace for PyByteArray {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.storage.trace(visitor);
    }
}

impl PyByteArray {
    /// One without bytes.
    pub(super) fn empty() -> PyByteArray {
        PyByteArray {
            header: Header::EMPTY,
            storage: Slot::empty(),
            start: Cell::new(0),
            len: Cell::new(0),
            exports: Exports::default(),
        }
    }

    /// The number of bytes.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there is none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the storage has room for.
    pub(super) fn capacity(&self) -> usize {
        self.storage.get().map_or(0, |storage| storage.len())
    }

    /// The bytes. The slice shows a state of the past once the array changes.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        match self.storage.get() {
            // SAFETY: the bytes are a part of the storage.
            Some(storage) => unsafe { std::slice::from_raw_parts(storage.data().add(self.start.get()), self.len()) },
            None => &[],
        }
    }

    /// Calls a function with the bytes to write. It must not run Python code.
    #[inline]
    pub fn with_bytes_mut<R>(&self, with: impl FnOnce(&mut [u8]) -> R) -> R {
        match self.storage.get() {
            Some(storage) => {
                // SAFETY: as above; nothing else uses the bytes while the function runs.
                with(unsafe { std::slice::from_raw_parts_mut(storage.data().add(self.start.get()), self.len()) })
            }
            None => with(&mut []),
        }
    }

    /// Whether there are views of its memory.
    pub fn is_exported(&self) -> bool {
        self.exports.count() != 0
    }

    pub(crate) fn exports(&self) -> &Exports {
        &self.exports
    }

    /// The storage and where the bytes start in it.
    pub(super) fn storage(&self) -> Option<(Gc<RawArray>, usize)> {
        self.storage.get().map(|storage| (storage, self.start.get()))
    }
}

impl Gc<PyByteArray> {
    /// Raises `BufferError` while the memory is shared. Views that nobody has any more do not
    /// count: the collector finds them.
    #[inline]
    pub fn check_resizable(self, vm: &Vm) -> PyResult<()> {
        // SAFETY: every heap object is an object.
        let storage = self.storage.get().map(|storage| unsafe { storage.cast() });
        match self.exports.none_left(vm, storage) {
            true => Ok(()),
            false => Err(vm.buffer_error("Existing exports of data: object cannot be re-sized")),
        }
    }

    /// Makes the array so many bytes long; new bytes at the end are 0.
    pub fn resize(self, vm: &Vm, len: usize) -> PyResult<()> {
        let old = self.len();
        self.resize_with_garbage(vm, len)?;
        if len > old {
            self.with_bytes_mut(|bytes| bytes[old..].fill(0));
        }
        Ok(())
    }

    /// As [`Gc::<PyByteArray>::resize`]; new bytes at the end are anything.
    #[inline]
    pub(super) fn resize_with_garbage(self, vm: &Vm, len: usize) -> PyResult<()> {
        if len == self.len() {
            return Ok(());
        }
        self.check_resizable(vm)?;
        if self.start.get() + len < self.capacity() && !(len < self.capacity() / 4 && self.capacity() > 256) {
            self.len.set(len);
            return Ok(());
        }
        self.reallocate(vm, len)
    }

    #[cold]
    fn reallocate(self, vm: &Vm, len: usize) -> PyResult<()> {
        // Growing leaves room for an eighth more, as a list does.
        // One byte more than there are costs nothing, and programs can see that it is there.
        if len >= isize::MAX as usize {
            return Err(vm.no_memory());
        }
        let capacity = if len > self.len() && self.capacity() > 0 { len + (len >> 3) + 16 } else { len + 1 };
        let fresh = vm.new_raw_array(capacity)?;
        let kept = self.len().min(len);
        // SAFETY: the fresh storage has room for the bytes that are kept.
        unsafe { std::ptr::copy_nonoverlapping(self.as_slice().as_ptr(), fresh.data(), kept) };
        self.storage.set(vm, self, fresh);
        self.start.set(0);
        self.len.set(len);
        Ok(())
    }

    /// `array[start..end] = bytes`; these are no part of the array itself.
    pub(super) fn splice(self, vm: &Vm, start: usize, end: usize, bytes: &[u8]) -> PyResult<()> {
        let (old, tail) = (self.len(), self.len() - end);
        let new = old - (end - start) + bytes.len();
        if new < old && start == 0 {
            // Bytes at the front go without moving the others.
            self.check_resizable(vm)?;
            self.start.set(self.start.get() + (old - new));
            self.len.set(new);
        } else if new < old {
            self.check_resizable(vm)?;
            self.with_bytes_mut(|all| all.copy_within(end..end + tail, start + bytes.len()));
            self.resize_with_garbage(vm, new)?;
        } else if new > old {
            self.resize_with_garbage(vm, new)?;
            self.with_bytes_mut(|all| all.copy_within(end..end + tail, start + bytes.len()));
        }
        self.with_bytes_mut(|all| all[start..start + bytes.len()].copy_from_slice(bytes));
        Ok(())
    }

    /// Appends bytes, which are no part of the array itself.
    pub fn push_slice(self, vm: &Vm, bytes: &[u8]) -> PyResult<()> {
        let len = self.len();
        self.splice(vm, len, len, bytes)
    }

    /// Appends a byte.
    #[inline]
    pub fn push(self, vm: &Vm, byte: u8) -> PyResult<()> {
        let len = self.len();
        self.resize_with_garbage(vm, len + 1)?;
        self.with_bytes_mut(|all| all[len] = byte);
        Ok(())
    }
}

impl Vm {
    /// A `bytearray` with these bytes.
    pub fn new_bytearray(&self, bytes: &[u8]) -> PyResult<Gc<PyByteArray>> {
        self.new_bytearray_of_class(self.class::<PyByteArray>(), bytes)
    }

    /// A bytearray of a length whose bytes are anything.
    pub fn new_bytearray_of_garbage(&self, len: usize) -> PyResult<Gc<PyByteArray>> {
        let array = self.new_bytearray(&[])?;
        array.resize_with_garbage(self, len)?;
        Ok(array)
    }

    /// As [`Vm::new_bytearray`], of a class that may be derived.
    pub fn new_bytearray_of_class(&self, class: Gc<PyType>, bytes: &[u8]) -> PyResult<Gc<PyByteArray>> {
        let array = self.alloc_instance(class, PyByteArray::empty())?;
        if !bytes.is_empty() {
            array.push_slice(self, bytes)?;
        }
        Ok(array)
    }
}
