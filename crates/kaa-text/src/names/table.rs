//! The names of characters that do not follow from their numbers, and aliases, in 0.3 MB.
//!
//! Names have indices: first all characters' own, in the order of the characters, then aliases. A
//! name is a row of words. Sixteen names are a block, in which each has only what differs from the
//! one before: a byte with the number of words that are the same (three bits) and of those that
//! follow (five), then their numbers: a byte for the most common, two for the others.
//!
//! Words are numbered by their length, so that a number says where the word is. Names are found by
//! their hash: each bucket has the indices of about four.

mod tables {
    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}

use std::cmp::Ordering;

use tables::{ALIASED, BLOCK, BLOCKS, BUCKETS, COMMON, LENGTHS, LONGEST, MEMBERS, NAMES, OWN_NAMES, RUNS, WORDS};

use super::hash::hash;

/// Characters whose names are a prefix, a hyphen and their number in hexadecimal digits: the first,
/// the last, the prefix.
pub(super) use tables::RANGES;

/// The name of a character that has one of its own.
pub(super) fn name(code: u32) -> Option<String> {
    let run = RUNS.partition_point(|&(first, _)| first <= code).checked_sub(1)?;
    let (first, index) = RUNS[run];
    let next = RUNS.get(run + 1).map_or(OWN_NAMES, |&(_, index)| index.into());
    let index = usize::from(index) + (code - first) as usize;
    (index < next).then(|| Words::of(index).text())
}

/// The character of a name or alias in capitals.
pub(super) fn find(name: &str) -> Option<u32> {
    if name.len() > LONGEST {
        return None;
    }
    let bucket = hash(name.as_bytes()) as usize % BUCKETS.len();
    let start = if bucket == 0 { 0 } else { BUCKETS[bucket - 1] };
    let members = &MEMBERS[start.into()..BUCKETS[bucket].into()];
    let index = usize::from(*members.iter().find(|&&index| Words::of(index.into()).is(name))?);
    Some(match index.checked_sub(OWN_NAMES) {
        Some(alias) => ALIASED[alias],
        None => {
            let (first, start) = RUNS[RUNS.partition_point(|&(_, start)| usize::from(start) <= index) - 1];
            first + (index - usize::from(start)) as u32
        }
    })
}

/// The words of a name.
struct Words {
    numbers: [u16; 64],
    len: usize,
}

impl Words {
    fn of(index: usize) -> Words {
        let mut data = NAMES[BLOCKS[index / BLOCK] as usize..].iter().map(|&byte| usize::from(byte));
        let mut next = || data.next().expect("a name has an end");
        let mut words = Words { numbers: [0; 64], len: 0 };
        for _ in 0..=index % BLOCK {
            let counts = next();
            words.len = counts >> 5;
            for _ in 0..counts & 31 {
                let byte = next();
                let number = match byte.checked_sub(COMMON.len()) {
                    None => COMMON[byte],
                    Some(high) => (high << 8 | next()) as u16,
                };
                words.numbers[words.len] = number;
                words.len += 1;
            }
        }
        words
    }

    /// The parts of the name, one after the other.
    fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.numbers[..self.len].iter().enumerate().flat_map(|(place, &number)| {
            let word = word(number);
            let is_apart = place > 0 && !word.starts_with('-');
            [if is_apart { " " } else { "" }, word]
        })
    }

    fn text(&self) -> String {
        self.parts().collect()
    }

    fn is(&self, name: &str) -> bool {
        let mut rest = name;
        self.parts().all(|part| rest.strip_prefix(part).map(|behind| rest = behind).is_some()) && rest.is_empty()
    }
}

/// A word by its number.
fn word(number: u16) -> &'static str {
    let mut at = 0;
    for (length, bounds) in LENGTHS.windows(2).enumerate() {
        match number.cmp(&bounds[1]) {
            Ordering::Less => {
                at += usize::from(number - bounds[0]) * length;
                return &WORDS[at..at + length];
            }
            _ => at += usize::from(bounds[1] - bounds[0]) * length,
        }
    }
    ""
}
