//! Sections: what debuggers, profilers and `nm` read. A copy has none, unless it is to keep symbols and
//! debug information.

use crate::ImageError;
use crate::elf::Segment;

const HEADER: usize = 64;
const ALLOC: u64 = 2;
/// A section whose bytes are not in the file.
const NOBITS: u32 = 8;

/// Where the section headers of a file are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub offset: u64,
    pub count: u16,
    /// The section with the names of all.
    pub names: u16,
}

impl Table {
    /// What the header of a file says.
    fn of(file: &[u8]) -> Table {
        let short = |at: usize| u16::from_le_bytes([file[at], file[at + 1]]);
        let offset = u64::from_le_bytes(file[40..48].try_into().expect("eight bytes"));
        Table { offset, count: short(60), names: short(62) }
    }

    /// Says it in the header of a file.
    pub fn write(self, file: &mut [u8]) {
        file[40..48].copy_from_slice(&self.offset.to_le_bytes());
        file[58..60].copy_from_slice(&(HEADER as u16).to_le_bytes());
        file[60..62].copy_from_slice(&self.count.to_le_bytes());
        file[62..64].copy_from_slice(&self.names.to_le_bytes());
    }
}

/// Puts the sections of a template behind the segments of its copy, which are at these places. Those that
/// are loaded are where their segments are; what of them was cut out or written over is in no file. A
/// template may have none.
pub(crate) fn append(file: &[u8], copy: &mut Vec<u8>, loads: &[Segment]) -> Result<Table, ImageError> {
    let table = Table::of(file);
    let start = usize::try_from(table.offset).ok().filter(|&start| start > 0 && table.count > 1);
    let headers = start.and_then(|start| file.get(start..start.checked_add(usize::from(table.count) * HEADER)?));
    let Some(headers) = headers else { return Ok(Table::default()) };
    let mut headers = headers.to_vec();
    for header in headers.chunks_exact_mut(HEADER) {
        let wide = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes"));
        let kind = u32::from_le_bytes(header[4..8].try_into().expect("four bytes"));
        let [flags, address, offset, size, align] = [8, 16, 24, 32, 48].map(wide);
        if kind == 0 || kind == NOBITS {
            continue;
        }
        let range = usize::try_from(offset).ok().zip(usize::try_from(offset.saturating_add(size)).ok());
        let bytes = range.and_then(|(start, end)| file.get(start..end));
        let bytes = bytes.ok_or_else(|| ImageError::Template("its sections are not in it".into()))?;
        let new = if flags & ALLOC != 0 {
            let around = |load: &&Segment| load.address <= address && address + size <= load.address + load.size;
            let place = loads.iter().find(around).map(|load| load.offset + (address - load.address));
            place.filter(|&place| copy.get(place as usize..(place + size) as usize) == Some(bytes))
        } else {
            copy.resize(copy.len().next_multiple_of(align.clamp(1, 4096) as usize), 0);
            copy.extend_from_slice(bytes);
            Some(copy.len() as u64 - size)
        };
        match new {
            Some(place) => header[24..32].copy_from_slice(&place.to_le_bytes()),
            None => header[4..8].copy_from_slice(&NOBITS.to_le_bytes()),
        }
    }
    copy.resize(copy.len().next_multiple_of(8), 0);
    let offset = copy.len() as u64;
    copy.extend(headers);
    Ok(Table { offset, ..table })
}
