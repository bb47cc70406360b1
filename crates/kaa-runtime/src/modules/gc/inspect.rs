//! What is on the heap, and what refers to what. Storage that belongs to another object (a list's
//! items, a dict's table) counts as a part of that object.

use kaa_gc::{Generation, RAW};
use kaa_objects::object::{Gc, Object};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{PyResult, Value, Vm, ids};

/// Whether an object is storage of another one.
fn is_storage(object: Gc<Object>) -> bool {
    matches!(object.shape_id(), ids::VALUE_ARRAY | ids::RAW_ARRAY | ids::DICT_TABLE | ids::SET_TABLE)
}

/// Whether an object can refer to others.
pub(super) fn holds_references(value: Value) -> bool {
    let empty_tuple = value.shape_id() == ids::TUPLE && {
        // SAFETY: an object with the shape of a plain tuple.
        unsafe { value.as_gc_unchecked::<PyTuple>() }.is_empty()
    };
    // A string may have its text in another object.
    let text = value.shape_id() == ids::STR;
    value.as_object().is_some_and(|object| object.header().kind() != RAW && !empty_tuple && !text)
}

/// The objects that this one refers to, through its storage. The collector does not see what is
/// given: it is to be used before anything is allocated.
fn referents_of(vm: &Vm, object: Gc<Object>) -> Vec<Value> {
    let (mut found, mut rest) = (Vec::new(), vec![object]);
    while let Some(object) = rest.pop() {
        // SAFETY: a live object, at a safepoint; its pointers are values' words.
        unsafe {
            vm.heap().for_each_referent(object.as_ptr().cast(), |word| {
                let Some(value) = Value::from_bits(word) else { return };
                match value.as_object() {
                    Some(storage) if is_storage(storage) => rest.push(storage),
                    _ => found.push(value),
                }
            });
        }
    }
    found
}

/// All objects that hold references; to be used as what [`referents_of`] gives.
fn visible_objects(vm: &Vm) -> Vec<Gc<Object>> {
    let mut objects = Vec::new();
    // SAFETY: the heap gives live objects.
    vm.heap().for_each_object(|object| objects.push(unsafe { Gc::<Object>::from_ptr(object.cast()) }));
    objects.retain(|&object| !is_storage(object) && holds_references(object.value()));
    objects
}

/// A list of what `find` finds on a heap without garbage.
fn list_of(vm: &Vm, find: impl Fn() -> Vec<Value>) -> PyResult {
    vm.heap().collect(Generation::Full);
    // Room comes first: from the search on nothing may be allocated. That may have made a few
    // objects more, or a few less.
    let room = find().len() + 16;
    let list = vm.new_list_with_capacity(room)?;
    for value in find().into_iter().filter(|&value| value != list.value()).take(room) {
        list.push(vm, value)?;
    }
    Ok(list.value())
}

/// `gc.get_objects()`.
pub(super) fn objects(vm: &Vm) -> PyResult {
    list_of(vm, || visible_objects(vm).into_iter().map(|object| object.value()).collect())
}

/// `gc.get_referrers(*objects)`.
pub(super) fn referrers(vm: &Vm, objects: &[Value]) -> PyResult {
    let refers = |object: Gc<Object>| referents_of(vm, object).iter().any(|value| objects.contains(value));
    list_of(vm, || {
        visible_objects(vm).into_iter().filter(|&object| refers(object)).map(|object| object.value()).collect()
    })
}

/// `gc.get_referents(*objects)`.
pub(super) fn referents(vm: &Vm, objects: &[Value]) -> PyResult {
    let find = || {
        let mut all = Vec::new();
        for &value in objects {
            let Some(object) = value.as_object().filter(|_| holds_references(value)) else { continue };
            all.extend(referents_of(vm, object));
            let class = vm.class_of(value);
            if !class.is_native.get() {
                all.push(class.value());
            }
        }
        all
    };
    let list = vm.new_list_with_capacity(find().len())?;
    for value in find() {
        list.push(vm, value)?;
    }
    Ok(list.value())
}
