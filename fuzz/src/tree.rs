//! Bytes as a tree that a program built: nodes of any kind anywhere. What the validation lets
//! through compiles, or is refused.

use kaa_ast::{
    Alias, Arena, Arg, Arguments, BigInt, BoolOp, ClassDef, CmpOp, Comprehension, Constant, ExceptHandler, Expr,
    ExprContext, ExprKind, ExprRef, For, FunctionDef, Interner, Keyword, MatchCase, Mod, Name, Operator, Pattern,
    PatternKind, Span, Stmt, StmtKind, Try, TypeParam, TypeParamKind, UnaryOp, With, WithItem,
};
use kaa_bytecode::flags;
use kaa_compiler::CompileOptions;

use crate::source;

/// How deep trees get; below that everything is a leaf.
const DEEPEST: u8 = 12;

pub fn check(data: &[u8]) {
    let arena = Arena::new();
    let mut builder = Builder { data, depth: 0, arena: &arena, interner: Interner::new(), line: 1 };
    let settings = builder.byte();
    let module = match settings & 7 {
        0 => Mod::Expression { body: builder.expression() },
        1 => Mod::Interactive { body: builder.statements() },
        _ => Mod::Module { body: builder.statements(), type_ignores: &[] },
    };
    let mut interner = builder.interner;
    let options = CompileOptions {
        optimize: settings >> 3 & 1,
        future: if settings & 0x10 != 0 { flags::FUTURE_ANNOTATIONS } else { 0 },
        top_level_await: settings & 0x20 != 0,
        ..CompileOptions::default()
    };
    if kaa_compiler::validate(&module, &interner, options).is_err() {
        return;
    }
    source::check_compilation(&module, &arena, &mut interner, options, None);
    // The optimized tree is one that can be compiled as well.
    if let Ok(optimized) =
        kaa_compiler::preprocess(&module, &arena, &mut interner, options, &mut kaa_compiler::NoWarnings)
    {
        source::check_compilation(&optimized, &arena, &mut interner, options, None);
    }
}

/// Makes nodes of bytes, and the simplest ones when there are none left.
struct Builder<'d, 'a> {
    data: &'d [u8],
    depth: u8,
    arena: &'a Arena,
    interner: Interner<'a>,
    line: i32,
}

