//! Products of long coefficients by a number-theoretic transform modulo the prime 2^64 - 2^32 + 1.
//! A limb is three digits of base 10^6; the sums of their products stay below the prime.

use crate::limbs::{BASE, OutOfMemory, zeros};

const P: u64 = 0xffff_ffff_0000_0001;
/// `2^64 mod P`.
const EPSILON: u64 = 0xffff_ffff;
/// Generates the multiplicative group.
const GENERATOR: u64 = 7;
/// The base of a digit of the transform, and how many are in a limb.
const PIECE: u64 = 1_000_000;
const PIECES: usize = 3;
/// With at most so many products in a sum, it stays below the prime.
const MOST_SUMMANDS: usize = (P / (PIECE * PIECE)) as usize;

/// Whether the product of factors of so many limbs can be found this way.
pub fn fits(a: usize, b: usize) -> bool {
    a.min(b) * PIECES <= MOST_SUMMANDS
}

#[inline(always)]
fn add(a: u64, b: u64) -> u64 {
    let (sum, carry) = a.overflowing_add(b);
    let (reduced, borrow) = sum.overflowing_sub(P);
    if carry || !borrow { reduced } else { sum }
}

#[inline(always)]
fn subtract(a: u64, b: u64) -> u64 {
    let (difference, borrow) = a.overflowing_sub(b);
    if borrow { difference.wrapping_add(P) } else { difference }
}

#[inline(always)]
fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let (low, high) = (product as u64, (product >> 64) as u64);
    // 2^64 is 2^32 - 1, and 2^96 is -1.
    let (mut reduced, borrow) = low.overflowing_sub(high >> 32);
    if borrow {
        reduced = reduced.wrapping_sub(EPSILON);
    }
    let (sum, carry) = reduced.overflowing_add((high & EPSILON) * EPSILON);
    let sum = if carry { sum.wrapping_add(EPSILON) } else { sum };
    if sum >= P { sum - P } else { sum }
}

fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut base, mut result) = (base, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

/// For each half length `h` (a power of two), the powers of a root of order `2h` at `h..2h`.
fn roots(len: usize) -> Result<Vec<u64>, OutOfMemory> {
    let mut roots = zeros(len)?;
    let half = len / 2;
    let root = power(GENERATOR, (P - 1) / len as u64);
    let mut current = 1;
    for slot in &mut roots[half..] {
        *slot = current;
        current = multiply(current, root);
    }
    for index in (1..half).rev() {
        roots[index] = roots[2 * index];
    }
    Ok(roots)
}

/// Transforms; the result is in bit-reversed order.
fn forward(data: &mut [u64], roots: &[u64]) {
    let mut half = data.len() / 2;
    while half > 0 {
        let roots = &roots[half..2 * half];
        for block in data.chunks_exact_mut(2 * half) {
            let (left, right) = block.split_at_mut(half);
            for ((x, y), &root) in left.iter_mut().zip(right).zip(roots) {
                let (a, b) = (*x, *y);
                *x = add(a, b);
                *y = multiply(subtract(a, b), root);
            }
        }
        half /= 2;
    }
}

/// Undoes [`forward`] but for a factor and the order of all items after the first.
fn backward(data: &mut [u64], roots: &[u64]) {
    let mut half = 1;
    while half < data.len() {
        let roots = &roots[half..2 * half];
        for block in data.chunks_exact_mut(2 * half) {
            let (left, right) = block.split_at_mut(half);
            for ((x, y), &root) in left.iter_mut().zip(right).zip(roots) {
                let (a, b) = (*x, multiply(*y, root));
                *x = add(a, b);
                *y = subtract(a, b);
            }
        }
        half *= 2;
    }
    data[1..].reverse();
}

fn load(limbs: &[u64], len: usize) -> Result<Vec<u64>, OutOfMemory> {
    let mut data = zeros(len)?;
    for (pieces, &limb) in data.chunks_mut(PIECES).zip(limbs) {
        pieces[0] = limb % PIECE;
        pieces[1] = limb / PIECE % PIECE;
        pieces[2] = limb / (PIECE * PIECE);
    }
    Ok(data)
}

/// Writes `a × b` into `out`, which is as long as both together.
pub fn multiply_into(a: &[u64], b: &[u64], out: &mut [u64]) -> Result<(), OutOfMemory> {
    let len = ((a.len() + b.len()) * PIECES).next_power_of_two();
    let roots = roots(len)?;
    let mut left = load(a, len)?;
    forward(&mut left, &roots);
    if std::ptr::eq(a, b) {
        left.iter_mut().for_each(|x| *x = multiply(*x, *x));
    } else {
        let mut right = load(b, len)?;
        forward(&mut right, &roots);
        left.iter_mut().zip(&right).for_each(|(x, &y)| *x = multiply(*x, y));
    }
    backward(&mut left, &roots);
    let factor = power(len as u64, P - 2);
    let mut carry: u64 = 0;
    for (limb, pieces) in out.iter_mut().zip(left.chunks(PIECES)) {
        *limb = 0;
        let mut scale = 1;
        for &piece in pieces {
            // Summands are at most (10^6 - 1)^2, which leaves room for the carry.
            let sum = multiply(piece, factor) + carry;
            carry = sum / PIECE;
            *limb += sum % PIECE * scale;
            scale *= PIECE;
        }
        debug_assert!(*limb < BASE);
    }
    Ok(())
}
