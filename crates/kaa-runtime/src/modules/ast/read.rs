//! From objects to trees: what the conversions of single fields share.

use kaa_ast::{Arena, BigInt, Constant, Interner, Name, Span};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::complex::PyComplex;
use kaa_objects::types::float::PyFloat;
use kaa_objects::types::list::PyList;
use kaa_objects::types::set::PyFrozenSet;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{PyResult, Raised, Value, Vm};

use super::convert::{Item, Place};
use super::state::NodeClasses;

/// Makes a tree of objects.
pub(super) struct Reader<'a, 'c> {
    pub(super) vm: &'c Vm,
    pub(super) classes: &'c NodeClasses,
    pub(super) arena: &'a Arena,
    pub(super) names: Interner<'a>,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn check_stack(&self, class: &str) -> PyResult<()> {
        // The common case builds no message.
        self.vm.check_stack("").map_err(|raised| {
            self.vm.take_exception(raised);
            let message = format_args!("maximum recursion depth exceeded while traversing '{class}' node");
            self.vm.recursion_error(message)
        })
    }

    pub(super) fn attribute(&self, object: Value, name: &str) -> PyResult<Option<Value>> {
        self.vm.get_attr_optional(object, self.vm.intern(name))
    }

    pub(super) fn number_of(&self, object: Value) -> Option<usize> {
        self.classes.number_of(self.vm, object)
    }

    /// What a field that must be there has.
    pub(super) fn required(&self, value: Option<Value>, place: Place) -> PyResult {
        value.ok_or_else(|| {
            let Place { class, field } = place;
            self.vm.type_error(format_args!("required field \"{field}\" missing from {class}"))
        })
    }

    /// A field that must be there is `None`.
    pub(super) fn not_given(&self, Place { class, field }: Place) -> Raised {
        self.vm.value_error(format_args!("field '{field}' is required for {class}"))
    }

    /// An object of a class that cannot stand there.
    pub(super) fn unexpected(&self, wanted: &str, object: Value) -> Raised {
        match self.vm.repr(object) {
            Ok(text) => {
                let text = text.to_string_lossy();
                self.vm.type_error(format_args!("expected some sort of {wanted}, but got {text}"))
            }
            Err(raised) => raised,
        }
    }

    /// The position of a node.
    pub(super) fn span(&self, object: Value, class: &'static str) -> PyResult<Span> {
        let start = |field| {
            let value = self.attribute(object, field)?;
            self.int(self.required(value, Place { class, field })?)
        };
        let (line, col) = (start("lineno")?, start("col_offset")?);
        // Patterns and type parameters must say where they end.
        let needs_end = matches!(class, "pattern" | "type_param");
        let end = |field, default| match self.attribute(object, field)? {
            given if needs_end => self.int(self.required(given, Place { class, field })?),
            Some(value) if !value.is_none() => self.int(value),
            _ => Ok(default),
        };
        Ok(Span::new(line, col, end("end_lineno", line)?, end("end_col_offset", col)?))
    }

    /// A list; what is missing is empty.
    pub(super) fn list<T: Item<'a>>(&mut self, value: Option<Value>, place: Place) -> PyResult<&'a [T]> {
        let Some(value) = value else { return Ok(&[]) };
        let Place { class, field } = place;
        let Some(list) = self.vm.cast::<PyList>(value) else {
            let given = self.vm.class_name(value);
            let message = format_args!("{class} field \"{field}\" must be a list, not a {given}");
            return Err(self.vm.type_error(message));
        };
        let count = list.len();
        let mut items = Vec::with_capacity(count);
        for index in 0..count {
            // Reading an item may run code that changes the list.
            let Some(item) = list.get(index) else { return Err(self.changed(place)) };
            items.push(T::read(self, item)?);
            if list.len() != count {
                return Err(self.changed(place));
            }
        }
        Ok(self.arena.alloc_slice_copy(&items))
    }

    fn changed(&self, Place { class, field }: Place) -> Raised {
        self.vm.runtime_error(format_args!("{class} field \"{field}\" changed size during iteration"))
    }

    pub(super) fn int(&self, value: Value) -> PyResult<i32> {
        if !self.vm.is_int(value) {
            let text = self.vm.repr(value)?.to_string_lossy();
            return Err(self.vm.value_error(format_args!("invalid integer value: {text}")));
        }
        let int = self.vm.int_to_i64(value).and_then(|int| i32::try_from(int).ok());
        int.ok_or_else(|| self.vm.overflow_error("Python int too large to convert to C int"))
    }

    pub(super) fn name(&mut self, value: Value) -> PyResult<Name> {
        let Some(name) = self.vm.cast_exact::<PyStr>(value) else {
            return Err(self.vm.type_error("AST identifier must be of type str"));
        };
        match name.to_utf8() {
            Some(text) => Ok(self.names.intern(self.arena.alloc_str(&text))),
            None => {
                // The encoder words the error.
                self.vm.call_method_str(value, "encode", &[])?;
                Err(self.vm.value_error("an identifier that cannot be encoded"))
            }
        }
    }

    pub(super) fn string(&self, value: Value) -> PyResult<&'a str> {
        if let Some(text) = self.vm.cast_exact::<PyStr>(value) {
            return Ok(self.arena.alloc_str(&text.to_string_lossy()));
        }
        match self.vm.cast_exact::<PyBytes>(value) {
            Some(bytes) => Ok(self.arena.alloc_str(&String::from_utf8_lossy(bytes.as_slice()))),
            None => Err(self.vm.type_error("AST string must be of type str")),
        }
    }

    pub(super) fn constant(&self, value: Value) -> PyResult<Constant<'a>> {
        self.check_stack("Constant")?;
        let vm = self.vm;
        Ok(match value {
            Value::NONE => Constant::None,
            Value::ELLIPSIS => Constant::Ellipsis,
            Value::TRUE => Constant::Bool(true),
            Value::FALSE => Constant::Bool(false),
            _ if vm.is_exact_int(value) => self.integer(value),
            _ => {
                if let Some(text) = vm.cast_exact::<PyStr>(value) {
                    Constant::Str(self.arena.alloc_slice_copy(&text.to_generalized_utf8()))
                } else if let Some(bytes) = vm.cast_exact::<PyBytes>(value) {
                    Constant::Bytes(self.arena.alloc_slice_copy(bytes.as_slice()))
                } else if vm.class_of(value) == vm.class::<PyFloat>()
                    && let Some(float) = vm.as_float(value)
                {
                    Constant::Float(float)
                } else if let Some(complex) = vm.cast_exact::<PyComplex>(value) {
                    Constant::Complex { real: complex.real, imag: complex.imag }
                } else if let Some(tuple) = vm.cast_exact::<PyTuple>(value) {
                    Constant::Tuple(self.constants(tuple.as_slice())?)
                } else if vm.cast_exact::<PyFrozenSet>(value).is_some() {
                    Constant::FrozenSet(self.constants(vm.list_from(value)?.as_slice())?)
                } else {
                    let class = vm.class_name(value);
                    return Err(vm.type_error(format_args!("got an invalid type in Constant: {class}")));
                }
            }
        })
    }

    fn constants(&self, items: &[Value]) -> PyResult<&'a [Constant<'a>]> {
        let constants: PyResult<Vec<_>> = items.iter().map(|&item| self.constant(item)).collect();
        Ok(self.arena.alloc_slice_copy(&constants?))
    }

    fn integer(&self, value: Value) -> Constant<'a> {
        if let Some(int) = self.vm.int_to_i64(value) {
            return Constant::Int(int);
        }
        let big = self.vm.with_int_words(value, |negative, words| {
            let mut digits: Vec<u32> = words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]).collect();
            while digits.last() == Some(&0) {
                digits.pop();
            }
            BigInt { negative, digits: self.arena.alloc_slice_copy(&digits) }
        });
        big.map_or(Constant::Int(0), |big| Constant::BigInt(self.arena.alloc(big)))
    }
}
