//! `match` statements (PEP 634).
//!
//! The code for a pattern consumes the subject on top of the stack and jumps to one of the fail
//! blocks when it does not match. Captures are stored only when the whole pattern has matched:
//! until then their values lie below everything that is still needed.

use super::{Compiler, NEXT_LOCATION, operands};
use crate::errors::Fallible;
use crate::instruction_sequence::Label;
use crate::unparse;
use kaa_ast::{
    CmpOp, Constant, Expr, ExprContext, ExprKind, ExprRef, MatchCase, Name, Operator, Pattern, PatternKind, Span,
};
use kaa_bytecode::Opcode;

/// The state of one pattern.
#[derive(Default)]
struct PatternContext {
    /// Names captured so far; their values lie on the stack in this order.
    stores: Vec<Name>,
    /// Whether a pattern that always matches may stand here.
    allow_irrefutable: bool,
    /// `fail_pop[n]` is where to jump when the pattern fails with `n` values to drop.
    fail_pop: Vec<Label>,
    /// How many values on top of the stack are still needed.
    on_top: usize,
}

fn is_wildcard(pattern: &Pattern<'_>) -> bool {
    matches!(pattern.kind, PatternKind::MatchAs { name: None, .. })
}

fn is_star_wildcard(pattern: &Pattern<'_>) -> bool {
    matches!(pattern.kind, PatternKind::MatchStar { name: None })
}

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn match_statement(&mut self, subject: ExprRef<'a>, cases: &'a [MatchCase<'a>]) -> Fallible {
        self.expression(subject)?;
        let end = self.new_label();
        let Some((last, others)) = cases.split_last() else {
            return self.error("match statement without cases", subject.span);
        };
        // A last `case _` needs no test.
        let default = (is_wildcard(last.pattern) && !others.is_empty()).then_some(last);
        let tested = if default.is_some() { others } else { cases };
        for (index, case) in tested.iter().enumerate() {
            let span = case.pattern.span;
            let keeps_subject = index + 1 < tested.len();
            if keeps_subject {
                self.emit_arg(Opcode::Copy, 1, span);
            }
            let mut context = PatternContext {
                allow_irrefutable: case.guard.is_some() || index + 1 == cases.len(),
                ..PatternContext::default()
            };
            self.pattern(case.pattern, &mut context)?;
            for name in std::mem::take(&mut context.stores) {
                self.variable(name, ExprContext::Store, span);
            }
            if let Some(guard) = case.guard {
                let fail = self.fail_label(&mut context, 0);
                self.jump_if(guard, fail, false)?;
            }
            if keeps_subject {
                // The position is that of the body.
                self.emit(Opcode::PopTop, NEXT_LOCATION);
            }
            self.statements(case.body)?;
            self.emit_jump(Opcode::Jump, end, Span::NONE);
            // Failing belongs to the pattern, not to the end of the body.
            self.emit_fail_pops(&mut context, span);
        }
        if let Some(case) = default {
            // So that the line is seen, though it does nothing.
            self.emit(Opcode::Nop, case.pattern.span);
            if let Some(guard) = case.guard {
                self.jump_if(guard, end, false)?;
            }
            self.statements(case.body)?;
        }
        self.use_label(end);
        Ok(())
    }

    fn pattern(&mut self, pattern: &'a Pattern<'a>, context: &mut PatternContext) -> Fallible {
        self.guard.check()?;
        let span = pattern.span;
        match pattern.kind {
            PatternKind::MatchValue { value } => {
                if !matches!(value.kind, ExprKind::Constant { .. } | ExprKind::Attribute { .. }) {
                    return self.error("patterns may only match literals and attribute lookups", span);
                }
                self.expression(value)?;
                self.compare_operator(CmpOp::Eq, span);
                self.emit(Opcode::ToBool, span);
                self.jump_to_fail(Opcode::PopJumpIfFalse, context, span);
                Ok(())
            }
            PatternKind::MatchSingleton { value } => {
                self.load_ast_constant(&value, span);
                self.compare_operator(CmpOp::Is, span);
                self.jump_to_fail(Opcode::PopJumpIfFalse, context, span);
                Ok(())
            }
            PatternKind::MatchSequence { patterns } => self.sequence_pattern(patterns, context, span),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.mapping_pattern(keys, patterns, rest, context, span)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.class_pattern(cls, patterns, kwd_attrs, kwd_patterns, context, span)
            }
            PatternKind::MatchStar { name } => self.capture(name, context, span),
            PatternKind::MatchAs { pattern: None, name } => {
                if !context.allow_irrefutable {
                    let what = match name {
                        Some(name) => format!("name capture '{}'", self.text(name)),
                        None => "wildcard".to_owned(),
                    };
                    return self.error(format!("{what} makes remaining patterns unreachable"), span);
                }
                self.capture(name, context, span)
            }
            PatternKind::MatchAs { pattern: Some(inner), name } => {
                context.on_top += 1;
                self.emit_arg(Opcode::Copy, 1, span);
                self.pattern(inner, context)?;
                context.on_top -= 1;
                self.capture(name, context, span)
            }
            PatternKind::MatchOr { patterns } => self.or_pattern(patterns, context, span),
        }
    }

    /// A pattern inside another may always match.
    fn subpattern(&mut self, pattern: &'a Pattern<'a>, context: &mut PatternContext) -> Fallible {
        let outer = std::mem::replace(&mut context.allow_irrefutable, true);
        self.pattern(pattern, context)?;
        context.allow_irrefutable = outer;
        Ok(())
    }

    /// Binds the subject to a name, or drops it.
    fn capture(&mut self, name: Option<Name>, context: &mut PatternContext, span: Span) -> Fallible {
        let Some(name) = name else {
            self.emit(Opcode::PopTop, span);
            return Ok(());
        };
        if context.stores.contains(&name) {
            return self.duplicate_capture(name, span);
        }
        self.rotate(context.on_top + context.stores.len() + 1, span);
        context.stores.push(name);
        Ok(())
    }

    fn duplicate_capture(&self, name: Name, span: Span) -> Fallible {
        self.error(format!("multiple assignments to name '{}' in pattern", self.text(name)), span)
    }

    /// Moves the value on top of the stack below the `count - 1` next ones.
    fn rotate(&mut self, count: usize, span: Span) {
        for position in (2..=count).rev() {
            self.emit_arg(Opcode::Swap, position as u32, span);
        }
    }

    /// The place to jump to when the pattern fails with `pops` values to drop.
    fn fail_label(&mut self, context: &mut PatternContext, pops: usize) -> Label {
        while context.fail_pop.len() <= pops {
            let label = self.new_label();
            context.fail_pop.push(label);
        }
        context.fail_pop[pops]
    }

    fn jump_to_fail(&mut self, opcode: Opcode, context: &mut PatternContext, span: Span) {
        let pops = context.on_top + context.stores.len();
        let label = self.fail_label(context, pops);
        self.emit_jump(opcode, label, span);
    }

    /// Emits the fail blocks, each of which drops one value and goes on to the next.
    fn emit_fail_pops(&mut self, context: &mut PatternContext, span: Span) {
        let labels = std::mem::take(&mut context.fail_pop);
        for (pops, &label) in labels.iter().enumerate().rev() {
            self.use_label(label);
            if pops > 0 {
                self.emit(Opcode::PopTop, span);
            }
        }
    }

    fn sequence_pattern(&mut self, patterns: &'a [Pattern<'a>], context: &mut PatternContext, span: Span) -> Fallible {
        let mut star = None;
        let mut only_wildcards = true;
        for (index, pattern) in patterns.iter().enumerate() {
            if let PatternKind::MatchStar { name } = pattern.kind {
                if star.is_some() {
                    return self.error("multiple starred names in sequence pattern", span);
                }
                star = Some((index, name));
                only_wildcards &= name.is_none();
            } else {
                only_wildcards &= is_wildcard(pattern);
            }
        }
        context.on_top += 1;
        self.emit(Opcode::MatchSequence, span);
        self.jump_to_fail(Opcode::PopJumpIfFalse, context, span);
        let length_test = match star {
            None => Some((patterns.len(), CmpOp::Eq)),
            Some(_) if patterns.len() > 1 => Some((patterns.len() - 1, CmpOp::GtE)),
            Some(_) => None,
        };
        if let Some((length, op)) = length_test {
            self.emit(Opcode::GetLen, span);
            self.load_int(length, span);
            self.compare_operator(op, span);
            self.jump_to_fail(Opcode::PopJumpIfFalse, context, span);
        }
        context.on_top -= 1;
        if only_wildcards {
            self.emit(Opcode::PopTop, span);
            Ok(())
        } else if let Some((star, None)) = star {
            self.sequence_by_subscript(patterns, star, context, span)
        } else {
            self.sequence_by_unpacking(patterns, context, span)
        }
    }

    fn sequence_by_unpacking(
        &mut self,
        patterns: &'a [Pattern<'a>],
        context: &mut PatternContext,
        span: Span,
    ) -> Fallible {
        match patterns.iter().position(|pattern| matches!(pattern.kind, PatternKind::MatchStar { .. })) {
            None => self.emit_arg(Opcode::UnpackSequence, patterns.len() as u32, span),
            Some(before) => {
                let after = patterns.len() - before - 1;
                if before >= 1 << 8 || after >= (i32::MAX >> 8) as usize {
                    return self.error("too many expressions in star-unpacking sequence pattern", span);
                }
                self.emit_arg(Opcode::UnpackEx, (before + (after << 8)) as u32, span);
            }
        }
        context.on_top += patterns.len();
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        Ok(())
    }

    /// With `*_` only the items that matter are taken out of the sequence.
    fn sequence_by_subscript(
        &mut self,
        patterns: &'a [Pattern<'a>],
        star: usize,
        context: &mut PatternContext,
        span: Span,
    ) -> Fallible {
        context.on_top += 1;
        for (index, pattern) in patterns.iter().enumerate() {
            if is_wildcard(pattern) || is_star_wildcard(pattern) {
                continue;
            }
            self.emit_arg(Opcode::Copy, 1, span);
            if index < star {
                self.load_int(index, span);
            } else {
                // The subject may not support negative indices.
                self.emit(Opcode::GetLen, span);
                self.load_int(patterns.len() - index, span);
                self.emit_arg(Opcode::BinaryOp, operands::binary_operator(Operator::Sub), span);
            }
            self.emit_arg(Opcode::BinaryOp, operands::SUBSCRIPT, span);
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 1;
        self.emit(Opcode::PopTop, span);
        Ok(())
    }

    fn mapping_pattern(
        &mut self,
        keys: &'a [Expr<'a>],
        patterns: &'a [Pattern<'a>],
        rest: Option<Name>,
        context: &mut PatternContext,
        span: Span,
    ) -> Fallible {
        if keys.len() != patterns.len() {
            let message =
                format!("keys ({}) / patterns ({}) length mismatch in mapping pattern", keys.len(), patterns.len());
            return self.error(message, span);
        }
        context.on_top += 1;
        self.emit(Opcode::MatchMapping, span);
        self.jump_to_fail(Opcode::PopJumpIfFalse, context, span);
        if keys.is_empty() && rest.is_none() {
            context.on_top -= 1;
            self.emit(Opcode::PopTop, span);
            return Ok(());
        }
        if !keys.is_empty() {
            self.emit(Opcode::GetLen, span);
            self.load_int(keys.len(), span);
            self.compare_operator(CmpOp::GtE, span);
            self.jump_to_fail(Opcode::PopJumpIfFalse, context, span);
        }
        self.mapping_keys(keys, span)?;
        self.emit_arg(Opcode::BuildTuple, keys.len() as u32, span);
        self.emit(Opcode::MatchKeys, span);
        // The keys and the values, or None for these, lie above the subject.
        context.on_top += 2;
        self.emit_arg(Opcode::Copy, 1, span);
        self.load_none(span);
        self.emit_arg(Opcode::IsOp, 1, span);
        self.jump_to_fail(Opcode::PopJumpIfFalse, context, span);
        self.emit_arg(Opcode::UnpackSequence, keys.len() as u32, span);
        context.on_top += keys.len();
        context.on_top -= 1;
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 2;
        let Some(rest) = rest else {
            self.emit(Opcode::PopTop, span);
            self.emit(Opcode::PopTop, span);
            return Ok(());
        };
        // A copy of the subject, without the keys.
        self.emit_arg(Opcode::BuildMap, 0, span);
        self.emit_arg(Opcode::Swap, 3, span);
        self.emit_arg(Opcode::DictUpdate, 2, span);
        self.emit_arg(Opcode::UnpackSequence, keys.len() as u32, span);
        for remaining in (1..=keys.len()).rev() {
            self.emit_arg(Opcode::Copy, 1 + remaining as u32, span);
            self.emit_arg(Opcode::Swap, 2, span);
            self.emit(Opcode::DeleteSubscr, span);
        }
        self.capture(Some(rest), context, span)
    }

    fn mapping_keys(&mut self, keys: &'a [Expr<'a>], span: Span) -> Fallible {
        let mut seen: Vec<Constant<'a>> = Vec::new();
        for key in keys {
            match key.kind {
                ExprKind::Constant { value, .. } => {
                    if seen.iter().any(|other| constants_equal(other, &value)) {
                        let text = unparse::constant(&value);
                        return self.error(format!("mapping pattern checks duplicate key ({text})"), span);
                    }
                    seen.push(value);
                }
                ExprKind::Attribute { .. } => {}
                _ => {
                    let message = "mapping pattern keys may only match literals and attribute lookups";
                    return self.error(message, span);
                }
            }
            self.expression(key)?;
        }
        Ok(())
    }

    fn class_pattern(
        &mut self,
        cls: ExprRef<'a>,
        patterns: &'a [Pattern<'a>],
        attributes: &'a [Name],
        attribute_patterns: &'a [Pattern<'a>],
        context: &mut PatternContext,
        span: Span,
    ) -> Fallible {
        if attributes.len() != attribute_patterns.len() {
            let (names, values) = (attributes.len(), attribute_patterns.len());
            let message = format!("kwd_attrs ({names}) / kwd_patterns ({values}) length mismatch in class pattern");
            return self.error(message, span);
        }
        for (index, name) in attributes.iter().enumerate() {
            if let Some(other) = attributes[index + 1..].iter().position(|other| other == name) {
                let message = format!("attribute name repeated in class pattern: {}", self.text(*name));
                return self.error(message, attribute_patterns[index + 1 + other].span);
            }
        }
        self.expression(cls)?;
        let names = self.names_constant(attributes.iter().copied());
        self.load_constant(names, span);
        self.emit_arg(Opcode::MatchClass, patterns.len() as u32, span);
        self.emit_arg(Opcode::Copy, 1, span);
        self.load_none(span);
        self.emit_arg(Opcode::IsOp, 1, span);
        // A tuple of attributes, or None, lies on the stack.
        context.on_top += 1;
        self.jump_to_fail(Opcode::PopJumpIfFalse, context, span);
        let count = patterns.len() + attributes.len();
        self.emit_arg(Opcode::UnpackSequence, count as u32, span);
        context.on_top += count;
        context.on_top -= 1;
        for pattern in patterns.iter().chain(attribute_patterns) {
            context.on_top -= 1;
            if is_wildcard(pattern) {
                self.emit(Opcode::PopTop, span);
            } else {
                self.subpattern(pattern, context)?;
            }
        }
        Ok(())
    }

    fn or_pattern(&mut self, alternatives: &'a [Pattern<'a>], context: &mut PatternContext, span: Span) -> Fallible {
        let end = self.new_label();
        // What the first alternative captures, all must; in this order it lies on the stack.
        let mut control: Vec<Name> = Vec::new();
        for (index, alternative) in alternatives.iter().enumerate() {
            let at = alternative.span;
            let mut inner = PatternContext {
                allow_irrefutable: index + 1 == alternatives.len() && context.allow_irrefutable,
                ..PatternContext::default()
            };
            self.emit_arg(Opcode::Copy, 1, at);
            self.pattern(alternative, &mut inner)?;
            if index == 0 {
                control.clone_from(&inner.stores);
            } else if !self.reorder_captures(&mut inner.stores, &control, at) {
                return self.error("alternative patterns bind different names", span);
            }
            self.emit_jump(Opcode::Jump, end, at);
            self.emit_fail_pops(&mut inner, at);
        }
        // No alternative matches: drop the subject.
        self.emit(Opcode::PopTop, span);
        self.jump_to_fail(Opcode::Jump, context, span);
        self.use_label(end);
        // The captures lie above the subject, what is still needed, and earlier captures.
        let rotations = control.len() + 1 + context.on_top + context.stores.len();
        for name in control {
            self.rotate(rotations, span);
            if context.stores.contains(&name) {
                return self.duplicate_capture(name, span);
            }
            context.stores.push(name);
        }
        self.emit(Opcode::PopTop, span);
        Ok(())
    }

    /// Brings the captures on the stack into the order of `control`; false when they are others.
    fn reorder_captures(&mut self, stores: &mut [Name], control: &[Name], span: Span) -> bool {
        if stores.len() != control.len() {
            return false;
        }
        for target in (0..control.len()).rev() {
            let Some(position) = stores.iter().position(|&name| name == control[target]) else {
                return false;
            };
            if position != target {
                stores[..=target].rotate_left(position + 1);
                for _ in 0..=position {
                    self.rotate(target + 1, span);
                }
            }
        }
        true
    }
}

/// Equality of Python values, by which keys of mapping patterns count as duplicates.
fn constants_equal(left: &Constant<'_>, right: &Constant<'_>) -> bool {
    fn number(constant: &Constant<'_>) -> Option<(f64, f64)> {
        Some(match *constant {
            Constant::Bool(value) => (f64::from(u8::from(value)), 0.0),
            Constant::Int(value) if (value as f64) as i64 == value => (value as f64, 0.0),
            Constant::Float(value) => (value, 0.0),
            Constant::Complex { real, imag } => (real, imag),
            _ => return None,
        })
    }
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}
