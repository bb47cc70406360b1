//! Text that can be overwritten: what `StringIO` writes into.

use std::collections::TryReserveError;

use kaa_objects::types::str::{Kind, PyStr, StrBuilder, StrData};
use kaa_objects::{Gc, PyResult, Vm};

/// Code points that can be appended to, overwritten and cut off, in the least kind that has held
/// them all so far.
#[derive(Default)]
pub struct TextBuffer(StrBuilder);

impl TextBuffer {
    /// The number of code points.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The code points.
    pub fn data(&self) -> StrData<'_> {
        match &self.0 {
            StrBuilder::Latin1(v) => StrData::Latin1(v),
            StrBuilder::Ucs2(v) => StrData::Ucs2(v),
            StrBuilder::Ucs4(v) => StrData::Ucs4(v),
        }
    }

    /// Cuts off what is behind a length.
    pub fn truncate(&mut self, len: usize) {
        match &mut self.0 {
            StrBuilder::Latin1(v) => v.truncate(len),
            StrBuilder::Ucs2(v) => v.truncate(len),
            StrBuilder::Ucs4(v) => v.truncate(len),
        }
    }

    /// Writes at a position, over what is there; what is skipped becomes null characters. An error
    /// when there is no memory for that: any position can be asked for.
    pub fn write(&mut self, position: usize, data: StrData<'_>) -> Result<(), TryReserveError> {
        if position < self.len() {
            self.overwrite(position, data);
            return Ok(());
        }
        let skipped = position - self.len();
        macro_rules! skip {
            ($units:expr) => {
                if skipped > 0 {
                    $units.try_reserve(skipped.saturating_add(data.len()))?;
                    $units.resize(position, 0);
                }
            };
        }
        match &mut self.0 {
            StrBuilder::Latin1(v) => skip!(v),
            StrBuilder::Ucs2(v) => skip!(v),
            StrBuilder::Ucs4(v) => skip!(v),
        }
        self.0.push_data(data);
        Ok(())
    }

    fn overwrite(&mut self, position: usize, data: StrData<'_>) {
        let over = data.len().min(self.len() - position);
        let fits = match &self.0 {
            StrBuilder::Latin1(_) => Kind::Latin1,
            StrBuilder::Ucs2(_) => Kind::Ucs2,
            StrBuilder::Ucs4(_) => Kind::Ucs4,
        };
        if Kind::of(data.bits()) > fits {
            // Widened by appending what is wide, and taking it away again.
            let len = self.len();
            self.0.push_data(data);
            self.truncate(len);
        }
        macro_rules! copy {
            ($to:expr, $unit:ty) => {
                for (to, code_point) in $to[position..position + over].iter_mut().zip(data.iter()) {
                    *to = code_point as $unit;
                }
            };
        }
        match &mut self.0 {
            StrBuilder::Latin1(v) => copy!(v, u8),
            StrBuilder::Ucs2(v) => copy!(v, u16),
            StrBuilder::Ucs4(v) => copy!(v, u32),
        }
        self.0.push_data(data.slice(over..data.len()));
    }

    /// A part of the text as an object.
    pub fn part(&self, vm: &Vm, range: std::ops::Range<usize>) -> PyResult<Gc<PyStr>> {
        vm.new_str_from_data(self.data().slice(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_overwritten_appended_and_cut_off() {
        let mut text = TextBuffer::default();
        text.write(0, StrData::Latin1(b"hello")).unwrap();
        text.write(7, StrData::Latin1(b"x")).unwrap();
        assert_eq!(text.data(), StrData::Latin1(b"hello\0\0x"));
        text.write(1, StrData::Ucs2(&[0x20ac, 0x41])).unwrap();
        let wide: Vec<u32> = text.data().iter().collect();
        assert_eq!(wide, [104, 0x20ac, 0x41, 108, 111, 0, 0, 120]);
        text.truncate(3);
        text.write(2, StrData::Latin1(b"zzz")).unwrap();
        assert_eq!(text.data().iter().collect::<Vec<_>>(), [104, 0x20ac, 122, 122, 122]);
        assert!(text.write(usize::MAX / 2, StrData::Latin1(b"far")).is_err());
        assert_eq!(text.len(), 5);
    }
}
