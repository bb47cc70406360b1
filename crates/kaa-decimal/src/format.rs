//! Format specifications: `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.

use crate::context::{Context, MAX_PREC, Rounding, flags};
use crate::limbs::OutOfMemory;
use crate::quantize::rescale;
pub use crate::text::Notation;
use crate::text::{parts, push_exponent, special_text};
use crate::{Decimal, Outcome, View};

/// A format specification taken apart.
#[derive(Clone, Debug)]
pub struct Spec {
    /// What pads.
    pub fill: char,
    /// `<`, `>`, `=`, `^`, or `z` for zeros between sign and digits.
    pub align: u8,
    /// `+`, `-` or a space.
    pub sign: u8,
    /// Whether a negative zero loses its sign.
    pub no_negative_zero: bool,
    /// Whether a point is always written.
    pub alternate: bool,
    /// The least number of characters.
    pub width: usize,
    /// What stands between groups of digits before the point.
    pub separator: String,
    /// How many digits are in the groups, from the right; the last for all others, and 0 and 127
    /// as C's `localeconv` has them.
    pub grouping: Vec<u8>,
    /// What stands between three digits after the point.
    pub fraction_separator: String,
    /// The decimal point.
    pub point: String,
    /// Digits after the point, or significant ones.
    pub precision: Option<i64>,
    /// `e`, `f`, `g` or `%`.
    pub kind: u8,
    /// Whether an exponent has a capital letter.
    pub upper: bool,
    /// `n` or `N`: point, separator and grouping are to be the locale's.
    pub localized: Option<u8>,
}

impl Spec {
    /// Reads a specification; `None` when it is none.
    pub fn parse(text: &str, capitals: bool) -> Option<Spec> {
        let mut spec = Spec {
            fill: ' ',
            align: b'>',
            sign: b'-',
            no_negative_zero: false,
            alternate: false,
            width: 0,
            separator: String::new(),
            grouping: Vec::new(),
            fraction_separator: String::new(),
            point: String::from("."),
            precision: None,
            kind: b'g',
            upper: capitals,
            localized: None,
        };
        let is_align = |c: char| matches!(c, '<' | '>' | '=' | '^');
        let mut rest = text;
        let mut aligned = true;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(fill), Some(align)) if is_align(align) => {
                (spec.fill, spec.align) = (fill, align as u8);
                rest = chars.as_str();
            }
            (Some(align), _) if is_align(align) => {
                spec.align = align as u8;
                rest = &text[1..];
            }
            _ => aligned = false,
        }
        let mut reader = Reader(rest.as_bytes());
        spec.sign = reader.one_of(b"+- ").unwrap_or(b'-');
        spec.no_negative_zero = reader.one_of(b"z").is_some();
        spec.alternate = reader.one_of(b"#").is_some();
        if reader.one_of(b"0").is_some() {
            // Zeros are an alignment, which is not to be given twice.
            if aligned {
                return None;
            }
            (spec.align, spec.fill) = (b'z', '0');
        }
        if let Some(width) = reader.number()? {
            spec.width = usize::try_from(width).ok()?;
        }
        if let Some(separator) = reader.one_of(b",_") {
            spec.separator = char::from(separator).into();
            spec.grouping = vec![3];
        }
        if reader.one_of(b".").is_some() {
            spec.precision = reader.number()?;
            let separator = reader.one_of(b",_");
            spec.fraction_separator = separator.map_or(String::new(), |separator| char::from(separator).into());
            if spec.precision.is_none() && separator.is_none() {
                return None;
            }
        }
        match reader.0 {
            [] => {}
            [kind @ (b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%')] => {
                spec.kind = kind.to_ascii_lowercase();
                spec.upper = kind.is_ascii_uppercase();
            }
            [kind @ (b'n' | b'N')] => {
                if !spec.separator.is_empty() {
                    return None;
                }
                spec.upper = *kind == b'N';
                spec.localized = Some(*kind);
            }
            _ => return None,
        }
        Some(spec)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn one_of(&mut self, set: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        if !set.contains(&first) {
            return None;
        }
        self.0 = rest;
        Some(first)
    }

    /// A number, if there is one; `None` outside when it is too large.
    fn number(&mut self) -> Option<Option<i64>> {
        let mut number = None;
        while let Some(digit) = self.one_of(b"0123456789") {
            number = Some(number.unwrap_or(0i64).checked_mul(10)?.checked_add(i64::from(digit - b'0'))?);
        }
        Some(number)
    }
}

/// Rounds to so many significant digits.
fn to_significant(number: View<'_>, digits: i64, ctx: &Context, status: &mut crate::Flags) -> Outcome {
    if number.is_zero() {
        return number.to_decimal();
    }
    let exp = number.exp + number.digits() - digits;
    let rounded = rescale(number, exp, ctx, status)?;
    if rounded.view().digits() > digits { rescale(rounded.view(), exp + 1, ctx, status) } else { Ok(rounded) }
}

