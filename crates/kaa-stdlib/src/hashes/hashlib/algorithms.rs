//! Hash algorithms that are chosen by name.

use sha2::Digest;

use crate::hashes::Algorithm;
use crate::hashes::sponge::Sponge;

/// An algorithm.
pub struct Kind {
    /// As Python calls it.
    pub name: &'static str,
    /// As OpenSSL calls it, in small letters: such names may be written in any.
    aliases: &'static [&'static str],
    /// Bytes of a digest; 0 where they can be of any length.
    pub digest_size: usize,
    pub block_size: usize,
    start: fn() -> State,
}

/// The longest digest of a fixed length.
pub const LONGEST_DIGEST: usize = 64;

const SHA3: u8 = 0x06;
const SHAKE: u8 = 0x1f;

macro_rules! kinds {
    ($($name:literal, $digest:literal, $block:literal, [$($alias:literal),*], $start:expr;)*) => {
        pub static KINDS: &[Kind] = &[$(Kind {
            name: $name, aliases: &[$($alias),*], digest_size: $digest, block_size: $block, start: || $start,
        }),*];
    };
}

kinds! {
    "md5", 16, 64, ["md5", "ssl3-md5"], State::Md5(md5::Md5::new());
    "sha1", 20, 64, ["sha1", "sha-1", "ssl3-sha1"], State::Sha1(sha1::Sha1::new());
    "sha224", 28, 64, ["sha224", "sha-224", "sha2-224"], State::Sha224(sha2::Sha224::new());
    "sha256", 32, 64, ["sha256", "sha-256", "sha2-256"], State::Sha256(sha2::Sha256::new());
    "sha384", 48, 128, ["sha384", "sha-384", "sha2-384"], State::Sha384(sha2::Sha384::new());
    "sha512", 64, 128, ["sha512", "sha-512", "sha2-512"], State::Sha512(sha2::Sha512::new());
    "sha512_224", 28, 128, ["sha512-224", "sha-512/224", "sha2-512/224"], State::Sha512_224(sha2::Sha512_224::new());
    "sha512_256", 32, 128, ["sha512-256", "sha-512/256", "sha2-512/256"], State::Sha512_256(sha2::Sha512_256::new());
    "sha3_224", 28, 144, ["sha3-224"], State::Sponge(Sponge::new(144, SHA3));
    "sha3_256", 32, 136, ["sha3-256"], State::Sponge(Sponge::new(136, SHA3));
    "sha3_384", 48, 104, ["sha3-384"], State::Sponge(Sponge::new(104, SHA3));
    "sha3_512", 64, 72, ["sha3-512"], State::Sponge(Sponge::new(72, SHA3));
    "shake_128", 0, 168, ["shake128", "shake-128"], State::Sponge(Sponge::new(168, SHAKE));
    "shake_256", 0, 136, ["shake256", "shake-256"], State::Sponge(Sponge::new(136, SHAKE));
    "blake2b", 64, 128, ["blake2b512", "blake2b-512"], State::Blake2b(blake2b_simd::State::new());
    "blake2s", 32, 64, ["blake2s256", "blake2s-256"], State::Blake2s(blake2s_simd::State::new());
    "md5-sha1", 36, 64, ["md5-sha1"], State::Md5Sha1(md5::Md5::new(), sha1::Sha1::new());
}

impl Kind {
    /// The algorithm of a name.
    pub fn named(name: &str) -> Option<&'static Kind> {
        let upper = |kind: &Kind| kind.name.starts_with("sha512_") && kind.name.to_ascii_uppercase() == name;
        let found = KINDS.iter().find(|kind| kind.name == name || upper(kind));
        found.or_else(|| {
            let name = name.to_ascii_lowercase();
            KINDS.iter().find(|kind| kind.aliases.contains(&&*name))
        })
    }

    /// Whether digests can be of any length.
    pub fn is_extendable(&self) -> bool {
        self.digest_size == 0
    }
}

/// A hash that goes on.
#[derive(Clone)]
pub struct Hash {
    pub kind: &'static Kind,
    state: State,
}

#[derive(Clone)]
enum State {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha224(sha2::Sha224),
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    Sha512_224(sha2::Sha512_224),
    Sha512_256(sha2::Sha512_256),
    Sponge(Sponge),
    Blake2b(blake2b_simd::State),
    Blake2s(blake2s_simd::State),
    Md5Sha1(md5::Md5, sha1::Sha1),
}

impl Hash {
    /// The hash of nothing yet.
    pub fn new(kind: &'static Kind) -> Hash {
        Hash { kind, state: (kind.start)() }
    }

    /// The digest of some bytes, which has a fixed length.
    pub fn of(kind: &'static Kind, bytes: &[u8], out: &mut [u8]) {
        let mut hash = Hash::new(kind);
        hash.update(bytes);
        hash.finish(out);
    }

    /// Writes the digest so far, in all its length; an extendable one in the length asked for.
    pub fn finish(&self, out: &mut [u8]) {
        match &self.state {
            State::Md5(state) => out.copy_from_slice(&state.clone().finalize()),
            State::Sha1(state) => out.copy_from_slice(&state.clone().finalize()),
            State::Sha224(state) => out.copy_from_slice(&state.clone().finalize()),
            State::Sha256(state) => out.copy_from_slice(&state.clone().finalize()),
            State::Sha384(state) => out.copy_from_slice(&state.clone().finalize()),
            State::Sha512(state) => out.copy_from_slice(&state.clone().finalize()),
            State::Sha512_224(state) => out.copy_from_slice(&state.clone().finalize()),
            State::Sha512_256(state) => out.copy_from_slice(&state.clone().finalize()),
            State::Sponge(state) => state.squeeze(out),
            State::Blake2b(state) => out.copy_from_slice(state.finalize().as_bytes()),
            State::Blake2s(state) => out.copy_from_slice(state.finalize().as_bytes()),
            State::Md5Sha1(md5, sha1) => {
                out[..16].copy_from_slice(&md5.clone().finalize());
                out[16..].copy_from_slice(&sha1.clone().finalize());
            }
        }
    }
}

impl Algorithm for Hash {
    fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Md5(state) => Digest::update(state, bytes),
            State::Sha1(state) => Digest::update(state, bytes),
            State::Sha224(state) => Digest::update(state, bytes),
            State::Sha256(state) => Digest::update(state, bytes),
            State::Sha384(state) => Digest::update(state, bytes),
            State::Sha512(state) => Digest::update(state, bytes),
            State::Sha512_224(state) => Digest::update(state, bytes),
            State::Sha512_256(state) => Digest::update(state, bytes),
            State::Sponge(state) => state.absorb(bytes),
            State::Blake2b(state) => drop(state.update(bytes)),
            State::Blake2s(state) => drop(state.update(bytes)),
            State::Md5Sha1(md5, sha1) => {
                Digest::update(md5, bytes);
                Digest::update(sha1, bytes);
            }
        }
    }

    fn with_digest<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
        let mut digest = [0; LONGEST_DIGEST];
        let digest = &mut digest[..self.kind.digest_size];
        self.finish(digest);
        with(digest)
    }
}
