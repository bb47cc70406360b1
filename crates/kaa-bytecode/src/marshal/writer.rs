//! Writes constants and code objects with CPython's sharing.
//!
//! CPython flags an object when something else holds it too, and writes a reference when it meets
//! it again. A tree of constants has no identities, but they can be told: the compiler merges equal
//! constants of a module into one object, interns names and strings that look like names, and small
//! integers, single characters and empty tuples exist once. So a first walk finds which parts of the
//! tree are one object ([`Objects`]) and how often each is held; a second walk writes.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::objects::{Key, Leaf, Objects, OpenNode};
use super::{CodeHeader, Encoder, MAX_DEPTH, MarshalError};
use crate::{CodeObject, Constant, TextBytes};

/// Writes a constant.
pub fn write_constant(value: &Constant, version: i32) -> Result<Vec<u8>, MarshalError> {
    write(Part::Constant(value), version, &mut SetOrders::default())
}

/// Writes a code object.
pub fn write_code(code: &CodeObject, version: i32) -> Result<Vec<u8>, MarshalError> {
    write(Part::Code(code), version, &mut SetOrders::default())
}

fn write<'c>(root: Part<'c>, version: i32, orders: &mut SetOrders<'c>) -> Result<Vec<u8>, MarshalError> {
    let encoder = Encoder::new(version);
    let mut objects = Objects::default();
    if encoder.has_references() {
        let find = |orders: &mut SetOrders<'c>| {
            let mut objects = Objects::default();
            let own_names = HashSet::new();
            Finder { objects: &mut objects, orders, version, own_names, frames: Vec::new() }.walk(root)?;
            objects.count();
            Ok(objects)
        };
        objects = find(orders)?;
        if orders.depth > 0 {
            // A part of a larger tree, where leaves may be held too.
            objects.flag_leaves(&orders.shared);
        } else if orders.has_tuples {
            // What sharing changes in the bytes of items changes their order.
            orders.shared = objects.flagged_leaves();
            orders.known.clear();
            objects = find(orders)?;
        }
    }
    let mut writer = Writer { encoder, objects, orders, cursor: 0, references: 0, frames: Vec::new() };
    writer.walk(root)?;
    Ok(writer.encoder.finish())
}

