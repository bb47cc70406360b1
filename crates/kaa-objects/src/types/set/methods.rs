//! The methods and slots of `set` and `frozenset`.

use super::{PySet, SetIterator};
use crate::class::{CompareOp, PyType};
use crate::types::dict::PyDict;
use crate::types::str::StrBuilder;
use crate::types::tuple::PyTuple;
use crate::{Args, Gc, PyResult, Value, Vm, ids};

/// A `frozenset`: a set that never changes.
#[repr(transparent)]
pub struct PyFrozenSet(PySet);

impl crate::Trace for PyFrozenSet {
    fn trace(&mut self, visitor: &mut crate::Visitor<'_>) {
        self.0.trace(visitor);
    }
}

impl Vm {
    /// A `set` or `frozenset` (or of a subclass) as a table.
    #[inline]
    pub fn as_set(&self, value: Value) -> Option<Gc<PySet>> {
        match self.cast::<PySet>(value) {
            Some(set) => Some(set),
            // SAFETY: a frozenset is a set in memory.
            None => self.cast::<PyFrozenSet>(value).map(|set| unsafe { set.cast() }),
        }
    }

    /// An exact `set` or `frozenset` as a table.
    pub fn as_exact_set(&self, value: Value) -> Option<Gc<PySet>> {
        match self.cast_exact::<PySet>(value) {
            Some(set) => Some(set),
            // SAFETY: a frozenset is a set in memory.
            None => self.cast_exact::<PyFrozenSet>(value).map(|set| unsafe { set.cast() }),
        }
    }

    /// Whether a value is a `set` or `frozenset`.
    pub fn is_any_set(&self, value: Value) -> bool {
        self.as_set(value).is_some()
    }

    /// `set()`.
    pub fn new_set_empty(&self) -> PyResult {
        Ok(self.alloc(PySet::empty())?.value())
    }

    /// `set(iterable)`.
    pub fn new_set_from(&self, iterable: Value) -> PyResult {
        let set = self.alloc(PySet::empty())?;
        self.set_update(set, iterable)?;
        Ok(set.value())
    }

    /// `frozenset(iterable)`.
    pub fn new_frozenset_from(&self, iterable: Value) -> PyResult {
        if self.cast_exact::<PyFrozenSet>(iterable).is_some() {
            return Ok(iterable);
        }
        self.frozenset_of_class(self.class::<PyFrozenSet>(), iterable)
    }

    fn frozenset_of_class(&self, class: Gc<PyType>, iterable: Value) -> PyResult {
        let set = self.alloc_instance(class, PyFrozenSet(PySet::empty()))?;
        // SAFETY: a frozenset is a set in memory.
        self.set_update(unsafe { set.cast() }, iterable)?;
        Ok(set.value())
    }

    /// `set.add(item)`.
    pub fn set_add(&self, set: Value, item: Value) -> PyResult<()> {
        let hash = self.hash_key(item, "set element")?;
        self.as_set(set).expect("a set").add_hashed(self, item, hash)
    }

    /// `set.discard(item)`; whether it was there.
    pub fn set_discard(&self, set: Value, item: Value) -> PyResult<bool> {
        let hash = self.hash_key(item, "set element")?;
        self.as_set(set).expect("a set").discard_hashed(self, item, hash)
    }

    /// `set.update(iterable)`.
    pub fn set_update(&self, set: Gc<PySet>, iterable: Value) -> PyResult<()> {
        if let Some(other) = self.as_set(iterable) {
            return set.merge(self, other);
        }
        if let Some(dict) = self.cast_exact::<PyDict>(iterable) {
            let mut position = 0;
            while position < dict.filled() {
                if let Some(entry) = dict.entry(position) {
                    set.add_hashed(self, entry.key, entry.hash)?;
                }
                position += 1;
            }
            return Ok(());
        }
        self.for_each(iterable, |item| {
            let hash = self.hash_key(item, "set element")?;
            set.add_hashed(self, item, hash)
        })
    }

    /// A plain set with the same items.
    fn set_copy(&self, set: Gc<PySet>) -> PyResult<Gc<PySet>> {
        let copy = self.alloc(PySet::empty())?;
        copy.merge(self, set)?;
        Ok(copy)
    }

