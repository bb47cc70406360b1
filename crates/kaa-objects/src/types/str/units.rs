//! Code for the three kinds of strings at once: generic functions over the unit that a code point
//! is stored in, and writing a string whose length and kind are known.

use super::core::{Kind, PyStr, StrData, copy_code_points, write_code_point};
use crate::{Gc, PyResult, Vm};

/// A code point as strings of one kind store it.
pub(super) trait Unit: Copy + Into<u32> {}

impl Unit for u8 {}
impl Unit for u16 {}
impl Unit for u32 {}

/// Evaluates an expression with the slice of units of a `StrData`, whatever their type.
macro_rules! with_units {
    ($data:expr, $units:ident => $body:expr) => {
        match $data {
            $crate::types::str::StrData::Latin1($units) => $body,
            $crate::types::str::StrData::Ucs2($units) => $body,
            $crate::types::str::StrData::Ucs4($units) => $body,
        }
    };
}
pub(super) use with_units;

/// What a string of several parts needs: the least kind, whether all is ASCII, the length.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub kind: Kind,
    pub ascii: bool,
    pub len: usize,
}

impl Extent {
    pub const EMPTY: Extent = Extent { kind: Kind::Latin1, ascii: true, len: 0 };

    /// The extent of a string.
    #[inline]
    pub fn of(string: &PyStr) -> Extent {
        Extent { kind: string.kind(), ascii: string.is_ascii(), len: string.len() }
    }

    /// The extent of code points that are no string yet.
    pub fn of_data(data: StrData<'_>) -> Extent {
        let bits = data.bits();
        Extent { kind: Kind::of(bits), ascii: bits < 128, len: data.len() }
    }

    /// The extent of a part `count` times.
    pub fn times(self, vm: &Vm, count: usize) -> PyResult<Extent> {
        match count {
            0 => Ok(Extent::EMPTY),
            _ => Ok(Extent { len: self.len.checked_mul(count).ok_or_else(|| too_long(vm))?, ..self }),
        }
    }

    /// The extent of one code point, `count` times.
    pub fn of_fill(code_point: u32, count: usize) -> Extent {
        match count {
            0 => Extent::EMPTY,
            _ => Extent { kind: Kind::of(code_point), ascii: code_point < 128, len: count },
        }
    }

    /// The extent of two parts.
    pub fn and(self, vm: &Vm, other: Extent) -> PyResult<Extent> {
        let len = self.len.checked_add(other.len).filter(|&len| len <= isize::MAX as usize);
        Ok(Extent {
            kind: self.kind.max(other.kind),
            ascii: self.ascii && other.ascii,
            len: len.ok_or_else(|| too_long(vm))?,
        })
    }
}

#[cold]
fn too_long(vm: &Vm) -> crate::Raised {
    vm.overflow_error("new string is too long")
}

/// Writes the code points of a fresh string in order. The caller allocates nothing meanwhile.
pub(crate) struct StrWriter {
    string: Gc<PyStr>,
    kind: Kind,
    at: usize,
}

impl StrWriter {
    /// A string of an extent, yet to be written.
    pub fn new(vm: &Vm, extent: Extent) -> PyResult<StrWriter> {
        let string = vm.alloc_str(extent.len, extent.kind, extent.ascii)?;
        Ok(StrWriter { string, kind: extent.kind, at: 0 })
    }

    /// Appends code points that the kind holds.
    #[inline]
    pub fn push_data(&mut self, data: StrData<'_>) {
        assert!(data.len() <= self.string.len() - self.at, "the string was made for fewer code points");
        // SAFETY: just checked; kinds have the size of their units.
        unsafe { copy_code_points(self.string.data_ptr().add(self.at * self.kind as usize), self.kind, data) };
        self.at += data.len();
    }

    /// Appends a code point, which the kind holds.
    #[inline]
    pub fn push(&mut self, code_point: u32) {
        assert!(self.at < self.string.len(), "the string was made for fewer code points");
        // SAFETY: just checked.
        unsafe { write_code_point(self.string.data_ptr(), self.kind, self.at, code_point) };
        self.at += 1;
    }

    /// Appends a code point several times.
    pub fn fill(&mut self, code_point: u32, count: usize) {
        assert!(count <= self.string.len() - self.at, "the string was made for fewer code points");
        if self.kind == Kind::Latin1 {
            // SAFETY: just checked; a unit is a byte.
            unsafe { self.string.data_ptr().add(self.at).write_bytes(code_point as u8, count) };
            self.at += count;
            return;
        }
        for index in self.at..self.at + count {
            // SAFETY: just checked.
            unsafe { write_code_point(self.string.data_ptr(), self.kind, index, code_point) };
        }
        self.at += count;
    }

    /// The string, whole.
    pub fn finish(self) -> Gc<PyStr> {
        assert_eq!(self.at, self.string.len(), "the string was made for just its code points");
        self.string
    }
}

impl Vm {
    /// The part of a string from `start` to `end`; itself when it is all of an exact `str`.
    pub(crate) fn substring(&self, string: Gc<PyStr>, start: usize, end: usize) -> PyResult<Gc<PyStr>> {
        if start == 0 && end == string.len() {
            return self.exact_str(string);
        }
        let part = string.data().slice(start..end);
        match part {
            StrData::Latin1(bytes) if string.is_ascii() && bytes.len() > 1 => {
                let new = self.alloc_str(bytes.len(), Kind::Latin1, true)?;
                // SAFETY: made for just these code points.
                unsafe { copy_code_points(new.data_ptr(), Kind::Latin1, part) };
                Ok(new)
            }
            _ => self.new_str_from_data(part),
        }
    }
}
