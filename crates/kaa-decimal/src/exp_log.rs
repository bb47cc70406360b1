//! Exponential function and logarithms, correctly rounded, half to even.
//!
//! A result is found to a few more digits than the precision; when the bounds of its error round
//! to different numbers, it is found again with more (Ziv's strategy). Results other than the
//! exact ones that are known beforehand are irrational, so this ends.

use std::cmp::Ordering;
use std::sync::OnceLock;

use crate::arithmetic::{add, multiply, subtract};
use crate::compare::order;
use crate::context::{Context, Rounding, flags};
use crate::division::divide;
use crate::limbs;
use crate::round::{check_nans, finalize, invalid};
use crate::{Decimal, Flags, Outcome, View};

/// `e^a`.
pub fn exp(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if a.is_special() {
        if let Some(nan) = check_nans(&[a], ctx, status)? {
            return Ok(nan);
        }
        return Ok(if a.negative { Decimal::zero(false, 0) } else { Decimal::infinity(false) });
    }
    if a.is_zero() {
        return Ok(Decimal::from_i64(1));
    }
    let ctx = ctx.rounded(Rounding::HalfEven);
    if a.adjusted() >= 19 {
        // Far beyond every exponent.
        let exp = if a.negative { ctx.etiny() - 2 } else { ctx.emax + 1 };
        return finalize(Decimal::from_u64(false, 1, exp), &ctx, status);
    }
    limbs::probe(ctx.prec)?;
    if a.adjusted() < -ctx.prec - 1 {
        // 1 and next to nothing.
        return round_nearby(Decimal::from_i64(1), a.negative, &ctx, status);
    }
    round_approximation(|digits| exp_to(a, digits), &ctx, status)
}

/// `ln(a)`.
pub fn ln(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(result) = logarithm_of_special(a, ctx, status)? {
        return Ok(result);
    }
    if order(a, View::ONE) == Ordering::Equal {
        return Ok(Decimal::zero(false, 0));
    }
    limbs::probe(ctx.prec)?;
    round_approximation(|digits| ln_to(a, digits), &ctx.rounded(Rounding::HalfEven), status)
}

/// `log10(a)`.
pub fn log10(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if let Some(result) = logarithm_of_special(a, ctx, status)? {
        return Ok(result);
    }
    let ctx = ctx.rounded(Rounding::HalfEven);
    if limbs::trailing_zeros(a.limbs) == a.digits() - 1 && limbs::digit_at(a.limbs, a.digits() - 1) == 1 {
        return finalize(Decimal::from_i64(a.adjusted()), &ctx, status);
    }
    limbs::probe(ctx.prec)?;
    let approximate = |digits: i64| {
        let work = Context::working(digits + 3);
        divide(ln_to(a, digits + 3)?.view(), ln10(digits + 3)?.view(), &work, &mut 0)
    };
    round_approximation(approximate, &ctx, status)
}

