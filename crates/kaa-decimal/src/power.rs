//! Powers. The steps and the precision of each are those of libmpdec, as results are correctly
//! rounded only almost always: so the exceptions are the same.

use std::cmp::Ordering;

use crate::arithmetic::multiply;
use crate::compare::{order, order_of_magnitudes};
use crate::context::{Context, Rounding, flags};
use crate::divide as coefficients;
use crate::division::{divide, divide_int};
use crate::exp_log::{exp, ln};
use crate::limbs::{self, OutOfMemory};
use crate::multiply as products;
use crate::quantize::{rescale, to_integral_value};
use crate::round::{check_nans, finalize, invalid};
use crate::{Decimal, Flags, Outcome, View};

/// How many digits an exponent can have.
const EXPONENT_DIGITS: i64 = 19;
/// An exponent that is beyond every context's.
const BEYOND: i64 = 2_000_000_000_000_000_001;

/// `base ^ exponent`.
pub fn power(base: View<'_>, exponent: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(nan) = check_nans(&[base, exponent], ctx, status)? {
        return Ok(nan);
    }
    let integral = exponent.is_integer();
    let negative = integral && base.negative && exponent.is_odd();
    if base.is_zero() {
        return Ok(match () {
            () if exponent.is_zero() => invalid(flags::INVALID_OPERATION, status),
            () if exponent.negative => Decimal::infinity(negative),
            () => Decimal::zero(negative, 0),
        });
    }
    if base.negative && (!integral || exponent.is_infinite()) {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    if exponent.is_infinite() {
        let grows = match order(base, View::ONE) {
            Ordering::Equal => {
                *status |= flags::INEXACT | flags::ROUNDED;
                return one_with_zeros(negative, ctx.prec - 1);
            }
            order => (order == Ordering::Greater) != exponent.negative,
        };
        return Ok(if grows { Decimal::infinity(negative) } else { Decimal::zero(negative, 0) });
    }
    if base.is_infinite() {
        return Ok(match () {
            () if exponent.is_zero() => Decimal::from_u64(negative, 1, 0),
            () if exponent.negative => Decimal::zero(negative, 0),
            () => Decimal::infinity(negative),
        });
    }
    if exponent.is_zero() {
        return Ok(Decimal::from_u64(negative, 1, 0));
    }
    if order_of_magnitudes(base, View::ONE) == Ordering::Equal {
        return power_of_one(base, exponent, integral, negative, ctx, status);
    }
    if let Some(result) = beyond_bounds(base, exponent, negative, ctx, status)? {
        return Ok(result);
    }
    limbs::probe(if integral { 0 } else { ctx.prec })?;
    if integral {
        integer_power(base, exponent, negative, ctx, status)
    } else {
        real_power(base, exponent, ctx, status)
    }
}

/// 1 with zeros behind the point.
fn one_with_zeros(negative: bool, places: i64) -> Outcome {
    Ok(Decimal::new(negative, limbs::shift_left(&[1], places)?, -places))
}

fn power_of_one(
    base: View<'_>,
    exponent: View<'_>,
    integral: bool,
    negative: bool,
    ctx: &Context,
    status: &mut Flags,
) -> Outcome {
    let most = ctx.prec - 1;
    if !integral {
        *status |= flags::INEXACT | flags::ROUNDED;
        return one_with_zeros(negative, most);
    }
    if exponent.negative {
        return Ok(Decimal::from_u64(negative, 1, 0));
    }
    // 1.000³ is 1.000000000.
    let mut conditions = 0;
    let places = multiply(exponent, Decimal::from_i64(-base.exp).view(), ctx, &mut conditions)?;
    if conditions & flags::ERRORS != 0 {
        *status |= conditions & flags::ERRORS;
        return Ok(places);
    }
    let mut places = places.view().to_i64().unwrap_or(i64::MAX);
    if places > most {
        places = most;
        *status |= flags::ROUNDED;
    }
    one_with_zeros(negative, places)
}

/// How many digits an exponent has.
fn exponent_digits(exp: i64) -> i64 {
    i64::from(limbs::digits_of_word(exp.unsigned_abs()).max(1))
}

