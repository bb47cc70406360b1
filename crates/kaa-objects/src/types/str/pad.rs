//! `center`, `ljust`, `rjust`, `zfill`, `expandtabs`.

use super::core::{PyStr, StrData};
use super::units::{Extent, StrWriter};
use crate::args::{Argument, FromValue};
use crate::{Gc, PyResult, Value, Vm, py_methods};

/// The character that fills: a string of one code point.
#[derive(Clone, Copy)]
struct FillChar(u32);

impl FromValue for FillChar {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<FillChar> {
        match vm.cast::<PyStr>(value) {
            Some(text) if text.len() == 1 => Ok(FillChar(text.data().at(0))),
            Some(_) => Err(vm.type_error("The fill character must be exactly one character long")),
            None => {
                let class = vm.class_name(value);
                Err(vm.type_error(format_args!("The fill character must be a unicode character, not {class}")))
            }
        }
    }
}

fn padded(vm: &Vm, this: Gc<PyStr>, left: usize, right: usize, fill: Option<FillChar>) -> PyResult<Gc<PyStr>> {
    if left == 0 && right == 0 {
        return vm.exact_str(this);
    }
    let fill = fill.map_or(b' '.into(), |fill| fill.0);
    let added = left.checked_add(right).ok_or_else(|| vm.overflow_error("padded string is too long"))?;
    let added = Extent::of_fill(fill, added);
    let extent = Extent::of(&this).and(vm, added).map_err(|raised| {
        vm.take_exception(raised);
        vm.overflow_error("padded string is too long")
    })?;
    let mut out = StrWriter::new(vm, extent)?;
    out.fill(fill, left);
    out.push_data(this.data());
    out.fill(fill, right);
    Ok(out.finish())
}

/// How much a text lacks of a width.
fn lack(this: Gc<PyStr>, width: isize) -> usize {
    usize::try_from(width).unwrap_or(0).saturating_sub(this.len())
}

#[py_methods(PAD, of = "str")]
impl PyStr {
    #[method(
        "center($self, width, fillchar=' ', /)",
        doc = "Return a centered string of length width.

Padding is done using the specified fill character (default is
a space)."
    )]
    fn center(vm: &Vm, this: Gc<PyStr>, width: isize, fillchar: Option<FillChar>) -> PyResult<Gc<PyStr>> {
        let lack = lack(this, width);
        // With an odd lack, the longer side depends on the width, as in CPython.
        let left = lack / 2 + (lack & width as usize & 1);
        padded(vm, this, left, lack - left, fillchar)
    }

    #[method(
        "ljust($self, width, fillchar=' ', /)",
        doc = "Return a left-justified string of length width.

Padding is done using the specified fill character (default is
a space)."
    )]
    fn ljust(vm: &Vm, this: Gc<PyStr>, width: isize, fillchar: Option<FillChar>) -> PyResult<Gc<PyStr>> {
        padded(vm, this, 0, lack(this, width), fillchar)
    }

    #[method(
        "rjust($self, width, fillchar=' ', /)",
        doc = "Return a right-justified string of length width.

Padding is done using the specified fill character (default is
a space)."
    )]
    fn rjust(vm: &Vm, this: Gc<PyStr>, width: isize, fillchar: Option<FillChar>) -> PyResult<Gc<PyStr>> {
        padded(vm, this, lack(this, width), 0, fillchar)
    }

    #[method(
        "zfill($self, width, /)",
        doc = "Pad a numeric string with zeros on the left, to fill a field of the given width.

The string is never truncated."
    )]
    fn zfill(vm: &Vm, this: Gc<PyStr>, width: isize) -> PyResult<Gc<PyStr>> {
        let zeros = lack(this, width);
        if zeros == 0 {
            return vm.exact_str(this);
        }
        let data = this.data();
        let signed = !data.is_empty() && matches!(data.at(0), 0x2b | 0x2d);
        let mut out = StrWriter::new(vm, Extent::of(&this).and(vm, Extent::of_fill(b'0'.into(), zeros))?)?;
        let sign = usize::from(signed);
        out.push_data(data.slice(0..sign));
        out.fill(b'0'.into(), zeros);
        out.push_data(data.slice(sign..data.len()));
        Ok(out.finish())
    }

    #[method(
        "expandtabs($self, /, tabsize=8)",
        doc = "Return a copy where all tab characters are expanded using spaces.

If tabsize is not given, a tab size of 8 characters is assumed."
    )]
    fn expandtabs(vm: &Vm, this: Gc<PyStr>, tabsize: i32) -> PyResult<Gc<PyStr>> {
        let data = this.data();
        if !data.iter().any(|c| c == 9) {
            return vm.exact_str(this);
        }
        let mut len = 0usize;
        expand(data, tabsize, |_, count| len = len.saturating_add(count));
        if len > isize::MAX as usize {
            return Err(vm.overflow_error("new string is too long"));
        }
        let mut out = StrWriter::new(vm, Extent { len, ..Extent::of(&this) })?;
        expand(data, tabsize, |code_point, count| out.fill(code_point, count));
        Ok(out.finish())
    }
}

/// The code points of a text with tabs made spaces, and how often each comes.
pub(crate) fn expand(data: StrData<'_>, tabsize: i32, mut each: impl FnMut(u32, usize)) {
    let size = usize::try_from(tabsize).unwrap_or(0);
    let mut column = 0usize;
    for code_point in data.iter() {
        if code_point == 9 {
            let spaces = if size == 0 { 0 } else { size - column % size };
            column = column.saturating_add(spaces);
            each(b' '.into(), spaces);
        } else {
            column = if matches!(code_point, 0x0a | 0x0d) { 0 } else { column + 1 };
            each(code_point, 1);
        }
    }
}
