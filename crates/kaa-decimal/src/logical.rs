//! Coefficients as rows of digits: logical operations on zeros and ones, shifts, rotations.

use crate::context::{Context, flags};
use crate::limbs::{self, OutOfMemory, POW10, WIDTH};
use crate::round::{check_nans, invalid, repeated};
use crate::{Decimal, Flags, Outcome, View};

/// 18 ones.
const ONES: u64 = 111_111_111_111_111_111;

/// Whether it can be an operand: not negative, exponent 0, only zeros and ones.
fn is_logical(a: View<'_>) -> bool {
    !a.is_special() && !a.negative && a.exp == 0 && a.limbs.iter().all(|&limb| has_bits_only(limb))
}

fn has_bits_only(mut limb: u64) -> bool {
    while limb != 0 {
        if limb % 10 > 1 {
            return false;
        }
        limb /= 10;
    }
    true
}

/// Digit by digit.
fn combine(a: u64, b: u64, of: fn(u64, u64) -> u64) -> u64 {
    (0..WIDTH).map(|place| of(a / POW10[place] % 10, b / POW10[place] % 10) * POW10[place]).sum()
}

fn binary(a: View<'_>, b: View<'_>, of: fn(u64, u64) -> u64, ctx: &Context, status: &mut Flags) -> Outcome {
    if !is_logical(a) || !is_logical(b) {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    let mut digits = limbs::zeros(a.limbs.len().max(b.limbs.len()))?;
    let at = |limbs: &[u64], index: usize| limbs.get(index).copied().unwrap_or(0);
    for (index, limb) in digits.iter_mut().enumerate() {
        *limb = combine(at(a.limbs, index), at(b.limbs, index), of);
    }
    Ok(Decimal::new(false, limbs::low_digits(&digits, ctx.prec)?, 0))
}

/// Digitwise and.
pub fn logical_and(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    binary(a, b, |x, y| x & y, ctx, status)
}

/// Digitwise or.
pub fn logical_or(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    binary(a, b, |x, y| x | y, ctx, status)
}

/// Digitwise exclusive or.
pub fn logical_xor(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    binary(a, b, |x, y| x ^ y, ctx, status)
}

/// All digits of the precision inverted.
pub fn logical_invert(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if !is_logical(a) {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    let mut digits = repeated(ctx.prec, ONES)?;
    let kept = limbs::low_digits(a.limbs, ctx.prec)?;
    // Each digit of `kept` is at most 1: nothing is borrowed.
    limbs::subtract_in_place(&mut digits, &kept);
    Ok(Decimal::new(false, digits, 0))
}

/// The second operand of a shift: at most the precision.
fn places(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Result<Result<i64, Decimal>, OutOfMemory> {
    if let Some(nan) = check_nans(&[a, b], ctx, status)? {
        return Ok(Err(nan));
    }
    let places = if b.is_special() || b.exp != 0 { None } else { b.to_i64() };
    Ok(match places.filter(|places| (-ctx.prec..=ctx.prec).contains(places)) {
        None => Err(invalid(flags::INVALID_OPERATION, status)),
        Some(_) if a.is_infinite() => Err(Decimal::infinity(a.negative)),
        Some(places) => Ok(places),
    })
}

/// The digits shifted left, or right for a negative number of places.
pub fn shift(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    let places = match places(a, b, ctx, status)? {
        Ok(places) => places,
        Err(result) => return Ok(result),
    };
    let digits = if places >= 0 {
        // Digits that would leave are dropped first.
        limbs::shift_left(&limbs::low_digits(a.limbs, ctx.prec - places)?, places)?
    } else {
        limbs::shift_right(&limbs::low_digits(a.limbs, ctx.prec)?, -places)?
    };
    Ok(Decimal::new(a.negative, digits, a.exp))
}

/// The digits of the precision rotated left, or right for a negative number of places.
pub fn rotate(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    let places = match places(a, b, ctx, status)? {
        Ok(places) => places.rem_euclid(ctx.prec),
        Err(result) => return Ok(result),
    };
    let digits = limbs::low_digits(a.limbs, ctx.prec)?;
    let high = limbs::shift_right(&digits, ctx.prec - places)?;
    let low = limbs::shift_left(&limbs::low_digits(&digits, ctx.prec - places)?, places)?;
    Ok(Decimal::new(a.negative, limbs::add(&high, &low)?, a.exp))
}
