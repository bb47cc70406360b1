//! The location table (`co_linetable`): which part of the source each instruction comes from.
//!
//! An entry covers one to eight code units and begins with a byte whose highest bit is set: four
//! bits of form, three of length less one. The forms, from the shortest:
//!
//! | form | meaning | bytes that follow |
//! | --- | --- | --- |
//! | 0–9 | same line, short span | low column bits and width |
//! | 10–12 | line 0 to 2 further, one line | column, end column |
//! | 13 | line without columns | line difference |
//! | 14 | everything | line difference, end line less line, column + 1, end column + 1 |
//! | 15 | no location | – |
//!
//! Numbers are written in groups of six bits, least significant first, bit 6 set on all but the
//! last; signed ones have their sign in the lowest bit. [`LocationTableWriter`] chooses forms just
//! as CPython's assembler does, so that its bytes are the same. Readers take any bytes: a table
//! that breaks off ends the iteration.

/// A span of source. Lines count from 1, columns are byte offsets from 0; -1 stands for absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    pub line: i32,
    pub column: i32,
    pub end_line: i32,
    pub end_column: i32,
}

impl Location {
    /// Of an instruction that belongs to no source.
    pub const NONE: Location = Location { line: -1, end_line: -1, column: -1, end_column: -1 };
}

const FORM_ONE_LINE: u8 = 10;
const FORM_NO_COLUMNS: u8 = 13;
const FORM_LONG: u8 = 14;
const FORM_NONE: u8 = 15;

/// Bytes of a code unit.
const UNIT: u32 = 2;

/// Makes a location table.
pub struct LocationTableWriter {
    /// The table, and room behind it.
    out: Vec<u8>,
    length: usize,
    /// The line that the next difference counts from.
    line: i32,
    pending: Location,
    pending_units: usize,
}

impl LocationTableWriter {
    /// A table of a code object whose first line is given.
    pub fn new(first_line: i32) -> LocationTableWriter {
        LocationTableWriter::with_buffer(first_line, Vec::new())
    }

    /// The same, in the memory of a buffer. What it holds is written over.
    pub fn with_buffer(first_line: i32, mut buffer: Vec<u8>) -> LocationTableWriter {
        if buffer.len() < LONGEST_ENTRY {
            buffer.resize(256, 0);
        }
        LocationTableWriter { out: buffer, length: 0, line: first_line, pending: Location::NONE, pending_units: 0 }
    }

    /// The next instruction: its location and its size in code units, prefixes and caches included.
    /// Neighbours with the same location become one entry.
    #[inline]
    pub fn push(&mut self, location: Location, units: usize) {
        if location != self.pending {
            self.flush();
            self.pending = location;
        }
        self.pending_units += units;
    }

    /// The next instructions, at another place than the last.
    #[inline]
    pub fn push_run(&mut self, location: Location, units: usize) {
        self.flush();
        self.write(location, units);
    }

    /// The table.
    pub fn finish(self) -> Box<[u8]> {
        let (buffer, length) = self.finish_buffer();
        buffer[..length].into()
    }

    /// The buffer, and how long the table at its start is.
    pub fn finish_buffer(mut self) -> (Vec<u8>, usize) {
        self.flush();
        (self.out, self.length)
    }

    fn flush(&mut self) {
        if self.pending_units > 0 {
            let units = std::mem::take(&mut self.pending_units);
            self.write(self.pending, units);
        }
    }

    /// Writes entries for so many units.
    #[inline]
    fn write(&mut self, location: Location, mut units: usize) {
        while units > 8 {
            self.entry(location, 8);
            units -= 8;
        }
        if units > 0 {
            self.entry(location, units);
        }
    }

    #[inline]
    fn entry(&mut self, location: Location, units: usize) {
        if self.out.len() - self.length < LONGEST_ENTRY {
            self.out.resize(self.out.len() * 2, 0);
        }
        let width = location.end_column.wrapping_sub(location.column);
        let out = &mut self.out[self.length..];
        // One branch for all conditions: none of them can be foreseen.
        let is_short = (location.line == self.line)
            & (location.line >= 0)
            & (location.end_line == location.line)
            & ((location.column as u32) < 80)
            & ((width as u32) < 16);
        if is_short && let [first, second, ..] = out {
            let (column, width) = (location.column as u8, width as u8);
            *first = 0x80 | (column >> 3) << 3 | (units - 1) as u8;
            *second = (column & 7) << 4 | width;
            self.length += 2;
            return;
        }
        let out = out.first_chunk_mut().expect("room for an entry");
        self.length += write_entry(out, location, units, self.line);
        if location.line >= 0 {
            self.line = location.line;
        }
    }
}

/// No entry has more bytes: the first, and four numbers of six at most.
const LONGEST_ENTRY: usize = 25;

/// Writes an entry of any but the most frequent form; answers with its length.
fn write_entry(out: &mut [u8; LONGEST_ENTRY], location: Location, units: usize, last_line: i32) -> usize {
    let Location { line, end_line, column, end_column } = location;
    let first_byte = |form: u8| 0x80 | form << 3 | (units - 1) as u8;
    if line < 0 {
        out[0] = first_byte(FORM_NONE);
        return 1;
    }
    // A tree that a program built may have lines from any end of the range.
    let delta = line.wrapping_sub(last_line);
    if column < 0 || end_column < 0 {
        if end_line == line || end_line < 0 {
            out[0] = first_byte(FORM_NO_COLUMNS);
            return write_number(out, 1, zigzag(delta));
        }
    } else if end_line == line && (0..3).contains(&delta) && column < 128 && end_column < 128 {
        out[0] = first_byte(FORM_ONE_LINE + delta as u8);
        (out[1], out[2]) = (column as u8, end_column as u8);
        return 3;
    }
    out[0] = first_byte(FORM_LONG);
    let mut length = write_number(out, 1, zigzag(delta));
    for number in [end_line.wrapping_sub(line), column.wrapping_add(1), end_column.wrapping_add(1)] {
        length = write_number(out, length, number as u32);
    }
    length
}

