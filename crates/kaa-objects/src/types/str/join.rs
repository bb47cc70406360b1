//! `join`: two passes, one that measures and one that copies.

use super::core::{Kind, PyStr};
use super::units::{Extent, StrWriter};
use crate::types::list::PyList;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, py_methods};

impl Vm {
    /// `separator.join(iterable)`.
    pub fn join_str(&self, separator: Gc<PyStr>, iterable: Value) -> PyResult<Gc<PyStr>> {
        if let Some(tuple) = self.cast_exact::<PyTuple>(iterable) {
            return self.join_slice(separator, tuple.as_slice());
        }
        if let Some(list) = self.cast_exact::<PyList>(iterable) {
            return self.join_slice(separator, list.as_slice());
        }
        let list = self.list_for_join(iterable)?;
        self.join_slice(separator, list.as_slice())
    }

    /// The items that are to be joined.
    pub(crate) fn list_for_join(&self, iterable: Value) -> PyResult<Gc<PyList>> {
        if self.slots_of(iterable).iter.is_none() && !self.is_sequence(iterable) {
            return Err(self.type_error("can only join an iterable"));
        }
        self.list_from(iterable)
    }

    /// The join of the strings of a slice that does not change meanwhile: no Python code runs.
    pub fn join_slice(&self, separator: Gc<PyStr>, items: &[Value]) -> PyResult<Gc<PyStr>> {
        match *items {
            [] => return self.new_str_latin1(b""),
            [item] => {
                if let Some(only) = self.cast_exact::<PyStr>(item) {
                    return Ok(only);
                }
            }
            _ => {}
        }
        if let Some(joined) = self.join_ascii(separator, items)? {
            return Ok(joined);
        }
        let mut extent = Extent::of(&separator).times(self, items.len() - 1)?;
        for (index, &item) in items.iter().enumerate() {
            let Some(item) = self.cast::<PyStr>(item) else {
                let class = self.class_name(item);
                return Err(
                    self.type_error(format_args!("sequence item {index}: expected str instance, {class} found"))
                );
            };
            extent = extent.and(self, Extent::of(&item))?;
        }
        let mut out = StrWriter::new(self, extent)?;
        let separator = separator.data();
        for (index, &item) in items.iter().enumerate() {
            if index > 0 && !separator.is_empty() {
                out.push_data(separator);
            }
            // SAFETY: the first pass found only strings, and nothing changed since.
            out.push_data(unsafe { item.as_gc_unchecked::<PyStr>() }.data());
        }
        Ok(out.finish())
    }

    /// The join of exact ASCII strings, which most are; `None` when there are others among them.
    fn join_ascii(&self, separator: Gc<PyStr>, items: &[Value]) -> PyResult<Option<Gc<PyStr>>> {
        let ascii = |item: Value| self.cast_exact::<PyStr>(item).filter(|item| item.is_ascii());
        if !separator.is_ascii() {
            return Ok(None);
        }
        let mut len = separator.len().checked_mul(items.len() - 1);
        for &item in items {
            let Some(item) = ascii(item) else { return Ok(None) };
            len = len.and_then(|len| len.checked_add(item.len()));
        }
        // What is too long is refused elsewhere.
        let Some(len) = len.filter(|&len| len <= isize::MAX as usize) else { return Ok(None) };
        let joined = self.alloc_str(len, Kind::Latin1, true)?;
        let mut to = joined.data_ptr();
        let mut push = |text: &PyStr| {
            let bytes = text.data().as_bytes();
            // SAFETY: the string was made for all that is pushed, and is another one than the text.
            unsafe {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
                to = to.add(bytes.len());
            }
        };
        for (index, &item) in items.iter().enumerate() {
            if index > 0 && !separator.is_empty() {
                push(&separator);
            }
            // SAFETY: the first pass found only strings, and nothing changed since.
            push(&*unsafe { item.as_gc_unchecked::<PyStr>() });
        }
        Ok(Some(joined))
    }
}

#[py_methods(JOIN, of = "str")]
impl PyStr {
    #[method(
        "join($self, iterable, /)",
        doc = "Concatenate any number of strings.

The string whose method is called is inserted in between each given
string.  The result is returned as a new string.

Example: '.'.join(['ab', 'pq', 'rs']) -> 'ab.pq.rs'"
    )]
    fn join(vm: &Vm, this: Gc<PyStr>, iterable: Value) -> PyResult<Gc<PyStr>> {
        vm.join_str(this, iterable)
    }
}
