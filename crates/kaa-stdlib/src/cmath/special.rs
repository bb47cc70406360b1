//! What the functions give for infinities and NaNs: C99, annex G.

use std::f64::consts::{FRAC_PI_2 as P12, FRAC_PI_4 as P14, PI as P};

use super::functions::{Complex, Failure};

/// The result for each class of the real part (row) and of the imaginary part (column): minus
/// infinity, negative, -0, 0, positive, infinity, NaN.
pub type Table = [[Entry; 7]; 7];

/// A result, or why there is none.
pub type Entry = Result<Complex, Failure>;

const I: f64 = f64::INFINITY;
const N: f64 = f64::NAN;
const P34: f64 = 3.0 * P14;
/// Outside of the domain.
const D: Entry = Err(Failure::Domain);
/// Both parts are finite: never looked up.
const U: Entry = D;

const fn r(real: f64, imag: f64) -> Entry {
    Ok((real, imag))
}

fn class_of(x: f64) -> usize {
    if x.is_nan() {
        6
    } else if x.is_infinite() {
        if x > 0.0 { 5 } else { 0 }
    } else if x == 0.0 {
        if x.is_sign_negative() { 2 } else { 3 }
    } else if x > 0.0 {
        4
    } else {
        1
    }
}

/// The table's result, when a part is not finite.
#[inline]
pub fn special((real, imag): Complex, table: &Table) -> Option<Entry> {
    if real.is_finite() && imag.is_finite() {
        return None;
    }
    Some(table[class_of(real)][class_of(imag)])
}

