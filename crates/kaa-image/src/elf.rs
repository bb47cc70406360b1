//! Executables in the form ELF, of 64 bits and little-endian: as much of them as copying needs.

use crate::ImageError;

pub(crate) const HEADER: usize = 64;
pub(crate) const ENTRY: usize = 56;

pub(crate) const PT_LOAD: u32 = 1;
pub(crate) const PT_INTERP: u32 = 3;
pub(crate) const PT_NOTE: u32 = 4;
pub(crate) const PT_PHDR: u32 = 6;
pub(crate) const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
pub(crate) const PT_GNU_PROPERTY: u32 = 0x6474_e553;
/// The segment that is the container, in the range for systems and their languages: `kaa` in ASCII.
pub const PT_KAA: u32 = 0x6b61_6100;

pub(crate) const READABLE: u32 = 4;
pub(crate) const EXECUTABLE: u32 = 1;

/// A program header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub address: u64,
    /// In the file.
    pub size: u64,
    pub memory_size: u64,
    pub align: u64,
}

impl Segment {
    /// The end in the file.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.size)
    }

    fn read(bytes: &[u8]) -> Segment {
        let wide = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let narrow = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        Segment {
            kind: narrow(0),
            flags: narrow(4),
            offset: wide(8),
            address: wide(16),
            size: wide(32),
            memory_size: wide(40),
            align: wide(48),
        }
    }

    pub fn write(&self, out: &mut [u8]) {
        out[0..4].copy_from_slice(&self.kind.to_le_bytes());
        out[4..8].copy_from_slice(&self.flags.to_le_bytes());
        let fields = [self.offset, self.address, self.address, self.size, self.memory_size, self.align];
        for (index, field) in fields.into_iter().enumerate() {
            out[8 + index * 8..16 + index * 8].copy_from_slice(&field.to_le_bytes());
        }
    }
}

/// The program headers of an executable, and where the table of them is in the file.
pub(crate) struct Headers {
    /// The address of the first instruction.
    pub entry: u64,
    pub table: usize,
    pub segments: Vec<Segment>,
}

/// Reads the program headers of an executable that is loaded at fixed addresses.
pub(crate) fn headers(file: &[u8]) -> Result<Headers, ImageError> {
    let wrong = |what: &str| ImageError::Template(what.into());
    let header = file.get(..HEADER).ok_or_else(|| wrong("it is too short"))?;
    if header[..4] != *b"\x7fELF" || header[4] != 2 || header[5] != 1 {
        return Err(wrong("it is no ELF file of 64 bits, little-endian"));
    }
    let short = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
    if short(16) != 2 {
        return Err(wrong("it is not linked for fixed addresses"));
    }
    let [entry, table] = [24, 32].map(|at| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes")));
    let table = usize::try_from(table).unwrap_or(usize::MAX);
    let bytes = table.checked_add(short(56) * ENTRY).and_then(|end| file.get(table..end));
    let bytes = bytes.filter(|_| short(54) == ENTRY).ok_or_else(|| wrong("its program headers are not there"))?;
    Ok(Headers { entry, table, segments: bytes.chunks_exact(ENTRY).map(Segment::read).collect() })
}

/// Sets the number of program headers.
pub(crate) fn set_count(file: &mut [u8], segments: usize) {
    file[56..58].copy_from_slice(&(segments as u16).to_le_bytes());
}

/// Sets the address of the first instruction.
pub(crate) fn set_entry(file: &mut [u8], entry: u64) {
    file[24..32].copy_from_slice(&entry.to_le_bytes());
}
