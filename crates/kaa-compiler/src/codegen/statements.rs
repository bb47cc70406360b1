//! Statements: which kind goes where, and the small ones themselves.

use super::{Compiler, operands};
use crate::docstring;
use crate::errors::Fallible;
use kaa_ast::{Constant, Expr, ExprContext, ExprKind, ExprRef, Span, Stmt, StmtKind};
use kaa_bytecode::{Constant as CodeConstant, Opcode};

impl<'a> Compiler<'_, '_, 'a> {
    /// The body of a module.
    pub(super) fn module(&mut self, body: &'a [Stmt<'a>]) -> Fallible {
        let span = body.first().map_or(Span { line: 1, end_line: 1, col: 0, end_col: 0 }, |first| first.span);
        if self.block().has_conditional_annotations {
            self.emit_arg(Opcode::BuildSet, 0, span);
            let name = self.unit.metadata.names.insert(self.names.known.conditional_annotations);
            self.emit_arg(Opcode::StoreName, name, span);
        }
        self.body(body, span)
    }

    /// The body of a module or class.
    pub(super) fn body(&mut self, body: &'a [Stmt<'a>], span: Span) -> Fallible {
        // As strings, annotations go into a dictionary that is there from the start.
        if self.future.annotations() && self.block().annotations_used {
            self.emit(Opcode::SetupAnnotations, span);
        }
        if body.is_empty() {
            return Ok(());
        }
        let mut rest = body;
        if self.block().has_docstring
            && let (Some(text), StmtKind::Expr { value }) = (docstring::of(body), body[0].kind)
        {
            rest = &body[1..];
            self.load_constant(CodeConstant::Str(docstring::clean(text)?.as_ref().into()), value.span);
            self.variable(self.names.known.doc, ExprContext::Store, Span::NONE);
        }
        self.statements(rest)?;
        if !self.future.annotations() {
            self.deferred_annotations(span)?;
        }
        Ok(())
    }

    pub(super) fn statements(&mut self, body: &'a [Stmt<'a>]) -> Fallible {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &'a Stmt<'a>) -> Fallible {
        self.guard.check()?;
        let span = statement.span;
        match statement.kind {
            StmtKind::Expr { value } => self.expression_statement(value, span),
            StmtKind::Assign { targets, value, .. } => self.assign(targets, value, span),
            StmtKind::FunctionDef(function) => self.function(function, false, span),
            StmtKind::AsyncFunctionDef(function) => self.function(function, true, span),
            StmtKind::ClassDef(class) => self.class(class, span),
            StmtKind::TypeAlias { name, type_params, value } => self.type_alias(statement, name, type_params, value),
            StmtKind::Return { value } => self.return_statement(value, span),
            StmtKind::Delete { targets } => self.expressions(targets),
            StmtKind::AugAssign { target, op, value } => self.augmented_assignment(target, op, value, span),
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated_assignment(target, annotation, value, simple, span)
            }
            StmtKind::For(inner) => self.conditional(|this| this.for_loop(inner, span)),
            StmtKind::AsyncFor(inner) => self.conditional(|this| this.async_for_loop(inner, span)),
            StmtKind::While { test, body, orelse } => {
                self.conditional(|this| this.while_loop(test, body, orelse, span))
            }
            StmtKind::If { test, body, orelse } => self.conditional(|this| this.if_statement(test, body, orelse)),
            StmtKind::With(inner) => self.conditional(|this| this.with(inner.items, inner.body, false)),
            StmtKind::AsyncWith(inner) => self.conditional(|this| this.with(inner.items, inner.body, true)),
            StmtKind::Match { subject, cases } => self.conditional(|this| this.match_statement(subject, cases)),
            StmtKind::Raise { exc, cause } => {
                let mut count = 0;
                for value in exc.into_iter().chain(exc.and(cause)) {
                    self.expression(value)?;
                    count += 1;
                }
                self.emit_arg(Opcode::RaiseVarargs, count, span);
                Ok(())
            }
            StmtKind::Try(inner) => self.conditional(|this| this.try_statement(inner, false, span)),
            StmtKind::TryStar(inner) => self.conditional(|this| this.try_statement(inner, true, span)),
            StmtKind::Assert { test, msg } => self.assert(test, msg, span),
            StmtKind::Import { names } => {
                self.import(names, span);
                Ok(())
            }
            StmtKind::ImportFrom { module, names, level } => {
                self.import_from(module, names, level, span);
                Ok(())
            }
            StmtKind::Global { .. } | StmtKind::Nonlocal { .. } => Ok(()),
            StmtKind::Pass => {
                self.emit(Opcode::Nop, span);
                Ok(())
            }
            StmtKind::Break => self.break_statement(span),
            StmtKind::Continue => self.continue_statement(span),
        }
    }

    /// Compiles what is executed only under a condition.
    fn conditional(&mut self, compile: impl FnOnce(&mut Self) -> Fallible) -> Fallible {
        self.unit.conditional_blocks += 1;
        compile(self)?;
        self.unit.conditional_blocks -= 1;
        Ok(())
    }

    fn expression_statement(&mut self, value: ExprRef<'a>, span: Span) -> Fallible {
        if self.interactive && self.parents.is_empty() {
            self.expression(value)?;
            self.emit_arg(Opcode::CallIntrinsic1, operands::unary::PRINT, span);
        } else if let ExprKind::Constant { .. } = value.kind {
            self.emit(Opcode::Nop, span);
            return Ok(());
        } else {
            self.expression(value)?;
        }
        self.emit(Opcode::PopTop, Span::NONE);
        Ok(())
    }

    fn assign(&mut self, targets: &'a [Expr<'a>], value: ExprRef<'a>, span: Span) -> Fallible {
        self.expression(value)?;
        for (index, target) in targets.iter().enumerate() {
            if index + 1 < targets.len() {
                self.emit_arg(Opcode::Copy, 1, span);
            }
            self.expression(target)?;
        }
        Ok(())
    }

    fn return_statement(&mut self, value: Option<ExprRef<'a>>, statement: Span) -> Fallible {
        let block = self.block();
        if !block.is_function_like() {
            return self.error("'return' outside function", statement);
        }
        if value.is_some() && block.coroutine && block.generator {
            return self.error("'return' with value in async generator", statement);
        }
        let mut span = statement;
        let constant = match value.map(|value| value.kind) {
            None => Some(Constant::None),
            Some(ExprKind::Constant { value, .. }) => Some(value),
            Some(_) => None,
        };
        if let Some(value) = value {
            if constant.is_none() {
                self.expression(value)?;
            } else {
                span = value.span;
                self.emit(Opcode::Nop, span);
            }
        }
        if value.is_none_or(|value| value.span.line != statement.line) {
            span = statement;
            self.emit(Opcode::Nop, span);
        }
        self.unwind_blocks(&mut span, constant.is_none(), false)?;
        if let Some(constant) = constant {
            self.load_ast_constant(&constant, span);
        }
        self.emit(Opcode::ReturnValue, span);
        Ok(())
    }

    fn assert(&mut self, test: ExprRef<'a>, message: Option<ExprRef<'a>>, span: Span) -> Fallible {
        let always_true = match test.kind {
            ExprKind::Tuple { elts, .. } => !elts.is_empty(),
            ExprKind::Constant { value: Constant::Tuple(items), .. } => !items.is_empty(),
            _ => false,
        };
        if always_true {
            self.warn("assertion is always true, perhaps remove parentheses?".to_owned(), span)?;
        }
        if self.optimize > 0 {
            return Ok(());
        }
        let end = self.new_label();
        self.jump_if(test, end, true)?;
        self.emit_arg(Opcode::LoadCommonConstant, operands::common::ASSERTION_ERROR, span);
        if let Some(message) = message {
            self.expression(message)?;
            self.emit_arg(Opcode::Call, 0, span);
        }
        self.emit_arg(Opcode::RaiseVarargs, 1, test.span);
        self.use_label(end);
        Ok(())
    }
}