/// What certainly overflows or underflows: found from the exponents of base and exponent alone.
fn beyond_bounds(
    base: View<'_>,
    exponent: View<'_>,
    negative: bool,
    ctx: &Context,
    status: &mut Flags,
) -> Result<Option<Decimal>, OutOfMemory> {
    let magnitude = base.with_sign(false);
    let adjusted = base.adjusted();
    let lower_zeta = if adjusted > 0 {
        exponent_digits(adjusted) - 1
    } else if adjusted < -1 {
        exponent_digits(adjusted + 1) - 1
    } else {
        let distance = crate::arithmetic::subtract(magnitude, View::ONE, &Context::MAX, &mut 0)?;
        distance.view().adjusted() - if adjusted == 0 { 2 } else { 1 }
    };
    let lower_theta = exponent.adjusted();
    let (upper_omega, exp) = if (adjusted < 0) == exponent.negative {
        (exponent_digits(ctx.emax), BEYOND)
    } else {
        (exponent_digits(ctx.etiny()), ctx.etiny() - 1)
    };
    if upper_omega < lower_zeta + lower_theta {
        return finalize(Decimal::from_u64(negative, 1, exp), ctx, status).map(Some);
    }
    Ok(None)
}

fn integer_power(base: View<'_>, exponent: View<'_>, negative: bool, ctx: &Context, status: &mut Flags) -> Outcome {
    let mut work = Context { rounding: Rounding::HalfEven, clamp: false, ..*ctx };
    work.prec += exponent.digits() + exponent.exp + 2;
    let base = if exponent.negative {
        work.prec += 1;
        let inverse = divide(View::ONE, base, &work, status)?;
        if *status & flags::ERRORS != 0 {
            return Ok(Decimal::NAN);
        }
        inverse
    } else {
        base.to_decimal()?
    };
    let mut result = match to_u64(exponent)? {
        Some(count) => power_of_word(&base, count, &work, status)?,
        None => power_of_decimal(base, exponent, &work, status)?,
    };
    if result.kind == crate::Kind::Infinite {
        // The context's own rounding may want the largest number.
        result = Decimal::from_u64(negative, 1, BEYOND);
    }
    finalize(Decimal { negative, ..result }, ctx, status)
}

/// The magnitude of an integer, if 64 bits hold it.
fn to_u64(exponent: View<'_>) -> Result<Option<u64>, OutOfMemory> {
    if exponent.adjusted() > 19 {
        return Ok(None);
    }
    let integral = match exponent.exp {
        0.. => limbs::shift_left(exponent.limbs, exponent.exp)?,
        _ => limbs::shift_right(exponent.limbs, -exponent.exp)?,
    };
    Ok(match *integral {
        [a] => Some(a),
        [a, b] => u64::try_from(u128::from(b) * u128::from(limbs::BASE) + u128::from(a)).ok(),
        _ => None,
    })
}

/// Whether further steps change nothing.
fn is_settled(result: &Decimal, conditions: Flags) -> bool {
    let view = result.view();
    view.is_special() || view.is_zero() && conditions & flags::CLAMPED != 0
}

fn power_of_word(base: &Decimal, count: u64, work: &Context, status: &mut Flags) -> Outcome {
    let mut conditions = 0;
    let mut result = base.clone();
    let mut bit = 1u64 << (63 - count.leading_zeros());
    while bit > 1 {
        bit >>= 1;
        result = multiply(result.view(), result.view(), work, &mut conditions)?;
        if count & bit != 0 {
            result = multiply(result.view(), base.view(), work, &mut conditions)?;
        }
        if is_settled(&result, conditions) {
            break;
        }
    }
    *status |= conditions;
    Ok(result)
}

fn power_of_decimal(mut base: Decimal, exponent: View<'_>, work: &Context, status: &mut Flags) -> Outcome {
    let two = Decimal::from_i64(2);
    let mut conditions = 0;
    let mut result = Decimal::from_i64(1);
    let mut left = exponent.with_sign(false).to_decimal()?;
    while !left.view().is_zero() {
        if left.view().is_odd() {
            result = multiply(result.view(), base.view(), work, &mut conditions)?;
            *status |= conditions;
            if is_settled(&result, conditions) {
                break;
            }
        }
        base = multiply(base.view(), base.view(), work, &mut conditions)?;
        left = divide_int(left.view(), two.view(), &Context::MAX, &mut conditions)?;
        if base.view().is_nan() || left.view().is_nan() {
            return Ok(invalid(conditions & flags::ERRORS, status));
        }
    }
    Ok(result)
}

