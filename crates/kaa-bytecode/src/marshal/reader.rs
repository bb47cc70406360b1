//! Reads marshal data and tells a [`Build`] what it meets.
//!
//! The reader has no stack but a list of open containers, so depth costs no native stack, and it
//! never asks for memory in proportion to a size that the data merely claims.

use std::borrow::Cow;

use super::{MAX_DEPTH, MarshalError, types, utf8};

/// Where bytes come from: a slice that is read from the front.
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(data: &'a [u8]) -> Input<'a> {
        Input { rest: data }
    }

    /// What is left, after an object has been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, MarshalError> {
        let (first, rest) = self.rest.split_first().ok_or(MarshalError::EndOfData)?;
        self.rest = rest;
        Ok(*first)
    }

    #[inline]
    fn bytes(&mut self, length: usize) -> Result<&'a [u8], MarshalError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(MarshalError::TooShort)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], MarshalError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(MarshalError::TooShort)?;
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    fn int(&mut self) -> Result<i32, MarshalError> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    fn float(&mut self) -> Result<f64, MarshalError> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A number as text, as versions 0 and 1 have it.
    fn text_float(&mut self) -> Result<f64, MarshalError> {
        let length = self.byte()?;
        let bytes = self.bytes(usize::from(length))?;
        // CPython hands it to C, for which a zero byte is the end.
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        text.parse().map_err(|_| MarshalError::BadFloat(text.into_owned()))
    }

    #[inline]
    fn size(&mut self, what: &'static str) -> Result<usize, MarshalError> {
        usize::try_from(self.int()?).map_err(|_| MarshalError::SizeOutOfRange(what))
    }
}

/// Objects that have a type and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Singleton {
    None,
    False,
    True,
    StopIteration,
    Ellipsis,
}

/// Objects that hold a number of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Tuple,
    List,
    Set,
    FrozenSet,
    /// Its length counts keys and values.
    Dict,
    Slice,
}

/// Text as the data has it.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    pub bytes: &'a [u8],
    /// Every byte is a code point below 256, nearly always below 128; otherwise UTF-8 with lone
    /// surrogates, not yet checked.
    pub latin1: bool,
    /// CPython had this string interned.
    pub interned: bool,
}

impl<'a> Text<'a> {
    /// The text as UTF-8 with lone surrogates, checked.
    #[inline]
    pub fn to_utf8(self) -> Result<Cow<'a, [u8]>, MarshalError> {
        if self.bytes.is_ascii() {
            return Ok(Cow::Borrowed(self.bytes));
        }
        if self.latin1 {
            let text: String = self.bytes.iter().map(|byte| char::from(*byte)).collect();
            return Ok(Cow::Owned(text.into_bytes()));
        }
        utf8::check(self.bytes)?;
        Ok(Cow::Borrowed(self.bytes))
    }
}

/// The digits of an integer of any size: 15 bits each, least significant first, two bytes each;
/// checked to be in range and without leading zeros.
#[derive(Clone, Copy, Debug)]
pub struct Digits<'a> {
    bytes: &'a [u8],
}

impl Digits<'_> {
    /// The magnitude in words of 32 bits, least significant first, the last not zero.
    pub fn to_words(self) -> Vec<u32> {
        let mut words = Vec::with_capacity(self.bytes.len() / 2 * 15 / 32 + 1);
        let (mut pending, mut bits) = (0u64, 0);
        for digit in self.iter() {
            pending |= u64::from(digit) << bits;
            bits += 15;
            if bits >= 32 {
                words.push(pending as u32);
                pending >>= 32;
                bits -= 32;
            }
        }
        if pending != 0 {
            words.push(pending as u32);
        }
        words
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u16> + ExactSizeIterator {
        self.bytes.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair))
    }

    /// The magnitude, when it has at most 64 bits.
    pub fn to_u64(self) -> Option<u64> {
        if self.bytes.len() > 2 * 5 {
            return None;
        }
        let value = self.iter().rev().fold(0u128, |value, digit| value << 15 | u128::from(digit));
        u64::try_from(value).ok()
    }
}

/// The numbers of a code object. Its other fields are on the builder's stack.
#[derive(Clone, Copy, Debug)]
pub struct CodeHeader {
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub firstlineno: i32,
}

