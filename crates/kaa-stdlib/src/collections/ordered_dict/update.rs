//! `OrderedDict.update`: items are set by the methods of a subclass.

use kaa_objects::types::dict::PyDict;
use kaa_objects::{Args, PyResult, Value, Vm};

/// Sets the items of a positional argument, then the keywords.
pub(super) fn update(vm: &Vm, this: Value, args: Args<'_>) -> PyResult<()> {
    if let Some(&source) = args.positionals().first() {
        update_from(vm, this, source)?;
    }
    for (name, value) in args.keywords() {
        vm.set_item(this, name.value(), value)?;
    }
    Ok(())
}

/// Sets the items of a mapping, or pairs.
pub(super) fn update_from(vm: &Vm, this: Value, source: Value) -> PyResult<()> {
    if let Some(dict) = vm.cast_exact::<PyDict>(source) {
        let items = vm.new_list_with_capacity(dict.len())?;
        for position in 0..dict.filled() {
            let Some(entry) = dict.entry(position) else { continue };
            let pair = vm.new_tuple(&[entry.key, entry.value])?;
            items.push(vm, pair.value())?;
        }
        return set_pairs(vm, this, items.value());
    }
    if let Some(keys) = vm.get_attr_optional(source, vm.names().keys)? {
        let keys = vm.call(keys, &[])?;
        return vm.for_each(keys, |key| {
            let value = vm.get_item(source, key)?;
            vm.set_item(this, key, value)
        });
    }
    if let Some(items) = vm.get_attr_optional(source, vm.names().items)? {
        let items = vm.call(items, &[])?;
        return set_pairs(vm, this, items);
    }
    set_pairs(vm, this, source)
}

fn set_pairs(vm: &Vm, this: Value, pairs: Value) -> PyResult<()> {
    vm.for_each(pairs, |pair| {
        let iterator = vm.iter(pair)?;
        let Some(key) = vm.next(iterator)? else {
            return Err(vm.value_error("need more than 0 values to unpack"));
        };
        let Some(value) = vm.next(iterator)? else {
            return Err(vm.value_error("need more than 1 value to unpack"));
        };
        if vm.next(iterator)?.is_some() {
            return Err(vm.value_error("too many values to unpack (expected 2)"));
        }
        vm.set_item(this, key, value)
    })
}
