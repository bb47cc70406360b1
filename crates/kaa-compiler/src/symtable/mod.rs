//! Symbol tables: which names each block of a module uses and binds, and what scope each has.
//!
//! Input is the preprocessed tree, output a [`SymbolTable`]. Two passes, as in CPython's
//! `symtable.c`: [`build`] walks the tree and collects facts for each block, [`analyze`] walks the
//! blocks and decides for each name whether it is local, global, free or a cell, and which
//! comprehensions are inlined into the block around them (PEP 709).
//!
//! Invariant: names in the tables are mangled.

mod analyze;
mod build;
pub mod export;
mod expressions;
mod statements;
pub mod text;

use crate::name_map::NameMap;
use bumpalo::collections::Vec as ArenaVec;
use kaa_ast::{FxHasher, Name, Span};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

pub use build::build;

/// A block of a [`SymbolTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockId(pub u32);

/// What kind of code a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    Module,
    Class,
    /// A function, lambda or comprehension.
    Function,
    /// The annotations of a function, class or module.
    Annotation,
    /// The bound, constraints or default of a type parameter.
    TypeVariable,
    /// The value of a `type` statement.
    TypeAlias,
    /// The type parameters of a generic function, class or alias.
    TypeParameters,
}

impl BlockKind {
    /// Whether names of the block are fast locals.
    pub fn is_function_like(self) -> bool {
        !matches!(self, BlockKind::Module | BlockKind::Class)
    }
}

/// The comprehension that a block is the scope of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comprehension {
    List,
    Set,
    Dict,
    Generator,
}

/// Where a name lives, seen from one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The block does not know the name.
    Unknown,
    Local,
    GlobalExplicit,
    GlobalImplicit,
    Free,
    Cell,
}

/// What a block knows of a name: bits of [`def`] and a [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub flags: u16,
    pub scope: Scope,
}

impl Symbol {
    /// A name that the block does not mention.
    pub const UNKNOWN: Symbol = Symbol { flags: 0, scope: Scope::Unknown };

    /// Whether any of some bits of [`def`] is set.
    pub fn has(self, flags: u16) -> bool {
        self.flags & flags != 0
    }
}

/// Bits of [`Symbol::flags`].
pub mod def {
    pub const GLOBAL: u16 = 1;
    pub const LOCAL: u16 = 1 << 1;
    pub const PARAM: u16 = 1 << 2;
    pub const NONLOCAL: u16 = 1 << 3;
    pub const USE: u16 = 1 << 4;
    /// Free in a block inside a class and bound in the class: it is both in the class.
    pub const FREE_CLASS: u16 = 1 << 5;
    pub const IMPORT: u16 = 1 << 6;
    pub const ANNOTATION: u16 = 1 << 7;
    /// The target of a `for` in a comprehension.
    pub const COMP_ITER: u16 = 1 << 8;
    pub const TYPE_PARAM: u16 = 1 << 9;
    /// A cell in an inlined comprehension.
    pub const COMP_CELL: u16 = 1 << 10;
    pub const BOUND: u16 = LOCAL | PARAM | IMPORT | TYPE_PARAM;
}

/// The symbols and properties of one block.
#[derive(Debug)]
pub struct Block<'a> {
    pub kind: BlockKind,
    pub name: Name,
    pub span: Span,
    pub symbols: NameMap<'a, Symbol>,
    /// Parameters in the order of the frame.
    pub parameters: ArenaVec<'a, Name>,
    pub children: ArenaVec<'a, BlockId>,
    /// `global` and `nonlocal` declarations, for the positions of errors.
    directives: ArenaVec<'a, (Name, Span)>,
    /// In the type parameter block of a class and what is inside: the set of the names that are
    /// mangled there, in [`SymbolTable::mangled_names`]. All names are without.
    mangled_names: Option<u32>,
    /// How errors call a type variable block: "a TypeVar bound".
    scope_info: &'static str,
    pub comprehension: Option<Comprehension>,
    /// The block that collects the annotations of a class or module.
    pub annotation_block: Option<BlockId>,
    /// Inside a function, at any depth.
    pub nested: bool,
    pub generator: bool,
    pub coroutine: bool,
    pub varargs: bool,
    pub varkeywords: bool,
    pub returns_value: bool,
    pub annotations_used: bool,
    pub has_docstring: bool,
    /// A function directly inside a class.
    pub method: bool,
    /// A class some of whose functions refer to `__class__`.
    pub needs_class_closure: bool,
    /// A class some of whose annotation scopes look names up in its namespace.
    pub needs_classdict: bool,
    /// A comprehension that has no code object of its own.
    pub comp_inlined: bool,
    /// An annotation scope that sees the names of the class around it.
    pub can_see_class_scope: bool,
    /// A class or module with annotations under a condition.
    pub has_conditional_annotations: bool,
    in_conditional_block: bool,
    in_unevaluated_annotation: bool,
    comp_iter_target: bool,
    comp_iter_expr: u32,
}

impl Block<'_> {
    /// What the block knows of a name.
    pub fn symbol(&self, name: Name) -> Symbol {
        self.symbols.get(name).unwrap_or(Symbol::UNKNOWN)
    }

    /// The scope of a name in the block.
    pub fn scope(&self, name: Name) -> Scope {
        self.symbol(name).scope
    }

    pub fn is_function_like(&self) -> bool {
        self.kind.is_function_like()
    }
}

/// Which of the blocks that hang on a node of the tree is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockRole {
    /// The body of the function, class, lambda or comprehension; the value of a type alias.
    Body,
    /// The annotations of a function; the node is its `Arguments`.
    Annotations,
    /// The type parameters; the node is the first of them.
    TypeParameters,
    /// The bound of a type parameter.
    Bound,
    /// The default of a type parameter.
    Default,
}

/// What identifies a block: the address of the node it hangs on, and its role there.
pub type BlockKey = (usize, BlockRole);

/// The key of a block that hangs on a node.
pub fn key<T: ?Sized>(node: &T, role: BlockRole) -> BlockKey {
    (std::ptr::from_ref(node).cast::<()>() as usize, role)
}

/// All blocks of a module. The first is the module itself. They lie in the tree's arena.
#[derive(Debug)]
pub struct SymbolTable<'a> {
    pub blocks: Vec<Block<'a>>,
    by_key: HashMap<BlockKey, BlockId, BuildHasherDefault<FxHasher>>,
    mangled_names: Vec<Vec<Name>>,
}

impl<'a> SymbolTable<'a> {
    /// A table with room for so many blocks.
    fn with_capacity(blocks: usize) -> SymbolTable<'a> {
        let by_key = HashMap::with_capacity_and_hasher(blocks, BuildHasherDefault::default());
        SymbolTable { blocks: Vec::with_capacity(blocks), by_key, mangled_names: Vec::new() }
    }

    /// The block of the module.
    pub const TOP: BlockId = BlockId(0);

    pub fn block(&self, id: BlockId) -> &Block<'a> {
        &self.blocks[id.0 as usize]
    }

    pub fn block_mut(&mut self, id: BlockId) -> &mut Block<'a> {
        &mut self.blocks[id.0 as usize]
    }

    /// The block that hangs on a node. Panics when the node was not part of the tree.
    pub fn lookup(&self, key: BlockKey) -> BlockId {
        self.by_key[&key]
    }

    /// Whether a name that is written inside a block is subject to mangling.
    pub fn mangles(&self, block: BlockId, name: Name) -> bool {
        match self.block(block).mangled_names {
            None => true,
            Some(set) => self.mangled_names[set as usize].contains(&name),
        }
    }
}
