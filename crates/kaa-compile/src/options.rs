//! What is to be compiled, and how.

use std::path::PathBuf;

use crate::{Diagnostic, Pattern};

/// How a file tells whether it still belongs to its source (PEP 552).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Invalidation {
    /// By the source's time of change and size.
    #[default]
    Timestamp,
    /// By a hash of the source, which importing compares.
    CheckedHash,
    /// By a hash of the source, which importing trusts.
    UncheckedHash,
}

/// A level of optimization: 0, 1 (no assertions) or 2 (no docstrings either).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Level(u8);

impl Level {
    /// The level of a number, if there is one.
    pub fn new(number: u32) -> Option<Level> {
        (number <= 2).then_some(Level(number as u8))
    }

    pub fn number(self) -> u8 {
        self.0
    }
}

/// Where files are written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Output {
    /// Beside the sources.
    #[default]
    Beside,
    /// Below a folder, each source's in a folder named as the one that it is in: `sys.pycache_prefix`.
    Prefix(PathBuf),
    /// Below a folder, in the order of folders in which the sources were found.
    Folder(PathBuf),
}

/// What becomes of a `SyntaxWarning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Warnings {
    /// It is reported.
    #[default]
    Show,
    Ignore,
    /// It is a `SyntaxError`.
    Error,
}

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    /// A file is written for each; ascending, without repetitions, not empty.
    pub levels: Vec<Level>,
    pub invalidation: Invalidation,
    /// Whether files that are up to date are compiled too.
    pub force: bool,
    /// Whether everything is compiled and nothing written.
    pub check: bool,
    /// Whether a file lies beside its source as `NAME.pyc`, where Python finds it without the source.
    pub legacy: bool,
    pub output: Output,
    /// Files and folders that are left out.
    pub exclude: Vec<Pattern>,
    /// What is taken off the front of the paths that files name as their sources.
    pub strip: Option<PathBuf>,
    /// What is put in front of them then.
    pub prepend: Option<PathBuf>,
    pub warnings: Warnings,
    /// How many threads compile.
    pub jobs: usize,
    /// Digits that an integer in a source may have; 0 for any number.
    pub max_int_digits: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            levels: vec![Level::default()],
            invalidation: Invalidation::default(),
            force: false,
            check: false,
            legacy: false,
            output: Output::default(),
            exclude: Vec::new(),
            strip: None,
            prepend: None,
            warnings: Warnings::default(),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            max_int_digits: kaa_parser::ParseOptions::default().max_int_digits,
        }
    }
}

/// What only a running Python can answer.
pub trait Python: Sync {
    /// Decodes a source in an encoding other than UTF-8, Latin-1 and ASCII by the codec of a name, or
    /// says why that cannot be, in the words of Python's exception.
    fn decode(&self, name: &str, bytes: &[u8]) -> Result<String, String>;

    /// The error of a source that does not parse, as tracebacks show it: a misspelt keyword is named
    /// there. Nothing where there is nothing to add.
    fn hint(&self, _source: &[u8], _filename: &str) -> Option<Diagnostic> {
        None
    }
}

/// There is none.
pub struct NoPython;

impl Python for NoPython {
    fn decode(&self, name: &str, _: &[u8]) -> Result<String, String> {
        Err(format!("unknown encoding: {name}"))
    }
}
