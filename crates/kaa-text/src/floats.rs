//! Floats as decimal text: the shortest text that reads back as the same float (`repr`), and
//! correctly rounded text of a given number of digits, in the forms that C's `%e`, `%f` and `%g`
//! have. Every stage that shows a float to somebody takes its text from here.

/// The most decimal places that a float has: beyond them, all digits are zeros.
const MOST_DECIMALS: usize = 1074;
/// The most significant digits that a float has.
const MOST_SIGNIFICANT: usize = 767;

/// The significant digits of a finite float's magnitude and its decimal exponent:
/// `d.ddd * 10^exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Digits without a point; at least one.
    pub digits: String,
    /// The exponent of the first digit.
    pub exponent: i32,
}

/// The shortest digits that read back as the same float; of two equally near ones, the even one.
pub fn shortest(f: f64) -> Decimal {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(f.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (integral, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut exponent: i32 = exponent.parse().expect("the crate writes a number");
    exponent += integral.len() as i32 - 1;
    let mut digits = String::with_capacity(20);
    digits.push_str(integral);
    digits.push_str(fraction);
    let zeros = digits.bytes().take_while(|&b| b == b'0').count();
    if zeros == digits.len() {
        return Decimal { digits: "0".to_owned(), exponent: 0 };
    }
    digits.drain(..zeros);
    exponent -= zeros as i32;
    digits.truncate(digits.trim_end_matches('0').len());
    Decimal { digits, exponent }
}

/// `digits` significant digits (at least one), correctly rounded, ties to even.
pub fn significant(f: f64, digits: usize) -> Decimal {
    let digits = digits.max(1);
    let text = format!("{:.*e}", digits.min(MOST_SIGNIFICANT) - 1, f.abs());
    let (mantissa, exponent) = text.split_once('e').expect("Rust writes an exponent");
    let mut decimal =
        Decimal { digits: mantissa.replace('.', ""), exponent: exponent.parse().expect("Rust writes a number") };
    push_zeros(&mut decimal.digits, digits.saturating_sub(MOST_SIGNIFICANT));
    decimal
}

/// The magnitude with so many decimal places, correctly rounded, ties to even.
pub fn fixed(f: f64, decimals: usize) -> String {
    let mut text = format!("{:.*}", decimals.min(MOST_DECIMALS), f.abs());
    push_zeros(&mut text, decimals.saturating_sub(MOST_DECIMALS));
    text
}

fn push_zeros(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n('0', count));
}

/// `repr` of a float.
pub fn repr(f: f64) -> String {
    let mut out = String::with_capacity(24);
    push_repr(&mut out, f, ".0");
    out
}

/// `repr` of a complex number.
pub fn complex_repr(real: f64, imag: f64) -> String {
    let mut out = String::new();
    // A real part of 0 is not written; one of -0 is.
    let only_imaginary = real == 0.0 && real.is_sign_positive();
    if !only_imaginary {
        out.push('(');
        push_repr(&mut out, real, "");
        if imag.is_nan() || imag.is_sign_positive() {
            out.push('+');
        }
    }
    push_repr(&mut out, imag, "");
    out.push_str(if only_imaginary { "j" } else { "j)" });
    out
}

/// Appends the shortest text of a float; `point` is what an integral one ends with (`.0`, or
/// nothing as in the parts of a complex number).
pub fn push_repr(out: &mut String, f: f64, point: &str) {
    if let Some(text) = not_finite(f) {
        out.push_str(text);
        return;
    }
    if f.is_sign_negative() {
        out.push('-');
    }
    push_general(out, &shortest(f), 16, point);
}

/// C's `%.17g`, the text of floats in old versions of marshal.
pub fn repr_17g(f: f64) -> String {
    if let Some(text) = not_finite(f) {
        return text.to_owned();
    }
    let mut out = String::from(if f.is_sign_negative() { "-" } else { "" });
    let mut decimal = significant(f, 17);
    decimal.digits.truncate(decimal.digits.trim_end_matches('0').len().max(1));
    push_general(&mut out, &decimal, 17, "");
    out
}

/// The text of an infinity or NaN.
pub fn not_finite(f: f64) -> Option<&'static str> {
    match f {
        f if f.is_nan() => Some("nan"),
        f64::INFINITY => Some("inf"),
        f64::NEG_INFINITY => Some("-inf"),
        _ => None,
    }
}

/// Appends digits positionally, or scientifically for exponents from `limit` on and below -4;
/// `point` follows a positional integer.
fn push_general(out: &mut String, decimal: &Decimal, limit: i32, point: &str) {
    let Decimal { digits, exponent } = decimal;
    if (-4..limit).contains(exponent) {
        push_positional(out, digits, *exponent);
        if exponent + 1 >= digits.len() as i32 {
            out.push_str(point);
        }
    } else {
        push_scientific(out, digits, *exponent);
    }
}

/// Appends digits with the point where the exponent puts it; no point after an integer.
pub fn push_positional(out: &mut String, digits: &str, exponent: i32) {
    if exponent < 0 {
        out.push_str("0.");
        push_zeros(out, (-exponent - 1) as usize);
        out.push_str(digits);
        return;
    }
    let integral = exponent as usize + 1;
    if digits.len() <= integral {
        out.push_str(digits);
        push_zeros(out, integral - digits.len());
    } else {
        out.push_str(&digits[..integral]);
        out.push('.');
        out.push_str(&digits[integral..]);
    }
}

/// Appends `d.ddde+XX`; the exponent has two digits at least.
pub fn push_scientific(out: &mut String, digits: &str, exponent: i32) {
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    out.push_str(if exponent < 0 { "e-" } else { "e+" });
    if exponent.abs() < 10 {
        out.push('0');
    }
    out.push_str(&exponent.unsigned_abs().to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_text() {
        for (f, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1e22, "1e+22"),
            (1e23, "1e+23"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            (2f64.powi(-25), "2.9802322387695312e-08"),
            (2f64.powi(-44), "5.684341886080802e-14"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
        ] {
            assert_eq!(repr(f), text);
        }
    }

    #[test]
    fn seventeen_digits() {
        for (f, text) in [
            (1.5, "1.5"),
            (0.1, "0.10000000000000001"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1e-5, "1.0000000000000001e-05"),
            (0.0, "0"),
            (-0.0, "-0"),
        ] {
            assert_eq!(repr_17g(f), text);
        }
    }

    #[test]
    fn complex_numbers() {
        for ((real, imag), text) in [
            ((0.0, 1.0), "1j"),
            ((-0.0, 1.0), "(-0+1j)"),
            ((1.0, -2.5), "(1-2.5j)"),
            ((1e16, 0.0), "(1e+16+0j)"),
            ((0.0, -0.0), "-0j"),
            ((1.0, f64::NAN), "(1+nanj)"),
            ((1.0, -f64::NAN), "(1+nanj)"),
            ((f64::INFINITY, f64::NEG_INFINITY), "(inf-infj)"),
        ] {
            assert_eq!(complex_repr(real, imag), text);
        }
    }

    #[test]
    fn more_digits_than_a_float_has_are_zeros() {
        assert_eq!(fixed(5e-324, 1074).trim_end_matches('0').len(), 1076);
        assert_eq!(fixed(0.5, 100_000).len(), 100_002);
        let decimal = significant(f64::MIN_POSITIVE, 100_000);
        assert_eq!((decimal.digits.len(), decimal.exponent), (100_000, -308));
        assert_eq!(significant(0.25, 1), Decimal { digits: "2".to_owned(), exponent: -1 });
        assert_eq!(fixed(0.125, 2), "0.12");
    }
}
