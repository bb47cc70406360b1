//! `_abc`: the machinery of abstract base classes, for `abc.ABCMeta`.
//!
//! Each abstract class has an `_abc_impl` with what was registered with it, and two caches of
//! answers of `issubclass`. Classes are held weakly. The negative cache is valid as long as no
//! class is registered anywhere: a counter of the isolate tells.

use std::any::Any;
use std::cell::Cell;

use kaa_macros::py_module;
use kaa_objects::class::{PyType, flags};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::weakref::PyWeakRef;
use kaa_objects::vm::Extension;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

/// The flags that say how patterns match a class; an ABC hands them to what is registered.
const COLLECTION_FLAGS: u64 = flags::SEQUENCE | flags::MAPPING;

/// How often a class was registered with an ABC of the isolate.
#[derive(Default)]
struct Registrations(Cell<u64>);

impl Extension for Registrations {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn registrations(vm: &Vm) -> &Cell<u64> {
    &vm.extension(|_| Registrations::default()).0
}

/// What an abstract class keeps: sets of weak references to classes, made when first needed.
#[repr(C)]
#[derive(Trace)]
pub struct AbcData {
    header: Header,
    registry: Slot,
    cache: Slot,
    negative_cache: Slot,
    negative_version: Cell<u64>,
}

#[py_type(name = "_abc_data", module = "_abc", doc = "Internal state held by ABC machinery.")]
impl AbcData {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: kaa_objects::Args<'_>) -> PyResult<Gc<AbcData>> {
        let data = AbcData {
            header: Header::EMPTY,
            registry: Slot::empty(),
            cache: Slot::empty(),
            negative_cache: Slot::empty(),
            negative_version: Cell::new(registrations(vm).get()),
        };
        vm.alloc_instance(class, data)
    }
}

/// The data of an abstract class.
fn data_of(vm: &Vm, class: Value) -> PyResult<Gc<AbcData>> {
    let data = vm.get_attr_str(class, "_abc_impl")?;
    vm.cast::<AbcData>(data).ok_or_else(|| vm.type_error("_abc_impl is set to a wrong type"))
}

/// Whether a set holds a reference to a class.
fn holds(vm: &Vm, set: &Slot, class: Value) -> PyResult<bool> {
    let Some(set) = set.get() else { return Ok(false) };
    if vm.cast::<PyType>(class).is_none() {
        return Ok(false);
    }
    let reference = vm.new_weakref(vm.class::<PyWeakRef>(), class, None)?;
    vm.contains(set, reference.value())
}

/// Adds a reference to a class to a set.
fn add(vm: &Vm, data: Gc<AbcData>, set: &Slot, class: Value) -> PyResult<()> {
    let members = match set.get() {
        Some(members) => members,
        None => {
            let members = vm.new_set_empty()?;
            set.set(vm, data, members);
            members
        }
    };
    let reference = vm.new_weakref(vm.class::<PyWeakRef>(), class, None)?;
    vm.set_add(members, reference.value())
}

/// Whether a value is clearly not abstract: a text, or a function without attributes of its own.
fn is_plain(vm: &Vm, value: Value) -> bool {
    vm.cast_exact::<PyStr>(value).is_some()
        || vm.cast_exact::<PyFunction>(value).is_some_and(|function| function.dict.get().is_none())
}

/// The methods of a class that are abstract: its own, and inherited ones that still are.
fn abstract_methods(vm: &Vm, class: Gc<PyType>) -> PyResult {
    let names = vm.new_set_empty()?;
    let is_abstract = |value: Value| match vm.get_attr_optional(value, vm.names().__isabstractmethod__)? {
        Some(mark) => vm.truth(mark),
        None => Ok(false),
    };
    let dict: Gc<PyDict> = class.dict.get_set();
    let items = vm.new_list(&[])?;
    for position in 0..dict.filled() {
        if let Some(entry) = dict.entry(position).filter(|entry| !is_plain(vm, entry.value)) {
            items.push(vm, entry.key)?;
            items.push(vm, entry.value)?;
        }
    }
    for index in 0..items.len() / 2 {
        let (name, value) = (items.as_slice()[2 * index], items.as_slice()[2 * index + 1]);
        if is_abstract(value)? {
            vm.set_add(names, name)?;
        }
    }
    for &base in class.bases.get_set().as_slice() {
        let Some(inherited) = vm.get_attr_optional(base, vm.names().__abstractmethods__)? else { continue };
        vm.for_each(inherited, |name| {
            let value = vm.get_attr_optional(class.value(), vm.attribute_name(name)?)?;
            match value {
                Some(value) if is_abstract(value)? => vm.set_add(names, name),
                _ => Ok(()),
            }
        })?;
    }
    vm.new_frozenset_from(names)
}

