//! What is assigned to: attributes, subscripts, slices, unpacking; augmented and annotated
//! assignments.

use super::expressions::{code_constant, is_starred};
use super::unit::ScopeKind;
use super::{Compiler, operands};
use crate::errors::{CompileError, ErrorKind, Fallible};
use kaa_ast::{Expr, ExprContext, ExprKind, ExprRef, Name, Operator, Span};
use kaa_bytecode::{Constant as CodeConstant, Opcode};
use std::sync::Arc;

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn attribute(
        &mut self,
        expression: ExprRef<'a>,
        object: ExprRef<'a>,
        name: Name,
        context: ExprContext,
    ) -> Fallible {
        match context {
            ExprContext::Load => {
                if self.super_attribute(expression, object, name, false)? {
                    return Ok(());
                }
            }
            ExprContext::Store => self.note_static_attribute(object, name),
            ExprContext::Del => {}
        }
        self.expression(object)?;
        let span = self.attribute_span(expression.span, expression.span, name);
        match context {
            ExprContext::Load => self.emit_name(Opcode::LoadAttr, name, 1, 0, span),
            ExprContext::Store => self.emit_name(Opcode::StoreAttr, name, 0, 0, span),
            ExprContext::Del => self.emit_name(Opcode::DeleteAttr, name, 0, 0, span),
        }
        Ok(())
    }

    /// A position that starts at the name of an attribute if the expression that ends with it has
    /// more than one line.
    pub(super) fn attribute_span(&self, span: Span, attribute: Span, name: Name) -> Span {
        let mut span = span;
        if span.line != attribute.end_line {
            span.line = attribute.end_line;
            let length = self.text(name).chars().count() as i32;
            if length <= attribute.end_col {
                span.col = attribute.end_col - length;
            } else {
                // A tree that no source has.
                span.col = -1;
                span.end_col = -1;
            }
            span.end_line = span.end_line.max(span.line);
            if span.line == span.end_line {
                span.end_col = span.end_col.max(span.col);
            }
        }
        span
    }

    pub(super) fn subscript(
        &mut self,
        object: ExprRef<'a>,
        index: ExprRef<'a>,
        context: ExprContext,
        span: Span,
    ) -> Fallible {
        if context == ExprContext::Load {
            self.check_subscripter(object)?;
            self.check_index(object, index)?;
        }
        self.expression(object)?;
        if let Some((lower, upper)) = two_part_slice(index)
            && context != ExprContext::Del
        {
            self.slice_bounds(lower, upper, index.span)?;
            let opcode = if context == ExprContext::Load { Opcode::BinarySlice } else { Opcode::StoreSlice };
            self.emit(opcode, span);
            return Ok(());
        }
        self.expression(index)?;
        match context {
            ExprContext::Load => self.emit_arg(Opcode::BinaryOp, operands::SUBSCRIPT, span),
            ExprContext::Store => self.emit(Opcode::StoreSubscr, span),
            ExprContext::Del => self.emit(Opcode::DeleteSubscr, span),
        }
        Ok(())
    }

    fn slice_bounds(&mut self, lower: Option<ExprRef<'a>>, upper: Option<ExprRef<'a>>, span: Span) -> Fallible {
        for bound in [lower, upper] {
            match bound {
                Some(bound) => self.expression(bound)?,
                None => self.load_none(span),
            }
        }
        Ok(())
    }

    pub(super) fn slice(
        &mut self,
        lower: Option<ExprRef<'a>>,
        upper: Option<ExprRef<'a>>,
        step: Option<ExprRef<'a>>,
        span: Span,
    ) -> Fallible {
        if let (Some(lower), Some(upper), Some(step)) =
            (constant_bound(lower), constant_bound(upper), constant_bound(step))
        {
            self.load_constant(CodeConstant::Slice(Arc::new([lower, upper, step])), span);
            return Ok(());
        }
        self.slice_bounds(lower, upper, span)?;
        let mut parts = 2;
        if let Some(step) = step {
            self.expression(step)?;
            parts += 1;
        }
        self.emit_arg(Opcode::BuildSlice, parts, span);
        Ok(())
    }

    /// Unpacks the value on the stack into targets.
    pub(super) fn unpack(&mut self, targets: &'a [Expr<'a>], span: Span) -> Fallible {
        match targets.iter().position(is_starred) {
            None => self.emit_arg(Opcode::UnpackSequence, targets.len() as u32, span),
            Some(before) => {
                let after = targets.len() - before - 1;
                if before >= 1 << 8 || after >= (i32::MAX >> 8) as usize {
                    return self.error("too many expressions in star-unpacking assignment", span);
                }
                self.emit_arg(Opcode::UnpackEx, (before + (after << 8)) as u32, span);
                if targets[before + 1..].iter().any(is_starred) {
                    return self.error("multiple starred expressions in assignment", span);
                }
            }
        }
        for target in targets {
            match target.kind {
                ExprKind::Starred { value, .. } => self.expression(value)?,
                _ => self.expression(target)?,
            }
        }
        Ok(())
    }

    pub(super) fn augmented_assignment(
        &mut self,
        target: ExprRef<'a>,
        op: Operator,
        value: ExprRef<'a>,
        statement: Span,
    ) -> Fallible {
        let span = target.span;
        let operator = operands::inplace_operator(op);
        match target.kind {
            ExprKind::Name { id, .. } => {
                self.variable(id, ExprContext::Load, span);
                self.expression(value)?;
                self.emit_arg(Opcode::BinaryOp, operator, statement);
                self.variable(id, ExprContext::Store, span);
            }
            ExprKind::Attribute { value: object, attr, .. } => {
                self.expression(object)?;
                self.emit_arg(Opcode::Copy, 1, span);
                let span = self.attribute_span(span, span, attr);
                self.emit_name(Opcode::LoadAttr, attr, 1, 0, span);
                self.expression(value)?;
                self.emit_arg(Opcode::BinaryOp, operator, statement);
                self.emit_arg(Opcode::Swap, 2, span);
                self.emit_name(Opcode::StoreAttr, attr, 0, 0, span);
            }
            ExprKind::Subscript { value: object, slice, .. } => {
                self.expression(object)?;
                if let Some((lower, upper)) = two_part_slice(slice) {
                    self.slice_bounds(lower, upper, slice.span)?;
                    for _ in 0..3 {
                        self.emit_arg(Opcode::Copy, 3, span);
                    }
                    self.emit(Opcode::BinarySlice, span);
                    self.expression(value)?;
                    self.emit_arg(Opcode::BinaryOp, operator, statement);
                    for depth in [4, 3, 2] {
                        self.emit_arg(Opcode::Swap, depth, span);
                    }
                    self.emit(Opcode::StoreSlice, span);
                } else {
                    self.expression(slice)?;
                    self.emit_arg(Opcode::Copy, 2, span);
                    self.emit_arg(Opcode::Copy, 2, span);
                    self.emit_arg(Opcode::BinaryOp, operands::SUBSCRIPT, span);
                    self.expression(value)?;
                    self.emit_arg(Opcode::BinaryOp, operator, statement);
                    self.emit_arg(Opcode::Swap, 3, span);
                    self.emit_arg(Opcode::Swap, 2, span);
                    self.emit(Opcode::StoreSubscr, span);
                }
            }
            _ => return invalid_target(target, "augmented"),
        }
        Ok(())
    }

    pub(super) fn annotated_assignment(
        &mut self,
        target: ExprRef<'a>,
        annotation: ExprRef<'a>,
        value: Option<ExprRef<'a>>,
        simple: bool,
        span: Span,
    ) -> Fallible {
        if let Some(value) = value {
            self.expression(value)?;
            self.expression(target)?;
        }
        let in_namespace = matches!(self.unit.kind, ScopeKind::Module | ScopeKind::Class);
        match target.kind {
            ExprKind::Name { id, .. } if simple && in_namespace => {
                if self.future.annotations() {
                    self.annotation_text(annotation)?;
                    self.emit_name(Opcode::LoadName, self.names.known.annotations, 0, 0, span);
                    let name = self.mangle(id);
                    self.load_name_text(name, span);
                    self.emit(Opcode::StoreSubscr, span);
                } else {
                    self.defer_annotation(id, annotation, span);
                }
            }
            ExprKind::Name { .. } => {}
            // Without a value the parts of the target are evaluated all the same.
            ExprKind::Attribute { value: object, .. } => {
                if value.is_none() {
                    self.evaluate(object)?;
                }
            }
            ExprKind::Subscript { value: object, slice, .. } => {
                if value.is_none() {
                    self.evaluate(object)?;
                    self.evaluate_subscript(slice)?;
                }
            }
            _ => return invalid_target(target, "annotated"),
        }
        Ok(())
    }

    /// Evaluates an expression for its effects.
    fn evaluate(&mut self, expression: ExprRef<'a>) -> Fallible {
        self.expression(expression)?;
        self.emit(Opcode::PopTop, expression.span);
        Ok(())
    }

    fn evaluate_subscript(&mut self, slice: ExprRef<'a>) -> Fallible {
        self.guard.check()?;
        match slice.kind {
            ExprKind::Slice { lower, upper, step } => {
                [lower, upper, step].into_iter().flatten().try_for_each(|part| self.evaluate(part))
            }
            ExprKind::Tuple { elts, .. } => elts.iter().try_for_each(|part| self.evaluate_subscript(part)),
            _ => self.evaluate(slice),
        }
    }
}

