//! Expressions, from the loosest binding to the tightest.

use kaa_ast::*;

use super::{Fail, MAX_DEPTH, MAX_OPERATORS, Parse, Parser, Pending, Start, take};
use crate::token::Kind;

/// Chains of more operators than this are looked at by the compiler, which refuses very long ones.
const LONG_CHAIN: u32 = 4096;

/// Binding of the binary operators, from 1; 0 for other tokens.
fn binary_operator(kind: Kind) -> (u8, Operator) {
    match kind {
        Kind::Bar => (1, Operator::BitOr),
        Kind::Caret => (2, Operator::BitXor),
        Kind::Amper => (3, Operator::BitAnd),
        Kind::LeftShift => (4, Operator::LShift),
        Kind::RightShift => (4, Operator::RShift),
        Kind::Plus => (5, Operator::Add),
        Kind::Minus => (5, Operator::Sub),
        Kind::Star => (6, Operator::Mult),
        Kind::Slash => (6, Operator::Div),
        Kind::DoubleSlash => (6, Operator::FloorDiv),
        Kind::Percent => (6, Operator::Mod),
        Kind::At => (6, Operator::MatMult),
        _ => (0, Operator::Add),
    }
}

/// Tokens that end an expression whatever it is, so that a lone operand before one is all of it.
#[inline]
fn ends_expression(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Comma
            | Kind::RParen
            | Kind::RBracket
            | Kind::RBrace
            | Kind::Colon
            | Kind::Newline
            | Kind::Equal
            | Kind::Semi
    )
}

/// Tokens that an atom starts with.
#[inline]
fn starts_atom(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Name
            | Kind::Number
            | Kind::String
            | Kind::FStringStart
            | Kind::LParen
            | Kind::LBracket
            | Kind::LBrace
            | Kind::None
            | Kind::True
            | Kind::False
    )
}