impl<'a> Builder<'_, 'a> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.data.split_first() else { return 0 };
        self.data = rest;
        first
    }

    /// A number below a limit.
    fn below(&mut self, limit: u8) -> u8 {
        self.byte() % limit
    }

    fn chance(&mut self) -> bool {
        self.byte() & 1 != 0
    }

    /// A list; where a node must not be without items it seldom is.
    fn list<T: Copy>(&mut self, least: u8, mut item: impl FnMut(&mut Self) -> T) -> &'a [T] {
        let length = match self.byte() {
            0xff => 0,
            other => least + other % 4,
        };
        let length = if self.depth >= DEEPEST { length.min(least) } else { length };
        let items: Vec<T> = (0..length).map(|_| item(self)).collect();
        self.arena.alloc_slice_copy(&items)
    }

    fn option<T>(&mut self, item: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.depth < DEEPEST && self.chance()).then(|| item(self))
    }

    fn span(&mut self) -> Span {
        match self.byte() {
            0xf0 => Span::NONE,
            0xf1 => Span::new(i32::MAX, i32::MAX, i32::MAX, i32::MAX),
            0xf2 => Span::new(0, 0, 0, 0),
            0xf3 => Span::new(self.line, 5, self.line + 100_000, 0),
            0xf4 => Span::new(i32::MIN, -1, i32::MIN, -1),
            byte => {
                self.line += i32::from(byte & 3 == 3);
                Span::new(self.line, i32::from(byte & 15), self.line, i32::from(byte >> 2 & 15) + 15)
            }
        }
    }

    fn name(&mut self) -> Name {
        const NAMES: [&str; 24] = [
            "x",
            "y",
            "z",
            "a",
            "b",
            "C",
            "T",
            "__x",
            "_",
            "super",
            "__class__",
            "__debug__",
            "None",
            "True",
            "*",
            "a.b.c",
            ".0",
            "__classdict__",
            "__conditional_annotations__",
            "annotations",
            "__future__",
            "",
            "é",
            "__annotate__",
        ];
        let number = usize::from(self.byte());
        self.interner.intern(NAMES[number.checked_sub(128).unwrap_or(number % 4) % NAMES.len()])
    }

    fn constant(&mut self) -> Constant<'a> {
        match self.below(16) {
            0 => Constant::None,
            1 => Constant::Bool(self.chance()),
            2 => Constant::Ellipsis,
            3 => Constant::Str([&b""[..], b"text", b"x", "é".as_bytes(), b"\xed\xa0\x80"][usize::from(self.below(5))]),
            4 => Constant::Bytes([&b""[..], b"ab", b"\xff"][usize::from(self.below(3))]),
            5 => Constant::Int([i64::MIN, i64::MAX, -1, 1 << 40, 255, 256][usize::from(self.below(6))]),
            6 => {
                let digits = self.arena.alloc_slice_copy(&[0, 0, 1, u32::from(self.byte()) + 1]);
                Constant::BigInt(self.arena.alloc(BigInt { negative: self.chance(), digits }))
            }
            7 => Constant::Float([0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, 1e300][usize::from(self.below(6))]),
            8 => Constant::Complex { real: f64::from(self.byte()), imag: -0.0 },
            9 if self.depth < DEEPEST => Constant::Tuple(self.constants()),
            10 if self.depth < DEEPEST => Constant::FrozenSet(self.constants()),
            _ => Constant::Int(i64::from(self.byte())),
        }
    }

    fn constants(&mut self) -> &'a [Constant<'a>] {
        self.depth += 1;
        let items = self.list(0, Self::constant);
        self.depth -= 1;
        items
    }

    fn expression(&mut self) -> ExprRef<'a> {
        let expression = self.expression_in(ExprContext::Load);
        self.arena.alloc(expression)
    }

    fn expressions(&mut self, least: u8, context: ExprContext) -> &'a [Expr<'a>] {
        self.list(least, |this| this.expression_in(context))
    }

    fn loads(&mut self, least: u8) -> &'a [Expr<'a>] {
        self.expressions(least, ExprContext::Load)
    }

    fn target(&mut self, context: ExprContext) -> ExprRef<'a> {
        let expression = self.expression_in(context);
        self.arena.alloc(expression)
    }

    fn expression_in(&mut self, context: ExprContext) -> Expr<'a> {
        let span = self.span();
        self.depth += 1;
        let kind = if self.depth > DEEPEST {
            ExprKind::Name { id: self.name(), ctx: context }
        } else if context == ExprContext::Load || self.byte() == 0xff {
            self.any_expression(context)
        } else {
            let kind = self.below(8);
            self.assignable(kind, context)
        };
        self.depth -= 1;
        Expr { span, kind }
    }

    fn assignable(&mut self, kind: u8, ctx: ExprContext) -> ExprKind<'a> {
        match kind {
            0 => ExprKind::Attribute { value: self.expression(), attr: self.name(), ctx },
            1 => ExprKind::Subscript { value: self.expression(), slice: self.expression(), ctx },
            2 => ExprKind::Starred { value: self.target(ctx), ctx },
            3 => ExprKind::List { elts: self.expressions(0, ctx), ctx },
            4 => ExprKind::Tuple { elts: self.expressions(0, ctx), ctx },
            _ => ExprKind::Name { id: self.name(), ctx },
        }
    }

    fn any_expression(&mut self, ctx: ExprContext) -> ExprKind<'a> {
        const OPERATORS: [Operator; 13] = [
            Operator::Add,
            Operator::Sub,
            Operator::Mult,
            Operator::MatMult,
            Operator::Div,
            Operator::Mod,
            Operator::Pow,
            Operator::LShift,
            Operator::RShift,
            Operator::BitOr,
            Operator::BitXor,
            Operator::BitAnd,
            Operator::FloorDiv,
        ];
        match self.below(34) {
            kind @ 0..=6 => self.assignable(kind, ctx),
            7 => {
                let op = if self.chance() { BoolOp::And } else { BoolOp::Or };
                ExprKind::BoolOp { op, values: self.loads(2) }
            }
            8 => ExprKind::NamedExpr { target: self.target(ExprContext::Store), value: self.expression() },
            9 => {
                let op = OPERATORS[usize::from(self.below(13))];
                ExprKind::BinOp { left: self.expression(), op, right: self.expression() }
            }
            10 => {
                let op = [UnaryOp::Invert, UnaryOp::Not, UnaryOp::UAdd, UnaryOp::USub][usize::from(self.below(4))];
                ExprKind::UnaryOp { op, operand: self.expression() }
            }
            11 => ExprKind::Lambda { args: self.arguments(), body: self.expression() },
            12 => ExprKind::IfExp { test: self.expression(), body: self.expression(), orelse: self.expression() },
            13 => {
                let keys = self.list(0, |this| this.option(Self::expression));
                let values: Vec<Expr> = (0..keys.len()).map(|_| self.expression_in(ExprContext::Load)).collect();
                ExprKind::Dict { keys, values: self.arena.alloc_slice_copy(&values) }
            }
            14 => ExprKind::Set { elts: self.loads(1) },
            15 => ExprKind::ListComp { elt: self.expression(), generators: self.generators() },
            16 => ExprKind::SetComp { elt: self.expression(), generators: self.generators() },
            17 => {
                ExprKind::DictComp { key: self.expression(), value: self.expression(), generators: self.generators() }
            }
            18 => ExprKind::GeneratorExp { elt: self.expression(), generators: self.generators() },
            19 => ExprKind::Await { value: self.expression() },
            20 => ExprKind::Yield { value: self.option(Self::expression) },
            21 => ExprKind::YieldFrom { value: self.expression() },
            22 => {
                let comparators = self.loads(1);
                let ops: Vec<CmpOp> = comparators.iter().map(|_| self.comparison()).collect();
                let ops = self.arena.alloc_slice_copy(&ops);
                ExprKind::Compare { left: self.expression(), ops, comparators }
            }
            23 => {
                let func = self.expression();
                ExprKind::Call { func, args: self.loads(0), keywords: self.keywords() }
            }
            24 => {
                let (conversion, format_spec) = (self.conversion(), self.option(Self::expression));
                ExprKind::FormattedValue { value: self.expression(), conversion, format_spec }
            }
            25 => {
                let (str, conversion) = (self.constant(), self.conversion());
                let format_spec = self.option(Self::expression);
                ExprKind::Interpolation { value: self.expression(), str, conversion, format_spec }
            }
            26 => ExprKind::JoinedStr { values: self.loads(0) },
            27 => ExprKind::TemplateStr { values: self.loads(0) },
            28 => ExprKind::Slice {
                lower: self.option(Self::expression),
                upper: self.option(Self::expression),
                step: self.option(Self::expression),
            },
            _ => ExprKind::Constant { value: self.constant(), kind: None },
        }
    }

    fn comparison(&mut self) -> CmpOp {
        use CmpOp::*;
        [Eq, NotEq, Lt, LtE, Gt, GtE, Is, IsNot, In, NotIn][usize::from(self.below(10))]
    }

    fn conversion(&mut self) -> i32 {
        [-1, i32::from(b's'), i32::from(b'r'), i32::from(b'a'), 0, i32::MAX][usize::from(self.below(6))]
    }

    fn generators(&mut self) -> &'a [Comprehension<'a>] {
        self.list(1, |this| Comprehension {
            target: this.target(ExprContext::Store),
            iter: this.expression(),
            ifs: this.loads(0),
            is_async: this.chance(),
        })
    }

    fn keywords(&mut self) -> &'a [Keyword<'a>] {
        self.list(0, |this| Keyword { span: this.span(), arg: this.option(Self::name), value: this.expression() })
    }

    fn argument(&mut self) -> Arg<'a> {
        Arg { span: self.span(), arg: self.name(), annotation: self.option(Self::expression), type_comment: None }
    }

    fn arguments(&mut self) -> &'a Arguments<'a> {
        let posonlyargs = self.list(0, Self::argument);
        let args = self.list(0, Self::argument);
        let vararg = self.option(Self::argument).map(|argument| &*self.arena.alloc(argument));
        let kwonlyargs = self.list(0, Self::argument);
        let defaults: Vec<Option<ExprRef>> = kwonlyargs.iter().map(|_| self.option(Self::expression)).collect();
        let kw_defaults = self.arena.alloc_slice_copy(&defaults);
        let kwarg = self.option(Self::argument).map(|argument| &*self.arena.alloc(argument));
        let defaults = self.loads(0);
        self.arena.alloc(Arguments { posonlyargs, args, vararg, kwonlyargs, kw_defaults, kwarg, defaults })
    }

    fn statements(&mut self) -> &'a [Stmt<'a>] {
        self.list(1, Self::statement)
    }

    fn orelse(&mut self) -> &'a [Stmt<'a>] {
        self.list(0, Self::statement)
    }

    fn statement(&mut self) -> Stmt<'a> {
        let span = self.span();
        self.depth += 1;
        let kind = if self.depth > DEEPEST { StmtKind::Pass } else { self.any_statement() };
        self.depth -= 1;
        Stmt { span, kind }
    }

    fn any_statement(&mut self) -> StmtKind<'a> {
        match self.below(32) {
            0 => StmtKind::FunctionDef(self.function()),
            1 => StmtKind::AsyncFunctionDef(self.function()),
            2 => {
                let class = ClassDef {
                    name: self.name(),
                    bases: self.loads(0),
                    keywords: self.keywords(),
                    body: self.statements(),
                    decorator_list: self.loads(0),
                    type_params: self.type_params(),
                };
                StmtKind::ClassDef(self.arena.alloc(class))
            }
            3 => StmtKind::Return { value: self.option(Self::expression) },
            4 => StmtKind::Delete { targets: self.expressions(1, ExprContext::Del) },
            5 => {
                let targets = self.expressions(1, ExprContext::Store);
                StmtKind::Assign { targets, value: self.expression(), type_comment: None }
            }
            6 => StmtKind::TypeAlias {
                name: self.target(ExprContext::Store),
                type_params: self.type_params(),
                value: self.expression(),
            },
            7 => StmtKind::AugAssign {
                target: self.target(ExprContext::Store),
                op: Operator::Add,
                value: self.expression(),
            },
            8 => {
                let target = self.target(ExprContext::Store);
                let simple = matches!(target.kind, ExprKind::Name { .. }) && self.chance();
                let (annotation, value) = (self.expression(), self.option(Self::expression));
                StmtKind::AnnAssign { target, annotation, value, simple }
            }
            9 => StmtKind::For(self.for_loop()),
            10 => StmtKind::AsyncFor(self.for_loop()),
            11 => StmtKind::While { test: self.expression(), body: self.statements(), orelse: self.orelse() },
            12 => StmtKind::If { test: self.expression(), body: self.statements(), orelse: self.orelse() },
            13 => StmtKind::With(self.with()),
            14 => StmtKind::AsyncWith(self.with()),
            15 | 16 => StmtKind::Match { subject: self.expression(), cases: self.cases() },
            17 => {
                let exc = self.option(Self::expression);
                StmtKind::Raise { exc, cause: self.option(Self::expression) }
            }
            18 => StmtKind::Try(self.try_block()),
            19 => StmtKind::TryStar(self.try_block()),
            20 => StmtKind::Assert { test: self.expression(), msg: self.option(Self::expression) },
            21 => StmtKind::Import { names: self.aliases() },
            22 => {
                let (module, level) = (self.option(Self::name), u32::from(self.below(3)));
                StmtKind::ImportFrom { module, names: self.aliases(), level }
            }
            23 => StmtKind::Global { names: self.list(1, Self::name) },
            24 => StmtKind::Nonlocal { names: self.list(1, Self::name) },
            25 => StmtKind::Pass,
            26 => StmtKind::Break,
            27 => StmtKind::Continue,
            _ => StmtKind::Expr { value: self.expression() },
        }
    }

    fn function(&mut self) -> &'a FunctionDef<'a> {
        let function = FunctionDef {
            name: self.name(),
            args: self.arguments(),
            body: self.statements(),
            decorator_list: self.loads(0),
            returns: self.option(Self::expression),
            type_comment: None,
            type_params: self.type_params(),
        };
        self.arena.alloc(function)
    }

    fn for_loop(&mut self) -> &'a For<'a> {
        let inner = For {
            target: self.target(ExprContext::Store),
            iter: self.expression(),
            body: self.statements(),
            orelse: self.orelse(),
            type_comment: None,
        };
        self.arena.alloc(inner)
    }

    fn with(&mut self) -> &'a With<'a> {
        let items = self.list(1, |this| WithItem {
            context_expr: this.expression(),
            optional_vars: this.option(|this| this.target(ExprContext::Store)),
        });
        let with = With { items, body: self.statements(), type_comment: None };
        self.arena.alloc(with)
    }

    fn try_block(&mut self) -> &'a Try<'a> {
        let body = self.statements();
        let handlers = self.list(0, |this| ExceptHandler {
            span: this.span(),
            typ: this.option(Self::expression),
            name: this.option(Self::name),
            body: this.statements(),
        });
        let inner = Try { body, handlers, orelse: self.orelse(), finalbody: self.orelse() };
        self.arena.alloc(inner)
    }

    fn aliases(&mut self) -> &'a [Alias] {
        self.list(1, |this| Alias { span: this.span(), name: this.name(), asname: this.option(Self::name) })
    }

    fn type_params(&mut self) -> &'a [TypeParam<'a>] {
        self.list(0, |this| {
            let (span, name) = (this.span(), this.name());
            let default_value = this.option(Self::expression);
            let kind = match this.below(3) {
                0 => TypeParamKind::TypeVar { name, bound: this.option(Self::expression), default_value },
                1 => TypeParamKind::ParamSpec { name, default_value },
                _ => TypeParamKind::TypeVarTuple { name, default_value },
            };
            TypeParam { span, kind }
        })
    }

    fn cases(&mut self) -> &'a [MatchCase<'a>] {
        self.list(1, |this| {
            let (pattern, guard) = (this.pattern(), this.option(Self::expression));
            MatchCase { pattern: this.arena.alloc(pattern), guard, body: this.statements() }
        })
    }

    fn pattern(&mut self) -> Pattern<'a> {
        let span = self.span();
        self.depth += 1;
        let kind =
            if self.depth > DEEPEST { PatternKind::MatchAs { pattern: None, name: None } } else { self.any_pattern() };
        self.depth -= 1;
        Pattern { span, kind }
    }

    fn any_pattern(&mut self) -> PatternKind<'a> {
        match self.below(9) {
            0 => PatternKind::MatchValue { value: self.expression() },
            1 => PatternKind::MatchSingleton { value: self.constant() },
            2 => PatternKind::MatchSequence { patterns: self.list(0, Self::pattern) },
            3 => {
                let keys = self.loads(0);
                let patterns: Vec<Pattern> = keys.iter().map(|_| self.pattern()).collect();
                let patterns = self.arena.alloc_slice_copy(&patterns);
                PatternKind::MatchMapping { keys, patterns, rest: self.option(Self::name) }
            }
            4 => {
                let (cls, patterns) = (self.expression(), self.list(0, Self::pattern));
                let kwd_attrs = self.list(0, Self::name);
                let kwd_patterns: Vec<Pattern> = kwd_attrs.iter().map(|_| self.pattern()).collect();
                let kwd_patterns = self.arena.alloc_slice_copy(&kwd_patterns);
                PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns }
            }
            5 => PatternKind::MatchStar { name: self.option(Self::name) },
            6 => {
                let pattern = self.option(Self::pattern).map(|pattern| &*self.arena.alloc(pattern));
                PatternKind::MatchAs { pattern, name: self.option(Self::name) }
            }
            7 => PatternKind::MatchOr { patterns: self.list(2, Self::pattern) },
            _ => PatternKind::MatchAs { pattern: None, name: self.option(Self::name) },
        }
    }
}
