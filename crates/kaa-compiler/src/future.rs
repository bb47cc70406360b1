//! `from __future__ import …`: read before everything else, because it changes how the rest is
//! compiled.

use crate::docstring;
use crate::errors::{CompileError, Fallible};
use crate::names::NameContext;
use kaa_ast::{Mod, Span, StmtKind};
use kaa_bytecode::flags;

/// The future features in force.
#[derive(Clone, Copy, Debug)]
pub struct FutureFeatures {
    /// `FUTURE_*` bits of `kaa_bytecode::flags`.
    pub flags: u32,
    /// Where the last import from `__future__` stands; [`Span::NONE`] without one.
    pub last_import: Span,
}

impl FutureFeatures {
    /// Whether annotations are stored as strings.
    pub fn annotations(&self) -> bool {
        self.flags & flags::FUTURE_ANNOTATIONS != 0
    }
}

/// The features that a module asks for, together with those given. Only a docstring and other such
/// imports may stand before an import from `__future__`; later ones are found by the symbol table.
pub fn read(module: &Mod<'_>, given: u32, names: &NameContext<'_, '_>) -> Fallible<FutureFeatures> {
    let mut features = FutureFeatures { flags: given, last_import: Span::NONE };
    let body = match *module {
        Mod::Module { body, .. } | Mod::Interactive { body } => body,
        Mod::Expression { .. } | Mod::FunctionType { .. } => return Ok(features),
    };
    for statement in &body[usize::from(docstring::of(body).is_some())..] {
        match statement.kind {
            StmtKind::ImportFrom { module: Some(module), names: aliases, level: 0 } if module == names.known.future => {
                for alias in aliases {
                    features.flags |= feature(names.text(alias.name), alias.span)?;
                }
                features.last_import = statement.span;
            }
            _ => break,
        }
    }
    Ok(features)
}

fn feature(name: &str, span: Span) -> Fallible<u32> {
    let message = match name {
        "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement" | "print_function"
        | "unicode_literals" | "generator_stop" => return Ok(0),
        "barry_as_FLUFL" => return Ok(flags::FUTURE_BARRY_AS_BDFL),
        "annotations" => return Ok(flags::FUTURE_ANNOTATIONS),
        "braces" => "not a chance".to_owned(),
        _ => format!("future feature {name} is not defined"),
    };
    Err(Box::new(CompileError::syntax(message, span)))
}
