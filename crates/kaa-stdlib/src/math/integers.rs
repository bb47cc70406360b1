//! The functions of whole numbers: `gcd`, `lcm`, `isqrt`, `factorial`, `comb`, `perm`.

use kaa_macros::py_functions;
use kaa_objects::types::int::big::Int;
use kaa_objects::{PyResult, Value, Vm};
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;

use super::Math;

/// A natural number, in a word when it fits.
enum Natural {
    Small(u64),
    Big(BigUint),
}

impl Natural {
    fn magnitude(int: Int) -> Natural {
        match int {
            Int::Small(i) => Natural::Small(i.unsigned_abs()),
            Int::Big(_) => Natural::Big(int.to_big().into_parts().1),
        }
    }

    fn is(&self, number: u64) -> bool {
        matches!(self, Natural::Small(i) if *i == number)
    }

    fn into_big(self) -> BigUint {
        match self {
            Natural::Small(i) => i.into(),
            Natural::Big(big) => big,
        }
    }

    fn gcd(self, other: Natural) -> Natural {
        match (self, other) {
            (Natural::Small(a), Natural::Small(b)) => Natural::Small(a.gcd(&b)),
            (Natural::Small(0), other) | (other, Natural::Small(0)) => other,
            (Natural::Small(small), Natural::Big(big)) | (Natural::Big(big), Natural::Small(small)) => {
                let rest = u64::try_from(big % small).expect("a remainder is below the divisor");
                Natural::Small(rest.gcd(&small))
            }
            (Natural::Big(a), Natural::Big(b)) => {
                let gcd = a.gcd(&b);
                u64::try_from(&gcd).map_or(Natural::Big(gcd), Natural::Small)
            }
        }
    }

    fn lcm(self, other: Natural) -> Natural {
        match (&self, &other) {
            (Natural::Small(0), _) | (_, Natural::Small(0)) => return Natural::Small(0),
            (Natural::Small(a), Natural::Small(b)) => {
                if let Some(product) = (a / a.gcd(b)).checked_mul(*b) {
                    return Natural::Small(product);
                }
            }
            _ => {}
        }
        Natural::Big(self.into_big().lcm(&other.into_big()))
    }

    fn into_value(self, vm: &Vm) -> PyResult {
        match self {
            Natural::Small(i) => vm.new_int_u64(i),
            Natural::Big(big) => vm.new_int_big(&big.into()),
        }
    }
}

/// `operator.index(value)` as an operand.
fn index(vm: &Vm, value: Value) -> PyResult<Int> {
    let index = vm.index(value)?;
    Ok(vm.as_int(index).expect("an index is an int"))
}

/// The product of `first`, `first + step`, … (`count` factors), by halves, so that large numbers
/// meet numbers of their own size.
fn product(first: u64, step: u64, count: u64) -> BigUint {
    let last = first + step * count.saturating_sub(1);
    let bits = u64::from(64 - last.leading_zeros());
    if count * bits <= 64 {
        return (0..count).map(|i| first + step * i).product::<u64>().into();
    }
    let half = count / 2;
    product(first, step, half) * product(first + step * half, step, count - half)
}

/// As [`product`] with a step of 1, of factors beyond 64 bits.
fn big_product(first: &BigUint, count: u64) -> BigUint {
    match count {
        0 => BigUint::from(1u32),
        1 => first.clone(),
        _ => {
            let half = count / 2;
            big_product(first, half) * big_product(&(first + half), count - half)
        }
    }
}

/// n!: the odd part by its factors' ranges (n, n/2], (n/2, n/4], …, each a power of the one
/// before; then the power of two.
fn factorial(n: u64) -> BigUint {
    if n <= 20 {
        return (1..=n).product::<u64>().into();
    }
    let (mut inner, mut outer) = (BigUint::from(1u32), BigUint::from(1u32));
    let mut upper = 3;
    for shift in (0..n.ilog2()).rev() {
        let lower = upper;
        upper = ((n >> shift) + 1) | 1;
        inner *= product(lower, 2, (upper - lower) / 2);
        outer *= &inner;
    }
    outer << (n - u64::from(n.count_ones()))
}

/// n(n - 1)…(n - k + 1), where k <= n.
fn falling_factorial(n: &Natural, k: u64) -> BigUint {
    match n {
        Natural::Small(n) if k == *n => factorial(*n),
        Natural::Small(n) if *n < u64::MAX => product(n - k + 1, 1, k),
        Natural::Small(n) => big_product(&(BigUint::from(*n) - k + 1u32), k),
        Natural::Big(n) => big_product(&(n - k + 1u32), k),
    }
}

/// The binomial coefficient of numbers that fit a word, where k is at most half of n: by products
/// that stay in 64 bits while they can.
fn binomial(n: &Natural, k: u64) -> BigUint {
    let mut done = 0;
    let mut result = 1u64;
    if let Natural::Small(n) = *n {
        while done < k {
            // C(n, i) · (n - i) is divisible by i + 1.
            match u128::from(result) * u128::from(n - done) / u128::from(done + 1) {
                next if next <= u128::from(u64::MAX) => result = next as u64,
                _ => break,
            }
            done += 1;
        }
        if done == k {
            return result.into();
        }
    }
    falling_factorial(n, k) / factorial(k)
}

