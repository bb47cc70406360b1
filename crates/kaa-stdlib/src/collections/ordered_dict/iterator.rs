//! `odict_iterator`: over keys, values or items, forwards or backwards.

use std::cell::Cell;

use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::mutated;

/// What an iterator gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Keys.
    Keys,
    /// Values.
    Values,
    /// Pairs of both.
    Items,
}

/// An `odict_iterator`.
#[repr(C)]
#[derive(Trace)]
pub struct PyOdictIterator {
    header: Header,
    /// The dict; empty once exhausted.
    dict: Slot<Gc<PyDict>>,
    /// The position of the next entry, if there is one.
    #[trace(skip)]
    next: Cell<Option<usize>>,
    #[trace(skip)]
    kind: Kind,
    #[trace(skip)]
    reversed: bool,
    /// The dict's count of changes at the start.
    #[trace(skip)]
    changes: u32,
}

impl PyOdictIterator {
    /// An iterator over a dict.
    pub fn over(vm: &Vm, dict: Gc<PyDict>, kind: Kind, reversed: bool) -> PyResult {
        let first = if reversed { dict.last_position() } else { Some(dict.first_position()) };
        Ok(vm
            .alloc(PyOdictIterator {
                header: Header::EMPTY,
                dict: Slot::new(dict),
                next: Cell::new(first.filter(|_| !dict.is_empty())),
                kind,
                reversed,
                changes: dict.changes(),
            })?
            .value())
    }

    fn advance(&self, vm: &Vm) -> PyResult<Option<Value>> {
        let Some(dict) = self.dict.get() else { return Ok(None) };
        let Some(position) = self.next.get() else {
            self.dict.clear();
            return Ok(None);
        };
        let entry = dict.entry(position).filter(|_| dict.changes() == self.changes);
        let Some(entry) = entry else {
            self.dict.clear();
            return Err(mutated(vm));
        };
        let is_live = |&position: &usize| dict.entry(position).is_some();
        self.next.set(if self.reversed {
            (0..position).rev().find(is_live)
        } else {
            (position + 1..dict.filled()).find(is_live)
        });
        Ok(Some(match self.kind {
            Kind::Keys => entry.key,
            Kind::Values => entry.value,
            Kind::Items => vm.new_tuple(&[entry.key, entry.value])?.value(),
        }))
    }
}

#[py_type(name = "odict_iterator")]
impl PyOdictIterator {
    #[slot(iter)]
    fn iter(this: Value) -> Value {
        this
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<PyOdictIterator>) -> PyResult<Option<Value>> {
        this.advance(vm)
    }

    #[method("__reduce__($self, /)", doc = "Return state information for pickling")]
    fn reduce(vm: &Vm, this: Gc<PyOdictIterator>) -> PyResult<Gc<PyTuple>> {
        let rest = vm.new_list(&[])?;
        // The iterator stays where it is.
        let (dict, next) = (this.dict.get(), this.next.get());
        while let Some(item) = this.advance(vm)? {
            rest.push(vm, item)?;
        }
        this.dict.set_maybe(vm, this, dict);
        this.next.set(next);
        let args = vm.new_tuple(&[rest.value()])?;
        vm.new_tuple(&[vm.builtin("iter")?, args.value()])
    }
}
