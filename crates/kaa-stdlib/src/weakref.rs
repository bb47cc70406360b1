//! `_weakref`: weak references and what asks for them.

use kaa_macros::py_module;
use kaa_objects::object::Native;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::weakref::{PyWeakCallableProxy, PyWeakProxy, PyWeakRef};
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The module.
pub struct Weakref;

#[py_module(name = "_weakref", doc = "Weak-reference support module.", setup = set_up)]
impl Weakref {
    #[function("getweakrefcount(object, /)", doc = "Return the number of weak references to 'object'.")]
    fn getweakrefcount(vm: &Vm, object: Value) -> usize {
        vm.weakrefs_of(object).count()
    }

    #[function("getweakrefs(object, /)", doc = "Return a list of all weak reference objects pointing to 'object'.")]
    fn getweakrefs(vm: &Vm, object: Value) -> PyResult<Gc<PyList>> {
        // From the search on nothing may be allocated.
        let list = vm.new_list_with_capacity(vm.weakrefs_of(object).count())?;
        let mut references: Vec<_> = vm.weakrefs_of(object).collect();
        // Those that are given again come first, then the latest.
        references.reverse();
        references.sort_by_key(|reference| {
            let class = vm.class_of(reference.value());
            match reference.has_callback() {
                false if class == vm.class::<PyWeakRef>() => 0,
                false
                    if [PyWeakProxy::def(), PyWeakCallableProxy::def()]
                        .map(|def| vm.native_class(def))
                        .contains(&class) =>
                {
                    1
                }
                _ => 2,
            }
        });
        for reference in references {
            list.push(vm, reference.value())?;
        }
        Ok(list)
    }

    #[function(
        "proxy(object, callback=None, /)",
        doc = "Create a proxy object that weakly references 'object'.\n\n'callback', if given, is called with a reference to the\nproxy when 'object' is about to be finalized."
    )]
    fn proxy(vm: &Vm, object: Value, callback: Value) -> PyResult<Gc<PyWeakRef>> {
        vm.new_weak_proxy(object, callback.not_none())
    }

    #[function(
        "_remove_dead_weakref(dct, key, /)",
        doc = "Atomically remove key from dict if it points to a dead weakref."
    )]
    fn remove_dead_weakref(vm: &Vm, dct: Gc<PyDict>, key: Value) -> PyResult<()> {
        let Some(found) = dct.get(vm, key)? else { return Ok(()) };
        let Some(reference) = vm.cast::<PyWeakRef>(found) else {
            return Err(vm.type_error("not a weakref"));
        };
        if reference.get().is_none() {
            dct.remove(vm, key)?;
        }
        Ok(())
    }
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    for (name, class) in [
        ("ref", vm.native_class(PyWeakRef::def())),
        ("ReferenceType", vm.native_class(PyWeakRef::def())),
        ("ProxyType", vm.native_class(PyWeakProxy::def())),
        ("CallableProxyType", vm.native_class(PyWeakCallableProxy::def())),
    ] {
        dict.set_str(vm, vm.intern(name), class.value())?;
    }
    Ok(())
}
