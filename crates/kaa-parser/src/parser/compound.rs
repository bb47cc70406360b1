//! Compound statements.

use kaa_ast::*;

use super::{Fail, Parse, Parser, Start, take};
use crate::token::{Kind, names};

/// An `if` or `elif` before its alternatives are known.
type Branch<'a> = (Start, ExprRef<'a>, &'a [Stmt<'a>]);

impl<'a> Parser<'a, '_> {
    /// A compound statement if one starts here.
    pub(super) fn compound_statement(&mut self) -> Parse<Option<(Start, StmtKind<'a>)>> {
        let start = self.start();
        let statement = match self.kind() {
            Kind::Name => {
                if self.at_name(names::MATCH) && self.may_be_match() {
                    return Ok(self.match_statement()?.map(|statement| (start, statement)));
                }
                return Ok(None);
            }
            Kind::If => self.if_statement(),
            Kind::Def => Ok(StmtKind::FunctionDef(self.function(&[])?)),
            Kind::Class => self.class(&[]),
            Kind::For => Ok(StmtKind::For(self.for_loop()?)),
            Kind::With => Ok(StmtKind::With(self.with_statement(false)?)),
            Kind::Try => self.try_statement(),
            Kind::While => self.while_loop(),
            Kind::At => return self.decorated().map(Some),
            Kind::Async => self.async_statement(&[]),
            _ => return Ok(None),
        };
        statement.map(|statement| Some((start, statement)))
    }

    /// The body of a compound statement, after its colon.
    fn block(&mut self) -> Parse<&'a [Stmt<'a>]> {
        let mark = self.scratch.stmts.len();
        if self.eat(Kind::Newline) {
            self.expect(Kind::Indent)?;
            while !self.eat(Kind::Dedent) {
                self.statement()?;
            }
        } else {
            self.simple_statements()?;
        }
        Ok(take!(self, stmts, mark))
    }

    fn colon_block(&mut self) -> Parse<&'a [Stmt<'a>]> {
        self.expect(Kind::Colon)?;
        self.block()
    }

    /// The `else` of a statement, which would be a whole one without it.
    fn else_block(&mut self, start: Start) -> Parse<&'a [Stmt<'a>]> {
        if !self.eat(Kind::Else) {
            return Ok(&[]);
        }
        self.expect(Kind::Colon)?;
        self.note_statement(start);
        self.block()
    }

    fn if_statement(&mut self) -> Parse<StmtKind<'a>> {
        let start = self.start();
        self.bump();
        let test = self.named_expression()?;
        let body = self.colon_block()?;
        if !self.at(Kind::Elif) {
            return Ok(StmtKind::If { test, body, orelse: self.else_block(start)? });
        }
        let mut branches: Vec<Branch> = Vec::new();
        while self.at(Kind::Elif) {
            self.note_statement(start);
            let start = self.start();
            self.bump();
            let test = self.named_expression()?;
            let body = self.colon_block()?;
            branches.push((start, test, body));
        }
        let mut orelse = self.else_block(start)?;
        // Each `elif` is the only statement of the alternative before it.
        while let Some((start, test, body)) = branches.pop() {
            let kind = StmtKind::If { test, body, orelse };
            orelse = self.arena.alloc_slice_copy(&[Stmt { span: self.span(start), kind }]);
        }
        Ok(StmtKind::If { test, body, orelse })
    }

    fn while_loop(&mut self) -> Parse<StmtKind<'a>> {
        let start = self.start();
        self.bump();
        let test = self.named_expression()?;
        let body = self.colon_block()?;
        Ok(StmtKind::While { test, body, orelse: self.else_block(start)? })
    }

    fn for_loop(&mut self) -> Parse<&'a For<'a>> {
        let start = self.start();
        self.bump();
        let target = self.star_targets()?;
        self.expect(Kind::In)?;
        let iter = self.star_expressions()?;
        self.expect(Kind::Colon)?;
        let type_comment = self.type_comment();
        let body = self.block()?;
        let orelse = self.else_block(start)?;
        Ok(self.arena.alloc(For { target, iter, body, orelse, type_comment }))
    }

    fn async_statement(&mut self, decorator_list: &'a [Expr<'a>]) -> Parse<StmtKind<'a>> {
        self.bump();
        match self.kind() {
            Kind::Def => {
                let function = self.function(decorator_list)?;
                self.since_last(5, "Async functions are")?;
                Ok(StmtKind::AsyncFunctionDef(function))
            }
            Kind::For if decorator_list.is_empty() => {
                let for_loop = self.for_loop()?;
                self.since(5, "Async for loops are")?;
                Ok(StmtKind::AsyncFor(for_loop))
            }
            Kind::With if decorator_list.is_empty() => {
                let with = self.with_statement(true)?;
                self.since_last(5, "Async with statements are")?;
                Ok(StmtKind::AsyncWith(with))
            }
            _ => Err(Fail),
        }
    }

    /// Decorators and what they decorate. The statement itself begins after them.
    fn decorated(&mut self) -> Parse<(Start, StmtKind<'a>)> {
        let mark = self.scratch.exprs.len();
        while self.eat(Kind::At) {
            let decorator = self.named_expression()?;
            self.scratch.exprs.push(decorator);
            self.expect(Kind::Newline)?;
        }
        let decorators = self.take_exprs(mark);
        let start = self.start();
        let kind = match self.kind() {
            Kind::Def => StmtKind::FunctionDef(self.function(decorators)?),
            Kind::Class => self.class(decorators)?,
            Kind::Async => self.async_statement(decorators)?,
            _ => return Err(Fail),
        };
        Ok((start, kind))
    }

    fn function(&mut self, decorator_list: &'a [Expr<'a>]) -> Parse<&'a FunctionDef<'a>> {
        self.bump();
        let name = self.name()?;
        let type_params = self.type_params()?;
        self.expect(Kind::LParen)?;
        let args = self.parameters(Kind::RParen)?;
        self.expect(Kind::RParen)?;
        let returns = self.expression_after(Kind::Arrow)?;
        self.expect(Kind::Colon)?;
        let type_comment = self.function_type_comment();
        let body = self.block()?;
        let function = FunctionDef { name, args, body, decorator_list, returns, type_comment, type_params };
        Ok(self.arena.alloc(function))
    }

    /// A type comment after the colon, or on a line of its own before the body.
    fn function_type_comment(&mut self) -> Option<&'a str> {
        if self.at(Kind::Newline)
            && self.ahead(1) == Kind::TypeComment
            && self.ahead(2) == Kind::Newline
            && self.ahead(3) == Kind::Indent
        {
            self.bump();
        }
        self.type_comment()
    }

    fn class(&mut self, decorator_list: &'a [Expr<'a>]) -> Parse<StmtKind<'a>> {
        self.bump();
        let name = self.name()?;
        let type_params = self.type_params()?;
        let (bases, keywords) = if self.at(Kind::LParen) { self.call_arguments(false)? } else { (&[][..], &[][..]) };
        let body = self.colon_block()?;
        let class = ClassDef { name, bases, keywords, body, decorator_list, type_params };
        Ok(StmtKind::ClassDef(self.arena.alloc(class)))
    }

    fn with_statement(&mut self, is_async: bool) -> Parse<&'a With<'a>> {
        self.bump();
        let items = match self.parenthesized_with_items(is_async) {
            Some(items) => items,
            None => self.with_items(Kind::Colon)?,
        };
        self.expect(Kind::Colon)?;
        let type_comment = self.type_comment();
        let body = self.block()?;
        Ok(self.arena.alloc(With { items, body, type_comment }))
    }

    /// Items in parentheses, if what the parentheses hold can be read as such and is all there is.
    fn parenthesized_with_items(&mut self, is_async: bool) -> Option<&'a [WithItem<'a>]> {
        if !self.at(Kind::LParen) || !self.parentheses_end_before_colon() {
            return None;
        }
        self.attempt(|parser| {
            parser.bump();
            let items = parser.with_items(Kind::RParen)?;
            parser.expect(Kind::RParen)?;
            // This form of `async with` has no place for a type comment.
            let comment = is_async && parser.ahead(1) == Kind::TypeComment;
            if parser.at(Kind::Colon) && !comment { Ok(items) } else { Err(Fail) }
        })
    }

    /// Whether a colon follows the parenthesis that closes the one at the current token.
    fn parentheses_end_before_colon(&self) -> bool {
        let level = self.token().level;
        let rest = &self.tokens[self.pos + 1..];
        let close = rest.iter().position(|token| token.level < level && token.kind != Kind::Error);
        close.and_then(|close| rest.get(close + 1)).is_some_and(|token| token.kind == Kind::Colon)
    }

    /// `expression [as target]`, one or more. A comma may come last in parentheses.
    fn with_items(&mut self, close: Kind) -> Parse<&'a [WithItem<'a>]> {
        let mark = self.scratch.with_items.len();
        loop {
            let context_expr = self.expression()?;
            let optional_vars = if self.eat(Kind::As) {
                let target = self.star_target()?;
                if !matches!(self.kind(), Kind::Comma | Kind::RParen | Kind::Colon) {
                    return Err(Fail);
                }
                Some(target)
            } else {
                None
            };
            self.scratch.with_items.push(WithItem { context_expr, optional_vars });
            if !self.eat(Kind::Comma) || self.at(close) && close == Kind::RParen {
                return Ok(take!(self, with_items, mark));
            }
        }
    }

    fn try_statement(&mut self) -> Parse<StmtKind<'a>> {
        let start = self.start();
        self.bump();
        let body = self.colon_block()?;
        let mark = self.scratch.handlers.len();
        let star = self.at(Kind::Except) && self.ahead(1) == Kind::Star;
        while self.at(Kind::Except) {
            if self.scratch.handlers.len() > mark {
                self.note_statement(start);
            }
            if star != (self.ahead(1) == Kind::Star) {
                return Err(Fail);
            }
            let handler = self.except_handler(star)?;
            self.scratch.handlers.push(handler);
        }
        let handlers = take!(self, handlers, mark);
        let orelse = if handlers.is_empty() { &[] } else { self.else_block(start)? };
        let finalbody = if self.eat(Kind::Finally) {
            self.changing_lines.push(start.0);
            self.expect(Kind::Colon)?;
            if !handlers.is_empty() {
                self.note_statement(start);
            }
            self.block()?
        } else {
            &[]
        };
        if handlers.is_empty() && finalbody.is_empty() {
            return Err(Fail);
        }
        if star {
            self.since(11, "Exception groups are")?;
        }
        let statement = self.arena.alloc(Try { body, handlers, orelse, finalbody });
        Ok(if star { StmtKind::TryStar(statement) } else { StmtKind::Try(statement) })
    }

    fn except_handler(&mut self, star: bool) -> Parse<ExceptHandler<'a>> {
        let start = self.start();
        self.bump();
        if star {
            self.bump();
        }
        let mut is_bare = false;
        let (typ, name) = if self.at(Kind::Colon) && !star {
            (None, None)
        } else {
            let first = self.start();
            let mut typ = self.expression()?;
            let mut name = None;
            if self.at(Kind::Comma) {
                typ = self.tuple_after(first, typ, Self::expression)?;
                is_bare = true;
            } else if self.eat(Kind::As) {
                name = Some(self.name()?);
            }
            (Some(typ), name)
        };
        let body = self.colon_block()?;
        if is_bare {
            self.since_last(14, "except expressions without parentheses are")?;
        }
        Ok(ExceptHandler { span: self.span(start), typ, name, body })
    }

    // Match

    /// Whether `match` may begin a statement here, by what follows it.
    fn may_be_match(&self) -> bool {
        Self::may_start_expression(self.ahead(1))
    }

    /// A `match` statement, or nothing when `match` turns out to be a name.
    fn match_statement(&mut self) -> Parse<Option<StmtKind<'a>>> {
        let header = self.attempt(|parser| {
            parser.bump();
            let start = parser.start();
            parser.changing_lines.push(start.0);
            let first = parser.star_named_expression()?;
            let subject = if parser.at(Kind::Comma) {
                let mark = parser.scratch.exprs.len();
                parser.scratch.exprs.push(first);
                while parser.eat(Kind::Comma) && !parser.at(Kind::Colon) {
                    let next = parser.star_named_expression()?;
                    parser.scratch.exprs.push(next);
                }
                let elts = parser.take_exprs(mark);
                parser.expr(start, ExprKind::Tuple { elts, ctx: ExprContext::Load })
            } else if matches!(first.kind, ExprKind::Starred { .. }) {
                return Err(Fail);
            } else {
                first
            };
            for kind in [Kind::Colon, Kind::Newline, Kind::Indent] {
                parser.expect(kind)?;
            }
            if parser.at_name(names::CASE) { Ok(subject) } else { Err(Fail) }
        });
        let Some(subject) = header else { return Ok(None) };
        let mut cases = Vec::new();
        while !self.eat(Kind::Dedent) {
            cases.push(self.case_block()?);
        }
        self.since(10, "Pattern matching is")?;
        Ok(Some(StmtKind::Match { subject, cases: self.arena.alloc_slice_copy(&cases) }))
    }

    fn case_block(&mut self) -> Parse<MatchCase<'a>> {
        if !self.at_name(names::CASE) {
            return Err(Fail);
        }
        self.bump();
        let pattern = self.patterns()?;
        let guard = if self.eat(Kind::If) { Some(self.named_expression()?) } else { None };
        let body = self.colon_block()?;
        Ok(MatchCase { pattern: self.arena.alloc(pattern), guard, body })
    }
}
