//! Products of coefficients: by columns for short ones, Karatsuba's way for longer ones, by a
//! number-theoretic transform for the longest.

use crate::limbs::{self, OutOfMemory, add_in_place, buffer, split_wide, subtract_in_place, zeros};
use crate::ntt;

/// From how many limbs on (of the shorter factor) Karatsuba's way is quicker.
const KARATSUBA: usize = 40;
/// From how many limbs on (of both) the transform is quicker.
const TRANSFORM: usize = 1200;

/// `a × b`.
pub fn multiply(a: &[u64], b: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    if a.is_empty() || b.is_empty() {
        return Ok(Vec::new());
    }
    let mut product = zeros(a.len() + b.len())?;
    multiply_into(a, b, &mut product)?;
    limbs::trim(&mut product);
    Ok(product)
}

/// Writes `a × b` into `out`, which is as long as both together.
fn multiply_into(a: &[u64], b: &[u64], out: &mut [u64]) -> Result<(), OutOfMemory> {
    let (a, b) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    if b.len() < KARATSUBA {
        by_columns(a, b, out);
        return Ok(());
    }
    if b.len() >= TRANSFORM && ntt::fits(a.len(), b.len()) {
        return ntt::multiply_into(a, b, out);
    }
    if a.len() < 2 * b.len() {
        return karatsuba(a, b, out);
    }
    // Pieces of the longer factor, as long as the shorter one.
    out.fill(0);
    let mut piece = zeros(2 * b.len())?;
    for (index, part) in a.chunks(b.len()).enumerate() {
        let piece = &mut piece[..part.len() + b.len()];
        multiply_into(part, b, piece)?;
        add_in_place(&mut out[index * b.len()..], piece);
    }
    Ok(())
}

/// Adds up the products of each column before anything is carried. The shorter factor has at most
/// 340 limbs, so that a column fits.
fn by_columns(a: &[u64], b: &[u64], out: &mut [u64]) {
    let mut carry: u128 = 0;
    let columns = a.len() + b.len() - 1;
    for column in 0..columns {
        let first = (column + 1).saturating_sub(b.len());
        let last = column.min(a.len() - 1);
        let mut sum = carry;
        for (&x, &y) in a[first..=last].iter().zip(b[column - last..=column - first].iter().rev()) {
            sum += u128::from(x) * u128::from(y);
        }
        (carry, out[column]) = split_wide(sum);
    }
    out[columns] = carry as u64;
}

/// Three products of half the length. `a` is not shorter than `b`, and less than twice as long.
fn karatsuba(a: &[u64], b: &[u64], out: &mut [u64]) -> Result<(), OutOfMemory> {
    let half = a.len().div_ceil(2);
    if b.len() <= half {
        // Too short to split there: two products.
        let (low, high) = a.split_at(half);
        out.fill(0);
        multiply_into(low, b, &mut out[..half + b.len()])?;
        let upper = high_product(high, b)?;
        add_in_place(&mut out[half..], &upper);
        return Ok(());
    }
    let ((a0, a1), (b0, b1)) = (a.split_at(half), b.split_at(half));
    let (low, high) = out.split_at_mut(2 * half);
    multiply_into(a0, b0, low)?;
    multiply_into(a1, b1, high)?;
    let (sum_a, sum_b) = (sum(a0, a1)?, sum(b0, b1)?);
    let mut middle = zeros(sum_a.len() + sum_b.len())?;
    multiply_into(&sum_a, &sum_b, &mut middle)?;
    subtract_in_place(&mut middle, low);
    subtract_in_place(&mut middle, high);
    add_in_place(&mut out[half..], limbs::trimmed(&middle));
    Ok(())
}

fn high_product(a: &[u64], b: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let mut product = zeros(a.len() + b.len())?;
    multiply_into(a, b, &mut product)?;
    Ok(product)
}

/// `a + b` for the longer `a`, one limb longer.
fn sum(a: &[u64], b: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let mut sum = buffer(a.len() + 1)?;
    sum.extend_from_slice(a);
    let carry = add_in_place(&mut sum, b);
    sum.push(carry);
    Ok(sum)
}
