//! From syntax tree to code object, as CPython 3.14 does it: symbol tables, code generation, flow
//! graph, assembly.
//!
//! Everything here is pure: a tree in, a code object or a [`CompileError`] out, and warnings to a
//! [`WarningSink`] on the way. Code objects equal CPython's in every field.
#![forbid(unsafe_code)]

mod assemble;
mod constant_arithmetic;
mod constants;
mod errors;
pub mod flowgraph;
mod instruction_sequence;
mod name_texts;

pub use assemble::{Workspace, assemble};
pub use constants::ConstantTable;
pub use errors::{CompileError, ErrorKind, NoWarnings, Warning, WarningAction, WarningSink};
pub use instruction_sequence::{Instruction, InstructionSequence, Label, NameTable, UnitMetadata};
pub use name_texts::NameTexts;

use kaa_ast::{Arena, Interner, Mod};
use kaa_bytecode::{CodeObject, TextBytes};

/// How to compile.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompileOptions {
    /// 0, 1 (`-O`: no assertions) or 2 (`-OO`: no docstrings either).
    pub optimize: u8,
    /// Future features in force from the start: `FUTURE_*` bits of `kaa_bytecode::flags`.
    pub future: u32,
    /// Whether `await`, `async for` and `async with` may stand at the top level
    /// (`ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`).
    pub top_level_await: bool,
}

/// What all code units of one compilation share, as the flow graph needs it.
pub struct AssembleContext<'c, 'a> {
    pub names: &'c Interner<'a>,
    pub texts: &'c mut NameTexts,
    pub filename: &'c TextBytes,
    pub workspace: &'c mut Workspace,
}

/// Compiles a tree. New names (mangled ones) go to `names`, new nodes and texts to `arena`.
pub fn compile<'a>(
    module: &Mod<'a>,
    arena: &'a Arena,
    names: &mut Interner<'a>,
    filename: &TextBytes,
    options: CompileOptions,
    warnings: &mut dyn WarningSink,
) -> Result<CodeObject, CompileError> {
    let _ = (module, arena, names, filename, options, warnings);
    Err(CompileError::new(ErrorKind::System, "code generation is not built yet"))
}
