//! The common case: finite operands and results of at most 36 digits, exponents far from the
//! limits. Nothing is allocated: values that fit are computed in 128 bits, longer ones before they
//! are rounded in arrays on the stack. `None` says that the general way has to be taken.

use std::cmp::Ordering;

use crate::context::{Context, Rounding, flags};
use crate::divide::{divide_normalized, normalizer};
use crate::limbs::{self, BASE, POW10, WIDTH, digits_of_word, split, split_wide};
use crate::round::rounds_up;
use crate::{Coefficient, Decimal, Flags, Kind, View};

/// Results have at most so many digits.
const DIGITS: u32 = 36;

/// A finite result: `±(high × 10^18 + low) × 10^exp`. All words, so that it can stay in registers.
#[derive(Clone, Copy, Debug)]
pub struct Small {
    /// The sign bit.
    pub negative: bool,
    /// The exponent.
    pub exp: i64,
    /// The low limb of the coefficient.
    pub low: u64,
    /// The high limb of the coefficient.
    pub high: u64,
}

impl Small {
    #[inline(always)]
    fn new(negative: bool, value: u128, exp: i64) -> Small {
        let (high, low) = if value < u128::from(BASE) { (0, value as u64) } else { split(value) };
        Small { negative, exp, low, high }
    }
}

impl From<Small> for Decimal {
    #[inline(always)]
    fn from(small: Small) -> Decimal {
        let Small { negative, exp, low, high } = small;
        Decimal { negative, kind: Kind::Finite, exp, coefficient: Coefficient::inline(low, high) }
    }
}

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
fn cut(value: u128, places: u32, negative: bool, rounding: Rounding, sticky: bool) -> (u128, bool) {
    let (quotient, rest) = divide_by_power(value, places);
    let half = POW10_WIDE[places as usize] / 2;
    let digit = match rest.cmp(&half) {
        _ if rest == 0 => u8::from(sticky),
        Ordering::Less => 1,
        Ordering::Equal => 5 + u8::from(sticky),
        Ordering::Greater => 6,
    };
    let up = rounds_up(rounding, negative, (quotient % 10) as u64, digit);
    (quotient + u128::from(up), digit != 0)
}

