//! Whether a file is up to date.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use kaa_bytecode::pyc::{self, HEADER_LENGTH, Validity};

/// What a file is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The source's time of change and size as headers have them.
    pub mtime: u32,
    pub size: u32,
}

impl Stamp {
    pub fn new(meta: &std::fs::Metadata) -> Stamp {
        use std::os::unix::fs::MetadataExt;
        // Python rounds towards zero, the system down.
        let rounded_down = meta.mtime() < 0 && meta.mtime_nsec() > 0;
        let mtime = meta.mtime() + i64::from(rounded_down);
        Stamp { mtime: mtime as u32, size: meta.len() as u32 }
    }

    pub fn validity(self) -> Validity {
        Validity::Timestamp { mtime: self.mtime, size: self.size }
    }
}

/// Whether the file is there, belongs to what the header says, and has more than a header.
pub(crate) fn is_fresh(target: &Path, expected: Validity) -> bool {
    let Ok(mut file) = File::open(target) else { return false };
    let mut start = [0; HEADER_LENGTH + 1];
    file.read_exact(&mut start).is_ok() && start[..HEADER_LENGTH] == pyc::header(expected)
}