pub const ACOS: Table = [
    [r(P34, I), r(P, I), r(P, I), r(P, -I), r(P, -I), r(P34, -I), r(N, I)],
    [r(P12, I), U, U, U, U, r(P12, -I), r(N, N)],
    [r(P12, I), U, U, U, U, r(P12, -I), r(P12, N)],
    [r(P12, I), U, U, U, U, r(P12, -I), r(P12, N)],
    [r(P12, I), U, U, U, U, r(P12, -I), r(N, N)],
    [r(P14, I), r(0.0, I), r(0.0, I), r(0.0, -I), r(0.0, -I), r(P14, -I), r(N, I)],
    [r(N, I), r(N, N), r(N, N), r(N, N), r(N, N), r(N, -I), r(N, N)],
];
pub const ACOSH: Table = [
    [r(I, -P34), r(I, -P), r(I, -P), r(I, P), r(I, P), r(I, P34), r(I, N)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, N)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, P12)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, P12)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, N)],
    [r(I, -P14), r(I, -0.0), r(I, -0.0), r(I, 0.0), r(I, 0.0), r(I, P14), r(I, N)],
    [r(I, N), r(N, N), r(N, N), r(N, N), r(N, N), r(I, N), r(N, N)],
];
pub const ASINH: Table = [
    [r(-I, -P14), r(-I, -0.0), r(-I, -0.0), r(-I, 0.0), r(-I, 0.0), r(-I, P14), r(-I, N)],
    [r(-I, -P12), U, U, U, U, r(-I, P12), r(N, N)],
    [r(-I, -P12), U, U, U, U, r(-I, P12), r(N, N)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, N)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, N)],
    [r(I, -P14), r(I, -0.0), r(I, -0.0), r(I, 0.0), r(I, 0.0), r(I, P14), r(I, N)],
    [r(I, N), r(N, N), r(N, -0.0), r(N, 0.0), r(N, N), r(I, N), r(N, N)],
];
pub const ATANH: Table = [
    [r(-0.0, -P12), r(-0.0, -P12), r(-0.0, -P12), r(-0.0, P12), r(-0.0, P12), r(-0.0, P12), r(-0.0, N)],
    [r(-0.0, -P12), U, U, U, U, r(-0.0, P12), r(N, N)],
    [r(-0.0, -P12), U, U, U, U, r(-0.0, P12), r(-0.0, N)],
    [r(0.0, -P12), U, U, U, U, r(0.0, P12), r(0.0, N)],
    [r(0.0, -P12), U, U, U, U, r(0.0, P12), r(N, N)],
    [r(0.0, -P12), r(0.0, -P12), r(0.0, -P12), r(0.0, P12), r(0.0, P12), r(0.0, P12), r(0.0, N)],
    [r(0.0, -P12), r(N, N), r(N, N), r(N, N), r(N, N), r(0.0, P12), r(N, N)],
];
pub const COSH: Table = [
    [D, r(I, I), r(I, 0.0), r(I, -0.0), r(I, -I), D, r(I, N)],
    [D, U, U, U, U, D, r(N, N)],
    [D, U, U, U, U, D, r(N, 0.0)],
    [D, U, U, U, U, D, r(N, 0.0)],
    [D, U, U, U, U, D, r(N, N)],
    [D, r(I, -I), r(I, -0.0), r(I, 0.0), r(I, I), D, r(I, N)],
    [r(N, N), r(N, N), r(N, 0.0), r(N, 0.0), r(N, N), r(N, N), r(N, N)],
];
pub const EXP: Table = [
    [r(0.0, 0.0), r(0.0, -0.0), r(0.0, -0.0), r(0.0, 0.0), r(0.0, 0.0), r(0.0, 0.0), r(0.0, 0.0)],
    [D, U, U, U, U, D, r(N, N)],
    [D, U, U, U, U, D, r(N, N)],
    [D, U, U, U, U, D, r(N, N)],
    [D, U, U, U, U, D, r(N, N)],
    [D, r(I, -I), r(I, -0.0), r(I, 0.0), r(I, I), D, r(I, N)],
    [r(N, N), r(N, N), r(N, -0.0), r(N, 0.0), r(N, N), r(N, N), r(N, N)],
];
pub const LOG: Table = [
    [r(I, -P34), r(I, -P), r(I, -P), r(I, P), r(I, P), r(I, P34), r(I, N)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, N)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, N)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, N)],
    [r(I, -P12), U, U, U, U, r(I, P12), r(N, N)],
    [r(I, -P14), r(I, -0.0), r(I, -0.0), r(I, 0.0), r(I, 0.0), r(I, P14), r(I, N)],
    [r(I, N), r(N, N), r(N, N), r(N, N), r(N, N), r(I, N), r(N, N)],
];
pub const SINH: Table = [
    [D, r(-I, -I), r(-I, -0.0), r(-I, 0.0), r(-I, I), D, r(I, N)],
    [D, U, U, U, U, D, r(N, N)],
    [D, U, U, U, U, D, r(0.0, N)],
    [D, U, U, U, U, D, r(0.0, N)],
    [D, U, U, U, U, D, r(N, N)],
    [D, r(I, -I), r(I, -0.0), r(I, 0.0), r(I, I), D, r(I, N)],
    [r(N, N), r(N, N), r(N, -0.0), r(N, 0.0), r(N, N), r(N, N), r(N, N)],
];
pub const SQRT: Table = [
    [r(I, -I), r(0.0, -I), r(0.0, -I), r(0.0, I), r(0.0, I), r(I, I), r(N, I)],
    [r(I, -I), U, U, U, U, r(I, I), r(N, N)],
    [r(I, -I), U, U, U, U, r(I, I), r(N, N)],
    [r(I, -I), U, U, U, U, r(I, I), r(N, N)],
    [r(I, -I), U, U, U, U, r(I, I), r(N, N)],
    [r(I, -I), r(I, -0.0), r(I, -0.0), r(I, 0.0), r(I, 0.0), r(I, I), r(I, N)],
    [r(I, -I), r(N, N), r(N, N), r(N, N), r(N, N), r(I, I), r(N, N)],
];
pub const TANH: Table = [
    [r(-1.0, 0.0), r(-1.0, -0.0), r(-1.0, -0.0), r(-1.0, 0.0), r(-1.0, 0.0), r(-1.0, 0.0), r(-1.0, 0.0)],
    [D, U, U, U, U, D, r(N, N)],
    [D, U, U, U, U, D, r(-0.0, N)],
    [D, U, U, U, U, D, r(0.0, N)],
    [D, U, U, U, U, D, r(N, N)],
    [r(1.0, 0.0), r(1.0, -0.0), r(1.0, -0.0), r(1.0, 0.0), r(1.0, 0.0), r(1.0, 0.0), r(1.0, 0.0)],
    [r(N, N), r(N, N), r(N, -0.0), r(N, 0.0), r(N, N), r(N, N), r(N, N)],
];
pub const RECT: Table = [
    [D, r(-I, I), r(-I, 0.0), r(-I, -0.0), r(-I, -I), D, r(I, N)],
    [D, U, U, U, U, D, r(N, N)],
    [r(0.0, 0.0), U, U, U, U, r(0.0, 0.0), r(0.0, 0.0)],
    [r(0.0, 0.0), U, U, U, U, r(0.0, 0.0), r(0.0, 0.0)],
    [D, U, U, U, U, D, r(N, N)],
    [D, r(I, -I), r(I, -0.0), r(I, 0.0), r(I, I), D, r(I, N)],
    [r(N, N), r(N, N), r(N, 0.0), r(N, 0.0), r(N, N), r(N, N), r(N, N)],
];
