//! Copying the command: the copy has no library, no debug information unless it is asked for and,
//! mostly, no [tables](crate::unwind) of native stacks, and the container as a segment of its own at
//! the end, which the kernel maps with the others. So a start opens nothing,
//! reads nothing, and needs no `/proc`: the program finds the container by its program headers.
//!
//! ```text
//! before   headers │ notes │ data … LIBRARY … data TABLES │ code │ variables │ debug information
//! after    headers │ check │ data … │ … data │ (zeros)     │ code │ variables │ container
//!                                   └ the segment is three from here on
//! ```
//!
//! Addresses in memory stay as they are; only whole pages are cut out of the file. The table of
//! program headers stays in its place, where the C library counts on it: it grows over notes, which
//! nothing reads. One of them is code, the [check](crate::stub) that a copy starts with.
//!
//! The kernel must have nothing to do with the last bytes of a segment, as it ends the process when
//! they are not in the file: what variables without a value share of a page is zeros in the file,
//! and the rest of them a segment without a file.

use std::ops::Range;

use crate::elf::{
    self, Headers, PT_GNU_EH_FRAME, PT_GNU_PROPERTY, PT_KAA, PT_LOAD, PT_NOTE, PT_PHDR, READABLE, Segment,
};
use crate::stub::Stub;
use crate::{ImageError, Template, sections, unwind};

/// An executable before its container is added.
pub(crate) struct Copy {
    /// Its file; the container comes behind.
    pub bytes: Vec<u8>,
    table: usize,
    segments: Vec<Segment>,
    /// The address of the container.
    container: u64,
    stub: Option<(Stub, Range<usize>)>,
}

/// Copies a template without what copies do not have.
pub(crate) fn copy(template: &Template<'_>, debug: bool) -> Result<Copy, ImageError> {
    let file = template.executable;
    let Headers { table, segments, entry } = elf::headers(file)?;
    if segments.iter().any(|segment| segment.kind == elf::PT_INTERP) {
        let message = "it loads shared libraries, which need not be where a copy runs; a command that is linked \
                       statically can be, as `cargo build -p kaa` makes it";
        return Err(ImageError::Template(message.into()));
    }
    let loaded = || segments.iter().filter(|segment| segment.kind == PT_LOAD);
    if loaded().next().is_none() || loaded().any(|segment| segment.end() > file.len() as u64) {
        return Err(ImageError::Template("it is cut off".into()));
    }
    let page = loaded().map(|segment| segment.align).max().unwrap_or(0).max(4096);
    if !page.is_power_of_two() || page > 1 << 21 {
        return Err(ImageError::Template(format!("its segments are aligned to {page} bytes")));
    }
    let stub = Stub::find(file, &segments);
    let room = room(table, &segments);
    let library = Cut { range: find(file, template.library)?, zeros: false };
    let tables = if debug { None } else { unwind::find(file, &segments) };
    let tables = tables.map(|range| Cut { range, zeros: true });
    let has_tables = tables.is_none();
    let mut cuts: Vec<Cut> = [library].into_iter().chain(tables).collect();
    cuts.sort_by_key(|cut| cut.range.start);
    let pieces = split(&segments, &cuts, page)?;
    let (mut bytes, mut loads) = lay_out(file, &pieces, &cuts, page)?;
    bytes[table..table + room].fill(0);
    let sections = if debug { sections::append(file, &mut bytes, &loads)? } else { sections::Table::default() };
    sections.write(&mut bytes);
    bytes.resize(bytes.len().next_multiple_of(page as usize), 0);

    let mut address = top(&loads).next_multiple_of(page);
    let own = |size: u64, flags: u32, offset: u64, address: u64| Segment {
        kind: PT_LOAD,
        flags,
        offset,
        address,
        size,
        memory_size: size,
        align: page,
    };
    // Its length is known when the headers are.
    let stub_segment = stub.is_some().then_some(loads.len());
    if stub_segment.is_some() {
        loads.push(own(0, READABLE | elf::EXECUTABLE, 0, address));
        address += page;
    }
    let container = own(0, READABLE, bytes.len() as u64, address);
    loads.push(container);
    let others = segments.iter().filter(|segment| match segment.kind {
        PT_LOAD | PT_NOTE | PT_GNU_PROPERTY => false,
        PT_GNU_EH_FRAME => has_tables,
        _ => true,
    });
    let mut kept: Vec<Segment> = others.map(|segment| moved(segment, &loads)).collect();
    let first = kept.iter().take_while(|segment| segment.kind == PT_PHDR).count();
    let stub_segment = stub_segment.map(|index| first + index);
    kept.splice(first..first, loads);
    kept.push(Segment { kind: PT_KAA, ..container });

    let code = table + kept.len() * elf::ENTRY;
    let end = code + stub.as_ref().map_or(0, Stub::len);
    if end > table + room {
        return Err(ImageError::Template(format!("{} program headers have no room in it", kept.len())));
    }
    if let Some(headers) = kept.iter_mut().find(|segment| segment.kind == PT_PHDR) {
        headers.size = (code - table) as u64;
        headers.memory_size = headers.size;
    }
    if let Some(index) = stub_segment {
        kept[index] = own(end as u64, READABLE | elf::EXECUTABLE, 0, kept[index].address);
        elf::set_entry(&mut bytes, kept[index].address + code as u64 + Stub::ENTRY);
    }
    let stub = stub.map(|stub| (stub.before(entry), code..end));
    let mut copy = Copy { bytes, table, segments: kept, container: address, stub };
    copy.write_headers();
    Ok(copy)
}

