//! Patterns: the negative and complex numbers in them become constants.

use super::{Preprocessor, unchanged};
use crate::errors::Fallible;
use kaa_ast::{Arena, BigInt, Constant, Expr, ExprKind, ExprRef, Operator, Pattern, PatternKind, UnaryOp};

impl<'a> Preprocessor<'_, '_, 'a> {
    fn patterns(&mut self, patterns: &'a [Pattern<'a>]) -> Fallible<&'a [Pattern<'a>]> {
        self.list(patterns, Self::pattern)
    }

    pub(super) fn pattern(&mut self, pattern: &'a Pattern<'a>) -> Fallible<&'a Pattern<'a>> {
        self.guard.check()?;
        let kind = match pattern.kind {
            PatternKind::MatchValue { value } => {
                let new = self.pattern_value(value);
                if unchanged!(value => new) {
                    return Ok(pattern);
                }
                PatternKind::MatchValue { value: new }
            }
            PatternKind::MatchSequence { patterns } => {
                let new = self.patterns(patterns)?;
                if unchanged!(patterns => new) {
                    return Ok(pattern);
                }
                PatternKind::MatchSequence { patterns: new }
            }
            PatternKind::MatchOr { patterns } => {
                let new = self.patterns(patterns)?;
                if unchanged!(patterns => new) {
                    return Ok(pattern);
                }
                PatternKind::MatchOr { patterns: new }
            }
            PatternKind::MatchMapping { keys, patterns, rest } => {
                let new_keys = self.list(keys, |this, key| Ok(this.pattern_value(key)))?;
                let new = self.patterns(patterns)?;
                if unchanged!(keys => new_keys, patterns => new) {
                    return Ok(pattern);
                }
                PatternKind::MatchMapping { keys: new_keys, patterns: new, rest }
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                let new_cls = self.expression(cls)?;
                let (new, new_kwd) = (self.patterns(patterns)?, self.patterns(kwd_patterns)?);
                if unchanged!(cls => new_cls, patterns => new, kwd_patterns => new_kwd) {
                    return Ok(pattern);
                }
                PatternKind::MatchClass { cls: new_cls, patterns: new, kwd_attrs, kwd_patterns: new_kwd }
            }
            PatternKind::MatchAs { pattern: Some(inner), name } => {
                let new = self.pattern(inner)?;
                if unchanged!(inner => new) {
                    return Ok(pattern);
                }
                PatternKind::MatchAs { pattern: Some(new), name }
            }
            PatternKind::MatchSingleton { .. } | PatternKind::MatchStar { .. } | PatternKind::MatchAs { .. } => {
                return Ok(pattern);
            }
        };
        Ok(self.arena.alloc(Pattern { span: pattern.span, kind }))
    }

    /// `-1` and `1 + 2j` as constants.
    fn pattern_value(&self, value: ExprRef<'a>) -> ExprRef<'a> {
        let folded = match value.kind {
            ExprKind::UnaryOp { op: UnaryOp::USub, operand } => constant(operand).and_then(|c| negated(c, self.arena)),
            ExprKind::BinOp { left, op: op @ (Operator::Add | Operator::Sub), right } => {
                match (constant(self.pattern_value(left)), constant(right)) {
                    (Some(left), Some(right)) => complex(left, op, right),
                    _ => None,
                }
            }
            _ => None,
        };
        match folded {
            Some(constant) => {
                let kind = ExprKind::Constant { value: constant, kind: None };
                self.arena.alloc(Expr { span: value.span, kind })
            }
            None => value,
        }
    }
}

fn constant<'a>(expression: ExprRef<'a>) -> Option<Constant<'a>> {
    match expression.kind {
        ExprKind::Constant { value, .. } => Some(value),
        _ => None,
    }
}

fn negated<'a>(constant: Constant<'a>, arena: &'a Arena) -> Option<Constant<'a>> {
    Some(match constant {
        Constant::Bool(value) => Constant::Int(-i64::from(value)),
        Constant::Int(i64::MIN) => Constant::BigInt(arena.alloc(BigInt { negative: false, digits: &[0, 0x8000_0000] })),
        Constant::Int(value) => Constant::Int(-value),
        // 2**63 is large, its negation is not.
        Constant::BigInt(BigInt { negative: false, digits: [0, 0x8000_0000] }) => Constant::Int(i64::MIN),
        Constant::BigInt(value) => {
            Constant::BigInt(arena.alloc(BigInt { negative: !value.negative, digits: value.digits }))
        }
        Constant::Float(value) => Constant::Float(-value),
        Constant::Complex { real, imag } => Constant::Complex { real: -real, imag: -imag },
        _ => return None,
    })
}

/// The sum or difference of a real and an imaginary number. A real part too large for a float is
/// left alone.
fn complex<'a>(left: Constant<'a>, op: Operator, right: Constant<'a>) -> Option<Constant<'a>> {
    let left = match left {
        Constant::Int(value) => value as f64,
        Constant::Float(value) => value,
        Constant::BigInt(value) => {
            let magnitude = float_of(value.digits)?;
            if value.negative { -magnitude } else { magnitude }
        }
        _ => return None,
    };
    let Constant::Complex { real, imag } = right else { return None };
    Some(match op {
        Operator::Add => Constant::Complex { real: left + real, imag },
        _ => Constant::Complex { real: left - real, imag: -imag },
    })
}

/// The nearest float of a magnitude, ties to even; `None` when it is too large.
fn float_of(digits: &[u32]) -> Option<f64> {
    let bits = digits.len() * 32 - digits.last()?.leading_zeros() as usize;
    let shift = bits.saturating_sub(64);
    let mut top: u64 = 0;
    for bit in 0..bits.min(64) {
        let position = shift + bit;
        top |= u64::from(digits[position / 32] >> (position % 32) & 1) << bit;
    }
    // Bits that are lost decide ties, so they are kept as one sticky bit.
    if (0..shift).any(|position| digits[position / 32] >> (position % 32) & 1 != 0) {
        top |= 1;
    }
    let value = top as f64 * 2_f64.powi(shift as i32);
    value.is_finite().then_some(value)
}