    /// A value as a set: itself, or a set of its items.
    fn as_or_to_set(&self, value: Value) -> PyResult<Gc<PySet>> {
        match self.as_set(value) {
            Some(set) => Ok(set),
            None => {
                let set = self.alloc(PySet::empty())?;
                self.set_update(set, value)?;
                Ok(set)
            }
        }
    }

    /// Whether a set holds an item; a set that is looked for is frozen first.
    fn set_contains(&self, set: Gc<PySet>, item: Value) -> PyResult<bool> {
        let (item, hash) = self.searchable(item)?;
        set.contains(self, item, hash)
    }

    /// An item and its hash; a `set`, which has none, as a `frozenset`.
    fn searchable(&self, item: Value) -> PyResult<(Value, i64)> {
        if self.cast::<PySet>(item).is_some() && self.slots_of(item).hash.is_none() {
            let frozen = self.new_frozenset_from(item)?;
            return Ok((frozen, self.hash(frozen)?));
        }
        Ok((item, self.hash_key(item, "set element")?))
    }

    /// Puts a set's items into a result of the same kind as `like`: `set` or `frozenset`.
    fn set_like(&self, like: Value, items: Gc<PySet>) -> PyResult {
        if self.cast::<PySet>(like).is_some() {
            return Ok(items.value());
        }
        let frozen = self.alloc(PyFrozenSet(PySet::empty()))?;
        // SAFETY: a frozenset is a set in memory.
        unsafe { frozen.cast::<PySet>() }.take_items(self, items);
        Ok(frozen.value())
    }
}

fn is_subset(vm: &Vm, a: Gc<PySet>, b: Gc<PySet>) -> PyResult<bool> {
    if a.len() > b.len() {
        return Ok(false);
    }
    let mut slot = 0;
    while slot < a.slots() {
        if let Some((hash, item)) = a.at(slot)
            && !b.contains(vm, item, hash)?
        {
            return Ok(false);
        }
        slot += 1;
    }
    Ok(true)
}

fn intersection(vm: &Vm, a: Gc<PySet>, other: Value) -> PyResult<Gc<PySet>> {
    let result = vm.alloc(PySet::empty())?;
    if let Some(b) = vm.as_set(other) {
        let (small, large) = if b.len() > a.len() { (a, b) } else { (b, a) };
        let mut slot = 0;
        while slot < small.slots() {
            if let Some((hash, item)) = small.at(slot)
                && large.contains(vm, item, hash)?
            {
                result.add_hashed(vm, item, hash)?;
            }
            slot += 1;
        }
        return Ok(result);
    }
    vm.for_each(other, |item| {
        let hash = vm.hash_key(item, "set element")?;
        if a.contains(vm, item, hash)? { result.add_hashed(vm, item, hash) } else { Ok(()) }
    })?;
    Ok(result)
}

fn difference_update(vm: &Vm, set: Gc<PySet>, other: Value) -> PyResult<()> {
    if other == set.value() {
        set.clear_items();
        return Ok(());
    }
    if let Some(other) = vm.as_set(other) {
        let mut slot = 0;
        while slot < other.slots() {
            if let Some((hash, item)) = other.at(slot) {
                set.discard_hashed(vm, item, hash)?;
            }
            slot += 1;
        }
        return Ok(());
    }
    if let Some(dict) = vm.cast_exact::<PyDict>(other) {
        let mut position = 0;
        while position < dict.filled() {
            if let Some(entry) = dict.entry(position) {
                set.discard_hashed(vm, entry.key, entry.hash)?;
            }
            position += 1;
        }
        return Ok(());
    }
    vm.for_each(other, |item| {
        let hash = vm.hash_key(item, "set element")?;
        set.discard_hashed(vm, item, hash).map(drop)
    })
}

fn difference(vm: &Vm, a: Gc<PySet>, other: Value) -> PyResult<Gc<PySet>> {
    let Some(b) = vm.as_set(other) else {
        let result = vm.set_copy(a)?;
        difference_update(vm, result, other)?;
        return Ok(result);
    };
    let result = vm.alloc(PySet::empty())?;
    let mut slot = 0;
    while slot < a.slots() {
        if let Some((hash, item)) = a.at(slot)
            && !b.contains(vm, item, hash)?
        {
            result.add_hashed(vm, item, hash)?;
        }
        slot += 1;
    }
    Ok(result)
}