fn factorial_of(vm: &Vm, n: Int) -> PyResult {
    match n {
        Int::Small(n) => match u64::try_from(n) {
            Ok(n) => vm.new_int_big(&factorial(n).into()),
            Err(_) => Err(vm.value_error("factorial() not defined for negative values")),
        },
        n if n.is_negative() => Err(vm.value_error("factorial() not defined for negative values")),
        _ => Err(vm.overflow_error(format_args!("factorial() argument should not exceed {}", i64::MAX))),
    }
}

/// The checks that `comb` and `perm` share; `None` when k > n.
fn n_and_k(vm: &Vm, n: Value, k: Value) -> PyResult<Option<(Int, Int)>> {
    let (n, k) = (vm.index(n)?, vm.index(k)?);
    for (number, name) in [(n, "n"), (k, "k")] {
        if vm.int_is_negative(number) {
            return Err(vm.value_error(format_args!("{name} must be a non-negative integer")));
        }
    }
    if vm.int_compare(n, k).is_lt() {
        return Ok(None);
    }
    Ok(vm.as_int(n).zip(vm.as_int(k)))
}

#[py_functions(FUNCTIONS, of = "math")]
impl Math {
    #[function("gcd(*integers)", doc = "Greatest Common Divisor.")]
    fn gcd(vm: &Vm, integers: &[Value]) -> PyResult {
        let mut result = Natural::Small(0);
        for &integer in integers {
            let next = index(vm, integer)?;
            // What follows cannot change it, but must be integers.
            if !result.is(1) {
                result = result.gcd(Natural::magnitude(next));
            }
        }
        result.into_value(vm)
    }

    #[function("lcm(*integers)", doc = "Least Common Multiple.")]
    fn lcm(vm: &Vm, integers: &[Value]) -> PyResult {
        let mut result = Natural::Small(1);
        for &integer in integers {
            let next = index(vm, integer)?;
            if !result.is(0) {
                result = result.lcm(Natural::magnitude(next));
            }
        }
        result.into_value(vm)
    }

    #[function("isqrt(n, /)", doc = "Return the integer part of the square root of the input.")]
    fn isqrt(vm: &Vm, n: Value) -> PyResult {
        let n = index(vm, n)?;
        if n.is_negative() {
            return Err(vm.value_error("isqrt() argument must be nonnegative"));
        }
        match Natural::magnitude(n) {
            Natural::Small(n) => vm.new_int_u64(n.isqrt()),
            Natural::Big(n) => vm.new_int_big(&n.sqrt().into()),
        }
    }

    #[function("factorial(n, /)", doc = "Find n!.")]
    fn factorial(vm: &Vm, n: Value) -> PyResult {
        let n = index(vm, n)?;
        factorial_of(vm, n)
    }

    #[function(
        "perm(n, k=None, /)",
        doc = "Number of ways to choose k items from n items without repetition and with order.\n\nEvaluates to n! / (n - k)! when k <= n and evaluates\nto zero when k > n.\n\nIf k is not specified or is None, then k defaults to n\nand the function returns n!.\n\nRaises TypeError if either of the arguments are not integers.\nRaises ValueError if either of the arguments are negative."
    )]
    fn perm(vm: &Vm, n: Value, k: Option<Value>) -> PyResult {
        let Some(k) = k else {
            let n = index(vm, n)?;
            return factorial_of(vm, n);
        };
        match n_and_k(vm, n, k)? {
            None => Ok(Value::small_int(0)),
            Some((n, Int::Small(k))) => {
                let result = falling_factorial(&Natural::magnitude(n), k as u64);
                vm.new_int_big(&BigInt::from(result))
            }
            Some(_) => Err(vm.overflow_error(format_args!("k must not exceed {}", i64::MAX))),
        }
    }

    #[function(
        "comb(n, k, /)",
        doc = "Number of ways to choose k items from n items without repetition and without order.\n\nEvaluates to n! / (k! * (n - k)!) when k <= n and evaluates\nto zero when k > n.\n\nAlso called the binomial coefficient because it is equivalent\nto the coefficient of k-th term in polynomial expansion of the\nexpression (1 + x)**n.\n\nRaises TypeError if either of the arguments are not integers.\nRaises ValueError if either of the arguments are negative."
    )]
    fn comb(vm: &Vm, n: Value, k: Value) -> PyResult {
        let Some((n, k)) = n_and_k(vm, n, k)? else { return Ok(Value::small_int(0)) };
        let k = match (n, k) {
            (Int::Small(n), Int::Small(k)) => k.min(n - k) as u64,
            _ => {
                let rest = n.to_big() - k.to_big();
                match i64::try_from(rest.min(k.to_big())) {
                    Ok(k) => k as u64,
                    Err(_) => {
                        return Err(vm.overflow_error(format_args!("min(n - k, k) must not exceed {}", i64::MAX)));
                    }
                }
            }
        };
        vm.new_int_big(&BigInt::from(binomial(&Natural::magnitude(n), k)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_ranges() {
        let mut expected = BigUint::from(1u32);
        for n in 1..200u64 {
            expected *= n;
            assert_eq!(factorial(n), expected);
        }
        assert_eq!(falling_factorial(&Natural::Small(30), 25), factorial(30) / factorial(5));
        for n in 0..80 {
            for k in 0..=n / 2 {
                let expected = factorial(n) / factorial(k) / factorial(n - k);
                assert_eq!(binomial(&Natural::Small(n), k), expected, "{n} {k}");
            }
        }
    }
}
