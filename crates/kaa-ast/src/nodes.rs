use crate::{Name, Span};

/// A reference to an expression node.
pub type ExprRef<'a> = &'a Expr<'a>;

/// What a parse gives: CPython's `mod`.
#[derive(Clone, Copy, Debug)]
pub enum Mod<'a> {
    /// A file (`exec`).
    Module { body: &'a [Stmt<'a>], type_ignores: &'a [TypeIgnore<'a>] },
    /// One interactive statement (`single`).
    Interactive { body: &'a [Stmt<'a>] },
    /// One expression (`eval`).
    Expression { body: ExprRef<'a> },
    /// A function type comment (`func_type`).
    FunctionType { argtypes: &'a [Expr<'a>], returns: ExprRef<'a> },
}

/// A `# type: ignore` comment.
#[derive(Clone, Copy, Debug)]
pub struct TypeIgnore<'a> {
    /// Line of the comment.
    pub line: i32,
    /// Text after `ignore`.
    pub tag: &'a str,
}

/// A statement with its position.
#[derive(Clone, Copy, Debug)]
pub struct Stmt<'a> {
    /// Position in the source.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind<'a>,
}

/// The statements of the abstract grammar. Large ones are references, so that a list of
/// statements stays dense.
#[derive(Clone, Copy, Debug)]

pub enum StmtKind<'a> {
    FunctionDef(&'a FunctionDef<'a>),
    AsyncFunctionDef(&'a FunctionDef<'a>),
    ClassDef(&'a ClassDef<'a>),
    Return {
        value: Option<ExprRef<'a>>,
    },
    Delete {
        targets: &'a [Expr<'a>],
    },
    Assign {
        targets: &'a [Expr<'a>],
        value: ExprRef<'a>,
        type_comment: Option<&'a str>,
    },
    TypeAlias {
        name: ExprRef<'a>,
        type_params: &'a [TypeParam<'a>],
        value: ExprRef<'a>,
    },
    AugAssign {
        target: ExprRef<'a>,
        op: Operator,
        value: ExprRef<'a>,
    },
    /// `simple`: the target is a name without parentheses.
    AnnAssign {
        target: ExprRef<'a>,
        annotation: ExprRef<'a>,
        value: Option<ExprRef<'a>>,
        simple: bool,
    },
    For(&'a For<'a>),
    AsyncFor(&'a For<'a>),
    While {
        test: ExprRef<'a>,
        body: &'a [Stmt<'a>],
        orelse: &'a [Stmt<'a>],
    },
    If {
        test: ExprRef<'a>,
        body: &'a [Stmt<'a>],
        orelse: &'a [Stmt<'a>],
    },
    With(&'a With<'a>),
    AsyncWith(&'a With<'a>),
    Match {
        subject: ExprRef<'a>,
        cases: &'a [MatchCase<'a>],
    },
    Raise {
        exc: Option<ExprRef<'a>>,
        cause: Option<ExprRef<'a>>,
    },
    Try(&'a Try<'a>),
    TryStar(&'a Try<'a>),
    Assert {
        test: ExprRef<'a>,
        msg: Option<ExprRef<'a>>,
    },
    Import {
        names: &'a [Alias],
    },
    /// `level`: the number of leading dots.
    ImportFrom {
        module: Option<Name>,
        names: &'a [Alias],
        level: u32,
    },
    Global {
        names: &'a [Name],
    },
    Nonlocal {
        names: &'a [Name],
    },
    Expr {
        value: ExprRef<'a>,
    },
    Pass,
    Break,
    Continue,
}

/// `def` and `async def`.
#[derive(Clone, Copy, Debug)]

pub struct FunctionDef<'a> {
    pub name: Name,
    pub args: &'a Arguments<'a>,
    pub body: &'a [Stmt<'a>],
    pub decorator_list: &'a [Expr<'a>],
    pub returns: Option<ExprRef<'a>>,
    pub type_comment: Option<&'a str>,
    pub type_params: &'a [TypeParam<'a>],
}

/// `class`.
#[derive(Clone, Copy, Debug)]

pub struct ClassDef<'a> {
    pub name: Name,
    pub bases: &'a [Expr<'a>],
    pub keywords: &'a [Keyword<'a>],
    pub body: &'a [Stmt<'a>],
    pub decorator_list: &'a [Expr<'a>],
    pub type_params: &'a [TypeParam<'a>],
}

/// `for` and `async for`.
#[derive(Clone, Copy, Debug)]

pub struct For<'a> {
    pub target: ExprRef<'a>,
    pub iter: ExprRef<'a>,
    pub body: &'a [Stmt<'a>],
    pub orelse: &'a [Stmt<'a>],
    pub type_comment: Option<&'a str>,
}

/// `with` and `async with`.
#[derive(Clone, Copy, Debug)]

