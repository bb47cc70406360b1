//! Iterators over dicts, and the views `dict_keys`, `dict_values`, `dict_items`.

use std::cell::Cell;

use super::{Entry, PyDict};
use crate::class::CompareOp;
use crate::object::{Header, Native, Slot};
use crate::types::mapping_proxy::PyMappingProxy;
use crate::types::str::StrBuilder;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, ids};

/// The state of an iterator over a dict, forwards or backwards.
#[derive(kaa_macros::Trace)]
#[repr(C)]
pub struct DictIterator {
    header: Header,
    /// The dict; empty once exhausted.
    pub dict: Slot<Gc<PyDict>>,
    /// Position of the next entry; for a reversed one, one more than it.
    pub position: Cell<usize>,
    /// The length that the dict must keep.
    expected: Cell<usize>,
    /// How many entries were given.
    given: Cell<usize>,
}

impl DictIterator {
    fn start(dict: Gc<PyDict>, reversed: bool) -> DictIterator {
        DictIterator {
            header: Header::EMPTY,
            dict: Slot::new(dict),
            position: Cell::new(if reversed { dict.filled() } else { dict.first_position() }),
            expected: Cell::new(dict.len()),
            given: Cell::new(0),
        }
    }

    /// An iterator over the keys.
    pub fn keys(vm: &Vm, dict: Gc<PyDict>) -> PyResult {
        make::<PyDictKeyIterator>(vm, dict, false)
    }

    /// An iterator over the keys from the last on.
    pub fn reversed_keys(vm: &Vm, dict: Gc<PyDict>) -> PyResult {
        make::<PyDictReverseKeyIterator>(vm, dict, true)
    }

    /// The next entry, or the error for a dict that changed meanwhile.
    #[inline]
    fn advance(&self, vm: &Vm, reversed: bool) -> PyResult<Option<Entry>> {
        let Some(dict) = self.dict.get() else { return Ok(None) };
        if dict.len() != self.expected.get() {
            // No further call can succeed.
            self.expected.set(usize::MAX);
            return Err(vm.runtime_error("dictionary changed size during iteration"));
        }
        loop {
            let position = self.position.get();
            let entry = if reversed {
                // A position beyond the entries: the dict was cleared and filled anew.
                if position == 0 || position > dict.filled() {
                    break;
                }
                self.position.set(position - 1);
                dict.entry(position - 1)
            } else {
                if position >= dict.filled() {
                    break;
                }
                self.position.set(position + 1);
                dict.entry(position)
            };
            if entry.is_some() {
                if self.given.get() == self.expected.get() {
                    self.dict.clear();
                    return Err(vm.runtime_error("dictionary keys changed during iteration"));
                }
                self.given.set(self.given.get() + 1);
                return Ok(entry);
            }
        }
        self.dict.clear();
        Ok(None)
    }

    fn hint(&self) -> usize {
        match self.dict.get() {
            Some(dict) if dict.len() == self.expected.get() => dict.len().saturating_sub(self.given.get()),
            _ => 0,
        }
    }
}

/// A native iterator type whose struct is a [`DictIterator`].
trait Wraps: Native {
    fn wrap(state: DictIterator) -> Self;
}

fn make<T: Wraps>(vm: &Vm, dict: Gc<PyDict>, reversed: bool) -> PyResult {
    Ok(vm.alloc(T::wrap(DictIterator::start(dict, reversed)))?.value())
}

macro_rules! iterator_type {
    ($type:ident, $name:literal, $(id = $id:expr,)? reversed $reversed:literal, $item:expr) => {
        #[doc = concat!("`", $name, "`.")]
        #[repr(transparent)]
        pub struct $type(DictIterator);

        impl crate::Trace for $type {
            fn trace(&mut self, visitor: &mut crate::Visitor<'_>) {
                self.0.trace(visitor);
            }
        }

        impl Wraps for $type {
            fn wrap(state: DictIterator) -> Self {
                $type(state)
            }
        }

        impl $type {
            /// The state, for inlined iteration.
            pub fn state(&self) -> &DictIterator {
                &self.0
            }
        }

        #[kaa_macros::py_type(name = $name $(, id = $id)?)]
        impl $type {
            #[slot(iter)]
            fn iter(this: Value) -> Value {
                this
            }

            #[slot(iternext)]
            fn next(vm: &Vm, this: Gc<$type>) -> PyResult<Option<Value>> {
                let item: fn(&Vm, Entry) -> PyResult = $item;
                match this.0.advance(vm, $reversed)? {
                    Some(entry) => item(vm, entry).map(Some),
                    None => Ok(None),
                }
            }

            #[method("__length_hint__($self, /)", doc = "Private method returning an estimate of len(list(it)).")]
            fn length_hint(_vm: &Vm, this: Gc<$type>) -> usize {
                this.0.hint()
            }

            #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
            fn reduce(vm: &Vm, this: Gc<$type>) -> PyResult<Gc<PyTuple>> {
                // What is left is read by a copy, so that this iterator stays where it is.
                let copy = match this.0.dict.get() {
                    Some(dict) => {
                        let copy = vm.alloc($type(DictIterator::start(dict, $reversed)))?;
                        copy.0.position.set(this.0.position.get());
                        copy.0.given.set(this.0.given.get());
                        copy.0.expected.set(this.0.expected.get());
                        vm.list_from(copy.value())?
                    }
                    None => vm.new_list(&[])?,
                };
                let args = vm.new_tuple(&[copy.value()])?;
                vm.new_tuple(&[vm.builtin("iter")?, args.value()])
            }
        }
    };
}

