//! Code objects packed so that nested ones can be read one by one: the form of the embedded
//! library and of programs in executables, of which a run calls a small part.
//!
//! First stands, in four bytes, where the record of the outermost code object is. Then come all
//! names that code objects have, each once: its length, then its text; the most used first, as code
//! objects refer to names by their place in the file. Constants that look like names are among
//! them.
//!
//! A record is what a function object needs before its first call (counts, flags), with the tables,
//! which can be used in place, then the rest. Code objects among the constants are records of their
//! own where the constant stands.
//!
//! ```text
//! argcount, posonlyargcount, kwonlyargcount, stacksize, flags
//! firstlineno: twice its amount, and one less when it is negative
//! lengths of localspluskinds, linetable, exceptiontable
//! localspluskinds, linetable, exceptiontable: one after the other
//! name: its place
//! length of what stands before the name in the qualname: twice; one more when the qualname does
//!     not end in the name: then it is all of it
//! that part of the qualname
//! length of localsplusnames as they stand here; the place of each
//! length of code, and of what is stored of it
//! code: without the units of inline caches, which are zero; when both lengths are equal, as it is
//! number of names; the place of each
//! number of constants: twice; one more when they stand here as a marshalled tuple, with None in
//!     place of code objects, and code objects alone follow
//! constants: a number each, and what belongs to it
//! ```
//!
//! The lowest three bits of a constant's number are its kind, the others an amount: see [`Kind`].
//!
//! Numbers have seven bits in each byte, the lowest first; the eighth is set when more follow.
//!
//! The file names of nested code objects are those of the outermost, which is kept elsewhere.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::marshal::{self, MarshalError};
use crate::{CodeObject, Constant, Opcode};

/// Packs a code object and all nested ones.
pub fn write(code: &CodeObject) -> Result<Vec<u8>, MarshalError> {
    let mut uses = HashMap::new();
    count_names(code, &mut uses);
    let mut names: Vec<(&[u8], usize)> = uses.into_iter().collect();
    names.sort_unstable_by_key(|&(name, uses)| (Reverse(uses), name));
    let mut out = vec![0; 4];
    let mut places: HashMap<&[u8], u32> = HashMap::with_capacity(names.len());
    for (name, _) in names {
        places.insert(name, length(&out)?);
        push(&mut out, length(name)?);
        out.extend_from_slice(name);
    }
    let record = length(&out)?;
    out[..4].copy_from_slice(&record.to_le_bytes());
    out.extend(write_record(code, &places)?);
    length(&out)?;
    Ok(out)
}

/// How often each name is used.
fn count_names<'c>(code: &'c CodeObject, uses: &mut HashMap<&'c [u8], usize>) {
    for name in code.names.iter().chain(code.localsplusnames.iter()) {
        *uses.entry(name).or_default() += 1;
    }
    for constant in &code.consts {
        if let Constant::Code(inner) = constant {
            count_names(inner, uses);
        }
    }
}

fn length(bytes: &[u8]) -> Result<u32, MarshalError> {
    u32::try_from(bytes.len()).map_err(|_| MarshalError::SizeOutOfRange("code object"))
}

/// The record of a code object, and those of all nested ones.
fn write_record(code: &CodeObject, places: &HashMap<&[u8], u32>) -> Result<Vec<u8>, MarshalError> {
    let mut plain = code.consts.to_vec();
    let mut nested: Vec<(usize, Vec<u8>)> = Vec::new();
    for (index, constant) in plain.iter_mut().enumerate() {
        if let Constant::Code(inner) = constant {
            nested.push((index, write_record(inner, places)?));
            *constant = Constant::None;
        }
    }
    let consts = marshal::write_constant(&Constant::Tuple(plain.into()), 5)?;
    let stored = without_caches(&code.code);
    let stored = if with_caches(&stored, code.code.len()) == code.code { &stored } else { &*code.code };
    let is_apart = !code.qualname.ends_with(&code.name);
    let own_name: &[u8] = if is_apart { &code.name } else { &[] };

    let mut out = Vec::new();
    let counts = [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags];
    counts.iter().for_each(|&number| push(&mut out, number));
    push(&mut out, (code.firstlineno << 1 ^ code.firstlineno >> 31) as u32);
    push(&mut out, length(&code.name)? << 1 | u32::from(is_apart));
    let tables: [&[u8]; 4] = [&code.qualname, &code.localspluskinds, &code.linetable, &code.exceptiontable];
    for bytes in tables.into_iter().chain([&*code.code, stored, &consts]) {
        push(&mut out, length(bytes)?);
    }
    push(&mut out, code.names.len() as u32);
    push(&mut out, nested.len() as u32);
    out.extend_from_slice(own_name);
    tables.into_iter().chain([stored, &consts]).for_each(|bytes| out.extend_from_slice(bytes));
    for name in code.names.iter().chain(code.localsplusnames.iter()) {
        push(&mut out, places[name]);
    }
    for (index, record) in &nested {
        push(&mut out, *index as u32);
        push(&mut out, length(record)?);
    }
    nested.iter().for_each(|(_, record)| out.extend_from_slice(record));
    Ok(out)
}

