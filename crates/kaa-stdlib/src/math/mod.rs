//! `math`: functions of real numbers and integers. CPython: Modules/mathmodule.c.

mod exact_sums;
mod gamma;
mod integers;
mod iterables;
pub(crate) mod libm;
#[cfg(test)]
mod tests;

use kaa_macros::py_module;
use kaa_objects::object::Gc;
use kaa_objects::operations::BinaryOp;
use kaa_objects::types::float::{PyFloat, float_to_big};
use kaa_objects::types::int::big::Int;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, PyResult, Raised, Value, Vm};

use self::gamma::Failure;

/// The module.
pub struct Math;

const DOMAIN: &str = "math domain error";
const RANGE: &str = "math range error";

#[cold]
fn domain_error(vm: &Vm, expected: &str, x: f64) -> Raised {
    let x = kaa_text::floats::repr(x);
    vm.value_error(format_args!("expected {expected}, got {x}"))
}

/// The result of a function of one number: what is no number, or infinite, though the argument was
/// fine, was out of the function's domain.
#[inline]
fn checked(vm: &Vm, x: f64, result: f64, expected: &str) -> PyResult<f64> {
    if (result.is_nan() && !x.is_nan()) || (result.is_infinite() && x.is_finite()) {
        return Err(domain_error(vm, expected, x));
    }
    Ok(result)
}

/// The result of a function that is defined everywhere, but may overflow.
#[inline]
fn checked_range(vm: &Vm, x: f64, result: f64) -> PyResult<f64> {
    if result.is_infinite() && x.is_finite() { Err(vm.overflow_error(RANGE)) } else { Ok(result) }
}

/// The result of a function of two numbers that has no infinite results of finite arguments.
fn checked_pair(vm: &Vm, x: f64, y: f64, result: f64) -> PyResult<f64> {
    if result.is_nan() && !x.is_nan() && !y.is_nan() { Err(vm.value_error(DOMAIN)) } else { Ok(result) }
}

fn gamma_result(vm: &Vm, x: f64, result: Result<f64, Failure>) -> PyResult<f64> {
    result.map_err(|failure| match failure {
        Failure::Domain => domain_error(vm, "a noninteger or positive integer", x),
        Failure::Range => vm.overflow_error(RANGE),
    })
}

/// A finite float with an integral value as an `int`.
fn integral(vm: &Vm, f: f64) -> PyResult {
    if f.abs() < 9e18 {
        return vm.new_int(f as i64);
    }
    if f.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    if f.is_infinite() {
        return Err(vm.overflow_error("cannot convert float infinity to integer"));
    }
    vm.new_int_big(&float_to_big(f))
}

/// An exact `float`'s number.
fn exact_float(vm: &Vm, x: Value) -> Option<f64> {
    x.as_small_float().or_else(|| vm.cast_exact::<PyFloat>(x).map(|float| float.value))
}

/// `ceil` and `floor`: of floats directly, of others by their method, or as floats.
fn rounded(vm: &Vm, x: Value, method: Gc<PyStr>, round: fn(f64) -> f64) -> PyResult {
    if x.is_small_int() {
        return Ok(x);
    }
    if let Some(f) = exact_float(vm, x) {
        return integral(vm, round(f));
    }
    match vm.call_special(x, method, &[])? {
        Some(result) => Ok(result),
        None => integral(vm, round(vm.to_f64(x)?)),
    }
}

/// A logarithm of a float, or of an integer of any size.
fn logarithm(vm: &Vm, x: Value, log: fn(f64) -> f64) -> PyResult<f64> {
    let Some(int) = vm.as_int(x) else {
        let f = vm.to_f64(x)?;
        return checked(vm, f, log(f), "a positive input");
    };
    match int {
        Int::Small(i) if i > 0 => Ok(log(i as f64)),
        Int::Big(_) if !int.is_negative() => {
            let big = int.to_big();
            let bits = big.bits();
            if bits <= 1024 {
                let nearest = vm.with_int_words(x, kaa_objects::types::int::words_to_f64).expect("an int");
                if nearest.is_finite() {
                    return Ok(log(nearest));
                }
            }
            // log(m · 2^e), with 0.5 <= m < 1 from the top bits, the lowest of them sticky.
            let shift = bits - 64;
            let top = u64::try_from(&big >> shift).expect("64 bits");
            let sticky = big.trailing_zeros().is_some_and(|zeros| zeros < shift);
            let mantissa = libm::ldexp((top | u64::from(sticky)) as f64, -64);
            Ok(log(mantissa) + log(2.0) * bits as f64)
        }
        _ => Err(vm.value_error("expected a positive input")),
    }
}

