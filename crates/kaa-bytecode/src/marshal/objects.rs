//! Which parts of a tree of constants are one object.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::{BigInt, CodeObject, Constant};

/// What makes two parts one object: equal keys.
#[derive(Clone, Copy)]
pub(super) enum Key<'c> {
    Int(i64),
    BigInt(&'c BigInt),
    Float(u64),
    Complex(u64, u64),
    /// Whether it is interned tells two equal strings apart.
    Str(&'c [u8], bool),
    Bytes(&'c [u8]),
    Slice(&'c [Constant; 3]),
    /// A tuple or frozenset of objects: a range of the list of items.
    Items(u8, u32, u32),
    Code(&'c CodeObject),
    /// Never equal to another.
    Unique,
}

/// The key of an object without items, for comparing objects of two trees.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Leaf<'c> {
    Int(i64),
    BigInt(&'c BigInt),
    Float(u64),
    Complex(u64, u64),
    Str(&'c [u8], bool),
    Bytes(&'c [u8]),
}

impl<'c> Leaf<'c> {
    fn of(key: Key<'c>) -> Option<Leaf<'c>> {
        Some(match key {
            Key::Int(value) => Leaf::Int(value),
            Key::BigInt(value) => Leaf::BigInt(value),
            Key::Float(bits) => Leaf::Float(bits),
            Key::Complex(real, imag) => Leaf::Complex(real, imag),
            Key::Str(text, interned) => Leaf::Str(text, interned),
            Key::Bytes(bytes) => Leaf::Bytes(bytes),
            Key::Slice(_) | Key::Items(..) | Key::Code(_) | Key::Unique => return None,
        })
    }
}

/// A part of the tree, or what else is written in its place.
#[derive(Clone, Copy)]
pub(super) enum Part<'c> {
    /// A constant, or the head of one; code objects and strings apart.
    Constant(&'c Constant),
    /// A string, and whether it is written as an interned one.
    Str(&'c [u8], bool),
    Bytes(&'c [u8]),
    /// The head of a tuple.
    Tuple(usize),
    /// The head of a code object.
    Code(&'c CodeObject),
    /// A code object's `co_firstlineno`.
    FirstLine(i32),
    /// The end of a dict.
    Null,
}

/// A part in the order of a walk from the top.
#[derive(Clone, Copy)]
pub(super) struct Node<'c> {
    pub part: Part<'c>,
    /// An object's number, or one from [`PLAIN`] on for what is never shared by reference.
    item: u32,
    /// How many nodes lie below.
    descendants: u32,
}

impl Node<'_> {
    /// None for objects that are never shared by reference, such as `None`.
    pub fn object(&self) -> Option<u32> {
        (self.item < PLAIN).then_some(self.item)
    }

    /// Whether something else holds it too, although it is never met again.
    pub fn is_flagged(&self) -> bool {
        self.item == FLAGGED
    }

    /// How many nodes lie below.
    pub fn descendants(&self) -> usize {
        self.descendants as usize
    }
}

struct Object<'c> {
    key: Key<'c>,
    hash: u64,
    /// Whether something in the tree holds it.
    is_held: bool,
    state: State,
}

#[derive(Clone, Copy)]
pub(super) struct State {
    /// Something else holds it too: it gets a reference number.
    pub flagged: bool,
    /// The number, once written, or `NO_REFERENCE`.
    reference: u32,
}

const NO_REFERENCE: u32 = u32::MAX;

impl State {
    pub fn reference(self) -> Option<u32> {
        (self.reference != NO_REFERENCE).then_some(self.reference)
    }

    pub fn set_reference(&mut self, reference: u32) {
        self.reference = reference;
    }
}

/// A node whose items are being visited.
#[derive(Clone, Copy)]
pub(super) struct OpenNode {
    node: usize,
}

pub(super) struct Objects<'c> {
    /// Without references nothing is an object.
    has_references: bool,
    nodes: Vec<Node<'c>>,
    objects: Vec<Object<'c>>,
    /// Open-addressing table, a power of two long: the low half of a hash above an object's number
    /// plus one.
    table: Vec<u64>,
    /// Items of tuples and frozensets.
    items: Vec<u32>,
    addresses: HashMap<usize, u32, BuildHasherDefault<Fold>>,
    /// How long all strings and bytes are together.
    text_size: usize,
}

/// What is used again from one writing to the next.
#[derive(Default)]
pub(super) struct Memory {
    nodes: Vec<Node<'static>>,
    objects: Vec<Object<'static>>,
    table: Vec<u64>,
    items: Vec<u32>,
    /// By number of a name in the pool, its object, or `NO_OBJECT`: of the walk.
    pub ids: Vec<u32>,
}

/// The memory of a vector for one of the same layout.
fn emptied<T, U>(mut vector: Vec<T>) -> Vec<U> {
    vector.clear();
    // The standard library collects in place.
    vector.into_iter().map(|_| unreachable!("it is empty")).collect()
}

/// Numbers from here on stand for `None` and its like.
const PLAIN: u32 = u32::MAX - 8;
const FLAGGED: u32 = PLAIN + 6;

impl<'c> Objects<'c> {
    /// `expected`: about how many parts there are.
    pub fn new(has_references: bool, expected: usize, memory: &mut Memory) -> Self {
        let mut nodes = emptied(std::mem::take(&mut memory.nodes));
        // Items of constants are not among those expected.
        nodes.reserve(expected + expected / 4);
        let mut objects = emptied(std::mem::take(&mut memory.objects));
        objects.reserve(expected);
        let mut table = std::mem::take(&mut memory.table);
        table.clear();
        table.resize(expected.next_power_of_two().max(32), 0);
        let mut items = std::mem::take(&mut memory.items);
        items.clear();
        Objects { has_references, nodes, objects, table, items, addresses: HashMap::default(), text_size: 0 }
    }

    /// Leaves its memory for the next one.
    pub fn leave(self, memory: &mut Memory) {
        memory.nodes = emptied(self.nodes);
        memory.objects = emptied(self.objects);
        memory.table = self.table;
        memory.items = self.items;
    }

    /// About how long the file is.
    pub fn size_hint(&self) -> usize {
        self.text_size + self.nodes.len() * 6
    }

    #[inline]
    fn push(&mut self, part: Part<'c>, item: u32) {
        if let Part::Str(bytes, _) | Part::Bytes(bytes) = part {
            self.text_size += bytes.len();
        }
        self.nodes.push(Node { part, item, descendants: 0 });
    }

    /// An object that is never shared by reference.
    pub fn plain(&mut self, part: Part<'c>) {
        let which = match part {
            Part::Constant(Constant::None) => 0,
            Part::Constant(Constant::Bool(false)) => 1,
            Part::Constant(Constant::Bool(true)) => 2,
            Part::Constant(Constant::Ellipsis) => 3,
            Part::Constant(_) => 4,
            // Not an item of a tuple.
            _ => 5,
        };
        self.push(part, PLAIN + which);
    }

    /// An object that something outside the tree holds too, but that is not met again.
    pub fn flagged(&mut self, part: Part<'c>) {
        self.push(part, if self.has_references { FLAGGED } else { PLAIN });
    }

    /// An object without items. `held`: something outside the tree holds it too.
    #[inline]
    pub fn leaf(&mut self, part: Part<'c>, key: Key<'c>, held: bool) {
        let id = self.find_or_add(key, held);
        self.push(part, id);
    }

    /// A string that is one object with equal ones, and whether that is an interned one; `part` is
    /// how it is written. Answers with its number.
    pub fn str(&mut self, part: Part<'c>, text: &'c [u8], interned: bool, held: bool) -> u32 {
        if !self.has_references {
            self.push(part, PLAIN);
            return PLAIN;
        }
        let hash = hash_of_str(text, interned);
        let is_same = |key: &Key<'c>| {
            matches!(*key, Key::Str(other, is_interned)
                if is_interned == interned && (std::ptr::eq(other, text) || other == text))
        };
        let id = match self.find(hash, is_same) {
            Ok(id) => {
                self.objects[id as usize].state.flagged |= held;
                id
            }
            Err(slot) => self.add_at(slot, Key::Str(text, interned), hash, held),
        };
        self.push(part, id);
        id
    }

    /// An object without items that was met before, by its number.
    #[inline]
    pub fn again(&mut self, part: Part<'c>, id: u32) {
        self.push(part, id);
    }

    /// Begins an object with items; they are visited next.
    pub fn open(&mut self, part: Part<'c>) -> OpenNode {
        self.push(part, PLAIN);
        OpenNode { node: self.nodes.len() - 1 }
    }

    /// Ends an object that is what its items are.
    pub fn close_items(&mut self, open: OpenNode, kind: u8, held: bool) -> u32 {
        if !self.has_references {
            return self.finish(open, PLAIN);
        }
        let start = self.items.len();
        let mut child = open.node + 1;
        while child < self.nodes.len() {
            let node = &self.nodes[child];
            self.items.push(node.item);
            child += 1 + node.descendants();
        }
        let length = self.items.len() - start;
        let count = self.objects.len();
        let id = self.find_or_add(Key::Items(kind, start as u32, length as u32), held);
        if self.objects.len() == count {
            // An object met before, whose items are in the list already.
            self.items.truncate(start);
        }
        self.finish(open, id)
    }

    /// Ends an object that is told by a key of its own.
    pub fn close_keyed(&mut self, open: OpenNode, key: Key<'c>, held: bool) -> u32 {
        let id = self.find_or_add(key, held);
        self.finish(open, id)
    }

    fn finish(&mut self, open: OpenNode, id: u32) -> u32 {
        let descendants = (self.nodes.len() - open.node - 1) as u32;
        let node = &mut self.nodes[open.node];
        (node.item, node.descendants) = (id, descendants);
        id
    }

    /// Whether an object lies at an address seen before. If so, it is noted as met again, and its
    /// items are not visited.
    pub fn known(&mut self, part: Part<'c>, address: usize) -> bool {
        match self.addresses.get(&address).copied() {
            Some(id) if self.has_references => {
                self.push(part, id);
                true
            }
            _ => false,
        }
    }

    pub fn remember(&mut self, address: usize, id: u32) {
        self.addresses.insert(address, id);
    }

    /// After the walk: finds which objects are held more than once. What an object holds counts
    /// once, however often the object itself is met.
    pub fn count(&mut self) {
        let mut next = 0;
        while let Some(node) = self.nodes.get(next) {
            next += 1;
            if let Some(id) = node.object() {
                let object = &mut self.objects[id as usize];
                if object.is_held {
                    object.state.flagged = true;
                    next += node.descendants();
                }
                object.is_held = true;
            }
        }
    }

    /// The leaves that something else holds, too.
    pub fn flagged_leaves(&self) -> HashSet<Leaf<'c>> {
        self.objects.iter().filter(|object| object.state.flagged).filter_map(|object| Leaf::of(object.key)).collect()
    }

    /// Flags those of the leaves given that are here.
    pub fn flag_leaves(&mut self, leaves: &HashSet<Leaf<'c>>) {
        for object in self.objects.iter_mut().filter(|_| !leaves.is_empty()) {
            object.state.flagged |= Leaf::of(object.key).is_some_and(|leaf| leaves.contains(&leaf));
        }
    }

    pub fn node(&self, index: usize) -> Option<Node<'c>> {
        self.nodes.get(index).copied()
    }

    pub fn state_mut(&mut self, id: u32) -> &mut State {
        &mut self.objects[id as usize].state
    }

    fn add(&mut self, key: Key<'c>, hash: u64, flagged: bool) -> u32 {
        let state = State { flagged, reference: NO_REFERENCE };
        self.objects.push(Object { key, hash, is_held: false, state });
        self.objects.len() as u32 - 1
    }

    /// Whether there is such a string.
    pub fn has_str(&self, text: &'c [u8], interned: bool) -> bool {
        self.find(hash_of_str(text, interned), |key| self.same(key, &Key::Str(text, interned))).is_ok()
    }

    /// The object of a hash that `is_same` accepts, or the free slot where it belongs.
    #[inline]
    fn find(&self, hash: u64, is_same: impl Fn(&Key<'c>) -> bool) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let entry = self.table[slot];
            if entry == 0 {
                return Err(slot);
            }
            if entry >> 32 == hash & 0xffff_ffff {
                let id = entry as u32 - 1;
                if is_same(&self.objects[id as usize].key) {
                    return Ok(id);
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn find_or_add(&mut self, key: Key<'c>, held: bool) -> u32 {
        if !self.has_references {
            return PLAIN;
        }
        if matches!(key, Key::Unique) {
            return self.add(key, 0, held);
        }
        let hash = self.hash(&key);
        match self.find(hash, |other| self.same(other, &key)) {
            Ok(id) => {
                self.objects[id as usize].state.flagged |= held;
                id
            }
            Err(slot) => self.add_at(slot, key, hash, held),
        }
    }

    /// Adds an object to a free slot of the table.
    fn add_at(&mut self, slot: usize, key: Key<'c>, hash: u64, held: bool) -> u32 {
        let id = self.add(key, hash, held);
        self.table[slot] = entry(hash, id);
        if self.objects.len() * 2 > self.table.len() {
            self.grow();
        }
        id
    }

    #[cold]
    fn grow(&mut self) {
        let length = self.table.len() * 4;
        self.table = vec![0; length];
        for (id, object) in self.objects.iter().enumerate() {
            if matches!(object.key, Key::Unique) {
                continue;
            }
            let mut slot = object.hash as usize & (length - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.table[slot] = entry(object.hash, id as u32);
        }
    }

    fn hash(&self, key: &Key<'c>) -> u64 {
        let mut hasher = Fold(0);
        match *key {
            Key::Int(value) => (1u8, value).hash(&mut hasher),
            Key::BigInt(value) => (2u8, value).hash(&mut hasher),
            Key::Float(bits) => (3u8, bits).hash(&mut hasher),
            Key::Complex(real, imag) => (4u8, real, imag).hash(&mut hasher),
            Key::Str(text, interned) => return hash_of_str(text, interned),
            Key::Bytes(bytes) => {
                hasher.0 = 7;
                hasher.write_sample(bytes);
            }
            Key::Items(kind, start, length) => {
                hasher.write_u8(kind);
                for item in self.items(start, length) {
                    hasher.write_u32(*item);
                }
            }
            Key::Slice(parts) => {
                hasher.write_u8(8);
                for part in parts {
                    hasher.write_u64(match part {
                        Constant::Int(value) => *value as u64,
                        // Rare enough to be told apart by comparing.
                        _ => 1 << 63,
                    });
                }
            }
            Key::Code(code) => {
                hasher.write_u32(code.firstlineno as u32);
                hasher.write(&code.name);
                hasher.write_sample(&code.linetable);
            }
            Key::Unique => {}
        }
        hasher.finish()
    }

    #[inline]
    fn same(&self, a: &Key<'c>, b: &Key<'c>) -> bool {
        match (*a, *b) {
            (Key::Str(a, interned), Key::Str(b, other)) => interned == other && (std::ptr::eq(a, b) || a == b),
            (Key::Int(a), Key::Int(b)) => a == b,
            (Key::BigInt(a), Key::BigInt(b)) => a == b,
            (Key::Float(a), Key::Float(b)) => a == b,
            (Key::Complex(a, b), Key::Complex(c, d)) => (a, b) == (c, d),
            (Key::Bytes(a), Key::Bytes(b)) => a == b,
            (Key::Items(kind, start, length), Key::Items(other, at, len)) => {
                kind == other && self.items(start, length) == self.items(at, len)
            }
            (Key::Slice(a), Key::Slice(b)) => a == b,
            (Key::Code(a), Key::Code(b)) => a == b,
            _ => false,
        }
    }

    fn items(&self, start: u32, length: u32) -> &[u32] {
        &self.items[start as usize..(start + length) as usize]
    }
}

#[inline]
fn hash_of_str(text: &[u8], interned: bool) -> u64 {
    let mut hasher = Fold(5 + u64::from(interned));
    hasher.write(text);
    hasher.0
}

/// An entry of the table.
fn entry(hash: u64, id: u32) -> u64 {
    hash << 32 | u64::from(id + 1)
}

/// A quick hash: multiply and fold. Colliding on purpose only slows down the one who wrote the code.
#[derive(Default)]
pub(super) struct Fold(u64);

impl Fold {
    #[inline]
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9E37_79B9_7F4A_7C15) * 0xD6E8_FEB8_6659_FD93;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    /// Both ends and the length of bytes that are hardly ever alike: tables and instructions.
    fn write_sample(&mut self, bytes: &[u8]) {
        const END: usize = 16;
        if bytes.len() <= 2 * END {
            return self.write(bytes);
        }
        self.write_usize(bytes.len());
        self.write(&bytes[..END]);
        self.write(&bytes[bytes.len() - END..]);
    }
}

impl Hasher for Fold {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        kaa_text::for_each_word(bytes, |word| self.add(word));
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.add(u64::from(value));
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
