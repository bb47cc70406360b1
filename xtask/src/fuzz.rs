//! Coverage-guided fuzzing with libFuzzer, on the stable compiler.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use kaa_ast::{Arena, Mod};
use kaa_parser::ParseOptions;

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::python::TemporaryFolder;
use crate::repository;

pub const HELP: &str = "\
Usage: cargo xtask fuzz [OPTION]… TARGET [FILE…]
       cargo xtask fuzz --write-seeds

Builds the fuzzers in fuzz/ with coverage counters, and runs one:
  source   text: decoded, parsed, unparsed, compiled, verified, written, read
  repeat   the same with long texts of repeated pieces: what takes too long
  tokens   text: tokens
  tree     trees as programs build them: validated, compiled
  pyc      bytes: read as .pyc files, verified, listed, written
With files, only these are tried. Needs a C++ compiler.

It begins with the seeds in fuzz/seeds.txt; what it finds to cover more goes to fuzz/corpus, what fails
to fuzz/artifacts: mend it, and keep a unit test in the crate concerned.

Options:
  --seconds N      how long (60)
  --jobs N         processes at a time (1)
  --shrink         make the file given smaller, as long as it fails
  --write-seeds    write fuzz/seeds.txt anew: statements of tests/programs that differ in what they cover";

/// The targets, and the longest inputs that they are worth trying with.
const TARGETS: &[(&str, usize)] = &[("source", 2048), ("repeat", 120), ("tokens", 1024), ("tree", 512), ("pyc", 4096)];

/// What counts the edges of the control flow and tells libFuzzer of comparisons.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Coverage is wanted of Kaa, not of build scripts: with a target named, flags are not for these.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Native stack of a fuzzer in KB: that of a thread of Python.
const STACK: &str = "8192";

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let (mut seconds, mut jobs, mut shrink, mut seeds) = (60u32, 1u32, false, false);
    let mut words = Vec::new();
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Plain(word) => words.push(word),
            Argument::Option(name) => match &*name {
                "--seconds" => seconds = arguments.number(&name)?,
                "--jobs" => jobs = arguments.number(&name)?,
                "--shrink" => shrink = true,
                "--write-seeds" => seeds = true,
                _ => return Err(unknown(&name)),
            },
        }
    }
    if seeds {
        return write_seeds();
    }
    if words.is_empty() {
        return Err("which target? --help says which there are".into());
    }
    let name = words.remove(0);
    let Some(&(target, longest)) = TARGETS.iter().find(|(target, _)| *target == name) else {
        return Err(format!("no target {name}; --help says which there are"));
    };
    let mut command = fuzzer(target)?;
    let artifacts = folder("artifacts", target)?;
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args(["-timeout=5", "-report_slow_units=2", "-rss_limit_mb=2048", "-malloc_limit_mb=512"]);
    if words.is_empty() {
        let corpus = folder("corpus", target)?;
        command.args([format!("-max_total_time={seconds}"), format!("-max_len={longest}")]);
        if jobs > 1 {
            command.args([format!("-fork={jobs}"), "-ignore_crashes=1".into(), "-ignore_timeouts=1".into()]);
        }
        if target != "pyc" && target != "tree" {
            command.arg(format!("-dict={}", repository::root().join("fuzz/python.dict").display()));
        }
        command.arg("-print_final_stats=1").arg(corpus);
        let seeds = TemporaryFolder::new("fuzz-seeds")?;
        if matches!(target, "source" | "tokens" | "pyc") {
            unpack_seeds(seeds.path(), target == "pyc")?;
            command.arg(seeds.path());
        }
        return status(command);
    }
    if shrink {
        command.args(["-minimize_crash=1".into(), format!("-max_total_time={seconds}")]);
        command.arg(format!("-exact_artifact_path={}.smaller", words[0]));
    }
    command.args(words);
    status(command)
}

/// Builds a target; the command that runs it.
fn fuzzer(target: &str) -> Result<Command, Failure> {
    let output = repository::root().join("target/fuzz");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--bin", target, "--target", TRIPLE, "--manifest-path"])
        .arg(repository::root().join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(&output)
        .env("RUSTFLAGS", COVERAGE)
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !built.success() {
        return Err("the fuzzers do not build".into());
    }
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -s {STACK} && exec \"$0\" \"$@\"")]);
    command.arg(output.join(TRIPLE).join("release").join(target));
    Ok(command)
}

fn status(mut command: Command) -> Result<bool, Failure> {
    let status = command.status().map_err(|error| format!("the fuzzer: {error}"))?;
    Ok(status.success())
}

fn folder(kind: &str, target: &str) -> Result<PathBuf, Failure> {
    let path = repository::root().join("fuzz").join(kind).join(target);
    std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// Longest statement that becomes a seed.
const LONGEST_SEED: usize = 400;

/// Stands before each seed.
const MARK: &str = "#-----\n";

/// Writes fuzz/seeds.txt: the top-level statements of the test programs, but only those that cover
/// something that shorter ones do not.
fn write_seeds() -> Result<bool, Failure> {
    let mut statements = BTreeSet::new();
    for path in crate::python::source_files(&[repository::root().join("tests/programs")])? {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        statements.extend(top_level_statements(&text).filter(|text| text.len() <= LONGEST_SEED).map(str::to_owned));
    }
    let (all, chosen) = (TemporaryFolder::new("fuzz-statements")?, TemporaryFolder::new("fuzz-chosen")?);
    for (number, statement) in statements.iter().enumerate() {
        write(&all.path().join(number.to_string()), format!("{statement}\n").as_bytes())?;
    }
    let mut command = fuzzer("source")?;
    command.args(["-merge=1", "-use_counters=0"]).arg(chosen.path()).arg(all.path());
    let merged = status(command)?;
    let mut seeds = Vec::new();
    for entry in std::fs::read_dir(chosen.path()).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        seeds.push(std::fs::read_to_string(&path).map_err(|error| error.to_string())?);
    }
    seeds.sort_by_cached_key(|text| (text.len(), text.clone()));
    let text: String = seeds.iter().flat_map(|seed| [MARK, seed]).collect();
    write(&seed_file(), text.as_bytes())?;
    println!("{} seeds of {} statements", seeds.len(), statements.len());
    Ok(merged)
}

/// The texts of the statements of a program, as whole lines.
fn top_level_statements(text: &str) -> impl Iterator<Item = &str> {
    let arena = Arena::new();
    let mut lines = Vec::new();
    if let Ok(parsed) = kaa_parser::parse(text, &arena, &ParseOptions::default())
        && let Mod::Module { body, .. } = parsed.module
    {
        lines.extend(body.iter().map(|statement| (statement.span.line as usize, statement.span.end_line as usize)));
    }
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    lines.into_iter().map(move |(first, last)| {
        let end = starts.get(last).map_or(text.len(), |next| next - 1);
        &text[starts[first - 1]..end]
    })
}

fn seed_file() -> PathBuf {
    repository::root().join("fuzz/seeds.txt")
}

/// Writes each seed to a file: sources, or .pyc files.
fn unpack_seeds(folder: &Path, compiled: bool) -> Result<(), Failure> {
    let path = seed_file();
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    for (number, seed) in text.split(MARK).enumerate() {
        let bytes = if compiled { crate::bad_input::pyc_of(seed.as_bytes()) } else { Some(seed.into()) };
        if let Some(bytes) = bytes {
            write(&folder.join(number.to_string()), &bytes)?;
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
