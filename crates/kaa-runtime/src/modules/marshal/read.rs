//! Data of `marshal` to values.

use kaa_bytecode::marshal::{
    Build, CodeHeader, Container, Digits, Input, MarshalError, ReadOptions, Singleton, Text, check_code, read,
};
use kaa_bytecode::{CodeObject, NameList, TextBytes};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::code::{CodeParts, Origin};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

/// Why nothing was read.
pub(super) enum Failure {
    Data(MarshalError),
    Raised(Raised),
}

impl From<MarshalError> for Failure {
    fn from(error: MarshalError) -> Failure {
        Failure::Data(error)
    }
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Failure {
        Failure::Raised(raised)
    }
}

/// Reads a value.
pub(super) fn value(vm: &Vm, data: &[u8], options: ReadOptions) -> Result<Value, Failure> {
    let mut builder = Builder { vm, stack: ValueVec::new(), references: ValueVec::new() };
    read(&mut Input::new(data), &mut builder, options)?;
    builder.pop()
}

/// Makes values. On the native stack, where the collector sees its rows.
struct Builder<'v> {
    vm: &'v Vm,
    stack: ValueVec,
    /// `Value::NOT_IMPLEMENTED`, which no data holds, stands for one that is not yet filled.
    references: ValueVec,
}

const UNFILLED: Value = Value::NOT_IMPLEMENTED;

impl Builder<'_> {
    fn push(&mut self, value: Value) -> Result<(), Failure> {
        Ok(self.stack.push(self.vm, value)?)
    }

    fn pop(&mut self) -> Result<Value, Failure> {
        self.stack.pop().ok_or(Failure::Data(MarshalError::InvalidReference))
    }

    fn pop_as<T: kaa_objects::Native>(&mut self) -> Result<Gc<T>, Failure> {
        let value = self.pop()?;
        self.vm.cast_exact::<T>(value).ok_or(Failure::Data(MarshalError::BadCodeField))
    }

    fn pop_bytes(&mut self) -> Result<Box<[u8]>, Failure> {
        Ok(self.pop_as::<PyBytes>()?.as_slice().into())
    }

    fn pop_names(&mut self) -> Result<NameList, Failure> {
        let names = self.pop_as::<PyTuple>()?;
        let text = |&name: &Value| {
            let name = self.vm.cast_exact::<PyStr>(name).ok_or(MarshalError::BadCodeName)?;
            Ok(name.to_generalized_utf8())
        };
        names.as_slice().iter().map(text).collect::<Result<_, MarshalError>>().map_err(Failure::Data)
    }

    /// Fills a container with what was read for it.
    fn fill_items(&self, container: Container, begun: Value, items: Gc<PyTuple>) -> PyResult {
        let vm = self.vm;
        let items = || items.as_slice().iter().copied();
        match container {
            Container::Tuple => {
                if let Some(tuple) = vm.cast_exact::<PyTuple>(begun) {
                    items().enumerate().for_each(|(index, item)| tuple.fill(vm, index, item));
                }
            }
            Container::List => {
                if let Some(list) = vm.cast_exact::<PyList>(begun) {
                    items().try_for_each(|item| list.push(vm, item))?;
                }
            }
            Container::Dict => {
                if let Some(dict) = vm.cast_exact::<PyDict>(begun) {
                    let mut items = items();
                    while let (Some(key), Some(value)) = (items.next(), items.next()) {
                        dict.set(vm, key, value)?;
                    }
                }
            }
            _ => items().try_for_each(|item| vm.set_add(begun, item))?,
        }
        Ok(begun)
    }
}

