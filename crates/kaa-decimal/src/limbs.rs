//! Coefficients: natural numbers in base 10^18, least significant limb first, no zero limb on top.
//! The base leaves four bits of a word free, so that hundreds of products of two limbs fit a
//! `u128` before anything is carried.

use std::cmp::Ordering;

/// The base of a limb.
pub const BASE: u64 = 1_000_000_000_000_000_000;
/// How many digits a limb has.
pub const WIDTH: usize = 18;

/// The powers of ten that 64 bits hold.
pub static POW10: [u64; 20] = {
    let mut powers = [1; 20];
    let mut i = 1;
    while i < 20 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// There is not enough memory for a coefficient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// An empty buffer with room for so many limbs.
pub fn buffer(len: usize) -> Result<Vec<u64>, OutOfMemory> {
    let mut limbs = Vec::new();
    limbs.try_reserve_exact(len).map_err(|_| OutOfMemory)?;
    Ok(limbs)
}

/// So many limbs of 0.
pub fn zeros(len: usize) -> Result<Vec<u64>, OutOfMemory> {
    let mut limbs = buffer(len)?;
    limbs.resize(len, 0);
    Ok(limbs)
}

/// A copy.
pub fn copy(limbs: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let mut copy = buffer(limbs.len())?;
    copy.extend_from_slice(limbs);
    Ok(copy)
}

/// Fails when there is no memory for a coefficient of so many digits.
pub fn probe(digits: i64) -> Result<(), OutOfMemory> {
    const SMALL: i64 = 1 << 24;
    if digits > SMALL {
        buffer(usize::try_from(digits / WIDTH as i64).map_err(|_| OutOfMemory)?)?;
    }
    Ok(())
}

/// Without zero limbs on top.
pub fn trimmed(limbs: &[u64]) -> &[u64] {
    let len = limbs.iter().rposition(|&limb| limb != 0).map_or(0, |last| last + 1);
    &limbs[..len]
}

/// Removes zero limbs on top.
pub fn trim(limbs: &mut Vec<u64>) {
    limbs.truncate(trimmed(limbs).len());
}

/// Quotient and remainder of `value` and the base, for values below 2^64 times the base.
#[inline(always)]
pub fn split(value: u128) -> (u64, u64) {
    // Division by a normalized invariant divisor (Möller and Granlund, 2011).
    const SHIFT: u32 = BASE.leading_zeros();
    const DIVISOR: u64 = BASE << SHIFT;
    const RECIPROCAL: u64 = (u128::MAX / DIVISOR as u128 - (1 << 64)) as u64;
    let value = value << SHIFT;
    let (high, low) = ((value >> 64) as u64, value as u64);
    let estimate = u128::from(RECIPROCAL) * u128::from(high) + value;
    let (mut quotient, fraction) = (((estimate >> 64) as u64).wrapping_add(1), estimate as u64);
    let mut remainder = low.wrapping_sub(quotient.wrapping_mul(DIVISOR));
    if remainder > fraction {
        quotient = quotient.wrapping_sub(1);
        remainder = remainder.wrapping_add(DIVISOR);
    }
    if remainder >= DIVISOR {
        quotient = quotient.wrapping_add(1);
        remainder -= DIVISOR;
    }
    (quotient, remainder >> SHIFT)
}

/// Quotient and remainder of any value and the base.
#[inline(always)]
pub fn split_wide(value: u128) -> (u128, u64) {
    let high = (value >> 64) as u64;
    let (top, rest) = (high / BASE, high % BASE);
    let (quotient, remainder) = split(u128::from(rest) << 64 | u128::from(value as u64));
    (u128::from(top) << 64 | u128::from(quotient), remainder)
}

/// How many digits a word has; 0 has none.
#[inline(always)]
pub fn digits_of_word(word: u64) -> u32 {
    if word == 0 {
        return 0;
    }
    // log10(2) is 1233/4096 and a little less.
    let estimate = ((64 - word.leading_zeros()) * 1233) >> 12;
    estimate + u32::from(word >= POW10[estimate as usize])
}

/// How many digits a coefficient has; 0 has none.
#[inline]
pub fn digits(limbs: &[u64]) -> i64 {
    match limbs {
        [] => 0,
        [rest @ .., top] => rest.len() as i64 * WIDTH as i64 + i64::from(digits_of_word(*top)),
    }
}

/// The order of two coefficients.
pub fn compare(a: &[u64], b: &[u64]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// Adds `b` to the low limbs of `a`; gives the carry out of `a`. `a` is not shorter than `b`.
pub fn add_in_place(a: &mut [u64], b: &[u64]) -> u64 {
    let (low, high) = a.split_at_mut(b.len());
    let mut carry = 0;
    for (x, &y) in low.iter_mut().zip(b) {
        let sum = *x + y + carry;
        carry = u64::from(sum >= BASE);
        *x = sum - carry * BASE;
    }
    for x in high {
        if carry == 0 {
            break;
        }
        let sum = *x + 1;
        carry = u64::from(sum == BASE);
        *x = if sum == BASE { 0 } else { sum };
    }
    carry
}

/// Subtracts `b` from `a`, which is not below it in value or length; gives the borrow.
pub fn subtract_in_place(a: &mut [u64], b: &[u64]) -> u64 {
    let (low, high) = a.split_at_mut(b.len());
    let mut borrow = 0;
    for (x, &y) in low.iter_mut().zip(b) {
        let taken = y + borrow;
        borrow = u64::from(*x < taken);
        *x = (*x + borrow * BASE) - taken;
    }
    for x in high {
        if borrow == 0 {
            break;
        }
        borrow = u64::from(*x == 0);
        *x = if *x == 0 { BASE - 1 } else { *x - 1 };
    }
    borrow
}

/// `a + b`.
pub fn add(a: &[u64], b: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut sum = buffer(long.len() + 1)?;
    sum.extend_from_slice(long);
    if add_in_place(&mut sum, short) != 0 {
        sum.push(1);
    }
    Ok(sum)
}

/// `a - b`, where `a` is not smaller.
pub fn subtract(a: &[u64], b: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let mut difference = copy(a)?;
    subtract_in_place(&mut difference, b);
    trim(&mut difference);
    Ok(difference)
}

/// Adds 1.
pub fn increment(limbs: &mut Vec<u64>) -> Result<(), OutOfMemory> {
    for limb in limbs.iter_mut() {
        if *limb != BASE - 1 {
            *limb += 1;
            return Ok(());
        }
        *limb = 0;
    }
    limbs.try_reserve(1).map_err(|_| OutOfMemory)?;
    limbs.push(1);
    Ok(())
}

/// Multiplies by a word and adds another in place; gives the carry.
pub fn multiply_word(limbs: &mut [u64], factor: u64, add: u64) -> u64 {
    let mut carry = add;
    for limb in limbs {
        (carry, *limb) = split(u128::from(*limb) * u128::from(factor) + u128::from(carry));
    }
    carry
}

/// Divides by a word below the base in place; gives the remainder.
pub fn divide_word(limbs: &mut [u64], divisor: u64) -> u64 {
    let mut remainder = 0;
    for limb in limbs.iter_mut().rev() {
        let value = u128::from(remainder) * u128::from(BASE) + u128::from(*limb);
        let quotient = (value / u128::from(divisor)) as u64;
        remainder = (value - u128::from(quotient) * u128::from(divisor)) as u64;
        *limb = quotient;
    }
    remainder
}

/// The coefficient times 10^places.
pub fn shift_left(limbs: &[u64], places: i64) -> Result<Vec<u64>, OutOfMemory> {
    if limbs.is_empty() {
        return Ok(Vec::new());
    }
    let places = usize::try_from(places).map_err(|_| OutOfMemory)?;
    let (whole, part) = (places / WIDTH, places % WIDTH);
    let mut shifted = buffer(whole.checked_add(limbs.len() + 1).ok_or(OutOfMemory)?)?;
    shifted.resize(whole, 0);
    shifted.extend_from_slice(limbs);
    if part != 0 {
        let carry = multiply_word(&mut shifted[whole..], POW10[part], 0);
        if carry != 0 {
            shifted.push(carry);
        }
    }
    Ok(shifted)
}

/// What is cut off when a coefficient loses so many digits, as one digit: its first one, made odd
/// (or 6) when that is 0 or 5 and what follows is not 0. So 0 says «nothing», below 5 «less than
/// half», 5 «exactly half», above «more».
pub fn cut_digit(limbs: &[u64], places: i64) -> u8 {
    let all = digits(limbs);
    if places > all {
        return u8::from(all != 0);
    }
    if places <= 0 {
        return 0;
    }
    let last = (places - 1) as usize;
    let (whole, part) = (last / WIDTH, last % WIDTH);
    let digit = (limbs[whole] / POW10[part] % 10) as u8;
    if !digit.is_multiple_of(5) {
        return digit;
    }
    let rest = !limbs[whole].is_multiple_of(POW10[part]) || limbs[..whole].iter().any(|&limb| limb != 0);
    digit + u8::from(rest)
}

/// The coefficient without its last digits, rounded down.
pub fn shift_right(limbs: &[u64], places: i64) -> Result<Vec<u64>, OutOfMemory> {
    let Ok(places) = usize::try_from(places) else { return copy(limbs) };
    let (whole, part) = (places / WIDTH, places % WIDTH);
    if whole >= limbs.len() {
        return Ok(Vec::new());
    }
    let mut shifted = copy(&limbs[whole..])?;
    if part != 0 {
        let (divisor, factor) = (POW10[part], POW10[WIDTH - part]);
        let mut above = 0;
        for limb in shifted.iter_mut().rev() {
            let quotient = *limb / divisor;
            let rest = *limb - quotient * divisor;
            *limb = above * factor + quotient;
            above = rest;
        }
        trim(&mut shifted);
    }
    Ok(shifted)
}

/// The last digits of a coefficient.
pub fn low_digits(limbs: &[u64], places: i64) -> Result<Vec<u64>, OutOfMemory> {
    let places = usize::try_from(places).unwrap_or(0);
    let (whole, part) = (places / WIDTH, places % WIDTH);
    if whole >= limbs.len() {
        return copy(limbs);
    }
    let mut low = copy(&limbs[..=whole])?;
    low[whole] %= POW10[part];
    trim(&mut low);
    Ok(low)
}

/// How many zeros a coefficient ends in.
pub fn trailing_zeros(limbs: &[u64]) -> i64 {
    let Some(whole) = limbs.iter().position(|&limb| limb != 0) else { return 0 };
    let mut limb = limbs[whole];
    let mut zeros = (whole * WIDTH) as i64;
    while limb.is_multiple_of(10) {
        limb /= 10;
        zeros += 1;
    }
    zeros
}

/// The digit at a place, counted from the last.
pub fn digit_at(limbs: &[u64], place: i64) -> u8 {
    let place = place as usize;
    limbs.get(place / WIDTH).map_or(0, |limb| (limb / POW10[place % WIDTH] % 10) as u8)
}
