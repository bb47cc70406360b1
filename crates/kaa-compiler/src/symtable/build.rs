//! The first pass: walks the tree, makes the blocks and notes how each name is used. The visits of
//! statements and expressions are in the modules of those names.

use super::{Block, BlockId, BlockKey, BlockKind, BlockRole, Symbol, SymbolTable, analyze, def};
use crate::docstring;
use crate::errors::{CompileError, ErrorKind, Fallible};
use crate::future::FutureFeatures;
use crate::name_map::{LastPositions, NameMap};
use crate::names::NameContext;
use crate::stack_guard::StackGuard;
use bumpalo::collections::Vec as ArenaVec;
use kaa_ast::{Expr, ExprContext, Mod, Name, Span};

/// The symbol table of a module.
pub fn build<'a>(
    module: &Mod<'a>,
    names: &mut NameContext<'_, 'a>,
    future: &FutureFeatures,
    top_level_await: bool,
    guard: StackGuard,
) -> Fallible<SymbolTable<'a>> {
    let mut builder = Builder {
        table: SymbolTable::with_capacity(names.interner.len() / 2),
        positions: LastPositions::default(),
        stack: Vec::new(),
        current: SymbolTable::TOP,
        private: None,
        names,
        future,
        top_level_await,
        guard,
        spine: Vec::new(),
    };
    let name = builder.names.known.top;
    builder.enter(name, BlockKind::Module, None, Span::new(0, 0, 0, 0))?;
    match *module {
        Mod::Module { body, .. } => {
            builder.block().has_docstring = docstring::of(body).is_some();
            builder.statements(body)?;
        }
        Mod::Interactive { body } => builder.statements(body)?,
        Mod::Expression { body } => builder.expression(body)?,
        Mod::FunctionType { .. } => {
            let message = "this compiler does not handle FunctionTypes";
            return Err(Box::new(CompileError::new(ErrorKind::Runtime, message)));
        }
    }
    builder.exit();
    let mut table = builder.table;
    analyze::analyze(&mut table, builder.names, guard)?;
    Ok(table)
}

/// The state of the walk.
pub(super) struct Builder<'c, 'n, 'a> {
    pub(super) table: SymbolTable<'a>,
    /// Of names in the blocks' symbols.
    positions: LastPositions,
    /// The blocks around the current position, outermost first; the last is `current`.
    pub(super) stack: Vec<BlockId>,
    pub(super) current: BlockId,
    /// The class whose name mangles private names.
    pub(super) private: Option<Name>,
    pub(super) names: &'c mut NameContext<'n, 'a>,
    pub(super) future: &'c FutureFeatures,
    top_level_await: bool,
    pub(super) guard: StackGuard,
    /// Scratch: the operators of chains that lean to the left, which may be very long.
    pub(super) spine: Vec<&'a Expr<'a>>,
}

