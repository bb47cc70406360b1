//! The heap: its parts, construction, and what concerns single objects.

use std::collections::VecDeque;

use crate::Error;
use crate::allocate::{Nursery, OldCursor};
use crate::block::Blocks;
use crate::census::Census;
use crate::config::Config;
use crate::finalize::{Droppable, Finalizers};
use crate::header::{HAS_WEAKREF, Header, Object, PINNED, UNLOG, Word};
use crate::kind::{KindInfo, Kinds};
use crate::large::LargeSpace;
use crate::roots::RootSets;
use crate::space::{BLOCK, BLOCK_GRANULES, Space};
use crate::stats::Stats;
use crate::weak::WeakRefs;

/// How much a collection looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Generation {
    /// What was allocated since the last collection.
    Young,
    /// Everything.
    Full,
}

/// One garbage-collected heap. `cursor` and `limit` are its first two words: compiled code inlines the bump.
#[repr(C)]
pub struct Heap {
    pub(crate) cursor: usize,
    pub(crate) limit: usize,
    pub(crate) space: Space,
    pub(crate) nursery: Nursery,
    pub(crate) blocks: Blocks,
    /// Where evacuation and pretenured allocation put small and medium objects.
    pub(crate) old_small: OldCursor,
    pub(crate) old_medium: OldCursor,
    /// Bytes of old small objects, including those that died since the last full collection.
    pub(crate) live_bytes: usize,
    /// What it was after the last full collection.
    pub(crate) live_after_full: usize,
    /// A full collection is due when live bytes exceed this.
    pub(crate) full_at: usize,
    /// A full collection is due when blocks in use exceed this many bytes.
    pub(crate) full_at_blocks: usize,
    pub(crate) large: LargeSpace,
    /// Rust memory owned by objects, as reported.
    pub(crate) external_bytes: usize,
    /// Old objects that may hold young pointers; their UNLOG flag is clear.
    pub(crate) remembered: Vec<usize>,
    pub(crate) immortals: Vec<usize>,
    /// Objects reached whose slots are still to be visited.
    pub(crate) mark_stack: Vec<Object>,
    pub(crate) kinds: Kinds,
    /// By shape: an old object that lives as long as any object of that shape, or 0.
    pub(crate) shape_owners: Vec<Word>,
    pub(crate) roots: RootSets,
    pub(crate) weak: WeakRefs,
    pub(crate) finalizers: Finalizers,
    pub(crate) droppable: Droppable,
    /// What the collection that runs is to tell.
    pub(crate) census: Option<Census>,
    pub(crate) census_found: usize,
    /// Garbage that a census saved; roots until taken.
    pub(crate) saved: VecDeque<Word>,
    pub(crate) automatic_full: bool,
    pub(crate) collecting: bool,
    pub(crate) stats: Stats,
    pub(crate) config: Config,
}

/// Offset of the allocation cursor in [`Heap`].
pub const CURSOR_OFFSET: usize = std::mem::offset_of!(Heap, cursor);
/// Offset of the allocation limit in [`Heap`].
pub const LIMIT_OFFSET: usize = std::mem::offset_of!(Heap, limit);
const _: () = assert!(CURSOR_OFFSET == 0 && LIMIT_OFFSET == 8);

// SAFETY: the heap has no thread affinity; what it points to (its reservation, registered roots) is used by one thread
// at a time, which the user guarantees by handing the heap over as a whole.
unsafe impl Send for Heap {}

