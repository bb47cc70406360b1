//! Copying the command: the copy has no library and no debug information, and the container as a
//! segment of its own at the end, which the kernel maps with the others. So a start opens nothing,
//! reads nothing, and needs no `/proc`: the program finds the container by its program headers.
//!
//! ```text
//! before   headers │ notes │ data … LIBRARY … data │ code │ variables │ debug information
//! after    headers        │ data … │ … data        │ code │ variables │ container
//!                                  └ the segment is two from here on
//! ```
//!
//! Addresses in memory stay as they are; only whole pages are cut out of the file. The table of
//! program headers stays in its place, where the C library counts on it: it grows over notes, which
//! nothing reads (the command has one for that purpose).

use std::ops::Range;

use crate::elf::{self, Headers, PT_GNU_PROPERTY, PT_KAA, PT_LOAD, PT_NOTE, PT_PHDR, READABLE, Segment};
use crate::{ImageError, Template};

/// An executable before its container is added.
pub(crate) struct Copy {
    /// Its file; the container comes behind.
    pub bytes: Vec<u8>,
    table: usize,
    segments: Vec<Segment>,
}

/// Copies a template without what copies do not have.
pub(crate) fn copy(template: &Template<'_>) -> Result<Copy, ImageError> {
    let file = template.executable;
    let Headers { table, segments } = elf::headers(file)?;
    let loaded = || segments.iter().filter(|segment| segment.kind == PT_LOAD);
    if loaded().next().is_none() || loaded().any(|segment| segment.end() > file.len() as u64) {
        return Err(ImageError::Template("it is cut off".into()));
    }
    let page = loaded().map(|segment| segment.align).max().unwrap_or(0).max(4096);
    if !page.is_power_of_two() || page > 1 << 21 {
        return Err(ImageError::Template(format!("its segments are aligned to {page} bytes")));
    }
    let library = find(file, template.library)?;
    let cut = (library.start as u64).next_multiple_of(page)..library.end as u64 / page * page;
    let cut = if cut.is_empty() { library.start as u64..library.start as u64 } else { cut };
    let end = loaded().map(Segment::end).max().unwrap_or(0);
    // What is left of the library at the edges of pages goes as well.
    let mut bytes = Vec::with_capacity(end as usize);
    bytes.extend_from_slice(&file[..library.start]);
    bytes.resize(cut.start as usize + (library.end - cut.end as usize), 0);
    bytes.extend_from_slice(&file[library.end..end as usize]);
    bytes.resize(bytes.len().next_multiple_of(page as usize), 0);

    let room = room(table, &segments);
    let mut kept = split(&segments, &cut)?;
    kept.retain(|segment| !matches!(segment.kind, PT_NOTE | PT_GNU_PROPERTY));
    let top = kept.iter().map(|segment| segment.address + segment.memory_size).max().unwrap_or(0);
    let container = Segment {
        kind: PT_LOAD,
        flags: READABLE,
        offset: bytes.len() as u64,
        address: top.next_multiple_of(page),
        size: 0,
        memory_size: 0,
        align: page,
    };
    let last = kept.iter().rposition(|segment| segment.kind == PT_LOAD).map_or(0, |index| index + 1);
    kept.insert(last, container);
    kept.push(Segment { kind: PT_KAA, ..container });
    if kept.len() > room {
        kept.retain(|segment| segment.kind != PT_PHDR);
    }
    if kept.len() > room {
        let message = "program headers have no room in it; the command is to be linked statically";
        return Err(ImageError::Template(format!("{} {message}", kept.len())));
    }
    if let Some(headers) = kept.iter().position(|segment| segment.kind == PT_PHDR) {
        let size = (kept.len() * elf::ENTRY) as u64;
        kept[headers] = Segment { size, memory_size: size, ..kept[headers] };
    }
    bytes[table..table + room * elf::ENTRY].fill(0);
    let mut copy = Copy { bytes, table, segments: kept };
    copy.write_headers();
    Ok(copy)
}

impl Copy {
    /// Says how long the container is that comes behind.
    pub fn set_container(&mut self, len: usize) {
        let start = self.bytes.len() as u64;
        for segment in self.segments.iter_mut().filter(|segment| segment.offset == start) {
            (segment.size, segment.memory_size) = (len as u64, len as u64);
        }
        self.write_headers();
    }

    fn write_headers(&mut self) {
        elf::set_counts(&mut self.bytes, self.segments.len());
        let table = &mut self.bytes[self.table..][..self.segments.len() * elf::ENTRY];
        self.segments.iter().zip(table.chunks_exact_mut(elf::ENTRY)).for_each(|(segment, out)| segment.write(out));
    }
}

/// Where in the file of an executable the container is, and the container as long as the program
/// headers say.
pub(crate) fn container(file: &[u8]) -> Result<(usize, &[u8]), ImageError> {
    let headers = elf::headers(file).map_err(|_| ImageError::NoProgram)?;
    let segment = headers.segments.iter().find(|segment| segment.kind == PT_KAA).ok_or(ImageError::NoProgram)?;
    let range = usize::try_from(segment.offset).ok().zip(usize::try_from(segment.end()).ok());
    let (start, end) = range.ok_or(ImageError::Truncated)?;
    Ok((start, file.get(start..end).ok_or(ImageError::Truncated)?))
}

/// Where the library is in the file.
fn find(file: &[u8], library: &[u8]) -> Result<Range<usize>, ImageError> {
    if library.is_empty() {
        return Err(ImageError::Template("it has no library".into()));
    }
    // Its first bytes are no text that is anywhere else.
    let start = memchr::memmem::find_iter(file, &library[..library.len().min(64)])
        .find(|&start| file[start..].starts_with(library));
    let start = start.ok_or_else(|| ImageError::Template("its library is not the running Kaa's".into()))?;
    Ok(start..start + library.len())
}

/// The segments when some bytes of the file, whole pages, are cut out.
fn split(segments: &[Segment], cut: &Range<u64>) -> Result<Vec<Segment>, ImageError> {
    let removed = cut.end - cut.start;
    let mut out = Vec::with_capacity(segments.len() + 1);
    for &segment in segments {
        if removed == 0 || segment.end() <= cut.start {
            out.push(segment);
        } else if segment.offset >= cut.end {
            out.push(Segment { offset: segment.offset - removed, ..segment });
        } else if segment.kind == PT_LOAD
            && segment.offset <= cut.start
            && segment.end() >= cut.end
            && segment.size == segment.memory_size
        {
            let first = cut.start - segment.offset;
            let second = segment.end() - cut.end;
            let address = segment.address + (cut.end - segment.offset);
            let before = Segment { size: first, memory_size: first, ..segment };
            let after = Segment { offset: cut.start, address, size: second, memory_size: second, ..segment };
            out.extend([before, after].into_iter().filter(|part| part.size > 0));
        } else {
            return Err(ImageError::Template("its library is not in one segment of constants".into()));
        }
    }
    Ok(out)
}

/// How many program headers there is room for: where the table is, and over the notes behind it.
fn room(table: usize, segments: &[Segment]) -> usize {
    let mut end = (table + segments.len() * elf::ENTRY) as u64;
    let notes = || segments.iter().filter(|segment| segment.kind == PT_NOTE);
    while let Some(note) = notes().find(|note| note.offset <= end.next_multiple_of(8) && note.end() > end) {
        end = note.end();
    }
    (end as usize - table) / elf::ENTRY
}