/// Sets how patterns match a class and its subclasses, where nothing else was said.
fn set_collection_flags(vm: &Vm, class: Gc<PyType>, collection: u64) {
    let own = class.flags.get();
    if own & COLLECTION_FLAGS == collection || class.has_flag(flags::IMMUTABLETYPE) {
        return;
    }
    class.flags.set(own & !COLLECTION_FLAGS | collection);
    for subclass in vm.subclasses(class) {
        set_collection_flags(vm, subclass, collection);
    }
}

fn subclass_check(vm: &Vm, class: Value, subclass: Value) -> PyResult<bool> {
    let Some(candidate) = vm.cast::<PyType>(subclass) else {
        return Err(vm.type_error("issubclass() arg 1 must be a class"));
    };
    let data = data_of(vm, class)?;
    if holds(vm, &data.cache, subclass)? {
        return Ok(true);
    }
    let version = registrations(vm).get();
    if data.negative_version.get() < version {
        data.negative_cache.clear();
        data.negative_version.set(version);
    } else if holds(vm, &data.negative_cache, subclass)? {
        return Ok(false);
    }
    let answer = vm.call_method(class, vm.names().__subclasshook__, &[subclass])?;
    if let Some(answer) = answer.as_bool() {
        add(vm, data, if answer { &data.cache } else { &data.negative_cache }, subclass)?;
        return Ok(answer);
    }
    if !answer.is_not_implemented() {
        return Err(vm.raise_new(
            vm.exceptions().AssertionError,
            "__subclasshook__ must return either False, True, or NotImplemented",
        ));
    }
    if candidate.mro_slice().contains(&class) {
        add(vm, data, &data.cache, subclass)?;
        return Ok(true);
    }
    // Registered classes, then subclasses, and what those answer.
    let others = vm.new_list(&[])?;
    if let Some(registry) = data.registry.get() {
        vm.for_each(registry, |reference| match vm.cast::<PyWeakRef>(reference).and_then(|weak| weak.get()) {
            Some(registered) => others.push(vm, registered),
            None => Ok(()),
        })?;
    }
    let subclasses = vm.call_method_str(class, "__subclasses__", &[])?;
    vm.list_extend(others, subclasses)?;
    for index in 0..others.len() {
        let Some(other) = others.get(index) else { break };
        if vm.issubclass(subclass, other)? {
            add(vm, data, &data.cache, subclass)?;
            return Ok(true);
        }
    }
    add(vm, data, &data.negative_cache, subclass)?;
    Ok(false)
}

/// The module.
pub struct Abc;

