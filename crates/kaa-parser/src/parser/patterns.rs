//! Patterns of `match`.

use kaa_ast::*;

use super::{Fail, Parse, Parser, Start, take};
use crate::token::{Kind, names};

impl<'a> Parser<'a, '_> {
    /// The pattern of a `case`: one, or a sequence without brackets.
    pub(super) fn patterns(&mut self) -> Parse<Pattern<'a>> {
        let start = self.start();
        let first = self.maybe_star_pattern()?;
        if self.at(Kind::Comma) {
            let patterns = self.more_patterns(first, Kind::Colon)?;
            return Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns }));
        }
        if matches!(first.kind, PatternKind::MatchStar { .. }) { Err(Fail) } else { Ok(first) }
    }

    fn pattern_node(&self, start: Start, kind: PatternKind<'a>) -> Pattern<'a> {
        Pattern { span: self.span(start), kind }
    }

    /// The patterns of a sequence from its first on. A comma may come last.
    fn more_patterns(&mut self, first: Pattern<'a>, close: Kind) -> Parse<&'a [Pattern<'a>]> {
        let mark = self.scratch.patterns.len();
        self.scratch.patterns.push(first);
        while self.eat(Kind::Comma) {
            if self.at(close) || close == Kind::Colon && self.at(Kind::If) {
                break;
            }
            let next = self.maybe_star_pattern()?;
            self.scratch.patterns.push(next);
        }
        Ok(take!(self, patterns, mark))
    }

    fn maybe_star_pattern(&mut self) -> Parse<Pattern<'a>> {
        let start = self.start();
        if !self.eat(Kind::Star) {
            return self.pattern();
        }
        let name = if self.at_name(names::UNDERSCORE) {
            self.bump();
            None
        } else {
            Some(self.capture_target()?)
        };
        Ok(self.pattern_node(start, PatternKind::MatchStar { name }))
    }

    /// A name that a pattern binds.
    fn capture_target(&mut self) -> Parse<Name> {
        if self.at_name(names::UNDERSCORE) {
            return Err(Fail);
        }
        let name = self.name()?;
        if matches!(self.kind(), Kind::Dot | Kind::LParen | Kind::Equal) {
            return Err(Fail);
        }
        Ok(name)
    }

    /// `or_pattern [as name]`
    fn pattern(&mut self) -> Parse<Pattern<'a>> {
        let start = self.start();
        let pattern = self.or_pattern()?;
        if !self.eat(Kind::As) {
            return Ok(pattern);
        }
        let name = Some(self.capture_target()?);
        let pattern = Some(&*self.arena.alloc(pattern));
        Ok(self.pattern_node(start, PatternKind::MatchAs { pattern, name }))
    }

    fn or_pattern(&mut self) -> Parse<Pattern<'a>> {
        let start = self.start();
        let first = self.closed_pattern()?;
        if !self.at(Kind::Bar) {
            return Ok(first);
        }
        let mark = self.scratch.patterns.len();
        self.scratch.patterns.push(first);
        while self.eat(Kind::Bar) {
            let next = self.closed_pattern()?;
            self.scratch.patterns.push(next);
        }
        let patterns = take!(self, patterns, mark);
        Ok(self.pattern_node(start, PatternKind::MatchOr { patterns }))
    }

    fn closed_pattern(&mut self) -> Parse<Pattern<'a>> {
        let start = self.start();
        let kind = match self.kind() {
            Kind::Number | Kind::Minus => PatternKind::MatchValue { value: self.literal_number()? },
            Kind::String | Kind::FStringStart | Kind::TStringStart => {
                let value = self.strings()?;
                PatternKind::MatchValue { value }
            }
            Kind::None => self.singleton(Constant::None),
            Kind::True => self.singleton(Constant::Bool(true)),
            Kind::False => self.singleton(Constant::Bool(false)),
            Kind::Name => return self.name_pattern(),
            Kind::LParen => return self.parenthesized_pattern(),
            Kind::LBracket => {
                self.bump();
                let patterns = if self.at(Kind::RBracket) {
                    &[]
                } else {
                    let first = self.maybe_star_pattern()?;
                    self.more_patterns(first, Kind::RBracket)?
                };
                self.expect(Kind::RBracket)?;
                PatternKind::MatchSequence { patterns }
            }
            Kind::LBrace => self.mapping_pattern()?,
            _ => return Err(Fail),
        };
        Ok(self.pattern_node(start, kind))
    }

    fn singleton(&mut self, value: Constant<'a>) -> PatternKind<'a> {
        self.bump();
        PatternKind::MatchSingleton { value }
    }

    /// A number, perhaps negative, perhaps complex.
    fn literal_number(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let real = self.signed_number()?;
        let op = match self.kind() {
            Kind::Plus => Operator::Add,
            Kind::Minus => Operator::Sub,
            _ => return Ok(real),
        };
        self.bump();
        let is_imaginary =
            |expr: &Expr| matches!(expr.kind, ExprKind::Constant { value: Constant::Complex { .. }, .. });
        let magnitude = match real.kind {
            ExprKind::UnaryOp { operand, .. } => operand,
            _ => real,
        };
        if is_imaginary(magnitude) || !self.at(Kind::Number) {
            return Err(Fail);
        }
        let imaginary = self.atom()?;
        if !is_imaginary(imaginary) {
            return Err(Fail);
        }
        Ok(self.expr(start, ExprKind::BinOp { left: real, op, right: imaginary }))
    }

    fn signed_number(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let negative = self.eat(Kind::Minus);
        if !self.at(Kind::Number) {
            return Err(Fail);
        }
        let number = self.atom()?;
        if !negative {
            return Ok(number);
        }
        Ok(self.expr(start, ExprKind::UnaryOp { op: UnaryOp::USub, operand: number }))
    }

    /// A capture, a wildcard, a dotted name or a class.
    fn name_pattern(&mut self) -> Parse<Pattern<'a>> {
        let start = self.start();
        if !matches!(self.ahead(1), Kind::Dot | Kind::LParen | Kind::Equal) {
            let name = self.name()?;
            let name = if name == names::UNDERSCORE { None } else { Some(name) };
            return Ok(self.pattern_node(start, PatternKind::MatchAs { pattern: None, name }));
        }
        let value = self.dotted_value()?;
        if self.at(Kind::LParen) {
            return self.class_pattern(start, value);
        }
        if matches!(value.kind, ExprKind::Name { .. }) || self.at(Kind::Equal) {
            return Err(Fail);
        }
        Ok(self.pattern_node(start, PatternKind::MatchValue { value }))
    }

    /// A name with attributes.
    fn dotted_value(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let mut value = self.name_expression(ExprContext::Load)?;
        while self.eat(Kind::Dot) {
            let attr = self.name()?;
            value = self.expr(start, ExprKind::Attribute { value, attr, ctx: ExprContext::Load });
        }
        Ok(value)
    }

    fn parenthesized_pattern(&mut self) -> Parse<Pattern<'a>> {
        let start = self.start();
        self.bump();
        if self.eat(Kind::RParen) {
            return Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns: &[] }));
        }
        let first = self.maybe_star_pattern()?;
        if self.at(Kind::Comma) {
            let patterns = self.more_patterns(first, Kind::RParen)?;
            self.expect(Kind::RParen)?;
            return Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns }));
        }
        self.expect(Kind::RParen)?;
        // A group is its pattern, with that pattern's own place.
        if matches!(first.kind, PatternKind::MatchStar { .. }) { Err(Fail) } else { Ok(first) }
    }

    fn mapping_pattern(&mut self) -> Parse<PatternKind<'a>> {
        self.bump();
        let (keys, patterns) = (self.scratch.exprs.len(), self.scratch.patterns.len());
        let mut rest = None;
        while !self.at(Kind::RBrace) {
            if rest.is_some() {
                return Err(Fail);
            }
            if self.eat(Kind::DoubleStar) {
                rest = Some(self.capture_target()?);
            } else {
                let key = self.mapping_key()?;
                self.expect(Kind::Colon)?;
                let pattern = self.pattern()?;
                self.scratch.exprs.push(key);
                self.scratch.patterns.push(pattern);
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::RBrace)?;
        let keys = self.take_exprs(keys);
        Ok(PatternKind::MatchMapping { keys, patterns: take!(self, patterns, patterns), rest })
    }

    fn mapping_key(&mut self) -> Parse<ExprRef<'a>> {
        match self.kind() {
            Kind::Number | Kind::Minus => self.literal_number(),
            Kind::String | Kind::FStringStart | Kind::TStringStart => self.strings(),
            Kind::None | Kind::True | Kind::False => self.atom(),
            Kind::Name => {
                let value = self.dotted_value()?;
                if matches!(value.kind, ExprKind::Attribute { .. }) { Ok(value) } else { Err(Fail) }
            }
            _ => Err(Fail),
        }
    }

    fn class_pattern(&mut self, start: Start, cls: ExprRef<'a>) -> Parse<Pattern<'a>> {
        self.bump();
        let (positional, attributes) = (self.scratch.patterns.len(), self.scratch.names.len());
        let mut keyword_patterns = Vec::new();
        while !self.at(Kind::RParen) {
            if self.at(Kind::Name) && self.ahead(1) == Kind::Equal {
                let name = self.name()?;
                self.bump();
                self.scratch.names.push(name);
                keyword_patterns.push(self.pattern()?);
            } else {
                if !keyword_patterns.is_empty() {
                    return Err(Fail);
                }
                let pattern = self.pattern()?;
                self.scratch.patterns.push(pattern);
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::RParen)?;
        let kind = PatternKind::MatchClass {
            cls,
            patterns: take!(self, patterns, positional),
            kwd_attrs: take!(self, names, attributes),
            kwd_patterns: self.arena.alloc_slice_copy(&keyword_patterns),
        };
        Ok(self.pattern_node(start, kind))
    }
}
