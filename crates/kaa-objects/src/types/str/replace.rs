//! `replace`.

use super::core::{Kind, PyStr, StrData};
use super::find;
use super::units::{Extent, StrWriter};
use crate::{Gc, PyResult, Vm, py_methods};

/// Puts `new` before each of the first `count` code points, and at the end when `count` is more.
fn interleave(vm: &Vm, this: Gc<PyStr>, new: Gc<PyStr>, count: usize) -> PyResult<Gc<PyStr>> {
    let count = count.min(this.len() + 1);
    let extent = Extent::of(&new).times(vm, count)?.and(vm, Extent::of(&this))?;
    let mut out = StrWriter::new(vm, extent)?;
    for (index, code_point) in this.data().iter().enumerate() {
        if index < count {
            out.push_data(new.data());
        }
        out.push(code_point);
    }
    if count > this.len() {
        out.push_data(new.data());
    }
    Ok(out.finish())
}

pub(super) fn replace(vm: &Vm, this: Gc<PyStr>, old: Gc<PyStr>, new: Gc<PyStr>, most: usize) -> PyResult<Gc<PyStr>> {
    if most == 0 || old.len() > this.len() || old.equals(&new) {
        return vm.exact_str(this);
    }
    if old.is_empty() {
        return interleave(vm, this, new, most);
    }
    let (text, old, new_data) = (this.data(), old.data(), new.data());
    let count = find::count(text, old, most);
    if count == 0 {
        return vm.exact_str(this);
    }
    let added = Extent::of(&new).times(vm, count)?;
    let kept = Extent { len: text.len() - old.len() * count, ..Extent::of(&this) };
    let mut extent = kept.and(vm, added)?;
    // What is replaced may have been the widest code points of the text: the result may need a
    // lesser kind.
    let widest_goes = old.kind() == this.kind() && (this.kind() != Kind::Latin1 || !this.is_ascii());
    if widest_goes {
        let mut bits = new_data.bits();
        pieces(text, old, count, |piece| bits |= piece.map_or(0, StrData::bits));
        extent = Extent { kind: Kind::of(bits), ascii: bits < 128, len: extent.len };
    }
    let mut out = StrWriter::new(vm, extent)?;
    pieces(text, old, count, |piece| out.push_data(piece.unwrap_or(new_data)));
    Ok(out.finish())
}

/// The text in pieces: what is kept, and `None` for each of the first `count` places of `old`.
fn pieces<'a>(text: StrData<'a>, old: StrData<'a>, count: usize, mut each: impl FnMut(Option<StrData<'a>>)) {
    let (mut start, mut left) = (0, count);
    find::for_each_match(text, old, |at| {
        each(Some(text.slice(start..at)));
        each(None);
        start = at + old.len();
        left -= 1;
        left > 0
    });
    each(Some(text.slice(start..text.len())));
}

#[py_methods(REPLACE, of = "str")]
impl PyStr {
    #[method(
        "replace($self, old, new, /, count=-1)",
        doc = "Return a copy with all occurrences of substring old replaced by new.

  count
    Maximum number of occurrences to replace.
    -1 (the default value) means replace all occurrences.

If the optional argument count is given, only the first count occurrences are
replaced."
    )]
    fn replace(vm: &Vm, this: Gc<PyStr>, old: Gc<PyStr>, new: Gc<PyStr>, count: isize) -> PyResult<Gc<PyStr>> {
        replace(vm, this, old, new, usize::try_from(count).unwrap_or(usize::MAX))
    }
}
