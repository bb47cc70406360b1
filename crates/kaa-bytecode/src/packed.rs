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
//! argcount, posonlyargcount, kwonlyargcount, stacksize
//! flags, rotated to the left by so many bits that common ones are low
//! firstlineno: twice its amount, and one less when it is negative
//! lengths of localspluskinds, linetable, exceptiontable
//! localspluskinds, linetable, exceptiontable: one after the other
//! name: its place
//! length of what stands before the name in the qualname: twice; one more when the qualname does
//!     not end in the name: then it is all of it
//! that part of the qualname
//! length of localsplusnames as they stand here; the place of each
//! length of code; of what is stored of it: twice, one more when units of inline caches are stored
//! code: without the units of inline caches, which are zero, unless one is not
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
use std::collections::{HashMap, HashSet};

use crate::marshal::{self, MarshalError};
use crate::{CodeObject, Constant, Opcode};

/// What a constant's number says it is, by its lowest three bits.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    /// `None`, `False`, `True` or `...`, by the amount.
    Singleton,
    /// A code object: so many bytes of record follow.
    Code,
    /// A string that looks like a name: the amount is its place.
    Name,
    /// Another string, which is ASCII: so many bytes follow.
    Text,
    /// An integer: twice the amount, and one less when it is negative.
    Int,
    /// A tuple: its items follow, so many, which are no code objects and no tuples.
    Tuple,
    /// Something else: so many bytes follow, which are marshalled.
    Marshalled,
}

const SINGLETONS: [Constant; 4] = [Constant::None, Constant::Bool(false), Constant::Bool(true), Constant::Ellipsis];

/// Integers are not larger than half of what fits a number beside its kind.
const INT_LIMIT: u64 = 1 << 28;

/// Packs a code object and all nested ones.
pub fn write(code: &CodeObject) -> Result<Vec<u8>, MarshalError> {
    let mut uses = HashMap::new();
    count_names(code, &mut uses);
    let mut names: Vec<(&[u8], usize)> = uses.into_iter().collect();
    names.sort_unstable_by_key(|&(name, uses)| (Reverse(uses), name));
    let mut out = vec![0; 4];
    let mut places: Places<'_> = HashMap::with_capacity(names.len());
    for (name, _) in names {
        places.insert(name, length(&out)?);
        push(&mut out, length(name)?);
        out.extend_from_slice(name);
    }
    let record = length(&out)?;
    out[..4].copy_from_slice(&record.to_le_bytes());
    out.extend(write_record(code, &places)?);
    // Places of constants' names have a kind beside them.
    if length(&out)? >> 29 > 0 {
        return Err(MarshalError::SizeOutOfRange("code object"));
    }
    Ok(out)
}

/// Flags of functions with docstrings and of methods are 26 and 27 bits up.
const FLAGS_ROTATION: u32 = 6;

/// The place of each name.
type Places<'c> = HashMap<&'c [u8], u32>;

/// How often each name is used.
fn count_names<'c>(code: &'c CodeObject, uses: &mut HashMap<&'c [u8], usize>) {
    for name in code.names.iter().chain(code.localsplusnames.iter()).chain([&*code.name]) {
        *uses.entry(name).or_default() += 1;
    }
    for constant in &code.consts {
        match constant {
            Constant::Code(inner) => count_names(inner, uses),
            Constant::Tuple(items) => items.iter().for_each(|item| count_constant(item, uses)),
            constant => count_constant(constant, uses),
        }
    }
}

/// Whether a string constant looks like a name: these are interned.
fn is_name(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn count_constant<'c>(constant: &'c Constant, uses: &mut HashMap<&'c [u8], usize>) {
    if let Constant::Str(text) = constant
        && is_name(text)
    {
        *uses.entry(text).or_default() += 1;
    }
}

fn length(bytes: &[u8]) -> Result<u32, MarshalError> {
    u32::try_from(bytes.len()).map_err(|_| MarshalError::SizeOutOfRange("code object"))
}

