//! The second pass: decides the scope of each name in each block.
//!
//! A block is analyzed with what its surroundings bind: names of enclosing functions (`BOUND`),
//! and which of them are type parameters (`TYPE_PARAM`). It analyzes its children with its own
//! names added, gets from them the names that are free in them, and answers with the names that
//! are free in itself. What is visible is kept in one table by name with a log for undoing,
//! so that a block costs what its own names cost.

use super::build::error;
use super::{Block, BlockId, BlockKind, Comprehension, Scope, Symbol, SymbolTable, def};
use crate::errors::Fallible;
use crate::name_map::NameMap;
use crate::names::NameContext;
use crate::stack_guard::StackGuard;
use bumpalo::collections::Vec as ArenaVec;
use kaa_ast::Name;

/// Bits of [`Analyzer::visible`].
const BOUND: u8 = 1;
const TYPE_PARAM: u8 = 2;

/// Names without order or value.
type NameSet<'a> = NameMap<'a, ()>;

/// Decides all scopes of a table.
pub(super) fn analyze<'a>(table: &mut SymbolTable<'a>, names: &NameContext<'_, 'a>, guard: StackGuard) -> Fallible {
    let mut analyzer = Analyzer { visible: vec![0; names.interner.len()], log: Vec::new(), table, names, guard };
    analyzer.block(SymbolTable::TOP, None).map(drop)
}

struct Analyzer<'t, 'c, 'n, 'a> {
    table: &'t mut SymbolTable<'a>,
    names: &'c NameContext<'n, 'a>,
    /// What the blocks around the current one say of each name.
    visible: Vec<u8>,
    /// Overwritten entries of `visible`, for the way back.
    log: Vec<(Name, u8)>,
    guard: StackGuard,
}

