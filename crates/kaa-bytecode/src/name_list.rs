//! The names of code objects: texts that all code objects of a module share.

use crate::TextBytes;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

/// Texts, each with a number.
#[derive(Debug)]
pub struct NamePool(Texts);

#[derive(Debug)]
enum Texts {
    /// In one piece of memory. `ends`: by number, where a text ends and the next one begins.
    Joined { bytes: Vec<u8>, ends: Vec<usize> },
    /// As they are shared by others.
    Apart(Box<[TextBytes]>),
}

impl NamePool {
    /// How many texts there are: their numbers are below.
    pub fn len(&self) -> usize {
        match &self.0 {
            Texts::Joined { ends, .. } => ends.len(),
            Texts::Apart(texts) => texts.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a number. Panics when there is none.
    #[inline]
    pub fn text(&self, number: u32) -> &[u8] {
        let number = number as usize;
        match &self.0 {
            Texts::Joined { bytes, ends } => {
                let start = if number == 0 { 0 } else { ends[number - 1] };
                &bytes[start..ends[number]]
            }
            Texts::Apart(texts) => &texts[number],
        }
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for NamePool {
    /// Joins texts. Numbers are given in order, from 0.
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let texts = texts.into_iter();
        let count = texts.size_hint().0;
        let (mut bytes, mut ends) = (Vec::with_capacity(count * 12), Vec::with_capacity(count));
        for text in texts {
            bytes.extend_from_slice(text.as_ref());
            ends.push(bytes.len());
        }
        NamePool(Texts::Joined { bytes, ends })
    }
}

/// A list of names, as a code object has.
#[derive(Clone)]
pub struct NameList {
    pool: Arc<NamePool>,
    numbers: Box<[u32]>,
}

impl NameList {
    /// A list of names that are in a pool. Their texts panic when the pool does not have them.
    pub fn new(pool: &Arc<NamePool>, numbers: Box<[u32]>) -> NameList {
        debug_assert!(numbers.iter().all(|&number| (number as usize) < pool.len()), "names are in their pool");
        NameList { pool: pool.clone(), numbers }
    }

    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.numbers.get(index).map(|&number| self.pool.text(number))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        self.numbers.iter().map(|&number| self.pool.text(number))
    }

    /// Where the texts are: those of lists with the same pool are equal if their numbers are.
    pub fn pool(&self) -> &Arc<NamePool> {
        &self.pool
    }

    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }
}

impl Default for NameList {
    fn default() -> Self {
        NameList::from(Vec::new())
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for NameList {
    /// A list of texts that are copied.
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let pool: Arc<NamePool> = Arc::new(texts.into_iter().collect());
        NameList { numbers: (0..pool.len() as u32).collect(), pool }
    }
}

impl From<Vec<TextBytes>> for NameList {
    /// A list of texts that others share.
    fn from(texts: Vec<TextBytes>) -> Self {
        let numbers = (0..texts.len() as u32).collect();
        NameList { pool: Arc::new(NamePool(Texts::Apart(texts.into()))), numbers }
    }
}

impl Index<usize> for NameList {
    type Output = [u8];

    fn index(&self, index: usize) -> &[u8] {
        self.pool.text(self.numbers[index])
    }
}

/// Equal texts in the same order.
impl PartialEq for NameList {
    fn eq(&self, other: &NameList) -> bool {
        let is_same = Arc::ptr_eq(&self.pool, &other.pool) && self.numbers == other.numbers;
        is_same || self.iter().eq(other.iter())
    }
}

impl fmt::Debug for NameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(String::from_utf8_lossy)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_equal_by_their_texts() {
        let pool: Arc<NamePool> = Arc::new(["self", "", "näme", "self"].into_iter().collect());
        let list = NameList::new(&pool, Box::new([2, 0, 1]));
        assert_eq!(list, ["näme", "self", ""].into_iter().collect());
        assert_eq!(list, NameList::new(&pool, Box::new([2, 3, 1])));
        assert_ne!(list, ["näme", "self"].into_iter().collect());
        assert_ne!(list, NameList::default());
        assert_eq!(NameList::new(&pool, Box::default()), NameList::default());
        assert_eq!(NameList::from(vec![TextBytes::from(&b"self"[..])]), NameList::new(&pool, Box::new([3])));
    }

    #[test]
    fn texts_are_found_by_number_and_index() {
        let pool: Arc<NamePool> = Arc::new(["a", "", "bc"].into_iter().collect());
        assert_eq!((pool.len(), pool.text(0), pool.text(1), pool.text(2)), (3, &b"a"[..], &b""[..], &b"bc"[..]));
        let list = NameList::new(&pool, Box::new([2, 0]));
        assert_eq!((list.len(), list.get(0), list.get(2), &list[1]), (2, Some(&b"bc"[..]), None, &b"a"[..]));
        assert_eq!(format!("{list:?}"), r#"["bc", "a"]"#);
    }
}