fn push(out: &mut Vec<u8>, mut number: u32) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The units that are instructions or their prefixes.
fn without_caches(code: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(code.len());
    let mut rest = code;
    while let Some((&unit, behind)) = rest.split_first_chunk::<2>() {
        out.extend_from_slice(&unit);
        rest = behind.get(caches(unit)..).unwrap_or_default();
    }
    out
}

/// The units with empty ones for inline caches: so many bytes.
fn with_caches(stored: &[u8], length: usize) -> Box<[u8]> {
    if stored.len() == length {
        return stored.into();
    }
    let mut out = vec![0; length];
    let mut at = 0;
    for &unit in stored.as_chunks::<2>().0 {
        if let Some(place) = out.get_mut(at..at + 2) {
            place.copy_from_slice(&unit);
        }
        at += 2 + caches(unit);
    }
    out.into()
}

/// How many bytes of inline caches an instruction has.
fn caches(unit: [u8; 2]) -> usize {
    Opcode::caches_of_number(unit[0]) * 2
}

/// A code object in a file that [`write()`] made, and that is trusted to be whole.
#[derive(Clone, Copy, Debug)]
pub struct Packed {
    file: &'static [u8],
    /// Where its record is.
    record: u32,
}

/// The parts of a packed code object that are read at once, and where the others are.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "named as the fields of a code object")]
pub struct Head {
    /// `argcount`, `posonlyargcount`, `kwonlyargcount`, `stacksize`, `flags`.
    pub counts: [u32; 5],
    pub firstlineno: i32,
    pub name: &'static [u8],
    pub qualname: &'static [u8],
    pub localspluskinds: &'static [u8],
    pub linetable: &'static [u8],
    pub exceptiontable: &'static [u8],
    stored_code: &'static [u8],
    /// How many bytes the instructions are.
    pub code_length: usize,
    consts: &'static [u8],
    rest: Rest,
}

impl Packed {
    /// The outermost code object of a file.
    pub fn new(file: &'static [u8]) -> Packed {
        let record = file.first_chunk().expect("the file is whole");
        Packed { file, record: u32::from_le_bytes(*record) }
    }

    /// What is read at once.
    pub fn head(&self) -> Head {
        let mut data = &self.file[self.record as usize..];
        let counts = std::array::from_fn(|_| number(&mut data) as u32);
        let line = number(&mut data) as u32;
        let name = number(&mut data);
        let [qualname, kinds, linetable, exceptiontable, code_length, stored, consts, names, nested] =
            std::array::from_fn(|_| number(&mut data));
        let own_name = take(&mut data, if name & 1 == 1 { name >> 1 } else { 0 });
        let qualname = take(&mut data, qualname);
        Head {
            counts,
            firstlineno: (line >> 1) as i32 ^ -((line & 1) as i32),
            name: if name & 1 == 1 { own_name } else { &qualname[qualname.len() - (name >> 1)..] },
            qualname,
            localspluskinds: take(&mut data, kinds),
            linetable: take(&mut data, linetable),
            exceptiontable: take(&mut data, exceptiontable),
            stored_code: take(&mut data, stored),
            code_length,
            consts: take(&mut data, consts),
            rest: Rest { file: self.file, data, names, all: names + kinds, nested },
        }
    }
}

impl Head {
    /// The instructions with units for their inline caches, all empty.
    pub fn code(&self) -> Box<[u8]> {
        with_caches(self.stored_code, self.code_length)
    }

    /// The instructions without units for inline caches, when they are stored so.
    pub fn code_without_caches(&self) -> Option<&'static [[u8; 2]]> {
        (self.stored_code.len() < self.code_length).then_some(self.stored_code.as_chunks().0)
    }

    /// The constants: a marshalled tuple, with `None` in place of code objects.
    pub fn consts(&self) -> &'static [u8] {
        self.consts
    }

    /// `names`, then `localsplusnames`, then the code objects among the constants.
    pub fn rest(&self) -> Rest {
        self.rest
    }
}

