//! Expressions: which kind goes where, and the small ones themselves.

use super::comprehensions::Element;
use super::unit::ScopeKind;
use super::{Compiler, STACK_USE_GUIDELINE, operands};
use crate::errors::Fallible;
use crate::symtable::Comprehension as Kind;
use kaa_ast::{BigInt, Constant, Expr, ExprContext, ExprKind, ExprRef, Span, UnaryOp};
use kaa_bytecode::{BigInt as CodeBigInt, Constant as CodeConstant, Opcode};

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn expressions(&mut self, list: &'a [Expr<'a>]) -> Fallible {
        list.iter().try_for_each(|expression| self.expression(expression))
    }

    /// Most expressions are names and constants: they need no call of their own.
    #[inline]
    pub(super) fn expression(&mut self, expression: ExprRef<'a>) -> Fallible {
        match expression.kind {
            ExprKind::Name { id, ctx } => self.variable(id, ctx, expression.span),
            ExprKind::Constant { ref value, .. } => self.load_ast_constant(value, expression.span),
            _ => return self.compound_expression(expression),
        }
        Ok(())
    }

    fn compound_expression(&mut self, expression: ExprRef<'a>) -> Fallible {
        self.guard.check()?;
        let span = expression.span;
        match expression.kind {
            ExprKind::Name { .. } | ExprKind::Constant { .. } => self.expression(expression),
            ExprKind::Attribute { value, attr, ctx } => self.attribute(expression, value, attr, ctx),
            ExprKind::Call { func, args, keywords } => self.call(expression, func, args, keywords),
            ExprKind::Subscript { value, slice, ctx } => self.subscript(value, slice, ctx, span),
            ExprKind::BinOp { .. } => self.binary_operations(expression),
            ExprKind::Compare { left, ops, comparators } => self.comparison(expression, left, ops, comparators),
            ExprKind::BoolOp { op, values } => self.boolean_operation(op, values, span),
            ExprKind::UnaryOp { op, operand } => self.unary_operation(op, operand, span),
            ExprKind::Tuple { elts, ctx } => match ctx {
                ExprContext::Load => self.display(elts, 0, None, Display::Tuple, span),
                ExprContext::Store => self.unpack(elts, span),
                ExprContext::Del => self.expressions(elts),
            },
            ExprKind::List { elts, ctx } => match ctx {
                ExprContext::Load => self.display(elts, 0, None, Display::List, span),
                ExprContext::Store => self.unpack(elts, span),
                ExprContext::Del => self.expressions(elts),
            },
            ExprKind::Set { elts } => self.display(elts, 0, None, Display::Set, span),
            ExprKind::Dict { keys, values } => self.dictionary(keys, values, span),
            ExprKind::JoinedStr { values } => self.joined_string(values, span),
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                self.formatted_value(value, conversion, format_spec, span)
            }
            ExprKind::TemplateStr { values } => self.template_string(values, span),
            ExprKind::Interpolation { value, ref str, conversion, format_spec } => {
                self.interpolation(value, str, conversion, format_spec, span)
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension(expression, generators, Element { kind: Kind::List, element: elt, value: None })
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension(expression, generators, Element { kind: Kind::Set, element: elt, value: None })
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(expression, generators, Element { kind: Kind::Generator, element: elt, value: None })
            }
            ExprKind::DictComp { key, value, generators } => {
                let element = Element { kind: Kind::Dict, element: key, value: Some(value) };
                self.comprehension(expression, generators, element)
            }
            ExprKind::Lambda { args, body } => self.lambda(expression, args, body),
            ExprKind::IfExp { test, body, orelse } => self.conditional_expression(test, body, orelse),
            ExprKind::NamedExpr { target, value } => {
                self.expression(value)?;
                self.emit_arg(Opcode::Copy, 1, span);
                self.expression(target)
            }
            ExprKind::Yield { value } => self.yield_expression(value, span),
            ExprKind::YieldFrom { value } => self.yield_from_expression(value, span),
            ExprKind::Await { value } => {
                self.expression(value)?;
                self.await_value(0, span);
                Ok(())
            }
            ExprKind::Slice { lower, upper, step } => self.slice(lower, upper, step, span),
            ExprKind::Starred { ctx: ExprContext::Store, .. } => {
                self.error("starred assignment target must be in a list or tuple", span)
            }
            ExprKind::Starred { .. } => self.error("can't use starred expression here", span),
        }
    }

    pub(super) fn load_ast_constant(&mut self, constant: &Constant<'_>, span: Span) {
        self.load_constant(code_constant(constant), span);
    }

    /// A binary operation: those that lean to the left, like a long sum, without recursion.
    fn binary_operations(&mut self, expression: ExprRef<'a>) -> Fallible {
        let base = self.spine.len();
        let mut innermost = expression;
        while let ExprKind::BinOp { left, .. } = innermost.kind {
            self.spine.push(innermost);
            innermost = left;
        }
        self.expression(innermost)?;
        while self.spine.len() > base
            && let Some(&Expr { span, kind: ExprKind::BinOp { op, right, .. } }) = self.spine.pop()
        {
            self.expression(right)?;
            self.emit_arg(Opcode::BinaryOp, operands::binary_operator(op), span);
        }
        Ok(())
    }

    fn unary_operation(&mut self, op: UnaryOp, operand: ExprRef<'a>, span: Span) -> Fallible {
        self.expression(operand)?;
        match op {
            UnaryOp::UAdd => self.emit_arg(Opcode::CallIntrinsic1, operands::unary::UNARY_POSITIVE, span),
            UnaryOp::Not => {
                self.emit(Opcode::ToBool, span);
                self.emit(Opcode::UnaryNot, span);
            }
            UnaryOp::Invert => self.emit(Opcode::UnaryInvert, span),
            UnaryOp::USub => self.emit(Opcode::UnaryNegative, span),
        }
        Ok(())
    }

    fn yield_expression(&mut self, value: Option<ExprRef<'a>>, span: Span) -> Fallible {
        if !self.block().is_function_like() {
            return self.error("'yield' outside function", span);
        }
        match value {
            Some(value) => self.expression(value)?,
            None => self.load_none(span),
        }
        self.yield_value(span);
        Ok(())
    }

    fn yield_from_expression(&mut self, value: ExprRef<'a>, span: Span) -> Fallible {
        if !self.block().is_function_like() {
            return self.error("'yield from' outside function", span);
        }
        if self.unit.kind == ScopeKind::AsyncFunction {
            return self.error("'yield from' inside async function", span);
        }
        self.expression(value)?;
        self.emit(Opcode::GetYieldFromIter, span);
        self.load_none(span);
        self.yield_from(false, span);
        Ok(())
    }

    /// A list, set or tuple of elements, `pushed` of which lie on the stack already, and perhaps
    /// the value of a variable at its end.
    pub(super) fn display(
        &mut self,
        elts: &'a [Expr<'a>],
        pushed: usize,
        injected: Option<kaa_ast::Name>,
        kind: Display,
        span: Span,
    ) -> Fallible {
        let (build, add, extend) = match kind {
            Display::List | Display::Tuple => (Opcode::BuildList, Opcode::ListAppend, Opcode::ListExtend),
            Display::Set => (Opcode::BuildSet, Opcode::SetAdd, Opcode::SetUpdate),
        };
        let total = elts.len() + pushed + usize::from(injected.is_some());
        let large = total > STACK_USE_GUIDELINE;
        if !large && !elts.iter().any(is_starred) {
            self.expressions(elts)?;
            if let Some(name) = injected {
                self.variable(name, ExprContext::Load, span);
            }
            let build = if kind == Display::Tuple { Opcode::BuildTuple } else { build };
            self.emit_arg(build, total as u32, span);
            return Ok(());
        }
        let mut built = large;
        if large {
            self.emit_arg(build, pushed as u32, span);
        }
        for (index, element) in elts.iter().enumerate() {
            if let ExprKind::Starred { value, .. } = element.kind {
                if !built {
                    self.emit_arg(build, (index + pushed) as u32, span);
                    built = true;
                }
                self.expression(value)?;
                self.emit_arg(extend, 1, span);
            } else {
                self.expression(element)?;
                if built {
                    self.emit_arg(add, 1, span);
                }
            }
        }
        if let Some(name) = injected {
            self.variable(name, ExprContext::Load, span);
            self.emit_arg(add, 1, span);
        }
        if kind == Display::Tuple {
            self.emit_arg(Opcode::CallIntrinsic1, operands::unary::LIST_TO_TUPLE, span);
        }
        Ok(())
    }

    fn dictionary(&mut self, keys: &'a [Option<ExprRef<'a>>], values: &'a [Expr<'a>], span: Span) -> Fallible {
        let mut have_dict = false;
        // Entries before the current one that are not in a dictionary yet.
        let mut waiting = 0;
        for (index, value) in values.iter().enumerate() {
            let Some(Some(_)) = keys.get(index) else {
                if waiting > 0 {
                    self.sub_dictionary(keys, values, index - waiting..index, span)?;
                    self.merge_dictionary(&mut have_dict, span);
                    waiting = 0;
                }
                if !have_dict {
                    self.emit_arg(Opcode::BuildMap, 0, span);
                    have_dict = true;
                }
                self.expression(value)?;
                self.emit_arg(Opcode::DictUpdate, 1, span);
                continue;
            };
            if waiting * 2 > STACK_USE_GUIDELINE {
                self.sub_dictionary(keys, values, index - waiting..index + 1, span)?;
                self.merge_dictionary(&mut have_dict, span);
                waiting = 0;
            } else {
                waiting += 1;
            }
        }
        if waiting > 0 {
            self.sub_dictionary(keys, values, values.len() - waiting..values.len(), span)?;
            self.merge_dictionary(&mut have_dict, span);
        }
        if !have_dict {
            self.emit_arg(Opcode::BuildMap, 0, span);
        }
        Ok(())
    }

    fn merge_dictionary(&mut self, have_dict: &mut bool, span: Span) {
        if *have_dict {
            self.emit_arg(Opcode::DictUpdate, 1, span);
        }
        *have_dict = true;
    }

    fn sub_dictionary(
        &mut self,
        keys: &'a [Option<ExprRef<'a>>],
        values: &'a [Expr<'a>],
        range: std::ops::Range<usize>,
        span: Span,
    ) -> Fallible {
        let large = range.len() * 2 > STACK_USE_GUIDELINE;
        if large {
            self.emit_arg(Opcode::BuildMap, 0, span);
        }
        for (key, value) in keys[range.clone()].iter().flatten().zip(&values[range.clone()]) {
            self.expression(key)?;
            self.expression(value)?;
            if large {
                self.emit_arg(Opcode::MapAdd, 1, span);
            }
        }
        if !large {
            self.emit_arg(Opcode::BuildMap, range.len() as u32, span);
        }
        Ok(())
    }
}

