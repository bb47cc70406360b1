//! The parser: tokens to a tree, by recursive descent and precedence climbing.
//!
//! It knows which programs are valid and nothing of error messages: where it cannot go on, it
//! returns [`Fail`], and [`diagnose`](crate::diagnose) finds the words. It goes back over tokens in
//! two places only, after the soft keyword `match` and in `with (`.
//!
//! Chains that grow to the right (`not not …`, `- - …`, `a ** b ** …`, `lambda: lambda: …`,
//! `… else …`, `elif …`) are parsed in loops, so that what recurses is bounded by the lexer's
//! limits on brackets and indentation, and [`MAX_DEPTH`] for defaults of lambdas.

mod arguments;
mod atoms;
mod compound;
mod expressions;
mod imports;
mod patterns;
mod statements;
mod strings;
mod targets;
mod type_params;

use bumpalo::collections::Vec as ArenaVec;
use kaa_ast::*;

use crate::diagnose::FailedParse;
use crate::lexer::Tokens;
use crate::literals::string::InvalidEscape;
use crate::token::{Kind, Token};
use crate::{Mode, ParseOptions};

/// The source is not valid, or too deep.
#[derive(Debug)]
pub(crate) struct Fail;

pub(crate) type Parse<T> = Result<T, Fail>;

/// How deep expressions may nest. CPython gives up at fewer levels.
const MAX_DEPTH: u32 = 1000;

/// How many operators may wait for one operand, as in `- - - x` and `x ** y ** z`.
const MAX_OPERATORS: usize = 4000;

/// Syntax that the version asked for does not have.
#[derive(Clone, Copy)]
pub(crate) struct TooNew {
    /// With the verb: «Type parameter lists are».
    what: &'static str,
    since: u8,
    /// The token after the one of the error.
    pub next_token: u32,
}

impl TooNew {
    pub(crate) fn message(&self) -> String {
        format!("{} only supported in Python 3.{} and greater", self.what, self.since)
    }
}

/// Where a node begins: line and column.
pub(crate) type Start = (i32, i32);

/// An invalid escape sequence, to be warned of.
#[derive(Clone, Copy)]
pub(crate) struct EscapeWarning {
    pub token: u32,
    pub escape: InvalidEscape,
    /// Offset of the body of the literal in the source.
    pub body: u32,
}

/// What is left to do of an expression that grows to the right.
pub(super) enum Pending<'a> {
    Unary(UnaryOp, Start),
    Power(ExprRef<'a>, Start),
    Lambda(&'a Arguments<'a>, Start),
    If { body: ExprRef<'a>, test: ExprRef<'a>, start: Start },
}

/// Lists that are being built. They nest, so each is a stack whose top belongs to the innermost.
pub(super) struct Scratch<'a> {
    exprs: ArenaVec<'a, ExprRef<'a>>,
    stmts: ArenaVec<'a, Stmt<'a>>,
    keywords: ArenaVec<'a, Keyword<'a>>,
    optional_exprs: Vec<Option<ExprRef<'a>>>,
    patterns: Vec<Pattern<'a>>,
    comprehensions: Vec<Comprehension<'a>>,
    args: ArenaVec<'a, Arg<'a>>,
    names: Vec<Name>,
    operators: Vec<CmpOp>,
    pending: Vec<Pending<'a>>,
    with_items: Vec<WithItem<'a>>,
    handlers: Vec<ExceptHandler<'a>>,
}

impl<'a> Scratch<'a> {
    /// With room for what most sources need of the lists that all sources need.
    fn new(arena: &'a Arena) -> Self {
        Scratch {
            exprs: ArenaVec::with_capacity_in(32, arena),
            stmts: ArenaVec::with_capacity_in(128, arena),
            keywords: ArenaVec::with_capacity_in(16, arena),
            optional_exprs: Vec::new(),
            patterns: Vec::new(),
            comprehensions: Vec::new(),
            args: ArenaVec::with_capacity_in(16, arena),
            names: Vec::new(),
            operators: Vec::new(),
            pending: Vec::new(),
            with_items: Vec::new(),
            handlers: Vec::new(),
        }
    }
}

pub(crate) struct Parser<'a, 't> {
    pub(super) tokens: &'t [Token],
    pub(super) lexed: &'t Tokens<'a>,
    pub(super) source: &'a str,
    pub(super) arena: &'a Arena,
    pub(super) interner: &'t mut Interner<'a>,
    pos: usize,
    /// The kind of the current token.
    kind: Kind,
    pub(super) depth: u32,
    pub(super) barry: bool,
    pub(super) max_int_digits: u32,
    feature_version: u8,
    /// Why the parse failed, when the syntax is too new.
    pub(crate) too_new: Option<TooNew>,
    pub(super) scratch: Scratch<'a>,
    pub(crate) warnings: Vec<EscapeWarning>,
    /// Whether the source is nested beyond [`MAX_DEPTH`].
    too_deep: bool,
    /// The last two statements of the module: their first tokens, and whether `<>` was the
    /// operator before them.
    statements: [(usize, bool); 2],
    /// Line and column of the compound statement that begins last among the whole ones.
    pub(crate) last_statement: (i32, i32),
    /// See [`Parsed::changing_lines`](crate::Parsed::changing_lines); in no order.
    pub(crate) changing_lines: Vec<i32>,
}

