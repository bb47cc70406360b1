//! Sums and products.

use std::cmp::Ordering;

use crate::context::{Context, Rounding, flags};
use crate::limbs::{self, OutOfMemory};
use crate::round::{check_nans, finalize, invalid};
use crate::{Coefficient, Decimal, Flags, Outcome, View, multiply as coefficients, small};

/// `a + b`.
#[inline]
pub fn add(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    match small::add(a, b, ctx, status) {
        Some(sum) => Ok(sum.into()),
        None => add_any(a, b, ctx, status),
    }
}

/// `a - b`.
#[inline]
pub fn subtract(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    match small::subtract(a, b, ctx, status) {
        Some(difference) => Ok(difference.into()),
        None => {
            if a.is_nan() || b.is_nan() {
                return add_any(a, b, ctx, status);
            }
            add_any(a, b.with_sign(!b.negative), ctx, status)
        }
    }
}

/// `a × b`.
#[inline]
pub fn multiply(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    match small::multiply(a, b, ctx, status) {
        Some(product) => Ok(product.into()),
        None => finalize(multiply_exact(a, b, ctx, status)?, ctx, status),
    }
}

/// `a + b` of any numbers.
pub fn add_any(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if a.is_special() || b.is_special() {
        if let Some(nan) = check_nans(&[a, b], ctx, status)? {
            return Ok(nan);
        }
        if a.is_infinite() {
            if b.is_infinite() && a.negative != b.negative {
                return Ok(invalid(flags::INVALID_OPERATION, status));
            }
            return Ok(Decimal::infinity(a.negative));
        }
        return Ok(Decimal::infinity(b.negative));
    }
    finalize(add_finite(a, b, ctx)?, ctx, status)
}

/// The sum of finite numbers, exactly but for what the precision will cut off anyway.
pub fn add_finite(a: View<'_>, b: View<'_>, ctx: &Context) -> Result<Decimal, OutOfMemory> {
    let (high, mut low) = if a.exp >= b.exp { (a, b) } else { (b, a) };
    let digits = high.digits();
    // A number that lies below all digits of the result only says that there is something.
    let bottom = if digits > ctx.prec { high.exp - 1 } else { high.exp - 1 + digits - ctx.prec - 1 };
    if high.exp != low.exp && !high.is_zero() && low.adjusted() < bottom {
        low.exp = bottom;
        low.limbs = if low.is_zero() { &[] } else { &[1] };
    }
    let aligned = limbs::shift_left(high.limbs, high.exp - low.exp)?;
    if high.negative == low.negative {
        return Ok(Decimal::new(high.negative, limbs::add(&aligned, low.limbs)?, low.exp));
    }
    Ok(match limbs::compare(&aligned, low.limbs) {
        Ordering::Equal => Decimal::zero(ctx.rounding == Rounding::Floor, low.exp),
        Ordering::Greater => Decimal::new(high.negative, limbs::subtract(&aligned, low.limbs)?, low.exp),
        Ordering::Less => Decimal::new(low.negative, limbs::subtract(low.limbs, &aligned)?, low.exp),
    })
}

/// The product before it is rounded.
pub fn multiply_exact(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    let negative = a.negative != b.negative;
    if a.is_special() || b.is_special() {
        if let Some(nan) = check_nans(&[a, b], ctx, status)? {
            return Ok(nan);
        }
        if a.is_zero() || b.is_zero() {
            return Ok(invalid(flags::INVALID_OPERATION, status));
        }
        return Ok(Decimal::infinity(negative));
    }
    let coefficient = match (a.limbs, b.limbs) {
        (&[x], &[y]) => Coefficient::from_u128(u128::from(x) * u128::from(y)),
        (x, y) => coefficients::multiply(x, y)?.into(),
    };
    Ok(Decimal::new(negative, coefficient, a.exp + b.exp))
}

/// `a × b + c`, rounded once.
pub fn fma(a: View<'_>, b: View<'_>, c: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    let mut conditions = 0;
    let product = multiply_exact(a, b, ctx, &mut conditions)?;
    *status |= conditions;
    if conditions & flags::INVALID_OPERATION != 0 {
        return Ok(product);
    }
    add(product.view(), c, ctx, status)
}

/// `+a`.
pub fn plus(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[a], ctx, status)? {
        return Ok(nan);
    }
    let a = if a.is_zero() && ctx.rounding != Rounding::Floor { a.with_sign(false) } else { a };
    finalize(a.to_decimal()?, ctx, status)
}

/// `-a`.
pub fn minus(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[a], ctx, status)? {
        return Ok(nan);
    }
    let negative = !(a.negative || a.is_zero() && ctx.rounding != Rounding::Floor);
    finalize(a.with_sign(negative).to_decimal()?, ctx, status)
}

/// `abs(a)`.
pub fn abs(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if a.negative { minus(a, ctx, status) } else { plus(a, ctx, status) }
}