impl Heap {
    pub fn new(config: Config) -> Result<Box<Heap>, Error> {
        let config = config.normalized();
        let space = Space::reserve(config.reserve)?;
        let sparse_below = if config.no_move { BLOCK_GRANULES / 2 } else { BLOCK_GRANULES / 8 };
        Ok(Box::new(Heap {
            cursor: 0,
            limit: 0,
            nursery: Nursery::new(config.first_nursery, config.stress),
            blocks: Blocks { sparse_below, reuse_late: config.evacuate_always, ..Blocks::default() },
            old_small: OldCursor::new(),
            old_medium: OldCursor::new(),
            live_bytes: 0,
            live_after_full: 0,
            full_at: config.first_full,
            full_at_blocks: config.first_full / 2 * 3 + config.nursery * 2,
            large: LargeSpace::new(&space),
            external_bytes: 0,
            remembered: Vec::new(),
            immortals: Vec::new(),
            mark_stack: Vec::new(),
            kinds: Kinds::new(),
            shape_owners: Vec::new(),
            roots: RootSets::default(),
            weak: WeakRefs::default(),
            finalizers: Finalizers::default(),
            droppable: Droppable::default(),
            census: None,
            census_found: 0,
            saved: VecDeque::new(),
            automatic_full: true,
            collecting: false,
            stats: Stats::default(),
            config,
            space,
        }))
    }

    /// Says how objects of a trace kind are laid out; before the first of them is allocated.
    pub fn define_kind(&mut self, kind: u8, info: KindInfo) {
        self.kinds.define(kind, info);
    }

    pub fn kind_info(&self, kind: u8) -> &KindInfo {
        self.kinds.get(kind)
    }

    /// Objects of a shape keep `owner` alive from now on, as if each had a slot with it: their class. When the owner
    /// dies (with the last of them, in a full collection), the shape has none any more and may be used again.
    ///
    /// # Safety
    /// `owner` is a live object of [`Heap::alloc_old`] or [`Heap::alloc_immortal`].
    pub unsafe fn set_shape_owner(&mut self, shape: u32, owner: *mut u8) {
        let shape = shape as usize;
        if shape >= self.shape_owners.len() {
            self.shape_owners.resize(shape + 1, 0);
        }
        self.shape_owners[shape] = owner as Word;
    }

    /// The owner of an object's shape; 0: none.
    #[inline(always)]
    pub(crate) fn shape_owner(&self, header: Header) -> Word {
        self.shape_owners.get(header.shape() as usize).copied().unwrap_or(0)
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Makes sure that the object never moves: its address is its identity for life. Old objects never move anyway.
    ///
    /// # Safety
    /// `object` is a live object of this heap.
    #[inline]
    pub unsafe fn pin(&mut self, object: *mut u8) {
        let object = Object(object as usize);
        if !object.header().has(UNLOG) {
            object.add_flags(PINNED);
        }
    }

    /// Is this the address of an object of this heap that a collection can reach? For assertions.
    pub fn contains(&self, address: *const u8) -> bool {
        let address = address as usize;
        self.space.is_small(address) || self.space.is_large(address)
    }

    /// Tells the heap that objects own `delta` more (or fewer) bytes of Rust memory; counts toward the triggers.
    pub fn report_external(&mut self, delta: isize) {
        self.external_bytes = self.external_bytes.saturating_add_signed(delta);
        if delta > 0 {
            self.nursery.weighted += (delta as usize).min(self.nursery.budget) / 4;
            if self.nursery.is_due() {
                self.limit = self.cursor;
            }
        }
    }

    /// Switches automatic full collections off (they still come at twice the trigger) or on again.
    pub fn set_automatic_full(&mut self, automatic: bool) {
        self.automatic_full = automatic;
        self.set_nursery_budget();
    }

    pub fn is_automatic_full(&self) -> bool {
        self.automatic_full
    }

    pub(crate) fn used_bytes(&self) -> usize {
        self.live_bytes + self.large.bytes + self.external_bytes
    }

    /// Is the heap full enough for a full collection?
    pub(crate) fn is_full_due(&self) -> bool {
        let factor = if self.automatic_full { 1 } else { 2 };
        let block_bytes = self.blocks.in_use() * BLOCK;
        // Most of what is new will be gone after a young collection.
        let young = self.large.young.iter().map(|&index| self.large.records[index as usize].size).sum::<usize>();
        (self.used_bytes() - young) / factor > self.full_at || block_bytes / factor > self.full_at_blocks
    }

    /// Has the object registered weak references?
    ///
    /// # Safety
    /// `object` is a live object of this heap.
    #[inline(always)]
    pub unsafe fn has_weakrefs(&self, object: *const u8) -> bool {
        Object(object as usize).header().has(HAS_WEAKREF)
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.drop_all();
    }
}
