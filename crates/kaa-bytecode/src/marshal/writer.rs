//! Writes constants and code objects with CPython's sharing.
//!
//! CPython flags an object when something else holds it too, and writes a reference when it meets
//! it again. A tree of constants has no identities, but they can be told: the compiler merges equal
//! constants of a module into one object, interns names and strings that look like names, and small
//! integers, single characters and empty tuples exist once. So a walk over the tree lists its parts
//! in the order of the file, and finds which of them are one object ([`Objects`]) and how often each
//! is held; then the list is written.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::rc::Rc;
use std::sync::Arc;

use super::objects::{Fold, Key, Leaf, Memory, Objects, OpenNode, Part};
use super::{CodeHeader, Encoder, MAX_DEPTH, MarshalError};
use crate::{CodeObject, Constant, NameList, NamePool, TextBytes};

/// Writes a constant.
pub fn write_constant(value: &Constant, version: i32) -> Result<Vec<u8>, MarshalError> {
    write_alone(Root::Constant(value), version, &mut SetOrders::default())
}

/// Writes a code object.
pub fn write_code(code: &CodeObject, version: i32) -> Result<Vec<u8>, MarshalError> {
    write_alone(Root::Code(code), version, &mut SetOrders::default())
}

/// Writes code objects one after the other, in the same memory.
#[derive(Default)]
pub struct Writer(Memory);

impl Writer {
    /// Appends a code object to what is written.
    pub fn code(&mut self, code: &CodeObject, version: i32, out: &mut Vec<u8>) -> Result<(), MarshalError> {
        write(Root::Code(code), version, &mut SetOrders::default(), &mut self.0, out)
    }
}

/// What is to be written.
#[derive(Clone, Copy)]
enum Root<'c> {
    Constant(&'c Constant),
    Code(&'c CodeObject),
}

fn write_alone<'c>(root: Root<'c>, version: i32, orders: &mut SetOrders<'c>) -> Result<Vec<u8>, MarshalError> {
    let mut out = Vec::new();
    write(root, version, orders, &mut Memory::default(), &mut out)?;
    Ok(out)
}

fn write<'c>(
    root: Root<'c>,
    version: i32,
    orders: &mut SetOrders<'c>,
    memory: &mut Memory,
    out: &mut Vec<u8>,
) -> Result<(), MarshalError> {
    let mut objects = list(root, version, orders, memory)?;
    if orders.depth > 0 {
        // A part of a larger tree, where leaves may be held too.
        objects.flag_leaves(&orders.shared);
    } else if orders.has_tuples && version >= Encoder::FIRST_WITH_REFERENCES {
        // What sharing changes in the bytes of items changes their order.
        orders.shared = objects.flagged_leaves();
        orders.known.clear();
        objects.leave(memory);
        objects = list(root, version, orders, memory)?;
    }
    let written = write_parts(&mut objects, version, out);
    objects.leave(memory);
    written
}

/// Lists the parts of a tree.
fn list<'c>(
    root: Root<'c>,
    version: i32,
    orders: &mut SetOrders<'c>,
    memory: &mut Memory,
) -> Result<Objects<'c>, MarshalError> {
    let mut lister = Lister::new(orders, version, root, memory);
    // The caller holds the outermost object too.
    match root {
        Root::Constant(value) => lister.constant(value, true)?,
        Root::Code(code) => lister.open_code(code, true)?,
    };
    lister.finish()?;
    memory.ids = lister.ids;
    Ok(lister.objects)
}

/// About how many parts a code object has, those of nested ones included.
fn count_parts(code: &CodeObject) -> usize {
    const FIXED_FIELDS: usize = 12;
    let mut count = 0;
    let mut pending = vec![code];
    while let Some(code) = pending.pop() {
        count += FIXED_FIELDS + code.consts.len() + code.names.len() + code.localsplusnames.len();
        pending.extend(code.consts.iter().filter_map(|constant| match constant {
            Constant::Code(code) => Some(&**code),
            _ => None,
        }));
    }
    count
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
    fn of(&mut self, items: &'c Arc<[Constant]>, version: i32) -> Result<Option<Rc<[u32]>>, MarshalError> {
        if items.is_empty() {
            return Ok(None);
        }
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
            keys.push((write_alone(Root::Constant(item), version, self)?, index as u32));
        }
        self.depth -= 1;
        keys.sort();
        let order: Rc<[u32]> = keys.into_iter().map(|(_, index)| index).collect();
        self.known.insert(address, order.clone());
        Ok(Some(order))
    }
}