fn key_of(_vm: &Vm, entry: Entry) -> PyResult {
    Ok(entry.key)
}

fn value_of(_vm: &Vm, entry: Entry) -> PyResult {
    Ok(entry.value)
}

fn item_of(vm: &Vm, entry: Entry) -> PyResult {
    Ok(vm.new_tuple(&[entry.key, entry.value])?.value())
}

iterator_type!(PyDictKeyIterator, "dict_keyiterator", id = ids::DICT_KEY_ITERATOR, reversed false, key_of);
iterator_type!(PyDictValueIterator, "dict_valueiterator", id = ids::DICT_VALUE_ITERATOR, reversed false, value_of);
iterator_type!(PyDictItemIterator, "dict_itemiterator", id = ids::DICT_ITEM_ITERATOR, reversed false, item_of);
iterator_type!(PyDictReverseKeyIterator, "dict_reversekeyiterator", reversed true, key_of);
iterator_type!(PyDictReverseValueIterator, "dict_reversevalueiterator", reversed true, value_of);
iterator_type!(PyDictReverseItemIterator, "dict_reverseitemiterator", reversed true, item_of);

macro_rules! view_type {
    ($type:ident, $name:literal) => {
        #[doc = concat!("`", $name, "`: a view of a dict.")]
        #[derive(kaa_macros::Trace)]
        #[repr(C)]
        pub struct $type {
            header: Header,
            dict: Slot<Gc<PyDict>>,
        }

        impl $type {
            /// A view of a dict.
            pub fn over(vm: &Vm, dict: Gc<PyDict>) -> PyResult {
                Ok(vm.alloc($type::fields(dict))?.value())
            }

            /// The fields of a view, for [`Vm::alloc`].
            pub fn fields(dict: Gc<PyDict>) -> $type {
                $type { header: Header::EMPTY, dict: Slot::new(dict) }
            }

            /// The dict that is viewed.
            pub fn dict(&self) -> Gc<PyDict> {
                self.dict.get_set()
            }
        }
    };
}

view_type!(PyDictKeys, "dict_keys");
view_type!(PyDictValues, "dict_values");
view_type!(PyDictItems, "dict_items");

fn view_repr(vm: &Vm, view: Value) -> PyResult {
    let Some(_guard) = vm.enter_repr(view) else { return Ok(vm.new_str("...")?.value()) };
    let items = vm.list_from(view)?;
    let repr = vm.repr(items.value())?;
    let mut out = StrBuilder::default();
    out.push_py(&vm.class_of(view).name.get_set());
    out.push_str("(");
    out.push_py(&repr);
    out.push_str(")");
    Ok(out.finish(vm)?.value())
}

/// Whether a value is a set, or a view that acts as one.
fn set_like(vm: &Vm, value: Value) -> bool {
    vm.is_any_set(value) || vm.cast::<PyDictKeys>(value).is_some() || vm.cast::<PyDictItems>(value).is_some()
}