fn symmetric_difference_update(vm: &Vm, set: Gc<PySet>, other: Value) -> PyResult<()> {
    if other == set.value() {
        set.clear_items();
        return Ok(());
    }
    let other = vm.as_or_to_set(other)?;
    let mut slot = 0;
    while slot < other.slots() {
        if let Some((hash, item)) = other.at(slot)
            && !set.discard_hashed(vm, item, hash)?
        {
            set.add_hashed(vm, item, hash)?;
        }
        slot += 1;
    }
    Ok(())
}

fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
    let (Some(a), Some(b)) = (vm.as_set(a), vm.as_set(b)) else { return Ok(Value::NOT_IMPLEMENTED) };
    let equal = |a: Gc<PySet>, b: Gc<PySet>| -> PyResult<bool> {
        let differ = a.hash.get() != 0 && b.hash.get() != 0 && a.hash.get() != b.hash.get();
        Ok(a.len() == b.len() && !differ && is_subset(vm, a, b)?)
    };
    Ok(Value::bool(match op {
        CompareOp::Eq => equal(a, b)?,
        CompareOp::Ne => !equal(a, b)?,
        CompareOp::Le => is_subset(vm, a, b)?,
        CompareOp::Ge => is_subset(vm, b, a)?,
        CompareOp::Lt => a.len() < b.len() && is_subset(vm, a, b)?,
        CompareOp::Gt => b.len() < a.len() && is_subset(vm, b, a)?,
    }))
}

fn repr(vm: &Vm, this: Value) -> PyResult {
    let set = vm.as_set(this).expect("a set");
    let class = vm.class_of(this);
    let name = class.name_text();
    if set.is_empty() {
        return Ok(vm.new_str(&format!("{name}()"))?.value());
    }
    let Some(_guard) = vm.enter_repr(this) else { return Ok(vm.new_str(&format!("{name}(...)"))?.value()) };
    let items = vm.list_from(this)?;
    let plain = class == vm.class::<PySet>();
    let mut out = StrBuilder::default();
    if !plain {
        out.push_str(&name);
        out.push_str("(");
    }
    let mut separator = "{";
    for index in 0..items.len() {
        out.push_str(separator);
        let repr = vm.repr(items.as_slice()[index])?;
        out.push_py(&repr);
        separator = ", ";
    }
    out.push_str(if plain { "}" } else { "})" });
    Ok(out.finish(vm)?.value())
}