/// What is read in order behind the constants of a packed code object.
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    file: &'static [u8],
    data: &'static [u8],
    names: usize,
    all: usize,
    nested: usize,
}

impl Rest {
    /// The number of `names`, and of those with `localsplusnames`.
    pub fn counts(&self) -> (usize, usize) {
        (self.names, self.all)
    }

    /// The next of the names.
    pub fn name(&mut self) -> &'static [u8] {
        let mut text = &self.file[number(&mut self.data)..];
        let length = number(&mut text);
        take(&mut text, length)
    }

    /// Once all names are read: the code objects, each with the index of its constant.
    pub fn nested(mut self) -> impl Iterator<Item = (usize, Packed)> {
        let mut records = self.data;
        (0..self.nested * 2).for_each(|_| _ = number(&mut records));
        (0..self.nested).map(move |_| {
            let (index, length) = (number(&mut self.data), number(&mut self.data));
            let record = (self.file.len() - records.len()) as u32;
            take(&mut records, length);
            (index, Packed { file: self.file, record })
        })
    }
}

#[inline(always)]
fn number(data: &mut &'static [u8]) -> usize {
    match data.split_first() {
        // Nearly all.
        Some((&byte, rest)) if byte < 0x80 => {
            *data = rest;
            byte.into()
        }
        _ => long_number(data),
    }
}

#[inline(never)]
fn long_number(data: &mut &'static [u8]) -> usize {
    let (mut number, mut shift) = (0, 0);
    loop {
        let &byte = data.split_off_first().expect("the file is whole");
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return number;
        }
        shift += 7;
    }
}

#[inline]
fn take(data: &mut &'static [u8], length: usize) -> &'static [u8] {
    data.split_off(..length).expect("the file is whole")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

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
            names: ["print", &"x".repeat(300)].into_iter().collect(),
            localsplusnames: ["a", "b", "é"].into_iter().collect(),
            localspluskinds: [0x26, 0x26, 0x20].into(),
            filename: text("f.py"),
            name: text(name),
            qualname: text(if name == "inner" { "outer.<locals>.inner" } else { "another" }),
            firstlineno: -3,
            linetable: [1, 2, 3].into(),
            exceptiontable: [4].into(),
        }
    }

    fn check(packed: Packed, code: &CodeObject) {
        let head = packed.head();
        assert_eq!(head.counts, [1, 0, 2, 7, 3]);
        assert_eq!(head.firstlineno, code.firstlineno);
        assert_eq!((head.name, head.qualname), (&*code.name, &*code.qualname));
        assert_eq!((head.localspluskinds, head.code()), (&*code.localspluskinds, code.code.clone()));
        assert_eq!((head.linetable, head.exceptiontable), (&*code.linetable, &*code.exceptiontable));
        let mut rest = head.rest();
        assert_eq!(rest.counts(), (2, 5));
        for name in code.names.iter().chain(code.localsplusnames.iter()) {
            assert_eq!(rest.name(), name);
        }
        let Ok(Constant::Tuple(consts)) = marshal::read_constant(head.consts(), marshal::ReadOptions::default()) else {
            panic!("constants");
        };
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
        let long = "x".repeat(300);
        assert_eq!(file.windows(300).filter(|part| *part == long.as_bytes()).count(), 1, "names are there once");
    }

    #[test]
    fn caches_are_left_out_unless_they_hold_something() {
        let caches = Opcode::LoadAttr.caches();
        assert!(caches > 2);
        let load = [Opcode::LoadAttr as u8, 4];
        let empty: Vec<u8> = load.into_iter().chain(vec![0; caches * 2]).chain([35, 0]).collect();
        let mut filled = empty.clone();
        filled[5] = 1;
        for (instructions, is_smaller) in [(&empty[..], true), (&filled, false), (&empty[..6], true), (&[], false)] {
            let code = CodeObject { code: instructions.into(), ..code("f", Vec::new()) };
            let file = write(&code).expect("it can be packed");
            let lengths = (file.len(), write(&CodeObject { code: [].into(), ..code.clone() }).unwrap().len());
            assert_eq!(lengths.0 - lengths.1 == instructions.len(), !is_smaller);
            check(Packed::new(file.leak()), &code);
        }
    }
}
