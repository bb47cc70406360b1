//! Quotients of coefficients: long division (Knuth's algorithm D), and for long divisors division
//! by halves (Burnikel and Ziegler), which costs little more than multiplication.

use std::cmp::Ordering;

use crate::limbs::{
    self, BASE, OutOfMemory, add_in_place, buffer, copy, divide_word, multiply_word, split, subtract_in_place, trim,
    zeros,
};
use crate::multiply::multiply;

/// From how many limbs of divisor and quotient on division by halves is quicker.
const HALVES: usize = 80;

/// Quotient and remainder; the divisor is not 0.
pub fn divide(a: &[u64], b: &[u64]) -> Result<(Vec<u64>, Vec<u64>), OutOfMemory> {
    if limbs::compare(a, b) == Ordering::Less {
        return Ok((Vec::new(), copy(a)?));
    }
    if let [word] = *b {
        let mut quotient = copy(a)?;
        let remainder = divide_word(&mut quotient, word);
        trim(&mut quotient);
        return Ok((quotient, if remainder == 0 { Vec::new() } else { vec![remainder] }));
    }
    if let ([a0, a1], [b0, b1]) = (a, b) {
        let wide = |low: u64, high: u64| u128::from(high) * u128::from(BASE) + u128::from(low);
        let (a, b) = (wide(*a0, *a1), wide(*b0, *b1));
        let (high, low) = split(a % b);
        let mut remainder = vec![low, high];
        trim(&mut remainder);
        return Ok((vec![(a / b) as u64], remainder));
    }
    // Both times the same factor, so that the divisor's top limb is at least half the base.
    let factor = normalizer(b[b.len() - 1]);
    let mut divisor = copy(b)?;
    multiply_word(&mut divisor, factor, 0);
    let mut rest = buffer(a.len() + 1)?;
    rest.extend_from_slice(a);
    let carry = multiply_word(&mut rest, factor, 0);
    rest.push(carry);
    let mut quotient = if b.len() < HALVES || a.len() - b.len() < HALVES {
        let mut quotient = zeros(rest.len() - b.len())?;
        long_division(&mut rest, &divisor, &mut quotient);
        quotient
    } else {
        by_halves(&mut rest, &divisor)?
    };
    trim(&mut rest);
    divide_word(&mut rest, factor);
    trim(&mut rest);
    trim(&mut quotient);
    Ok((quotient, rest))
}

/// What a divisor with this limb on top is to be multiplied by for long division.
pub fn normalizer(top: u64) -> u64 {
    BASE / (top + 1)
}

/// Long division of numbers on the stack: the divisor normalized, the top limbs of `rest` smaller
/// than it. The remainder is left in `rest`.
pub fn divide_normalized(rest: &mut [u64], divisor: &[u64], quotient: &mut [u64]) {
    long_division(rest, divisor, quotient);
}

/// Divides the limbs of `rest` by a normalized divisor of at least two limbs; the top part of
/// `rest` is smaller than it. The remainder is left in `rest`.
fn long_division(rest: &mut [u64], divisor: &[u64], quotient: &mut [u64]) {
    let len = divisor.len();
    let (top, second) = (u128::from(divisor[len - 1]), u128::from(divisor[len - 2]));
    for place in (0..rest.len() - len).rev() {
        let part = &mut rest[place..=place + len];
        let head = u128::from(part[len]) * u128::from(BASE) + u128::from(part[len - 1]);
        let mut guess = head / top;
        let mut left = head - guess * top;
        while guess >= u128::from(BASE) || guess * second > left * u128::from(BASE) + u128::from(part[len - 2]) {
            guess -= 1;
            left += top;
            if left >= u128::from(BASE) {
                break;
            }
        }
        let mut guess = guess as u64;
        if guess != 0 {
            let mut carry = 0;
            let mut borrow = 0;
            for (x, &d) in part.iter_mut().zip(divisor) {
                let low;
                (carry, low) = split(u128::from(d) * u128::from(guess) + u128::from(carry));
                let taken = low + borrow;
                borrow = u64::from(*x < taken);
                *x = (*x + borrow * BASE) - taken;
            }
            let taken = carry + borrow;
            if part[len] < taken {
                // One too many (rarely): the divisor is added back.
                guess -= 1;
                part[len] = (part[len] + BASE) - taken;
                let carry = add_in_place(&mut part[..len], divisor);
                part[len] = (part[len] + carry) % BASE;
            } else {
                part[len] -= taken;
            }
        }
        quotient[place] = guess;
    }
}