impl<'a> Parser<'a, '_> {
    /// `star_expressions`: one, or a tuple without parentheses.
    pub(super) fn star_expressions(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let first = self.star_expression()?;
        if self.at(Kind::Comma) { self.tuple_after(start, first, Self::star_expression) } else { Ok(first) }
    }

    /// `expressions`: as above, without stars.
    pub(super) fn expressions(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let first = self.expression()?;
        if self.at(Kind::Comma) { self.tuple_after(start, first, Self::expression) } else { Ok(first) }
    }

    /// The rest of a tuple without parentheses; stands on the comma after its first element.
    pub(super) fn tuple_after(
        &mut self,
        start: Start,
        first: ExprRef<'a>,
        element: impl Fn(&mut Self) -> Parse<ExprRef<'a>>,
    ) -> Parse<ExprRef<'a>> {
        let mark = self.scratch.exprs.len();
        self.scratch.exprs.push(first);
        while self.eat(Kind::Comma) {
            if !self.starts_expression() {
                break;
            }
            let next = element(self)?;
            self.scratch.exprs.push(next);
        }
        let elts = self.take_exprs(mark);
        Ok(self.expr(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
    }

    /// Whether an expression, perhaps starred, may start here: what a trailing comma asks.
    pub(super) fn starts_expression(&self) -> bool {
        Self::may_start_expression(self.kind())
    }

    pub(super) fn may_start_expression(kind: Kind) -> bool {
        matches!(
            kind,
            Kind::Name
                | Kind::Number
                | Kind::String
                | Kind::FStringStart
                | Kind::TStringStart
                | Kind::LParen
                | Kind::LBracket
                | Kind::LBrace
                | Kind::Minus
                | Kind::Plus
                | Kind::Tilde
                | Kind::Star
                | Kind::Ellipsis
                | Kind::None
                | Kind::True
                | Kind::False
                | Kind::Not
                | Kind::Await
                | Kind::Lambda
        )
    }

    /// `annotated_rhs`: what may be assigned.
    pub(super) fn yield_or_star_expressions(&mut self) -> Parse<ExprRef<'a>> {
        if self.at(Kind::Yield) { self.yield_expression() } else { self.star_expressions() }
    }

    pub(super) fn yield_expression(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        self.expect(Kind::Yield)?;
        if self.eat(Kind::From) {
            let value = self.expression()?;
            return Ok(self.expr(start, ExprKind::YieldFrom { value }));
        }
        let value = if self.starts_expression() { Some(self.star_expressions()?) } else { None };
        Ok(self.expr(start, ExprKind::Yield { value }))
    }

    /// `star_expression`: in tuples without parentheses.
    pub(super) fn star_expression(&mut self) -> Parse<ExprRef<'a>> {
        if self.at(Kind::Star) { self.starred_operand() } else { self.expression() }
    }

    /// `star_named_expression`: in displays.
    pub(super) fn star_named_expression(&mut self) -> Parse<ExprRef<'a>> {
        if self.at(Kind::Star) { self.starred_operand() } else { self.named_expression() }
    }

    fn starred_operand(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        self.expect(Kind::Star)?;
        let value = self.bitwise_or()?;
        Ok(self.expr(start, ExprKind::Starred { value, ctx: ExprContext::Load }))
    }

    /// `starred_expression`: in calls and subscripts.
    pub(super) fn starred_expression(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        self.expect(Kind::Star)?;
        let value = self.expression()?;
        Ok(self.expr(start, ExprKind::Starred { value, ctx: ExprContext::Load }))
    }

    /// `named_expression`: an expression, or `name := value`.
    pub(super) fn named_expression(&mut self) -> Parse<ExprRef<'a>> {
        let (start, first) = (self.start(), self.pos);
        let target = self.expression()?;
        if !self.at(Kind::ColonEqual) {
            return Ok(target);
        }
        // Not even in parentheses may the target be anything but a name.
        if self.pos != first + 1 {
            return Err(Fail);
        }
        let target = match target.kind {
            ExprKind::Name { .. } => self.to_target(target, ExprContext::Store)?,
            _ => return Err(Fail),
        };
        self.bump();
        let value = self.expression()?;
        self.since(8, "Assignment expressions are")?;
        Ok(self.expr(start, ExprKind::NamedExpr { target, value }))
    }

    #[inline]
    pub(super) fn name_expression(&mut self, ctx: ExprContext) -> Parse<ExprRef<'a>> {
        let token = self.token();
        let id = self.name()?;
        Ok(self.node(token.span, ExprKind::Name { id, ctx }))
    }

    /// `expression`: conditional expressions, lambdas and all that binds tighter.
    pub(super) fn expression(&mut self) -> Parse<ExprRef<'a>> {
        if self.at(Kind::Name) && ends_expression(self.ahead(1)) {
            return self.name_expression(ExprContext::Load);
        }
        if !starts_atom(self.kind()) {
            return self.nested_expression(None);
        }
        // Most are a single operand: no need to go down to it level by level.
        let start = self.start();
        let operand = self.primary()?;
        if ends_expression(self.kind()) { Ok(operand) } else { self.nested_expression(Some((start, operand))) }
    }

    /// An expression whose first operand, and where it starts, may have been read.
    fn nested_expression(&mut self, operand: Option<(Start, ExprRef<'a>)>) -> Parse<ExprRef<'a>> {
        if self.depth >= MAX_DEPTH {
            self.too_deep = true;
            return Err(Fail);
        }
        self.depth += 1;
        let mark = self.scratch.pending.len();
        let result = if self.at(Kind::Lambda) && operand.is_none() {
            self.expression_chain(mark)
        } else {
            let (start, body) = match operand {
                Some((start, operand)) => (start, self.disjunction_after(start, operand)),
                None => (self.start(), self.disjunction()),
            };
            match body {
                Ok(body) if self.at(Kind::If) => {
                    self.conditional(body, start).and_then(|()| self.expression_chain(mark))
                }
                result => result,
            }
        };
        self.depth -= 1;
        result
    }

    /// After the body of a conditional expression: up to its `else`.
    fn conditional(&mut self, body: ExprRef<'a>, start: Start) -> Parse<()> {
        self.expect(Kind::If)?;
        let test = self.disjunction()?;
        self.expect(Kind::Else)?;
        self.scratch.pending.push(Pending::If { body, test, start });
        Ok(())
    }

    /// The end of a chain of lambdas and conditional expressions, and then the whole chain.
    fn expression_chain(&mut self, mark: usize) -> Parse<ExprRef<'a>> {
        let mut last = loop {
            let start = self.start();
            if self.eat(Kind::Lambda) {
                let args = self.lambda_parameters()?;
                self.expect(Kind::Colon)?;
                self.scratch.pending.push(Pending::Lambda(args, start));
                continue;
            }
            let operand = self.disjunction()?;
            if !self.at(Kind::If) {
                break operand;
            }
            self.conditional(operand, start)?;
        };
        // All of the chain ends where its last operand does.
        while self.scratch.pending.len() > mark {
            last = match self.scratch.pending.pop() {
                Some(Pending::Lambda(args, start)) => self.expr(start, ExprKind::Lambda { args, body: last }),
                Some(Pending::If { body, test, start }) => {
                    self.expr(start, ExprKind::IfExp { test, body, orelse: last })
                }
                _ => unreachable!("only lambdas and conditions were pushed"),
            };
        }
        Ok(last)
    }

    /// `disjunction`: operands of `or`.
    pub(super) fn disjunction(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        if starts_atom(self.kind()) {
            let operand = self.primary()?;
            if ends_expression(self.kind()) { Ok(operand) } else { self.disjunction_after(start, operand) }
        } else {
            let first = self.conjunction()?;
            self.disjunctions_after(start, first)
        }
    }

    /// A disjunction whose first primary has been read.
    fn disjunction_after(&mut self, start: Start, operand: ExprRef<'a>) -> Parse<ExprRef<'a>> {
        let operand = if self.at(Kind::DoubleStar) { self.power_after(start, operand)? } else { operand };
        let operand = self.binary_after(start, operand, 1)?;
        let first = self.comparisons_after(start, operand)?;
        let first = self.conjunctions_after(start, first)?;
        self.disjunctions_after(start, first)
    }

    fn disjunctions_after(&mut self, start: Start, first: ExprRef<'a>) -> Parse<ExprRef<'a>> {
        if !self.at(Kind::Or) {
            return Ok(first);
        }
        let mark = self.scratch.exprs.len();
        self.scratch.exprs.push(first);
        while self.eat(Kind::Or) {
            let next = self.conjunction()?;
            self.scratch.exprs.push(next);
        }
        let values = self.take_exprs(mark);
        Ok(self.expr(start, ExprKind::BoolOp { op: BoolOp::Or, values }))
    }

    fn conjunction(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let first = self.inversion()?;
        self.conjunctions_after(start, first)
    }

    fn conjunctions_after(&mut self, start: Start, first: ExprRef<'a>) -> Parse<ExprRef<'a>> {
        if !self.at(Kind::And) {
            return Ok(first);
        }
        let mark = self.scratch.exprs.len();
        self.scratch.exprs.push(first);
        while self.eat(Kind::And) {
            let next = self.inversion()?;
            self.scratch.exprs.push(next);
        }
        let values = self.take_exprs(mark);
        Ok(self.expr(start, ExprKind::BoolOp { op: BoolOp::And, values }))
    }

    fn inversion(&mut self) -> Parse<ExprRef<'a>> {
        if !self.at(Kind::Not) {
            return self.comparison();
        }
        let mark = self.scratch.pending.len();
        while self.at(Kind::Not) {
            self.check_operators(mark)?;
            self.scratch.pending.push(Pending::Unary(UnaryOp::Not, self.start()));
            self.bump();
        }
        let operand = self.comparison()?;
        Ok(self.finish_operators(operand, mark))
    }

    fn comparison(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let left = self.bitwise_or()?;
        self.comparisons_after(start, left)
    }

    fn comparisons_after(&mut self, start: Start, left: ExprRef<'a>) -> Parse<ExprRef<'a>> {
        let Some(first) = self.comparison_operator()? else {
            return Ok(left);
        };
        let (operators, comparators) = (self.scratch.operators.len(), self.scratch.exprs.len());
        self.scratch.operators.push(first);
        loop {
            let operand = self.bitwise_or()?;
            self.scratch.exprs.push(operand);
            match self.comparison_operator()? {
                Some(operator) => self.scratch.operators.push(operator),
                None => break,
            }
        }
        let ops = take!(self, operators, operators);
        let comparators = self.take_exprs(comparators);
        Ok(self.expr(start, ExprKind::Compare { left, ops, comparators }))
    }

    fn comparison_operator(&mut self) -> Parse<Option<CmpOp>> {
        let operator = match self.kind() {
            Kind::EqEqual => CmpOp::Eq,
            Kind::NotEqual => {
                // `<>` is a joke that a future import turns on; then it is the only way.
                if (self.text(self.token()) == "<>") != self.barry {
                    return Err(Fail);
                }
                CmpOp::NotEq
            }
            Kind::Less => CmpOp::Lt,
            Kind::LessEqual => CmpOp::LtE,
            Kind::Greater => CmpOp::Gt,
            Kind::GreaterEqual => CmpOp::GtE,
            Kind::In => CmpOp::In,
            Kind::Not if self.ahead(1) == Kind::In => {
                self.bump();
                CmpOp::NotIn
            }
            Kind::Is if self.ahead(1) == Kind::Not => {
                self.bump();
                CmpOp::IsNot
            }
            Kind::Is => CmpOp::Is,
            _ => return Ok(None),
        };
        self.bump();
        Ok(Some(operator))
    }

    /// `bitwise_or`: all binary operators but comparisons and the power.
    pub(super) fn bitwise_or(&mut self) -> Parse<ExprRef<'a>> {
        self.binary(1)
    }

    fn binary(&mut self, binding: u8) -> Parse<ExprRef<'a>> {
        let start = self.start();
        let left = self.factor()?;
        self.binary_after(start, left, binding)
    }

    fn binary_after(&mut self, start: Start, first: ExprRef<'a>, binding: u8) -> Parse<ExprRef<'a>> {
        let mut left = first;
        let mut length = 0;
        loop {
            let (level, op) = binary_operator(self.kind());
            if level < binding || level == 0 {
                return Ok(left);
            }
            length += 1;
            self.bump();
            let right = self.binary(level + 1)?;
            if matches!(op, Operator::MatMult) {
                self.since(5, "The '@' operator is")?;
            }
            let is_format = op == Operator::Mod
                && matches!(left.kind, ExprKind::Constant { value: Constant::Str(_), .. })
                && matches!(right.kind, ExprKind::Tuple { .. });
            if is_format || length == LONG_CHAIN {
                self.changing_lines.push(left.span.line);
            }
            left = self.expr(start, ExprKind::BinOp { left, op, right });
        }
    }

    /// `factor`: signs and powers.
    fn factor(&mut self) -> Parse<ExprRef<'a>> {
        let start = self.start();
        if !matches!(self.kind(), Kind::Minus | Kind::Plus | Kind::Tilde) {
            let operand = self.await_primary()?;
            return if self.at(Kind::DoubleStar) { self.power_after(start, operand) } else { Ok(operand) };
        }
        self.factor_chain(self.scratch.pending.len())
    }

    /// The rest of a power; stands on its operator.
    fn power_after(&mut self, start: Start, operand: ExprRef<'a>) -> Parse<ExprRef<'a>> {
        let mark = self.scratch.pending.len();
        self.bump();
        self.scratch.pending.push(Pending::Power(operand, start));
        self.factor_chain(mark)
    }

    /// Refuses more operators in a row, all waiting for one operand, than CPython can take.
    fn check_operators(&mut self, mark: usize) -> Parse<()> {
        if self.scratch.pending.len() - mark < MAX_OPERATORS {
            return Ok(());
        }
        self.too_deep = true;
        Err(Fail)
    }

    fn factor_chain(&mut self, mark: usize) -> Parse<ExprRef<'a>> {
        loop {
            self.check_operators(mark)?;
            let start = self.start();
            let op = match self.kind() {
                Kind::Minus => UnaryOp::USub,
                Kind::Plus => UnaryOp::UAdd,
                Kind::Tilde => UnaryOp::Invert,
                _ => {
                    let operand = self.await_primary()?;
                    if self.eat(Kind::DoubleStar) {
                        self.scratch.pending.push(Pending::Power(operand, start));
                        continue;
                    }
                    return Ok(self.finish_operators(operand, mark));
                }
            };
            self.bump();
            self.scratch.pending.push(Pending::Unary(op, start));
        }
    }

    /// Applies pending operators to an operand, the last one first.
    fn finish_operators(&mut self, mut operand: ExprRef<'a>, mark: usize) -> ExprRef<'a> {
        while self.scratch.pending.len() > mark {
            operand = match self.scratch.pending.pop() {
                Some(Pending::Unary(op, start)) => self.expr(start, ExprKind::UnaryOp { op, operand }),
                Some(Pending::Power(left, start)) => {
                    self.expr(start, ExprKind::BinOp { left, op: Operator::Pow, right: operand })
                }
                _ => unreachable!("only operators were pushed"),
            };
        }
        operand
    }
}
