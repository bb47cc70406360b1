//! The arithmetic of `int`: in 64 bits where they do, with big integers otherwise.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::big::Int;
use super::magnitude;
use crate::{PyResult, Value, Vm};

impl Vm {
    #[inline(always)]
    fn int_operands(&self, a: Value, b: Value) -> Option<(Int, Int)> {
        Some((self.as_int(a)?, self.as_int(b)?))
    }
}

macro_rules! operator {
    ($(#[$doc:meta])* $name:ident, $small:expr, $medium:expr, $large:expr) => {
        $(#[$doc])*
        pub(crate) fn $name(vm: &Vm, a: Value, b: Value) -> PyResult {
            let Some((a, b)) = vm.int_operands(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
            if let (Int::Small(a), Int::Small(b)) = (a, b) {
                let small: fn(i64, i64) -> Option<i64> = $small;
                if let Some(result) = small(a, b) {
                    return vm.new_int(result);
                }
            }
            if let (Some(a), Some(b)) = (a.to_i128(), b.to_i128()) {
                let medium: fn(i128, i128) -> i128 = $medium;
                return vm.new_int_i128(medium(a, b));
            }
            let large: fn(&Vm, Int, Int) -> PyResult = $large;
            large(vm, a, b)
        }
    };
}

// Of 128 bits all but two are in use: no sum or difference overflows.
operator!(/** `a + b` */ add, i64::checked_add, |a, b| a + b, |vm, a, b| sum(vm, a, b, b.is_negative()));
operator!(/** `a - b` */ subtract, i64::checked_sub, |a, b| a - b, |vm, a, b| sum(vm, a, b, !b.is_negative()));
operator!(/** `a & b` */ and, |a, b| Some(a & b), |a, b| a & b, |vm, a, b| vm.new_int_big(&(a.to_big() & b.to_big())));
operator!(/** `a | b` */ or, |a, b| Some(a | b), |a, b| a | b, |vm, a, b| vm.new_int_big(&(a.to_big() | b.to_big())));
operator!(/** `a ^ b` */ xor, |a, b| Some(a ^ b), |a, b| a ^ b, |vm, a, b| vm.new_int_big(&(a.to_big() ^ b.to_big())));

/// The sum of `a` and the magnitude of `b` with a sign of its own.
fn sum(vm: &Vm, a: Int, b: Int, b_negative: bool) -> PyResult {
    let (mut room_a, mut room_b) = ([0], [0]);
    let (x, y) = (a.magnitude(&mut room_a), b.magnitude(&mut room_b));
    let negative = a.is_negative();
    let order = magnitude::compare(x, y);
    let (longer, shorter) = if order.is_lt() { (y, x) } else { (x, y) };
    if negative == b_negative {
        return vm.new_int_filled(negative, longer.len() + 1, |out| magnitude::add(out, longer, shorter));
    }
    let negative = if order.is_lt() { b_negative } else { negative };
    vm.new_int_filled(negative, longer.len(), |out| magnitude::subtract(out, longer, shorter))
}

/// `a * b`
pub(super) fn multiply(vm: &Vm, a: Value, b: Value) -> PyResult {
    let Some((a, b)) = vm.int_operands(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    if let (Int::Small(a), Int::Small(b)) = (a, b) {
        return match a.checked_mul(b) {
            Some(product) => vm.new_int(product),
            None => vm.new_int_i128(i128::from(a) * i128::from(b)),
        };
    }
    let (mut room_a, mut room_b) = ([0], [0]);
    let (x, y) = (a.magnitude(&mut room_a), b.magnitude(&mut room_b));
    let (longer, shorter) = if x.len() < y.len() { (y, x) } else { (x, y) };
    let negative = a.is_negative() != b.is_negative();
    if let (&[x], &[y]) = (x, y) {
        return vm.new_int_u128(negative, u128::from(x) * u128::from(y));
    }
    if shorter.len() <= magnitude::SCHOOLBOOK {
        return vm.new_int_filled(negative, x.len() + y.len(), |out| magnitude::multiply(out, longer, shorter));
    }
    vm.new_int_big(&(a.to_big() * b.to_big()))
}

/// Quotient and remainder of large operands, rounded down.
struct Division {
    quotient: (bool, Vec<u64>),
    remainder: (bool, Vec<u64>),
}

fn divide(vm: &Vm, a: Int, b: Int) -> PyResult<Division> {
    if b.is_zero() {
        return Err(vm.zero_division_error("division by zero"));
    }
    let (mut room_a, mut room_b) = ([0], [0]);
    let (x, y) = (a.magnitude(&mut room_a), b.magnitude(&mut room_b));
    if y.len() > magnitude::SCHOOLBOOK && x.len() > y.len() + magnitude::SCHOOLBOOK {
        let (quotient, remainder) = a.to_big().div_mod_floor(&b.to_big());
        let part = |part: BigInt| (part.is_negative(), part.iter_u64_digits().collect());
        return Ok(Division { quotient: part(quotient), remainder: part(remainder) });
    }
    let (mut quotient, mut remainder) = magnitude::divide(x, y);
    let differ = a.is_negative() != b.is_negative();
    if differ && !magnitude::trim(&remainder).is_empty() {
        // Rounded towards zero so far.
        let mut less = vec![0; y.len()];
        magnitude::subtract(&mut less, y, magnitude::trim(&remainder));
        remainder = less;
        let mut more = vec![0; quotient.len().max(1) + 1];
        match magnitude::trim(&quotient) {
            [] => more[0] = 1,
            _ => magnitude::add(&mut more, &quotient, &[1]),
        }
        quotient = more;
    }
    Ok(Division { quotient: (differ, quotient), remainder: (b.is_negative(), remainder) })
}

/// Quotient and remainder of 64 bits, rounded down; `None` when they do not fit or `b` is 0.
#[inline]
pub fn divmod_small(a: i64, b: i64) -> Option<(i64, i64)> {
    let (quotient, remainder) = (a.checked_div(b)?, a.checked_rem(b)?);
    if remainder != 0 && (remainder < 0) != (b < 0) {
        Some((quotient - 1, remainder + b))
    } else {
        Some((quotient, remainder))
    }
}

/// As [`divmod_small`], of operands that 128 bits hold.
fn divmod_medium(a: Int, b: Int) -> Option<(i128, i128)> {
    let (a, b) = (a.to_i128()?, b.to_i128()?);
    let (quotient, remainder) = (a.checked_div(b)?, a.checked_rem(b)?);
    if remainder != 0 && (remainder < 0) != (b < 0) {
        Some((quotient - 1, remainder + b))
    } else {
        Some((quotient, remainder))
    }
}

/// `a // b`
pub(super) fn floor_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
    let Some((a, b)) = vm.int_operands(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    if let (Int::Small(a), Int::Small(b)) = (a, b)
        && let Some((quotient, _)) = divmod_small(a, b)
    {
        return vm.new_int(quotient);
    }
    if let Some((quotient, _)) = divmod_medium(a, b) {
        return vm.new_int_i128(quotient);
    }
    let (negative, words) = divide(vm, a, b)?.quotient;
    vm.new_int_from_words(negative, &words)
}

/// `a % b`
pub(super) fn remainder(vm: &Vm, a: Value, b: Value) -> PyResult {
    let Some((a, b)) = vm.int_operands(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    if let (Int::Small(a), Int::Small(b)) = (a, b)
        && let Some((_, remainder)) = divmod_small(a, b)
    {
        return vm.new_int(remainder);
    }
    if let Some((_, remainder)) = divmod_medium(a, b) {
        return vm.new_int_i128(remainder);
    }
    let (negative, words) = divide(vm, a, b)?.remainder;
    vm.new_int_from_words(negative, &words)
}

/// `divmod(a, b)`
pub(super) fn divmod(vm: &Vm, a: Value, b: Value) -> PyResult {
    let Some((a, b)) = vm.int_operands(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    let pair = if let (Int::Small(a), Int::Small(b)) = (a, b)
        && let Some((quotient, remainder)) = divmod_small(a, b)
    {
        [vm.new_int(quotient)?, vm.new_int(remainder)?]
    } else if let Some((quotient, remainder)) = divmod_medium(a, b) {
        [vm.new_int_i128(quotient)?, vm.new_int_i128(remainder)?]
    } else {
        let Division { quotient, remainder } = divide(vm, a, b)?;
        [vm.new_int_from_words(quotient.0, &quotient.1)?, vm.new_int_from_words(remainder.0, &remainder.1)?]
    };
    Ok(vm.new_tuple(&pair)?.value())
}

/// `a / b`: the float nearest to the exact quotient, ties to even.
pub(super) fn true_divide(vm: &Vm, a: Value, b: Value) -> PyResult {
    let Some((a, b)) = vm.int_operands(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    if b.is_zero() {
        return Err(vm.zero_division_error("division by zero"));
    }
    const EXACT: u64 = 1 << 53;
    if let (Int::Small(a), Int::Small(b)) = (a, b) {
        // Both are exact as floats: the hardware's division rounds correctly.
        if a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT {
            return vm.new_float(a as f64 / b as f64);
        }
    }
    match divide_to_f64(&a.to_big(), &b.to_big()) {
        Some(quotient) => vm.new_float(quotient),
        None => Err(vm.overflow_error("integer division result too large for a float")),
    }
}

/// The nearest float of an exact quotient, ties to even; `None` beyond the range.
pub fn divide_to_f64(a: &BigInt, b: &BigInt) -> Option<f64> {
    if a.is_zero() {
        return Some(if b.is_negative() { -0.0 } else { 0.0 });
    }
    let negative = a.is_negative() != b.is_negative();
    let (a, b) = (a.abs(), b.abs());
    // Scale so that the integer quotient has 66 bits or one more; the remainder is sticky.
    let shift = 66 - (a.bits() as i64 - b.bits() as i64);
    let (quotient, remainder) =
        if shift >= 0 { (a << shift as u64).div_rem(&b) } else { a.div_rem(&(b << shift.unsigned_abs())) };
    let sticky = u128::from(!remainder.is_zero());
    let bits = quotient.to_u128()? | sticky;
    let quotient = scale(bits, -shift)?;
    Some(if negative { -quotient } else { quotient })
}

/// `bits * 2^exponent`, rounded once. The lowest bit may stand for all that was cut off, so
/// `bits` has more digits than a float.
fn scale(bits: u128, exponent: i64) -> Option<f64> {
    let length = 128 - i64::from(bits.leading_zeros());
    let top = length + exponent;
    if top > 1024 {
        return None;
    }
    // How many of the lowest bits a float of this magnitude cannot hold.
    let cut = (length - 53).max(-1074 - exponent);
    if cut > 127 {
        return Some(0.0);
    }
    let (mut kept, rest) = if cut > 0 { (bits >> cut, bits & ((1 << cut) - 1)) } else { (bits, 0) };
    if cut > 0 {
        let half = 1u128 << (cut - 1);
        if rest > half || rest == half && kept & 1 == 1 {
            kept += 1;
        }
    }
    let exponent = exponent + cut.max(0);
    let mut result = kept as f64;
    let mut left = exponent;
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        result *= 2f64.powi(step as i32);
        left -= step;
    }
    result.is_finite().then_some(result)
}

fn shift_count(vm: &Vm, b: Int) -> PyResult<Option<u64>> {
    if b.is_negative() {
        return Err(vm.value_error("negative shift count"));
    }
    Ok(match b {
        Int::Small(count) => Some(count as u64),
        Int::Big(_) => None,
    })
}

/// `a << b`
pub(super) fn lshift(vm: &Vm, a: Value, b: Value) -> PyResult {
    let Some((a, b)) = vm.int_operands(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    let count = shift_count(vm, b)?;
    if a.is_zero() {
        return vm.new_int(0);
    }
    // Beyond this no memory could hold the result.
    const MOST: u64 = 1 << 40;
    let Some(count) = count.filter(|&count| count < MOST) else {
        return Err(if count.is_none() { vm.overflow_error("too many digits in integer") } else { vm.no_memory() });
    };
    if let Int::Small(a) = a
        && count < 64
        && a.unsigned_abs().leading_zeros() as u64 > count + 1
    {
        return vm.new_int(a << count);
    }
    if let Some(a) = a.to_i128()
        && count < 128
        && u64::from(a.unsigned_abs().leading_zeros()) > count + 1
    {
        return vm.new_int_i128(a << count);
    }
    vm.probe_memory((a.bits() + count) as usize / 8)?;
    let mut room = [0];
    let words = a.magnitude(&mut room);
    let (whole, shift) = ((count / 64) as usize, (count % 64) as u32);
    vm.new_int_filled(a.is_negative(), words.len() + whole + 1, |out| {
        out[whole + words.len()] = magnitude::shift_left(&mut out[whole..], words, shift);
    })
}

/// `a >> b`
pub(super) fn rshift(vm: &Vm, a: Value, b: Value) -> PyResult {
    let Some((a, b)) = vm.int_operands(a, b) else { return Ok(Value::NOT_IMPLEMENTED) };
    match (a, shift_count(vm, b)?) {
        (Int::Small(a), count) => vm.new_int(a >> count.unwrap_or(63).min(63)),
        (Int::Big(int), None) => vm.new_int(if int.is_negative() { -1 } else { 0 }),
        (Int::Big(int), Some(count)) if !int.is_negative() => {
            let words = int.words().get((count / 64) as usize..).unwrap_or(&[]);
            vm.new_int_filled(false, words.len(), |out| magnitude::shift_right(out, words, (count % 64) as u32))
        }
        (Int::Big(_), Some(count)) => vm.new_int_big(&(a.to_big() >> count)),
    }
}

/// `pow(base, exponent, modulus)`; a modulus of `None` means there is none.
pub(super) fn power(vm: &Vm, base: Value, exponent: Value, modulus: Value) -> PyResult {
    let Some((a, b)) = vm.int_operands(base, exponent) else { return Ok(Value::NOT_IMPLEMENTED) };
    if !modulus.is_none() {
        let Some(modulus) = vm.as_int(modulus) else { return Ok(Value::NOT_IMPLEMENTED) };
        return power_modulo(vm, a, b, modulus);
    }
    if b.is_negative() {
        let (a, b) = (vm.int_to_f64(base)?, vm.int_to_f64(exponent)?);
        return crate::types::float::power(vm, a, b);
    }
    if let (Int::Small(a), Int::Small(b)) = (a, b)
        && let Some(result) = u32::try_from(b).ok().and_then(|b| a.checked_pow(b))
    {
        return vm.new_int(result);
    }
    match b {
        Int::Small(exponent) if a.bits().saturating_mul(exponent as u64) < 1 << 40 => {
            let exponent = u32::try_from(exponent).map_err(|_| vm.no_memory());
            // 0, 1 and -1 have a power of any size.
            match (a, exponent) {
                (_, Ok(exponent)) => {
                    vm.probe_memory((a.bits() * u64::from(exponent)) as usize / 2)?;
                    vm.new_int_big(&a.to_big().pow(exponent))
                }
                (_, Err(raised)) => Err(raised),
            }
        }
        _ => match a {
            Int::Small(0 | 1) => vm.new_int(i64::from(!a.is_zero())),
            Int::Small(-1) => {
                let odd = matches!(b, Int::Small(b) if b & 1 == 1) || matches!(b, Int::Big(b) if b.words()[0] & 1 == 1);
                vm.new_int(if odd { -1 } else { 1 })
            }
            _ => Err(vm.no_memory()),
        },
    }
}

fn power_modulo(vm: &Vm, base: Int, exponent: Int, modulus: Int) -> PyResult {
    if modulus.is_zero() {
        return Err(vm.value_error("pow() 3rd argument cannot be 0"));
    }
    let modulus = modulus.to_big();
    let (base, exponent) = if exponent.is_negative() {
        let inverse = base.to_big().mod_floor(&modulus.abs()).modinv(&modulus.abs());
        let Some(inverse) = inverse else {
            return Err(vm.value_error("base is not invertible for the given modulus"));
        };
        (inverse, -exponent.to_big())
    } else {
        (base.to_big(), exponent.to_big())
    };
    if modulus.abs().is_one() {
        return vm.new_int(0);
    }
    vm.new_int_big(&base.modpow(&exponent, &modulus))
}

/// The order of two integers.
pub fn compare(a: Int, b: Int) -> std::cmp::Ordering {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => a.cmp(&b),
        (Int::Big(a), Int::Small(_)) => {
            if a.is_negative() {
                std::cmp::Ordering::Less
            } else {
                std::cmp::Ordering::Greater
            }
        }
        (Int::Small(_), Int::Big(b)) => {
            if b.is_negative() {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Less
            }
        }
        (Int::Big(a), Int::Big(b)) => match (a.is_negative(), b.is_negative()) {
            (false, true) => std::cmp::Ordering::Greater,
            (true, false) => std::cmp::Ordering::Less,
            (false, false) => magnitude::compare(a.words(), b.words()),
            (true, true) => magnitude::compare(b.words(), a.words()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_round_once() {
        let check = |a: &str, b: &str, expected: f64| {
            assert_eq!(divide_to_f64(&a.parse().unwrap(), &b.parse().unwrap()), Some(expected), "{a}/{b}");
        };
        check("1", "3", 1.0 / 3.0);
        check("-36893488147419103233", "3", -1.2297829382473034e19);
        check("9007199254740993", "1", 9007199254740992.0);
        let smallest = (BigInt::one() << 1075u32).to_string();
        check("1", &smallest, 0.0);
        check("2", &smallest, 5e-324);
        check("3", &smallest, 1e-323);
        assert_eq!(divide_to_f64(&(BigInt::one() << 2000u32), &BigInt::one()), None);
    }

    #[test]
    fn small_division_rounds_down() {
        assert_eq!(divmod_small(7, -2), Some((-4, -1)));
        assert_eq!(divmod_small(-7, 2), Some((-4, 1)));
        assert_eq!(divmod_small(-6, 2), Some((-3, 0)));
        assert_eq!(divmod_small(1, 0), None);
        assert_eq!(divmod_small(i64::MIN, -1), None);
    }
}
