//! Reading into the constants and code objects of this crate.

use std::sync::Arc;

use super::MarshalError;
use super::reader::{Build, CodeHeader, Container, Digits, Input, ReadOptions, Singleton, Text, read};
use crate::{BigInt, CodeObject, Constant, NameList, TextBytes, flags, kind};

/// Reads one object from the front of the data.
pub fn read_constant(data: &[u8], options: ReadOptions) -> Result<Constant, MarshalError> {
    let mut builder = ConstantBuilder::default();
    read(&mut Input::new(data), &mut builder, options)?;
    Ok(builder.pop())
}

/// Reads a code object from the front of the data.
pub fn read_code(data: &[u8]) -> Result<Arc<CodeObject>, MarshalError> {
    match read_constant(data, ReadOptions::default())? {
        Constant::Code(code) => Ok(code),
        _ => Err(MarshalError::NotCode),
    }
}

/// Makes [`Constant`]s. They are trees, so a container that holds itself (which a compiler never
/// makes) is an invalid reference; and what sets and dicts hold is not checked to be hashable.
#[derive(Default)]
pub struct ConstantBuilder<'a> {
    stack: Vec<Entry<'a>>,
    references: Vec<Option<Entry<'a>>>,
}

/// An object on the stack. Most bytes and tuples become fields of a code object, so they wait for
/// that before they become constants.
#[derive(Clone)]
enum Entry<'a> {
    Constant(Constant),
    Bytes(&'a [u8]),
    Tuple(Vec<Constant>),
}

impl Entry<'_> {
    fn into_constant(self) -> Constant {
        match self {
            Entry::Constant(constant) => constant,
            Entry::Bytes(bytes) => Constant::Bytes(bytes.into()),
            Entry::Tuple(items) => Constant::Tuple(items.into()),
        }
    }
}

impl<'a> ConstantBuilder<'a> {
    /// The object that has been read.
    pub fn pop(&mut self) -> Constant {
        self.pop_entry().into_constant()
    }

    fn pop_entry(&mut self) -> Entry<'a> {
        self.stack.pop().expect("the reader leaves an object")
    }

    fn push(&mut self, value: Constant) -> Result<(), MarshalError> {
        self.stack.push(Entry::Constant(value));
        Ok(())
    }

    fn pop_bytes(&mut self) -> Result<Box<[u8]>, MarshalError> {
        match self.pop_entry() {
            Entry::Bytes(bytes) => Ok(bytes.into()),
            _ => Err(MarshalError::BadCodeField),
        }
    }

    fn pop_str(&mut self) -> Result<TextBytes, MarshalError> {
        match self.pop_entry() {
            Entry::Constant(Constant::Str(text)) => Ok(text),
            _ => Err(MarshalError::BadCodeField),
        }
    }

    fn pop_tuple(&mut self) -> Result<Vec<Constant>, MarshalError> {
        match self.pop_entry() {
            Entry::Tuple(items) => Ok(items),
            Entry::Constant(Constant::Tuple(items)) => Ok(items.to_vec()),
            _ => Err(MarshalError::BadCodeField),
        }
    }
}

fn names(items: Vec<Constant>) -> Result<NameList, MarshalError> {
    let texts: Result<Vec<TextBytes>, MarshalError> = items
        .into_iter()
        .map(|item| match item {
            Constant::Str(text) => Ok(text),
            _ => Err(MarshalError::BadCodeName),
        })
        .collect();
    texts.map(NameList::from)
}