/// Makes objects: a stack machine. Each method leaves one object on top of the builder's stack,
/// after taking from it what the description says. The stack and the references belong to the
/// builder, so that a garbage collector can see them. `'a` is the life of the data: texts and bytes
/// may be kept as they stand in it.
pub trait Build<'a> {
    type Error: From<MarshalError>;

    fn singleton(&mut self, value: Singleton) -> Result<(), Self::Error>;
    fn int(&mut self, value: i64) -> Result<(), Self::Error>;
    /// An integer that was written with digits. It may be small all the same, but is not zero.
    fn big_int(&mut self, negative: bool, digits: Digits<'a>) -> Result<(), Self::Error>;
    fn float(&mut self, value: f64) -> Result<(), Self::Error>;
    fn complex(&mut self, real: f64, imag: f64) -> Result<(), Self::Error>;
    fn str(&mut self, text: Text<'a>) -> Result<(), Self::Error>;
    fn bytes(&mut self, value: &'a [u8]) -> Result<(), Self::Error>;

    /// A container is about to come. `capacity` is its length, or less when the data cannot hold
    /// as many objects (reading will fail). When `reference` is given, the container's place is
    /// already [reserved](Self::reserve), and a builder that can make the container now may put it
    /// there, so that its own items can refer to it, as CPython does for tuples, lists, dicts and sets.
    /// Takes and leaves nothing.
    fn begin(&mut self, _container: Container, _capacity: usize, _reference: Option<usize>) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Takes `length` objects and leaves the container of them.
    fn end(&mut self, container: Container, length: usize) -> Result<(), Self::Error>;

    /// Takes ten objects and leaves the code object of them: code, consts, names, localsplusnames,
    /// localspluskinds, filename, name, qualname, linetable, exceptiontable. Nothing is checked yet.
    fn code(&mut self, header: &CodeHeader) -> Result<(), Self::Error>;

    /// Adds a reference that is not yet filled.
    fn reserve(&mut self);
    /// Makes the top of the stack what a reference stands for. Takes nothing.
    fn fill(&mut self, reference: usize);
    /// Leaves what a reference stands for; false when it is not yet filled.
    fn reference(&mut self, reference: usize) -> bool;
    /// Drops the top of the stack (the last key of a dict whose value is missing).
    fn discard(&mut self);
}

/// How to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    pub allow_code: bool,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions { allow_code: true }
    }
}

/// A container whose contents are being read.
enum Frame {
    Items {
        container: Container,
        /// Objects so far.
        length: usize,
        /// Objects to come; unused for a dict, which ends with nothing.
        left: usize,
        reference: Option<usize>,
    },
    Code {
        header: CodeHeader,
        fields: u8,
        reference: Option<usize>,
    },
}

/// What an attempt to read an object came to.
enum Step {
    /// An object is on the stack.
    Object,
    /// A container has begun.
    Open,
    /// The data says that there is nothing.
    Null,
}

/// The fields of a code object before `co_firstlineno`, and in all.
const FIELDS_BEFORE_LINE: u8 = 8;
const FIELDS: u8 = 10;

/// Reads one object from the front of the input; it is then the top of the builder's stack.
pub fn read<'a, B: Build<'a>>(input: &mut Input<'a>, builder: &mut B, options: ReadOptions) -> Result<(), B::Error> {
    let mut reader = Reader { input, builder, options, frames: Vec::new(), references: 0 };
    let mut step = reader.object()?;
    loop {
        // What `step` means to the innermost open container.
        match reader.deliver(step)? {
            Some(next) => step = next,
            None if reader.frames.is_empty() => return Ok(()),
            None => step = reader.object()?,
        }
    }
}

struct Reader<'r, 'a, B> {
    input: &'r mut Input<'a>,
    builder: &'r mut B,
    options: ReadOptions,
    frames: Vec<Frame>,
    /// How many references there are.
    references: usize,
}

