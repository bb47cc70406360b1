//! `for`, `async for`, `while`, `break`, `continue`.

use super::Compiler;
use super::blocks::FrameBlockKind;
use crate::errors::Fallible;
use kaa_ast::{ExprRef, For, Span, Stmt};
use kaa_bytecode::Opcode;

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn for_loop(&mut self, statement: &'a For<'a>, span: Span) -> Fallible {
        let (start, cleanup, end) = (self.new_label(), self.new_label(), self.new_label());
        self.push_block(FrameBlockKind::ForLoop, start, end, span)?;
        self.expression(statement.iter)?;
        let iter = statement.iter.span;
        self.emit(Opcode::GetIter, iter);
        self.use_label(start);
        self.emit_jump(Opcode::ForIter, cleanup, iter);
        // So that a loop header of several lines is traced line by line.
        self.emit(Opcode::Nop, statement.target.span);
        self.expression(statement.target)?;
        self.statements(statement.body)?;
        self.emit_jump(Opcode::Jump, start, Span::NONE);
        self.use_label(cleanup);
        self.end_iteration();
        self.pop_block();
        self.statements(statement.orelse)?;
        self.use_label(end);
        Ok(())
    }

    /// What follows an iterator that is exhausted. A generator jumps to the first instruction,
    /// other iterators behind it.
    pub(super) fn end_iteration(&mut self) {
        self.emit(Opcode::EndFor, Span::NONE);
        self.emit(Opcode::PopIter, Span::NONE);
    }

    pub(super) fn async_for_loop(&mut self, statement: &'a For<'a>, span: Span) -> Fallible {
        let (start, send) = (self.new_label(), self.new_label());
        let (except, end) = (self.new_label(), self.new_label());
        self.expression(statement.iter)?;
        self.emit(Opcode::GetAiter, statement.iter.span);
        self.use_label(start);
        self.push_block(FrameBlockKind::ForLoop, start, end, span)?;
        // Guards the call of `__anext__`.
        self.emit_jump(Opcode::SetupFinally, except, span);
        self.emit(Opcode::GetAnext, span);
        self.load_none(span);
        self.use_label(send);
        self.yield_from(true, span);
        self.emit(Opcode::PopBlock, span);
        self.emit(Opcode::NotTaken, span);
        self.expression(statement.target)?;
        self.statements(statement.body)?;
        self.emit_jump(Opcode::Jump, start, Span::NONE);
        self.pop_block();
        self.use_label(except);
        self.emit_jump(Opcode::EndAsyncFor, send, statement.iter.span);
        self.statements(statement.orelse)?;
        self.use_label(end);
        Ok(())
    }

    pub(super) fn while_loop(
        &mut self,
        test: ExprRef<'a>,
        body: &'a [Stmt<'a>],
        orelse: &'a [Stmt<'a>],
        span: Span,
    ) -> Fallible {
        let (start, end, anchor) = (self.new_label(), self.new_label(), self.new_label());
        self.use_label(start);
        self.push_block(FrameBlockKind::WhileLoop, start, end, span)?;
        self.jump_if(test, anchor, false)?;
        self.statements(body)?;
        self.emit_jump(Opcode::Jump, start, Span::NONE);
        self.pop_block();
        self.use_label(anchor);
        self.statements(orelse)?;
        self.use_label(end);
        Ok(())
    }

    pub(super) fn break_statement(&mut self, statement: Span) -> Fallible {
        let mut span = statement;
        self.emit(Opcode::Nop, span);
        let Some(block) = self.unwind_blocks(&mut span, false, true)? else {
            return self.error("'break' outside loop", statement);
        };
        self.unwind_block(&mut span, &block, false)?;
        self.emit_jump(Opcode::Jump, block.exit, span);
        Ok(())
    }

    pub(super) fn continue_statement(&mut self, statement: Span) -> Fallible {
        let mut span = statement;
        self.emit(Opcode::Nop, span);
        let Some(block) = self.unwind_blocks(&mut span, false, true)? else {
            return self.error("'continue' not properly in loop", statement);
        };
        self.emit_jump(Opcode::Jump, block.start, span);
        Ok(())
    }

    /// Delegates to the iterator on the stack below the value to send, and leaves its result.
    pub(super) fn yield_from(&mut self, is_await: bool, span: Span) {
        let (send, fail, exit) = (self.new_label(), self.new_label(), self.new_label());
        self.use_label(send);
        self.emit_jump(Opcode::Send, exit, span);
        // `close` and `throw` may raise StopIteration inside YIELD_VALUE.
        self.emit_jump(Opcode::SetupFinally, fail, span);
        self.emit_arg(Opcode::YieldValue, 1, span);
        self.emit(Opcode::PopBlock, Span::NONE);
        let resume = match is_await {
            true => super::operands::RESUME_AFTER_AWAIT,
            false => super::operands::RESUME_AFTER_YIELD_FROM,
        };
        self.emit_arg(Opcode::Resume, resume, span);
        self.emit_jump(Opcode::JumpNoInterrupt, send, span);
        self.use_label(fail);
        self.emit(Opcode::CleanupThrow, span);
        self.use_label(exit);
        self.emit(Opcode::EndSend, span);
    }

    /// Awaits the value on the stack. `context` says whose value it is: 0 of an expression, 1 of
    /// `__aenter__`, 2 of `__aexit__`.
    pub(super) fn await_value(&mut self, context: u32, span: Span) {
        self.emit_arg(Opcode::GetAwaitable, context, span);
        self.load_none(span);
        self.yield_from(true, span);
    }
}