pub struct With<'a> {
    pub items: &'a [WithItem<'a>],
    pub body: &'a [Stmt<'a>],
    pub type_comment: Option<&'a str>,
}

/// `try` with `except` or `except*` handlers.
#[derive(Clone, Copy, Debug)]

pub struct Try<'a> {
    pub body: &'a [Stmt<'a>],
    pub handlers: &'a [ExceptHandler<'a>],
    pub orelse: &'a [Stmt<'a>],
    pub finalbody: &'a [Stmt<'a>],
}

/// An expression with its position.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    /// Position in the source.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind<'a>,
}

/// The expressions of the abstract grammar.
#[derive(Clone, Copy, Debug)]

pub enum ExprKind<'a> {
    BoolOp {
        op: BoolOp,
        values: &'a [Expr<'a>],
    },
    NamedExpr {
        target: ExprRef<'a>,
        value: ExprRef<'a>,
    },
    BinOp {
        left: ExprRef<'a>,
        op: Operator,
        right: ExprRef<'a>,
    },
    UnaryOp {
        op: UnaryOp,
        operand: ExprRef<'a>,
    },
    Lambda {
        args: &'a Arguments<'a>,
        body: ExprRef<'a>,
    },
    IfExp {
        test: ExprRef<'a>,
        body: ExprRef<'a>,
        orelse: ExprRef<'a>,
    },
    /// A key of `None` stands for `**value`.
    Dict {
        keys: &'a [Option<ExprRef<'a>>],
        values: &'a [Expr<'a>],
    },
    Set {
        elts: &'a [Expr<'a>],
    },
    ListComp {
        elt: ExprRef<'a>,
        generators: &'a [Comprehension<'a>],
    },
    SetComp {
        elt: ExprRef<'a>,
        generators: &'a [Comprehension<'a>],
    },
    DictComp {
        key: ExprRef<'a>,
        value: ExprRef<'a>,
        generators: &'a [Comprehension<'a>],
    },
    GeneratorExp {
        elt: ExprRef<'a>,
        generators: &'a [Comprehension<'a>],
    },
    Await {
        value: ExprRef<'a>,
    },
    Yield {
        value: Option<ExprRef<'a>>,
    },
    YieldFrom {
        value: ExprRef<'a>,
    },
    Compare {
        left: ExprRef<'a>,
        ops: &'a [CmpOp],
        comparators: &'a [Expr<'a>],
    },
    Call {
        func: ExprRef<'a>,
        args: &'a [Expr<'a>],
        keywords: &'a [Keyword<'a>],
    },
    /// `conversion`: `s`, `r`, `a` as their codes, or -1.
    FormattedValue {
        value: ExprRef<'a>,
        conversion: i32,
        format_spec: Option<ExprRef<'a>>,
    },
    /// `str`: the source text of the expression.
    Interpolation {
        value: ExprRef<'a>,
        str: Constant<'a>,
        conversion: i32,
        format_spec: Option<ExprRef<'a>>,
    },
    JoinedStr {
        values: &'a [Expr<'a>],
    },
    TemplateStr {
        values: &'a [Expr<'a>],
    },
    /// `kind`: `Some("u")` for a string written with that prefix.
    Constant {
        value: Constant<'a>,
        kind: Option<&'a str>,
    },
    Attribute {
        value: ExprRef<'a>,
        attr: Name,
        ctx: ExprContext,
    },
    Subscript {
        value: ExprRef<'a>,
        slice: ExprRef<'a>,
        ctx: ExprContext,
    },
    Starred {
        value: ExprRef<'a>,
        ctx: ExprContext,
    },
    Name {
        id: Name,
        ctx: ExprContext,
    },
    List {
        elts: &'a [Expr<'a>],
        ctx: ExprContext,
    },
    Tuple {
        elts: &'a [Expr<'a>],
        ctx: ExprContext,
    },
    Slice {
        lower: Option<ExprRef<'a>>,
        upper: Option<ExprRef<'a>>,
        step: Option<ExprRef<'a>>,
    },
}

/// The value of a literal, or of a constant that a program put into a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant<'a> {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// Text, as UTF-8 in which lone surrogates are encoded like other code points
    /// (see `kaa-text`).
    Str(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An integer that fits 64 bits.
    Int(i64),
    /// A larger integer.
    BigInt(&'a BigInt<'a>),
    /// A float.
    Float(f64),
    /// A complex number.
    Complex {
        /// Real part; 0.0 for a literal.
        real: f64,
        /// Imaginary part.
        imag: f64,
    },
    /// A tuple; only in trees that a program built or the optimizer folded.
    Tuple(&'a [Constant<'a>]),
    /// A frozenset; as for tuples.
    FrozenSet(&'a [Constant<'a>]),
}

/// An integer beyond 64 bits: sign and magnitude, least significant word first, no zero word at
/// the top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BigInt<'a> {
    /// Below zero.
    pub negative: bool,
    /// Magnitude in words of 32 bits.
    pub digits: &'a [u32],
}

