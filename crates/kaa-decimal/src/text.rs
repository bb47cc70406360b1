//! Numbers from text and as text.

use crate::context::{Context, flags};
use crate::limbs::{self, OutOfMemory, WIDTH};
use crate::round::{finalize, invalid};
use crate::{Coefficient, Decimal, Flags, Kind, Outcome, View};

/// The most bytes of a text that [`View::short_text`] gives: sign, point, 36 digits and zeros before
/// them.
pub const SHORT_TEXT: usize = 48;

/// What stands for an exponent that is too large for a word: far beyond every context's, yet small
/// enough to be added to.
const HUGE: i64 = 4_000_000_000_000_000_000;

impl Decimal {
    /// Reads a number, without white space around it, and rounds it; `CONVERSION_SYNTAX` and NaN
    /// for what is none.
    pub fn parse(text: &[u8], ctx: &Context, status: &mut Flags) -> Outcome {
        match read(text, ctx)? {
            Some(number) if number.kind == Kind::Finite => finalize(number, ctx, status),
            Some(special) => Ok(special),
            None => Ok(invalid(flags::CONVERSION_SYNTAX, status)),
        }
    }
}

fn read(text: &[u8], ctx: &Context) -> Result<Option<Decimal>, OutOfMemory> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let Some(first) = text.first() else { return Ok(None) };
    if first.is_ascii_alphabetic() {
        return read_special(negative, text, ctx);
    }
    let integral = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let (whole, rest) = text.split_at(integral);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => rest.split_at(rest.iter().take_while(|c| c.is_ascii_digit()).count()),
        _ => (&[][..], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Ok(None);
    }
    let exp = match rest {
        [] => 0,
        [b'e' | b'E', rest @ ..] => match read_exponent(rest) {
            Some(exp) => exp,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let exp = exp - fraction.len() as i64;
    if whole.len() + fraction.len() <= WIDTH {
        let word = whole.iter().chain(fraction).fold(0, |word, c| word * 10 + u64::from(c - b'0'));
        return Ok(Some(Decimal::new(negative, Coefficient::inline(word, 0), exp)));
    }
    Ok(Some(Decimal::new(negative, read_digits(whole, fraction)?, exp)))
}

fn read_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits
        .iter()
        .fold(0i64, |exp, c| if exp >= HUGE / 10 { HUGE } else { exp * 10 + i64::from(c - b'0') })
        .min(HUGE);
    Some(if negative { -magnitude } else { magnitude })
}

/// Infinities and NaNs. A payload must fit the precision.
fn read_special(negative: bool, text: &[u8], ctx: &Context) -> Result<Option<Decimal>, OutOfMemory> {
    let is = |name: &str| text.eq_ignore_ascii_case(name.as_bytes());
    if is("inf") || is("infinity") {
        return Ok(Some(Decimal::infinity(negative)));
    }
    let starts = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
    let (kind, payload) = if starts("snan") {
        (Kind::SignalingNan, &text[4..])
    } else if starts("nan") {
        (Kind::QuietNan, &text[3..])
    } else {
        return Ok(None);
    };
    if !payload.iter().all(u8::is_ascii_digit) {
        return Ok(None);
    }
    let coefficient: Coefficient = read_digits(payload, &[])?.into();
    if limbs::digits(coefficient.limbs()) > ctx.prec - i64::from(ctx.clamp) {
        return Ok(None);
    }
    Ok(Some(Decimal { negative, kind, exp: 0, coefficient }))
}

/// The digits of two texts in a row as a coefficient.
fn read_digits(high: &[u8], low: &[u8]) -> Result<Vec<u64>, OutOfMemory> {
    let count = high.len() + low.len();
    let mut limbs = limbs::buffer(count / WIDTH + 1)?;
    let mut digits = high.iter().chain(low).rev();
    let mut left = count;
    while left > 0 {
        let (mut limb, mut scale) = (0, 1);
        for c in digits.by_ref().take(WIDTH) {
            limb += u64::from(c - b'0') * scale;
            scale *= 10;
        }
        limbs.push(limb);
        left -= left.min(WIDTH);
    }
    limbs::trim(&mut limbs);
    Ok(limbs)
}

/// The digits of a coefficient as ASCII; `0` for zero.
pub fn digits_text(limbs: &[u64]) -> Result<Vec<u8>, OutOfMemory> {
    let Some((top, rest)) = limbs.split_last() else { return Ok(vec![b'0']) };
    let count = limbs::digits_of_word(*top) as usize;
    let mut text = Vec::new();
    text.try_reserve_exact(count + rest.len() * WIDTH + 1).map_err(|_| OutOfMemory)?;
    text.resize(count + rest.len() * WIDTH, 0);
    let (head, tail) = text.split_at_mut(count);
    write_digits(*top, head);
    for (place, limb) in tail.chunks_exact_mut(WIDTH).zip(rest.iter().rev()) {
        write_digits(*limb, place);
    }
    Ok(text)
}

/// Writes a number right-aligned, with zeros before it.
fn write_digits(mut word: u64, place: &mut [u8]) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (word % 10) as u8;
        word /= 10;
    }
}

/// How a finite number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// With an exponent where the point would be far from the digits.
    Scientific,
    /// The same with exponents that are multiples of 3.
    Engineering,
    /// Always with an exponent, and the point after so many digits.
    Exponent(i64),
    /// Never with an exponent.
    Fixed,
}

