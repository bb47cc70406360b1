//! Reads the grammar and compiles it for the [machine](super::machine).
//!
//! The grammar is data of the program, so a mistake in it is a panic, which a test finds.

use std::collections::HashMap;
use std::sync::OnceLock;

use kaa_ast::Name;

use crate::token::{Kind, keyword, names};

/// Program counter.
pub(super) type Pc = u32;

#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// Consumes a token and pushes it; fails on another.
    Token(Kind),
    Soft(Name),
    AnySoftKeyword,
    /// Consumes a token or reports that it was expected.
    Force(Kind, &'static str),
    Call(u16),
    /// Where to go on when what follows fails.
    Choice(Pc),
    /// What followed the choice succeeded: forget the choice and jump.
    Commit(Pc),
    /// Failing from here on fails the rule.
    Cut,
    /// Ends a positive lookahead: back to where it began.
    LookEnd,
    /// Ends a negative lookahead that matched: fails.
    NotEnd,
    Fail,
    /// Jumps over an alternative for errors unless these are looked for.
    UnlessInvalid(Pc),
    PushNone,
    Drop,
    /// Returns all values of the frame as a list; an empty one fails if asked to.
    ReturnList {
        required: bool,
    },
    /// Returns what the action makes of the values.
    Return(u16),
    /// Replaces the values by what the action makes of them, and goes on.
    Extend(u16),
    /// Returns the only value.
    ReturnValue,
}

/// An argument of an action.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    Value(usize),
    Text(String),
}

#[derive(Clone, Debug)]
pub(super) struct Action {
    /// Function or node; empty for a value that stands for itself.
    pub name: String,
    pub arguments: Vec<Argument>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    pub entry: Pc,
    pub memo: bool,
    /// Turns off the rules for errors below it.
    pub plain: bool,
    /// Frames of CPython's parser that a call takes.
    pub weight: u32,
}

pub(super) struct Grammar {
    pub code: Vec<Op>,
    pub rules: Vec<Rule>,
    pub actions: Vec<Action>,
    index: HashMap<String, u16>,
}

impl Grammar {
    pub(super) fn get() -> &'static Grammar {
        static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
        GRAMMAR.get_or_init(|| Compiler::compile(include_str!("grammar.peg")))
    }

    pub(super) fn rule(&self, name: &str) -> u16 {
        self.index[name]
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// A rule or a token class.
    Name(String),
    Literal(String),
    Soft(String),
    Flag(String),
    Value(usize),
    Punctuation(String),
}

struct Compiler {
    words: Vec<Word>,
    pos: usize,
    grammar: Grammar,
}

/// What may follow an alternative of a rule.
struct Alternative {
    /// Address of the jump over it, to be set.
    skip: Option<usize>,
    choice: usize,
}

impl Compiler {
    fn compile(text: &str) -> Grammar {
        let (words, starts) = scan(text);
        let mut index = HashMap::new();
        for (i, (name, _)) in starts.iter().enumerate() {
            assert!(index.insert(name.clone(), i as u16).is_none(), "rule {name} twice");
        }
        let rules = vec![Rule { weight: 1, ..Rule::default() }; starts.len()];
        // Address 0 fails: what cut alternatives and lookaheads go to.
        let grammar = Grammar { code: vec![Op::Fail], rules, actions: Vec::new(), index };
        let mut compiler = Compiler { words, pos: 0, grammar };
        for (i, (_, start)) in starts.iter().enumerate() {
            compiler.pos = *start;
            compiler.rule(i);
        }
        compiler.grammar
    }

    fn emit(&mut self, op: Op) -> usize {
        self.grammar.code.push(op);
        self.grammar.code.len() - 1
    }

    fn here(&self) -> Pc {
        self.grammar.code.len() as Pc
    }

    fn peek(&self) -> Option<&Word> {
        self.words.get(self.pos)
    }

    fn at(&self, punctuation: &str) -> bool {
        matches!(self.peek(), Some(Word::Punctuation(found)) if found == punctuation)
    }

    fn eat(&mut self, punctuation: &str) -> bool {
        let found = self.at(punctuation);
        self.pos += usize::from(found);
        found
    }

    fn expect(&mut self, punctuation: &str) {
        assert!(self.eat(punctuation), "expected {punctuation} at {:?}", &self.words[self.pos..][..4]);
    }

