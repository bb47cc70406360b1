//! Calls: of functions, of methods without making a bound method, of `super()` attributes without
//! making a `super` object, and `all`, `any`, `tuple` of a generator expression in line.

use super::expressions::{Display, is_starred};
use super::{Compiler, STACK_USE_GUIDELINE, operands};
use crate::errors::Fallible;
use crate::instruction_sequence::Label;
use crate::symtable::{BlockRole, Scope, SymbolTable, def, key};
use kaa_ast::{CmpOp, Expr, ExprContext, ExprKind, ExprRef, Keyword, Name, Span};
use kaa_bytecode::{Constant, Opcode};

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn call(
        &mut self,
        expression: ExprRef<'a>,
        func: ExprRef<'a>,
        args: &'a [Expr<'a>],
        keywords: &'a [Keyword<'a>],
    ) -> Fallible {
        let span = expression.span;
        self.check_keywords(keywords)?;
        if self.method_call(span, func, args, keywords)? {
            return Ok(());
        }
        let end = self.new_label();
        self.check_callee(func)?;
        self.expression(func)?;
        self.consumer_of_generator(func, args, keywords, end)?;
        self.emit(Opcode::PushNull, func.span);
        self.call_arguments(0, args, None, keywords, span)?;
        self.use_label(end);
        Ok(())
    }

    fn check_keywords(&self, keywords: &'a [Keyword<'a>]) -> Fallible {
        for (index, keyword) in keywords.iter().enumerate() {
            let Some(name) = keyword.arg else { continue };
            if let Some(other) = keywords[index + 1..].iter().find(|other| other.arg == Some(name)) {
                return self.error(format!("keyword argument repeated: {}", self.text(name)), other.span);
            }
        }
        Ok(())
    }

    /// `x.m(…)`. Answers whether it could be compiled in this way.
    fn method_call(
        &mut self,
        span: Span,
        func: ExprRef<'a>,
        args: &'a [Expr<'a>],
        keywords: &'a [Keyword<'a>],
    ) -> Fallible<bool> {
        let ExprKind::Attribute { value: object, attr, ctx: ExprContext::Load } = func.kind else {
            return Ok(false);
        };
        let count = args.len() + keywords.len();
        // The attribute of a module is a function, not a method.
        if self.is_imported(object)
            || count + usize::from(!keywords.is_empty()) >= STACK_USE_GUIDELINE
            || args.iter().any(is_starred)
            || keywords.iter().any(|keyword| keyword.arg.is_none())
        {
            return Ok(false);
        }
        let method_span = self.attribute_span(func.span, func.span, attr);
        if !self.super_attribute(func, object, attr, true)? {
            self.expression(object)?;
            self.emit_name(Opcode::LoadAttr, attr, 1, 1, method_span);
        }
        self.expressions(args)?;
        let call_span = self.attribute_span(span, func.span, attr);
        if keywords.is_empty() {
            self.emit_arg(Opcode::Call, count as u32, call_span);
        } else {
            self.keyword_values(keywords, method_span)?;
            self.emit_arg(Opcode::CallKw, count as u32, call_span);
        }
        Ok(true)
    }

    /// Whether an expression is a name that the module imports somewhere.
    fn is_imported(&self, expression: ExprRef<'a>) -> bool {
        match expression.kind {
            ExprKind::Name { id, .. } => self.table.block(SymbolTable::TOP).symbol(id).has(def::IMPORT),
            _ => false,
        }
    }

    /// `super().x` and `super(a, b).x`, where `super` is surely the builtin. Answers whether this
    /// was the case.
    pub(super) fn super_attribute(
        &mut self,
        expression: ExprRef<'a>,
        object: ExprRef<'a>,
        attribute: Name,
        is_method: bool,
    ) -> Fallible<bool> {
        let ExprKind::Call { func, args, keywords: [] } = object.kind else { return Ok(false) };
        let known = self.names.known;
        let ExprKind::Name { id, .. } = func.kind else { return Ok(false) };
        if id != known.super_name || attribute == known.class {
            return Ok(false);
        }
        let shadowed = self.block().scope(id) != Scope::GlobalImplicit
            || self.table.block(SymbolTable::TOP).scope(id) != Scope::Unknown;
        if shadowed {
            return Ok(false);
        }
        let explicit = match args {
            [class, object] => !is_starred(class) && !is_starred(object),
            _ => false,
        };
        let metadata = &self.unit.metadata;
        let has_parameter = metadata.argcount > 0 || metadata.posonlyargcount > 0;
        let implicit = args.is_empty() && has_parameter && self.block().scope(known.class) == Scope::Free;
        if !explicit && !implicit {
            return Ok(false);
        }
        self.variable(id, ExprContext::Load, func.span);
        if explicit {
            self.expressions(args)?;
        } else {
            self.variable(known.class, ExprContext::Load, object.span);
            let first = self.unit.metadata.varnames.as_slice()[0];
            self.variable(first, ExprContext::Load, object.span);
        }
        let bits = u32::from(explicit) << 1 | u32::from(is_method);
        self.emit_name(Opcode::LoadSuperAttr, attribute, 2, bits, expression.span);
        let span = self.attribute_span(expression.span, expression.span, attribute);
        self.emit(Opcode::Nop, span);
        Ok(true)
    }

    /// `all(… for …)`, `any(… for …)`, `tuple(… for …)`: if the function on the stack is the
    /// builtin, runs the generator here and jumps to `end` with the result.
    fn consumer_of_generator(
        &mut self,
        func: ExprRef<'a>,
        args: &'a [Expr<'a>],
        keywords: &'a [Keyword<'a>],
        end: Label,
    ) -> Fallible {
        let ExprKind::Name { id, .. } = func.kind else { return Ok(()) };
        let [generator] = args else { return Ok(()) };
        if !keywords.is_empty() || !matches!(generator.kind, ExprKind::GeneratorExp { .. }) {
            return Ok(());
        }
        // An asynchronous generator is no iterable for these.
        let block = self.table.lookup(key(generator, BlockRole::Body));
        if self.table.block(block).coroutine {
            return Ok(());
        }
        let known = &self.names.known;
        // The builtin, and the truth value that decides the result at once.
        let (builtin, decides) = match id {
            _ if id == known.all => (operands::common::ALL, Some(false)),
            _ if id == known.any => (operands::common::ANY, Some(true)),
            _ if id == known.tuple => (operands::common::TUPLE, None),
            _ => return Ok(()),
        };
        let span = func.span;
        let other = self.new_label();
        self.emit_arg(Opcode::Copy, 1, span);
        self.emit_arg(Opcode::LoadCommonConstant, builtin, span);
        self.compare_operator(CmpOp::Is, span);
        self.emit_jump(Opcode::PopJumpIfFalse, other, span);
        self.emit(Opcode::PopTop, span);
        if decides.is_none() {
            self.emit_arg(Opcode::BuildList, 0, span);
        }
        self.expression(generator)?;
        let (start, cleanup) = (self.new_label(), self.new_label());
        self.use_label(start);
        self.emit_jump(Opcode::ForIter, cleanup, span);
        match decides {
            None => {
                self.emit_arg(Opcode::ListAppend, 2, span);
                self.emit_jump(Opcode::Jump, start, span);
            }
            Some(decides) => {
                self.emit(Opcode::ToBool, span);
                let goes_on = if decides { Opcode::PopJumpIfFalse } else { Opcode::PopJumpIfTrue };
                self.emit_jump(goes_on, start, span);
            }
        }
        self.emit(Opcode::PopIter, Span::NONE);
        if let Some(decides) = decides {
            self.load_constant(Constant::Bool(decides), span);
        }
        self.emit_jump(Opcode::Jump, end, span);
        self.use_label(cleanup);
        self.end_iteration();
        match decides {
            None => self.emit_arg(Opcode::CallIntrinsic1, operands::unary::LIST_TO_TUPLE, span),
            Some(decides) => self.load_constant(Constant::Bool(!decides), span),
        }
        self.emit_jump(Opcode::Jump, end, span);
        self.use_label(other);
        Ok(())
    }

    /// Pushes the arguments and calls; `pushed` arguments lie on the stack already, and the value
    /// of a variable may come behind the positional ones.
    pub(super) fn call_arguments(
        &mut self,
        pushed: usize,
        args: &'a [Expr<'a>],
        injected: Option<Name>,
        keywords: &'a [Keyword<'a>],
        span: Span,
    ) -> Fallible {
        self.check_keywords(keywords)?;
        let simple = args.len() + keywords.len() * 2 <= STACK_USE_GUIDELINE
            && !args.iter().any(is_starred)
            && keywords.iter().all(|keyword| keyword.arg.is_some());
        if !simple {
            return self.call_with_collections(pushed, args, injected, keywords, span);
        }
        self.expressions(args)?;
        if let Some(name) = injected {
            self.variable(name, ExprContext::Load, span);
        }
        let count = (pushed + args.len() + usize::from(injected.is_some()) + keywords.len()) as u32;
        if keywords.is_empty() {
            self.emit_arg(Opcode::Call, count, span);
        } else {
            self.keyword_values(keywords, span)?;
            self.emit_arg(Opcode::CallKw, count, span);
        }
        Ok(())
    }

    /// The values of keyword arguments, and the tuple of their names.
    fn keyword_values(&mut self, keywords: &'a [Keyword<'a>], span: Span) -> Fallible {
        for keyword in keywords {
            self.expression(keyword.value)?;
        }
        let names = self.names_constant(keywords.iter().filter_map(|keyword| keyword.arg));
        self.load_constant(names, span);
        Ok(())
    }

    /// A call with `*` or `**`, or with very many arguments: by a tuple and a dictionary.
    fn call_with_collections(
        &mut self,
        pushed: usize,
        args: &'a [Expr<'a>],
        injected: Option<Name>,
        keywords: &'a [Keyword<'a>],
        span: Span,
    ) -> Fallible {
        match args {
            [Expr { kind: ExprKind::Starred { value, .. }, .. }] if pushed == 0 => self.expression(value)?,
            _ => self.display(args, pushed, injected, Display::Tuple, span)?,
        }
        let mut have_dict = false;
        // Keyword arguments before the current one that are not in a dictionary yet.
        let mut waiting = 0;
        for (index, keyword) in keywords.iter().enumerate() {
            if keyword.arg.is_some() {
                waiting += 1;
                continue;
            }
            if waiting > 0 {
                self.keyword_dictionary(&keywords[index - waiting..index], &mut have_dict, span)?;
                waiting = 0;
            }
            if !have_dict {
                self.emit_arg(Opcode::BuildMap, 0, span);
                have_dict = true;
            }
            self.expression(keyword.value)?;
            self.emit_arg(Opcode::DictMerge, 1, span);
        }
        if waiting > 0 {
            self.keyword_dictionary(&keywords[keywords.len() - waiting..], &mut have_dict, span)?;
        }
        if keywords.is_empty() {
            self.emit(Opcode::PushNull, span);
        }
        self.emit(Opcode::CallFunctionEx, span);
        Ok(())
    }

    fn keyword_dictionary(&mut self, keywords: &'a [Keyword<'a>], have_dict: &mut bool, span: Span) -> Fallible {
        let large = keywords.len() * 2 > STACK_USE_GUIDELINE;
        if large {
            self.emit_arg(Opcode::BuildMap, 0, Span::NONE);
        }
        for keyword in keywords {
            if let Some(name) = keyword.arg {
                self.load_name_text(name, span);
            }
            self.expression(keyword.value)?;
            if large {
                self.emit_arg(Opcode::MapAdd, 1, Span::NONE);
            }
        }
        if !large {
            self.emit_arg(Opcode::BuildMap, keywords.len() as u32, span);
        }
        if *have_dict {
            self.emit_arg(Opcode::DictMerge, 1, span);
        }
        *have_dict = true;
        Ok(())
    }
}