impl<'a> Analyzer<'_, '_, '_, 'a> {
    fn set(&self) -> NameSet<'a> {
        NameSet::new_in(self.names.arena)
    }

    fn is(&self, name: Name, bit: u8) -> bool {
        self.visible[name.0 as usize] & bit != 0
    }

    fn change(&mut self, name: Name, set: u8, clear: u8) {
        let entry = &mut self.visible[name.0 as usize];
        let changed = *entry & !clear | set;
        if changed != *entry {
            self.log.push((name, *entry));
            *entry = changed;
        }
    }

    fn undo(&mut self, mark: usize) {
        while self.log.len() > mark {
            let (name, bits) = self.log.pop().expect("the log is longer than the mark");
            self.visible[name.0 as usize] = bits;
        }
    }

    /// Analyzes a block and all inside it; answers with the names that are free in it.
    /// `class` is the class whose namespace the block sees, if it is an annotation scope.
    fn block(&mut self, id: BlockId, class: Option<BlockId>) -> Fallible<NameSet<'a>> {
        self.guard.check()?;
        let mark = self.log.len();
        let mut free = self.set();
        for position in 0..self.table.block(id).symbols.len() {
            let (name, symbol) = self.table.block(id).symbols.entries()[position];
            let scope = self.name(id, name, symbol.flags, class, &mut free)?;
            self.table.block_mut(id).symbols.entry_mut(position).1.scope = scope;
        }
        let kind = self.table.block(id).kind;
        if kind == BlockKind::Class {
            let known = &self.names.known;
            for name in [known.class, known.classdict, known.conditional_annotations] {
                self.change(name, BOUND, 0);
            }
        }

        let mut inlined_cells = self.set();
        let mut child_free = self.children(id, class, &mut inlined_cells)?;
        self.undo(mark);

        if kind.is_function_like() {
            make_cells(self.table.block_mut(id), &mut child_free, &inlined_cells);
        } else if kind == BlockKind::Class {
            self.drop_class_names(id, &mut child_free);
        }
        self.record(id, &child_free, &inlined_cells);
        for &(name, ()) in free.entries() {
            child_free.insert(name, ());
        }
        Ok(child_free)
    }

    /// Analyzes the blocks inside a block; answers with the names that are free in them.
    fn children(
        &mut self,
        id: BlockId,
        class: Option<BlockId>,
        inlined_cells: &mut NameSet<'a>,
    ) -> Fallible<NameSet<'a>> {
        let arena = self.names.arena;
        let mut free = self.set();
        let children = std::mem::replace(&mut self.table.block_mut(id).children, ArenaVec::new_in(arena));
        let block = self.table.block(id);
        let (kind, sees_class) = (block.kind, block.can_see_class_scope);
        let mut spliced = ArenaVec::with_capacity_in(children.len(), arena);
        for child in children {
            let entry = self.table.block(child);
            let class = match entry.can_see_class_scope {
                true if kind == BlockKind::Class => Some(id),
                true => class,
                false => None,
            };
            // All comprehensions are inlined but generator expressions, and those in annotation
            // scopes inside classes.
            let inline = entry.comprehension.is_some_and(|kind| kind != Comprehension::Generator)
                && !entry.generator
                && !sees_class;
            let mut child_free = self.block(child, class)?;
            if inline {
                self.inline_comprehension(id, child, &mut child_free, inlined_cells);
                let entry = self.table.block_mut(child);
                entry.comp_inlined = true;
                spliced.extend_from_slice_copy(&entry.children);
            } else {
                spliced.push(child);
            }
            for &(name, ()) in child_free.entries() {
                free.insert(name, ());
            }
        }
        self.table.block_mut(id).children = spliced;
        Ok(free)
    }

    /// The scope of a name that a block mentions. Notes in `visible` what it means for the blocks
    /// inside, and in `free` whether the block needs it from outside.
    fn name(
        &mut self,
        id: BlockId,
        name: Name,
        flags: u16,
        class: Option<BlockId>,
        free: &mut NameSet<'a>,
    ) -> Fallible<Scope> {
        let kind = self.table.block(id).kind;
        if flags & def::GLOBAL != 0 {
            if flags & def::NONLOCAL != 0 {
                return Err(self.directive_error(id, name, "name '{}' is nonlocal and global"));
            }
            // What a class declares concerns only itself.
            if kind != BlockKind::Class {
                self.change(name, 0, BOUND);
            }
            return Ok(Scope::GlobalExplicit);
        }
        if flags & def::NONLOCAL != 0 {
            if kind == BlockKind::Module {
                return Err(self.directive_error(id, name, "nonlocal declaration not allowed at module level"));
            }
            if !self.is(name, BOUND) {
                return Err(self.directive_error(id, name, "no binding for nonlocal '{}' found"));
            }
            if self.is(name, TYPE_PARAM) {
                let message = "nonlocal binding not allowed for type parameter '{}'";
                return Err(self.directive_error(id, name, message));
            }
            free.insert(name, ());
            return Ok(Scope::Free);
        }
        if flags & def::BOUND != 0 {
            let (mut set, mut clear) = (0, 0);
            if flags & def::TYPE_PARAM != 0 {
                set |= TYPE_PARAM
            } else {
                clear |= TYPE_PARAM
            }
            if kind.is_function_like() {
                set |= BOUND;
            }
            self.change(name, set, clear);
            return Ok(Scope::Local);
        }
        // An annotation scope inside a class finds the names of the class at run time, and then
        // skips the functions around the class. The namespace itself is always a free variable.
        if let Some(class) = class
            && name != self.names.known.classdict
        {
            let symbol = self.table.block(class).symbol(name);
            if symbol.has(def::GLOBAL) {
                return Ok(Scope::GlobalExplicit);
            }
            if symbol.has(def::BOUND) && !symbol.has(def::NONLOCAL) {
                return Ok(Scope::GlobalImplicit);
            }
        }
        if self.is(name, BOUND) {
            free.insert(name, ());
            return Ok(Scope::Free);
        }
        Ok(Scope::GlobalImplicit)
    }

    /// Merges the names of a comprehension that gets no code object of its own into its block.
    fn inline_comprehension(
        &mut self,
        id: BlockId,
        comprehension: BlockId,
        child_free: &mut NameSet<'a>,
        inlined_cells: &mut NameSet<'a>,
    ) {
        let known = &self.names.known;
        let provided = [known.class, known.classdict, known.conditional_annotations];
        let is_class = self.table.block(id).kind == BlockKind::Class;
        let mut dropped = Vec::new();
        for position in 0..self.table.block(comprehension).symbols.len() {
            let (name, Symbol { flags, mut scope }) = self.table.block(comprehension).symbols.entries()[position];
            // The outermost iterable is no parameter any more.
            if flags & def::PARAM != 0 {
                continue;
            }
            if scope == Scope::Cell || flags & def::COMP_CELL != 0 {
                inlined_cells.insert(name, ());
            }
            // What a class provides to the functions in it, it does not provide to itself.
            if scope == Scope::Free && is_class && provided.contains(&name) {
                scope = Scope::GlobalImplicit;
                if !self.is_free_in_children(comprehension, name) {
                    child_free.remove(name);
                }
                dropped.push(name);
            }
            let block = self.table.block_mut(id);
            // What it has from this block or through it, this block uses.
            if scope == Scope::Free
                && !is_class
                && let Some(position) = block.symbols.position(name)
            {
                block.symbols.entry_mut(position).1.flags |= flags & def::USE;
            }
            match block.symbols.get(name) {
                None => block.symbols.insert(name, Symbol { flags, scope }),
                // What is free in the comprehension and local here is local in both, unless a
                // block inside the comprehension needs it.
                Some(existing) if existing.has(def::BOUND) && !is_class => {
                    if !self.is_free_in_children(comprehension, name) {
                        child_free.remove(name);
                    }
                }
                Some(_) => {}
            }
        }
        for name in dropped {
            self.table.block_mut(comprehension).symbols.remove(name);
        }
    }

    fn is_free_in_children(&self, id: BlockId, name: Name) -> bool {
        self.table.block(id).children.iter().any(|&child| self.table.block(child).scope(name) == Scope::Free)
    }

    /// The names that a class provides to its functions without binding them itself.
    fn drop_class_names(&mut self, id: BlockId, free: &mut NameSet<'a>) {
        let known = self.names.known;
        let block = self.table.block_mut(id);
        block.needs_class_closure |= free.remove(known.class).is_some();
        block.needs_classdict |= free.remove(known.classdict).is_some();
        block.has_conditional_annotations |= free.remove(known.conditional_annotations).is_some();
    }

    /// Enters what was found out into the symbols of a block.
    fn record(&mut self, id: BlockId, free: &NameSet<'_>, inlined_cells: &NameSet<'_>) {
        let visible = &self.visible;
        let block = &mut self.table.blocks[id.0 as usize];
        for &(name, ()) in inlined_cells.entries() {
            if let Some(position) = block.symbols.position(name) {
                block.symbols.entry_mut(position).1.flags |= def::COMP_CELL;
            }
        }
        let sees_class = block.kind == BlockKind::Class || block.can_see_class_scope;
        for &(name, ()) in free.entries() {
            match block.symbols.position(name) {
                // A variable that is free in a method may also be a name of the class.
                Some(position) if sees_class => block.symbols.entry_mut(position).1.flags |= def::FREE_CLASS,
                Some(_) => {}
                // Free here too, to be passed on to the blocks inside.
                None if block.kind == BlockKind::Module || visible[name.0 as usize] & BOUND != 0 => {
                    block.symbols.insert(name, Symbol { flags: 0, scope: Scope::Free });
                }
                None => {}
            }
        }
    }

    fn directive_error(&self, id: BlockId, name: Name, message: &str) -> Box<crate::errors::CompileError> {
        let block = self.table.block(id);
        let directive = block.directives.iter().find(|directive| directive.0 == name);
        let span = directive.map_or(block.span, |directive| directive.1);
        error(message.replace("{}", self.names.text(name)), span)
    }
}

/// Locals that blocks inside need become cells.
fn make_cells(block: &mut Block<'_>, free: &mut NameSet<'_>, inlined_cells: &NameSet<'_>) {
    if free.is_empty() && inlined_cells.is_empty() {
        return;
    }
    for position in 0..block.symbols.len() {
        let (name, symbol) = block.symbols.entry_mut(position);
        if symbol.scope == Scope::Local && (free.contains(*name) || inlined_cells.contains(*name)) {
            symbol.scope = Scope::Cell;
            free.remove(*name);
        }
    }
}
