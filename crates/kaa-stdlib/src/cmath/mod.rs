//! `cmath`: functions of complex numbers. CPython: Modules/cmathmodule.c.

mod functions;
mod special;

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::types::complex;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm, py_module};

use self::functions::Failure;
use self::special::Entry;

/// The module.
pub struct Cmath;

/// A number as an argument.
struct Number(f64, f64);

impl FromValue for Number {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<Number> {
        match vm.to_complex(value)? {
            Some((real, imag)) => Ok(Number(real, imag)),
            None => {
                let class = vm.class_name(value);
                Err(vm.type_error(format_args!("must be real number, not {class}")))
            }
        }
    }
}

#[cold]
fn raise(vm: &Vm, failure: Failure) -> Raised {
    match failure {
        Failure::Domain => vm.value_error("math domain error"),
        Failure::Range => vm.overflow_error("math range error"),
    }
}

fn give(vm: &Vm, result: Entry) -> PyResult {
    match result {
        Ok((real, imag)) => vm.new_complex(real, imag),
        Err(failure) => Err(raise(vm, failure)),
    }
}

#[py_module(name = "cmath", doc = "This module provides access to mathematical functions for complex\nnumbers.")]
impl Cmath {
    #[constant("e")]
    fn e() -> f64 {
        std::f64::consts::E
    }

    #[constant("pi")]
    fn pi() -> f64 {
        std::f64::consts::PI
    }

    #[constant("tau")]
    fn tau() -> f64 {
        std::f64::consts::TAU
    }

    #[constant("inf")]
    fn inf() -> f64 {
        f64::INFINITY
    }

    #[constant("nan")]
    fn nan() -> f64 {
        f64::NAN
    }

    #[constant("infj")]
    fn infj(vm: &Vm) -> PyResult {
        vm.new_complex(0.0, f64::INFINITY)
    }

    #[constant("nanj")]
    fn nanj(vm: &Vm) -> PyResult {
        vm.new_complex(0.0, f64::NAN)
    }