/// A result of at most 38 digits as the context has it; `sticky` says that a little more than
/// nothing follows the digits.
#[inline(always)]
fn finish(negative: bool, value: u128, exp: i64, sticky: bool, ctx: &Context, status: &mut Flags) -> Option<Small> {
    let count = digits(value);
    let (mut value, mut exp, mut conditions) = (value, exp, 0);
    // Whether a result is subnormal is decided before it is rounded.
    if exp + i64::from(count.max(1)) - 1 < ctx.emin {
        return None;
    }
    let mut left = count;
    if i64::from(count) > ctx.prec {
        let places = count - ctx.prec as u32;
        let (rounded, inexact) = cut(value, places, negative, ctx.rounding, sticky);
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
    Some(Small::new(negative, value, exp))
}

/// A number of up to six limbs on the stack.
type Long = [u64; 6];

/// The limbs of a number of 36 digits, times 10^places; at most 72 places.
#[inline]
fn shifted(value: u128, places: u32) -> Long {
    let (high, low) = split(value);
    let (whole, part) = (places as usize / WIDTH, places as usize % WIDTH);
    let (divisor, factor) = (POW10[WIDTH - part], POW10[part]);
    let mut long = [0; 6];
    long[whole] = low % divisor * factor;
    long[whole + 1] = high % divisor * factor + if part == 0 { 0 } else { low / divisor };
    if part != 0 {
        long[whole + 2] = high / divisor;
    }
    long
}

/// As [`finish`] for a longer number, which is to lose digits.
#[inline(never)]
fn finish_long(
    negative: bool,
    long: &Long,
    exp: i64,
    sticky: bool,
    ctx: &Context,
    status: &mut Flags,
) -> Option<Small> {
    let count = limbs::digits(limbs::trimmed(long));
    let places = count - ctx.prec;
    if places <= 0 || ctx.prec > i64::from(DIGITS) || exp + count - 1 < ctx.emin {
        return None;
    }
    let (mut value, cut) = cut_long(long, places as usize, sticky);
    let mut exp = exp + places;
    if rounds_up(ctx.rounding, negative, (value % 10) as u64, cut) {
        value += 1;
        if value == POW10_WIDE[ctx.prec as usize] {
            value = POW10_WIDE[ctx.prec as usize - 1];
            exp += 1;
        }
    }
    if exp + ctx.prec - 1 > ctx.emax || ctx.clamp && exp > ctx.etop() {
        return None;
    }
    *status |= if cut != 0 { flags::ROUNDED | flags::INEXACT } else { flags::ROUNDED };
    Some(Small::new(negative, value, exp))
}

/// A number without its last `places` digits, of which there are some, and what was cut off as
/// [`limbs::cut_digit`] says it. What is left has at most 36 digits.
#[inline]
fn cut_long(long: &Long, places: usize, sticky: bool) -> (u128, u8) {
    let (whole, part) = (places / WIDTH, places % WIDTH);
    let (divisor, factor) = (POW10[part], POW10[WIDTH - part]);
    let at = |index: usize| long.get(index).copied().unwrap_or(0);
    let limb = |index: usize| at(index) / divisor + at(index + 1) % divisor * factor;
    let left = u128::from(limb(whole + 1)) * u128::from(BASE) + u128::from(limb(whole));
    // The highest limb of which digits are cut, and whether there is anything below them.
    let (cut, half, below) =
        if part == 0 { (at(whole - 1), BASE / 2, whole - 1) } else { (at(whole) % divisor, divisor / 2, whole) };
    let sticky = sticky || long[..below].iter().any(|&limb| limb != 0);
    let digit = match cut.cmp(&half) {
        _ if cut == 0 => u8::from(sticky),
        Ordering::Less => 1,
        Ordering::Equal => 5 + u8::from(sticky),
        Ordering::Greater => 6,
    };
    (left, digit)
}

/// `a + b`.
#[inline(always)]
pub fn add(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Option<Small> {
    let (x, y) = (coefficient(a)?, coefficient(b)?);
    if a.exp == b.exp {
        return add_aligned(a.negative, x, b.negative, y, a.exp, ctx, status);
    }
    let (high, x, low, y) = if a.exp > b.exp { (a, x, b, y) } else { (b, y, a, x) };
    let places = high.exp.checked_sub(low.exp).filter(|&places| places <= 36)? as u32;
    if digits(x) + places > 37 {
        return add_long(high, shifted(x, places), low, y, ctx, status);
    }
    add_aligned(high.negative, x * POW10_WIDE[places as usize], low.negative, y, low.exp, ctx, status)
}

/// As [`add`] with the sign of `b` exchanged.
#[inline(always)]
pub fn subtract(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Option<Small> {
    add(a, b.with_sign(!b.negative), ctx, status)
}

/// The sum of a number of more than 37 digits and one of at most 36.
fn add_long(
    high: View<'_>,
    mut long: Long,
    low: View<'_>,
    value: u128,
    ctx: &Context,
    status: &mut Flags,
) -> Option<Small> {
    let (top, bottom) = split(value);
    if high.negative == low.negative {
        limbs::add_in_place(&mut long, &[bottom, top]);
    } else {
        limbs::subtract_in_place(&mut long, &[bottom, top]);
    }
    finish_long(high.negative, &long, low.exp, false, ctx, status)
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
) -> Option<Small> {
    if a_negative == b_negative {
        return finish(a_negative, a + b, exp, false, ctx, status);
    }
    match a.cmp(&b) {
        Ordering::Greater => finish(a_negative, a - b, exp, false, ctx, status),
        Ordering::Less => finish(b_negative, b - a, exp, false, ctx, status),
        Ordering::Equal => None,
    }
}

/// `a × b`.
#[inline(always)]
pub fn multiply(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Option<Small> {
    let (x, y) = (coefficient(a)?, coefficient(b)?);
    let negative = a.negative != b.negative;
    if (x | y) >> 64 == 0 {
        let product = u128::from(x as u64) * u128::from(y as u64);
        if product < POW10_WIDE[38] {
            return finish(negative, product, a.exp + b.exp, false, ctx, status);
        }
    }
    let ((x1, x0), (y1, y0)) = (split(x), split(y));
    let times = |x: u64, y: u64| u128::from(x) * u128::from(y);
    let mut long = [0; 6];
    let carry;
    (carry, long[0]) = split(times(x0, y0));
    let (carry, limb) = split_wide(times(x0, y1) + times(x1, y0) + u128::from(carry));
    long[1] = limb;
    let (carry, limb) = split_wide(times(x1, y1) + carry);
    (long[2], long[3]) = (limb, carry as u64);
    if long[2] | long[3] == 0 {
        let product = times(long[1], BASE) + u128::from(long[0]);
        return finish(negative, product, a.exp + b.exp, false, ctx, status);
    }
    finish_long(negative, &long, a.exp + b.exp, false, ctx, status)
}

/// `a / b`.
#[inline(always)]
pub fn divide(a: View<'_>, b: View<'_>, ctx: &Context, status: &mut Flags) -> Option<Small> {
    let (x, y) = (coefficient(a)?, coefficient(b)?);
    if x == 0 || y == 0 || ctx.prec > 36 {
        return None;
    }
    let places = i64::from(digits(y)) - i64::from(digits(x)) + ctx.prec + 1;
    if places < 0 {
        return None;
    }
    if i64::from(digits(x)) + places > 38 {
        return divide_long(a, x, b, y, places as u32, ctx, status);
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

/// The quotient of `a × 10^places`, which has at most 73 digits, and `b`; `None` when it is exact.
fn divide_long(
    a: View<'_>,
    x: u128,
    b: View<'_>,
    y: u128,
    places: u32,
    ctx: &Context,
    status: &mut Flags,
) -> Option<Small> {
    let mut dividend = shifted(x, places);
    let mut quotient = [0; 6];
    let (high, low) = split(y);
    let rest = if high == 0 {
        quotient = dividend;
        limbs::divide_word(&mut quotient, low)
    } else {
        let factor = normalizer(high);
        let mut divisor = [low, high];
        limbs::multiply_word(&mut divisor, factor, 0);
        limbs::multiply_word(&mut dividend, factor, 0);
        divide_normalized(&mut dividend, &divisor, &mut quotient[..4]);
        dividend[0] | dividend[1]
    };
    if rest == 0 {
        return None;
    }
    let exp = a.exp - b.exp - i64::from(places);
    finish_long(a.negative != b.negative, &quotient, exp, true, ctx, status)
}

/// The magnitude of `a` rounded to an integer, if it has at most 36 digits.
#[inline]
pub fn to_integer(a: View<'_>, rounding: Rounding) -> Option<u128> {
    let value = coefficient(a)?;
    if a.exp >= 0 {
        let places =
            u32::try_from(a.exp).ok().filter(|&places| places <= DIGITS && digits(value) + places <= DIGITS)?;
        return Some(value * POW10_WIDE[places as usize]);
    }
    let places = u32::try_from(-a.exp).ok().filter(|&places| places <= DIGITS)?;
    Some(cut(value, places, a.negative, rounding, false).0)
}

/// The nearest float, if it is found exactly from an integer and a power of ten that are floats.
#[inline]
pub fn to_f64(a: View<'_>) -> Option<f64> {
    /// The powers of ten that are floats.
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];
    let value = coefficient(a)?;
    if value > 1 << 53 {
        return None;
    }
    let power = *POWERS.get(usize::try_from(a.exp.unsigned_abs()).ok()?)?;
    let value = value as u64 as f64;
    let magnitude = if a.exp < 0 { value / power } else { value * power };
    Some(if a.negative { -magnitude } else { magnitude })
}

/// `a` with the exponent `exp`.
#[inline(always)]
pub fn quantize(a: View<'_>, exp: i64, ctx: &Context, status: &mut Flags) -> Option<Small> {
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
        let (value, inexact) = cut(value, -places as u32, a.negative, ctx.rounding, false);
        (value, if inexact { flags::ROUNDED | flags::INEXACT } else { flags::ROUNDED })
    };
    let count = i64::from(digits(value));
    let adjusted = exp + count - 1;
    if count == 0 || count > ctx.prec || adjusted > ctx.emax || adjusted < ctx.emin || ctx.clamp && exp > ctx.etop() {
        return None;
    }
    *status |= conditions;
    Some(Small::new(a.negative, value, exp))
}

/// The order of two numbers; `None` when the general way has to be taken.
#[inline]
pub fn order(a: View<'_>, b: View<'_>) -> Option<Ordering> {
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
pub fn from_i64(value: i64) -> Small {
    let magnitude = value.unsigned_abs();
    let (low, high) = if magnitude < BASE { (magnitude, 0) } else { (magnitude % BASE, magnitude / BASE) };
    Small { negative: value < 0, exp: 0, low, high }
}