impl Copy {
    /// Says how long the container is that comes behind.
    pub fn set_container(&mut self, len: usize) {
        for segment in self.segments.iter_mut().filter(|segment| segment.address == self.container) {
            (segment.size, segment.memory_size) = (len as u64, len as u64);
        }
        self.write_headers();
    }

    fn write_headers(&mut self) {
        elf::set_count(&mut self.bytes, self.segments.len());
        let table = &mut self.bytes[self.table..][..self.segments.len() * elf::ENTRY];
        self.segments.iter().zip(table.chunks_exact_mut(elf::ENTRY)).for_each(|(segment, out)| segment.write(out));
        if let Some((stub, range)) = &self.stub {
            stub.write(&mut self.bytes[range.clone()], top(&self.segments));
        }
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

/// The end of all segments in memory.
fn top(segments: &[Segment]) -> u64 {
    let loaded = segments.iter().filter(|segment| segment.kind == PT_LOAD);
    loaded.map(|segment| segment.address + segment.memory_size).max().unwrap_or(0)
}

/// Where the library is in the file.
fn find(file: &[u8], library: &[u8]) -> Result<Range<u64>, ImageError> {
    if library.is_empty() {
        return Err(ImageError::Template("it has no library".into()));
    }
    // Its first bytes are no text that is anywhere else.
    let start = memchr::memmem::find_iter(file, &library[..library.len().min(64)])
        .find(|&start| file[start..].starts_with(library));
    let start = start.ok_or_else(|| ImageError::Template("its library is not the running Kaa's".into()))?;
    Ok(start as u64..(start + library.len()) as u64)
}

/// What is cut out of the file: the whole pages of it.
struct Cut {
    /// Its place in the template.
    range: Range<u64>,
    /// Whether there are zeros in memory in place of it, and not nothing.
    zeros: bool,
}

/// The segments that are loaded, still with their places in the template: without the whole pages
/// of what is cut out, in its order, and with variables apart that are in no file.
fn split(segments: &[Segment], cuts: &[Cut], page: u64) -> Result<Vec<Segment>, ImageError> {
    let mut out = Vec::with_capacity(segments.len() + 2);
    for &segment in segments.iter().filter(|segment| segment.kind == PT_LOAD) {
        let mut segment = segment;
        for Cut { range, zeros } in cuts {
            let start = range.start.next_multiple_of(page);
            // The last page may be cut off in the template, too.
            let end = if range.end == segment.end() { range.end } else { range.end / page * page };
            if !(segment.offset <= start && end <= segment.end() && start < end) {
                continue;
            }
            if segment.size != segment.memory_size {
                return Err(ImageError::Template("what is left out is not in a segment of constants".into()));
            }
            let place = |offset: u64, size: u64| {
                let address = segment.address + (offset - segment.offset);
                Segment { offset, address, size, memory_size: size, ..segment }
            };
            let before = place(segment.offset, start - segment.offset);
            let between = Segment { size: 0, ..place(start, end - start) };
            out.extend((before.size > 0).then_some(before));
            out.extend(zeros.then_some(between));
            segment = place(end, segment.end() - end);
        }
        if segment.memory_size > segment.size {
            let end = segment.address + segment.memory_size;
            let shared = (segment.address + segment.size).next_multiple_of(page).min(end);
            out.push(Segment { memory_size: shared - segment.address, ..segment });
            let (size, address, memory_size) = (0, shared, end - shared);
            out.extend((memory_size > 0).then_some(Segment { size, address, memory_size, ..segment }));
        } else {
            out.extend((segment.size > 0).then_some(segment));
        }
    }
    Ok(out)
}

/// A file of these segments, and the segments at their places in it.
fn lay_out(file: &[u8], pieces: &[Segment], cuts: &[Cut], page: u64) -> Result<(Vec<u8>, Vec<Segment>), ImageError> {
    let mut bytes: Vec<u8> = Vec::with_capacity(file.len());
    let mut placed = Vec::with_capacity(pieces.len());
    for &piece in pieces {
        if piece.size == 0 {
            placed.push(Segment { offset: bytes.len() as u64, ..piece });
            continue;
        }
        // The kernel maps whole pages: the place in the page is that in memory. Two segments may
        // have a page of the file in common.
        let gap = piece.address.wrapping_sub(bytes.len() as u64) % page;
        bytes.resize(bytes.len() + gap as usize, 0);
        let offset = bytes.len();
        bytes.extend_from_slice(&file[piece.offset as usize..piece.end() as usize]);
        // What is left at the edges of pages goes as well.
        for Cut { range, .. } in cuts {
            let left = range.start.max(piece.offset)..range.end.min(piece.end());
            if !left.is_empty() {
                let at = |place: u64| offset + (place - piece.offset) as usize;
                bytes[at(left.start)..at(left.end)].fill(0);
            }
        }
        bytes.resize(offset + piece.memory_size as usize, 0);
        placed.push(Segment { offset: offset as u64, size: piece.memory_size, ..piece });
    }
    if placed.first().is_none_or(|first| first.offset != pieces[0].offset) {
        return Err(ImageError::Template("its first segment is not the start of its file".into()));
    }
    Ok((bytes, placed))
}

/// A segment that is part of another, which has moved in the file.
fn moved(segment: &Segment, loads: &[Segment]) -> Segment {
    let around = |load: &&Segment| (load.address..load.address + load.memory_size).contains(&segment.address);
    match loads.iter().find(around) {
        Some(load) => Segment { offset: load.offset + (segment.address - load.address), ..*segment },
        None => *segment,
    }
}

/// How many bytes there are for program headers: where the table is, and over the notes behind it.
fn room(table: usize, segments: &[Segment]) -> usize {
    let mut end = (table + segments.len() * elf::ENTRY) as u64;
    let notes = || segments.iter().filter(|segment| segment.kind == PT_NOTE);
    while let Some(note) = notes().find(|note| note.offset <= end.next_multiple_of(8) && note.end() > end) {
        end = note.end();
    }
    end as usize - table
}
