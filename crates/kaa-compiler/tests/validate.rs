//! Trees that a program built: what CPython refuses is refused, in its words.

use kaa_ast::{
    Arena, BoolOp, Constant, Expr, ExprContext, ExprKind, Interner, MatchCase, Mod, Operator, Pattern, PatternKind,
    Span, Stmt, StmtKind, UnaryOp,
};
use kaa_compiler::{CompileOptions, ErrorKind, NoWarnings, compile, validate};

const SPAN: Span = Span::new(1, 0, 1, 1);

fn expr(kind: ExprKind<'_>) -> Expr<'_> {
    Expr { span: SPAN, kind }
}

fn stmt(kind: StmtKind<'_>) -> Stmt<'_> {
    Stmt { span: SPAN, kind }
}

fn constant(value: Constant<'_>) -> Expr<'_> {
    expr(ExprKind::Constant { value, kind: None })
}

/// The error for a statement, if there is one.
fn error_of(statement: Stmt<'_>, names: &Interner<'_>) -> Option<(ErrorKind, String)> {
    let body = [statement];
    let module = Mod::Module { body: &body, type_ignores: &[] };
    validate(&module, names, CompileOptions::default()).err().map(|error| (error.kind, error.message))
}

fn value_error(message: &str) -> Option<(ErrorKind, String)> {
    Some((ErrorKind::Value, message.to_owned()))
}

#[test]
fn lists_of_wrong_length() {
    let names = Interner::new();
    let one = constant(Constant::Int(1));
    let list = [one];
    let check = |kind, message: &str| {
        let value = expr(kind);
        assert_eq!(error_of(stmt(StmtKind::Expr { value: &value }), &names), value_error(message));
    };
    check(ExprKind::BoolOp { op: BoolOp::And, values: &list }, "BoolOp with less than 2 values");
    check(ExprKind::Compare { left: &one, ops: &[], comparators: &[] }, "Compare with no comparators");
    check(ExprKind::ListComp { elt: &one, generators: &[] }, "comprehension with no generators");
    let message = "Dict doesn't have the same number of keys as values";
    check(ExprKind::Dict { keys: &[None], values: &[] }, message);
    let empty = stmt(StmtKind::If { test: &one, body: &[], orelse: &[] });
    assert_eq!(error_of(empty, &names), value_error("empty body on If"));
    assert_eq!(error_of(stmt(StmtKind::Global { names: &[] }), &names), value_error("empty names on Global"));
}

#[test]
fn contexts_and_names() {
    let mut names = Interner::new();
    let (none, a) = (names.intern("None"), names.intern("a"));
    let name = |id, ctx| expr(ExprKind::Name { id, ctx });
    let of = |value: Expr<'_>| error_of(stmt(StmtKind::Expr { value: &value }), &names);
    assert_eq!(of(name(a, ExprContext::Load)), None);
    let message = "expression must have Load context but has Store instead";
    assert_eq!(of(name(a, ExprContext::Store)), value_error(message));
    assert_eq!(of(name(none, ExprContext::Load)), value_error("identifier field can't represent 'None' constant"));
    let one = constant(Constant::Int(1));
    let targets = [one];
    let assign = stmt(StmtKind::Assign { targets: &targets, value: &one, type_comment: None });
    let message = "expression which can't be assigned to in Store context";
    assert_eq!(error_of(assign, &names), value_error(message));
}

#[test]
fn positions() {
    let names = Interner::new();
    let at = |line, col, end_line, end_col| {
        let kind = ExprKind::Constant { value: Constant::None, kind: None };
        let value = Expr { span: Span::new(line, col, end_line, end_col), kind };
        error_of(stmt(StmtKind::Expr { value: &value }), &names)
    };
    assert_eq!(at(1, 0, 2, 0), None);
    assert_eq!(at(2, 0, 1, 0), value_error("AST node line range (2, 1) is not valid"));
    assert_eq!(at(1, 5, 1, 0), value_error("line 1, column 5-0 is not a valid range"));
    let message = "AST node column range (-5, 0) for line range (1, 1) is not valid";
    assert_eq!(at(1, -5, 1, 0), value_error(message));
}

#[test]
fn patterns() {
    let arena = Arena::new();
    let names = Interner::new();
    let of = |kind| {
        let subject = constant(Constant::None);
        let pattern = Pattern { span: SPAN, kind };
        let body = [stmt(StmtKind::Pass)];
        let cases = [MatchCase { pattern: &pattern, guard: None, body: &body }];
        error_of(stmt(StmtKind::Match { subject: &subject, cases: &cases }), &names)
    };
    let value = |expression| PatternKind::MatchValue { value: arena.alloc(expression) };
    let int = || &*arena.alloc(constant(Constant::Int(1)));
    let imaginary = || &*arena.alloc(constant(Constant::Complex { real: 0.0, imag: 2.0 }));
    let negative = |operand| &*arena.alloc(expr(ExprKind::UnaryOp { op: UnaryOp::USub, operand }));
    let sum = |left, right| expr(ExprKind::BinOp { left, op: Operator::Add, right });

    assert_eq!(of(value(*negative(int()))), None);
    assert_eq!(of(value(*negative(imaginary()))), None);
    assert_eq!(of(value(sum(negative(int()), imaginary()))), None);
    let refused = value_error("patterns may only match literals and attribute lookups");
    assert_eq!(of(value(sum(int(), int()))), refused);
    assert_eq!(of(value(sum(int(), negative(imaginary())))), refused);
    let message = "unexpected constant inside of a literal pattern";
    assert_eq!(of(value(constant(Constant::None))), value_error(message));
    assert_eq!(of(PatternKind::MatchStar { name: None }), value_error("can't use MatchStar here"));
    let one = Pattern { span: SPAN, kind: PatternKind::MatchAs { pattern: None, name: None } };
    let message = "MatchOr requires at least 2 patterns";
    assert_eq!(of(PatternKind::MatchOr { patterns: &[one] }), value_error(message));
}

/// Validation lets these through; CPython's compiler stops at them.
#[test]
fn targets_that_the_grammar_does_not_have() {
    let mut names = Interner::new();
    let a = names.intern("a");
    let value = expr(ExprKind::Name { id: a, ctx: ExprContext::Load });
    let name = expr(ExprKind::Name { id: a, ctx: ExprContext::Store });
    let starred = ExprKind::Starred { value: &name, ctx: ExprContext::Store };
    let list = ExprKind::List { elts: &[], ctx: ExprContext::Store };
    let tuple = ExprKind::Tuple { elts: &[], ctx: ExprContext::Store };
    for (kind, number) in [(starred, 25), (list, 27), (tuple, 28)] {
        let target = expr(kind);
        let annotated = StmtKind::AnnAssign { target: &target, annotation: &value, value: None, simple: false };
        let augmented = StmtKind::AugAssign { target: &target, op: Operator::Add, value: &value };
        for (statement, what) in [(annotated, "annotated"), (augmented, "augmented")] {
            assert_eq!(error_of(stmt(statement), &names), None);
            let body = [stmt(statement)];
            let module = Mod::Module { body: &body, type_ignores: &[] };
            let (arena, options) = (Arena::new(), CompileOptions::default());
            let filename = b"x".as_slice().into();
            let mut names = Interner::new();
            names.intern("a");
            let error = compile(&module, &arena, &mut names, &filename, options, &mut NoWarnings).unwrap_err();
            let message = format!("invalid node type ({number}) for {what} assignment");
            assert_eq!((error.kind, error.message), (ErrorKind::System, message));
        }
    }
}
