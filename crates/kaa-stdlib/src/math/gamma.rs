//! The gamma function and its logarithm: Lanczos' approximation with 13 terms, evaluated in the
//! order of CPython, so that both give the same bits.

use std::f64::consts::PI;

/// What a result may be besides a number.
#[derive(Debug, PartialEq)]
pub enum Failure {
    /// A pole, or no value at all.
    Domain,
    /// Too large for a float.
    Range,
}

const LOG_PI: f64 = 1.144_729_885_849_400_2;
const G: f64 = 6.024_680_040_776_73;
const G_MINUS_HALF: f64 = 5.524_680_040_776_73;

/// Numerator of the Lanczos sum for N = 13 and this `G`, lowest power first.
#[allow(clippy::excessive_precision, reason = "more digits than a float has, as they were computed")]
const NUMERATOR: [f64; 13] = [
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786772,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
];

/// Its denominator: the coefficients of x(x + 1)…(x + 11).
const DENOMINATOR: [f64; 13] = [
    0.0,
    39916800.0,
    120543840.0,
    150917976.0,
    105258076.0,
    45995730.0,
    13339535.0,
    2637558.0,
    357423.0,
    32670.0,
    1925.0,
    66.0,
    1.0,
];

fn lanczos_sum(x: f64) -> f64 {
    let (mut numerator, mut denominator) = (0.0, 0.0);
    if x < 5.0 {
        for (n, d) in NUMERATOR.iter().zip(DENOMINATOR).rev() {
            numerator = numerator * x + n;
            denominator = denominator * x + d;
        }
    } else {
        // In powers of 1/x, so that large x does not overflow.
        for (n, d) in NUMERATOR.iter().zip(DENOMINATOR) {
            numerator = numerator / x + n;
            denominator = denominator / x + d;
        }
    }
    numerator / denominator
}

/// sin(πx) for finite x, exact where it is 0 or ±1.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let result = match (2.0 * y).round() as i32 {
        0 => (PI * y).sin(),
        1 => (PI * (y - 0.5)).cos(),
        // Not -sin(π(y - 1)), which would be -0.0 for y = 1.
        2 => (PI * (1.0 - y)).sin(),
        3 => -(PI * (y - 1.5)).cos(),
        _ => (PI * (y - 2.0)).sin(),
    };
    1f64.copysign(x) * result
}

/// Γ(x).
pub fn gamma(x: f64) -> Result<f64, Failure> {
    if x.is_nan() || x == f64::INFINITY {
        return Ok(x);
    }
    if x == f64::NEG_INFINITY || x == 0.0 {
        return Err(Failure::Domain);
    }
    if x == x.floor() {
        if x < 0.0 {
            return Err(Failure::Domain);
        }
        if x <= 23.0 {
            // Exact: 22! has 19 significant binary zeros more than it needs.
            return Ok((1..x as u32).fold(1.0, |product, i| product * f64::from(i)));
        }
    }
    let magnitude = x.abs();
    let finite = |result: f64| if result.is_infinite() { Err(Failure::Range) } else { Ok(result) };
    if magnitude < 1e-20 {
        return finite(1.0 / x);
    }
    if magnitude > 200.0 {
        return if x < 0.0 { Ok(0.0 / sin_pi(x)) } else { Err(Failure::Range) };
    }
    let y = magnitude + G_MINUS_HALF;
    // The error made in that sum, magnified by what follows, is corrected for.
    let error = if magnitude > G_MINUS_HALF { y - magnitude - G_MINUS_HALF } else { y - G_MINUS_HALF - magnitude };
    let correction = error * G / y;
    // The power would overflow for large arguments: in two halves then.
    let half_power = || y.powf(magnitude / 2.0 - 0.25);
    let mut result;
    if x < 0.0 {
        result = -PI / sin_pi(magnitude) / magnitude * y.exp() / lanczos_sum(magnitude);
        result -= correction * result;
        if magnitude < 140.0 {
            result /= y.powf(magnitude - 0.5);
        } else {
            let half = half_power();
            result /= half;
            result /= half;
        }
    } else {
        result = lanczos_sum(magnitude) / y.exp();
        result += correction * result;
        if magnitude < 140.0 {
            result *= y.powf(magnitude - 0.5);
        } else {
            let half = half_power();
            result *= half;
            result *= half;
        }
    }
    finite(result)
}

/// log |Γ(x)|.
pub fn log_gamma(x: f64) -> Result<f64, Failure> {
    if x.is_nan() {
        return Ok(x);
    }
    if x.is_infinite() {
        return Ok(f64::INFINITY);
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { Err(Failure::Domain) } else { Ok(0.0) };
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        return Ok(-magnitude.ln());
    }
    let mut result = lanczos_sum(magnitude).ln() - G;
    result += (magnitude - 0.5) * ((magnitude + G - 0.5).ln() - 1.0);
    if x < 0.0 {
        result = LOG_PI - sin_pi(magnitude).abs().ln() - magnitude.ln() - result;
    }
    if result.is_infinite() { Err(Failure::Range) } else { Ok(result) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_cpython() {
        assert_eq!(gamma(0.5), Ok(1.772_453_850_905_515_9));
        assert_eq!(gamma(23.0), Ok(1.124_000_727_777_607_7e21));
        assert_eq!(gamma(-1.5), Ok(2.363_271_801_207_354_4));
        assert_eq!(gamma(171.7), Err(Failure::Range));
        assert_eq!(gamma(-3.0), Err(Failure::Domain));
        assert_eq!(log_gamma(0.5), Ok(0.572_364_942_924_700_4));
        assert_eq!(log_gamma(-0.0), Err(Failure::Domain));
    }
}
