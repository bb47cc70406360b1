//! The exception table (`co_exceptiontable`): which handler an instruction has.
//!
//! An entry is four numbers: start, length and target in code units, and the stack depth times two
//! plus one when the raising instruction's offset is pushed too. Numbers are written in groups of
//! six bits, most significant first, bit 6 set on all but the last; bit 7 marks the first byte of
//! an entry, so that a search can start anywhere in the table.

/// A handler and the instructions it serves. Offsets are in bytes, as `dis` shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionEntry {
    pub start: u32,
    /// The first byte after the last instruction served.
    pub end: u32,
    pub target: u32,
    /// How deep the stack is cut before the exception is pushed.
    pub depth: u32,
    /// Push the offset of the raising instruction before the exception.
    pub lasti: bool,
}

/// Appends an entry to a table. Entries must come in the order of their start.
pub fn write_exception_entry(out: &mut Vec<u8>, entry: &ExceptionEntry) {
    write_number(out, entry.start / 2, 0x80);
    write_number(out, (entry.end - entry.start) / 2, 0);
    write_number(out, entry.target / 2, 0);
    write_number(out, entry.depth << 1 | u32::from(entry.lasti), 0);
}

fn write_number(out: &mut Vec<u8>, value: u32, mut mark: u8) {
    debug_assert!(value < 1 << 30);
    for shift in [24, 18, 12, 6] {
        if value >> shift != 0 {
            out.push((value >> shift & 63) as u8 | 64 | mark);
            mark = 0;
        }
    }
    out.push((value & 63) as u8 | mark);
}

/// The entries of a table, in order. A table that breaks off ends the iteration.
#[derive(Clone)]
pub struct ExceptionTable<'a> {
    table: &'a [u8],
    position: usize,
}

impl<'a> ExceptionTable<'a> {
    pub fn new(table: &'a [u8]) -> ExceptionTable<'a> {
        ExceptionTable { table, position: 0 }
    }

    /// The handler of the instruction at an offset in bytes.
    pub fn handler_at(&self, offset: u32) -> Option<ExceptionEntry> {
        // Entries are in the order of their start and do not overlap: halve the table by its entry
        // marks while it is long, then walk.
        let (mut low, mut high) = (0, self.table.len());
        while high - low > 64 {
            let middle = self.entry_start((low + high) / 2);
            if middle <= low {
                break;
            }
            let mut probe = ExceptionTable { table: self.table, position: middle };
            match probe.number() {
                Some(start) if start.wrapping_mul(2) <= offset => low = middle,
                _ => high = middle,
            }
        }
        ExceptionTable { table: self.table, position: low }
            .take_while(|entry| entry.start <= offset)
            .find(|entry| offset < entry.end)
    }

    /// The nearest mark of an entry at or before a position.
    fn entry_start(&self, mut position: usize) -> usize {
        while position > 0 && self.table[position] & 0x80 == 0 {
            position -= 1;
        }
        position
    }

    fn number(&mut self) -> Option<u32> {
        let mut value = 0u32;
        loop {
            let byte = *self.table.get(self.position)?;
            self.position += 1;
            value = value << 6 | u32::from(byte & 63);
            if byte & 64 == 0 {
                return Some(value);
            }
        }
    }
}

impl Iterator for ExceptionTable<'_> {
    type Item = ExceptionEntry;

    fn next(&mut self) -> Option<ExceptionEntry> {
        let start = self.number()?.wrapping_mul(2);
        let length = self.number()?.wrapping_mul(2);
        let target = self.number()?.wrapping_mul(2);
        let depth_lasti = self.number()?;
        Some(ExceptionEntry {
            start,
            end: start.wrapping_add(length),
            target,
            depth: depth_lasti >> 1,
            lasti: depth_lasti & 1 == 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `def f():\n try:\n  g()\n except E:\n  h()\n finally:\n  i()` compiled by CPython 3.14.
    const TABLE: &[u8] = &[130, 10, 24, 0, 152, 21, 48, 3, 173, 2, 51, 0, 175, 1, 48, 3, 176, 3, 51, 0, 179, 12, 63, 3];

    fn entry(start: u32, end: u32, target: u32, depth: u32, lasti: bool) -> ExceptionEntry {
        ExceptionEntry { start, end, target, depth, lasti }
    }

    #[test]
    fn reads_and_writes_what_cpython_writes() {
        let entries: Vec<_> = ExceptionTable::new(TABLE).collect();
        assert_eq!(
            entries,
            [
                entry(4, 24, 48, 0, false),
                entry(48, 90, 96, 1, true),
                entry(90, 94, 102, 0, false),
                entry(94, 96, 96, 1, true),
                entry(96, 102, 102, 0, false),
                entry(102, 126, 126, 1, true),
            ]
        );
        let mut out = Vec::new();
        entries.iter().for_each(|entry| write_exception_entry(&mut out, entry));
        assert_eq!(out, TABLE);
    }

    #[test]
    fn large_numbers_take_more_groups() {
        let large = entry(2 * 0x1234567, 2 * 0x1234568, 2 * 0x3FFFFFFF, 63, true);
        let mut out = Vec::new();
        write_exception_entry(&mut out, &large);
        assert_eq!(out[0], 0x80 | 64 | 1);
        assert_eq!(out.len(), 5 + 1 + 5 + 2);
        assert_eq!(ExceptionTable::new(&out).next(), Some(large));
    }

    #[test]
    fn finds_the_handler_in_a_long_table() {
        let mut out = Vec::new();
        for i in 0..1000 {
            write_exception_entry(&mut out, &entry(i * 20, i * 20 + 10, i * 20 + 12, i % 7, false));
        }
        let table = ExceptionTable::new(&out);
        for offset in (0..20_000).step_by(2) {
            let found = table.handler_at(offset);
            assert_eq!(found.map(|entry| entry.start), (offset % 20 < 10).then_some(offset / 20 * 20));
        }
        assert_eq!(table.handler_at(1_000_000), None);
        assert_eq!(ExceptionTable::new(&[]).handler_at(0), None);
    }

    #[test]
    fn broken_tables_end() {
        assert_eq!(ExceptionTable::new(&[0x80, 1, 2]).next(), None);
        assert_eq!(ExceptionTable::new(&[0xC0; 100]).next(), None);
        assert_eq!(ExceptionTable::new(&[0x40; 200]).handler_at(7), None);
    }
}
