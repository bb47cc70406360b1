//! Numbers that look random, the same for the same seed (splitmix64, by Steele, Lea and Flood).

/// A source of numbers.
pub struct Random(u64);

impl Random {
    /// The numbers of the `index`-th thing that is made with a seed.
    pub fn new(seed: u64, index: usize) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (index as u64) << 20)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number from 0 on, below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}
