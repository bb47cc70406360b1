//! The common case: finite operands and results of at most 36 digits, exponents far from the
//! limits. Nothing is allocated. `None` says that the general way has to be taken.

use crate::context::{Context, flags};
use crate::limbs::{BASE, digits_of_word};
use crate::round::rounds_up;
use crate::{Coefficient, Decimal, Flags, Kind, View};

/// Results have at most so many digits.
const DIGITS: u32 = 36;

/// The powers of ten that 128 bits hold.
static POW10_WIDE: [u128; 39] = {
    let mut powers = [1; 39];
    let mut i = 1;
    while i < 39 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// How many digits a number has; 0 has none.
#[inline(always)]
fn digits(value: u128) -> u32 {
    if value >> 64 == 0 {
        return digits_of_word(value as u64);
    }
    let estimate = ((128 - value.leading_zeros()) * 1233) >> 12;
    estimate + u32::from(value >= POW10_WIDE[estimate as usize])
}

/// The coefficient of a finite number of at most 36 digits.
#[inline(always)]
fn coefficient(x: View<'_>) -> Option<u128> {
    if x.kind != Kind::Finite {
        return None;
    }
    match *x.limbs {
        [a] => Some(a.into()),
        [] => Some(0),
        [a, b] => Some(u128::from(b) * u128::from(BASE) + u128::from(a)),
        _ => None,
    }
}

#[inline(always)]
fn divide_by_power(value: u128, power: u32) -> (u128, u128) {
    let divisor = POW10_WIDE[power as usize];
    if value >> 64 == 0 && power < 20 {
        let (value, divisor) = (value as u64, divisor as u64);
        return ((value / divisor).into(), (value % divisor).into());
    }
    let quotient = value / divisor;
    (quotient, value - quotient * divisor)
}

/// Rounds the number without its last digits; gives the quotient and what was cut off.
#[inline(always)]
fn cut(value: u128, places: u32, negative: bool, ctx: &Context, sticky: bool) -> (u128, bool) {
    let (quotient, rest) = divide_by_power(value, places);
    let half = POW10_WIDE[places as usize] / 2;
    let digit = match rest.cmp(&half) {
        _ if rest == 0 => u8::from(sticky),
        std::cmp::Ordering::Less => 1,
        std::cmp::Ordering::Equal => 5 + u8::from(sticky),
        std::cmp::Ordering::Greater => 6,
    };
    let up = rounds_up(ctx.rounding, negative, (quotient % 10) as u64, digit);
    (quotient + u128::from(up), digit != 0)
}

/// A result of at most 38 digits as the context has it; `sticky` says that a little more than
/// nothing follows the digits.
#[inline(always)]
fn finish(negative: bool, value: u128, exp: i64, sticky: bool, ctx: &Context, status: &mut Flags) -> Option<Decimal> {
    let count = digits(value);
    let (mut value, mut exp, mut conditions) = (value, exp, 0);
    // Whether a result is subnormal is decided before it is rounded.
    if exp + i64::from(count.max(1)) - 1 < ctx.emin {
        return None;
    }
    let mut left = count;
    if i64::from(count) > ctx.prec {
        let places = count - ctx.prec as u32;
        let (rounded, inexact) = cut(value, places, negative, ctx, sticky);
        value = rounded;
        exp += i64::from(places);
        left = ctx.prec as u32;
        if value == POW10_WIDE[left as usize] {
            value = POW10_WIDE[left as usize - 1];
            exp += 1;
        }
        conditions = if inexact { flags::ROUNDED | flags::INEXACT } else { flags::ROUNDED };
    } else if sticky {
        return None;
    }
    let adjusted = exp + i64::from(left.max(1)) - 1;
    if left > DIGITS || adjusted > ctx.emax || ctx.clamp && exp > ctx.etop() {
        return None;
    }
    *status |= conditions;
    Some(Decimal { negative, kind: Kind::Finite, exp, coefficient: Coefficient::from_u128(value) })
}

/// `a + b`.
#[inline]
pub fn add(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Option<Decimal> {
    let (x, y) = (coefficient(a)?, coefficient(b)?);
    if a.exp == b.exp {
        return add_aligned(a.negative, x, b.negative, y, a.exp, ctx, status);
    }
    let (high, x, low, y) = if a.exp > b.exp { (a, x, b, y) } else { (b, y, a, x) };
    let places = high.exp.checked_sub(low.exp).filter(|&places| places <= 36)? as u32;
    if digits(x) + places > 37 {
        return None;
    }
    add_aligned(high.negative, x * POW10_WIDE[places as usize], low.negative, y, low.exp, ctx, status)
}

#[inline(always)]
fn add_aligned(
    a_negative: bool,
    a: u128,
    b_negative: bool,
    b: u128,
    exp: i64,
    ctx: &Context,
    status: &mut Flags,
) -> Option<Decimal> {
    if a_negative == b_negative {
        return finish(a_negative, a + b, exp, false, ctx, status);
    }
    match a.cmp(&b) {
        std::cmp::Ordering::Greater => finish(a_negative, a - b, exp, false, ctx, status),
        std::cmp::Ordering::Less => finish(b_negative, b - a, exp, false, ctx, status),
        std::cmp::Ordering::Equal => None,
    }
}

/// `a × b`.
#[inline]
pub fn multiply(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Option<Decimal> {
    let (x, y) = (coefficient(a)?, coefficient(b)?);
    let product = if (x | y) >> 64 == 0 {
        u128::from(x as u64) * u128::from(y as u64)
    } else if digits(x) + digits(y) <= 38 {
        x * y
    } else {
        return None;
    };
    if product >= POW10_WIDE[38] {
        return None;
    }
    finish(a.negative != b.negative, product, a.exp + b.exp, false, ctx, status)
}

/// `a / b`.
#[inline]
pub fn divide(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Option<Decimal> {
    let (x, y) = (coefficient(a)?, coefficient(b)?);
    if x == 0 || y == 0 || ctx.prec > 36 {
        return None;
    }
    let places = i64::from(digits(y)) - i64::from(digits(x)) + ctx.prec + 1;
    if places < 0 || i64::from(digits(x)) + places > 38 {
        return None;
    }
    let dividend = x * POW10_WIDE[places as usize];
    let quotient = dividend / y;
    let exact = dividend == quotient * y;
    let (mut value, mut exp) = (quotient, a.exp - b.exp - places);
    if exact {
        // Zeros that the ideal exponent does not ask for go.
        let mut room = places;
        while room > 0 && value >> 64 != 0 && value % 10 == 0 {
            value /= 10;
            exp += 1;
            room -= 1;
        }
        if value >> 64 == 0 {
            let mut word = value as u64;
            while room > 0 && word.is_multiple_of(10) {
                word /= 10;
                exp += 1;
                room -= 1;
            }
            value = word.into();
        }
    }
    finish(a.negative != b.negative, value, exp, !exact, ctx, status)
}

/// `a` with the exponent `exp`.
#[inline]
pub fn quantize(a: View<'_>, exp: i64, ctx: &Context, status: &mut Flags) -> Option<Decimal> {
    let value = coefficient(a)?;
    if value == 0 || exp > ctx.emax || exp < ctx.etiny() {
        return None;
    }
    let places = a.exp.checked_sub(exp)?;
    let (value, conditions) = if places >= 0 {
        if places > 36 || i64::from(digits(value)) + places > 36 {
            return None;
        }
        (value * POW10_WIDE[places as usize], 0)
    } else {
        if places < -36 {
            return None;
        }
        let (value, inexact) = cut(value, -places as u32, a.negative, ctx, false);
        (value, if inexact { flags::ROUNDED | flags::INEXACT } else { flags::ROUNDED })
    };
    let count = i64::from(digits(value));
    let adjusted = exp + count - 1;
    if count == 0 || count > ctx.prec || adjusted > ctx.emax || adjusted < ctx.emin || ctx.clamp && exp > ctx.etop() {
        return None;
    }
    *status |= conditions;
    Some(Decimal { negative: a.negative, kind: Kind::Finite, exp, coefficient: Coefficient::from_u128(value) })
}

/// The order of two numbers; `None` when the general way has to be taken.
#[inline]
pub fn order(a: View<'_>, b: View<'_>) -> Option<std::cmp::Ordering> {
    let (x, y) = (coefficient(a)?, coefficient(b)?);
    if x == 0 || y == 0 || a.negative != b.negative {
        return None;
    }
    let magnitude = if a.exp == b.exp {
        x.cmp(&y)
    } else {
        let (high, low) = if a.exp > b.exp { (x, a.exp - b.exp) } else { (y, b.exp - a.exp) };
        if low > 36 || i64::from(digits(high)) + low > 38 {
            return None;
        }
        let scaled = high * POW10_WIDE[low as usize];
        if a.exp > b.exp { scaled.cmp(&y) } else { x.cmp(&scaled) }
    };
    Some(if a.negative { magnitude.reverse() } else { magnitude })
}

/// A number from an integer of one word.
#[inline]
pub fn from_i64(value: i64) -> Decimal {
    let magnitude = value.unsigned_abs();
    let coefficient = if magnitude < BASE {
        Coefficient::Inline(u8::from(magnitude != 0), [magnitude, 0])
    } else {
        Coefficient::Inline(2, [magnitude % BASE, magnitude / BASE])
    };
    Decimal { negative: value < 0, kind: Kind::Finite, exp: 0, coefficient }
}