/// The hash of a frozen set, whatever the order of its items: CPython's.
fn frozen_hash(vm: &Vm, set: Gc<PySet>) -> PyResult<i64> {
    if set.hash.get() != 0 {
        return Ok(set.hash.get());
    }
    let shuffle = |hash: i64| ((hash as u64 ^ 89_869_747) ^ ((hash as u64) << 16)).wrapping_mul(3_644_798_167);
    let mut hash = 0;
    for slot in 0..set.slots() {
        let Some((kept, item)) = set.at(slot) else { continue };
        // The table keeps 63 bits of a hash, which are all that integers and floats have.
        let is_short = item.is_small_int() || item.is_small_float();
        hash ^= shuffle(if is_short { kept } else { vm.hash(item)? });
    }
    hash ^= (set.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    let hash = if hash == u64::MAX { 590_923_713 } else { hash as i64 };
    set.hash.set(hash);
    Ok(hash)
}

macro_rules! shared_methods {
    ($part:ident, $of:literal, $type:ident) => {
        #[kaa_macros::py_methods($part, of = $of)]
        impl $type {
            #[method("__contains__($self, object, /)", doc = "x.__contains__(y) <==> y in x.")]
            fn dunder_contains(vm: &Vm, this: Value, object: Value) -> PyResult<bool> {
                vm.set_contains(vm.as_set(this).expect("a set"), object)
            }

            #[method("copy($self, /)", doc = "Return a shallow copy of a set.")]
            fn copy(vm: &Vm, this: Value) -> PyResult {
                if vm.cast_exact::<PyFrozenSet>(this).is_some() {
                    return Ok(this);
                }
                let copy = vm.set_copy(vm.as_set(this).expect("a set"))?;
                vm.set_like(this, copy)
            }

            #[method(
                "difference($self, /, *others)",
                doc = "Return a new set with elements in the set that are not in the others."
            )]
            fn difference(vm: &Vm, this: Value, others: &[Value]) -> PyResult {
                let set = vm.as_set(this).expect("a set");
                let Some((&first, rest)) = others.split_first() else {
                    let copy = vm.set_copy(set)?;
                    return vm.set_like(this, copy);
                };
                let result = difference(vm, set, first)?;
                for &other in rest {
                    difference_update(vm, result, other)?;
                }
                vm.set_like(this, result)
            }

            #[method(
                "intersection($self, /, *others)",
                doc = "Return a new set with elements common to the set and all others."
            )]
            fn intersection(vm: &Vm, this: Value, others: &[Value]) -> PyResult {
                let mut result = vm.as_set(this).expect("a set");
                if others.is_empty() {
                    result = vm.set_copy(result)?;
                }
                for &other in others {
                    result = intersection(vm, result, other)?;
                }
                vm.set_like(this, result)
            }

            #[method("isdisjoint($self, other, /)", doc = "Return True if two sets have a null intersection.")]
            fn isdisjoint(vm: &Vm, this: Value, other: Value) -> PyResult<bool> {
                let set = vm.as_set(this).expect("a set");
                if this == other {
                    return Ok(set.is_empty());
                }
                let Some(other_set) = vm.as_set(other) else {
                    let iterator = vm.iter(other)?;
                    while let Some(item) = vm.next(iterator)? {
                        let hash = vm.hash_key(item, "set element")?;
                        if set.contains(vm, item, hash)? {
                            return Ok(false);
                        }
                    }
                    return Ok(true);
                };
                let (small, large) = if other_set.len() > set.len() { (set, other_set) } else { (other_set, set) };
                let mut slot = 0;
                while slot < small.slots() {
                    if let Some((hash, item)) = small.at(slot) {
                        if large.contains(vm, item, hash)? {
                            return Ok(false);
                        }
                    }
                    slot += 1;
                }
                Ok(true)
            }

            #[method("issubset($self, other, /)", doc = "Report whether another set contains this set.")]
            fn issubset(vm: &Vm, this: Value, other: Value) -> PyResult<bool> {
                let other = vm.as_or_to_set(other)?;
                is_subset(vm, vm.as_set(this).expect("a set"), other)
            }

            #[method("issuperset($self, other, /)", doc = "Report whether this set contains another set.")]
            fn issuperset(vm: &Vm, this: Value, other: Value) -> PyResult<bool> {
                let other = vm.as_or_to_set(other)?;
                is_subset(vm, other, vm.as_set(this).expect("a set"))
            }

            #[method("__reduce__($self, /)", doc = "Return state information for pickling.")]
            fn reduce(vm: &Vm, this: Value) -> PyResult<Gc<PyTuple>> {
                let items = vm.list_from(this)?;
                let args = vm.new_tuple(&[items.value()])?;
                let state = vm.call_method_str(this, "__getstate__", &[])?;
                vm.new_tuple(&[vm.class_of(this).value(), args.value(), state])
            }

            #[method("__sizeof__($self, /)", doc = "S.__sizeof__() -> size of S in memory, in bytes.")]
            fn sizeof(vm: &Vm, this: Value) -> usize {
                vm.as_set(this).map_or(0, |set| size_of::<PySet>() + set.slots() * 16)
            }

            #[method(
                "symmetric_difference($self, other, /)",
                doc = "Return a new set with elements in either the set or other but not both."
            )]
            fn symmetric_difference(vm: &Vm, this: Value, other: Value) -> PyResult {
                let result = vm.set_copy(vm.as_set(this).expect("a set"))?;
                symmetric_difference_update(vm, result, other)?;
                vm.set_like(this, result)
            }

            #[method("union($self, /, *others)", doc = "Return a new set with elements from the set and all others.")]
            fn union(vm: &Vm, this: Value, others: &[Value]) -> PyResult {
                let result = vm.set_copy(vm.as_set(this).expect("a set"))?;
                for &other in others {
                    vm.set_update(result, other)?;
                }
                vm.set_like(this, result)
            }
        }
    };
}

shared_methods!(SET_SHARED, "set", PySet);
shared_methods!(FROZENSET_SHARED, "frozenset", PyFrozenSet);