#[py_module(name = "_abc", doc = "Module contains faster C implementation of abc.ABCMeta")]
impl Abc {
    #[function(
        "_abc_init(object, /)",
        doc = "Internal ABC helper for class set-up. Should be never used outside abc module."
    )]
    fn abc_init(vm: &Vm, object: Value) -> PyResult<()> {
        let Some(class) = vm.cast::<PyType>(object) else {
            return Err(vm.type_error("_abc_init() argument must be a class"));
        };
        let methods = abstract_methods(vm, class)?;
        vm.set_attr(object, vm.names().__abstractmethods__, methods)?;
        let data = vm.call(vm.class::<AbcData>().value(), &[])?;
        vm.set_attr(object, vm.intern("_abc_impl"), data)?;
        // How instances match patterns is said by a private attribute of collections.abc.
        let name = vm.intern("__abc_tpflags__");
        let Some(given) = class.dict.get_set().get_str(vm, name) else { return Ok(()) };
        let Some(given) = given.as_small_int() else { return Ok(()) };
        let collection = given as u64 & COLLECTION_FLAGS;
        if collection == COLLECTION_FLAGS {
            return Err(vm.type_error("__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"));
        }
        class.flags.set(class.flags.get() | collection);
        vm.del_attr(object, name)
    }

    #[function(
        "_abc_register(cls, subclass, /)",
        doc = "Internal ABC helper for subclasss registration. Should be never used outside abc module."
    )]
    fn abc_register(vm: &Vm, class: Value, subclass: Value) -> PyResult<Value> {
        let Some(registered) = vm.cast::<PyType>(subclass) else {
            return Err(vm.type_error("Can only register classes"));
        };
        if vm.issubclass(subclass, class)? {
            return Ok(subclass);
        }
        if vm.issubclass(class, subclass)? {
            return Err(vm.runtime_error("Refusing to create an inheritance cycle"));
        }
        let data = data_of(vm, class)?;
        add(vm, data, &data.registry, subclass)?;
        let counter = registrations(vm);
        counter.set(counter.get() + 1);
        if let Some(class) = vm.cast::<PyType>(class) {
            let collection = class.flags.get() & COLLECTION_FLAGS;
            if collection != 0 {
                set_collection_flags(vm, registered, collection);
            }
        }
        Ok(subclass)
    }

    #[function(
        "_abc_instancecheck(cls, instance, /)",
        doc = "Internal ABC helper for instance checks. Should be never used outside abc module."
    )]
    fn abc_instancecheck(vm: &Vm, class: Value, instance: Value) -> PyResult<bool> {
        let data = data_of(vm, class)?;
        let class_attribute = vm.get_attr_optional(instance, vm.names().__class__)?;
        let subclass = class_attribute.unwrap_or_else(|| vm.class_of(instance).value());
        if holds(vm, &data.cache, subclass)? {
            return Ok(true);
        }
        let real = vm.class_of(instance).value();
        let check = |subclass: Value| {
            let answer = vm.call_method(class, vm.names().__subclasscheck__, &[subclass])?;
            vm.truth(answer)
        };
        if real == subclass {
            if data.negative_version.get() == registrations(vm).get() && holds(vm, &data.negative_cache, subclass)? {
                return Ok(false);
            }
            return check(subclass);
        }
        Ok(check(subclass)? || check(real)?)
    }

    #[function(
        "_abc_subclasscheck(cls, subclass, /)",
        doc = "Internal ABC helper for subclasss checks. Should be never used outside abc module."
    )]
    fn abc_subclasscheck(vm: &Vm, class: Value, subclass: Value) -> PyResult<bool> {
        subclass_check(vm, class, subclass)
    }

    #[function(
        "get_cache_token()",
        doc = "Returns the current ABC cache token.\n\nThe token is an opaque object (supporting equality testing) identifying the\ncurrent version of the ABC cache for virtual subclasses. The token changes\nwith every call to register() on any ABC."
    )]
    fn get_cache_token(vm: &Vm) -> u64 {
        registrations(vm).get()
    }

    #[function(
        "_get_dump(cls, /)",
        doc = "Internal ABC helper for cache and registry debugging.\n\nReturn shallow copies of registry, of both caches, and\nnegative cache version. Don't call this function directly,\ninstead use ABC._dump_registry() for a nice repr."
    )]
    fn get_dump(vm: &Vm, class: Value) -> PyResult<Gc<PyTuple>> {
        let data = data_of(vm, class)?;
        let copy = |set: &Slot| match set.get() {
            Some(set) => vm.new_set_from(set),
            None => vm.new_set_empty(),
        };
        let (registry, cache, negative) = (copy(&data.registry)?, copy(&data.cache)?, copy(&data.negative_cache)?);
        vm.new_tuple(&[registry, cache, negative, vm.new_int(data.negative_version.get() as i64)?])
    }

    #[function(
        "_reset_registry(cls, /)",
        doc = "Internal ABC helper to reset registry of a given class.\n\nShould be only used by refleak.py"
    )]
    fn reset_registry(vm: &Vm, class: Value) -> PyResult<()> {
        data_of(vm, class)?.registry.clear();
        Ok(())
    }

    #[function(
        "_reset_caches(cls, /)",
        doc = "Internal ABC helper to reset both caches of a given class.\n\nShould be only used by refleak.py"
    )]
    fn reset_caches(vm: &Vm, class: Value) -> PyResult<()> {
        let data = data_of(vm, class)?;
        data.cache.clear();
        data.negative_cache.clear();
        Ok(())
    }
}
