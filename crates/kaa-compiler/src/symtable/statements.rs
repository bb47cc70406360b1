//! What statements and patterns mean for the symbol table.

use super::build::{Builder, TypeParameterOwner, error, type_parameters_key};
use super::{BlockKind, BlockRole, def, key};
use crate::docstring;
use crate::errors::Fallible;
use kaa_ast::{
    Alias, Arguments, ClassDef, ExceptHandler, Expr, ExprContext, ExprKind, ExprRef, For, FunctionDef, MatchCase, Name,
    Pattern, PatternKind, Span, Stmt, StmtKind, Try, TypeParam, TypeParamKind, With,
};

impl<'a> Builder<'_, '_, 'a> {
    pub(super) fn statements(&mut self, body: &'a [Stmt<'a>]) -> Fallible {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &'a Stmt<'a>) -> Fallible {
        self.guard.check()?;
        let span = statement.span;
        match statement.kind {
            StmtKind::FunctionDef(function) => self.function(function, false, span),
            StmtKind::AsyncFunctionDef(function) => self.function(function, true, span),
            StmtKind::ClassDef(class) => self.class(class, span),
            StmtKind::TypeAlias { name, type_params, value } => self.type_alias(statement, name, type_params, value),
            StmtKind::Return { value } => {
                if let Some(value) = value {
                    self.expression(value)?;
                    self.block().returns_value = true;
                }
                Ok(())
            }
            StmtKind::Delete { targets } => self.expressions(targets),
            StmtKind::Assign { targets, value, .. } => {
                self.expressions(targets)?;
                self.expression(value)
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated_assignment(span, target, annotation, value, simple)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expression(target)?;
                self.expression(value)
            }
            StmtKind::For(statement) => self.for_loop(statement),
            StmtKind::AsyncFor(statement) => {
                self.require_coroutine("'async for' outside async function", span)?;
                self.for_loop(statement)
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.expression(test)?;
                self.conditional(|this| {
                    this.statements(body)?;
                    this.statements(orelse)
                })
            }
            StmtKind::Match { subject, cases } => {
                self.expression(subject)?;
                self.conditional(|this| cases.iter().try_for_each(|case| this.match_case(case)))
            }
            StmtKind::Raise { exc, cause } => {
                if let Some(exc) = exc {
                    self.expression(exc)?;
                    self.optional_expression(cause)?;
                }
                Ok(())
            }
            StmtKind::Try(statement) | StmtKind::TryStar(statement) => self.try_statement(statement),
            StmtKind::Assert { test, msg } => {
                self.expression(test)?;
                self.optional_expression(msg)
            }
            StmtKind::Import { names } => names.iter().try_for_each(|alias| self.alias(alias)),
            StmtKind::ImportFrom { module, names, level } => {
                names.iter().try_for_each(|alias| self.alias(alias))?;
                self.check_future_import(module, level, span)
            }
            StmtKind::Global { names } => self.declaration(names, def::GLOBAL, span),
            StmtKind::Nonlocal { names } => self.declaration(names, def::NONLOCAL, span),
            StmtKind::Expr { value } => self.expression(value),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
            StmtKind::With(statement) => self.with(statement),
            StmtKind::AsyncWith(statement) => {
                self.require_coroutine("'async with' outside async function", span)?;
                self.with(statement)
            }
        }
    }

    fn function(&mut self, function: &'a FunctionDef<'a>, is_async: bool, span: Span) -> Fallible {
        self.define(function.name, def::LOCAL, span)?;
        let args = function.args;
        self.defaults(args)?;
        self.expressions(function.decorator_list)?;
        let generic = !function.type_params.is_empty();
        if generic {
            let has_kwdefaults = args.kw_defaults.iter().any(Option::is_some);
            let owner = TypeParameterOwner::Function { has_kwdefaults };
            let key = type_parameters_key(function.type_params);
            self.enter_type_parameters(function.name, key, owner, span)?;
            self.type_params(function.type_params)?;
        }
        let block = self.new_block(function.name, BlockKind::Function, Some(key(function, BlockRole::Body)), span);
        self.table.block_mut(block).has_docstring = docstring::of(function.body).is_some();
        self.function_annotations(args, function.returns, span)?;
        self.enter_new(block);
        self.block().coroutine = is_async;
        self.arguments(args)?;
        self.statements(function.body)?;
        self.exit();
        if generic {
            self.exit();
        }
        Ok(())
    }

    fn class(&mut self, class: &'a ClassDef<'a>, span: Span) -> Fallible {
        self.define(class.name, def::LOCAL, span)?;
        self.expressions(class.decorator_list)?;
        let outer_private = self.private;
        let generic = !class.type_params.is_empty();
        if generic {
            let key = type_parameters_key(class.type_params);
            self.enter_type_parameters(class.name, key, TypeParameterOwner::Class, span)?;
            self.private = Some(class.name);
            self.restrict_mangling();
            self.type_params(class.type_params)?;
        }
        self.expressions(class.bases)?;
        self.keywords(class.keywords)?;
        self.enter(class.name, BlockKind::Class, Some(key(class, BlockRole::Body)), span)?;
        self.private = Some(class.name);
        if generic {
            let known = self.names.known;
            self.define(known.type_params, def::LOCAL, span)?;
            self.define(known.type_params_variable, def::USE, span)?;
        }
        self.block().has_docstring = docstring::of(class.body).is_some();
        self.statements(class.body)?;
        self.exit();
        if generic {
            self.exit();
        }
        self.private = outer_private;
        Ok(())
    }

    fn type_alias(
        &mut self,
        statement: &'a Stmt<'a>,
        name: ExprRef<'a>,
        type_params: &'a [TypeParam<'a>],
        value: ExprRef<'a>,
    ) -> Fallible {
        self.expression(name)?;
        let ExprKind::Name { id, .. } = name.kind else {
            return Err(error("type alias name must be a name", name.span));
        };
        let span = statement.span;
        let in_class = self.block().kind == BlockKind::Class;
        let generic = !type_params.is_empty();
        if generic {
            self.enter_type_parameters(id, type_parameters_key(type_params), TypeParameterOwner::Alias, span)?;
            self.type_params(type_params)?;
        }
        self.enter(id, BlockKind::TypeAlias, Some(key(statement, BlockRole::Body)), span)?;
        self.block().can_see_class_scope = in_class;
        if in_class {
            self.define(self.names.known.classdict, def::USE, value.span)?;
        }
        self.expression(value)?;
        self.exit();
        if generic {
            self.exit();
        }
        Ok(())
    }

    fn annotated_assignment(
        &mut self,
        span: Span,
        target: ExprRef<'a>,
        annotation: ExprRef<'a>,
        value: Option<ExprRef<'a>>,
        simple: bool,
    ) -> Fallible {
        self.block().annotations_used = true;
        if let ExprKind::Name { id, .. } = target.kind {
            let symbol = self.lookup(id);
            if simple && symbol.has(def::GLOBAL | def::NONLOCAL) && self.block().kind != BlockKind::Module {
                let what = if symbol.has(def::GLOBAL) { "global" } else { "nonlocal" };
                let message = format!("annotated name '{}' can't be {what}", self.names.text(id));
                return Err(error(message, span));
            }
            if simple {
                self.define(id, def::ANNOTATION | def::LOCAL, target.span)?;
            } else if value.is_some() {
                self.define(id, def::LOCAL, target.span)?;
            }
        } else {
            self.expression(target)?;
        }
        self.annotation(annotation)?;
        self.optional_expression(value)
    }

    fn for_loop(&mut self, statement: &'a For<'a>) -> Fallible {
        self.expression(statement.target)?;
        self.expression(statement.iter)?;
        self.conditional(|this| {
            this.statements(statement.body)?;
            this.statements(statement.orelse)
        })
    }

    fn with(&mut self, statement: &'a With<'a>) -> Fallible {
        self.conditional(|this| {
            for item in statement.items {
                this.expression(item.context_expr)?;
                this.optional_expression(item.optional_vars)?;
            }
            this.statements(statement.body)
        })
    }

    fn try_statement(&mut self, statement: &'a Try<'a>) -> Fallible {
        self.conditional(|this| {
            this.statements(statement.body)?;
            statement.handlers.iter().try_for_each(|handler| this.except_handler(handler))?;
            this.statements(statement.orelse)?;
            this.statements(statement.finalbody)
        })
    }

    fn except_handler(&mut self, handler: &'a ExceptHandler<'a>) -> Fallible {
        self.optional_expression(handler.typ)?;
        if let Some(name) = handler.name {
            self.define(name, def::LOCAL, handler.span)?;
        }
        self.statements(handler.body)
    }

    fn require_coroutine(&mut self, message: &str, span: Span) -> Fallible {
        if self.allows_top_level_await() {
            self.block().coroutine = true;
        }
        if self.block().coroutine { Ok(()) } else { Err(error(message, span)) }
    }

    fn alias(&mut self, alias: &'a Alias) -> Fallible {
        let name = alias.asname.unwrap_or(alias.name);
        if name == self.names.known.star {
            if self.block().kind != BlockKind::Module {
                return Err(error("import * only allowed at module level", alias.span));
            }
            return Ok(());
        }
        let bound = match self.names.text(name).split_once('.') {
            Some((package, _)) => self.names.intern(package),
            None => name,
        };
        self.define(bound, def::IMPORT, alias.span)
    }

    /// Imports from `__future__` were all read before; one that was not comes too late.
    fn check_future_import(&mut self, module: Option<Name>, level: u32, span: Span) -> Fallible {
        let last = self.future.last_import;
        let late = span.line > last.line || (span.line == last.end_line && span.col > last.end_col);
        if module == Some(self.names.known.future) && level == 0 && late {
            let message = "from __future__ imports must occur at the beginning of the file";
            return Err(error(message, span));
        }
        Ok(())
    }

    fn declaration(&mut self, names: &'a [Name], flag: u16, span: Span) -> Fallible {
        let what = if flag == def::GLOBAL { "global" } else { "nonlocal" };
        for &name in names {
            let symbol = self.lookup(name);
            if symbol.has(def::PARAM | def::LOCAL | def::USE | def::ANNOTATION) {
                let text = self.names.text(name);
                let message = if symbol.has(def::PARAM) {
                    format!("name '{text}' is parameter and {what}")
                } else if symbol.has(def::USE) {
                    format!("name '{text}' is used prior to {what} declaration")
                } else if symbol.has(def::ANNOTATION) {
                    format!("annotated name '{text}' can't be {what}")
                } else {
                    format!("name '{text}' is assigned to before {what} declaration")
                };
                return Err(error(message, span));
            }
            self.define(name, flag, span)?;
            self.record_directive(name, span);
        }
        Ok(())
    }

    pub(super) fn defaults(&mut self, args: &'a Arguments<'a>) -> Fallible {
        self.expressions(args.defaults)?;
        args.kw_defaults.iter().flatten().try_for_each(|default| self.expression(default))
    }

    pub(super) fn arguments(&mut self, args: &'a Arguments<'a>) -> Fallible {
        for arg in args.posonlyargs.iter().chain(args.args).chain(args.kwonlyargs) {
            self.define(arg.arg, def::PARAM, arg.span)?;
        }
        if let Some(arg) = args.vararg {
            self.define(arg.arg, def::PARAM, arg.span)?;
            self.block().varargs = true;
        }
        if let Some(arg) = args.kwarg {
            self.define(arg.arg, def::PARAM, arg.span)?;
            self.block().varkeywords = true;
        }
        Ok(())
    }

    /// The annotations of a function, in a block of their own.
    fn function_annotations(&mut self, args: &'a Arguments<'a>, returns: Option<ExprRef<'a>>, span: Span) -> Fallible {
        let outer = self.block();
        let sees_class = outer.can_see_class_scope || outer.kind == BlockKind::Class;
        let known = self.names.known;
        self.enter(known.annotate, BlockKind::Annotation, Some(key(args, BlockRole::Annotations)), span)?;
        if sees_class {
            self.block().can_see_class_scope = true;
            self.define(known.classdict, def::USE, span)?;
        }
        let positional = args.posonlyargs.iter().chain(args.args);
        let annotated = positional.chain(args.vararg).chain(args.kwarg).chain(args.kwonlyargs);
        for annotation in annotated.filter_map(|arg| arg.annotation).chain(returns) {
            self.block().annotations_used = true;
            self.expression(annotation)?;
        }
        self.exit();
        Ok(())
    }

    /// The annotation of a variable: all of a class or module share one block. Those in functions
    /// are never evaluated.
    fn annotation(&mut self, annotation: ExprRef<'a>) -> Fallible {
        let known = self.names.known;
        let parent = self.current;
        let block = self.block();
        let kind = block.kind;
        // The top level of a module counts as conditional: it may end early.
        let conditional = match kind {
            BlockKind::Module => true,
            BlockKind::Class => block.in_conditional_block,
            _ => false,
        };
        if conditional && !block.has_conditional_annotations {
            block.has_conditional_annotations = true;
            self.define(known.conditional_annotations, def::USE, annotation.span)?;
        }
        match self.block().annotation_block {
            Some(existing) => self.enter_again(existing),
            None => {
                self.enter(known.annotate, BlockKind::Annotation, None, annotation.span)?;
                self.table.block_mut(parent).annotation_block = Some(self.current);
                if kind == BlockKind::Class && !self.future.annotations() {
                    self.block().can_see_class_scope = true;
                    self.define(known.classdict, def::USE, annotation.span)?;
                }
            }
        }
        let unevaluated = kind == BlockKind::Function;
        self.block().in_unevaluated_annotation |= unevaluated;
        self.expression(annotation)?;
        if unevaluated {
            self.block().in_unevaluated_annotation = false;
        }
        self.exit();
        Ok(())
    }

    fn type_params(&mut self, params: &'a [TypeParam<'a>]) -> Fallible {
        for param in params {
            self.guard.check()?;
            let (name, bound, default, default_info) = match param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => {
                    (name, bound, default_value, "a TypeVar default")
                }
                TypeParamKind::TypeVarTuple { name, default_value } => {
                    (name, None, default_value, "a TypeVarTuple default")
                }
                TypeParamKind::ParamSpec { name, default_value } => (name, None, default_value, "a ParamSpec default"),
            };
            self.define(name, def::TYPE_PARAM | def::LOCAL, param.span)?;
            if name == self.names.known.classdict {
                let message = format!("reserved name '{}' cannot be used for type parameter", self.names.text(name));
                return Err(error(message, param.span));
            }
            if let Some(bound) = bound {
                let is_tuple = matches!(bound.kind, ExprKind::Tuple { .. });
                let info = if is_tuple { "a TypeVar constraint" } else { "a TypeVar bound" };
                self.type_variable(param, BlockRole::Bound, name, bound, info)?;
            }
            if let Some(default) = default {
                self.type_variable(param, BlockRole::Default, name, default, default_info)?;
            }
        }
        Ok(())
    }

    fn type_variable(
        &mut self,
        param: &'a TypeParam<'a>,
        role: BlockRole,
        name: Name,
        value: ExprRef<'a>,
        info: &'static str,
    ) -> Fallible {
        let in_class = self.block().can_see_class_scope;
        self.enter(name, BlockKind::TypeVariable, Some(key(param, role)), value.span)?;
        self.block().can_see_class_scope = in_class;
        if in_class {
            self.define(self.names.known.classdict, def::USE, value.span)?;
        }
        self.block().scope_info = info;
        self.expression(value)?;
        self.exit();
        Ok(())
    }

    fn match_case(&mut self, case: &'a MatchCase<'a>) -> Fallible {
        self.pattern(case.pattern)?;
        self.optional_expression(case.guard)?;
        self.statements(case.body)
    }

    fn patterns(&mut self, patterns: &'a [Pattern<'a>]) -> Fallible {
        patterns.iter().try_for_each(|pattern| self.pattern(pattern))
    }

    fn pattern(&mut self, pattern: &'a Pattern<'a>) -> Fallible {
        self.guard.check()?;
        let span = pattern.span;
        match pattern.kind {
            PatternKind::MatchValue { value } => self.expression(value),
            PatternKind::MatchSingleton { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => self.patterns(patterns),
            PatternKind::MatchStar { name } => self.capture(name, span),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.expressions(keys)?;
                self.patterns(patterns)?;
                self.capture(rest, span)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.expression(cls)?;
                self.patterns(patterns)?;
                for (&name, pattern) in kwd_attrs.iter().zip(kwd_patterns) {
                    self.check_name(name, pattern.span, ExprContext::Store)?;
                }
                self.patterns(kwd_patterns)
            }
            PatternKind::MatchAs { pattern, name } => {
                if let Some(pattern) = pattern {
                    self.pattern(pattern)?;
                }
                self.capture(name, span)
            }
        }
    }

    fn capture(&mut self, name: Option<Name>, span: Span) -> Fallible {
        match name {
            Some(name) => self.define(name, def::LOCAL, span),
            None => Ok(()),
        }
    }

    pub(super) fn expressions(&mut self, list: &'a [Expr<'a>]) -> Fallible {
        list.iter().try_for_each(|expression| self.expression(expression))
    }

    pub(super) fn optional_expression(&mut self, expression: Option<ExprRef<'a>>) -> Fallible {
        match expression {
            Some(expression) => self.expression(expression),
            None => Ok(()),
        }
    }
}
