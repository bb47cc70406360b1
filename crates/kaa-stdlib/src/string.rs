//! `_string`: the parts of format strings, for `string.Formatter`.

use std::cell::Cell;

use kaa_objects::object::{Header, Slot};
use kaa_objects::types::str::{PyStr, StrData, field_number, first_part_end, next_part, next_piece};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_module, py_type};

/// The module.
pub struct StringModule;

fn expect_str(vm: &Vm, object: Value) -> PyResult<Gc<PyStr>> {
    vm.cast::<PyStr>(object).ok_or_else(|| {
        let class = vm.class_name(object);
        vm.type_error(format_args!("expected str, got {class}"))
    })
}

fn part(vm: &Vm, data: StrData<'_>, (start, end): (usize, usize)) -> PyResult {
    Ok(vm.new_str_from_data(data.slice(start..end))?.value())
}

/// A number where a part of a name is one, else the part itself.
fn number_or_text(vm: &Vm, text: StrData<'_>) -> PyResult {
    match field_number(text).map_err(|message| vm.value_error(message))? {
        Some(number) => vm.new_int(number as i64),
        None => part(vm, text, (0, text.len())),
    }
}

#[py_module(name = "_string", doc = "string helper module")]
impl StringModule {
    #[function("formatter_parser(object, /)", doc = "parse the argument as a format string")]
    fn formatter_parser(vm: &Vm, object: Value) -> PyResult<Gc<FormatterIterator>> {
        let text = expect_str(vm, object)?;
        vm.alloc(FormatterIterator { header: Header::EMPTY, text: Slot::new(text), at: Cell::new(0) })
    }

    #[function("formatter_field_name_split(object, /)", doc = "split the argument as a field name")]
    fn formatter_field_name_split(vm: &Vm, object: Value) -> PyResult<Gc<PyTuple>> {
        let text = expect_str(vm, object)?;
        let end = first_part_end(text.data());
        let first = number_or_text(vm, text.data().slice(0..end))?;
        let rest = FieldNameIterator { header: Header::EMPTY, text: Slot::new(text), at: Cell::new(end) };
        vm.new_tuple(&[first, vm.alloc(rest)?.value()])
    }
}

/// The literal texts and fields of a format string.
#[repr(C)]
#[derive(Trace)]
pub struct FormatterIterator {
    header: Header,
    text: Slot<Gc<PyStr>>,
    at: Cell<usize>,
}

#[py_type(name = "formatteriterator", flags(DISALLOW_INSTANTIATION))]
impl FormatterIterator {
    #[slot(iter)]
    fn iter(this: Gc<FormatterIterator>) -> Value {
        this.value()
    }

    /// `(literal, name, specification, conversion)`; the last three are `None` without a field.
    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<FormatterIterator>) -> PyResult<Option<Value>> {
        let text = this.text.get_set();
        let data = text.data();
        let mut at = this.at.get();
        let piece = next_piece(data, &mut at, data.len());
        this.at.set(at);
        let Some(piece) = piece.map_err(|message| vm.value_error(message))? else { return Ok(None) };
        let literal = part(vm, data, piece.literal)?;
        let row = match piece.field {
            None => [literal, Value::NONE, Value::NONE, Value::NONE],
            Some(field) => {
                let conversion = match field.conversion {
                    Some(conversion) => vm.new_str_char(conversion)?.value(),
                    None => Value::NONE,
                };
                [literal, part(vm, data, field.name)?, part(vm, data, field.spec)?, conversion]
            }
        };
        Ok(Some(vm.new_tuple(&row)?.value()))
    }
}

/// The attributes and indexes behind the first part of a field's name.
#[repr(C)]
#[derive(Trace)]
pub struct FieldNameIterator {
    header: Header,
    text: Slot<Gc<PyStr>>,
    at: Cell<usize>,
}

#[py_type(name = "fieldnameiterator", flags(DISALLOW_INSTANTIATION))]
impl FieldNameIterator {
    #[slot(iter)]
    fn iter(this: Gc<FieldNameIterator>) -> Value {
        this.value()
    }

    /// `(is_attribute, name)`
    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<FieldNameIterator>) -> PyResult<Option<Value>> {
        let text = this.text.get_set();
        let data = text.data();
        let mut at = this.at.get();
        let next = next_part(data, &mut at);
        this.at.set(at);
        let Some((is_attribute, range)) = next.map_err(|message| vm.value_error(message))? else { return Ok(None) };
        let name = match is_attribute {
            true => part(vm, data, range)?,
            false => number_or_text(vm, data.slice(range.0..range.1))?,
        };
        Ok(Some(vm.new_tuple(&[Value::bool(is_attribute), name])?.value()))
    }
}
