//! Numbers with another exponent.

use crate::context::{Context, MAX_EMAX, MAX_PREC, MIN_ETINY, flags};
use crate::limbs;
use crate::round::{check_nans, cut, finalize, invalid};
use crate::{Decimal, Flags, Outcome, View, small};

/// `a` with the exponent of `b`, rounded.
#[inline]
pub fn quantize(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if !b.is_special()
        && let Some(result) = small::quantize(a, b.exp, ctx, status)
    {
        return Ok(result.into());
    }
    if a.is_special() || b.is_special() {
        if let Some(nan) = check_nans(&[a, b], ctx, status)? {
            return Ok(nan);
        }
        if a.is_infinite() && b.is_infinite() {
            return Ok(Decimal::infinity(a.negative));
        }
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    if b.exp > ctx.emax || b.exp < ctx.etiny() {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    if a.is_zero() {
        return finalize(Decimal::zero(a.negative, b.exp), ctx, status);
    }
    if a.digits() + a.exp - b.exp > ctx.prec {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    let mut conditions = 0;
    let result = with_exponent(a, b.exp, ctx, &mut conditions)?;
    let view = result.view();
    if view.digits() > ctx.prec || view.adjusted() > ctx.emax || view.adjusted() < ctx.etiny() {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    *status |= conditions;
    finalize(result, ctx, status)
}

/// A finite number that is not 0 with another exponent.
fn with_exponent(a: View<'_>, exp: i64, ctx: &Context, status: &mut Flags) -> Outcome {
    if a.exp >= exp {
        return Ok(Decimal::new(a.negative, limbs::shift_left(a.limbs, a.exp - exp)?, exp));
    }
    let (limbs, cut) = cut(a.limbs, exp - a.exp, a.negative, ctx.rounding)?;
    *status |= if cut != 0 { flags::ROUNDED | flags::INEXACT } else { flags::ROUNDED };
    Ok(Decimal::new(a.negative, limbs, exp))
}

/// `a` with an exponent, whatever number of digits that takes: for format specifications.
pub fn rescale(a: View<'_>, exp: i64, ctx: &Context, status: &mut Flags) -> Outcome {
    if a.is_special() {
        return a.to_decimal();
    }
    if a.is_zero() {
        return Ok(Decimal::zero(a.negative, exp));
    }
    if !(MIN_ETINY - 1..=MAX_EMAX + 1).contains(&exp) || a.exp >= exp && a.digits() + a.exp - exp > MAX_PREC + 1 {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    with_exponent(a, exp, ctx, status)
}

/// `a` rounded to an integer; says nothing of what was cut off.
pub fn to_integral_value(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    let mut conditions = 0;
    let result = to_integral_exact(a, ctx, &mut conditions)?;
    *status |= conditions & flags::INVALID_OPERATION;
    Ok(result)
}

/// `a` rounded to an integer.
pub fn to_integral_exact(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[a], ctx, status)? {
        return Ok(nan);
    }
    if a.is_special() || a.exp >= 0 {
        return a.to_decimal();
    }
    if a.is_zero() {
        return Ok(Decimal::zero(a.negative, 0));
    }
    with_exponent(a, 0, ctx, status)
}

/// `a` without zeros at its end.
pub fn reduce(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[a], ctx, status)? {
        return Ok(nan);
    }
    let mut result = finalize(a.to_decimal()?, ctx, status)?;
    let view = result.view();
    if view.is_special() {
        return Ok(result);
    }
    if view.is_zero() {
        return Ok(Decimal::zero(a.negative, 0));
    }
    let most = if ctx.clamp { ctx.etop() } else { ctx.emax };
    let zeros = limbs::trailing_zeros(view.limbs).min(most - view.exp);
    if zeros > 0 {
        let exp = view.exp + zeros;
        result = Decimal::new(result.negative, limbs::shift_right(view.limbs, zeros)?, exp);
    }
    Ok(result)
}
