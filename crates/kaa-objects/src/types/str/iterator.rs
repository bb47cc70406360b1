//! `str_iterator`, and `str_ascii_iterator` for texts that are all ASCII.

use std::cell::Cell;

use super::core::PyStr;
use crate::object::{Header, Slot};
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

macro_rules! iterators {
    ($($(#[$doc:meta])* $type:ident, $name:literal, $id:expr;)*) => {$(
        $(#[$doc])*
        #[derive(kaa_macros::Trace)]
        #[repr(C)]
        pub struct $type {
            header: Header,
            /// The text; empty once exhausted.
            text: Slot<Gc<PyStr>>,
            /// Position of the next character.
            index: Cell<usize>,
        }

        impl $type {
            fn over(vm: &Vm, text: Gc<PyStr>) -> PyResult {
                Ok(vm.alloc($type { header: Header::EMPTY, text: Slot::new(text), index: Cell::new(0) })?.value())
            }

            /// The next character.
            #[inline(always)]
            pub fn next_char(&self, vm: &Vm) -> PyResult<Option<Value>> {
                let Some(text) = self.text.get() else { return Ok(None) };
                let index = self.index.get();
                if index >= text.len() {
                    self.text.clear();
                    return Ok(None);
                }
                self.index.set(index + 1);
                Ok(Some(vm.new_str_char(text.data().at(index))?.value()))
            }
        }

        #[kaa_macros::py_type(name = $name, id = $id, layout = custom, flags(DISALLOW_INSTANTIATION))]
        impl $type {
            #[slot(iter)]
            fn iter(this: Gc<$type>) -> Gc<$type> {
                this
            }

            #[slot(iternext)]
            fn next(&self, vm: &Vm) -> PyResult<Option<Value>> {
                self.next_char(vm)
            }

            #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
            fn length_hint(&self) -> usize {
                self.text.get().map_or(0, |text| text.len().saturating_sub(self.index.get()))
            }

            #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
            fn reduce(vm: &Vm, this: Gc<$type>) -> PyResult<Gc<PyTuple>> {
                let iter = vm.builtin("iter")?;
                match this.text.get() {
                    Some(text) => {
                        let args = vm.new_tuple(&[text.value()])?;
                        vm.new_tuple(&[iter, args.value(), Value::small_int(this.index.get() as i64)])
                    }
                    None => {
                        let empty = vm.new_str_latin1(b"")?;
                        let args = vm.new_tuple(&[empty.value()])?;
                        vm.new_tuple(&[iter, args.value()])
                    }
                }
            }

            #[method("__setstate__($self, state, /)", doc = "Set state information for unpickling.")]
            fn setstate(&self, state: isize) {
                if let Some(text) = self.text.get() {
                    self.index.set(usize::try_from(state).unwrap_or(0).min(text.len()));
                }
            }
        }
    )*};
}

iterators! {
    /// Iterates over the characters of a text.
    PyStrIterator, "str_iterator", ids::STR_ITERATOR;
    /// Iterates over the characters of a text that are all ASCII: each has its string already.
    PyStrAsciiIterator, "str_ascii_iterator", ids::STR_ASCII_ITERATOR;
}

/// `iter(text)`.
pub(super) fn over(vm: &Vm, text: Gc<PyStr>) -> PyResult {
    let is_plain = text.is_ascii() && vm.cast_exact::<PyStr>(text.value()).is_some();
    if is_plain { PyStrAsciiIterator::over(vm, text) } else { PyStrIterator::over(vm, text) }
}
