//! Symbol tables as text: for each block what it is, and for each name how the block uses it and
//! the scope that follows.

use super::{BlockId, Comprehension, Scope, SymbolTable, def};
use kaa_ast::Interner;
use std::fmt::Write;

/// Prints a table, inner blocks below the ones around them. A comprehension that is inlined is no
/// block any more.
pub fn print(table: &SymbolTable<'_>, names: &Interner<'_>) -> String {
    let mut out = String::new();
    let mut pending = vec![(SymbolTable::TOP, 0)];
    while let Some((id, depth)) = pending.pop() {
        print_block(table, id, depth, names, &mut out);
        pending.extend(table.block(id).children.iter().rev().map(|&child| (child, depth + 1)));
    }
    out
}

fn print_block(table: &SymbolTable<'_>, id: BlockId, depth: usize, names: &Interner<'_>, out: &mut String) {
    let block = table.block(id);
    let indent = "    ".repeat(depth);
    let kind = match block.comprehension {
        None => format!("{:?}", block.kind),
        Some(Comprehension::Generator) => "Generator expression".to_owned(),
        Some(kind) => format!("{kind:?} comprehension"),
    };
    let _ = write!(out, "{indent}{kind} {}, line {}", names.text(block.name), block.span.line);
    let properties = [
        (block.nested, "nested"),
        (block.method, "method"),
        (block.generator, "generator"),
        (block.coroutine, "coroutine"),
        (block.has_docstring, "docstring"),
        (block.needs_class_closure, "needs __class__"),
        (block.needs_classdict, "needs __classdict__"),
        (block.can_see_class_scope, "sees class"),
        (block.has_conditional_annotations, "conditional annotations"),
    ];
    for (_, property) in properties.iter().filter(|(set, _)| *set) {
        let _ = write!(out, ", {property}");
    }
    out.push('\n');
    for &(name, symbol) in block.symbols.entries() {
        let scope = match symbol.scope {
            Scope::Unknown => "unknown",
            Scope::Local => "local",
            Scope::GlobalExplicit => "global",
            Scope::GlobalImplicit => "global or builtin",
            Scope::Free => "free",
            Scope::Cell => "cell",
        };
        let _ = write!(out, "{indent}  {}: {scope}", names.text(name));
        let uses = [
            (def::PARAM, "parameter"),
            (def::GLOBAL, "declared global"),
            (def::NONLOCAL, "declared nonlocal"),
            (def::LOCAL, "bound"),
            (def::IMPORT, "imported"),
            (def::ANNOTATION, "annotated"),
            (def::TYPE_PARAM, "type parameter"),
            (def::COMP_ITER, "comprehension target"),
            (def::USE, "used"),
            (def::FREE_CLASS, "free in methods"),
            (def::COMP_CELL, "cell in comprehension"),
        ];
        let mut separator = " (";
        for (_, text) in uses.iter().filter(|(flag, _)| symbol.has(*flag)) {
            let _ = write!(out, "{separator}{text}");
            separator = ", ";
        }
        out.push_str(if separator == " (" { "\n" } else { ")\n" });
    }
}
