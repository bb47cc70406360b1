//! The constants of packed code, read into values.

use kaa_bytecode::marshal::{
    Build, CodeHeader, Container, Digits, Input, MarshalError, ReadOptions, Singleton, Text, read,
};
use kaa_bytecode::packed::{Constants, PackedConstant};

use crate::types::str::{PyStr, StrData};
use crate::types::tuple::PyTuple;
use crate::types::value_vec::ValueVec;
use crate::{Gc, PyResult, Raised, Value, Vm};

/// Why nothing was read.
enum Failure {
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

impl Vm {
    /// The constants of packed code; code objects get the file name.
    pub(super) fn packed_constants(&self, mut constants: Constants, filename: Gc<PyStr>) -> PyResult<ValueVec> {
        let mut row = ValueVec::with_capacity(self, constants.count)?;
        if let Some(data) = constants.marshalled {
            let Some(all) = self.cast_exact::<PyTuple>(self.marshalled_constant(data)?) else {
                return Err(self.damaged(MarshalError::NotCode));
            };
            for &value in all.as_slice() {
                let value = match constants.read() {
                    PackedConstant::Code(code) => self.new_packed_code(code, filename)?.value(),
                    _ => value,
                };
                row.push(self, value)?;
            }
            return Ok(row);
        }
        for _ in 0..constants.count {
            let value = match constants.read() {
                PackedConstant::Code(code) => self.new_packed_code(code, filename)?.value(),
                PackedConstant::Tuple(length) => {
                    let mut items = ValueVec::with_capacity(self, length)?;
                    for _ in 0..length {
                        let item = self.packed_constant(constants.read())?;
                        items.push(self, item)?;
                    }
                    self.new_tuple(items.as_slice())?.value()
                }
                constant => self.packed_constant(constant)?,
            };
            row.push(self, value)?;
        }
        Ok(row)
    }

    /// A constant that is no code object and no tuple.
    #[inline]
    fn packed_constant(&self, constant: PackedConstant) -> PyResult {
        Ok(match constant {
            PackedConstant::None => Value::NONE,
            PackedConstant::Bool(value) => Value::bool(value),
            PackedConstant::Ellipsis => Value::ELLIPSIS,
            PackedConstant::Int(value) => Value::small_int(value),
            PackedConstant::Name(name) => self.interned.intern_utf8(self, name).value(),
            PackedConstant::Text(text) => self.new_str_from_data(StrData::Latin1(text))?.value(),
            PackedConstant::Marshalled(data) => self.marshalled_constant(data)?,
            PackedConstant::Code(_) | PackedConstant::Tuple(_) => return Err(self.damaged(MarshalError::NotCode)),
        })
    }

    /// The value that marshalled data hold.
    fn marshalled_constant(&self, data: &[u8]) -> PyResult {
        let mut builder = Builder { vm: self, stack: ValueVec::new(), references: ValueVec::new() };
        match read(&mut Input::new(data), &mut builder, ReadOptions { allow_code: false }) {
            Err(Failure::Raised(raised)) => Err(raised),
            Err(Failure::Data(error)) => Err(self.damaged(error)),
            Ok(()) => builder.stack.pop().ok_or_else(|| self.damaged(MarshalError::NotCode)),
        }
    }

    fn damaged(&self, failure: MarshalError) -> Raised {
        self.system_error(format_args!("the library is damaged: {failure}"))
    }
}

/// Makes values. On the native stack, where the collector sees its rows.
struct Builder<'v> {
    vm: &'v Vm,
    stack: ValueVec,
    /// `Value::NOT_IMPLEMENTED`, which is no constant, stands for one that is not yet filled.
    references: ValueVec,
}

const UNFILLED: Value = Value::NOT_IMPLEMENTED;

impl Builder<'_> {
    #[inline]
    fn push(&mut self, value: Value) -> Result<(), Failure> {
        Ok(self.stack.push(self.vm, value)?)
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
        let vm = self.vm;
        // As CPython: what could be a name is interned.
        let string = if text.bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
            vm.interned.intern_utf8(vm, text.bytes)
        } else if text.latin1 {
            vm.new_str_from_data(StrData::Latin1(text.bytes))?
        } else {
            vm.new_str_generalized(&text.to_utf8()?)?
        };
        self.push(string.value())
    }

    fn bytes(&mut self, value: &'a [u8]) -> Result<(), Failure> {
        self.push(self.vm.new_bytes(value)?.value())
    }

    fn end(&mut self, container: Container, length: usize) -> Result<(), Failure> {
        let vm = self.vm;
        let start = self.stack.len() - length;
        let items = &self.stack.as_slice()[start..];
        let made = match container {
            Container::Tuple => vm.new_tuple(items)?.value(),
            Container::List => vm.new_list(items)?.value(),
            Container::Set => vm.new_set_from(vm.new_tuple(items)?.value())?,
            Container::FrozenSet => vm.new_frozenset_from(vm.new_tuple(items)?.value())?,
            Container::Dict => {
                let dict = vm.new_dict()?;
                for pair in items.chunks_exact(2) {
                    dict.set(vm, pair[0], pair[1])?;
                }
                dict.value()
            }
            Container::Slice => match *items {
                [start, stop, step] => vm.new_slice(start, stop, step)?.value(),
                _ => return Err(MarshalError::NullObject("slice").into()),
            },
        };
        self.stack.truncate(start);
        self.push(made)
    }

    fn code(&mut self, _header: &CodeHeader) -> Result<(), Failure> {
        Err(MarshalError::CodeDisallowed.into())
    }

    fn reserve(&mut self) {
        // Without memory the row stays as it is, and the reference is found to be missing.
        if let Err(raised) = self.references.push(self.vm, UNFILLED) {
            self.vm.take_exception(raised);
        }
    }

    fn fill(&mut self, reference: usize) {
        if let Some(&top) = self.stack.as_slice().last()
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