/// The float some steps from `x` towards `y`.
fn next_after(x: f64, y: f64, steps: u64) -> f64 {
    if x.is_nan() || steps == 0 {
        return x;
    }
    if y.is_nan() {
        return y;
    }
    const SIGN: u64 = 1 << 63;
    let (from, to) = (x.to_bits(), y.to_bits());
    let (from_size, to_size) = (from & !SIGN, to & !SIGN);
    let same_sign = (from ^ to) & SIGN == 0;
    f64::from_bits(if from == to {
        from
    } else if !same_sign {
        if from_size + to_size <= steps {
            to
        } else if from_size < steps {
            (to & SIGN) | (steps - from_size)
        } else {
            from - steps
        }
    } else if from_size > to_size {
        if from_size - to_size >= steps { from - steps } else { to }
    } else if to_size - from_size >= steps {
        from + steps
    } else {
        to
    })
}

#[py_module(
    name = "math",
    doc = "This module provides access to the mathematical functions\ndefined by the C standard.",
    parts(integers::FUNCTIONS, iterables::FUNCTIONS)
)]
impl Math {
    #[constant("pi")]
    const PI: f64 = std::f64::consts::PI;
    #[constant("e")]
    const E: f64 = std::f64::consts::E;
    #[constant("tau")]
    const TAU: f64 = std::f64::consts::TAU;
    #[constant("inf")]
    const INF: f64 = f64::INFINITY;
    #[constant("nan")]
    const NAN: f64 = f64::NAN;

