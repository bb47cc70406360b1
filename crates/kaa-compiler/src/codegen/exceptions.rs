//! `try` with `except`, `except*`, `else` and `finally`; `with` and `async with`.

use super::blocks::FrameBlockKind;
use super::{Compiler, operands};
use crate::errors::Fallible;
use crate::instruction_sequence::Label;
use kaa_ast::{ExceptHandler, ExprContext, Span, Stmt, Try, WithItem};
use kaa_bytecode::Opcode;

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn try_statement(&mut self, statement: &'a Try<'a>, star: bool, span: Span) -> Fallible {
        if !statement.finalbody.is_empty() {
            self.try_finally(statement, star, span)
        } else {
            self.try_except(statement, star, span)
        }
    }

    fn try_except(&mut self, statement: &'a Try<'a>, star: bool, span: Span) -> Fallible {
        if star { self.try_except_star(statement, span) } else { self.try_except_plain(statement, span) }
    }

    /// The `finally` part is compiled twice: for the way without an exception and for the one with.
    fn try_finally(&mut self, statement: &'a Try<'a>, star: bool, span: Span) -> Fallible {
        let (body, end) = (self.new_label(), self.new_label());
        let (exit, cleanup) = (self.new_label(), self.new_label());
        self.emit_jump(Opcode::SetupFinally, end, span);
        self.use_label(body);
        self.push_block(FrameBlockKind::FinallyTry(statement.finalbody), body, end, span)?;
        if statement.handlers.is_empty() {
            self.statements(statement.body)?;
        } else {
            self.try_except(statement, star, span)?;
        }
        self.emit(Opcode::PopBlock, Span::NONE);
        self.pop_block();
        self.statements(statement.finalbody)?;
        self.emit_jump(Opcode::JumpNoInterrupt, exit, Span::NONE);

        self.use_label(end);
        self.emit_jump(Opcode::SetupCleanup, cleanup, Span::NONE);
        self.emit(Opcode::PushExcInfo, Span::NONE);
        self.push_block(FrameBlockKind::FinallyEnd, end, Label::NONE, Span::NONE)?;
        self.statements(statement.finalbody)?;
        self.pop_block();
        self.emit_arg(Opcode::Reraise, 0, Span::NONE);
        self.use_label(cleanup);
        self.pop_except_and_reraise();
        self.use_label(exit);
        Ok(())
    }

    fn try_except_plain(&mut self, statement: &'a Try<'a>, span: Span) -> Fallible {
        let (body, except) = (self.new_label(), self.new_label());
        let (end, cleanup) = (self.new_label(), self.new_label());
        self.emit_jump(Opcode::SetupFinally, except, span);
        self.use_label(body);
        self.push_block(FrameBlockKind::TryExcept, body, Label::NONE, span)?;
        self.statements(statement.body)?;
        self.pop_block();
        self.emit(Opcode::PopBlock, Span::NONE);
        self.statements(statement.orelse)?;
        self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);

        self.use_label(except);
        self.emit_jump(Opcode::SetupCleanup, cleanup, Span::NONE);
        self.emit(Opcode::PushExcInfo, Span::NONE);
        // At run time there is a block here.
        self.push_block(FrameBlockKind::ExceptionHandler, Label::NONE, Label::NONE, span)?;
        for (index, handler) in statement.handlers.iter().enumerate() {
            if handler.typ.is_none() && index + 1 < statement.handlers.len() {
                return self.error("default 'except:' must be last", handler.span);
            }
            let next = self.new_label();
            if let Some(typ) = handler.typ {
                self.expression(typ)?;
                self.emit(Opcode::CheckExcMatch, handler.span);
                self.emit_jump(Opcode::PopJumpIfFalse, next, handler.span);
            }
            self.except_handler(handler, end)?;
            self.use_label(next);
        }
        self.pop_block();
        self.emit_arg(Opcode::Reraise, 0, Span::NONE);
        self.use_label(cleanup);
        self.pop_except_and_reraise();
        self.use_label(end);
        Ok(())
    }

    /// The body of an `except` clause that matches. A target is unbound at its end, however it
    /// ends.
    fn except_handler(&mut self, handler: &'a ExceptHandler<'a>, end: Label) -> Fallible {
        let span = handler.span;
        let cleanup = match handler.name {
            Some(name) => {
                let cleanup = self.new_label();
                self.variable(name, ExprContext::Store, span);
                self.emit_jump(Opcode::SetupCleanup, cleanup, span);
                Some((name, cleanup))
            }
            None => {
                self.emit(Opcode::PopTop, span);
                None
            }
        };
        let body = self.new_label();
        self.use_label(body);
        self.push_block(FrameBlockKind::HandlerCleanup(handler.name), body, Label::NONE, span)?;
        self.statements(handler.body)?;
        self.pop_block();
        self.emit(Opcode::PopBlock, Span::NONE);
        if let Some((name, _)) = cleanup {
            self.emit(Opcode::PopBlock, Span::NONE);
            self.emit(Opcode::PopExcept, Span::NONE);
            self.unbind(name, Span::NONE);
        } else {
            self.emit(Opcode::PopExcept, Span::NONE);
        }
        self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);
        if let Some((name, cleanup)) = cleanup {
            self.use_label(cleanup);
            self.unbind(name, Span::NONE);
            self.emit_arg(Opcode::Reraise, 1, Span::NONE);
        }
        Ok(())
    }

    /// Below the exception being handled lies the group as it was raised and the list of what its
    /// handlers raise; at the end both are put together and raised again, if anything is left.
    fn try_except_star(&mut self, statement: &'a Try<'a>, span: Span) -> Fallible {
        let (body, except) = (self.new_label(), self.new_label());
        let (orelse, end) = (self.new_label(), self.new_label());
        let (cleanup, reraise_star) = (self.new_label(), self.new_label());
        self.emit_jump(Opcode::SetupFinally, except, span);
        self.use_label(body);
        self.push_block(FrameBlockKind::TryExcept, body, Label::NONE, span)?;
        self.statements(statement.body)?;
        self.pop_block();
        self.emit(Opcode::PopBlock, Span::NONE);
        self.emit_jump(Opcode::JumpNoInterrupt, orelse, Span::NONE);

        self.use_label(except);
        self.emit_jump(Opcode::SetupCleanup, cleanup, Span::NONE);
        self.emit(Opcode::PushExcInfo, Span::NONE);
        self.push_block(FrameBlockKind::ExceptionGroupHandler, Label::NONE, Label::NONE, span)?;
        for (index, handler) in statement.handlers.iter().enumerate() {
            if index == 0 {
                self.emit_arg(Opcode::BuildList, 0, handler.span);
                self.emit_arg(Opcode::Copy, 2, handler.span);
            }
            self.except_star_handler(handler)?;
            if index + 1 == statement.handlers.len() {
                self.emit_arg(Opcode::ListAppend, 1, Span::NONE);
                self.emit_jump(Opcode::JumpNoInterrupt, reraise_star, Span::NONE);
            }
        }
        self.pop_block();
        let reraise = self.new_label();
        self.use_label(reraise_star);
        self.emit_arg(Opcode::CallIntrinsic2, operands::binary::PREP_RERAISE_STAR, Span::NONE);
        self.emit_arg(Opcode::Copy, 1, Span::NONE);
        self.emit_jump(Opcode::PopJumpIfNotNone, reraise, Span::NONE);
        // Nothing is left to raise.
        self.emit(Opcode::PopTop, Span::NONE);
        self.emit(Opcode::PopBlock, Span::NONE);
        self.emit(Opcode::PopExcept, Span::NONE);
        self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);
        self.use_label(reraise);
        self.emit(Opcode::PopBlock, Span::NONE);
        self.emit_arg(Opcode::Swap, 2, Span::NONE);
        self.emit(Opcode::PopExcept, Span::NONE);
        self.emit_arg(Opcode::Reraise, 0, Span::NONE);
        self.use_label(cleanup);
        self.pop_except_and_reraise();
        self.use_label(orelse);
        self.statements(statement.orelse)?;
        self.use_label(end);
        Ok(())
    }

    /// One `except*` clause: takes what it matches out of the group on the stack, and what its
    /// body raises goes to the list below.
    fn except_star_handler(&mut self, handler: &'a ExceptHandler<'a>) -> Fallible {
        let span = handler.span;
        let (next, next_with_error, no_match) = (self.new_label(), self.new_label(), self.new_label());
        if let Some(typ) = handler.typ {
            self.expression(typ)?;
            self.emit(Opcode::CheckEgMatch, span);
            self.emit_arg(Opcode::Copy, 1, span);
            self.emit_jump(Opcode::PopJumpIfNone, no_match, span);
        }
        let (cleanup, body) = (self.new_label(), self.new_label());
        match handler.name {
            Some(name) => self.variable(name, ExprContext::Store, span),
            None => self.emit(Opcode::PopTop, span),
        }
        self.emit_jump(Opcode::SetupCleanup, cleanup, span);
        self.use_label(body);
        self.push_block(FrameBlockKind::HandlerCleanup(handler.name), body, Label::NONE, span)?;
        self.statements(handler.body)?;
        self.pop_block();
        self.emit(Opcode::PopBlock, Span::NONE);
        if let Some(name) = handler.name {
            self.unbind(name, Span::NONE);
        }
        self.emit_jump(Opcode::JumpNoInterrupt, next, Span::NONE);

        self.use_label(cleanup);
        if let Some(name) = handler.name {
            self.unbind(name, Span::NONE);
        }
        self.emit_arg(Opcode::ListAppend, 3, Span::NONE);
        self.emit(Opcode::PopTop, Span::NONE);
        self.emit_jump(Opcode::JumpNoInterrupt, next_with_error, Span::NONE);

        self.use_label(next);
        // Holds the position of the body's last instruction.
        self.emit(Opcode::Nop, Span::NONE);
        self.emit_jump(Opcode::JumpNoInterrupt, next_with_error, Span::NONE);
        self.use_label(no_match);
        self.emit(Opcode::PopTop, span);
        self.use_label(next_with_error);
        Ok(())
    }

    /// The stack holds what was handled before, the last instruction and the exception.
    fn pop_except_and_reraise(&mut self) {
        self.emit_arg(Opcode::Copy, 3, Span::NONE);
        self.emit(Opcode::PopExcept, Span::NONE);
        self.emit_arg(Opcode::Reraise, 1, Span::NONE);
    }

    /// `with` and `async with`: each item guards the ones after it and the body.
    pub(super) fn with(&mut self, items: &'a [WithItem<'a>], body: &'a [Stmt<'a>], is_async: bool) -> Fallible {
        self.guard.check()?;
        let Some((item, rest)) = items.split_first() else {
            return self.statements(body);
        };
        let (block, handler) = (self.new_label(), self.new_label());
        let (exit, cleanup) = (self.new_label(), self.new_label());
        let span = item.context_expr.span;
        self.expression(item.context_expr)?;
        let (enter_method, exit_method, kind) = match is_async {
            true => (operands::special::AENTER, operands::special::AEXIT, FrameBlockKind::AsyncWith),
            false => (operands::special::ENTER, operands::special::EXIT, FrameBlockKind::With),
        };
        self.emit_arg(Opcode::Copy, 1, span);
        self.emit_arg(Opcode::LoadSpecial, exit_method, span);
        self.emit_arg(Opcode::Swap, 2, span);
        self.emit_arg(Opcode::Swap, 3, span);
        self.emit_arg(Opcode::LoadSpecial, enter_method, span);
        self.emit_arg(Opcode::Call, 0, span);
        if is_async {
            self.await_value(1, span);
        }
        self.emit_jump(Opcode::SetupWith, handler, span);
        self.use_label(block);
        self.push_block(kind, block, handler, span)?;
        match item.optional_vars {
            Some(target) => self.expression(target)?,
            None => self.emit(Opcode::PopTop, span),
        }
        self.with(rest, body, is_async)?;

        // Without an exception.
        self.emit(Opcode::PopBlock, if is_async { span } else { Span::NONE });
        self.pop_block();
        self.call_exit(span);
        if is_async {
            self.await_value(2, span);
        }
        self.emit(Opcode::PopTop, span);
        self.emit_jump(Opcode::Jump, exit, span);

        // With an exception.
        self.use_label(handler);
        self.emit_jump(Opcode::SetupCleanup, cleanup, span);
        self.emit(Opcode::PushExcInfo, span);
        self.emit(Opcode::WithExceptStart, span);
        if is_async {
            self.await_value(2, span);
        }
        self.finish_with_exception(cleanup);
        self.use_label(exit);
        Ok(())
    }

    /// Behind the call of `__exit__` with an exception: raises it again unless the result is true.
    fn finish_with_exception(&mut self, cleanup: Label) {
        let (suppress, exit) = (self.new_label(), self.new_label());
        self.emit(Opcode::ToBool, Span::NONE);
        self.emit_jump(Opcode::PopJumpIfTrue, suppress, Span::NONE);
        self.emit_arg(Opcode::Reraise, 2, Span::NONE);
        self.use_label(suppress);
        self.emit(Opcode::PopTop, Span::NONE);
        self.emit(Opcode::PopBlock, Span::NONE);
        self.emit(Opcode::PopExcept, Span::NONE);
        for _ in 0..3 {
            self.emit(Opcode::PopTop, Span::NONE);
        }
        self.emit_jump(Opcode::JumpNoInterrupt, exit, Span::NONE);
        self.use_label(cleanup);
        self.pop_except_and_reraise();
        self.use_label(exit);
    }

    /// Calls the exit function on the stack with three times `None`.
    pub(super) fn call_exit(&mut self, span: Span) {
        for _ in 0..3 {
            self.load_none(span);
        }
        self.emit_arg(Opcode::Call, 3, span);
    }
}