    fn rule(&mut self, index: usize) {
        while let Some(Word::Flag(flag)) = self.peek().cloned() {
            let rule = &mut self.grammar.rules[index];
            match flag.as_str() {
                "memo" => rule.memo = true,
                "plain" => rule.plain = true,
                "inline" => rule.weight = 0,
                _ => panic!("unknown flag {flag}"),
            }
            self.pos += 1;
        }
        self.expect(":");
        // A rule with left recursion has its base first.
        let is_left = self.words[self.pos..]
            .iter()
            .take_while(|word| **word != Word::Punctuation("end".into()))
            .any(|word| *word == Word::Flag("left".into()));
        if is_left { self.left_recursive(index) } else { self.body(index, "end") }
    }

    /// Alternatives up to a closing word, as the body of a rule.
    fn body(&mut self, rule: usize, close: &str) {
        let entry = self.alternatives(close);
        self.grammar.rules[rule].entry = entry;
    }

    fn alternatives(&mut self, close: &str) -> Pc {
        // Groups inside are compiled first, to have addresses of their own.
        let alternatives = self.split(close);
        let prepared: Vec<_> = alternatives.into_iter().map(|(from, to)| self.prepare(from, to)).collect();
        let entry = self.here();
        for items in prepared {
            let alternative = self.begin_alternative(&items);
            let action = self.items(&items);
            let next = self.here() + 1;
            self.emit(Op::Commit(next));
            self.emit(Op::Return(action));
            self.end_alternative(alternative);
        }
        self.emit(Op::Fail);
        entry
    }

    fn begin_alternative(&mut self, items: &Items) -> Alternative {
        let skip = items.for_errors.then(|| self.emit(Op::UnlessInvalid(0)));
        let choice = self.emit(Op::Choice(0));
        Alternative { skip, choice }
    }

    fn end_alternative(&mut self, alternative: Alternative) {
        let here = self.here();
        self.grammar.code[alternative.choice] = Op::Choice(here);
        if let Some(skip) = alternative.skip {
            self.grammar.code[skip] = Op::UnlessInvalid(here);
        }
    }

    fn left_recursive(&mut self, rule: usize) {
        let base = self.pos;
        while *self.peek().expect("%left") != Word::Flag("left".into()) {
            self.pos += 1;
        }
        let base = self.prepare(base, self.pos);
        self.pos += 1;
        let alternatives = self.split("end");
        let prepared: Vec<_> = alternatives.into_iter().map(|(from, to)| self.prepare(from, to)).collect();
        self.grammar.rules[rule] =
            Rule { entry: self.here(), memo: true, weight: 2, ..self.grammar.rules[rule].clone() };
        self.items(&base);
        let again = self.here();
        for items in prepared {
            let alternative = self.begin_alternative(&items);
            let action = self.items(&items);
            let next = self.here() + 1;
            self.emit(Op::Commit(next));
            self.emit(Op::Extend(action));
            // `Commit` needs a choice to forget; a jump is a choice that is taken back.
            self.emit(Op::Choice(0));
            self.emit(Op::Commit(again));
            self.end_alternative(alternative);
        }
        self.emit(Op::ReturnValue);
    }

    /// The ranges of words of the alternatives up to a closing word, which is stepped over.
    fn split(&mut self, close: &str) -> Vec<(usize, usize)> {
        self.eat("|");
        let mut ranges = Vec::new();
        let mut from = self.pos;
        let mut depth = 0;
        loop {
            if depth == 0 && self.at(close) {
                ranges.push((from, self.pos));
                self.pos += 1;
                return ranges;
            }
            if depth == 0 && self.at("|") {
                ranges.push((from, self.pos));
                from = self.pos + 1;
            }
            if self.at("(") {
                depth += 1;
            } else if self.at(")") {
                depth -= 1;
            }
            self.pos += 1;
        }
    }

    /// Parses one alternative; groups and loops become rules without a name.
    fn prepare(&mut self, from: usize, to: usize) -> Items {
        let saved = std::mem::replace(&mut self.pos, from);
        let mut items = Items { list: Vec::new(), action: None, for_errors: false };
        while self.pos < to {
            if self.eat("{") {
                items.action = Some(self.action());
                continue;
            }
            let item = self.item();
            items.list.push(item);
        }
        // As in CPython, an alternative with more to it is tried in the first pass too.
        items.for_errors = matches!(items.list[..], [Item::Rule(_, true)]);
        self.pos = saved;
        items
    }

    fn action(&mut self) -> Action {
        let mut action = Action { name: String::new(), arguments: Vec::new() };
        while !self.eat("}") {
            match self.words[self.pos].clone() {
                Word::Name(name) => action.name = name,
                Word::Value(number) => action.arguments.push(Argument::Value(number)),
                Word::Soft(text) => action.arguments.push(Argument::Text(text)),
                word => panic!("{word:?} in an action"),
            }
            self.pos += 1;
        }
        action
    }

