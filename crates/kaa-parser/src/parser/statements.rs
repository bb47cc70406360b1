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
        if line as i32 >= self.last_statement.0 {
            self.last_statement = (line as i32, column as i32);
        }
    }

    /// Simple statements up to the end of their line.
    pub(super) fn simple_statements(&mut self) -> Parse<()> {
        loop {
            let start = self.start();
            let kind = self.simple_statement()?;
            let span = self.span(start);
            self.scratch.stmts.push(Stmt { span, kind });
            if self.eat(Kind::Newline) {
                return Ok(());
            }
            self.expect(Kind::Semi)?;
            if self.eat(Kind::Newline) {
                return Ok(());
            }
        }
    }

    fn simple_statement(&mut self) -> Parse<StmtKind<'a>> {
        match self.kind() {
            Kind::Name => {
                if self.at_name(names::TYPE) && self.ahead(1) == Kind::Name {
                    return self.type_alias();
                }
                self.expression_statement()
            }
            Kind::Return => {
                self.bump();
                let value = if self.starts_expression() {
                    let value = self.star_expressions()?;
                    Some(self.alloc(value))
                } else {
                    None
                };
                Ok(StmtKind::Return { value })
            }
            Kind::Import => self.import(),
            Kind::From => self.import_from(),
            Kind::Raise => {
                self.bump();
                if !self.starts_expression() {
                    return Ok(StmtKind::Raise { exc: None, cause: None });
                }
                let exc = self.expression()?;
                let exc = Some(self.alloc(exc));
                Ok(StmtKind::Raise { exc, cause: self.expression_after(Kind::From)? })
            }
            Kind::Pass => {
                self.bump();
                Ok(StmtKind::Pass)
            }
            Kind::Del => {
                self.bump();
                let targets = self.del_targets()?;
                if !matches!(self.kind(), Kind::Semi | Kind::Newline) {
                    return Err(Fail);
                }
                Ok(StmtKind::Delete { targets })
            }
            Kind::Assert => {
                self.bump();
                let test = self.expression()?;
                let test = self.alloc(test);
                Ok(StmtKind::Assert { test, msg: self.expression_after(Kind::Comma)? })
            }
            Kind::Break => {
                self.bump();
                Ok(StmtKind::Break)
            }
            Kind::Continue => {
                self.bump();
                Ok(StmtKind::Continue)
            }
            Kind::Global => Ok(StmtKind::Global { names: self.name_list()? }),
            Kind::Nonlocal => Ok(StmtKind::Nonlocal { names: self.name_list()? }),
            _ => self.expression_statement(),
        }
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
    fn expression_statement(&mut self) -> Parse<StmtKind<'a>> {
        let first = self.kind();
        let value = self.yield_or_star_expressions()?;
        match self.kind() {
            Kind::Newline | Kind::Semi => Ok(StmtKind::Expr { value: self.alloc(value) }),
            Kind::Equal => self.assignment(value),
            Kind::Colon => self.annotated_assignment(value, first),
            kind => match augmented_operator(kind) {
                Some(op) => self.augmented_assignment(value, op),
                None => Ok(StmtKind::Expr { value: self.alloc(value) }),
            },
        }
    }

    fn assignment(&mut self, first: Expr<'a>) -> Parse<StmtKind<'a>> {
        let mark = self.scratch.exprs.len();
        let mut value = first;
        while self.eat(Kind::Equal) {
            let target = self.to_target(value, ExprContext::Store)?;
            self.scratch.exprs.push(target);
            value = self.yield_or_star_expressions()?;
        }
        let targets = take!(self, exprs, mark);
        let type_comment = self.type_comment();
        Ok(StmtKind::Assign { targets, value: self.alloc(value), type_comment })
    }

    fn annotated_assignment(&mut self, target: Expr<'a>, first: Kind) -> Parse<StmtKind<'a>> {
        let simple = match target.kind {
            ExprKind::Name { .. } => first == Kind::Name,
            ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => false,
            _ => return Err(Fail),
        };
        let target = self.to_target(target, ExprContext::Store)?;
        self.bump();
        let annotation = self.expression()?;
        let value = if self.eat(Kind::Equal) {
            let value = self.yield_or_star_expressions()?;
            Some(self.alloc(value))
        } else {
            None
        };
        self.since(6, "Variable annotation syntax is")?;
        Ok(StmtKind::AnnAssign { target: self.alloc(target), annotation: self.alloc(annotation), value, simple })
    }

    fn augmented_assignment(&mut self, target: Expr<'a>, op: Operator) -> Parse<StmtKind<'a>> {
        if !matches!(target.kind, ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. }) {
            return Err(Fail);
        }
        let target = self.to_target(target, ExprContext::Store)?;
        self.bump();
        let value = self.yield_or_star_expressions()?;
        Ok(StmtKind::AugAssign { target: self.alloc(target), op, value: self.alloc(value) })
    }
}
