//! Compilations one after the other, in the same memory.

use crate::assemble::Workspace;
use crate::instruction_sequence::{InstructionSequence, UnitMetadata};
use crate::stage_times::{StageClock, StageTimes};
use crate::{CompileError, CompileOptions, Observer, WarningSink, compile_tree};
use kaa_ast::{Arena, Interner, Mod};
use kaa_bytecode::{CodeObject, TextBytes};

/// What a compilation leaves for the next one: memory, nothing that the next one could see.
#[derive(Default)]
pub struct Session {
    pub(crate) workspace: Workspace,
    /// What code units are written to.
    pub(crate) units: Vec<(UnitMetadata, InstructionSequence)>,
}

/// What is compiled: the arguments of [`compile`](crate::compile).
pub struct Compilation<'c, 'a> {
    pub module: &'c Mod<'a>,
    /// Receives new nodes and texts.
    pub arena: &'a Arena,
    /// Receives new names, mangled ones.
    pub names: &'c mut Interner<'a>,
    pub filename: &'c TextBytes,
    pub options: CompileOptions,
    pub warnings: &'c mut dyn WarningSink,
    /// Where the tree may change before names are looked at, if the parser has told:
    /// `kaa_parser::Parsed::changing_lines`.
    pub changing_lines: Option<&'c [i32]>,
}

impl Compilation<'_, '_> {
    /// Compiles in the memory of a session.
    pub fn run(self, session: &mut Session) -> Result<CodeObject, CompileError> {
        self.observed(session, StageClock::new(None))
    }

    /// The same, and adds to `times` what each stage took.
    pub fn run_timed(self, session: &mut Session, times: &mut StageTimes) -> Result<CodeObject, CompileError> {
        self.observed(session, StageClock::new(Some(times)))
    }

    fn observed(self, session: &mut Session, clock: StageClock<'_>) -> Result<CodeObject, CompileError> {
        let observer = Observer { listing: None, units: None, clock };
        compile_tree(self, session, observer).map_err(|error| *error)
    }
}
