//! SHA-3 and SHAKE: sponges over the permutation of the crate `keccak` (FIPS 202).

/// A sponge that takes bytes in.
#[derive(Clone)]
pub struct Sponge {
    lanes: [u64; 25],
    /// How many bytes of the block are filled.
    filled: usize,
    /// Bytes of a block.
    rate: usize,
    /// What is added behind the last byte: the domain and the first bit of padding.
    suffix: u8,
}

impl Sponge {
    /// An empty sponge.
    pub fn new(rate: usize, suffix: u8) -> Sponge {
        Sponge { lanes: [0; 25], filled: 0, rate, suffix }
    }

    /// Takes bytes in.
    pub fn absorb(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // Whole lanes at once, single bytes up to the next lane.
            if self.filled.is_multiple_of(8)
                && let Some((lane, rest)) = bytes.split_first_chunk::<8>()
            {
                self.lanes[self.filled / 8] ^= u64::from_le_bytes(*lane);
                self.filled += 8;
                bytes = rest;
            } else {
                self.lanes[self.filled / 8] ^= u64::from(bytes[0]) << (self.filled % 8 * 8);
                self.filled += 1;
                bytes = &bytes[1..];
            }
            if self.filled == self.rate {
                permute(&mut self.lanes);
                self.filled = 0;
            }
        }
    }

    /// Fills a slice with the bytes that the sponge gives when squeezed now.
    pub fn squeeze(&self, out: &mut [u8]) {
        let mut lanes = self.lanes;
        lanes[self.filled / 8] ^= u64::from(self.suffix) << (self.filled % 8 * 8);
        lanes[self.rate / 8 - 1] ^= 0x80 << 56;
        for block in out.chunks_mut(self.rate) {
            permute(&mut lanes);
            for (bytes, lane) in block.chunks_mut(8).zip(lanes) {
                bytes.copy_from_slice(&lane.to_le_bytes()[..bytes.len()]);
            }
        }
    }
}

fn permute(lanes: &mut [u64; 25]) {
    keccak::Keccak::new().with_f1600(|permutation| permutation(lanes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_nothing() {
        let mut out = [0; 28];
        Sponge::new(144, 6).squeeze(&mut out);
        assert_eq!(out[..8], [0x6b, 0x4e, 0x03, 0x42, 0x36, 0x67, 0xdb, 0xb7]);
        Sponge::new(168, 0x1f).squeeze(&mut out);
        assert_eq!(out[..8], [0x7f, 0x9c, 0x2b, 0xa4, 0xe8, 0x8f, 0x82, 0x7d]);
    }

    #[test]
    fn pieces_make_no_difference() {
        let bytes: Vec<u8> = (0..1000).map(|i| (i * 31) as u8).collect();
        let (mut whole, mut pieces) = (Sponge::new(136, 6), Sponge::new(136, 6));
        whole.absorb(&bytes);
        bytes.chunks(7).for_each(|piece| pieces.absorb(piece));
        let (mut a, mut b) = ([0; 500], [0; 500]);
        whole.squeeze(&mut a);
        pieces.squeeze(&mut b);
        assert_eq!(a, b);
    }
}