fn logarithm_of_special(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome<Option<Decimal>> {
    if let Some(nan) = check_nans(&[a], ctx, status)? {
        return Ok(Some(nan));
    }
    if a.is_zero() {
        return Ok(Some(Decimal::infinity(true)));
    }
    if a.negative {
        return Ok(Some(invalid(flags::INVALID_OPERATION, status)));
    }
    Ok(a.is_infinite().then(|| Decimal::infinity(false)))
}

/// Rounds a number that is a little above or below an exact one.
fn round_nearby(number: Decimal, below: bool, ctx: &Context, status: &mut Flags) -> Outcome {
    let view = number.view();
    let tiny = View { negative: below, exp: view.adjusted() - ctx.prec - 3, ..View::ONE };
    let sum = add(view, tiny, &Context::working(ctx.prec + 5), &mut 0)?;
    finalize(sum, ctx, status)
}

/// Rounds a function's value, which `approximate` gives with a relative error below
/// 10^-digits.
fn round_approximation(approximate: impl Fn(i64) -> Outcome, ctx: &Context, status: &mut Flags) -> Outcome {
    let mut digits = ctx.prec + 3;
    loop {
        let value = approximate(digits)?;
        let view = value.view();
        let error = View { negative: false, exp: view.adjusted() - digits + 1, ..View::ONE };
        let exact = Context::working(digits + 8);
        let rounded = Context::working(ctx.prec);
        let above = add(view, error, &exact, &mut 0)?;
        let below = subtract(view, error, &exact, &mut 0)?;
        let (above_rounded, below_rounded) =
            (finalize(above.clone(), &rounded, &mut 0)?, finalize(below, &rounded, &mut 0)?);
        if order(above_rounded.view(), below_rounded.view()) == Ordering::Equal {
            // A bound has digits enough to be inexact, as the value itself is.
            let places = (ctx.prec + 2 - above.view().digits()).max(0);
            let padded = limbs::shift_left(above.coefficient.limbs(), places)?;
            let above = Decimal::new(above.negative, padded, above.exp - places);
            let result = finalize(above, ctx, status)?;
            *status |= flags::INEXACT | flags::ROUNDED;
            return Ok(result);
        }
        digits += 9 + digits / 8;
    }
}

/// `e^a` with a relative error below 10^-digits.
fn exp_to(a: View<'_>, digits: i64) -> Outcome {
    // e^a = (e^(a / 10^k))^(10^k), where the power series needs few terms.
    let extra = 1 + (digits as u64).isqrt() as i64 / 8;
    let reduction = (a.adjusted() + 1 + extra).max(0);
    // Each digit of the reduction costs one; three more are for the errors of the steps.
    let work = Context::working(digits + reduction + 3);
    let small = finalize(View { exp: a.exp - reduction, ..a }.to_decimal()?, &work, &mut 0)?;
    let magnitude = -(small.view().adjusted() + 1) as f64;
    let mut terms = 1u64;
    let mut accuracy = magnitude;
    while accuracy < (work.prec + 1) as f64 {
        terms += 1;
        accuracy += magnitude + (terms as f64).log10();
    }
    let mut sum = Decimal::from_i64(1);
    for term in (1..=terms).rev() {
        let product = multiply(sum.view(), small.view(), &work, &mut 0)?;
        let quotient = divide(product.view(), Decimal::from_u64(false, term, 0).view(), &work, &mut 0)?;
        sum = add(quotient.view(), View::ONE, &work, &mut 0)?;
    }
    for _ in 0..reduction {
        let square = multiply(sum.view(), sum.view(), &work, &mut 0)?;
        let fourth = multiply(square.view(), square.view(), &work, &mut 0)?;
        let fifth = multiply(fourth.view(), sum.view(), &work, &mut 0)?;
        sum = multiply(fifth.view(), fifth.view(), &work, &mut 0)?;
    }
    Ok(sum)
}

/// `ln(a)` with a relative error below 10^-digits, for a positive `a` other than 1.
fn ln_to(a: View<'_>, digits: i64) -> Outcome {
    // a = m × 10^e with m between 0.4 and 4.
    let first = limbs::digit_at(a.limbs, a.digits() - 1);
    let exponent = a.adjusted() + i64::from(first >= 4);
    let m = View { exp: a.exp - exponent, ..a };
    if exponent != 0 {
        // The sum is at least a tenth: no digits are lost.
        let work = Context::working(digits + 24);
        let tens = multiply(ln10(digits + 4)?.view(), Decimal::from_i64(exponent).view(), &work, &mut 0)?;
        if order(m, View::ONE) == Ordering::Equal {
            return Ok(tens);
        }
        let part = ln_near_one(m, digits + 4)?;
        return add(tens.view(), part.view(), &work, &mut 0);
    }
    // The logarithm is about as small as the distance from 1.
    let distance = subtract(m, View::ONE, &Context::working(20), &mut 0)?;
    ln_near_one(m, digits + 2 + (-distance.view().adjusted()).max(0))
}

/// `ln(m)` for `m` between 0.4 and 4, with an absolute error below 10^-digits.
fn ln_near_one(m: View<'_>, digits: i64) -> Outcome {
    let distance = subtract(m, View::ONE, &Context::working(25), &mut 0)?;
    let near = -distance.view().adjusted();
    let (mut guess, mut known) = if near > 7 {
        // ln(1 + x) is x - x²/2 and less than x³.
        let work = Context::working(3 * near + 4);
        let x = subtract(m, View::ONE, &work, &mut 0)?;
        let square = multiply(x.view(), x.view(), &work, &mut 0)?;
        let half = multiply(square.view(), View { exp: -1, limbs: &[5], ..View::ONE }, &work, &mut 0)?;
        (subtract(x.view(), half.view(), &work, &mut 0)?, 3 * near - 3)
    } else {
        (from_f64(to_f64(m).ln()), 14)
    };
    // Each of Halley's steps triples the digits: g + 2 (m - e^g) / (m + e^g).
    while known < digits + 1 {
        known = (3 * known - 2).min(digits + 3);
        let work = Context::working(known + 4);
        let m = finalize(m.to_decimal()?, &work, &mut 0)?;
        let m = m.view();
        let power = if guess.view().is_zero() { Decimal::from_i64(1) } else { exp_to(guess.view(), known + 3)? };
        let difference = subtract(m, power.view(), &work, &mut 0)?;
        let sum = add(m, power.view(), &work, &mut 0)?;
        let quotient = divide(difference.view(), sum.view(), &work, &mut 0)?;
        let twice = add(quotient.view(), quotient.view(), &work, &mut 0)?;
        guess = add(guess.view(), twice.view(), &work, &mut 0)?;
    }
    Ok(guess)
}

fn to_f64(m: View<'_>) -> f64 {
    let places = (m.digits() - 18).max(0);
    let top = limbs::shift_right(m.limbs, places).ok().and_then(|limbs| limbs.first().copied()).unwrap_or(0);
    top as f64 * 10f64.powi((m.exp + places) as i32)
}

/// A float to 17 decimal places.
fn from_f64(value: f64) -> Decimal {
    let scaled = (value.abs() * 1e17) as u64;
    Decimal::from_u64(value < 0.0, scaled, -17)
}

/// `ln(10)` with an absolute error below 10^-digits.
pub fn ln10(digits: i64) -> Outcome {
    /// Most programs use up to so many digits.
    const KEPT: i64 = 500;
    static KEPT_VALUE: OnceLock<Decimal> = OnceLock::new();
    if digits > KEPT {
        return ln10_by_series(digits);
    }
    let kept = match KEPT_VALUE.get() {
        Some(kept) => kept,
        None => {
            let value = ln10_by_series(KEPT)?;
            KEPT_VALUE.get_or_init(|| value)
        }
    };
    finalize(kept.clone(), &Context::working(digits + 2), &mut 0)
}

/// `ln(10) = 46 artanh(1/31) + 34 artanh(1/49) + 20 artanh(1/161)`.
fn ln10_by_series(digits: i64) -> Outcome {
    let places = digits + 8;
    let mut sum = Vec::new();
    for (factor, inverse) in [(46, 31), (34, 49), (20, 161)] {
        let mut power = limbs::shift_left(&[factor], places)?;
        limbs::divide_word(&mut power, inverse);
        let mut odd = 1;
        loop {
            limbs::trim(&mut power);
            if power.is_empty() {
                break;
            }
            let mut term = limbs::copy(&power)?;
            limbs::divide_word(&mut term, odd);
            limbs::trim(&mut term);
            sum = limbs::add(&sum, &term)?;
            limbs::divide_word(&mut power, inverse * inverse);
            odd += 2;
        }
    }
    Ok(Decimal::new(false, sum, -places))
}
