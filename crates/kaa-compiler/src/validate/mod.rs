//! Validates trees that a program built: what the grammar ensures for trees of the parser has to
//! be checked for them before they can be compiled. Errors are CPython's `ValueError`s.

mod expressions;
mod patterns;

use crate::errors::{CompileError, ErrorKind, Fallible};
use crate::stack_guard::StackGuard;
use kaa_ast::{
    Alias, Arg, Arguments, Expr, ExprContext, ExprKind, ExprRef, Interner, Keyword, Mod, Name, Span, Stmt, StmtKind,
    Try, TypeParam, TypeParamKind, With,
};

/// Checks a tree.
pub fn validate(module: &Mod<'_>, names: &Interner<'_>, guard: StackGuard) -> Fallible {
    let validator = Validator { names, guard };
    match *module {
        Mod::Module { body, .. } | Mod::Interactive { body } => validator.statements(body),
        Mod::Expression { body } => validator.expression(body, ExprContext::Load),
        Mod::FunctionType { argtypes, returns } => {
            validator.expressions(argtypes, ExprContext::Load)?;
            validator.expression(returns, ExprContext::Load)
        }
    }
}

struct Validator<'c, 'a> {
    names: &'c Interner<'a>,
    guard: StackGuard,
}

fn value_error(message: impl Into<String>) -> Fallible {
    Err(Box::new(CompileError::new(ErrorKind::Value, message)))
}

fn type_error(message: &str) -> Fallible {
    Err(Box::new(CompileError::new(ErrorKind::Type, message)))
}

fn require<T>(list: &[T], what: &str, owner: &str) -> Fallible {
    if list.is_empty() { value_error(format!("empty {what} on {owner}")) } else { Ok(()) }
}

/// A node must end behind its start, and have a start if it has an end.
fn check_span(span: Span) -> Fallible {
    let Span { line, col, end_line, end_col } = span;
    if line > end_line {
        return value_error(format!("AST node line range ({line}, {end_line}) is not valid"));
    }
    if (line < 0 && end_line != line) || (col < 0 && col != end_col) {
        return value_error(format!(
            "AST node column range ({col}, {end_col}) for line range ({line}, {end_line}) is not valid"
        ));
    }
    if line == end_line && col > end_col {
        return value_error(format!("line {line}, column {col}-{end_col} is not a valid range"));
    }
    Ok(())
}