/// The record of a code object, and those of all nested ones.
fn write_record(code: &CodeObject, places: &Places<'_>) -> Result<Vec<u8>, MarshalError> {
    let stored = without_caches(&code.code);
    let is_whole = with_caches(&stored, code.code.len()) != code.code;
    let stored = if is_whole { &*code.code } else { &stored };
    let prefix = code.qualname.strip_suffix(&*code.name);

    let mut out = Vec::new();
    let flags = code.flags.rotate_left(FLAGS_ROTATION);
    let counts = [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, flags];
    counts.iter().for_each(|&number| push(&mut out, number));
    push(&mut out, (code.firstlineno << 1 ^ code.firstlineno >> 31) as u32);
    let tables: [&[u8]; 3] = [&code.localspluskinds, &code.linetable, &code.exceptiontable];
    for table in tables {
        push(&mut out, length(table)?);
    }
    out.extend(tables.concat());
    push(&mut out, places[&*code.name]);
    let qualname = prefix.unwrap_or(&code.qualname);
    push(&mut out, length(qualname)? << 1 | u32::from(prefix.is_none()));
    out.extend_from_slice(qualname);
    let mut locals = Vec::new();
    code.localsplusnames.iter().for_each(|name| push(&mut locals, places[name]));
    push(&mut out, length(&locals)?);
    out.extend_from_slice(&locals);
    push(&mut out, length(&code.code)?);
    push(&mut out, length(stored)? << 1 | u32::from(is_whole));
    out.extend_from_slice(stored);
    push(&mut out, code.names.len() as u32);
    code.names.iter().for_each(|name| push(&mut out, places[name]));
    write_constants(&mut out, &code.consts, places)?;
    Ok(out)
}

fn write_constants(out: &mut Vec<u8>, constants: &[Constant], places: &Places<'_>) -> Result<(), MarshalError> {
    let count = constants.len() as u32;
    let is_marshalled = has_shared(constants)?;
    push(out, count << 1 | u32::from(is_marshalled));
    if is_marshalled {
        let plain =
            |constant: &Constant| if let Constant::Code(_) = constant { Constant::None } else { constant.clone() };
        let plain = Constant::Tuple(constants.iter().map(plain).collect());
        let bytes = marshal::write_constant(&plain, 5)?;
        push(out, length(&bytes)?);
        out.extend(bytes);
    }
    for constant in constants {
        match constant {
            Constant::Code(code) => {
                let record = write_record(code, places)?;
                push_kind(out, Kind::Code, length(&record)?)?;
                out.extend(record);
            }
            // What stands in its place is not looked at.
            _ if is_marshalled => push_kind(out, Kind::Singleton, 0)?,
            Constant::Tuple(items)
                if !items.iter().any(|item| matches!(item, Constant::Tuple(_) | Constant::Code(_))) =>
            {
                push_kind(out, Kind::Tuple, items.len() as u32)?;
                items.iter().try_for_each(|item| write_constant(out, item, places))?;
            }
            constant => write_constant(out, constant, places)?,
        }
    }
    Ok(())
}

fn write_constant(out: &mut Vec<u8>, constant: &Constant, places: &Places<'_>) -> Result<(), MarshalError> {
    if let Some(index) = SINGLETONS.iter().position(|singleton| singleton == constant) {
        return push_kind(out, Kind::Singleton, index as u32);
    }
    match constant {
        Constant::Str(text) if is_name(text) => push_kind(out, Kind::Name, places[&**text]),
        Constant::Str(text) if text.is_ascii() => {
            push_kind(out, Kind::Text, length(text)?)?;
            out.extend_from_slice(text);
            Ok(())
        }
        Constant::Int(value) if value.unsigned_abs() < INT_LIMIT => {
            push_kind(out, Kind::Int, (value << 1 ^ value >> 63) as u32)
        }
        constant => {
            let bytes = marshal::write_constant(constant, 5)?;
            push_kind(out, Kind::Marshalled, length(&bytes)?)?;
            out.extend(bytes);
            Ok(())
        }
    }
}

