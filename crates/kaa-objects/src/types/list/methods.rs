//! The methods and slots of `list`.

use std::cell::Cell;

use super::PyList;
use super::sort::Sorter;
use crate::class::{CompareOp, PyType};
use crate::object::{Header, Slot};
use crate::types::arrays::ValueArray;
use crate::types::slice::{PySlice, SliceRange};
use crate::types::str::StrBuilder;
use crate::{Args, Gc, PyResult, Value, Vm, ids};

fn this_list(this: Value) -> Gc<PyList> {
    // SAFETY: slots are called with objects of their type only.
    unsafe { this.as_gc_unchecked() }
}

impl Gc<PyList> {
    /// Makes the items those of `items`, which must not be this list's own array while it is
    /// being read.
    fn replace_all(self, vm: &Vm, items: Option<Gc<ValueArray>>, len: usize) {
        self.items.set_maybe(vm, self, items);
        self.len.set(len);
    }

    /// Inserts at a position up to the length.
    pub fn insert_at(self, vm: &Vm, index: usize, value: Value) -> PyResult<()> {
        let len = self.len();
        self.push(vm, value)?;
        let items = self.items.get_set();
        for at in (index..len).rev() {
            items.set(vm, at + 1, items.slots()[at].get_set());
        }
        items.set(vm, index, value);
        Ok(())
    }

    /// Removes and gives the item at a position below the length.
    pub fn remove_at(self, vm: &Vm, index: usize) -> Value {
        let (len, items) = (self.len(), self.items.get_set());
        let removed = items.slots()[index].get_set();
        for at in index + 1..len {
            items.set(vm, at - 1, items.slots()[at].get_set());
        }
        items.slots()[len - 1].clear();
        self.len.set(len - 1);
        removed
    }

    /// `list[start:stop] = items` for a plain range: `items` is no part of this list.
    pub fn splice(self, vm: &Vm, start: usize, stop: usize, items: &[Value]) -> PyResult<()> {
        let len = self.len();
        let new_len = len - (stop - start) + items.len();
        if self.items.get().is_none_or(|array| array.len() < new_len) {
            self.grow(vm, new_len)?;
        }
        let Some(array) = self.items.get() else { return Ok(()) };
        let tail = len - stop;
        if new_len > len {
            for offset in (0..tail).rev() {
                array.set(vm, start + items.len() + offset, array.slots()[stop + offset].get_set());
            }
        } else if new_len < len {
            for offset in 0..tail {
                array.set(vm, start + items.len() + offset, array.slots()[stop + offset].get_set());
            }
        }
        for (offset, &item) in items.iter().enumerate() {
            array.set(vm, start + offset, item);
        }
        for slot in &array.slots()[new_len..len.max(new_len)] {
            slot.clear();
        }
        self.len.set(new_len);
        Ok(())
    }

    /// Removes all items.
    pub fn clear_items(self) {
        self.len.set(0);
        self.items.clear();
    }
}

fn position(vm: &Vm, list: Gc<PyList>, index: isize, message: &str) -> PyResult<usize> {
    let len = list.len() as isize;
    let index = if index < 0 { index + len } else { index };
    if (0..len).contains(&index) { Ok(index as usize) } else { Err(vm.index_error(message)) }
}

fn slice_of(vm: &Vm, list: Gc<PyList>, range: SliceRange) -> PyResult<Gc<PyList>> {
    if range.step == 1 {
        return vm.new_list(&list.as_slice()[range.start as usize..range.start as usize + range.len]);
    }
    let result = vm.new_list(&[])?;
    for index in range.indices() {
        result.push(vm, list.get(index).expect("the range is within the list"))?;
    }
    Ok(result)
}

fn set_slice(vm: &Vm, list: Gc<PyList>, slice: Gc<PySlice>, value: Option<Value>) -> PyResult<()> {
    let indices = slice.unpack(vm)?;
    // Reading the values may change the list, so the range is adjusted after it.
    let values = match value {
        Some(value) => match vm.cast_exact::<PyList>(value) {
            Some(other) => Some(vm.new_list(other.as_slice())?),
            None if vm.slots_of(value).iter.is_none() && !vm.is_sequence(value) => {
                return Err(vm.type_error("must assign iterable to extended slice"));
            }
            None => Some(vm.list_from(value)?),
        },
        None => None,
    };
    let range = indices.adjust(list.len());
    match values {
        Some(values) if range.step == 1 => {
            let start = range.start as usize;
            list.splice(vm, start, start + range.len, values.as_slice())
        }
        Some(values) => {
            if values.len() != range.len {
                let (given, wanted) = (values.len(), range.len);
                return Err(vm.value_error(format_args!(
                    "attempt to assign sequence of size {given} to extended slice of size {wanted}"
                )));
            }
            let items = list.items.get();
            for (at, &item) in range.indices().zip(values.as_slice()) {
                items.expect("the range is within the list").set(vm, at, item);
            }
            Ok(())
        }
        None => {
            delete_range(vm, list, range);
            Ok(())
        }
    }
}

