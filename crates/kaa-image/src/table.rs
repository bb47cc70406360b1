//! A table: names in order, and for each a piece of data, which is used in place.
//!
//! ```text
//! u32  number of entries
//! u32  length of the texts
//! for each entry, ordered by name:
//!     u32  offset and length of the name
//!     u32  offset and length of a second text
//!     u32  offset and length of the data
//!     u32  a number: what it says depends on the kind of table
//!     u32  CRC-32 of the data
//! texts, one after the other
//! data, one after the other
//! ```
//!
//! All of it but the data is the index. Names of the index may be relied on when its own checksum,
//! which the container has, was right; the data of an entry when [`Entry::is_whole`] says so.

use crate::{ImageError, crc32};

const HEADER: usize = 8;
const RECORD: usize = 32;

/// A table whose index was checked.
#[derive(Clone, Copy, Debug)]
pub struct Table<'t> {
    bytes: &'t [u8],
    len: usize,
    /// Where the data begin.
    data: usize,
}

/// An entry of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'t> {
    pub name: &'t str,
    pub text: &'t str,
    pub data: &'t [u8],
    pub number: u32,
    crc: u32,
}

impl Entry<'_> {
    /// Whether the data are what was written.
    pub fn is_whole(&self) -> bool {
        crc32(self.data) == self.crc
    }
}

/// An entry to be written.
pub(crate) struct NewEntry<'e> {
    pub name: &'e str,
    pub text: &'e str,
    pub data: &'e [u8],
    pub number: u32,
}

impl<'t> Table<'t> {
    /// A table without entries.
    pub(crate) const EMPTY: Table<'static> = Table { bytes: &[], len: 0, data: 0 };

    /// The table of these bytes, whose index was checked; `None` when they contradict themselves.
    pub(crate) fn new(bytes: &'t [u8]) -> Option<Table<'t>> {
        let len = number(bytes, 0)?;
        let data = len.checked_mul(RECORD)?.checked_add(HEADER)?.checked_add(number(bytes, 4)?)?;
        (data <= bytes.len()).then_some(Table { bytes, len, data })
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The entry of a name.
    pub(crate) fn find(&self, name: &str) -> Option<Entry<'t>> {
        let index = self.lower_bound(name);
        self.get(index).filter(|entry| entry.name == name)
    }

    /// The index of the first name that is not before this one.
    pub(crate) fn lower_bound(&self, name: &str) -> usize {
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = (low + high) / 2;
            if self.name(middle) < name {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The entries from this index on.
    pub(crate) fn from(self, start: usize) -> impl Iterator<Item = Entry<'t>> {
        (start..self.len).map_while(move |index| self.get(index))
    }

    /// The name at an index; empty behind the last.
    pub(crate) fn name(&self, index: usize) -> &'t str {
        if index < self.len { self.text(index, 0).unwrap_or_default() } else { "" }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Entry<'t>> {
        if index >= self.len {
            return None;
        }
        let at = HEADER + index * RECORD;
        Some(Entry {
            name: self.text(index, 0)?,
            text: self.text(index, 8)?,
            data: self.part(index, 16, self.data)?,
            number: number(self.bytes, at + 24)? as u32,
            crc: number(self.bytes, at + 28)? as u32,
        })
    }

    fn text(&self, index: usize, field: usize) -> Option<&'t str> {
        std::str::from_utf8(self.part(index, field, HEADER + self.len * RECORD)?).ok()
    }

    /// What the offset and length in a field of a record name.
    fn part(&self, index: usize, field: usize, base: usize) -> Option<&'t [u8]> {
        let field = HEADER + index * RECORD + field;
        let start = base.checked_add(number(self.bytes, field)?)?;
        self.bytes.get(start..start.checked_add(number(self.bytes, field + 4)?)?)
    }
}

/// Adds a table to bytes, with entries in the order of their names; gives the length of its index.
pub(crate) fn write(entries: &[NewEntry<'_>], out: &mut Vec<u8>) -> Result<usize, ImageError> {
    debug_assert!(entries.is_sorted_by(|a, b| a.name < b.name));
    let number = |number: usize| match u32::try_from(number) {
        Ok(number) => Ok(number.to_le_bytes()),
        Err(_) => Err(ImageError::Plan("modules or files have more than 4 GiB".into())),
    };
    let start = out.len();
    let texts_len: usize = entries.iter().map(|entry| entry.name.len() + entry.text.len()).sum();
    out.extend_from_slice(&number(entries.len())?);
    out.extend_from_slice(&number(texts_len)?);
    let (mut text, mut data) = (0, 0);
    for entry in entries {
        for length in [entry.name.len(), entry.text.len()] {
            out.extend_from_slice(&number(text)?);
            out.extend_from_slice(&number(length)?);
            text += length;
        }
        for field in [data, entry.data.len(), entry.number as usize, crc32(entry.data) as usize] {
            out.extend_from_slice(&number(field)?);
        }
        data += entry.data.len();
    }
    for entry in entries {
        out.extend_from_slice(entry.name.as_bytes());
        out.extend_from_slice(entry.text.as_bytes());
    }
    let index = out.len() - start;
    entries.iter().for_each(|entry| out.extend_from_slice(entry.data));
    Ok(index)
}

fn number(bytes: &[u8], offset: usize) -> Option<usize> {
    let bytes = bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes) as usize)
}
