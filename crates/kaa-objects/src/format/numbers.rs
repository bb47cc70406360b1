//! The formats of `int`, `float` and `complex`.

use kaa_text::floats;

use super::Spec;
use super::text::pad;
use crate::types::int::big::Int;
use crate::types::str::{Extent, PyStr, StrBuilder, StrData, StrWriter};
use crate::{Gc, PyResult, Value, Vm};

/// A number as text, in the parts that padding and grouping treat differently.
struct Parts {
    negative: bool,
    /// `0x` and the like.
    prefix: &'static str,
    /// Digits before the point; or a word such as `inf`, which is not grouped.
    integral: String,
    /// Digits after the point.
    fraction: String,
    /// Whether a point is written.
    point: bool,
    /// Exponent, percent sign: what follows the digits.
    tail: String,
}

/// `format(int, spec)`.
pub fn format_int(vm: &Vm, value: Value, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    let spec = Spec::read(vm, format_spec, value)?;
    let int = vm.as_int(value).expect("the caller has an int");
    match spec.letter('d') {
        'd' | 'n' | 'b' | 'o' | 'x' | 'X' => {}
        'c' => return format_char(vm, int, &spec),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => return float_with(vm, vm.int_to_f64(value)?, &spec, value),
        _ => return Err(spec.unknown_code(vm, &vm.class_name(value))),
    }
    if spec.precision.is_some() {
        return Err(vm.value_error("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(vm.value_error("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    let letter = spec.letter('d');
    let digits = int_digits(vm, int, letter)?;
    let prefix = match letter {
        'b' if spec.alternate => "0b",
        'o' if spec.alternate => "0o",
        'x' if spec.alternate => "0x",
        'X' if spec.alternate => "0X",
        _ => "",
    };
    let parts = Parts {
        negative: int.is_negative(),
        prefix,
        integral: digits,
        fraction: String::new(),
        point: false,
        tail: String::new(),
    };
    let group = if matches!(letter, 'b' | 'o' | 'x' | 'X') { 4 } else { 3 };
    write(vm, &parts, &spec, group)
}

/// The digits of a magnitude in the base of a type letter.
fn int_digits(vm: &Vm, int: Int, letter: char) -> PyResult<String> {
    if let Int::Small(i) = int {
        let i = i.unsigned_abs();
        return Ok(match letter {
            'b' => format!("{i:b}"),
            'o' => format!("{i:o}"),
            'x' => format!("{i:x}"),
            'X' => format!("{i:X}"),
            _ => i.to_string(),
        });
    }
    if !matches!(letter, 'b' | 'o' | 'x' | 'X') {
        return Ok(vm.int_to_str(int)?.to_string_lossy().trim_start_matches('-').to_owned());
    }
    let magnitude = int.to_big().magnitude().clone();
    Ok(match letter {
        'b' => magnitude.to_str_radix(2),
        'o' => magnitude.to_str_radix(8),
        'x' => magnitude.to_str_radix(16),
        _ => magnitude.to_str_radix(16).to_uppercase(),
    })
}

fn format_char(vm: &Vm, int: Int, spec: &Spec) -> PyResult<Gc<PyStr>> {
    if spec.precision.is_some() {
        return Err(vm.value_error("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(vm.value_error("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    if spec.sign.is_some() {
        return Err(vm.value_error("Sign not allowed with integer format specifier 'c'"));
    }
    if spec.alternate {
        return Err(vm.value_error("Alternate form (#) not allowed with integer format specifier 'c'"));
    }
    let code_point = match int {
        Int::Small(i) => i,
        Int::Big(_) => return Err(vm.overflow_error("Python int too large to convert to C long")),
    };
    if !(0..0x11_0000).contains(&code_point) {
        return Err(vm.overflow_error("%c arg not in range(0x110000)"));
    }
    let text = [code_point as u32];
    let align = match spec.align {
        None | Some(b'=') => b'>',
        Some(align) => align,
    };
    pad(vm, StrData::Ucs4(&text), spec.width, spec.fill, align)
}

/// `format(float, spec)`.
pub fn format_float(vm: &Vm, f: f64, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    let value = vm.new_float(f)?;
    let spec = Spec::read(vm, format_spec, value)?;
    float_with(vm, f, &spec, value)
}

fn float_with(vm: &Vm, f: f64, spec: &Spec, value: Value) -> PyResult<Gc<PyStr>> {
    let letter = spec.letter('\0');
    // A zero as the type is as good as none.
    if spec.kind.is_some_and(|kind| kind != 0) && !matches!(letter, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%') {
        return Err(spec.unknown_code(vm, &vm.class_name(value)));
    }
    if spec.precision.is_some_and(|precision| precision > i32::MAX as usize) {
        return Err(vm.value_error("precision too big"));
    }
    let parts = float_parts(f, letter, spec.precision, spec.alternate, spec.no_negative_zero);
    write(vm, &parts, spec, 3)
}

/// The digits of a float for a type letter. `\0` is `repr`-like: `g`, but as short as possible
/// without a precision, and with `.0`; `r` the same without `.0`, for parts of complex numbers.
fn float_parts(f: f64, letter: char, precision: Option<usize>, alternate: bool, no_negative_zero: bool) -> Parts {
    let f = if letter == '%' { f * 100.0 } else { f };
    let mut parts = Parts {
        negative: f.is_sign_negative() && !f.is_nan(),
        prefix: "",
        integral: String::new(),
        fraction: String::new(),
        point: alternate,
        tail: String::from(if letter == '%' { "%" } else { "" }),
    };
    let upper = letter.is_ascii_uppercase();
    if !f.is_finite() {
        parts.integral = if f.is_nan() { "nan" } else { "inf" }.to_owned();
        if upper {
            parts.integral.make_ascii_uppercase();
        }
        parts.point = false;
        return parts;
    }
    let text = match letter.to_ascii_lowercase() {
        'f' | '%' => floats::fixed(f, precision.unwrap_or(6)),
        'e' => {
            let digits = floats::significant(f, precision.unwrap_or(6) + 1);
            let mut text = String::new();
            floats::push_scientific(&mut text, &digits.digits, digits.exponent);
            text
        }
        _ => general(f, letter, precision, alternate),
    };
    let (mantissa, exponent) = match text.find('e') {
        Some(at) => text.split_at(at),
        None => (text.as_str(), ""),
    };
    let (integral, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    parts.integral = integral.to_owned();
    parts.fraction = fraction.to_owned();
    parts.point |= mantissa.contains('.');
    parts.tail.insert_str(0, &if upper { exponent.to_ascii_uppercase() } else { exponent.to_owned() });
    let is_zero = mantissa.bytes().all(|b| matches!(b, b'0' | b'.'));
    if no_negative_zero && is_zero {
        parts.negative = false;
    }
    parts
}

/// The `g` format: scientific for very small and very large numbers, zeros at the end dropped.
fn general(f: f64, letter: char, precision: Option<usize>, alternate: bool) -> String {
    let is_repr = letter == '\0';
    let is_shortest = precision.is_none() && (is_repr || letter == 'r');
    let (mut decimal, significant, limit) = match precision {
        None if is_shortest => (floats::shortest(f), 17, 16),
        _ => {
            let significant = precision.unwrap_or(6).max(1);
            let limit = if is_repr { significant as i32 - 1 } else { significant as i32 };
            (floats::significant(f, significant), significant, limit.max(if is_repr { 0 } else { 1 }))
        }
    };
    if !alternate {
        let kept = decimal.digits.trim_end_matches('0').len().max(1);
        decimal.digits.truncate(kept);
    } else if decimal.digits.len() < significant && !is_shortest {
        let missing = significant - decimal.digits.len();
        decimal.digits.extend(std::iter::repeat_n('0', missing));
    }
    let mut text = String::new();
    if (-4..limit).contains(&decimal.exponent) {
        floats::push_positional(&mut text, &decimal.digits, decimal.exponent);
        if is_repr && !text.contains('.') {
            text.push_str(".0");
        }
    } else {
        floats::push_scientific(&mut text, &decimal.digits, decimal.exponent);
    }
    text
}

/// A float as `%` writes it: without padding, a sign only when it is negative.
pub(super) fn plain_float(f: f64, letter: char, precision: usize, alternate: bool) -> String {
    let parts = float_parts(f, letter, Some(precision), alternate, false);
    let (sign, point) = (if parts.negative { "-" } else { "" }, if parts.point { "." } else { "" });
    format!("{sign}{}{point}{}{}", parts.integral, parts.fraction, parts.tail)
}

/// An integer as `%` writes it: at least so many digits, with a prefix when asked for.
pub(super) fn plain_int(vm: &Vm, value: Value, letter: char, digits: usize, prefix: bool) -> PyResult<String> {
    if digits > i32::MAX as usize - 3 {
        return Err(vm.overflow_error("precision too large"));
    }
    let int = vm.as_int(value).expect("the caller has an int");
    let sign = if int.is_negative() { "-" } else { "" };
    let prefix = match letter {
        'o' if prefix => "0o",
        'x' if prefix => "0x",
        'X' if prefix => "0X",
        _ => "",
    };
    let magnitude = int_digits(vm, int, letter)?;
    let mut text = String::from(sign);
    text.push_str(prefix);
    text.extend(std::iter::repeat_n('0', digits.saturating_sub(magnitude.len())));
    text.push_str(&magnitude);
    Ok(text)
}

/// `format(complex, spec)`.
pub fn format_complex(vm: &Vm, real: f64, imag: f64, format_spec: Gc<PyStr>, value: Value) -> PyResult<Gc<PyStr>> {
    let spec = Spec::read(vm, format_spec, value)?;
    let letter = spec.letter('\0');
    if spec.kind.is_some_and(|kind| kind != 0) && !matches!(letter, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n') {
        return Err(spec.unknown_code(vm, &vm.class_name(value)));
    }
    if spec.fill == u32::from(b'0') {
        return Err(vm.value_error("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == Some(b'=') {
        return Err(vm.value_error("'=' alignment flag is not allowed in complex format specifier"));
    }
    let bare = Spec { width: 0, align: Some(b'>'), ..spec.clone() };
    let plain = letter == '\0';
    let form = match (plain, spec.precision) {
        (false, _) => letter,
        (true, None) => 'r',
        (true, Some(_)) => 'g',
    };
    let part = |f: f64, sign: Option<u8>| -> PyResult<Gc<PyStr>> {
        let parts = float_parts(f, form, spec.precision, spec.alternate, spec.no_negative_zero);
        write(vm, &parts, &Spec { sign, ..bare.clone() }, 3)
    };
    let mut out = StrBuilder::default();
    // Without a type and with a real part of 0, only the imaginary part is written.
    let parenthesized = plain && !(real == 0.0 && real.is_sign_positive());
    if plain && !parenthesized {
        let part = part(imag, spec.sign)?;
        out.push_py(&part);
        out.push_str("j");
    } else {
        if parenthesized {
            out.push_str("(");
        }
        let (real, imag) = (part(real, spec.sign)?, part(imag, Some(b'+'))?);
        out.push_py(&real);
        out.push_py(&imag);
        out.push_str(if parenthesized { "j)" } else { "j" });
    }
    let text = out.finish(vm)?;
    pad(vm, text.data(), spec.width, spec.fill, spec.align.unwrap_or(b'>'))
}

/// Puts sign, prefix, grouped digits and padding together.
fn write(vm: &Vm, parts: &Parts, spec: &Spec, group: usize) -> PyResult<Gc<PyStr>> {
    let sign = if parts.negative {
        "-"
    } else {
        match spec.sign {
            Some(b'+') => "+",
            Some(b' ') => " ",
            _ => "",
        }
    };
    let mut fraction = String::new();
    if parts.point {
        fraction.push('.');
        match spec.fraction_grouping {
            Some(separator) => {
                for (position, digit) in parts.fraction.chars().enumerate() {
                    if position != 0 && position % 3 == 0 {
                        fraction.push(separator as char);
                    }
                    fraction.push(digit);
                }
            }
            None => fraction.push_str(&parts.fraction),
        }
    }
    let is_number = parts
        .integral
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric() && b != b'n' && b != b'i' && b != b'N' && b != b'I');
    let align = spec.align.unwrap_or(b'>');
    let around = sign.len() + parts.prefix.len() + fraction.len() + parts.tail.len();
    let integral = match spec.grouping {
        Some(separator) if is_number => {
            // Zero padding continues the groups.
            let pads = spec.fill == u32::from(b'0') && align == b'=';
            let least = if pads { spec.width.saturating_sub(around) } else { 0 };
            vm.probe_memory(least.saturating_mul(2))?;
            grouped(&parts.integral, separator, group, least)
        }
        _ => parts.integral.clone(),
    };
    let mut body = String::with_capacity(integral.len() + fraction.len() + parts.tail.len());
    body.push_str(&integral);
    body.push_str(&fraction);
    body.push_str(&parts.tail);
    if align == b'=' {
        let padding = spec.width.saturating_sub(sign.len() + parts.prefix.len() + body.len());
        let (sign, prefix, body) = (sign.as_bytes(), parts.prefix.as_bytes(), body.as_bytes());
        let ascii = Extent { len: sign.len() + prefix.len() + body.len(), ..Extent::EMPTY };
        let mut out = StrWriter::new(vm, ascii.and(vm, Extent::of_fill(spec.fill, padding))?)?;
        out.push_data(StrData::Latin1(sign));
        out.push_data(StrData::Latin1(prefix));
        out.fill(spec.fill, padding);
        out.push_data(StrData::Latin1(body));
        return Ok(out.finish());
    }
    let text = format!("{sign}{}{body}", parts.prefix);
    pad(vm, StrData::Latin1(text.as_bytes()), spec.width, spec.fill, align)
}

/// Digits with a separator before each group, and zeros in front up to a width; a separator never
/// comes first.
fn grouped(digits: &str, separator: u8, group: usize, least: usize) -> String {
    let mut reversed = String::new();
    let mut digits = digits.bytes().rev();
    let mut count = 0;
    loop {
        let next = digits.next();
        if next.is_none() && reversed.len() >= least {
            break;
        }
        if count != 0 && count % group == 0 {
            reversed.push(separator as char);
        }
        reversed.push(next.unwrap_or(b'0') as char);
        count += 1;
    }
    reversed.chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn groups_are_padded_with_zeros() {
        assert_eq!(grouped("1234567", b',', 3, 0), "1,234,567");
        assert_eq!(grouped("12", b',', 3, 8), "0,000,012");
        assert_eq!(grouped("123", b'_', 4, 0), "123");
    }
}
