//! `object.__class__`, and whether one class can take another's place.

use super::PyObject;
use crate::class::{PyType, flags};
use crate::types::descriptors::PyMemberDescriptor;
use crate::types::module::PyModule;
use crate::{Gc, PyResult, Value, Vm, py_methods};

#[py_methods(ATTRIBUTES, of = "object")]
impl PyObject {
    #[getter("__class__", doc = "the object's class")]
    fn class(vm: &Vm, this: Value) -> Gc<PyType> {
        vm.class_of(this)
    }

    #[setter("__class__")]
    fn set_class(vm: &Vm, this: Value, class: Option<Value>) -> PyResult<()> {
        let Some(class) = class else { return Err(vm.type_error("can't delete __class__ attribute")) };
        let Some(class) = vm.cast::<PyType>(class) else {
            let name = vm.class_name(class);
            return Err(vm.type_error(format_args!("__class__ must be set to a class, not '{name}' object")));
        };
        let old = vm.class_of(this);
        let module = vm.class::<PyModule>();
        let modules = class.is_subclass(module) && old.is_subclass(module);
        if !modules && (class.has_flag(flags::IMMUTABLETYPE) || old.has_flag(flags::IMMUTABLETYPE)) {
            return Err(vm.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses"));
        }
        check_compatible(vm, old, class, "__class__")?;
        match this.as_object() {
            Some(object) => vm.change_class(object, class),
            None => {
                Err(vm.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses"))
            }
        }
    }
}

/// Whether instances of a class lie in memory just as those of its layout base.
fn adds_nothing(class: Gc<PyType>) -> Option<Gc<PyType>> {
    let base = class.base.get()?;
    let same = class.basic_size.get() == base.basic_size.get()
        && class.has_instance_dict() == base.has_instance_dict()
        && class.is_weakly_referable() == base.is_weakly_referable()
        && std::ptr::eq(class.native.get(), base.native.get());
    same.then_some(base)
}

/// The members that a class's own `__slots__` made, in order.
fn own_members(vm: &Vm, class: Gc<PyType>) -> Vec<(u32, usize)> {
    let dict = class.dict.get_set();
    let members = dict.iter().filter_map(|entry| vm.cast_exact::<PyMemberDescriptor>(entry.value));
    let own = members.filter(|member| member.class.get() == Some(class));
    let mut members: Vec<_> = own.map(|member| (member.offset, member.name.get_set().address())).collect();
    members.sort_unstable();
    members
}

/// Whether two classes add the same to the same base.
fn add_the_same(vm: &Vm, a: Gc<PyType>, b: Gc<PyType>) -> bool {
    a.base.get() == b.base.get()
        && a.basic_size.get() == b.basic_size.get()
        && a.has_instance_dict() == b.has_instance_dict()
        && a.is_weakly_referable() == b.is_weakly_referable()
        && std::ptr::eq(a.native.get(), b.native.get())
        && own_members(vm, a) == own_members(vm, b)
}

/// Refuses to put a class in the place of another whose instances are laid out differently.
pub(crate) fn check_compatible(vm: &Vm, old: Gc<PyType>, new: Gc<PyType>, attribute: &str) -> PyResult<()> {
    let (mut a, mut b) = (new, old);
    while let Some(base) = adds_nothing(a) {
        a = base;
    }
    while let Some(base) = adds_nothing(b) {
        b = base;
    }
    if a == b || add_the_same(vm, a, b) {
        return Ok(());
    }
    let (new, old) = (new.name_text(), old.name_text());
    Err(vm.type_error(format_args!("{attribute} assignment: '{new}' object layout differs from '{old}'")))
}
