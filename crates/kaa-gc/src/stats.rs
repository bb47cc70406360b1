//! Counters and memory statistics.

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
    pub words_scanned: u64,
    pub finalizable_queued: u64,
    pub weakrefs_cleared: u64,
    pub peak_blocks: usize,
}
