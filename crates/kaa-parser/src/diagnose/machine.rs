//! The machine that runs the grammar over the tokens.
//!
//! It backtracks as CPython's generated parser does, keeps results where that keeps them, and
//! counts the frames that that would need; its own stack is on the heap. Values are light: tokens,
//! nodes with a place and what errors ask of them, lists.

use std::collections::HashMap;

use kaa_ast::Span;

use super::grammar::{Grammar, Op, Pc};
use super::report::Reporter;
use crate::SyntaxError;
use crate::lexer::Tokens;
use crate::parser::EscapeWarning;
use crate::token::{Kind, Token, names};

/// Depth at which CPython's parser gives up.
const MAX_LEVEL: u32 = 6000;

#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    None,
    Token(u32),
    Node(u32),
    List(u32),
}

/// What errors distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    Other,
    Alias,
    Attribute,
    Await,
    BinOp,
    BoolOp,
    Bytes,
    Call,
    Compare,
    /// A comparison whose first operator is `in`.
    CompareIn,
    Complex,
    Comprehension,
    Dict,
    DictComp,
    Ellipsis,
    False,
    GeneratorExp,
    IfExp,
    /// An operand of `in`.
    In,
    JoinedStr,
    Keyword,
    KeywordUnpacking,
    Lambda,
    List,
    ListComp,
    NamedExpr,
    None,
    Number,
    Set,
    SetComp,
    Slice,
    Starred,
    Str,
    Subscript,
    TemplateStr,
    True,
    Tuple,
    UnaryOp,
    Yield,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub kind: NodeKind,
    pub span: Span,
    /// Children, in the pool.
    pub children: (u32, u32),
}

enum Entry {
    Frame { return_to: Pc, rule: u16, start: u32, base: u32, invalid: bool },
    Choice { target: Pc, pos: u32, values: u32 },
}

/// How a pass ended.
pub(super) enum Outcome {
    Accepted,
    Rejected,
    Raised(SyntaxError),
}

/// What an action came to.
pub(super) enum Done {
    Value(Value),
    /// The rule fails, whatever alternatives it has left.
    Fail,
    Raise(SyntaxError),
}

pub(super) struct Machine<'t, 'a> {
    pub(super) lexed: &'t Tokens<'a>,
    pub(super) report: Reporter<'t, 'a>,
    grammar: &'static Grammar,
    pub(super) pos: u32,
    /// Tokens that were looked at.
    pub(super) fill: u32,
    pub(super) barry: bool,
    pub(super) max_int_digits: u32,
    values: Vec<Value>,
    stack: Vec<Entry>,
    level: u32,
    /// Whether alternatives for errors are tried.
    pub(super) invalid: bool,
    /// Whether this is the pass that tries them, but for parts of it.
    pub(super) in_second_pass: bool,
    /// What the second pass warns of, where it does not look for errors: CPython is silent only
    /// while it does.
    pub(super) escapes: Vec<EscapeWarning>,
    memo: HashMap<(u16, u32), Option<(Value, u32)>>,
    nodes: Vec<Node>,
    pub(super) pool: Vec<Value>,
    lists: Vec<(u32, u32)>,
}

