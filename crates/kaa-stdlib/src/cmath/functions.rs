//! The functions of complex numbers, on pairs of floats: as CPython computes them, after Kahan,
//! «Branch cuts for complex elementary functions».

use std::f64::consts::{E, LN_2, LN_10, PI};

use super::special::{self, Entry, special};
use crate::math::libm::{asinh, ldexp};

/// Real and imaginary part.
pub type Complex = (f64, f64);

/// Why a function has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is not defined there.
    Domain,
    /// The result is too large.
    Range,
}

/// Beyond this, sums and squares could overflow.
const LARGE: f64 = f64::MAX / 4.0;

/// Numbers up to so much are scaled up before their root is taken.
const SCALE_UP: i32 = 53;
const SCALE_DOWN: i32 = -27;

fn log_large() -> f64 {
    LARGE.ln()
}

/// `log(hypot(x, y))` of large numbers.
fn log_of_halves(x: f64, y: f64) -> f64 {
    (x / 2.0).hypot(y / 2.0).ln() + LN_2 * 2.0
}

/// The number times i.
fn turned((re, im): Complex) -> Complex {
    (-im, re)
}

/// The number times -i.
fn turned_back((re, im): Complex) -> Complex {
    (im, -re)
}

fn in_range((re, im): Complex) -> Entry {
    if re.is_infinite() || im.is_infinite() { Err(Failure::Range) } else { Ok((re, im)) }
}

/// The result for an infinite real and a finite imaginary part that is not 0: infinity in the
/// direction of the angle, with the signs of its cosine and sine changed where asked.
fn infinite_direction((re, im): Complex, size: f64, signs: Complex) -> Option<Entry> {
    if !re.is_infinite() || !im.is_finite() || im == 0.0 {
        return None;
    }
    Some(Ok((size.copysign(im.cos()) * signs.0, size.copysign(im.sin()) * signs.1)))
}

pub fn acos(z: Complex) -> Entry {
    if let Some(result) = special(z, &special::ACOS) {
        return result;
    }
    let (re, im) = z;
    if re.abs() > LARGE || im.abs() > LARGE {
        let size = log_of_halves(re, im);
        let imag = if re < 0.0 { -size.copysign(im) } else { size.copysign(-im) };
        return Ok((im.abs().atan2(re), imag));
    }
    let (s1, s2) = (root((1.0 - re, -im)), root((1.0 + re, im)));
    Ok((2.0 * s1.0.atan2(s2.0), asinh(s2.0 * s1.1 - s2.1 * s1.0)))
}

pub fn acosh(z: Complex) -> Entry {
    if let Some(result) = special(z, &special::ACOSH) {
        return result;
    }
    let (re, im) = z;
    if re.abs() > LARGE || im.abs() > LARGE {
        return Ok((log_of_halves(re, im), im.atan2(re)));
    }
    let (s1, s2) = (root((re - 1.0, im)), root((re + 1.0, im)));
    Ok((asinh(s1.0 * s2.0 + s1.1 * s2.1), 2.0 * s1.1.atan2(s2.0)))
}

pub fn asin(z: Complex) -> Entry {
    self::asinh_complex(turned(z)).map(turned_back)
}

pub fn asinh_complex(z: Complex) -> Entry {
    if let Some(result) = special(z, &special::ASINH) {
        return result;
    }
    let (re, im) = z;
    if re.abs() > LARGE || im.abs() > LARGE {
        let size = log_of_halves(re, im);
        let real = if im >= 0.0 { size.copysign(re) } else { -size.copysign(-re) };
        return Ok((real, im.atan2(re.abs())));
    }
    let (s1, s2) = (root((1.0 + im, -re)), root((1.0 - im, re)));
    Ok((asinh(s1.0 * s2.1 - s2.0 * s1.1), im.atan2(s1.0 * s2.0 - s1.1 * s2.1)))
}

pub fn atan(z: Complex) -> Entry {
    atanh(turned(z)).map(turned_back)
}

