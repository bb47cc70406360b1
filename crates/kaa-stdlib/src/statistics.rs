//! `_statistics`: the inverse of the normal distribution. CPython: Modules/_statisticsmodule.c.

use kaa_objects::{PyResult, Vm, py_module};

/// The module.
pub struct Statistics;

/// A polynomial, given from the highest coefficient on.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, &coefficient| sum * x + coefficient)
}

/// The argument at which the standard normal distribution reaches `p`: Wichura, «Algorithm AS 241:
/// The percentage points of the normal distribution», 1988. `None` outside of 0 to 1.
fn normal_inverse(p: f64) -> Option<f64> {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return Some(polynomial(&MIDDLE.0, r) * q / polynomial(&MIDDLE.1, r));
    }
    let tail = if q <= 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 || tail >= 1.0 {
        return None;
    }
    let r = (-tail.ln()).sqrt();
    let (r, (numerator, denominator)) = if r <= 5.0 { (r - 1.6, &NEAR) } else { (r - 5.0, &FAR) };
    let x = polynomial(numerator, r) / polynomial(denominator, r);
    Some(if q < 0.0 { -x } else { x })
}

type Ratio = ([f64; 8], [f64; 8]);

/// Numerator and denominator near the middle.
const MIDDLE: Ratio = (
    [
        2509.0809287301227,
        33430.57558358813,
        67265.7709270087,
        45921.95393154987,
        13731.69376550946,
        1971.5909503065513,
        133.14166789178438,
        3.3871328727963665,
    ],
    [
        5226.495278852854,
        28729.085735721943,
        39307.89580009271,
        21213.794301586597,
        5394.196021424751,
        687.1870074920579,
        42.31333070160091,
        1.0,
    ],
);

/// Numerator and denominator towards the ends.
const NEAR: Ratio = (
    [
        0.0007745450142783414,
        0.022723844989269184,
        0.2417807251774506,
        1.2704582524523684,
        3.6478483247632045,
        5.769497221460691,
        4.630337846156546,
        1.4234371107496835,
    ],
    [
        1.0507500716444169e-09,
        0.0005475938084995345,
        0.015198666563616457,
        0.14810397642748008,
        0.6897673349851,
        1.6763848301838038,
        2.053191626637759,
        1.0,
    ],
);

/// Numerator and denominator at the ends.
const FAR: Ratio = (
    [
        2.0103343992922881e-07,
        2.7115555687434876e-05,
        0.0012426609473880784,
        0.026532189526576124,
        0.29656057182850487,
        1.7848265399172913,
        5.463784911164114,
        6.657904643501103,
    ],
    [
        2.0442631033899397e-15,
        1.421511758316446e-07,
        1.8463183175100548e-05,
        0.0007868691311456133,
        0.014875361290850615,
        0.1369298809227358,
        0.599832206555888,
        1.0,
    ],
);

#[py_module(name = "_statistics", doc = "Accelerators for the statistics module.\n")]
impl Statistics {
    #[function("_normal_dist_inv_cdf(p, mu, sigma, /)")]
    fn normal_dist_inv_cdf(vm: &Vm, p: f64, mu: f64, sigma: f64) -> PyResult<f64> {
        match normal_inverse(p) {
            Some(x) => Ok(mu + x * sigma),
            None => Err(vm.value_error("inv_cdf undefined for these parameters")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points() {
        assert_eq!(normal_inverse(0.5), Some(0.0));
        assert_eq!(normal_inverse(0.975), Some(1.9599639845400536));
        assert_eq!(normal_inverse(1e-300), Some(-37.0470962993612));
    }
}
