//! Keys from passwords: PBKDF2 (RFC 8018) and scrypt (RFC 7914).

use super::algorithms::{Kind, LONGEST_DIGEST};
use super::mac::Mac;
use crate::hashes::Algorithm;

/// Fills `out` by PBKDF2 with HMAC.
pub fn pbkdf2(kind: &'static Kind, password: &[u8], salt: &[u8], iterations: u64, out: &mut [u8]) {
    let keyed = Mac::new(kind, password);
    let mut salted = keyed.clone();
    salted.update(salt);
    let (mut sum, mut last) = ([0; LONGEST_DIGEST], [0; LONGEST_DIGEST]);
    let (sum, last) = (&mut sum[..kind.digest_size], &mut last[..kind.digest_size]);
    for (number, block) in (1u32..).zip(out.chunks_mut(kind.digest_size)) {
        let mut first = salted.clone();
        first.update(&number.to_be_bytes());
        first.finish(last);
        sum.copy_from_slice(last);
        for _ in 1..iterations {
            let mut next = keyed.clone();
            next.update(last);
            next.finish(last);
            sum.iter_mut().zip(&*last).for_each(|(sum, byte)| *sum ^= byte);
        }
        block.copy_from_slice(&sum[..block.len()]);
    }
}

/// Words of a block of Salsa20.
const SALSA: usize = 16;

/// The cost of scrypt, checked.
#[derive(Clone, Copy)]
pub struct Cost {
    /// N: a power of 2.
    rounds: usize,
    /// r: blocks of 128 bytes that are mixed together.
    width: usize,
    /// p: how many such mixes are made.
    lanes: usize,
}

/// Why costs are refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    Parameters,
    Memory,
}

/// The memory that is allowed where nothing else is said.
const DEFAULT_MEMORY: u64 = 32 << 20;

impl Cost {
    /// Checks costs against each other and a limit of memory, 0 for the usual one. `rounds` is a
    /// power of 2 beyond 1.
    pub fn new(rounds: u64, width: u64, lanes: u64, memory: u64) -> Result<Cost, Refusal> {
        const MOST: u64 = (1 << 30) - 1;
        if width == 0 || lanes == 0 {
            return Err(Refusal::Parameters);
        }
        let too_many_rounds = 16 * width.min(4) < 64 && rounds >= 1 << (16 * width);
        if lanes > MOST / width || too_many_rounds {
            return Err(Refusal::Memory);
        }
        let wanted = u128::from(width) * 128 * (u128::from(lanes) + u128::from(rounds) + 2);
        if wanted > u128::from(if memory == 0 { DEFAULT_MEMORY } else { memory }) {
            return Err(Refusal::Memory);
        }
        Ok(Cost { rounds: rounds as usize, width: width as usize, lanes: lanes as usize })
    }

    /// Words of what is mixed together.
    fn words(self) -> usize {
        self.width * 2 * SALSA
    }
}