/// Whether what is one object in CPython stands more than once among constants and what they hold.
fn has_shared(constants: &[Constant]) -> Result<bool, MarshalError> {
    let mut seen = HashSet::new();
    let mut open: Vec<&Constant> = constants.iter().collect();
    while let Some(constant) = open.pop() {
        match constant {
            Constant::None | Constant::Bool(_) | Constant::Ellipsis | Constant::StopIteration | Constant::Code(_) => {
                continue;
            }
            Constant::Int(value) if value.unsigned_abs() < INT_LIMIT => continue,
            Constant::Str(text) if is_name(text) => continue,
            Constant::Tuple(items) | Constant::List(items) | Constant::Set(items) | Constant::FrozenSet(items) => {
                open.extend(items.iter());
            }
            Constant::Slice(parts) => open.extend(parts.iter()),
            Constant::Dict(pairs) => open.extend(pairs.iter().flat_map(|(key, value)| [key, value])),
            _ => {}
        }
        if !seen.insert(marshal::write_constant(constant, 5)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn push_kind(out: &mut Vec<u8>, kind: Kind, amount: u32) -> Result<(), MarshalError> {
    if amount >> 29 > 0 {
        return Err(MarshalError::SizeOutOfRange("code object"));
    }
    push(out, amount << 3 | kind as u32);
    Ok(())
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
    /// `localspluskinds`, `linetable` and `exceptiontable`, one after the other.
    pub tables: &'static [u8],
    /// How much of them is `localspluskinds`.
    pub kinds: usize,
    /// How much of them is `linetable`.
    pub lines: usize,
    rest: Reader,
}

impl Packed {
    /// The outermost code object of a file.
    pub fn new(file: &'static [u8]) -> Packed {
        let record = file.first_chunk().expect("the file is whole");
        Packed { file, record: u32::from_le_bytes(*record) }
    }

    /// What is read at once.
    #[inline(always)]
    pub fn head(&self) -> Head {
        let mut rest = Reader { file: self.file, data: &self.file[self.record as usize..] };
        // Written out: a closure would be called.
        let counts = [
            rest.number() as u32,
            rest.number() as u32,
            rest.number() as u32,
            rest.number() as u32,
            (rest.number() as u32).rotate_right(FLAGS_ROTATION),
        ];
        let line = rest.number() as u32;
        let [kinds, lines, exceptions] = [rest.number(), rest.number(), rest.number()];
        let tables = rest.take(kinds + lines + exceptions);
        Head { counts, firstlineno: (line >> 1) as i32 ^ -((line & 1) as i32), tables, kinds, lines, rest }
    }
}

impl Head {
    /// The others.
    pub fn body(&self) -> Body {
        let mut rest = self.rest;
        let name = rest.name();
        let qualname = rest.number();
        let (qualname, is_whole) = (rest.take(qualname >> 1), qualname & 1 == 1);
        let locals = rest.number();
        let locals = rest.take(locals);
        let (code_length, stored) = (rest.number(), rest.number());
        let stored_code = rest.take(stored >> 1);
        Body { name, qualname, is_whole, locals, code_length, stored_code, with_caches: stored & 1 == 1, rest }
    }
}

/// The parts of a packed code object that running it needs, and its names.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// The name.
    pub name: &'static [u8],
    qualname: &'static [u8],
    /// Whether `qualname` is all of it.
    is_whole: bool,
    locals: &'static [u8],
    /// How many bytes the instructions are.
    pub code_length: usize,
    /// Their instructions, as they are stored.
    pub stored_code: &'static [u8],
    /// Whether units for inline caches are among these.
    pub with_caches: bool,
    rest: Reader,
}

impl Body {
    /// The qualified name.
    pub fn qualname(&self) -> Vec<u8> {
        [self.qualname, if self.is_whole { &[] } else { self.name }].concat()
    }

    /// The instructions with units for their inline caches, all empty.
    pub fn code(&self) -> Box<[u8]> {
        match self.with_caches {
            true => self.stored_code.into(),
            false => with_caches(self.stored_code, self.code_length),
        }
    }

    /// The names of locals, cells and free variables.
    pub fn localsplusnames(&self) -> impl Iterator<Item = &'static [u8]> + use<> {
        let mut rest = Reader { data: self.locals, ..self.rest };
        std::iter::from_fn(move || (!rest.data.is_empty()).then(|| rest.name()))
    }

    /// The names.
    pub fn names(&self) -> Names {
        let mut rest = self.rest;
        Names { left: rest.number(), rest }
    }
}

/// The names of a packed code object, and where its constants are.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    left: usize,
    rest: Reader,
}

impl Iterator for Names {
    type Item = &'static [u8];