/// Whether an expression is read, assigned or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]

pub enum ExprContext {
    Load,
    Store,
    Del,
}

/// `and`, `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]

pub enum BoolOp {
    And,
    Or,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]

pub enum Operator {
    Add,
    Sub,
    Mult,
    MatMult,
    Div,
    Mod,
    Pow,
    LShift,
    RShift,
    BitOr,
    BitXor,
    BitAnd,
    FloorDiv,
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]

pub enum UnaryOp {
    Invert,
    Not,
    UAdd,
    USub,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]

pub enum CmpOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

/// One `for` of a comprehension with its conditions.
#[derive(Clone, Copy, Debug)]

pub struct Comprehension<'a> {
    pub target: ExprRef<'a>,
    pub iter: ExprRef<'a>,
    pub ifs: &'a [Expr<'a>],
    pub is_async: bool,
}

/// An `except` clause.
#[derive(Clone, Copy, Debug)]

pub struct ExceptHandler<'a> {
    pub span: Span,
    pub typ: Option<ExprRef<'a>>,
    pub name: Option<Name>,
    pub body: &'a [Stmt<'a>],
}

/// The parameters of a function.
#[derive(Clone, Copy, Debug)]

pub struct Arguments<'a> {
    pub posonlyargs: &'a [Arg<'a>],
    pub args: &'a [Arg<'a>],
    pub vararg: Option<&'a Arg<'a>>,
    pub kwonlyargs: &'a [Arg<'a>],
    /// One entry for each of `kwonlyargs`; `None` where there is no default.
    pub kw_defaults: &'a [Option<ExprRef<'a>>],
    pub kwarg: Option<&'a Arg<'a>>,
    /// Defaults of the last positional parameters.
    pub defaults: &'a [Expr<'a>],
}

/// One parameter.
#[derive(Clone, Copy, Debug)]

pub struct Arg<'a> {
    pub span: Span,
    pub arg: Name,
    pub annotation: Option<ExprRef<'a>>,
    pub type_comment: Option<&'a str>,
}

/// A keyword argument of a call or class; `**value` without a name.
#[derive(Clone, Copy, Debug)]

pub struct Keyword<'a> {
    pub span: Span,
    pub arg: Option<Name>,
    pub value: ExprRef<'a>,
}

/// A name of an import; `name` may hold dots or be `*`.
#[derive(Clone, Copy, Debug)]

pub struct Alias {
    pub span: Span,
    pub name: Name,
    pub asname: Option<Name>,
}

/// One context manager of a `with`.
#[derive(Clone, Copy, Debug)]

pub struct WithItem<'a> {
    pub context_expr: ExprRef<'a>,
    pub optional_vars: Option<ExprRef<'a>>,
}

/// One `case`.
#[derive(Clone, Copy, Debug)]

pub struct MatchCase<'a> {
    pub pattern: &'a Pattern<'a>,
    pub guard: Option<ExprRef<'a>>,
    pub body: &'a [Stmt<'a>],
}

/// A pattern with its position.
#[derive(Clone, Copy, Debug)]

pub struct Pattern<'a> {
    pub span: Span,
    pub kind: PatternKind<'a>,
}

/// The patterns of the abstract grammar.
#[derive(Clone, Copy, Debug)]

pub enum PatternKind<'a> {
    MatchValue {
        value: ExprRef<'a>,
    },
    /// `None`, `True` or `False`.
    MatchSingleton {
        value: Constant<'a>,
    },
    MatchSequence {
        patterns: &'a [Pattern<'a>],
    },
    MatchMapping {
        keys: &'a [Expr<'a>],
        patterns: &'a [Pattern<'a>],
        rest: Option<Name>,
    },
    MatchClass {
        cls: ExprRef<'a>,
        patterns: &'a [Pattern<'a>],
        kwd_attrs: &'a [Name],
        kwd_patterns: &'a [Pattern<'a>],
    },
    MatchStar {
        name: Option<Name>,
    },
    MatchAs {
        pattern: Option<&'a Pattern<'a>>,
        name: Option<Name>,
    },
    MatchOr {
        patterns: &'a [Pattern<'a>],
    },
}

/// A type parameter of a `def`, `class` or `type` statement.
#[derive(Clone, Copy, Debug)]

pub struct TypeParam<'a> {
    pub span: Span,
    pub kind: TypeParamKind<'a>,
}

/// The kinds of type parameters.
#[derive(Clone, Copy, Debug)]

pub enum TypeParamKind<'a> {
    TypeVar { name: Name, bound: Option<ExprRef<'a>>, default_value: Option<ExprRef<'a>> },
    ParamSpec { name: Name, default_value: Option<ExprRef<'a>> },
    TypeVarTuple { name: Name, default_value: Option<ExprRef<'a>> },
}
