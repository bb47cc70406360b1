//! Code generation: from tree and symbol tables to instruction sequences with jumps to labels, as
//! CPython's `codegen.c` does it; the flow graph makes code objects of them.
//!
//! One module for each group of constructs; this one has the entry and what all of them share:
//! the units that are being compiled, emitting instructions, and errors.
//!
//! Invariants: [`Compiler::unit`] is the innermost unit, `parents` the ones around it, outermost
//! first. A method that emits code for an expression leaves exactly its value on the stack.

mod annotations;
mod assignments;
mod blocks;
mod calls;
mod checks;
mod classes;
mod comprehensions;
mod conditions;
mod exceptions;
mod expressions;
mod functions;
mod generics;
mod imports;
mod known_loads;
mod loops;
mod operands;
mod patterns;
mod statements;
mod strings;
mod text;
mod unit;
mod variables;

use crate::constants::ConstantTable;
use crate::errors::{CompileError, Fallible, Warning, WarningAction, WarningSink};
use crate::future::FutureFeatures;
use crate::instruction_sequence::Label;
use crate::names::{NameContext, NameTexts};
use crate::stack_guard::StackGuard;
use crate::symtable::{Block, BlockId, BlockKey, SymbolTable};
use crate::{Session, Stage, UnitText};
use kaa_ast::{Expr, Mod, Name, Span};
use kaa_bytecode::{CodeObject, Constant, Opcode, TextBytes};

use std::sync::Arc;

use known_loads::KnownLoads;
use unit::{ScopeKind, Unit};

/// Above this many values on the stack, a literal or call is built piece by piece.
const STACK_USE_GUIDELINE: usize = 30;

/// The position of what belongs to the instruction after it.
const NEXT_LOCATION: Span = crate::instruction_sequence::NEXT_LOCATION;

/// The state of one compilation.
#[expect(clippy::vec_box, reason = "units are large and change places")]
pub struct Compiler<'c, 'n, 'a> {
    unit: Box<Unit<'a>>,
    parents: Vec<Box<Unit<'a>>>,
    /// Units that are done, whose memory is used again.
    spare_units: Vec<Box<Unit<'a>>>,
    table: SymbolTable<'a>,
    names: &'c mut NameContext<'n, 'a>,
    loads: KnownLoads,
    texts: NameTexts,
    session: &'c mut Session,
    filename: &'c TextBytes,
    optimize: u8,
    future: FutureFeatures,
    interactive: bool,
    guard: StackGuard,
    warnings: &'c mut dyn WarningSink,
    /// Above zero while code is compiled that was compiled before: the second copy of a `finally`
    /// block.
    disable_warnings: u32,
    /// Scratch: the operators of chains that lean to the left, which may be very long.
    spine: Vec<&'a Expr<'a>>,
    observer: crate::Observer<'c>,
}

/// What code generation needs besides the tree.
pub struct Input<'c, 'n, 'a> {
    pub table: SymbolTable<'a>,
    pub names: &'c mut NameContext<'n, 'a>,
    pub filename: &'c TextBytes,
    pub optimize: u8,
    pub future: FutureFeatures,
    pub guard: StackGuard,
    pub warnings: &'c mut dyn WarningSink,
    pub session: &'c mut Session,
    pub observer: crate::Observer<'c>,
}

