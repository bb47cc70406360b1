//! Writes constants and code objects with CPython's sharing.
//!
//! CPython flags an object when something else holds it too, and writes a reference when it meets
//! it again. A tree of constants has no identities, but they can be told: the compiler merges equal
//! constants of a module into one object, interns names and strings that look like names, and small
//! integers, single characters and empty tuples exist once. So a first walk finds which parts of the
//! tree are one object ([`Objects`]) and how often each is held; a second walk writes.

use std::sync::Arc;

use super::objects::{Key, Objects};
use super::{CodeHeader, Encoder, MAX_DEPTH, MarshalError};
use crate::{CodeObject, Constant, TextBytes};

/// Writes a constant.
pub fn write_constant(value: &Constant, version: i32) -> Result<Vec<u8>, MarshalError> {
    write(Part::Constant(value), version)
}

/// Writes a code object.
pub fn write_code(code: &CodeObject, version: i32) -> Result<Vec<u8>, MarshalError> {
    write(Part::Code(code), version)
}

fn write(root: Part<'_>, version: i32) -> Result<Vec<u8>, MarshalError> {
    let mut objects = Objects::default();
    if version >= 3 {
        // The caller holds the outermost object too.
        let mut finder = Finder { objects: &mut objects, version, depth: 0 };
        finder.visit(root, true)?;
        objects.count();
    }
    let mut writer = Writer { encoder: Encoder::new(version), objects, cursor: 0, references: 0, depth: 0 };
    writer.visit(root)?;
    Ok(writer.encoder.finish())
}