/// A part of the tree: a constant, or a field of a code object.
#[derive(Clone, Copy)]
enum Part<'c> {
    Constant(&'c Constant),
    /// A constant in a slice: the compiler merges slices, but not what is in them.
    SliceItem(&'c Constant),
    /// A constant of a class body that equals the class's qualified name: the same string.
    OwnName(&'c TextBytes),
    Code(&'c CodeObject),
    Consts(&'c CodeObject),
    Names(&'c [TextBytes]),
    /// Never one object with an equal tuple.
    OwnNames(&'c [TextBytes]),
    Name(&'c TextBytes),
    /// Made anew each time it is asked for.
    Instructions(&'c [u8]),
    /// Never one object with equal bytes, but when empty.
    Kinds(&'c [u8]),
    Table(&'c [u8]),
}

impl<'c> Part<'c> {
    /// How many parts it holds; none for what can hold none.
    fn length(self) -> Option<usize> {
        match self {
            Part::Constant(constant) | Part::SliceItem(constant) => match constant {
                Constant::Tuple(items) | Constant::List(items) => Some(items.len()),
                Constant::Set(items) | Constant::FrozenSet(items) => Some(items.len()),
                Constant::Dict(pairs) => Some(pairs.len() * 2),
                Constant::Slice(_) => Some(3),
                Constant::Code(_) => Some(CODE_FIELDS),
                _ => None,
            },
            Part::Code(_) => Some(CODE_FIELDS),
            Part::Consts(code) => Some(code.consts.len()),
            Part::Names(names) | Part::OwnNames(names) => Some(names.len()),
            _ => None,
        }
    }

    /// A part that it holds. `order` is that of a set.
    fn child(self, index: usize, order: Option<&[u32]>) -> Part<'c> {
        match self {
            Part::Constant(constant) | Part::SliceItem(constant) => match constant {
                Constant::Tuple(items) | Constant::List(items) => Part::Constant(&items[index]),
                Constant::Set(items) | Constant::FrozenSet(items) => {
                    Part::Constant(&items[order.map_or(index, |order| order[index] as usize)])
                }
                Constant::Dict(pairs) => {
                    let (key, value) = &pairs[index / 2];
                    Part::Constant(if index.is_multiple_of(2) { key } else { value })
                }
                Constant::Slice(parts) => Part::SliceItem(&parts[index]),
                Constant::Code(code) => code_field(code, index),
                _ => unreachable!("holds nothing"),
            },
            Part::Code(code) => code_field(code, index),
            Part::Consts(code) => match &code.consts[index] {
                Constant::Str(text) if code.flags & crate::flags::OPTIMIZED == 0 && *text == code.qualname => {
                    Part::OwnName(text)
                }
                other => Part::Constant(other),
            },
            Part::Names(names) | Part::OwnNames(names) => Part::Name(&names[index]),
            _ => unreachable!("holds nothing"),
        }
    }

    /// The items of a set.
    fn set_items(self) -> Option<&'c Arc<[Constant]>> {
        match self {
            Part::Constant(Constant::Set(items) | Constant::FrozenSet(items)) => Some(items),
            Part::SliceItem(Constant::Set(items) | Constant::FrozenSet(items)) => Some(items),
            _ => None,
        }
    }
}

/// How many fields of a code object are objects.
const CODE_FIELDS: usize = 10;
/// The field that `co_firstlineno` stands before.
const FIELD_AFTER_LINE: usize = 8;

/// The fields of a code object that are objects, in the order of the file.
fn code_field(code: &CodeObject, index: usize) -> Part<'_> {
    match index {
        0 => Part::Instructions(&code.code),
        1 => Part::Consts(code),
        2 => Part::Names(&code.names),
        // The compiler renames the parameter of `__annotate__` last, in a tuple made for that.
        3 if *code.name == *b"__annotate__"
            && code.posonlyargcount == 1
            && code.localsplusnames.first().is_some_and(|name| **name == *b"format") =>
        {
            Part::OwnNames(&code.localsplusnames)
        }
        3 => Part::Names(&code.localsplusnames),
        4 => Part::Kinds(&code.localspluskinds),
        5 => Part::Name(&code.filename),
        6 => Part::Name(&code.name),
        7 => Part::Name(&code.qualname),
        8 => Part::Table(&code.linetable),
        _ => Part::Table(&code.exceptiontable),
    }
}

/// Whether an integer exists once.
fn is_small(value: i64) -> bool {
    (-5..=256).contains(&value)
}

/// Whether the compiler interns a string constant, or the string exists once anyway.
fn is_interned(text: &[u8]) -> bool {
    match text {
        [] | [_] | [0xC2 | 0xC3, _] => true,
        _ => text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
    }
}

/// Whether a constant is a string that is interned only with the code object it is in. Another
/// string then takes its place, as a rule, and a frozenset around it is made anew; but hardly one
/// that begins with a digit, as no name does.
fn is_replaced_when_interned(constant: &Constant) -> bool {
    match constant {
        Constant::Str(text) => text.len() > 1 && text.is_ascii() && is_interned(text) && !text[0].is_ascii_digit(),
        _ => false,
    }
}

/// In which order the items of sets are written: that of the bytes that each gives alone.
#[derive(Default)]
struct SetOrders<'c> {
    /// By the address of the items.
    known: HashMap<usize, Rc<[u32]>>,
    /// Whether items of sets are tuples, so that the bytes of items depend on what else holds theirs.
    has_tuples: bool,
    /// Leaves that the whole tree holds more than once, when known.
    shared: HashSet<Leaf<'c>>,
    /// How many sets in sets are being put in order.
    depth: usize,
}

/// Sets in sets beyond this are refused: their order is found by recursion.
const MAX_SET_DEPTH: usize = 100;

impl<'c> SetOrders<'c> {
    fn of(&mut self, part: Part<'c>, version: i32) -> Result<Option<Rc<[u32]>>, MarshalError> {
        let items = match part.set_items() {
            Some(items) if !items.is_empty() => items,
            _ => return Ok(None),
        };
        let address = items.as_ptr() as usize;
        if let Some(order) = self.known.get(&address) {
            return Ok(Some(order.clone()));
        }
        if self.depth == MAX_SET_DEPTH {
            return Err(MarshalError::TooDeeplyNested);
        }
        self.depth += 1;
        let mut keys = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.has_tuples |= matches!(item, Constant::Tuple(_));
            keys.push((write(Part::Constant(item), version, self)?, index as u32));
        }
        self.depth -= 1;
        keys.sort();
        let order: Rc<[u32]> = keys.into_iter().map(|(_, index)| index).collect();
        self.known.insert(address, order.clone());
        Ok(Some(order))
    }
}

/// The first walk.
struct Finder<'o, 'c> {
    objects: &'o mut Objects<'c>,
    orders: &'o mut SetOrders<'c>,
    version: i32,
    /// Qualified names that class bodies hold as constants. The compiler merges later constants
    /// with them; the walk meets constants in the compiler's order.
    own_names: HashSet<&'c [u8]>,
    frames: Vec<OpenPart<'c>>,
}

/// A part whose own parts are being found.
struct OpenPart<'c> {
    part: Part<'c>,
    node: OpenNode,
    /// Something outside the tree holds it too.
    held: bool,
    next: usize,
    length: usize,
    order: Option<Rc<[u32]>>,
}

impl<'c> Finder<'_, 'c> {
    fn walk(&mut self, root: Part<'c>) -> Result<(), MarshalError> {
        // The caller holds the outermost object too.
        self.enter(root, true)?;
        while let Some(top) = self.frames.last_mut() {
            if top.next == top.length {
                if let Some(done) = self.frames.pop() {
                    self.close(done);
                }
                continue;
            }
            let child = top.part.child(top.next, top.order.as_deref());
            top.next += 1;
            // While a set is written, its items are held by a sorted list too.
            let held = top.part.set_items().is_some();
            self.enter(child, held)?;
        }
        Ok(())
    }

    fn enter(&mut self, part: Part<'c>, held: bool) -> Result<(), MarshalError> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(MarshalError::TooDeeplyNested);
        }
        let Some(length) = part.length() else {
            self.leaf(part, held);
            return Ok(());
        };
        if let Some(address) = address(part)
            && self.objects.known(address)
        {
            return Ok(());
        }
        let order = self.orders.of(part, self.version)?;
        let node = self.objects.open();
        self.frames.push(OpenPart { part, node, held, next: 0, length, order });
        Ok(())
    }

    fn leaf(&mut self, part: Part<'c>, held: bool) {
        let (key, held) = match part {
            // Another string: one that the compiler merged it with, or, where other code has the same
            // qualified name already, the one whose place that name's string takes in the code object.
            Part::OwnName(text)
                if !is_interned(text)
                    && (self.objects.has(&Key::Str(text, false))
                        || !self.own_names.contains(&**text) && self.objects.has(&Key::Str(text, true))) =>
            {
                (Key::Str(text, false), false)
            }
            Part::OwnName(text) => {
                self.own_names.insert(text);
                (Key::Str(text, true), true)
            }
            Part::Name(text) => (Key::Str(text, true), true),
            Part::Instructions(_) => (Key::Unique, true),
            Part::Table(bytes) | Part::Kinds(bytes @ []) => (Key::Bytes(bytes), bytes.is_empty()),
            Part::SliceItem(Constant::Int(value)) if !is_small(*value) => (Key::Unique, false),
            Part::SliceItem(Constant::Float(_) | Constant::Complex { .. } | Constant::BigInt(_)) => {
                (Key::Unique, false)
            }
            Part::Constant(constant) | Part::SliceItem(constant) => match constant {
                Constant::None => return self.objects.plain(0),
                Constant::Bool(value) => return self.objects.plain(1 + u32::from(*value)),
                Constant::Ellipsis => return self.objects.plain(3),
                Constant::StopIteration => return self.objects.plain(4),
                Constant::Int(value) => (Key::Int(*value), held || is_small(*value)),
                Constant::BigInt(value) => (Key::BigInt(value), held),
                // Not a number is equal to no other.
                Constant::Float(value) if value.is_nan() => (Key::Unique, held),
                Constant::Float(value) => (Key::Float(value.to_bits()), held),
                Constant::Complex { real, imag } => (Key::Complex(real.to_bits(), imag.to_bits()), held),
                Constant::Str(text) => {
                    let interned = is_interned(text) || self.own_names.contains(&**text);
                    (Key::Str(text, interned), held || interned)
                }
                Constant::Bytes(bytes) => (Key::Bytes(bytes), held || bytes.len() <= 1),
                _ => (Key::Unique, held),
            },
            _ => (Key::Unique, false),
        };
        self.objects.leaf(key, held);
    }

    fn close(&mut self, done: OpenPart<'c>) {
        let OpenPart { part, node, held, .. } = done;
        let empty = done.length == 0;
        let id = match part {
            Part::Code(code) => self.objects.close_keyed(node, Key::Code(code), held),
            Part::Consts(_) | Part::Names(_) => self.objects.close_items(node, b'(', held || empty),
            Part::Constant(constant) | Part::SliceItem(constant) => match constant {
                Constant::Code(code) => self.objects.close_keyed(node, Key::Code(code), held),
                Constant::Slice(parts) => self.objects.close_keyed(node, Key::Slice(parts), held),
                Constant::Tuple(_) => self.objects.close_items(node, b'(', held || empty),
                Constant::FrozenSet(items) if !items.iter().any(is_replaced_when_interned) => {
                    self.objects.close_items(node, b'>', held)
                }
                _ => self.objects.close_keyed(node, Key::Unique, held),
            },
            _ => self.objects.close_keyed(node, Key::Unique, held),
        };
        if let Some(address) = address(part) {
            self.objects.remember(address, id);
        }
    }
}

/// Where a shared part of the tree lies: the same address is the same object without a look inside.
fn address(part: Part<'_>) -> Option<usize> {
    fn shared<T: ?Sized>(arc: &Arc<T>) -> Option<usize> {
        (Arc::strong_count(arc) > 1).then(|| Arc::as_ptr(arc).cast::<()>() as usize)
    }
    let (Part::Constant(constant) | Part::SliceItem(constant)) = part else { return None };
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
struct Writer<'o, 'c> {
    encoder: Encoder,
    objects: Objects<'c>,
    orders: &'o mut SetOrders<'c>,
    /// The node that comes next.
    cursor: usize,
    references: u32,
    frames: Vec<WrittenPart<'c>>,
}

/// A part whose own parts are being written.
struct WrittenPart<'c> {
    part: Part<'c>,
    next: usize,
    length: usize,
    order: Option<Rc<[u32]>>,
}

impl<'c> Writer<'_, 'c> {
    fn walk(&mut self, root: Part<'c>) -> Result<(), MarshalError> {
        self.enter(root)?;
        while let Some(top) = self.frames.last_mut() {
            if top.next == top.length {
                if matches!(top.part, Part::Constant(Constant::Dict(_)) | Part::SliceItem(Constant::Dict(_))) {
                    self.encoder.null();
                }
                self.frames.pop();
                continue;
            }
            if top.next == FIELD_AFTER_LINE
                && let Part::Code(code) = top.part
            {
                self.encoder.first_line(code.firstlineno);
            }
            let child = top.part.child(top.next, top.order.as_deref());
            top.next += 1;
            self.enter(child)?;
        }
        Ok(())
    }

    fn enter(&mut self, part: Part<'c>) -> Result<(), MarshalError> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(MarshalError::TooDeeplyNested);
        }
        let mut flag = 0;
        if self.encoder.has_references() {
            let node = self.objects.node(self.cursor);
            self.cursor += 1;
            if let Some(object) = node.object() {
                let state = self.objects.state(object);
                if let Some(reference) = state.reference {
                    self.cursor += node.descendants();
                    return self.encoder.reference(reference);
                }
                if state.flagged {
                    self.objects.set_reference(object, self.references);
                    self.references += 1;
                    flag = Encoder::FLAG_REF;
                }
            }
        }
        self.head(part, flag)?;
        if let Some(length) = part.length() {
            let part = match part {
                Part::Constant(Constant::Code(code)) | Part::SliceItem(Constant::Code(code)) => Part::Code(code),
                other => other,
            };
            let order = self.orders.of(part, self.encoder.version())?;
            self.frames.push(WrittenPart { part, next: 0, length, order });
        }
        Ok(())
    }

    /// Writes a part, or what comes before its own parts.
    fn head(&mut self, part: Part<'c>, flag: u8) -> Result<(), MarshalError> {
        match part {
            Part::Constant(constant) | Part::SliceItem(constant) => self.constant(constant, flag),
            Part::OwnName(text) | Part::Name(text) => self.encoder.str(text, true, flag),
            Part::Code(code) => {
                self.code(code, flag);
                Ok(())
            }
            Part::Consts(code) => self.encoder.tuple(code.consts.len(), flag),
            Part::Names(names) | Part::OwnNames(names) => self.encoder.tuple(names.len(), flag),
            Part::Instructions(bytes) | Part::Kinds(bytes) | Part::Table(bytes) => self.encoder.bytes(bytes, flag),
        }
    }

    fn constant(&mut self, constant: &Constant, flag: u8) -> Result<(), MarshalError> {
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
            Constant::Tuple(items) => return self.encoder.tuple(items.len(), flag),
            Constant::List(items) => return self.encoder.list(items.len(), flag),
            Constant::Set(items) => return self.encoder.set(items.len(), flag),
            Constant::FrozenSet(items) => return self.encoder.frozenset(items.len(), flag),
            Constant::Dict(_) => self.encoder.dict(flag),
            Constant::Slice(_) => return self.encoder.slice(flag),
            Constant::Code(code) => self.code(code, flag),
        }
        Ok(())
    }

    fn code(&mut self, code: &CodeObject, flag: u8) {
        let header = CodeHeader {
            argcount: code.argcount as i32,
            posonlyargcount: code.posonlyargcount as i32,
            kwonlyargcount: code.kwonlyargcount as i32,
            stacksize: code.stacksize as i32,
            flags: code.flags as i32,
            firstlineno: code.firstlineno,
        };
        self.encoder.code(&header, flag);
    }
}
