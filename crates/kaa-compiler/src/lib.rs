//! From syntax tree to code object, as CPython 3.14 does it: symbol tables, code generation, flow
//! graph, assembly.
//!
//! Everything here is pure: a tree in, a code object or a [`CompileError`] out, and warnings to a
//! [`WarningSink`] on the way. Code objects equal CPython's in every field.
#![forbid(unsafe_code)]

mod assemble;
mod codegen;
mod constant_arithmetic;
mod constants;
mod docstring;
mod errors;
pub mod flowgraph;
mod future;
mod instruction_sequence;
mod name_map;
mod names;
mod preprocess;
mod session;
mod stack_guard;
mod stage_times;
mod stages;
mod symtable;
mod unit_tables;
mod unparse;
mod validate;

pub use constants::ConstantTable;
pub use errors::{CompileError, ErrorKind, NoWarnings, Warning, WarningAction, WarningSink};
pub use instruction_sequence::{Instruction, InstructionSequence, Label, NameTable, UnitMetadata};
pub use session::{Compilation, Session};
pub use stage_times::StageTimes;
pub use stages::{CodeUnit, assemble_optimized, numbered_names, optimize};
pub use symtable::export::{SCOPE_OFFSET, SymbolBlock};

use assemble::Workspace;
use kaa_ast::{Arena, ExprRef, Interner, Mod};
use kaa_bytecode::{CodeObject, TextBytes};
use names::{NameContext, NameTexts};
use stack_guard::StackGuard;
use stage_times::StageClock;

/// How to compile.
#[derive(Clone, Copy, Debug)]
pub struct CompileOptions {
    /// 0, 1 (`-O`: no assertions) or 2 (`-OO`: no docstrings either).
    pub optimize: u8,
    /// Which docstrings are kept.
    pub docstrings: Docstrings,
    /// Future features in force from the start: `FUTURE_*` bits of `kaa_bytecode::flags`.
    pub future: u32,
    /// Whether `await`, `async for` and `async with` may stand at the top level
    /// (`ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`).
    pub top_level_await: bool,
    /// How many bytes of native stack a compilation may use; a tree nested more deeply is a
    /// `RecursionError`.
    pub stack_budget: usize,
}

/// Which docstrings a code object keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Docstrings {
    /// All below level 2 of optimization, from there on none: what CPython does.
    #[default]
    ByLevel,
    /// The module's only.
    OfModule,
    None,
}

impl Default for CompileOptions {
    fn default() -> Self {
        CompileOptions {
            optimize: 0,
            docstrings: Docstrings::ByLevel,
            future: 0,
            top_level_await: false,
            stack_budget: 1 << 20,
        }
    }
}

/// What all code units of one compilation share, as the flow graph needs it.
pub(crate) struct AssembleContext<'c, 'a> {
    pub names: &'c Interner<'a>,
    pub texts: &'c mut NameTexts,
    pub filename: &'c TextBytes,
    pub workspace: &'c mut Workspace,
}

/// Compiles a tree. New names (mangled ones) go to `names`, new nodes and texts to `arena`.
///
/// The tree must be as the parser makes them: lists have the lengths that the grammar asks for. One
/// that a program built has to go through [`validate`] before; otherwise this may panic.
pub fn compile<'a>(
    module: &Mod<'a>,
    arena: &'a Arena,
    names: &mut Interner<'a>,
    filename: &TextBytes,
    options: CompileOptions,
    warnings: &mut dyn WarningSink,
) -> Result<CodeObject, CompileError> {
    Compilation { module, arena, names, filename, options, warnings, changing_lines: None }.run(&mut Session::default())
}

/// What code generation makes of a tree: its code units before the flow graph.
pub fn code_units<'a>(
    module: &Mod<'a>,
    arena: &'a Arena,
    names: &mut Interner<'a>,
    filename: &TextBytes,
    options: CompileOptions,
    warnings: &mut dyn WarningSink,
) -> Result<CodeUnit, CompileError> {
    let mut units = stages::UnitTree::default();
    let observer = Observer { listing: None, units: Some(&mut units), clock: StageClock::new(None) };
    let compilation = Compilation { module, arena, names, filename, options, warnings, changing_lines: None };
    compile_tree(compilation, &mut Session::default(), observer).map_err(|error| *error)?;
    units.into_root().ok_or_else(|| CompileError::new(ErrorKind::System, "no code unit"))
}

/// Checks a tree that a program built: whether lists have the lengths that the grammar asks for,
/// expressions stand where they can, and positions are in order. What does not fit is CPython's
/// `ValueError` or `TypeError`.
pub fn validate(module: &Mod<'_>, names: &Interner<'_>, options: CompileOptions) -> Result<(), CompileError> {
    validate::validate(module, names, StackGuard::new(options.stack_budget)).map_err(|error| *error)
}

