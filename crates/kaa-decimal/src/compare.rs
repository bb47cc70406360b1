//! Orders, and what chooses by them.

use std::cmp::Ordering;

use crate::context::{Context, flags};
use crate::limbs;
use crate::round::{check_nans, finalize};
use crate::{Decimal, Flags, Kind, Outcome, View, small};

/// The order of numbers that are no NaNs.
#[inline]
pub fn order(a: View<'_>, b: View<'_>) -> Ordering {
    if let Some(order) = small::order(a, b) {
        return order;
    }
    let sign = |x: View<'_>| match x.is_zero() {
        true => 0,
        false if x.negative => -1,
        false => 1,
    };
    let (left, right) = (sign(a), sign(b));
    if left != right {
        return left.cmp(&right);
    }
    let magnitudes = order_of_magnitudes(a, b);
    if left < 0 { magnitudes.reverse() } else { magnitudes }
}

/// The order of the absolute values of numbers that are no NaNs.
pub fn order_of_magnitudes(a: View<'_>, b: View<'_>) -> Ordering {
    if a.is_special() || b.is_special() {
        return a.is_infinite().cmp(&b.is_infinite());
    }
    if a.is_zero() || b.is_zero() {
        return b.is_zero().cmp(&a.is_zero());
    }
    if a.adjusted() != b.adjusted() {
        return a.adjusted().cmp(&b.adjusted());
    }
    match a.exp.cmp(&b.exp) {
        Ordering::Equal => limbs::compare(a.limbs, b.limbs),
        Ordering::Greater => compare_shifted(a.limbs, b.limbs, a.exp - b.exp),
        Ordering::Less => compare_shifted(b.limbs, a.limbs, b.exp - a.exp).reverse(),
    }
}

/// The order of `a × 10^places` and `b`, which have equally many digits: digit by digit, so that
/// no long number is made of a short one.
fn compare_shifted(a: &[u64], b: &[u64], places: i64) -> Ordering {
    let (whole, part) = (places as usize / limbs::WIDTH, places as usize % limbs::WIDTH);
    let (factor, divisor) = (limbs::POW10[part], limbs::POW10[limbs::WIDTH - part]);
    let shifted = |index: usize| -> u64 {
        let at = |index: Option<usize>| index.and_then(|index| a.get(index)).copied().unwrap_or(0);
        let below = index.checked_sub(whole + 1).map_or(0, |index| at(Some(index)) / divisor);
        let own = at(index.checked_sub(whole)) % divisor;
        own * factor + if part == 0 { 0 } else { below }
    };
    for index in (0..b.len()).rev() {
        let order = shifted(index).cmp(&b[index]);
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn order_as_decimal(order: Ordering) -> Decimal {
    Decimal::from_i64(order as i64)
}

/// The order as a number; NaN when an operand is one.
pub fn compare(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    match check_nans(&[a, b], ctx, status)? {
        Some(nan) => Ok(nan),
        None => Ok(order_as_decimal(order(a, b))),
    }
}

/// As [`compare`]; all NaNs signal.
pub fn compare_signal(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    if a.is_nan() || b.is_nan() {
        *status |= flags::INVALID_OPERATION;
    }
    compare(a, b, ctx, status)
}

/// The order in which equal numbers with different exponents have a place, and NaNs, too.
fn total_order(a: View<'_>, b: View<'_>) -> Ordering {
    if a.negative != b.negative {
        return b.negative.cmp(&a.negative);
    }
    let rank = |x: View<'_>| match x.kind {
        Kind::Finite | Kind::Infinite => 0,
        Kind::SignalingNan => 1,
        Kind::QuietNan => 2,
    };
    let magnitudes = match rank(a).cmp(&rank(b)) {
        Ordering::Equal if a.is_nan() => limbs::compare(a.limbs, b.limbs),
        Ordering::Equal => order_of_magnitudes(a, b).then(a.exp.cmp(&b.exp)),
        ranks => ranks,
    };
    if a.negative { magnitudes.reverse() } else { magnitudes }
}

/// The total order as a number.
pub fn compare_total(a: View<'_>, b: View<'_>) -> Decimal {
    order_as_decimal(total_order(a, b))
}

/// The total order of the absolute values as a number.
pub fn compare_total_mag(a: View<'_>, b: View<'_>) -> Decimal {
    compare_total(a.with_sign(false), b.with_sign(false))
}

/// The first operand when `takes_first` says so for the order, which breaks ties by sign and
/// exponent.
fn choose(
    a: View<'_>,
    b: View<'_>,
    order: impl Fn(View<'_>, View<'_>) -> Ordering,
    wanted: Ordering,
    ctx: &Context,
    status: &mut Flags,
) -> Outcome {
    let chosen = if a.kind == Kind::QuietNan && !b.is_nan() {
        b
    } else if b.kind == Kind::QuietNan && !a.is_nan() {
        a
    } else if let Some(nan) = check_nans(&[a, b], ctx, status)? {
        return Ok(nan);
    } else {
        let order = order(a, b).then_with(|| {
            let by_sign = b.negative.cmp(&a.negative);
            by_sign.then(if a.negative { b.exp.cmp(&a.exp) } else { a.exp.cmp(&b.exp) })
        });
        if order == wanted.reverse() { b } else { a }
    };
    finalize(chosen.to_decimal()?, ctx, status)
}

/// The larger operand.
pub fn max(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    choose(a, b, order, Ordering::Greater, ctx, status)
}

/// The smaller operand.
pub fn min(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    choose(a, b, order, Ordering::Less, ctx, status)
}

/// The operand with the larger absolute value.
pub fn max_mag(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    choose(a, b, order_of_magnitudes, Ordering::Greater, ctx, status)
}

/// The operand with the smaller absolute value.
pub fn min_mag(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    choose(a, b, order_of_magnitudes, Ordering::Less, ctx, status)
}

/// Whether both have the same exponent, or are both infinite, or both NaN.
pub fn same_quantum(a: View<'_>, b: View<'_>) -> bool {
    if a.is_special() || b.is_special() {
        return a.is_nan() && b.is_nan() || a.is_infinite() && b.is_infinite();
    }
    a.exp == b.exp
}