    fn item(&mut self) -> Item {
        for (mark, make) in [
            ("&&", Item::Force as fn(Box<Item>) -> Item),
            ("&", Item::Look as fn(Box<Item>) -> Item),
            ("!", Item::Not as fn(Box<Item>) -> Item),
        ] {
            if self.eat(mark) {
                let inner = self.item();
                return make(Box::new(inner));
            }
        }
        if self.eat("~") {
            return Item::Cut;
        }
        let atom = self.atom();
        if self.eat(".") {
            let element = self.atom();
            self.expect("+");
            return self.gather(&atom, &element);
        }
        if self.eat("?") {
            return Item::Optional(Box::new(atom));
        }
        if self.eat("*") {
            return self.repeat(&atom, false);
        }
        if self.eat("+") {
            return self.repeat(&atom, true);
        }
        atom
    }

    fn atom(&mut self) -> Item {
        let word = self.words[self.pos].clone();
        self.pos += 1;
        match word {
            Word::Literal(text) => Item::Token(literal(&text)),
            Word::Soft(text) => Item::Soft(soft_keyword(&text)),
            Word::Name(name) if name == "SOFT_KEYWORD" => Item::AnySoftKeyword,
            Word::Name(name) => match token_class(&name) {
                Some(kind) => Item::Token(kind),
                None => {
                    let rule = *self.grammar.index.get(&name).unwrap_or_else(|| panic!("no rule {name}"));
                    Item::Rule(rule, name.starts_with("invalid_"))
                }
            },
            Word::Punctuation(open) if open == "(" => {
                let rule = self.new_rule();
                self.body(rule, ")");
                Item::Rule(rule as u16, false)
            }
            word => panic!("unexpected {word:?}"),
        }
    }

    fn new_rule(&mut self) -> usize {
        self.grammar.rules.push(Rule { weight: 1, ..Rule::default() });
        self.grammar.rules.len() - 1
    }

    fn repeat(&mut self, element: &Item, required: bool) -> Item {
        let rule = self.new_rule();
        let start = self.here();
        self.grammar.rules[rule].entry = start;
        let choice = self.emit(Op::Choice(0));
        self.single(element);
        self.emit(Op::Commit(start));
        self.grammar.code[choice] = Op::Choice(self.here());
        self.emit(Op::ReturnList { required });
        Item::Rule(rule as u16, false)
    }

    fn gather(&mut self, separator: &Item, element: &Item) -> Item {
        let rule = self.new_rule();
        self.grammar.rules[rule].entry = self.here();
        self.grammar.rules[rule].weight = 2;
        self.single(element);
        let again = self.here();
        let choice = self.emit(Op::Choice(0));
        self.single(separator);
        self.emit(Op::Drop);
        self.single(element);
        self.emit(Op::Commit(again));
        self.grammar.code[choice] = Op::Choice(self.here());
        self.emit(Op::ReturnList { required: true });
        Item::Rule(rule as u16, false)
    }

    /// The items of an alternative, and its action.
    fn items(&mut self, items: &Items) -> u16 {
        for item in &items.list {
            self.single(item);
        }
        let action = items.action.clone().unwrap_or_else(|| Action { name: "default".into(), arguments: Vec::new() });
        self.grammar.actions.push(action);
        (self.grammar.actions.len() - 1) as u16
    }

