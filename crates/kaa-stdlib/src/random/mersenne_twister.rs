//! MT19937, the generator of Matsumoto and Nishimura, with their seeding by a row of words.

/// Words of the state.
pub const N: usize = 624;
const M: usize = 397;

/// The state.
#[derive(Clone)]
pub struct MersenneTwister {
    /// The words.
    pub words: [u32; N],
    /// Which word is next; `N` when new ones must be made.
    pub index: usize,
}

impl MersenneTwister {
    /// A generator with a seed of one word.
    fn from_word(seed: u32) -> MersenneTwister {
        let mut words = [seed; N];
        for i in 1..N {
            let previous = words[i - 1];
            words[i] = (previous ^ previous >> 30).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        MersenneTwister { words, index: N }
    }

    /// A generator with a seed of any length but 0.
    pub fn from_seed(seed: &[u32]) -> MersenneTwister {
        let mut made = MersenneTwister::from_word(19_650_218);
        let words = &mut made.words;
        let (mut i, mut j) = (1, 0);
        let mix = |words: &[u32; N], i: usize, factor: u32| {
            let previous = words[i - 1];
            words[i] ^ (previous ^ previous >> 30).wrapping_mul(factor)
        };
        for _ in 0..N.max(seed.len()) {
            words[i] = mix(words, i, 1_664_525).wrapping_add(seed[j]).wrapping_add(j as u32);
            i += 1;
            j += 1;
            if i >= N {
                words[0] = words[N - 1];
                i = 1;
            }
            if j >= seed.len() {
                j = 0;
            }
        }
        for _ in 1..N {
            words[i] = mix(words, i, 1_566_083_941).wrapping_sub(i as u32);
            i += 1;
            if i >= N {
                words[0] = words[N - 1];
                i = 1;
            }
        }
        words[0] = 0x8000_0000;
        made
    }

    fn refill(&mut self) {
        let words = &mut self.words;
        for i in 0..N {
            let y = (words[i] & 0x8000_0000) | (words[(i + 1) % N] & 0x7fff_ffff);
            let twist = if y & 1 == 0 { 0 } else { 0x9908_b0df };
            words[i] = words[(i + M) % N] ^ y >> 1 ^ twist;
        }
        self.index = 0;
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.index >= N {
            self.refill();
        }
        let mut y = self.words[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c_5680;
        y ^= y << 15 & 0xefc6_0000;
        y ^ y >> 18
    }

    /// The next float of [0, 1), with 53 random bits.
    pub fn next_f64(&mut self) -> f64 {
        let (high, low) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) * (1.0 / 9_007_199_254_740_992.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authors_own_values() {
        let mut generator = MersenneTwister::from_seed(&[0x123, 0x234, 0x345, 0x456]);
        let first: Vec<u32> = (0..3).map(|_| generator.next_u32()).collect();
        assert_eq!(first, [1_067_595_299, 955_945_823, 477_289_528]);
        for _ in 3..999 {
            generator.next_u32();
        }
        assert_eq!(generator.next_u32(), 3_460_025_646);
    }

    #[test]
    fn floats_are_those_of_python() {
        let mut generator = MersenneTwister::from_seed(&[42]);
        assert_eq!(generator.next_f64(), 0.639_426_798_457_883_8);
    }
}