/// As [`long_division`] for long divisors: pieces of the divisor's length, each divided by halves.
fn by_halves(rest: &mut Vec<u64>, divisor: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    // Zero limbs below both make the length of the divisor a small number times a power of two.
    let mut unit = divisor.len();
    let mut doublings = 0;
    while unit >= HALVES {
        unit = unit.div_ceil(2);
        doublings += 1;
    }
    let len = unit << doublings;
    let pad = len - divisor.len();
    let widened = |limbs: &[u64]| -> Result<Vec<u64>, OutOfMemory> {
        let mut wide = zeros(pad)?;
        wide.try_reserve_exact(limbs.len()).map_err(|_| OutOfMemory)?;
        wide.extend_from_slice(limbs);
        Ok(wide)
    };
    let divisor = widened(divisor)?;
    let dividend = widened(rest)?;
    let pieces = dividend.len().div_ceil(len);
    let mut quotient = zeros(pieces * len)?;
    let mut remainder: Vec<u64> = Vec::new();
    for piece in (0..pieces).rev() {
        let part = &dividend[piece * len..dividend.len().min((piece + 1) * len)];
        let mut wide = buffer(2 * len)?;
        wide.extend_from_slice(part);
        wide.resize(len, 0);
        wide.extend_from_slice(&remainder);
        let digits = two_by_one(&mut wide, &divisor)?;
        quotient[piece * len..piece * len + digits.len()].copy_from_slice(&digits);
        trim(&mut wide);
        remainder = wide;
    }
    remainder.drain(..pad.min(remainder.len()));
    *rest = remainder;
    Ok(quotient)
}

/// Divides at most `2n` limbs by `n`; the remainder is left in `a`. The quotient has `n` limbs.
fn two_by_one(a: &mut Vec<u64>, b: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let n = b.len();
    if !n.is_multiple_of(2) || n < HALVES {
        a.resize(2 * n + 1, 0);
        let mut quotient = zeros(n + 1)?;
        long_division(a, b, &mut quotient);
        trim(a);
        trim(&mut quotient);
        return Ok(quotient);
    }
    a.resize(2 * n, 0);
    let half = n / 2;
    let mut upper = copy(&a[half..])?;
    let high = three_by_two(&mut upper, b)?;
    let mut lower = buffer(half + upper.len())?;
    lower.extend_from_slice(&a[..half]);
    lower.extend_from_slice(&upper);
    let low = three_by_two(&mut lower, b)?;
    let mut quotient = buffer(n)?;
    quotient.extend_from_slice(&low);
    quotient.resize(half, 0);
    quotient.extend_from_slice(&high);
    *a = lower;
    Ok(quotient)
}

/// Divides at most `3h` limbs by `2h`; the remainder is left in `a`. The quotient has at most `h`
/// limbs.
fn three_by_two(a: &mut Vec<u64>, b: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let half = b.len() / 2;
    a.resize(3 * half, 0);
    let (b0, b1) = b.split_at(half);
    let mut top = copy(&a[half..])?;
    let quotient = if limbs::compare(limbs::trimmed(&top[half..]), b1) == Ordering::Less {
        let mut quotient = two_by_one(&mut top, b1)?;
        trim(&mut quotient);
        quotient
    } else {
        // The quotient would not fit: the largest that does, which is at most two too large.
        let mut quotient = buffer(half)?;
        quotient.resize(half, BASE - 1);
        // top - (BASE^half - 1) b1 = top - BASE^half b1 + b1
        subtract_in_place(&mut top[half..], b1);
        top.push(0);
        add_in_place(&mut top, b1);
        quotient
    };
    let mut quotient = quotient;
    // What is left is `top` before the low limbs of `a`, less the quotient times `b0`.
    let mut left = buffer(3 * half + 2)?;
    left.extend_from_slice(&a[..half]);
    left.extend_from_slice(limbs::trimmed(&top));
    let product = multiply(&quotient, b0)?;
    trim(&mut left);
    while limbs::compare(&left, &product) == Ordering::Less {
        left.resize(left.len().max(b.len()) + 1, 0);
        add_in_place(&mut left, b);
        trim(&mut left);
        subtract_in_place(&mut quotient, &[1]);
    }
    subtract_in_place(&mut left, &product);
    trim(&mut left);
    *a = left;
    trim(&mut quotient);
    Ok(quotient)
}
