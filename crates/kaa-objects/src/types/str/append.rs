//! Text that grows at its end: `s += part` in a loop.
//!
//! The code points of a longer string that was made by appending lie in a buffer with room to
//! spare, of which each string sees as many as it has. The string that sees all that the buffer
//! holds can be appended to in place: the result is another string that sees more of the same
//! buffer, while strings that were made before see what they saw. So building a text piece by
//! piece takes linear time.

use std::cell::Cell;

use super::core::{PyStr, STR_DATA, copy_code_points};
use crate::object::Header;
use crate::types::arrays::RawArray;
use crate::{Gc, PyResult, Vm, ids};

/// The trace kind of strings that refer to a buffer.
pub(crate) const SHARED_STR_KIND: u8 = kaa_gc::END_USER_KINDS - 1;

/// What the heap is to know of them: the word behind hash and length is a reference.
pub(crate) fn shared_str_kind() -> kaa_gc::KindInfo {
    kaa_gc::KindInfo::suffix("str in a buffer", 2)
}

/// Strings of fewer bytes are copied: there is little to gain.
const LEAST: usize = 512;

/// Code points of one kind: a raw array whose first word counts the bytes in use.
#[repr(C)]
pub struct StrBuffer {
    header: Header,
    len: Cell<usize>,
    used: Cell<usize>,
    data: [u64; 0],
}

const _: () = assert!(std::mem::offset_of!(StrBuffer, used) == size_of::<RawArray>());

impl StrBuffer {
    /// Where the code points start.
    #[inline(always)]
    pub fn start(&self) -> *const u8 {
        self.data.as_ptr().cast()
    }

    fn capacity(&self) -> usize {
        self.len.get() - 8
    }
}

impl Vm {
    /// `a + b`, where the result is likely to be appended to again; `None` when it is better
    /// copied. Both are plain strings and not empty.
    pub(super) fn append_str(&self, a: Gc<PyStr>, b: Gc<PyStr>) -> PyResult<Option<Gc<PyStr>>> {
        let kind = a.kind();
        let (old, added) = (a.len() * kind as usize, b.len() * kind as usize);
        if old + added < LEAST || b.kind() > kind {
            return Ok(None);
        }
        let buffer = match a.buffer() {
            Some(buffer) if buffer.used.get() == old && added <= buffer.capacity() - old => buffer,
            _ => self.grown_buffer(a, old, old + added)?,
        };
        // SAFETY: the buffer has room behind the bytes in use, which no string sees yet.
        unsafe { copy_code_points(buffer.start().cast_mut().add(old), kind, b.data()) };
        buffer.used.set(old + added);
        let string: Gc<PyStr> = self.alloc_raw(STR_DATA + 8, SHARED_STR_KIND, ids::STR)?;
        // SAFETY: fresh memory of that size; a young object needs no barrier.
        unsafe { (*string.as_ptr()).init_shared(a.len() + b.len(), kind, a.is_ascii() && b.is_ascii(), buffer) };
        Ok(Some(string))
    }

    /// A buffer with the code points of a string and room for more than `needed` bytes.
    #[cold]
    fn grown_buffer(&self, string: Gc<PyStr>, old: usize, needed: usize) -> PyResult<Gc<StrBuffer>> {
        let capacity = needed.checked_add(needed / 2).ok_or_else(|| self.no_memory())?.next_multiple_of(8);
        let size = size_of::<StrBuffer>() + capacity;
        let buffer: Gc<StrBuffer> = self.alloc_raw(size, kaa_gc::RAW, ids::RAW_ARRAY)?;
        // SAFETY: fresh memory of that size.
        unsafe {
            (*buffer.as_ptr()).len = Cell::new(capacity + 8);
            (*buffer.as_ptr()).used = Cell::new(old);
            let from = string.data().as_bytes().as_ptr();
            std::ptr::copy_nonoverlapping(from, (*buffer.as_ptr()).data.as_mut_ptr().cast(), old);
        }
        Ok(buffer)
    }

    /// `a + b` in place: as [`Vm::concat_str`], for a result that is likely to grow.
    pub fn concat_str_inplace(&self, a: Gc<PyStr>, b: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if !a.is_empty()
            && !b.is_empty()
            && let Some(longer) = self.append_str(a, b)?
        {
            return Ok(longer);
        }
        self.concat_str(a, b)
    }
}