impl<'a> Build<'a> for ConstantBuilder<'a> {
    type Error = MarshalError;

    fn singleton(&mut self, value: Singleton) -> Result<(), MarshalError> {
        self.push(match value {
            Singleton::None => Constant::None,
            Singleton::False => Constant::Bool(false),
            Singleton::True => Constant::Bool(true),
            Singleton::StopIteration => Constant::StopIteration,
            Singleton::Ellipsis => Constant::Ellipsis,
        })
    }

    fn int(&mut self, value: i64) -> Result<(), MarshalError> {
        self.push(Constant::Int(value))
    }

    fn big_int(&mut self, negative: bool, digits: Digits<'a>) -> Result<(), MarshalError> {
        let small = digits.to_u64().map(|value| if negative { -i128::from(value) } else { i128::from(value) });
        let value = match small.map(i64::try_from) {
            Some(Ok(small)) => Constant::Int(small),
            _ => Constant::BigInt(BigInt { negative, digits: digits.to_words().into() }),
        };
        self.push(value)
    }

    fn float(&mut self, value: f64) -> Result<(), MarshalError> {
        self.push(Constant::Float(value))
    }

    fn complex(&mut self, real: f64, imag: f64) -> Result<(), MarshalError> {
        self.push(Constant::Complex { real, imag })
    }

    #[inline]
    fn str(&mut self, text: Text<'a>) -> Result<(), MarshalError> {
        self.push(Constant::Str(text.to_utf8()?.into()))
    }

    #[inline]
    fn bytes(&mut self, value: &'a [u8]) -> Result<(), MarshalError> {
        self.stack.push(Entry::Bytes(value));
        Ok(())
    }

    fn end(&mut self, container: Container, length: usize) -> Result<(), MarshalError> {
        let items = self.stack.drain(self.stack.len() - length..).map(Entry::into_constant);
        let value = match container {
            Container::Tuple => {
                let items = items.collect();
                self.stack.push(Entry::Tuple(items));
                return Ok(());
            }
            Container::List => Constant::List(items.collect()),
            Container::Set => Constant::Set(items.collect()),
            Container::FrozenSet => Constant::FrozenSet(items.collect()),
            Container::Dict => {
                let mut pairs = Vec::with_capacity(length / 2);
                let mut items = items;
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    pairs.push((key, value));
                }
                Constant::Dict(pairs.into())
            }
            Container::Slice => {
                let parts: Vec<_> = items.collect();
                Constant::Slice(Arc::new(parts.try_into().map_err(|_| MarshalError::NullObject("slice"))?))
            }
        };
        self.push(value)
    }

    fn code(&mut self, header: &CodeHeader) -> Result<(), MarshalError> {
        let count = |value: i32| u32::try_from(value).map_err(|_| MarshalError::BadCodeField);
        let exceptiontable = self.pop_bytes()?;
        let linetable = self.pop_bytes()?;
        let qualname = self.pop_str()?;
        let name = self.pop_str()?;
        let filename = self.pop_str()?;
        let localspluskinds = self.pop_bytes()?;
        let localsplusnames = self.pop_tuple()?;
        let code_names = self.pop_tuple()?;
        let consts = self.pop_tuple()?;
        let code = self.pop_bytes()?;
        let code = CodeObject {
            argcount: count(header.argcount)?,
            posonlyargcount: count(header.posonlyargcount)?,
            kwonlyargcount: count(header.kwonlyargcount)?,
            stacksize: count(header.stacksize)?,
            flags: count(header.flags)?,
            code,
            consts: consts.into(),
            names: names(code_names)?,
            localsplusnames: names(localsplusnames)?,
            localspluskinds,
            filename,
            name,
            qualname,
            firstlineno: header.firstlineno,
            linetable,
            exceptiontable,
        };
        check_code(&code)?;
        self.push(Constant::Code(Arc::new(code)))
    }

    #[inline]
    fn reserve(&mut self) {
        self.references.push(None);
    }

    #[inline]
    fn fill(&mut self, reference: usize) {
        // What is referred to is shared, so a tuple becomes a constant now.
        if let Some(top) = self.stack.last_mut() {
            if let Entry::Tuple(items) = top {
                *top = Entry::Constant(Constant::Tuple(std::mem::take(items).into()));
            }
            self.references[reference] = Some(top.clone());
        }
    }

    #[inline]
    fn reference(&mut self, reference: usize) -> bool {
        match &self.references[reference] {
            Some(value) => {
                self.stack.push(value.clone());
                true
            }
            None => false,
        }
    }

    fn discard(&mut self) {
        self.stack.pop();
    }
}

/// What CPython demands of a code object before it makes one.
pub fn check_code(code: &CodeObject) -> Result<(), MarshalError> {
    if code.argcount < code.posonlyargcount || code.localsplusnames.len() != code.localspluskinds.len() {
        return Err(MarshalError::BadCodeField);
    }
    if !code.code.len().is_multiple_of(2) {
        return Err(MarshalError::MalformedCode);
    }
    let locals = code.localspluskinds.iter().filter(|bits| **bits & kind::LOCAL != 0).count() as u64;
    let stars = [flags::VARARGS, flags::VARKEYWORDS].iter().filter(|flag| code.flags & **flag != 0).count() as u64;
    if locals < u64::from(code.argcount) + u64::from(code.kwonlyargcount) + stars {
        return Err(MarshalError::TooFewLocals);
    }
    Ok(())
}
