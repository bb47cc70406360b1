//! Neighbours of numbers, their exponents and classes.

use std::cmp::Ordering;

use crate::arithmetic::add_finite;
use crate::compare::order;
use crate::context::{Context, Rounding, flags};
use crate::round::{check_nans, finalize, invalid, largest};
use crate::{Decimal, Flags, Outcome, View};

/// The largest number below `a`.
pub fn next_minus(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    next(a, ctx.rounded(Rounding::Floor), true, status)
}

/// The smallest number above `a`.
pub fn next_plus(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    next(a, ctx.rounded(Rounding::Ceiling), false, status)
}

fn next(a: View<'_>, ctx: Context, down: bool, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[a], &ctx, status)? {
        return Ok(nan);
    }
    if a.is_infinite() {
        return if a.negative == down { a.to_decimal() } else { largest(a.negative, &ctx) };
    }
    let mut conditions = 0;
    let rounded = finalize(a.to_decimal()?, &ctx, &mut conditions)?;
    if conditions & flags::INEXACT != 0 {
        return Ok(rounded);
    }
    let tiny = View { negative: down, exp: ctx.etiny() - 1, ..View::ONE };
    finalize(add_finite(a, tiny, &ctx)?, &ctx, &mut conditions)
}

/// The neighbour of `a` in the direction of `b`.
pub fn next_toward(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[a, b], ctx, status)? {
        return Ok(nan);
    }
    let result = match order(a, b) {
        Ordering::Equal => return a.with_sign(b.negative).to_decimal(),
        Ordering::Less => next_plus(a, ctx, status)?,
        Ordering::Greater => next_minus(a, ctx, status)?,
    };
    let view = result.view();
    if view.is_infinite() {
        *status |= flags::OVERFLOW | flags::ROUNDED | flags::INEXACT;
    } else if view.adjusted() < ctx.emin {
        *status |= flags::UNDERFLOW | flags::SUBNORMAL | flags::ROUNDED | flags::INEXACT;
        if view.is_zero() {
            *status |= flags::CLAMPED;
        }
    }
    Ok(result)
}

/// The adjusted exponent as a number.
pub fn logb(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[a], ctx, status)? {
        return Ok(nan);
    }
    if a.is_infinite() {
        return Ok(Decimal::infinity(false));
    }
    if a.is_zero() {
        *status |= flags::DIVISION_BY_ZERO;
        return Ok(Decimal::infinity(true));
    }
    finalize(Decimal::from_i64(a.adjusted()), ctx, status)
}

/// `a × 10^b`.
pub fn scaleb(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[a, b], ctx, status)? {
        return Ok(nan);
    }
    let most = 2 * (ctx.emax + ctx.prec);
    let places = if b.is_special() || b.exp != 0 { None } else { b.to_i64() };
    let Some(places) = places.filter(|places| places.unsigned_abs() <= most as u64) else {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    };
    let mut result = a.to_decimal()?;
    if !a.is_infinite() {
        result.exp += places;
    }
    finalize(result, ctx, status)
}

/// Whether it is finite, not 0, and not too small for all digits.
pub fn is_normal(a: View<'_>, ctx: &Context) -> bool {
    !a.is_special() && !a.is_zero() && a.adjusted() >= ctx.emin
}

/// Whether it is finite, not 0, and too small for all digits.
pub fn is_subnormal(a: View<'_>, ctx: &Context) -> bool {
    !a.is_special() && !a.is_zero() && a.adjusted() < ctx.emin
}

/// What `number_class` says.
pub fn number_class(a: View<'_>, ctx: &Context) -> &'static str {
    use crate::Kind::*;
    match (a.kind, a.negative) {
        (SignalingNan, _) => "sNaN",
        (QuietNan, _) => "NaN",
        (Infinite, true) => "-Infinity",
        (Infinite, false) => "+Infinity",
        (Finite, true) if a.is_zero() => "-Zero",
        (Finite, false) if a.is_zero() => "+Zero",
        (Finite, true) if a.adjusted() < ctx.emin => "-Subnormal",
        (Finite, false) if a.adjusted() < ctx.emin => "+Subnormal",
        (Finite, true) => "-Normal",
        (Finite, false) => "+Normal",
    }
}
