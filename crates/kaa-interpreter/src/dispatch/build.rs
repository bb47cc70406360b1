//! Making lists, tuples, dicts, sets, strings and slices.

use kaa_bytecode::operands::Conversion;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::set::PySet;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::control::wrong_operand;
use super::state::{op, word};

op! {
    fn build_tuple<D>(s, arg) {
        s.save();
        let made = new_tuple(s.vm, s.sp.sub(arg).cast(), arg);
        s.finish::<D>(arg, made, 0)
    }

    fn build_list<D>(s, arg) {
        s.save();
        let made = new_list(s.vm, s.sp.sub(arg).cast(), arg);
        s.finish::<D>(arg, made, 0)
    }

    fn build_map<D>(s, arg) {
        s.save();
        let made = new_dict(s.vm, s.sp.sub(2 * arg).cast(), arg);
        s.finish::<D>(2 * arg, made, 0)
    }

    fn build_set<D>(s, arg) {
        s.save();
        let made = new_set(s.vm, s.sp.sub(arg).cast(), arg);
        s.finish::<D>(arg, made, 0)
    }

    fn build_string<D>(s, arg) {
        s.save();
        let made = join(s.vm, s.sp.sub(arg).cast(), arg);
        s.finish::<D>(arg, made, 0)
    }

    fn build_slice<D>(s, arg) {
        s.save();
        let step = if arg == 3 { s.peek_value(1) } else { Value::NONE };
        let made = new_slice(s.vm, s.peek_value(arg), s.peek_value(arg - 1), step);
        s.finish::<D>(arg, made, 0)
    }

    fn build_template<D>(s, arg) {
        s.save();
        let made = template(s.vm, s.peek_value(2), s.peek_value(1));
        s.finish::<D>(2, made, 0)
    }

    fn build_interpolation<D>(s, arg) {
        s.save();
        let count = 2 + (arg & 1);
        let format = if arg & 1 != 0 { s.peek(1) } else { 0 };
        let made = interpolation(s.vm, s.peek_value(count), s.peek_value(count - 1), arg >> 2, format);
        s.finish::<D>(count, made, 0)
    }

    fn list_append<D>(s, arg) {
        s.save();
        let fine = append(s.vm, s.peek_value(arg + 1), s.peek_value(1));
        s.finish_unit::<D>(1, fine, 0)
    }

    fn list_extend<D>(s, arg) {
        s.save();
        let fine = extend(s.vm, s.peek_value(arg + 1), s.peek_value(1));
        s.finish_unit::<D>(1, fine, 0)
    }

    fn set_add<D>(s, arg) {
        s.save();
        let fine = add_to_set(s.vm, s.peek_value(arg + 1), s.peek_value(1));
        s.finish_unit::<D>(1, fine, 0)
    }

    fn set_update<D>(s, arg) {
        s.save();
        let fine = update_set(s.vm, s.peek_value(arg + 1), s.peek_value(1));
        s.finish_unit::<D>(1, fine, 0)
    }

    fn map_add<D>(s, arg) {
        s.save();
        let fine = add_to_dict(s.vm, s.peek_value(arg + 2), s.peek_value(2), s.peek_value(1));
        s.finish_unit::<D>(2, fine, 0)
    }

    fn dict_update<D>(s, arg) {
        s.save();
        let fine = update(s.vm, s.peek_value(arg + 1), s.peek_value(1));
        s.finish_unit::<D>(1, fine, 0)
    }

    fn dict_merge<D>(s, arg) {
        s.save();
        let fine = merge(s.vm, s.peek_value(arg + 1), s.peek_value(1), s.peek_value(arg + 4));
        s.finish_unit::<D>(1, fine, 0)
    }

    fn convert_value<D>(s, arg) {
        s.save();
        let text = convert(s.vm, s.peek_value(1), arg);
        s.finish::<D>(1, text, 0)
    }

    fn format_simple<D>(s, arg) {
        if super::control::is_exact(s.peek(1), kaa_objects::ids::STR) {
            return s.next::<D>();
        }
        s.save();
        let text = format(s.vm, s.peek_value(1), 0);
        s.finish::<D>(1, text, 0)
    }

    fn format_with_spec<D>(s, arg) {
        s.save();
        let text = format(s.vm, s.peek_value(2), s.peek(1));
        s.finish::<D>(2, text, 0)
    }
}