impl<'a> Validator<'_, 'a> {
    /// Constants are no names.
    fn name(&self, name: Name) -> Fallible {
        match self.names.text(name) {
            text @ ("None" | "True" | "False") => {
                value_error(format!("identifier field can't represent '{text}' constant"))
            }
            _ => Ok(()),
        }
    }

    fn statements(&self, body: &'a [Stmt<'a>]) -> Fallible {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    fn body(&self, body: &'a [Stmt<'a>], owner: &str) -> Fallible {
        require(body, "body", owner)?;
        self.statements(body)
    }

    fn loads(&self, list: &'a [Expr<'a>]) -> Fallible {
        self.expressions(list, ExprContext::Load)
    }

    fn load(&self, expression: ExprRef<'a>) -> Fallible {
        self.expression(expression, ExprContext::Load)
    }

    fn optional(&self, expression: Option<ExprRef<'a>>) -> Fallible {
        expression.map_or(Ok(()), |expression| self.load(expression))
    }

    fn statement(&self, statement: &'a Stmt<'a>) -> Fallible {
        self.guard.check()?;
        check_span(statement.span)?;
        match statement.kind {
            StmtKind::FunctionDef(function) | StmtKind::AsyncFunctionDef(function) => {
                self.name(function.name)?;
                let is_async = matches!(statement.kind, StmtKind::AsyncFunctionDef(_));
                self.body(function.body, if is_async { "AsyncFunctionDef" } else { "FunctionDef" })?;
                self.type_params(function.type_params)?;
                self.arguments(function.args)?;
                self.loads(function.decorator_list)?;
                self.optional(function.returns)
            }
            StmtKind::ClassDef(class) => {
                self.name(class.name)?;
                self.body(class.body, "ClassDef")?;
                self.type_params(class.type_params)?;
                self.loads(class.bases)?;
                self.keywords(class.keywords)?;
                self.loads(class.decorator_list)
            }
            StmtKind::Return { value } => self.optional(value),
            StmtKind::Delete { targets } => {
                require(targets, "targets", "Delete")?;
                self.expressions(targets, ExprContext::Del)
            }
            StmtKind::Assign { targets, value, .. } => {
                require(targets, "targets", "Assign")?;
                self.expressions(targets, ExprContext::Store)?;
                self.load(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expression(target, ExprContext::Store)?;
                self.load(value)
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                if simple && !matches!(target.kind, ExprKind::Name { .. }) {
                    return type_error("AnnAssign with simple non-Name target");
                }
                self.expression(target, ExprContext::Store)?;
                self.optional(value)?;
                self.load(annotation)
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                if !matches!(name.kind, ExprKind::Name { .. }) {
                    return type_error("TypeAlias with non-Name name");
                }
                self.expression(name, ExprContext::Store)?;
                self.type_params(type_params)?;
                self.load(value)
            }
            StmtKind::For(inner) | StmtKind::AsyncFor(inner) => {
                self.expression(inner.target, ExprContext::Store)?;
                self.load(inner.iter)?;
                self.body(inner.body, if matches!(statement.kind, StmtKind::For(_)) { "For" } else { "AsyncFor" })?;
                self.statements(inner.orelse)
            }
            StmtKind::While { test, body, orelse } => {
                self.load(test)?;
                self.body(body, "While")?;
                self.statements(orelse)
            }
            StmtKind::If { test, body, orelse } => {
                self.load(test)?;
                self.body(body, "If")?;
                self.statements(orelse)
            }
            StmtKind::With(inner) => self.with(inner, "With"),
            StmtKind::AsyncWith(inner) => self.with(inner, "AsyncWith"),
            StmtKind::Match { subject, cases } => {
                self.load(subject)?;
                require(cases, "cases", "Match")?;
                for case in cases {
                    self.pattern(case.pattern, false)?;
                    self.optional(case.guard)?;
                    self.body(case.body, "match_case")?;
                }
                Ok(())
            }
            StmtKind::Raise { exc: None, cause: Some(_) } => value_error("Raise with cause but no exception"),
            StmtKind::Raise { exc, cause } => {
                self.optional(exc)?;
                self.optional(cause)
            }
            StmtKind::Try(inner) => self.try_statement(inner, "Try"),
            StmtKind::TryStar(inner) => self.try_statement(inner, "TryStar"),
            StmtKind::Assert { test, msg } => {
                self.load(test)?;
                self.optional(msg)
            }
            StmtKind::Import { names } => self.imports(names, "Import"),
            StmtKind::ImportFrom { names, .. } => self.imports(names, "ImportFrom"),
            StmtKind::Global { names } => require(names, "names", "Global"),
            StmtKind::Nonlocal { names } => require(names, "names", "Nonlocal"),
            StmtKind::Expr { value } => self.load(value),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
        }
    }

    fn imports(&self, aliases: &'a [Alias], owner: &str) -> Fallible {
        require(aliases, "names", owner)?;
        aliases.iter().try_for_each(|alias| {
            self.name(alias.name)?;
            alias.asname.map_or(Ok(()), |name| self.name(name))
        })
    }

    fn with(&self, statement: &'a With<'a>, owner: &str) -> Fallible {
        require(statement.items, "items", owner)?;
        for item in statement.items {
            self.load(item.context_expr)?;
            if let Some(target) = item.optional_vars {
                self.expression(target, ExprContext::Store)?;
            }
        }
        self.body(statement.body, owner)
    }

    fn try_statement(&self, statement: &'a Try<'a>, owner: &str) -> Fallible {
        self.body(statement.body, owner)?;
        if statement.handlers.is_empty() && statement.finalbody.is_empty() {
            return value_error(format!("{owner} has neither except handlers nor finalbody"));
        }
        if statement.handlers.is_empty() && !statement.orelse.is_empty() {
            return value_error(format!("{owner} has orelse but no except handlers"));
        }
        for handler in statement.handlers {
            // CPython checks position and name only where it is no `except*`.
            let is_checked = owner == "Try";
            if is_checked {
                check_span(handler.span)?;
            }
            self.optional(handler.typ)?;
            handler.name.filter(|_| is_checked).map_or(Ok(()), |name| self.name(name))?;
            self.body(handler.body, "ExceptHandler")?;
        }
        self.statements(statement.finalbody)?;
        self.statements(statement.orelse)
    }

    fn keywords(&self, keywords: &'a [Keyword<'a>]) -> Fallible {
        keywords.iter().try_for_each(|keyword| self.load(keyword.value))
    }

    fn argument(&self, arg: &'a Arg<'a>) -> Fallible {
        check_span(arg.span)?;
        self.optional(arg.annotation)
    }

    fn arguments(&self, args: &'a Arguments<'a>) -> Fallible {
        let positional = args.posonlyargs.iter().chain(args.args);
        positional
            .chain(args.vararg)
            .chain(args.kwonlyargs)
            .chain(args.kwarg)
            .try_for_each(|arg| self.argument(arg))?;
        if args.defaults.len() > args.posonlyargs.len() + args.args.len() {
            return value_error("more positional defaults than args on arguments");
        }
        if args.kw_defaults.len() != args.kwonlyargs.len() {
            return value_error("length of kwonlyargs is not the same as kw_defaults on arguments");
        }
        self.loads(args.defaults)?;
        args.kw_defaults.iter().try_for_each(|default| self.optional(*default))
    }

    fn type_params(&self, params: &'a [TypeParam<'a>]) -> Fallible {
        for param in params {
            check_span(param.span)?;
            let (name, bound, default) = match param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => (name, bound, default_value),
                TypeParamKind::ParamSpec { name, default_value }
                | TypeParamKind::TypeVarTuple { name, default_value } => (name, None, default_value),
            };
            self.name(name)?;
            self.optional(bound)?;
            self.optional(default)?;
        }
        Ok(())
    }
}