    #[function("acos(z, /)", doc = "Return the arc cosine of z.")]
    fn acos(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::acos((z.0, z.1)))
    }

    #[function("acosh(z, /)", doc = "Return the inverse hyperbolic cosine of z.")]
    fn acosh(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::acosh((z.0, z.1)))
    }

    #[function("asin(z, /)", doc = "Return the arc sine of z.")]
    fn asin(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::asin((z.0, z.1)))
    }

    #[function("asinh(z, /)", doc = "Return the inverse hyperbolic sine of z.")]
    fn asinh(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::asinh_complex((z.0, z.1)))
    }

    #[function("atan(z, /)", doc = "Return the arc tangent of z.")]
    fn atan(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::atan((z.0, z.1)))
    }

    #[function("atanh(z, /)", doc = "Return the inverse hyperbolic tangent of z.")]
    fn atanh(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::atanh((z.0, z.1)))
    }

    #[function("cos(z, /)", doc = "Return the cosine of z.")]
    fn cos(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::cos((z.0, z.1)))
    }

    #[function("cosh(z, /)", doc = "Return the hyperbolic cosine of z.")]
    fn cosh(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::cosh((z.0, z.1)))
    }

    #[function("exp(z, /)", doc = "Return the exponential value e**z.")]
    fn exp(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::exp((z.0, z.1)))
    }

    #[function(
        "log(z, base=<unrepresentable>, /)",
        doc = "log(z[, base]) -> the logarithm of z to the given base.\n\nIf the base is not specified, returns the natural logarithm (base e)\nof z."
    )]
    fn log(vm: &Vm, z: Number, base: Option<Value>) -> PyResult {
        let base = match base {
            Some(base) => match vm.to_complex(base)? {
                Some(base) => Some(base),
                None => {
                    let class = vm.class_name(base);
                    return Err(vm.type_error(format_args!("must be real number, not {class}")));
                }
            },
            None => None,
        };
        let Some(base) = base else { return give(vm, functions::log((z.0, z.1))) };
        // Here the logarithm of 0 is no error: as in CPython the division has the last word.
        let (logarithm, base) = (functions::log_or_infinity((z.0, z.1)), functions::log_or_infinity(base));
        give(vm, complex::divide(logarithm, base).ok_or(Failure::Domain))
    }

    #[function("log10(z, /)", doc = "Return the base-10 logarithm of z.")]
    fn log10(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::log10((z.0, z.1)))
    }

    #[function("sin(z, /)", doc = "Return the sine of z.")]
    fn sin(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::sin((z.0, z.1)))
    }

    #[function("sinh(z, /)", doc = "Return the hyperbolic sine of z.")]
    fn sinh(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::sinh((z.0, z.1)))
    }

    #[function("sqrt(z, /)", doc = "Return the square root of z.")]
    fn sqrt(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::sqrt((z.0, z.1)))
    }

    #[function("tan(z, /)", doc = "Return the tangent of z.")]
    fn tan(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::tan((z.0, z.1)))
    }

    #[function("tanh(z, /)", doc = "Return the hyperbolic tangent of z.")]
    fn tanh(vm: &Vm, z: Number) -> PyResult {
        give(vm, functions::tanh((z.0, z.1)))
    }

    #[function("phase(z, /)", doc = "Return argument, also known as the phase angle, of a complex.")]
    fn phase(vm: &Vm, z: Number) -> PyResult<f64> {
        let phase = z.1.atan2(z.0);
        // An angle that is too small for a float is reported by the C library.
        let vanished = phase == 0.0 && z.1 != 0.0 && z.0.is_finite();
        if vanished { Err(raise(vm, Failure::Range)) } else { Ok(phase) }
    }

    #[function(
        "polar(z, /)",
        doc = "Convert a complex from rectangular coordinates to polar coordinates.\n\nr is the distance from 0 and phi the phase angle."
    )]
    fn polar(vm: &Vm, z: Number) -> PyResult<Gc<PyTuple>> {
        let size = functions::size((z.0, z.1)).map_err(|failure| raise(vm, failure))?;
        let parts = [vm.new_float(size)?, vm.new_float(z.1.atan2(z.0))?];
        vm.new_tuple(&parts)
    }

    #[function("rect(r, phi, /)", doc = "Convert from polar coordinates to rectangular coordinates.")]
    fn rect(vm: &Vm, r: f64, phi: f64) -> PyResult {
        give(vm, functions::rect(r, phi))
    }

    #[function("isfinite(z, /)", doc = "Return True if both the real and imaginary parts of z are finite, else False.")]
    fn isfinite(z: Number) -> bool {
        z.0.is_finite() && z.1.is_finite()
    }

    #[function("isinf(z, /)", doc = "Checks if the real or imaginary part of z is infinite.")]
    fn isinf(z: Number) -> bool {
        z.0.is_infinite() || z.1.is_infinite()
    }

    #[function("isnan(z, /)", doc = "Checks if the real or imaginary part of z not a number (NaN).")]
    fn isnan(z: Number) -> bool {
        z.0.is_nan() || z.1.is_nan()
    }

    #[function(
        "isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
        doc = "Determine whether two complex numbers are close in value.\n\n  rel_tol\n    maximum difference for being considered \"close\", relative to the\n    magnitude of the input values\n  abs_tol\n    maximum difference for being considered \"close\", regardless of the\n    magnitude of the input values\n\nReturn True if a is close in value to b, and False otherwise.\n\nFor the values to be considered close, the difference between them must be\nsmaller than at least one of the tolerances.\n\n-inf, inf and NaN behave similarly to the IEEE 754 Standard. That is, NaN is\nnot close to anything, even itself. inf and -inf are only close to themselves."
    )]
    fn isclose(vm: &Vm, a: Number, b: Number, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(vm.value_error("tolerances must be non-negative"));
        }
        if a.0 == b.0 && a.1 == b.1 {
            return Ok(true);
        }
        if [a.0, a.1, b.0, b.1].iter().any(|part| part.is_infinite()) {
            return Ok(false);
        }
        let difference = (a.0 - b.0).hypot(a.1 - b.1);
        Ok(difference <= rel_tol * b.0.hypot(b.1) || difference <= rel_tol * a.0.hypot(a.1) || difference <= abs_tol)
    }
}
