//! Trace kinds: how the collector finds the value words of an object.

use crate::header::Word;
use crate::visitor::Visitor;

/// Every word after the header is a value word.
pub const ALL_VALUES: u8 = 0;
/// No word is a value word.
pub const RAW: u8 = 1;
/// First kind that the heap's user may define with [`crate::Heap::define_kind`].
pub const FIRST_USER_KIND: u8 = 2;
/// Kinds from here on are kept free for the heap.
pub const END_USER_KINDS: u8 = 252;

/// Calls `visitor.slot` or `visitor.slots` for each value word that the object holds, inside it or in memory that it
/// owns. Must not allocate, must not touch other objects of the heap, and must visit the same slots each time.
pub type TraceFn = unsafe fn(object: *mut u8, visitor: &mut Visitor<'_>);
/// Frees the Rust memory that a dead object owns. Other objects must not be touched: they may be gone already.
pub type DropFn = unsafe fn(object: *mut u8);
/// Bytes of Rust memory that an object owns, as reported before with [`crate::Heap::report_external`].
pub type ExternalFn = unsafe fn(object: *const u8) -> usize;

#[derive(Clone, Copy)]
pub(crate) enum Layout {
    Undefined,
    /// Value words are the words `start..end` of the object (the header is word 0), cut at its end.
    Values {
        start: u16,
        end: u16,
    },
    Custom(TraceFn),
}

/// What the heap knows about the objects of one trace kind.
#[derive(Clone, Copy)]
pub struct KindInfo {
    pub name: &'static str,
    pub(crate) layout: Layout,
    pub(crate) drop: Option<DropFn>,
    pub(crate) external: Option<ExternalFn>,
    pub(crate) weak_slot: Option<u16>,
}

impl KindInfo {
    pub(crate) const UNDEFINED: KindInfo = KindInfo::with_layout("undefined", Layout::Undefined);

    const fn with_layout(name: &'static str, layout: Layout) -> KindInfo {
        KindInfo { name, layout, drop: None, external: None, weak_slot: None }
    }

    /// Every word after the header is a value word.
    pub const fn all_values(name: &'static str) -> KindInfo {
        KindInfo::with_layout(name, Layout::Values { start: 1, end: u16::MAX })
    }

    /// No value words.
    pub const fn raw(name: &'static str) -> KindInfo {
        KindInfo::with_layout(name, Layout::Values { start: 1, end: 1 })
    }

    /// `values` value words follow the header, the rest is raw.
    pub const fn prefix(name: &'static str, values: u16) -> KindInfo {
        KindInfo::with_layout(name, Layout::Values { start: 1, end: values + 1 })
    }

    /// `raw` raw words follow the header, all others are value words.
    pub const fn suffix(name: &'static str, raw: u16) -> KindInfo {
        KindInfo::with_layout(name, Layout::Values { start: raw + 1, end: u16::MAX })
    }

    /// The slots are found by a function.
    pub const fn custom(name: &'static str, trace: TraceFn) -> KindInfo {
        KindInfo::with_layout(name, Layout::Custom(trace))
    }

    /// Objects of this kind own Rust memory. They must be made with [`crate::Heap::alloc_with_drop`] or registered
    /// with [`crate::Heap::register_drop`]. They may still be moved bytewise.
    pub const fn with_drop(mut self, drop: DropFn) -> KindInfo {
        self.drop = Some(drop);
        self
    }

    /// How much of what was reported with `report_external` goes away when such an object is dropped.
    pub const fn with_external(mut self, external: ExternalFn) -> KindInfo {
        self.external = Some(external);
        self
    }

    /// Objects of this kind are weak references: `offset` (bytes from the header) is the slot of the referent. The
    /// layout must leave that slot out.
    pub const fn with_weak_slot(mut self, offset: u16) -> KindInfo {
        self.weak_slot = Some(offset);
        self
    }
}

/// The 256 kinds of one heap.
pub(crate) struct Kinds {
    table: Box<[KindInfo; 256]>,
}

impl Kinds {
    pub fn new() -> Kinds {
        let mut table = Box::new([KindInfo::UNDEFINED; 256]);
        table[ALL_VALUES as usize] = KindInfo::all_values("values");
        table[RAW as usize] = KindInfo::raw("raw");
        Kinds { table }
    }

    pub fn define(&mut self, kind: u8, info: KindInfo) {
        assert!((FIRST_USER_KIND..END_USER_KINDS).contains(&kind), "kind {kind} is not free for use");
        self.table[kind as usize] = info;
    }

    #[inline(always)]
    pub fn get(&self, kind: u8) -> &KindInfo {
        &self.table[kind as usize]
    }

    /// Can a part of a large object of this kind be visited alone?
    pub fn is_sliceable(&self, kind: u8) -> bool {
        matches!(self.get(kind).layout, Layout::Values { .. })
    }
}

/// The weak slot of a weak reference object.
pub(crate) fn weak_slot(object: usize, info: &KindInfo) -> *mut Word {
    (object + info.weak_slot.expect("a weak reference's kind has a weak slot") as usize) as *mut Word
}
