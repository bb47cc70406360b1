//! Memory that an object shares with others: CPython's buffer protocol.

use crate::{Gc, Value};

use crate::types::tuple::PyTuple;

/// A view of an object's memory. The owner stays alive while the view is on the stack or traced;
/// who keeps it longer must call the owner's release when done.
pub struct Buffer {
    /// The object that the memory belongs to.
    pub owner: Value,
    /// The first byte (of the first item, for negative strides).
    pub data: *mut u8,
    /// Length in bytes of all items.
    pub len: usize,
    /// Whether the memory must not be written.
    pub readonly: bool,
    /// Size of an item in bytes.
    pub itemsize: usize,
    /// `struct` format of an item.
    pub format: &'static str,
    /// Shape and strides, when it is not one row of adjacent items.
    pub layout: Option<(Gc<PyTuple>, Gc<PyTuple>)>,
    /// Called when the view is given up.
    pub release: Option<fn(Value)>,
}

impl Buffer {
    /// A copy of all bytes, of one row of adjacent items.
    pub fn to_vec(&self) -> Vec<u8> {
        // SAFETY: the memory belongs to the owner, which the view keeps alive.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }.to_vec()
    }

    /// Gives the view up.
    pub fn release(self) {
        if let Some(release) = self.release {
            release(self.owner);
        }
    }

    /// A row of bytes.
    pub fn bytes(owner: Value, data: *mut u8, len: usize, readonly: bool) -> Buffer {
        Buffer { owner, data, len, readonly, itemsize: 1, format: "B", layout: None, release: None }
    }
}

/// Bits of a request: CPython's `PyBUF_*`.
#[allow(missing_docs)]
pub mod request {
    pub const SIMPLE: u32 = 0;
    pub const WRITABLE: u32 = 0x1;
    pub const FORMAT: u32 = 0x4;
    pub const ND: u32 = 0x8;
    pub const STRIDES: u32 = 0x10 | ND;
    pub const C_CONTIGUOUS: u32 = 0x20 | STRIDES;
    pub const F_CONTIGUOUS: u32 = 0x40 | STRIDES;
    pub const ANY_CONTIGUOUS: u32 = 0x80 | STRIDES;
    pub const INDIRECT: u32 = 0x100 | STRIDES;
    pub const FULL_RO: u32 = INDIRECT | FORMAT;
    pub const FULL: u32 = INDIRECT | WRITABLE | FORMAT;
}
