use std::hash::Hasher;

/// An interned identifier: two names of one [`Interner`] are equal exactly when their texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u32);

/// The texts of the [`Name`]s of one compilation.
///
/// Identifiers are hashed once, when the lexer meets them; every later stage compares numbers.
pub struct Interner<'a> {
    texts: Vec<&'a str>,
    /// Open-addressing table, a power of two long and at most half full: the low half of a text's
    /// hash above its number plus one.
    table: Vec<u64>,
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
        let table = vec![0; (capacity * 2).next_power_of_two().max(8)];
        Interner { texts: Vec::with_capacity(capacity), table }
    }

    /// The name of a text that lives as long as the tree.
    pub fn intern(&mut self, text: &'a str) -> Name {
        let hash = hash(text);
        match self.find(text, hash) {
            Ok(name) => name,
            Err(slot) => {
                self.texts.push(text);
                let number = self.texts.len();
                self.table[slot] = hash << 32 | number as u64;
                if number * 2 > self.table.len() {
                    self.grow();
                }
                Name(number as u32 - 1)
            }
        }
    }

    /// The name of a text, if it has been interned.
    pub fn get(&self, text: &str) -> Option<Name> {
        self.find(text, hash(text)).ok()
    }

    /// The name of a text, or the free slot where it belongs.
    #[inline]
    fn find(&self, text: &str, hash: u64) -> Result<Name, usize> {
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let entry = self.table[slot];
            if entry == 0 {
                return Err(slot);
            }
            let number = entry as u32 - 1;
            if entry >> 32 == hash & 0xffff_ffff && self.texts[number as usize] == text {
                return Ok(Name(number));
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let length = self.table.len() * 2;
        self.table.clear();
        self.table.resize(length, 0);
        for (text, number) in self.texts.iter().zip(1..) {
            let hash = hash(text);
            let mut slot = hash as usize & (length - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.table[slot] = hash << 32 | number;
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

/// The hash of a text, whose low bits are as good as any.
#[inline]
fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    let hash = hasher.finish();
    hash ^ hash >> 32
}

/// The multiplicative hash of Firefox and rustc: short keys, no adversary worth its cost here
/// (the worst case is a slow compilation of a file that was made to be slow).
#[derive(Default)]
pub struct FxHasher(u64);

impl FxHasher {
    #[inline]
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
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
