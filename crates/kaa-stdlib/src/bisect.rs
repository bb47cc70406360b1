//! `_bisect`: searching and inserting in sorted rows.

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::types::list::PyList;
use kaa_objects::{PyResult, Value, Vm, py_module};

/// The module.
pub struct Bisect;

/// On which side of equal items a value belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Where a search looks: the first position, and the one to stop before (-1: the end).
type Range = (isize, isize);

/// The argument `hi`.
struct End(isize);

impl FromValue for End {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<End> {
        if !vm.is_int(value) && vm.slots_of(value).nb_index.is_none() {
            let class = vm.class_name(value);
            return Err(vm.type_error(format_args!("argument should be integer or None, not '{class}'")));
        }
        vm.index_to_isize(value, vm.exceptions().OverflowError).map(End)
    }
}

fn end(hi: Option<End>) -> isize {
    hi.map_or(-1, |End(hi)| hi)
}

#[py_module(
    name = "_bisect",
    doc = "Bisection algorithms.\n\nThis module provides support for maintaining a list in sorted order without\nhaving to sort the list after each insertion. For long lists of items with\nexpensive comparison operations, this can be an improvement over the more\ncommon approach.\n"
)]
impl Bisect {
    #[function(
        "bisect_left(a, x, lo=0, hi=None, *, key=None)",
        doc = "Return the index where to insert item x in list a, assuming a is sorted.\n\nThe return value i is such that all e in a[:i] have e < x, and all e in\na[i:] have e >= x.  So if x already appears in the list, a.insert(i, x)\nwill insert just before the leftmost x already there.\n\nOptional args lo (default 0) and hi (default len(a)) bound the\nslice of a to be searched.\n\nA custom key function can be supplied to customize the sort order."
    )]
    fn bisect_left(vm: &Vm, a: Value, x: Value, lo: isize, hi: Option<End>, key: Option<Value>) -> PyResult<isize> {
        search(vm, a, x, (lo, end(hi)), key, Side::Left)
    }

    #[function(
        "bisect_right(a, x, lo=0, hi=None, *, key=None)",
        doc = "Return the index where to insert item x in list a, assuming a is sorted.\n\nThe return value i is such that all e in a[:i] have e <= x, and all e in\na[i:] have e > x.  So if x already appears in the list, a.insert(i, x)\nwill insert just after the rightmost x already there.\n\nOptional args lo (default 0) and hi (default len(a)) bound the\nslice of a to be searched.\n\nA custom key function can be supplied to customize the sort order."
    )]
    fn bisect_right(vm: &Vm, a: Value, x: Value, lo: isize, hi: Option<End>, key: Option<Value>) -> PyResult<isize> {
        search(vm, a, x, (lo, end(hi)), key, Side::Right)
    }

    #[function(
        "insort_left(a, x, lo=0, hi=None, *, key=None)",
        doc = "Insert item x in list a, and keep it sorted assuming a is sorted.\n\nIf x is already in a, insert it to the left of the leftmost x.\n\nOptional args lo (default 0) and hi (default len(a)) bound the\nslice of a to be searched.\n\nA custom key function can be supplied to customize the sort order."
    )]
    fn insort_left(vm: &Vm, a: Value, x: Value, lo: isize, hi: Option<End>, key: Option<Value>) -> PyResult<()> {
        insert(vm, a, x, (lo, end(hi)), key, Side::Left)
    }

    #[function(
        "insort_right(a, x, lo=0, hi=None, *, key=None)",
        doc = "Insert item x in list a, and keep it sorted assuming a is sorted.\n\nIf x is already in a, insert it to the right of the rightmost x.\n\nOptional args lo (default 0) and hi (default len(a)) bound the\nslice of a to be searched.\n\nA custom key function can be supplied to customize the sort order."
    )]
    fn insort_right(vm: &Vm, a: Value, x: Value, lo: isize, hi: Option<End>, key: Option<Value>) -> PyResult<()> {
        insert(vm, a, x, (lo, end(hi)), key, Side::Right)
    }
}

/// Where `x`, which is to be compared with the keys of the items, belongs.
fn search(vm: &Vm, row: Value, x: Value, (lo, hi): Range, key: Option<Value>, side: Side) -> PyResult<isize> {
    if lo < 0 {
        return Err(vm.value_error("lo must be non-negative"));
    }
    let (mut lo, mut hi) = (lo, if hi == -1 { vm.len(row)? as isize } else { hi });
    let list = vm.cast_exact::<PyList>(row);
    while lo < hi {
        let middle = lo + (hi - lo) / 2;
        let item = match list.and_then(|list| list.get(middle as usize)) {
            Some(item) => item,
            None => vm.sequence_item(row, middle)?,
        };
        let item = match key {
            Some(key) => vm.call(key, &[item])?,
            None => item,
        };
        let before = match side {
            Side::Left => vm.less_than(item, x)?,
            Side::Right => !vm.less_than(x, item)?,
        };
        if before { lo = middle + 1 } else { hi = middle }
    }
    Ok(lo)
}

fn insert(vm: &Vm, row: Value, x: Value, range: Range, key: Option<Value>, side: Side) -> PyResult<()> {
    let x_key = match key {
        Some(key) => vm.call(key, &[x])?,
        None => x,
    };
    let index = search(vm, row, x_key, range, key, side)?;
    match vm.cast_exact::<PyList>(row) {
        Some(list) => list.insert_at(vm, (index as usize).min(list.len()), x),
        None => vm.call_method_str(row, "insert", &[vm.new_int(index as i64)?, x]).map(drop),
    }
}
