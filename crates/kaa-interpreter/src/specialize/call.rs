//! `CALL` by what is called.

use kaa_objects::class::PyType;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::method::PyMethod;
use kaa_objects::types::object::PyObject;
use kaa_objects::{Gc, Vm, ids};

use super::{failed, is_due, set_cache32, set_opcode};
use crate::dispatch::control::is_exact;
use crate::dispatch::state::object;
use crate::opcode::*;

/// Looks at the callable and the argument that may go first.
#[inline(always)]
pub fn call(vm: &Vm, pc: *const u16, callable: u64, first: u64, argc: usize) {
    if is_due(pc) {
        match form(vm, pc, callable, first, argc) {
            Some(form) => set_opcode(pc, form),
            None => failed(pc),
        }
    }
}

#[inline(never)]
fn form(vm: &Vm, pc: *const u16, callable: u64, first: u64, argc: usize) -> Option<u8> {
    // SAFETY: the operand is a value; its shape says what it is.
    unsafe {
        if is_exact(callable, ids::FUNCTION) {
            let function: Gc<PyFunction> = object(callable);
            let total = argc + usize::from(first != 0);
            return (function.code.get_set().simple_argcount as usize == total).then_some(CALL_PY);
        }
        if is_exact(callable, ids::METHOD) && first == 0 {
            let method: Gc<PyMethod> = object(callable);
            let function = method.function.get_set().bits();
            return is_exact(function, ids::FUNCTION).then_some(CALL_BOUND_METHOD);
        }
        if is_exact(callable, ids::BUILTIN_FUNCTION) && first == 0 {
            return Some(CALL_NATIVE);
        }
        if is_exact(callable, ids::METHOD_DESCRIPTOR) && first != 0 {
            return Some(CALL_METHOD_DESCRIPTOR);
        }
        if is_exact(callable, ids::TYPE) && first == 0 {
            let class: Gc<PyType> = object(callable);
            if class == vm.class::<PyType>() {
                return (argc == 1).then_some(CALL_TYPE_1);
            }
            return class_form(vm, pc, class);
        }
        None
    }
}

/// A class that is called: whether its instances are made by `object.__new__` and `__init__` is a
/// Python function.
fn class_form(vm: &Vm, pc: *const u16, class: Gc<PyType>) -> Option<u8> {
    let (own, object) = (class.slots().new?, vm.class::<PyObject>().slots().new?);
    if !std::ptr::fn_addr_eq(own, object) {
        return None;
    }
    let init = vm.lookup(class, vm.names().__init__)?;
    vm.cast_exact::<PyFunction>(init)?;
    let version = vm.class_version(class);
    if version == 0 {
        return None;
    }
    set_cache32(pc, 1, version);
    Some(CALL_CLASS_INIT)
}
