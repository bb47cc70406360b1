//! Counters and memory statistics.

use std::time::Duration;

use crate::heap::Heap;
use crate::space::BLOCK;

/// What the collector did so far.
#[derive(Default, Clone, Copy, Debug)]
pub struct Stats {
    pub young_collections: u64,
    pub full_collections: u64,
    pub young_nanoseconds: u64,
    pub full_nanoseconds: u64,
    pub longest_pause_nanoseconds: u64,
    pub bytes_copied: u64,
    /// Objects that stack words pinned.
    pub pinned: u64,
    /// Young bytes that survived where they were: pinned by stack words, or since their address was given away.
    pub bytes_kept_in_place: u64,
    pub words_scanned: u64,
    pub finalizable_queued: u64,
    pub weakrefs_cleared: u64,
    pub peak_blocks: usize,
}

/// Memory of one heap, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct MemoryUse {
    /// Small objects that survived a collection (some may have died since).
    pub old_bytes: usize,
    /// Holes given to the mutator since the last collection.
    pub young_bytes: usize,
    pub large_bytes: usize,
    pub external_bytes: usize,
    /// Blocks that are not free.
    pub block_bytes: usize,
    /// A full collection is due when old, large and external bytes exceed this.
    pub full_collection_at: usize,
}

impl Heap {
    /// Counts a collection, and logs it if asked to.
    pub(crate) fn record_pause(&mut self, full: bool, used_before: usize, pause: Duration) {
        let nanoseconds = pause.as_nanos() as u64;
        let stats = &mut self.stats;
        if full {
            stats.full_collections += 1;
            stats.full_nanoseconds += nanoseconds;
        } else {
            stats.young_collections += 1;
            stats.young_nanoseconds += nanoseconds;
        }
        stats.longest_pause_nanoseconds = stats.longest_pause_nanoseconds.max(nanoseconds);
        if self.config.log {
            let kind = if full { "full" } else { "young" };
            let mib = |bytes: usize| bytes as f64 / (1 << 20) as f64;
            eprintln!(
                "gc: {kind} {:.2} ms, old {:.1} + young {:.1} -> {:.1} MiB ({:.1} in blocks, {:.1} large, full at {:.1}; \
                 so far {:.1} copied, {:.1} kept in place)",
                nanoseconds as f64 / 1e6,
                mib(used_before),
                mib(self.nursery.allocated),
                mib(self.used_bytes()),
                mib(self.blocks.in_use() * BLOCK),
                mib(self.large.bytes),
                mib(self.full_at),
                mib(self.stats.bytes_copied as usize),
                mib(self.stats.bytes_kept_in_place as usize),
            );
        }
    }
}