    fn single(&mut self, item: &Item) {
        match item {
            Item::Token(kind) => {
                self.emit(Op::Token(*kind));
            }
            Item::Soft(name) => {
                self.emit(Op::Soft(*name));
            }
            Item::AnySoftKeyword => {
                self.emit(Op::AnySoftKeyword);
            }
            Item::Rule(rule, _) => {
                self.emit(Op::Call(*rule));
            }
            Item::Cut => {
                self.emit(Op::Cut);
            }
            Item::Force(inner) => match &**inner {
                Item::Token(Kind::Colon) => {
                    self.emit(Op::Force(Kind::Colon, ":"));
                }
                Item::Token(Kind::LParen) => {
                    self.emit(Op::Force(Kind::LParen, "("));
                }
                _ => panic!("only a colon or a parenthesis can be required"),
            },
            Item::Look(inner) => {
                self.emit(Op::Choice(0));
                self.single(inner);
                self.emit(Op::LookEnd);
            }
            Item::Not(inner) => {
                let choice = self.emit(Op::Choice(0));
                self.single(inner);
                self.emit(Op::NotEnd);
                self.grammar.code[choice] = Op::Choice(self.here());
            }
            Item::Optional(inner) => {
                let choice = self.emit(Op::Choice(0));
                self.single(inner);
                let after = self.here() + 2;
                self.emit(Op::Commit(after));
                self.grammar.code[choice] = Op::Choice(self.here());
                self.emit(Op::PushNone);
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Item {
    Token(Kind),
    Soft(Name),
    AnySoftKeyword,
    /// A rule, and whether it looks for errors.
    Rule(u16, bool),
    Cut,
    Force(Box<Item>),
    Look(Box<Item>),
    Not(Box<Item>),
    Optional(Box<Item>),
}

struct Items {
    list: Vec<Item>,
    action: Option<Action>,
    /// Whether the alternative is tried in the second pass only.
    for_errors: bool,
}

fn soft_keyword(text: &str) -> Name {
    match text {
        "_" => names::UNDERSCORE,
        "case" => names::CASE,
        "match" => names::MATCH,
        "type" => names::TYPE,
        _ => panic!("no soft keyword {text}"),
    }
}

fn token_class(name: &str) -> Option<Kind> {
    Some(match name {
        "NAME" => Kind::Name,
        "NUMBER" => Kind::Number,
        "STRING" => Kind::String,
        "NEWLINE" => Kind::Newline,
        "INDENT" => Kind::Indent,
        "DEDENT" => Kind::Dedent,
        "ENDMARKER" => Kind::EndMarker,
        "TYPE_COMMENT" => Kind::TypeComment,
        "FSTRING_START" => Kind::FStringStart,
        "FSTRING_MIDDLE" => Kind::FStringMiddle,
        "FSTRING_END" => Kind::FStringEnd,
        "TSTRING_START" => Kind::TStringStart,
        "TSTRING_MIDDLE" => Kind::TStringMiddle,
        "TSTRING_END" => Kind::TStringEnd,
        _ => return None,
    })
}

fn literal(text: &str) -> Kind {
    if let Some(kind) = keyword(text.as_bytes()) {
        return kind;
    }
    let byte = |i: usize| text.as_bytes().get(i).copied().unwrap_or(0);
    let (kind, length) = crate::lexer::operator(byte(0), byte(1), byte(2));
    assert!(length == text.len() && kind != Kind::Other, "no token {text}");
    kind
}

/// The words of the grammar, rules ended by `end`, and where the rules start.
fn scan(text: &str) -> (Vec<Word>, Vec<(String, usize)>) {
    let mut words: Vec<Word> = Vec::new();
    let mut starts = Vec::new();
    let punctuation = |text: &str| Word::Punctuation(text.into());
    for line in text.lines() {
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            if !words.is_empty() {
                words.push(punctuation("end"));
            }
            let end = line.find([':', ' ']).expect("the colon of a rule");
            starts.push((line[..end].to_string(), words.len()));
            scan_line(&line[end..], &mut words);
        } else if !line.starts_with('#') {
            scan_line(line, &mut words);
        }
    }
    words.push(punctuation("end"));
    (words, starts)
}

fn scan_line(line: &str, words: &mut Vec<Word>) {
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let quoted = |quote: char| {
            let mut text = String::new();
            let mut chars = rest[1..].char_indices();
            while let Some((i, c)) = chars.next() {
                match c {
                    '\\' => text.extend(chars.next().map(|(_, c)| c)),
                    c if c == quote => return (text, i + 2),
                    c => text.push(c),
                }
            }
            panic!("no end of {rest}")
        };
        let word_length = |from: usize| {
            rest[from..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(rest.len(), |end| from + end)
        };
        let (word, length) = match first {
            '\'' => {
                let (text, length) = quoted('\'');
                (Word::Literal(text), length)
            }
            '"' => {
                let (text, length) = quoted('"');
                (Word::Soft(text), length)
            }
            '@' | '%' => {
                let length = word_length(1);
                (Word::Flag(rest[1..length].into()), length)
            }
            '$' => (Word::Value(rest[1..2].parse().expect("a digit")), 2),
            'a'..='z' | 'A'..='Z' => {
                let length = word_length(0);
                (Word::Name(rest[..length].into()), length)
            }
            '&' if rest.starts_with("&&") => (Word::Punctuation("&&".into()), 2),
            _ => (Word::Punctuation(first.to_string()), 1),
        };
        words.push(word);
        rest = rest[length..].trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiles() {
        let grammar = Grammar::get();
        assert!(grammar.rules.len() > 250);
        assert!(grammar.rules.iter().all(|rule| rule.entry > 0));
        for start in ["file", "interactive", "eval", "func_type"] {
            grammar.rule(start);
        }
    }
}
