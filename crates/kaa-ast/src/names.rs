use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// An interned identifier: two names of one [`Interner`] are equal exactly when their texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u32);

/// The texts of the [`Name`]s of one compilation.
///
/// Identifiers are hashed once, when the lexer meets them; every later stage compares numbers.
#[derive(Default)]
pub struct Interner<'a> {
    index: HashMap<&'a str, Name, BuildHasherDefault<FxHasher>>,
    texts: Vec<&'a str>,
}

impl<'a> Interner<'a> {
    /// An interner without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of a text that lives as long as the tree.
    pub fn intern(&mut self, text: &'a str) -> Name {
        if let Some(&name) = self.index.get(text) {
            return name;
        }
        let name = Name(self.texts.len() as u32);
        self.texts.push(text);
        self.index.insert(text, name);
        name
    }

    /// The name of a text, if it has been interned.
    pub fn get(&self, text: &str) -> Option<Name> {
        self.index.get(text).copied()
    }

    /// The text of a name. Panics when the name is not one of this interner's.
    pub fn text(&self, name: Name) -> &'a str {
        self.texts[name.0 as usize]
    }

    /// How many different names there are; their numbers run from 0.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is no name yet.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// The multiplicative hash of Firefox and rustc: short keys, no adversary worth its cost here
/// (the worst case is a slow compilation of a file that was made to be slow).
#[derive(Default)]
pub struct FxHasher(u64);

impl FxHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
    }
}

impl Hasher for FxHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.add(u64::from_le_bytes(chunk.try_into().expect("eight bytes")));
        }
        let mut last = [0; 8];
        last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
        self.add(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn write_u16(&mut self, number: u16) {
        self.add(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.add(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.add(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