/// A row of operands.
///
/// # Safety
/// The row lies on the running frame's stack and holds values.
unsafe fn row<'a>(first: *const Value, len: usize) -> &'a [Value] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(first, len) }
}

#[inline(never)]
fn new_tuple(vm: &Vm, first: *const Value, len: usize) -> u64 {
    // SAFETY: the instruction's operands.
    vm.new_tuple(unsafe { row(first, len) }).map_or(0, |tuple| tuple.value().bits())
}

#[inline(never)]
fn new_list(vm: &Vm, first: *const Value, len: usize) -> u64 {
    // SAFETY: the instruction's operands.
    vm.new_list(unsafe { row(first, len) }).map_or(0, |list| list.value().bits())
}

#[inline(never)]
fn new_dict(vm: &Vm, first: *const Value, pairs: usize) -> u64 {
    let build = || -> PyResult {
        let dict = vm.new_dict()?;
        dict.reserve(vm, pairs)?;
        // SAFETY: the instruction's operands.
        for pair in unsafe { row(first, 2 * pairs) }.chunks_exact(2) {
            dict.set(vm, pair[0], pair[1])?;
        }
        Ok(dict.value())
    };
    word(build())
}

#[inline(never)]
fn new_set(vm: &Vm, first: *const Value, len: usize) -> u64 {
    // SAFETY: the instruction's operands.
    let build = || {
        let set = vm.new_set_empty()?;
        // SAFETY: the caller's operands.
        unsafe { row(first, len) }.iter().try_for_each(|&item| vm.set_add(set, item))?;
        Ok(set)
    };
    word(build())
}

fn add_to_set(vm: &Vm, set: Value, item: Value) -> bool {
    // Programs can bind the set of conditional annotations to something else.
    if vm.cast::<PySet>(set).is_none() {
        let class = vm.class_name(set);
        let _ = vm.type_error(format_args!("'{class}' object is not a set"));
        return false;
    }
    vm.set_add(set, item).is_ok()
}

fn update_set(vm: &Vm, set: Value, iterable: Value) -> bool {
    let Some(set) = vm.as_set(set) else {
        wrong_operand(vm, "set");
        return false;
    };
    vm.set_update(set, iterable).is_ok()
}

#[inline(never)]
fn join(vm: &Vm, first: *const Value, len: usize) -> u64 {
    // SAFETY: the instruction's operands, which are strings.
    let pieces = unsafe { row(first, len) };
    let joined = empty(vm).and_then(|separator| vm.join_slice(separator, pieces));
    joined.map_or(0, |text| text.value().bits())
}

/// The empty string.
fn empty(vm: &Vm) -> PyResult<Gc<PyStr>> {
    match vm.empty_str() {
        Some(empty) => Ok(empty),
        None => vm.new_str(""),
    }
}

#[inline(never)]
fn new_slice(vm: &Vm, start: Value, stop: Value, step: Value) -> u64 {
    vm.new_slice(start, stop, step).map_or(0, |slice| slice.value().bits())
}

#[inline(never)]
fn template(vm: &Vm, strings: Value, interpolations: Value) -> u64 {
    // The compiler builds both as tuples.
    let build = || -> PyResult {
        let (strings, interpolations) = (vm.tuple_from(strings)?, vm.tuple_from(interpolations)?);
        Ok(vm.new_template(strings, interpolations)?.value())
    };
    word(build())
}

#[inline(never)]
fn interpolation(vm: &Vm, operand: Value, text: Value, conversion: usize, format: u64) -> u64 {
    // SAFETY: the operand is a value or 0.
    let format = unsafe { Value::from_bits(format) };
    let build = || -> PyResult {
        let conversion = match Conversion::from_number(conversion as u32) {
            Some(Conversion::Str) => vm.intern("s").value(),
            Some(Conversion::Repr) => vm.intern("r").value(),
            Some(Conversion::Ascii) => vm.intern("a").value(),
            _ => Value::NONE,
        };
        let format = format.unwrap_or_else(|| vm.intern("").value());
        Ok(vm.new_interpolation(operand, text, conversion, format)?.value())
    };
    word(build())
}

#[inline(never)]
fn append(vm: &Vm, list: Value, item: Value) -> bool {
    let Some(list) = vm.cast_exact::<PyList>(list) else {
        wrong_operand(vm, "list");
        return false;
    };
    list.push(vm, item).is_ok()
}

