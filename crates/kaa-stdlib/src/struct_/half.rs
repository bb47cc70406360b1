//! Floats of 16 bits (IEEE 754 binary16).

/// The nearest one, ties to even; `None` for a finite number beyond the range.
pub fn from_f64(x: f64) -> Option<u16> {
    let sign = ((x.to_bits() >> 48) & 0x8000) as u16;
    if x.is_nan() {
        return Some(sign | 0x7e00);
    }
    if x.is_infinite() {
        return Some(sign | 0x7c00);
    }
    let magnitude = x.abs();
    // Below the least normal number the steps are 2^-24.
    let bits = if magnitude < 2f64.powi(-14) {
        (magnitude * 2f64.powi(24)).round_ties_even() as u32
    } else {
        let exponent = ((magnitude.to_bits() >> 52) as i32) - 1023;
        if exponent > 15 {
            return None;
        }
        let steps = (magnitude * 2f64.powi(10 - exponent)).round_ties_even() as u32;
        // 1024 to 2048 steps: the highest carries into the exponent by itself.
        ((exponent + 14) as u32) * 1024 + steps
    };
    (bits < 0x7c00).then_some(sign | bits as u16)
}

/// The same number as a float.
pub fn to_f64(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match i32::from(bits >> 10 & 0x1f) {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_round_trip() {
        for bits in 0..=u16::MAX {
            let x = to_f64(bits);
            if !x.is_nan() {
                assert_eq!(from_f64(x), Some(bits), "{x}");
            }
        }
    }

    #[test]
    fn rounding() {
        assert_eq!(from_f64(65519.99), Some(0x7bff));
        assert_eq!(from_f64(65520.0), None);
        assert_eq!(from_f64(2f64.powi(-25)), Some(0));
        assert_eq!(from_f64(2f64.powi(-25) * 1.01), Some(1));
        assert_eq!(from_f64(1.000_488_281_25), Some(0x3c00));
        assert_eq!(from_f64(-1.000_976_562_5), Some(0xbc01));
    }
}
