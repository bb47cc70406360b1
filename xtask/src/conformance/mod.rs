//! Runs CPython's own tests under CPython and under Kaa, and compares method by method.

mod expected;
mod lists;
mod report;
mod run;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::progress::Progress;
use crate::{parallel, python, repository};
use expected::Expectations;
use run::{Limits, Outcome, Program, TestRun};

pub const HELP: &str = "\
Usage: cargo xtask conformance [OPTION]… [TEST…]

Runs test files of CPython (test_dict, test_json, …; without names those of
tests/conformance/tests.txt) in processes of their own, under CPython and under Kaa, and
counts the methods that pass under Kaa among those that pass under CPython. When a process
crashes, hangs or uses too much memory, that is the outcome of the method it was in, and a new
process goes on with the rest.

Methods that do not pass stand in tests/conformance/expected/TEST.txt with their status (fail,
crash, timeout, skip, missing) and a reason. The command fails when a method does not pass and is
not listed, or passes and is listed; not under another release of CPython than the one that the
files were written with, whose tests differ.

CPython's outcomes are kept in target/conformance, as are the outputs of each file.

Options:
  --python PATH   the CPython 3.14 to compare with; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin
  --kaa PATH      the program to judge; without it the newest target/*/kaa
  --group NAME    the tests of a group of tests.txt (language, library, quick)
  --jobs N        test files at a time (2)
  --timeout S     seconds that one method may take (60); a file may take 20 times as long
  --memory MB     memory that a process may use (4096)
  --fresh         run CPython again, whatever is kept
  --update        write the expectation files and tests/conformance/summary.json";

struct Options {
    python: PathBuf,
    kaa: PathBuf,
    tests: Vec<String>,
    jobs: usize,
    limits: Limits,
    fresh: bool,
    update: bool,
}

fn parse(mut arguments: Arguments) -> Result<Options, Failure> {
    let (mut python, mut kaa, mut group) = (None, None, None);
    let mut tests = Vec::new();
    let (mut jobs, mut seconds, mut memory) = (2, 60u64, 4096);
    let (mut fresh, mut update) = (false, false);
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Plain(name) => tests.push(lists::test_name(&name)),
            Argument::Option(name) => match &*name {
                "--python" => python = Some(arguments.value(&name)?),
                "--kaa" => kaa = Some(PathBuf::from(arguments.value(&name)?)),
                "--group" => group = Some(arguments.value(&name)?),
                "--jobs" => jobs = arguments.number(&name)?,
                "--timeout" => seconds = arguments.number(&name)?,
                "--memory" => memory = arguments.number(&name)?,
                "--fresh" => fresh = true,
                "--update" => update = true,
                _ => return Err(unknown(&name)),
            },
        }
    }
    if tests.is_empty() {
        tests = lists::tests_of(group.as_deref())?;
    }
    let limits =
        Limits { method: Duration::from_secs(seconds), file: Duration::from_secs(seconds * 20), memory_mb: memory };
    let kaa = match kaa {
        Some(path) => std::path::absolute(&path).map_err(|error| error.to_string())?,
        None => newest_kaa()?,
    };
    Ok(Options { python: python::find(python)?, kaa, tests, jobs, limits, fresh, update })
}

/// The program built last.
pub fn newest_kaa() -> Result<PathBuf, Failure> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(repository::root().join("target"), PathBuf::from);
    let built = |profile: &str| {
        let path = target.join(profile).join(format!("kaa{}", std::env::consts::EXE_SUFFIX));
        let time = path.metadata().and_then(|metadata| metadata.modified()).ok()?;
        Some((time, path))
    };
    ["release", "fast", "debug"]
        .into_iter()
        .filter_map(built)
        .max()
        .map(|(_, path)| path)
        .ok_or_else(|| "no kaa in target: build it (cargo build --release), or give --kaa PATH".to_owned())
}

/// What one test file gave under both programs.
pub struct Comparison {
    pub test: String,
    pub theirs: TestRun,
    pub ours: TestRun,
    /// Methods that pass under CPython, and Kaa's outcome.
    pub methods: BTreeMap<String, Outcome>,
    /// Methods that do not pass and are not listed.
    pub unexpected: Vec<(String, Outcome)>,
    /// Methods that pass and are listed.
    pub stale: Vec<String>,
}

impl Comparison {
    pub fn passing(&self) -> usize {
        self.methods.values().filter(|outcome| outcome.passes()).count()
    }
}

pub fn run(arguments: Arguments) -> Result<bool, Failure> {
    let options = parse(arguments)?;
    let folder = repository::root().join("target/conformance");
    let library = run::link_tests(&options.python, &folder)?;
    let version = python::run(&options.python, "import sys; print('%d.%d.%d' % sys.version_info[:3])", &[])?;
    let cpython_folder = folder.join(format!("cpython-{}", version.trim()));
    let cpython = Program { path: options.python.clone(), folder: cpython_folder, home: None };
    let home = Some(run::link_home(&python::library(&options.python)?, &folder)?);
    let kaa = Program { path: options.kaa.clone(), folder: folder.join("kaa"), home };
    // Said once instead of for each method.
    run::check(&kaa)?;
    println!("CPython {}: {}\nKaa: {}", version.trim(), cpython.path.display(), kaa.path.display());

    let progress = Progress::new("test files", options.tests.len());
    let results = parallel::map(&options.tests, options.jobs, 8 << 20, |test| {
        let result = compare(test, &cpython, &kaa, &library, &options);
        progress.step();
        result
    });
    drop(progress);
    let comparisons = results.into_iter().collect::<Result<Vec<Comparison>, Failure>>()?;

    if options.update {
        for comparison in &comparisons {
            expected::write(comparison)?;
        }
        report::write_summary(&comparisons, version.trim())?;
    }
    report::print(&comparisons)?;
    let as_expected = comparisons.iter().all(|each| each.unexpected.is_empty() && each.stale.is_empty());
    if let Some(expected) = report::expected_version().filter(|expected| expected != version.trim())
        && !as_expected
    {
        println!("The expectation files are of CPython {expected}, this is {}: no failure.", version.trim());
        return Ok(true);
    }
    Ok(options.update || as_expected)
}

fn compare(
    test: &str,
    cpython: &Program,
    kaa: &Program,
    library: &Path,
    options: &Options,
) -> Result<Comparison, Failure> {
    let theirs = match run::kept(cpython, test) {
        Some(kept) if !options.fresh => kept,
        _ => run::run(cpython, test, library, &options.limits)?,
    };
    let ours = run::run(kaa, test, library, &options.limits)?;
    let expectations = Expectations::read(test)?;
    let mut methods = BTreeMap::new();
    for (id, outcome) in &theirs.outcomes {
        if outcome.passes() {
            methods.insert(id.clone(), ours.outcomes.get(id).cloned().unwrap_or_else(Outcome::missing));
        }
    }
    // A file that cannot even be loaded says so under its own name.
    if let Some(outcome) = ours.outcomes.get(&format!("test.{test}")) {
        for method in methods.values_mut().filter(|method| method.is_missing()) {
            method.message.clone_from(&outcome.message);
        }
    }
    let unexpected = methods
        .iter()
        .filter(|(id, outcome)| !outcome.passes() && !expectations.lists(id))
        .map(|(id, outcome)| (id.clone(), outcome.clone()))
        .collect();
    let stale = expectations.ids().filter(|id| methods.get(*id).is_some_and(Outcome::passes)).cloned().collect();
    Ok(Comparison { test: test.to_owned(), theirs, ours, methods, unexpected, stale })
}