fn all_in(vm: &Vm, items: Value, container: Value) -> PyResult<bool> {
    let iterator = vm.iter(items)?;
    while let Some(item) = vm.next(iterator)? {
        if !vm.contains(container, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn view_compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
    if !set_like(vm, a) || !set_like(vm, b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (len_a, len_b) = (vm.len(a)?, vm.len(b)?);
    Ok(Value::bool(match op {
        CompareOp::Eq => len_a == len_b && all_in(vm, a, b)?,
        CompareOp::Ne => len_a != len_b || !all_in(vm, a, b)?,
        CompareOp::Lt => len_a < len_b && all_in(vm, a, b)?,
        CompareOp::Le => len_a <= len_b && all_in(vm, a, b)?,
        CompareOp::Gt => len_a > len_b && all_in(vm, b, a)?,
        CompareOp::Ge => len_a >= len_b && all_in(vm, b, a)?,
    }))
}

fn view_operation(vm: &Vm, a: Value, b: Value, method: &str) -> PyResult {
    let set = vm.new_set_from(a)?;
    vm.call_method_str(set, method, &[b])?;
    Ok(set)
}

/// `a & b`: the smaller operand is gone through when the other knows containment.
fn view_and(vm: &Vm, a: Value, b: Value) -> PyResult {
    let (view, other) = if set_like(vm, a) { (a, b) } else { (b, a) };
    let result = vm.new_set_empty()?;
    vm.for_each(other, |item| {
        if vm.contains(view, item)? {
            vm.set_add(result, item)?;
        }
        Ok(())
    })?;
    Ok(result)
}

fn view_isdisjoint(vm: &Vm, view: Value, other: Value) -> PyResult<bool> {
    if view == other {
        return Ok(vm.len(view)? == 0);
    }
    let iterator = vm.iter(other)?;
    while let Some(item) = vm.next(iterator)? {
        if vm.contains(view, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

macro_rules! set_view {
    ($type:ident, $name:literal, $id:expr, $iterator:ident, $reverse:ident, $contains:expr) => {
        #[kaa_macros::py_type(name = $name, id = $id)]
        impl $type {
            #[slot(repr)]
            fn repr(vm: &Vm, this: Value) -> PyResult {
                view_repr(vm, this)
            }

            #[slot(richcompare)]
            fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
                view_compare(vm, a, b, op)
            }

            #[slot(sq_length)]
            fn length(&self) -> usize {
                self.dict().len()
            }

            #[slot(sq_contains)]
            fn contains(vm: &Vm, this: Gc<$type>, item: Value) -> PyResult<bool> {
                let contains: fn(&Vm, Gc<PyDict>, Value) -> PyResult<bool> = $contains;
                contains(vm, this.dict(), item)
            }

            #[slot(iter)]
            fn iter(vm: &Vm, this: Gc<$type>) -> PyResult {
                make::<$iterator>(vm, this.dict(), false)
            }

            #[slot(nb_subtract)]
            fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
                view_operation(vm, a, b, "difference_update")
            }

            #[slot(nb_and)]
            fn and(vm: &Vm, a: Value, b: Value) -> PyResult {
                view_and(vm, a, b)
            }

            #[slot(nb_xor)]
            fn xor(vm: &Vm, a: Value, b: Value) -> PyResult {
                view_operation(vm, a, b, "symmetric_difference_update")
            }

            #[slot(nb_or)]
            fn or(vm: &Vm, a: Value, b: Value) -> PyResult {
                view_operation(vm, a, b, "update")
            }

            #[method(
                "isdisjoint($self, other, /)",
                doc = "Return True if the view and the given iterable have a null intersection."
            )]
            fn isdisjoint(vm: &Vm, this: Value, other: Value) -> PyResult<bool> {
                view_isdisjoint(vm, this, other)
            }

            #[getter("mapping", doc = "dictionary that this view refers to")]
            fn mapping(vm: &Vm, this: Gc<$type>) -> PyResult {
                PyMappingProxy::of(vm, this.dict().value())
            }

            #[method("__reversed__($self, /)", doc = "Return a reverse iterator over the view.")]
            fn reversed(vm: &Vm, this: Gc<$type>) -> PyResult {
                make::<$reverse>(vm, this.dict(), true)
            }
        }
    };
}

set_view!(PyDictKeys, "dict_keys", ids::DICT_KEYS, PyDictKeyIterator, PyDictReverseKeyIterator, |vm, dict, key| {
    let hash = vm.hash(key)?;
    Ok(dict.position(vm, key, hash)?.is_some())
});
set_view!(
    PyDictItems,
    "dict_items",
    ids::DICT_ITEMS,
    PyDictItemIterator,
    PyDictReverseItemIterator,
    |vm, dict, item| {
        let Some(&[key, value]) = vm.cast::<PyTuple>(item).as_deref().map(PyTuple::as_slice) else { return Ok(false) };
        match dict.get(vm, key)? {
            Some(found) => vm.identical_or_equal(found, value),
            None => Ok(false),
        }
    }
);

#[kaa_macros::py_type(name = "dict_values", id = ids::DICT_VALUES)]
impl PyDictValues {
    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult {
        view_repr(vm, this)
    }

    #[slot(sq_length)]
    fn length(&self) -> usize {
        self.dict().len()
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyDictValues>) -> PyResult {
        make::<PyDictValueIterator>(vm, this.dict(), false)
    }

    #[getter("mapping", doc = "dictionary that this view refers to")]
    fn mapping(vm: &Vm, this: Gc<PyDictValues>) -> PyResult {
        PyMappingProxy::of(vm, this.dict().value())
    }

    #[method("__reversed__($self, /)", doc = "Return a reverse iterator over the dict values.")]
    fn reversed(vm: &Vm, this: Gc<PyDictValues>) -> PyResult {
        make::<PyDictReverseValueIterator>(vm, this.dict(), true)
    }
}
