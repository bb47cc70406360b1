//! `_deque_iterator` and `_deque_reverse_iterator`.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

use super::PyDeque;

/// The arguments of the constructors: a deque, and how many items are gone over.
fn arguments(vm: &Vm, args: Args<'_>) -> PyResult<(Gc<PyDeque>, usize)> {
    let (&deque, index) = match args.positionals() {
        [deque] => (deque, 0),
        [deque, index] => (deque, vm.index_to_isize(*index, vm.exceptions().OverflowError)?),
        others => {
            let (bound, limit, given) = if others.is_empty() { ("least", 1, 0) } else { ("most", 2, others.len()) };
            let s = if limit == 1 { "" } else { "s" };
            return Err(vm.type_error(format_args!("function takes at {bound} {limit} argument{s} ({given} given)")));
        }
    };
    match vm.cast::<PyDeque>(deque) {
        Some(deque) => Ok((deque, usize::try_from(index).unwrap_or(0).min(deque.len()))),
        None => {
            let class = vm.class_name(deque);
            Err(vm.type_error(format_args!("argument 1 must be collections.deque, not {class}")))
        }
    }
}

macro_rules! iterator_type {
    ($type:ident, $name:literal, |$deque:ident, $left:ident| $index:expr) => {
        #[doc = concat!("`collections.", $name, "`.")]
        #[repr(C)]
        #[derive(Trace)]
        pub struct $type {
            header: Header,
            deque: Slot<Gc<PyDeque>>,
            /// How many items are yet to be given.
            left: Cell<usize>,
            /// The deque's count of changes at the start.
            changes: Cell<usize>,
        }

        impl $type {
            fn fields(deque: Gc<PyDeque>) -> $type {
                $type {
                    header: Header::EMPTY,
                    deque: Slot::new(deque),
                    left: Cell::new(deque.len()),
                    changes: Cell::new(deque.changes.get()),
                }
            }

            /// An iterator over a deque.
            pub fn over(vm: &Vm, deque: Gc<PyDeque>) -> PyResult {
                Ok(vm.alloc($type::fields(deque))?.value())
            }
        }

        #[py_type(name = $name, module = "collections")]
        impl $type {
            #[new(raw)]
            fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<$type>> {
                let (deque, index) = arguments(vm, args)?;
                let iterator = vm.alloc_instance(class, $type::fields(deque))?;
                iterator.left.set(deque.len() - index);
                Ok(iterator)
            }

            #[slot(iter)]
            fn iter(this: Value) -> Value {
                this
            }

            #[slot(iternext)]
            fn next(vm: &Vm, this: Gc<$type>) -> PyResult<Option<Value>> {
                let $deque = this.deque.get_set();
                if $deque.changes.get() != this.changes.get() {
                    this.left.set(0);
                    return Err(vm.runtime_error("deque mutated during iteration"));
                }
                let $left = this.left.get();
                if $left == 0 {
                    return Ok(None);
                }
                this.left.set($left - 1);
                Ok($deque.get($index))
            }

            #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
            fn length_hint(&self) -> usize {
                self.left.get()
            }

            #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
            fn reduce(vm: &Vm, this: Gc<$type>) -> PyResult<Gc<PyTuple>> {
                let deque = this.deque.get_set();
                let given = deque.len() as i64 - this.left.get() as i64;
                let args = vm.new_tuple(&[deque.value(), Value::small_int(given)])?;
                vm.new_tuple(&[vm.class_of(this.value()).value(), args.value()])
            }
        }
    };
}

iterator_type!(PyDequeIterator, "_deque_iterator", |deque, left| deque.len() - left);
iterator_type!(PyDequeReverseIterator, "_deque_reverse_iterator", |deque, left| left - 1);
