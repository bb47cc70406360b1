//! Expressions of a tree that a program built.

use super::{Validator, check_span, type_error, value_error};
use crate::errors::Fallible;
use kaa_ast::{Comprehension, Expr, ExprContext, ExprKind, ExprRef};

impl<'a> Validator<'_, 'a> {
    pub(super) fn expressions(&self, list: &'a [Expr<'a>], context: ExprContext) -> Fallible {
        list.iter().try_for_each(|expression| self.expression(expression, context))
    }

    /// Checks an expression that stands where `context` is wanted.
    pub(super) fn expression(&self, expression: ExprRef<'a>, context: ExprContext) -> Fallible {
        self.guard.check()?;
        check_span(expression.span)?;
        match expression.kind {
            ExprKind::Attribute { ctx, .. }
            | ExprKind::Subscript { ctx, .. }
            | ExprKind::Starred { ctx, .. }
            | ExprKind::Name { ctx, .. }
            | ExprKind::List { ctx, .. }
            | ExprKind::Tuple { ctx, .. } => {
                let fits = ctx == context;
                if !fits {
                    return value_error(format!("expression must have {context:?} context but has {ctx:?} instead"));
                }
            }
            _ if context != ExprContext::Load => {
                return value_error(format!("expression which can't be assigned to in {context:?} context"));
            }
            _ => {}
        }
        match expression.kind {
            ExprKind::BoolOp { values, .. } => {
                if values.len() < 2 {
                    return value_error("BoolOp with less than 2 values");
                }
                self.loads(values)
            }
            ExprKind::BinOp { .. } => self.binary_operations(expression),
            ExprKind::UnaryOp { operand, .. } => self.load(operand),
            ExprKind::Lambda { args, body } => {
                self.arguments(args)?;
                self.load(body)
            }
            ExprKind::IfExp { test, body, orelse } => {
                [test, body, orelse].into_iter().try_for_each(|part| self.load(part))
            }
            ExprKind::Dict { keys, values } => {
                if keys.len() != values.len() {
                    return value_error("Dict doesn't have the same number of keys as values");
                }
                keys.iter().try_for_each(|key| self.optional(*key))?;
                self.loads(values)
            }
            ExprKind::Set { elts } => self.loads(elts),
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => {
                self.generators(generators)?;
                self.load(elt)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.generators(generators)?;
                self.load(key)?;
                self.load(value)
            }
            ExprKind::Yield { value } => self.optional(value),
            ExprKind::YieldFrom { value } | ExprKind::Await { value } => self.load(value),
            ExprKind::Compare { left, ops, comparators } => {
                if comparators.is_empty() {
                    return value_error("Compare with no comparators");
                }
                if comparators.len() != ops.len() {
                    return value_error("Compare has a different number of comparators and operands");
                }
                self.loads(comparators)?;
                self.load(left)
            }
            ExprKind::Call { func, args, keywords } => {
                self.load(func)?;
                self.loads(args)?;
                self.keywords(keywords)
            }
            ExprKind::Constant { .. } => Ok(()),
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => self.loads(values),
            ExprKind::FormattedValue { value, format_spec, .. }
            | ExprKind::Interpolation { value, format_spec, .. } => {
                self.load(value)?;
                self.optional(format_spec)
            }
            ExprKind::Attribute { value, .. } => self.load(value),
            ExprKind::Subscript { value, slice, .. } => {
                self.load(slice)?;
                self.load(value)
            }
            ExprKind::Slice { lower, upper, step } => {
                [lower, upper, step].into_iter().try_for_each(|part| self.optional(part))
            }
            ExprKind::Starred { value, .. } => self.expression(value, context),
            ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => self.expressions(elts, context),
            ExprKind::NamedExpr { target, value } => {
                if !matches!(target.kind, ExprKind::Name { .. }) {
                    return type_error("NamedExpr target must be a Name");
                }
                self.load(value)
            }
            ExprKind::Name { id, .. } => self.name(id),
        }
    }

    /// A binary operation: those that lean to the left, like a long sum, without recursion.
    fn binary_operations(&self, expression: ExprRef<'a>) -> Fallible {
        let mut operands = Vec::new();
        let mut innermost = expression;
        while let ExprKind::BinOp { left, right, .. } = innermost.kind {
            check_span(innermost.span)?;
            operands.push(right);
            innermost = left;
        }
        self.load(innermost)?;
        operands.into_iter().rev().try_for_each(|operand| self.load(operand))
    }

    fn generators(&self, generators: &'a [Comprehension<'a>]) -> Fallible {
        if generators.is_empty() {
            return value_error("comprehension with no generators");
        }
        for generator in generators {
            self.expression(generator.target, ExprContext::Store)?;
            self.load(generator.iter)?;
            self.loads(generator.ifs)?;
        }
        Ok(())
    }
}
