//! Which parts of a tree of constants are one object.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

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

/// A part of the tree, in the order of a walk from the top.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// An object's number, or one of [`PLAIN`] for what is never shared by reference.
    item: u32,
    /// How many nodes lie below.
    descendants: u32,
}

impl Node {
    /// None for objects that are never shared by reference, such as `None`.
    pub fn object(self) -> Option<u32> {
        (self.item < PLAIN).then_some(self.item)
    }

    /// How many nodes lie below.
    pub fn descendants(self) -> usize {
        self.descendants as usize
    }
}

struct Object<'c> {
    key: Key<'c>,
    hash: u64,
    /// How many others in the tree hold it.
    count: u32,
    state: State,
}

#[derive(Clone, Copy, Default)]
pub(super) struct State {
    /// Something else holds it too: it gets a reference number.
    pub flagged: bool,
    /// The number, once written.
    pub reference: Option<u32>,
}

/// A node whose items are being visited.
#[derive(Clone, Copy)]
pub(super) struct OpenNode {
    node: usize,
}

#[derive(Default)]
pub(super) struct Objects<'c> {
    nodes: Vec<Node>,
    objects: Vec<Object<'c>>,
    /// Open-addressing table of object numbers plus one, a power of two long.
    table: Vec<u32>,
    /// Items of tuples and frozensets.
    items: Vec<u32>,
    addresses: HashMap<usize, u32>,
}

/// Numbers from here on stand for `None` and its like.
const PLAIN: u32 = u32::MAX - 8;

impl<'c> Objects<'c> {
    /// An object that is never shared by reference; `which` tells them apart.
    pub fn plain(&mut self, which: u32) {
        self.nodes.push(Node { item: PLAIN + which, descendants: 0 });
    }

    /// An object without items. `held`: something outside the tree holds it too.
    pub fn leaf(&mut self, key: Key<'c>, held: bool) {
        let id = self.find_or_add(key, held);
        self.nodes.push(Node { item: id, descendants: 0 });
    }

    /// Begins an object with items; they are visited next.
    pub fn open(&mut self) -> OpenNode {
        self.nodes.push(Node { item: PLAIN, descendants: 0 });
        OpenNode { node: self.nodes.len() - 1 }
    }

    /// Ends an object that is what its items are.
    pub fn close_items(&mut self, open: OpenNode, kind: u8, held: bool) -> u32 {
        let start = self.items.len();
        let mut child = open.node + 1;
        while child < self.nodes.len() {
            let node = self.nodes[child];
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
        self.nodes[open.node] = Node { item: id, descendants: (self.nodes.len() - open.node - 1) as u32 };
        id
    }

    /// Whether an object lies at an address seen before. If so, it is noted as met again, and its
    /// items are not visited.
    pub fn known(&mut self, address: usize) -> bool {
        let known = self.addresses.get(&address).copied();
        self.nodes.extend(known.map(|id| Node { item: id, descendants: 0 }));
        known.is_some()
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
                object.count += 1;
                if object.count > 1 {
                    object.state.flagged = true;
                    next += node.descendants();
                }
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

    pub fn node(&self, index: usize) -> Node {
        self.nodes[index]
    }

    pub fn state(&self, id: u32) -> State {
        self.objects[id as usize].state
    }

    pub fn set_reference(&mut self, id: u32, reference: u32) {
        self.objects[id as usize].state.reference = Some(reference);
    }

    fn add(&mut self, key: Key<'c>, hash: u64, held: bool) -> u32 {
        let state = State { flagged: held, reference: None };
        self.objects.push(Object { key, hash, count: 0, state });
        self.objects.len() as u32 - 1
    }

    /// Whether there is an object of a key.
    pub fn has(&self, key: &Key<'c>) -> bool {
        !self.table.is_empty() && self.find(key, self.hash(key)).is_ok()
    }

    /// The object of a key, or the free slot where it belongs.
    fn find(&self, key: &Key<'c>, hash: u64) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some(id) = self.table[slot].checked_sub(1) {
            let object = &self.objects[id as usize];
            if object.hash == hash && self.same(&object.key, key) {
                return Ok(id);
            }
            slot = (slot + 1) & mask;
        }
        Err(slot)
    }

    fn find_or_add(&mut self, key: Key<'c>, held: bool) -> u32 {
        if matches!(key, Key::Unique) {
            return self.add(key, 0, held);
        }
        if self.objects.len() * 2 >= self.table.len() {
            self.grow();
        }
        let hash = self.hash(&key);
        match self.find(&key, hash) {
            Ok(id) => {
                self.objects[id as usize].state.flagged |= held;
                id
            }
            Err(slot) => {
                let id = self.add(key, hash, held);
                self.table[slot] = id + 1;
                id
            }
        }
    }

    fn grow(&mut self) {
        let length = (self.table.len() * 2).max(256);
        self.table = vec![0; length];
        for (id, object) in self.objects.iter().enumerate() {
            if matches!(object.key, Key::Unique) {
                continue;
            }
            let mut slot = object.hash as usize & (length - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.table[slot] = id as u32 + 1;
        }
    }

    fn hash(&self, key: &Key<'c>) -> u64 {
        let mut hasher = Fold(0);
        match *key {
            Key::Int(value) => (1u8, value).hash(&mut hasher),
            Key::BigInt(value) => (2u8, value).hash(&mut hasher),
            Key::Float(bits) => (3u8, bits).hash(&mut hasher),
            Key::Complex(real, imag) => (4u8, real, imag).hash(&mut hasher),
            Key::Str(text, interned) => {
                hasher.write_u8(5 + u8::from(interned));
                hasher.write(text);
            }
            Key::Bytes(bytes) => {
                hasher.write_u8(7);
                hasher.write(bytes);
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
                hasher.write(&code.linetable);
            }
            Key::Unique => {}
        }
        hasher.finish()
    }

    fn same(&self, a: &Key<'c>, b: &Key<'c>) -> bool {
        match (*a, *b) {
            (Key::Int(a), Key::Int(b)) => a == b,
            (Key::BigInt(a), Key::BigInt(b)) => a == b,
            (Key::Float(a), Key::Float(b)) => a == b,
            (Key::Complex(a, b), Key::Complex(c, d)) => (a, b) == (c, d),
            (Key::Str(a, interned), Key::Str(b, other)) => interned == other && a == b,
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

/// A quick hash: multiply and fold. Colliding on purpose only slows down the one who wrote the code.
struct Fold(u64);

impl Fold {
    #[inline]
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9E37_79B9_7F4A_7C15) * 0xD6E8_FEB8_6659_FD93;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Fold {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
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

    fn finish(&self) -> u64 {
        self.0
    }
}
