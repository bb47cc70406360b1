//! What happens to a tree before symbol tables: `__debug__` becomes a constant, `"…" % (…)` an
//! f-string where that means the same, negative and complex numbers in patterns constants; `-OO`
//! removes docstrings; `return`, `break` and `continue` that leave a `finally` block are warned of
//! (PEP 765). All other folding of constants happens in the flow graph.
//!
//! Input and output are trees in the same arena. What does not change is not copied: each visit
//! answers with the node it was given, or with a new one.

mod expressions;
mod patterns;
mod percent_format;

use crate::docstring;
use crate::errors::{CompileError, Fallible, Warning, WarningAction, WarningSink};
use crate::names::NameContext;
use crate::stack_guard::StackGuard;
use crate::{CompileOptions, Docstrings};
use kaa_ast::{
    Arena, Arg, Arguments, ClassDef, ExceptHandler, Expr, ExprKind, For, FunctionDef, Keyword, MatchCase, Mod, Span,
    Stmt, StmtKind, Try, TypeParam, TypeParamKind, With, WithItem,
};

/// How a tree is preprocessed.
pub struct Input<'c> {
    pub options: CompileOptions,
    /// Annotations are kept as they are written.
    pub string_annotations: bool,
    /// See [`Compilation::changing_lines`](crate::Compilation::changing_lines).
    pub changing_lines: Option<&'c [i32]>,
}

/// The preprocessed tree.
pub fn preprocess<'a>(
    module: &Mod<'a>,
    names: &NameContext<'_, 'a>,
    input: Input<'_>,
    guard: StackGuard,
    warnings: &mut dyn WarningSink,
) -> Fallible<Mod<'a>> {
    let Input { options: CompileOptions { optimize, docstrings, .. }, string_annotations, changing_lines } = input;
    let keeps_docstrings = docstrings == Docstrings::ByLevel && optimize < 2;
    let mut preprocessor = Preprocessor {
        arena: names.arena,
        names,
        optimize,
        keeps_docstrings,
        string_annotations,
        // Docstrings may be anywhere.
        changing_lines: changing_lines.filter(|_| keeps_docstrings),
        guard,
        warnings,
        finally_contexts: Vec::new(),
        spine: Vec::new(),
    };
    Ok(match *module {
        Mod::Module { body, type_ignores } => {
            let keeps = preprocessor.keeps_docstrings || docstrings == Docstrings::OfModule;
            Mod::Module { body: preprocessor.documented(body, keeps)?, type_ignores }
        }
        Mod::Interactive { body } => Mod::Interactive { body: preprocessor.statements(body)? },
        Mod::Expression { body } => Mod::Expression { body: preprocessor.expression(body)? },
        Mod::FunctionType { argtypes, returns } => Mod::FunctionType { argtypes, returns },
    })
}

/// What a statement that leaves a block would leave first.
#[derive(Clone, Copy, PartialEq)]
enum FinallyContext {
    Finally,
    Function,
    Loop,
}

struct Preprocessor<'c, 'n, 'a> {
    arena: &'a Arena,
    names: &'c NameContext<'n, 'a>,
    optimize: u8,
    /// Those of classes and functions.
    keeps_docstrings: bool,
    /// Annotations are kept as they are written.
    string_annotations: bool,
    changing_lines: Option<&'c [i32]>,
    guard: StackGuard,
    warnings: &'c mut dyn WarningSink,
    finally_contexts: Vec<FinallyContext>,
    /// Scratch: the operators of chains that lean to the left, which may be very long.
    spine: Vec<&'a Expr<'a>>,
}

/// Whether a visit answered with the node it was given.
trait Same {
    fn same(&self, other: &Self) -> bool;
}

impl<T: ?Sized> Same for &T {
    fn same(&self, other: &Self) -> bool {
        std::ptr::eq(*self, *other)
    }
}

impl<T: Same> Same for Option<T> {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (None, None) => true,
            (Some(this), Some(other)) => this.same(other),
            _ => false,
        }
    }
}

/// `unchanged!(old => new, …)`: whether all pairs are the same nodes.
macro_rules! unchanged {
    ($($old:expr => $new:expr),+ $(,)?) => {
        $($crate::preprocess::Same::same(&$old, &$new))&&+
    };
}
use unchanged;

