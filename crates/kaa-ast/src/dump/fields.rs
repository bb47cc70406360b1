//! The class and the fields of each node, as CPython's `ast` module has them.

use super::literals::{repr_constant, repr_text};
use crate::*;

/// Any node of a tree.
#[derive(Clone, Copy)]
pub(super) enum Node<'t, 'a> {
    Mod(&'t Mod<'a>),
    Stmt(&'t Stmt<'a>),
    Expr(&'t Expr<'a>),
    Arguments(&'t Arguments<'a>),
    Arg(&'t Arg<'a>),
    Keyword(&'t Keyword<'a>),
    Alias(&'t Alias),
    Comprehension(&'t Comprehension<'a>),
    Handler(&'t ExceptHandler<'a>),
    WithItem(&'t WithItem<'a>),
    Case(&'t MatchCase<'a>),
    Pattern(&'t Pattern<'a>),
    TypeParam(&'t TypeParam<'a>),
    TypeIgnore(&'t TypeIgnore<'a>),
    /// A class without fields: an operator or a context.
    Plain(&'static str),
}

pub(super) enum Field<'t, 'a> {
    Scalar(String),
    Node(Node<'t, 'a>),
    List(Vec<Field<'t, 'a>>),
}

type Fields<'t, 'a> = Vec<(&'static str, Field<'t, 'a>)>;

/// Builds the fields of a node; what is absent or empty is left out.
struct Builder<'t, 'a, 'i> {
    fields: Fields<'t, 'a>,
    interner: &'i Interner<'i>,
}

impl<'t, 'a> Builder<'t, 'a, '_> {
    fn add(&mut self, name: &'static str, field: Field<'t, 'a>) {
        self.fields.push((name, field));
    }

    fn scalar(&mut self, name: &'static str, value: impl ToString) {
        self.add(name, Field::Scalar(value.to_string()));
    }

    fn node(&mut self, name: &'static str, node: Node<'t, 'a>) {
        self.add(name, Field::Node(node));
    }

    fn expr(&mut self, name: &'static str, expr: &'t Expr<'a>) {
        self.node(name, Node::Expr(expr));
    }

    fn optional(&mut self, name: &'static str, expr: Option<&'t Expr<'a>>) {
        if let Some(expr) = expr {
            self.expr(name, expr);
        }
    }

    fn list(&mut self, name: &'static str, items: impl Iterator<Item = Field<'t, 'a>>) {
        let items: Vec<_> = items.collect();
        if !items.is_empty() {
            self.add(name, Field::List(items));
        }
    }

    fn nodes<T>(&mut self, name: &'static str, items: &'t [T], node: impl Fn(&'t T) -> Node<'t, 'a>) {
        self.list(name, items.iter().map(|item| Field::Node(node(item))));
    }

    fn exprs(&mut self, name: &'static str, exprs: &'t [Expr<'a>]) {
        self.nodes(name, exprs, Node::Expr);
    }

    fn optional_exprs(&mut self, name: &'static str, exprs: &'t [Option<ExprRef<'a>>]) {
        let none = || Field::Scalar("None".into());
        self.list(name, exprs.iter().map(|expr| expr.map_or_else(none, |expr| Field::Node(Node::Expr(expr)))));
    }

    fn body(&mut self, name: &'static str, stmts: &'t [Stmt<'a>]) {
        self.nodes(name, stmts, Node::Stmt);
    }

    fn identifier(&mut self, name: &'static str, id: Name) {
        let text = repr_text(self.interner.text(id).as_bytes());
        self.scalar(name, text);
    }

    fn optional_identifier(&mut self, name: &'static str, id: Option<Name>) {
        if let Some(id) = id {
            self.identifier(name, id);
        }
    }

    fn identifiers(&mut self, name: &'static str, ids: &[Name]) {
        let interner = self.interner;
        self.list(name, ids.iter().map(|id| Field::Scalar(repr_text(interner.text(*id).as_bytes()))));
    }

    fn text(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.scalar(name, repr_text(text.as_bytes()));
        }
    }

    fn context(&mut self, ctx: ExprContext) {
        self.node("ctx", Node::Plain(context_name(ctx)));
    }

    fn span(&mut self, span: Span) {
        self.scalar("lineno", span.line);
        self.scalar("col_offset", span.col);
        self.scalar("end_lineno", span.end_line);
        self.scalar("end_col_offset", span.end_col);
    }
}

fn context_name(ctx: ExprContext) -> &'static str {
    match ctx {
        ExprContext::Load => "Load",
        ExprContext::Store => "Store",
        ExprContext::Del => "Del",
    }
}

fn operator_name(op: Operator) -> &'static str {
    match op {
        Operator::Add => "Add",
        Operator::Sub => "Sub",
        Operator::Mult => "Mult",
        Operator::MatMult => "MatMult",
        Operator::Div => "Div",
        Operator::Mod => "Mod",
        Operator::Pow => "Pow",
        Operator::LShift => "LShift",
        Operator::RShift => "RShift",
        Operator::BitOr => "BitOr",
        Operator::BitXor => "BitXor",
        Operator::BitAnd => "BitAnd",
        Operator::FloorDiv => "FloorDiv",
    }
}

fn comparison_name(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => "Eq",
        CmpOp::NotEq => "NotEq",
        CmpOp::Lt => "Lt",
        CmpOp::LtE => "LtE",
        CmpOp::Gt => "Gt",
        CmpOp::GtE => "GtE",
        CmpOp::Is => "Is",
        CmpOp::IsNot => "IsNot",
        CmpOp::In => "In",
        CmpOp::NotIn => "NotIn",
    }
}

/// The class of a node and its fields, with its position if asked for.
pub(super) fn describe<'t, 'a>(
    node: Node<'t, 'a>,
    interner: &Interner,
    attributes: bool,
) -> (&'static str, Fields<'t, 'a>) {
    let mut b = Builder { fields: Vec::new(), interner };
    let (class, span) = match node {
        Node::Plain(class) => (class, None),
        Node::Mod(module) => (describe_mod(module, &mut b), None),
        Node::Stmt(stmt) => (describe_stmt(&stmt.kind, &mut b), Some(stmt.span)),
        Node::Expr(expr) => (describe_expr(&expr.kind, &mut b), Some(expr.span)),
        Node::Pattern(pattern) => (describe_pattern(&pattern.kind, &mut b), Some(pattern.span)),
        Node::Arguments(args) => {
            b.nodes("posonlyargs", args.posonlyargs, Node::Arg);
            b.nodes("args", args.args, Node::Arg);
            if let Some(arg) = args.vararg {
                b.node("vararg", Node::Arg(arg));
            }
            b.nodes("kwonlyargs", args.kwonlyargs, Node::Arg);
            b.optional_exprs("kw_defaults", args.kw_defaults);
            if let Some(arg) = args.kwarg {
                b.node("kwarg", Node::Arg(arg));
            }
            b.exprs("defaults", args.defaults);
            ("arguments", None)
        }
        Node::Arg(arg) => {
            b.identifier("arg", arg.arg);
            b.optional("annotation", arg.annotation);
            b.text("type_comment", arg.type_comment);
            ("arg", Some(arg.span))
        }
        Node::Keyword(keyword) => {
            b.optional_identifier("arg", keyword.arg);
            b.expr("value", keyword.value);
            ("keyword", Some(keyword.span))
        }
        Node::Alias(alias) => {
            b.identifier("name", alias.name);
            b.optional_identifier("asname", alias.asname);
            ("alias", Some(alias.span))
        }
        Node::Comprehension(clause) => {
            b.expr("target", clause.target);
            b.expr("iter", clause.iter);
            b.exprs("ifs", clause.ifs);
            b.scalar("is_async", u8::from(clause.is_async));
            ("comprehension", None)
        }
        Node::Handler(handler) => {
            b.optional("type", handler.typ);
            b.optional_identifier("name", handler.name);
            b.body("body", handler.body);
            ("ExceptHandler", Some(handler.span))
        }
        Node::WithItem(item) => {
            b.expr("context_expr", item.context_expr);
            b.optional("optional_vars", item.optional_vars);
            ("withitem", None)
        }
        Node::Case(case) => {
            b.node("pattern", Node::Pattern(case.pattern));
            b.optional("guard", case.guard);
            b.body("body", case.body);
            ("match_case", None)
        }
        Node::TypeParam(param) => (describe_type_param(&param.kind, &mut b), Some(param.span)),
        Node::TypeIgnore(ignore) => {
            b.scalar("lineno", ignore.line);
            b.scalar("tag", repr_text(ignore.tag.as_bytes()));
            ("TypeIgnore", None)
        }
    };
    if let (true, Some(span)) = (attributes, span) {
        b.span(span);
    }
    (class, b.fields)
}

fn describe_mod<'t, 'a>(module: &'t Mod<'a>, b: &mut Builder<'t, 'a, '_>) -> &'static str {
    match module {
        Mod::Module { body, type_ignores } => {
            b.body("body", body);
            b.nodes("type_ignores", type_ignores, Node::TypeIgnore);
            "Module"
        }
        Mod::Interactive { body } => {
            b.body("body", body);
            "Interactive"
        }
        Mod::Expression { body } => {
            b.expr("body", body);
            "Expression"
        }
        Mod::FunctionType { argtypes, returns } => {
            b.exprs("argtypes", argtypes);
            b.expr("returns", returns);
            "FunctionType"
        }
    }
}

fn describe_stmt<'t, 'a>(kind: &'t StmtKind<'a>, b: &mut Builder<'t, 'a, '_>) -> &'static str {
    match kind {
        StmtKind::FunctionDef(function) => {
            describe_function(function, b);
            "FunctionDef"
        }
        StmtKind::AsyncFunctionDef(function) => {
            describe_function(function, b);
            "AsyncFunctionDef"
        }
        StmtKind::ClassDef(class) => {
            b.identifier("name", class.name);
            b.exprs("bases", class.bases);
            b.nodes("keywords", class.keywords, Node::Keyword);
            b.body("body", class.body);
            b.exprs("decorator_list", class.decorator_list);
            b.nodes("type_params", class.type_params, Node::TypeParam);
            "ClassDef"
        }
        StmtKind::Return { value } => {
            b.optional("value", *value);
            "Return"
        }
        StmtKind::Delete { targets } => {
            b.exprs("targets", targets);
            "Delete"
        }
        StmtKind::Assign { targets, value, type_comment } => {
            b.exprs("targets", targets);
            b.expr("value", value);
            b.text("type_comment", *type_comment);
            "Assign"
        }
        StmtKind::TypeAlias { name, type_params, value } => {
            b.expr("name", name);
            b.nodes("type_params", type_params, Node::TypeParam);
            b.expr("value", value);
            "TypeAlias"
        }
        StmtKind::AugAssign { target, op, value } => {
            b.expr("target", target);
            b.node("op", Node::Plain(operator_name(*op)));
            b.expr("value", value);
            "AugAssign"
        }
        StmtKind::AnnAssign { target, annotation, value, simple } => {
            b.expr("target", target);
            b.expr("annotation", annotation);
            b.optional("value", *value);
            b.scalar("simple", u8::from(*simple));
            "AnnAssign"
        }
        StmtKind::For(statement) => {
            describe_for(statement, b);
            "For"
        }
        StmtKind::AsyncFor(statement) => {
            describe_for(statement, b);
            "AsyncFor"
        }
        StmtKind::While { test, body, orelse } => {
            b.expr("test", test);
            b.body("body", body);
            b.body("orelse", orelse);
            "While"
        }
        StmtKind::If { test, body, orelse } => {
            b.expr("test", test);
            b.body("body", body);
            b.body("orelse", orelse);
            "If"
        }
        StmtKind::With(statement) => {
            describe_with(statement, b);
            "With"
        }
        StmtKind::AsyncWith(statement) => {
            describe_with(statement, b);
            "AsyncWith"
        }
        StmtKind::Match { subject, cases } => {
            b.expr("subject", subject);
            b.nodes("cases", cases, Node::Case);
            "Match"
        }
        StmtKind::Raise { exc, cause } => {
            b.optional("exc", *exc);
            b.optional("cause", *cause);
            "Raise"
        }
        StmtKind::Try(statement) => {
            describe_try(statement, b);
            "Try"
        }
        StmtKind::TryStar(statement) => {
            describe_try(statement, b);
            "TryStar"
        }
        StmtKind::Assert { test, msg } => {
            b.expr("test", test);
            b.optional("msg", *msg);
            "Assert"
        }
        StmtKind::Import { names } => {
            b.nodes("names", names, Node::Alias);
            "Import"
        }
        StmtKind::ImportFrom { module, names, level } => {
            b.optional_identifier("module", *module);
            b.nodes("names", names, Node::Alias);
            b.scalar("level", level);
            "ImportFrom"
        }
        StmtKind::Global { names } => {
            b.identifiers("names", names);
            "Global"
        }
        StmtKind::Nonlocal { names } => {
            b.identifiers("names", names);
            "Nonlocal"
        }
        StmtKind::Expr { value } => {
            b.expr("value", value);
            "Expr"
        }
        StmtKind::Pass => "Pass",
        StmtKind::Break => "Break",
        StmtKind::Continue => "Continue",
    }
}

fn describe_function<'t, 'a>(function: &'t FunctionDef<'a>, b: &mut Builder<'t, 'a, '_>) {
    b.identifier("name", function.name);
    b.node("args", Node::Arguments(function.args));
    b.body("body", function.body);
    b.exprs("decorator_list", function.decorator_list);
    b.optional("returns", function.returns);
    b.text("type_comment", function.type_comment);
    b.nodes("type_params", function.type_params, Node::TypeParam);
}

fn describe_for<'t, 'a>(statement: &'t For<'a>, b: &mut Builder<'t, 'a, '_>) {
    b.expr("target", statement.target);
    b.expr("iter", statement.iter);
    b.body("body", statement.body);
    b.body("orelse", statement.orelse);
    b.text("type_comment", statement.type_comment);
}

fn describe_with<'t, 'a>(statement: &'t With<'a>, b: &mut Builder<'t, 'a, '_>) {
    b.nodes("items", statement.items, Node::WithItem);
    b.body("body", statement.body);
    b.text("type_comment", statement.type_comment);
}

fn describe_try<'t, 'a>(statement: &'t Try<'a>, b: &mut Builder<'t, 'a, '_>) {
    b.body("body", statement.body);
    b.nodes("handlers", statement.handlers, Node::Handler);
    b.body("orelse", statement.orelse);
    b.body("finalbody", statement.finalbody);
}

fn describe_expr<'t, 'a>(kind: &'t ExprKind<'a>, b: &mut Builder<'t, 'a, '_>) -> &'static str {
    match kind {
        ExprKind::BoolOp { op, values } => {
            b.node("op", Node::Plain(if *op == BoolOp::And { "And" } else { "Or" }));
            b.exprs("values", values);
            "BoolOp"
        }
        ExprKind::NamedExpr { target, value } => {
            b.expr("target", target);
            b.expr("value", value);
            "NamedExpr"
        }
        ExprKind::BinOp { left, op, right } => {
            b.expr("left", left);
            b.node("op", Node::Plain(operator_name(*op)));
            b.expr("right", right);
            "BinOp"
        }
        ExprKind::UnaryOp { op, operand } => {
            let op = match op {
                UnaryOp::Invert => "Invert",
                UnaryOp::Not => "Not",
                UnaryOp::UAdd => "UAdd",
                UnaryOp::USub => "USub",
            };
            b.node("op", Node::Plain(op));
            b.expr("operand", operand);
            "UnaryOp"
        }
        ExprKind::Lambda { args, body } => {
            b.node("args", Node::Arguments(args));
            b.expr("body", body);
            "Lambda"
        }
        ExprKind::IfExp { test, body, orelse } => {
            b.expr("test", test);
            b.expr("body", body);
            b.expr("orelse", orelse);
            "IfExp"
        }
        ExprKind::Dict { keys, values } => {
            b.optional_exprs("keys", keys);
            b.exprs("values", values);
            "Dict"
        }
        ExprKind::Set { elts } => {
            b.exprs("elts", elts);
            "Set"
        }
        ExprKind::ListComp { elt, generators } => describe_comprehension("ListComp", elt, generators, b),
        ExprKind::SetComp { elt, generators } => describe_comprehension("SetComp", elt, generators, b),
        ExprKind::GeneratorExp { elt, generators } => describe_comprehension("GeneratorExp", elt, generators, b),
        ExprKind::DictComp { key, value, generators } => {
            b.expr("key", key);
            b.expr("value", value);
            b.nodes("generators", generators, Node::Comprehension);
            "DictComp"
        }
        ExprKind::Await { value } => {
            b.expr("value", value);
            "Await"
        }
        ExprKind::Yield { value } => {
            b.optional("value", *value);
            "Yield"
        }
        ExprKind::YieldFrom { value } => {
            b.expr("value", value);
            "YieldFrom"
        }
        ExprKind::Compare { left, ops, comparators } => {
            b.expr("left", left);
            b.list("ops", ops.iter().map(|op| Field::Node(Node::Plain(comparison_name(*op)))));
            b.exprs("comparators", comparators);
            "Compare"
        }
        ExprKind::Call { func, args, keywords } => {
            b.expr("func", func);
            b.exprs("args", args);
            b.nodes("keywords", keywords, Node::Keyword);
            "Call"
        }
        ExprKind::FormattedValue { value, conversion, format_spec } => {
            b.expr("value", value);
            b.scalar("conversion", conversion);
            b.optional("format_spec", *format_spec);
            "FormattedValue"
        }
        ExprKind::Interpolation { value, str, conversion, format_spec } => {
            b.expr("value", value);
            b.scalar("str", repr_constant(str));
            b.scalar("conversion", conversion);
            b.optional("format_spec", *format_spec);
            "Interpolation"
        }
        ExprKind::JoinedStr { values } => {
            b.exprs("values", values);
            "JoinedStr"
        }
        ExprKind::TemplateStr { values } => {
            b.exprs("values", values);
            "TemplateStr"
        }
        ExprKind::Constant { value, kind } => {
            b.scalar("value", repr_constant(value));
            b.text("kind", *kind);
            "Constant"
        }
        ExprKind::Attribute { value, attr, ctx } => {
            b.expr("value", value);
            b.identifier("attr", *attr);
            b.context(*ctx);
            "Attribute"
        }
        ExprKind::Subscript { value, slice, ctx } => {
            b.expr("value", value);
            b.expr("slice", slice);
            b.context(*ctx);
            "Subscript"
        }
        ExprKind::Starred { value, ctx } => {
            b.expr("value", value);
            b.context(*ctx);
            "Starred"
        }
        ExprKind::Name { id, ctx } => {
            b.identifier("id", *id);
            b.context(*ctx);
            "Name"
        }
        ExprKind::List { elts, ctx } => {
            b.exprs("elts", elts);
            b.context(*ctx);
            "List"
        }
        ExprKind::Tuple { elts, ctx } => {
            b.exprs("elts", elts);
            b.context(*ctx);
            "Tuple"
        }
        ExprKind::Slice { lower, upper, step } => {
            b.optional("lower", *lower);
            b.optional("upper", *upper);
            b.optional("step", *step);
            "Slice"
        }
    }
}

fn describe_comprehension<'t, 'a>(
    class: &'static str,
    elt: &'t Expr<'a>,
    generators: &'t [Comprehension<'a>],
    b: &mut Builder<'t, 'a, '_>,
) -> &'static str {
    b.expr("elt", elt);
    b.nodes("generators", generators, Node::Comprehension);
    class
}

fn describe_pattern<'t, 'a>(kind: &'t PatternKind<'a>, b: &mut Builder<'t, 'a, '_>) -> &'static str {
    match kind {
        PatternKind::MatchValue { value } => {
            b.expr("value", value);
            "MatchValue"
        }
        PatternKind::MatchSingleton { value } => {
            b.scalar("value", repr_constant(value));
            "MatchSingleton"
        }
        PatternKind::MatchSequence { patterns } => {
            b.nodes("patterns", patterns, Node::Pattern);
            "MatchSequence"
        }
        PatternKind::MatchMapping { keys, patterns, rest } => {
            b.exprs("keys", keys);
            b.nodes("patterns", patterns, Node::Pattern);
            b.optional_identifier("rest", *rest);
            "MatchMapping"
        }
        PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
            b.expr("cls", cls);
            b.nodes("patterns", patterns, Node::Pattern);
            b.identifiers("kwd_attrs", kwd_attrs);
            b.nodes("kwd_patterns", kwd_patterns, Node::Pattern);
            "MatchClass"
        }
        PatternKind::MatchStar { name } => {
            b.optional_identifier("name", *name);
            "MatchStar"
        }
        PatternKind::MatchAs { pattern, name } => {
            if let Some(pattern) = pattern {
                b.node("pattern", Node::Pattern(pattern));
            }
            b.optional_identifier("name", *name);
            "MatchAs"
        }
        PatternKind::MatchOr { patterns } => {
            b.nodes("patterns", patterns, Node::Pattern);
            "MatchOr"
        }
    }
}

fn describe_type_param<'t, 'a>(kind: &'t TypeParamKind<'a>, b: &mut Builder<'t, 'a, '_>) -> &'static str {
    match kind {
        TypeParamKind::TypeVar { name, bound, default_value } => {
            b.identifier("name", *name);
            b.optional("bound", *bound);
            b.optional("default_value", *default_value);
            "TypeVar"
        }
        TypeParamKind::ParamSpec { name, default_value } => {
            b.identifier("name", *name);
            b.optional("default_value", *default_value);
            "ParamSpec"
        }
        TypeParamKind::TypeVarTuple { name, default_value } => {
            b.identifier("name", *name);
            b.optional("default_value", *default_value);
            "TypeVarTuple"
        }
    }
}