/// An expression as text, in the form that annotations have with `from __future__ import annotations`.
pub fn unparse(
    expression: ExprRef<'_>,
    names: &Interner<'_>,
    options: CompileOptions,
) -> Result<Vec<u8>, CompileError> {
    unparse::expression(expression, names, StackGuard::new(options.stack_budget)).map_err(|error| *error)
}

/// The tree that is compiled in place of another one: `ast.PyCF_OPTIMIZED_AST`. Also checks what
/// `ast.parse` checks beyond the grammar.
pub fn preprocess<'a>(
    module: &Mod<'a>,
    arena: &'a Arena,
    names: &mut Interner<'a>,
    options: CompileOptions,
    warnings: &mut dyn WarningSink,
) -> Result<Mod<'a>, CompileError> {
    let guard = StackGuard::new(options.stack_budget);
    let names = &mut NameContext::new(names, arena);
    let run = |warnings| {
        let future = future::read(module, options.future, names).map_err(CompileError::with_place_apart)?;
        let input = preprocess::Input { options, string_annotations: future.annotations(), changing_lines: None };
        preprocess::preprocess(module, names, input, guard, warnings)
    };
    run(warnings).map_err(|error| *error)
}

/// The symbol tables of a tree, as `_symtable` shows them.
pub fn symbols<'a>(
    module: &Mod<'a>,
    arena: &'a Arena,
    names: &mut Interner<'a>,
    options: CompileOptions,
) -> Result<Vec<SymbolBlock>, CompileError> {
    let guard = StackGuard::new(options.stack_budget);
    let names = &mut NameContext::new(names, arena);
    let mut build = || {
        let future = future::read(module, options.future, names)?;
        symtable::build(module, names, &future, options.top_level_await, guard)
    };
    match build() {
        Ok(table) => Ok(symtable::export::export(&table)),
        Err(error) => Err(*error.with_place_apart()),
    }
}

/// What [`show`] prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The blocks of the module and the scopes of their names.
    Symbols,
    /// The instructions of each unit before the flow graph.
    Instructions,
    /// The flow graph of each unit after some of `flowgraph::PASSES`: so many of them.
    Graph { passes: usize },
    /// The flow graph of each unit as it is built and after each of the passes.
    Passes,
}

/// A code unit in a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitText {
    /// `co_qualname`; `<module>` for the module.
    pub qualname: String,
    /// How many units it is in.
    pub depth: usize,
    /// One text, or those of all passes: first the graph as it is built.
    pub texts: Vec<String>,
}

/// A stage of a compilation as text, a text for each code unit, inner ones first. The symbol
/// tables are one text.
pub fn show<'a>(
    stage: Stage,
    module: &Mod<'a>,
    arena: &'a Arena,
    names: &mut Interner<'a>,
    options: CompileOptions,
) -> Result<Vec<UnitText>, CompileError> {
    let mut listing = Listing { stage, units: Vec::new() };
    let filename = TextBytes::from(&b"<show>"[..]);
    let observer = Observer { listing: Some(&mut listing), units: None, clock: StageClock::new(None) };
    let compilation = Compilation {
        module,
        arena,
        names,
        filename: &filename,
        options,
        warnings: &mut NoWarnings,
        changing_lines: None,
    };
    compile_tree(compilation, &mut Session::default(), observer).map_err(|error| *error)?;
    Ok(listing.units)
}

struct Listing {
    stage: Stage,
    units: Vec<UnitText>,
}

/// Who looks on while a tree is compiled.
struct Observer<'o> {
    /// Receives a stage as text.
    listing: Option<&'o mut Listing>,
    /// Keeps the code units before the flow graph.
    units: Option<&'o mut stages::UnitTree>,
    clock: StageClock<'o>,
}

/// The stages in their order.
fn compile_tree(
    compilation: Compilation<'_, '_>,
    session: &mut Session,
    mut observer: Observer<'_>,
) -> errors::Fallible<CodeObject> {
    let Compilation { module, arena, names: interner, filename, options, warnings, changing_lines } = compilation;
    let CompileOptions { optimize, future, top_level_await, stack_budget, .. } = options;
    let guard = StackGuard::new(stack_budget);
    let names = &mut NameContext::new(interner, arena);
    let future = future::read(module, future, names).map_err(CompileError::with_place_apart)?;
    let input = preprocess::Input { options, string_annotations: future.annotations(), changing_lines };
    let module = preprocess::preprocess(module, names, input, guard, warnings)?;
    observer.clock.end(|times| &mut times.preprocessing);
    let table = symtable::build(&module, names, &future, top_level_await, guard);
    let table = table.map_err(CompileError::with_place_apart)?;
    observer.clock.end(|times| &mut times.symbols);
    if let Some(listing) = observer.listing.as_deref_mut().filter(|listing| listing.stage == Stage::Symbols) {
        let text = symtable::text::print(&table, names.interner);
        listing.units.push(UnitText { qualname: "<module>".to_owned(), depth: 0, texts: vec![text] });
    }
    let input = codegen::Input { table, names, filename, optimize, future, guard, warnings, session, observer };
    codegen::generate(&module, input)
}