pub fn atanh(z: Complex) -> Entry {
    if let Some(result) = special(z, &special::ATANH) {
        return result;
    }
    let (re, im) = z;
    if re < 0.0 || (re == 0.0 && re.is_sign_negative()) {
        return atanh((-re, -im)).map(|(re, im)| (-re, -im));
    }
    let ay = im.abs();
    if re > LARGE.sqrt() || ay > LARGE.sqrt() {
        let h = (re / 2.0).hypot(im / 2.0);
        // The two negations turn around at -0.
        return Ok((re / 4.0 / h / h, -(PI / 2.0).copysign(-im)));
    }
    if re == 1.0 && ay < f64::MIN_POSITIVE.sqrt() {
        if ay == 0.0 {
            return Err(Failure::Domain);
        }
        return Ok((-(ay.sqrt() / ay.hypot(2.0).sqrt()).ln(), (2f64.atan2(-ay) / 2.0).copysign(im)));
    }
    let (less, more) = (1.0 - re, 1.0 + re);
    Ok(((4.0 * re / (less * less + ay * ay)).ln_1p() / 4.0, -(-2.0 * im).atan2(less * more - ay * ay) / 2.0))
}

pub fn cos(z: Complex) -> Entry {
    cosh(turned(z))
}

pub fn cosh(z: Complex) -> Entry {
    let (re, im) = z;
    let signs = if re > 0.0 { (1.0, 1.0) } else { (1.0, -1.0) };
    if let Some(result) = infinite_direction(z, f64::INFINITY, signs).or_else(|| special(z, &special::COSH)) {
        return result;
    }
    if re.abs() > log_large() {
        let less = re - 1f64.copysign(re);
        return in_range((im.cos() * less.cosh() * E, im.sin() * less.sinh() * E));
    }
    in_range((im.cos() * re.cosh(), im.sin() * re.sinh()))
}

pub fn exp(z: Complex) -> Entry {
    let (re, im) = z;
    let size = if re > 0.0 { f64::INFINITY } else { 0.0 };
    if let Some(result) = infinite_direction(z, size, (1.0, 1.0)).or_else(|| special(z, &special::EXP)) {
        return result;
    }
    if re > log_large() {
        let size = (re - 1.0).exp();
        return in_range((size * im.cos() * E, size * im.sin() * E));
    }
    let size = re.exp();
    in_range((size * im.cos(), size * im.sin()))
}

pub fn log(z: Complex) -> Entry {
    match z {
        (0.0, 0.0) => Err(Failure::Domain),
        z => Ok(log_or_infinity(z)),
    }
}

/// The logarithm; that of 0 is minus infinity.
pub fn log_or_infinity(z: Complex) -> Complex {
    if let Some(Ok(result)) = special(z, &special::LOG) {
        return result;
    }
    let (re, im) = z;
    let (ax, ay) = (re.abs(), im.abs());
    let real = if ax > LARGE || ay > LARGE {
        (ax / 2.0).hypot(ay / 2.0).ln() + LN_2
    } else if ax == 0.0 && ay == 0.0 {
        f64::NEG_INFINITY
    } else if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE {
        ldexp(ax, SCALE_UP).hypot(ldexp(ay, SCALE_UP)).ln() - f64::from(SCALE_UP) * LN_2
    } else {
        let h = ax.hypot(ay);
        if (0.71..=1.73).contains(&h) {
            // Near 1 the logarithm of the sum of squares is more exact.
            let (more, less) = (ax.max(ay), ax.min(ay));
            ((more - 1.0) * (more + 1.0) + less * less).ln_1p() / 2.0
        } else {
            h.ln()
        }
    };
    (real, im.atan2(re))
}

pub fn log10(z: Complex) -> Entry {
    log(z).map(|(re, im)| (re / LN_10, im / LN_10))
}

pub fn sin(z: Complex) -> Entry {
    sinh(turned(z)).map(turned_back)
}

