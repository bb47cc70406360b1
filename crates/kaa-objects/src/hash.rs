//! Hashes of values: CPython's functions, so that hashes of numbers agree, and those of text agree
//! under a fixed `PYTHONHASHSEED`.

use crate::Vm;

/// The modulus of numeric hashes: the Mersenne prime 2^61 - 1.
pub const MODULUS: u64 = (1 << 61) - 1;

/// The two words that key the hash of text and bytes; both 0 when hashing is not randomized.
#[derive(Clone, Copy, Default)]
pub struct HashSecret(pub u64, pub u64);

impl HashSecret {
    /// The secret of a `PYTHONHASHSEED` number: CPython's linear congruential generator
    /// (`lcg_urandom`), 0 for «not randomized».
    pub fn from_seed(seed: u32) -> HashSecret {
        if seed == 0 {
            return HashSecret(0, 0);
        }
        let mut x = seed;
        let mut next = || {
            (0..8).fold(0u64, |word, i| {
                x = x.wrapping_mul(214_013).wrapping_add(2_531_011);
                word | u64::from((x >> 16) as u8) << (8 * i)
            })
        };
        HashSecret(next(), next())
    }
}

/// The hash of text (its code points' memory) or bytes: SipHash-1-3; never -1, and 0 for nothing.
pub fn hash_bytes(vm: &Vm, bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    match siphash13(vm.hash_secret, bytes) as i64 {
        -1 => -2,
        hash => hash,
    }
}

/// SipHash-1-3 (Aumasson and Bernstein), as CPython computes it.
pub fn siphash13(secret: HashSecret, bytes: &[u8]) -> u64 {
    let mut v = [
        secret.0 ^ 0x736f_6d65_7073_6575,
        secret.1 ^ 0x646f_7261_6e64_6f6d,
        secret.0 ^ 0x6c79_6765_6e65_7261,
        secret.1 ^ 0x7465_6462_7974_6573,
    ];
    #[inline(always)]
    fn round(v: &mut [u64; 4]) {
        v[0] = v[0].wrapping_add(v[1]);
        v[2] = v[2].wrapping_add(v[3]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[1]);
        v[0] = v[0].wrapping_add(v[3]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].rotate_left(32);
    }
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        let word = u64::from_le_bytes(*chunk);
        v[3] ^= word;
        round(&mut v);
        v[0] ^= word;
    }
    let last = match (rest, bytes.last_chunk::<8>()) {
        ([], _) => 0,
        // The bytes before are pushed out.
        (_, Some(last)) => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
        _ => rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    let word = last | (bytes.len() as u64) << 56;
    v[3] ^= word;
    round(&mut v);
    v[0] ^= word;
    v[2] ^= 0xff;
    round(&mut v);
    round(&mut v);
    round(&mut v);
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

/// The hash of an integer of 64 bits.
pub fn hash_int(i: i64) -> i64 {
    let hash = (i.unsigned_abs() % MODULUS) as i64;
    match if i < 0 { -hash } else { hash } {
        -1 => -2,
        hash => hash,
    }
}

/// The hash of a float that is not NaN; equal to the hash of an equal integer.
pub fn hash_float(f: f64) -> i64 {
    if f.is_infinite() {
        return if f > 0.0 { 314_159 } else { -314_159 };
    }
    let (mut mantissa, exponent) = frexp(f.abs());
    let mut exponent = exponent;
    let mut x: u64 = 0;
    while mantissa != 0.0 {
        x = (x << 28) & MODULUS | x >> (61 - 28);
        mantissa *= 268_435_456.0;
        exponent -= 28;
        let y = mantissa as u64;
        mantissa -= y as f64;
        x += y;
        if x >= MODULUS {
            x -= MODULUS;
        }
    }
    let shift = exponent.rem_euclid(61) as u32;
    if shift != 0 {
        x = (x << shift) & MODULUS | x >> (61 - shift);
    }
    match if f < 0.0 { -(x as i64) } else { x as i64 } {
        -1 => -2,
        hash => hash,
    }
}

/// Mantissa in [0.5, 1) and exponent of a finite float.
pub fn frexp(f: f64) -> (f64, i32) {
    if f == 0.0 || !f.is_finite() {
        return (f, 0);
    }
    let bits = f.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    if exponent == 0 {
        let (mantissa, exponent) = frexp(f * 2f64.powi(64));
        return (mantissa, exponent - 64);
    }
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent - 1022)
}

