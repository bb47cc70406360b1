//! HMAC (RFC 2104) over any hash with digests of a fixed length.

use super::algorithms::{Hash, Kind, LONGEST_DIGEST};
use crate::hashes::Algorithm;

/// The largest block of an algorithm.
const LONGEST_BLOCK: usize = 144;

/// An authentication code that goes on.
#[derive(Clone)]
pub struct Mac {
    inner: Hash,
    /// The outer hash, with the key in it.
    outer: Hash,
}

impl Mac {
    /// The code of nothing yet, under a key.
    pub fn new(kind: &'static Kind, key: &[u8]) -> Mac {
        let mut block = [0; LONGEST_BLOCK];
        let block = &mut block[..kind.block_size];
        match block.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => Hash::of(kind, key, &mut block[..kind.digest_size]),
        }
        let mut padded = |pad: u8| {
            let mut hash = Hash::new(kind);
            block.iter_mut().for_each(|byte| *byte ^= pad);
            hash.update(block);
            // Back to the key alone.
            block.iter_mut().for_each(|byte| *byte ^= pad);
            hash
        };
        Mac { inner: padded(0x36), outer: padded(0x5c) }
    }

    pub fn kind(&self) -> &'static Kind {
        self.inner.kind
    }

    /// Writes the code so far.
    pub fn finish(&self, out: &mut [u8]) {
        self.inner.finish(out);
        let mut outer = self.outer.clone();
        outer.update(out);
        outer.finish(out);
    }
}

impl Algorithm for Mac {
    fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    fn with_digest<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
        let mut digest = [0; LONGEST_DIGEST];
        let digest = &mut digest[..self.kind().digest_size];
        self.finish(digest);
        with(digest)
    }
}