pub fn sinh(z: Complex) -> Entry {
    let (re, im) = z;
    let signs = if re > 0.0 { (1.0, 1.0) } else { (-1.0, 1.0) };
    if let Some(result) = infinite_direction(z, f64::INFINITY, signs).or_else(|| special(z, &special::SINH)) {
        return result;
    }
    if re.abs() > log_large() {
        let less = re - 1f64.copysign(re);
        return in_range((im.cos() * less.sinh() * E, im.sin() * less.cosh() * E));
    }
    in_range((im.cos() * re.sinh(), im.sin() * re.cosh()))
}

pub fn sqrt(z: Complex) -> Entry {
    special(z, &special::SQRT).unwrap_or_else(|| Ok(root(z)))
}

/// The square root of a finite number.
fn root((re, im): Complex) -> Complex {
    if re == 0.0 && im == 0.0 {
        return (0.0, im);
    }
    let (ax, ay) = (re.abs(), im.abs());
    let s = if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE {
        let ax = ldexp(ax, SCALE_UP);
        ldexp((ax + ax.hypot(ldexp(ay, SCALE_UP))).sqrt(), SCALE_DOWN)
    } else {
        let ax = ax / 8.0;
        2.0 * (ax + ax.hypot(ay / 8.0)).sqrt()
    };
    let d = ay / (2.0 * s);
    if re >= 0.0 { (s, d.copysign(im)) } else { (d, s.copysign(im)) }
}

pub fn tan(z: Complex) -> Entry {
    tanh(turned(z)).map(turned_back)
}

pub fn tanh(z: Complex) -> Entry {
    let (re, im) = z;
    if re.is_infinite() && im.is_finite() && im != 0.0 {
        return Ok((1f64.copysign(re), 0f64.copysign(2.0 * im.sin() * im.cos())));
    }
    if let Some(result) = special(z, &special::TANH) {
        return result;
    }
    if re.abs() > log_large() {
        return Ok((1f64.copysign(re), 4.0 * im.sin() * im.cos() * (-2.0 * re.abs()).exp()));
    }
    let (tx, ty, cx) = (re.tanh(), im.tan(), 1.0 / re.cosh());
    let both = tx * ty;
    let denominator = 1.0 + both * both;
    Ok((tx * (1.0 + ty * ty) / denominator, ((ty / denominator) * cx) * cx))
}

/// The number with this size and angle.
pub fn rect(r: f64, phi: f64) -> Entry {
    let signs = if r > 0.0 { (1.0, 1.0) } else { (-1.0, -1.0) };
    if let Some(result) =
        infinite_direction((r, phi), f64::INFINITY, signs).or_else(|| special((r, phi), &special::RECT))
    {
        return result;
    }
    // At 0, sine and cosine keep no sign for it.
    if phi == 0.0 { Ok((r, r * phi)) } else { Ok((r * phi.cos(), r * phi.sin())) }
}

/// The size of a number.
pub fn size((re, im): Complex) -> Result<f64, Failure> {
    let size = re.hypot(im);
    if size.is_infinite() && re.is_finite() && im.is_finite() { Err(Failure::Range) } else { Ok(size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(result: Entry, (re, im): Complex) {
        let (a, b) = result.expect("a result");
        assert!((a - re).abs() < 1e-14 && (b - im).abs() < 1e-14, "{a} {b}");
    }

    #[test]
    fn known_values() {
        close(sqrt((-4.0, 0.0)), (0.0, 2.0));
        close(exp((0.0, PI)), (-1.0, 0.0));
        close(log((-1.0, 0.0)), (0.0, PI));
        close(acos((0.5, 0.0)), (PI / 3.0, 0.0));
        close(tan((0.3, 0.4)), tan_by_quotient());
        assert_eq!(log((0.0, 0.0)), Err(Failure::Domain));
        assert_eq!(exp((1000.0, 0.1)), Err(Failure::Range));
        assert_eq!(sqrt((f64::NEG_INFINITY, 1.0)), Ok((0.0, f64::INFINITY)));
    }

    fn tan_by_quotient() -> Complex {
        let ((a, b), (c, d)) = (sin((0.3, 0.4)).unwrap(), cos((0.3, 0.4)).unwrap());
        let n = c * c + d * d;
        ((a * c + b * d) / n, (b * c - a * d) / n)
    }
}
