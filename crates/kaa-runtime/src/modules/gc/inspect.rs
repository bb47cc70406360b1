//! What is on the heap, and what refers to what. Storage that belongs to another object (a list's
//! items, a dict's table) counts as a part of that object.

use kaa_gc::{Generation, RAW};
use kaa_objects::class::PyType;
use kaa_objects::object::{Gc, Object};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{PyResult, Value, Vm, ids};

/// Whether an object is storage of another one.
fn is_storage(object: Gc<Object>) -> bool {
    matches!(object.shape_id(), ids::VALUE_ARRAY | ids::RAW_ARRAY | ids::DICT_TABLE | ids::SET_TABLE)
}

/// Whether CPython's collector would look at the object: containers, instances of Python classes
/// and those classes, but no atoms. Only its header is looked at, and its flags if it is a class.
pub(super) fn is_tracked(object: Gc<Object>) -> bool {
    let shape = object.shape_id();
    if shape >= ids::FIRST_CLASS {
        return true;
    }
    match shape {
        ids::OBJECT | ids::STR | ids::CODE | ids::RANGE | ids::BYTEARRAY => false,
        // SAFETY: the shape says what they are.
        ids::TYPE => !unsafe { object.cast::<PyType>() }.is_native.get(),
        // SAFETY: as above.
        ids::TUPLE => !unsafe { object.cast::<PyTuple>() }.is_empty(),
        _ => object.header().kind() != RAW && !is_storage(object),
    }
}

/// [`is_tracked`] for a census of the collector.
pub(super) fn counts(object: *const u8) -> bool {
    // SAFETY: the heap gives objects whose memory is intact.
    is_tracked(unsafe { Gc::from_ptr(object.cast_mut().cast()) })
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

/// What an object refers to as `gc.get_referents` tells it: with numbers that are no objects, and
/// the class of instances of Python classes. To be used as what [`referents_of`] gives.
fn all_referents_of(vm: &Vm, value: Value, object: Gc<Object>) -> Vec<Value> {
    let mut all = referents_of(vm, object);
    let is_atom = |value: &Value| !value.is_object();
    if let Some(list) = vm.cast::<PyList>(value) {
        all.extend(list.as_slice().iter().copied().filter(is_atom));
    } else if let Some(tuple) = vm.cast::<PyTuple>(value) {
        all.extend(tuple.as_slice().iter().copied().filter(is_atom));
    } else if let Some(dict) = vm.cast::<PyDict>(value) {
        all.extend(dict.iter().flat_map(|entry| [entry.key, entry.value]).filter(is_atom));
    } else if let Some(set) = vm.as_set(value) {
        all.extend(set.iter().map(|(_, item)| item).filter(is_atom));
    }
    let class = vm.class_of(value);
    if !class.is_native.get() {
        all.push(class.value());
    }
    all
}

/// Which objects to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    All,
    /// Those that were made since the last collection.
    Young,
    /// Those that have survived one.
    Old,
}

/// The tracked objects; to be used as what [`referents_of`] gives.
fn visible_objects(vm: &Vm, age: Age) -> Vec<Gc<Object>> {
    let mut objects = Vec::new();
    let mut add = |object: *mut u8| {
        // SAFETY: the heap gives live objects.
        let object: Gc<Object> = unsafe { Gc::from_ptr(object.cast()) };
        let is_young = !object.header().has(kaa_gc::UNLOG | kaa_gc::IMMORTAL);
        if is_tracked(object) && (age != Age::Old || !is_young) {
            objects.push(object);
        }
    };
    match age {
        Age::Young => vm.heap().for_each_object_since_collection(add),
        Age::All | Age::Old => vm.heap().for_each_object(&mut add),
    }
    objects
}

/// How many tracked objects there are.
pub(super) fn count(vm: &Vm, age: Age) -> usize {
    visible_objects(vm, age).len()
}

/// A list of what `find` finds.
fn list_of(vm: &Vm, find: impl Fn() -> Vec<Value>) -> PyResult {
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
pub(super) fn objects(vm: &Vm, age: Age) -> PyResult {
    if age == Age::All {
        // Garbage is not to be shown.
        vm.heap().collect(Generation::Full);
    }
    list_of(vm, || visible_objects(vm, age).into_iter().map(|object| object.value()).collect())
}

/// `gc.get_referrers(*objects)`.
pub(super) fn referrers(vm: &Vm, objects: &[Value]) -> PyResult {
    vm.heap().collect(Generation::Full);
    let refers = |object: Gc<Object>| referents_of(vm, object).iter().any(|value| objects.contains(value));
    list_of(vm, || {
        let all = visible_objects(vm, Age::All);
        all.into_iter().filter(|&object| refers(object)).map(|object| object.value()).collect()
    })
}

/// `gc.get_referents(*objects)`.
pub(super) fn referents(vm: &Vm, objects: &[Value]) -> PyResult {
    let find = || {
        let tracked = objects.iter().filter_map(|&value| Some((value, value.as_object()?)));
        let tracked = tracked.filter(|(_, object)| is_tracked(*object));
        tracked.flat_map(|(value, object)| all_referents_of(vm, value, object)).collect::<Vec<_>>()
    };
    let list = vm.new_list_with_capacity(find().len())?;
    for value in find() {
        list.push(vm, value)?;
    }
    Ok(list.value())
}