/// The number as the specification wants it; `None` when it exceeds the limits of numbers.
pub fn format(number: View<'_>, mut spec: Spec, rounding: Rounding) -> Result<Option<String>, OutOfMemory> {
    if spec.width as u64 > MAX_PREC as u64 || spec.precision.is_some_and(|precision| precision > MAX_PREC) {
        return Ok(None);
    }
    let ctx = Context { rounding, ..Context::MAX };
    let mut status = 0;
    let mut negative = number.negative;
    let (integral, tail) = if number.is_special() {
        if spec.align == b'z' {
            (spec.align, spec.fill) = (b'>', ' ');
        }
        (spec.separator, spec.grouping) = (String::new(), Vec::new());
        let mut text = special_text(number)?;
        if spec.kind == b'%' {
            text.push(b'%');
        }
        (text, String::new())
    } else {
        let (rounded, notation) = rounded(number, &spec, &ctx, &mut status)?;
        if status & flags::ERRORS != 0 {
            return Ok(None);
        }
        if spec.no_negative_zero && rounded.view().is_zero() {
            negative = false;
        }
        let parts = parts(rounded.view(), notation)?;
        let mut tail = String::new();
        if !parts.fraction.is_empty() || spec.alternate {
            tail.push_str(&spec.point);
            push_fraction(&mut tail, &parts.fraction, &spec.fraction_separator);
        }
        let mut end = Vec::new();
        if let Some(exponent) = parts.exponent {
            push_exponent(&mut end, exponent, if spec.upper { b'E' } else { b'e' });
        }
        if spec.kind == b'%' {
            end.push(b'%');
        }
        tail.push_str(&String::from_utf8_lossy(&end));
        (parts.integral, tail)
    };
    let sign = match spec.sign {
        _ if negative => "-",
        b'+' => "+",
        b' ' => " ",
        _ => "",
    };
    lay_out(sign, &integral, &tail, &spec).map(Some)
}

/// Rounds a finite number as the type and precision ask for.
fn rounded(number: View<'_>, spec: &Spec, ctx: &Context, status: &mut crate::Flags) -> Outcome<(Decimal, Notation)> {
    let mut notation = match spec.kind {
        b'e' => Notation::Exponent(1),
        b'g' => Notation::Scientific,
        _ => Notation::Fixed,
    };
    let number = if spec.kind == b'%' { View { exp: number.exp + 2, ..number } } else { number };
    let mut result = match (spec.precision, spec.kind) {
        (None, _) => number.to_decimal()?,
        (Some(precision), b'g') if number.digits() > precision.max(1) => {
            to_significant(number, precision.max(1), ctx, status)?
        }
        (Some(_), b'g') => number.to_decimal()?,
        (Some(precision), b'e') => {
            if number.is_zero() {
                notation = Notation::Exponent(1 - precision);
            }
            to_significant(number, precision + 1, ctx, status)?
        }
        (Some(precision), _) => rescale(number, -precision, ctx, status)?,
    };
    if notation == Notation::Fixed && result.view().is_zero() && result.exp > 0 {
        result.exp = 0;
    }
    Ok((result, notation))
}

fn push_fraction(out: &mut String, digits: &[u8], separator: &str) {
    for (index, digit) in digits.iter().enumerate() {
        if index != 0 && index % 3 == 0 {
            out.push_str(separator);
        }
        out.push(char::from(*digit));
    }
}

/// Groups, pads and puts together.
fn lay_out(sign: &str, integral: &[u8], tail: &str, spec: &Spec) -> Result<String, OutOfMemory> {
    let around = sign.len() + tail.chars().count();
    let least = if spec.align == b'z' { spec.width.saturating_sub(around) } else { 0 };
    let integral = grouped(integral, spec, least)?;
    let length = around + integral.chars().count();
    let padding = spec.width.saturating_sub(length);
    let (left, inner, right) = match spec.align {
        b'<' => (0, 0, padding),
        b'^' => (padding / 2, 0, padding - padding / 2),
        b'=' => (0, padding, 0),
        _ => (padding, 0, 0),
    };
    let size = padding.checked_mul(spec.fill.len_utf8()).and_then(|size| size.checked_add(length + 8));
    let mut out = String::new();
    out.try_reserve_exact(size.ok_or(OutOfMemory)?).map_err(|_| OutOfMemory)?;
    let fill = |out: &mut String, count: usize| out.extend(std::iter::repeat_n(spec.fill, count));
    fill(&mut out, left);
    out.push_str(sign);
    fill(&mut out, inner);
    out.push_str(&integral);
    out.push_str(tail);
    fill(&mut out, right);
    Ok(out)
}

/// Digits in groups, with zeros in front up to a width; a separator never comes first.
fn grouped(digits: &[u8], spec: &Spec, least: usize) -> Result<String, OutOfMemory> {
    let room = digits.len().max(least);
    let mut reversed: Vec<char> = Vec::new();
    reversed.try_reserve(room.saturating_mul(2)).map_err(|_| OutOfMemory)?;
    let mut digits = digits.iter().rev();
    let mut groups = spec.grouping.iter().copied();
    let mut size = if spec.separator.is_empty() { None } else { groups.next() };
    let mut in_group = 0;
    loop {
        let next = digits.next();
        if next.is_none() && reversed.len() >= least {
            break;
        }
        if let Some(most) = size.filter(|&most| most != 0 && most < 127)
            && in_group == usize::from(most)
        {
            reversed.extend(spec.separator.chars().rev());
            in_group = 0;
            // A 0 at the end repeats the last group.
            size = groups.next().filter(|&next| next != 0).or(Some(most));
            if size == Some(127) {
                size = None;
            }
        }
        reversed.push(char::from(*next.unwrap_or(&b'0')));
        in_group += 1;
    }
    Ok(reversed.iter().rev().collect())
}
