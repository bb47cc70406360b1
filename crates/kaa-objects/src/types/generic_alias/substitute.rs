//! Type parameters in type arguments, and putting arguments in their place: `dict[K, V][str, int]`.

use crate::class::PyType;
use crate::types::list::PyList;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Value, Vm};

/// Adds an item unless it is in the list already, by identity.
fn add_unique(vm: &Vm, list: Gc<PyList>, item: Value) -> PyResult<()> {
    if list.as_slice().contains(&item) { Ok(()) } else { list.push(vm, item) }
}

/// The items of a tuple or list, as a tuple.
fn row_of(vm: &Vm, value: Value) -> PyResult<Option<Gc<PyTuple>>> {
    if let Some(list) = vm.cast::<PyList>(value) {
        return vm.new_tuple(list.as_slice()).map(Some);
    }
    Ok(vm.cast::<PyTuple>(value))
}

/// The type variables in type arguments, each once, in order of appearance.
pub(crate) fn type_parameters(vm: &Vm, args: Gc<PyTuple>) -> PyResult<Gc<PyTuple>> {
    vm.check_stack(" in __parameters__ calculation")?;
    let found = vm.new_list(&[])?;
    let names = vm.names();
    for &arg in args.as_slice() {
        // The `__parameters__` of a bare class are not meant.
        if vm.cast::<PyType>(arg).is_some() {
            continue;
        }
        if vm.has_attr(arg, names.__typing_subst__)? {
            add_unique(vm, found, arg)?;
            continue;
        }
        let inner = match vm.get_attr_optional(arg, names.__parameters__)? {
            Some(inner) => vm.cast::<PyTuple>(inner),
            None => match row_of(vm, arg)? {
                Some(row) => Some(type_parameters(vm, row)?),
                None => None,
            },
        };
        for &parameter in inner.iter().flat_map(|inner| inner.as_slice()) {
            add_unique(vm, found, parameter)?;
        }
    }
    vm.new_tuple(found.as_slice())
}

/// The items of a subscript, unpacked tuples among them replaced by their items.
fn unpacked_items(vm: &Vm, item: Value) -> PyResult<Gc<PyTuple>> {
    let items = match vm.cast::<PyTuple>(item) {
        Some(items) => items,
        None => vm.new_tuple(&[item])?,
    };
    let unpacked = vm.new_list(&[])?;
    for &item in items.as_slice() {
        if vm.cast::<PyType>(item).is_none() {
            let inner = vm.get_attr_optional(item, vm.intern("__typing_unpacked_tuple_args__"))?;
            if let Some(inner) = inner.and_then(|inner| vm.cast::<PyTuple>(inner))
                && inner.as_slice().last() != Some(&Value::ELLIPSIS)
            {
                for &item in inner.as_slice() {
                    unpacked.push(vm, item)?;
                }
                continue;
            }
        }
        unpacked.push(vm, item)?;
    }
    vm.new_tuple(unpacked.as_slice())
}

/// `args` with the items of a subscript in place of the type variables `parameters`.
pub(crate) fn substitute(
    vm: &Vm,
    alias: Value,
    args: Gc<PyTuple>,
    parameters: Gc<PyTuple>,
    item: Value,
) -> PyResult<Gc<PyTuple>> {
    if parameters.is_empty() {
        let alias = vm.repr(alias)?.to_string_lossy();
        return Err(vm.type_error(format_args!("{alias} is not a generic class")));
    }
    let mut items = unpacked_items(vm, item)?;
    for &parameter in parameters.as_slice() {
        let prepare = vm.get_attr_optional(parameter, vm.names().__typing_prepare_subst__)?;
        if let Some(prepare) = prepare.and_then(Value::not_none) {
            let prepared = vm.call(prepare, &[alias, items.value()])?;
            items = match vm.cast::<PyTuple>(prepared) {
                Some(prepared) => prepared,
                None => vm.new_tuple(&[prepared])?,
            };
        }
    }
    let (given, expected) = (items.len(), parameters.len());
    if given != expected {
        let alias = vm.repr(alias)?.to_string_lossy();
        let many = if given > expected { "many" } else { "few" };
        return Err(
            vm.type_error(format_args!("Too {many} arguments for {alias}; actual {given}, expected {expected}"))
        );
    }
    substitute_row(vm, args, parameters, items)
}

/// Replaces the type variables in a row of type arguments.
fn substitute_row(vm: &Vm, args: Gc<PyTuple>, parameters: Gc<PyTuple>, items: Gc<PyTuple>) -> PyResult<Gc<PyTuple>> {
    vm.check_stack(" in substitution of type arguments")?;
    let names = vm.names();
    let replaced = vm.new_list(&[])?;
    for &arg in args.as_slice() {
        if vm.cast::<PyType>(arg).is_some() {
            replaced.push(vm, arg)?;
            continue;
        }
        let unpack = match vm.get_attr_optional(arg, names.__typing_is_unpacked_typevartuple__)? {
            Some(unpack) => vm.truth(unpack)?,
            None => false,
        };
        let new = match vm.get_attr_optional(arg, names.__typing_subst__)? {
            Some(subst) => {
                let index = parameters.as_slice().iter().position(|&parameter| parameter == arg);
                let Some(index) = index else {
                    let arg = vm.repr(arg)?.to_string_lossy();
                    return Err(vm.type_error(format_args!(
                        "argument {arg} with __typing_subst__ was not found in __parameters__"
                    )));
                };
                vm.call(subst, &[items.as_slice()[index]])?
            }
            None => match row_of(vm, arg)? {
                Some(row) => {
                    let row = substitute_row(vm, row, parameters, items)?;
                    match vm.cast::<PyList>(arg) {
                        Some(_) => vm.new_list(row.as_slice())?.value(),
                        None => row.value(),
                    }
                }
                None => substitute_in(vm, arg, parameters, items)?,
            },
        };
        if !unpack {
            replaced.push(vm, new)?;
            continue;
        }
        let Some(row) = vm.cast::<PyTuple>(new) else {
            let (original, given) = (vm.class_name(arg), vm.class_name(new));
            return Err(vm.type_error(format_args!(
                "expected __typing_subst__ of {original} objects to return a tuple, not {given}"
            )));
        };
        for &item in row.as_slice() {
            replaced.push(vm, item)?;
        }
    }
    vm.new_tuple(replaced.as_slice())
}

/// An argument that has parameters of its own, subscripted with what takes their place.
fn substitute_in(vm: &Vm, arg: Value, parameters: Gc<PyTuple>, items: Gc<PyTuple>) -> PyResult {
    let own = vm.get_attr_optional(arg, vm.names().__parameters__)?;
    let Some(own) = own.and_then(|own| vm.cast::<PyTuple>(own)).filter(|own| !own.is_empty()) else {
        return Ok(arg);
    };
    let row = vm.new_list(&[])?;
    for &parameter in own.as_slice() {
        let Some(index) = parameters.as_slice().iter().position(|&known| known == parameter) else {
            row.push(vm, parameter)?;
            continue;
        };
        let item = items.as_slice()[index];
        // A variadic parameter stands for several items.
        match vm.cast::<PyTuple>(item).filter(|_| vm.slots_of(parameter).iter.is_some()) {
            Some(several) => {
                for &item in several.as_slice() {
                    row.push(vm, item)?;
                }
            }
            None => row.push(vm, item)?,
        }
    }
    let row = vm.new_tuple(row.as_slice())?;
    vm.get_item(arg, row.value())
}