/// The error of a target that only a tree that a program built can have. The number is that of the
/// node in CPython's `enum _expr_kind`; validation lets no others through.
fn invalid_target(target: ExprRef<'_>, kind: &str) -> Fallible {
    let number = match target.kind {
        ExprKind::Starred { .. } => 25,
        ExprKind::List { .. } => 27,
        _ => 28,
    };
    let message = format!("invalid node type ({number}) for {kind} assignment");
    Err(Box::new(CompileError::new(ErrorKind::System, message)))
}

/// The value of a bound of a slice that is absent or a constant.
fn constant_bound(bound: Option<ExprRef<'_>>) -> Option<CodeConstant> {
    match bound.map(|bound| bound.kind) {
        None => Some(CodeConstant::None),
        Some(ExprKind::Constant { value, .. }) => Some(code_constant(&value)),
        Some(_) => None,
    }
}

/// The bounds of a slice without step that is not constant.
fn two_part_slice<'a>(index: ExprRef<'a>) -> Option<(Option<ExprRef<'a>>, Option<ExprRef<'a>>)> {
    let ExprKind::Slice { lower, upper, step: None } = index.kind else { return None };
    let is_constant = |bound: Option<ExprRef<'a>>| match bound {
        None => true,
        Some(bound) => matches!(bound.kind, ExprKind::Constant { .. }),
    };
    (!is_constant(lower) || !is_constant(upper)).then_some((lower, upper))
}
