//! Where instructions start among the units of code: the others are their inline caches.

use kaa_bytecode::Opcode;

/// A bit for each unit, set where an instruction or a prefix of one is.
pub(super) struct Starts(Box<[u64]>);

impl Starts {
    /// Of code of so many units, which may be given without those of inline caches.
    pub(super) fn new(code: &[u8], units: usize, without_caches: bool) -> Starts {
        let mut bits = vec![0u64; units.div_ceil(64)];
        let code = code.as_chunks::<2>().0;
        let (mut from, mut at) = (0, 0);
        while at < units
            && let Some(unit) = code.get(from)
        {
            bits[at / 64] |= 1 << (at % 64);
            let length = 1 + Opcode::caches_of_number(unit[0]);
            from += if without_caches { 1 } else { length };
            at += length;
        }
        Starts(bits.into())
    }

    /// Whether one is there; so it counts behind the end.
    #[inline(always)]
    pub(super) fn is_start(&self, unit: usize) -> bool {
        self.0.get(unit / 64).is_none_or(|bits| bits >> (unit % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_no_starts() {
        let caches = Opcode::LoadAttr.caches();
        let (load, plain) = (Opcode::LoadAttr as u8, Opcode::LoadFast as u8);
        let stored = [plain, 0].into_iter().chain([load, 1]).chain([plain, 2].repeat(70)).collect::<Vec<u8>>();
        // What is in caches does not matter.
        let whole = [&stored[..4], &[plain, 9].repeat(caches), &stored[4..]].concat();
        for starts in [Starts::new(&stored, 72 + caches, true), Starts::new(&whole, 72 + caches, false)] {
            let found: Vec<usize> = (0..72 + caches).filter(|&unit| starts.is_start(unit)).collect();
            assert_eq!(found, [0, 1].into_iter().chain(2 + caches..72 + caches).collect::<Vec<_>>());
            assert!(starts.is_start(1000));
        }
    }
}
