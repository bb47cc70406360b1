//! Expressions on their way through the preprocessor.

use super::{Preprocessor, percent_format, unchanged};
use crate::errors::{CompileError, Fallible};
use kaa_ast::{Comprehension, Constant, Expr, ExprContext, ExprKind, ExprRef, Operator};

/// Operations that lean to the left need no recursion here; but programs may walk the tree. CPython
/// ends at about a tenth of it.
const LONGEST_CHAIN: usize = 1 << 18;

impl<'a> Preprocessor<'_, '_, 'a> {
    pub(super) fn expressions(&mut self, list: &'a [Expr<'a>]) -> Fallible<&'a [Expr<'a>]> {
        self.list(list, Self::expression)
    }

    pub(super) fn optional(&mut self, expression: Option<ExprRef<'a>>) -> Fallible<Option<ExprRef<'a>>> {
        expression.map(|expression| self.expression(expression)).transpose()
    }

    pub(super) fn optionals(&mut self, list: &'a [Option<ExprRef<'a>>]) -> Fallible<&'a [Option<ExprRef<'a>>]> {
        self.list(list, |this, item| {
            let new = this.optional(*item)?;
            if unchanged!(*item => new) {
                return Ok(item);
            }
            Ok(&*this.arena.alloc(new))
        })
    }

    /// Most expressions are names and constants: they need no call of their own.
    #[inline]
    pub(super) fn expression(&mut self, expression: ExprRef<'a>) -> Fallible<ExprRef<'a>> {
        match expression.kind {
            ExprKind::Constant { .. } => Ok(expression),
            ExprKind::Name { id, .. } if id != self.names.known.debug => Ok(expression),
            _ => self.other_expression(expression),
        }
    }

    fn other_expression(&mut self, expression: ExprRef<'a>) -> Fallible<ExprRef<'a>> {
        self.guard.check()?;
        let kind = match expression.kind {
            ExprKind::Name { id, ctx } => {
                if id != self.names.known.debug || ctx != ExprContext::Load {
                    return Ok(expression);
                }
                ExprKind::Constant { value: Constant::Bool(self.optimize == 0), kind: None }
            }
            ExprKind::Constant { .. } => return Ok(expression),
            ExprKind::Attribute { value, attr, ctx } => {
                let new = self.expression(value)?;
                if unchanged!(value => new) {
                    return Ok(expression);
                }
                ExprKind::Attribute { value: new, attr, ctx }
            }
            ExprKind::Call { func, args, keywords } => {
                let new_func = self.expression(func)?;
                let new_args = self.expressions(args)?;
                let new_keywords = self.keywords(keywords)?;
                if unchanged!(func => new_func, args => new_args, keywords => new_keywords) {
                    return Ok(expression);
                }
                ExprKind::Call { func: new_func, args: new_args, keywords: new_keywords }
            }
            ExprKind::Subscript { value, slice, ctx } => {
                let (new, new_slice) = (self.expression(value)?, self.expression(slice)?);
                if unchanged!(value => new, slice => new_slice) {
                    return Ok(expression);
                }
                ExprKind::Subscript { value: new, slice: new_slice, ctx }
            }
            ExprKind::BinOp { .. } => return self.binary_operations(expression),
            ExprKind::Compare { left, ops, comparators } => {
                let (new_left, new) = (self.expression(left)?, self.expressions(comparators)?);
                if unchanged!(left => new_left, comparators => new) {
                    return Ok(expression);
                }
                ExprKind::Compare { left: new_left, ops, comparators: new }
            }
            ExprKind::BoolOp { op, values } => {
                let new = self.expressions(values)?;
                if unchanged!(values => new) {
                    return Ok(expression);
                }
                ExprKind::BoolOp { op, values: new }
            }
            ExprKind::UnaryOp { op, operand } => {
                let new = self.expression(operand)?;
                if unchanged!(operand => new) {
                    return Ok(expression);
                }
                ExprKind::UnaryOp { op, operand: new }
            }
            ExprKind::Tuple { elts, ctx } => {
                let new = self.expressions(elts)?;
                if unchanged!(elts => new) {
                    return Ok(expression);
                }
                ExprKind::Tuple { elts: new, ctx }
            }
            ExprKind::List { elts, ctx } => {
                let new = self.expressions(elts)?;
                if unchanged!(elts => new) {
                    return Ok(expression);
                }
                ExprKind::List { elts: new, ctx }
            }
            ExprKind::Dict { keys, values } => {
                let (new_keys, new) = (self.optionals(keys)?, self.expressions(values)?);
                if unchanged!(keys => new_keys, values => new) {
                    return Ok(expression);
                }
                ExprKind::Dict { keys: new_keys, values: new }
            }
            _ => return self.rarer_expression(expression),
        };
        Ok(self.arena.alloc(Expr { span: expression.span, kind }))
    }

    fn rarer_expression(&mut self, expression: ExprRef<'a>) -> Fallible<ExprRef<'a>> {
        let kind = match expression.kind {
            ExprKind::NamedExpr { target, value } => {
                let new = self.expression(value)?;
                if unchanged!(value => new) {
                    return Ok(expression);
                }
                ExprKind::NamedExpr { target, value: new }
            }
            ExprKind::Lambda { args, body } => {
                let (new_args, new) = (self.arguments(args)?, self.expression(body)?);
                if unchanged!(args => new_args, body => new) {
                    return Ok(expression);
                }
                ExprKind::Lambda { args: new_args, body: new }
            }
            ExprKind::IfExp { test, body, orelse } => {
                let new_test = self.expression(test)?;
                let (new_body, new_orelse) = (self.expression(body)?, self.expression(orelse)?);
                if unchanged!(test => new_test, body => new_body, orelse => new_orelse) {
                    return Ok(expression);
                }
                ExprKind::IfExp { test: new_test, body: new_body, orelse: new_orelse }
            }
            ExprKind::Set { elts } => {
                let new = self.expressions(elts)?;
                if unchanged!(elts => new) {
                    return Ok(expression);
                }
                ExprKind::Set { elts: new }
            }
            ExprKind::ListComp { elt, generators } => {
                let (new, new_generators) = (self.expression(elt)?, self.generators(generators)?);
                if unchanged!(elt => new, generators => new_generators) {
                    return Ok(expression);
                }
                ExprKind::ListComp { elt: new, generators: new_generators }
            }
            ExprKind::SetComp { elt, generators } => {
                let (new, new_generators) = (self.expression(elt)?, self.generators(generators)?);
                if unchanged!(elt => new, generators => new_generators) {
                    return Ok(expression);
                }
                ExprKind::SetComp { elt: new, generators: new_generators }
            }
            ExprKind::GeneratorExp { elt, generators } => {
                let (new, new_generators) = (self.expression(elt)?, self.generators(generators)?);
                if unchanged!(elt => new, generators => new_generators) {
                    return Ok(expression);
                }
                ExprKind::GeneratorExp { elt: new, generators: new_generators }
            }
            ExprKind::DictComp { key, value, generators } => {
                let (new_key, new) = (self.expression(key)?, self.expression(value)?);
                let new_generators = self.generators(generators)?;
                if unchanged!(key => new_key, value => new, generators => new_generators) {
                    return Ok(expression);
                }
                ExprKind::DictComp { key: new_key, value: new, generators: new_generators }
            }
            ExprKind::Await { value } => {
                let new = self.expression(value)?;
                if unchanged!(value => new) {
                    return Ok(expression);
                }
                ExprKind::Await { value: new }
            }
            ExprKind::Yield { value } => {
                let new = self.optional(value)?;
                if unchanged!(value => new) {
                    return Ok(expression);
                }
                ExprKind::Yield { value: new }
            }
            ExprKind::YieldFrom { value } => {
                let new = self.expression(value)?;
                if unchanged!(value => new) {
                    return Ok(expression);
                }
                ExprKind::YieldFrom { value: new }
            }
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                let (new, new_spec) = (self.expression(value)?, self.optional(format_spec)?);
                if unchanged!(value => new, format_spec => new_spec) {
                    return Ok(expression);
                }
                ExprKind::FormattedValue { value: new, conversion, format_spec: new_spec }
            }
            ExprKind::Interpolation { value, str, conversion, format_spec } => {
                let (new, new_spec) = (self.expression(value)?, self.optional(format_spec)?);
                if unchanged!(value => new, format_spec => new_spec) {
                    return Ok(expression);
                }
                ExprKind::Interpolation { value: new, str, conversion, format_spec: new_spec }
            }
            ExprKind::JoinedStr { values } => {
                let new = self.expressions(values)?;
                if unchanged!(values => new) {
                    return Ok(expression);
                }
                ExprKind::JoinedStr { values: new }
            }
            ExprKind::TemplateStr { values } => {
                let new = self.expressions(values)?;
                if unchanged!(values => new) {
                    return Ok(expression);
                }
                ExprKind::TemplateStr { values: new }
            }
            ExprKind::Starred { value, ctx } => {
                let new = self.expression(value)?;
                if unchanged!(value => new) {
                    return Ok(expression);
                }
                ExprKind::Starred { value: new, ctx }
            }
            ExprKind::Slice { lower, upper, step } => {
                let (new_lower, new_upper) = (self.optional(lower)?, self.optional(upper)?);
                let new_step = self.optional(step)?;
                if unchanged!(lower => new_lower, upper => new_upper, step => new_step) {
                    return Ok(expression);
                }
                ExprKind::Slice { lower: new_lower, upper: new_upper, step: new_step }
            }
            _ => return Ok(expression),
        };
        Ok(self.arena.alloc(Expr { span: expression.span, kind }))
    }

    fn generators(&mut self, generators: &'a [Comprehension<'a>]) -> Fallible<&'a [Comprehension<'a>]> {
        self.list(generators, |this, generator| {
            let target = this.expression(generator.target)?;
            let iter = this.expression(generator.iter)?;
            let ifs = this.expressions(generator.ifs)?;
            if unchanged!(generator.target => target, generator.iter => iter, generator.ifs => ifs) {
                return Ok(generator);
            }
            Ok(&*this.arena.alloc(Comprehension { target, iter, ifs, ..*generator }))
        })
    }

    /// A binary operation: those that lean to the left, like a long sum, without recursion.
    fn binary_operations(&mut self, expression: ExprRef<'a>) -> Fallible<ExprRef<'a>> {
        let base = self.spine.len();
        let mut innermost = expression;
        while let ExprKind::BinOp { left, .. } = innermost.kind {
            self.spine.push(innermost);
            innermost = left;
        }
        if self.spine.len() - base > LONGEST_CHAIN {
            return Err(Box::new(CompileError::recursion()));
        }
        let mut result = self.expression(innermost)?;
        while self.spine.len() > base {
            let operation = self.spine.pop().expect("longer than its base");
            let ExprKind::BinOp { left, op, right } = operation.kind else { continue };
            let new_right = self.expression(right)?;
            let new_left = std::mem::replace(&mut result, operation);
            if op == Operator::Mod
                && let ExprKind::Constant { value: Constant::Str(format), .. } = new_left.kind
                && let ExprKind::Tuple { elts, .. } = new_right.kind
                && let Some(values) = percent_format::values(format, elts, self.arena)
            {
                result = self.arena.alloc(Expr { span: operation.span, kind: ExprKind::JoinedStr { values } });
            } else if !unchanged!(left => new_left, right => new_right) {
                let kind = ExprKind::BinOp { left: new_left, op, right: new_right };
                result = self.arena.alloc(Expr { span: operation.span, kind });
            }
        }
        Ok(result)
    }
}
