//! The tables of a code object that are bytes: one behind the other, as packed code has them.

use std::marker::PhantomData;

/// `localspluskinds`, `linetable` and `exceptiontable`.
pub(super) struct Tables {
    start: *const u8,
    kinds: u32,
    lines: u32,
    exceptions: u32,
    /// Whether they are in a box of their own; else they live as long as the process.
    is_owned: bool,
    owned: PhantomData<Box<[u8]>>,
}

impl Tables {
    pub(super) const EMPTY: Tables = Tables::borrowed(&[], 0, 0);

    /// Tables in place: all three, and how long the first two are.
    pub(super) const fn borrowed(all: &'static [u8], kinds: usize, lines: usize) -> Tables {
        assert!(kinds + lines <= all.len() && all.len() <= u32::MAX as usize);
        let exceptions = (all.len() - kinds - lines) as u32;
        let (kinds, lines) = (kinds as u32, lines as u32);
        Tables { start: all.as_ptr(), kinds, lines, exceptions, is_owned: false, owned: PhantomData }
    }

    /// Copies of tables.
    pub(super) fn new(kinds: &[u8], lines: &[u8], exceptions: &[u8]) -> Tables {
        let all = [kinds, lines, exceptions].concat();
        assert!(u32::try_from(all.len()).is_ok(), "tables of more than 4 GB");
        Tables {
            start: Box::into_raw(all.into_boxed_slice()) as *const u8,
            kinds: kinds.len() as u32,
            lines: lines.len() as u32,
            exceptions: exceptions.len() as u32,
            is_owned: true,
            owned: PhantomData,
        }
    }

    /// How many bytes they are together.
    pub(super) fn len(&self) -> usize {
        self.kinds as usize + self.lines as usize + self.exceptions as usize
    }

    #[inline(always)]
    fn part(&self, start: usize, len: u32) -> &[u8] {
        // SAFETY: a part of the bytes that the tables were made of.
        unsafe { std::slice::from_raw_parts(self.start.add(start), len as usize) }
    }

    #[inline(always)]
    pub(super) fn kinds(&self) -> &[u8] {
        self.part(0, self.kinds)
    }

    #[inline(always)]
    pub(super) fn lines(&self) -> &[u8] {
        self.part(self.kinds as usize, self.lines)
    }

    #[inline(always)]
    pub(super) fn exceptions(&self) -> &[u8] {
        self.part(self.kinds as usize + self.lines as usize, self.exceptions)
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        if self.is_owned {
            let all = std::ptr::slice_from_raw_parts_mut(self.start.cast_mut(), self.len());
            // SAFETY: the box that they were made of, which nobody else owns.
            drop(unsafe { Box::from_raw(all) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_apart() {
        let parts = |tables: &Tables| [tables.kinds(), tables.lines(), tables.exceptions()].map(<[u8]>::to_vec);
        assert_eq!(parts(&Tables::new(&[1], &[2, 3], &[])), [vec![1], vec![2, 3], vec![]]);
        assert_eq!(parts(&Tables::borrowed(&[1, 2, 3, 4], 0, 1)), [vec![], vec![1], vec![2, 3, 4]]);
        assert_eq!(Tables::EMPTY.len(), 0);
    }
}
