//! `__bases__` of classes, and assigning to it.

use crate::class::PyType;
use crate::types::object::check_compatible;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm, py_methods};

#[py_methods(ATTRIBUTES, of = "type")]
impl PyType {
    #[getter("__bases__")]
    fn get_bases(class: &PyType) -> Option<Gc<PyTuple>> {
        class.bases.get()
    }

    #[setter("__bases__")]
    fn set_bases(vm: &Vm, class: Gc<PyType>, value: Option<Value>) -> PyResult<()> {
        let value = vm.check_special_attribute(class, value, "__bases__")?;
        let name = class.name_text();
        let Some(bases) = vm.cast::<PyTuple>(value) else {
            let given = vm.class_name(value);
            return Err(vm.type_error(format_args!("can only assign tuple to {name}.__bases__, not {given}")));
        };
        if bases.is_empty() {
            return Err(vm.type_error(format_args!("can only assign non-empty tuple to {name}.__bases__, not ()")));
        }
        for &base in bases.as_slice() {
            let Some(base) = vm.cast::<PyType>(base) else {
                let given = vm.class_name(base);
                return Err(vm.type_error(format_args!("{name}.__bases__ must be tuple of classes, not '{given}'")));
            };
            if base.is_subclass(class) || derives_by_base(base, class) {
                return Err(vm.type_error("a __bases__ item causes an inheritance cycle"));
            }
        }
        let base = vm.best_base(bases)?;
        check_compatible(vm, class.base.get_set(), base, "__bases__")?;
        let old = (class.bases.get_set(), class.base.get_set());
        class.bases.set(vm, class, bases);
        class.base.set(vm, class, base);
        let is_ours = || class.bases.get() == Some(bases);
        // Should one order be impossible, all that were changed are put back: but for what an
        // overriding `mro()` assigned in the meantime, which is newer.
        let changed = vm.new_list(&[])?;
        if let Err(raised) = vm.set_mro_of_all(class, changed) {
            for row in changed.as_slice().chunks_exact(3) {
                // SAFETY: the list holds classes with their new MRO tuples and the old ones.
                unsafe {
                    let class: Gc<PyType> = row[0].as_gc_unchecked();
                    if class.mro.get().map(Value::from) == Some(row[1]) {
                        class.mro.set_maybe(vm, class, row[2].not_none().map(|mro| mro.as_gc_unchecked()));
                        vm.class_modified(class);
                    }
                }
            }
            if is_ours() {
                class.bases.set(vm, class, old.0);
                class.base.set(vm, class, old.1);
            }
            return Err(raised);
        }
        if !is_ours() {
            return Ok(());
        }
        for &base in old.0.as_slice() {
            // SAFETY: bases are classes.
            vm.remove_subclass(unsafe { base.as_gc_unchecked() }, class);
        }
        for &base in bases.as_slice() {
            // SAFETY: bases are classes.
            vm.add_subclass(unsafe { base.as_gc_unchecked() }, class)?;
        }
        vm.class_modified(class);
        vm.attribute_access_changed(class);
        let descriptor_kind = || (class.slots().descr_get.is_some(), class.slots().descr_set.is_some());
        let before = descriptor_kind();
        vm.update_all_slots(class);
        if descriptor_kind() != before {
            vm.descriptors_changed(class);
        }
        Ok(())
    }
}

/// Whether `class` comes among the layout bases of `derived`: so it is while a class is being made
/// whose MRO is not there yet.
fn derives_by_base(derived: Gc<PyType>, class: Gc<PyType>) -> bool {
    std::iter::successors(Some(derived), |class| class.base.get()).any(|base| base == class)
}

impl Vm {
    /// Computes the MRO of a class and of all that derive from it anew. What each had before is
    /// added to `changed`: class, new and old MRO.
    fn set_mro_of_all(&self, class: Gc<PyType>, changed: Gc<crate::types::list::PyList>) -> PyResult<()> {
        let old = class.mro.get();
        let mro = self.find_mro(class)?;
        if class.mro.get() != old {
            // An overriding `mro()` has assigned `__bases__` itself.
            return Ok(());
        }
        changed.push(self, class.value())?;
        changed.push(self, mro.value())?;
        changed.push(self, old.map_or(Value::NONE, Value::from))?;
        class.mro.set(self, class, mro);
        self.class_modified(class);
        // An overriding `mro()` may make or drop classes.
        let subclasses = self.subclass_list(class)?;
        for index in 0..subclasses.len() {
            // SAFETY: the list holds classes only.
            self.set_mro_of_all(unsafe { subclasses.as_slice()[index].as_gc_unchecked() }, changed)?;
        }
        Ok(())
    }
}
