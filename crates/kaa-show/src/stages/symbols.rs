//! Symbol tables, as `python -m symtable` prints them.

use std::fmt::Write;

use kaa_ast::dump::repr_text;
use kaa_ast::{Arena, Interner};
use kaa_compiler::{SCOPE_OFFSET, SymbolBlock};

use super::{compile_options, parse};
use crate::failure::Failure;
use crate::input::Input;
use crate::options::Options;

/// What a name may be, in the order in which it is printed.
const FLAGS: [(&str, u32); 12] = [
    ("use", 0x10),
    ("def_global", 0x1),
    ("def_nonlocal", 0x8),
    ("def_local", 0x2),
    ("def_param", 0x4),
    ("def_type_param", 0x400),
    ("def_free_class", 0x40),
    ("def_import", 0x80),
    // All three ways to be bound.
    ("def_bound", 0x86),
    ("def_annot", 0x100),
    ("def_comp_iter", 0x200),
    ("def_comp_cell", 0x800),
];
const SCOPES: [&str; 6] = ["0", "local", "global_explicit", "global_implicit", "free", "cell"];
const KINDS: [&str; 7] =
    ["function", "class", "module", "annotation", "type alias", "type parameters", "type variable"];

pub fn text(input: &Input, source: &str, name: Option<&str>, options: &Options) -> Result<String, Failure> {
    let arena = Arena::new();
    let mut parsed = parse(input, source, &arena, false)?;
    let names = &mut parsed.interner;
    let blocks = kaa_compiler::symbols(&parsed.module, &arena, names, compile_options(options))
        .map_err(|error| Failure::of_compiler(&error, &input.name, source))?;
    let tops = match name {
        None => vec![0],
        Some(name) => named(&blocks, names, &crate::definitions::plain(name)),
    };
    let mut out = String::new();
    for top in tops {
        let mut pending = vec![(top, 0)];
        while let Some((index, level)) = pending.pop() {
            print(&blocks[index], level, names, &input.name, &mut out);
            pending.extend(blocks[index].children.iter().rev().map(|&child| (child, level + 1)));
        }
    }
    Ok(out)
}

/// The blocks of a qualified name.
fn named(blocks: &[SymbolBlock], names: &Interner<'_>, wanted: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut pending = vec![(0, String::new())];
    while let Some((index, around)) = pending.pop() {
        let block = &blocks[index];
        // Functions and classes; other blocks are not seen in qualified names.
        let path = match block.kind {
            0 | 1 if around.is_empty() => names.text(block.name).to_owned(),
            0 | 1 => format!("{around}.{}", names.text(block.name)),
            _ => around,
        };
        if block.kind <= 1 && path == wanted {
            found.push(index);
        } else {
            pending.extend(block.children.iter().rev().map(|&child| (child, path.clone())));
        }
    }
    found
}

fn print(block: &SymbolBlock, level: usize, names: &Interner<'_>, filename: &str, out: &mut String) {
    let indent = "    ".repeat(level);
    let kind = KINDS[usize::from(block.kind)];
    let nested = if block.nested { "nested " } else { "" };
    let what = match kind {
        "module" => format!("from file {}", repr_text(filename.as_bytes())),
        _ => repr_text(names.text(block.name).as_bytes()),
    };
    let _ = writeln!(out, "{indent}symbol table for {nested}{kind} {what}:");
    for &(name, number) in &block.symbols {
        let flags: Vec<&str> = FLAGS.iter().filter(|(_, flag)| number & flag == *flag).map(|(name, _)| *name).collect();
        let scope = SCOPES.get((number >> SCOPE_OFFSET & 0xf) as usize).unwrap_or(&"?");
        let name = repr_text(names.text(name).as_bytes());
        let _ = writeln!(out, "    {indent}{scope} symbol {name}: {}", flags.join(", "));
    }
    out.push('\n');
}
