//! Square roots.

use std::cmp::Ordering;

use crate::context::{Context, Rounding, flags};
use crate::divide::divide;
use crate::limbs::{self, BASE, OutOfMemory};
use crate::multiply::multiply;
use crate::round::{check_nans, finalize, invalid};
use crate::{Decimal, Flags, Outcome, View};

/// The square root, rounded half to even whatever the context says.
pub fn sqrt(a: View<'_>, ctx: &Context, status: &mut Flags) -> Outcome {
    let ctx = &ctx.rounded(Rounding::HalfEven);
    if a.is_special() {
        if let Some(nan) = check_nans(&[a], ctx, status)? {
            return Ok(nan);
        }
        return if a.negative { Ok(invalid(flags::INVALID_OPERATION, status)) } else { a.to_decimal() };
    }
    let ideal = a.exp.div_euclid(2);
    if a.is_zero() {
        return finalize(Decimal::zero(a.negative, ideal), ctx, status);
    }
    if a.negative {
        return Ok(invalid(flags::INVALID_OPERATION, status));
    }
    match root(a, ideal, ctx.prec) {
        Ok((root, _)) => finalize(root, ctx, status),
        Err(OutOfMemory) => {
            // An exact root has at most so many digits.
            let enough = a.digits() + 1;
            if enough >= ctx.prec {
                return Err(OutOfMemory);
            }
            match root(a, ideal, enough)? {
                (root, true) => finalize(root, ctx, status),
                (_, false) => Err(OutOfMemory),
            }
        }
    }
}

/// The root to at least one digit more than the precision; its last digit shows whether it is
/// above, and the flag whether it is exact.
fn root(a: View<'_>, ideal: i64, prec: i64) -> Result<(Decimal, bool), OutOfMemory> {
    let odd = i64::from(a.exp % 2 != 0);
    let digits = (a.digits() + odd + 1) / 2;
    // The coefficient of the root shall have at least prec + 1 digits.
    let places = (prec + 1 - digits).max(0);
    let exp = ideal - places;
    let square = limbs::shift_left(a.limbs, odd + 2 * places)?;
    let mut root = integer_root(&square)?;
    if limbs::compare(&multiply(&root, &root)?, &square) != Ordering::Equal {
        if root.first().is_none_or(|limb| limb % 5 == 0) {
            limbs::increment(&mut root)?;
        }
        return Ok((Decimal::new(false, root, exp), false));
    }
    let zeros = limbs::trailing_zeros(&root).min(ideal - exp);
    Ok((Decimal::new(false, limbs::shift_right(&root, zeros)?, exp + zeros), true))
}

/// The integer root, rounded down.
fn integer_root(square: &[u64]) -> Result<Vec<u64>, OutOfMemory> {
    if square.len() <= 2 {
        let high = square.get(1).copied().unwrap_or(0);
        let low = square.first().copied().unwrap_or(0);
        return Ok(vec![(u128::from(high) * u128::from(BASE) + u128::from(low)).isqrt() as u64]);
    }
    // The root of the top half gives half of the digits, a step of Newton's the others.
    let drop = (square.len() - 1) / 4;
    let drop = drop.max(usize::from(square.len() > 2 && drop == 0));
    let top = integer_root(&square[2 * drop..])?;
    let mut guess = limbs::zeros(drop)?;
    guess.try_reserve_exact(top.len() + 1).map_err(|_| OutOfMemory)?;
    guess.extend_from_slice(&top);
    // From above, so that each further step comes down to the root.
    for limb in &mut guess[..drop] {
        *limb = BASE - 1;
    }
    loop {
        let (quotient, _) = divide(square, &guess)?;
        if limbs::compare(&quotient, &guess) != Ordering::Less {
            return Ok(guess);
        }
        let mut sum = limbs::add(&guess, &quotient)?;
        limbs::divide_word(&mut sum, 2);
        limbs::trim(&mut sum);
        guess = sum;
    }
}
