//! Coefficients from binary integers and as such, and remainders by a prime for hashes.

use num_bigint::BigUint;

use crate::limbs::{self, BASE, OutOfMemory};
use crate::multiply::multiply;
use crate::{Coefficient, View};

/// Up to so many words the quadratic way is quicker.
const SHORT: usize = 100;

/// A coefficient from the words of an integer, the lowest first.
pub fn from_words(words: &[u64]) -> Result<Coefficient, OutOfMemory> {
    Ok(match *words {
        [] => Coefficient::ZERO,
        [word] => Coefficient::from_u64(word),
        _ => convert(words, &powers_of_two_64(words.len())?)?.into(),
    })
}

/// `2^(64 × SHORT × 2^i)` as coefficients, as far as needed to halve an integer of so many words.
fn powers_of_two_64(len: usize) -> Result<Vec<Vec<u64>>, OutOfMemory> {
    let mut powers: Vec<Vec<u64>> = Vec::new();
    let mut words = SHORT;
    while words < len {
        powers.push(match powers.last() {
            None => {
                let mut one = vec![0; SHORT + 1];
                one[SHORT] = 1;
                convert_short(&one)?
            }
            Some(last) => multiply(last, last)?,
        });
        words *= 2;
    }
    Ok(powers)
}

fn convert(words: &[u64], powers: &[Vec<u64>]) -> Result<Vec<u64>, OutOfMemory> {
    let words = limbs::trimmed(words);
    let Some((power, rest)) = powers.split_last().filter(|_| words.len() > SHORT) else {
        return convert_short(words);
    };
    let split = SHORT << rest.len();
    if words.len() <= split {
        return convert(words, rest);
    }
    let (low, high) = words.split_at(split);
    let high = multiply(&convert(high, rest)?, power)?;
    limbs::add(&high, &convert(low, rest)?)
}

fn convert_short(words: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    // A limb has a little less than 60 bits.
    let mut digits = limbs::buffer(words.len() * 64 / 59 + 2)?;
    for &word in words.iter().rev() {
        let mut carry = word;
        for limb in &mut digits {
            let value = u128::from(*limb) << 64 | u128::from(carry);
            (carry, *limb) = limbs::split(value);
        }
        while carry != 0 {
            digits.push(carry % BASE);
            carry /= BASE;
        }
    }
    limbs::trim(&mut digits);
    Ok(digits)
}

/// The words of a coefficient, the lowest first.
pub fn to_words(limbs: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    if limbs.len() <= SHORT {
        return to_words_short(limbs);
    }
    // What is computed has at most as many words; that much is there.
    limbs::buffer(limbs.len() * 4)?;
    let mut powers: Vec<BigUint> = Vec::new();
    let mut len = SHORT;
    while len < limbs.len() {
        powers.push(match powers.last() {
            None => BigUint::from(BASE).pow(SHORT as u32),
            Some(last) => last * last,
        });
        len *= 2;
    }
    Ok(combine(limbs, &powers)?.iter_u64_digits().collect())
}

fn combine(digits: &[u64], powers: &[BigUint]) -> Result<BigUint, OutOfMemory> {
    let Some((power, rest)) = powers.split_last().filter(|_| digits.len() > SHORT) else {
        let words = to_words_short(digits)?;
        return Ok(BigUint::new(words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]).collect()));
    };
    let split = SHORT << rest.len();
    if digits.len() <= split {
        return combine(digits, rest);
    }
    let (low, high) = digits.split_at(split);
    Ok(combine(high, rest)? * power + combine(low, rest)?)
}

fn to_words_short(digits: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let mut words = limbs::buffer(digits.len() + 1)?;
    for &limb in digits.iter().rev() {
        let mut carry = limb;
        for word in &mut words {
            let value = u128::from(*word) * u128::from(BASE) + u128::from(carry);
            *word = value as u64;
            carry = (value >> 64) as u64;
        }
        if carry != 0 {
            words.push(carry);
        }
    }
    Ok(words)
}

/// A finite number modulo 2^61 - 1, without its sign: what Python's hashes of numbers are made of.
pub fn modulo_mersenne_61(number: View<'_>) -> u64 {
    const P: u64 = (1 << 61) - 1;
    fn multiply(a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        let folded = (product as u64 & P) + (product >> 61) as u64;
        if folded >= P { folded - P } else { folded }
    }
    let coefficient = number.limbs.iter().rev().fold(0, |rest, &limb| {
        let sum = multiply(rest, BASE % P) + limb % P;
        if sum >= P { sum - P } else { sum }
    });
    /// The inverse of 10.
    const TENTH: u64 = 2_075_258_708_292_324_556;
    let mut base = if number.exp >= 0 { 10 } else { TENTH };
    let mut exponent = number.exp.unsigned_abs();
    let mut power = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = multiply(power, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    multiply(coefficient, power)
}
