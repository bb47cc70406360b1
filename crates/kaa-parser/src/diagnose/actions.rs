//! What the rules of the grammar do when they match: nodes, and the errors themselves.

use super::grammar::{Action, Argument};
use super::machine::{Done, Machine, NodeKind, Value};
use crate::literals::{number, string};
use crate::parser::EscapeWarning;
use crate::token::Kind;
use crate::{ErrorKind, SyntaxError};

/// Which kind of target an expression was meant to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Assign,
    Delete,
    For,
}

impl Machine<'_, '_> {
    /// Runs an action on the values of an alternative that began at a token.
    pub(super) fn action(&mut self, action: &Action, values: &[Value], start: u32) -> Done {
        let argument = |i: usize| match action.arguments.get(i) {
            Some(&Argument::Value(0)) | None => Value::None,
            Some(&Argument::Value(number)) => values.get(number - 1).copied().unwrap_or(Value::None),
            Some(Argument::Text(_)) => Value::None,
        };
        let message = action
            .arguments
            .iter()
            .find_map(|argument| match argument {
                Argument::Text(text) => Some(text.as_str()),
                Argument::Value(_) => None,
            })
            .unwrap_or("");
        let (a, b) = (argument(0), argument(1));
        match action.name.as_str() {
            "default" => Done::Value(match values {
                [value] => *value,
                _ => self.node(NodeKind::Other, start, &[]),
            }),
            "" => Done::Value(a),
            "not_equal" => self.not_equal(a),
            "Elements" | "tuple" | "strings" | "comparison" | "comprehension" | "future_import" => {
                self.build(&action.name, [a, b, argument(2)], start)
            }
            "formatted" => match self.formatted(a, message, start) {
                Ok(value) => Done::Value(value),
                Err(error) => Done::Raise(*error),
            },
            "string" | "number" | "middle_text" | "real_number" | "imaginary_number" | "conversion" | "field" => {
                match self.check(&action.name, a, b, message) {
                    Ok(value) => Done::Value(value),
                    Err(error) => Done::Raise(*error),
                }
            }
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
                let children: Vec<_> = (0..action.arguments.len()).flat_map(|i| self.items(argument(i))).collect();
                let kind = node_kind(name);
                Done::Value(self.node(kind, start, &children))
            }
            name => self.raise(name, a, b, message),
        }
    }

    /// Actions that build values and cannot fail.
    fn build(&mut self, name: &str, [a, b, c]: [Value; 3], start: u32) -> Done {
        let value = match name {
            "Elements" => {
                let items: Vec<_> = [a, b].into_iter().flat_map(|value| self.items(value)).collect();
                self.list(&items)
            }
            "tuple" => {
                let items = self.items(a);
                self.node(NodeKind::Tuple, start, &items)
            }
            "strings" => return self.strings(a, start),
            "comparison" => {
                let first = self.items(b).first().and_then(|&pair| self.get_node(pair).map(|node| node.kind));
                let kind = if first == Some(NodeKind::In) { NodeKind::CompareIn } else { NodeKind::Compare };
                self.node(kind, start, &[a])
            }
            "comprehension" => {
                let children: Vec<_> = std::iter::once(a).chain(self.items(b)).collect();
                self.node(NodeKind::Comprehension, start, &children)
            }
            _ => {
                let names = self.items(c);
                let imported = names.iter().any(|&alias| {
                    let name = self.get_node(alias).and_then(|node| self.children(node).first().copied());
                    name.is_some_and(|name| self.text(name) == "barry_as_FLUFL")
                });
                self.barry |= imported && self.text(b) == "__future__" && self.items(a).is_empty();
                self.node(NodeKind::Other, start, &[])
            }
        };
        Done::Value(value)
    }

    /// String literals in a row.
    fn strings(&mut self, parts: Value, start: u32) -> Done {
        let parts = self.items(parts);
        let has = |kind| parts.iter().any(|&part| self.get_node(part).is_some_and(|node| node.kind == kind));
        let (bytes, formatted) = (has(NodeKind::Bytes), has(NodeKind::JoinedStr));
        if bytes && (formatted || has(NodeKind::Str)) {
            return Done::Raise(self.last("cannot mix bytes and nonbytes literals".into()));
        }
        let kind = match (formatted, bytes) {
            (true, _) => NodeKind::JoinedStr,
            (_, true) => NodeKind::Bytes,
            _ => NodeKind::Str,
        };
        Done::Value(self.node(kind, start, &[]))
    }

    /// Actions that look at literals, and may find errors even in the first pass.
    fn check(&mut self, name: &str, a: Value, b: Value, letter: &str) -> Result<Value, Box<SyntaxError>> {
        let text = self.text(a);
        let start = match a {
            Value::Token(token) => token,
            _ => self.pos,
        };
        match name {
            "string" => {
                let literal = string::split(text, self.lexed.tokens[start as usize].form);
                if literal.bytes && !literal.body.is_ascii() {
                    return Err(self.at(a, "bytes can only contain ASCII literal characters".into()));
                }
                let kind = if literal.bytes { NodeKind::Bytes } else { NodeKind::Str };
                let decoded = match literal {
                    _ if literal.raw => Ok(None),
                    _ if literal.bytes => string::decode_bytes(literal.body).map(|(_, escape)| escape),
                    _ => string::decode_str(literal.body).map(|(_, escape)| escape),
                };
                let escape = decoded.map_err(|error| Box::new(self.last(error.message())))?;
                if let Some(escape) = escape.filter(|_| self.in_second_pass && !self.invalid) {
                    let body = literal.body.as_ptr() as usize - self.lexed.source.as_ptr() as usize;
                    self.escapes.push(EscapeWarning { token: start, escape, body: body as u32 });
                }
                Ok(self.node(kind, start, &[]))
            }
            "middle_text" => {
                if !self.in_raw_string(start) {
                    string::decode_str(text).map_err(|error| {
                        let kind = ErrorKind::UnicodeDecodeError;
                        Box::new(SyntaxError { kind, ..SyntaxError::without_place(error.reason()) })
                    })?;
                }
                Ok(a)
            }
            "number" => self.number(a, text, start),
            "real_number" | "imaginary_number" => {
                let imaginary = self.get_node(a).is_some_and(|node| node.kind == NodeKind::Complex);
                match (name, imaginary) {
                    ("real_number", true) => Err(self.at(a, "real number required in complex literal".into())),
                    ("imaginary_number", false) => {
                        Err(self.at(a, "imaginary number required in complex literal".into()))
                    }
                    _ => Ok(a),
                }
            }
            "conversion" => {
                let (mark, name) = (self.place(a), self.place(b));
                if (mark.end_line, mark.end_col) != (name.line, name.col) {
                    let letter = self.string_letter(start);
                    let message =
                        format!("{letter}-string: conversion type must come right after the exclamation mark");
                    let place = mark.to(name);
                    return Err(Box::new(self.report.at(place, self.fill, message)));
                }
                Ok(b)
            }
            "field" => {
                if matches!(a, Value::Token(_)) && !matches!(text, "s" | "r" | "a") {
                    let name = kaa_ast::dump::repr_text(text.as_bytes());
                    let message =
                        format!("{letter}-string: invalid conversion character {name}: expected 's', 'r', or 'a'");
                    return Err(self.at(a, message));
                }
                Ok(Value::None)
            }
            _ => unreachable!("action {name}"),
        }
    }

    /// `!=`, or `<>` where a future import has made it the operator.
    fn not_equal(&mut self, token: Value) -> Done {
        match (self.barry, self.text(token)) {
            (false, "!=") | (true, "<>") => Done::Value(token),
            (true, _) => Done::Raise(self.last("with Barry as BDFL, use '<>' instead of '!='".into())),
            (false, _) => Done::Fail,
        }
    }

    /// A whole f-string or t-string: its text is looked at when its end has been read.
    fn formatted(&mut self, parts: Value, letter: &str, start: u32) -> Result<Value, Box<SyntaxError>> {
        let raw = self.text(Value::Token(start)).bytes().any(|c| c | 0x20 == b'r');
        for part in self.items(parts) {
            if let (Value::Token(token), false) = (part, raw) {
                string::decode_str(self.text(part)).map_err(|error| {
                    Box::new(self.report.at_token(ErrorKind::SyntaxError, token, self.fill, error.message()))
                })?;
            }
        }
        let kind = if letter == "t" { NodeKind::TemplateStr } else { NodeKind::JoinedStr };
        Ok(self.node(kind, start, &[]))
    }

    fn number(&mut self, token: Value, text: &str, start: u32) -> Result<Value, Box<SyntaxError>> {
        let arena = kaa_ast::Arena::new();
        let kind = match number::parse(text, &arena, self.max_int_digits) {
            Ok(kaa_ast::Constant::Complex { .. }) => NodeKind::Complex,
            Ok(_) => NodeKind::Number,
            Err(number::TooManyDigits(digits)) => {
                let message = format!(
                    "Exceeds the limit ({} digits) for integer string conversion: value has {digits} digits; \
                     use sys.set_int_max_str_digits() to increase the limit \
                     - Consider hexadecimal for huge integer literals to avoid decimal conversion limits.",
                    self.max_int_digits
                );
                let place = self.place(token);
                let error =
                    self.report.error(ErrorKind::SyntaxError, message, self.fill, (place.line, 0), (place.end_line, 0));
                return Err(Box::new(error));
            }
        };
        Ok(self.node(kind, start, &[]))
    }

    /// The start token of the f-string or t-string around a token.
    fn enclosing_string(&self, token: u32) -> Option<u32> {
        let mut depth = 0;
        for i in (0..token).rev() {
            match self.lexed.tokens[i as usize].kind {
                Kind::FStringEnd | Kind::TStringEnd => depth += 1,
                Kind::FStringStart | Kind::TStringStart if depth == 0 => return Some(i),
                Kind::FStringStart | Kind::TStringStart => depth -= 1,
                _ => {}
            }
        }
        None
    }

    fn in_raw_string(&self, token: u32) -> bool {
        let start = self.enclosing_string(token);
        start.is_some_and(|start| self.text(Value::Token(start)).bytes().any(|c| c | 0x20 == b'r'))
    }

    fn string_letter(&self, token: u32) -> char {
        let start = self.enclosing_string(token).map(|start| self.lexed.tokens[start as usize].kind);
        if start == Some(Kind::TStringStart) { 't' } else { 'f' }
    }

    // Errors

    /// An error at the last token that was read.
    fn last(&self, message: String) -> SyntaxError {
        self.report.at_token(ErrorKind::SyntaxError, self.fill - 1, self.fill, message)
    }

    fn at(&self, value: Value, message: String) -> Box<SyntaxError> {
        Box::new(self.report.at(self.place(value), self.fill, message))
    }

    fn range(&self, from: Value, to: Value, message: String) -> Done {
        let (from, to) = (self.place(from), self.place(to));
        let place = from.to(to);
        Done::Raise(self.report.at(place, self.fill, message))
    }

    /// Actions of the rules for errors.
    fn raise(&mut self, name: &str, a: Value, b: Value, message: &str) -> Done {
        let message = message.replace("%name", self.expression_name(a)).replace("%token", self.text(a));
        let last_item = |list: Value| self.items(list).last().copied().unwrap_or(Value::None);
        match name {
            "error" => Done::Raise(self.last(message)),
            "error_at" => Done::Raise(*self.at(a, message)),
            "error_range" => self.range(a, b, message),
            "error_from" => Done::Raise(self.report.from(self.place(a), self.fill, message)),
            "error_items" => Done::Raise(*self.at(a, message)),
            "error_to_last" => self.range(a, last_item(b), message),
            "error_last_to" => self.range(last_item(a), b, message),
            "error_to_comprehension" => self.range(a, self.comprehension_end(b), message),
            "error_next" => match self.look(self.pos) {
                Ok(_) => {
                    let token = self.pos;
                    Done::Raise(self.report.at_token(ErrorKind::SyntaxError, token, self.fill, message))
                }
                Err(error) => Done::Raise(*error),
            },
            "indentation" => Done::Raise(self.indentation(message)),
            "indentation_after" => {
                let line = self.place(a).line;
                Done::Raise(self.indentation(format!("expected an indented block after {message} on line {line}")))
            }
            "invalid_target" => self.invalid_target(a, &message),
            "legacy_statement" => match self.text(a) {
                name @ ("print" | "exec") => {
                    let message = format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?");
                    self.range(a, b, message)
                }
                _ => Done::Fail,
            },
            "missing_comma" => {
                let legacy = matches!(a, Value::Token(_)) && matches!(self.text(a), "print" | "exec");
                if legacy || self.lexed.tokens[self.pos as usize - 1].level == 0 {
                    return Done::Fail;
                }
                self.range(a, b, "invalid syntax. Perhaps you forgot a comma?".into())
            }
            "two_for_not_equal" => {
                let (less, greater) = (self.place(a), self.place(b));
                if (less.end_line, less.end_col) != (greater.line, greater.col) {
                    return Done::Fail;
                }
                self.range(a, b, "invalid syntax.  Maybe you meant '!=' instead of '<>'?".into())
            }
            "missing_colon" => {
                let place = self.place(a);
                Done::Raise(self.report.error(
                    ErrorKind::SyntaxError,
                    "':' expected after dictionary key".into(),
                    self.fill,
                    (place.line, place.end_col),
                    (place.end_line, 0),
                ))
            }
            "bad_bound" => {
                let tuple = self.get_node(b).is_some_and(|node| node.kind == NodeKind::Tuple);
                let what = if tuple { "constraints" } else { "bound" };
                let message = format!("cannot use {what} with {message}");
                Done::Raise(self.report.from(self.place(a), self.fill, message))
            }
            "generator_in_call" => {
                let arguments = self.call_arguments(a);
                match arguments[..] {
                    [_, .., last] => {
                        let message = "Generator expression must be parenthesized".into();
                        self.range(last, self.comprehension_end(b), message)
                    }
                    _ => Done::Fail,
                }
            }
            "positional_after_keyword" => {
                let children = self.get_node(a).map_or(Vec::new(), |node| self.children(node).to_vec());
                let unpacking = children
                    .iter()
                    .any(|&child| self.get_node(child).is_some_and(|node| node.kind == NodeKind::KeywordUnpacking));
                let unpacking = if unpacking { " unpacking" } else { "" };
                Done::Raise(self.last(format!("positional argument follows keyword argument{unpacking}")))
            }
            _ => unreachable!("action {name}"),
        }
    }

    fn indentation(&self, message: String) -> SyntaxError {
        self.report.at_token(ErrorKind::IndentationError, self.fill - 1, self.fill, message)
    }

    /// The last condition of the last clause of a comprehension, or what it iterates over.
    fn comprehension_end(&self, clauses: Value) -> Value {
        let last = self.items(clauses).last().copied().unwrap_or(Value::None);
        self.get_node(last).and_then(|node| self.children(node).last().copied()).unwrap_or(last)
    }

    /// The arguments of a call that have no keyword.
    fn call_arguments(&self, call: Value) -> Vec<Value> {
        let Some(node) = self.get_node(call) else { return Vec::new() };
        let is_keyword = |value: Value| {
            self.get_node(value).is_some_and(|node| matches!(node.kind, NodeKind::Keyword | NodeKind::KeywordUnpacking))
        };
        self.children(node).iter().copied().filter(|&child| !is_keyword(child)).collect()
    }

    fn invalid_target(&self, value: Value, purpose: &str) -> Done {
        let target = match purpose {
            "assign" => Target::Assign,
            "delete" => Target::Delete,
            _ => Target::For,
        };
        match self.find_invalid_target(value, target) {
            Some(culprit) => {
                let verb = if target == Target::Delete { "delete" } else { "assign to" };
                Done::Raise(*self.at(culprit, format!("cannot {verb} {}", self.expression_name(culprit))))
            }
            None => Done::Fail,
        }
    }

    fn find_invalid_target(&self, value: Value, target: Target) -> Option<Value> {
        let node = self.get_node(value)?;
        let first = || self.children(node).first().copied();
        match node.kind {
            NodeKind::List | NodeKind::Tuple => {
                self.children(node).iter().find_map(|&child| self.find_invalid_target(child, target))
            }
            NodeKind::Starred if target == Target::Delete => Some(value),
            NodeKind::Starred => self.find_invalid_target(first()?, target),
            NodeKind::CompareIn if target == Target::For => self.find_invalid_target(first()?, target),
            NodeKind::Compare if target == Target::For => None,
            NodeKind::Subscript | NodeKind::Attribute => None,
            _ => Some(value),
        }
    }

    /// What CPython calls an expression in its messages.
    fn expression_name(&self, value: Value) -> &'static str {
        let Some(node) = self.get_node(value) else { return "name" };
        match node.kind {
            NodeKind::Attribute => "attribute",
            NodeKind::Subscript => "subscript",
            NodeKind::Starred => "starred",
            NodeKind::List => "list",
            NodeKind::Tuple => "tuple",
            NodeKind::Lambda => "lambda",
            NodeKind::Call => "function call",
            NodeKind::BoolOp | NodeKind::BinOp | NodeKind::UnaryOp => "expression",
            NodeKind::GeneratorExp => "generator expression",
            NodeKind::Yield => "yield expression",
            NodeKind::Await => "await expression",
            NodeKind::ListComp => "list comprehension",
            NodeKind::SetComp => "set comprehension",
            NodeKind::DictComp => "dict comprehension",
            NodeKind::Dict => "dict literal",
            NodeKind::Set => "set display",
            NodeKind::JoinedStr => "f-string expression",
            NodeKind::TemplateStr => "t-string expression",
            NodeKind::None => "None",
            NodeKind::True => "True",
            NodeKind::False => "False",
            NodeKind::Ellipsis => "ellipsis",
            NodeKind::Str | NodeKind::Bytes | NodeKind::Number | NodeKind::Complex => "literal",
            NodeKind::Compare | NodeKind::CompareIn => "comparison",
            NodeKind::IfExp => "conditional expression",
            NodeKind::NamedExpr => "named expression",
            _ => "expression",
        }
    }
}