impl<'a> Build<'a> for Builder<'_> {
    type Error = Failure;

    fn singleton(&mut self, value: Singleton) -> Result<(), Failure> {
        self.push(match value {
            Singleton::None => Value::NONE,
            Singleton::False => Value::FALSE,
            Singleton::True => Value::TRUE,
            Singleton::StopIteration => self.vm.exceptions().StopIteration.value(),
            Singleton::Ellipsis => Value::ELLIPSIS,
        })
    }

    fn int(&mut self, value: i64) -> Result<(), Failure> {
        self.push(self.vm.new_int(value)?)
    }

    fn big_int(&mut self, negative: bool, digits: Digits<'a>) -> Result<(), Failure> {
        let words = digits.to_words();
        let words: Vec<u64> = words
            .chunks(2)
            .map(|pair| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32)
            .collect();
        self.push(self.vm.new_int_from_words(negative, &words)?)
    }

    fn float(&mut self, value: f64) -> Result<(), Failure> {
        self.push(self.vm.new_float(value)?)
    }

    fn complex(&mut self, real: f64, imag: f64) -> Result<(), Failure> {
        self.push(self.vm.new_complex(real, imag)?)
    }

    fn str(&mut self, text: Text<'a>) -> Result<(), Failure> {
        let utf8 = text.to_utf8()?;
        let string =
            if text.interned { self.vm.intern_generalized(&utf8) } else { self.vm.new_str_generalized(&utf8)? };
        self.push(string.value())
    }

    fn bytes(&mut self, value: &'a [u8]) -> Result<(), Failure> {
        self.push(self.vm.new_bytes(value)?.value())
    }

    /// What its own items can refer to is made now; it lies below them on the stack.
    fn begin(&mut self, container: Container, capacity: usize, reference: Option<usize>) -> Result<(), Failure> {
        let vm = self.vm;
        if container == Container::Slice {
            return Ok(());
        }
        let early = match (container, reference) {
            (Container::Tuple, Some(_)) if capacity > 0 => {
                vm.new_tuple_from(capacity, std::iter::repeat_n(Value::NONE, capacity))?.value()
            }
            (Container::List, Some(_)) => vm.new_list(&[])?.value(),
            (Container::Dict, Some(_)) => vm.new_dict()?.value(),
            (Container::Set, Some(_)) => vm.new_set_empty()?,
            _ => UNFILLED,
        };
        if let Some(reference) = reference {
            self.references.set(vm, reference, early);
        }
        self.push(early)
    }

    fn end(&mut self, container: Container, length: usize) -> Result<(), Failure> {
        let vm = self.vm;
        let start = self.stack.len() - length;
        let items = vm.new_tuple(&self.stack.as_slice()[start..])?;
        self.stack.truncate(start);
        let begun = if container == Container::Slice { UNFILLED } else { self.pop()? };
        let made = match container {
            _ if begun != UNFILLED => self.fill_items(container, begun, items)?,
            Container::Tuple => items.value(),
            Container::List => vm.new_list(items.as_slice())?.value(),
            Container::Set => vm.new_set_from(items.value())?,
            Container::FrozenSet => vm.new_frozenset_from(items.value())?,
            Container::Dict => self.fill_items(container, vm.new_dict()?.value(), items)?,
            Container::Slice => match items.as_slice() {
                &[start, stop, step] => vm.new_slice(start, stop, step)?.value(),
                _ => return Err(MarshalError::NullObject("slice").into()),
            },
        };
        self.push(made)
    }

    fn code(&mut self, header: &CodeHeader) -> Result<(), Failure> {
        let count = |value: i32| u32::try_from(value).map_err(|_| MarshalError::BadCodeField);
        let vm = self.vm;
        let (exceptiontable, linetable) = (self.pop_bytes()?, self.pop_bytes()?);
        let (qualname, name, filename) = (self.pop_as::<PyStr>()?, self.pop_as::<PyStr>()?, self.pop_as::<PyStr>()?);
        let localspluskinds = self.pop_bytes()?;
        let (localsplusnames, names) = (self.pop_names()?, self.pop_names()?);
        let consts = self.pop_as::<PyTuple>()?;
        let code = self.pop_bytes()?;
        let text = |string: Gc<PyStr>| TextBytes::from(string.to_generalized_utf8());
        let data = CodeObject {
            argcount: count(header.argcount)?,
            posonlyargcount: count(header.posonlyargcount)?,
            kwonlyargcount: count(header.kwonlyargcount)?,
            stacksize: count(header.stacksize)?,
            flags: count(header.flags)?,
            code,
            // Those of the parts below are taken.
            consts: std::iter::repeat_n(kaa_bytecode::Constant::None, consts.len()).collect(),
            names,
            localsplusnames,
            localspluskinds,
            filename: text(filename),
            name: text(name),
            qualname: text(qualname),
            firstlineno: header.firstlineno,
            linetable,
            exceptiontable,
        };
        check_code(&data)?;
        let interned = |string: Gc<PyStr>| vm.intern_generalized(&string.to_generalized_utf8());
        let (filename, name, qualname) = (interned(filename), interned(name), interned(qualname));
        let parts = CodeParts { data: &data, origin: Origin::Outside, consts, filename, name, qualname };
        self.push(vm.new_code_from_parts(&parts)?.value())
    }

    fn reserve(&mut self) {
        // The row has grown by one; a value that fits no more is reported when it is filled.
        if let Err(raised) = self.references.push(self.vm, UNFILLED) {
            self.vm.take_exception(raised);
        }
    }

    fn fill(&mut self, reference: usize) {
        if let Some(top) = self.stack.as_slice().last().copied()
            && reference < self.references.len()
        {
            self.references.set(self.vm, reference, top);
        }
    }

    fn reference(&mut self, reference: usize) -> bool {
        match self.references.get(reference) {
            Some(value) if value != UNFILLED => match self.stack.push(self.vm, value) {
                Ok(()) => true,
                Err(raised) => {
                    self.vm.take_exception(raised);
                    false
                }
            },
            _ => false,
        }
    }

    fn discard(&mut self) {
        self.stack.pop();
    }
}
