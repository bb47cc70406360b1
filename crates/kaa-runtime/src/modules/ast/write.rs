//! From trees to objects: what the conversions of single fields share.

use kaa_ast::{Constant, Interner, Name, Span};
use kaa_objects::object::Header;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::convert::{Field, Item, Place};
use super::node::PyAst;
use super::read::Reader;
use super::state::NodeClasses;

/// Makes the objects of a tree.
pub(super) struct Writer<'c> {
    pub(super) vm: &'c Vm,
    pub(super) classes: &'c NodeClasses,
    pub(super) names: &'c Interner<'c>,
}

impl Writer<'_> {
    pub(super) fn check_stack(&self) -> PyResult<()> {
        self.vm.check_stack(" during ast construction")
    }

    /// A node without attributes.
    pub(super) fn node(&self, class: usize) -> PyResult {
        let node: Gc<PyAst> = self.vm.alloc_instance(self.classes.class(class), PyAst { header: Header::EMPTY })?;
        Ok(node.value())
    }

    /// The one instance of a class without fields.
    pub(super) fn instance(&self, class: usize) -> Value {
        self.classes.instance(class)
    }

    pub(super) fn set(&self, node: Value, name: &str, value: Value) -> PyResult<()> {
        self.vm.set_attr(node, self.vm.intern(name), value)
    }

    pub(super) fn set_span(&self, node: Value, span: Span) -> PyResult<()> {
        let names = self.vm.names();
        let attributes = [
            (names.lineno, span.line),
            (self.vm.intern("col_offset"), span.col),
            (names.end_lineno, span.end_line),
            (self.vm.intern("end_col_offset"), span.end_col),
        ];
        for (name, number) in attributes {
            self.vm.set_attr(node, name, Value::small_int(number.into()))?;
        }
        Ok(())
    }

    fn name(&self, name: Name) -> Value {
        self.vm.intern(self.names.text(name)).value()
    }

    fn constant(&self, constant: Constant<'_>) -> PyResult {
        let vm = self.vm;
        let row = |items: &[Constant<'_>]| {
            let list = vm.new_list(&[])?;
            for &item in items {
                list.push(vm, self.constant(item)?)?;
            }
            Ok(list)
        };
        Ok(match constant {
            Constant::None => Value::NONE,
            Constant::Bool(truth) => Value::bool(truth),
            Constant::Ellipsis => Value::ELLIPSIS,
            Constant::Str(text) => vm.new_str_generalized(text)?.value(),
            Constant::Bytes(bytes) => vm.new_bytes(bytes)?.value(),
            Constant::Int(int) => vm.new_int(int)?,
            Constant::BigInt(int) => {
                let words: Vec<u64> = int
                    .digits
                    .chunks(2)
                    .map(|pair| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32)
                    .collect();
                vm.new_int_from_words(int.negative, &words)?
            }
            Constant::Float(float) => vm.new_float(float)?,
            Constant::Complex { real, imag } => vm.new_complex(real, imag)?,
            Constant::Tuple(items) => vm.new_tuple(row(items)?.as_slice())?.value(),
            Constant::FrozenSet(items) => vm.new_frozenset_from(row(items)?.value())?,
        })
    }
}

impl<'a> Field<'a> for Constant<'a> {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        writer.constant(*self)
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self> {
        let value = reader.required(value, place)?;
        if place.class == "MatchSingleton" && !matches!(value, Value::NONE | Value::TRUE | Value::FALSE) {
            return Err(reader.vm.value_error("MatchSingleton can only contain True, False and None"));
        }
        reader.constant(value)
    }
}

impl<'a> Item<'a> for Name {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        Ok(writer.name(*self))
    }

    fn read(reader: &mut Reader<'a, '_>, value: Value) -> PyResult<Self> {
        reader.name(value)
    }
}

impl<'a> Field<'a> for Name {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        Ok(writer.name(*self))
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self> {
        let value = reader.required(value, place)?;
        if value.is_none() {
            return Err(reader.not_given(place));
        }
        reader.name(value)
    }
}

impl<'a> Field<'a> for Option<Name> {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        Ok(self.map_or(Value::NONE, |name| writer.name(name)))
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, _place: Place) -> PyResult<Self> {
        value.and_then(Value::not_none).map(|value| reader.name(value)).transpose()
    }
}

impl<'a> Field<'a> for &'a str {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        Ok(writer.vm.new_str(self)?.value())
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self> {
        let value = reader.required(value, place)?;
        reader.string(value)
    }
}

impl<'a> Field<'a> for Option<&'a str> {
    fn write(&self, writer: &Writer<'_>) -> PyResult {
        self.map_or(Ok(Value::NONE), |text| text.write(writer))
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, _place: Place) -> PyResult<Self> {
        value.and_then(Value::not_none).map(|value| reader.string(value)).transpose()
    }
}

impl<'a> Field<'a> for i32 {
    fn write(&self, _writer: &Writer<'_>) -> PyResult {
        Ok(Value::small_int((*self).into()))
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self> {
        let value = reader.required(value, place)?;
        reader.int(value)
    }
}

/// Integers that say yes or no.
impl<'a> Field<'a> for bool {
    fn write(&self, _writer: &Writer<'_>) -> PyResult {
        Ok(Value::small_int((*self).into()))
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, place: Place) -> PyResult<Self> {
        let value = reader.required(value, place)?;
        Ok(reader.int(value)? != 0)
    }
}

/// The level of an import, which may be missing.
impl<'a> Field<'a> for u32 {
    fn write(&self, _writer: &Writer<'_>) -> PyResult {
        Ok(Value::small_int((*self).into()))
    }

    fn read(reader: &mut Reader<'a, '_>, value: Option<Value>, _place: Place) -> PyResult<Self> {
        let level = value.and_then(Value::not_none).map_or(Ok(0), |value| reader.int(value))?;
        u32::try_from(level).map_err(|_| reader.vm.value_error("Negative ImportFrom level"))
    }
}