/// A part of the tree: a constant, or a field of a code object.
#[derive(Clone, Copy)]
enum Part<'c> {
    Constant(&'c Constant),
    /// A constant of a class body that equals the class's qualified name: the same string.
    OwnName(&'c TextBytes),
    Code(&'c CodeObject),
    Consts(&'c CodeObject),
    Names(&'c [TextBytes]),
    /// Never one object with an equal tuple.
    LocalNames(&'c [TextBytes]),
    Name(&'c TextBytes),
    /// Made anew each time it is asked for.
    Instructions(&'c [u8]),
    Kinds(&'c [u8]),
    Table(&'c [u8]),
}

/// The fields of a code object that are objects, in the order of the file.
fn fields(code: &CodeObject) -> [Part<'_>; 10] {
    [
        Part::Instructions(&code.code),
        Part::Consts(code),
        Part::Names(&code.names),
        Part::LocalNames(&code.localsplusnames),
        Part::Kinds(&code.localspluskinds),
        Part::Name(&code.filename),
        Part::Name(&code.name),
        Part::Name(&code.qualname),
        Part::Table(&code.linetable),
        Part::Table(&code.exceptiontable),
    ]
}

fn constant_of<'c>(code: &'c CodeObject, constant: &'c Constant) -> Part<'c> {
    match constant {
        Constant::Str(text) if code.flags & crate::flags::OPTIMIZED == 0 && *text == code.qualname => {
            Part::OwnName(text)
        }
        other => Part::Constant(other),
    }
}

/// Whether the compiler interns a string constant, or the string exists once anyway.
fn is_interned(text: &[u8]) -> bool {
    match text {
        [] | [_] | [0xC2 | 0xC3, _] => true,
        _ => text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
    }
}

/// The items of a set in the order in which CPython writes them: that of their own bytes.
fn set_order(items: &[Constant], version: i32) -> Result<Box<[u32]>, MarshalError> {
    let mut keys = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        keys.push((write_constant(item, version)?, index as u32));
    }
    keys.sort();
    Ok(keys.into_iter().map(|(_, index)| index).collect())
}

fn deeper(depth: &mut usize) -> Result<(), MarshalError> {
    *depth += 1;
    if *depth > MAX_DEPTH { Err(MarshalError::TooDeeplyNested) } else { Ok(()) }
}

/// The first walk.
struct Finder<'o, 'c> {
    objects: &'o mut Objects<'c>,
    version: i32,
    depth: usize,
}

impl<'c> Finder<'_, 'c> {
    /// Finds the object of a part. `held`: something outside the tree holds it too.
    fn visit(&mut self, part: Part<'c>, held: bool) -> Result<u32, MarshalError> {
        deeper(&mut self.depth)?;
        let id = match part {
            Part::Constant(constant) => self.constant(constant, held)?,
            Part::OwnName(text) | Part::Name(text) => self.objects.leaf(Key::Str(text, true), true),
            Part::Code(code) => self.code(code, held)?,
            Part::Consts(code) => {
                let items = code.consts.iter().map(|constant| constant_of(code, constant));
                self.tuple(items, code.consts.is_empty())?
            }
            Part::Names(names) => self.tuple(names.iter().map(Part::Name), names.is_empty())?,
            Part::LocalNames([]) => self.tuple(std::iter::empty(), true)?,
            Part::LocalNames(names) => {
                let node = self.objects.open();
                for name in names {
                    self.visit(Part::Name(name), false)?;
                }
                self.objects.close_unique(node, false, None)
            }
            Part::Instructions(_) => {
                let node = self.objects.open();
                self.objects.close_unique(node, true, None)
            }
            Part::Kinds(bytes @ ([] | [_])) => self.objects.leaf(Key::Bytes(bytes), true),
            Part::Kinds(_) => {
                let node = self.objects.open();
                self.objects.close_unique(node, false, None)
            }
            Part::Table(bytes) => self.objects.leaf(Key::Bytes(bytes), bytes.len() <= 1),
        };
        self.depth -= 1;
        Ok(id)
    }

    fn constant(&mut self, constant: &'c Constant, held: bool) -> Result<u32, MarshalError> {
        if let Some(id) = address(constant).and_then(|address| self.objects.known(address)) {
            return Ok(id);
        }
        let id = match constant {
            Constant::None => self.objects.plain(0),
            Constant::Bool(value) => self.objects.plain(1 + u32::from(*value)),
            Constant::Ellipsis => self.objects.plain(3),
            Constant::StopIteration => self.objects.plain(4),
            Constant::Int(value) => self.objects.leaf(Key::Int(*value), held || (-5..=256).contains(value)),
            Constant::BigInt(value) => self.objects.leaf(Key::BigInt(value), held),
            Constant::Float(value) => self.objects.leaf(Key::Float(value.to_bits()), held),
            Constant::Complex { real, imag } => {
                self.objects.leaf(Key::Complex(real.to_bits(), imag.to_bits()), held)
            }
            Constant::Str(text) => {
                let interned = is_interned(text);
                self.objects.leaf(Key::Str(text, interned), held || interned)
            }
            Constant::Bytes(bytes) => self.objects.leaf(Key::Bytes(bytes), held || bytes.len() <= 1),
            Constant::Tuple(items) => self.tuple(items.iter().map(Part::Constant), held || items.is_empty())?,
            Constant::Slice(parts) => {
                let node = self.objects.open();
                for part in parts.iter() {
                    self.visit(Part::Constant(part), false)?;
                }
                self.objects.close(node, b':', held, None)
            }
            Constant::FrozenSet(items) => {
                let node = self.objects.open();
                let order = self.set(items)?;
                self.objects.close(node, b'>', held, Some(order))
            }
            Constant::Set(items) => {
                let node = self.objects.open();
                let order = self.set(items)?;
                self.objects.close_unique(node, held, Some(order))
            }
            Constant::List(items) => {
                let node = self.objects.open();
                for item in items.iter() {
                    self.visit(Part::Constant(item), false)?;
                }
                self.objects.close_unique(node, held, None)
            }
            Constant::Dict(pairs) => {
                let node = self.objects.open();
                for (key, value) in pairs.iter() {
                    self.visit(Part::Constant(key), false)?;
                    self.visit(Part::Constant(value), false)?;
                }
                self.objects.close_unique(node, held, None)
            }
            Constant::Code(code) => self.code(code, held)?,
        };
        if let Some(address) = address(constant) {
            self.objects.remember(address, id);
        }
        Ok(id)
    }

    fn tuple(&mut self, items: impl Iterator<Item = Part<'c>>, held: bool) -> Result<u32, MarshalError> {
        let node = self.objects.open();
        for item in items {
            self.visit(item, false)?;
        }
        Ok(self.objects.close(node, b'(', held, None))
    }

    /// While a set is written, its items are held by a sorted list too.
    fn set(&mut self, items: &'c [Constant]) -> Result<Box<[u32]>, MarshalError> {
        let order = set_order(items, self.version)?;
        for index in &order {
            self.visit(Part::Constant(&items[*index as usize]), true)?;
        }
        Ok(order)
    }

    fn code(&mut self, code: &'c CodeObject, held: bool) -> Result<u32, MarshalError> {
        let node = self.objects.open();
        for field in fields(code) {
            self.visit(field, false)?;
        }
        Ok(self.objects.close_code(node, code, held))
    }
}

/// Where a shared part of the tree lies: the same address is the same object without a look inside.
fn address(constant: &Constant) -> Option<usize> {
    fn shared<T: ?Sized>(arc: &Arc<T>) -> Option<usize> {
        (Arc::strong_count(arc) > 1).then(|| Arc::as_ptr(arc).cast::<()>() as usize)
    }
    match constant {
        Constant::Tuple(items) | Constant::List(items) | Constant::Set(items) | Constant::FrozenSet(items) => {
            // Empty ones may share an address with anything.
            shared(items).filter(|_| !items.is_empty())
        }
        Constant::Dict(pairs) => shared(pairs).filter(|_| !pairs.is_empty()),
        Constant::Slice(parts) => shared(parts),
        Constant::Code(code) => shared(code),
        _ => None,
    }
}

/// The second walk, which goes the same way.
struct Writer<'c> {
    encoder: Encoder,
    objects: Objects<'c>,
    /// The node that comes next.
    cursor: usize,
    references: u32,
    depth: usize,
}

impl<'c> Writer<'c> {
    fn visit(&mut self, part: Part<'c>) -> Result<(), MarshalError> {
        deeper(&mut self.depth)?;
        let mut flag = 0;
        let mut id = None;
        if self.encoder.has_references() {
            let node = self.objects.node(self.cursor);
            self.cursor += 1;
            if let Some(object) = node.object() {
                let state = self.objects.state(object);
                if let Some(reference) = state.reference {
                    self.cursor += node.descendants();
                    self.depth -= 1;
                    return self.encoder.reference(reference);
                }
                if state.flagged {
                    self.objects.set_reference(object, self.references);
                    self.references += 1;
                    flag = Encoder::FLAG_REF;
                }
                id = Some(object);
            }
        }
        self.part(part, id, flag)?;
        self.depth -= 1;
        Ok(())
    }

    fn part(&mut self, part: Part<'c>, id: Option<u32>, flag: u8) -> Result<(), MarshalError> {
        match part {
            Part::Constant(constant) => self.constant(constant, id, flag),
            Part::OwnName(text) | Part::Name(text) => self.encoder.str(text, true, flag),
            Part::Code(code) => self.code(code, flag),
            Part::Consts(code) => {
                self.encoder.tuple(code.consts.len(), flag)?;
                code.consts.iter().try_for_each(|constant| self.visit(constant_of(code, constant)))
            }
            Part::Names(names) | Part::LocalNames(names) => {
                self.encoder.tuple(names.len(), flag)?;
                names.iter().try_for_each(|name| self.visit(Part::Name(name)))
            }
            Part::Instructions(bytes) | Part::Kinds(bytes) | Part::Table(bytes) => self.encoder.bytes(bytes, flag),
        }
    }

    fn constant(&mut self, constant: &'c Constant, id: Option<u32>, flag: u8) -> Result<(), MarshalError> {
        match constant {
            Constant::None => self.encoder.none(),
            Constant::Bool(value) => self.encoder.bool(*value),
            Constant::Ellipsis => self.encoder.ellipsis(),
            Constant::StopIteration => self.encoder.stop_iteration(),
            Constant::Int(value) => self.encoder.int(*value, flag),
            Constant::BigInt(value) => return self.encoder.big_int(value.negative, &value.digits, flag),
            Constant::Float(value) => self.encoder.float(*value, flag),
            Constant::Complex { real, imag } => self.encoder.complex(*real, *imag, flag),
            Constant::Str(text) => return self.encoder.str(text, is_interned(text), flag),
            Constant::Bytes(bytes) => return self.encoder.bytes(bytes, flag),
            Constant::Tuple(items) => {
                self.encoder.tuple(items.len(), flag)?;
                return self.items(items);
            }
            Constant::List(items) => {
                self.encoder.list(items.len(), flag)?;
                return self.items(items);
            }
            Constant::Set(items) => {
                self.encoder.set(items.len(), flag)?;
                return self.set(items, id);
            }
            Constant::FrozenSet(items) => {
                self.encoder.frozenset(items.len(), flag)?;
                return self.set(items, id);
            }
            Constant::Dict(pairs) => {
                self.encoder.dict(flag);
                for (key, value) in pairs.iter() {
                    self.visit(Part::Constant(key))?;
                    self.visit(Part::Constant(value))?;
                }
                self.encoder.null();
            }
            Constant::Slice(parts) => {
                self.encoder.slice(flag)?;
                return self.items(&parts[..]);
            }
            Constant::Code(code) => return self.code(code, flag),
        }
        Ok(())
    }

    fn items(&mut self, items: &'c [Constant]) -> Result<(), MarshalError> {
        items.iter().try_for_each(|item| self.visit(Part::Constant(item)))
    }

    fn set(&mut self, items: &'c [Constant], id: Option<u32>) -> Result<(), MarshalError> {
        let order = match id.and_then(|id| self.objects.take_order(id)) {
            Some(order) => order,
            None => set_order(items, self.encoder.version())?,
        };
        order.iter().try_for_each(|index| self.visit(Part::Constant(&items[*index as usize])))
    }

    fn code(&mut self, code: &'c CodeObject, flag: u8) -> Result<(), MarshalError> {
        let header = CodeHeader {
            argcount: code.argcount as i32,
            posonlyargcount: code.posonlyargcount as i32,
            kwonlyargcount: code.kwonlyargcount as i32,
            stacksize: code.stacksize as i32,
            flags: code.flags as i32,
            firstlineno: code.firstlineno,
        };
        self.encoder.code(&header, flag);
        let fields = fields(code);
        fields[..8].iter().try_for_each(|field| self.visit(*field))?;
        self.encoder.first_line(code.firstlineno);
        fields[8..].iter().try_for_each(|field| self.visit(*field))
    }
}
