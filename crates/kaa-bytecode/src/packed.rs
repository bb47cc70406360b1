//! Code objects packed so that nested ones can be read one by one: the form of the embedded
//! library, of which a program calls a small part.
//!
//! A record is what a function object needs before its first call (counts, flags, names), then
//! the tables, which can be used in place, then the rest. Code objects among the constants are
//! records of their own, which the outer one refers to.
//!
//! ```text
//! u32  argcount, posonlyargcount, kwonlyargcount, stacksize, flags, firstlineno
//! u32  lengths of name, qualname, localspluskinds, code, linetable, exceptiontable, constants
//! u32  number of names, of nested code objects
//! name, qualname, localspluskinds, code, linetable, exceptiontable: one after the other
//! constants: marshalled, a tuple with None in place of code objects
//! names, then localsplusnames: each its length (u8; 255 before a u32), then its text
//! nested code objects: u32 index of the constant, u32 offset of the record in the file
//! ```
//!
//! The file names of nested code objects are those of the outermost, which is kept elsewhere.

use std::sync::Arc;

use crate::marshal::{self, MarshalError};
use crate::{CodeObject, Constant};

const NUMBERS: usize = 15;

/// Packs a code object and all nested ones; the outermost record is the first.
pub fn write(code: &CodeObject) -> Result<Vec<u8>, MarshalError> {
    let mut out = Vec::new();
    write_record(code, &mut out)?;
    Ok(out)
}

fn write_record(code: &CodeObject, out: &mut Vec<u8>) -> Result<(), MarshalError> {
    let mut plain = code.consts.to_vec();
    let mut nested: Vec<(usize, Arc<CodeObject>)> = Vec::new();
    for (index, constant) in plain.iter_mut().enumerate() {
        if let Constant::Code(inner) = constant {
            nested.push((index, inner.clone()));
            *constant = Constant::None;
        }
    }
    let consts = marshal::write_constant(&Constant::Tuple(plain.into()), 5)?;
    let tables: [&[u8]; 7] =
        [&code.name, &code.qualname, &code.localspluskinds, &code.code, &code.linetable, &code.exceptiontable, &consts];
    let counts = [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags];
    counts.iter().for_each(|&number| push(out, number));
    push(out, code.firstlineno as u32);
    tables.iter().for_each(|table| push(out, table.len() as u32));
    push(out, code.names.len() as u32);
    push(out, nested.len() as u32);
    tables.iter().for_each(|table| out.extend_from_slice(table));
    for name in code.names.iter().chain(&code.localsplusnames) {
        match u8::try_from(name.len()) {
            Ok(length) if length < u8::MAX => out.push(length),
            _ => {
                out.push(u8::MAX);
                push(out, name.len() as u32);
            }
        }
        out.extend_from_slice(name);
    }
    let references = out.len();
    out.resize(references + nested.len() * 8, 0);
    for (at, (index, inner)) in nested.iter().enumerate() {
        let place = references + at * 8;
        let record = u32::try_from(out.len()).map_err(|_| MarshalError::SizeOutOfRange("code object"))?;
        out[place..place + 4].copy_from_slice(&(*index as u32).to_le_bytes());
        out[place + 4..place + 8].copy_from_slice(&record.to_le_bytes());
        write_record(inner, out)?;
    }
    Ok(())
}

fn push(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// A code object in a file that [`write()`] made, and that is trusted to be whole.
#[derive(Clone, Copy, Debug)]
pub struct Packed {
    file: &'static [u8],
    record: u32,
}

/// The parts of a packed code object that are used in place.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "named as the fields of a code object")]
pub struct Tables {
    pub name: &'static [u8],
    pub qualname: &'static [u8],
    pub localspluskinds: &'static [u8],
    pub code: &'static [u8],
    pub linetable: &'static [u8],
    pub exceptiontable: &'static [u8],
}

impl Packed {
    /// The outermost code object of a file.
    pub fn new(file: &'static [u8]) -> Packed {
        Packed { file, record: 0 }
    }

    fn number(&self, index: usize) -> u32 {
        let at = self.record as usize + index * 4;
        u32::from_le_bytes(self.file[at..at + 4].try_into().expect("four bytes"))
    }

    /// `argcount`, `posonlyargcount`, `kwonlyargcount`, `stacksize`, `flags`.
    pub fn counts(&self) -> [u32; 5] {
        std::array::from_fn(|index| self.number(index))
    }

    /// `firstlineno`.
    pub fn firstlineno(&self) -> i32 {
        self.number(5) as i32
    }

    /// What is used in place.
    pub fn tables(&self) -> Tables {
        let mut rest = &self.file[self.record as usize + NUMBERS * 4..];
        let mut next = |index| rest.split_off(..self.number(index) as usize).expect("the file is whole");
        Tables {
            name: next(6),
            qualname: next(7),
            localspluskinds: next(8),
            code: next(9),
            linetable: next(10),
            exceptiontable: next(11),
        }
    }

    fn after_tables(&self) -> &'static [u8] {
        let tables: u32 = (6..12).map(|index| self.number(index)).sum();
        &self.file[self.record as usize + NUMBERS * 4 + tables as usize..]
    }

    /// The constants, with `None` in place of code objects.
    pub fn consts(&self) -> Result<Arc<[Constant]>, MarshalError> {
        match marshal::read_constant(self.after_tables(), marshal::ReadOptions::default())? {
            Constant::Tuple(items) => Ok(items),
            _ => Err(MarshalError::NotCode),
        }
    }

    /// `names`, then `localsplusnames`, then the code objects among the constants.
    pub fn rest(&self) -> Rest {
        let names = self.number(13) as usize;
        let all = names + self.number(8) as usize;
        Rest { packed: *self, data: &self.after_tables()[self.number(12) as usize..], names, all }
    }
}