impl<'a> Builder<'_, '_, 'a> {
    /// The block the walk is in.
    pub(super) fn block(&mut self) -> &mut Block<'a> {
        &mut self.table.blocks[self.current.0 as usize]
    }

    /// Makes a block whose parent is the current one, without entering it.
    pub(super) fn new_block(&mut self, name: Name, kind: BlockKind, key: Option<BlockKey>, span: Span) -> BlockId {
        let parent = self.stack.last().map(|&id| self.table.block(id));
        let nested = parent.is_some_and(|parent| parent.nested || parent.is_function_like());
        let method = kind == BlockKind::Function && parent.is_some_and(|parent| parent.kind == BlockKind::Class);
        let id = BlockId(self.table.blocks.len() as u32);
        let arena = self.names.arena;
        self.table.blocks.push(Block {
            kind,
            name,
            span,
            symbols: NameMap::new_in(arena),
            parameters: ArenaVec::new_in(arena),
            children: ArenaVec::new_in(arena),
            directives: ArenaVec::new_in(arena),
            mangled_names: None,
            scope_info: "",
            comprehension: None,
            annotation_block: None,
            nested,
            generator: false,
            coroutine: false,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            annotations_used: false,
            has_docstring: false,
            method,
            needs_class_closure: false,
            needs_classdict: false,
            comp_inlined: false,
            can_see_class_scope: false,
            has_conditional_annotations: false,
            in_conditional_block: false,
            in_unevaluated_annotation: false,
            comp_iter_target: false,
            comp_iter_expr: 0,
        });
        if let Some(key) = key {
            self.table.by_key.insert(key, id);
        }
        id
    }

    /// Enters a block for the first time, which makes it a child of the current one. With the
    /// annotations future, annotation blocks are no part of the tree: they become strings.
    pub(super) fn enter_new(&mut self, id: BlockId) {
        let is_string = self.future.annotations() && self.table.block(id).kind == BlockKind::Annotation;
        if let Some(&parent) = self.stack.last()
            && !is_string
        {
            self.table.block_mut(parent).children.push(id);
        }
        self.enter_again(id);
    }

    /// Enters a block that is a child of the current one.
    pub(super) fn enter_again(&mut self, id: BlockId) {
        let parent = self.stack.last().copied();
        self.stack.push(id);
        self.current = id;
        let Some(parent) = parent else { return };
        let outer = self.table.block(parent);
        let (comp_iter_expr, mangled_names) = (outer.comp_iter_expr, outer.mangled_names);
        let block = self.block();
        block.comp_iter_expr = comp_iter_expr;
        // In a class all names are mangled.
        if mangled_names.is_some() && block.kind != BlockKind::Class {
            block.mangled_names = mangled_names;
        }
    }

    /// Makes a block and enters it.
    pub(super) fn enter(&mut self, name: Name, kind: BlockKind, key: Option<BlockKey>, span: Span) -> Fallible {
        let id = self.new_block(name, kind, key, span);
        self.enter_new(id);
        if matches!(kind, BlockKind::Annotation | BlockKind::TypeVariable | BlockKind::TypeAlias) {
            let format = self.names.known.format_parameter;
            self.define(format, def::PARAM, span)?;
            self.define(format, def::USE, span)?;
        }
        Ok(())
    }

    /// Leaves the current block.
    pub(super) fn exit(&mut self) {
        self.stack.pop();
        if let Some(&outer) = self.stack.last() {
            self.current = outer;
        }
    }

    /// Enters the block of the type parameters of a function, class or alias.
    pub(super) fn enter_type_parameters(
        &mut self,
        name: Name,
        key: BlockKey,
        kind: TypeParameterOwner,
        span: Span,
    ) -> Fallible {
        let in_class = self.block().kind == BlockKind::Class;
        self.enter(name, BlockKind::TypeParameters, Some(key), span)?;
        let known = self.names.known;
        if in_class {
            self.block().can_see_class_scope = true;
            self.define(known.classdict, def::USE, span)?;
        }
        match kind {
            TypeParameterOwner::Class => {
                // Set when the tuple of the parameters is made, used for the bases.
                for name in [known.type_params_variable, known.generic_base] {
                    self.define(name, def::LOCAL, span)?;
                    self.define(name, def::USE, span)?;
                }
            }
            TypeParameterOwner::Function { has_kwdefaults } => {
                // CPython asks whether there is a list of defaults, which there is even when it is
                // empty.
                self.define(known.defaults, def::PARAM, span)?;
                if has_kwdefaults {
                    self.define(known.kwdefaults, def::PARAM, span)?;
                }
            }
            TypeParameterOwner::Alias => {}
        }
        Ok(())
    }

    /// From here on only type parameters are mangled in the current block and inside it.
    pub(super) fn restrict_mangling(&mut self) {
        let set = self.table.mangled_names.len() as u32;
        self.table.mangled_names.push(Vec::new());
        self.block().mangled_names = Some(set);
    }

    /// The name as the current block's tables hold it.
    pub(super) fn mangle(&mut self, name: Name) -> Name {
        if self.private.is_none() || !self.names.is_private(name) || !self.table.mangles(self.current, name) {
            return name;
        }
        self.names.mangle(self.private, name)
    }

    /// What a block on the stack knows of a name.
    pub(super) fn lookup_in(&mut self, block: BlockId, name: Name) -> Symbol {
        let mangled = if self.private.is_none() || !self.names.is_private(name) || !self.table.mangles(block, name) {
            name
        } else {
            self.names.mangle(self.private, name)
        };
        self.table.block(block).symbol(mangled)
    }

    /// What the current block knows of a name.
    pub(super) fn lookup(&mut self, name: Name) -> Symbol {
        self.lookup_in(self.current, name)
    }

    /// Notes that the current block uses a name in some way.
    pub(super) fn define(&mut self, name: Name, flag: u16, span: Span) -> Fallible {
        let context = if flag == def::USE { ExprContext::Load } else { ExprContext::Store };
        self.define_in_context(name, flag, span, context)
    }

    pub(super) fn define_in_context(&mut self, name: Name, flag: u16, span: Span, context: ExprContext) -> Fallible {
        if flag & (def::PARAM | def::LOCAL | def::IMPORT) != 0 {
            self.check_name(name, span, context)?;
        }
        if flag & def::TYPE_PARAM != 0
            && let Some(set) = self.block().mangled_names
        {
            self.table.mangled_names[set as usize].push(name);
        }
        self.define_in(self.current, name, flag, span)
    }

    /// Notes a use of a name in any block on the stack.
    pub(super) fn define_in(&mut self, id: BlockId, name: Name, flag: u16, span: Span) -> Fallible {
        let mangled = self.mangle(name);
        let block = &mut self.table.blocks[id.0 as usize];
        let position = self.positions.find(id.0, &block.symbols, mangled);
        let mut flags = position.map_or(0, |position| block.symbols.entries()[position].1.flags);
        if flag & flags & def::PARAM != 0 {
            let text = self.names.text(name);
            return Err(error(format!("duplicate argument '{text}' in function definition"), span));
        }
        if flag & flags & def::TYPE_PARAM != 0 {
            return Err(error(format!("duplicate type parameter '{}'", self.names.text(name)), span));
        }
        flags |= flag;
        if block.comp_iter_target {
            // A target of a comprehension may not be rebound by a named expression, nor the
            // other way round.
            if flags & (def::GLOBAL | def::NONLOCAL) != 0 {
                let text = self.names.text(name);
                let message = format!("comprehension inner loop cannot rebind assignment expression target '{text}'");
                return Err(error(message, span));
            }
            flags |= def::COMP_ITER;
        }
        let symbol = Symbol { flags, ..Symbol::UNKNOWN };
        match position {
            Some(position) => block.symbols.entry_mut(position).1 = symbol,
            None => {
                self.positions.set(id.0, mangled, block.symbols.len());
                block.symbols.push(mangled, symbol);
            }
        }
        if flag & def::PARAM != 0 {
            block.parameters.push(mangled);
        } else if flag & def::GLOBAL != 0 {
            let top = self.table.block_mut(SymbolTable::TOP);
            let mut symbol = top.symbol(mangled);
            symbol.flags |= flag;
            top.symbols.insert(mangled, symbol);
        }
        Ok(())
    }

    /// Refuses to bind or delete `__debug__`.
    pub(super) fn check_name(&self, name: Name, span: Span, context: ExprContext) -> Fallible {
        if name == self.names.known.debug {
            match context {
                ExprContext::Store => return Err(error("cannot assign to __debug__", span)),
                ExprContext::Del => return Err(error("cannot delete __debug__", span)),
                ExprContext::Load => {}
            }
        }
        Ok(())
    }

    /// Remembers where a `global` or `nonlocal` declaration stands.
    pub(super) fn record_directive(&mut self, name: Name, span: Span) {
        let mangled = self.mangle(name);
        self.block().directives.push((mangled, span));
    }

    /// Whether `await` and its like may stand here although this is a module.
    pub(super) fn allows_top_level_await(&mut self) -> bool {
        self.top_level_await && self.block().kind == BlockKind::Module
    }

    /// Whether the current block is the body of an `async def`, or a comprehension that awaits.
    pub(super) fn in_async_function(&mut self) -> bool {
        let block = self.block();
        block.kind == BlockKind::Function && block.coroutine
    }

    /// Visits what is executed only under a condition.
    pub(super) fn conditional(&mut self, visit: impl FnOnce(&mut Self) -> Fallible) -> Fallible {
        let outer = std::mem::replace(&mut self.block().in_conditional_block, true);
        visit(self)?;
        self.block().in_conditional_block = outer;
        Ok(())
    }
}

/// Whose type parameters a block holds.
pub(super) enum TypeParameterOwner {
    Function { has_kwdefaults: bool },
    Class,
    Alias,
}

/// A boxed `SyntaxError`.
pub(super) fn error(message: impl Into<String>, span: Span) -> Box<CompileError> {
    Box::new(CompileError::syntax(message, span))
}

/// The key of the block of some type parameters.
pub(super) fn type_parameters_key(type_params: &[kaa_ast::TypeParam<'_>]) -> BlockKey {
    super::key(&type_params[0], BlockRole::TypeParameters)
}
