//! Symbol tables as CPython's module `_symtable` shows them: numbers for kinds, uses and scopes.

use super::{BlockKind, Scope, Symbol, SymbolTable, def};
use kaa_ast::Name;

/// What a block says of itself.
pub struct SymbolBlock {
    pub name: Name,
    /// One of `_symtable.TYPE_*`.
    pub kind: u8,
    pub line: i32,
    pub nested: bool,
    /// Names with `_symtable.DEF_*` and, from bit [`SCOPE_OFFSET`] on, the number of the scope.
    pub symbols: Vec<(Name, u32)>,
    pub parameters: Vec<Name>,
    /// Indices of the blocks inside.
    pub children: Vec<usize>,
}

/// `_symtable.SCOPE_OFF`.
pub const SCOPE_OFFSET: u32 = 12;

/// All blocks; the first is the module.
pub fn export(table: &SymbolTable<'_>) -> Vec<SymbolBlock> {
    let blocks = table.blocks.iter().map(|block| SymbolBlock {
        name: block.name,
        kind: match block.kind {
            BlockKind::Function => 0,
            BlockKind::Class => 1,
            BlockKind::Module => 2,
            BlockKind::Annotation => 3,
            BlockKind::TypeAlias => 4,
            BlockKind::TypeParameters => 5,
            BlockKind::TypeVariable => 6,
        },
        line: if block.kind == BlockKind::Module { 0 } else { block.span.line },
        nested: block.nested,
        symbols: block.symbols.entries().iter().map(|&(name, symbol)| (name, number(symbol))).collect(),
        parameters: block.parameters.to_vec(),
        children: block.children.iter().map(|child| child.0 as usize).collect(),
    });
    blocks.collect()
}

fn number(symbol: Symbol) -> u32 {
    // CPython keeps one bit free in the middle.
    let low = u32::from(symbol.flags & (def::FREE_CLASS - 1));
    let high = u32::from(symbol.flags) & !u32::from(def::FREE_CLASS - 1);
    let scope = match symbol.scope {
        Scope::Unknown => 0,
        Scope::Local => 1,
        Scope::GlobalExplicit => 2,
        Scope::GlobalImplicit => 3,
        Scope::Free => 4,
        Scope::Cell => 5,
    };
    low | high << 1 | scope << SCOPE_OFFSET
}