    #[function(
        "acos(x, /)",
        doc = "Return the arc cosine (measured in radians) of x.\n\nThe result is between 0 and pi."
    )]
    fn acos(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, x.acos(), "a number in range from -1 up to 1")
    }

    #[function("acosh(x, /)", doc = "Return the inverse hyperbolic cosine of x.")]
    fn acosh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, libm::acosh(x), "argument value not less than 1")
    }

    #[function(
        "asin(x, /)",
        doc = "Return the arc sine (measured in radians) of x.\n\nThe result is between -pi/2 and pi/2."
    )]
    fn asin(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, x.asin(), "a number in range from -1 up to 1")
    }

    #[function("asinh(x, /)", doc = "Return the inverse hyperbolic sine of x.")]
    fn asinh(x: f64) -> f64 {
        libm::asinh(x)
    }

    #[function(
        "atan(x, /)",
        doc = "Return the arc tangent (measured in radians) of x.\n\nThe result is between -pi/2 and pi/2."
    )]
    fn atan(x: f64) -> f64 {
        x.atan()
    }

    #[function(
        "atan2(y, x, /)",
        doc = "Return the arc tangent (measured in radians) of y/x.\n\nUnlike atan(y/x), the signs of both x and y are considered."
    )]
    fn atan2(y: f64, x: f64) -> f64 {
        y.atan2(x)
    }

    #[function("atanh(x, /)", doc = "Return the inverse hyperbolic tangent of x.")]
    fn atanh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, libm::atanh(x), "a number between -1 and 1")
    }

    #[function("cbrt(x, /)", doc = "Return the cube root of x.")]
    fn cbrt(x: f64) -> f64 {
        x.cbrt()
    }

    #[function("ceil(x, /)", doc = "Return the ceiling of x as an Integral.\n\nThis is the smallest integer >= x.")]
    fn ceil(vm: &Vm, x: Value) -> PyResult {
        rounded(vm, x, vm.names().__ceil__, f64::ceil)
    }

    #[function(
        "copysign(x, y, /)",
        doc = "Return a float with the magnitude (absolute value) of x but the sign of y.\n\nOn platforms that support signed zeros, copysign(1.0, -0.0)\nreturns -1.0.\n"
    )]
    fn copysign(x: f64, y: f64) -> f64 {
        x.copysign(y)
    }

    #[function("cos(x, /)", doc = "Return the cosine of x (measured in radians).")]
    fn cos(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, x.cos(), "a finite input")
    }

    #[function("cosh(x, /)", doc = "Return the hyperbolic cosine of x.")]
    fn cosh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked_range(vm, x, x.cosh())
    }

    #[function("degrees(x, /)", doc = "Convert angle x from radians to degrees.")]
    fn degrees(x: f64) -> f64 {
        x * (180.0 / std::f64::consts::PI)
    }

    #[function("erf(x, /)", doc = "Error function at x.")]
    fn erf(x: f64) -> f64 {
        libm::erf(x)
    }

    #[function("erfc(x, /)", doc = "Complementary error function at x.")]
    fn erfc(x: f64) -> f64 {
        libm::erfc(x)
    }

    #[function("exp(x, /)", doc = "Return e raised to the power of x.")]
    fn exp(vm: &Vm, x: f64) -> PyResult<f64> {
        checked_range(vm, x, x.exp())
    }

    #[function("exp2(x, /)", doc = "Return 2 raised to the power of x.")]
    fn exp2(vm: &Vm, x: f64) -> PyResult<f64> {
        checked_range(vm, x, x.exp2())
    }

    #[function(
        "expm1(x, /)",
        doc = "Return exp(x)-1.\n\nThis function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for small x."
    )]
    fn expm1(vm: &Vm, x: f64) -> PyResult<f64> {
        checked_range(vm, x, x.exp_m1())
    }

    #[function("fabs(x, /)", doc = "Return the absolute value of the float x.")]
    fn fabs(x: f64) -> f64 {
        x.abs()
    }

    #[function("floor(x, /)", doc = "Return the floor of x as an Integral.\n\nThis is the largest integer <= x.")]
    fn floor(vm: &Vm, x: Value) -> PyResult {
        rounded(vm, x, vm.names().__floor__, f64::floor)
    }

    #[function("fma(x, y, z, /)", doc = "Fused multiply-add operation.\n\nCompute (x * y) + z with a single round.")]
    fn fma(vm: &Vm, x: f64, y: f64, z: f64) -> PyResult<f64> {
        let result = x.mul_add(y, z);
        if result.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
            return Err(vm.value_error("invalid operation in fma"));
        }
        if result.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
            return Err(vm.overflow_error("overflow in fma"));
        }
        Ok(result)
    }

    #[function("fmod(x, y, /)", doc = "Return fmod(x, y), according to platform C.\n\nx % y may differ.")]
    fn fmod(vm: &Vm, x: f64, y: f64) -> PyResult<f64> {
        checked_pair(vm, x, y, x % y)
    }

    #[function(
        "frexp(x, /)",
        doc = "Return the mantissa and exponent of x, as pair (m, e).\n\nIf x is a finite nonzero number, then m is a float with\n0.5 <= abs(m) < 1.0 and an integer e is such that\nx == m * 2**e exactly.  Else, return (x, 0)."
    )]
    fn frexp(vm: &Vm, x: f64) -> PyResult<Gc<PyTuple>> {
        let (mantissa, exponent) = if x.is_finite() && x != 0.0 { kaa_objects::hash::frexp(x) } else { (x, 0) };
        let mantissa = vm.new_float(mantissa)?;
        vm.new_tuple(&[mantissa, Value::small_int(exponent.into())])
    }

    #[function("gamma(x, /)", doc = "Gamma function at x.")]
    fn gamma(vm: &Vm, x: f64) -> PyResult<f64> {
        gamma_result(vm, x, gamma::gamma(x))
    }

    #[function(
        "isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
        doc = "Determine whether two floating-point numbers are close in value.\n\n  rel_tol\n    maximum difference for being considered \"close\", relative to the\n    magnitude of the input values\n  abs_tol\n    maximum difference for being considered \"close\", regardless of the\n    magnitude of the input values\n\nReturn True if a is close in value to b, and False otherwise.\n\nFor the values to be considered close, the difference between them\nmust be smaller than at least one of the tolerances.\n\n-inf, inf and NaN behave similarly to the IEEE 754 Standard.  That\nis, NaN is not close to anything, even itself.  inf and -inf are\nonly close to themselves."
    )]
    fn isclose(vm: &Vm, a: f64, b: f64, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(vm.value_error("tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if a.is_infinite() || b.is_infinite() {
            return Ok(false);
        }
        let difference = (b - a).abs();
        Ok(difference <= (rel_tol * b).abs() || difference <= (rel_tol * a).abs() || difference <= abs_tol)
    }

    #[function("isfinite(x, /)", doc = "Return True if x is neither an infinity nor a NaN, and False otherwise.")]
    fn isfinite(x: f64) -> bool {
        x.is_finite()
    }

    #[function("isinf(x, /)", doc = "Return True if x is a positive or negative infinity, and False otherwise.")]
    fn isinf(x: f64) -> bool {
        x.is_infinite()
    }

    #[function("isnan(x, /)", doc = "Return True if x is a NaN (not a number), and False otherwise.")]
    fn isnan(x: f64) -> bool {
        x.is_nan()
    }

    #[function("ldexp(x, i, /)", doc = "Return x * (2**i).\n\nThis is essentially the inverse of frexp().")]
    fn ldexp(vm: &Vm, x: f64, i: Value) -> PyResult<f64> {
        let Some(exponent) = vm.as_int(i) else {
            return Err(vm.type_error("Expected an int as second argument to ldexp."));
        };
        if x == 0.0 || !x.is_finite() {
            return Ok(x);
        }
        // Beyond the range of any two floats, it does not matter how far.
        let exponent = match exponent {
            Int::Small(i) => i.clamp(-10_000, 10_000) as i32,
            big if big.is_negative() => -10_000,
            _ => 10_000,
        };
        checked_range(vm, x, libm::ldexp(x, exponent))
    }

    #[function("lgamma(x, /)", doc = "Natural logarithm of absolute value of Gamma function at x.")]
    fn lgamma(vm: &Vm, x: f64) -> PyResult<f64> {
        gamma_result(vm, x, gamma::log_gamma(x))
    }

    #[function(
        "log",
        raw,
        doc = "log(x, [base=math.e])\nReturn the logarithm of x to the given base.\n\nIf the base is not specified, returns the natural logarithm (base e) of x."
    )]
    fn log(vm: &Vm, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "math.log")?;
        match *args.positionals() {
            [x] => vm.new_float(logarithm(vm, x, f64::ln)?),
            [x, base] => {
                let x = vm.new_float(logarithm(vm, x, f64::ln)?)?;
                let base = vm.new_float(logarithm(vm, base, f64::ln)?)?;
                vm.binary(BinaryOp::TrueDivide, x, base)
            }
            ref given => Err(vm.wrong_positional_count("log", given.len(), 1, 2)),
        }
    }

    #[function("log10(x, /)", doc = "Return the base 10 logarithm of x.")]
    fn log10(vm: &Vm, x: Value) -> PyResult<f64> {
        logarithm(vm, x, f64::log10)
    }

    #[function(
        "log1p(x, /)",
        doc = "Return the natural logarithm of 1+x (base e).\n\nThe result is computed in a way which is accurate for x near zero."
    )]
    fn log1p(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, x.ln_1p(), "argument value > -1")
    }

    #[function("log2(x, /)", doc = "Return the base 2 logarithm of x.")]
    fn log2(vm: &Vm, x: Value) -> PyResult<f64> {
        logarithm(vm, x, f64::log2)
    }

    #[function(
        "modf(x, /)",
        doc = "Return the fractional and integer parts of x.\n\nBoth results carry the sign of x and are floats."
    )]
    fn modf(vm: &Vm, x: f64) -> PyResult<Gc<PyTuple>> {
        let (fraction, whole) = match x {
            x if x.is_infinite() => (0f64.copysign(x), x),
            x if x.is_nan() => (x, x),
            x => ((x - x.trunc()).copysign(x), x.trunc()),
        };
        let (fraction, whole) = (vm.new_float(fraction)?, vm.new_float(whole)?);
        vm.new_tuple(&[fraction, whole])
    }

    #[function(
        "nextafter(x, y, /, *, steps=None)",
        doc = "Return the floating-point value the given number of steps after x towards y.\n\nIf steps is not specified or is None, it defaults to 1.\n\nRaises a TypeError, if x or y is not a double, or if steps is not\nan integer.  Raises ValueError if steps is negative."
    )]
    fn nextafter(vm: &Vm, x: f64, y: f64, steps: Option<Value>) -> PyResult<f64> {
        let Some(steps) = steps else { return Ok(libm::nextafter(x, y)) };
        let steps = vm.index(steps)?;
        match vm.as_int(steps) {
            Some(steps) if steps.is_negative() => Err(vm.value_error("steps must be a non-negative integer")),
            Some(Int::Small(steps)) => Ok(next_after(x, y, steps as u64)),
            // More steps than there are floats.
            _ => Ok(next_after(x, y, u64::MAX)),
        }
    }

    #[function("pow(x, y, /)", doc = "Return x**y (x to the power of y).")]
    fn pow(vm: &Vm, x: f64, y: f64) -> PyResult<f64> {
        let result = x.powf(y);
        if x.is_finite() && y.is_finite() && !result.is_finite() {
            return Err(if result.is_nan() || x == 0.0 { vm.value_error(DOMAIN) } else { vm.overflow_error(RANGE) });
        }
        Ok(result)
    }

    #[function("radians(x, /)", doc = "Convert angle x from degrees to radians.")]
    fn radians(x: f64) -> f64 {
        x * (std::f64::consts::PI / 180.0)
    }

    #[function(
        "remainder(x, y, /)",
        doc = "Difference between x and the closest integer multiple of y.\n\nReturn x - n*y where n*y is the closest integer multiple of y.\nIn the case where x is exactly halfway between two multiples of\ny, the nearest even value of n is used. The result is always exact."
    )]
    fn remainder(vm: &Vm, x: f64, y: f64) -> PyResult<f64> {
        checked_pair(vm, x, y, libm::remainder(x, y))
    }

    #[function("sin(x, /)", doc = "Return the sine of x (measured in radians).")]
    fn sin(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, x.sin(), "a finite input")
    }

    #[function("sinh(x, /)", doc = "Return the hyperbolic sine of x.")]
    fn sinh(vm: &Vm, x: f64) -> PyResult<f64> {
        checked_range(vm, x, x.sinh())
    }

    #[function("sqrt(x, /)", doc = "Return the square root of x.")]
    fn sqrt(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, x.sqrt(), "a nonnegative input")
    }

    #[function("tan(x, /)", doc = "Return the tangent of x (measured in radians).")]
    fn tan(vm: &Vm, x: f64) -> PyResult<f64> {
        checked(vm, x, x.tan(), "a finite input")
    }

    #[function("tanh(x, /)", doc = "Return the hyperbolic tangent of x.")]
    fn tanh(x: f64) -> f64 {
        x.tanh()
    }

    #[function(
        "trunc(x, /)",
        doc = "Truncates the Real x to the nearest Integral toward 0.\n\nUses the __trunc__ magic method."
    )]
    fn trunc(vm: &Vm, x: Value) -> PyResult {
        if let Some(f) = exact_float(vm, x) {
            return integral(vm, f.trunc());
        }
        match vm.call_special(x, vm.names().__trunc__, &[])? {
            Some(result) => Ok(result),
            None => {
                let class = vm.class_name(x);
                Err(vm.type_error(format_args!("type {class} doesn't define __trunc__ method")))
            }
        }
    }

    #[function("ulp(x, /)", doc = "Return the value of the least significant bit of the float x.")]
    fn ulp(x: f64) -> f64 {
        let x = x.abs();
        if !x.is_finite() {
            return x;
        }
        let next = libm::nextafter(x, f64::INFINITY);
        if next.is_infinite() { x - libm::nextafter(x, 0.0) } else { next - x }
    }
}
