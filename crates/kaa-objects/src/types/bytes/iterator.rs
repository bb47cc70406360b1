//! `bytes_iterator` and `bytearray_iterator`.

use std::cell::Cell;

use super::PyBytes;
use crate::object::{Header, Slot};
use crate::types::bytearray::PyByteArray;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

macro_rules! iterators {
    ($($(#[$doc:meta])* $type:ident, $name:literal, $id:expr, $source:ident;)*) => {$(
        $(#[$doc])*
        #[derive(kaa_macros::Trace)]
        #[repr(C)]
        pub struct $type {
            header: Header,
            /// The bytes; empty once exhausted.
            source: Slot<Gc<$source>>,
            /// Position of the next byte.
            index: Cell<usize>,
        }

        impl $type {
            /// An iterator over all bytes.
            pub(crate) fn over(vm: &Vm, source: Gc<$source>) -> PyResult {
                Ok(vm.alloc($type { header: Header::EMPTY, source: Slot::new(source), index: Cell::new(0) })?.value())
            }

            /// The next byte.
            #[inline(always)]
            pub fn next_byte(&self) -> Option<u8> {
                let index = self.index.get();
                let byte = self.source.get()?.as_slice().get(index).copied();
                match byte {
                    Some(_) => self.index.set(index + 1),
                    None => self.source.clear(),
                }
                byte
            }
        }

        #[kaa_macros::py_type(name = $name, id = $id, layout = custom, flags(DISALLOW_INSTANTIATION))]
        impl $type {
            #[slot(iter)]
            fn iter(this: Gc<$type>) -> Gc<$type> {
                this
            }

            #[slot(iternext)]
            fn next(&self) -> Option<Value> {
                self.next_byte().map(|byte| Value::small_int(byte.into()))
            }

            #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
            fn length_hint(&self) -> usize {
                self.source.get().map_or(0, |source| source.as_slice().len().saturating_sub(self.index.get()))
            }

            #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
            fn reduce(vm: &Vm, this: Gc<$type>) -> PyResult<Gc<PyTuple>> {
                let iter = vm.builtin("iter")?;
                match this.source.get() {
                    Some(source) => {
                        let args = vm.new_tuple(&[source.value()])?;
                        vm.new_tuple(&[iter, args.value(), Value::small_int(this.index.get() as i64)])
                    }
                    None => {
                        let empty = vm.new_tuple(&[])?;
                        let args = vm.new_tuple(&[empty.value()])?;
                        vm.new_tuple(&[iter, args.value()])
                    }
                }
            }

            #[method("__setstate__($self, state, /)", doc = "Set state information for unpickling.")]
            fn setstate(&self, state: isize) {
                if let Some(source) = self.source.get() {
                    self.index.set(usize::try_from(state).unwrap_or(0).min(source.as_slice().len()));
                }
            }
        }
    )*};
}

iterators! {
    /// Iterates over the numbers of a `bytes` object.
    PyBytesIterator, "bytes_iterator", ids::BYTES_ITERATOR, PyBytes;
    /// Iterates over the numbers of a `bytearray`, which may change meanwhile.
    PyByteArrayIterator, "bytearray_iterator", ids::BYTEARRAY_ITERATOR, PyByteArray;
}