/// The hash of `None`.
pub const HASH_NONE: i64 = 0xfca8_6420;

/// The steps by which CPython combines hashes (xxHash without its last mixing).
struct Combine(u64);

impl Combine {
    const PRIMES: [u64; 3] = [0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x27d4_eb2f_1656_67c5];

    fn add(self, hash: i64) -> Combine {
        let [first, second, _] = Combine::PRIMES;
        Combine(self.0.wrapping_add((hash as u64).wrapping_mul(second)).rotate_left(31).wrapping_mul(first))
    }

    fn finish(self) -> i64 {
        // -1 means an error in CPython.
        if self.0 == u64::MAX { 1_546_275_796 } else { self.0 as i64 }
    }
}

/// The hash of a tuple from those of its items.
pub fn hash_tuple(items: impl ExactSizeIterator<Item = i64>) -> i64 {
    let last = Combine::PRIMES[2];
    let len = items.len() as u64;
    let combined = items.fold(Combine(last), Combine::add);
    Combine(combined.0.wrapping_add(len ^ (last ^ 3_527_539))).finish()
}

/// The hash of a slice from those of its members.
pub fn hash_slice(members: [i64; 3]) -> i64 {
    members.into_iter().fold(Combine(Combine::PRIMES[2]), Combine::add).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hash_as_in_cpython() {
        assert_eq!(hash_tuple([].into_iter()), 5740354900026072187);
        assert_eq!(hash_tuple([1].into_iter()), -6644214454873602895);
        assert_eq!(hash_tuple([1, 2, 3].into_iter()), 529344067295497451);
        assert_eq!(hash_slice([1, 2, 3]), -2340833382717974474);
    }

    #[test]
    fn numbers_hash_as_in_cpython() {
        assert_eq!(hash_int(-1), -2);
        assert_eq!(hash_int((1 << 61) - 1), 0);
        assert_eq!(hash_int(i64::MAX), 3);
        assert_eq!(hash_float(1.0), 1);
        assert_eq!(hash_float(0.5), 1_152_921_504_606_846_976);
        assert_eq!(hash_float(-3.25), -576_460_752_303_423_491);
        assert_eq!(hash_float(1e300), 1_224_995_262_755_759_164);
    }

    #[test]
    fn text_hashes_as_in_cpython_without_randomization() {
        // PYTHONHASHSEED=0 python3.14 -c 'print(hash("hello"))'
        assert_eq!(siphash13(HashSecret::from_seed(0), b"hello") as i64, -2_096_571_579_003_691_106);
        // PYTHONHASHSEED=7
        assert_eq!(siphash13(HashSecret::from_seed(7), b"hello") as i64, 5_250_059_022_077_951_793);
        // With 0 again, as many letters of the alphabet.
        for (length, hash) in [
            (1, 4_644_417_185_603_328_019),
            (7, 7_904_145_750_247_929_094),
            (8, 4_574_395_652_268_504_554),
            (9, -532_774_252_720_507_163),
            (15, 2_293_029_479_765_367_930),
            (16, -7_712_962_755_478_248_686),
            (17, 7_044_894_726_457_044_172),
        ] {
            let text = &b"abcdefghijklmnopq"[..length];
            assert_eq!(siphash13(HashSecret::from_seed(0), text) as i64, hash, "{length} letters");
        }
    }
}
