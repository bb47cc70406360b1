//! Arithmetic of magnitudes: rows of words, least significant first, the last word not 0 (results
//! may have zeros at the end). What takes more than the schoolbook's methods is left to
//! `num-bigint` by the callers.

use std::cmp::Ordering;

/// Rows above this length are multiplied and divided by better methods than these.
pub const SCHOOLBOOK: usize = 48;

/// The row without zeros at the end.
pub fn trim(words: &[u64]) -> &[u64] {
    let len = words.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1);
    &words[..len]
}

/// The order of two magnitudes.
pub fn compare(a: &[u64], b: &[u64]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// `out = a + b`; `a` is the longer one, `out` one word longer than it.
pub fn add(out: &mut [u64], a: &[u64], b: &[u64]) {
    debug_assert!(a.len() >= b.len() && out.len() == a.len() + 1);
    let mut carry = false;
    for (index, &word) in a.iter().enumerate() {
        let (sum, first) = word.overflowing_add(b.get(index).copied().unwrap_or(0));
        let (sum, second) = sum.overflowing_add(carry.into());
        out[index] = sum;
        carry = first | second;
    }
    out[a.len()] = carry.into();
}

/// `out = a - b`; `a` is not the smaller one, `out` as long as it.
pub fn subtract(out: &mut [u64], a: &[u64], b: &[u64]) {
    debug_assert!(a.len() >= b.len() && out.len() == a.len());
    let mut borrow = false;
    for (index, &word) in a.iter().enumerate() {
        let (difference, first) = word.overflowing_sub(b.get(index).copied().unwrap_or(0));
        let (difference, second) = difference.overflowing_sub(borrow.into());
        out[index] = difference;
        borrow = first | second;
    }
    debug_assert!(!borrow);
}

/// `out = a * b`; `out` is as long as both together.
pub fn multiply(out: &mut [u64], a: &[u64], b: &[u64]) {
    debug_assert!(out.len() == a.len() + b.len());
    out.fill(0);
    for (index, &factor) in b.iter().enumerate() {
        let carry = add_product(&mut out[index..index + a.len()], a, factor);
        out[index + a.len()] = carry;
    }
}

/// `out += a * factor`, of the same length; gives the carry.
#[inline]
fn add_product(out: &mut [u64], a: &[u64], factor: u64) -> u64 {
    let mut carry = 0;
    for (out, &word) in out.iter_mut().zip(a) {
        let sum = u128::from(word) * u128::from(factor) + u128::from(*out) + u128::from(carry);
        *out = sum as u64;
        carry = (sum >> 64) as u64;
    }
    carry
}

/// `out -= a * factor`, of the same length; gives the borrow.
#[inline]
fn subtract_product(out: &mut [u64], a: &[u64], factor: u64) -> u64 {
    let mut borrow = 0;
    for (out, &word) in out.iter_mut().zip(a) {
        let product = u128::from(word) * u128::from(factor) + u128::from(borrow);
        let (difference, below) = out.overflowing_sub(product as u64);
        *out = difference;
        borrow = (product >> 64) as u64 + u64::from(below);
    }
    borrow
}

/// `out = a << shift`, where `shift` is below 64; gives the bits shifted out.
pub fn shift_left(out: &mut [u64], a: &[u64], shift: u32) -> u64 {
    if shift == 0 {
        out[..a.len()].copy_from_slice(a);
        return 0;
    }
    let mut carry = 0;
    for (out, &word) in out.iter_mut().zip(a) {
        *out = word << shift | carry;
        carry = word >> (64 - shift);
    }
    carry
}

/// `out = a >> shift`, where `shift` is below 64; of the same length.
pub fn shift_right(out: &mut [u64], a: &[u64], shift: u32) {
    for (index, out) in out.iter_mut().enumerate() {
        let above = a.get(index + 1).copied().unwrap_or(0);
        *out = if shift == 0 { a[index] } else { a[index] >> shift | above << (64 - shift) };
    }
}

/// Quotient and remainder. `b` is not 0.
pub fn divide(a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    if compare(a, b) == Ordering::Less {
        return (Vec::new(), a.to_vec());
    }
    let &[.., top] = b else { unreachable!("the divisor is not 0") };
    if let &[divisor] = b {
        let mut quotient = vec![0; a.len()];
        let mut rest = 0;
        for (out, &word) in quotient.iter_mut().zip(a).rev() {
            let dividend = u128::from(rest) << 64 | u128::from(word);
            (*out, rest) = ((dividend / u128::from(divisor)) as u64, (dividend % u128::from(divisor)) as u64);
        }
        return (quotient, vec![rest]);
    }
    // Knuth's algorithm D: both are shifted so that the divisor's highest bit is set.
    let shift = top.leading_zeros();
    let mut divisor = vec![0; b.len()];
    shift_left(&mut divisor, b, shift);
    let mut rest = vec![0; a.len() + 1];
    rest[a.len()] = shift_left(&mut rest, a, shift);
    let n = b.len();
    let mut quotient = vec![0; a.len() - n + 1];
    for at in (0..quotient.len()).rev() {
        let digit = divide_step(&mut rest[at..=at + n], &divisor);
        quotient[at] = digit;
    }
    rest.truncate(n);
    let mut remainder = vec![0; n];
    shift_right(&mut remainder, &rest, shift);
    (quotient, remainder)
}

/// One digit of a quotient: `rest`, one word longer than the divisor, becomes the remainder.
fn divide_step(rest: &mut [u64], divisor: &[u64]) -> u64 {
    let n = divisor.len();
    let (high, next) = (divisor[n - 1], divisor[n - 2]);
    let top = u128::from(rest[n]) << 64 | u128::from(rest[n - 1]);
    // The estimate is at most two too large; the second word of the divisor nearly always
    // corrects it.
    let (mut digit, mut left) = if rest[n] >= high {
        (u128::from(u64::MAX), top - u128::from(u64::MAX) * u128::from(high))
    } else {
        (top / u128::from(high), top % u128::from(high))
    };
    while left >> 64 == 0 && digit * u128::from(next) > (left << 64 | u128::from(rest[n - 2])) {
        digit -= 1;
        left += u128::from(high);
    }
    let mut digit = digit as u64;
    let borrow = subtract_product(&mut rest[..n], divisor, digit);
    let (difference, below) = rest[n].overflowing_sub(borrow);
    rest[n] = difference;
    if below {
        digit -= 1;
        let mut carry = false;
        for (out, &word) in rest.iter_mut().zip(divisor) {
            let (sum, first) = out.overflowing_add(word);
            let (sum, second) = sum.overflowing_add(carry.into());
            *out = sum;
            carry = first | second;
        }
        rest[n] = rest[n].wrapping_add(carry.into());
    }
    digit
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::super::big::biguint;
    use super::*;

    /// Rows of words in which the extremes are frequent.
    fn rows() -> Vec<Vec<u64>> {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        (0..120)
            .map(|round| {
                let mut row: Vec<u64> = (0..1 + round % 7)
                    .map(|_| match next() % 5 {
                        0 => 0,
                        1 => u64::MAX,
                        2 => 1 << 63,
                        _ => next(),
                    })
                    .collect();
                row.push(next() | 1);
                row
            })
            .collect()
    }

    fn words(number: &BigUint) -> Vec<u64> {
        number.iter_u64_digits().collect()
    }

    #[test]
    fn agrees_with_another_implementation() {
        let rows = rows();
        for a in &rows {
            for b in &rows {
                let (x, y) = (biguint(a), biguint(b));
                let mut product = vec![1; a.len() + b.len()];
                multiply(&mut product, a, b);
                assert_eq!(trim(&product), words(&(&x * &y)));
                let (quotient, remainder) = divide(a, b);
                assert_eq!(trim(&quotient), words(&(&x / &y)), "{a:x?} / {b:x?}");
                assert_eq!(trim(&remainder), words(&(&x % &y)), "{a:x?} % {b:x?}");
                assert_eq!(compare(a, b), x.cmp(&y));
                if compare(a, b).is_ge() {
                    let mut out = vec![1; a.len()];
                    subtract(&mut out, a, b);
                    assert_eq!(trim(&out), words(&(&x - &y)));
                    if a.len() >= b.len() {
                        let mut out = vec![1; a.len() + 1];
                        add(&mut out, a, b);
                        assert_eq!(trim(&out), words(&(&x + &y)));
                    }
                }
            }
        }
    }

    #[test]
    fn divides_by_one_word() {
        assert_eq!(divide(&[5, 7], &[7]), (vec![0, 1], vec![5]));
        let (quotient, remainder) = divide(&[0, 0, 1], &[3]);
        assert_eq!(trim(&quotient), [0x5555_5555_5555_5555, 0x5555_5555_5555_5555]);
        assert_eq!(remainder, [1]);
    }
}
