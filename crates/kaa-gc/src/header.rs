//! The header: the first word of every object, and the pointer test for value words.
//!
//! ```text
//! bits  0-7   flags
//! bits  8-15  trace kind (index into the heap's kind table)
//! bits 16-31  size in 8-byte granules; 0 for a large object, whose size is in its side record
//! bits 32-63  shape id: opaque to the heap, the guard word of compiled code
//! ```
//!
//! While a young object is being evacuated its old header holds `new address | FWD`.

/// A word of an object: an immediate or the address of an object.
pub type Word = u64;

/// Old and not in the remembered set: a store of a young pointer must be remembered.
pub const UNLOG: u64 = 1;
/// Lives in the large space; the size is in its side record.
pub const LARGE: u64 = 2;
/// Evacuated: the header holds the new address. Only seen while a collection runs.
pub const FWD: u64 = 4;
/// Must not be moved by the first young collection that it survives.
pub const PINNED: u64 = 8;
/// Weak references to this object are registered.
pub const HAS_WEAKREF: u64 = 16;
/// Registered for finalization, not yet finalized.
pub const FINALIZE: u64 = 32;
/// Never dies and never moves.
pub const IMMORTAL: u64 = 64;
/// Free for the heap's user; the heap copies it along and never looks at it.
pub const USER: u64 = 128;

/// Largest object, in bytes with its header, that lives in a block; above it is the large space.
pub const SMALL_MAX: usize = 8192;

/// Is this value word the address of an object?
#[inline(always)]
pub const fn is_pointer(word: Word) -> bool {
    word & 7 == 0 && word != 0
}

/// The first word of an object.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header(pub u64);

impl Header {
    /// What the header field of a struct literal holds until the object is allocated.
    pub const EMPTY: Header = Header(0);

    /// A header without flags. `size` is in bytes and includes the header; it is rounded up to a multiple of 8.
    #[inline(always)]
    pub const fn new(kind: u8, size: usize, shape: u32) -> Header {
        let granules = if size > SMALL_MAX { 0 } else { (size as u64).div_ceil(8) };
        Header((kind as u64) << 8 | granules << 16 | (shape as u64) << 32)
    }

    #[inline(always)]
    pub const fn with_flags(self, flags: u64) -> Header {
        Header(self.0 | flags & 0xff)
    }

    #[inline(always)]
    pub const fn without_flags(self, flags: u64) -> Header {
        Header(self.0 & !(flags & 0xff))
    }

    #[inline(always)]
    pub const fn has(self, flags: u64) -> bool {
        self.0 & flags & 0xff != 0
    }

    #[inline(always)]
    pub const fn kind(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// Size in bytes with the header; 0 for a large object.
    #[inline(always)]
    pub const fn small_size(self) -> usize {
        (self.0 >> 13) as usize & 0x7_fff8
    }

    #[inline(always)]
    pub const fn shape(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline(always)]
    pub const fn with_shape(self, shape: u32) -> Header {
        Header(self.0 & 0xffff_ffff | (shape as u64) << 32)
    }

    /// Replaces the shape id; flags, kind and size stay.
    #[inline(always)]
    pub const fn set_shape(&mut self, shape: u32) {
        *self = self.with_shape(shape);
    }

    #[inline(always)]
    pub const fn is_large(self) -> bool {
        self.0 & LARGE != 0
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Header(flags={:#04x} kind={} ", self.0 as u8, self.kind())?;
        write!(f, "size={} shape={})", self.small_size(), self.shape())
    }
}

/// The address of an object whose header is valid. Crate-private: made only from addresses that the heap handed out or
/// found through its bitmaps, so the accessors below may read and write the header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Object(pub usize);

impl Object {
    #[inline(always)]
    pub fn header(self) -> Header {
        debug_assert!(self.0 & 7 == 0 && self.0 != 0);
        // SAFETY: an Object is the address of a mapped, 8-aligned header (type invariant).
        unsafe { *(self.0 as *const Header) }
    }

    #[inline(always)]
    pub fn set_header(self, header: Header) {
        debug_assert!(self.0 & 7 == 0 && self.0 != 0);
        // SAFETY: as in `header`; the heap owns the memory and one thread at a time mutates it.
        unsafe { *(self.0 as *mut Header) = header }
    }

    #[inline(always)]
    pub fn add_flags(self, flags: u64) {
        self.set_header(self.header().with_flags(flags));
    }

    #[inline(always)]
    pub fn remove_flags(self, flags: u64) {
        self.set_header(self.header().without_flags(flags));
    }

    /// The new address of an evacuated object.
    #[inline(always)]
    pub fn forwarded(self) -> Option<Object> {
        let header = self.header().0;
        if header & FWD != 0 { Some(Object((header & !FWD) as usize)) } else { None }
    }
}