impl<'a, B: Build<'a>> Reader<'_, 'a, B> {
    /// Hands an object to the innermost open container, and closes that when it is complete.
    /// Gives what the closed container is to the one around it; none when reading goes on.
    fn deliver(&mut self, step: Step) -> Result<Option<Step>, B::Error> {
        if matches!(step, Step::Open) {
            // A container without items is complete already.
            return match self.frames.last() {
                Some(Frame::Items { container, left: 0, .. }) if *container != Container::Dict => self.close(),
                _ => Ok(None),
            };
        }
        let null = matches!(step, Step::Null);
        match self.frames.last_mut() {
            None if null => Err(MarshalError::NullObject("object").into()),
            None => Ok(None),
            Some(Frame::Code { .. }) if null => Err(MarshalError::NullObject("code object").into()),
            Some(Frame::Code { header, fields, .. }) => {
                *fields += 1;
                if *fields == FIELDS_BEFORE_LINE {
                    header.firstlineno = self.input.int()?;
                }
                if *fields == FIELDS { self.close() } else { Ok(None) }
            }
            Some(Frame::Items { container: Container::Dict, length, .. }) => {
                if !null {
                    *length += 1;
                    return Ok(None);
                }
                // Nothing in place of a key ends the dict; in place of a value it drops the key.
                if *length % 2 == 1 {
                    *length -= 1;
                    self.builder.discard();
                }
                self.close()
            }
            Some(Frame::Items { container, .. }) if null => match container {
                Container::Tuple => Err(MarshalError::NullObject("tuple").into()),
                Container::List => Err(MarshalError::NullObject("list").into()),
                // A slice of nothing is nothing itself.
                Container::Slice => {
                    if let Some(Frame::Items { length, .. }) = self.frames.pop() {
                        (0..length).for_each(|_| self.builder.discard());
                    }
                    Ok(Some(Step::Null))
                }
                _ => Err(MarshalError::NullObject("set").into()),
            },
            Some(Frame::Items { length, left, .. }) => {
                *length += 1;
                *left -= 1;
                if *left == 0 { self.close() } else { Ok(None) }
            }
        }
    }

    fn close(&mut self) -> Result<Option<Step>, B::Error> {
        let reference = match self.frames.pop() {
            None => return Ok(None),
            Some(Frame::Items { container, length, reference, .. }) => {
                self.builder.end(container, length)?;
                reference
            }
            Some(Frame::Code { header, reference, .. }) => {
                self.builder.code(&header)?;
                reference
            }
        };
        if let Some(reference) = reference {
            self.builder.fill(reference);
        }
        Ok(Some(Step::Object))
    }

    /// Reads an object, or the beginning of a container.
    #[inline]
    fn object(&mut self) -> Result<Step, B::Error> {
        let code = self.input.byte()?;
        if self.frames.len() >= MAX_DEPTH {
            return Err(MarshalError::RecursionLimit.into());
        }
        let flagged = code & types::FLAG_REF != 0;
        match code & !types::FLAG_REF {
            types::NULL => return Ok(Step::Null),
            types::REF => {
                let reference = usize::try_from(self.input.int()?).map_err(|_| MarshalError::InvalidReference)?;
                if reference >= self.references || !self.builder.reference(reference) {
                    return Err(MarshalError::InvalidReference.into());
                }
                return Ok(Step::Object);
            }
            types::NONE => return self.singleton(Singleton::None),
            types::FALSE => return self.singleton(Singleton::False),
            types::TRUE => return self.singleton(Singleton::True),
            types::STOP_ITERATION => return self.singleton(Singleton::StopIteration),
            types::ELLIPSIS => return self.singleton(Singleton::Ellipsis),
            types::INT => {
                let value = self.input.int()?;
                self.builder.int(i64::from(value))?;
            }
            types::INT64 => {
                let value = i64::from_le_bytes(self.input.array()?);
                self.builder.int(value)?;
            }
            types::LONG => self.long()?,
            types::FLOAT => {
                let value = self.input.text_float()?;
                self.builder.float(value)?;
            }
            types::BINARY_FLOAT => {
                let value = self.input.float()?;
                self.builder.float(value)?;
            }
            types::COMPLEX => {
                let (real, imag) = (self.input.text_float()?, self.input.text_float()?);
                self.builder.complex(real, imag)?;
            }
            types::BINARY_COMPLEX => {
                let (real, imag) = (self.input.float()?, self.input.float()?);
                self.builder.complex(real, imag)?;
            }
            types::STRING => {
                let length = self.input.size("bytes object")?;
                let value = self.input.bytes(length)?;
                self.builder.bytes(value)?;
            }
            kind @ (types::SHORT_ASCII | types::SHORT_ASCII_INTERNED) => {
                let length = usize::from(self.input.byte()?);
                self.text(length, true, kind == types::SHORT_ASCII_INTERNED)?;
            }
            kind @ (types::ASCII | types::ASCII_INTERNED) => {
                let length = self.input.size("string")?;
                self.text(length, true, kind == types::ASCII_INTERNED)?;
            }
            kind @ (types::UNICODE | types::INTERNED) => {
                let length = self.input.size("string")?;
                self.text(length, false, kind == types::INTERNED)?;
            }
            types::SMALL_TUPLE => {
                let length = usize::from(self.input.byte()?);
                return self.open(Container::Tuple, length, flagged);
            }
            types::TUPLE => {
                let length = self.input.size("tuple")?;
                return self.open(Container::Tuple, length, flagged);
            }
            types::LIST => {
                let length = self.input.size("list")?;
                return self.open(Container::List, length, flagged);
            }
            types::SET => {
                let length = self.input.size("set")?;
                return self.open(Container::Set, length, flagged);
            }
            types::FROZENSET => {
                let length = self.input.size("set")?;
                return self.open(Container::FrozenSet, length, flagged);
            }
            types::DICT => return self.open(Container::Dict, 0, flagged),
            types::SLICE => return self.open(Container::Slice, 3, flagged),
            types::CODE => return self.open_code(flagged),
            _ => return Err(MarshalError::UnknownType.into()),
        }
        if let Some(reference) = self.reserve(flagged)? {
            self.builder.fill(reference);
        }
        Ok(Step::Object)
    }

