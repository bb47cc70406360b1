//! `"…%s…" % (x, …)` as the parts of an f-string, which is quicker and means the same for `%s`,
//! `%r` and `%a` with flags, width and precision.

use kaa_ast::{Arena, Constant, Expr, ExprKind, Span};

/// Widths and precisions of this many digits are left alone.
const MAX_DIGITS: usize = 3;

/// The parts of the f-string; `None` when there is a conversion that has no such form, or when
/// the number of items differs.
pub(super) fn values<'a>(format: &'a [u8], items: &'a [Expr<'a>], arena: &'a Arena) -> Option<&'a [Expr<'a>]> {
    if items.iter().any(|item| matches!(item.kind, ExprKind::Starred { .. })) {
        return None;
    }
    let mut parts = Vec::with_capacity(items.len() * 2 + 1);
    let mut rest = format;
    let mut items = items.iter();
    loop {
        let (literal, behind) = split_literal(rest);
        if !literal.is_empty() {
            parts.push(text(unescape(literal, arena)));
        }
        let Some((_percent, behind)) = behind.split_first() else { break };
        let item = items.next()?;
        let (part, behind) = conversion(behind, item, arena)?;
        parts.push(part);
        rest = behind;
    }
    if items.next().is_some() {
        return None;
    }
    Some(arena.alloc_slice_copy(&parts))
}

/// Splits before the first percent sign that is not doubled.
fn split_literal(format: &[u8]) -> (&[u8], &[u8]) {
    let mut position = 0;
    while position < format.len() {
        match (format[position], format.get(position + 1)) {
            (b'%', Some(b'%')) => position += 2,
            (b'%', _) => break,
            _ => position += 1,
        }
    }
    format.split_at(position)
}

fn unescape<'a>(literal: &'a [u8], arena: &'a Arena) -> &'a [u8] {
    if !literal.contains(&b'%') {
        return literal;
    }
    let mut text = Vec::with_capacity(literal.len());
    let mut bytes = literal.iter();
    while let Some(&byte) = bytes.next() {
        text.push(byte);
        if byte == b'%' {
            bytes.next();
        }
    }
    arena.alloc_slice_copy(&text)
}

/// One conversion behind its percent sign, and what follows it.
fn conversion<'a>(format: &'a [u8], item: &'a Expr<'a>, arena: &'a Arena) -> Option<(Expr<'a>, &'a [u8])> {
    let mut left_justified = false;
    let flags = format.iter().take_while(|byte| b"-+ #0".contains(byte)).count();
    for &flag in &format[..flags] {
        left_justified |= flag == b'-';
    }
    let (width, rest) = number(&format[flags..])?;
    let (precision, rest) = match rest.split_first()? {
        (b'.', behind) => {
            let (precision, rest) = number(behind)?;
            (Some(precision.unwrap_or(0)), rest)
        }
        _ => (None, rest),
    };
    let (&kind, rest) = rest.split_first()?;
    if !matches!(kind, b's' | b'r' | b'a') {
        return None;
    }
    let mut spec = String::new();
    if !left_justified && width.is_some_and(|width| width > 0) {
        spec.push('>');
    }
    if let Some(width) = width {
        spec.push_str(&width.to_string());
    }
    if let Some(precision) = precision {
        spec.push('.');
        spec.push_str(&precision.to_string());
    }
    let format_spec = match spec.is_empty() {
        true => None,
        false => Some(&*arena.alloc(text(arena.alloc_str(&spec).as_bytes()))),
    };
    let kind = ExprKind::FormattedValue { value: item, conversion: i32::from(kind), format_spec };
    Some((Expr { span: item.span, kind }, rest))
}

/// A number of few digits at the start, if there is one, and what follows it, which must be
/// something. The whole is `None` when there are too many digits or nothing follows.
fn number(format: &[u8]) -> Option<(Option<u32>, &[u8])> {
    let digits = format.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits >= MAX_DIGITS || digits == format.len() {
        return None;
    }
    let (digits, rest) = format.split_at(digits);
    let value = digits.iter().fold(0, |value, &digit| value * 10 + u32::from(digit - b'0'));
    Some(((!digits.is_empty()).then_some(value), rest))
}

/// A string constant that comes from nowhere in the source.
fn text(bytes: &[u8]) -> Expr<'_> {
    Expr { span: Span::NONE, kind: ExprKind::Constant { value: Constant::Str(bytes), kind: None } }
}
