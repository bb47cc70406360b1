//! The single forms of the format, for whoever walks the objects.

use super::{CodeHeader, MarshalError, types};

/// Writes objects without asking what they belong to. `flag` is 0, or
/// [`FLAG_REF`](Encoder::FLAG_REF) for an object that later ones refer to.
pub struct Encoder {
    out: Vec<u8>,
    version: i32,
}

impl Encoder {
    /// Added to a type: the object is given the next reference number.
    pub const FLAG_REF: u8 = types::FLAG_REF;

    /// The first version with references.
    pub const FIRST_WITH_REFERENCES: i32 = 3;

    pub fn new(version: i32) -> Encoder {
        Encoder::appending(version, Vec::new())
    }

    /// Behind what is written already.
    pub fn appending(version: i32, out: Vec<u8>) -> Encoder {
        Encoder { out, version }
    }

    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    pub fn version(&self) -> i32 {
        self.version
    }

    /// Whether the version has references.
    pub fn has_references(&self) -> bool {
        self.version >= Encoder::FIRST_WITH_REFERENCES
    }

    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    fn long(&mut self, value: i32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn size(&mut self, length: usize) -> Result<(), MarshalError> {
        self.long(i32::try_from(length).map_err(|_| MarshalError::Unmarshallable)?);
        Ok(())
    }

    /// Nothing: ends a dict.
    pub fn null(&mut self) {
        self.byte(types::NULL);
    }

    pub fn none(&mut self) {
        self.byte(types::NONE);
    }

    pub fn bool(&mut self, value: bool) {
        self.byte(if value { types::TRUE } else { types::FALSE });
    }

    pub fn ellipsis(&mut self) {
        self.byte(types::ELLIPSIS);
    }

    pub fn stop_iteration(&mut self) {
        self.byte(types::STOP_ITERATION);
    }

    /// What CPython leaves in place of an object that it cannot write.
    pub fn unknown(&mut self) {
        self.byte(types::UNKNOWN);
    }

    /// An object written before.
    pub fn reference(&mut self, reference: u32) -> Result<(), MarshalError> {
        self.byte(types::REF);
        self.size(reference as usize)
    }

    pub fn int(&mut self, value: i64, flag: u8) {
        if let Ok(value) = i32::try_from(value) {
            self.byte(types::INT | flag);
            self.long(value);
        } else {
            let magnitude = value.unsigned_abs();
            let words = [magnitude as u32, (magnitude >> 32) as u32];
            self.digits(value < 0, &words, flag);
        }
    }

    /// An integer beyond 64 bits: sign and magnitude in words of 32 bits, least significant first.
    pub fn big_int(&mut self, negative: bool, words: &[u32], flag: u8) -> Result<(), MarshalError> {
        if words.len() > i32::MAX as usize / 3 {
            return Err(MarshalError::Unmarshallable);
        }
        self.digits(negative, words, flag);
        Ok(())
    }

    fn digits(&mut self, negative: bool, words: &[u32], flag: u8) {
        self.byte(types::LONG | flag);
        let length_at = self.out.len();
        self.long(0);
        let (mut pending, mut bits) = (0u64, 0);
        for word in words {
            pending |= u64::from(*word) << bits;
            bits += 32;
            while bits >= 15 {
                self.out.extend_from_slice(&((pending & 0x7fff) as u16).to_le_bytes());
                pending >>= 15;
                bits -= 15;
            }
        }
        self.out.extend_from_slice(&(pending as u16).to_le_bytes());
        while self.out.len() > length_at + 4 && self.out.ends_with(&[0, 0]) {
            self.out.truncate(self.out.len() - 2);
        }
        let length = ((self.out.len() - length_at - 4) / 2) as i32;
        self.out[length_at..length_at + 4].copy_from_slice(&(if negative { -length } else { length }).to_le_bytes());
    }

    pub fn float(&mut self, value: f64, flag: u8) {
        if self.version > 1 {
            self.byte(types::BINARY_FLOAT | flag);
            self.out.extend_from_slice(&value.to_le_bytes());
        } else {
            self.byte(types::FLOAT | flag);
            self.text_float(value);
        }
    }

    pub fn complex(&mut self, real: f64, imag: f64, flag: u8) {
        if self.version > 1 {
            self.byte(types::BINARY_COMPLEX | flag);
            self.out.extend_from_slice(&real.to_le_bytes());
            self.out.extend_from_slice(&imag.to_le_bytes());
        } else {
            self.byte(types::COMPLEX | flag);
            self.text_float(real);
            self.text_float(imag);
        }
    }

    fn text_float(&mut self, value: f64) {
        let text = kaa_text::floats::repr_17g(value);
        self.byte(text.len() as u8);
        self.out.extend_from_slice(text.as_bytes());
    }

    pub fn bytes(&mut self, value: &[u8], flag: u8) -> Result<(), MarshalError> {
        self.byte(types::STRING | flag);
        self.size(value.len())?;
        self.out.extend_from_slice(value);
        Ok(())
    }

    /// A string: UTF-8 with lone surrogates.
    pub fn str(&mut self, text: &[u8], interned: bool, flag: u8) -> Result<(), MarshalError> {
        if self.version >= 4 && text.is_ascii() {
            if let Ok(length) = u8::try_from(text.len()) {
                let kind = if interned { types::SHORT_ASCII_INTERNED } else { types::SHORT_ASCII };
                self.byte(kind | flag);
                self.byte(length);
            } else {
                self.byte(if interned { types::ASCII_INTERNED } else { types::ASCII } | flag);
                self.size(text.len())?;
            }
        } else {
            let interned = interned && self.version >= 3;
            self.byte(if interned { types::INTERNED } else { types::UNICODE } | flag);
            self.size(text.len())?;
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    /// The head of a tuple; its items follow. So for the others.
    pub fn tuple(&mut self, length: usize, flag: u8) -> Result<(), MarshalError> {
        match u8::try_from(length) {
            Ok(length) if self.version >= 4 => {
                self.byte(types::SMALL_TUPLE | flag);
                self.byte(length);
                Ok(())
            }
            _ => {
                self.byte(types::TUPLE | flag);
                self.size(length)
            }
        }
    }

    pub fn list(&mut self, length: usize, flag: u8) -> Result<(), MarshalError> {
        self.byte(types::LIST | flag);
        self.size(length)
    }

    /// Items must follow in the order of what they give when each is written alone.
    pub fn set(&mut self, length: usize, flag: u8) -> Result<(), MarshalError> {
        self.byte(types::SET | flag);
        self.size(length)
    }

    /// As [`set`](Self::set).
    pub fn frozenset(&mut self, length: usize, flag: u8) -> Result<(), MarshalError> {
        self.byte(types::FROZENSET | flag);
        self.size(length)
    }

    /// Keys and values follow in turn, then [`null`](Self::null).
    pub fn dict(&mut self, flag: u8) {
        self.byte(types::DICT | flag);
    }

    /// Start, stop and step follow.
    pub fn slice(&mut self, flag: u8) -> Result<(), MarshalError> {
        if self.version < 5 {
            self.unknown();
            return Err(MarshalError::Unmarshallable);
        }
        self.byte(types::SLICE | flag);
        Ok(())
    }

    /// Code, consts, names, localsplusnames, localspluskinds, filename, name and qualname follow,
    /// then [`first_line`](Self::first_line), linetable and exceptiontable.
    pub fn code(&mut self, header: &CodeHeader, flag: u8) {
        self.byte(types::CODE | flag);
        for number in [header.argcount, header.posonlyargcount, header.kwonlyargcount, header.stacksize, header.flags] {
            self.long(number);
        }
    }

    pub fn first_line(&mut self, line: i32) {
        self.long(line);
    }
}
