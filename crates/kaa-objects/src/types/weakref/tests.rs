//! Weak references, their callbacks and `__del__` over collections.

use std::cell::Cell;

use super::*;
use crate::class::{MethodDef, MethodKind};
use crate::thread::Thread;
use crate::types::descriptors::PyMethodDescriptor;
use crate::types::object::PyObject;
use crate::vm::VmConfig;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

static COUNT: MethodDef = MethodDef {
    name: "count",
    signature: None,
    doc: None,
    kind: MethodKind::Instance,
    function: |_, _, _| {
        CALLS.set(CALLS.get() + 1);
        Ok(Value::NONE)
    },
};

fn with_vm(test: impl FnOnce(&Vm)) {
    let thread = Thread::new(0, 1000);
    let vm = Vm::new(VmConfig::default(), &thread).unwrap();
    CALLS.set(0);
    test(&vm);
}

fn counter(vm: &Vm) -> Value {
    let class = Slot::new(vm.class::<PyObject>());
    vm.alloc(PyMethodDescriptor { header: Header::EMPTY, def: &COUNT, class }).unwrap().value()
}

fn class(vm: &Vm, attributes: &[(&str, Value)]) -> Gc<PyType> {
    let namespace = vm.new_dict().unwrap();
    for (name, value) in attributes {
        namespace.set_str(vm, vm.intern(name), *value).unwrap();
    }
    let args = [vm.intern("C").value(), vm.new_tuple(&[]).unwrap().value(), namespace.value()];
    vm.cast(vm.call(vm.class::<PyType>().value(), &args).unwrap()).unwrap()
}

#[inline(never)]
fn make_dying(vm: &Vm, class: Gc<PyType>, refs: Gc<crate::types::list::PyList>, callback: Value) {
    for _ in 0..100 {
        let object = vm.call(class.value(), &[]).unwrap();
        let weak = vm.new_weakref(vm.class::<PyWeakRef>(), object, Some(callback)).unwrap();
        assert_eq!(weak.get(), Some(object));
        refs.push(vm, weak.value()).unwrap();
    }
}

/// Overwrites what earlier calls left on the stack.
#[inline(never)]
fn scrub(depth: usize) -> usize {
    let words = std::hint::black_box([depth; 64]);
    if depth == 0 { words[0] } else { scrub(depth - 1) + words[1] }
}

#[test]
fn dead_referents_clear_references_and_call_back() {
    with_vm(|vm| {
        let class = class(vm, &[]);
        let (refs, callback) = (vm.new_list(&[]).unwrap(), counter(vm));
        make_dying(vm, class, refs, callback);
        scrub(50);
        vm.heap().collect(kaa_gc::Generation::Full);
        vm.run_collected();
        let dead = refs.as_slice().iter().filter(|weak| vm.cast::<PyWeakRef>(**weak).unwrap().get().is_none()).count();
        assert!(dead > 90, "{dead} of 100 died");
        assert_eq!(CALLS.get(), dead, "a callback for each");
    });
}

#[test]
fn living_referents_are_found_and_references_reused() {
    with_vm(|vm| {
        let class = class(vm, &[]);
        let object = vm.call(class.value(), &[]).unwrap();
        let list = vm.new_list(&[object]).unwrap();
        let weak = vm.new_weakref(vm.class::<PyWeakRef>(), object, None).unwrap();
        assert!(vm.new_weakref(vm.class::<PyWeakRef>(), object, None).unwrap() == weak);
        let proxy = vm.new_weak_proxy(object, None).unwrap();
        vm.heap().collect(kaa_gc::Generation::Full);
        let object = list.get(0).unwrap();
        assert_eq!(weak.get(), Some(object));
        assert_eq!(vm.weakrefs_of(object).count(), 2);
        vm.set_attr(proxy.value(), vm.intern("x"), Value::TRUE).unwrap();
        assert_eq!(vm.get_attr(object, vm.intern("x")).unwrap(), Value::TRUE);
        assert!(vm.new_weakref(vm.class::<PyWeakRef>(), Value::small_int(1), None).is_err());
    });
}

#[inline(never)]
fn make_finalizable(vm: &Vm, class: Gc<PyType>) {
    for _ in 0..100 {
        vm.call(class.value(), &[]).unwrap();
    }
}

#[test]
fn unreached_objects_are_finalized_once() {
    with_vm(|vm| {
        let class = class(vm, &[("__del__", counter(vm))]);
        make_finalizable(vm, class);
        scrub(50);
        vm.heap().collect(kaa_gc::Generation::Full);
        vm.run_collected();
        let calls = CALLS.get();
        assert!(calls > 90, "{calls} of 100 finalized");
        vm.heap().collect(kaa_gc::Generation::Full);
        vm.run_collected();
        assert!(CALLS.get() <= 100, "none twice");
    });
}