/// The code object of a preprocessed tree.
pub fn generate<'a>(module: &Mod<'a>, input: Input<'_, '_, 'a>) -> Fallible<CodeObject> {
    let Input { table, names, filename, optimize, future, guard, warnings, session, observer } = input;
    let name = names.known.module_name;
    let mut unit = Unit::unused(session);
    unit.begin(&table, names, SymbolTable::TOP, name, ScopeKind::Module, 1, None);
    let mut compiler = Compiler {
        unit,
        parents: Vec::new(),
        spare_units: Vec::new(),
        table,
        texts: NameTexts::new(names.interner),
        names,
        loads: KnownLoads::default(),
        session,
        filename,
        optimize,
        future,
        interactive: matches!(module, Mod::Interactive { .. }),
        guard,
        warnings,
        disable_warnings: 0,
        spine: Vec::new(),
        observer,
    };
    compiler.unit.metadata.qualname = compiler.text(name).to_owned();
    let start = Span { line: 0, col: 0, end_line: 1, end_col: 0 };
    compiler.emit_arg(Opcode::Resume, operands::RESUME_AT_START, start);
    compiler.emit(Opcode::AnnotationsPlaceholder, start);
    match *module {
        Mod::Module { body, .. } | Mod::Interactive { body } => compiler.module(body)?,
        Mod::Expression { body } => compiler.expression(body)?,
        Mod::FunctionType { .. } => {
            return Err(Box::new(CompileError::new(crate::ErrorKind::System, "a function type cannot be compiled")));
        }
    }
    compiler.add_return(!matches!(module, Mod::Expression { .. }));
    let code = compiler.assemble()?;
    let Compiler { unit, spare_units, session, .. } = compiler;
    session.units.extend(spare_units.into_iter().chain([unit]).map(|unit| (unit.metadata, unit.sequence)));
    Ok(Arc::unwrap_or_clone(code))
}