fn delete_range(vm: &Vm, list: Gc<PyList>, range: SliceRange) {
    let Some(items) = list.items.get() else { return };
    let (len, range) = (list.len(), range.ascending());
    let mut next = range.indices().peekable();
    let mut out = range.start as usize;
    for at in range.start as usize..len {
        if next.next_if_eq(&at).is_none() {
            items.set(vm, out, items.slots()[at].get_set());
            out += 1;
        }
    }
    if range.len > 0 {
        items.slots()[out..len].iter().for_each(Slot::clear);
        list.len.set(out);
    }
}

#[kaa_macros::py_type(
    name = "list", id = ids::LIST, layout = custom, flags(BASETYPE, LIST_SUBCLASS, SEQUENCE, MATCH_SELF), parts(crate::types::generic_alias::CLASS_GETITEM),
    doc = "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe arg\
           ument must be an iterable if specified."
)]
impl PyList {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult {
        let empty = PyList { header: Header::EMPTY, len: Cell::new(0), items: Slot::empty() };
        Ok(vm.alloc_instance(class, empty)?.value())
    }

    #[init("list(iterable=(), /)")]
    fn init(vm: &Vm, this: Gc<PyList>, iterable: Option<Value>) -> PyResult<()> {
        this.clear_items();
        match iterable {
            Some(iterable) => vm.list_extend(this, iterable),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyList>) -> PyResult {
        if this.is_empty() {
            return Ok(vm.new_str("[]")?.value());
        }
        let Some(_guard) = vm.enter_repr(this.value()) else { return Ok(vm.new_str("[...]")?.value()) };
        let mut out = StrBuilder::default();
        out.push_str("[");
        let mut index = 0;
        while let Some(item) = this.get(index) {
            if index != 0 {
                out.push_str(", ");
            }
            out.push_py(&*vm.repr(item)?);
            index += 1;
        }
        out.push_str("]");
        Ok(out.finish(vm)?.value())
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let (Some(a), Some(b)) = (vm.cast::<PyList>(a), vm.cast::<PyList>(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if a.len() != b.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        let mut index = 0;
        while let (Some(x), Some(y)) = (a.get(index), b.get(index)) {
            if !vm.identical_or_equal(x, y)? {
                // The comparison may have shortened a list.
                if index >= a.len() || index >= b.len() {
                    break;
                }
                return match op {
                    CompareOp::Eq => Ok(Value::FALSE),
                    CompareOp::Ne => Ok(Value::TRUE),
                    _ => vm.compare(x, y, op),
                };
            }
            index += 1;
        }
        Ok(Value::bool(op.holds(a.len().cmp(&b.len()))))
    }

    #[slot(sq_length)]
    fn length(_vm: &Vm, this: Gc<PyList>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(mp_length)]
    fn mapping_length(_vm: &Vm, this: Gc<PyList>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyList>, item: Value) -> PyResult<bool> {
        let mut index = 0;
        while let Some(candidate) = this.get(index) {
            if vm.identical_or_equal(candidate, item)? {
                return Ok(true);
            }
            index += 1;
        }
        Ok(false)
    }

    #[slot(sq_concat)]
    fn concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        let a = this_list(a);
        let Some(other) = vm.cast::<PyList>(b) else {
            let class = vm.class_name(b);
            return Err(vm.type_error(format_args!("can only concatenate list (not \"{class}\") to list")));
        };
        let result = vm.new_list_with_capacity(a.len() + other.len())?;
        for list in [a, other] {
            for index in 0..list.len() {
                result.push(vm, list.as_slice()[index])?;
            }
        }
        Ok(result.value())
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(vm: &Vm, a: Value, b: Value) -> PyResult {
        vm.list_extend(this_list(a), b)?;
        Ok(a)
    }

    #[slot(sq_repeat)]
    fn repeat(vm: &Vm, this: Value, count: isize) -> PyResult {
        let this = this_list(this);
        let count = usize::try_from(count).unwrap_or(0);
        Ok(vm.new_list_repeated(this.as_slice(), count)?.value())
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(vm: &Vm, this: Value, count: isize) -> PyResult {
        let list = this_list(this);
        let len = list.len();
        let count = usize::try_from(count).unwrap_or(0);
        if count == 0 || len == 0 {
            list.clear_items();
            return Ok(this);
        }
        list.grow(vm, len.checked_mul(count).ok_or_else(|| vm.no_memory())?)?;
        for _ in 1..count {
            for index in 0..len {
                list.push(vm, list.as_slice()[index])?;
            }
        }
        Ok(this)
    }

    #[slot(sq_item)]
    fn item(vm: &Vm, this: Value, index: isize) -> PyResult {
        let item = usize::try_from(index).ok().and_then(|index| this_list(this).get(index));
        item.ok_or_else(|| vm.index_error("list index out of range"))
    }

    #[slot(sq_ass_item)]
    fn set_item(vm: &Vm, this: Value, index: isize, value: Option<Value>) -> PyResult<()> {
        let list = this_list(this);
        if index < 0 || index as usize >= list.len() {
            return Err(vm.index_error("list assignment index out of range"));
        }
        match value {
            Some(value) => list.items.get_set().set(vm, index as usize, value),
            None => drop(list.remove_at(vm, index as usize)),
        }
        Ok(())
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult {
        let list = this_list(this);
        if let Some(index) = key.as_small_int() {
            return Ok(list.as_slice()[position(vm, list, index as isize, "list index out of range")?]);
        }
        if let Some(slice) = vm.cast::<PySlice>(key) {
            let range = slice.unpack(vm)?.adjust(list.len());
            return Ok(slice_of(vm, list, range)?.value());
        }
        let index = list_index(vm, key)?;
        Ok(list.as_slice()[position(vm, list, index, "list index out of range")?])
    }

    #[slot(mp_ass_subscript)]
    fn set_subscript(vm: &Vm, this: Value, key: Value, value: Option<Value>) -> PyResult<()> {
        let list = this_list(this);
        if let Some(slice) = vm.cast::<PySlice>(key) {
            return set_slice(vm, list, slice, value);
        }
        let index = list_index(vm, key)?;
        let index = position(vm, list, index, "list assignment index out of range")?;
        match value {
            Some(value) => list.items.get_set().set(vm, index, value),
            None => drop(list.remove_at(vm, index)),
        }
        Ok(())
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Value) -> PyResult {
        super::iterator::PyListIterator::over(vm, this_list(this))
    }

    #[method("__getitem__($self, index, /)", doc = "Return self[index].")]
    fn getitem(vm: &Vm, this: Gc<PyList>, index: Value) -> PyResult {
        PyList::subscript(vm, this.value(), index)
    }

    #[method("__reversed__($self, /)", doc = "Return a reverse iterator over the list.")]
    fn reversed(vm: &Vm, this: Gc<PyList>) -> PyResult {
        super::iterator::PyListReverseIterator::over(vm, this)
    }

    #[method("__sizeof__($self, /)", doc = "Return the size of the list in memory, in bytes.")]
    fn sizeof(_vm: &Vm, this: Gc<PyList>) -> usize {
        size_of::<PyList>() + this.items.get().map_or(0, |items| 16 + items.len() * 8)
    }

    #[method("append($self, object, /)", doc = "Append object to the end of the list.")]
    fn append(vm: &Vm, this: Gc<PyList>, object: Value) -> PyResult<()> {
        this.push(vm, object)
    }

    #[method("clear($self, /)", doc = "Remove all items from list.")]
    fn clear(_vm: &Vm, this: Gc<PyList>) {
        this.clear_items();
    }

    #[method("copy($self, /)", doc = "Return a shallow copy of the list.")]
    fn copy(vm: &Vm, this: Gc<PyList>) -> PyResult<Gc<PyList>> {
        vm.new_list(this.as_slice())
    }

    #[method("count($self, value, /)", doc = "Return number of occurrences of value.")]
    fn count(vm: &Vm, this: Gc<PyList>, value: Value) -> PyResult<usize> {
        let (mut index, mut count) = (0, 0);
        while let Some(item) = this.get(index) {
            count += usize::from(vm.identical_or_equal(item, value)?);
            index += 1;
        }
        Ok(count)
    }

    #[method("extend($self, iterable, /)", doc = "Extend list by appending elements from the iterable.")]
    fn extend(vm: &Vm, this: Gc<PyList>, iterable: Value) -> PyResult<()> {
        vm.list_extend(this, iterable)
    }

    #[method(
        "index($self, value, start=0, stop=sys.maxsize, /)",
        doc = "Return first index of value.\n\nRaises ValueError if the value is not present."
    )]
    fn index(vm: &Vm, this: Gc<PyList>, value: Value, start: Value, stop: Option<Value>) -> PyResult<usize> {
        let bound = |bound: Value| -> PyResult<usize> {
            let (bound, len) = (vm.slice_index(bound)?, this.len() as isize);
            Ok(if bound < 0 { (bound + len).max(0) } else { bound } as usize)
        };
        let (start, stop) = (bound(start)?, stop.map_or(Ok(usize::MAX), bound)?);
        let mut index = start;
        while index < stop {
            let Some(item) = this.get(index) else { break };
            if vm.identical_or_equal(item, value)? {
                return Ok(index);
            }
            index += 1;
        }
        Err(vm.value_error("list.index(x): x not in list"))
    }

    #[method("insert($self, index, object, /)", doc = "Insert object before index.")]
    fn insert(vm: &Vm, this: Gc<PyList>, index: isize, object: Value) -> PyResult<()> {
        let len = this.len() as isize;
        let index = if index < 0 { (index + len).max(0) } else { index.min(len) };
        this.insert_at(vm, index as usize, object)
    }

    #[method(
        "pop($self, index=-1, /)",
        doc = "Remove and return item at index (default last).\n\nRaises IndexError if list is empty or index is out of range."
    )]
    fn pop(vm: &Vm, this: Gc<PyList>, index: isize) -> PyResult {
        if this.is_empty() {
            return Err(vm.index_error("pop from empty list"));
        }
        let index = position(vm, this, index, "pop index out of range")?;
        Ok(this.remove_at(vm, index))
    }

    #[method(
        "remove($self, value, /)",
        doc = "Remove first occurrence of value.\n\nRaises ValueError if the value is not present."
    )]
    fn remove(vm: &Vm, this: Gc<PyList>, value: Value) -> PyResult<()> {
        let mut index = 0;
        while let Some(item) = this.get(index) {
            if vm.identical_or_equal(item, value)? {
                if index < this.len() {
                    this.remove_at(vm, index);
                }
                return Ok(());
            }
            index += 1;
        }
        Err(vm.value_error("list.remove(x): x not in list"))
    }

    #[method("reverse($self, /)", doc = "Reverse *IN PLACE*.")]
    fn reverse(vm: &Vm, this: Gc<PyList>) {
        this.reverse_items(vm);
    }

    #[method(
        "sort($self, /, *, key=None, reverse=False)",
        doc = "Sort the list in ascending order and return None.\n\nThe sort is in-place (i.e. the list itself is modified) and stable (i.e. the\norder of two equal elements is maintained).\n\nIf a key function is given, apply it once to each list item and sort them,\nascending or descending, according to their function values.\n\nThe reverse flag can be set to sort in descending order."
    )]
    fn sort(vm: &Vm, this: Gc<PyList>, key: Value, reverse: bool) -> PyResult<()> {
        sort(vm, this, key, reverse)
    }
}

