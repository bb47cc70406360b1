//! Rounding, and what the limits of a context do to a result.

use crate::context::{Context, Rounding, flags};
use crate::limbs::{self, BASE, OutOfMemory, WIDTH};
use crate::{Coefficient, Decimal, Flags, Kind, Outcome, View};

/// Whether a coefficient that lost digits is to be increased (see [`limbs::cut_digit`]).
#[inline]
pub fn rounds_up(rounding: Rounding, negative: bool, last: u64, cut: u8) -> bool {
    match rounding {
        Rounding::Down => false,
        Rounding::Up => cut != 0,
        Rounding::HalfUp => cut >= 5,
        Rounding::HalfDown => cut > 5,
        Rounding::HalfEven => cut > 5 || cut == 5 && last % 2 == 1,
        Rounding::Ceiling => cut != 0 && !negative,
        Rounding::Floor => cut != 0 && negative,
        Rounding::ZeroFiveUp => cut != 0 && last.is_multiple_of(5),
    }
}

/// The coefficient without its last digits, rounded, and what was cut off.
pub fn cut(limbs: &[u64], places: i64, negative: bool, rounding: Rounding) -> Result<(Vec<u64>, u8), OutOfMemory> {
    let cut = limbs::cut_digit(limbs, places);
    let mut rest = limbs::shift_right(limbs, places)?;
    // (Ten divides the base: the last digit of the lowest limb is that of the whole.)
    if rounds_up(rounding, negative, rest.first().map_or(0, |limb| limb % 10), cut) {
        limbs::increment(&mut rest)?;
    }
    Ok((rest, cut))
}

/// The NaN of an operation that has no result.
pub fn invalid(condition: Flags, status: &mut Flags) -> Decimal {
    *status |= condition;
    Decimal::NAN
}

/// As an operation's result: a quiet NaN whose payload fits.
pub fn fit_nan(nan: View<'_>, ctx: &Context) -> Outcome {
    let room = ctx.prec - i64::from(ctx.clamp);
    let mut quiet = View { kind: Kind::QuietNan, exp: 0, ..nan }.to_decimal()?;
    if nan.digits() > room {
        quiet.coefficient = limbs::low_digits(nan.limbs, room)?.into();
    }
    Ok(quiet)
}

/// The result of an operation with a NaN among its operands; `None` when there is none. The first
/// signaling one comes before the first quiet one.
pub fn check_nans(operands: &[View<'_>], ctx: &Context, status: &mut Flags) -> Result<Option<Decimal>, OutOfMemory> {
    if let Some(&nan) = operands.iter().find(|operand| operand.kind == Kind::SignalingNan) {
        *status |= flags::INVALID_OPERATION;
        return fit_nan(nan, ctx).map(Some);
    }
    match operands.iter().find(|operand| operand.kind == Kind::QuietNan) {
        Some(&nan) => fit_nan(nan, ctx).map(Some),
        None => Ok(None),
    }
}

/// The largest number of a context.
pub fn largest(negative: bool, ctx: &Context) -> Outcome {
    Ok(Decimal::new(negative, nines(ctx.prec)?, ctx.etop()))
}

/// A coefficient of so many nines.
pub fn nines(digits: i64) -> Result<Vec<u64>, OutOfMemory> {
    repeated(digits, BASE - 1)
}

/// The last digits of a limb that is repeated for ever.
pub fn repeated(digits: i64, limb: u64) -> Result<Vec<u64>, OutOfMemory> {
    let digits = usize::try_from(digits).map_err(|_| OutOfMemory)?;
    let mut limbs = limbs::buffer(digits / WIDTH + 1)?;
    limbs.resize(digits / WIDTH, limb);
    if digits % WIDTH != 0 {
        limbs.push(limb % limbs::POW10[digits % WIDTH]);
    }
    Ok(limbs)
}

/// Applies a context to an exact result.
#[inline]
pub fn finalize(number: Decimal, ctx: &Context, status: &mut Flags) -> Outcome {
    if number.kind == Kind::Finite {
        let view = number.view();
        let (digits, adjusted) = (view.digits(), view.adjusted());
        let exact = digits <= ctx.prec && adjusted <= ctx.emax && adjusted >= ctx.emin;
        if exact && !(ctx.clamp && view.exp > ctx.etop()) && (!view.limbs.is_empty() || view.exp >= ctx.etiny()) {
            return Ok(number);
        }
        let number = check_exponent(number, ctx, status)?;
        return check_digits(number, ctx, status);
    }
    match number.kind {
        Kind::Infinite => Ok(number),
        _ => {
            let kind = number.kind;
            Ok(Decimal { kind, ..fit_nan(number.view(), ctx)? })
        }
    }
}

fn check_exponent(mut number: Decimal, ctx: &Context, status: &mut Flags) -> Outcome {
    let view = number.view();
    let (adjusted, negative) = (view.adjusted(), view.negative);
    if adjusted > ctx.emax {
        if view.is_zero() {
            *status |= flags::CLAMPED;
            return Ok(Decimal::zero(negative, if ctx.clamp { ctx.etop() } else { ctx.emax }));
        }
        *status |= flags::OVERFLOW | flags::INEXACT | flags::ROUNDED;
        let to_largest = match ctx.rounding {
            Rounding::Down | Rounding::ZeroFiveUp => true,
            Rounding::Ceiling => negative,
            Rounding::Floor => !negative,
            _ => false,
        };
        return if to_largest { largest(negative, ctx) } else { Ok(Decimal::infinity(negative)) };
    }
    if ctx.clamp && view.exp > ctx.etop() {
        let places = view.exp - ctx.etop();
        *status |= flags::CLAMPED;
        if !view.is_zero() && adjusted < ctx.emin {
            *status |= flags::SUBNORMAL;
        }
        number.coefficient = limbs::shift_left(view.limbs, places)?.into();
        number.exp -= places;
        return Ok(number);
    }
    if adjusted < ctx.emin {
        let etiny = ctx.etiny();
        if view.is_zero() {
            if view.exp < etiny {
                number.exp = etiny;
                *status |= flags::CLAMPED;
            }
            return Ok(number);
        }
        *status |= flags::SUBNORMAL;
        if view.exp < etiny {
            let (limbs, cut) = cut(view.limbs, etiny - view.exp, negative, ctx.rounding)?;
            *status |= flags::ROUNDED;
            if cut != 0 {
                *status |= flags::INEXACT | flags::UNDERFLOW;
                if limbs.is_empty() {
                    *status |= flags::CLAMPED;
                }
            }
            number.coefficient = limbs.into();
            number.exp = etiny;
        }
    }
    Ok(number)
}

fn check_digits(mut number: Decimal, ctx: &Context, status: &mut Flags) -> Outcome {
    let digits = number.view().digits();
    if number.kind != Kind::Finite || digits <= ctx.prec {
        return Ok(number);
    }
    let places = digits - ctx.prec;
    let (mut limbs, cut) = cut(number.coefficient.limbs(), places, number.negative, ctx.rounding)?;
    number.exp += places;
    *status |= flags::ROUNDED;
    if cut != 0 {
        *status |= flags::INEXACT;
    }
    if limbs::digits(&limbs) > ctx.prec {
        // All nines became a one and zeros.
        limbs = limbs::shift_right(&limbs, 1)?;
        number.exp += 1;
    }
    number.coefficient = Coefficient::from(limbs);
    if number.view().adjusted() > ctx.emax { check_exponent(number, ctx, status) } else { Ok(number) }
}