    #[inline]
    fn next(&mut self) -> Option<&'static [u8]> {
        self.left = self.left.checked_sub(1)?;
        Some(self.rest.name())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Names {}

impl Names {
    /// The constants, once all names are read.
    pub fn constants(self) -> Constants {
        debug_assert_eq!(self.left, 0);
        let mut rest = self.rest;
        let count = rest.number();
        let marshalled = (count & 1 == 1).then(|| {
            let length = rest.number();
            rest.take(length)
        });
        Constants { count: count >> 1, marshalled, rest }
    }
}

/// The constants of a packed code object.
#[derive(Clone, Copy, Debug)]
pub struct Constants {
    /// How many there are.
    pub count: usize,
    /// All of them in one tuple, with `None` in place of code objects; then only code objects are
    /// true among those read one by one.
    pub marshalled: Option<&'static [u8]>,
    rest: Reader,
}

/// A constant of a packed code object.
#[derive(Clone, Copy, Debug)]
pub enum PackedConstant {
    /// `None`.
    None,
    /// `False` or `True`.
    Bool(bool),
    /// `...`
    Ellipsis,
    /// A code object.
    Code(Packed),
    /// A string that looks like a name: ASCII letters, digits and underscores.
    Name(&'static [u8]),
    /// Another string of ASCII.
    Text(&'static [u8]),
    /// An integer.
    Int(i64),
    /// A tuple of the next so many, among which is neither a tuple nor a code object.
    Tuple(usize),
    /// Something else, marshalled.
    Marshalled(&'static [u8]),
}

impl Constants {
    /// Reads the next one, or the next of an open tuple's.
    #[inline]
    pub fn read(&mut self) -> PackedConstant {
        let rest = &mut self.rest;
        let number = rest.number();
        let amount = number >> 3;
        const KINDS: [Kind; 8] = [
            Kind::Singleton,
            Kind::Code,
            Kind::Name,
            Kind::Text,
            Kind::Int,
            Kind::Tuple,
            Kind::Marshalled,
            Kind::Marshalled,
        ];
        match KINDS[number & 7] {
            Kind::Singleton => match amount {
                0 => PackedConstant::None,
                1 => PackedConstant::Bool(false),
                2 => PackedConstant::Bool(true),
                _ => PackedConstant::Ellipsis,
            },
            Kind::Code => {
                let record = (rest.file.len() - rest.data.len()) as u32;
                rest.take(amount);
                PackedConstant::Code(Packed { file: rest.file, record })
            }
            Kind::Name => PackedConstant::Name(rest.name_at(amount)),
            Kind::Text => PackedConstant::Text(rest.take(amount)),
            Kind::Int => PackedConstant::Int((amount >> 1) as i64 ^ -((amount & 1) as i64)),
            Kind::Tuple => PackedConstant::Tuple(amount),
            Kind::Marshalled => PackedConstant::Marshalled(rest.take(amount)),
        }
    }
}

/// A place in a file up to whose end `data` reaches, unless it is only a part that is read alone.
#[derive(Clone, Copy, Debug)]
struct Reader {
    file: &'static [u8],
    data: &'static [u8],
}

impl Reader {
    #[inline(always)]
    fn number(&mut self) -> usize {
        match *self.data {
            // Nearly all.
            [a, ref rest @ ..] if a < 0x80 => {
                self.data = rest;
                a.into()
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.data = rest;
                usize::from(a & 0x7f) | usize::from(b) << 7
            }
            _ => self.long_number(),
        }
    }

    #[inline(never)]
    fn long_number(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        loop {
            let &byte = self.data.split_off_first().expect("the file is whole");
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    #[inline(always)]
    fn take(&mut self, length: usize) -> &'static [u8] {
        self.data.split_off(..length).expect("the file is whole")
    }

    #[inline(always)]
    fn name(&mut self) -> &'static [u8] {
        let place = self.number();
        self.name_at(place)
    }

    #[inline(always)]
    fn name_at(&self, place: usize) -> &'static [u8] {
        let mut text = Reader { file: self.file, data: &self.file[place..] };
        let length = text.number();
        text.take(length)
    }
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
            names: ["print", &"x".repeat(30_000)].into_iter().collect(),
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

    fn read(constants: &mut Constants) -> Constant {
        let text = |text: &[u8]| Constant::Str(text.into());
        match constants.read() {
            PackedConstant::None => Constant::None,
            PackedConstant::Bool(value) => Constant::Bool(value),
            PackedConstant::Ellipsis => Constant::Ellipsis,
            PackedConstant::Int(value) => Constant::Int(value),
            PackedConstant::Name(name) => text(name),
            PackedConstant::Text(other) => text(other),
            PackedConstant::Tuple(length) => Constant::Tuple((0..length).map(|_| read(constants)).collect()),
            PackedConstant::Marshalled(bytes) => {
                marshal::read_constant(bytes, marshal::ReadOptions::default()).expect("a constant")
            }
            PackedConstant::Code(_) => panic!("a code object"),
        }
    }

    fn check(packed: Packed, code: &CodeObject) {
        let head = packed.head();
        assert_eq!(head.counts, [1, 0, 2, 7, 3]);
        assert_eq!(head.firstlineno, code.firstlineno);
        let body = head.body();
        assert_eq!((body.name, &*body.qualname()), (&*code.name, &*code.qualname));
        assert_eq!(body.code(), code.code.clone());
        let (kinds, tables) = head.tables.split_at(head.kinds);
        let (lines, exceptions) = tables.split_at(head.lines);
        assert_eq!((kinds, lines, exceptions), (&*code.localspluskinds, &*code.linetable, &*code.exceptiontable));
        assert!(body.localsplusnames().eq(code.localsplusnames.iter()));
        let mut names = body.names();
        assert_eq!(names.len(), 2);
        assert!(names.by_ref().eq(code.names.iter()));
        let mut constants = names.constants();
        assert_eq!(constants.count, code.consts.len());
        let marshalled =
            constants.marshalled.map(|bytes| match marshal::read_constant(bytes, marshal::ReadOptions::default()) {
                Ok(Constant::Tuple(items)) => items,
                other => panic!("{other:?}"),
            });
        for (index, constant) in code.consts.iter().enumerate() {
            match (constant, &marshalled) {
                (Constant::Code(inner), _) => match constants.read() {
                    PackedConstant::Code(packed) => check(packed, inner),
                    other => panic!("{other:?}"),
                },
                (constant, Some(items)) => {
                    assert_eq!(items[index], *constant);
                    constants.read();
                }
                (constant, None) => assert_eq!(read(&mut constants), *constant),
            }
        }
    }

    #[test]
    fn what_was_packed_is_read() {
        let leaf = Constant::Code(Arc::new(code("leaf", vec![Constant::Int(5)])));
        let inner = Constant::Code(Arc::new(code("inner", vec![leaf.clone(), Constant::None, leaf])));
        let outer = code("outer", vec![Constant::Float(1.5), inner, Constant::Bool(true)]);
        let file = write(&outer).expect("it can be packed").leak();
        check(Packed::new(file), &outer);
        let long = "x".repeat(30_000);
        assert_eq!(file.windows(30_000).filter(|part| *part == long.as_bytes()).count(), 1, "names are there once");
    }

    #[test]
    fn constants_of_all_kinds_are_read() {
        let text = |text: &str| Constant::Str(text.as_bytes().into());
        let plain = vec![
            Constant::None,
            Constant::Bool(false),
            Constant::Bool(true),
            Constant::Ellipsis,
            Constant::Int(0),
            Constant::Int(-1),
            Constant::Int(INT_LIMIT as i64 - 1),
            Constant::Int(1 - INT_LIMIT as i64),
            Constant::Int(INT_LIMIT as i64),
            Constant::Int(i64::MIN),
            text(""),
            text("name_1"),
            text("no name"),
            text("é"),
            text(&"long ".repeat(4000)),
            Constant::Float(2.5),
            Constant::Bytes([1, 2].into()),
            Constant::Tuple([].into()),
            Constant::Tuple([text("print"), Constant::Int(3), text("two words"), Constant::Float(0.5)].into()),
            Constant::Tuple([Constant::Tuple([Constant::None].into())].into()),
            Constant::FrozenSet([Constant::Int(1)].into()),
        ];
        let shared = |item: Constant| vec![item.clone(), Constant::None, Constant::Tuple([item].into())];
        let is_marshalled = |consts: Vec<Constant>| {
            let code = code("f", consts);
            let packed = Packed::new(write(&code).expect("it can be packed").leak());
            check(packed, &code);
            let mut names = packed.head().body().names();
            names.by_ref().for_each(drop);
            names.constants().marshalled.is_some()
        };
        assert!(!is_marshalled(plain));
        // One object stays one.
        assert!(is_marshalled(shared(text("two words"))));
        assert!(is_marshalled(shared(Constant::Float(1e300))));
        assert!(!is_marshalled(shared(text("name"))));
        assert!(!is_marshalled(shared(Constant::Int(5))));
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
