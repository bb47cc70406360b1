//! Patterns of a tree that a program built.

use super::{Validator, check_span, value_error};
use crate::errors::Fallible;
use kaa_ast::{Constant, ExprKind, ExprRef, Name, Operator, Pattern, PatternKind, UnaryOp};

impl<'a> Validator<'_, 'a> {
    fn patterns(&self, patterns: &'a [Pattern<'a>], star_allowed: bool) -> Fallible {
        patterns.iter().try_for_each(|pattern| self.pattern(pattern, star_allowed))
    }

    pub(super) fn pattern(&self, pattern: &'a Pattern<'a>, star_allowed: bool) -> Fallible {
        self.guard.check()?;
        check_span(pattern.span)?;
        match pattern.kind {
            PatternKind::MatchValue { value } => self.pattern_value(value),
            PatternKind::MatchSingleton { value: Constant::None | Constant::Bool(_) } => Ok(()),
            PatternKind::MatchSingleton { .. } => value_error("MatchSingleton can only contain True, False and None"),
            PatternKind::MatchSequence { patterns } => self.patterns(patterns, true),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                if keys.len() != patterns.len() {
                    return value_error("MatchMapping doesn't have the same number of keys as patterns");
                }
                self.capture(rest)?;
                for key in keys {
                    let is_singleton = |value| matches!(value, Constant::None | Constant::Bool(_));
                    if !matches!(key.kind, ExprKind::Constant { value, .. } if is_singleton(value)) {
                        self.pattern_value(key)?;
                    }
                }
                self.patterns(patterns, false)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                if kwd_attrs.len() != kwd_patterns.len() {
                    let message = "MatchClass doesn't have the same number of keyword attributes as patterns";
                    return value_error(message);
                }
                self.load(cls)?;
                let mut inner = cls;
                while let ExprKind::Attribute { value, .. } = inner.kind {
                    inner = value;
                }
                if !matches!(inner.kind, ExprKind::Name { .. }) {
                    return value_error("MatchClass cls field can only contain Name or Attribute nodes.");
                }
                kwd_attrs.iter().try_for_each(|&name| self.name(name))?;
                self.patterns(patterns, false)?;
                self.patterns(kwd_patterns, false)
            }
            PatternKind::MatchStar { .. } if !star_allowed => value_error("can't use MatchStar here"),
            PatternKind::MatchStar { name } => self.capture(name),
            PatternKind::MatchAs { pattern: None, name } => self.capture(name),
            PatternKind::MatchAs { pattern: Some(_), name: None } => {
                value_error("MatchAs must specify a target name if a pattern is given")
            }
            PatternKind::MatchAs { pattern: Some(pattern), name } => {
                self.capture(name)?;
                self.pattern(pattern, false)
            }
            PatternKind::MatchOr { patterns } => {
                if patterns.len() < 2 {
                    return value_error("MatchOr requires at least 2 patterns");
                }
                self.patterns(patterns, false)
            }
        }
    }

    fn capture(&self, name: Option<Name>) -> Fallible {
        match name {
            Some(name) if self.names.text(name) == "_" => value_error("can't capture name '_' in patterns"),
            Some(name) => self.name(name),
            None => Ok(()),
        }
    }

    /// The value of a literal pattern.
    fn pattern_value(&self, value: ExprRef<'a>) -> Fallible {
        self.load(value)?;
        match value.kind {
            ExprKind::Constant { value, .. } => match value {
                Constant::Int(_)
                | Constant::BigInt(_)
                | Constant::Float(_)
                | Constant::Complex { .. }
                | Constant::Str(_)
                | Constant::Bytes(_) => Ok(()),
                _ => value_error("unexpected constant inside of a literal pattern"),
            },
            // Later stages refuse strings that are not constant.
            ExprKind::Attribute { .. } | ExprKind::JoinedStr { .. } | ExprKind::TemplateStr { .. } => Ok(()),
            ExprKind::UnaryOp { .. } if is_real(value) || is_negative_imaginary(value) => Ok(()),
            ExprKind::BinOp { left, op: Operator::Add | Operator::Sub, right }
                if is_real(left) && is_imaginary(right) =>
            {
                Ok(())
            }
            _ => value_error("patterns may only match literals and attribute lookups"),
        }
    }
}

/// Whether an expression is an integer or float, perhaps negative.
fn is_real(expression: ExprRef<'_>) -> bool {
    let number = match expression.kind {
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => operand,
        _ => expression,
    };
    let is_real = |value| matches!(value, Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_));
    matches!(number.kind, ExprKind::Constant { value, .. } if is_real(value))
}

fn is_imaginary(expression: ExprRef<'_>) -> bool {
    matches!(expression.kind, ExprKind::Constant { value: Constant::Complex { .. }, .. })
}

fn is_negative_imaginary(expression: ExprRef<'_>) -> bool {
    matches!(expression.kind, ExprKind::UnaryOp { op: UnaryOp::USub, operand } if is_imaginary(operand))
}