/// The walk that lists the parts.
struct Lister<'o, 'c> {
    objects: Objects<'c>,
    orders: &'o mut SetOrders<'c>,
    version: i32,
    /// Qualified names that class bodies hold as constants, and that are not interned by their
    /// looks. The compiler merges later constants with them; the walk meets constants in the
    /// compiler's order.
    own_names: HashSet<&'c [u8], BuildHasherDefault<Fold>>,
    containers: Vec<Container<'c>>,
    /// The names of the outermost code object, and most likely of those in it.
    pool: Option<&'c Arc<NamePool>>,
    /// By number of a name in the pool, its object, or `NO_OBJECT`.
    ids: Vec<u32>,
}

const NO_OBJECT: u32 = u32::MAX;

/// A part whose own parts are being listed.
struct Container<'c> {
    node: OpenNode,
    /// Something outside the tree holds it too.
    held: bool,
    items: Items<'c>,
    next: usize,
    /// In which order a set's items are written.
    order: Option<Rc<[u32]>>,
    /// What is remembered of it: see [`address`].
    address: Option<usize>,
}

/// What a container holds.
#[derive(Clone, Copy)]
enum Items<'c> {
    Tuple(&'c [Constant]),
    List(&'c [Constant]),
    Set(&'c [Constant]),
    FrozenSet(&'c [Constant]),
    Dict(&'c [(Constant, Constant)]),
    Slice(&'c [Constant; 3]),
    /// The constants of a code object.
    Consts(&'c CodeObject),
    /// A code object: its constants, and what comes behind them.
    Code(&'c CodeObject),
}

impl<'o, 'c> Lister<'o, 'c> {
    fn new(orders: &'o mut SetOrders<'c>, version: i32, root: Root<'c>, memory: &mut Memory) -> Self {
        let (expected, pool) = match root {
            Root::Constant(_) => (16, None),
            Root::Code(code) => (count_parts(code), Some(code.names.pool())),
        };
        let objects = Objects::new(version >= Encoder::FIRST_WITH_REFERENCES, expected, memory);
        let mut ids = std::mem::take(&mut memory.ids);
        ids.clear();
        ids.resize(pool.map_or(0, |pool| pool.len()), NO_OBJECT);
        Lister { objects, orders, version, own_names: HashSet::default(), containers: Vec::new(), pool, ids }
    }

    /// Lists what is in the containers.
    fn finish(&mut self) -> Result<(), MarshalError> {
        while let Some(top) = self.containers.last() {
            match top.items {
                Items::Code(code) if top.next == 0 => self.code_until_constants(code)?,
                Items::Code(code) => self.code_after_constants(code)?,
                Items::Consts(code) => self.code_constants(code)?,
                Items::Tuple(items) | Items::List(items) => self.items(items, false)?,
                // While a set is written, its items are held by a sorted list too.
                Items::Set(items) | Items::FrozenSet(items) => self.items(items, true)?,
                Items::Dict(pairs) => self.dict_items(pairs)?,
                Items::Slice(parts) => self.slice_items(parts)?,
            }
        }
        self.objects.count();
        Ok(())
    }

    /// Whether what comes next, so much deeper than the containers, is too deep.
    fn check_depth(&self, deeper: usize) -> Result<(), MarshalError> {
        if self.containers.len() + deeper >= MAX_DEPTH { Err(MarshalError::TooDeeplyNested) } else { Ok(()) }
    }

    /// The next item of the top container; none when that is complete.
    fn next_index(&mut self, length: usize) -> Option<usize> {
        let top = self.containers.last_mut()?;
        if top.next == length {
            return None;
        }
        top.next += 1;
        Some(match &top.order {
            Some(order) => order[top.next - 1] as usize,
            None => top.next - 1,
        })
    }

    /// Lists items until there is a container among them, or none is left.
    fn items(&mut self, items: &'c [Constant], held: bool) -> Result<(), MarshalError> {
        while let Some(index) = self.next_index(items.len()) {
            if self.constant(&items[index], held)? {
                return Ok(());
            }
        }
        self.close();
        Ok(())
    }

    fn dict_items(&mut self, pairs: &'c [(Constant, Constant)]) -> Result<(), MarshalError> {
        while let Some(index) = self.next_index(pairs.len() * 2) {
            let (key, value) = &pairs[index / 2];
            if self.constant(if index.is_multiple_of(2) { key } else { value }, false)? {
                return Ok(());
            }
        }
        self.objects.plain(Part::Null);
        self.close();
        Ok(())
    }

    /// The compiler merges slices, but not what is in them.
    fn slice_items(&mut self, parts: &'c [Constant; 3]) -> Result<(), MarshalError> {
        while let Some(index) = self.next_index(parts.len()) {
            let part = &parts[index];
            let is_unique = match part {
                Constant::Int(value) => !is_small(*value),
                Constant::Float(_) | Constant::Complex { .. } | Constant::BigInt(_) => true,
                _ => false,
            };
            if is_unique {
                self.check_depth(0)?;
                self.objects.leaf(Part::Constant(part), Key::Unique, false);
            } else if self.constant(part, false)? {
                return Ok(());
            }
        }
        self.close();
        Ok(())
    }

    fn code_constants(&mut self, code: &'c CodeObject) -> Result<(), MarshalError> {
        let has_own_name = code.flags & crate::flags::OPTIMIZED == 0;
        while let Some(index) = self.next_index(code.consts.len()) {
            match &code.consts[index] {
                // A constant of a class body that equals the class's qualified name is that string.
                Constant::Str(text) if has_own_name && *text == code.qualname => {
                    self.check_depth(0)?;
                    self.own_name(text);
                }
                constant => {
                    if self.constant(constant, false)? {
                        return Ok(());
                    }
                }
            }
        }
        self.close();
        Ok(())
    }

    fn own_name(&mut self, text: &'c TextBytes) {
        if !is_interned(text) {
            // Another string: one that the compiler merged it with, or, where other code has the same
            // qualified name already, the one whose place that name's string takes in the code object.
            if self.objects.has_str(text, false)
                || !self.own_names.contains(&**text) && self.objects.has_str(text, true)
            {
                self.objects.str(Part::Str(text, false), text, false, false);
                return;
            }
            self.own_names.insert(text);
        }
        self.objects.str(Part::Str(text, true), text, true, true);
    }

    /// Lists a constant, or opens it if it is a container, and says whether it is.
    fn constant(&mut self, constant: &'c Constant, held: bool) -> Result<bool, MarshalError> {
        self.check_depth(0)?;
        let part = Part::Constant(constant);
        let (key, held) = match constant {
            Constant::None | Constant::Bool(_) | Constant::Ellipsis | Constant::StopIteration => {
                self.objects.plain(part);
                return Ok(false);
            }
            Constant::Int(value) => (Key::Int(*value), held || is_small(*value)),
            Constant::BigInt(value) => (Key::BigInt(value), held),
            // Not a number is equal to no other.
            Constant::Float(value) if value.is_nan() => (Key::Unique, held),
            Constant::Float(value) => (Key::Float(value.to_bits()), held),
            Constant::Complex { real, imag } => (Key::Complex(real.to_bits(), imag.to_bits()), held),
            Constant::Str(text) => {
                let is_interned = is_interned(text);
                let is_shared = is_interned || !self.own_names.is_empty() && self.own_names.contains(&**text);
                self.objects.str(Part::Str(text, is_interned), text, is_shared, held || is_shared);
                return Ok(false);
            }
            Constant::Bytes(bytes) => (Key::Bytes(bytes), held || bytes.len() <= 1),
            Constant::Tuple(items) => return self.open(part, Items::Tuple(items), address(items), held),
            Constant::List(items) => return self.open(part, Items::List(items), address(items), held),
            Constant::Set(items) => return self.open_set(part, items, Items::Set(items), held),
            Constant::FrozenSet(items) => return self.open_set(part, items, Items::FrozenSet(items), held),
            Constant::Dict(pairs) => return self.open(part, Items::Dict(pairs), address(pairs), held),
            Constant::Slice(parts) => {
                let address = (Arc::strong_count(parts) > 1).then_some(Arc::as_ptr(parts) as usize);
                return self.open(part, Items::Slice(parts), address, held);
            }
            Constant::Code(code) => {
                let address = (Arc::strong_count(code) > 1).then_some(Arc::as_ptr(code) as usize);
                return self.open(Part::Code(code), Items::Code(code), address, held);
            }
        };
        self.objects.leaf(part, key, held);
        Ok(false)
    }

    fn open_set(
        &mut self,
        part: Part<'c>,
        items: &'c Arc<[Constant]>,
        kind: Items<'c>,
        held: bool,
    ) -> Result<bool, MarshalError> {
        let order = self.orders.of(items, self.version)?;
        let opened = self.open(part, kind, address(items), held)?;
        if let Some(top) = self.containers.last_mut().filter(|_| opened) {
            top.order = order;
        }
        Ok(opened)
    }

    /// Opens a container, unless it lies where one was listed before.
    fn open(
        &mut self,
        part: Part<'c>,
        items: Items<'c>,
        address: Option<usize>,
        held: bool,
    ) -> Result<bool, MarshalError> {
        if address.is_some_and(|address| self.objects.known(part, address)) {
            return Ok(false);
        }
        let node = self.objects.open(part);
        self.containers.push(Container { node, held, items, next: 0, order: None, address });
        Ok(true)
    }

    fn open_code(&mut self, code: &'c CodeObject, held: bool) -> Result<bool, MarshalError> {
        self.open(Part::Code(code), Items::Code(code), None, held)
    }

    /// Ends the top container.
    fn close(&mut self) {
        let Some(Container { node, held, items, address, .. }) = self.containers.pop() else { return };
        let id = match items {
            Items::Tuple(items) => self.objects.close_items(node, b'(', held || items.is_empty()),
            Items::Consts(code) => self.objects.close_items(node, b'(', held || code.consts.is_empty()),
            Items::FrozenSet(items) if !items.iter().any(is_replaced_when_interned) => {
                self.objects.close_items(node, b'>', held)
            }
            Items::Slice(parts) => self.objects.close_keyed(node, Key::Slice(parts), held),
            Items::Code(code) => self.objects.close_keyed(node, Key::Code(code), held),
            Items::FrozenSet(_) | Items::List(_) | Items::Set(_) | Items::Dict(_) => {
                self.objects.close_keyed(node, Key::Unique, held)
            }
        };
        if let Some(address) = address {
            self.objects.remember(address, id);
        }
    }

    // The fields of a code object that are objects, in the order of the file.

    fn code_until_constants(&mut self, code: &'c CodeObject) -> Result<(), MarshalError> {
        self.check_depth(0)?;
        // Made anew each time it is asked for.
        self.objects.flagged(Part::Bytes(&code.code));
        if let Some(top) = self.containers.last_mut() {
            top.next = 1;
        }
        self.open(Part::Tuple(code.consts.len()), Items::Consts(code), None, false)?;
        Ok(())
    }

    fn code_after_constants(&mut self, code: &'c CodeObject) -> Result<(), MarshalError> {
        self.names(&code.names, true)?;
        // The compiler renames the parameter of `__annotate__` last, in a tuple made for that, which
        // is never one object with an equal tuple.
        let is_renamed = *code.name == *b"__annotate__"
            && code.posonlyargcount == 1
            && code.localsplusnames.get(0) == Some(b"format");
        self.names(&code.localsplusnames, !is_renamed)?;
        let objects = &mut self.objects;
        // Never one object with equal bytes, but when empty.
        let kinds = Part::Bytes(&code.localspluskinds);
        if code.localspluskinds.is_empty() {
            objects.leaf(kinds, Key::Bytes(&[]), true);
        } else {
            objects.plain(kinds);
        }
        for name in [&code.filename, &code.name, &code.qualname] {
            objects.str(Part::Str(name, true), name, true, true);
        }
        objects.plain(Part::FirstLine(code.firstlineno));
        for table in [&code.linetable, &code.exceptiontable] {
            objects.leaf(Part::Bytes(table), Key::Bytes(table), table.is_empty());
        }
        self.close();
        Ok(())
    }

    /// A tuple of names; `is_merged`: with equal ones.
    fn names(&mut self, names: &'c NameList, is_merged: bool) -> Result<(), MarshalError> {
        if !names.is_empty() {
            self.check_depth(1)?;
        }
        let objects = &mut self.objects;
        let node = objects.open(Part::Tuple(names.len()));
        let is_known_pool = self.pool.is_some_and(|pool| Arc::ptr_eq(pool, names.pool()));
        for (&number, name) in names.numbers().iter().zip(names.iter()) {
            let part = Part::Str(name, true);
            match self.ids.get_mut(number as usize).filter(|_| is_known_pool) {
                Some(id) if *id != NO_OBJECT => objects.again(part, *id),
                Some(id) => *id = objects.str(part, name, true, true),
                None => _ = objects.str(part, name, true, true),
            }
        }
        if is_merged {
            objects.close_items(node, b'(', names.is_empty());
        } else {
            objects.close_keyed(node, Key::Unique, false);
        }
        Ok(())
    }
}

/// Where the items of a shared container lie: the same address is the same object without a look
/// inside. Empty ones may share an address with anything.
fn address<T>(items: &Arc<[T]>) -> Option<usize> {
    (Arc::strong_count(items) > 1 && !items.is_empty()).then(|| items.as_ptr() as usize)
}

/// Writes the parts that were listed.
fn write_parts(objects: &mut Objects<'_>, version: i32, out: &mut Vec<u8>) -> Result<(), MarshalError> {
    out.reserve(objects.size_hint());
    let mut encoder = Encoder::appending(version, std::mem::take(out));
    let mut references = 0;
    let mut next = 0;
    while let Some(node) = objects.node(next) {
        next += 1;
        let mut flag = 0;
        if let Some(object) = node.object() {
            let state = objects.state_mut(object);
            if let Some(reference) = state.reference() {
                next += node.descendants();
                encoder.reference(reference)?;
                continue;
            }
            if state.flagged {
                state.set_reference(references);
                flag = Encoder::FLAG_REF;
                references += 1;
            }
        } else if node.is_flagged() {
            flag = Encoder::FLAG_REF;
            references += 1;
        }
        match node.part {
            Part::Str(text, interned) => encoder.str(text, interned, flag)?,
            Part::Constant(constant) => write_head(&mut encoder, constant, flag)?,
            Part::Bytes(bytes) => encoder.bytes(bytes, flag)?,
            Part::Tuple(length) => encoder.tuple(length, flag)?,
            Part::Code(code) => encoder.code(&header(code), flag),
            Part::FirstLine(line) => encoder.first_line(line),
            Part::Null => encoder.null(),
        }
    }
    *out = encoder.finish();
    Ok(())
}

/// Writes a constant, or what comes before its items.
fn write_head(encoder: &mut Encoder, constant: &Constant, flag: u8) -> Result<(), MarshalError> {
    match constant {
        Constant::None => encoder.none(),
        Constant::Bool(value) => encoder.bool(*value),
        Constant::Ellipsis => encoder.ellipsis(),
        Constant::StopIteration => encoder.stop_iteration(),
        Constant::Int(value) => encoder.int(*value, flag),
        Constant::BigInt(value) => return encoder.big_int(value.negative, &value.digits, flag),
        Constant::Float(value) => encoder.float(*value, flag),
        Constant::Complex { real, imag } => encoder.complex(*real, *imag, flag),
        Constant::Str(text) => return encoder.str(text, is_interned(text), flag),
        Constant::Bytes(bytes) => return encoder.bytes(bytes, flag),
        Constant::Tuple(items) => return encoder.tuple(items.len(), flag),
        Constant::List(items) => return encoder.list(items.len(), flag),
        Constant::Set(items) => return encoder.set(items.len(), flag),
        Constant::FrozenSet(items) => return encoder.frozenset(items.len(), flag),
        Constant::Dict(_) => encoder.dict(flag),
        Constant::Slice(_) => return encoder.slice(flag),
        Constant::Code(code) => encoder.code(&header(code), flag),
    }
    Ok(())
}

fn header(code: &CodeObject) -> CodeHeader {
    CodeHeader {
        argcount: code.argcount as i32,
        posonlyargcount: code.posonlyargcount as i32,
        kwonlyargcount: code.kwonlyargcount as i32,
        stacksize: code.stacksize as i32,
        flags: code.flags as i32,
        firstlineno: code.firstlineno,
    }
}