/// Takes the top of a scratch list into the arena.
macro_rules! take {
    ($self:ident, $list:ident, $mark:expr) => {{
        let mark = $mark;
        let list = &$self.scratch.$list[mark..];
        let taken = if list.is_empty() { &[][..] } else { &*$self.arena.alloc_slice_copy(list) };
        $self.scratch.$list.truncate(mark);
        taken
    }};
}
pub(super) use take;

impl<'a, 't> Parser<'a, 't> {
    pub(crate) fn new(
        lexed: &'t Tokens<'a>,
        arena: &'a Arena,
        interner: &'t mut Interner<'a>,
        options: &ParseOptions,
    ) -> Self {
        Parser {
            tokens: &lexed.tokens,
            lexed,
            source: lexed.source,
            arena,
            interner,
            pos: 0,
            kind: lexed.tokens[0].kind,
            depth: 0,
            barry: options.barry_as_bdfl,
            max_int_digits: options.max_int_digits,
            feature_version: options.feature_version,
            too_new: None,
            scratch: Scratch::new(arena),
            warnings: Vec::new(),
            too_deep: false,
            statements: [(0, options.barry_as_bdfl); 2],
            last_statement: (0, 0),
            changing_lines: Vec::new(),
        }
    }

    /// Parses the whole source.
    pub(crate) fn module(&mut self, mode: Mode) -> Parse<Mod<'a>> {
        match mode {
            Mode::Exec => self.file(),
            Mode::Single => {
                let body = self.interactive()?;
                Ok(Mod::Interactive { body })
            }
            Mode::Eval => {
                let body = self.expressions()?;
                self.end_of_input()?;
                Ok(Mod::Expression { body })
            }
            Mode::FuncType => self.function_type(),
        }
    }

    /// Refuses what has just been parsed when the version asked for does not have it. CPython has
    /// looked at the next token by then, which is where the error is.
    #[inline]
    pub(super) fn since(&mut self, version: u8, what: &'static str) -> Parse<()> {
        if self.feature_version >= version { Ok(()) } else { Err(self.refuse(version, what, 1)) }
    }

    /// The same where CPython has not yet looked further.
    #[inline]
    pub(super) fn since_last(&mut self, version: u8, what: &'static str) -> Parse<()> {
        if self.feature_version >= version { Ok(()) } else { Err(self.refuse(version, what, 0)) }
    }

    #[cold]
    fn refuse(&mut self, since: u8, what: &'static str, ahead: u32) -> Fail {
        self.too_new = Some(TooNew { what, since, next_token: self.pos as u32 + ahead });
        Fail
    }

    /// What a diagnosis needs to know.
    pub(crate) fn failed_at(&self) -> FailedParse {
        // A rule for errors may start from the statement before the one that failed.
        let (statement, barry) = self.statements[0];
        FailedParse { statement: statement as u32, last_token: self.pos as u32, barry, too_deep: self.too_deep }
    }

    fn file(&mut self) -> Parse<Mod<'a>> {
        let mark = self.scratch.stmts.len();
        while !self.at(Kind::EndMarker) {
            self.statements = [self.statements[1], (self.pos, self.barry)];
            self.statement()?;
        }
        let body = take!(self, stmts, mark);
        let type_ignores = self.lexed.type_ignores.iter().map(|comment| TypeIgnore {
            line: comment.line as i32,
            tag: &self.source[comment.start as usize..comment.end as usize],
        });
        let type_ignores = self.arena.alloc_slice_fill_iter(type_ignores.collect::<Vec<_>>());
        Ok(Mod::Module { body, type_ignores })
    }

    fn interactive(&mut self) -> Parse<&'a [Stmt<'a>]> {
        let mark = self.scratch.stmts.len();
        if self.at(Kind::EndMarker) {
            return Err(Fail);
        }
        if self.statement()? == statements::Form::Compound {
            self.expect(Kind::Newline)?;
        }
        Ok(take!(self, stmts, mark))
    }

    fn function_type(&mut self) -> Parse<Mod<'a>> {
        self.expect(Kind::LParen)?;
        let mark = self.scratch.exprs.len();
        let mut stars = 0;
        while !self.at(Kind::RParen) {
            // Stars come last, one before two, and mean nothing.
            let star = match self.kind() {
                Kind::Star => 1,
                Kind::DoubleStar => 2,
                _ => 0,
            };
            if star <= stars && stars != 0 {
                return Err(Fail);
            }
            if star != 0 {
                stars = star;
                self.bump();
            }
            let argument = self.expression()?;
            self.scratch.exprs.push(argument);
            if !self.at(Kind::RParen) {
                self.expect(Kind::Comma)?;
                if self.at(Kind::RParen) {
                    return Err(Fail);
                }
            }
        }
        self.bump();
        let argtypes = self.take_exprs(mark);
        self.expect(Kind::Arrow)?;
        let returns = self.expression()?;
        self.end_of_input()?;
        Ok(Mod::FunctionType { argtypes, returns })
    }

    fn end_of_input(&mut self) -> Parse<()> {
        while self.eat(Kind::Newline) {}
        self.expect(Kind::EndMarker)
    }

    // Tokens

    #[inline]
    pub(super) fn token(&self) -> &'t Token {
        &self.tokens[self.pos]
    }

    #[inline]
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    #[inline]
    pub(super) fn at(&self, kind: Kind) -> bool {
        self.kind() == kind
    }

    /// The kind of the token after a distance.
    #[inline]
    pub(super) fn ahead(&self, distance: usize) -> Kind {
        self.tokens.get(self.pos + distance).map_or(Kind::EndMarker, |token| token.kind)
    }

    #[inline]
    pub(super) fn at_name(&self, name: Name) -> bool {
        self.kind == Kind::Name && self.token().name() == name
    }

    /// Goes on to the next token; stays at the last.
    #[inline]
    pub(super) fn bump(&mut self) {
        if let Some(next) = self.tokens.get(self.pos + 1) {
            self.pos += 1;
            self.kind = next.kind;
        }
    }

    #[inline]
    pub(super) fn eat(&mut self, kind: Kind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    #[inline]
    pub(super) fn expect(&mut self, kind: Kind) -> Parse<()> {
        if self.eat(kind) { Ok(()) } else { Err(Fail) }
    }

    #[inline]
    pub(super) fn name(&mut self) -> Parse<Name> {
        if self.kind != Kind::Name {
            return Err(Fail);
        }
        let token = self.token();
        self.bump();
        Ok(token.name())
    }

    // Positions

    #[inline]
    pub(super) fn start(&self) -> Start {
        let token = self.token();
        (token.span.line, token.span.col)
    }

    /// From a start to the end of the last token, which is no layout.
    #[inline]
    pub(super) fn span_of_tokens(&self, (line, col): Start) -> Span {
        let last = &self.tokens[self.pos - 1];
        debug_assert!(!last.kind.is_layout(), "a text");
        Span { line, col, end_line: last.span.end_line, end_col: last.span.end_col }
    }

    /// From a start to the end of the last token, layout not counted.
    pub(super) fn span(&self, (line, col): Start) -> Span {
        let last = self.tokens[..self.pos].iter().rfind(|token| !token.kind.is_layout());
        let (end_line, end_col) = last.map_or((line, col), |last| (last.span.end_line, last.span.end_col));
        Span { line, col, end_line, end_col }
    }

    pub(super) fn text(&self, token: &Token) -> &'a str {
        &self.source[token.start as usize..token.end as usize]
    }

    // Nodes

    #[inline]
    pub(super) fn node(&self, span: Span, kind: ExprKind<'a>) -> ExprRef<'a> {
        // Number by number: as a whole, the span would go through memory with all that a node may hold.
        let Span { line, col, end_line, end_col } = span;
        self.arena.alloc(Expr { span: Span { line, col, end_line, end_col }, kind })
    }

    /// A node from a start to the end of the last token.
    #[inline]
    pub(super) fn expr(&self, start: Start, kind: ExprKind<'a>) -> ExprRef<'a> {
        self.node(self.span_of_tokens(start), kind)
    }

    /// Takes expressions from the top of their list, as a slice of nodes.
    #[inline]
    pub(super) fn take_exprs(&mut self, mark: usize) -> &'a [Expr<'a>] {
        let taken = match self.scratch.exprs[mark..] {
            [] => &[],
            // Most slices have one element, and need no other place than that of the node.
            [expr] => std::slice::from_ref(expr),
            ref exprs => &*self.arena.alloc_slice_fill_with(exprs.len(), |i| *exprs[i]),
        };
        self.scratch.exprs.truncate(mark);
        taken
    }

    /// Runs a part of the parser again from here if it fails, with another.
    pub(super) fn attempt<T>(&mut self, part: impl FnOnce(&mut Self) -> Parse<T>) -> Option<T> {
        let scratch = &self.scratch;
        let marks = (
            self.pos,
            self.depth,
            self.warnings.len(),
            scratch.exprs.len(),
            scratch.stmts.len(),
            scratch.keywords.len(),
            scratch.optional_exprs.len(),
            scratch.comprehensions.len(),
            scratch.args.len(),
            scratch.operators.len(),
            scratch.pending.len(),
            scratch.with_items.len(),
        );
        let result = part(self);
        if let Ok(value) = result {
            return Some(value);
        }
        let scratch = &mut self.scratch;
        (self.pos, self.depth) = (marks.0, marks.1);
        self.kind = self.tokens[self.pos].kind;
        self.warnings.truncate(marks.2);
        scratch.exprs.truncate(marks.3);
        scratch.stmts.truncate(marks.4);
        scratch.keywords.truncate(marks.5);
        scratch.optional_exprs.truncate(marks.6);
        scratch.comprehensions.truncate(marks.7);
        scratch.args.truncate(marks.8);
        scratch.operators.truncate(marks.9);
        scratch.pending.truncate(marks.10);
        scratch.with_items.truncate(marks.11);
        None
    }
}
