//! Conditions: `if`, conditional expressions, `and` and `or`, comparisons, and jumps on them.

use super::{Compiler, operands};
use crate::errors::Fallible;
use crate::instruction_sequence::Label;
use kaa_ast::{BoolOp, CmpOp, Expr, ExprKind, ExprRef, Span, Stmt, UnaryOp};
use kaa_bytecode::Opcode;

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn if_statement(&mut self, test: ExprRef<'a>, body: &'a [Stmt<'a>], orelse: &'a [Stmt<'a>]) -> Fallible {
        let end = self.new_label();
        let next = if orelse.is_empty() { end } else { self.new_label() };
        self.jump_if(test, next, false)?;
        self.statements(body)?;
        if !orelse.is_empty() {
            self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);
            self.use_label(next);
            self.statements(orelse)?;
        }
        self.use_label(end);
        Ok(())
    }

    pub(super) fn conditional_expression(
        &mut self,
        test: ExprRef<'a>,
        body: ExprRef<'a>,
        orelse: ExprRef<'a>,
    ) -> Fallible {
        let (end, next) = (self.new_label(), self.new_label());
        self.jump_if(test, next, false)?;
        self.expression(body)?;
        self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);
        self.use_label(next);
        self.expression(orelse)?;
        self.use_label(end);
        Ok(())
    }

    /// Jumps to `next` if the truth of an expression is `condition`, else goes on.
    pub(super) fn jump_if(&mut self, expression: ExprRef<'a>, next: Label, condition: bool) -> Fallible {
        self.guard.check()?;
        match expression.kind {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => return self.jump_if(operand, next, !condition),
            ExprKind::BoolOp { op, values } => {
                let (last, values) = values.split_last().expect("a boolean operation has operands");
                let decides = op == BoolOp::Or;
                let short = if decides == condition { next } else { self.new_label() };
                for value in values {
                    self.jump_if(value, short, decides)?;
                }
                self.jump_if(last, next, condition)?;
                if short != next {
                    self.use_label(short);
                }
                return Ok(());
            }
            ExprKind::IfExp { test, body, orelse } => {
                let (end, other) = (self.new_label(), self.new_label());
                self.jump_if(test, other, false)?;
                self.jump_if(body, next, condition)?;
                self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);
                self.use_label(other);
                self.jump_if(orelse, next, condition)?;
                self.use_label(end);
                return Ok(());
            }
            ExprKind::Compare { left, ops, comparators } if ops.len() > 1 => {
                return self.jump_if_chain(expression, left, ops, comparators, next, condition);
            }
            _ => {}
        }
        self.expression(expression)?;
        self.jump_if_true_or_false(next, condition, expression.span);
        Ok(())
    }

    /// Jumps on the truth of the value on the stack.
    fn jump_if_true_or_false(&mut self, next: Label, condition: bool, span: Span) {
        self.emit(Opcode::ToBool, span);
        let opcode = if condition { Opcode::PopJumpIfTrue } else { Opcode::PopJumpIfFalse };
        self.emit_jump(opcode, next, span);
    }

    /// A jump on `a < b < c`.
    fn jump_if_chain(
        &mut self,
        expression: ExprRef<'a>,
        left: ExprRef<'a>,
        ops: &'a [CmpOp],
        comparators: &'a [Expr<'a>],
        next: Label,
        condition: bool,
    ) -> Fallible {
        let span = expression.span;
        self.check_comparison(expression, left, ops, comparators)?;
        let cleanup = self.new_label();
        self.expression(left)?;
        let last = ops.len() - 1;
        for (&op, comparator) in ops[..last].iter().zip(comparators) {
            self.expression(comparator)?;
            self.emit_arg(Opcode::Swap, 2, span);
            self.emit_arg(Opcode::Copy, 2, span);
            self.compare_operator(op, span);
            self.jump_if_true_or_false(cleanup, false, span);
        }
        self.expression(&comparators[last])?;
        self.compare_operator(ops[last], span);
        self.jump_if_true_or_false(next, condition, span);
        let end = self.new_label();
        self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);
        self.use_label(cleanup);
        self.emit(Opcode::PopTop, span);
        if !condition {
            self.emit_jump(Opcode::JumpNoInterrupt, next, Span::NONE);
        }
        self.use_label(end);
        Ok(())
    }

    pub(super) fn boolean_operation(&mut self, op: BoolOp, values: &'a [Expr<'a>], span: Span) -> Fallible {
        let opcode = match op {
            BoolOp::And => Opcode::JumpIfFalse,
            BoolOp::Or => Opcode::JumpIfTrue,
        };
        let end = self.new_label();
        let (last, values) = values.split_last().expect("a boolean operation has operands");
        for value in values {
            self.expression(value)?;
            self.emit_jump(opcode, end, span);
            self.emit(Opcode::PopTop, span);
        }
        self.expression(last)?;
        self.use_label(end);
        Ok(())
    }

    pub(super) fn comparison(
        &mut self,
        expression: ExprRef<'a>,
        left: ExprRef<'a>,
        ops: &'a [CmpOp],
        comparators: &'a [Expr<'a>],
    ) -> Fallible {
        let span = expression.span;
        self.check_comparison(expression, left, ops, comparators)?;
        self.expression(left)?;
        let last = ops.len() - 1;
        if last == 0 {
            self.expression(&comparators[0])?;
            self.compare_operator(ops[0], span);
            return Ok(());
        }
        let cleanup = self.new_label();
        for (&op, comparator) in ops[..last].iter().zip(comparators) {
            self.expression(comparator)?;
            self.emit_arg(Opcode::Swap, 2, span);
            self.emit_arg(Opcode::Copy, 2, span);
            self.compare_operator(op, span);
            self.emit_arg(Opcode::Copy, 1, span);
            self.jump_if_true_or_false(cleanup, false, span);
            self.emit(Opcode::PopTop, span);
        }
        self.expression(&comparators[last])?;
        self.compare_operator(ops[last], span);
        let end = self.new_label();
        self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);
        self.use_label(cleanup);
        self.emit_arg(Opcode::Swap, 2, span);
        self.emit(Opcode::PopTop, span);
        self.use_label(end);
        Ok(())
    }

    pub(super) fn compare_operator(&mut self, op: CmpOp, span: Span) {
        match op {
            CmpOp::Is => self.emit_arg(Opcode::IsOp, 0, span),
            CmpOp::IsNot => self.emit_arg(Opcode::IsOp, 1, span),
            CmpOp::In => self.emit_arg(Opcode::ContainsOp, 0, span),
            CmpOp::NotIn => self.emit_arg(Opcode::ContainsOp, 1, span),
            _ => {
                let arg = operands::comparison(op).expect("identity and containment are done");
                self.emit_arg(Opcode::CompareOp, arg, span);
            }
        }
    }
}
