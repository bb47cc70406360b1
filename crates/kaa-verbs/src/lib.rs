//! Kaa's own verbs: `kaa VERB …`. Each is a file here, and reads its arguments by itself.
//!
//! A verb is the first argument, as it stands in [`VERBS`]; a file of that name is run as `kaa ./VERB`.
#![forbid(unsafe_code)]

mod build;
mod compile;
mod inspect;
mod progress;
mod python;
mod show;

use std::ffi::{OsStr, OsString};

/// A verb of the command.
pub struct Verb {
    /// The word that stands for it.
    pub name: &'static str,
    /// What `kaa --help` says of it.
    pub summary: &'static str,
    /// Runs it with the arguments that follow its name; gives the exit code.
    pub run: fn(Vec<OsString>) -> u8,
}

/// All of them, in the order of the help text.
pub const VERBS: &[Verb] = &[
    Verb { name: "build", summary: "pack a program into one executable that runs anywhere", run: build::run },
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

/// Digits in groups of three.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
