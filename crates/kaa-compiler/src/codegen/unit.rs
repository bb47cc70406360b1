//! A unit: what becomes one code object, while it is being compiled.

use super::Compiler;
use super::blocks::FrameBlock;
use super::known_loads::LoadScope;
use crate::Session;
use crate::instruction_sequence::{InstructionSequence, UnitMetadata};
use crate::names::NameContext;
use crate::symtable::{Block, BlockId, Scope, SymbolTable, def};
use kaa_ast::{ExprRef, Name, Span};
use kaa_bytecode::flags;

/// What kind of code a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
    /// Annotations, type parameters and their bounds, type aliases.
    Annotations,
}

/// The memory of a unit that is done is used again.
pub(super) struct Unit<'a> {
    pub kind: ScopeKind,
    pub block: BlockId,
    /// The scope of the loads that are known.
    pub loads: LoadScope,
    pub metadata: UnitMetadata,
    pub sequence: InstructionSequence,
    /// The class whose name mangles private names.
    pub private: Option<Name>,
    /// The loops, `try` and `with` blocks around the current position.
    pub frame_blocks: Vec<FrameBlock<'a>>,
    /// How many inlined comprehensions are around the current position.
    pub inlined_comprehensions: u32,
    /// How many of them have a block that restores variables.
    pub inlined_blocks: usize,
    /// How many blocks that run only under a condition are around the current position.
    pub conditional_blocks: u32,
    pub deferred_annotations: Vec<DeferredAnnotation<'a>>,
    pub next_conditional_annotation: u32,
    /// Of a class: attributes of `self` that its methods assign, as often as they do.
    pub static_attributes: Vec<Name>,
    /// Names that are fast locals for the duration of an inlined comprehension although the unit
    /// is no function.
    pub fast_locals: Vec<Name>,
}

/// An annotation of a class or module, evaluated when it is asked for.
#[derive(Clone, Copy)]
pub(super) struct DeferredAnnotation<'a> {
    pub span: Span,
    pub name: Name,
    pub annotation: ExprRef<'a>,
    /// Its number, if at run time it must be found out whether it exists.
    pub conditional_index: Option<u32>,
}

impl Unit<'_> {
    /// Memory for a unit.
    pub fn unused(session: &mut Session) -> Box<Self> {
        let new = || (UnitMetadata::with_capacity(), InstructionSequence::with_capacity());
        let (metadata, sequence) = session.units.pop().unwrap_or_else(new);
        Box::new(Unit {
            kind: ScopeKind::Module,
            block: SymbolTable::TOP,
            loads: LoadScope::default(),
            metadata,
            sequence,
            private: None,
            frame_blocks: Vec::new(),
            inlined_comprehensions: 0,
            inlined_blocks: 0,
            conditional_blocks: 0,
            deferred_annotations: Vec::new(),
            next_conditional_annotation: 0,
            static_attributes: Vec::new(),
            fast_locals: Vec::new(),
        })
    }

    /// Begins a unit, in the memory of another one or none.
    #[expect(clippy::too_many_arguments, reason = "they are the fields of a unit")]
    pub fn begin(
        &mut self,
        table: &SymbolTable<'_>,
        names: &NameContext<'_, '_>,
        id: BlockId,
        name: Name,
        kind: ScopeKind,
        line: i32,
        private: Option<Name>,
    ) {
        let block = table.block(id);
        let known = &names.known;
        let metadata = &mut self.metadata;
        metadata.clear();
        metadata.name = Some(name);
        select(&mut metadata.cellvars, block, names, Scope::Cell, def::COMP_CELL);
        select(&mut metadata.freevars, block, names, Scope::Free, def::FREE_CLASS);
        metadata.parameters = block.parameters.len() as u32;
        metadata.firstlineno = line;
        for &parameter in &block.parameters {
            metadata.varnames.insert(parameter);
        }
        let implicit_cells = [
            (block.needs_class_closure, known.class),
            (block.needs_classdict, known.classdict),
            (block.has_conditional_annotations, known.conditional_annotations),
        ];
        for (needed, name) in implicit_cells {
            if needed && !metadata.cellvars.contains(&name) {
                metadata.cellvars.push(name);
            }
        }
        (self.kind, self.block, self.private) = (kind, id, private);
        self.sequence.clear();
        self.frame_blocks.clear();
        (self.inlined_comprehensions, self.inlined_blocks, self.conditional_blocks) = (0, 0, 0);
        self.deferred_annotations.clear();
        self.next_conditional_annotation = 0;
        self.static_attributes.clear();
        self.fast_locals.clear();
    }
}

/// Adds the names of a scope, or with a flag, sorted by text.
fn select(selected: &mut Vec<Name>, block: &Block<'_>, names: &NameContext<'_, '_>, scope: Scope, flag: u16) {
    let entries = block.symbols.entries().iter();
    let symbols = entries.filter(|(_, symbol)| symbol.scope == scope || symbol.has(flag));
    selected.extend(symbols.map(|entry| entry.0));
    if selected.len() > 1 {
        selected.sort_unstable_by_key(|&name| names.text(name));
    }
}

impl Compiler<'_, '_, '_> {
    /// Gives the current unit its dotted name.
    pub(super) fn set_qualified_name(&mut self) {
        let mut qualname = std::mem::take(&mut self.unit.metadata.qualname);
        self.write_qualified_name(&mut qualname);
        self.unit.metadata.qualname = qualname;
    }

    fn write_qualified_name(&mut self, out: &mut String) {
        let name = self.unit.metadata.name.expect("a unit has a name");
        let own = self.text(name);
        // Directly in a module, the name is all. A scope of type parameters does not count.
        let mut depth = self.parents.len();
        if depth > 1 && self.parents[depth - 1].kind == ScopeKind::Annotations {
            depth -= 1;
        }
        if depth <= 1 {
            out.push_str(own);
            return;
        }
        let parent = &self.parents[depth - 1];
        if matches!(self.unit.kind, ScopeKind::Function | ScopeKind::AsyncFunction | ScopeKind::Class) {
            let mangled = self.names.mangle(parent.private, name);
            if self.table.block(parent.block).scope(mangled) == Scope::GlobalExplicit {
                out.push_str(own);
                return;
            }
        }
        let is_function = matches!(parent.kind, ScopeKind::Function | ScopeKind::AsyncFunction | ScopeKind::Lambda);
        let parts = [&*parent.metadata.qualname, if is_function { ".<locals>." } else { "." }, own];
        out.reserve(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| out.push_str(part));
    }

    /// The flags of the current unit's code object.
    pub(super) fn unit_flags(&self) -> u32 {
        let block = self.block();
        let mut bits = self.future.flags;
        let mut set = |condition: bool, flag: u32| {
            if condition {
                bits |= flag;
            }
        };
        if block.is_function_like() {
            set(true, flags::NEWLOCALS | flags::OPTIMIZED);
            set(block.nested, flags::NESTED);
            set(block.generator && !block.coroutine, flags::GENERATOR);
            set(block.generator && block.coroutine, flags::ASYNC_GENERATOR);
            set(block.varargs, flags::VARARGS);
            set(block.varkeywords, flags::VARKEYWORDS);
            set(block.has_docstring, flags::HAS_DOCSTRING);
            set(block.method, flags::METHOD);
        }
        // A `yield` outside functions is left where an assertion was left out (`assert (yield)`): that
        // makes no generator. CPython's code has no flag then, and does not work.
        set(block.coroutine && !(block.generator && block.is_function_like()), flags::COROUTINE);
        bits
    }
}
