//! Functions of the C library that Rust's `f64` does not have, or computes in another way: CPython
//! gives what they give, to the last bit.

use std::ffi::c_int;

// SAFETY: the signatures are those of C's <math.h>. The functions take and give numbers only, and
// are defined for all of them.
unsafe extern "C" {
    pub safe fn acosh(x: f64) -> f64;
    pub safe fn asinh(x: f64) -> f64;
    pub safe fn atanh(x: f64) -> f64;
    pub safe fn erf(x: f64) -> f64;
    pub safe fn erfc(x: f64) -> f64;
    pub safe fn ldexp(x: f64, exponent: c_int) -> f64;
    pub safe fn nextafter(x: f64, y: f64) -> f64;
    pub safe fn remainder(x: f64, y: f64) -> f64;
}