/// What is read in order behind the constants of a packed code object.
pub struct Rest {
    packed: Packed,
    data: &'static [u8],
    names: usize,
    all: usize,
}

impl Rest {
    /// The number of `names`, and of those with `localsplusnames`.
    pub fn counts(&self) -> (usize, usize) {
        (self.names, self.all)
    }

    /// The next of the names.
    pub fn name(&mut self) -> &'static [u8] {
        let length = match self.take(1)[0] {
            u8::MAX => u32::from_le_bytes(self.take(4).try_into().expect("four bytes")) as usize,
            length => length.into(),
        };
        self.take(length)
    }

    /// Once all names are read: the code objects, each with the index of its constant.
    pub fn nested(mut self) -> impl Iterator<Item = (usize, Packed)> {
        (0..self.packed.number(14)).map(move |_| {
            let pair = self.take(8);
            let number = |at: usize| u32::from_le_bytes(pair[at..at + 4].try_into().expect("four bytes"));
            (number(0) as usize, Packed { file: self.packed.file, record: number(4) })
        })
    }

    fn take(&mut self, length: usize) -> &'static [u8] {
        self.data.split_off(..length).expect("the file is whole")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextBytes;

    fn code(name: &str, consts: Vec<Constant>) -> CodeObject {
        let text = |text: &str| TextBytes::from(text.as_bytes());
        CodeObject {
            argcount: 1,
            posonlyargcount: 0,
            kwonlyargcount: 2,
            stacksize: 7,
            flags: 3,
            code: [128, 0, 35, 0].into(),
            consts: consts.into(),
            names: [text("print"), text(&"x".repeat(300))].into(),
            localsplusnames: [text("a"), text("b"), text("é")].into(),
            localspluskinds: [0x26, 0x26, 0x20].into(),
            filename: text("f.py"),
            name: text(name),
            qualname: text("outer.inner"),
            firstlineno: -3,
            linetable: [1, 2, 3].into(),
            exceptiontable: [4].into(),
        }
    }

    fn check(packed: Packed, code: &CodeObject) {
        assert_eq!(packed.counts(), [1, 0, 2, 7, 3]);
        assert_eq!(packed.firstlineno(), code.firstlineno);
        let tables = packed.tables();
        assert_eq!((tables.name, tables.qualname), (&*code.name, &*code.qualname));
        assert_eq!((tables.localspluskinds, tables.code), (&*code.localspluskinds, &*code.code));
        assert_eq!((tables.linetable, tables.exceptiontable), (&*code.linetable, &*code.exceptiontable));
        let mut rest = packed.rest();
        assert_eq!(rest.counts(), (2, 5));
        for name in code.names.iter().chain(&code.localsplusnames) {
            assert_eq!(rest.name(), &**name);
        }
        let consts = packed.consts().expect("constants");
        assert_eq!(consts.len(), code.consts.len());
        let mut nested = rest.nested();
        for (index, (read, constant)) in consts.iter().zip(&code.consts).enumerate() {
            match constant {
                Constant::Code(inner) => {
                    let (at, packed) = nested.next().expect("a nested code object");
                    assert_eq!((at, read), (index, &Constant::None));
                    check(packed, inner);
                }
                constant => assert_eq!(read, constant),
            }
        }
        assert!(nested.next().is_none());
    }

    #[test]
    fn what_was_packed_is_read() {
        let leaf = Constant::Code(Arc::new(code("leaf", vec![Constant::Int(5)])));
        let inner = Constant::Code(Arc::new(code("inner", vec![leaf.clone(), Constant::None, leaf])));
        let outer = code("outer", vec![Constant::Float(1.5), inner, Constant::Bool(true)]);
        let file = write(&outer).expect("it can be packed").leak();
        check(Packed::new(file), &outer);
    }
}