fn real_power(base: View<'_>, exponent: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    let work = Context { prec: base.digits().max(ctx.prec) + 4 + EXPONENT_DIGITS, ..Context::MAX };
    let mut conditions = 0;
    let logarithm = ln(base, &work, &mut conditions)?;
    let product = multiply(logarithm.view(), exponent, &work, &mut conditions)?;
    let mut result = exp(product.view(), &work, status)?;
    *status |= conditions & flags::ERRORS | flags::INEXACT | flags::ROUNDED;
    if !result.view().is_special() && order(result.view(), View::ONE) == Ordering::Equal {
        result = one_with_zeros(false, ctx.prec - 1)?;
    }
    if result.view().is_infinite() {
        result = Decimal::from_u64(false, 1, BEYOND);
    }
    finalize(result, ctx, status)
}

/// `base ^ exponent % modulus` of integers.
pub fn power_modulo(
    base: View<'_>,
    exponent: View<'_>,
    modulus: View<'_>,
    ctx: &Context,
    status: &mut Flags,
) -> Outcome {
    if let Some(nan) = check_nans(&[base, exponent, modulus], ctx, status)? {
        return Ok(nan);
    }
    let fits = base.is_integer()
        && exponent.is_integer()
        && modulus.is_integer()
        && !modulus.is_zero()
        && modulus.digits() + modulus.exp <= ctx.prec;
    if !fits || !exponent.is_zero() && exponent.negative || exponent.is_zero() && base.is_zero() {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    let negative = base.negative && exponent.is_odd();
    if exponent.is_zero() {
        let one = order_of_magnitudes(modulus, View::ONE) == Ordering::Equal;
        return Ok(Decimal::from_u64(negative, u64::from(!one), 0));
    }
    if base.is_zero() {
        return Ok(Decimal::zero(negative, 0));
    }
    let max = Context::MAX;
    let mut conditions = 0;
    let modulus = rescale(modulus.with_sign(false), 0, &max, &mut conditions)?;
    *status |= conditions & flags::ERRORS;
    if modulus.view().is_nan() {
        return Ok(modulus);
    }
    let modulus = modulus.coefficient.limbs();
    // base.int × 10^base.exp, both reduced.
    let base = to_integral_value(base, &max, status)?;
    let mut reduced = reduce(base.coefficient.limbs(), modulus)?;
    if base.exp > 0 {
        let tens = power_of_coefficient(&[10], &decimal_digits_of(base.exp), modulus)?;
        reduced = reduce(&products::multiply(&reduced, &tens)?, modulus)?;
    }
    let exponent = to_integral_value(exponent, &max, status)?;
    // Each zero of the exponent is a tenth power.
    for _ in 0..exponent.exp {
        reduced = power_of_coefficient(&reduced, &[10], modulus)?;
    }
    let result = power_of_coefficient(&reduced, exponent.coefficient.limbs(), modulus)?;
    Ok(Decimal::new(negative, result, 0))
}

fn decimal_digits_of(value: i64) -> Vec<u64> {
    Decimal::from_i64(value).coefficient.limbs().to_vec()
}

fn reduce(value: &[u64], modulus: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    Ok(coefficients::divide(value, modulus)?.1)
}

/// `base ^ exponent % modulus` of coefficients.
fn power_of_coefficient(base: &[u64], exponent: &[u64], modulus: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    let mut base = reduce(base, modulus)?;
    let mut left = limbs::copy(exponent)?;
    let mut result = reduce(&[1], modulus)?;
    while !left.is_empty() {
        if left[0] % 2 == 1 {
            result = reduce(&products::multiply(&result, &base)?, modulus)?;
        }
        base = reduce(&products::multiply(&base, &base)?, modulus)?;
        limbs::divide_word(&mut left, 2);
        limbs::trim(&mut left);
    }
    Ok(result)
}