impl<'a> Compiler<'_, '_, 'a> {
    fn block(&self) -> &Block<'a> {
        self.table.block(self.unit.block)
    }

    fn text(&self, name: Name) -> &'a str {
        self.names.text(name)
    }

    // Emitting.

    fn emit(&mut self, opcode: Opcode, span: Span) {
        self.unit.sequence.add(opcode, 0, span);
    }

    fn emit_arg(&mut self, opcode: Opcode, arg: u32, span: Span) {
        self.unit.sequence.add(opcode, arg, span);
    }

    fn emit_jump(&mut self, opcode: Opcode, target: Label, span: Span) {
        self.unit.sequence.add_jump(opcode, target, span);
    }

    fn new_label(&mut self) -> Label {
        self.unit.sequence.new_label()
    }

    fn use_label(&mut self, label: Label) {
        self.unit.sequence.use_label(label);
    }

    fn constants(&mut self) -> &mut ConstantTable {
        &mut self.unit.metadata.consts
    }

    fn load_constant(&mut self, constant: Constant, span: Span) {
        let arg = self.constants().insert(constant);
        self.emit_arg(Opcode::LoadConst, arg, span);
    }

    fn load_none(&mut self, span: Span) {
        self.load_constant(Constant::None, span);
    }

    fn load_int(&mut self, value: usize, span: Span) {
        self.load_constant(Constant::Int(value as i64), span);
    }

    /// Loads a name as a string.
    fn load_name_text(&mut self, name: Name, span: Span) {
        let text = self.name_text(name);
        self.load_constant(Constant::Str(text), span);
    }

    fn name_text(&mut self, name: Name) -> TextBytes {
        self.texts.get(name, self.names.interner)
    }

    /// A tuple of strings.
    fn names_constant(&mut self, names: impl Iterator<Item = Name>) -> Constant {
        Constant::Tuple(names.map(|name| Constant::Str(self.texts.get(name, self.names.interner))).collect())
    }

    /// An instruction whose argument is the position of a name in `co_names`, shifted and with
    /// flag bits as the instruction wants it.
    fn emit_name(&mut self, opcode: Opcode, name: Name, shift: u32, bits: u32, span: Span) {
        let mangled = self.mangle(name);
        let arg = self.unit.metadata.names.insert(mangled);
        self.emit_arg(opcode, arg << shift | bits, span);
    }

    /// The name as it is called in the current unit.
    fn mangle(&mut self, name: Name) -> Name {
        if self.unit.private.is_none() || !self.names.is_private(name) || !self.table.mangles(self.unit.block, name) {
            return name;
        }
        self.names.mangle(self.unit.private, name)
    }

    fn add_return(&mut self, none: bool) {
        if none {
            self.load_none(Span::NONE);
        }
        self.emit(Opcode::ReturnValue, Span::NONE);
    }

    // Units.

    /// Begins a unit inside the current one.
    fn enter(&mut self, name: Name, kind: ScopeKind, key: BlockKey, line: i32, private: Option<Name>) {
        let block = self.table.lookup(key);
        self.enter_block(name, kind, block, line, private);
    }

    fn enter_block(&mut self, name: Name, kind: ScopeKind, block: BlockId, line: i32, private: Option<Name>) {
        let private = private.or(self.unit.private);
        let mut unit = self.spare_units.pop().unwrap_or_else(|| Unit::unused(self.session));
        unit.begin(&self.table, self.names, block, name, kind, line, private);
        unit.loads = self.loads.new_scope();
        self.parents.push(std::mem::replace(&mut self.unit, unit));
        self.set_qualified_name();
        self.emit_arg(Opcode::Resume, operands::RESUME_AT_START, Span::new(line, 0, line, 0));
    }

    /// Ends the current unit: makes its code object and goes back to the unit around it. Answers
    /// with the code object and its free variables.
    fn leave(&mut self) -> Fallible<(Arc<CodeObject>, Vec<Name>)> {
        let free = self.unit.metadata.freevars.clone();
        let code = self.assemble()?;
        let outer = self.parents.pop().expect("a unit that is left was entered");
        self.spare_units.push(std::mem::replace(&mut self.unit, outer));
        Ok((code, free))
    }

    /// The code object of the current unit.
    fn assemble(&mut self) -> Fallible<Arc<CodeObject>> {
        self.unit.metadata.flags = self.unit_flags();
        let Unit { sequence, metadata, .. } = &mut *self.unit;
        if let Some(listing) = &mut self.observer.listing {
            let names = &*self.names.interner;
            let passes = crate::flowgraph::PASSES.len();
            let texts = match listing.stage {
                Stage::Symbols => None,
                Stage::Instructions => Some(vec![text::print(metadata, sequence, names)]),
                Stage::Graph { passes } => Some(crate::flowgraph::show(sequence, metadata, names, passes..=passes)?),
                Stage::Passes => Some(crate::flowgraph::show(sequence, metadata, names, 0..=passes)?),
            };
            let qualname = text::heading(metadata).to_owned();
            listing.units.extend(texts.map(|texts| UnitText { qualname, depth: self.parents.len(), texts }));
        }
        if let Some(units) = self.observer.units.as_deref_mut() {
            // The function of a module's annotations belongs to no instructions of the module:
            // while it is compiled, those are put aside.
            let is_apart = self.parents.last().is_some_and(|parent| parent.sequence.instructions.is_empty());
            if !is_apart {
                units.add(self.parents.len(), metadata.clone(), sequence.clone());
            }
        }
        let mut context = crate::AssembleContext {
            names: self.names.interner,
            texts: &mut self.texts,
            filename: self.filename,
            workspace: &mut self.session.workspace,
        };
        let clock = &mut self.observer.clock;
        clock.end(|times| &mut times.code_generation);
        context.workspace.optimize(sequence, metadata)?;
        clock.end(|times| &mut times.flow_graph);
        let code = Arc::new(crate::assemble::assemble(metadata, &mut context)?);
        clock.end(|times| &mut times.assembly);
        Ok(code)
    }

    // Errors and warnings.

    fn error<T>(&self, message: impl Into<String>, span: Span) -> Fallible<T> {
        Err(Box::new(CompileError::syntax(message, span)))
    }

    fn warn(&mut self, message: String, span: Span) -> Fallible {
        if self.disable_warnings > 0 {
            return Ok(());
        }
        match self.warnings.warn(Warning { message: message.clone(), span }) {
            WarningAction::Continue => Ok(()),
            WarningAction::Raise => self.error(message, span),
            WarningAction::Abort => Err(Box::new(CompileError::aborted())),
        }
    }
}