/// What a display builds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Display {
    List,
    Tuple,
    Set,
}

pub(super) fn is_starred(expression: &Expr<'_>) -> bool {
    matches!(expression.kind, ExprKind::Starred { .. })
}

/// A constant of the tree as a code object holds it.
pub(super) fn code_constant(constant: &Constant<'_>) -> CodeConstant {
    match *constant {
        Constant::None => CodeConstant::None,
        Constant::Bool(value) => CodeConstant::Bool(value),
        Constant::Ellipsis => CodeConstant::Ellipsis,
        Constant::Str(text) => CodeConstant::Str(text.into()),
        Constant::Bytes(bytes) => CodeConstant::Bytes(bytes.into()),
        Constant::Int(value) => CodeConstant::Int(value),
        Constant::BigInt(&BigInt { negative, digits }) => {
            CodeConstant::BigInt(CodeBigInt { negative, digits: digits.into() })
        }
        Constant::Float(value) => CodeConstant::Float(value),
        Constant::Complex { real, imag } => CodeConstant::Complex { real, imag },
        Constant::Tuple(items) => CodeConstant::Tuple(items.iter().map(code_constant).collect()),
        Constant::FrozenSet(items) => CodeConstant::FrozenSet(items.iter().map(code_constant).collect()),
    }
}
