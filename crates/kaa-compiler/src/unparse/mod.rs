//! Expressions as text: what annotations become with `from __future__ import annotations`.
//!
//! Not the source, but a normal form of the tree: one space around operators, parentheses only
//! where precedence asks for them, literals as `repr` prints them.

mod literals;

use crate::errors::Fallible;
use crate::stack_guard::StackGuard;
use kaa_ast::{
    Arg, Arguments, BoolOp, CmpOp, Comprehension, Constant, Expr, ExprKind, ExprRef, Interner, Keyword, Operator,
    UnaryOp,
};

/// The text of an expression.
pub fn expression(expression: ExprRef<'_>, names: &Interner<'_>, guard: StackGuard) -> Fallible<Vec<u8>> {
    let mut writer = Writer { out: Vec::with_capacity(32), names, guard };
    writer.expression(expression, Level::Test)?;
    Ok(writer.out)
}

/// A constant as error messages print it.
pub fn constant(constant: &Constant<'_>) -> String {
    let mut out = Vec::new();
    literals::constant(constant, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// How tightly an operator binds; what stands at a tighter place than its own is parenthesized.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Comparison,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Sum,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

impl Level {
    /// The next tighter level.
    fn tighter(self) -> Level {
        match self {
            Level::Tuple => Level::Test,
            Level::Test => Level::Or,
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Comparison,
            Level::Comparison => Level::BitOr,
            Level::BitOr => Level::BitXor,
            Level::BitXor => Level::BitAnd,
            Level::BitAnd => Level::Shift,
            Level::Shift => Level::Sum,
            Level::Sum => Level::Term,
            Level::Term => Level::Factor,
            Level::Factor => Level::Power,
            Level::Power => Level::Await,
            Level::Await | Level::Atom => Level::Atom,
        }
    }
}

fn binary_operator(op: Operator) -> (&'static str, Level) {
    match op {
        Operator::Add => (" + ", Level::Sum),
        Operator::Sub => (" - ", Level::Sum),
        Operator::Mult => (" * ", Level::Term),
        Operator::MatMult => (" @ ", Level::Term),
        Operator::Div => (" / ", Level::Term),
        Operator::Mod => (" % ", Level::Term),
        Operator::FloorDiv => (" // ", Level::Term),
        Operator::LShift => (" << ", Level::Shift),
        Operator::RShift => (" >> ", Level::Shift),
        Operator::BitOr => (" | ", Level::BitOr),
        Operator::BitXor => (" ^ ", Level::BitXor),
        Operator::BitAnd => (" & ", Level::BitAnd),
        Operator::Pow => (" ** ", Level::Power),
    }
}

fn comparison_operator(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => " == ",
        CmpOp::NotEq => " != ",
        CmpOp::Lt => " < ",
        CmpOp::LtE => " <= ",
        CmpOp::Gt => " > ",
        CmpOp::GtE => " >= ",
        CmpOp::Is => " is ",
        CmpOp::IsNot => " is not ",
        CmpOp::In => " in ",
        CmpOp::NotIn => " not in ",
    }
}

struct Writer<'c, 'a> {
    out: Vec<u8>,
    names: &'c Interner<'a>,
    guard: StackGuard,
}

impl<'a> Writer<'_, 'a> {
    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn name(&mut self, name: kaa_ast::Name) {
        self.push(self.names.text(name));
    }

    /// Writes in parentheses if the place binds tighter than what is written.
    fn parenthesized(&mut self, place: Level, own: Level, write: impl FnOnce(&mut Self) -> Fallible) -> Fallible {
        if place > own {
            self.push("(");
        }
        write(self)?;
        if place > own {
            self.push(")");
        }
        Ok(())
    }

    fn list(&mut self, items: &'a [Expr<'a>]) -> Fallible {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.expression(item, Level::Test)?;
        }
        Ok(())
    }

    fn optional(&mut self, expression: Option<ExprRef<'a>>) -> Fallible {
        match expression {
            Some(expression) => self.expression(expression, Level::Test),
            None => Ok(()),
        }
    }

    fn expression(&mut self, expression: ExprRef<'a>, place: Level) -> Fallible {
        self.guard.check()?;
        match expression.kind {
            ExprKind::Name { id, .. } => self.name(id),
            ExprKind::Constant { value, kind } => {
                self.push(kind.unwrap_or_default());
                literals::constant(&value, &mut self.out);
            }
            ExprKind::Attribute { value, attr, .. } => {
                self.expression(value, Level::Atom)?;
                // A dot behind an integer would belong to it.
                let is_int = |constant| matches!(constant, Constant::Int(_) | Constant::BigInt(_));
                let spaced = matches!(value.kind, ExprKind::Constant { value, .. } if is_int(value));
                self.push(if spaced { " ." } else { "." });
                self.name(attr);
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expression(value, Level::Atom)?;
                self.push("[");
                self.expression(slice, Level::Tuple)?;
                self.push("]");
            }
            ExprKind::Call { func, args, keywords } => self.call(func, args, keywords)?,
            ExprKind::BoolOp { op, values } => {
                let (text, own) = match op {
                    BoolOp::And => (" and ", Level::And),
                    BoolOp::Or => (" or ", Level::Or),
                };
                self.parenthesized(place, own, |this| {
                    for (index, value) in values.iter().enumerate() {
                        if index > 0 {
                            this.push(text);
                        }
                        this.expression(value, own.tighter())?;
                    }
                    Ok(())
                })?;
            }
            ExprKind::BinOp { left, op, right } => {
                let (text, own) = binary_operator(op);
                let (left_place, right_place) =
                    if op == Operator::Pow { (own.tighter(), own) } else { (own, own.tighter()) };
                self.parenthesized(place, own, |this| {
                    this.expression(left, left_place)?;
                    this.push(text);
                    this.expression(right, right_place)
                })?;
            }
            ExprKind::UnaryOp { op, operand } => {
                let (text, own) = match op {
                    UnaryOp::Invert => ("~", Level::Factor),
                    UnaryOp::Not => ("not ", Level::Not),
                    UnaryOp::UAdd => ("+", Level::Factor),
                    UnaryOp::USub => ("-", Level::Factor),
                };
                self.parenthesized(place, own, |this| {
                    this.push(text);
                    this.expression(operand, own)
                })?;
            }
            ExprKind::Compare { left, ops, comparators } => {
                self.parenthesized(place, Level::Comparison, |this| {
                    this.expression(left, Level::Comparison.tighter())?;
                    for (&op, comparator) in ops.iter().zip(comparators) {
                        this.push(comparison_operator(op));
                        this.expression(comparator, Level::Comparison.tighter())?;
                    }
                    Ok(())
                })?;
            }
            ExprKind::List { elts, .. } => {
                self.push("[");
                self.list(elts)?;
                self.push("]");
            }
            ExprKind::Tuple { elts: [], .. } => self.push("()"),
            ExprKind::Tuple { elts, .. } => self.parenthesized(place, Level::Tuple, |this| {
                this.list(elts)?;
                if elts.len() == 1 {
                    this.push(",");
                }
                Ok(())
            })?,
            ExprKind::Starred { value, .. } => {
                self.push("*");
                self.expression(value, Level::BitOr)?;
            }
            ExprKind::Slice { lower, upper, step } => {
                self.optional(lower)?;
                self.push(":");
                self.optional(upper)?;
                if step.is_some() {
                    self.push(":");
                    self.optional(step)?;
                }
            }
            _ => self.rarer_expression(expression, place)?,
        }
        Ok(())
    }

    fn rarer_expression(&mut self, expression: ExprRef<'a>, place: Level) -> Fallible {
        match expression.kind {
            ExprKind::Lambda { args, body } => self.parenthesized(place, Level::Test, |this| {
                let positional = !args.args.is_empty() || !args.posonlyargs.is_empty();
                this.push(if positional { "lambda " } else { "lambda" });
                this.arguments(args)?;
                this.push(": ");
                this.expression(body, Level::Test)
            }),
            ExprKind::IfExp { test, body, orelse } => self.parenthesized(place, Level::Test, |this| {
                this.expression(body, Level::Or)?;
                this.push(" if ");
                this.expression(test, Level::Or)?;
                this.push(" else ");
                this.expression(orelse, Level::Test)
            }),
            ExprKind::Dict { keys, values } => self.dictionary(keys, values),
            ExprKind::Set { elts } => {
                self.push("{");
                self.list(elts)?;
                self.push("}");
                Ok(())
            }
            ExprKind::ListComp { elt, generators } => self.comprehension("[", elt, None, generators, "]"),
            ExprKind::SetComp { elt, generators } => self.comprehension("{", elt, None, generators, "}"),
            ExprKind::GeneratorExp { elt, generators } => self.comprehension("(", elt, None, generators, ")"),
            ExprKind::DictComp { key, value, generators } => self.comprehension("{", key, Some(value), generators, "}"),
            ExprKind::Yield { value: None } => {
                self.push("(yield)");
                Ok(())
            }
            ExprKind::Yield { value: Some(value) } => self.yields("(yield ", value),
            ExprKind::YieldFrom { value } => self.yields("(yield from ", value),
            ExprKind::Await { value } => self.parenthesized(place, Level::Await, |this| {
                this.push("await ");
                this.expression(value, Level::Atom)
            }),
            ExprKind::NamedExpr { target, value } => self.parenthesized(place, Level::Tuple, |this| {
                this.expression(target, Level::Atom)?;
                this.push(" := ");
                this.expression(value, Level::Atom)
            }),
            ExprKind::JoinedStr { values } => self.string("f", values),
            ExprKind::TemplateStr { values } => self.string("t", values),
            ExprKind::FormattedValue { .. } | ExprKind::Interpolation { .. } => self.string_part(expression),
            _ => unreachable!("the common expressions are done"),
        }
    }

    fn yields(&mut self, keyword: &str, value: ExprRef<'a>) -> Fallible {
        self.push(keyword);
        self.expression(value, Level::Test)?;
        self.push(")");
        Ok(())
    }

    fn call(&mut self, func: ExprRef<'a>, args: &'a [Expr<'a>], keywords: &'a [Keyword<'a>]) -> Fallible {
        self.expression(func, Level::Atom)?;
        if let [argument] = args
            && keywords.is_empty()
            && matches!(argument.kind, ExprKind::GeneratorExp { .. })
        {
            return self.expression(argument, Level::Atom);
        }
        self.push("(");
        self.list(args)?;
        for (index, keyword) in keywords.iter().enumerate() {
            if index > 0 || !args.is_empty() {
                self.push(", ");
            }
            match keyword.arg {
                None => self.push("**"),
                Some(name) => {
                    self.name(name);
                    self.push("=");
                }
            }
            self.expression(keyword.value, Level::Test)?;
        }
        self.push(")");
        Ok(())
    }

    fn dictionary(&mut self, keys: &'a [Option<ExprRef<'a>>], values: &'a [Expr<'a>]) -> Fallible {
        self.push("{");
        for (index, (key, value)) in keys.iter().zip(values).enumerate() {
            if index > 0 {
                self.push(", ");
            }
            if let Some(key) = key {
                self.expression(key, Level::Test)?;
                self.push(": ");
                self.expression(value, Level::Test)?;
            } else {
                self.push("**");
                self.expression(value, Level::BitOr)?;
            }
        }
        self.push("}");
        Ok(())
    }

    fn comprehension(
        &mut self,
        open: &str,
        element: ExprRef<'a>,
        value: Option<ExprRef<'a>>,
        generators: &'a [Comprehension<'a>],
        close: &str,
    ) -> Fallible {
        self.push(open);
        self.expression(element, Level::Test)?;
        if let Some(value) = value {
            self.push(": ");
            self.expression(value, Level::Test)?;
        }
        for generator in generators {
            self.push(if generator.is_async { " async for " } else { " for " });
            self.expression(generator.target, Level::Tuple)?;
            self.push(" in ");
            self.expression(generator.iter, Level::Or)?;
            for condition in generator.ifs {
                self.push(" if ");
                self.expression(condition, Level::Or)?;
            }
        }
        self.push(close);
        Ok(())
    }

    fn arguments(&mut self, args: &'a Arguments<'a>) -> Fallible {
        let mut first = true;
        let positional = args.posonlyargs.len() + args.args.len();
        for (index, arg) in args.posonlyargs.iter().chain(args.args).enumerate() {
            self.comma(&mut first);
            self.argument(arg)?;
            if let Some(default) = (index + args.defaults.len()).checked_sub(positional) {
                self.push("=");
                self.expression(&args.defaults[default], Level::Test)?;
            }
            if index + 1 == args.posonlyargs.len() {
                self.push(", /");
            }
        }
        if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
            self.comma(&mut first);
            self.push("*");
            if let Some(arg) = args.vararg {
                self.argument(arg)?;
            }
        }
        for (arg, default) in args.kwonlyargs.iter().zip(args.kw_defaults) {
            self.comma(&mut first);
            self.argument(arg)?;
            if let Some(default) = default {
                self.push("=");
                self.expression(default, Level::Test)?;
            }
        }
        if let Some(arg) = args.kwarg {
            self.comma(&mut first);
            self.push("**");
            self.argument(arg)?;
        }
        Ok(())
    }

    fn comma(&mut self, first: &mut bool) {
        if !std::mem::replace(first, false) {
            self.push(", ");
        }
    }

    fn argument(&mut self, arg: &'a Arg<'a>) -> Fallible {
        self.name(arg.arg);
        if let Some(annotation) = arg.annotation {
            self.push(": ");
            self.expression(annotation, Level::Test)?;
        }
        Ok(())
    }

    /// An f-string or t-string: its body is written like the value of a string.
    fn string(&mut self, prefix: &str, values: &'a [Expr<'a>]) -> Fallible {
        let outer = std::mem::take(&mut self.out);
        values.iter().try_for_each(|value| self.string_part(value))?;
        let body = std::mem::replace(&mut self.out, outer);
        self.push(prefix);
        literals::string(&body, &mut self.out);
        Ok(())
    }

    fn string_part(&mut self, part: ExprRef<'a>) -> Fallible {
        let (conversion, format_spec) = match part.kind {
            ExprKind::Constant { value: Constant::Str(text), .. } => {
                for &byte in text {
                    self.out.push(byte);
                    if matches!(byte, b'{' | b'}') {
                        self.out.push(byte);
                    }
                }
                return Ok(());
            }
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                let outer = std::mem::take(&mut self.out);
                self.expression(value, Level::Test.tighter())?;
                let text = std::mem::replace(&mut self.out, outer);
                self.open_brace(&text);
                (conversion, format_spec)
            }
            ExprKind::Interpolation { str, conversion, format_spec, .. } => {
                if let Constant::Str(text) = str {
                    self.open_brace(text);
                }
                (conversion, format_spec)
            }
            _ => return self.expression(part, Level::Test),
        };
        if let Ok(conversion @ (b's' | b'r' | b'a')) = u8::try_from(conversion) {
            self.out.extend_from_slice(&[b'!', conversion]);
        }
        if let Some(spec) = format_spec {
            self.push(":");
            match spec.kind {
                ExprKind::JoinedStr { values } => values.iter().try_for_each(|value| self.string_part(value))?,
                _ => self.string_part(spec)?,
            }
        }
        self.push("}");
        Ok(())
    }

    /// A brace and the text of an expression, kept apart from a brace at its start.
    fn open_brace(&mut self, text: &[u8]) {
        self.push(if text.starts_with(b"{") { "{ " } else { "{" });
        self.out.extend_from_slice(text);
    }
}