/// Fills `out` by scrypt; false when there is not memory enough.
pub fn scrypt(kind: &'static Kind, password: &[u8], salt: &[u8], cost: Cost, out: &mut [u8]) -> bool {
    let words = cost.words();
    let mut table = Vec::new();
    if table.try_reserve_exact(cost.rounds * words).is_err() {
        return false;
    }
    table.resize(cost.rounds * words, 0u32);
    let mut bytes = vec![0; cost.lanes * words * 4];
    pbkdf2(kind, password, salt, 1, &mut bytes);
    let (mut block, mut scratch) = (vec![0u32; words], vec![0u32; words]);
    for lane in bytes.chunks_mut(words * 4) {
        for (word, bytes) in block.iter_mut().zip(lane.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        mix_by_table(&mut block, &mut scratch, &mut table);
        for (word, bytes) in block.iter().zip(lane.as_chunks_mut().0) {
            *bytes = word.to_le_bytes();
        }
    }
    pbkdf2(kind, password, &bytes, 1, out);
    true
}

/// `scryptROMix`: the mixes one after another are kept in the table, and then mixed in again in an
/// order that depends on them.
fn mix_by_table(block: &mut Vec<u32>, scratch: &mut Vec<u32>, table: &mut [u32]) {
    let words = block.len();
    for entry in table.chunks_exact_mut(words) {
        entry.copy_from_slice(block);
        mix(block, scratch);
        std::mem::swap(block, scratch);
    }
    let rounds = table.len() / words;
    for _ in 0..rounds {
        // The number of rounds is a power of 2, and less than 2**32 by far.
        let index = block[words - SALSA] as usize & (rounds - 1);
        block.iter_mut().zip(&table[index * words..]).for_each(|(word, entry)| *word ^= entry);
        mix(block, scratch);
        std::mem::swap(block, scratch);
    }
}

/// `scryptBlockMix`.
fn mix(block: &[u32], out: &mut [u32]) {
    let (blocks, _) = block.as_chunks::<SALSA>();
    let (out, _) = out.as_chunks_mut::<SALSA>();
    let half = blocks.len() / 2;
    let mut last = blocks[blocks.len() - 1];
    for (index, part) in blocks.iter().enumerate() {
        last.iter_mut().zip(part).for_each(|(word, other)| *word ^= other);
        salsa20_8(&mut last);
        out[index / 2 + index % 2 * half] = last;
    }
}

/// The core of Salsa20 with 8 rounds.
fn salsa20_8(block: &mut [u32; SALSA]) {
    let mut x = *block;
    let mut quarter = |a: usize, b: usize, c: usize, d: usize| {
        x[b] ^= x[a].wrapping_add(x[d]).rotate_left(7);
        x[c] ^= x[b].wrapping_add(x[a]).rotate_left(9);
        x[d] ^= x[c].wrapping_add(x[b]).rotate_left(13);
        x[a] ^= x[d].wrapping_add(x[c]).rotate_left(18);
    };
    for _ in 0..4 {
        quarter(0, 4, 8, 12);
        quarter(5, 9, 13, 1);
        quarter(10, 14, 2, 6);
        quarter(15, 3, 7, 11);
        quarter(0, 1, 2, 3);
        quarter(5, 6, 7, 4);
        quarter(10, 11, 8, 9);
        quarter(15, 12, 13, 14);
    }
    block.iter_mut().zip(x).for_each(|(word, mixed)| *word = word.wrapping_add(mixed));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn keys_of_rfc_6070() {
        let sha1 = Kind::named("sha1").unwrap();
        let mut out = [0; 25];
        pbkdf2(sha1, b"password", b"salt", 2, &mut out[..20]);
        assert_eq!(hex(&out[..20]), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
        pbkdf2(sha1, b"passwordPASSWORDpassword", b"saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096, &mut out);
        assert_eq!(hex(&out), "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
    }

    #[test]
    fn keys_of_rfc_7914() {
        let sha256 = Kind::named("sha256").unwrap();
        let mut out = [0; 64];
        assert!(scrypt(sha256, b"", b"", Cost::new(16, 1, 1, 0).unwrap(), &mut out));
        assert_eq!(hex(&out[..16]), "77d6576238657b203b19ca42c18a0497");
        assert!(scrypt(sha256, b"password", b"NaCl", Cost::new(1024, 8, 16, 0).unwrap(), &mut out));
        assert_eq!(hex(&out[..16]), "fdbabe1c9d3472007856e7190d01e9fe");
    }

    #[test]
    fn costs_have_limits() {
        let refusal = |rounds, width, lanes, memory| Cost::new(rounds, width, lanes, memory).err();
        assert_eq!(refusal(2, 0, 1, 0), Some(Refusal::Parameters));
        assert_eq!(refusal(2, 1, 0, 0), Some(Refusal::Parameters));
        assert_eq!(refusal(2, 1 << 30, 2, 0), Some(Refusal::Memory));
        assert_eq!(refusal(2, u64::MAX, u64::MAX, 0), Some(Refusal::Memory));
        assert_eq!(refusal(1 << 16, 1, 1, 1 << 30), Some(Refusal::Memory));
        assert_eq!(refusal(1024, 8, 1, 1024 * 1027), None);
        assert_eq!(refusal(1024, 8, 1, 1024 * 1027 - 1), Some(Refusal::Memory));
        assert_eq!(refusal(1 << 63, 4, 1, 0), Some(Refusal::Memory));
    }
}