fn node_kind(name: &str) -> NodeKind {
    match name {
        "Alias" => NodeKind::Alias,
        "Attribute" => NodeKind::Attribute,
        "Await" => NodeKind::Await,
        "BinOp" => NodeKind::BinOp,
        "BoolOp" => NodeKind::BoolOp,
        "Call" => NodeKind::Call,
        "Dict" => NodeKind::Dict,
        "DictComp" => NodeKind::DictComp,
        "Ellipsis" => NodeKind::Ellipsis,
        "False" => NodeKind::False,
        "GeneratorExp" => NodeKind::GeneratorExp,
        "IfExp" => NodeKind::IfExp,
        "In" => NodeKind::In,
        "JoinedStr" => NodeKind::JoinedStr,
        "Keyword" => NodeKind::Keyword,
        "KeywordUnpacking" => NodeKind::KeywordUnpacking,
        "Lambda" => NodeKind::Lambda,
        "List" => NodeKind::List,
        "ListComp" => NodeKind::ListComp,
        "NamedExpr" => NodeKind::NamedExpr,
        "None" => NodeKind::None,
        "Set" => NodeKind::Set,
        "SetComp" => NodeKind::SetComp,
        "Slice" => NodeKind::Slice,
        "Starred" => NodeKind::Starred,
        "Subscript" => NodeKind::Subscript,
        "TemplateStr" => NodeKind::TemplateStr,
        "True" => NodeKind::True,
        "Tuple" => NodeKind::Tuple,
        "UnaryOp" => NodeKind::UnaryOp,
        "Yield" => NodeKind::Yield,
        "Other" => NodeKind::Other,
        _ => unreachable!("node {name}"),
    }
}