/// `a op b` of two sets: the result is of the left operand's kind.
fn operation(vm: &Vm, a: Value, b: Value, compute: fn(&Vm, Gc<PySet>, Value) -> PyResult<Gc<PySet>>) -> PyResult {
    let (Some(set), Some(_)) = (vm.as_set(a), vm.as_set(b)) else { return Ok(Value::NOT_IMPLEMENTED) };
    let result = compute(vm, set, b)?;
    vm.set_like(a, result)
}

fn union(vm: &Vm, set: Gc<PySet>, other: Value) -> PyResult<Gc<PySet>> {
    let result = vm.set_copy(set)?;
    vm.set_update(result, other)?;
    Ok(result)
}

fn symmetric_difference(vm: &Vm, set: Gc<PySet>, other: Value) -> PyResult<Gc<PySet>> {
    let result = vm.set_copy(set)?;
    symmetric_difference_update(vm, result, other)?;
    Ok(result)
}

/// `a op= b`: nothing but a set may stand on the right.
fn inplace(vm: &Vm, a: Value, b: Value, change: impl FnOnce(Gc<PySet>) -> PyResult<()>) -> PyResult {
    if !vm.is_any_set(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    change(vm.as_set(a).expect("a set"))?;
    Ok(a)
}

#[kaa_macros::py_type(
    name = "set", id = ids::SET, flags(BASETYPE, MATCH_SELF, MANAGED_WEAKREF), parts(SET_SHARED, crate::types::generic_alias::CLASS_GETITEM),
    doc = "Build an unordered collection of unique elements."
)]
impl PySet {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PySet>> {
        vm.alloc_instance(class, PySet::empty())
    }

    #[init("set", raw, signature = "(iterable=(), /)")]
    fn init(vm: &Vm, this: Gc<PySet>, args: Args<'_>) -> PyResult<()> {
        // Unlike other constructors, also not for what a subclass's `__new__` takes.
        args.no_keywords(vm, "set")?;
        if args.positionals().len() > 1 {
            return Err(vm.wrong_positional_count("set", args.positionals().len(), 0, 1));
        }
        this.clear_items();
        args.positionals().first().map_or(Ok(()), |&iterable| vm.set_update(this, iterable))
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult {
        repr(vm, this)
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        compare(vm, a, b, op)
    }

    #[slot(sq_length)]
    fn length(&self) -> usize {
        self.len()
    }

    #[slot(sq_contains)]
    fn contains_slot(vm: &Vm, this: Gc<PySet>, item: Value) -> PyResult<bool> {
        vm.set_contains(this, item)
    }

    #[slot(iter)]
    fn iter_slot(vm: &Vm, this: Gc<PySet>) -> PyResult {
        SetIterator::over(vm, this)
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, difference)
    }

