use std::hash::Hasher;

/// An interned identifier: two names of one [`Interner`] are equal exactly when their texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u32);

/// The texts of the [`Name`]s of one compilation.
///
/// Identifiers are hashed once, when the lexer meets them; every later stage compares numbers.
pub struct Interner<'a> {
    texts: Vec<&'a str>,
    /// Open-addressing table, a power of two long and at most half full: what [`key`] makes of a
    /// text, or 0 where a slot is free.
    keys: Vec<u64>,
    /// The numbers of the names in the same slots.
    numbers: Vec<u32>,
}

impl Default for Interner<'_> {
    fn default() -> Self {
        Interner::with_capacity(64)
    }
}

impl<'a> Interner<'a> {
    /// An interner without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// An interner with room for so many names.
    pub fn with_capacity(capacity: usize) -> Self {
        let slots = (capacity * 2).next_power_of_two().max(8);
        Interner { texts: Vec::with_capacity(capacity), keys: vec![0; slots], numbers: vec![0; slots] }
    }

    /// The name of a text that lives as long as the tree.
    pub fn intern(&mut self, text: &'a str) -> Name {
        let key = key(text);
        match self.find(key, text) {
            Ok(name) => name,
            Err(slot) => self.insert(slot, key, text),
        }
    }

    /// The name of a text of one to eight bytes, none of them zero. `word` is the same as a number,
    /// its first byte lowest, which is enough to find a name that is known.
    #[inline]
    pub fn intern_word(&mut self, word: u64, text: impl FnOnce() -> &'a str) -> Name {
        match self.probe(word, |_| true) {
            Ok(name) => name,
            Err(slot) => {
                let text = text();
                debug_assert_eq!(word, key(text));
                self.insert(slot, word, text)
            }
        }
    }

    /// The name of a text, if it has been interned.
    pub fn get(&self, text: &str) -> Option<Name> {
        self.find(key(text), text).ok()
    }

    /// The name of a text, or the free slot where it belongs.
    fn find(&self, key: u64, text: &str) -> Result<Name, usize> {
        self.probe(key, |number| self.texts[number as usize] == text)
    }

    #[inline]
    fn probe(&self, key: u64, is_it: impl Fn(u32) -> bool) -> Result<Name, usize> {
        let mask = self.keys.len() - 1;
        let mut slot = slot(key, mask);
        loop {
            let found = self.keys[slot];
            if found == key && is_it(self.numbers[slot]) {
                return Ok(Name(self.numbers[slot]));
            }
            if found == 0 {
                return Err(slot);
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn insert(&mut self, slot: usize, key: u64, text: &'a str) -> Name {
        let number = self.texts.len() as u32;
        self.texts.push(text);
        (self.keys[slot], self.numbers[slot]) = (key, number);
        if self.texts.len() * 2 > self.keys.len() {
            self.grow();
        }
        Name(number)
    }

    fn grow(&mut self) {
        let slots = self.keys.len() * 2;
        let keys = std::mem::replace(&mut self.keys, vec![0; slots]);
        let numbers = std::mem::replace(&mut self.numbers, vec![0; slots]);
        let mask = slots - 1;
        for (key, number) in keys.into_iter().zip(numbers).filter(|(key, _)| *key != 0) {
            let mut slot = slot(key, mask);
            while self.keys[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            (self.keys[slot], self.numbers[slot]) = (key, number);
        }
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

/// A number for a text: of a short one, without zeros, the text itself, and otherwise a hash whose
/// lowest byte is zero. It is never zero as a whole.
fn key(text: &str) -> u64 {
    let bytes = text.as_bytes();
    if (1..=8).contains(&bytes.len()) && !bytes.contains(&0) {
        return bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    }
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish() << 8 | 1 << 63
}

/// The slot of the table where to look for a key first.
#[inline]
fn slot(key: u64, mask: usize) -> usize {
    let hash = key.wrapping_mul(FACTOR);
    (hash >> 32) as usize & mask
}

/// An odd number without a pattern in its bits.
const FACTOR: u64 = 0x51_7c_c1_b7_27_22_0a_95;

/// The multiplicative hash of Firefox and rustc: short keys, no adversary worth its cost here
/// (the worst case is a slow compilation of a file that was made to be slow).
#[derive(Default)]
pub struct FxHasher(u64);

impl FxHasher {
    #[inline]
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    }
}

impl Hasher for FxHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        kaa_text::for_each_word(bytes, |word| self.add(word));
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