impl<'t, 'a> Machine<'t, 'a> {
    pub(super) fn new(lexed: &'t Tokens<'a>, barry: bool, max_int_digits: u32) -> Self {
        Machine {
            lexed,
            report: Reporter::new(lexed),
            grammar: Grammar::get(),
            pos: 0,
            fill: 0,
            barry,
            max_int_digits,
            values: Vec::new(),
            stack: Vec::new(),
            level: 0,
            invalid: false,
            in_second_pass: false,
            escapes: Vec::new(),
            memo: HashMap::new(),
            nodes: Vec::new(),
            pool: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Runs a rule from a token on. The second pass goes on with the tokens of the first.
    pub(super) fn run(&mut self, rule: &str, from: u32, invalid: bool) -> Outcome {
        self.memo.clear();
        self.values.clear();
        self.stack.clear();
        self.nodes.clear();
        self.pool.clear();
        self.lists.clear();
        (self.pos, self.level, self.invalid) = (from, 0, invalid);
        self.in_second_pass = invalid;
        let rule = self.grammar.rule(rule);
        self.stack.push(Entry::Frame { return_to: 0, rule, start: from, base: 0, invalid });
        match self.execute(self.grammar.rules[rule as usize].entry) {
            Ok(true) => Outcome::Accepted,
            Ok(false) => Outcome::Rejected,
            Err(error) => Outcome::Raised(*error),
        }
    }

    fn execute(&mut self, mut pc: Pc) -> Result<bool, Box<SyntaxError>> {
        loop {
            let op = self.grammar.code[pc as usize];
            pc += 1;
            let next = match op {
                Op::Token(kind) => self.consume(|token| token.kind == kind)?,
                Op::Soft(name) => self.consume(|token| token.kind == Kind::Name && token.name() == name)?,
                Op::AnySoftKeyword => self.consume(|token| token.kind == Kind::Name && token.name() <= names::TYPE)?,
                Op::Force(kind, text) => {
                    let found = self.consume(|token| token.kind == kind)?;
                    if !found {
                        let place = self.token_place(self.pos);
                        return Err(Box::new(self.report.at(place, self.fill, format!("expected '{text}'"))));
                    }
                    true
                }
                Op::Call(rule) => match self.call(rule, pc)? {
                    Some(target) => {
                        pc = target;
                        true
                    }
                    None => false,
                },
                Op::Choice(target) => {
                    self.stack.push(Entry::Choice { target, pos: self.pos, values: self.values.len() as u32 });
                    true
                }
                Op::Commit(target) => {
                    self.stack.pop();
                    pc = target;
                    true
                }
                Op::Cut => {
                    if let Some(Entry::Choice { target, .. }) = self.stack.last_mut() {
                        *target = 0;
                    }
                    true
                }
                Op::LookEnd => {
                    if let Some(Entry::Choice { pos, values, .. }) = self.stack.pop() {
                        self.pos = pos;
                        self.values.truncate(values as usize);
                    }
                    true
                }
                Op::NotEnd => {
                    self.stack.pop();
                    false
                }
                Op::Fail => false,
                Op::UnlessInvalid(target) => {
                    if !self.invalid {
                        pc = target;
                    }
                    true
                }
                Op::PushNone => {
                    self.values.push(Value::None);
                    true
                }
                Op::Drop => {
                    self.values.pop();
                    true
                }
                Op::ReturnList { required } => {
                    let base = self.base();
                    if required && self.values.len() == base {
                        false
                    } else {
                        let items: Vec<_> = self.values.drain(base..).collect();
                        let list = self.list(&items);
                        match self.leave(list) {
                            Some(target) => pc = target,
                            None => return Ok(true),
                        }
                        true
                    }
                }
                Op::Return(action) => match self.act(action) {
                    Done::Value(value) => {
                        match self.leave(value) {
                            Some(target) => pc = target,
                            None => return Ok(true),
                        }
                        true
                    }
                    Done::Fail => false,
                    Done::Raise(error) => return Err(Box::new(error)),
                },
                Op::Extend(action) => match self.act(action) {
                    Done::Value(value) => {
                        let base = self.base();
                        self.values.truncate(base);
                        self.values.push(value);
                        true
                    }
                    Done::Fail => false,
                    Done::Raise(error) => return Err(Box::new(error)),
                },
                Op::ReturnValue => {
                    let value = self.values.pop().unwrap_or(Value::None);
                    match self.leave(value) {
                        Some(target) => pc = target,
                        None => return Ok(true),
                    }
                    true
                }
            };
            if !next {
                match self.backtrack() {
                    Some(target) => pc = target,
                    None => return Ok(false),
                }
            }
        }
    }

    /// The token at a position; an error when the lexer stopped there.
    pub(super) fn look(&mut self, pos: u32) -> Result<&'t Token, Box<SyntaxError>> {
        let lexed = self.lexed;
        let pos = pos.min(lexed.tokens.len() as u32 - 1);
        let token = &lexed.tokens[pos as usize];
        if pos >= self.fill {
            self.fill = pos + 1;
            if token.kind == Kind::Error {
                return Err(Box::new(self.report.lexer_failure()));
            }
        }
        Ok(token)
    }

    fn consume(&mut self, matches: impl Fn(&Token) -> bool) -> Result<bool, Box<SyntaxError>> {
        let token = self.look(self.pos)?;
        let found = matches(token);
        if found {
            self.values.push(Value::Token(self.pos));
            self.pos += 1;
        }
        Ok(found)
    }

    /// Enters a rule, or takes its result from the last time. Nothing when it failed then.
    fn call(&mut self, rule: u16, return_to: Pc) -> Result<Option<Pc>, Box<SyntaxError>> {
        let info = &self.grammar.rules[rule as usize];
        if info.memo {
            self.look(self.pos)?;
            match self.memo.get(&(rule, self.pos)) {
                Some(&Some((value, end))) => {
                    self.values.push(value);
                    self.pos = end;
                    return Ok(Some(return_to));
                }
                Some(None) => return Ok(None),
                None => {}
            }
        }
        self.level += info.weight;
        if self.level > MAX_LEVEL {
            return Err(Box::new(Reporter::too_complex()));
        }
        let base = self.values.len() as u32;
        self.stack.push(Entry::Frame { return_to, rule, start: self.pos, base, invalid: self.invalid });
        if info.plain {
            self.invalid = false;
        }
        Ok(Some(info.entry))
    }

    /// Ends the innermost rule with a value. Nothing when that was the last.
    fn leave(&mut self, value: Value) -> Option<Pc> {
        let Some(Entry::Frame { return_to, rule, start, base, invalid }) = self.stack.pop() else {
            unreachable!("a rule ends with its frame on top");
        };
        let info = &self.grammar.rules[rule as usize];
        if info.memo {
            self.memo.insert((rule, start), Some((value, self.pos)));
        }
        if self.stack.is_empty() {
            return None;
        }
        self.level -= info.weight;
        self.invalid = invalid;
        self.values.truncate(base as usize);
        self.values.push(value);
        Some(return_to)
    }

    /// Goes back to the last choice. Nothing when there is none.
    fn backtrack(&mut self) -> Option<Pc> {
        loop {
            match self.stack.pop()? {
                Entry::Choice { target, pos, values } => {
                    self.pos = pos;
                    self.values.truncate(values as usize);
                    return Some(target);
                }
                Entry::Frame { rule, start, base, invalid, .. } => {
                    let info = &self.grammar.rules[rule as usize];
                    if info.memo {
                        self.memo.insert((rule, start), None);
                    }
                    self.level -= info.weight.min(self.level);
                    self.invalid = invalid;
                    self.values.truncate(base as usize);
                }
            }
        }
    }

    fn frame(&self) -> (u32, usize) {
        let frame = self.stack.iter().rev().find_map(|entry| match entry {
            Entry::Frame { start, base, .. } => Some((*start, *base as usize)),
            Entry::Choice { .. } => None,
        });
        frame.expect("a frame")
    }

    fn base(&self) -> usize {
        self.frame().1
    }

    fn act(&mut self, action: u16) -> Done {
        let (start, base) = self.frame();
        let values: Vec<_> = self.values[base..].to_vec();
        let action = &self.grammar.actions[action as usize];
        self.action(action, &values, start)
    }

    // Values

    pub(super) fn list(&mut self, items: &[Value]) -> Value {
        let from = self.pool.len() as u32;
        self.pool.extend_from_slice(items);
        self.lists.push((from, self.pool.len() as u32));
        Value::List(self.lists.len() as u32 - 1)
    }

    /// The items of a list; no value has none, any other is its only one.
    pub(super) fn items(&self, value: Value) -> Vec<Value> {
        match value {
            Value::None => Vec::new(),
            Value::List(list) => {
                let (from, to) = self.lists[list as usize];
                self.pool[from as usize..to as usize].to_vec()
            }
            value => vec![value],
        }
    }

    pub(super) fn node(&mut self, kind: NodeKind, start: u32, children: &[Value]) -> Value {
        let first = self.token_place(start);
        let last = self.last_token(start);
        let span = first.to(last);
        let from = self.pool.len() as u32;
        self.pool.extend_from_slice(children);
        self.nodes.push(Node { kind, span, children: (from, self.pool.len() as u32) });
        Value::Node(self.nodes.len() as u32 - 1)
    }

    pub(super) fn get_node(&self, value: Value) -> Option<&Node> {
        match value {
            Value::Node(node) => Some(&self.nodes[node as usize]),
            _ => None,
        }
    }

    pub(super) fn children(&self, node: &Node) -> &[Value] {
        &self.pool[node.children.0 as usize..node.children.1 as usize]
    }

    /// The place of the last token before the current one that is no layout.
    fn last_token(&self, start: u32) -> Span {
        let mut last = self.pos.saturating_sub(1);
        while last > start && self.lexed.tokens[last as usize].kind.is_layout() {
            last -= 1;
        }
        self.token_place(last)
    }

    pub(super) fn token_place(&self, token: u32) -> Span {
        self.lexed.tokens[(token as usize).min(self.lexed.tokens.len() - 1)].span
    }

    pub(super) fn place(&self, value: Value) -> Span {
        match value {
            Value::Token(token) => self.token_place(token),
            Value::Node(node) => self.nodes[node as usize].span,
            Value::List(_) => {
                let items = self.items(value);
                match (items.first(), items.last()) {
                    (Some(&first), Some(&last)) => {
                        let (first, last) = (self.place(first), self.place(last));
                        first.to(last)
                    }
                    _ => self.token_place(self.pos),
                }
            }
            Value::None => self.token_place(self.pos),
        }
    }

    /// Text of a token.
    pub(super) fn text(&self, value: Value) -> &'a str {
        match value {
            Value::Token(token) => {
                let token = &self.lexed.tokens[token as usize];
                &self.lexed.source[token.start as usize..token.end as usize]
            }
            _ => "",
        }
    }
}