    #[slot(nb_and)]
    fn and(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, intersection)
    }

    #[slot(nb_xor)]
    fn xor(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, symmetric_difference)
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, union)
    }

    #[slot(nb_inplace_subtract)]
    fn inplace_subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        inplace(vm, a, b, |set| difference_update(vm, set, b))
    }

    #[slot(nb_inplace_and)]
    fn inplace_and(vm: &Vm, a: Value, b: Value) -> PyResult {
        inplace(vm, a, b, |set| {
            let result = intersection(vm, set, b)?;
            set.take_items(vm, result);
            Ok(())
        })
    }

    #[slot(nb_inplace_xor)]
    fn inplace_xor(vm: &Vm, a: Value, b: Value) -> PyResult {
        inplace(vm, a, b, |set| symmetric_difference_update(vm, set, b))
    }

    #[slot(nb_inplace_or)]
    fn inplace_or(vm: &Vm, a: Value, b: Value) -> PyResult {
        inplace(vm, a, b, |set| vm.set_update(set, b))
    }

    #[method(
        "add($self, object, /)",
        doc = "Add an element to a set.\n\nThis has no effect if the element is already present."
    )]
    fn add(vm: &Vm, this: Gc<PySet>, object: Value) -> PyResult<()> {
        let hash = vm.hash_key(object, "set element")?;
        this.add_hashed(vm, object, hash)
    }

    #[method("clear($self, /)", doc = "Remove all elements from this set.")]
    fn clear(_vm: &Vm, this: Gc<PySet>) {
        this.clear_items();
    }

    #[method(
        "discard($self, object, /)",
        doc = "Remove an element from a set if it is a member.\n\nUnlike set.remove(), the discard() method does not raise\nan exception when an element is missing from the set."
    )]
    fn discard(vm: &Vm, this: Gc<PySet>, object: Value) -> PyResult<()> {
        let (object, hash) = vm.searchable(object)?;
        this.discard_hashed(vm, object, hash).map(drop)
    }

    #[method(
        "remove($self, object, /)",
        doc = "Remove an element from a set; it must be a member.\n\nIf the element is not a member, raise a KeyError."
    )]
    fn remove(vm: &Vm, this: Gc<PySet>, object: Value) -> PyResult<()> {
        let (item, hash) = vm.searchable(object)?;
        if this.discard_hashed(vm, item, hash)? { Ok(()) } else { Err(vm.key_error(object)) }
    }

    #[method(
        "pop($self, /)",
        doc = "Remove and return an arbitrary set element.\n\nRaises KeyError if the set is empty."
    )]
    fn pop(vm: &Vm, this: Gc<PySet>) -> PyResult {
        match this.pop_any(vm) {
            Some(item) => Ok(item),
            None => Err(vm.key_error(vm.new_str("pop from an empty set")?.value())),
        }
    }

    #[method("update($self, /, *others)", doc = "Update the set, adding elements from all others.")]
    fn update(vm: &Vm, this: Gc<PySet>, others: &[Value]) -> PyResult<()> {
        others.iter().try_for_each(|&other| vm.set_update(this, other))
    }

    #[method("difference_update($self, /, *others)", doc = "Update the set, removing elements found in others.")]
    fn difference_update(vm: &Vm, this: Gc<PySet>, others: &[Value]) -> PyResult<()> {
        others.iter().try_for_each(|&other| difference_update(vm, this, other))
    }

    #[method(
        "intersection_update($self, /, *others)",
        doc = "Update the set, keeping only elements found in it and all others."
    )]
    fn intersection_update(vm: &Vm, this: Gc<PySet>, others: &[Value]) -> PyResult<()> {
        let mut result = this;
        for &other in others {
            result = intersection(vm, result, other)?;
        }
        if result != this {
            this.take_items(vm, result);
        }
        Ok(())
    }

    #[method(
        "symmetric_difference_update($self, other, /)",
        doc = "Update the set, keeping only elements found in either set, but not in both."
    )]
    fn symmetric_difference_update(vm: &Vm, this: Gc<PySet>, other: Value) -> PyResult<()> {
        symmetric_difference_update(vm, this, other)
    }
}

#[kaa_macros::py_type(
    name = "frozenset", id = ids::FROZENSET, flags(BASETYPE, MATCH_SELF, MANAGED_WEAKREF), parts(FROZENSET_SHARED, crate::types::generic_alias::CLASS_GETITEM),
    doc = "Build an immutable unordered collection of unique elements."
)]
impl PyFrozenSet {
    #[new("frozenset(iterable=(), /)")]
    fn new(vm: &Vm, class: Gc<PyType>, iterable: Option<Value>) -> PyResult {
        match iterable {
            Some(iterable) if class == vm.class::<PyFrozenSet>() => vm.new_frozenset_from(iterable),
            Some(iterable) => vm.frozenset_of_class(class, iterable),
            None => Ok(vm.alloc_instance(class, PyFrozenSet(PySet::empty()))?.value()),
        }
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Value) -> PyResult {
        repr(vm, this)
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Value) -> PyResult<i64> {
        frozen_hash(vm, vm.as_set(this).expect("a set"))
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        compare(vm, a, b, op)
    }

    #[slot(sq_length)]
    fn length(&self) -> usize {
        self.0.len()
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Value, item: Value) -> PyResult<bool> {
        vm.set_contains(vm.as_set(this).expect("a set"), item)
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Value) -> PyResult {
        SetIterator::over(vm, vm.as_set(this).expect("a set"))
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, difference)
    }

    #[slot(nb_and)]
    fn and(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, intersection)
    }

    #[slot(nb_xor)]
    fn xor(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, symmetric_difference)
    }

    #[slot(nb_or)]
    fn or(vm: &Vm, a: Value, b: Value) -> PyResult {
        operation(vm, a, b, union)
    }
}
