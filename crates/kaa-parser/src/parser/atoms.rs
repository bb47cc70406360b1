//! Primaries and atoms: names, literals, displays, comprehensions, calls and subscripts.

use kaa_ast::*;

use super::strings::is_string;
use super::{Fail, Parse, Parser, Start, take};
use crate::literals::number;
use crate::token::Kind;

impl<'a> Parser<'a, '_> {
    pub(super) fn await_primary(&mut self) -> Parse<ExprRef<'a>> {
        if !self.at(Kind::Await) {
            return self.primary();
        }
        let start = self.start();
        self.bump();
        let value = self.primary()?;
        self.since(5, "Await expressions are")?;
        Ok(self.expr(start, ExprKind::Await { value }))
    }

    /// An atom with its attributes, calls and subscripts.
    pub(super) fn primary(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let mut value = if self.at(Kind::Name) { self.name_expression(ExprContext::Load)? } else { self.atom()? };
        loop {
            let kind = match self.kind() {
                Kind::Dot => {
                    self.bump();
                    let attr = self.name()?;
                    ExprKind::Attribute { value, attr, ctx: ExprContext::Load }
                }
                Kind::LParen => {
                    let (args, keywords) = self.call_arguments(true)?;
                    ExprKind::Call { func: value, args, keywords }
                }
                Kind::LBracket => {
                    self.bump();
                    let slice = self.slices()?;
                    self.expect(Kind::RBracket)?;
                    ExprKind::Subscript { value, slice, ctx: ExprContext::Load }
                }
                _ => return Ok(value),
            };
            value = self.expr(start, kind);
        }
    }

    fn slices(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let first = self.slice()?;
        if !self.at(Kind::Comma) && !matches!(first.kind, ExprKind::Starred { .. }) {
            return Ok(first);
        }
        let mark = self.scratch.exprs.len();
        self.scratch.exprs.push(first);
        while self.eat(Kind::Comma) && !self.at(Kind::RBracket) {
            let next = self.slice()?;
            self.scratch.exprs.push(next);
        }
        let elts = self.take_exprs(mark);
        Ok(self.expr(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
    }

    fn slice(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let lower = match self.kind() {
            Kind::Star => return self.starred_expression(),
            Kind::Colon => None,
            _ => {
                let named = self.ahead(1) == Kind::ColonEqual;
                let first = self.named_expression()?;
                if !self.at(Kind::Colon) {
                    return Ok(first);
                }
                if named {
                    return Err(Fail);
                }
                Some(first)
            }
        };
        self.expect(Kind::Colon)?;
        let upper = self.slice_bound()?;
        let step = if self.eat(Kind::Colon) { self.slice_bound()? } else { None };
        Ok(self.expr(start, ExprKind::Slice { lower, upper, step }))
    }

    fn slice_bound(&mut self) -> Parse<Option<ExprRef<'a>>> {
        if matches!(self.kind(), Kind::Colon | Kind::Comma | Kind::RBracket) {
            return Ok(None);
        }
        self.expression().map(Some)
    }

    pub(super) fn atom(&mut self) -> Parse<ExprRef<'a>> {
        let token = self.token();
        let constant = match token.kind {
            Kind::Name => return self.name_expression(ExprContext::Load),
            Kind::String if !is_string(self.ahead(1)) => return self.plain_string(),
            Kind::String | Kind::FStringStart | Kind::TStringStart => return self.strings(),
            Kind::LParen => return self.parenthesized(),
            Kind::LBracket => return self.list_display(),
            Kind::LBrace => return self.brace_display(),
            Kind::Number => {
                if self.feature_version < 6 && self.text(token).contains('_') {
                    self.since(6, "Underscores in numeric literals are")?;
                }
                self.number_value()?
            }
            Kind::None => Constant::None,
            Kind::True => Constant::Bool(true),
            Kind::False => Constant::Bool(false),
            Kind::Ellipsis => Constant::Ellipsis,
            _ => return Err(Fail),
        };
        self.bump();
        Ok(self.node(token.span, ExprKind::Constant { value: constant, kind: None }))
    }

    /// The value of the number at the current token.
    pub(super) fn number_value(&self) -> Parse<Constant<'a>> {
        let text = self.text(self.token());
        number::parse(text, self.arena, self.max_int_digits).map_err(|_| Fail)
    }

    /// `(`: a group, a tuple or a generator expression.
    fn parenthesized(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        self.bump();
        match self.kind() {
            Kind::RParen => {
                self.bump();
                return Ok(self.expr(start, ExprKind::Tuple { elts: &[], ctx: ExprContext::Load }));
            }
            Kind::Yield => {
                let value = self.yield_expression()?;
                self.expect(Kind::RParen)?;
                return Ok(value);
            }
            _ => {}
        }
        let first = self.star_named_expression()?;
        let starred = matches!(first.kind, ExprKind::Starred { .. });
        match self.kind() {
            Kind::RParen if !starred => {
                self.bump();
                Ok(first)
            }
            Kind::Comma => {
                let elts = self.display_elements(first, Kind::RParen)?;
                Ok(self.expr(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
            }
            Kind::For | Kind::Async if !starred => {
                let generators = self.comprehension_clauses()?;
                self.expect(Kind::RParen)?;
                Ok(self.expr(start, ExprKind::GeneratorExp { elt: first, generators }))
            }
            _ => Err(Fail),
        }
    }

    /// The elements of a display after its first, and the closing bracket.
    fn display_elements(&mut self, first: ExprRef<'a>, close: Kind) -> Parse<&'a [Expr<'a>]> {
        let mark = self.scratch.exprs.len();
        self.scratch.exprs.push(first);
        while self.eat(Kind::Comma) && !self.at(close) {
            let next = self.star_named_expression()?;
            self.scratch.exprs.push(next);
        }
        self.expect(close)?;
        Ok(self.take_exprs(mark))
    }

    fn list_display(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        self.bump();
        if self.eat(Kind::RBracket) {
            return Ok(self.expr(start, ExprKind::List { elts: &[], ctx: ExprContext::Load }));
        }
        let first = self.star_named_expression()?;
        if matches!(self.kind(), Kind::For | Kind::Async) {
            if matches!(first.kind, ExprKind::Starred { .. }) {
                return Err(Fail);
            }
            let generators = self.comprehension_clauses()?;
            self.expect(Kind::RBracket)?;
            return Ok(self.expr(start, ExprKind::ListComp { elt: first, generators }));
        }
        let elts = self.display_elements(first, Kind::RBracket)?;
        Ok(self.expr(start, ExprKind::List { elts, ctx: ExprContext::Load }))
    }

    /// `{`: a set or a dictionary, or a comprehension of either.
    fn brace_display(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        self.bump();
        if self.eat(Kind::RBrace) {
            return Ok(self.expr(start, ExprKind::Dict { keys: &[], values: &[] }));
        }
        if self.at(Kind::DoubleStar) {
            return self.dict_display(start, None);
        }
        let named = self.ahead(1) == Kind::ColonEqual;
        let first = self.star_named_expression()?;
        let starred = matches!(first.kind, ExprKind::Starred { .. });
        match self.kind() {
            Kind::Colon if !named && !starred => self.dict_display(start, Some(first)),
            Kind::For | Kind::Async if !starred => {
                let generators = self.comprehension_clauses()?;
                self.expect(Kind::RBrace)?;
                Ok(self.expr(start, ExprKind::SetComp { elt: first, generators }))
            }
            _ => {
                let elts = self.display_elements(first, Kind::RBrace)?;
                Ok(self.expr(start, ExprKind::Set { elts }))
            }
        }
    }

    /// A dictionary whose first key, if it has one, has been read.
    fn dict_display(&mut self, start: Start, first: Option<ExprRef<'a>>) -> Parse<ExprRef<'a>> {
        let (keys, values) = (self.scratch.optional_exprs.len(), self.scratch.exprs.len());
        let mut key = first;
        loop {
            if key.is_none() && self.eat(Kind::DoubleStar) {
                let value = self.bitwise_or()?;
                self.scratch.optional_exprs.push(None);
                self.scratch.exprs.push(value);
            } else {
                let name = match key.take() {
                    Some(key) => key,
                    None => self.expression()?,
                };
                self.expect(Kind::Colon)?;
                let value = self.expression()?;
                if first.is_some()
                    && self.scratch.exprs.len() == values
                    && matches!(self.kind(), Kind::For | Kind::Async)
                {
                    let generators = self.comprehension_clauses()?;
                    self.expect(Kind::RBrace)?;
                    return Ok(self.expr(start, ExprKind::DictComp { key: name, value, generators }));
                }
                self.scratch.optional_exprs.push(Some(name));
                self.scratch.exprs.push(value);
            }
            if !self.eat(Kind::Comma) || self.at(Kind::RBrace) {
                break;
            }
        }
        self.expect(Kind::RBrace)?;
        let values = self.take_exprs(values);
        let keys = take!(self, optional_exprs, keys);
        Ok(self.expr(start, ExprKind::Dict { keys, values }))
    }

    /// The `for` and `if` clauses of a comprehension.
    pub(super) fn comprehension_clauses(&mut self) -> Parse<&'a [Comprehension<'a>]> {
        let mark = self.scratch.comprehensions.len();
        while matches!(self.kind(), Kind::For | Kind::Async) {
            let is_async = self.eat(Kind::Async);
            self.expect(Kind::For)?;
            let target = self.star_targets()?;
            self.expect(Kind::In)?;
            let iter = self.disjunction()?;
            let ifs = self.scratch.exprs.len();
            while self.eat(Kind::If) {
                let condition = self.disjunction()?;
                self.scratch.exprs.push(condition);
            }
            let ifs = self.take_exprs(ifs);
            if is_async {
                self.since(6, "Async comprehensions are")?;
            }
            self.scratch.comprehensions.push(Comprehension { target, iter, ifs, is_async });
        }
        Ok(take!(self, comprehensions, mark))
    }
}
