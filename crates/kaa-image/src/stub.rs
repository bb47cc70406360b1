//! The code that a copy starts with: it looks whether the end of the file is there, and says so and
//! stops where it is not. The runtime itself cannot: reading what is behind the end of a file that is
//! mapped ends the process.
//!
//! The command has it as a note (`crates/kaa/src/notes.rs`), for all processors for which there is
//! one: eight bytes for the address of the last eight bytes of the file, eight for that of the
//! runtime's own start, and the code, which runs at any address.

use crate::elf::{PT_NOTE, Segment};

/// Name and kind of the note.
const NAME: &[u8] = b"Kaa\0";
const KIND: u32 = 2;
/// How many bytes at the end of the file the code looks at.
const PROBE: u64 = 8;

/// The code, with the addresses that it needs.
pub(crate) struct Stub(Vec<u8>);

impl Stub {
    /// Where its first instruction is.
    pub const ENTRY: u64 = 16;

    /// The code in the notes of a template, if there is some.
    pub fn find(file: &[u8], segments: &[Segment]) -> Option<Stub> {
        let notes = segments.iter().filter(|segment| segment.kind == PT_NOTE);
        let mut notes = notes.filter_map(|segment| file.get(segment.offset as usize..segment.end() as usize));
        notes.find_map(in_notes).map(|code| Stub(code.to_vec()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The code that goes on with this entry point.
    pub fn before(mut self, entry: u64) -> Stub {
        self.0[8..16].copy_from_slice(&entry.to_le_bytes());
        self
    }

    /// Writes the code for a file whose last segment ends there in memory.
    pub fn write(&self, out: &mut [u8], end: u64) {
        out.copy_from_slice(&self.0);
        out[..8].copy_from_slice(&end.saturating_sub(PROBE).to_le_bytes());
    }
}

/// What the note with the code says, if it is one of these.
fn in_notes(mut notes: &[u8]) -> Option<&[u8]> {
    loop {
        let (header, rest) = notes.split_at_checked(12)?;
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
        let [name_len, len] = [number(0), number(4)].map(|len| len as usize);
        let (name, rest) = rest.split_at_checked(name_len.checked_next_multiple_of(4)?)?;
        let code = rest.get(..len)?;
        if number(8) == KIND && name == NAME && len > Stub::ENTRY as usize {
            return Some(code);
        }
        notes = rest.get(len.checked_next_multiple_of(4)?..)?;
    }
}
