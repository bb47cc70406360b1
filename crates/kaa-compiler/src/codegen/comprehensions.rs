//! Comprehensions: list, set and dictionary comprehensions are compiled where they stand
//! (PEP 709), their variables kept apart from those of the unit around them; generator expressions
//! and what cannot be inlined become functions that are called at once.

use super::blocks::FrameBlockKind;
use super::unit::ScopeKind;
use super::{Compiler, operands};
use crate::errors::Fallible;
use crate::instruction_sequence::Label;
use crate::symtable::{BlockId, BlockKind, BlockRole, Comprehension as Kind, Scope, Symbol, def, key};
use kaa_ast::{Comprehension, ExprKind, ExprRef, Name, Span};
use kaa_bytecode::Opcode;

/// What a comprehension collects.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub kind: Kind,
    /// The element, or the key.
    pub element: ExprRef<'a>,
    /// The value of a dictionary's entry.
    pub value: Option<ExprRef<'a>>,
}

/// What an inlined comprehension has changed and must restore.
struct Inlined {
    /// Variables of the unit whose values wait on the stack.
    pushed: Vec<Name>,
    /// Symbols of the unit's block that were replaced, as they were.
    replaced: Vec<(Name, Symbol)>,
    /// Names made fast locals.
    fast: Vec<Name>,
    /// Where the values are restored after an exception.
    cleanup: Label,
}

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn comprehension(
        &mut self,
        expression: ExprRef<'a>,
        generators: &'a [Comprehension<'a>],
        element: Element<'a>,
    ) -> Fallible {
        let span = expression.span;
        let body = key(expression, BlockRole::Body);
        let id = self.table.lookup(body);
        let block = self.table.block(id);
        let is_async = block.coroutine;
        if block.comp_inlined {
            self.outermost_iterator(&generators[0])?;
            let inlined = self.begin_inlined(id, span)?;
            self.build_collection(element.kind, true, span);
            self.generators(generators, 0, 0, element, true, span)?;
            self.end_inlined(inlined, span);
            return Ok(());
        }
        let known = &self.names.known;
        let name = match element.kind {
            Kind::Generator => known.genexpr,
            Kind::List => known.listcomp,
            Kind::Set => known.setcomp,
            Kind::Dict => known.dictcomp,
        };
        self.enter(name, ScopeKind::Comprehension, body, span.line, None);
        self.unit.metadata.argcount = 1;
        self.build_collection(element.kind, false, span);
        self.generators(generators, 0, 0, element, false, span)?;
        if element.kind == Kind::Generator {
            self.wrap_in_stop_iteration_handler();
        } else {
            self.emit(Opcode::ReturnValue, span);
        }
        self.add_return(true);
        let (code, free) = self.leave()?;
        self.make_function(code, &free, 0, span);
        self.outermost_iterator(&generators[0])?;
        self.emit_arg(Opcode::Call, 0, span);
        if is_async && element.kind != Kind::Generator {
            self.await_value(0, span);
        }
        Ok(())
    }

    fn outermost_iterator(&mut self, generator: &'a Comprehension<'a>) -> Fallible {
        self.expression(generator.iter)?;
        self.get_iterator(generator);
        Ok(())
    }

    fn get_iterator(&mut self, generator: &'a Comprehension<'a>) {
        let opcode = if generator.is_async { Opcode::GetAiter } else { Opcode::GetIter };
        self.emit(opcode, generator.iter.span);
    }

    fn build_collection(&mut self, kind: Kind, inlined: bool, span: Span) {
        let opcode = match kind {
            Kind::Generator => return,
            Kind::List => Opcode::BuildList,
            Kind::Set => Opcode::BuildSet,
            Kind::Dict => Opcode::BuildMap,
        };
        self.emit_arg(opcode, 0, span);
        if inlined {
            self.emit_arg(Opcode::Swap, 2, span);
        }
    }

    /// The generators from `index` on. `depth` is how many iterators lie above the collection.
    fn generators(
        &mut self,
        generators: &'a [Comprehension<'a>],
        index: usize,
        depth: u32,
        element: Element<'a>,
        iterator_on_stack: bool,
        span: Span,
    ) -> Fallible {
        self.guard.check()?;
        if generators[index].is_async {
            self.async_generator(generators, index, depth, element, iterator_on_stack, span)
        } else {
            self.sync_generator(generators, index, depth, element, iterator_on_stack, span)
        }
    }

    fn sync_generator(
        &mut self,
        generators: &'a [Comprehension<'a>],
        index: usize,
        depth: u32,
        element: Element<'a>,
        iterator_on_stack: bool,
        span: Span,
    ) -> Fallible {
        let generator = &generators[index];
        let (start, next, anchor) = (self.new_label(), self.new_label(), self.new_label());
        // `for y in [f(x)]` is an assignment.
        let single = if index > 0 { single_element(generator.iter) } else { None };
        let mut depth = depth;
        if let Some(value) = single {
            self.expression(value)?;
        } else {
            if index > 0 {
                self.expression(generator.iter)?;
                self.get_iterator(generator);
            } else if !iterator_on_stack {
                self.emit_arg(Opcode::LoadFast, 0, span);
            }
            depth += 1;
            self.use_label(start);
            self.emit_jump(Opcode::ForIter, anchor, generator.iter.span);
        }
        self.expression(generator.target)?;
        let last = self.rest_of_generator(generators, index, depth, element, next, span)?;
        self.use_label(next);
        if single.is_none() {
            self.emit_jump(Opcode::Jump, start, last);
            self.use_label(anchor);
            self.end_iteration();
        }
        Ok(())
    }

    fn async_generator(
        &mut self,
        generators: &'a [Comprehension<'a>],
        index: usize,
        depth: u32,
        element: Element<'a>,
        iterator_on_stack: bool,
        span: Span,
    ) -> Fallible {
        let generator = &generators[index];
        let (start, send) = (self.new_label(), self.new_label());
        let (except, next) = (self.new_label(), self.new_label());
        if index > 0 {
            self.expression(generator.iter)?;
            self.get_iterator(generator);
        } else if !iterator_on_stack {
            self.emit_arg(Opcode::LoadFast, 0, span);
        }
        self.use_label(start);
        self.push_block(FrameBlockKind::AsyncComprehension, start, Label::NONE, span)?;
        self.emit_jump(Opcode::SetupFinally, except, span);
        self.emit(Opcode::GetAnext, span);
        self.load_none(span);
        self.use_label(send);
        self.yield_from(true, span);
        self.emit(Opcode::PopBlock, span);
        self.expression(generator.target)?;
        let last = self.rest_of_generator(generators, index, depth + 1, element, next, span)?;
        self.use_label(next);
        self.emit_jump(Opcode::Jump, start, last);
        self.pop_block();
        self.use_label(except);
        self.emit_jump(Opcode::EndAsyncFor, send, span);
        Ok(())
    }

    /// The conditions of a generator, and then the next generator or the element. Answers with the
    /// position of the element.
    fn rest_of_generator(
        &mut self,
        generators: &'a [Comprehension<'a>],
        index: usize,
        depth: u32,
        element: Element<'a>,
        next: Label,
        span: Span,
    ) -> Fallible<Span> {
        for condition in generators[index].ifs {
            self.jump_if(condition, next, false)?;
        }
        if index + 1 < generators.len() {
            self.generators(generators, index + 1, depth, element, false, span)?;
            return Ok(element.element.span);
        }
        self.expression(element.element)?;
        let mut last = element.element.span;
        match element.kind {
            Kind::Generator => {
                self.yield_value(last);
                self.emit(Opcode::PopTop, last);
            }
            Kind::List => self.emit_arg(Opcode::ListAppend, depth + 1, last),
            Kind::Set => self.emit_arg(Opcode::SetAdd, depth + 1, last),
            Kind::Dict => {
                if let Some(value) = element.value {
                    self.expression(value)?;
                    last = last.to(value.span);
                }
                self.emit_arg(Opcode::MapAdd, depth + 1, last);
            }
        }
        Ok(last)
    }

    /// Makes the names of a comprehension those of the current unit for a while. The iterator lies
    /// on the stack; the values of variables that the comprehension rebinds go below it.
    fn begin_inlined(&mut self, comprehension: BlockId, span: Span) -> Fallible<Inlined> {
        self.unit.loads = self.loads.new_scope();
        let outer = self.unit.block;
        let block = self.block();
        let function_like = block.is_function_like();
        let in_class = block.kind == BlockKind::Class && !self.in_inlined_comprehension();
        self.unit.inlined_comprehensions += 1;
        let symbols = self.table.block(comprehension).symbols.entries().to_vec();
        let mut inlined = Inlined { pushed: Vec::new(), replaced: Vec::new(), fast: Vec::new(), cleanup: Label::NONE };
        for &(name, symbol) in &symbols {
            let existing = self.table.block(outer).symbol(name);
            // What is free in the comprehension is handled as in the unit. What is a cell in the
            // comprehension and free in the unit is reached as a free variable in both.
            let differs = symbol.scope != existing.scope
                && symbol.scope != Scope::Free
                && !(symbol.scope == Scope::Cell && existing.scope == Scope::Free);
            if differs || in_class {
                self.table.block_mut(outer).symbols.insert(name, symbol);
                inlined.replaced.push((name, existing));
            }
            if (binds(symbol) || in_class) && !function_like && !self.unit.fast_locals.contains(&name) {
                self.unit.fast_locals.push(name);
                inlined.fast.push(name);
                if !self.unit.metadata.fasthidden.contains(&name) {
                    self.unit.metadata.fasthidden.push(name);
                }
            }
        }
        for &(name, symbol) in symbols.iter().filter(|(_, symbol)| binds(*symbol)) {
            let arg = self.unit.metadata.varnames.insert(name);
            self.emit_arg(Opcode::LoadFastAndClear, arg, span);
            if symbol.scope == Scope::Cell {
                let free = self.table.block(outer).scope(name) == Scope::Free;
                let arg = if free { self.free_index(name) } else { self.cell_index(name) };
                self.emit_arg(Opcode::MakeCell, arg, span);
            }
            inlined.pushed.push(name);
        }
        if !inlined.pushed.is_empty() {
            self.check_block_count(span)?;
            self.unit.inlined_blocks += 1;
            self.emit_arg(Opcode::Swap, inlined.pushed.len() as u32 + 1, span);
            inlined.cleanup = self.new_label();
            self.emit_jump(Opcode::SetupFinally, inlined.cleanup, span);
        }
        Ok(inlined)
    }

    /// Restores what [`Self::begin_inlined`] changed, also after an exception.
    fn end_inlined(&mut self, inlined: Inlined, span: Span) {
        if !inlined.pushed.is_empty() {
            self.unit.inlined_blocks -= 1;
            self.emit(Opcode::PopBlock, Span::NONE);
            let end = self.new_label();
            self.emit_jump(Opcode::JumpNoInterrupt, end, Span::NONE);
            self.use_label(inlined.cleanup);
            // The unfinished collection lies below the exception.
            self.emit_arg(Opcode::Swap, 2, Span::NONE);
            self.emit(Opcode::PopTop, Span::NONE);
            self.restore_variables(&inlined.pushed, span);
            self.emit_arg(Opcode::Reraise, 0, Span::NONE);
            self.use_label(end);
            self.restore_variables(&inlined.pushed, span);
        }
        self.unit.inlined_comprehensions -= 1;
        self.unit.loads = self.loads.new_scope();
        let symbols = &mut self.table.block_mut(self.unit.block).symbols;
        for (name, symbol) in inlined.replaced {
            symbols.insert(name, symbol);
        }
        self.unit.fast_locals.retain(|name| !inlined.fast.contains(name));
    }

    fn restore_variables(&mut self, pushed: &[Name], span: Span) {
        self.emit_arg(Opcode::Swap, pushed.len() as u32 + 1, span);
        for &name in pushed.iter().rev() {
            let arg = self.unit.metadata.varnames.insert(name);
            self.emit_arg(Opcode::StoreFastMaybeNull, arg, span);
        }
    }

    /// Yields the value on the stack and leaves what is sent.
    pub(super) fn yield_value(&mut self, span: Span) {
        let block = self.block();
        if block.generator && block.coroutine {
            self.emit_arg(Opcode::CallIntrinsic1, operands::unary::ASYNC_GEN_WRAP, span);
        }
        self.emit_arg(Opcode::YieldValue, 0, span);
        self.emit_arg(Opcode::Resume, operands::RESUME_AFTER_YIELD, span);
    }
}

/// Whether a comprehension binds a name itself, which a named expression in it does not.
fn binds(symbol: Symbol) -> bool {
    symbol.has(def::LOCAL) && !symbol.has(def::NONLOCAL)
}

/// The element of a list or tuple display of one element.
fn single_element<'a>(iter: ExprRef<'a>) -> Option<ExprRef<'a>> {
    match iter.kind {
        ExprKind::List { elts: [element], .. } | ExprKind::Tuple { elts: [element], .. }
            if !matches!(element.kind, ExprKind::Starred { .. }) =>
        {
            Some(element)
        }
        _ => None,
    }
}