#[inline(never)]
fn extend(vm: &Vm, list: Value, iterable: Value) -> bool {
    let Some(list) = vm.cast_exact::<PyList>(list) else {
        wrong_operand(vm, "list");
        return false;
    };
    let class = vm.class_of(iterable);
    if class.slots().iter.is_none() && !vm.is_sequence(iterable) {
        let _ = vm.type_error(format_args!("Value after * must be an iterable, not {}", class.name_text()));
        return false;
    }
    vm.list_extend(list, iterable).is_ok()
}

#[inline(never)]
fn add_to_dict(vm: &Vm, dict: Value, key: Value, new: Value) -> bool {
    let Some(dict) = vm.cast_exact::<PyDict>(dict) else {
        wrong_operand(vm, "dict");
        return false;
    };
    dict.set(vm, key, new).is_ok()
}

/// Calls `each` with the keys and values of any mapping.
fn for_each_item(vm: &Vm, mapping: Value, mut each: impl FnMut(Value, Value) -> PyResult<()>) -> PyResult<()> {
    if let Some(dict) = vm.cast_exact::<PyDict>(mapping) {
        let mut position = 0;
        while position < dict.filled() {
            if let Some(entry) = dict.entry(position) {
                each(entry.key, entry.value)?;
            }
            position += 1;
        }
        return Ok(());
    }
    let keys = vm.call_method(mapping, vm.names().keys, &[])?;
    vm.for_each(keys, |key| each(key, vm.get_item(mapping, key)?))
}

fn is_mapping(vm: &Vm, value: Value) -> PyResult<bool> {
    Ok(vm.cast::<PyDict>(value).is_some() || vm.get_attr_optional(value, vm.names().keys)?.is_some())
}

#[inline(never)]
fn update(vm: &Vm, dict: Value, mapping: Value) -> bool {
    let Some(dict) = vm.cast_exact::<PyDict>(dict) else {
        wrong_operand(vm, "dict");
        return false;
    };
    let fill = || -> PyResult<()> {
        if !is_mapping(vm, mapping)? {
            return Err(vm.type_error(format_args!("'{}' object is not a mapping", vm.class_name(mapping))));
        }
        if let Some(other) = vm.cast_exact::<PyDict>(mapping) {
            return vm.dict_merge(dict, other);
        }
        for_each_item(vm, mapping, |key, new| dict.set(vm, key, new))
    };
    fill().is_ok()
}

/// `**mapping` of a call: no key may come twice.
#[inline(never)]
fn merge(vm: &Vm, dict: Value, mapping: Value, callable: Value) -> bool {
    let Some(dict) = vm.cast_exact::<PyDict>(dict) else {
        wrong_operand(vm, "dict");
        return false;
    };
    let fill = || -> PyResult<()> {
        if !is_mapping(vm, mapping)? {
            let (function, class) = (super::calls::function_text(vm, callable), vm.class_name(mapping));
            return Err(vm.type_error(format_args!("{function} argument after ** must be a mapping, not {class}")));
        }
        for_each_item(vm, mapping, |key, new| {
            if dict.get(vm, key)?.is_some() {
                let function = super::calls::function_text(vm, callable);
                let key = vm.str_lossy(key);
                return Err(vm.type_error(format_args!("{function} got multiple values for keyword argument '{key}'")));
            }
            dict.set(vm, key, new)
        })
    };
    fill().is_ok()
}

#[inline(never)]
fn convert(vm: &Vm, operand: Value, arg: usize) -> u64 {
    let text = match Conversion::from_number(arg as u32) {
        Some(Conversion::Str) => vm.str(operand),
        Some(Conversion::Repr) => vm.repr(operand),
        Some(Conversion::Ascii) => vm.ascii(operand),
        _ => Err(vm.system_error(format_args!("unknown conversion {arg}"))),
    };
    text.map_or(0, |text| text.value().bits())
}

#[inline(never)]
fn format(vm: &Vm, operand: Value, spec: u64) -> u64 {
    // SAFETY: the operand is a value or 0.
    let text = if let Some(spec) = unsafe { Value::from_bits(spec) } {
        match vm.cast::<PyStr>(spec) {
            Some(spec) => vm.format(operand, spec),
            None => Err(vm.type_error("format specification must be a string")),
        }
    } else {
        // Plain numbers format as their text.
        if operand.is_small_int() || operand.is_small_float() {
            vm.str(operand)
        } else {
            empty(vm).and_then(|spec| vm.format(operand, spec))
        }
    };
    text.map_or(0, |text| text.value().bits())
}
