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
    pub end_line: i32,
    pub column: i32,
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
    out: Vec<u8>,
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

    /// The same, in the memory of a buffer that is emptied first.
    pub fn with_buffer(first_line: i32, mut buffer: Vec<u8>) -> LocationTableWriter {
        buffer.clear();
        LocationTableWriter { out: buffer, line: first_line, pending: Location::NONE, pending_units: 0 }
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

    /// The table.
    pub fn finish(self) -> Box<[u8]> {
        self.finish_buffer().into_boxed_slice()
    }

    /// The table, in the buffer.
    pub fn finish_buffer(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }

    fn flush(&mut self) {
        let mut units = std::mem::take(&mut self.pending_units);
        while units > 8 {
            self.entry(8);
            units -= 8;
        }
        if units > 0 {
            self.entry(units);
        }
    }

    fn entry(&mut self, units: usize) {
        let Location { line, end_line, column, end_column } = self.pending;
        if line < 0 {
            self.first_byte(FORM_NONE, units);
            return;
        }
        // A tree that a program built may have lines from any end of the range.
        let delta = line.wrapping_sub(self.line);
        if column < 0 || end_column < 0 {
            if end_line == line || end_line < 0 {
                self.first_byte(FORM_NO_COLUMNS, units);
                self.signed(delta);
                self.line = line;
                return;
            }
        } else if end_line == line {
            if delta == 0 && column < 80 && end_column >= column && end_column - column < 16 {
                self.first_byte((column >> 3) as u8, units);
                self.out.push(((column & 7) << 4 | (end_column - column)) as u8);
                return;
            }
            if (0..3).contains(&delta) && column < 128 && end_column < 128 {
                self.first_byte(FORM_ONE_LINE + delta as u8, units);
                self.out.extend_from_slice(&[column as u8, end_column as u8]);
                self.line = line;
                return;
            }
        }
        self.first_byte(FORM_LONG, units);
        self.signed(delta);
        self.unsigned(end_line.wrapping_sub(line) as u32);
        self.unsigned(column.wrapping_add(1) as u32);
        self.unsigned(end_column.wrapping_add(1) as u32);
        self.line = line;
    }

    fn first_byte(&mut self, form: u8, units: usize) {
        self.out.push(0x80 | form << 3 | (units - 1) as u8);
    }

    fn unsigned(&mut self, mut value: u32) {
        while value >= 64 {
            self.out.push(64 | (value & 63) as u8);
            value >>= 6;
        }
        self.out.push(value as u8);
    }

    fn signed(&mut self, value: i32) {
        let magnitude = value.unsigned_abs();
        self.unsigned(magnitude << 1 | u32::from(value < 0));
    }
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
