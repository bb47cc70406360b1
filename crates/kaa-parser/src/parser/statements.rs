//! Simple statements.

use kaa_ast::*;

use super::{Fail, Parse, Parser, Start, take};
use crate::token::{Kind, names};

/// Which kind of statement was parsed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One or more on a line, with the newline.
    Simple,
    Compound,
}

fn augmented_operator(kind: Kind) -> Option<Operator> {
    Some(match kind {
        Kind::PlusEqual => Operator::Add,
        Kind::MinusEqual => Operator::Sub,
        Kind::StarEqual => Operator::Mult,
        Kind::AtEqual => Operator::MatMult,
        Kind::SlashEqual => Operator::Div,
        Kind::PercentEqual => Operator::Mod,
        Kind::AmperEqual => Operator::BitAnd,
        Kind::BarEqual => Operator::BitOr,
        Kind::CaretEqual => Operator::BitXor,
        Kind::LeftShiftEqual => Operator::LShift,
        Kind::RightShiftEqual => Operator::RShift,
        Kind::DoubleStarEqual => Operator::Pow,
        Kind::DoubleSlashEqual => Operator::FloorDiv,
        _ => return None,
    })
}

impl<'a> Parser<'a, '_> {
    /// One statement, or a line of simple ones, onto the list of statements.
    pub(super) fn statement(&mut self) -> Parse<Form> {
        if let Some((start, kind)) = self.compound_statement()? {
            let span = self.span(start);
            if !matches!(kind, StmtKind::FunctionDef(_) | StmtKind::AsyncFunctionDef(_) | StmtKind::ClassDef(_)) {
                self.note_statement(start);
            }
            self.scratch.stmts.push(Stmt { span, kind });
            return Ok(Form::Compound);
        }
        self.simple_statements()?;
        Ok(Form::Simple)
    }

    /// Notes where a compound statement begins that is whole so far, unless one inside it begins later.
    pub(super) fn note_statement(&mut self, (line, column): Start) {
        if line >= self.last_statement.0 {
            self.last_statement = (line, column);
        }
    }

    /// Simple statements up to the end of their line.
    pub(super) fn simple_statements(&mut self) -> Parse<()> {
        loop {
            self.simple_statement()?;
            if self.eat(Kind::Newline) {
                return Ok(());
            }
            self.expect(Kind::Semi)?;
            if self.eat(Kind::Newline) {
                return Ok(());
            }
        }
    }

    /// A statement from a start to the end of the last token.
    #[inline]
    fn push_statement(&mut self, start: Start, kind: StmtKind<'a>) {
        let span = self.span_of_tokens(start);
        self.scratch.stmts.push(Stmt { span, kind });
    }

    fn simple_statement(&mut self) -> Parse<()> {
        let start = self.start();
        let kind = match self.kind() {
            Kind::Name => {
                if !(self.at_name(names::TYPE) && self.ahead(1) == Kind::Name) {
                    return self.expression_statement(start);
                }
                self.type_alias()?
            }
            Kind::Return => {
                self.bump();
                let value = if self.starts_expression() { Some(self.star_expressions()?) } else { None };
                StmtKind::Return { value }
            }
            Kind::Import => self.import()?,
            Kind::From => self.import_from()?,
            Kind::Raise => {
                self.bump();
                let exc = if self.starts_expression() { Some(self.expression()?) } else { None };
                let cause = if exc.is_some() { self.expression_after(Kind::From)? } else { None };
                StmtKind::Raise { exc, cause }
            }
            Kind::Pass => {
                self.bump();
                StmtKind::Pass
            }
            Kind::Del => {
                self.bump();
                let targets = self.del_targets()?;
                if !matches!(self.kind(), Kind::Semi | Kind::Newline) {
                    return Err(Fail);
                }
                StmtKind::Delete { targets }
            }
            Kind::Assert => {
                self.bump();
                let test = self.expression()?;
                StmtKind::Assert { test, msg: self.expression_after(Kind::Comma)? }
            }
            Kind::Break => {
                self.bump();
                StmtKind::Break
            }
            Kind::Continue => {
                self.bump();
                StmtKind::Continue
            }
            Kind::Global => StmtKind::Global { names: self.name_list()? },
            Kind::Nonlocal => StmtKind::Nonlocal { names: self.name_list()? },
            _ => return self.expression_statement(start),
        };
        self.push_statement(start, kind);
        Ok(())
    }

    fn name_list(&mut self) -> Parse<&'a [Name]> {
        self.bump();
        let mark = self.scratch.names.len();
        loop {
            let name = self.name()?;
            self.scratch.names.push(name);
            if !self.eat(Kind::Comma) {
                return Ok(take!(self, names, mark));
            }
        }
    }

    /// An expression, or an assignment of one of the three kinds.
    fn expression_statement(&mut self, start: Start) -> Parse<()> {
        let first = self.kind();
        let value = self.yield_or_star_expressions()?;
        let kind = match self.kind() {
            Kind::Newline | Kind::Semi => StmtKind::Expr { value },
            Kind::Equal => self.assignment(value)?,
            Kind::Colon => self.annotated_assignment(value, first)?,
            kind => match augmented_operator(kind) {
                Some(op) => self.augmented_assignment(value, op)?,
                None => StmtKind::Expr { value },
            },
        };
        self.push_statement(start, kind);
        Ok(())
    }

    #[inline]
    fn assignment(&mut self, first: ExprRef<'a>) -> Parse<StmtKind<'a>> {
        let mark = self.scratch.exprs.len();
        let mut value = first;
        while self.eat(Kind::Equal) {
            let target = self.to_target(value, ExprContext::Store)?;
            self.scratch.exprs.push(target);
            value = self.yield_or_star_expressions()?;
        }
        let targets = self.take_exprs(mark);
        let type_comment = self.type_comment();
        Ok(StmtKind::Assign { targets, value, type_comment })
    }

    fn annotated_assignment(&mut self, target: ExprRef<'a>, first: Kind) -> Parse<StmtKind<'a>> {
        let simple = match target.kind {
            ExprKind::Name { .. } => first == Kind::Name,
            ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => false,
            _ => return Err(Fail),
        };
        let target = self.to_target(target, ExprContext::Store)?;
        self.bump();
        let annotation = self.expression()?;
        let value = if self.eat(Kind::Equal) { Some(self.yield_or_star_expressions()?) } else { None };
        self.since(6, "Variable annotation syntax is")?;
        Ok(StmtKind::AnnAssign { target, annotation, value, simple })
    }

    fn augmented_assignment(&mut self, target: ExprRef<'a>, op: Operator) -> Parse<StmtKind<'a>> {
        if !matches!(target.kind, ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. }) {
            return Err(Fail);
        }
        let target = self.to_target(target, ExprContext::Store)?;
        self.bump();
        let value = self.yield_or_star_expressions()?;
        Ok(StmtKind::AugAssign { target, op, value })
    }
}
