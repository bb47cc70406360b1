//! The heap of the virtual machine: a mostly-copying nursery over a mark-region old space whose objects never move.
//! It knows nothing of Python; README.md tells the rules for its users.

mod allocate;
mod barrier;
mod block;
mod census;
mod collect;
mod config;
mod conservative;
mod evacuate;
mod finalization_order;
mod finalize;
mod header;
mod heap;
mod inspect;
mod kind;
mod large;
mod mark;
mod roots;
mod space;
mod stats;
mod verify;
mod visitor;
mod weak;

pub use census::Census;
pub use config::Config;
pub use finalize::FinalizationFilter;
pub use header::{
    FINALIZE, FWD, HAS_WEAKREF, Header, IMMORTAL, LARGE, PINNED, SMALL_MAX, UNLOG, USER, Word, is_pointer,
};
pub use heap::{CURSOR_OFFSET, Generation, Heap, LIMIT_OFFSET};
pub use kind::{ALL_VALUES, DropFn, END_USER_KINDS, ExternalFn, FIRST_USER_KIND, KindInfo, RAW, TraceFn};
pub use roots::{Roots, RootsId, ThreadId, current_stack_base, scrub_stack, with_spilled_registers};
pub use stats::{MemoryUse, Stats};
pub use visitor::Visitor;
pub use weak::{Sweep, WeakTable, WeakTableId};

/// What freed memory is overwritten with in mode `poison`.
pub const POISON: u64 = 0xd8d8_d8d8_d8d8_d8d8;

/// Why a heap could not be made.
#[derive(Debug)]
pub enum Error {
    /// The system grants no address space.
    Reservation(std::io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Reservation(error) => write!(f, "cannot reserve address space for the heap: {error}"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests;
