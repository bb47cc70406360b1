//! Targets of assignments, loops and `del`.
//!
//! A target is parsed as an expression and then turned into one: CPython's grammar says in other
//! words that certain expressions are targets.

use kaa_ast::*;

use super::{Fail, Parse, Parser};
use crate::token::Kind;

impl<'a> Parser<'a, '_> {
    /// An expression as a target; fails when it cannot be one.
    pub(super) fn to_target(&self, expr: ExprRef<'a>, ctx: ExprContext) -> Parse<ExprRef<'a>> {
        Ok(self.node(expr.span, self.target_kind(expr.kind, ctx)?))
    }

    fn target_kind(&self, kind: ExprKind<'a>, ctx: ExprContext) -> Parse<ExprKind<'a>> {
        Ok(match kind {
            ExprKind::Name { id, .. } => ExprKind::Name { id, ctx },
            ExprKind::Attribute { value, attr, .. } => ExprKind::Attribute { value, attr, ctx },
            ExprKind::Subscript { value, slice, .. } => ExprKind::Subscript { value, slice, ctx },
            ExprKind::Tuple { elts, .. } => ExprKind::Tuple { elts: self.to_targets(elts, ctx)?, ctx },
            ExprKind::List { elts, .. } => ExprKind::List { elts: self.to_targets(elts, ctx)?, ctx },
            ExprKind::Starred { value, .. } if ctx == ExprContext::Store => {
                ExprKind::Starred { value: self.to_target(value, ctx)?, ctx }
            }
            _ => return Err(Fail),
        })
    }

    fn to_targets(&self, elts: &'a [Expr<'a>], ctx: ExprContext) -> Parse<&'a [Expr<'a>]> {
        if elts.is_empty() {
            return Ok(&[]);
        }
        let targets = self.arena.alloc_slice_copy(elts);
        for target in targets.iter_mut() {
            target.kind = self.target_kind(target.kind, ctx)?;
        }
        Ok(targets)
    }

    /// `star_targets`: what a loop assigns to.
    pub(super) fn star_targets(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        if self.at(Kind::Name) && self.ahead(1) == Kind::In {
            return self.name_expression(ExprContext::Store);
        }
        let first = self.star_target()?;
        if !self.at(Kind::Comma) {
            return Ok(first);
        }
        let mark = self.scratch.exprs.len();
        self.scratch.exprs.push(first);
        while self.eat(Kind::Comma) {
            if !self.starts_expression() {
                break;
            }
            let next = self.star_target()?;
            self.scratch.exprs.push(next);
        }
        let elts = self.take_exprs(mark);
        Ok(self.expr(start, ExprKind::Tuple { elts, ctx: ExprContext::Store }))
    }

    pub(super) fn star_target(&mut self) -> Parse<ExprRef<'a>> {
        if !self.at(Kind::Star) {
            let target = self.primary()?;
            return self.to_target(target, ExprContext::Store);
        }
        let start = self.start();
        self.bump();
        let value = self.primary()?;
        let value = self.to_target(value, ExprContext::Store)?;
        Ok(self.expr(start, ExprKind::Starred { value, ctx: ExprContext::Store }))
    }

    /// The targets of `del`.
    pub(super) fn del_targets(&mut self) -> Parse<&'a [Expr<'a>]> {
        let mark = self.scratch.exprs.len();
        loop {
            let target = self.primary()?;
            let target = self.to_target(target, ExprContext::Del)?;
            self.scratch.exprs.push(target);
            if !self.eat(Kind::Comma) || !self.starts_expression() {
                break;
            }
        }
        Ok(self.take_exprs(mark))
    }
}
