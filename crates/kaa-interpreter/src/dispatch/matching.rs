//! The `match` statement.

use kaa_objects::class::{PyType, flags};
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::control::wrong_operand;
use super::state::{op, word};

op! {
    fn match_mapping<D>(s, arg) {
        let matches = s.vm.class_of(s.peek_value(1)).has_flag(flags::MAPPING);
        s.push(Value::bool(matches).bits());
        s.next::<D>()
    }

    fn match_sequence<D>(s, arg) {
        let matches = s.vm.class_of(s.peek_value(1)).has_flag(flags::SEQUENCE);
        s.push(Value::bool(matches).bits());
        s.next::<D>()
    }

    fn match_keys<D>(s, arg) {
        s.save();
        let values = values_of_keys(s.vm, s.peek_value(2), s.peek_value(1));
        s.finish::<D>(0, values, 0)
    }

    fn match_class<D>(s, arg) {
        s.save();
        let attributes = match_class_words(s.vm, s.peek_value(3), s.peek_value(2), arg, s.peek_value(1));
        s.finish::<D>(3, attributes, 0)
    }
}

#[inline(never)]
fn values_of_keys(vm: &Vm, mapping: Value, keys: Value) -> u64 {
    let Some(keys) = vm.cast_exact::<PyTuple>(keys) else {
        wrong_operand(vm, "tuple");
        return 0;
    };
    word(match_keys_of(vm, mapping, keys))
}

/// The values of the keys as a tuple, or `None` when one is missing.
fn match_keys_of(vm: &Vm, mapping: Value, keys: Gc<PyTuple>) -> PyResult {
    if keys.is_empty() {
        return Ok(vm.new_tuple(&[])?.value());
    }
    // `get` with a marker as default: a `__missing__` must not be called.
    let get = vm.get_attr(mapping, vm.names().get)?;
    let marker = vm.new_list(&[])?.value();
    let (seen, values) = (vm.new_dict()?, vm.new_list(&[])?);
    for index in 0..keys.len() {
        let key = keys.as_slice()[index];
        if seen.get(vm, key)?.is_some() {
            let key = vm.repr_lossy(key);
            return Err(vm.value_error(format_args!("mapping pattern checks duplicate key ({key})")));
        }
        seen.set(vm, key, Value::TRUE)?;
        let value = vm.call(get, &[key, marker])?;
        if value == marker {
            return Ok(Value::NONE);
        }
        values.push(vm, value)?;
    }
    Ok(vm.new_tuple(values.as_slice())?.value())
}

#[inline(never)]
fn match_class_words(vm: &Vm, subject: Value, class: Value, positional: usize, keywords: Value) -> u64 {
    let Some(keywords) = vm.cast_exact::<PyTuple>(keywords) else {
        wrong_operand(vm, "tuple");
        return 0;
    };
    word(match_class_of(vm, subject, class, positional, keywords))
}

/// The attributes that a class pattern's subpatterns are matched with, as a tuple; `None` when
/// the subject does not match.
fn match_class_of(vm: &Vm, subject: Value, class: Value, positional: usize, keywords: Gc<PyTuple>) -> PyResult {
    let Some(class) = vm.cast::<PyType>(class) else {
        return Err(vm.type_error("called match pattern must be a class"));
    };
    if !vm.isinstance(subject, class.value())? {
        return Ok(Value::NONE);
    }
    let (seen, attributes) = (vm.new_dict()?, vm.new_list(&[])?);
    let taken = match positional {
        0 => true,
        _ => positional_attributes(vm, subject, class, positional, seen.value(), attributes)?,
    };
    if !taken {
        return Ok(Value::NONE);
    }
    for index in 0..keywords.len() {
        let name = keywords.as_slice()[index];
        match attribute(vm, subject, class, name, seen.value())? {
            Some(found) => attributes.push(vm, found)?,
            None => return Ok(Value::NONE),
        }
    }
    Ok(vm.new_tuple(attributes.as_slice())?.value())
}

/// Adds the attributes that positional subpatterns stand for; false when one is missing.
fn positional_attributes(
    vm: &Vm,
    subject: Value,
    class: Gc<PyType>,
    count: usize,
    seen: Value,
    attributes: Gc<PyList>,
) -> PyResult<bool> {
    let too_many = |allowed: usize| {
        let s = if allowed == 1 { "" } else { "s" };
        let name = class.name_text();
        vm.type_error(format_args!("{name}() accepts {allowed} positional sub-pattern{s} ({count} given)"))
    };
    let Some(match_args) = vm.get_attr_optional(class.value(), vm.names().__match_args__)? else {
        // `int(x)` and the like: the subject itself.
        if class.has_flag(flags::MATCH_SELF) {
            if count > 1 {
                return Err(too_many(1));
            }
            attributes.push(vm, subject)?;
            return Ok(true);
        }
        return Err(too_many(0));
    };
    let Some(match_args) = vm.cast_exact::<PyTuple>(match_args) else {
        let (name, kind) = (class.name_text(), vm.class_name(match_args));
        return Err(vm.type_error(format_args!("{name}.__match_args__ must be a tuple (got {kind})")));
    };
    if match_args.len() < count {
        return Err(too_many(match_args.len()));
    }
    for index in 0..count {
        let name = match_args.as_slice()[index];
        if vm.cast_exact::<PyStr>(name).is_none() {
            let kind = vm.class_name(name);
            return Err(vm.type_error(format_args!("__match_args__ elements must be strings (got {kind})")));
        }
        match attribute(vm, subject, class, name, seen)? {
            Some(found) => attributes.push(vm, found)?,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// An attribute of the subject, which no other subpattern may have named.
fn attribute(vm: &Vm, subject: Value, class: Gc<PyType>, name: Value, seen: Value) -> PyResult<Option<Value>> {
    if vm.contains(seen, name)? {
        let (class, name) = (class.name_text(), vm.repr_lossy(name));
        return Err(vm.type_error(format_args!("{class}() got multiple sub-patterns for attribute {name}")));
    }
    vm.set_item(seen, name, Value::TRUE)?;
    vm.get_attr_optional(subject, vm.attribute_name(name)?)
}