fn list_index(vm: &Vm, key: Value) -> PyResult<isize> {
    if vm.slots_of(key).nb_index.is_none() && !key.is_small_int() {
        let class = vm.class_name(key);
        return Err(vm.type_error(format_args!("list indices must be integers or slices, not {class}")));
    }
    vm.index_to_isize(key, vm.exceptions().IndexError)
}

/// `list.sort`: while it runs the list is empty, so that a comparison that looks at it, or
/// changes it, does no harm.
pub fn sort(vm: &Vm, list: Gc<PyList>, key: Value, reverse: bool) -> PyResult<()> {
    let (len, items) = (list.len(), list.items.get());
    let Some(items) = items.filter(|_| len > 0) else { return Ok(()) };
    list.clear_items();
    let result = sort_items(vm, items, len, key, reverse);
    let changed = list.items.get().is_some() || !list.is_empty();
    list.replace_all(vm, Some(items), len);
    result?;
    if changed { Err(vm.value_error("list modified during sort")) } else { Ok(()) }
}

fn sort_items(vm: &Vm, items: Gc<ValueArray>, len: usize, key: Value, reverse: bool) -> PyResult<()> {
    let flip = || {
        for index in 0..if reverse { len / 2 } else { 0 } {
            let (a, b) = (items.slots()[index].get_set(), items.slots()[len - 1 - index].get_set());
            items.set(vm, index, b);
            items.set(vm, len - 1 - index, a);
        }
    };
    let sorter = if key.is_none() {
        Sorter { vm, keys: items, values: None, len }
    } else {
        let keys = vm.new_value_array(len)?;
        for index in 0..len {
            let item = items.slots()[index].get_set();
            keys.set(vm, index, vm.call(key, &[item])?);
        }
        Sorter { vm, keys, values: Some(items), len }
    };
    // Reversing before and after keeps equal items in their order.
    flip();
    if let Some(keys) = sorter.values.map(|_| sorter.keys).filter(|_| reverse) {
        for index in 0..len / 2 {
            let (a, b) = (keys.slots()[index].get_set(), keys.slots()[len - 1 - index].get_set());
            keys.set(vm, index, b);
            keys.set(vm, len - 1 - index, a);
        }
    }
    let result = sorter.sort();
    flip();
    result
}