/// Writes a number at a place; answers with the place behind it.
fn write_number(out: &mut [u8; LONGEST_ENTRY], mut at: usize, mut value: u32) -> usize {
    while value >= 64 {
        out[at] = 64 | (value & 63) as u8;
        value >>= 6;
        at += 1;
    }
    out[at] = value as u8;
    at + 1
}

/// A number with its sign in the lowest bit.
fn zigzag(value: i32) -> u32 {
    value.unsigned_abs() << 1 | u32::from(value < 0)
}

/// An entry of a location table: bytes `start..end` of `co_code` and where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationRange {
    pub start: u32,
    pub end: u32,
    pub location: Location,
}

/// The entries of a location table, in order.
#[derive(Clone)]
pub struct LocationTable<'a> {
    rest: std::slice::Iter<'a, u8>,
    line: i32,
    offset: u32,
}

impl<'a> LocationTable<'a> {
    /// The table of a code object (`co_linetable` and `co_firstlineno`).
    pub fn new(table: &'a [u8], first_line: i32) -> LocationTable<'a> {
        LocationTable { rest: table.iter(), line: first_line, offset: 0 }
    }

    /// One location for each code unit: `co_positions()`.
    pub fn positions(self) -> impl Iterator<Item = Location> + use<'a> {
        self.flat_map(|range| std::iter::repeat_n(range.location, ((range.end - range.start) / UNIT) as usize))
    }

    /// Stretches of one line, neighbours joined: `co_lines()`.
    pub fn lines(self) -> Lines<'a> {
        Lines { ranges: self, next: None }
    }

    /// The location of the instruction at an offset in bytes.
    pub fn location_at(mut self, offset: u32) -> Option<Location> {
        self.find(|range| offset < range.end).map(|range| range.location)
    }

    /// The line of the instruction at an offset in bytes; none where the table has none.
    pub fn line_at(self, offset: u32) -> Option<i32> {
        self.location_at(offset).map(|location| location.line).filter(|line| *line >= 0)
    }

    fn byte(&mut self) -> Option<i32> {
        self.rest.next().map(|byte| i32::from(*byte))
    }

    fn unsigned(&mut self) -> Option<i32> {
        let mut value = 0u32;
        let mut shift = 0u32;
        loop {
            let byte = *self.rest.next()?;
            value |= u32::from(byte & 63).checked_shl(shift).unwrap_or(0);
            if byte & 64 == 0 {
                return Some(value as i32);
            }
            shift = shift.saturating_add(6);
        }
    }

    fn advance_line(&mut self) -> Option<i32> {
        let value = self.unsigned()? as u32;
        let magnitude = (value >> 1) as i32;
        self.line = self.line.wrapping_add(if value & 1 == 0 { magnitude } else { magnitude.wrapping_neg() });
        Some(self.line)
    }
}

impl Iterator for LocationTable<'_> {
    type Item = LocationRange;

    #[inline]
    fn next(&mut self) -> Option<LocationRange> {
        let first = *self.rest.next()?;
        let form = first >> 3 & 15;
        let location = match form {
            FORM_NONE => Location::NONE,
            FORM_LONG => {
                let line = self.advance_line()?;
                Location {
                    line,
                    end_line: line.wrapping_add(self.unsigned()?),
                    column: self.unsigned()?.wrapping_sub(1),
                    end_column: self.unsigned()?.wrapping_sub(1),
                }
            }
            FORM_NO_COLUMNS => {
                let line = self.advance_line()?;
                Location { line, end_line: line, column: -1, end_column: -1 }
            }
            FORM_ONE_LINE..FORM_NO_COLUMNS => {
                self.line = self.line.wrapping_add(i32::from(form - FORM_ONE_LINE));
                Location { line: self.line, end_line: self.line, column: self.byte()?, end_column: self.byte()? }
            }
            _ => {
                let second = self.byte()?;
                let column = i32::from(form) << 3 | second >> 4;
                Location { line: self.line, end_line: self.line, column, end_column: column + (second & 15) }
            }
        };
        let start = self.offset;
        self.offset = start.wrapping_add((u32::from(first & 7) + 1) * UNIT);
        Some(LocationRange { start, end: self.offset, location })
    }
}

/// A stretch of instructions of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRange {
    pub start: u32,
    pub end: u32,
    pub line: Option<i32>,
}

/// See [`LocationTable::lines`].
#[derive(Clone)]
pub struct Lines<'a> {
    ranges: LocationTable<'a>,
    /// The entry after the last stretch, already read.
    next: Option<LocationRange>,
}

impl Iterator for Lines<'_> {
    type Item = LineRange;

    fn next(&mut self) -> Option<LineRange> {
        let first = self.next.take().or_else(|| self.ranges.next())?;
        let line = first.location.line;
        let mut end = first.end;
        for range in self.ranges.by_ref() {
            if range.location.line != line {
                self.next = Some(range);
                break;
            }
            end = range.end;
        }
        Some(LineRange { start: first.start, end, line: (line != -1).then_some(line) })
    }
}

#[cfg(test)]
mod tests;