/// The parts of a finite number's text.
pub struct Parts {
    /// Digits before the point, at least one.
    pub integral: Vec<u8>,
    /// Digits after it.
    pub fraction: Vec<u8>,
    /// The exponent, when one is written.
    pub exponent: Option<i64>,
}

/// Takes a finite number apart.
pub fn parts(number: View<'_>, notation: Notation) -> Result<Parts, OutOfMemory> {
    let digits = digits_text(number.limbs)?;
    let count = digits.len() as i64;
    // The place of the point without an exponent, counted from the first digit.
    let natural = number.exp + count;
    let plain = number.exp <= 0 && natural > -6;
    let point = match notation {
        Notation::Exponent(point) => point,
        Notation::Fixed => natural,
        Notation::Scientific | Notation::Engineering if plain => natural,
        Notation::Scientific => 1,
        Notation::Engineering if number.is_zero() => (number.exp + 2).rem_euclid(3) - 1,
        Notation::Engineering => (natural - 1).rem_euclid(3) + 1,
    };
    let zeros = |count: i64| -> Result<Vec<u8>, OutOfMemory> {
        let count = usize::try_from(count).map_err(|_| OutOfMemory)?;
        let mut zeros = Vec::new();
        zeros.try_reserve_exact(count.saturating_add(digits.len())).map_err(|_| OutOfMemory)?;
        zeros.resize(count, b'0');
        Ok(zeros)
    };
    let always = matches!(notation, Notation::Exponent(_));
    let exponent = (always || point != natural).then_some(natural - point);
    let (integral, fraction) = if point <= 0 {
        let mut fraction = zeros(-point)?;
        fraction.extend_from_slice(&digits);
        (vec![b'0'], fraction)
    } else if point >= count {
        let padding = zeros(point - count)?;
        let mut integral = digits;
        integral.try_reserve_exact(padding.len()).map_err(|_| OutOfMemory)?;
        integral.extend_from_slice(&padding);
        (integral, Vec::new())
    } else {
        let mut integral = digits;
        let fraction = integral.split_off(point as usize);
        (integral, fraction)
    };
    Ok(Parts { integral, fraction, exponent })
}

/// Appends an exponent with its sign.
pub fn push_exponent(out: &mut Vec<u8>, exponent: i64, letter: u8) {
    out.push(letter);
    out.push(if exponent < 0 { b'-' } else { b'+' });
    let mut digits = [0; 20];
    let count = limbs::digits_of_word(exponent.unsigned_abs()).max(1) as usize;
    write_digits(exponent.unsigned_abs(), &mut digits[..count]);
    out.extend_from_slice(&digits[..count]);
}

/// `Infinity`, `NaN` or `sNaN` with its payload, without sign.
pub fn special_text(number: View<'_>) -> Result<Vec<u8>, OutOfMemory> {
    let mut text = match number.kind {
        Kind::Infinite => return Ok(b"Infinity".to_vec()),
        Kind::SignalingNan => b"sNaN".to_vec(),
        _ => b"NaN".to_vec(),
    };
    if !number.limbs.is_empty() {
        let payload = digits_text(number.limbs)?;
        text.try_reserve(payload.len()).map_err(|_| OutOfMemory)?;
        text.extend_from_slice(&payload);
    }
    Ok(text)
}

impl View<'_> {
    /// The number as ASCII.
    pub fn to_text(self, notation: Notation, capitals: bool) -> Result<Vec<u8>, OutOfMemory> {
        let mut short = [0; SHORT_TEXT];
        if notation != Notation::Fixed
            && !matches!(notation, Notation::Exponent(_))
            && let Some(text) = self.short_text(&mut short)
        {
            return Ok(text.to_vec());
        }
        let mut out = Vec::new();
        if self.negative {
            out.push(b'-');
        }
        if self.is_special() {
            out.append(&mut special_text(self)?);
            return Ok(out);
        }
        let parts = parts(self, notation)?;
        out.try_reserve_exact(parts.integral.len().saturating_add(parts.fraction.len()).saturating_add(24))
            .map_err(|_| OutOfMemory)?;
        out.extend_from_slice(&parts.integral);
        if !parts.fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(&parts.fraction);
        }
        if let Some(exponent) = parts.exponent {
            push_exponent(&mut out, exponent, if capitals { b'E' } else { b'e' });
        }
        Ok(out)
    }

    /// The text of a finite number of at most 36 digits that needs no exponent, at the end of a
    /// buffer.
    pub fn short_text(self, buffer: &mut [u8; SHORT_TEXT]) -> Option<&[u8]> {
        let count = self.digits();
        if self.kind != Kind::Finite || self.limbs.len() > 2 || self.exp > 0 || self.exp + count <= -6 {
            return None;
        }
        let fraction = -self.exp as usize;
        // At least one digit stands before the point.
        let digits = (count as usize).max(fraction + 1);
        let mut start = SHORT_TEXT - digits;
        let (low, high) = (self.limbs.first().copied().unwrap_or(0), self.limbs.get(1).copied().unwrap_or(0));
        let in_low = digits.min(WIDTH);
        write_digits(low, &mut buffer[SHORT_TEXT - in_low..]);
        write_digits(high, &mut buffer[start..SHORT_TEXT - in_low]);
        if fraction > 0 {
            let point = SHORT_TEXT - fraction - 1;
            buffer.copy_within(start..=point, start - 1);
            buffer[point] = b'.';
            start -= 1;
        }
        if self.negative {
            start -= 1;
            buffer[start] = b'-';
        }
        Some(&buffer[start..])
    }
}