impl<'a> Preprocessor<'_, '_, 'a> {
    /// Visits the items of a list; copies it when one changes.
    fn list<T: Copy>(
        &mut self,
        list: &'a [T],
        mut visit: impl FnMut(&mut Self, &'a T) -> Fallible<&'a T>,
    ) -> Fallible<&'a [T]> {
        let mut copy: Option<&'a mut [T]> = None;
        for (index, item) in list.iter().enumerate() {
            let new = visit(self, item)?;
            if !new.same(&item) {
                copy.get_or_insert_with(|| self.arena.alloc_slice_copy(list))[index] = *new;
            }
        }
        Ok(copy.map_or(list, |copy| &*copy))
    }

    fn statements(&mut self, body: &'a [Stmt<'a>]) -> Fallible<&'a [Stmt<'a>]> {
        self.list(body, Self::statement)
    }

    /// The body of a class or function, which may begin with a docstring.
    fn body(&mut self, body: &'a [Stmt<'a>]) -> Fallible<&'a [Stmt<'a>]> {
        self.documented(body, self.keeps_docstrings)
    }

    /// A body that may begin with a docstring, which it keeps or not.
    fn documented(&mut self, body: &'a [Stmt<'a>], keeps: bool) -> Fallible<&'a [Stmt<'a>]> {
        let mut body = body;
        let mut had_docstring = docstring::of(body).is_some();
        if had_docstring && !keeps {
            had_docstring = false;
            body = self.without_docstring(body);
        }
        let body = self.statements(body)?;
        if !had_docstring
            && docstring::of(body).is_some()
            && let StmtKind::Expr { value } = body[0].kind
        {
            // A string that has become the first statement is no docstring.
            let values = std::slice::from_ref(value);
            let value = self.arena.alloc(Expr { span: body[0].span, kind: ExprKind::JoinedStr { values } });
            let copy = self.arena.alloc_slice_copy(body);
            copy[0].kind = StmtKind::Expr { value };
            return Ok(copy);
        }
        Ok(body)
    }

    fn without_docstring(&self, body: &'a [Stmt<'a>]) -> &'a [Stmt<'a>] {
        let (docstring, rest) = body.split_first().expect("a docstring is a statement");
        if !rest.is_empty() {
            return rest;
        }
        let Span { line, col, .. } = docstring.span;
        let span = Span::new(line, col, line, col + 4);
        self.arena.alloc_slice_copy(&[Stmt { span, kind: StmtKind::Pass }])
    }

    /// Whether nothing in the statement is to be replaced or warned of.
    #[inline]
    fn stays(&self, statement: &Stmt<'a>) -> bool {
        let Some(lines) = self.changing_lines else { return false };
        // Decorators stand before the statement that they belong to.
        let decorators = match statement.kind {
            StmtKind::FunctionDef(function) | StmtKind::AsyncFunctionDef(function) => function.decorator_list,
            StmtKind::ClassDef(class) => class.decorator_list,
            _ => &[],
        };
        let start = decorators.first().map_or(statement.span.line, |decorator| decorator.span.line);
        let next = lines.partition_point(|&line| line < start);
        // What leaves a `finally` block is warned of wherever it stands in it.
        lines.get(next).is_none_or(|&line| line > statement.span.end_line)
            && self.finally_contexts.last() != Some(&FinallyContext::Finally)
    }

    fn statement(&mut self, statement: &'a Stmt<'a>) -> Fallible<&'a Stmt<'a>> {
        if self.stays(statement) {
            return Ok(statement);
        }
        self.guard.check()?;
        let kind = match statement.kind {
            StmtKind::Expr { value } => {
                let new = self.expression(value)?;
                if unchanged!(value => new) {
                    return Ok(statement);
                }
                StmtKind::Expr { value: new }
            }
            StmtKind::Assign { targets, value, type_comment } => {
                let (new_targets, new) = (self.expressions(targets)?, self.expression(value)?);
                if unchanged!(targets => new_targets, value => new) {
                    return Ok(statement);
                }
                StmtKind::Assign { targets: new_targets, value: new, type_comment }
            }
            StmtKind::FunctionDef(function) => {
                let new = self.function(function)?;
                if unchanged!(function => new) {
                    return Ok(statement);
                }
                StmtKind::FunctionDef(new)
            }
            StmtKind::AsyncFunctionDef(function) => {
                let new = self.function(function)?;
                if unchanged!(function => new) {
                    return Ok(statement);
                }
                StmtKind::AsyncFunctionDef(new)
            }
            StmtKind::ClassDef(class) => {
                let new = self.class(class)?;
                if unchanged!(class => new) {
                    return Ok(statement);
                }
                StmtKind::ClassDef(new)
            }
            StmtKind::Return { value } => {
                self.before_leaving("return", statement.span)?;
                let new = self.optional(value)?;
                if unchanged!(value => new) {
                    return Ok(statement);
                }
                StmtKind::Return { value: new }
            }
            StmtKind::If { test, body, orelse } => {
                let new_test = self.expression(test)?;
                let (new_body, new_orelse) = (self.statements(body)?, self.statements(orelse)?);
                if unchanged!(test => new_test, body => new_body, orelse => new_orelse) {
                    return Ok(statement);
                }
                StmtKind::If { test: new_test, body: new_body, orelse: new_orelse }
            }
            StmtKind::For(inner) => {
                let new = self.for_loop(inner)?;
                if unchanged!(inner => new) {
                    return Ok(statement);
                }
                StmtKind::For(new)
            }
            StmtKind::AsyncFor(inner) => {
                let new = self.for_loop(inner)?;
                if unchanged!(inner => new) {
                    return Ok(statement);
                }
                StmtKind::AsyncFor(new)
            }
            StmtKind::With(inner) => {
                let new = self.with(inner)?;
                if unchanged!(inner => new) {
                    return Ok(statement);
                }
                StmtKind::With(new)
            }
            StmtKind::AsyncWith(inner) => {
                let new = self.with(inner)?;
                if unchanged!(inner => new) {
                    return Ok(statement);
                }
                StmtKind::AsyncWith(new)
            }
            StmtKind::Try(inner) => {
                let new = self.try_statement(inner)?;
                if unchanged!(inner => new) {
                    return Ok(statement);
                }
                StmtKind::Try(new)
            }
            StmtKind::TryStar(inner) => {
                let new = self.try_statement(inner)?;
                if unchanged!(inner => new) {
                    return Ok(statement);
                }
                StmtKind::TryStar(new)
            }
            StmtKind::Break => {
                self.before_leaving("break", statement.span)?;
                return Ok(statement);
            }
            StmtKind::Continue => {
                self.before_leaving("continue", statement.span)?;
                return Ok(statement);
            }
            StmtKind::Import { .. }
            | StmtKind::ImportFrom { .. }
            | StmtKind::Global { .. }
            | StmtKind::Nonlocal { .. }
            | StmtKind::Pass => return Ok(statement),
            _ => return self.rarer_statement(statement),
        };
        Ok(self.arena.alloc(Stmt { span: statement.span, kind }))
    }

    fn rarer_statement(&mut self, statement: &'a Stmt<'a>) -> Fallible<&'a Stmt<'a>> {
        let kind = match statement.kind {
            StmtKind::Delete { targets } => {
                let new = self.expressions(targets)?;
                if unchanged!(targets => new) {
                    return Ok(statement);
                }
                StmtKind::Delete { targets: new }
            }
            StmtKind::AugAssign { target, op, value } => {
                let (new_target, new) = (self.expression(target)?, self.expression(value)?);
                if unchanged!(target => new_target, value => new) {
                    return Ok(statement);
                }
                StmtKind::AugAssign { target: new_target, op, value: new }
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                let new_target = self.expression(target)?;
                let new_annotation = self.annotation(annotation)?;
                let new = self.optional(value)?;
                if unchanged!(target => new_target, annotation => new_annotation, value => new) {
                    return Ok(statement);
                }
                StmtKind::AnnAssign { target: new_target, annotation: new_annotation, value: new, simple }
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                let new_name = self.expression(name)?;
                let new_params = self.type_params(type_params)?;
                let new = self.expression(value)?;
                if unchanged!(name => new_name, type_params => new_params, value => new) {
                    return Ok(statement);
                }
                StmtKind::TypeAlias { name: new_name, type_params: new_params, value: new }
            }
            StmtKind::While { test, body, orelse } => {
                let new_test = self.expression(test)?;
                let new_body = self.inside(FinallyContext::Loop, |this| this.statements(body))?;
                let new_orelse = self.statements(orelse)?;
                if unchanged!(test => new_test, body => new_body, orelse => new_orelse) {
                    return Ok(statement);
                }
                StmtKind::While { test: new_test, body: new_body, orelse: new_orelse }
            }
            StmtKind::Raise { exc, cause } => {
                let (new_exc, new_cause) = (self.optional(exc)?, self.optional(cause)?);
                if unchanged!(exc => new_exc, cause => new_cause) {
                    return Ok(statement);
                }
                StmtKind::Raise { exc: new_exc, cause: new_cause }
            }
            StmtKind::Assert { test, msg } => {
                let (new_test, new_msg) = (self.expression(test)?, self.optional(msg)?);
                if unchanged!(test => new_test, msg => new_msg) {
                    return Ok(statement);
                }
                StmtKind::Assert { test: new_test, msg: new_msg }
            }
            StmtKind::Match { subject, cases } => {
                let new_subject = self.expression(subject)?;
                let new_cases = self.list(cases, Self::match_case)?;
                if unchanged!(subject => new_subject, cases => new_cases) {
                    return Ok(statement);
                }
                StmtKind::Match { subject: new_subject, cases: new_cases }
            }
            _ => return Ok(statement),
        };
        Ok(self.arena.alloc(Stmt { span: statement.span, kind }))
    }

    fn inside<T>(&mut self, context: FinallyContext, visit: impl FnOnce(&mut Self) -> Fallible<T>) -> Fallible<T> {
        self.finally_contexts.push(context);
        let result = visit(self)?;
        self.finally_contexts.pop();
        Ok(result)
    }

    /// Warns of a statement that leaves a `finally` block; what is in a loop or function inside
    /// counts as leaving only that.
    fn before_leaving(&mut self, keyword: &str, span: Span) -> Fallible {
        if self.finally_contexts.last() == Some(&FinallyContext::Finally) {
            self.warn_of_leaving_finally(keyword, span)?;
        }
        Ok(())
    }

    fn warn_of_leaving_finally(&mut self, keyword: &str, span: Span) -> Fallible {
        let message = format!("'{keyword}' in a 'finally' block");
        match self.warnings.warn(Warning { message: message.clone(), span }) {
            WarningAction::Continue => Ok(()),
            WarningAction::Raise => Err(Box::new(CompileError::syntax(message, span))),
            WarningAction::Abort => Err(Box::new(CompileError::aborted())),
        }
    }

    fn function(&mut self, function: &'a FunctionDef<'a>) -> Fallible<&'a FunctionDef<'a>> {
        let type_params = self.type_params(function.type_params)?;
        let args = self.arguments(function.args)?;
        let body = self.inside(FinallyContext::Function, |this| this.body(function.body))?;
        let decorator_list = self.expressions(function.decorator_list)?;
        let returns = match function.returns {
            Some(returns) => Some(self.annotation(returns)?),
            None => None,
        };
        if unchanged!(
            function.type_params => type_params, function.args => args, function.body => body,
            function.decorator_list => decorator_list, function.returns => returns,
        ) {
            return Ok(function);
        }
        Ok(self.arena.alloc(FunctionDef { args, body, decorator_list, returns, type_params, ..*function }))
    }

    fn class(&mut self, class: &'a ClassDef<'a>) -> Fallible<&'a ClassDef<'a>> {
        let type_params = self.type_params(class.type_params)?;
        let bases = self.expressions(class.bases)?;
        let keywords = self.keywords(class.keywords)?;
        let body = self.body(class.body)?;
        let decorator_list = self.expressions(class.decorator_list)?;
        if unchanged!(
            class.type_params => type_params, class.bases => bases, class.keywords => keywords,
            class.body => body, class.decorator_list => decorator_list,
        ) {
            return Ok(class);
        }
        Ok(self.arena.alloc(ClassDef { bases, keywords, body, decorator_list, type_params, ..*class }))
    }

    fn for_loop(&mut self, statement: &'a For<'a>) -> Fallible<&'a For<'a>> {
        let target = self.expression(statement.target)?;
        let iter = self.expression(statement.iter)?;
        let body = self.inside(FinallyContext::Loop, |this| this.statements(statement.body))?;
        let orelse = self.statements(statement.orelse)?;
        if unchanged!(
            statement.target => target, statement.iter => iter, statement.body => body, statement.orelse => orelse,
        ) {
            return Ok(statement);
        }
        Ok(self.arena.alloc(For { target, iter, body, orelse, ..*statement }))
    }

    fn with(&mut self, statement: &'a With<'a>) -> Fallible<&'a With<'a>> {
        let items = self.list(statement.items, |this, item: &'a WithItem<'a>| {
            let context_expr = this.expression(item.context_expr)?;
            let optional_vars = this.optional(item.optional_vars)?;
            if unchanged!(item.context_expr => context_expr, item.optional_vars => optional_vars) {
                return Ok(item);
            }
            Ok(&*this.arena.alloc(WithItem { context_expr, optional_vars }))
        })?;
        let body = self.statements(statement.body)?;
        if unchanged!(statement.items => items, statement.body => body) {
            return Ok(statement);
        }
        Ok(self.arena.alloc(With { items, body, ..*statement }))
    }

    fn try_statement(&mut self, statement: &'a Try<'a>) -> Fallible<&'a Try<'a>> {
        let body = self.statements(statement.body)?;
        let handlers = self.list(statement.handlers, |this, handler: &'a ExceptHandler<'a>| {
            let typ = this.optional(handler.typ)?;
            let body = this.statements(handler.body)?;
            if unchanged!(handler.typ => typ, handler.body => body) {
                return Ok(handler);
            }
            Ok(&*this.arena.alloc(ExceptHandler { typ, body, ..*handler }))
        })?;
        let orelse = self.statements(statement.orelse)?;
        let finalbody = self.inside(FinallyContext::Finally, |this| this.statements(statement.finalbody))?;
        if unchanged!(
            statement.body => body, statement.handlers => handlers, statement.orelse => orelse,
            statement.finalbody => finalbody,
        ) {
            return Ok(statement);
        }
        Ok(self.arena.alloc(Try { body, handlers, orelse, finalbody }))
    }

    fn match_case(&mut self, case: &'a MatchCase<'a>) -> Fallible<&'a MatchCase<'a>> {
        let pattern = self.pattern(case.pattern)?;
        let guard = self.optional(case.guard)?;
        let body = self.statements(case.body)?;
        if unchanged!(case.pattern => pattern, case.guard => guard, case.body => body) {
            return Ok(case);
        }
        Ok(self.arena.alloc(MatchCase { pattern, guard, body }))
    }

    fn annotation(&mut self, annotation: &'a Expr<'a>) -> Fallible<&'a Expr<'a>> {
        if self.string_annotations { Ok(annotation) } else { self.expression(annotation) }
    }

    fn arguments(&mut self, args: &'a Arguments<'a>) -> Fallible<&'a Arguments<'a>> {
        let posonlyargs = self.list(args.posonlyargs, Self::argument)?;
        let positional = self.list(args.args, Self::argument)?;
        let vararg = args.vararg.map(|arg| self.argument(arg)).transpose()?;
        let kwonlyargs = self.list(args.kwonlyargs, Self::argument)?;
        let kw_defaults = self.optionals(args.kw_defaults)?;
        let kwarg = args.kwarg.map(|arg| self.argument(arg)).transpose()?;
        let defaults = self.expressions(args.defaults)?;
        if unchanged!(
            args.posonlyargs => posonlyargs, args.args => positional, args.vararg => vararg,
            args.kwonlyargs => kwonlyargs, args.kw_defaults => kw_defaults, args.kwarg => kwarg,
            args.defaults => defaults,
        ) {
            return Ok(args);
        }
        Ok(self.arena.alloc(Arguments {
            posonlyargs,
            args: positional,
            vararg,
            kwonlyargs,
            kw_defaults,
            kwarg,
            defaults,
        }))
    }

    fn argument(&mut self, arg: &'a Arg<'a>) -> Fallible<&'a Arg<'a>> {
        let Some(annotation) = arg.annotation else { return Ok(arg) };
        let new = self.annotation(annotation)?;
        if unchanged!(annotation => new) {
            return Ok(arg);
        }
        Ok(self.arena.alloc(Arg { annotation: Some(new), ..*arg }))
    }

    fn keywords(&mut self, keywords: &'a [Keyword<'a>]) -> Fallible<&'a [Keyword<'a>]> {
        self.list(keywords, |this, keyword| {
            let value = this.expression(keyword.value)?;
            if unchanged!(keyword.value => value) {
                return Ok(keyword);
            }
            Ok(&*this.arena.alloc(Keyword { value, ..*keyword }))
        })
    }

    fn type_params(&mut self, params: &'a [TypeParam<'a>]) -> Fallible<&'a [TypeParam<'a>]> {
        self.list(params, |this, param| {
            let kind = match param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => {
                    let (new_bound, new_default) = (this.optional(bound)?, this.optional(default_value)?);
                    if unchanged!(bound => new_bound, default_value => new_default) {
                        return Ok(param);
                    }
                    TypeParamKind::TypeVar { name, bound: new_bound, default_value: new_default }
                }
                TypeParamKind::ParamSpec { name, default_value } => {
                    let new = this.optional(default_value)?;
                    if unchanged!(default_value => new) {
                        return Ok(param);
                    }
                    TypeParamKind::ParamSpec { name, default_value: new }
                }
                TypeParamKind::TypeVarTuple { name, default_value } => {
                    let new = this.optional(default_value)?;
                    if unchanged!(default_value => new) {
                        return Ok(param);
                    }
                    TypeParamKind::TypeVarTuple { name, default_value: new }
                }
            };
            Ok(&*this.arena.alloc(TypeParam { span: param.span, kind }))
        })
    }
}
