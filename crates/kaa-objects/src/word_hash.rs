//! A hasher for tables of the runtime's own, whose keys no program chooses: addresses, numbers of
//! types, names that are written in the sources.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A table with such keys.
pub(crate) type WordMap<K, V> = HashMap<K, V, BuildHasherDefault<WordHasher>>;

/// Mixes word by word.
#[derive(Default)]
pub(crate) struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            self.write_u64(rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0.rotate_left(5) ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_keys_are_told_apart() {
        let mut map: WordMap<&str, usize> = WordMap::default();
        let names = ["", "a", "b", "__init__", "__init_subclass__", "__iter__", "__add__", "__radd__"];
        for (index, name) in names.into_iter().enumerate() {
            map.insert(name, index);
        }
        assert!(names.iter().enumerate().all(|(index, name)| map.get(name) == Some(&index)));
        let hash = |word: usize| {
            let mut hasher = WordHasher::default();
            hasher.write_usize(word);
            hasher.finish()
        };
        let tops: std::collections::HashSet<u64> = (0..1000).map(|index| hash(0x10_0000 + index * 48) >> 44).collect();
        assert!(tops.len() > 990, "addresses spread over the upper bits: {}", tops.len());
    }
}
