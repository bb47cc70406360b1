//! Measures the compiler against CPython's, in the same run.

use std::path::PathBuf;
use std::process::Command;

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::{optimized, python, repository};

pub const HELP: &str = "\
Usage: cargo xtask compile-speed [OPTION]… [FOLDER…]

Has Kaa and CPython compile all Python files below the folders (without folders: Python's library
without its tests) from source in memory to marshalled bytes, on one core, in turns, and prints
for the best round of each the time and the megabytes of source a second, for Kaa by stage, their
ratio, and the most memory that Kaa had.

Options:
  --python PATH   the CPython 3.14 to compare with; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin
  --rounds N      how often each compiles everything (5)
  --profile PATH  build Kaa's compiler with the counts that `cargo xtask optimized` has left there";

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let mut given = None;
    let mut rounds: u32 = 5;
    let mut folders = Vec::new();
    let mut profile = None;
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Plain(path) => folders.push(std::path::absolute(PathBuf::from(path)).map_err(|e| e.to_string())?),
            Argument::Option(name) => match &*name {
                "--python" => given = Some(arguments.value(&name)?),
                "--rounds" => rounds = arguments.number(&name)?,
                "--profile" => profile = Some(std::path::absolute(arguments.value(&name)?).map_err(|e| e.to_string())?),
                _ => return Err(unknown(&name)),
            },
        }
    }
    let python = python::find(given)?;
    // The benchmark is a program of its own, because this one is built without optimization.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["bench", "--quiet", "--package", "kaa-compiler", "--bench", "compile"]);
    if let Some(profile) = profile {
        optimized::use_profile(&mut cargo, &profile)?;
    }
    let status = cargo
        .arg("--")
        .arg("--python")
        .arg(&python)
        .args(["--rounds", &rounds.to_string()])
        .args(&folders)
        .current_dir(repository::root())
        .status()
        .map_err(|error| format!("cargo bench: {error}"))?;
    if status.success() { Ok(true) } else { Err(format!("cargo bench: {status}")) }
}
