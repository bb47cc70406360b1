//! Counting the items of an iterable in a mapping: the inner loop of `Counter`.

use kaa_objects::operations::BinaryOp;
use kaa_objects::types::dict::PyDict;
use kaa_objects::{Gc, PyResult, Value, Vm};

const ONE: Value = Value::small_int(1);

/// Adds 1 to the mapping's number for each item.
pub fn count_elements(vm: &Vm, mapping: Value, iterable: Value) -> PyResult<()> {
    if let Some(dict) = vm.cast::<PyDict>(mapping)
        && has_methods_of_dict(vm, mapping)
    {
        return vm.for_each(iterable, |item| count_in_dict(vm, dict, item));
    }
    let get = vm.get_attr(mapping, vm.names().get)?;
    vm.for_each(iterable, |item| {
        let old = vm.call(get, &[item, Value::small_int(0)])?;
        let new = vm.binary(BinaryOp::Add, old, ONE)?;
        vm.set_item(mapping, item, new)
    })
}

/// Whether a dict of a subclass is read and written as a plain one.
fn has_methods_of_dict(vm: &Vm, mapping: Value) -> bool {
    let (own, dict) = (vm.class_of(mapping), vm.class::<PyDict>());
    [vm.names().get, vm.names().__setitem__].into_iter().all(|name| vm.lookup(own, name) == vm.lookup(dict, name))
}

fn count_in_dict(vm: &Vm, dict: Gc<PyDict>, item: Value) -> PyResult<()> {
    let hash = vm.hash(item)?;
    let Some(position) = dict.position(vm, item, hash)? else {
        return dict.insert_new(vm, item, hash, ONE);
    };
    let old = dict.entry(position).map_or(Value::small_int(0), |entry| entry.value);
    match old.as_small_int() {
        // Adding small integers runs no Python code, so that the position is still right.
        Some(old) => dict.set_value_at(vm, position, vm.new_int(old + 1)?),
        None => {
            let new = vm.binary(BinaryOp::Add, old, ONE)?;
            dict.set_hashed(vm, item, hash, new)?;
        }
    }
    Ok(())
}
