//! Kaa's own verbs: `kaa VERB …`. Each is a file here, and reads its arguments by itself.
//!
//! A verb is the first argument, as it stands in [`VERBS`]; a file of that name is run as `kaa ./VERB`.

mod compile;
mod inspect;
mod show;

use std::ffi::{OsStr, OsString};

/// A verb of the command.
pub struct Verb {
    pub name: &'static str,
    /// What `kaa --help` says of it.
    pub summary: &'static str,
    /// Runs it with the arguments that follow its name; gives the exit code.
    pub run: fn(Vec<OsString>) -> u8,
}

/// All of them, in the order of the help text.
pub const VERBS: &[Verb] = &[
    Verb { name: "compile", summary: "compile sources to .pyc files, on all cores", run: compile::run },
    Verb { name: "inspect", summary: "list what an executable made by kaa build holds", run: inspect::run },
    Verb { name: "show", summary: "show what the compiler makes of a file, stage by stage", run: show::run },
];

/// The verb that the first argument names.
pub fn find(word: &OsStr) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| word == verb.name)
}

/// The verbs in the help text of the command.
pub fn summaries() -> String {
    VERBS.iter().map(|verb| format!("kaa {:<8}: {}\n", verb.name, verb.summary)).collect()
}
