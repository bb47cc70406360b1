//! Frame blocks: the loops, `try` and `with` statements around a position, and the code that a
//! jump or return out of them has to run.

use super::Compiler;
use crate::errors::Fallible;
use crate::instruction_sequence::Label;
use kaa_ast::{ExprContext, Name, Span, Stmt};
use kaa_bytecode::Opcode;

/// At most so many blocks may be nested in a unit.
const MAX_BLOCKS: usize = 21;

#[derive(Clone, Copy)]
pub(super) enum FrameBlockKind<'a> {
    WhileLoop,
    ForLoop,
    TryExcept,
    /// The part of a `try` that its `finally` guards; holds the latter's statements.
    FinallyTry(&'a [Stmt<'a>]),
    /// The `finally` part that runs after an exception.
    FinallyEnd,
    With,
    AsyncWith,
    /// The body of an `except` clause; holds the name that is unbound at its end.
    HandlerCleanup(Option<Name>),
    /// A value on the stack that is preserved while a `finally` part runs.
    PopValue,
    ExceptionHandler,
    ExceptionGroupHandler,
    AsyncComprehension,
    StopIteration,
}

#[derive(Clone, Copy)]
pub(super) struct FrameBlock<'a> {
    pub kind: FrameBlockKind<'a>,
    /// Where `continue` goes.
    pub start: Label,
    /// Where `break` goes.
    pub exit: Label,
    pub span: Span,
}

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn push_block(&mut self, kind: FrameBlockKind<'a>, start: Label, exit: Label, span: Span) -> Fallible {
        self.check_block_count(span)?;
        if let FrameBlockKind::FinallyEnd = kind {
            self.disable_warnings += 1;
        }
        self.unit.frame_blocks.push(FrameBlock { kind, start, exit, span });
        Ok(())
    }

    /// Refuses one more block inside those that are open; inlined comprehensions have one each.
    pub(super) fn check_block_count(&mut self, span: Span) -> Fallible {
        if self.unit.frame_blocks.len() + self.unit.inlined_blocks >= MAX_BLOCKS {
            return self.error("too many statically nested blocks", span);
        }
        Ok(())
    }

    pub(super) fn pop_block(&mut self) {
        let block = self.unit.frame_blocks.pop().expect("a block that is popped was pushed");
        if let FrameBlockKind::FinallyEnd = block.kind {
            self.disable_warnings -= 1;
        }
    }

    /// Emits what leaves the blocks around the current position, innermost first: all of them, or
    /// up to the innermost loop, which is then answered and not left. With `keep_value` the value
    /// on top of the stack stays there. `span` is the position of the statement that leaves; after
    /// code that it made run, that position is artificial.
    pub(super) fn unwind_blocks(
        &mut self,
        span: &mut Span,
        keep_value: bool,
        to_loop: bool,
    ) -> Fallible<Option<FrameBlock<'a>>> {
        let mut left = Vec::new();
        let mut found = None;
        // A block is not on the stack while the code that leaves it is compiled.
        while let Some(&top) = self.unit.frame_blocks.last() {
            match top.kind {
                FrameBlockKind::ExceptionGroupHandler => {
                    let message = "'break', 'continue' and 'return' cannot appear in an except* block";
                    return self.error(message, *span);
                }
                FrameBlockKind::WhileLoop | FrameBlockKind::ForLoop if to_loop => {
                    found = Some(top);
                    break;
                }
                _ => {}
            }
            self.pop_block();
            left.push(top);
            self.unwind_block(span, &top, keep_value)?;
        }
        for block in left.into_iter().rev() {
            self.push_block(block.kind, block.start, block.exit, block.span)?;
        }
        Ok(found)
    }

    /// Emits what leaves one block.
    pub(super) fn unwind_block(&mut self, span: &mut Span, block: &FrameBlock<'a>, keep_value: bool) -> Fallible {
        match block.kind {
            FrameBlockKind::WhileLoop
            | FrameBlockKind::ExceptionHandler
            | FrameBlockKind::ExceptionGroupHandler
            | FrameBlockKind::AsyncComprehension
            | FrameBlockKind::StopIteration => {}
            FrameBlockKind::ForLoop | FrameBlockKind::PopValue => self.pop_below(keep_value, *span),
            FrameBlockKind::TryExcept => self.emit(Opcode::PopBlock, *span),
            FrameBlockKind::FinallyTry(body) => {
                self.emit(Opcode::PopBlock, *span);
                if keep_value {
                    self.push_block(FrameBlockKind::PopValue, Label::NONE, Label::NONE, *span)?;
                }
                self.statements(body)?;
                if keep_value {
                    self.pop_block();
                }
                *span = Span::NONE;
            }
            FrameBlockKind::FinallyEnd => {
                self.pop_below(keep_value, *span);
                if keep_value {
                    self.emit_arg(Opcode::Swap, 2, *span);
                }
                self.emit(Opcode::PopBlock, *span);
                self.emit(Opcode::PopExcept, *span);
            }
            FrameBlockKind::With | FrameBlockKind::AsyncWith => {
                *span = block.span;
                self.emit(Opcode::PopBlock, *span);
                if keep_value {
                    self.emit_arg(Opcode::Swap, 3, *span);
                    self.emit_arg(Opcode::Swap, 2, *span);
                }
                self.call_exit(*span);
                if let FrameBlockKind::AsyncWith = block.kind {
                    self.await_value(2, *span);
                }
                self.emit(Opcode::PopTop, *span);
                *span = Span::NONE;
            }
            FrameBlockKind::HandlerCleanup(name) => {
                if name.is_some() {
                    self.emit(Opcode::PopBlock, *span);
                }
                if keep_value {
                    self.emit_arg(Opcode::Swap, 2, *span);
                }
                self.emit(Opcode::PopBlock, *span);
                self.emit(Opcode::PopExcept, *span);
                if let Some(name) = name {
                    self.unbind(name, *span);
                }
            }
        }
        Ok(())
    }

    /// Drops the value on top of the stack, or the one below it.
    fn pop_below(&mut self, keep_value: bool, span: Span) {
        if keep_value {
            self.emit_arg(Opcode::Swap, 2, span);
        }
        self.emit(Opcode::PopTop, span);
    }

    /// `name = None; del name`: what happens to the target of an `except` clause.
    pub(super) fn unbind(&mut self, name: Name, span: Span) {
        self.load_none(span);
        self.variable(name, ExprContext::Store, span);
        self.variable(name, ExprContext::Del, span);
    }
}