    fn singleton(&mut self, value: Singleton) -> Result<Step, B::Error> {
        self.builder.singleton(value)?;
        Ok(Step::Object)
    }

    #[inline]
    fn text(&mut self, length: usize, latin1: bool, interned: bool) -> Result<(), B::Error> {
        let bytes = self.input.bytes(length)?;
        self.builder.str(Text { bytes, latin1, interned })
    }

    #[inline]
    fn reserve(&mut self, flagged: bool) -> Result<Option<usize>, MarshalError> {
        if !flagged {
            return Ok(None);
        }
        if self.references >= 0x7fff_fffe {
            return Err(MarshalError::TooManyReferences);
        }
        self.builder.reserve();
        self.references += 1;
        Ok(Some(self.references - 1))
    }

    fn open(&mut self, container: Container, left: usize, flagged: bool) -> Result<Step, B::Error> {
        let reference = self.reserve(flagged)?;
        // Each object takes a byte at least.
        self.builder.begin(container, left.min(self.input.rest.len()), reference)?;
        self.frames.push(Frame::Items { container, length: 0, left, reference });
        Ok(Step::Open)
    }

    fn open_code(&mut self, flagged: bool) -> Result<Step, B::Error> {
        if !self.options.allow_code {
            return Err(MarshalError::CodeDisallowed.into());
        }
        let reference = self.reserve(flagged)?;
        let header = CodeHeader {
            argcount: self.input.int()?,
            posonlyargcount: self.input.int()?,
            kwonlyargcount: self.input.int()?,
            stacksize: self.input.int()?,
            flags: self.input.int()?,
            firstlineno: 0,
        };
        self.frames.push(Frame::Code { header, fields: 0, reference });
        Ok(Step::Open)
    }

    fn long(&mut self) -> Result<(), B::Error> {
        let length = self.input.int()?;
        if length == 0 {
            return self.builder.int(0);
        }
        if length == i32::MIN {
            return Err(MarshalError::SizeOutOfRange("long").into());
        }
        let count = length.unsigned_abs() as usize;
        // A bad digit is found before the end of the data.
        let here = &self.input.rest[..self.input.rest.len().min(count * 2)];
        if here.as_chunks::<2>().0.iter().any(|[_, high]| high & 0x80 != 0) {
            return Err(MarshalError::LongDigitOutOfRange.into());
        }
        let bytes = self.input.bytes(count * 2)?;
        if bytes.ends_with(&[0, 0]) {
            return Err(MarshalError::UnnormalizedLong.into());
        }
        self.builder.big_int(length < 0, Digits { bytes })
    }
}
