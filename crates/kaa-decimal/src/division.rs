//! Quotients and remainders.

use std::cmp::Ordering;

use crate::arithmetic::add_finite;
use crate::compare::order_of_magnitudes;
use crate::context::{Context, flags};
use crate::divide as coefficients;
use crate::limbs::{self, OutOfMemory};
use crate::round::{check_nans, finalize, invalid};
use crate::{Decimal, Flags, Outcome, View, small};

/// `a / b`.
#[inline]
pub fn divide(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    match small::divide(a, b, ctx, status) {
        Some(quotient) => Ok(quotient.into()),
        None => divide_any(a, b, ctx, status),
    }
}

/// What [`divide_any`] and [`divide_int`] give for NaNs, for an infinity as the dividend and for
/// zero as the divisor.
fn quotient_of_specials(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome<Option<Decimal>> {
    if let Some(nan) = check_nans(&[a, b], ctx, status)? {
        return Ok(Some(nan));
    }
    let infinity = Decimal::infinity(a.negative != b.negative);
    Ok(match (a.is_infinite(), b.is_infinite(), b.is_zero()) {
        (true, true, _) => Some(invalid(flags::INVALID_OPERATION, status)),
        (true, false, _) => Some(infinity),
        (false, _, true) if a.is_zero() => Some(invalid(flags::DIVISION_UNDEFINED, status)),
        (false, _, true) => {
            *status |= flags::DIVISION_BY_ZERO;
            Some(infinity)
        }
        _ => None,
    })
}

/// `a / b` of any numbers.
pub fn divide_any(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    let negative = a.negative != b.negative;
    if let Some(quotient) = quotient_of_specials(a, b, ctx, status)? {
        return Ok(quotient);
    }
    if b.is_infinite() {
        *status |= flags::CLAMPED;
        return Ok(Decimal::zero(negative, ctx.etiny()));
    }
    if a.is_zero() {
        return finalize(Decimal::zero(negative, a.exp - b.exp), ctx, status);
    }
    match quotient(a, b, ctx.prec) {
        Ok((quotient, _)) => finalize(quotient, ctx, status),
        Err(OutOfMemory) => {
            // An exact quotient has at most four times as many more digits as the divisor has.
            let enough = a.digits() + 4 * b.digits();
            if enough >= ctx.prec {
                return Err(OutOfMemory);
            }
            match quotient(a, b, enough)? {
                (quotient, true) => finalize(quotient, ctx, status),
                (_, false) => Err(OutOfMemory),
            }
        }
    }
}

/// The quotient of finite numbers that are not 0, to at least one digit more than the precision;
/// its last digit shows whether it is above, and the flag whether it is exact.
fn quotient(a: View<'_>, b: View<'_>, prec: i64) -> Result<(Decimal, bool), OutOfMemory> {
    let ideal = a.exp - b.exp;
    let places = b.digits() - a.digits() + prec + 1;
    let exp = ideal - places;
    let (mut digits, rest) = if places >= 0 {
        coefficients::divide(&limbs::shift_left(a.limbs, places)?, b.limbs)?
    } else {
        coefficients::divide(a.limbs, &limbs::shift_left(b.limbs, -places)?)?
    };
    let negative = a.negative != b.negative;
    if !rest.is_empty() {
        if digits.first().is_none_or(|limb| limb % 5 == 0) {
            limbs::increment(&mut digits)?;
        }
        return Ok((Decimal::new(negative, digits, exp), false));
    }
    if ideal > exp {
        let zeros = limbs::trailing_zeros(&digits).min(ideal - exp);
        return Ok((Decimal::new(negative, limbs::shift_right(&digits, zeros)?, exp + zeros), true));
    }
    Ok((Decimal::new(negative, digits, exp), true))
}

/// Integer quotient and remainder of finite numbers, the divisor not 0; `None` when the quotient
/// has more digits than the precision.
fn integer_quotient(a: View<'_>, b: View<'_>, ctx: &Context) -> Result<Option<(Decimal, Decimal)>, OutOfMemory> {
    let exp = a.exp.min(b.exp);
    let negative = a.negative != b.negative;
    if a.is_zero() {
        return Ok(Some((Decimal::zero(negative, 0), Decimal::zero(a.negative, exp))));
    }
    let difference = a.adjusted() - b.adjusted();
    if difference < 0 {
        let rest = limbs::shift_left(a.limbs, a.exp - exp)?;
        return Ok(Some((Decimal::zero(negative, 0), Decimal::new(a.negative, rest, exp))));
    }
    if difference > ctx.prec {
        return Ok(None);
    }
    let (digits, rest) = if a.exp > exp {
        coefficients::divide(&limbs::shift_left(a.limbs, a.exp - exp)?, b.limbs)?
    } else if b.exp > exp {
        coefficients::divide(a.limbs, &limbs::shift_left(b.limbs, b.exp - exp)?)?
    } else {
        coefficients::divide(a.limbs, b.limbs)?
    };
    if limbs::digits(&digits) > ctx.prec {
        return Ok(None);
    }
    Ok(Some((Decimal::new(negative, digits, 0), Decimal::new(a.negative, rest, exp))))
}

/// `a // b`, towards zero.
pub fn divide_int(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(quotient) = quotient_of_specials(a, b, ctx, status)? {
        return Ok(quotient);
    }
    if b.is_infinite() {
        return Ok(Decimal::zero(a.negative != b.negative, 0));
    }
    match integer_quotient(a, b, ctx)? {
        Some((quotient, _)) => finalize(quotient, ctx, status),
        None => Ok(invalid(flags::DIVISION_IMPOSSIBLE, status)),
    }
}

/// What [`remainder`] and [`remainder_near`] give for specials and zeros.
fn remainder_of_specials(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome<Option<Decimal>> {
    if a.is_special() || b.is_special() {
        if let Some(nan) = check_nans(&[a, b], ctx, status)? {
            return Ok(Some(nan));
        }
        if a.is_infinite() {
            return Ok(Some(invalid(flags::INVALID_OPERATION, status)));
        }
        return finalize(a.to_decimal()?, ctx, status).map(Some);
    }
    if b.is_zero() {
        let condition = if a.is_zero() { flags::DIVISION_UNDEFINED } else { flags::INVALID_OPERATION };
        return Ok(Some(invalid(condition, status)));
    }
    Ok(None)
}

/// `a % b`, with the sign of `a`.
pub fn remainder(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(result) = remainder_of_specials(a, b, ctx, status)? {
        return Ok(result);
    }
    match integer_quotient(a, b, ctx)? {
        Some((_, rest)) => finalize(rest, ctx, status),
        None => Ok(invalid(flags::DIVISION_IMPOSSIBLE, status)),
    }
}

/// `divmod(a, b)`.
pub fn divmod(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome<(Decimal, Decimal)> {
    let negative = a.negative != b.negative;
    if a.is_special() || b.is_special() {
        if let Some(nan) = check_nans(&[a, b], ctx, status)? {
            return Ok((nan.clone(), nan));
        }
        if a.is_infinite() {
            let quotient = if b.is_infinite() { Decimal::NAN } else { Decimal::infinity(negative) };
            return Ok((quotient, invalid(flags::INVALID_OPERATION, status)));
        }
        return Ok((Decimal::zero(negative, 0), finalize(a.to_decimal()?, ctx, status)?));
    }
    if b.is_zero() {
        if a.is_zero() {
            return Ok((Decimal::NAN, invalid(flags::DIVISION_UNDEFINED, status)));
        }
        *status |= flags::DIVISION_BY_ZERO;
        return Ok((Decimal::infinity(negative), invalid(flags::INVALID_OPERATION, status)));
    }
    match integer_quotient(a, b, ctx)? {
        Some((quotient, rest)) => Ok((finalize(quotient, ctx, status)?, finalize(rest, ctx, status)?)),
        None => Ok((Decimal::NAN, invalid(flags::DIVISION_IMPOSSIBLE, status))),
    }
}

/// `a - b × n`, where `n` is the integer nearest to the quotient.
pub fn remainder_near(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(result) = remainder_of_specials(a, b, ctx, status)? {
        return Ok(result);
    }
    let Some((quotient, rest)) = integer_quotient(a, b, ctx)? else {
        return Ok(invalid(flags::DIVISION_IMPOSSIBLE, status));
    };
    let view = rest.view();
    if !view.is_zero() && (b.adjusted() - view.adjusted()).abs() <= 1 {
        let other = add_finite(view, b.with_sign(!a.negative), &Context::MAX)?;
        let order = order_of_magnitudes(other.view(), view);
        if order == Ordering::Less || order == Ordering::Equal && quotient.view().is_odd() {
            let limbs = quotient.coefficient.limbs();
            if limbs::digits(limbs) == ctx.prec && limbs == crate::round::nines(ctx.prec)? {
                return Ok(invalid(flags::DIVISION_IMPOSSIBLE, status));
            }
            return finalize(other, ctx, status);
        }
    }
    finalize(rest, ctx, status)
}
