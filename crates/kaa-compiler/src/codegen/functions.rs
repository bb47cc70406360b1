//! Functions: `def`, `async def`, `lambda`; their defaults, closures and decorators.

use super::unit::ScopeKind;
use super::{Compiler, operands};
use crate::docstring;
use crate::errors::Fallible;
use crate::instruction_sequence::{Instruction, Label};
use crate::symtable::{BlockRole, key};
use kaa_ast::{Arguments, Expr, ExprContext, ExprRef, FunctionDef, Name, Span};
use kaa_bytecode::{CodeObject, Constant, Opcode};
use std::sync::Arc;

use super::blocks::FrameBlockKind;
use operands::function::{CLOSURE, DEFAULTS, KWDEFAULTS};

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn function(&mut self, function: &'a FunctionDef<'a>, is_async: bool, span: Span) -> Fallible {
        self.expressions(function.decorator_list)?;
        let line = function.decorator_list.first().map_or(span.line, |decorator| decorator.span.line);
        let mut flags = self.default_arguments(function.args, span)?;
        if function.type_params.is_empty() {
            flags |= self.function_annotations(function.args, function.returns, span)?;
            self.function_body(function, is_async, flags, line, span)?;
        } else {
            self.generic_function(function, is_async, flags, line, span)?;
        }
        self.apply_decorators(function.decorator_list);
        self.variable(function.name, ExprContext::Store, span);
        Ok(())
    }

    pub(super) fn apply_decorators(&mut self, decorators: &'a [Expr<'a>]) {
        for decorator in decorators.iter().rev() {
            self.emit_arg(Opcode::Call, 0, decorator.span);
        }
    }

    pub(super) fn function_body(
        &mut self,
        function: &'a FunctionDef<'a>,
        is_async: bool,
        flags: u32,
        line: i32,
        span: Span,
    ) -> Fallible {
        let kind = if is_async { ScopeKind::AsyncFunction } else { ScopeKind::Function };
        self.enter(function.name, kind, key(function, BlockRole::Body), line, None);
        self.set_argument_counts(function.args);
        let mut body = function.body;
        if self.block().has_docstring
            && let Some(text) = docstring::of(body)
        {
            body = &body[1..];
            // A docstring is the first constant.
            self.constants().insert(Constant::Str(docstring::clean(text)?.as_ref().into()));
        }
        let block = self.block();
        let wraps = block.coroutine || block.generator;
        if wraps {
            self.push_block(FrameBlockKind::StopIteration, Label::NONE, Label::NONE, Span::NONE)?;
        }
        self.statements(body)?;
        if wraps {
            self.wrap_in_stop_iteration_handler();
            self.pop_block();
        }
        self.add_return(true);
        let (code, free) = self.leave()?;
        self.make_function(code, &free, flags, span);
        Ok(())
    }

    /// The body of a generator or coroutine turns a `StopIteration` that leaves it into a
    /// `RuntimeError`.
    pub(super) fn wrap_in_stop_iteration_handler(&mut self) {
        let handler = self.new_label();
        let setup = Instruction { opcode: Opcode::SetupCleanup, arg: handler.0, span: Span::NONE };
        self.unit.sequence.insert(0, setup);
        self.add_return(true);
        self.use_label(handler);
        self.emit_arg(Opcode::CallIntrinsic1, operands::unary::STOPITERATION_ERROR, Span::NONE);
        self.emit_arg(Opcode::Reraise, 1, Span::NONE);
    }

    pub(super) fn set_argument_counts(&mut self, args: &'a Arguments<'a>) {
        let metadata = &mut self.unit.metadata;
        metadata.argcount = args.args.len() as u32;
        metadata.posonlyargcount = args.posonlyargs.len() as u32;
        metadata.kwonlyargcount = args.kwonlyargs.len() as u32;
    }

    pub(super) fn lambda(&mut self, expression: ExprRef<'a>, args: &'a Arguments<'a>, body: ExprRef<'a>) -> Fallible {
        let span = expression.span;
        let flags = self.default_arguments(args, span)?;
        let name = self.names.known.lambda;
        self.enter(name, ScopeKind::Lambda, key(expression, BlockRole::Body), span.line, None);
        self.set_argument_counts(args);
        self.expression(body)?;
        if self.block().generator {
            self.add_return(false);
        } else {
            self.emit(Opcode::ReturnValue, body.span);
            self.add_return(true);
        }
        let (code, free) = self.leave()?;
        self.make_function(code, &free, flags, span);
        Ok(())
    }

    /// Pushes the defaults; answers with the bits of those that there are.
    pub(super) fn default_arguments(&mut self, args: &'a Arguments<'a>, span: Span) -> Fallible<u32> {
        let mut flags = 0;
        if !args.defaults.is_empty() {
            self.expressions(args.defaults)?;
            self.emit_arg(Opcode::BuildTuple, args.defaults.len() as u32, span);
            flags |= DEFAULTS;
        }
        let mut count = 0;
        for (arg, default) in args.kwonlyargs.iter().zip(args.kw_defaults) {
            if let Some(default) = default {
                let name = self.mangle(arg.arg);
                self.load_name_text(name, span);
                self.expression(default)?;
                count += 1;
            }
        }
        if count > 0 {
            self.emit_arg(Opcode::BuildMap, count, span);
            flags |= KWDEFAULTS;
        }
        Ok(flags)
    }

    /// Makes a function of a code object and what lies on the stack for it.
    pub(super) fn make_function(&mut self, code: Arc<CodeObject>, free: &[Name], flags: u32, span: Span) {
        for &name in free {
            let arg = self.closure_index(name);
            self.emit_arg(Opcode::LoadClosure, arg, span);
        }
        let mut flags = flags;
        if !free.is_empty() {
            self.emit_arg(Opcode::BuildTuple, free.len() as u32, span);
            flags |= CLOSURE;
        }
        self.load_constant(Constant::Code(code), span);
        self.emit(Opcode::MakeFunction, span);
        for flag in [CLOSURE, operands::function::ANNOTATE, KWDEFAULTS, DEFAULTS] {
            if flags & flag != 0 {
                self.emit_arg(Opcode::SetFunctionAttribute, flag, span);
            }
        }
    }
}
