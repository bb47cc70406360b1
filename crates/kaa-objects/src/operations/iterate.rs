//! `iter`, `next` and what is built on them.

use crate::types::list::PyList;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

impl Vm {
    /// `iter(value)`.
    pub fn iter(&self, value: Value) -> PyResult {
        let class = self.class_of(value);
        if let Some(iter) = class.slots().iter {
            let iterator = iter(self, value)?;
            if self.slots_of(iterator).iternext.is_none() {
                let name = self.class_name(iterator);
                return Err(self.type_error(format_args!("iter() returned non-iterator of type '{name}'")));
            }
            return Ok(iterator);
        }
        if self.is_sequence(value) {
            return crate::types::iterator::PySequenceIterator::over(self, value);
        }
        Err(self.type_error(format_args!("'{}' object is not iterable", class.name_text())))
    }

    /// `next(iterator)`: `None` at the end.
    #[inline]
    pub fn next(&self, iterator: Value) -> PyResult<Option<Value>> {
        // Iterators over iterators may be nested deep.
        self.check_stack("")?;
        let class = self.class_of(iterator);
        match class.slots().iternext {
            Some(next) => next(self, iterator),
            None => Err(self.type_error(format_args!("'{}' object is not an iterator", class.name_text()))),
        }
    }

    /// Calls a function for each item of an iterable.
    pub fn for_each(&self, iterable: Value, mut each: impl FnMut(Value) -> PyResult<()>) -> PyResult<()> {
        if let Some(tuple) = self.cast_exact::<PyTuple>(iterable) {
            for index in 0..tuple.len() {
                each(tuple.as_slice()[index])?;
            }
            return Ok(());
        }
        if let Some(list) = self.cast_exact::<PyList>(iterable) {
            let mut index = 0;
            while let Some(item) = list.get(index) {
                each(item)?;
                index += 1;
            }
            return Ok(());
        }
        let iterator = self.iter(iterable)?;
        while let Some(item) = self.next(iterator)? {
            each(item)?;
        }
        Ok(())
    }

    /// `list(iterable)`.
    pub fn list_from(&self, iterable: Value) -> PyResult<Gc<PyList>> {
        if let Some(tuple) = self.cast_exact::<PyTuple>(iterable) {
            return self.new_list(tuple.as_slice());
        }
        if let Some(list) = self.cast_exact::<PyList>(iterable) {
            return self.new_list(list.as_slice());
        }
        let list = self.new_list(&[])?;
        self.list_extend(list, iterable)?;
        Ok(list)
    }

    /// `list.extend(iterable)`.
    pub fn list_extend(&self, list: Gc<PyList>, iterable: Value) -> PyResult<()> {
        if let Some(tuple) = self.cast_exact::<PyTuple>(iterable) {
            return list.push_all(self, tuple.len(), |index| tuple.as_slice()[index]);
        }
        if let Some(other) = self.cast_exact::<PyList>(iterable) {
            return list.push_all(self, other.len(), |index| other.as_slice()[index]);
        }
        let iterator = self.iter(iterable)?;
        let hint = self.length_hint(iterable, 8)?;
        // A hint that cannot be true is let pass: there may be fewer items.
        if let Some(needed) = list.len().checked_add(hint).filter(|&needed| needed <= isize::MAX as usize) {
            list.reserve(self, needed)?;
        }
        while let Some(item) = self.next(iterator)? {
            list.push(self, item)?;
        }
        Ok(())
    }

    /// `tuple(iterable)`.
    pub fn tuple_from(&self, iterable: Value) -> PyResult<Gc<PyTuple>> {
        if let Some(tuple) = self.cast_exact::<PyTuple>(iterable) {
            return Ok(tuple);
        }
        if let Some(list) = self.cast_exact::<PyList>(iterable) {
            return self.new_tuple(list.as_slice());
        }
        let list = self.new_list(&[])?;
        // Unlike `list`, `tuple` does not ask how many items there will be.
        self.for_each(iterable, |item| list.push(self, item))?;
        self.new_tuple(list.as_slice())
    }

    /// `operator.length_hint(value, default)`.
    pub fn length_hint(&self, value: Value, default: usize) -> PyResult<usize> {
        let slots = self.slots_of(value);
        if let Some(len) = slots.sq_length.or(slots.mp_length) {
            let result = len(self, value);
            match self.catch(result, self.exceptions().TypeError)? {
                Ok(len) => return Ok(len),
                Err(_) => return Ok(default),
            }
        }
        let result = self.call_special(value, self.names().__length_hint__, &[]);
        let Ok(Some(hint)) = self.catch(result, self.exceptions().TypeError)? else { return Ok(default) };
        if hint.is_not_implemented() {
            return Ok(default);
        }
        if !self.is_int(hint) {
            let class = self.class_name(hint);
            return Err(self.type_error(format_args!("__length_hint__ must be an integer, not {class}")));
        }
        let overflow = || self.overflow_error("Python int too large to convert to C ssize_t");
        let hint = self.int_to_i64(hint).ok_or_else(overflow)?;
        usize::try_from(hint).map_err(|_| self.value_error("__length_hint__() should return >= 0"))
    }

    /// Whether a value has the slots of a sequence and is no dict: CPython's `PySequence_Check`.
    pub fn is_sequence(&self, value: Value) -> bool {
        self.slots_of(value).sq_item.is_some() && self.cast::<crate::types::dict::PyDict>(value).is_none()
    }
}
